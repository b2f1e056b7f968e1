from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import chisquare, norm
from sklearn.metrics import roc_auc_score

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

RNG = np.random.default_rng(0)
LABELS = RNG.permutation(np.repeat(list("abcd"), [2, 5, 9, 4]))
POINTS = RNG.normal(size=(20, 6)).astype(np.float32)


def both_kinds(near: np.ndarray, far: np.ndarray) -> pd.DataFrame:
    same = np.repeat([True, False], [len(near), len(far)])
    return pd.DataFrame({"same": same, "distance": np.concatenate([near, far]).astype(np.float32)})


def test_all_pairs_are_scipy_s() -> None:
    table = metrics.sample_pair_distances(POINTS, LABELS, seed=0)
    unit = POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)
    one, other = np.triu_indices(20, 1)
    expected = {(i, j): (d, LABELS[i] == LABELS[j]) for i, j, d in zip(one, other, pdist(unit), strict=True)}
    assert len(table) == len(expected) == 190
    for row in table.itertuples():
        distance, same = expected.pop(tuple(sorted((row.first, row.second))))
        assert row.distance == pytest.approx(distance, abs=1e-6)
        assert row.same == same
    assert not expected


def test_pairs_are_drawn_evenly_and_once() -> None:
    seen: Counter = Counter()
    for seed in range(600):
        table = metrics.sample_pair_distances(POINTS, LABELS, pairs=20, seed=seed)
        pairs = list(zip(table["first"], table["second"], strict=True))
        assert len(set(pairs)) == 40
        assert list(table["same"]) == [True] * 20 + [False] * 20
        seen.update(pairs)
    same = {pair: LABELS[pair[0]] == LABELS[pair[1]] for pair in seen}
    for kind, total in ((True, 1 + 10 + 36 + 6), (False, 190 - 53)):
        counts = [seen[pair] for pair in seen if same[pair] == kind]
        assert len(counts) == total
        assert chisquare(counts).pvalue > 1e-4


def test_a_sample_does_not_read_the_whole_array(tmp_path: Path) -> None:
    points = np.lib.format.open_memmap(tmp_path / "e.npy", "w+", np.float32, (3000, 8))
    points[:] = np.random.default_rng(1).normal(size=points.shape)
    labels = np.arange(3000) % 50
    table = metrics.sample_pair_distances(points, labels, pairs=1000, seed=3)
    again = metrics.sample_pair_distances(np.array(points), labels, pairs=1000, seed=3)
    pd.testing.assert_frame_equal(table, again)
    assert len(table) == 2000


def test_means_overlap_and_auc_of_two_normal_distributions() -> None:
    near, far = RNG.normal(0.8, 0.1, 60_000), RNG.normal(1.0, 0.1, 60_000)
    table = both_kinds(near, far).assign(first=np.tile([0, 1, 2], 40_000))
    table["second"] = np.where(table["same"], table["first"] + 3, (table["first"] + 1) % 3)
    found = metrics.pair_distance_summary(table, list("abcabc"), seed=0, resamples=50)
    assert found["positive mean"].value == pytest.approx(near.mean(), abs=1e-5)
    assert found["negative mean"].value == pytest.approx(far.mean(), abs=1e-5)
    assert found["overlap"].value == pytest.approx(2 * norm.cdf(-1), abs=0.01)  # they cross at one deviation
    area = roc_auc_score(~table["same"], table["distance"])
    assert found["AUC"].value == pytest.approx(area, abs=5e-4)
    assert found["AUC"].groups == 3


def test_intervals_draw_classes() -> None:
    table = metrics.sample_pair_distances(POINTS, LABELS, seed=0)
    found = metrics.pair_distance_summary(table, LABELS, seed=7, resamples=40)
    codes = np.unique(LABELS, return_inverse=True)[1]
    drawn = np.random.default_rng(7).multinomial(4, [0.25] * 4, size=40)
    for number, often in enumerate(drawn):
        one, other = often[codes[table["first"]]], often[codes[table["second"]]]
        weight = np.where(table["same"], one, one * other)
        for kind, name in ((True, "positive mean"), (False, "negative mean")):
            part = (table["same"] == kind).to_numpy()
            value = found[name].draws[number]
            if weight[part].sum():
                expected = np.average(table["distance"][part], weights=weight[part])
                assert value == pytest.approx(expected, abs=1e-6)
            else:
                assert np.isnan(value)
    low, high = found["positive mean"].low, found["positive mean"].high
    assert low < found["positive mean"].value < high


@pytest.mark.parametrize("near", [0.0, 0.7])
def test_forces_are_the_slope_of_the_paper_s_loss(near: float) -> None:
    distance = np.linspace(0.05, 1.95, 96)
    table = both_kinds(distance, distance)
    found = metrics.margin_balance(table, positive_margin=near, negative_margin=1.1)
    losses = {
        "pull": lambda d: 0.5 * np.maximum(d - near, 0) ** 2,
        "push": lambda d: 0.5 * np.maximum(1.1 - d, 0) ** 2,
    }
    for name, loss in losses.items():
        slope = np.abs(loss(distance + 1e-6) - loss(distance - 1e-6)) / 2e-6
        assert found.loc[name, "force"] == pytest.approx(slope.mean(), abs=1e-5)
        assert found.loc[name, "loss"] == pytest.approx(loss(distance).mean(), abs=1e-6)
        assert found.loc[name, "moved"] == (loss(distance) > 0).sum()
    assert found["of the force"].sum() == pytest.approx(1)


def test_nothing_moves_between_the_margins() -> None:
    found = metrics.margin_balance(
        both_kinds(np.full(3, 0.5), np.full(3, 1.3)), positive_margin=0.8, negative_margin=1.2
    )
    assert not found[["moved", "force", "loss", "of the force"]].to_numpy().any()


@pytest.mark.parametrize("wrong", [np.ones((19, 6)), np.ones(20)])
def test_embeddings_without_labels(wrong: np.ndarray) -> None:
    with pytest.raises(DataError, match="labels of shape"):
        metrics.sample_pair_distances(wrong, LABELS, seed=0)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_an_embedding_without_a_direction(value: float) -> None:
    broken = POINTS.copy()
    broken[13] = value
    with pytest.raises(DataError, match="embedding 13 is zero or not finite"):
        metrics.sample_pair_distances(broken, LABELS, seed=0)


@pytest.mark.parametrize(("labels", "kind"), [("abcd", "one class"), ("aaaa", "two classes")])
def test_one_kind_of_pairs_is_missing(labels: str, kind: str) -> None:
    with pytest.raises(DataError, match=f"no pair of {kind}"):
        metrics.sample_pair_distances(POINTS[:4], list(labels), seed=0)
    half = both_kinds(np.ones(2), np.ones(0)).assign(first=0, second=1)
    with pytest.raises(DataError, match="2 of 2 pairs"):
        metrics.margin_balance(half, negative_margin=1.0)
    with pytest.raises(DataError, match="2 of 2 pairs"):
        metrics.pair_distance_summary(half, list("aa"), seed=0)


def test_settings_out_of_range() -> None:
    with pytest.raises(ParameterError, match="pairs is 0"):
        metrics.sample_pair_distances(POINTS, LABELS, pairs=0, seed=0)
    for wrong in ({"positive_margin": -0.1, "negative_margin": 1}, {"negative_margin": np.nan}):
        with pytest.raises(ParameterError, match="_margin is"):
            metrics.margin_balance(both_kinds(np.ones(1), np.ones(1)), **wrong)
