"""What likelihood ratios cost where the truth is known: Cllr, its parts, and how often they mislead."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy
from sklearn.isotonic import isotonic_regression

from fireanalysis.errors import DataError

from .classification import Interval

_NAMES = (
    "Cllr",
    "Cllr_min",
    "calibration loss",
    "misleading, same source",
    "misleading, different sources",
)


def cllr(log10_lr: ArrayLike, same: ArrayLike) -> float:
    """Compute the cost of likelihood ratios, Cllr: 0 is perfect, 1 is what saying nothing (LR 1) costs.

    Parameters
    ----------
    log10_lr : float (n,)
        May be infinite.
    same : bool (n,)
        Whether both marks are of one source; both kinds must occur.

    Returns
    -------
    float
        In bits. Above 1: worse than saying nothing. Infinite if one infinite LR is misleading.

    Raises
    ------
    DataError
        For NaN, lengths that differ, or pairs of one kind only.

    Notes
    -----
    Source: Brümmer and du Preez 2006, mean of log2(1 + 1/LR) over pairs of one source and of log2(1 + LR) over pairs
    of two, halved.

    Examples
    --------
    >>> cllr([0, 0, 0], [True, False, False])
    1.0
    >>> cllr([1, -1], [True, True])
    Traceback (most recent call last):
    ...
    fireanalysis.errors.DataError: 2 of 2 pairs are of one source; at least 1 of either kind are needed
      where: cllr
      to do: pass pairs of one source and pairs of two
    """
    values, known = checked_lr(log10_lr, same, where="cllr")
    return _cllr(values, known, np.ones(len(values)))


def cllr_min(log10_lr: ArrayLike, same: ArrayLike) -> float:
    """Compute what is left of Cllr after the best calibration that keeps the order: how well pairs are told apart.

    Parameters
    ----------
    log10_lr : float (n,)
        Or any score; larger is more alike.
    same : bool (n,)
        Both kinds must occur.

    Returns
    -------
    float
        0 to 1. It is chosen with the truth at hand (PAV), so it is a floor for these pairs, not a promise.

    Raises
    ------
    DataError
        As `cllr`.

    Examples
    --------
    >>> cllr_min([-2, -1, 1, 2], [False, False, True, True])
    0.0
    """
    values, known = checked_lr(log10_lr, same, where="cllr_min")
    return _cllr_min(values, known, np.ones(len(values)))


def likelihood_ratio_summary(
    log10_lr: ArrayLike, same: ArrayLike, *, sources: ArrayLike, seed: int, resamples: int = 500
) -> dict[str, Interval]:
    """Sum up likelihood ratios of pairs whose truth is known, each number with its interval by source.

    Parameters
    ----------
    log10_lr : float (n,)
        Of pairs that the system was not fitted on.
    same : bool (n,)
        Both kinds must occur.
    sources : array (n, 2)
        Firearm (or session, ...) of either mark. Sources are drawn with replacement; a pair within one counts as
        often as it was drawn, a pair of two as often as both, multiplied.
    seed, resamples
        As in `bootstrap_interval`.

    Returns
    -------
    dict of str to Interval
        "Cllr", "Cllr_min", "calibration loss" (their difference), "misleading, same source" (share of the pairs of
        one source with LR below 1), "misleading, different sources" (share of the pairs of two with LR above 1).
        Draws that lack one kind are left out. Cllr is infinite if an infinite LR is misleading.

    Raises
    ------
    DataError
        As `cllr`; or for fewer than two sources, or not one pair of them an LR.

    Notes
    -----
    A share of 0 among n pairs has an interval of 0 to 0: it does not show that errors never happen; up to about
    3 in n would often go unseen.

    Examples
    --------
    >>> guns = [("a", "a"), ("b", "b"), ("c", "c"), ("a", "b"), ("b", "c"), ("a", "c")]
    >>> found = likelihood_ratio_summary([1, 2, -1, -2, -1, 1], [True] * 3 + [False] * 3, sources=guns, seed=0)
    >>> f"{found['Cllr']:.2f}", round(found["misleading, same source"].value, 2)
    ('1.20 (0.03 to 2.91)', 0.33)
    """
    where = "likelihood_ratio_summary"
    values, known = checked_lr(log10_lr, same, where=where)
    both = np.asarray(sources)
    if both.shape != (len(values), 2):
        what = f"{len(values)} likelihood ratios and sources of shape {both.shape}"
        raise DataError(what, where=where, do="pass two sources a pair")
    names, codes = np.unique(both, return_inverse=True)
    codes = codes.reshape(both.shape)
    if len(names) < 2:
        what = f"all pairs are of one source, {str(names[0])!r}; nothing can be resampled"
        raise DataError(what, where=where, do="pass pairs of 2 sources or more; a sound interval needs 20")
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(len(names), size=len(names)) for _ in range(resamples))
    of_one = codes[:, 0] == codes[:, 1]
    draws = [_numbers(values, known, np.ones(len(values)))]
    for often in (np.bincount(some, minlength=len(names)) for some in drawn):
        first, second = often[codes.T]
        weights = np.where(of_one, first, first * second).astype(float)
        draws.append(_numbers(values, known, weights))
    (value, *_), found = draws, np.array(draws[1:]).T
    # An observed draw at either end: between an infinite Cllr and a finite one lies nothing.
    ends = [np.nanquantile(one, [0.025, 0.975], method="closest_observation") for one in found]
    return {
        name: Interval(float(one), float(low), float(high), draw, len(names))
        for name, one, (low, high), draw in zip(_NAMES, value, ends, found, strict=True)
    }


def checked_lr(
    log10_lr: ArrayLike, same: ArrayLike, *, where: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Check likelihood ratios and their truth; infinite ones may be, NaN not."""
    values = np.asarray(log10_lr, np.float64)
    if values.ndim != 1 or not values.size:
        what = f"likelihood ratios of shape {values.shape}"
        raise DataError(what, where=where, do="pass one log10 LR a pair, of at least two pairs")
    if np.isnan(values).any():
        what = f"{np.isnan(values).sum()} of {values.size} likelihood ratios are NaN"
        raise DataError(what, where=where, do="leave those pairs out, and say so")
    return values, both_kinds(same, len(values), least=1, where=where)


