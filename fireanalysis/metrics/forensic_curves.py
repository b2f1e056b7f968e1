"""Curves of likelihood ratios whose truth is known: Tippett, PAV and empirical cross-entropy (ECE)."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .forensic_cost import checked_lr, pav_log10


def tippett(log10_lr: ArrayLike, same: ArrayLike) -> pd.DataFrame:
    """Compute which share of the pairs of either kind has at least each LR: the two lines of a Tippett plot.

    Parameters
    ----------
    log10_lr : float (n,)
        May be infinite.
    same : bool (n,)
        Whether both marks are of one source; both kinds must occur.

    Returns
    -------
    DataFrame
        One row a distinct LR, rising: "log10 LR", "same source", "different sources" (shares, 0 to 1).

    Raises
    ------
    DataError
        As `cllr`.

    Examples
    --------
    >>> tippett([-1, 0.5, 0.5, 2], [False, False, True, True]).values.tolist()
    [[-1.0, 1.0, 1.0], [0.5, 1.0, 0.5], [2.0, 0.5, 0.0]]
    """
    values, known = checked_lr(log10_lr, same, where="tippett")
    distinct = np.unique(values)
    shares = (
        1 - np.searchsorted(np.sort(kind), distinct) / kind.size for kind in (values[known], values[~known])
    )
    return pd.DataFrame(
        dict(zip(("log10 LR", "same source", "different sources"), (distinct, *shares), strict=True))
    )


def pav(log10_lr: ArrayLike, same: ArrayLike) -> pd.DataFrame:
    """Hold likelihood ratios against what the pairs that have them say: on the diagonal they are calibrated.

    Parameters
    ----------
    log10_lr, same
        As in `tippett`.

    Returns
    -------
    DataFrame
        One row a distinct LR, rising: "log10 LR", "calibrated log10 LR" (by PAV, which knows the truth of these
        very pairs; minus infinity below the lowest pair of one source, infinity above the highest of two), "same
        source" and "different sources" (how many pairs have it).

    Raises
    ------
    DataError
        As `cllr`.

    Examples
    --------
    >>> pav([-1, 0.5, 0.5, 2], [False, False, True, True])["calibrated log10 LR"].tolist()
    [-inf, 0.0, inf]
    """
    values, known = checked_lr(log10_lr, same, where="pav")
    distinct, chance, ones, others = pav_log10(values, known, np.ones(len(values)))
    counts = (np.rint(ones * known.sum()).astype(int), np.rint(others * (~known).sum()).astype(int))
    return pd.DataFrame(
        {
            "log10 LR": distinct,
            "calibrated log10 LR": _log10_odds(chance),
            "same source": counts[0],
            "different sources": counts[1],
        }
    )


def empirical_cross_entropy(
    log10_lr: ArrayLike, same: ArrayLike, *, log10_prior_odds: ArrayLike | None = None
) -> pd.DataFrame:
    """Compute what the likelihood ratios cost at each prior: the three lines of an ECE plot.

    Parameters
    ----------
    log10_lr, same
        As in `tippett`.
    log10_prior_odds : float (m,), optional
        Finite; −3 to 3 in steps of 0.05 if left out.

    Returns
    -------
    DataFrame
        One row a prior: "log10 prior odds", "this system", "after PAV" (the best that keeps its order) and "neutral"
        (every LR is 1), in bits. At odds of 1 the first two are `cllr` and `cllr_min`, the last is 1. Where this
        system lies above neutral, it misleads whoever has that prior.

    Raises
    ------
    DataError
        As `cllr`, or for prior odds that are not finite.

    Notes
    -----
    Source: Ramos et al. 2013 (Journal of Forensic Sciences 58, 1503-1518).

    Examples
    --------
    >>> empirical_cross_entropy([1, -1], [True, False], log10_prior_odds=[0.0]).round(3).values.tolist()
    [[0.0, 0.138, 0.0, 1.0]]
    """
    where = "empirical_cross_entropy"
    values, known = checked_lr(log10_lr, same, where=where)
    odds = np.linspace(-3, 3, 121) if log10_prior_odds is None else np.asarray(log10_prior_odds, np.float64)
    if odds.ndim != 1 or not np.isfinite(odds).all():
        what = f"prior odds of shape {odds.shape}, {np.isfinite(odds).sum()} of them finite"
        raise DataError(what, where=where, do="pass one finite log10 of the odds a prior")
    distinct, chance, ones, others = pav_log10(values, known, np.ones(len(values)))
    table = {"log10 prior odds": odds}
    systems = {"this system": distinct, "after PAV": _log10_odds(chance), "neutral": np.zeros(len(distinct))}
    for name, system in systems.items():
        table[name] = np.array([_entropy(system, ones, others, prior) for prior in odds])
    return pd.DataFrame(table)


def _entropy(log10_lr: NDArray, ones: NDArray, others: NDArray, log10_odds: float) -> float:
    """Cross-entropy (bits) of LRs, with the share of either kind of pairs that have each, at one prior."""
    prior = 1 / (1 + 10**-log10_odds)
    posterior = (log10_lr + log10_odds) * np.log2(10)
    right, wrong = ones > 0, others > 0  # 0 pairs times an infinite cost are no cost
    return float(
        prior * (ones[right] @ np.logaddexp2(0, -posterior[right]))
        + (1 - prior) * (others[wrong] @ np.logaddexp2(0, posterior[wrong]))
    )


def _log10_odds(chance: NDArray) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(chance) - np.log10(1 - chance), np.float64)
