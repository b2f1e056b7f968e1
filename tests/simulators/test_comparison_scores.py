import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import ParameterError
from fireanalysis.simulators import sample_comparison_scores
from fireanalysis.simulators.comparison_scores import MARKS


@pytest.mark.parametrize("mark", MARKS)
def test_each_firearm_meets_itself_once_and_others_in_pairs_of_their_own(mark: str) -> None:
    table = sample_comparison_scores(mark, firearms=30, others=7, seed=1)
    assert (table["same"] == (table["reference"] == table["questioned"])).all()
    assert table.loc[table["same"], "reference"].is_unique and table["same"].sum() == 30
    pairs = {frozenset(pair) for pair in table[["reference", "questioned"]].to_numpy()}
    assert len(pairs) == len(table) == 30 * 8  # none twice, not even the other way round
    meets = table.loc[~table["same"], ["reference", "questioned"]].melt()["value"].value_counts()
    assert (meets == 14).all()


@pytest.mark.parametrize("mark", MARKS)
def test_scores_are_in_their_range_and_alike_pairs_score_higher(mark: str) -> None:
    table = sample_comparison_scores(mark)
    if mark == "aperture shear":
        assert table["ccf"].between(-1, 1).all()
        shares = {"ccf": table["ccf"]}
    else:
        assert ((table["cmc"] >= 0) & (table["cmc"] <= table["n"])).all() and table["n"].between(16, 60).all()
        assert table["accf"].between(-100, 100).all()
        shares = {"cells": table["cmc"] / table["n"], "accf": table["accf"]}
    for share in shares.values():
        assert share[table["same"]].median() > share[~table["same"]].quantile(0.95)
        assert share[table["same"]].min() < share[~table["same"]].max()  # not told apart perfectly


def test_a_firearm_shifts_all_its_pairs() -> None:
    table = sample_comparison_scores("aperture shear", firearms=200, others=40, seed=3)
    z = np.arctanh(table.loc[~table["same"], "ccf"])
    of = table.loc[~table["same"]]
    means = pd.concat([z.groupby(of["reference"]).mean(), z.groupby(of["questioned"]).mean()], axis=1)
    assert means.corr().iloc[0, 1] > 0.3  # as reference and as questioned; without an effect about 0


def test_seeds() -> None:
    one, again, other = (sample_comparison_scores(seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one, again)
    assert not one["cmc"].equals(other["cmc"])


@pytest.mark.parametrize(
    ("mark", "how", "what"),
    [
        ("ejector", {}, "mark is 'ejector'"),
        ("firing pin", {"firearms": 10, "others": 5}, "5 others of 10 firearms"),
        ("firing pin", {"firearms": 10, "others": 0}, "0 others"),
    ],
)
def test_what_cannot_be(mark: str, how: dict, what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        sample_comparison_scores(mark, **how)
