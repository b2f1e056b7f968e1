"""Every explorer was measured: docs/results/explorers.json, which the benchmark of widgets writes."""

import json
from pathlib import Path

import pytest

from fireanalysis import widgets
from fireanalysis.widgets.explorer import PATIENCE_S

RECORD = Path(__file__).parents[2] / "docs" / "results" / "explorers.json"
EXPLORERS = json.loads(RECORD.read_text(encoding="utf-8"))["explorers"]


def test_no_explorer_is_missing() -> None:
    assert {name.split(",")[0] for name in EXPLORERS} == {*widgets.__all__} - {"Explorer"}


@pytest.mark.parametrize("name", EXPLORERS)
def test_it_answers_in_time_or_says_that_it_computes(name: str) -> None:
    assert EXPLORERS[name]
    for control, row in EXPLORERS[name].items():
        slow = max(row["first ms"], row["again ms"]) > 1000 * PATIENCE_S
        assert row.get("says computing", False) == slow, control
