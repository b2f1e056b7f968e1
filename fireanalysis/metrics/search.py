"""Case searches: where the first true case comes in a candidate list, and what re-ranking by brand does to it."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_auc_score

from fireanalysis.errors import DataError, ParameterError

from .classification import Interval, bootstrap_mean

TIES = ("last", "first")
CONFIDENT = 0.99  # the paper's "confidence > 99 %"


def rank_of_first(
    scores: ArrayLike,
    true: ArrayLike,
    *,
    first: ArrayLike | None = None,
    ties: str = "last",
) -> NDArray[np.int64]:
    """Find the place of the first true case of each query in its candidate list, without sorting the list.

    The place is one more than the number of other cases that come before: those with a score strictly above
    the best true case's, and, by the rule for ties, those with the same score.

    Parameters
    ----------
    scores : float (queries, cases)
        Larger is more alike.
    true : bool (queries, cases)
        Which cases are of the query's firearm; at least one a query.
    first : bool (queries, cases), optional
        Cases promoted to the front of the list, in the order of their scores, all others behind them in
        theirs (`promoted`).
    ties : {"last", "first"}
        A true case comes after all others of the same score (nobody gains by a tie), or before them.

    Returns
    -------
    int64 (queries,)
        From 1.

    Raises
    ------
    DataError
        If shapes differ, a score is NaN or a query has no true case.
    ParameterError
        For another rule for ties.

    Examples
    --------
    >>> rank_of_first([[0.9, 0.5, 0.7, 0.7]], [[False, False, True, False]])
    array([3])
    >>> rank_of_first([[0.9, 0.5, 0.7, 0.7]], [[False, False, True, False]], first=[[False, False, True, True]])
    array([2])
    """
    values, is_true = np.asarray(scores), np.asarray(true, bool)
    ahead = np.zeros(is_true.shape, bool) if first is None else np.asarray(first, bool)
    where = "rank_of_first"
    if ties not in TIES:
        raise ParameterError(f"ties is {ties!r}", where=where, do=f"pass one of {', '.join(TIES)}")
    if values.ndim != 2 or not values.shape == is_true.shape == ahead.shape:
        shapes = f"scores {values.shape}, true {is_true.shape}, first {ahead.shape}"
        raise DataError(f"{shapes} differ or are not two-dimensional", where=where, do="pass queries × cases")
    if values.size and np.isnan(values.max()):  # the largest of values with NaN among them is NaN
        raise DataError("a score is NaN", where=where, do="score every case, or leave it out")
    if not is_true.any(axis=1).all():
        row = int(np.flatnonzero(~is_true.any(axis=1))[0])
        raise DataError(
            f"query {row} has no true case", where=where, do="leave it out: it has no rank to measure"
        )
    return np.array([_rank(*row, ties=ties) for row in zip(values, is_true, ahead, strict=True)], np.int64)


def _rank(scores: NDArray, true: NDArray[np.bool_], ahead: NDArray[np.bool_], *, ties: str) -> int:
    """Count what comes before the best true case of one query: of the front if that holds one, else of the back."""
    in_front = true & ahead
    chosen = in_front if in_front.any() else true
    best = scores[chosen].max()
    before = scores >= best if ties == "last" else scores > best
    if chosen is in_front:
        before &= ahead
        return 1 + int(np.count_nonzero(before) - np.count_nonzero(before[in_front]))
    before &= ~ahead
    return 1 + int(np.count_nonzero(before) - np.count_nonzero(before[true]) + np.count_nonzero(ahead))


def promoted(
    brands: ArrayLike, predicted: ArrayLike, confidence: ArrayLike, *, above: float = CONFIDENT
) -> NDArray[np.bool_]:
    """Say which cases of a database go to the front of each query's list: those of a brand predicted surely.

    Parameters
    ----------
    brands : array (cases,)
        As registered.
    predicted : array (queries,)
        Brand the classifier puts first.
    confidence : float (queries,)
        Its probability for that brand.
    above : float
        Only predictions with more confidence re-rank; the order of all other queries stays.

    Returns
    -------
    bool (queries, cases)

    Raises
    ------
    DataError
        If there is not one confidence for each prediction.
    ParameterError
        If `above` is outside 0 to 1.

    Notes
    -----
    Source: §5.3, "the model's high-confidence predictions (confidence > 99 %) as a ranking enhancement strategy".
    Whether BALISTIKA filters, adds to the score or promotes is not said. Promotion hides nobody: a filter would
    lose the true case for good where the brand is wrong.

    Examples
    --------
    >>> promoted(["A", "B", "A"], ["A", "B"], [0.995, 0.7])
    array([[ True, False,  True],
           [False, False, False]])
    """
    names, sure = np.asarray(predicted), np.asarray(confidence, float)
    if names.shape != sure.shape or names.ndim != 1:
        raise DataError(
            f"{names.shape} predictions and {sure.shape} confidences",
            where="promoted",
            do="pass one each a query",
        )
    if not 0 <= above <= 1:
        raise ParameterError(f"above is {above}", where="promoted", do="pass a probability, 0 to 1")
    return (np.asarray(brands)[None, :] == names[:, None]) & (sure > above)[:, None]


def hit_rate(ranks: ArrayLike, *, top: int) -> float:
    """Share of the queries whose first true case is among the first `top` candidates.

    Raises
    ------
    DataError
        If there are no ranks, or one is below 1.
    ParameterError
        If `top` is below 1.

    Examples
    --------
    >>> hit_rate([1, 4, 120, 2], top=100)
    0.75
    """
    places = _places(ranks)
    if top < 1:
        raise ParameterError(f"top is {top}", where="hit_rate", do="pass at least 1")
    return float((places <= top).mean())


def cumulative_match_characteristic(ranks: ArrayLike, *, most: int) -> NDArray[np.float64]:
    """Share of the queries found among the first 1, 2, ..., `most` candidates.

    The abbreviation CMC is avoided: in firearm examination it also stands for congruent matching cells.

    Parameters
    ----------
    ranks : int (queries,)
    most : int

    Returns
    -------
    float64 (most,)

    Raises
    ------
    DataError, ParameterError
        As `hit_rate`.

    Examples
    --------
    >>> cumulative_match_characteristic([1, 4, 2, 2], most=4)
    array([0.25, 0.75, 0.75, 1.  ])
    """
    places = _places(ranks)
    if most < 1:
        raise ParameterError(f"most is {most}", where="cumulative_match_characteristic", do="pass at least 1")
    found = np.bincount(np.minimum(places, most + 1), minlength=most + 2)[1 : most + 1]
    return np.asarray(np.cumsum(found) / len(places), np.float64)


def pair_auc(scores: ArrayLike, same: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Chance that a pair of one firearm scores above a pair of two firearms (area under the ROC curve).

    Parameters
    ----------
    scores : float (pairs,)
    same : bool (pairs,)
        Whether both surfaces are of one firearm; there must be pairs of either kind.
    weights : float (pairs,), optional
        How often each pair counts.

    Raises
    ------
    DataError
        If one kind of pairs is missing.

    Examples
    --------
    >>> pair_auc([0.9, 0.8, 0.3, 0.8], [True, True, False, False])
    0.875
    """
    known, often = np.asarray(same, bool), None if weights is None else np.asarray(weights, float)
    counted = known if often is None else known[often > 0]
    if not 0 < counted.sum() < counted.size:
        raise DataError(
            f"{int(counted.sum())} of {counted.size} pairs are of one firearm",
            where="pair_auc",
            do="pass pairs of one firearm and pairs of two",
        )
    return float(roc_auc_score(known, np.asarray(scores, float), sample_weight=often))


