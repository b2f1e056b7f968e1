from typing import Any

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.papers import check_keys, compare, paper_values
from fireanalysis.papers.tables import PAPERS


def entry(paper: str, table: str, row: str, metric: str, value: float) -> dict[str, Any]:
    return {"paper": paper, "table": table, "row": row, "metric": metric, "value": value}


@pytest.fixture
def simulated() -> dict[str, Any]:
    return {
        "notebook": "43_two_stages",
        "source": "simulated",
        "profile": "quick",
        "weights": "imagenet",
        "metrics": {"mAP": 0.5},
        "against_paper": [
            entry("retrieval", "Table III", "cls + retr-d", "mAP", 50.4),
            entry("retrieval", "Table III", "cls + retr-s", "mAP", 40),
        ],
    }


@pytest.fixture
def real() -> dict[str, Any]:
    return {
        "notebook": "12_resnet",
        "source": "real",
        "profile": "paper",
        "weights": None,
        "against_paper": [entry("cartridge", "Table 2", "F02", "recall", 0.75)],
    }


def test_values_of_one_paper_and_one_table() -> None:
    assert set(paper_values("segmentation")["paper"]) == {"segmentation"}
    table = paper_values("cartridge", table="Table 1")
    assert list(table.columns) == ["paper", "table", "row", "metric", "value", "unit", "note"]
    assert table.index.tolist() == list(range(15))
    assert table["value"].dtype == np.float64
    assert len(paper_values()) == sum(map(len, map(paper_values, paper_values()["paper"].unique())))


def test_callers_own_their_copy() -> None:
    before = paper_values("gunshot")
    for mine in (paper_values("gunshot"), paper_values("gunshot", table="Stage 2")):
        mine.loc[:, "value"] = 0.0
    pd.testing.assert_frame_equal(paper_values("gunshot"), before)


@pytest.mark.parametrize("call", [paper_values, lambda paper: check_keys(paper, [])])
def test_unknown_paper_lists_those_there_are(call: Any) -> None:
    with pytest.raises(ParameterError, match=f"'ballistics' is not one of {', '.join(PAPERS)}"):
        call("ballistics")


def test_unknown_table_lists_those_there_are() -> None:
    with pytest.raises(ParameterError, match="'Table 2' is not one of Table 1, text"):
        paper_values("segmentation", table="Table 2")


@pytest.mark.parametrize(
    ("paper", "key", "nearest"),
    [
        ("cartridge", ("Table 1", "ResNet18, ShapeIndex_S", "accuracy"), "ResNet-18, ShapeIndex_S"),
        ("cartridge", ("Table 2", "F02", "F1 Score"), "('Table 2', 'F02', 'f1')"),
        ("cartridge", ("Table 5", "F02-F08", "distance"), "F02–F08"),
        ("retrieval", ("Table III", "cls+retr-d", "mAP"), "cls + retr-d"),
        ("segmentation", ("Table 1", "accuracy"), "Table 1"),
    ],
)
def test_unknown_key_names_the_nearest(paper: str, key: Any, nearest: str) -> None:
    known = paper_values(paper)[["table", "row", "metric"]].itertuples(index=False, name=None)
    with pytest.raises(ParameterError) as error:
        check_keys(paper, [*known, key])
    assert repr(key) in str(error.value)
    assert nearest in str(error.value)
    assert paper in str(error.value)


def test_keys_of_another_paper_are_refused() -> None:
    check_keys("retrieval", [("Table III", "VGG", "mAP")])
    with pytest.raises(ParameterError):
        check_keys("cartridge", [("Table III", "VGG", "mAP")])


def test_compare_one_record(simulated: dict[str, Any]) -> None:
    table = compare(simulated)
    assert table["source"].tolist() == ["simulated"] * 2
    first = table.iloc[0]
    assert first[["paper", "table", "row", "metric"]].tolist() == [
        "retrieval",
        "Table III",
        "cls + retr-d",
        "mAP",
    ]
    assert (first["paper says"], first["this run"], first["unit"]) == (68.4, 50.4, "%")
    assert first["difference"] == pytest.approx(-18.0)
    assert (first["notebook"], first["profile"], first["weights"]) == ("43_two_stages", "quick", "imagenet")
    missing = table.iloc[1]
    assert missing["this run"] == 40
    assert np.isnan([missing["paper says"], missing["difference"]]).all()
    assert "not given" in missing["note"]


def test_compare_many_records_keeps_their_order(simulated: dict[str, Any], real: dict[str, Any]) -> None:
    table = compare(iter([real, simulated]))
    assert table["source"].tolist() == ["real", "simulated", "simulated"]
    assert table["row"].tolist() == ["F02", "cls + retr-d", "cls + retr-s"]
    assert table["difference"].iloc[0] == pytest.approx(0.75 - 0.69)


def test_compare_without_numbers_is_an_empty_table(real: dict[str, Any]) -> None:
    table = compare([real | {"against_paper": []}])
    assert len(table) == 0
    assert table.columns.tolist() == compare(real).columns.tolist()


@pytest.mark.parametrize("source", [None, "Real", "synthetic"])
def test_a_run_that_does_not_say_what_its_data_is_is_refused(simulated: dict[str, Any], source: Any) -> None:
    with pytest.raises(DataError, match="is not one of simulated, real") as error:
        compare(simulated | {"source": source})
    assert "43_two_stages" in str(error.value)


def test_an_incomplete_record_is_refused(simulated: dict[str, Any]) -> None:
    del simulated["weights"]
    with pytest.raises(DataError, match="no weights"):
        compare(simulated)
    with pytest.raises(DataError, match="no row, metric, value"):
        compare(simulated | {"weights": None, "against_paper": [{"paper": "gunshot", "table": "text"}]})


def test_a_number_the_paper_does_not_have_is_refused(real: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="F02"):
        compare(real | {"against_paper": [entry("cartridge", "Table 2", "F2", "recall", 0.75)]})


def test_compare_keeps_the_ends_of_an_interval(real: dict[str, Any]) -> None:
    (entry,) = real["against_paper"]
    table = compare([real, real | {"against_paper": [entry | {"low": 0.5, "high": 0.9}]}])
    assert np.isnan(table[["low", "high"]].to_numpy()[0]).all()
    assert table[["low", "high"]].to_numpy()[1].tolist() == [0.5, 0.9]
