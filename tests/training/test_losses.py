"""Focal loss against the formula sample by sample, and against torch's cross-entropy."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from fireanalysis.errors import ParameterError
from fireanalysis.training import FocalLoss, inverse_frequency


def sample_by_sample(logits: torch.Tensor, codes: torch.Tensor, gamma: float, alpha: list[float]) -> float:
    total = 0.0
    for row, code in zip(logits.double().tolist(), codes.tolist(), strict=True):
        p = math.exp(row[code]) / sum(math.exp(value) for value in row)
        total += -alpha[code] * (1 - p) ** gamma * math.log(p)
    return total / len(codes)


def some(count: int = 40, classes: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(count)
    logits = 3 * torch.randn(count, classes, generator=generator)
    return logits, torch.randint(classes, (count,), generator=generator)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("alpha", [None, [0.1, 1.0, 0.0, 2.5, 7.0]])
def test_focal_loss_is_its_formula(gamma: float, alpha: list[float] | None) -> None:
    logits, codes = some()
    expected = sample_by_sample(logits, codes, gamma, alpha or [1.0] * 5)
    assert float(FocalLoss(gamma=gamma, alpha=alpha)(logits, codes)) == pytest.approx(expected, rel=1e-5)


def test_gamma_0_is_cross_entropy_with_its_gradient() -> None:
    logits, codes = some()
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    FocalLoss(gamma=0.0)(ours, codes).backward()
    functional.cross_entropy(theirs, codes).backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_gradient_is_the_formula_s(gamma: float) -> None:
    logits, codes = some(6, 4)
    loss = FocalLoss(gamma=gamma, alpha=[0.5, 1.0, 2.0, 4.0])
    logits.requires_grad_()
    loss(logits, codes).backward()
    step = 1e-5
    for place in np.ndindex(*logits.shape):
        ends = []
        for sign in (-1, 1):
            moved = logits.detach().double()
            moved[place] += sign * step
            ends.append(sample_by_sample(moved, codes, gamma, [0.5, 1.0, 2.0, 4.0]))
        assert float(logits.grad[place]) == pytest.approx((ends[1] - ends[0]) / (2 * step), abs=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.0])
def test_sure_networks_have_finite_gradients(gamma: float) -> None:
    logits = torch.tensor([[200.0, -200.0], [200.0, -200.0]], requires_grad=True)
    value = FocalLoss(gamma=gamma)(logits, torch.tensor([0, 1]))  # surely right, surely wrong
    value.backward()
    assert value.item() == pytest.approx(200)
    assert torch.isfinite(logits.grad).all() and float(logits.grad[1, 0]) > 0


def test_half_precision_logits_lose_nothing_more() -> None:
    logits, codes = some()
    logits = logits.bfloat16()
    loss = FocalLoss(gamma=2.0)(logits, codes)
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(sample_by_sample(logits, codes, 2.0, [1.0] * 5), rel=1e-5)


def test_alpha_goes_where_the_loss_goes() -> None:
    loss = FocalLoss(gamma=2.0, alpha=[1.0, 2.0])
    assert [name for name, _ in loss.named_buffers()] == ["alpha"] and not list(loss.parameters())


@pytest.mark.parametrize("gamma", [-0.1, float("nan")])
def test_gamma_out_of_range(gamma: float) -> None:
    with pytest.raises(ParameterError, match="gamma is"):
        FocalLoss(gamma=gamma)


@pytest.mark.parametrize("counts", [[1, 3], [5, 5, 5], [20_000, 3, 411, 1], [4, 0, 12]])
def test_weights_are_inverse_to_counts_and_1_on_average(counts: list[int]) -> None:
    weights = inverse_frequency(counts).double().numpy()
    there = np.array(counts) > 0
    assert (weights[~there] == 0).all()
    products = weights[there] * np.array(counts)[there]
    np.testing.assert_allclose(products, products[0], rtol=1e-6)  # every class weighs the same
    assert (weights * counts).sum() / sum(counts) == pytest.approx(1, rel=1e-6)
