"""Operations and parameters against counting by hand."""

import pytest
import torch
from torch import nn

from fireanalysis.errors import ParameterError
from fireanalysis.metrics import Cost, network_cost
from fireanalysis.models import backbone


def test_a_convolution_is_counted_as_by_hand():
    cost = network_cost(nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.Flatten()), (1, 8, 5))
    assert cost.parameters == 4 * 9 and cost.flops == 2 * 4 * 9 * 8 * 5
    assert cost.weights_mb == pytest.approx(4 * 4 * 9 / 1e6) and cost.latency_ms > 0


def test_an_lstm_is_counted_by_its_matrices():
    network = backbone("audio_lstm", classes=3, pixels=64, weights="none", width=0.125)
    states, frames = 32, 11
    linear = 2 * 64 * states * frames + 2 * 2 * states * 3
    layers = sum(2 * 2 * 4 * states * (size + states) * frames for size in (states, 2 * states))
    assert network_cost(network, (1, 64, frames), repeats=1).flops == linear + layers


def test_costs_add_up():
    assert Cost(1, 2, 3.0, 4.0) + Cost(10, 20, 30.0, 40.0) == Cost(11, 22, 33.0, 44.0)


def test_the_full_network_costs_what_a_resnet_18_does():
    network = backbone("audio_resnet", classes=1000, pixels=224, weights="none").eval()
    assert network_cost(network, (1, 224, 224), repeats=1).flops == pytest.approx(
        2 * (1.814e9 - 2 / 3 * 7 * 7 * 3 * 64 * 112 * 112), rel=0.01
    )  # torchvision states 1.814 G multiply-adds for three channels


def test_a_sample_the_network_does_not_take_is_said():
    with pytest.raises(ParameterError, match="does not take a sample of"):
        network_cost(nn.Linear(3, 2), (1, 2, 4))
    assert torch.is_grad_enabled()
