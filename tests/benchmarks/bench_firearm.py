"""Speed of simulated cut-outs; run by name, on one core: OMP_NUM_THREADS=1 pytest tests/benchmarks/bench_firearm.py."""

from collections.abc import Iterator

import cv2
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fireanalysis.simulators import firearm, render_cutouts, sample_cutouts


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(("views", "least"), [(8, 30), (1, 15)])
def test_cutouts_a_second(benchmark: BenchmarkFixture, views: int, least: float) -> None:
    rows = sample_cutouts(48 // views, views=views)
    list(render_cutouts(rows[:1]))  # the first call reads tables

    def all_anew() -> None:
        firearm._surface.cache_clear()
        list(render_cutouts(rows, pixels=256))

    benchmark.pedantic(all_anew, rounds=3)
    assert len(rows) / benchmark.stats["min"] >= least
