"""Occlusion beside captum's, on the same network and pictures: time, and largest difference.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_explain.py`. On a shared one the
time of the processor is steadier: OMP_NUM_THREADS=1 and --benchmark-timer=time.process_time.
"""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from fireanalysis.explain import occlusion
from fireanalysis.models import backbone

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Network width, pixels, patch, stride: what notebook 17 does in quick, and the whole network with few squares.
CASES = {"quarter width, 64²": (0.25, 64, 6, 2), "full width, 184²": (1.0, 184, 32, 16)}


@cache
def network(width: float, pixels: int) -> nn.Module:
    torch.manual_seed(0)
    return backbone("resnet18", classes=21, pixels=pixels, weights="none", width=width).eval().to(DEVICE)


def pictures(pixels: int) -> Tensor:
    return torch.randn(2, 1, pixels, pixels, generator=torch.Generator().manual_seed(0)).to(DEVICE)


def by_captum(model: nn.Module, x: Tensor, *, patch: int, stride: int, at_once: int) -> np.ndarray:
    method = Occlusion(lambda values: model(values).softmax(dim=1))
    windows = {"sliding_window_shapes": (1, patch, patch), "strides": (1, stride, stride)}
    return method.attribute(x, target=1, perturbations_per_eval=at_once, **windows)[:, 0].cpu().numpy()


def ours(model: nn.Module, x: Tensor, *, patch: int, stride: int) -> np.ndarray:
    return occlusion(model, x, 1, patch=patch, stride=stride)


CALLS: dict[str, Callable[..., np.ndarray]] = {
    "ours": ours,
    "captum": partial(by_captum, at_once=1),
    "captum, 32 at once": partial(by_captum, at_once=32),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("case", CASES)
def test_occlusion(benchmark: BenchmarkFixture, case: str, name: str) -> None:
    width, pixels, patch, stride = CASES[case]
    model, x = network(width, pixels), pictures(pixels)
    benchmark.group = f"occlusion, 2 maps, ResNet-18 of {case}, {DEVICE}"
    rounds = 5 if name == "ours" else 2
    settings = {"patch": patch, "stride": stride}
    found = benchmark.pedantic(CALLS[name], (model, x), settings, rounds=rounds, warmup_rounds=1)
    expected = by_captum(model, x, at_once=32, **settings)
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    benchmark.extra_info |= {"largest_relative_error": error, "threads": torch.get_num_threads()}
    assert error <= 1e-4
