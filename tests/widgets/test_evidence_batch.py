import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import predict_batch
from fireanalysis.widgets import BatchExplorer

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


def test_nothing_chosen_is_said_in_place() -> None:
    explorer = BatchExplorer({"scans": SCANS}, SOURCES, permutations=9)
    explorer.features.value = []
    assert "no feature is chosen" in explorer.message.value
    with pytest.raises(DataError, match=r"tables \(none\)"):
        BatchExplorer({}, {})
    with pytest.raises(DataError, match="sources of none"):
        BatchExplorer({"scans": SCANS}, {})