def pav_log10(
    values: NDArray[np.float64], same: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Calibrate by PAV: distinct values in order, chance of one source at even odds, weight of either kind."""
    distinct, place = np.unique(values, return_inverse=True)
    ones, others = (
        np.bincount(place, weights * kind, minlength=len(distinct)) / (weights * kind).sum()
        for kind in (same, ~same)
    )
    there = ones + others > 0
    distinct, ones, others = distinct[there], ones[there], others[there]
    chance = isotonic_regression(ones / (ones + others), sample_weight=ones + others, y_min=0, y_max=1)
    return distinct, chance, ones, others


def both_kinds(same: ArrayLike, count: int, *, least: int, where: str) -> NDArray[np.bool_]:
    """Check which pairs are of one source, and that there are enough of either kind."""
    known = np.asarray(same)
    if known.shape != (count,) or known.dtype != bool:
        what = f"{count} pairs, and {known.dtype} of shape {known.shape} beside them"
        raise DataError(what, where=where, do="pass one bool a pair: whether it is of one source")
    if min(known.sum(), (~known).sum()) < least:
        what = f"{known.sum()} of {count} pairs are of one source; at least {least} of either kind are needed"
        raise DataError(what, where=where, do="pass pairs of one source and pairs of two")
    return known


def _numbers(values: NDArray, same: NDArray[np.bool_], weights: NDArray) -> list[float]:
    """Compute all of `_NAMES`, weighted; NaN without pairs of either kind."""
    if not weights[same].any() or not weights[~same].any():
        return [np.nan] * len(_NAMES)
    cost, least = _cllr(values, same, weights), _cllr_min(values, same, weights)
    below = np.average(values[same] < 0, weights=weights[same])
    above = np.average(values[~same] > 0, weights=weights[~same])
    return [cost, least, cost - least, float(below), float(above)]


def _cllr(values: NDArray, same: NDArray[np.bool_], weights: NDArray) -> float:
    bits = np.logaddexp2(0, np.where(same, -values, values) * np.log2(10))
    there = weights > 0  # an infinite cost that was not drawn counts nothing
    return float(np.mean([np.average(bits[k], weights=weights[k]) for k in (same & there, ~same & there)]))


def _cllr_min(values: NDArray, same: NDArray[np.bool_], weights: NDArray) -> float:
    _, chance, ones, others = pav_log10(values, same, weights)
    return float(max(0.0, -(xlogy(ones, chance) + xlogy(others, 1 - chance)).sum() / np.log(4)))
