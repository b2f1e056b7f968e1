"""Reliability bins and the ECE of chance against loops, and against answers that are true."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from scipy.stats import binomtest

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

RNG = np.random.default_rng(0)
P = softmax(RNG.normal(0, 1.5, (300, 4)), axis=1)
TRUTH = RNG.integers(4, size=300)
GROUPS = RNG.integers(25, size=300)
HOW = {"groups": GROUPS, "seed": 0, "resamples": 60}


def true_answers(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three classes, and classes drawn with them: calibrated by construction."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (n, 3))
    return softmax(logits, axis=1), (logits + rng.gumbel(size=(n, 3))).argmax(1)


@pytest.mark.parametrize("equal", ["width", "mass"])
def test_reliability_bins_by_a_loop(equal):
    table = metrics.reliability_intervals(P, TRUTH, **HOW, bins=5, equal=equal)
    sure, right = P.max(1), P.argmax(1) == TRUTH
    if equal == "width":
        pd.testing.assert_frame_equal(
            table[["samples", "confidence", "accuracy"]],
            metrics.reliability(P, TRUTH, bins=5),
            check_dtype=False,
        )
    else:
        assert table["samples"].tolist() == [60] * 5
        order = np.argsort(sure).reshape(5, 60)
        np.testing.assert_allclose(table["accuracy"], right[order].mean(1))
        np.testing.assert_allclose(table["confidence"], sure[order].mean(1))
    edges = np.r_[-np.inf, np.cumsum(table["samples"])].astype(float)
    row = table.iloc[-1]
    top = np.argsort(sure)[int(edges[-2]) :]
    assert row["groups"] == len(set(GROUPS[top]))
    only = np.isin(np.arange(300), top)
    ratio = metrics.bootstrap_interval(lambda of, hit: hit[of].mean(), only, right, **HOW)
    assert (row["low"], row["high"]) == pytest.approx((ratio.low, ratio.high))


@pytest.mark.parametrize("right", [True, False])
def test_a_bin_without_spread_has_the_exact_interval_of_its_groups(right):
    truth = [0 if right else 1] * 12
    groups = np.repeat(np.arange(4), 3)
    (row,) = metrics.reliability_intervals([[0.9, 0.1]] * 12, truth, groups=groups, seed=0).to_dict("records")
    exact = binomtest(4 * right, 4).proportion_ci(method="exact")
    assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high))


def test_a_bin_of_one_group_has_no_interval():
    p, groups = [[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 4, ["a"] * 4 + ["a", "b", "c", "d"]
    table = metrics.reliability_intervals(p, [0, 0, 1, 0] * 2, groups=groups, seed=0, bins=2, equal="mass")
    assert table["groups"].tolist() == [4, 1]
    assert np.isnan(table["low"]).tolist() == [False, True] and np.isnan(table["high"]).tolist() == [
        False,
        True,
    ]


@pytest.mark.parametrize("equal", ["width", "mass"])
def test_fewer_samples_than_bins_and_equal_confidences(equal):
    table = metrics.reliability_intervals(P[:3], TRUTH[:3], groups=range(3), seed=0, bins=50, equal=equal)
    assert table["samples"].sum() == 3 and len(table) <= 3
    even = metrics.reliability_intervals(
        np.full((6, 2), 0.5), [0, 1] * 3, groups=range(6), seed=0, equal=equal
    )
    assert even["samples"].tolist() == [6] and even["accuracy"].tolist() == [0.5]


def test_chance_is_what_calibrated_answers_get():
    """Calibrated answers, drawn again and again: their ECE is distributed as is said beforehand."""
    p, truth = true_answers(400)
    said = metrics.chance_calibration_error(p, truth, groups=np.arange(400), seed=0, resamples=300)
    rng = np.random.default_rng(5)
    drawn = [metrics.calibration_error(p, (p.cumsum(1) > rng.random((400, 1))).argmax(1)) for _ in range(120)]
    for column in said:
        assert said[column].median() == pytest.approx(np.median(drawn), rel=0.15)


def test_answers_that_come_in_groups_leave_more_to_chance():
    p, truth = true_answers(40)
    often = {
        "groups": np.repeat(np.arange(40), 20),
        "seed": 0,
        "resamples": 300,
    }  # each answer given twenty times
    drawn = metrics.chance_calibration_error(np.repeat(p, 20, 0), np.repeat(truth, 20), **often).median()
    once = metrics.chance_calibration_error(p, truth, groups=np.arange(40), seed=0, resamples=300).median()
    assert drawn["answers in groups"] == pytest.approx(once["answers in groups"], rel=0.05)
    assert drawn["independent answers"] < 0.4 * drawn["answers in groups"]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: metrics.reliability_intervals(P, TRUTH, **HOW, equal="size"), ParameterError, "'size'"),
        (lambda: metrics.reliability_intervals(P, TRUTH, **HOW, bins=0), ParameterError, "bins"),
        (lambda: metrics.reliability_intervals(P[:0], TRUTH[:0], groups=[], seed=0), DataError, "one sample"),
        (lambda: metrics.reliability_intervals(P, TRUTH, groups=[1] * 300, seed=0), DataError, "one group"),
        (
            lambda: metrics.chance_calibration_error(P, TRUTH, groups=[1] * 300, seed=0),
            DataError,
            "one group",
        ),
        (lambda: metrics.chance_calibration_error(P, TRUTH, **HOW, bins=0), ParameterError, "bins"),
    ],
)
def test_what_cannot_be_is_said(call, error, says):
    with pytest.raises(error, match=says):
        call()
