import time

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet, split
from fireanalysis.training import learn_and_predict, rows_of, seconds_a_map


@pytest.fixture
def maps() -> DataSet:
    """Forty cases of two brands whose rows in the store have gaps and are not in order."""
    rows = np.random.default_rng(1).permutation(100)[:40]
    table = pd.DataFrame({"brand": ["A", "B"] * 20, "firearm": np.arange(40) // 2, "row": rows})
    table["firearm"] = table["brand"] + table["firearm"].astype(str)
    return DataSet(table, len, "brand", "firearm", source="simulated", name="toy")


def test_rows_are_found_whatever_their_order(maps):
    for part in split(maps, {"train": 0.5, "test": 0.5}, seed=0).values():
        places = rows_of(part, of=maps)
        pd.testing.assert_frame_equal(maps.table.iloc[places].reset_index(drop=True), part.table)
    stranger = maps.subset([0, 1])
    stranger.table["row"] = [100, 101]
    with pytest.raises(DataError, match="no part of toy"):
        rows_of(stranger, of=maps)


def test_each_case_is_judged_by_its_own_features(maps):
    parts = split(maps, {"train": 0.5, "test": 0.5}, seed=0)
    features = (maps.labels == "B")[:, None] + np.linspace(0, 0.1, 40)[:, None]
    wrong = rows_of(parts["test"], of=maps)[:3]
    features[wrong] = 1 - features[wrong].round()
    found = learn_and_predict(KNeighborsClassifier(1), features, maps, **parts)
    assert found.right.tolist() == [False] * 3 + [True] * (len(found.right) - 3)
    assert found.accuracy == pytest.approx(1 - 3 / len(parts["test"]))
    assert np.array_equal(found.truth, parts["test"].labels) and found.seconds > 0


def test_features_of_other_maps_and_a_single_brand_are_said(maps):
    parts = split(maps, {"train": 0.5, "test": 0.5}, seed=0)
    with pytest.raises(DataError, match="39 rows of features for 40 maps"):
        learn_and_predict(KNeighborsClassifier(1), np.zeros((39, 1)), maps, **parts)
    only = {"train": maps.subset([0, 2]), "test": maps.subset([1, 4])}
    with pytest.raises(DataError, match=r"only one brand in the training part \(A\)"):
        learn_and_predict(KNeighborsClassifier(1), np.zeros((40, 1)), maps, **only)


def test_seconds_a_map_are_those_of_one_map():
    class Slow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(1, 1)

        def forward(self, x):
            time.sleep(0.02 * len(x))
            return x

    assert seconds_a_map(Slow(), pixels=8, maps=4) == pytest.approx(0.02, rel=0.5)
