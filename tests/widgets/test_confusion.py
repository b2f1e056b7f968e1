"""A cell of the matrix shows its own samples, whether it is chosen by name, in a list, by a click or from Python."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray
from plotly.callbacks import InputDeviceState, Points

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, Recording
from fireanalysis.widgets import ConfusionExplorer
from fireanalysis.widgets.confusion import MOST_CLASSES, SHOWN

#             truth, predicted, probability
SAID = [("a", "a", 0.9)] * 3 + [("a", "b", 0.6), ("a", "b", 0.8), ("b", "b", 0.7)] + [("c", "a", 0.5)] * 12
CLASSES = ["a", "b", "c", "never"]


def data_of(
    labels: list[str], read: Callable = lambda rows: [np.full((9, 9), n, float) for n in rows["n"]]
) -> DataSet:
    table = pd.DataFrame({"brand": labels, "firearm": [f"gun {k}" for k in range(len(labels))]})
    table["n"] = np.arange(len(labels))
    return DataSet(table, read, label="brand", group="firearm", source="simulated", name="toy")


def probabilities(said: list[tuple[str, str, float]], classes: list[str]) -> NDArray:
    p = np.zeros((len(said), len(classes)))
    for row, (_, name, value) in enumerate(said):
        p[row] = (1 - value) / (len(classes) - 1)
        p[row, classes.index(name)] = value
    return p


@pytest.fixture
def explorer() -> ConfusionExplorer:
    data = data_of([truth for truth, _, _ in SAID])
    return ConfusionExplorer(data, probabilities(SAID, CLASSES), CLASSES, meaning="height")


def title(explorer: ConfusionExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def captions(explorer: ConfusionExplorer) -> tuple[str, ...]:
    (words,) = explorer.figure.select_traces({"name": "captions"})
    return words.text or ()


def framed(explorer: ConfusionExplorer) -> tuple[str, str]:
    (frame,), names = explorer.figure.layout.shapes, explorer.figure.data[0].x
    return names[round((frame.y0 + frame.y1) / 2)], names[round((frame.x0 + frame.x1) / 2)]


def click(figure: go.FigureWidget, trace: int, **points: list) -> None:
    """What plotly does when the browser tells it of a click."""
    device = InputDeviceState(alt=False, ctrl=False, meta=False, shift=False, button=0, buttons=1)
    for number, one in enumerate(list(figure.data)):
        inside = {key: points[key] if number == trace else [] for key in ("point_inds", "xs", "ys")}
        told = Points(trace_name=one.name, trace_index=number, **inside)
        figure.data[number]._dispatch_on_click(told, device)


def test_begins_with_the_most_frequent_error(explorer: ConfusionExplorer) -> None:
    assert explorer.cell == ("c", "a") == framed(explorer)
    assert title(explorer).startswith("c taken for a: 12 of 12 (100 %)") and "simulated" in title(explorer)
    assert explorer.errors.value == ("c", "a")


def test_the_surest_come_first_with_their_probability_row_and_group(explorer: ConfusionExplorer) -> None:
    explorer.choose("a", "b")
    assert captions(explorer) == ("80 %, row 4<br>gun 4", "60 %, row 3<br>gun 3")
    assert title(explorer).startswith("a taken for b: 2 of 5 (40 %)")
    assert explorer.rows.tolist() == [4, 3]


def test_no_more_than_eight_are_drawn_or_read(explorer: ConfusionExplorer) -> None:
    assert len(explorer.rows) == 12 and len(captions(explorer)) == SHOWN
    assert "the 8 it is surest of" in explorer.figure.layout.annotations[0].text


def test_an_empty_cell_says_so(explorer: ConfusionExplorer) -> None:
    explorer.choose("b", "a")
    assert title(explorer).startswith("b taken for a: none of 1")
    assert "No b was taken for a" in explorer.figure.layout.annotations[0].text
    assert captions(explorer) == () and explorer.message.value == ""
    explorer.choose("c", "c")
    assert "No c was recognised" in explorer.figure.layout.annotations[0].text


def test_controls_choose_and_follow_one_another(explorer: ConfusionExplorer) -> None:
    explorer.truth.value = "a"
    assert title(explorer).startswith("a recognised: 3 of 5") and explorer.errors.index == 0
    explorer.predicted.value = "b"
    assert explorer.errors.value == ("a", "b") == framed(explorer)
    explorer.errors.value = ("c", "a")
    assert (explorer.truth.value, explorer.predicted.value) == ("c", "a") == framed(explorer)
    explorer.errors.index = 0
    assert framed(explorer) == ("c", "a")


def test_a_click_on_a_cell_chooses_it_again_and_again(explorer: ConfusionExplorer) -> None:
    for truth, predicted in (("a", "b"), ("b", "a"), ("a", "a")):
        place = [["abc".index(truth), "abc".index(predicted)]]
        click(explorer.figure, 0, point_inds=place, xs=[predicted], ys=[truth])
        assert explorer.cell == (truth, predicted) == framed(explorer)


def test_both_classes_change_in_one_figure(
    explorer: ConfusionExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, draw = [], explorer.draw
    monkeypatch.setattr(explorer, "draw", lambda: drawn.append(explorer.cell) or draw())
    explorer.choose("a", "b")
    explorer.choose("a", "b")
    explorer.errors.value = ("c", "a")
    assert drawn == [("a", "b"), ("c", "a")]


def test_only_classes_that_occur_are_offered(explorer: ConfusionExplorer) -> None:
    assert list(explorer.truth.options) == list(explorer.predicted.options) == ["a", "b", "c"]
    with pytest.raises(ParameterError, match="'never'"):
        explorer.choose("a", "never")
    assert explorer.cell == ("c", "a")


def test_samples_of_unknown_classes_are_left_out() -> None:
    said = [("a", "a", 0.9), ("stranger", "a", 0.9), ("b", "a", 0.9)]
    explorer = ConfusionExplorer(
        data_of([s[0] for s in said]), probabilities(said, CLASSES), CLASSES, meaning="height"
    )
    assert list(explorer.truth.options) == ["a", "b"]
    explorer.choose("a", "a")
    assert explorer.rows.tolist() == [0]


def test_without_an_error_it_begins_with_a_class_that_is_recognised() -> None:
    said = [("a", "a", 0.9), ("b", "b", 0.9), ("b", "b", 0.8)]
    explorer = ConfusionExplorer(
        data_of([s[0] for s in said]), probabilities(said, CLASSES), CLASSES, meaning="height"
    )
    assert explorer.cell == ("b", "b") and len(explorer.errors.options) == 1


def test_of_many_classes_those_mixed_up_with_the_chosen_are_shown() -> None:
    names = [f"m{k:02}" for k in range(40)]
    said = (
        [(name, name, 0.9) for name in names]
        + [("m00", "m39", 0.6)] * 2
        + [("m38", "m39", 0.6), ("m05", "m30", 0.6)]
    )
    explorer = ConfusionExplorer(
        data_of([s[0] for s in said]), probabilities(said, names), names, meaning="height"
    )
    assert explorer.cell == ("m00", "m39") == framed(explorer)
    shown = explorer.figure.data[0]
    assert len(shown.x) == MOST_CLASSES and {"m00", "m38", "m39"} < {*shown.x}
    assert "20 of 40 classes" in title(explorer)
    assert shown.z[list(shown.y).index("m00"), list(shown.x).index("m39")] == pytest.approx(200 / 3)
    explorer.choose("m05", "m30")
    now = explorer.figure.data[0]
    assert {"m05", "m30"} < {*now.x} and framed(explorer) == ("m05", "m30")
    assert "m39" not in now.x  # where two of three m00 went: the share is of all three
    assert now.z[list(now.y).index("m00")][list(now.x).index("m00")] == pytest.approx(100 / 3)


def test_the_chosen_two_are_shown_however_seldom_they_are_mixed_up() -> None:
    names = [f"m{k:02}" for k in range(30)]
    said = [(name, name, 0.9) for name in names] + [(name, "m05", 0.6) for name in names[6:29]] * 2
    explorer = ConfusionExplorer(
        data_of([s[0] for s in said]), probabilities(said, names), names, meaning="height"
    )
    explorer.choose("m29", "m05")
    assert framed(explorer) == ("m29", "m05") and explorer.message.value == ""


def test_a_sample_that_cannot_be_read_is_told_in_place() -> None:
    def read(rows: pd.DataFrame) -> list[NDArray]:
        if 4 in rows["n"].to_numpy():
            raise DataError("it is gone", where="4.x3p", do="find it")
        return [np.full((9, 9), n, float) for n in rows["n"]]

    explorer = ConfusionExplorer(
        data_of([s[0] for s in SAID], read), probabilities(SAID, CLASSES), CLASSES, meaning="height"
    )
    explorer.choose("a", "b")
    assert "it is gone" in explorer.message.value and framed(explorer) == ("c", "a")
    explorer.choose("a", "a")
    assert explorer.message.value == "" and framed(explorer) == ("a", "a")


def test_something_else_than_the_sample_can_be_drawn() -> None:
    asked: list[int] = []

    def picture(row: int) -> NDArray:
        asked.append(row)
        return np.zeros((9, 9, 3), np.uint8)

    explorer = ConfusionExplorer(
        data_of([s[0] for s in SAID]), probabilities(SAID, CLASSES), CLASSES, picture=picture
    )
    asked.clear()
    explorer.choose("a", "b")
    assert asked == [4, 3]


def test_samples_can_be_heard() -> None:
    def record(rows: pd.DataFrame) -> list[Recording]:
        tone = np.sin(np.arange(8000) / 9).astype(np.float32)
        return [Recording(tone, sample_rate_hz=8000, name=str(n), source="simulated") for n in rows["n"]]

    labels = [s[0] for s in SAID]
    explorer = ConfusionExplorer(
        data_of(labels),
        probabilities(SAID, CLASSES),
        CLASSES,
        meaning="height",
        sounds=data_of(labels, record),
    )
    explorer.choose("a", "b")
    assert [row for _, row in explorer.sample.options] == [-1, 4, 3] and not explorer.player.value
    explorer.sample.value = 3
    assert bytes(explorer.player.value[:4]) == b"RIFF"
    explorer.choose("b", "a")  # nothing to hear there
    assert not explorer.player.value and len(explorer.sample.options) == 1


@pytest.mark.parametrize("p", [np.ones((2, 4)), np.ones((len(SAID), 3)), np.full((len(SAID), 4), np.nan)])
def test_probabilities_of_something_else_are_refused(p: NDArray) -> None:
    with pytest.raises(DataError, match=f"for {len(SAID)} samples and 4 classes"):
        ConfusionExplorer(data_of([s[0] for s in SAID]), p, CLASSES)


def test_labels_of_something_else_are_refused() -> None:
    with pytest.raises(DataError, match="no sample of toy"):
        ConfusionExplorer(data_of(["x"]), [[0.5, 0.5]], ["a", "b"])