def pair_auc_interval(
    scores: ArrayLike, firearms: ArrayLike, *, seed: int, resamples: int = 500, confidence: float = 0.95
) -> Interval:
    """Give `pair_auc` with its interval by firearm: pairs that share a firearm are no independent evidence.

    Firearms are drawn with replacement; a pair counts as often as its firearm was drawn, and a pair of two as often
    as both were, multiplied.

    Parameters
    ----------
    scores : float (pairs,)
    firearms : array (pairs, 2)
        Firearm of the reference and of the questioned surface.
    seed, resamples, confidence
        As in `bootstrap_interval`.

    Returns
    -------
    Interval
        Of zero width where every pair is in order; draws without pairs of either kind are NaN and left out.

    Raises
    ------
    DataError
        If there is not one pair of firearms a score, or one kind of pairs is missing.

    Examples
    --------
    >>> firearms = [("a", "a"), ("a", "b"), ("b", "b"), ("a", "c"), ("b", "c"), ("c", "c")]
    >>> f"{pair_auc_interval([0.9, 0.2, 0.8, 0.1, 0.3, 0.25], firearms, seed=0):.2f}"
    '0.89 (0.33 to 1.00)'
    """
    values, both = np.asarray(scores, float), np.asarray(firearms)
    if both.shape != (values.size, 2):
        raise DataError(
            f"{values.size} scores and firearms of shape {both.shape}",
            where="pair_auc_interval",
            do="pass two firearms a pair",
        )
    names, numbers = np.unique(both, return_inverse=True)
    numbers = numbers.reshape(both.shape)
    same = numbers[:, 0] == numbers[:, 1]
    value = pair_auc(values, same)
    drawn = np.random.default_rng(seed).integers(len(names), size=(resamples, len(names)))
    often = (drawn[:, :, None] == np.arange(len(names))).sum(axis=1)
    weights = np.where(same, often[:, numbers[:, 0]], often[:, numbers[:, 0]] * often[:, numbers[:, 1]])
    draws = _weighted_auc(values, same, weights)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return Interval(value, float(low), float(high), draws, len(names))


