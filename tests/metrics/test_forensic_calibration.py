"""Calibration against definitions: scikit-learn's scores, loops over groups, and probabilities that are true."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

RNG = np.random.default_rng(0)
P = softmax(RNG.normal(0, 1.5, (300, 4)), axis=1)
TRUTH = RNG.integers(4, size=300)
GROUPS = RNG.integers(25, size=300)
HOW = {"groups": GROUPS, "seed": 0, "resamples": 60}


def true_answers(n: int, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three classes, and classes drawn with them: calibrated by construction."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    return softmax(logits, axis=1), (logits + rng.gumbel(size=(n, 3))).argmax(1)


def test_brier_score_is_scikit_learn_s():
    expected = brier_score_loss(TRUTH, P, labels=range(4), scale_by_half=False)
    assert metrics.brier_score(P, TRUTH) == pytest.approx(expected)


def test_an_unknown_class_is_one_more_of_no_probability():
    more = np.column_stack([P, np.zeros(300)])
    known, codes = np.where(TRUTH == 3, 4, TRUTH), np.where(TRUTH == 3, -1, TRUTH)
    assert metrics.brier_score(P, codes) == pytest.approx(metrics.brier_score(more, known))
    parts = metrics.brier_parts(P, codes, classes="abcd")
    assert list(parts.index) == [*"abcd", "(unknown)"]
    share = (TRUTH == 3).mean()
    assert parts.loc["(unknown)", "Brier"] == pytest.approx(share)
    assert parts["Brier"].sum() == pytest.approx(metrics.brier_score(P, codes))
    found = metrics.calibration_summary(P, codes, **HOW)
    some = codes >= 0
    assert found["accuracy"].value == pytest.approx((P.argmax(1) == codes).mean())
    assert found["log loss"].value == pytest.approx(log_loss(codes[some], P[some], labels=range(4)))


def test_parts_add_up_and_are_what_they_say():
    parts = metrics.brier_parts(P, TRUTH, classes="abcd")
    total = parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
    np.testing.assert_allclose(total, parts["Brier"])
    assert parts["Brier"].sum() == pytest.approx(metrics.brier_score(P, TRUTH))
    share = np.bincount(TRUTH) / 300
    np.testing.assert_allclose(parts["uncertainty"], share * (1 - share))
    assert (parts["miscalibration"] >= 0).all() and (parts["discrimination"] >= 0).all()


def test_parts_by_hand():
    """Two values of the probability, already in order: the best monotone function gives each value's frequency."""
    said, true = np.array([0.9, 0.9, 0.9, 0.2, 0.2]), np.array([0, 0, 1, 1, 1])  # class 0 is true of two
    parts = metrics.brier_parts(np.stack([said, 1 - said], 1), true, classes="ab")
    after = (2 / 3) * (1 / 3) * 3 / 5  # variance within 0.9; none within 0.2
    before = (2 * 0.1**2 + 0.9**2 + 2 * 0.2**2) / 5
    expected = [before, before - after, 0.4 * 0.6 - after, 0.4 * 0.6]
    np.testing.assert_allclose(parts, [expected, expected])


def test_miscalibration_is_small_where_probabilities_come_true_and_large_where_not():
    p, truth = true_answers(20_000)
    good = metrics.brier_parts(p, truth, classes="abc")["miscalibration"].sum()
    bold = softmax(3 * np.log(p), axis=1)
    assert good < 0.004 < 0.05 < metrics.brier_parts(bold, truth, classes="abc")["miscalibration"].sum()


def test_summary_is_what_each_function_says():
    found = metrics.calibration_summary(P, TRUTH, **HOW)
    right = P.argmax(1) == TRUTH
    expected = {
        "accuracy": right.mean(),
        "log loss": log_loss(TRUTH, P, labels=range(4)),
        "Brier score": metrics.brier_score(P, TRUTH),
        "ECE": metrics.calibration_error(P, TRUTH),
        "confidence − accuracy": P.max(1).mean() - right.mean(),
    }
    assert {name: one.value for name, one in found.items()} == pytest.approx(expected)
    again = metrics.bootstrap_interval(metrics.calibration_error, P, TRUTH, **HOW)
    np.testing.assert_allclose(found["ECE"].draws, again.draws)
    assert (found["ECE"].low, found["ECE"].high) == pytest.approx((again.low, again.high))
    assert found["accuracy"].groups == 25


def test_an_impossible_truth_costs_a_stated_amount():
    found = metrics.calibration_summary([[1.0, 0.0]] * 4, [0, 0, 0, 1], groups=range(4), seed=0)
    assert found["log loss"].value == pytest.approx(-np.log(np.finfo(float).eps) / 4)
    assert all(np.isfinite([one.low, one.high]).all() for one in found.values())


def test_class_bias_by_a_loop():
    found = metrics.class_bias(P, TRUTH, **HOW)
    for k in range(4):
        direct = metrics.bootstrap_mean(P[:, k] - (k == TRUTH), **HOW)
        assert (found.value[k], found.low[k], found.high[k]) == pytest.approx(
            (direct.value, direct.low, direct.high)
        )
    assert found.value.sum() == pytest.approx(0)
    with_unknown = metrics.class_bias(P, np.where(TRUTH == 0, -1, TRUTH), **HOW)
    assert with_unknown.value.shape == (4,) and with_unknown.value[0] == pytest.approx(P[:, 0].mean())


def test_one_class_and_a_classifier_of_one():
    found = metrics.calibration_summary(P, np.zeros(300, int), **HOW)
    assert found["accuracy"].value == (P.argmax(1) == 0).mean()
    parts = metrics.brier_parts(P, np.zeros(300, int), classes="abcd")
    assert parts["uncertainty"].tolist() == parts["discrimination"].tolist() == [0.0] * 4
    sole = metrics.calibration_summary(np.ones((4, 1)), np.zeros(4, int), groups=range(4), seed=0)
    assert [sole[name].value for name in ("accuracy", "ECE", "log loss")] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: metrics.brier_score(np.empty((0, 3)), np.empty(0, int)), DataError, r"\(0, 3\)"),
        (lambda: metrics.brier_score(P, TRUTH[:-1]), DataError, r"\(299,\)"),
        (lambda: metrics.brier_score(P, TRUTH + 0.0), DataError, "float64"),
        (lambda: metrics.brier_score(np.log(P), TRUTH), DataError, "softmax of logits"),
        (lambda: metrics.brier_score(P * np.nan, TRUTH), DataError, "run from nan"),
        (lambda: metrics.brier_score(P / 2, TRUTH), DataError, "sums from 0.5 to 0.5"),
        (lambda: metrics.brier_score(P, TRUTH + 1), DataError, "from 1 to 4 for 4 classes"),
        (lambda: metrics.brier_score(P, TRUTH - 2), DataError, "from -2 to 1"),
        (lambda: metrics.brier_parts(P, TRUTH, classes="abc"), DataError, "3 names for 4 classes"),
        (lambda: metrics.calibration_summary(P, TRUTH - TRUTH - 1, **HOW), DataError, "none of 300 samples"),
        (lambda: metrics.calibration_summary(P, TRUTH, groups=[1] * 300, seed=0), DataError, "one group"),
        (lambda: metrics.calibration_summary(P, TRUTH, **HOW, bins=0), ParameterError, "bins"),
    ],
)
def test_what_cannot_be_is_said(call, error, says):
    with pytest.raises(error, match=says):
        call()
