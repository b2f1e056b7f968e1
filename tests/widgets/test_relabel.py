"""Notes stay with their samples: through pages, clicks and files; no file and no note is lost without a word."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from plotly.callbacks import InputDeviceState, Points

from fireanalysis.errors import DataError, FireAnalysisError, ParameterError
from fireanalysis.explain import read_label_notes
from fireanalysis.loaders import DataSet
from fireanalysis.widgets import RelabelExplorer
from fireanalysis.widgets.relabel import PAGE

COUNT = 30
WRONG = range(10, 30)  # predicted otherwise than recorded, row 10 with the greatest probability


def data_of(**columns: object) -> DataSet:
    table = pd.DataFrame({"brand": ["a", "b"] * 15, "firearm": [f"gun {k // 2}" for k in range(COUNT)]})
    table["shot"] = np.arange(COUNT)

    def paint(rows: pd.DataFrame) -> list[NDArray]:
        return [np.full((8, 12, 3), n, np.uint8) for n in rows["shot"]]

    columns_of = {"label": "brand", "group": "firearm", "source": "simulated", "name": "toy"}
    return DataSet(table.assign(**columns), paint, **columns_of)  # type: ignore[arg-type]


def explorer_of(data: DataSet | None = None, **how: object) -> RelabelExplorer:
    data = data or data_of()
    other = {"a": "b", "b": "c"}
    said = [other[one] if row in WRONG else one for row, one in enumerate(data.labels)]
    return RelabelExplorer(data, said, np.linspace(0.99, 0.5, COUNT), **how)  # type: ignore[arg-type]


@pytest.fixture
def explorer(tmp_path: Path) -> RelabelExplorer:
    return explorer_of(path=tmp_path / "notes.csv")


def title(explorer: RelabelExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def captions(explorer: RelabelExplorer) -> tuple[str, ...]:
    (words,) = explorer.figure.select_traces({"name": "captions"})
    return words.text or ()


def noted(explorer: RelabelExplorer) -> dict[int, tuple[str, str]]:
    notes = explorer.notes
    return dict(zip(notes["row"], zip(notes["new label"], notes["note"], strict=True), strict=True))


class TestTheList:
    def test_lists_what_is_predicted_otherwise_the_surest_first(self, explorer: RelabelExplorer) -> None:
        assert [row for _, row in explorer.sample.options] == list(WRONG)[:PAGE]
        assert title(explorer).startswith("Page 1 of 3: samples 1 to 8 of 20; 0 noted so far")
        assert captions(explorer)[0] == "row 10, 82 %<br>a<br>said b<br>"
        explorer.page.value = 3
        assert [row for _, row in explorer.sample.options] == list(WRONG)[2 * PAGE :]
        assert "samples 17 to 20 of 20" in title(explorer)

    def test_any_list_can_be_given(self) -> None:
        explorer = explorer_of(rows=[5, 2])
        assert [row for _, row in explorer.sample.options] == [5, 2]

    def test_nothing_to_look_at_is_said(self) -> None:
        data = data_of()
        explorer = RelabelExplorer(data, data.labels)
        assert "nothing to look at" in title(explorer)
        assert "predicted as recorded" in explorer.figure.layout.annotations[0].text
        explorer.label.value = "keep"
        assert explorer.notes.empty and explorer.message.value == ""

    def test_without_probabilities_none_is_shown(self) -> None:
        explorer = RelabelExplorer(data_of(), ["overlap 0.1"] * COUNT, labels=["wrong"])
        assert captions(explorer)[0] == "row 0<br>a<br>overlap 0.1<br>"
        explorer.relabel(0, label="wrong")
        assert np.isnan(explorer.notes["probability"][0])

    def test_a_sample_is_read_once_while_its_page_is_shown(self) -> None:
        asked: list[int] = []

        def picture(row: int) -> NDArray:
            asked.append(row)
            return np.zeros((8, 8, 3), np.uint8)

        explorer = explorer_of(picture=picture)
        explorer.sample.index = 3
        explorer.label.value = "keep"
        assert asked == list(WRONG)[:PAGE]

    @pytest.mark.parametrize("rows", [[30], [-1], [1, 1], [0.5], [[1]]])
    def test_rows_of_something_else_are_refused(self, rows: list) -> None:
        with pytest.raises(ParameterError):
            explorer_of(rows=rows)

    def test_predictions_of_something_else_are_refused(self) -> None:
        with pytest.raises(DataError, match="for 30 samples"):
            RelabelExplorer(data_of(), ["a"])
        with pytest.raises(DataError, match="finite"):
            RelabelExplorer(data_of(), ["a"] * COUNT, [np.nan] * COUNT)
        with pytest.raises(DataError, match="'keep'"):
            explorer_of(labels=["keep", "a"])


class TestNotes:
    def test_controls_note_the_chosen_sample(self, explorer: RelabelExplorer) -> None:
        explorer.sample.value = 12
        explorer.label.value = "c"
        explorer.note.value = "firing pin of the other"
        explorer.sample.value = 13
        assert (explorer.label.value, explorer.note.value) == ("", "")
        explorer.label.value = "unsure"
        assert noted(explorer) == {12: ("c", "firing pin of the other"), 13: ("unsure", "")}
        assert captions(explorer)[2].endswith("→ c") and "2 noted so far" in title(explorer)
        explorer.sample.value = 12
        assert (explorer.label.value, explorer.note.value) == ("c", "firing pin of the other")

    def test_the_table_says_what_a_reader_needs(self, explorer: RelabelExplorer) -> None:
        explorer.relabel(11, label="a", note="double strike")
        (one,) = explorer.notes.to_dict("records")
        assert one["sample"].startswith("s") and one["probability"] == pytest.approx(0.8041, abs=1e-4)
        told = ("row", "group", "recorded", "predicted", "new label", "note", "source")
        assert [one[name] for name in told] == [11, "gun 5", "b", "c", "a", "double strike", "simulated"]

    def test_notes_survive_pages(self, explorer: RelabelExplorer) -> None:
        explorer.label.value = "keep"
        explorer.page.value = 2
        assert explorer.label.value == ""
        explorer.note.value = "only a note"
        explorer.page.value = 1
        assert explorer.label.value == "keep"
        assert noted(explorer) == {10: ("keep", ""), 18: ("", "only a note")}
        assert captions(explorer)[0].endswith("→ keep")

    def test_python_notes_any_sample_and_controls_follow(self, explorer: RelabelExplorer) -> None:
        explorer.relabel(3, label="unsure")  # not in the list
        explorer.relabel(10, label="b", note=" two\nlines\tand  more ")
        assert (explorer.label.value, explorer.note.value) == ("b", "two lines and more")
        explorer.relabel(10, note="")
        assert noted(explorer) == {3: ("unsure", ""), 10: ("b", "")}
        assert "1 noted so far" in title(explorer)  # of those in the list

    def test_the_recorded_label_means_keep_and_nothing_takes_it_back(self, explorer: RelabelExplorer) -> None:
        explorer.label.value = "a"
        assert noted(explorer) == {10: ("keep", "")} and explorer.label.value == "keep"
        explorer.label.value = "a"
        assert explorer.label.value == "keep"
        explorer.label.value = ""
        assert explorer.notes.empty

    def test_other_labels_and_rows_are_refused(self, explorer: RelabelExplorer) -> None:
        for row, label in ((10, "z"), (COUNT, "a"), (-1, "a")):
            with pytest.raises(ParameterError):
                explorer.relabel(row, label=label)
        assert explorer.notes.empty

    def test_a_click_on_a_sample_chooses_it(self, explorer: RelabelExplorer) -> None:
        device = InputDeviceState(alt=False, ctrl=False, meta=False, shift=False, button=0, buttons=1)
        for place in (2, 5):
            for number, trace in enumerate(list(explorer.figure.data)):
                inds = [place] if trace.name == "samples" else []
                points = Points(point_inds=inds, xs=inds, ys=inds, trace_name=trace.name, trace_index=number)
                explorer.figure.data[number]._dispatch_on_click(points, device)
            assert explorer.sample.value == 10 + place
            (frame,) = explorer.figure.layout.shapes
            (targets,) = explorer.figure.select_traces({"name": "samples"})
            inside = [
                frame.x0 < x < frame.x1 and frame.y0 < y < frame.y1
                for x, y in zip(targets.x, targets.y, strict=True)
            ]
            assert np.flatnonzero(inside).tolist() == [place]


class TestFiles:
    def test_work_goes_on_where_it_stopped(self, explorer: RelabelExplorer, tmp_path: Path) -> None:
        explorer.relabel(10, label="b", note='=SUM(A1), "said" Müller')
        explorer.relabel(3, note="also")
        path = explorer.export()
        assert path == tmp_path / "notes.csv"
        again = explorer_of(path=tmp_path / "other.csv", notes=path)
        pd.testing.assert_frame_equal(again.notes, explorer.notes)
        assert (again.label.value, again.note.value) == ("b", '=SUM(A1), "said" Müller')
        again.relabel(11, label="keep")
        again.export()
        assert len(read_label_notes(path)) == 3

    def test_notes_find_their_samples_in_another_order_and_list(
        self, explorer: RelabelExplorer, tmp_path: Path
    ) -> None:
        explorer.relabel(10, label="b")
        data = data_of().subset(np.arange(COUNT)[::-1])
        again = RelabelExplorer(data, data.labels, rows=[0], labels=["a", "b"], notes=explorer.export())
        assert noted(again) == {COUNT - 1 - 10: ("b", "")}

    def test_a_file_that_was_not_read_is_not_written_over(
        self, explorer: RelabelExplorer, tmp_path: Path
    ) -> None:
        (tmp_path / "notes.csv").write_text("mine")
        explorer.relabel(10, label="b")
        with pytest.raises(DataError, match="there is a file already"):
            explorer.export()
        assert (tmp_path / "notes.csv").read_text() == "mine"

    def test_notes_of_a_colleague_are_not_written_over(
        self, explorer: RelabelExplorer, tmp_path: Path
    ) -> None:
        explorer.relabel(10, label="b")
        path = explorer.export()
        colleague = explorer_of(notes=path)
        colleague.relabel(20, label="unsure", note="a colleague's")
        colleague.export()
        explorer.relabel(11, label="keep")
        with pytest.raises(DataError, match="changed since"):
            explorer.export()
        explorer.load()
        explorer.export()
        assert read_label_notes(path)["row"].tolist() == [10, 11, 20]

    def test_two_opinions_are_told_and_neither_is_lost(self, explorer: RelabelExplorer) -> None:
        explorer.relabel(10, label="b")
        path = explorer.export()
        other = explorer_of()
        other.relabel(10, label="unsure")
        with pytest.raises(DataError, match="1 samples have another note here, such as row 10"):
            other.load(path)
        assert noted(other) == {10: ("unsure", "")}
        other.relabel(10, label="")
        other.load(path)
        assert noted(other) == {10: ("b", "")}

    @pytest.mark.parametrize(
        "other",
        [
            {"shot": np.arange(COUNT) + 100},  # other samples
            {"source": "real"},
        ],
    )
    def test_notes_of_other_samples_are_refused(self, explorer: RelabelExplorer, other: dict) -> None:
        explorer.relabel(10, label="b")
        path = explorer.export()
        real = other.pop("source", "simulated")
        data = data_of(**other)
        object.__setattr__(data, "source", real)
        again = explorer_of(data)
        with pytest.raises(DataError, match="other samples"):
            again.load(path)
        assert again.notes.empty

    def test_notes_of_another_recorded_label_are_refused(self, tmp_path: Path) -> None:
        files = [f"{k}.x3p" for k in range(COUNT)]
        explorer = explorer_of(data_of(file=files), path=tmp_path / "notes.csv")
        explorer.relabel(10, label="b")
        corrected = data_of(file=files, brand=["b"] * COUNT)
        with pytest.raises(DataError, match=r"another recorded label, such as '10\.x3p'"):
            explorer_of(corrected, notes=explorer.export())

    def test_labels_that_cannot_be_chosen_are_refused(self, explorer: RelabelExplorer) -> None:
        explorer.relabel(10, label="c")
        with pytest.raises(DataError, match="'c' is unknown"):
            explorer_of(labels=["a", "b"], notes=explorer.export())

    def test_buttons_say_what_they_did(self, explorer: RelabelExplorer, tmp_path: Path) -> None:
        explorer.label.value = "unsure"
        explorer.save_button.click()
        assert "1 note saved in" in explorer.message.value and "notes.csv" in explorer.message.value
        again = explorer_of(path=tmp_path / "notes.csv")
        again.load_button.click()
        assert "1 notes added" in again.message.value and noted(again) == {10: ("unsure", "")}
        again.sample.index = 1
        assert again.message.value == ""

    def test_errors_are_told_in_place(self, explorer: RelabelExplorer, tmp_path: Path) -> None:
        explorer.label.value = "unsure"
        (tmp_path / "file").write_text("")
        for path, told in ((tmp_path / "file" / "n.csv", "cannot be written"), ("  ", "no file is named")):
            explorer.path.value = str(path)
            explorer.save_button.click()
            assert told in explorer.message.value and "to do" in explorer.message.value
        explorer.path.value = str(tmp_path / "none.csv")
        explorer.load_button.click()
        assert "No such file" in explorer.message.value
        explorer.path.value = str(tmp_path / "file")
        explorer.load_button.click()
        assert "cannot be read" in explorer.message.value
        assert noted(explorer) == {10: ("unsure", "")}

    def test_python_gets_the_error_itself(self, explorer: RelabelExplorer, tmp_path: Path) -> None:
        with pytest.raises(FireAnalysisError):
            explorer.export(tmp_path)
        with pytest.raises(FireAnalysisError):
            explorer.load(tmp_path / "none.csv")
