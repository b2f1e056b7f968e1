"""Speed of the simulators on two cores; run with ``pytest tests/benchmarks/bench_simulators.py``."""

from collections.abc import Iterator

import pandas as pd
import pytest
import torch

from fireanalysis.simulators import (
    render_case_heads,
    render_gunshots,
    render_primers,
    sample_cartridges,
    sample_gunshots,
)


@pytest.fixture(autouse=True)
def two_cores() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    table = sample_cartridges(256, seed=0)
    render_primers(table[:8])  # the first call builds tables
    return table


def test_hundred_primers_a_second(benchmark, table: pd.DataFrame) -> None:
    benchmark.pedantic(render_primers, args=(table,), rounds=5)
    assert len(table) / benchmark.stats["min"] >= 100


def test_full_resolution_primers(benchmark, table: pd.DataFrame) -> None:
    benchmark.pedantic(render_primers, args=(table[:8],), kwargs={"pixels": 736}, rounds=3)
    assert 8 / benchmark.stats["min"] >= 3


def test_case_head(benchmark, table: pd.DataFrame) -> None:
    benchmark.pedantic(render_case_heads, args=(table[:1],), rounds=3)
    assert benchmark.stats["min"] < 6


def test_hundred_thousand_rows(benchmark) -> None:
    benchmark.pedantic(sample_cartridges, args=(100_000,), rounds=3)
    assert benchmark.stats["min"] < 3


def test_twenty_gunshots_a_second(benchmark) -> None:
    """One core does it; loaders share the work between two."""
    rows = sample_gunshots(3343).sample(120, random_state=0)  # shuffled: no session is kept
    next(render_gunshots(rows))
    benchmark.pedantic(lambda: list(render_gunshots(rows)), rounds=3)
    assert len(rows) / benchmark.stats["min"] >= 20
