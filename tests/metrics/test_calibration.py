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


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_temperature_is_the_best_of_a_grid(
    logits: NDArray, truth: NDArray, gamma: float, scale: float
) -> None:
    loss = {"gamma": gamma, "class_weights": [0.2, 1.0, 3.0, 1.0]}
    helped = scale * (logits + 6 * np.eye(4)[truth])  # mostly right, so that the best is not a border
    found = metrics.fit_temperature(helped, truth, **loss)
    grid = np.geomspace(0.05, 20, 400)
    losses = [metrics.sample_losses(helped / t, truth, **loss).mean() for t in grid]
    assert metrics.sample_losses(helped / found, truth, **loss).mean() <= min(losses) + 1e-6


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


def test_cooled_losses_use_the_other_half_s_temperature() -> None:
    rng = np.random.default_rng(4)
    true_logits = rng.normal(0, 2, (4000, 3))
    truth = (true_logits + rng.gumbel(size=true_logits.shape)).argmax(1)
    groups = np.arange(4000) // 10
    scale = np.where(groups % 2 == 0, 3.0, 1.0)[:, None]  # overconfident on even groups alone
    losses = metrics.cooled_losses(scale * true_logits, truth, groups=groups)
    even = metrics.sample_losses(
        3 * true_logits / metrics.fit_temperature(*_of(groups % 2 == 1, true_logits, truth)), truth
    )
    np.testing.assert_allclose(losses[groups % 2 == 0], even[groups % 2 == 0])
    with pytest.raises(DataError, match="1 groups of 4000 samples"):
        metrics.cooled_losses(true_logits, truth, groups=np.zeros(4000))


def _of(rows: NDArray, *arrays: NDArray) -> tuple[NDArray, ...]:
    return tuple(array[rows] for array in arrays)


def test_follow_confidence_has_a_row_an_epoch(logits: NDArray, truth: NDArray) -> None:
    groups = np.arange(60) % 7
    perfect = 50.0 * np.eye(4)[truth]
    table = metrics.follow_confidence([logits, perfect], truth, groups=groups)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    right = p.argmax(1) == truth
    assert list(table.index) == [1, 2]
    first = table.loc[1]
    assert first["accuracy"] == pytest.approx(right.mean())
    assert first["confidence when wrong"] == pytest.approx(p.max(1)[~right].mean())
    assert first["cross-entropy"] == pytest.approx(-np.log(p[np.arange(60), truth]).mean())
    assert first["temperature"] == metrics.fit_temperature(logits, truth)
    assert first["cross-entropy, cooled"] == metrics.cooled_losses(logits, truth, groups=groups).mean()
    assert table.loc[2, "accuracy"] == 1
    assert np.isnan(table.loc[2, "confidence when wrong"])


# Logits of two classes, the true one first.
SURE, UNSURE, WRONG, SURELY_WRONG = [4.0, 0.0], [0.2, 0.0], [0.0, 0.2], [0.0, 4.0]
LESS_SURE, OVERLOOKED = "right answers became less sure", "rare classes were overlooked"
WRONGLY_SURE, CONFIDENCE = "wrong answers became sure", "confidence alone"


@pytest.mark.parametrize(
    ("early", "late", "supported"),
    [
        # All are right, and lose confidence that a colder temperature gives back.
        ([SURE] * 8, [UNSURE] * 8, {LESS_SURE, CONFIDENCE}),
        # Everyone grows surer, also those who are wrong.
        (
            [UNSURE, UNSURE, UNSURE, WRONG] * 2,
            [SURE, SURE, SURE, SURELY_WRONG] * 2,
            {WRONGLY_SURE, CONFIDENCE},
        ),
        # Common samples (even places) gain, rare ones (odd places) are lost.
        ([WRONG, UNSURE] * 4, [UNSURE, SURELY_WRONG] * 4, {OVERLOOKED, WRONGLY_SURE, CONFIDENCE}),
        # Rare samples are lost without anyone growing surer: confidence is not it.
        ([UNSURE] * 8, [UNSURE, WRONG] * 4, {OVERLOOKED}),
        # The loss falls: nothing to explain.
        ([UNSURE] * 8, [SURE] * 8, set()),
    ],
)
def test_a_rise_is_explained_by_what_was_made_to_cause_it(
    early: list, late: list, supported: set[str]
) -> None:
    rare, groups = np.arange(8) % 2 == 1, np.arange(8) // 4
    table = metrics.explain_rise([early, late], np.zeros(8, int), rare=rare, groups=groups)
    assert set(table.index[table["supported"]]) == supported


def test_parts_of_a_rise_are_in_the_loss_s_unit(logits: NDArray, truth: NDArray) -> None:
    rare, groups = truth == 0, np.arange(60) % 9
    table = metrics.explain_rise([logits, 2 * logits], truth, rare=rare, groups=groups)
    before, after = (metrics.sample_losses(z, truth) for z in (logits, 2 * logits))
    wrong = logits.argmax(1) != truth
    parts = table["part of the rise"]
    assert parts["wrong answers became sure"] == pytest.approx((after - before)[wrong].sum() / 60)
    assert parts["right answers became less sure"] == pytest.approx((after - before)[~wrong].sum() / 60)
    assert parts["rare classes were overlooked"] == pytest.approx((after - before)[rare].sum() / 60)
    # The same predictions at twice the scale: all of the change is confidence.
    assert parts["confidence alone"] == pytest.approx(after.mean() - before.mean(), rel=0.01)
    loss = {"gamma": 2.0, "class_weights": np.array([5.0, 1.0, 1.0, 1.0])}
    weighted = metrics.explain_rise([logits, 2 * logits], truth, rare=rare, groups=groups, **loss)
    before, after = (metrics.sample_losses(z, truth, **loss) for z in (logits, 2 * logits))
    of_rare = weighted.loc["rare classes were overlooked", "part of the rise"]
    assert of_rare == pytest.approx((after - before)[rare].sum() / 60)
    with pytest.raises(DataError, match="rare has shape"):
        metrics.explain_rise([logits, logits], truth, rare=rare[1:], groups=groups)
