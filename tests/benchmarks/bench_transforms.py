"""The shape index beside scikit-image's and the spectrogram beside librosa's: time, and error against float64.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_transforms.py`.
"""

import time
from collections.abc import Callable
from functools import cache

import cv2
import librosa
import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from skimage.feature import shape_index as skimage_shape_index

from fireanalysis.transforms import detect_onsets, log_spectrograms, shape_index
from fireanalysis.transforms.spectrogram import stft_magnitudes

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


def by_librosa(clip: np.ndarray) -> np.ndarray:
    return np.abs(librosa.stft(clip, n_fft=1024, hop_length=256))


def cpu_s(calls: dict[str, Callable[[], object]], rounds: int = 40) -> dict[str, float]:
    """Measure the least CPU time of several rounds, all threads counted, the calls taking turns."""
    least = dict.fromkeys(calls, np.inf)
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            call()
            least[name] = min(least[name], time.process_time() - start)
    return least


def test_spectrograms(benchmark: BenchmarkFixture) -> None:
    clips = np.random.default_rng(0).normal(scale=0.1, size=(16, 88_200)).astype(np.float32)
    exact = np.stack([by_librosa(clip.astype(np.float64)) for clip in clips])
    error = max(np.abs(stft_magnitudes(clip).T - one).max() for clip, one in zip(clips, exact, strict=True))
    times_s = cpu_s(
        {
            "librosa": lambda: [by_librosa(clip) for clip in clips],
            "magnitudes": lambda: [stft_magnitudes(clip) for clip in clips],
            "with logarithm": lambda: log_spectrograms(clips),
        }
    )
    ratios = {name: times_s["librosa"] / times_s[name] for name in times_s}
    benchmark.group = "spectrograms of 16 clips of 2 s"
    benchmark.pedantic(log_spectrograms, (clips,), rounds=20, warmup_rounds=2)
    benchmark.extra_info |= {"largest_error": float(error / exact.max()), "times_librosa": ratios}
    print(ratios, float(error / exact.max()))
    assert error <= 1e-5 * exact.max()
    # librosa's STFT and magnitude alone, against ours with logarithm, transposition and checks.
    assert ratios["with logarithm"] >= 1.7


def test_onsets_of_ten_minutes(benchmark: BenchmarkFixture) -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=600 * 44_100).astype(np.float32)
    found = benchmark.pedantic(detect_onsets, (noise,), {"sample_rate_hz": 44_100}, rounds=3)
    assert found.size == 0
