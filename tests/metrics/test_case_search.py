from dataclasses import replace

import numpy as np
import pytest

from fireanalysis.metrics import (
    bootstrap_mean,
    index_cases,
    promoted,
    rank_of_first,
    search_cases,
    search_costs,
)
from fireanalysis.simulators import DescriptorModel, case_descriptors, sample_case_search

SEARCH = sample_case_search(3000, queries=60, seed=1)
OUTCOME = search_cases(SEARCH)


def test_ranks_are_those_of_all_scores_at_once() -> None:
    scores = case_descriptors(SEARCH.queries) @ case_descriptors(SEARCH.database).T
    caliber, other = SEARCH.database["caliber"].to_numpy(), SEARCH.queries["caliber"].to_numpy()
    # Cases of another caliber come last, in front or not.
    same_caliber = other[:, None] == caliber
    scores[~same_caliber] = -2
    true = SEARCH.queries["firearm"].to_numpy()[:, None] == SEARCH.database["firearm"].to_numpy()
    assert OUTCOME.plain.tolist() == rank_of_first(scores, true).tolist()
    first = promoted(SEARCH.database["brand"], OUTCOME.predicted, OUTCOME.confidence) & same_caliber
    assert OUTCOME.ranks().tolist() == rank_of_first(scores, true, first=first).tolist()


def test_shares_and_groups_add_up() -> None:
    gain = OUTCOME.gain(top=10, seed=0)
    assert gain.value[2] == pytest.approx(gain.value[1] - gain.value[0])
    found = bootstrap_mean(OUTCOME.ranks() <= 10, groups=SEARCH.queries["firearm"], seed=0)
    assert (gain.value[1], gain.low[1], gain.high[1]) == (found.value, found.low, found.high)
    groups = OUTCOME.groups(top=10, seed=0)
    assert groups["queries"].sum() == 60
    found = (groups["queries"] * groups["after"].fillna(0)).sum()
    assert found == pytest.approx((OUTCOME.ranks() <= 10).sum())
    assert groups["before"].iloc[0] == groups["after"].iloc[0]  # not sure: nothing moves
    unsure = OUTCOME.confidence <= 0.99
    found = bootstrap_mean(
        OUTCOME.plain[unsure] <= 10, groups=SEARCH.queries["firearm"].to_numpy()[unsure], seed=0
    )
    assert groups[["before low", "before high"]].iloc[0].tolist() == [found.low, found.high]


def test_a_group_of_one_firearm_has_no_interval() -> None:
    surest = int(OUTCOME.confidence.argmax())
    alone = replace(
        OUTCOME,
        confidence=np.where(np.arange(60) == surest, np.float32(1), np.float32(0)),
        filed=OUTCOME.predicted,
    )
    few = alone.groups(top=10, seed=0).iloc[1]
    assert few["queries"] == 1
    assert few["before"] == (OUTCOME.plain[surest] <= 10)
    assert few.filter(regex="low|high").isna().all()


def test_thresholds_are_counted_one_by_one() -> None:
    table = OUTCOME.thresholds([0.5, 0.99], top=10, seed=0)
    sure = OUTCOME.confidence > 0.99
    astray = sure & (OUTCOME.predicted != SEARCH.queries["brand"].to_numpy())
    assert table.iloc[1, :4].tolist() == pytest.approx(
        [0.99, sure.mean(), astray.mean(), (OUTCOME.ranks() <= 10).mean() - (OUTCOME.plain <= 10).mean()]
    )
    assert table["promoted"].is_monotonic_decreasing
    gain = OUTCOME.gain(top=10, seed=0)
    assert table[["gain low", "gain high"]].iloc[1].tolist() == pytest.approx([gain.low[2], gain.high[2]])


def test_no_noise_no_misses_and_an_index_may_be_given() -> None:
    model = DescriptorModel(shot=0.1, ammunition=0.0)
    index = index_cases(SEARCH.database, case_descriptors(SEARCH.database, model=model))
    easy = search_cases(SEARCH, model=model, index=index)
    assert (easy.plain == 1).all()
    assert easy.plain.tolist() == search_cases(SEARCH, model=model).plain.tolist()


def test_costs_have_a_row_a_size() -> None:
    table = search_costs(SEARCH, case_descriptors(SEARCH.database), sizes=[100, 3000], k=5)
    assert table["cases"].tolist() == [100, 3000]
    assert table["MB"].tolist() == pytest.approx([100 * 64 * 4 / 1e6, 3000 * 64 * 4 / 1e6])
    assert (table["ms"] > 0).all()
