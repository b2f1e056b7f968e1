"""Distances against scipy and loops, correlations against scipy and formulas."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import distance
from scipy.stats import rankdata

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

SCIPY = {"cosine": "cosine", "euclidean": "euclidean", "squared euclidean": "sqeuclidean"}


@pytest.fixture(scope="module")
def cloud() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    truth = rng.integers(5, size=300)
    return (rng.normal(size=(300, 16)) + 3 * rng.normal(size=(5, 16))[truth]).astype(np.float32), truth


def test_centres_are_means_and_missing_for_a_class_without_samples(cloud: tuple[NDArray, NDArray]) -> None:
    x, truth = cloud
    centres = metrics.class_centres(x, truth, classes=6)
    for code in range(5):
        assert centres[code] == pytest.approx(
            np.mean([row for row, t in zip(x, truth, strict=True) if t == code], 0)
        )
    assert np.isnan(centres[5]).all()


def test_a_class_that_is_not_known_counts_nowhere() -> None:
    x = [[1.0, 0.0], [0.0, 5.0], [9.0, 9.0]]
    assert metrics.class_centres(x, [0, -1, 7], classes=1).tolist() == [[1.0, 0.0]]
    assert metrics.intra_class_distances(x, [0, -1, 7], classes=["a"])["samples"].tolist() == [1]


@pytest.mark.parametrize("measure", SCIPY)
def test_distances_between_centres_are_scipy_s(cloud: tuple[NDArray, NDArray], measure: str) -> None:
    centres = metrics.class_centres(*cloud, classes=5)
    found = metrics.inter_class_distances(centres, measure=measure)
    assert found == pytest.approx(distance.cdist(centres, centres, SCIPY[measure]), abs=1e-12)
    assert np.array_equal(found, found.T)
    assert not np.diagonal(found).any()


def test_the_chord_is_the_distance_of_vectors_of_length_1(cloud: tuple[NDArray, NDArray]) -> None:
    centres = metrics.class_centres(*cloud, classes=5)
    unit = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    assert metrics.inter_class_distances(centres, measure="chord") == pytest.approx(
        distance.cdist(unit, unit)
    )


def test_cosine_keeps_its_digits_at_small_angles() -> None:
    angle = 1e-6
    found = metrics.inter_class_distances([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])[0, 1]
    assert found == pytest.approx(angle**2 / 2, rel=1e-6)  # 1 − cos would give 5.0004e-13 or 0


@pytest.mark.parametrize("measure", SCIPY)
def test_distances_to_the_centre_and_their_summary_are_a_loop_s(
    cloud: tuple[NDArray, NDArray], measure: str
) -> None:
    x, truth = cloud
    centres = metrics.class_centres(x, truth, classes=5)
    metric = getattr(distance, SCIPY[measure])
    expected = [metric(row.astype(float), centres[t]) for row, t in zip(x, truth, strict=True)]
    found = metrics.distances_to_centre(x, truth, centres=centres, measure=measure)
    assert found == pytest.approx(expected)
    table = metrics.intra_class_distances(x, truth, classes=list("abcde"), measure=measure)
    for code, name in enumerate("abcde"):
        own = [d for d, t in zip(expected, truth, strict=True) if t == code]
        assert table.loc[name].tolist() == pytest.approx(
            [sum(own) / len(own), np.median(own), np.var(own) ** 0.5, max(own), len(own)]
        )


def test_batches_do_not_show() -> None:
    x = np.random.default_rng(1).normal(size=(5000, 512)).astype(np.float32)  # three batches
    truth = np.arange(5000) % 3
    centres = metrics.class_centres(x, truth, classes=3)
    found = metrics.distances_to_centre(x, truth, centres=centres, measure="euclidean")
    assert found == pytest.approx(np.linalg.norm(x - centres[truth], axis=1))


def test_one_sample_two_samples_and_none_in_a_class() -> None:
    table = metrics.intra_class_distances(
        [[0.0, 0.0], [4.0, 0.0], [1.0, 1.0]], [0, 0, 1], classes="abc", measure="euclidean"
    )
    assert table.loc["a"].tolist() == [2, 2, 0, 2, 2]
    assert table.loc["b"].tolist() == [0, 0, 0, 0, 1]
    assert table.loc["c"].isna().tolist() == [True] * 4 + [False]
    assert table["samples"]["c"] == 0


def test_other_centres_are_used(cloud: tuple[NDArray, NDArray]) -> None:
    x, truth = cloud
    table = metrics.intra_class_distances(
        x, truth, classes=range(5), centres=np.zeros((5, 16)), measure="euclidean"
    )
    assert table["max"].max() == pytest.approx(np.linalg.norm(x, axis=1).max())


def test_a_vector_without_length_has_no_direction() -> None:
    found = metrics.inter_class_distances([[0.0, 0.0], [1.0, 0.0]])
    assert np.isnan(found[0, 1])


def test_minus_log10_is_larger_for_nearer_and_missing_for_the_same() -> None:
    assert metrics.minus_log10([[0.0, 1e-3], [10.0, np.nan]]) == pytest.approx(
        np.array([[np.nan, 3.0], [-1.0, np.nan]]), nan_ok=True
    )


@pytest.mark.parametrize(
    ("features", "truth"),
    [([1.0, 2.0], [0, 1]), ([[1.0]], [0, 1]), ([[np.nan]], [0]), ([[1.0]], [0.5]), (np.zeros((0, 2)), [])],
)
def test_features_that_are_none(features: list, truth: list) -> None:
    with pytest.raises(DataError, match="finite numbers"):
        metrics.class_centres(features, truth, classes=1)


def test_centres_of_another_network_or_shape() -> None:
    with pytest.raises(DataError, match="as many columns"):
        metrics.distances_to_centre([[1.0, 2.0]], [0], centres=[[1.0]])
    with pytest.raises(DataError, match="classes, features"):
        metrics.inter_class_distances([1.0, 2.0])


def test_unknown_measures_and_no_classes() -> None:
    with pytest.raises(ParameterError, match="'manhattan'"):
        metrics.inter_class_distances([[1.0]], measure="manhattan")
    with pytest.raises(ParameterError, match="classes is 0"):
        metrics.class_centres([[1.0]], [0], classes=0)


class TestCorrelation:
    def test_coefficients_are_the_formulas(self) -> None:
        rng = np.random.default_rng(2)
        x = rng.normal(size=21)
        y = x + rng.normal(size=21)
        found = metrics.correlation(x, y)
        assert found.pearson == pytest.approx(np.corrcoef(x, y)[0, 1])
        assert found.spearman == pytest.approx(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
        # Fisher: atanh r ± 1.96 / √(n − 3).
        ends = np.tanh(np.arctanh(found.pearson) + np.array([-1, 1]) * 1.959964 / np.sqrt(18))
        assert (found.pearson_low, found.pearson_high) == pytest.approx(tuple(ends), abs=1e-6)

    def test_p_values_are_the_share_of_shuffles_as_large(self) -> None:
        rng = np.random.default_rng(3)
        x, y = rng.normal(size=21), rng.normal(size=21)
        found = metrics.correlation(x, y)
        shuffled = [rng.permutation(y) for _ in range(4000)]
        for p, r, rank in (
            (found.pearson_p, found.pearson, np.asarray),
            (found.spearman_p, found.spearman, rankdata),
        ):
            larger = [abs(np.corrcoef(rank(x), rank(one))[0, 1]) >= abs(r) for one in shuffled]
            assert p == pytest.approx(np.mean(larger), abs=0.03)

    def test_pairs_with_nan_are_left_out(self) -> None:
        found = metrics.correlation([1, 2, np.nan, 4, 5], [2, 1, 9, np.nan, 7])
        assert found == metrics.correlation([1, 2, 5], [2, 1, 7])
        assert found.pairs == 3
        assert np.isnan(found.pearson_low)

    def test_what_does_not_vary_does_not_correlate(self) -> None:
        found = metrics.correlation([1, 1, 1, 1], [1, 2, 3, 4])
        assert np.isnan([found.pearson, found.spearman, found.pearson_p]).all()

    @pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2, 3]), ([[1, 2]], [[1, 2]])])
    def test_no_pairs(self, x: list, y: list) -> None:
        with pytest.raises(DataError, match="equally many"):
            metrics.correlation(x, y)

    def test_too_few_pairs(self) -> None:
        with pytest.raises(DataError, match="2 pairs without NaN; 3 are needed"):
            metrics.correlation([1, 2, np.nan], [1, 2, 3])
