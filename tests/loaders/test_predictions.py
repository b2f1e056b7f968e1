from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import Predictions, load_predictions

HEAD = "part,group,truth,logit A,logit B\n"
ROWS = "calibration,g1,A,2.0,0.0\ntest,g2,B,0.0,1.0\ntest,g3,C,0.5,0.5\n"


def write(folder: Path, text: str, name: str = "own.csv") -> None:
    (folder / name).write_text(text, encoding="utf-8")


def answers(**changes: object) -> Predictions:
    table = pd.DataFrame({"part": ["calibration", "test"], "group": ["g1", "g2"], "truth": ["A", "B"]})
    its = {"table": table, "logits": np.eye(2), "classes": np.array(["A", "B"]), "name": "toy"}
    return Predictions(**its | {"group_name": "firearm", "source": "simulated"} | changes)


def test_a_folder_of_tables_is_read_file_by_file(tmp_path: Path) -> None:
    write(tmp_path, HEAD + ROWS)
    write(tmp_path, "part,group,truth,p A,p B,session\ntest,7,A,0.25,0.75,x\ntest,8,B,1,0,y\n", "second.csv")
    found = load_predictions(tmp_path)
    assert list(found) == ["own", "second"]
    own, second = found.values()
    assert (own.name, own.source, own.classes.tolist()) == ("own", "real", ["A", "B"])
    assert own.truth.tolist() == [0, 1, -1]  # C is no class of it
    assert own.of("test").groups.tolist() == ["g2", "g3"]
    np.testing.assert_allclose(own.probabilities[0], [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))])
    np.testing.assert_allclose(second.probabilities, [[0.25, 0.75], [1, 0]], atol=2e-12)
    assert np.isfinite(second.logits).all()
    assert second.groups.tolist() == ["7", "8"]
    assert second.table["session"].tolist() == ["x", "y"]


def test_what_is_saved_is_what_is_read_and_stays_simulated(tmp_path: Path) -> None:
    made = answers(logits=np.array([[0.1, -3.25], [1 / 3, 2.0]]))
    made.save(tmp_path / "deep" / "toy.csv")
    again = load_predictions(tmp_path / "deep")["toy"]
    np.testing.assert_array_equal(again.logits, made.logits)
    assert again.source == "simulated"
    assert again.table[["part", "group", "truth"]].equals(made.table[["part", "group", "truth"]])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["toy.csv"]


def test_a_place_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        answers().save(tmp_path / "file" / "toy.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        (HEAD, "no rows"),
        ("part,group,logit A\ntest,g,1\n", "no column truth"),
        ("part,group,truth\ntest,g,A\n", "columns of no class"),
        ("part,group,truth,p A,logit A\ntest,g,A,1,1\n", "columns of logit and p"),
        (HEAD + "test,g,A,1,x\n", "a logit is no number"),
        (HEAD + "test,g,A,1,\n", "1 logits are not finite"),
        (HEAD + "test,g,A,1,inf\n", "1 logits are not finite"),
        (HEAD + "train,g,A,1,0\n", "part is 'train'"),
        (HEAD + "test,,A,1,0\n", "no group in some rows"),
        (HEAD + "test,g,A,1,0\ncalibration,g,A,1,0\n", "1 groups are in both parts: g"),
        (HEAD + "test,g,A,1,0,5\n", "cannot be read"),
        ("part,group,truth,p A,p B\ntest,g,A,0.5,0.6\n", "does not add up to 1"),
        ("part,group,truth,p A,p B\ntest,g,A,-0.5,1.5\n", "p is negative"),
    ],
)
def test_a_table_that_is_not_like_this_is_one_clear_error(tmp_path: Path, text: str, told: str) -> None:
    write(tmp_path, text)
    with pytest.raises(DataError, match=told) as error:
        load_predictions(tmp_path)
    assert "own" in str(error.value)


def test_a_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no CSV file"):
        load_predictions(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        load_predictions(tmp_path / "none")


def test_a_part_without_samples_is_an_error_that_counts() -> None:
    only = answers().of("test")
    with pytest.raises(DataError, match="'calibration' has no sample; there are 0 calibration, 1 test"):
        only.of("calibration")


def test_shapes_must_go_together() -> None:
    with pytest.raises(DataError, match=r"logits of shape \(2, 3\) for 2 samples and 2 classes"):
        answers(logits=np.zeros((2, 3)))