def pair_ranks(
    scores: ArrayLike, scans: ArrayLike, firearms: ArrayLike, *, both_ways: bool = True
) -> pd.Series:
    """Find the place of each scan's first true partner among all scans it was compared with (`rank_of_first`).

    Parameters
    ----------
    scores : float (pairs,)
    scans, firearms : array (pairs, 2)
        Names of reference and questioned scan, and of their firearms.
    both_ways : bool
        Each pair serves both its scans as queries; otherwise only the questioned ones ask.

    Returns
    -------
    Series of int
        By scan; scans without a pair of one firearm have no rank and are left out.

    Examples
    --------
    >>> scans = [("a1", "a2"), ("a1", "b1"), ("a2", "b1")]
    >>> firearms = [("a", "a"), ("a", "b"), ("a", "b")]
    >>> pair_ranks([0.5, 0.7, 0.2], scans, firearms).to_dict()
    {'a1': 2, 'a2': 1}
    """
    names, owners = np.asarray(scans), np.asarray(firearms)
    asked = np.concatenate([names[:, 1], names[:, 0]]) if both_ways else names[:, 1]
    times = 2 if both_ways else 1
    pairs = pd.DataFrame({"scan": asked, "score": np.tile(np.asarray(scores, float), times)})
    pairs["same"] = np.tile(owners[:, 0] == owners[:, 1], times)
    best = pairs[pairs["same"]].groupby("scan")["score"].max()
    before = ~pairs["same"] & (pairs["score"] >= pairs["scan"].map(best))
    return (before.groupby(pairs["scan"]).sum() + 1).loc[best.index].rename("rank")


def pair_summary(
    scores: ArrayLike, scans: ArrayLike, firearms: ArrayLike, *, seed: int
) -> dict[str, int | float | Interval]:
    """Sum up how well scores tell pairs of one firearm from pairs of two.

    Parameters
    ----------
    scores, scans, firearms
        As in `pair_ranks`.
    seed : int
        Of the interval.

    Returns
    -------
    dict
        "pairs", "of one firearm" (how many), "AUC" (`pair_auc_interval`) and "rank 1" (share of the scans whose best
        partner is of their firearm; firearms of the asking scans drawn, the others stay as they are).

    Raises
    ------
    DataError
        As `pair_auc_interval`, or if only one firearm has pairs of its own.

    Examples
    --------
    >>> scans = [("a1", "a2"), ("b1", "b2"), ("a1", "b1"), ("a2", "b2")]
    >>> owners = [("a", "a"), ("b", "b"), ("a", "b"), ("a", "b")]
    >>> found = pair_summary([0.9, 0.8, 0.7, 0.2], scans, owners, seed=0)
    >>> found["of one firearm"], f"{found['rank 1']:.0%}"
    (2, '100% (100% to 100%)')
    """
    owners = np.asarray(firearms)
    ranks = pair_ranks(scores, scans, owners)
    owner_of = dict(zip(np.asarray(scans).ravel(), owners.ravel(), strict=True))
    return {
        "pairs": len(owners),
        "of one firearm": int((owners[:, 0] == owners[:, 1]).sum()),
        "AUC": pair_auc_interval(scores, owners, seed=seed),
        "rank 1": bootstrap_mean(ranks <= 1, groups=ranks.index.map(owner_of), seed=seed),
    }


def _weighted_auc(scores: NDArray, same: NDArray[np.bool_], weights: NDArray) -> NDArray[np.float64]:
    """Area under the ROC curve for each row of weights (draws, pairs); NaN where one kind of pairs is missing."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])  # pairs of one score count half
    ones, others = (np.add.reduceat((weights * kind)[:, order], starts, axis=1) for kind in (same, ~same))
    below = np.cumsum(others, axis=1) - others / 2
    with np.errstate(invalid="ignore"):
        return np.asarray((ones * below).sum(1) / (ones.sum(1) * others.sum(1)), np.float64)


def _places(ranks: ArrayLike) -> NDArray[np.int64]:
    places = np.asarray(ranks)
    if places.ndim != 1 or not places.size or places.dtype.kind not in "iu" or places.min() < 1:
        raise DataError(
            f"ranks are {places.dtype} of shape {places.shape}",
            where="ranks",
            do="pass whole numbers from 1, one a query",
        )
    return places.astype(np.int64)
