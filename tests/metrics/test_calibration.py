import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

from fireanalysis import metrics, training
from fireanalysis.errors import DataError, ParameterError


@pytest.fixture
def logits() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, 3, (60, 4))


@pytest.fixture
def truth() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(4, size=60)


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_sample_losses_have_torch_s_mean(logits: NDArray, truth: NDArray, gamma: float) -> None:
    weights = np.array([0.5, 1.0, 2.0, 0.7])
    expected = training.FocalLoss(gamma=gamma, alpha=weights)(torch.tensor(logits), torch.tensor(truth))
    ours = metrics.sample_losses(logits, truth, gamma=gamma, class_weights=weights)
    assert ours.mean() == pytest.approx(float(expected), rel=1e-5)
    entropy = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(truth), reduction="none")
    np.testing.assert_allclose(metrics.sample_losses(logits, truth), entropy.numpy(), rtol=1e-9)


def test_sample_losses_of_several_epochs_are_those_of_each(logits: NDArray, truth: NDArray) -> None:
    both = metrics.sample_losses(np.stack([logits, 2 * logits]), truth)
    np.testing.assert_allclose(both[1], metrics.sample_losses(2 * logits, truth))


def test_loss_change_by_hand() -> None:
    """Four samples of class 0, one of each fate, with probabilities chosen so that losses are known."""
    p = np.array([[0.6, 0.2, 0.9, 0.3], [0.8, 0.7, 0.4, 0.1]])  # of the true class, before and after
    logits = np.log(np.stack([p, 1 - p], axis=-1))
    table = metrics.loss_change(logits, np.zeros(4, int))
    expected = -np.log(p[1] / p[0]) / 4
    np.testing.assert_allclose(table["change of loss"], expected)
    assert table["samples"].tolist() == [0.25] * 4
    np.testing.assert_allclose(table["confidence before"], [0.6, 0.8, 0.9, 0.7])
    np.testing.assert_allclose(table["confidence after"], [0.8, 0.7, 0.6, 0.9])
    assert list(table.index) == ["right in both", "became right", "became wrong", "wrong in both"]


def test_loss_changes_add_up_also_without_samples_of_a_fate(logits: NDArray, truth: NDArray) -> None:
    weights = [1.0, 2.0, 0.5, 1.0]
    options = {"gamma": 2.0, "class_weights": weights}
    table = metrics.loss_change(np.stack([logits, 1.5 * logits]), truth, **options)
    means = [metrics.sample_losses(z, truth, **options).mean() for z in (logits, 1.5 * logits)]
    assert table["change of loss"].sum() == pytest.approx(means[1] - means[0])
    assert table["samples"].sum() == pytest.approx(1)
    none = table.loc["became wrong"]  # scaling changes no prediction
    assert (none["samples"], none["change of loss"]) == (0, 0)
    assert np.isnan(none["confidence before"])


def test_reliability_and_its_error_by_hand() -> None:
    probabilities = [[0.95, 0.05], [0.85, 0.15], [0.3, 0.7], [0.45, 0.55], [1.0, 0.0]]
    truth = [0, 1, 1, 0, 0]
    rows = metrics.reliability(probabilities, truth, bins=5)
    expected = pd.DataFrame(
        {"samples": [1, 1, 3], "confidence": [0.55, 0.7, 2.8 / 3], "accuracy": [0, 1, 2 / 3]}
    )
    pd.testing.assert_frame_equal(rows, expected, check_dtype=False)
    error = metrics.calibration_error(probabilities, truth, bins=5)
    assert error == pytest.approx((0.55 + 0.3 + 3 * (2.8 / 3 - 2 / 3)) / 5)


def test_calibration_error_vanishes_for_probabilities_that_come_true() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0.5, 1, 200_000)
    truth = (rng.random(p.size) > p).astype(int)  # class 0 with probability p
    assert metrics.calibration_error(np.stack([p, 1 - p], 1), truth) < 0.01
    unsure = np.stack([(p + 0.5) / 2, (1.5 - p) / 2], 1)  # half as sure: off by 0.125 on average
    assert metrics.calibration_error(unsure, truth) == pytest.approx(0.125, abs=0.01)


def test_an_unknown_class_counts_as_wrong_in_reliability() -> None:
    assert metrics.reliability([[0.9, 0.1]], [-1])["accuracy"].tolist() == [0.0]


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_temperature_undoes_a_scaling_of_true_probabilities(temperature: float) -> None:
    rng = np.random.default_rng(3)
    true_logits = rng.normal(0, 2, (40_000, 3))
    gumbel = rng.gumbel(size=true_logits.shape)
    truth = (true_logits + gumbel).argmax(1)  # drawn with probabilities softmax(true_logits)
    assert metrics.fit_temperature(temperature * true_logits, truth) == pytest.approx(temperature, rel=0.03)


def test_temperature_is_the_best_of_a_grid(logits: NDArray, truth: NDArray) -> None:
    found = metrics.fit_temperature(logits, truth)
    grid = np.geomspace(0.05, 20, 400)
    losses = [metrics.sample_losses(logits / t, truth).mean() for t in grid]
    assert metrics.sample_losses(logits / found, truth).mean() <= min(losses) + 1e-9


def test_errors_name_what_is_wrong(logits: NDArray, truth: NDArray) -> None:
    with pytest.raises(ParameterError, match="gamma is -1"):
        metrics.sample_losses(logits, truth, gamma=-1)
    with pytest.raises(DataError, match="for 4 classes"):
        metrics.sample_losses(logits, truth, class_weights=[1, 2, 3])
    with pytest.raises(DataError, match="do not go together"):
        metrics.fit_temperature(logits, truth[:-1])
    with pytest.raises(DataError, match="from -1 to -1 for 4 classes"):
        metrics.fit_temperature(logits, -np.ones(60, int))
    with pytest.raises(DataError, match="two epochs"):
        metrics.loss_change(logits, truth)
    with pytest.raises(ParameterError, match="bins is 0"):
        metrics.reliability(logits, truth, bins=0)
    with pytest.raises(DataError, match="do not go together"):
        metrics.calibration_error(np.empty((0, 3)), np.empty(0, int))
