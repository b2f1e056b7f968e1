"""How well queries find their class in a database: average precision in both definitions, rank-k accuracy.

The rank of a picture is the number of scores above its own, so ranks are counted and no list is sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import whole

from .classification import Interval, bootstrap_mean
from .scores import checked_embeddings, score_into
from .search import TIES

KS = (1, 2, 4, 8)
"""Of the rank-k accuracies (Table III)."""

Side = Literal["left", "right"]
_KINDS = {"trapezoid": "ap_trapezoid", "step": "ap_step"}
_BINS = 2**16
_EQUAL = np.float32(
    1e-6
)  # the same embedding's score depends that much on where it stands in a matrix product


def retrieval_table(
    queries: ArrayLike,
    query_labels: ArrayLike,
    database: ArrayLike,
    labels: ArrayLike,
    *,
    ties: str = "last",
    block: int = 2**26,
) -> pd.DataFrame:
    """Rank the whole database for each query and measure where the pictures of its class come.

    Parameters
    ----------
    queries : float (q, d)
        Embeddings of length 1 (or 0: alike to nothing).
    query_labels : array (q,)
        Class of each query.
    database : float (n, d)
        Embeddings of length 1 (or 0). float32 as it is, also memory-mapped; others are converted a block at a time.
    labels : array (n,)
        Class of each picture. A query that is itself in the database finds itself first: leave it out.
    ties : {"last", "first"}
        Pictures of another class with the same score (within 1e-6, the accuracy of float32) come before those of the
        query's class (nobody gains by a tie), or after them.
    block : int
        Scores held at a time: four bytes each; at least those of one query.

    Returns
    -------
    DataFrame
        One row a query: class; positives, how many of its class there are in the database; ap_trapezoid and
        ap_step, average precision (0 to 1); first_rank, place of the first of its class, from 1. A query whose class
        is absent from the database has NaN in the last three: there is nothing to find, which is no failure.

    Raises
    ------
    DataError
        If lengths differ, one part is empty, an embedding is NaN or not of length 1, or a label is missing.
    ParameterError
        For another rule for ties, or `block` below 1.

    Notes
    -----
    Source: §III-D. The score is the inner product: with length 1 it orders as the Euclidean distance does. Which
    average precision is meant is not said: the authors' evaluation code takes the trapezoid between the precision
    before and at each positive (as the Oxford buildings code); scikit-learn and most libraries take the precision at
    each positive (step), and count positives of one score together.

    Examples
    --------
    >>> database = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]]
    >>> table = retrieval_table([[1.0, 0.0], [1.0, 0.0]], ["a", "x"], database, ["b", "a", "b", "a"])
    >>> table.round(3)
      class  positives  ap_trapezoid  ap_step  first_rank
    0     a          2         0.333      0.5         2.0
    1     x          0           NaN      NaN         NaN
    """
    where = "retrieval_table"
    if ties not in TIES:
        raise ParameterError(f"ties is {ties!r}", where=where, do=f"pass one of {', '.join(TIES)}")
    whole(block, name="block", where=where, least=1, most=2**40)
    asked, held = checked_embeddings(queries, database, where=where)
    wanted, codes = _codes(query_labels, labels, asked=len(asked), held=len(held))
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(max(wanted.max(), codes.max()) + 2))
    rows = []
    parts = -(-len(asked) // max(1, block // len(held)))
    step = -(-len(asked) // parts)  # of equal size: a block of one query would be slow
    scores = np.empty((step, len(held)), np.float32)
    for start in range(0, len(asked), step):
        some = scores[: len(asked[start : start + step])]
        score_into(some, asked[start : start + step], held, where=where, check=start == 0)
        for code, row in zip(wanted[start : start + step], some, strict=True):
            rows.append(_measure(row, order[starts[code] : starts[code + 1]], ties=ties))
    columns = ["positives", "ap_trapezoid", "ap_step", "first_rank"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "class", np.asarray(query_labels))
    return table


def mean_average_precision(table: pd.DataFrame, *, kind: str = "trapezoid") -> float:
    """Average the average precision over the queries whose class is in the database (mAP).

    Parameters
    ----------
    table : DataFrame
        From `retrieval_table`.
    kind : {"trapezoid", "step"}
        Which average precision.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    DataError
        If no query's class is in the database.
    ParameterError
        For another kind.

    Examples
    --------
    >>> table = retrieval_table(np.eye(2), ["a", "b"], np.eye(2), ["a", "a"])
    >>> mean_average_precision(table)  # nothing of class b can be found
    1.0
    """
    if kind not in _KINDS:
        what = f"no average precision {kind!r}"
        raise ParameterError(what, where="mean_average_precision", do=f"pass one of {', '.join(_KINDS)}")
    return float(_present(table)[_KINDS[kind]].mean())


def rank_accuracy(table: pd.DataFrame, *, ks: Sequence[int] = KS) -> pd.Series:
    """Share of the queries with at least one picture of their class among the first k (rank-k accuracy).

    Parameters
    ----------
    table : DataFrame
        From `retrieval_table`; queries whose class is absent are left out.
    ks : sequence of int

    Returns
    -------
    Series of float
        0 to 1, by "rank-1", "rank-2", ...

    Raises
    ------
    DataError
        If no query's class is in the database.
    ParameterError
        If a k is below 1.

    Examples
    --------
    >>> database = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
    >>> table = retrieval_table(np.eye(2), ["a", "b"], database, ["b", "a", "b"])
    >>> rank_accuracy(table, ks=(1, 2)).to_dict()
    {'rank-1': 0.5, 'rank-2': 1.0}
    """
    return pd.Series(_hits(_present(table), ks).mean(axis=0), index=[f"rank-{k}" for k in ks])


def retrieval_summary(
    table: pd.DataFrame,
    *,
    seed: int,
    against: pd.DataFrame | None = None,
    ks: Sequence[int] = KS,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> dict[str, Interval]:
    """Give mAP and rank-k accuracy with their intervals, classes resampled: queries of one class go together.

    Parameters
    ----------
    table : DataFrame
        From `retrieval_table`; queries whose class is absent are left out. Those of several runs (seeds) may be
        concatenated: their classes are drawn together.
    seed, resamples, confidence
        See `bootstrap_interval`.
    against : DataFrame, optional
        Of another network on the same queries: the numbers are then differences, first minus second, paired by query.
    ks : sequence of int

    Returns
    -------
    dict of str to Interval
        "mAP" (trapezoid), "mAP (step)", "rank-1", "rank-2", ...: shares 0 to 1.

    Raises
    ------
    DataError
        If fewer than two classes are left, or the two tables are not of the same queries.
    ParameterError
        As `bootstrap_interval`, or if a k is below 1.

    Notes
    -----
    The interval is about other classes of the same kind and the same trained network; another training (seed) is a
    further source of spread.

    Examples
    --------
    >>> table = pd.DataFrame({"class": ["a", "a", "b"], "positives": 1, "ap_trapezoid": [1.0, 0.5, 0.6],
    ...                       "ap_step": [1.0, 0.5, 0.6], "first_rank": [1, 2, 3]})
    >>> found = retrieval_summary(table, seed=0)
    >>> f"{found['mAP']:.2f}", f"{found['rank-2']:.2f}"
    ('0.70 (0.60 to 0.75)', '0.67 (0.00 to 1.00)')
    """
    where = "retrieval_summary"
    if against is not None:
        same = ["class", "positives"]
        if len(table) != len(against) or (table[same].to_numpy() != against[same].to_numpy()).any():
            what = "the two tables are not of the same queries and database"
            raise DataError(what, where=where, do="rank the same queries in the same order with both")
    parts = [_present(one) for one in (table, against) if one is not None]
    values = [
        np.column_stack([part["ap_trapezoid"], part["ap_step"], _hits(part, ks)]).astype(float)
        for part in parts
    ]
    found = bootstrap_mean(
        values[0] - values[1] if len(values) > 1 else values[0],
        groups=parts[0]["class"],
        seed=seed,
        resamples=resamples,
        confidence=confidence,
    )
    names = ["mAP", "mAP (step)", *(f"rank-{k}" for k in ks)]
    return {name: found[k] for k, name in enumerate(names)}


def _codes(
    query_labels: ArrayLike, labels: ArrayLike, *, asked: int, held: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each class a number, the same among queries and in the database."""
    first, second = np.asarray(query_labels), np.asarray(labels)
    if first.shape != (asked,) or second.shape != (held,):
        what = f"{first.shape} labels for {asked} queries, {second.shape} for {held} pictures"
        raise DataError(what, where="retrieval_table", do="pass one class each")
    codes, _ = pd.factorize(pd.concat([pd.Series(first), pd.Series(second)]))
    if (codes < 0).any():
        what = f"{np.count_nonzero(codes < 0)} labels are missing"
        raise DataError(what, where="retrieval_table", do="leave such pictures out")
    return codes[:asked], codes[asked:]


