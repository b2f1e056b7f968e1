"""Speed of simulated pictures; run by name, on one core: OMP_NUM_THREADS=1 pytest tests/benchmarks/bench_firearm.py."""

from collections.abc import Iterator

import cv2
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fireanalysis.simulators import (
    composite_pictures,
    firearm,
    render_cutouts,
    render_retrieval,
    retrieval_pictures,
    sample_cutouts,
    sample_retrieval,
)


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


def test_sixty_pictures_of_the_web_a_second(benchmark: BenchmarkFixture) -> None:
    rows = sample_retrieval(450, classes=21)

    def all_anew() -> None:
        for kept in (firearm._surface, composite_pictures._cutout, composite_pictures._background):
            kept.cache_clear()
        retrieval_pictures._surface.cache_clear()
        for _ in render_retrieval(rows, longer=128, threads=1):
            pass

    benchmark.pedantic(all_anew, rounds=2)
    assert len(rows) / benchmark.stats["min"] >= 60
