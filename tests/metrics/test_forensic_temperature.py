"""Temperatures against scipy on each resample, true logits of known scale, and what must hold where a loss is least."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

RNG = np.random.default_rng(0)
TRUE_LOGITS = RNG.normal(0, 2, (400, 3))
TRUTH = (TRUE_LOGITS + RNG.gumbel(size=(400, 3))).argmax(1)
LOGITS = 2 * TRUE_LOGITS  # twice too sure
GROUPS = np.arange(400) // 20


def test_losses_are_cross_entropies():
    losses = metrics.temperature_losses(LOGITS, TRUTH, temperatures=[0.5, 1.0, 4.0])
    for column, temperature in enumerate([0.5, 1.0, 4.0]):
        expected = -log_softmax(LOGITS / temperature, axis=1)[np.arange(400), TRUTH]
        np.testing.assert_allclose(losses[:, column], expected)


def test_the_interval_is_of_temperatures_fitted_to_each_resample():
    found = metrics.temperature_interval(LOGITS, TRUTH, groups=GROUPS, seed=3, resamples=40)
    slow = metrics.bootstrap_interval(
        metrics.fit_temperature, LOGITS, TRUTH, groups=GROUPS, seed=3, resamples=40
    )
    np.testing.assert_allclose(found.draws, slow.draws, rtol=2e-3)
    assert found.value == slow.value == pytest.approx(2, rel=0.2)
    assert (found.low, found.high) == pytest.approx((slow.low, slow.high), rel=2e-3)
    assert found.groups == 20


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(4), 0
    for seed in range(40):
        logits = rng.normal(0, 2, (150, 3))
        truth = (logits + rng.gumbel(size=logits.shape)).argmax(1)
        found = metrics.temperature_interval(
            1.5 * logits, truth, groups=np.arange(150) // 3, seed=seed, resamples=100
        )
        held += found.low <= 1.5 <= found.high
    assert held >= 33  # of 40 at 95 %: fewer has a chance of 1 in 1,400


@pytest.mark.parametrize(
    ("logits", "truth", "expected"),
    [
        (np.zeros((8, 3)), [0, 1, 2, 0, 1, 2, 0, 1], 1.0),  # nothing depends on it
        (10 * np.eye(3)[[0, 1, 2] * 4], [0, 1, 2] * 4, 0.05),  # all right: as cold as it gets
        (10 * np.eye(3)[[0, 1, 2] * 4], [1, 2, 0] * 4, 20.0),  # all wrong: as hot as it gets
        (10 * np.eye(3)[[0] * 6], [0] * 6, 0.05),  # one class, always named
        (np.ones((5, 1)), [0] * 5, 1.0),  # a classifier of one class
    ],
)
def test_bounds_where_no_temperature_is_best(logits, truth, expected):
    found = metrics.temperature_interval(
        logits, np.array(truth), groups=range(len(truth)), seed=0, resamples=50
    )
    assert [found.value, found.low, found.high] == pytest.approx([expected] * 3, rel=1e-3)
    assert metrics.fit_temperature(logits, truth) == found.value


def test_more_groups_say_more_and_as_many_as_there_are_say_what_the_interval_does():
    table = metrics.temperature_by_groups(
        LOGITS, TRUTH, groups=GROUPS, counts=[2, 20, 200], seed=0, draws=400
    )
    spread = table.groupby("groups")["temperature"].std()
    assert spread[2] > 2 * spread[20] > 4 * spread[200]
    found = metrics.temperature_interval(LOGITS, TRUTH, groups=GROUPS, seed=0, resamples=400)
    ends = table[table["groups"] == 20]["temperature"].quantile([0.025, 0.975])
    np.testing.assert_allclose(ends, [found.low, found.high], rtol=0.1)


def test_halves_dealt_by_sample_hide_what_groups_share():
    """Each group's answers are all right or all wrong: nothing is learned of new groups, all of known ones."""
    rng = np.random.default_rng(7)
    right = rng.random(12) < 0.6
    truth = np.zeros(600, int)
    logits = np.where(np.repeat(right, 50)[:, None], [1.0, 0.0], [0.0, 1.0]) + rng.normal(0, 0.1, (600, 2))
    table = metrics.calibration_splits(logits, truth, groups=np.repeat(np.arange(12), 50), seed=0, repeats=20)
    typical = table["confidence − accuracy"].abs().groupby(table["split"]).median()
    assert typical["by group"] > 3 * typical["by sample"]


