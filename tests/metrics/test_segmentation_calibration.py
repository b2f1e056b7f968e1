import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError


def test_bins_are_scikit_learn_s() -> None:
    rng = np.random.default_rng(0)
    said = rng.random((5, 30, 30)) ** 3
    truth = rng.random(said.shape) < said**0.7
    table = metrics.pixel_reliability(said, truth, bins=10)
    share, confidence = calibration_curve(truth.ravel(), said.ravel(), n_bins=10)
    assert table["accuracy"].to_numpy() == pytest.approx(share)
    assert table["confidence"].to_numpy() == pytest.approx(confidence)
    assert table["samples"].sum() == truth.size


def test_error_of_probabilities_that_come_true_is_small_and_of_doubled_ones_is_known() -> None:
    rng = np.random.default_rng(1)
    said = rng.uniform(0, 0.5, (20, 60, 60))
    truth = rng.random(said.shape) < said
    assert metrics.pixel_calibration_error(metrics.pixel_reliability(said, truth)) < 0.006
    doubled = metrics.pixel_reliability(2 * said, truth)
    assert metrics.pixel_calibration_error(doubled) == pytest.approx(0.25, abs=0.004)
    assert metrics.pixel_calibration_error(doubled, least=0.5) == pytest.approx(0.375, abs=0.006)


def test_probability_one_has_a_bin_and_empty_bins_no_row() -> None:
    table = metrics.pixel_reliability([np.array([[0.0, 1.0]])], [np.array([[False, True]])], bins=4)
    assert table["confidence"].tolist() == [0, 1]
    assert metrics.pixel_calibration_error(table) == 0
    assert np.isnan(metrics.pixel_calibration_error(table[:1], least=0.5))


def test_what_is_refused() -> None:
    with pytest.raises(ParameterError, match="bins is 0"):
        metrics.pixel_reliability(np.ones((1, 2, 2)), np.ones((1, 2, 2), bool), bins=0)
    with pytest.raises(DataError, match="no samples, accuracy"):
        metrics.pixel_calibration_error(pd.DataFrame({"confidence": [0.5]}))


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_interval_of_the_error_is_that_of_the_drawn_pictures(least: float) -> None:
    rng = np.random.default_rng(2)
    said = rng.random((12, 10, 10)) ** 2
    truth = rng.random(said.shape) < said**1.5
    how = {"groups": np.arange(12) // 3, "seed": 4, "resamples": 60}
    fast = metrics.pixel_calibration_interval(said, truth, least=least, **how)
    slow = metrics.bootstrap_interval(
        lambda p, t: metrics.pixel_calibration_error(metrics.pixel_reliability(p, t), least=least),
        said,
        truth,
        **how,
    )
    assert (fast.value, fast.low, fast.high) == pytest.approx((slow.value, slow.low, slow.high))
    assert fast.groups == 4


def test_no_pixel_that_is_called_foreground_has_no_error() -> None:
    said = np.full((3, 4, 4), 0.1)
    found = metrics.pixel_calibration_interval(
        said, said > 1, groups=range(3), seed=0, least=0.5, resamples=20
    )
    assert np.isnan(found.value)
    assert np.isnan(found.low)
