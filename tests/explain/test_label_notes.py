"""Notes come back as they were written, from a spreadsheet too; a sample has one name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.explain import read_label_notes, sample_names, write_label_notes
from fireanalysis.explain.label_notes import NOTE_COLUMNS


def notes(**changes: object) -> pd.DataFrame:
    one = {"row": 3, "sample": "s0", "group": "A1", "recorded": "A", "predicted": "B", "probability": 0.5}
    one |= {"new label": "keep", "note": "worn", "source": "simulated"}
    return pd.DataFrame([one | changes])[list(NOTE_COLUMNS)]


class TestSampleNames:
    TABLE = pd.DataFrame({"brand": list("AAB"), "shot": [0, 1, 0], "angle": [0.1, 0.2, 0.3]})

    def test_a_name_stays_with_its_sample(self) -> None:
        names = sample_names(self.TABLE)
        assert len(set(names)) == 3
        assert sample_names(self.TABLE.iloc[[2, 0]]).tolist() == [names[2], names[0]]

    def test_how_a_column_is_kept_does_not_matter(self) -> None:
        other = self.TABLE.astype({"brand": object, "shot": np.int32})
        assert sample_names(other).tolist() == sample_names(self.TABLE).tolist()

    def test_other_samples_have_other_names_but_last_digits_do_not_count(self) -> None:
        other = self.TABLE.assign(shot=[5, 6, 7])
        assert not {*sample_names(other)} & {*sample_names(self.TABLE)}
        assert sample_names(self.TABLE.assign(angle=9.0)).tolist() == sample_names(self.TABLE).tolist()

    def test_equal_rows_are_counted(self) -> None:
        one, again = sample_names(self.TABLE.iloc[[0, 0]])
        assert again == f"{one}-2"

    def test_files_are_names_if_each_has_its_own(self) -> None:
        assert sample_names(pd.DataFrame({"file": ["a", "b"]})).tolist() == ["a", "b"]
        assert all(name.startswith("s") for name in sample_names(pd.DataFrame({"file": ["a", "a"]})))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "'quoted",
        "'=1",
        "''=1",
        'say "a, b"',
        "ä → µ",
        "NA",
        "a=b",
    ],
)
def test_a_text_comes_back_and_is_no_formula(text: str, tmp_path: Path) -> None:
    written = notes(note=text, group=text, recorded=text)
    path = write_label_notes(written, tmp_path / "deep" / "notes.csv")
    pd.testing.assert_frame_equal(read_label_notes(path), written)
    cells = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells.iloc[0])


def test_an_unknown_probability_comes_back(tmp_path: Path) -> None:
    path = write_label_notes(notes(probability=np.nan), tmp_path / "notes.csv")
    assert np.isnan(read_label_notes(path)["probability"][0])


def test_no_notes_are_notes_too(tmp_path: Path) -> None:
    path = write_label_notes(notes().iloc[:0], tmp_path / "notes.csv")
    assert len(read_label_notes(path)) == 0


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_label_notes(notes(), tmp_path / "notes.csv")

    def fill(self: pd.DataFrame, file: Path, **_: object) -> None:
        Path(file).write_text("row,sam")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fill)
    with pytest.raises(DataError, match="No space left"):
        write_label_notes(notes(note="other"), path)
    assert read_label_notes(path)["note"][0] == "worn"
    assert [one.name for one in tmp_path.iterdir()] == ["notes.csv"]


def test_a_file_is_changed_at_once_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_label_notes(notes(), tmp_path / "notes.csv")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "another program has it open")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DataError, match="another program"):
        write_label_notes(notes(note="other"), path)
    assert read_label_notes(path)["note"][0] == "worn"
    assert [one.name for one in tmp_path.iterdir()] == ["notes.csv"]


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_label_notes(notes(), tmp_path / "file" / "notes.csv")
    with pytest.raises(DataError, match="cannot be written"):
        write_label_notes(notes(), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.drop(columns=["note", "source"]), "no column note, source"),
        (lambda t: pd.concat([t, t]), "'s0' comes twice"),
        (lambda t: t.assign(source="made up"), "source is 'made up'"),
        (lambda t: t.assign(probability="much"), "no number"),
        (lambda t: t.assign(row="first"), "no number"),
    ],
)
def test_a_file_that_is_something_else_is_told(change: object, told: str, tmp_path: Path) -> None:
    change(notes()).to_csv(tmp_path / "notes.csv", index=False)  # type: ignore[operator]
    with pytest.raises(DataError, match=told) as caught:
        read_label_notes(tmp_path / "notes.csv")
    assert caught.value.where == tmp_path / "notes.csv"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00bad", b"a,b\n1,2,3,4\n", b"row;sample\n1;2\n"])
def test_a_file_that_is_no_table_of_notes_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read|no column"):
        read_label_notes(tmp_path / "notes.csv")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_label_notes(tmp_path / "none.csv")
