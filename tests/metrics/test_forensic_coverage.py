"""Coverage counted class by class, and dealt anew."""

import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    bootstrap_mean,
    conformal_p_values,
    conformal_sets,
    coverage_draws,
    coverage_table,
)

RNG = np.random.default_rng(5)
N, M, K = 60, 40, 4
P = np.round(RNG.dirichlet(np.ones(K), size=N), 1)
ASKED = np.round(RNG.dirichlet(np.ones(K), size=M), 1)
TRUTH = RNG.integers(K, size=N)


def test_coverage_is_counted_by_class_and_drawn_by_group():
    p_values = conformal_p_values(P, TRUTH, ASKED)
    sets, truth, groups = conformal_sets(p_values, coverage=0.7), np.arange(M) % 3, np.arange(M) // 4
    table = coverage_table(sets, truth, classes=list("abcd"), groups=groups, seed=0, resamples=50)
    for name, code in {"a": 0, "b": 1, "c": 2}.items():
        its = [k for k in range(M) if truth[k] == code]
        row, sizes = table.loc[name], [sets[k].sum() for k in its]
        assert row["coverage"] == pytest.approx(np.mean([sets[k, code] for k in its]))
        assert row["classes"] == pytest.approx(np.mean(sizes))
        assert row["single"] == pytest.approx(np.mean(np.array(sizes) == 1))
        assert row["empty"] == pytest.approx(np.mean(np.array(sizes) == 0))
        assert (row["samples"], row["groups"]) == (len(its), len(set(groups[its])))
    held = [float(sets[k, truth[k]]) for k in range(M)]
    expected = bootstrap_mean(held, groups=groups, seed=0, resamples=50)
    size = bootstrap_mean(sets.sum(1), groups=groups, seed=0, resamples=50)
    assert table.loc["all classes", ["classes low", "classes high"]].tolist() == [size.low, size.high]
    whole = table.loc["all classes", ["coverage", "coverage low", "coverage high"]]
    np.testing.assert_allclose(whole.astype(float), [expected.value, expected.low, expected.high])
    assert table.loc["d", ["samples", "groups"]].tolist() == [0, 0]
    assert table.loc["d", ["coverage", "coverage low", "classes"]].isna().all()


def test_coverage_of_one_group_has_no_interval():
    table = coverage_table([[True, False], [False, True]], [0, 0], classes="ab", groups=["x"] * 2, seed=0)
    assert table.loc["a", "coverage"] == 0.5
    assert table.loc["a", ["coverage low", "classes high"]].isna().all()


def clustered(rng, firearms=40, shots=10, spread=1.0):
    """Samples of one firearm are strange together: true class 0, its probability by firearm and shot."""
    score = np.repeat(rng.normal(size=firearms), shots) * spread + 0.2 * rng.normal(size=firearms * shots)
    p = 1 / (1 + np.exp(-score))
    return np.column_stack([p, 1 - p]), np.zeros(len(p), int), np.repeat(np.arange(firearms), shots)


def test_coverage_spreads_wider_by_firearm_and_is_kept_on_average():
    p, truth, firearm = clustered(np.random.default_rng(0))
    draws = coverage_draws(p, truth, groups=firearm, coverage=0.8, seed=0, deals=200)
    assert draws["samples dealt"].mean() == pytest.approx(0.8, abs=0.01)
    assert draws["groups dealt"].mean() == pytest.approx(0.8, abs=0.03)
    assert draws["groups dealt"].std() > 2 * draws["samples dealt"].std()
    assert 0.8 < draws["groups dealt, group-wise"].mean() < 0.87  # one of 21 firearms more may be strange


def test_a_deal_is_what_its_halves_give():
    p, truth, firearm = clustered(np.random.default_rng(1), firearms=6, shots=3)
    row = coverage_draws(p, truth, groups=firearm, coverage=0.7, seed=4, deals=1).iloc[0]
    rng = np.random.default_rng(4)
    by_sample = rng.permutation(18) % 2 == 0
    by_group = (rng.permutation(6) % 2 == 0)[firearm]
    for kind, half, groups in (
        ("samples dealt", by_sample, None),
        ("groups dealt", by_group, None),
        ("groups dealt, group-wise", by_group, firearm),
    ):
        counted = None if groups is None else groups[half]
        found = conformal_p_values(p[half], truth[half], p[~half], groups=counted)
        assert row[kind] == conformal_sets(found, coverage=0.7)[:, 0].mean()


def test_equal_scores_are_always_covered():
    draws = coverage_draws(
        [[0.5, 0.5]] * 8, [0, 1] * 4, groups=list("aabbccdd"), coverage=0.9, seed=0, deals=3
    )
    assert (draws == 1).all(axis=None)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: coverage_table([[0.5]], [0], classes="a", groups="x", seed=0),
            DataError,
            "sets are float64",
        ),
        (
            lambda: coverage_table([[True]], [0], classes="ab", groups=["x"], seed=0),
            DataError,
            "for 2 classes",
        ),
        (
            lambda: coverage_table([[True]], [-1], classes="a", groups=["x"], seed=0),
            DataError,
            "such as -1",
        ),
        (
            lambda: coverage_table(np.empty((0, 1), bool), np.empty(0, int), classes="a", groups=[], seed=0),
            DataError,
            "for 0 samples",
        ),
        (
            lambda: coverage_draws([0.5], [0], groups="x", coverage=0.9, seed=0),
            DataError,
            r"shape \(1,\)",
        ),
        (
            lambda: coverage_draws([[0.5, 0.5]] * 2, [0, 1], groups="xx", coverage=0.9, seed=0),
            DataError,
            "0 groups for 2",
        ),
        (
            lambda: coverage_draws([[0.5, 0.5]] * 2, [0, 1], groups=["x", "x"], coverage=0.9, seed=0),
            DataError,
            "all samples are of one group",
        ),
        (
            lambda: coverage_draws([[0.5, 0.5]] * 2, [0, 1], groups=["x", "y"], coverage=2, seed=0),
            ParameterError,
            "coverage is 2",
        ),
        (
            lambda: coverage_draws(
                [[0.5, 0.5]] * 2, [0, 1], groups=["x", "y"], coverage=0.9, seed=0, deals=0
            ),
            ParameterError,
            "deals is 0",
        ),
    ],
)
def test_what_cannot_be_is_said(call, error, says):
    with pytest.raises(error, match=says):
        call()