def _measure(
    scores: NDArray[np.float32], positives: NDArray[np.intp], *, ties: str
) -> tuple[int, float, float, float]:
    """Count what comes before each positive; give their number, both average precisions, and the first's place."""
    if not len(positives):
        return 0, np.nan, np.nan, np.nan
    own = np.sort(scores[positives])[::-1]
    side: Side = "left" if ties == "last" else "right"  # equal scores come before, or not
    limits = own - _EQUAL if ties == "last" else own + _EQUAL
    among_own = len(own) - np.searchsorted(own[::-1], limits, side=side)
    found = np.arange(len(own))  # positives before each
    before = _counted_above(scores, limits, side=side) - among_own + found
    precision = (found + 1) / (before + 1)
    just_before = np.divide(found, before, out=np.ones(len(own)), where=before > 0)
    trapezoid = float((just_before + precision).mean() / 2)
    return len(own), trapezoid, float(precision.mean()), float(before[0] + 1)


def _counted_above(
    scores: NDArray[np.float32], limits: NDArray[np.float32], *, side: Side
) -> NDArray[np.int64]:
    """Count the scores above each limit (and, with side "left", those equal to it), without sorting them all.

    Limits are in descending order. Scores are counted in bins; only those that share one with a limit are looked at.
    """
    high = scores.max()
    near = scores >= min(limits[-1], high)
    if np.count_nonzero(near) < len(scores) // 2:  # what ranks below all limits is not counted
        scores = scores.compress(near)
    low = scores.min()
    scale = np.float32((_BINS - 1) / max(high - low, 1e-9))  # they may all be equal
    within = limits.clip(low, high)
    bins, at = (((values - low) * scale).astype(np.uint16) for values in (scores, within))
    shared = np.zeros(_BINS, bool)
    shared[at] = True
    counts = np.bincount(bins, minlength=_BINS)
    counts[shared] = 0
    above = counts.sum() - np.cumsum(counts)
    close = np.sort(scores.compress(shared.take(bins)))
    return np.asarray(above[at] + len(close) - np.searchsorted(close, limits, side=side), np.int64)


def _present(table: pd.DataFrame) -> pd.DataFrame:
    present = table[table["positives"] > 0]
    if present.empty:
        what = f"of {len(table)} queries none has a picture of its class in the database"
        raise DataError(what, where="mAP", do="search a database that holds the queries' classes")
    return present


def _hits(table: pd.DataFrame, ks: Sequence[int]) -> NDArray[np.bool_]:
    limits = [whole(k, name="k", where="rank-k accuracy", least=1, most=2**40) for k in ks]
    return np.asarray(table["first_rank"].to_numpy()[:, None] <= np.array(limits))
