import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import predict_batch
from fireanalysis.plots import shortcut_tests
from fireanalysis.widgets import BatchExplorer
from fireanalysis.widgets import evidence_batch as module

FIREARM = np.repeat(np.arange(10), 2)
RNG = np.random.default_rng(0)
SCANS = pd.DataFrame(
    {
        "group": FIREARM,
        "batch": FIREARM % 2,
        "label": FIREARM % 5,
        "rough": FIREARM % 2 + 0.1 * RNG.random(20),
    }
).assign(size=RNG.random(20))
COPIES = pd.DataFrame({"group": FIREARM, "batch": np.tile([0, 1], 10), "fine": np.tile([0.0, -1.0], 10)})

TABLES, SOURCES = {"scans": SCANS, "copies": COPIES}, {"scans": "real", "copies": "simulated"}


def test_shows_all_chosen_features_and_each_alone() -> None:
    explorer = BatchExplorer(TABLES, SOURCES, permutations=49)
    told = predict_batch(SCANS[["rough", "size"]], SCANS["batch"], FIREARM, seed=0, permutations=49)
    assert f"told: {told.score.value:.0%}" in explorer.figure.layout.title.text
    assert len(explorer.figure.layout.yaxis.ticktext) == 3
    explorer.features.value = ["size"]
    assert len(explorer.figure.layout.yaxis.ticktext) == 1


def test_a_table_brings_its_features_and_its_way_to_shuffle() -> None:
    explorer = BatchExplorer(TABLES, SOURCES, permutations=49)
    explorer.table.value = "copies"
    assert list(explorer.features.options) == ["fine"] and explorer.message.value == ""
    assert "copies, batch told: 100%" in explorer.figure.layout.title.text
    assert "simulated data" in explorer.figure.layout.title.text
    explorer.shuffled.value = "samples"
    assert explorer.message.value == ""


def test_nothing_is_chosen_while_features_are_replaced() -> None:
    explorer, chosen = BatchExplorer(TABLES, SOURCES, permutations=9), []
    explorer.features.observe(lambda _: chosen.append(explorer.features.index), names="_options_labels")
    explorer.table.value = "copies"
    assert chosen == [()] and explorer.features.value == ("fine",)


def test_nothing_is_tested_or_drawn_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tested, drawn = [], []
    monkeypatch.setattr(
        module, "predict_batch", lambda *what, **how: tested.append(1) or predict_batch(*what, **how)
    )
    monkeypatch.setattr(
        module, "shortcut_tests", lambda *what, **how: drawn.append(1) or shortcut_tests(*what, **how)
    )
    explorer = BatchExplorer(TABLES, SOURCES, permutations=9)
    assert (len(tested), len(drawn)) == (3, 1)
    explorer.table.value = "copies"
    assert (len(tested), len(drawn)) == (4, 2)
    explorer.table.value = "scans"
    explorer.features.value = ["size"]
    assert (len(tested), len(drawn)) == (4, 4)  # it was tested alone before
    explorer.features.value = ["rough", "size"]
    assert len(tested) == 4


def test_nothing_chosen_is_said_in_place() -> None:
    explorer = BatchExplorer({"scans": SCANS}, SOURCES, permutations=9)
    explorer.features.value = []
    assert "no feature is chosen" in explorer.message.value
    with pytest.raises(DataError, match=r"tables \(none\)"):
        BatchExplorer({}, {})
    with pytest.raises(DataError, match="sources of none"):
        BatchExplorer({"scans": SCANS}, {})