def test_a_split_is_judged_on_the_other_half_alone():
    """Two groups of different scale: dealt by group, one half's temperature is used on the other's logits."""
    groups = np.arange(400) % 2
    logits = TRUE_LOGITS * np.where(groups == 0, 3.0, 1.0)[:, None]
    table = metrics.calibration_splits(logits, TRUTH, groups=groups, seed=0, repeats=6)
    fits = [metrics.fit_temperature(logits[groups == g], TRUTH[groups == g]) for g in (0, 1)]
    for row in table[table["split"] == "by group"].to_dict("records"):
        fitted = int(np.argmin(np.abs(np.array(fits) - row["temperature"])))
        judged = groups != fitted
        p = softmax(logits[judged] / fits[fitted], axis=1)
        assert row["temperature"] == pytest.approx(fits[fitted], rel=2e-3)
        assert row["ECE"] == pytest.approx(metrics.calibration_error(p, TRUTH[judged]), abs=2e-3)
        gap = p.max(1).mean() - (p.argmax(1) == TRUTH[judged]).mean()
        assert row["confidence − accuracy"] == pytest.approx(gap, abs=2e-3)


def test_offsets_are_where_the_slope_is_zero():
    shifted = LOGITS + np.array([0.0, 1.5, -1.0])
    temperature, offsets = metrics.fit_offsets(shifted, TRUTH, spread=0.7)
    p = softmax(shifted / temperature + offsets, axis=1)
    bias = metrics.class_bias(p, TRUTH, groups=GROUPS, seed=0, resamples=5).value
    np.testing.assert_allclose(400 * bias, -offsets / 0.7**2, atol=0.02)
    over = ((p - np.eye(3)[TRUTH]) * shifted).sum(1).mean()
    assert over == pytest.approx(0, abs=1e-3)  # and of the temperature


def test_offsets_mend_what_a_temperature_cannot():
    shifted = LOGITS + np.array([0.0, 3.0, -2.0])
    hot = softmax(shifted / metrics.fit_temperature(shifted, TRUTH), axis=1)
    temperature, offsets = metrics.fit_offsets(shifted, TRUTH, spread=10)
    assert temperature == pytest.approx(metrics.fit_temperature(LOGITS, TRUTH), rel=0.1)
    np.testing.assert_allclose(offsets - offsets[0], [0, -1.5, 1.0], atol=0.4)
    mended = softmax(shifted / temperature + offsets, axis=1)
    how = {"groups": GROUPS, "seed": 0, "resamples": 5}
    assert np.abs(metrics.class_bias(mended, TRUTH, **how).value).max() < 0.005
    assert np.abs(metrics.class_bias(hot, TRUTH, **how).value).max() > 0.1


def test_of_two_classes_offsets_are_platt_s():
    two, truth = LOGITS[TRUTH < 2, :2], TRUTH[TRUTH < 2]
    apart = two[:, 1] - two[:, 0]
    platt = LogisticRegression(C=np.inf, tol=1e-10).fit(apart[:, None], truth)
    temperature, offsets = metrics.fit_offsets(two, truth, spread=1e3)
    assert 1 / temperature == pytest.approx(platt.coef_[0, 0], rel=1e-3)
    assert offsets[1] - offsets[0] == pytest.approx(platt.intercept_[0], abs=1e-3)


def test_a_class_without_samples_is_bounded():
    temperature, offsets = metrics.fit_offsets(TRUE_LOGITS[TRUTH < 2], TRUTH[TRUTH < 2])
    assert np.isfinite(offsets).all() and 0.05 <= temperature <= 20
    assert offsets[2] == offsets.min()


BAD = LOGITS.copy()
BAD[3, 1] = np.inf


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: metrics.temperature_losses(BAD, TRUTH), DataError, "1 of them not finite"),
        (lambda: metrics.fit_temperature(BAD, TRUTH), DataError, "1 logits are not finite"),
        (lambda: metrics.fit_offsets(-BAD, TRUTH), DataError, "not finite"),
        (
            lambda: metrics.temperature_interval(LOGITS[:0], TRUTH[:0], groups=[], seed=0),
            DataError,
            r"\(0, 3\)",
        ),
        (
            lambda: metrics.temperature_interval(LOGITS, TRUTH, groups=[1] * 400, seed=0),
            DataError,
            "one group",
        ),
        (lambda: metrics.temperature_losses(LOGITS, TRUTH - 1), DataError, "from -1 to 1 for 3 classes"),
        (
            lambda: metrics.temperature_by_groups(LOGITS, TRUTH, groups=GROUPS, counts=[0], seed=0),
            ParameterError,
            "counts",
        ),
        (
            lambda: metrics.temperature_by_groups(LOGITS, TRUTH, groups=GROUPS[1:], counts=[2], seed=0),
            DataError,
            "399 samples, for 400",
        ),
        (
            lambda: metrics.calibration_splits(LOGITS, TRUTH, groups=["a"] * 400, seed=0),
            DataError,
            "1 groups",
        ),
        (
            lambda: metrics.calibration_splits(LOGITS, TRUTH, groups=[np.nan] * 400, seed=0),
            DataError,
            "0 groups",
        ),
    ],
)
def test_what_cannot_be_is_said(call, error, says):
    with pytest.raises(error, match=says):
        call()
