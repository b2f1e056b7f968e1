import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    cumulative_match_characteristic,
    hit_rate,
    pair_auc,
    pair_auc_interval,
    pair_ranks,
    promoted,
    rank_of_first,
)


def by_sorting(scores: np.ndarray, true: np.ndarray, first: np.ndarray, *, ties: str) -> int:
    """Sort the whole list by (front, score, tie rule) and look where the first true case stands."""
    order = np.lexsort((true if ties == "last" else ~true, -scores, ~first))
    return int(np.flatnonzero(true[order])[0]) + 1


@pytest.mark.parametrize("ties", ["last", "first"])
@pytest.mark.parametrize("seed", range(20))
def test_rank_is_the_place_in_the_sorted_list(seed: int, ties: str) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 12, (5, 40)) / 10  # many ties
    true, first = rng.random((5, 40)) < 0.1, rng.random((5, 40)) < rng.choice([0, 0.3, 1])
    true[:, seed % 40] = True
    expected = [by_sorting(s, t, f, ties=ties) for s, t, f in zip(scores, true, first, strict=True)]
    assert rank_of_first(scores, true, first=first, ties=ties).tolist() == expected
    plain = [by_sorting(s, t, np.zeros(40, bool), ties=ties) for s, t in zip(scores, true, strict=True)]
    assert rank_of_first(scores, true, ties=ties).tolist() == plain


def test_promotion_helps_where_the_brand_is_right_and_costs_where_it_is_wrong() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6]] * 3)
    true = np.array([[False, False, True, False]] * 3)
    front = promoted(["A", "A", "B", "B"], ["B", "A", "B"], [0.999, 0.999, 0.99])
    # Right and sure: two others leave. Wrong and sure: stays behind both. Not above 0.99: as it was.
    assert rank_of_first(scores, true, first=front).tolist() == [1, 3, 3]
    assert rank_of_first(scores[:, ::-1], true, first=front).tolist() == [2, 4, 2]


def test_hit_rate_and_characteristic_count_the_ranks() -> None:
    ranks = np.random.default_rng(0).integers(1, 300, 200)
    curve = cumulative_match_characteristic(ranks, most=100)
    assert curve.tolist() == pytest.approx([np.mean(ranks <= k) for k in range(1, 101)])
    assert curve[99] == pytest.approx(hit_rate(ranks, top=100))


def test_auc_is_the_share_of_pairs_of_pairs_in_order() -> None:
    rng = np.random.default_rng(1)
    scores, same = rng.integers(0, 8, 60), rng.random(60) < 0.3
    wins = np.sign(scores[same][:, None] - scores[~same])
    assert pair_auc(scores, same) == pytest.approx(((wins + 1) / 2).mean())
    weights = rng.integers(0, 3, 60)
    assert pair_auc(scores, same, weights) == pytest.approx(
        roc_auc_score(np.repeat(same, weights), np.repeat(scores, weights))
    )


def test_interval_by_firearm_is_wider_than_one_that_takes_pairs_for_independent() -> None:
    rng = np.random.default_rng(2)
    firearm = np.repeat(np.arange(8), 5)
    easy = rng.normal(0, 1.5, 8)  # how well each firearm marks: shared by all its pairs
    i, j = np.triu_indices(40, 1)
    pairs = np.stack([firearm[i], firearm[j]], 1)
    same = pairs[:, 0] == pairs[:, 1]
    scores = rng.normal(0, 0.3, len(i)) + np.where(same, 1.0 + easy[pairs[:, 0]], 0.0)
    found = pair_auc_interval(scores, pairs, seed=0, resamples=200)
    draws = [rng.integers(len(i), size=len(i)) for _ in range(200)]
    naive = np.quantile([roc_auc_score(same[d], scores[d]) for d in draws], [0.025, 0.975])
    assert found.low <= found.value <= found.high
    assert found.value == pair_auc(scores, same)
    assert found.high - found.low > 1.5 * np.ptp(naive)


def test_draws_are_weighted_as_scikit_learn_weights_pairs() -> None:
    rng = np.random.default_rng(4)
    firearms = rng.integers(0, 5, (80, 2)).astype(str)
    scores, same = rng.integers(0, 9, 80), firearms[:, 0] == firearms[:, 1]
    found = pair_auc_interval(scores, firearms, seed=0, resamples=5)
    drawn = np.random.default_rng(0).integers(5, size=(5, 5))
    for draw, area in zip(drawn, found.draws, strict=True):
        often = [int((draw == int(name)).sum()) for name in "01234"]
        weights = [often[int(a)] if a == b else often[int(a)] * often[int(b)] for a, b in firearms.tolist()]
        assert area == pytest.approx(roc_auc_score(same, scores, sample_weight=weights))


def test_ranks_of_pairs_are_those_of_the_matrix_of_scores() -> None:
    rng = np.random.default_rng(5)
    owner = np.repeat(["a", "b", "c", "d"], 3)
    i, j = np.triu_indices(12, 1)
    scores = rng.integers(0, 30, len(i))
    matrix = np.full((12, 12), -1)
    matrix[i, j] = matrix[j, i] = scores
    true = (owner[:, None] == owner) & ~np.eye(12, dtype=bool)
    scans = np.array([f"scan {k:02}" for k in range(12)])
    pairs = np.stack([i, j], 1)
    ranks = pair_ranks(scores, scans[pairs], owner[pairs])
    assert ranks.loc[scans].tolist() == rank_of_first(matrix, true).tolist()
    kept = np.isin(i, [0, 4, 8]) & np.isin(j, [1, 5, 9])
    one_way = pair_ranks(scores[kept], scans[pairs[kept]], owner[pairs[kept]], both_ways=False)
    assert set(one_way.index) <= set(scans[[1, 5, 9]])


def test_bad_input_is_named() -> None:
    scores, true = np.zeros((1, 3)), np.array([[False, True, False]])
    with pytest.raises(DataError, match="query 0 has no true case"):
        rank_of_first(scores, ~true & False)
    with pytest.raises(DataError, match="a score is NaN"):
        rank_of_first(scores + np.nan, true)
    with pytest.raises(DataError, match="differ"):
        rank_of_first(scores[:, :2], true)
    with pytest.raises(ParameterError, match="ties is 'middle'"):
        rank_of_first(scores, true, ties="middle")
    with pytest.raises(DataError, match="confidences"):
        promoted(["A"], ["A"], [0.5, 0.6])
    with pytest.raises(ParameterError, match="above is 99"):
        promoted(["A"], ["A"], [0.5], above=99)
    with pytest.raises(DataError, match="ranks are"):
        hit_rate([0, 1], top=3)
    with pytest.raises(ParameterError, match="top is 0"):
        hit_rate([1], top=0)
    with pytest.raises(ParameterError, match="most is 0"):
        cumulative_match_characteristic([1], most=0)
    with pytest.raises(DataError, match="0 of 2 pairs"):
        pair_auc([1, 2], [False, False])
    with pytest.raises(DataError, match="0 of 2 pairs"):
        pair_auc_interval([0.1, 0.2], [("a", "b"), ("a", "c")], seed=0)
    with pytest.raises(DataError, match="2 scores and firearms"):
        pair_auc_interval([1, 2], [("a", "b")], seed=0)
