"""What an error budget costs: how many answers are given at a threshold, and how many of these are wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .abstention import _checked
from .classification import bootstrap_interval


def answer_table(
    scores: ArrayLike,
    right: ArrayLike,
    *,
    thresholds: Sequence[float],
    groups: ArrayLike,
    seed: int,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Count the answers that are given at each threshold, and the wrong ones among them, with intervals.

    Parameters
    ----------
    scores : float (n,)
        How sure each answer is; from its threshold on it is given.
    right : bool (n,)
        Whether it is right.
    thresholds : sequence of float
        From `abstention_threshold`, of other samples than these; infinity gives no answer.
    groups : (n,)
        Firearm, session, ... of each sample; drawn as a whole for the intervals.
    seed, resamples
        See `bootstrap_interval`.

    Returns
    -------
    DataFrame
        One row a threshold: threshold; answered, answered low, answered high (share of the samples, with its
        95 % interval); wrong, wrong low, wrong high (share of the answers given; NaN where none is); answers, groups
        (counts: answers given, and groups that got one). Ends are NaN where all samples are of one group, or all
        answers, whose errors then have no spread that could be seen.

    Raises
    ------
    DataError
        For no samples, lengths that differ, NaN, or no threshold.

    Examples
    --------
    >>> scores, right = [0.9, 0.6, 0.8, 0.5], [True, False, True, True]
    >>> table = answer_table(scores, right, thresholds=[0.6, np.inf], groups=[1, 1, 2, 2], seed=0)
    >>> table[["threshold", "answered", "wrong"]].round(2)
       threshold  answered  wrong
    0        0.6      0.75   0.33
    1        inf      0.00    NaN
    """
    where = "answer_table"
    sure, correct = _checked(scores, right, where=where)
    limits = np.asarray(thresholds, float)
    if limits.ndim != 1 or not limits.size or np.isnan(limits).any():
        what = f"thresholds are {limits.tolist()}"
        raise DataError(what, where=where, do="pass at least one number; infinity for no answers")

    def both(some: NDArray[np.float64], hits: NDArray[np.bool_]) -> NDArray[np.float64]:
        given = some[:, None] >= limits
        count, wrong = given.sum(0), (given & ~hits[:, None]).sum(0)
        share = np.divide(wrong, count, out=np.full(len(limits), np.nan), where=count > 0)
        return np.array([count / len(some), share])

    value = both(sure, correct)
    low, high = np.full_like(value, np.nan), np.full_like(value, np.nan)
    if len(pd.unique(np.asarray(groups))) > 1:
        found = bootstrap_interval(both, sure, correct, groups=groups, seed=seed, resamples=resamples)
        low, high = found.low, found.high
    given = sure[:, None] >= limits
    from_groups = np.array([len(pd.unique(np.asarray(groups)[one])) for one in given.T])
    low[1], high[1] = (np.where(from_groups > 1, end, np.nan) for end in (low[1], high[1]))
    columns = {"threshold": limits}
    for row, name in enumerate(("answered", "wrong")):
        columns |= {name: value[row], f"{name} low": low[row], f"{name} high": high[row]}
    return pd.DataFrame(columns | {"answers": given.sum(0), "groups": from_groups})
