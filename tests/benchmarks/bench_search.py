"""Comparison and search beside what one would call instead: seconds side by side, results checked first.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_search.py`.
"""

from collections.abc import Callable
from functools import cache

import faiss
import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import ndimage
from skimage.registration._masked_phase_cross_correlation import cross_correlate_masked

from fireanalysis.metrics import CaseIndex, rank_of_first
from fireanalysis.transforms import compare_pairs, compare_surfaces, rotate

CASES, DIMENSIONS, QUERIES, TOP = 200_000, 64, 32, 100


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)


@cache
def descriptors() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(CASES, DIMENSIONS)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    partners = rng.choice(CASES, QUERIES, replace=False)
    asked = values[partners] + 0.3 * rng.normal(size=(QUERIES, DIMENSIONS)).astype(np.float32)
    return values, asked, partners


def counted(scores: np.ndarray, true: np.ndarray) -> np.ndarray:
    return rank_of_first(scores, true)


def sorted_whole(scores: np.ndarray, true: np.ndarray) -> np.ndarray:
    order = np.argsort(-scores, axis=1)
    return np.take_along_axis(true, order, 1).argmax(axis=1) + 1


@pytest.mark.parametrize("call", [counted, sorted_whole])
def test_rank_of_the_first_true_case(benchmark: BenchmarkFixture, call: Callable) -> None:
    values, asked, partners = descriptors()
    scores = asked @ values.T
    true = np.arange(CASES) == partners[:, None]
    benchmark.group = f"rank, {QUERIES} × {CASES:,}"
    ranks = benchmark.pedantic(call, (scores, true), rounds=5, warmup_rounds=1)
    assert ranks.tolist() == sorted_whole(scores, true).tolist()


def by_index() -> Callable[[], np.ndarray]:
    values, asked, _ = descriptors()
    kind = np.full(CASES, "9x19")
    index = CaseIndex(values, calibers=kind, brands=kind, firearms=np.arange(CASES))
    return lambda: index.candidates(asked, calibers=kind[:QUERIES], k=TOP).rows


def by_faiss() -> Callable[[], np.ndarray]:
    values, asked, _ = descriptors()
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(values)
    return lambda: index.search(asked, TOP)[1]


def by_torch() -> Callable[[], np.ndarray]:
    values, asked = (torch.from_numpy(array) for array in descriptors()[:2])
    return lambda: (asked @ values.T).topk(TOP).indices.numpy()


def by_numpy() -> Callable[[], np.ndarray]:
    values, asked, _ = descriptors()

    def search() -> np.ndarray:
        scores = asked @ values.T
        best = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
        return np.take_along_axis(best, order, 1)

    return search


@pytest.mark.parametrize("make", [by_index, by_faiss, by_torch, by_numpy])
def test_candidates(benchmark: BenchmarkFixture, make: Callable[[], Callable[[], np.ndarray]]) -> None:
    call = make()
    benchmark.group = f"top {TOP}, {QUERIES} × {CASES:,}"
    rows = benchmark.pedantic(call, rounds=5, warmup_rounds=1)
    # Sums in another order may swap neighbours, so sets nearly agree.
    expected = by_numpy()()
    agree = [len(set(a) & set(b)) / TOP for a, b in zip(rows.tolist(), expected.tolist(), strict=True)]
    assert min(agree) >= 0.99


@cache
def rings(count: int, side: int = 140) -> list[np.ndarray]:
    """Make rings of random marks of the size of a public scan at 25 µm, in pairs turned by 30°."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    outside = (np.hypot(y, x) > 0.95) | (np.hypot(y, x) < 0.3)
    made = []
    for seed in range(count // 2):
        marks = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), 1.5)
        marks[outside] = np.nan
        made += [marks, rotate(marks, angle_deg=30)]
    return made


ANGLES = (24, 27, 30, 33, 36)


def ours(reference: np.ndarray, questioned: np.ndarray) -> float:
    return compare_surfaces(reference, questioned, angles_deg=[-angle for angle in ANGLES]).score


def by_scikit_image(reference: np.ndarray, questioned: np.ndarray) -> float:
    best = -1.0
    for angle in ANGLES:
        turned = rotate(questioned, angle_deg=-angle)
        shifts = cross_correlate_masked(
            np.nan_to_num(turned),
            np.nan_to_num(reference),
            np.isfinite(turned),
            np.isfinite(reference),
            overlap_ratio=0.5,
        )
        best = max(best, float(shifts.max()))
    return best


@pytest.mark.parametrize("call", [ours, by_scikit_image])
def test_one_pair_at_five_turns(benchmark: BenchmarkFixture, call: Callable) -> None:
    pair = rings(2)
    benchmark.group = "one pair, five turns"
    score = benchmark.pedantic(call, pair, rounds=5, warmup_rounds=1)
    assert score == pytest.approx(by_scikit_image(*pair), abs=2e-3)


def test_all_pairs_over_the_full_circle(benchmark: BenchmarkFixture) -> None:
    """Forty scans, as in the Fadul set, are 780 pairs: 65 times this."""
    maps = rings(8)[:-3]
    benchmark.group = "10 pairs and more, 120 turns"
    found = benchmark.pedantic(compare_pairs, (maps,), rounds=2)
    benchmark.extra_info["seconds_for_780_pairs"] = benchmark.stats.stats.mean / len(found) * 780
    assert found[0].score > 0.9
