import pytest
import torch
from torch import nn

from fireanalysis import metrics
from fireanalysis.errors import DataError


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(0.1), nn.ELU()])
def test_silent_units_are_those_without_gradient_behind_a_relu(activation: nn.Module) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 32, 3), activation, nn.Conv2d(32, 1, 1))
    with torch.no_grad():
        network[0].bias.copy_(torch.linspace(-2, 1, 32))
    pictures = torch.rand(6, 3, 9, 9)
    found = metrics.silent_units(network, [pictures[:2], pictures[2:]])
    network(pictures).sum().backward()
    without = int((network[0].weight.grad.flatten(1) == 0).all(1).sum())
    silent = int(found["silent"].iloc[0])
    assert 0 < silent < 32
    assert without == (silent if isinstance(activation, nn.ReLU) else 0)
    before = network[0](pictures)
    assert found["not_above_zero"].iloc[0] == pytest.approx(float((before <= 0).float().mean()))


def test_a_unit_that_one_batch_wakes_is_not_silent_and_hooks_are_gone() -> None:
    network = nn.Sequential(nn.Identity(), nn.ReLU())
    batches = [torch.tensor([[-1.0, -1.0]]), torch.tensor([[2.0, -1.0]])]
    found = metrics.silent_units(network, batches)
    assert found[["units", "silent"]].to_numpy().tolist() == [[2, 1]]
    assert not network[1]._forward_pre_hooks


@pytest.mark.parametrize(
    ("network", "batches", "words"),
    [
        (nn.Sequential(nn.ReLU()), [], "no batch"),
        (nn.Sequential(nn.Sigmoid()), [torch.zeros(1, 1)], "no ReLU"),
    ],
)
def test_nothing_to_look_at_is_refused(network: nn.Module, batches: list, words: str) -> None:
    with pytest.raises(DataError, match=words):
        metrics.silent_units(network, batches)
