"""Ranking a large database beside what one would call instead: seconds side by side, results checked first.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_ranking.py`. On a shared one the time
of the processor is steadier: --benchmark-timer=time.process_time. One thread; the product of queries and database is
part of every time.
"""

import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache

import faiss
import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from threadpoolctl import threadpool_limits

from fireanalysis.metrics import retrieval_table, top_k

QUERIES, PICTURES, DIMENSIONS, TOP = 100, 1_000_000, 128, 10


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    with threadpool_limits(1):
        yield


@cache
def embeddings() -> tuple[np.ndarray, np.ndarray]:
    """Classes of 100 pictures about a centre each, so wide that every other picture before a positive is another's."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((PICTURES // 100, DIMENSIONS), dtype=np.float32)
    made = np.empty((QUERIES + PICTURES, DIMENSIONS), np.float32)
    for start in range(0, len(made), 50_000):
        part = made[start : start + 50_000]
        rng.standard_normal(part.shape, dtype=np.float32, out=part)
        part *= 1.4
        part += centres[np.arange(start, start + len(part)) % len(centres)]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return made[:QUERIES], made[QUERIES:]


def labels(classes: int) -> tuple[np.ndarray, np.ndarray]:
    every = np.arange(QUERIES + PICTURES) % classes
    return every[:QUERIES], every[QUERIES:]


def step_precision(hits: np.ndarray) -> float:
    return float(((np.arange(len(hits)) + 1) / (hits + 1)).mean())


def counted(classes: int) -> list[float]:
    (queries, database), (asked, known) = embeddings(), labels(classes)
    return retrieval_table(queries, asked, database, known)["ap_step"].tolist()


def by_argsort(classes: int) -> list[float]:
    (queries, database), (asked, known) = embeddings(), labels(classes)
    scores = queries @ database.T
    found = []
    for score, label in zip(scores, asked, strict=True):
        found.append(step_precision(np.flatnonzero(known[np.argsort(-score)] == label)))
    return found


def by_argsort_at_once(classes: int) -> list[float]:
    (queries, database), (asked, known) = embeddings(), labels(classes)
    order = np.argsort(-(queries @ database.T), axis=1)
    true = known[order] == asked[:, None]
    precision = np.cumsum(true, axis=1) / np.arange(1, PICTURES + 1)
    return ((precision * true).sum(axis=1) / true.sum(axis=1)).tolist()


def by_torch_sort(classes: int) -> list[float]:
    (queries, database), (asked, known) = embeddings(), labels(classes)
    scores = torch.from_numpy(queries) @ torch.from_numpy(database).T
    found = []
    for score, label in zip(scores, asked, strict=True):
        order = score.topk(len(score)).indices.numpy()
        found.append(step_precision(np.flatnonzero(known[order] == label)))
    return found


@pytest.mark.parametrize("classes", [10_000, 1_000])
@pytest.mark.parametrize("call", [counted, by_argsort, by_argsort_at_once, by_torch_sort])
def test_average_precision_of_the_whole_ranking(
    benchmark: BenchmarkFixture, call: Callable[[int], list[float]], classes: int
) -> None:
    embeddings()
    benchmark.group = f"mAP, {QUERIES} × {PICTURES:,} × {DIMENSIONS}, {PICTURES // classes} of a class"
    found = benchmark.pedantic(call, (classes,), rounds=3 if call is counted else 1)
    assert found == pytest.approx(by_argsort(classes), abs=1e-3)  # scores within 1e-6 count as equal


def test_memory_of_the_whole_ranking() -> None:
    (queries, database), (asked, known) = embeddings(), labels(10_000)
    tracemalloc.start()
    retrieval_table(queries, asked, database, known)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5e9


def ours() -> Callable[[], np.ndarray]:
    queries, database = embeddings()
    return lambda: top_k(queries, database, k=TOP).rows


def by_topk() -> Callable[[], np.ndarray]:
    queries, database = (torch.from_numpy(part) for part in embeddings())
    return lambda: (queries @ database.T).topk(TOP).indices.numpy()


def by_partition() -> Callable[[], np.ndarray]:
    queries, database = embeddings()

    def search() -> np.ndarray:
        scores = queries @ database.T
        best = np.argpartition(scores, -TOP, axis=1)[:, -TOP:]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
        return np.take_along_axis(best, order, 1)

    return search


def by_faiss() -> Callable[[], np.ndarray]:
    queries, database = embeddings()
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(database)
    return lambda: index.search(queries, TOP)[1]


def by_faiss_lists() -> Callable[[], np.ndarray]:
    queries, database = embeddings()
    lists = 1000
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIMENSIONS), DIMENSIONS, lists, faiss.METRIC_INNER_PRODUCT)
    index.train(database[:50_000])
    index.add(database)
    index.nprobe = 32
    return lambda: index.search(queries, TOP)[1]


@pytest.mark.parametrize("make", [ours, by_topk, by_partition, by_faiss, by_faiss_lists])
def test_the_nearest(benchmark: BenchmarkFixture, make: Callable[[], Callable[[], np.ndarray]]) -> None:
    call = make()
    benchmark.group = f"top {TOP}, {QUERIES} × {PICTURES:,} × {DIMENSIONS}"
    rows = benchmark.pedantic(call, rounds=3)
    exact = ours()()
    agree = [len(set(a) & set(b)) / TOP for a, b in zip(rows.tolist(), exact.tolist(), strict=True)]
    benchmark.extra_info["recall"] = float(np.mean(agree))
    # Sums in another order may swap neighbours; lists are searched in part.
    assert np.mean(agree) >= (0.5 if make is by_faiss_lists else 0.99)
