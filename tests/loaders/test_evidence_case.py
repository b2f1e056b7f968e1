from pathlib import Path

import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import load_case

HEADER = "name,level,proposition,alternative,score,file,shares_information_with"
MARKS = "marks,source,this one,another,0.5,marks.csv,nothing"
BRAND = "brand,class,this brand,another,1.5,brand.csv,sound"
SOUND = "sound,class,this model,another,-2,sound.csv,brand"
SCORES = "score,same,source\n0.9,1,a\n0.1,0,b\n"


def write(folder: Path, *rows: str, **tables: str) -> Path:
    (folder / "evidence.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    for name in ("marks", "brand", "sound"):
        (folder / f"{name}.csv").write_text(tables.get(name, SCORES), encoding="utf-8")
    return folder


def test_a_case_is_read_as_it_was_written(tmp_path: Path) -> None:
    pairs = "score,same,source,source_2\n0.9,TRUE,a,a\n0.1,false,a,b\n"
    evidence, references = load_case(write(tmp_path, MARKS, BRAND, SOUND, marks=pairs))
    assert evidence["score"].to_dict() == {"marks": 0.5, "brand": 1.5, "sound": -2.0}
    assert evidence["shares_information_with"].to_dict() == {
        "marks": (),
        "brand": ("sound",),
        "sound": ("brand",),
    }
    expected = {"score": [0.9, 0.1], "same": [True, False], "source": ["a", "a"], "source_2": ["a", "b"]}
    pd.testing.assert_frame_equal(references["marks"], pd.DataFrame(expected), check_dtype=False)
    assert references["brand"]["source_2"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "tables", "said"),
    [
        ([MARKS, MARKS.replace("marks.csv", "brand.csv")], {}, "'marks' is used twice"),
        ([MARKS.replace("source", "offence")], {}, "level 'offence'"),
        ([MARKS.replace("nothing", "")], {}, "no shares_information_with"),
        ([MARKS.replace("nothing", "glove")], {}, "shares information with 'glove'"),
        ([MARKS.replace("nothing", "marks")], {}, "shares information with 'marks'"),
        ([MARKS.replace("0.5", "inf")], {}, "score is 'inf'"),
        ([MARKS.replace("marks.csv", "../marks.csv")], {}, "leads out of the folder"),
        ([MARKS.replace("marks.csv", "gone.csv")], {}, "does not exist"),
        ([], {}, "no rows"),
        ([MARKS], {"marks": "score,same,source\n"}, "no rows"),
        ([MARKS], {"marks": "score,source\n1,a\n"}, "no column same"),
        ([MARKS], {"marks": "score,same,source\n1,1,a\n2,1,b\n"}, "both kinds"),
        ([MARKS], {"marks": "score,same,source\n1,1,a\n2,perhaps,b\n"}, "perhaps"),
        ([MARKS], {"marks": "score,same,source\n1,1,a\nnan,0,b\n"}, "score is 'nan'"),
        ([MARKS], {"marks": "score,same,source\n1,1,a,5,6\n"}, "column|cannot be read"),
    ],
)
def test_what_is_wrong_with_a_case_is_said(tmp_path: Path, rows: list, tables: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_case(write(tmp_path, *rows, **tables))


def test_a_folder_without_evidence_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no evidence\.csv"):
        load_case(tmp_path)
