from pathlib import Path

import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import load_feature_tables

GOOD = "group,batch,label,sq_um,slope\nA1,1,x,1.5,-2\nB1,2,y,1e-1,-1\n"


def test_every_csv_of_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "scans.csv").write_text("\ufeff" + GOOD, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a table")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "more.csv").write_text("a,b\n1,2\n")
    (table,) = load_feature_tables(tmp_path).values()
    assert table["batch"].tolist() == ["1", "2"]  # a name, though it looks like a number
    assert table[["sq_um", "slope"]].to_numpy().tolist() == [[1.5, -2.0], [0.1, -1.0]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("group,label,sq\na,b,1\n", "no column batch"),
        ("group,batch,label\na,b,c\n", "of a feature"),
        ("group,batch,sq\n", "no rows"),
        (GOOD.replace("1e-1", "rough"), "sq_um is 'rough' in line 3"),
        (GOOD.replace("1e-1", ""), "sq_um is '' in line 3"),
        (GOOD.replace("1e-1", "inf"), "sq_um is 'inf'"),
        (GOOD.replace("B1", " "), "no group in line 3"),
        (GOOD + "C1,2,y,1,2,3\n", "cannot be read"),
    ],
)
def test_a_faulty_table_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(DataError, match=r"table\.csv") as error:
        load_feature_tables(tmp_path)
    assert says in str(error.value)


def test_a_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no CSV"):
        load_feature_tables(tmp_path)
