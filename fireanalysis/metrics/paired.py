"""Two numbers of the same samples, compared draw by draw: what is hard for both cancels."""

import numpy as np

from fireanalysis.errors import DataError

from .classification import Interval, interval_of_draws


def interval_difference(first: Interval, second: Interval) -> Interval:
    """Give the difference of two numbers of the same samples, resampled alike: first − second.

    Parameters
    ----------
    first, second : Interval
        Of the same groups with the same seed and number of resamples.

    Returns
    -------
    Interval
        Of 95 %. Usually narrower than either: what is hard for both cancels.

    Raises
    ------
    DataError
        If the groups or resamples are not as many.

    Examples
    --------
    >>> from fireanalysis.metrics import bootstrap_mean
    >>> groups = ["a", "a", "b", "c"]
    >>> one, two = (bootstrap_mean(x, groups=groups, seed=0) for x in ([1, 1, 0, 1], [0, 0, -1, 0]))
    >>> f"{interval_difference(one, two):.0f}"
    '1 (1 to 1)'
    """
    _check(first, second, where="interval_difference")
    return interval_of_draws(first.value - second.value, first.draws - second.draws, 0.95, first.groups)


def relative_gain(score: Interval, other: Interval) -> Interval:
    """Say by what share of a score another one is larger, with the interval of that share (paper: "improves by").

    Parameters
    ----------
    score, other : Interval
        Of the same queries, seed and number of resamples (`retrieval_summary`): classes are drawn for both together.

    Returns
    -------
    Interval
        score / other − 1, of 95 %; NaN where the other is 0.

    Raises
    ------
    DataError
        If the groups or resamples are not as many.

    Examples
    --------
    >>> from fireanalysis.metrics import bootstrap_mean
    >>> one, other = (bootstrap_mean(x, groups=range(2), seed=0) for x in ([0.6, 0.9], [0.5, 0.6]))
    >>> f"{relative_gain(one, other):.0%}"
    '36% (20% to 50%)'
    """
    _check(score, other, where="relative_gain")
    tops, bottoms = (np.append(one.draws, one.value) for one in (score, other))
    shares = np.divide(tops, bottoms, out=np.full(len(tops), np.nan), where=bottoms > 0) - 1
    return interval_of_draws(shares[-1], shares[:-1], 0.95, score.groups)


def _check(first: Interval, second: Interval, *, where: str) -> None:
    if first.groups != second.groups or first.draws.shape != second.draws.shape:
        what = f"{first.groups} and {second.groups} groups, draws of shape {first.draws.shape} and {second.draws.shape}"
        do = "measure both on the same samples with the same seed and resamples"
        raise DataError(what, where=where, do=do)
