"""Intervals over seeds and classes, and the kept runs: the table is what the script's record says."""

import json
from pathlib import Path

import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import bootstrap_mean, bootstrap_seeds, retrieval_runs

RECORD = Path(__file__).parents[2] / "docs" / "results" / "retrieval_methods.json"


def test_seeds_that_agree_leave_the_interval_of_classes() -> None:
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(40), 2)
    one = rng.normal(size=40)[classes]
    of_seeds = bootstrap_seeds(np.tile(one, (3, 1)), classes=classes, seed=0, resamples=4000)
    by_class = bootstrap_mean(one, groups=classes, seed=1, resamples=4000)
    assert of_seeds.value == pytest.approx(by_class.value) and of_seeds.groups == 40
    assert [of_seeds.low, of_seeds.high] == pytest.approx([by_class.low, by_class.high], abs=0.02)


def test_classes_that_agree_leave_the_27_ways_to_draw_three_seeds() -> None:
    levels = np.array([0.0, 0.3, 0.9])
    draws = bootstrap_seeds(np.tile(levels[:, None], 8), classes=range(8), seed=0, resamples=5000).draws
    ways = np.array(np.meshgrid(*[levels] * 3)).reshape(3, -1).mean(0)
    assert set(draws.round(6)) == set(ways.round(6))
    assert draws.std() == pytest.approx(ways.std(), rel=0.05)


def test_both_kinds_of_chance_add_up() -> None:
    """Seeds and classes that shift the score: variances of their means add, two thirds of the seeds' one for three."""
    rng = np.random.default_rng(1)
    seeds, classes = rng.normal(size=3), rng.normal(size=50)
    draws = bootstrap_seeds(seeds[:, None] + classes, classes=range(50), seed=0, resamples=8000).draws
    assert draws.var() == pytest.approx(seeds.var() / 3 + classes.var() / 50, rel=0.06)


def test_a_class_of_more_queries_counts_more() -> None:
    found = bootstrap_seeds([[1.0, 1.0, 1.0, 0.0]], classes=["a", "a", "a", "b"], seed=0)
    assert found.value == 0.75
    assert set(found.draws) == {0.0, 0.75, 1.0}


@pytest.mark.parametrize(
    ("values", "classes"), [([0.1, 0.2], [0, 1]), ([[0.1, 0.2]], [0]), ([[0.1, np.nan]], [0, 1]), ([[]], [])]
)
def test_what_cannot_be_drawn_anew(values, classes) -> None:
    with pytest.raises(DataError, match="bootstrap_seeds"):
        bootstrap_seeds(values, classes=classes, seed=0)


def test_the_table_is_the_record() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    table = retrieval_runs()
    assert len(table) == sum(len(one["scores"]) + len(one["gains"]) for one in record.values())
    for row in table.to_dict("records"):
        one = record[row["data"]]
        assert row["source"] == one["source"]
        kept = (
            one["gains"][f"{row['method']} over {row['against']}"]
            if row["against"]
            else one["scores"][row["method"]]
        )
        assert [row["map"], row["low"], row["high"]] == pytest.approx(kept["mAP, low, high (%)"])
        by_seed = kept["by seed (%)"]
        assert [row["seeds"], row["lowest"], row["highest"]] == [len(by_seed), min(by_seed), max(by_seed)]
        assert row["low"] <= row["map"] <= row["high"]
