from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fireanalysis import metrics
from fireanalysis.errors import DataError


def crossed(**levels: list) -> pd.DataFrame:
    return pd.DataFrame(list(product(*levels.values())), columns=list(levels))


def test_in_a_full_grid_means_are_plain_means() -> None:
    table = crossed(a=["x", "y", "z"], b=[1, 2], repeat=[0, 1])
    table["score"] = np.random.default_rng(0).normal(size=len(table))
    found = metrics.main_effects(table, ["a", "b"], score="score").set_index(["factor", "level"])
    for name in ("a", "b"):
        for level, mean in table.groupby(name)["score"].mean().items():
            assert found.loc[(name, level), "mean"] == pytest.approx(mean)
    assert found["runs"].tolist() == [4, 4, 4, 6, 6]


def test_levels_come_in_the_order_of_categories_that_are_there() -> None:
    table = pd.DataFrame({"a": pd.Categorical([5, 3, 5, 3], categories=[3, 4, 5]), "score": [1.0, 2, 3, 5]})
    found = metrics.main_effects(table, ["a"], score="score")
    assert found[["level", "mean"]].to_numpy().tolist() == [[3, 3.5], [5, 2.0]]


def test_one_factor_is_a_one_way_analysis_of_variance() -> None:
    rng = np.random.default_rng(1)
    groups = [rng.normal(shift, 1, size) for shift, size in ((0, 5), (0.5, 7), (2, 4))]
    table = pd.DataFrame({"a": np.repeat([0, 1, 2], [5, 7, 4]), "score": np.concatenate(groups)})
    found = metrics.main_effects(table, ["a"], score="score")
    assert found["p"].tolist() == pytest.approx([stats.f_oneway(*groups).pvalue] * 3)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (16 - 3)
    assert found.attrs["residual"] == pytest.approx(np.sqrt(within))
    half = stats.t.ppf(0.975, 13) * np.sqrt(within / 5)
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx(
        [groups[0].mean() - half, groups[0].mean() + half]
    )


def test_effects_are_told_apart_where_levels_do_not_come_equally_often() -> None:
    table = crossed(a=[0, 1, 2], b=[0, 1], c=[0, 1]).sample(9, random_state=0).reset_index(drop=True)
    noise = np.random.default_rng(2).normal(0, 1e-9, len(table))  # nearly none: the effects come out
    table["score"] = 5 + 2.0 * (table["a"] == 2) - 3.0 * table["b"] + 0.0 * table["c"] + noise
    mean = metrics.main_effects(table, ["a", "b", "c"], score="score").set_index(["factor", "level"])["mean"]
    assert mean["a", 2] - mean["a", 0] == pytest.approx(2)
    assert mean["b", 1] - mean["b", 0] == pytest.approx(-3)
    assert mean["c", 1] - mean["c", 0] == pytest.approx(0, abs=1e-6)
    assert mean["a", 0] == pytest.approx(5 - 1.5)  # the other factors at the mean of their levels


def test_intervals_cover_as_often_as_they_say() -> None:
    rng, table, hits = np.random.default_rng(3), crossed(a=[0, 1], b=[0, 1, 2]), 0
    for _ in range(400):
        table["score"] = table["a"] + rng.normal(size=len(table))
        row = metrics.main_effects(table, ["a", "b"], score="score").iloc[1]
        hits += row["low"] <= 1 <= row["high"]
    assert 0.91 <= hits / 400 <= 0.98  # standard error 0.011


@pytest.mark.parametrize(
    ("table", "factors", "words"),
    [
        (crossed(a=[0, 1]).assign(score=0.0), ["b"], "no b"),
        (crossed(a=[0, 1]).assign(score=0.0), [], "no factor"),
        (crossed(a=[0], b=[0, 1, 2]).assign(score=0.0), ["a", "b"], "a has one level"),
        (crossed(a=[0, 1]).assign(score=0.0), ["a"], "2 runs for 2 unknowns"),
        (pd.DataFrame({"a": [0, 1] * 3, "b": [0, 1] * 3, "score": 0.0}), ["a", "b"], "6 runs for 3 unknowns"),
    ],
)
def test_effects_that_cannot_be_told_apart_are_refused(
    table: pd.DataFrame, factors: list, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        metrics.main_effects(table, factors, score="score")
