"""The shape index beside scikit-image's, on the same maps: time, and error against its float64 result.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_transforms.py`.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from skimage.feature import shape_index as skimage_shape_index

from fireanalysis.transforms import shape_index

SIGMA = 3.0
BATCH = 64
INSIDE = np.s_[..., 2:-2, 2:-2]  # scikit-image's outermost differences are one-sided


@cache
def surface(pixels: int, seed: int = 0) -> np.ndarray:
    """Make heights of waves from 2 to 120 points long, ±70 µm in all, as float32: what a reader of scans has."""
    rng = np.random.default_rng(seed)
    heights = np.zeros((pixels, pixels))
    for sigma, weight in ((1, 0.3), (3, 1.0), (10, 5.0), (40, 30.0)):
        wave = cv2.GaussianBlur(rng.normal(size=heights.shape), (0, 0), sigma)
        heights += weight * wave / wave.std()
    return heights.astype(np.float32)


@cache
def reference(pixels: int, seed: int = 0) -> np.ndarray:
    return by_scikit_image(surface(pixels, seed).astype(np.float64))


def by_scikit_image(heights: np.ndarray) -> np.ndarray:
    return skimage_shape_index(heights, sigma=SIGMA, mode="reflect")


def ours(heights: np.ndarray) -> np.ndarray:
    return shape_index(heights, sigma=SIGMA)


CALLS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], type]] = {
    "ours": (ours, np.float32),
    "scikit-image": (by_scikit_image, np.float32),
    "scikit-image on float64": (by_scikit_image, np.float64),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("pixels", [184, 736, 2048])
def test_one_map(benchmark: BenchmarkFixture, pixels: int, name: str) -> None:
    call, dtype = CALLS[name]
    heights = surface(pixels).astype(dtype)
    expected = reference(pixels)
    benchmark.group = f"shape index {pixels}²"
    rounds = {184: 400, 736: 60, 2048: 15}[pixels]
    index = benchmark.pedantic(call, (heights,), rounds=rounds, warmup_rounds=3)
    error = np.abs(index - expected)[INSIDE]
    benchmark.extra_info |= {"largest_error": float(error.max()), "threads": cv2.getNumThreads()}
    if name == "ours":
        assert error.max() <= 1e-5


def one_by_one(heights: np.ndarray) -> np.ndarray:
    return np.stack([by_scikit_image(one) for one in heights])


def as_tensor(heights: np.ndarray) -> np.ndarray:
    return shape_index(torch.from_numpy(heights), sigma=SIGMA).numpy()


@pytest.mark.parametrize(
    ("name", "call"), [("ours", ours), ("ours, tensor", as_tensor), ("scikit-image, one by one", one_by_one)]
)
def test_batch(benchmark: BenchmarkFixture, name: str, call: Callable[[np.ndarray], np.ndarray]) -> None:
    heights = np.stack([surface(184, seed) for seed in range(BATCH)])
    expected = np.stack([reference(184, seed) for seed in range(BATCH)])
    benchmark.group = f"shape index, {BATCH} maps of 184²"
    index = benchmark.pedantic(call, (heights,), rounds=10, warmup_rounds=2)
    error = np.abs(index - expected)[INSIDE]
    benchmark.extra_info |= {"largest_error": float(error.max()), "threads": cv2.getNumThreads()}
    if name.startswith("ours"):
        assert error.max() <= 1e-5
