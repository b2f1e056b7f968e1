"""Reliability bins with intervals that know of groups, and what chance alone does to a calibration error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import whole

from .classification import bootstrap_interval, bootstrap_mean
from .forensic_calibration import binned_gaps, confidence_bins, with_unknown


def reliability_intervals(
    probabilities: ArrayLike,
    truth: ArrayLike,
    *,
    groups: ArrayLike,
    seed: int,
    bins: int = 10,
    equal: str = "width",
    resamples: int = 1000,
) -> pd.DataFrame:
    """Hold confidence against accuracy in bins, and say how well each bin's accuracy is known.

    Parameters
    ----------
    probabilities, truth
        See `brier_score`.
    groups, seed, resamples
        See `calibration_summary`.
    bins : int
    equal : {"width", "mass"}
        Bins of equal width, or with equally many samples as far as equal confidences (which stay together) allow.

    Returns
    -------
    DataFrame
        One row a bin that has samples, so never more rows than samples: "samples" and "groups" (counts),
        "confidence" (mean), "accuracy", "low" and "high" (95 %; NaN where all samples of the bin are of one group, for
        then nothing is known of others). Where all answers of a bin are right, or all wrong, resampling sees no
        spread: the ends are then those of the exact binomial interval of as many witnesses as groups.

    Raises
    ------
    DataError, ParameterError
        As `calibration_summary`, or for an unknown kind of bins.

    Examples
    --------
    >>> p, truth = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]], [0, 1, 1, 1]
    >>> reliability_intervals(p, truth, groups=list("abab"), seed=0, bins=2, equal="mass").round(2)
       samples  groups  confidence  accuracy   low  high
    0        2       2        0.65       1.0  0.16   1.0
    1        2       2        0.85       0.5  0.00   1.0
    """
    where = "reliability_intervals"
    count = whole(bins, name="bins", where=where, least=1, most=10_000)
    if equal not in ("width", "mass"):
        raise ParameterError(f"equal is {equal!r}", where=where, do='pass "width" or "mass"')
    p, hits = with_unknown(probabilities, truth, where=where)
    right, sure = hits[np.arange(len(p)), p.argmax(1)], p.max(1)
    place = confidence_bins(sure, count)
    if equal == "mass":
        inner = np.quantile(sure, np.arange(1, count) / count)
        place = np.searchsorted(np.unique(inner), sure, side="right")
    names, place = np.unique(place, return_inverse=True)

    def accuracy(bin_: NDArray[np.int64], right: NDArray[np.float64]) -> NDArray[np.float64]:
        samples = np.bincount(bin_, minlength=len(names))
        hits = np.bincount(bin_, right, minlength=len(names))
        return np.divide(hits, samples, out=np.full(len(names), np.nan), where=samples > 0)

    found = bootstrap_interval(accuracy, place, right, groups=groups, seed=seed, resamples=resamples)
    table = pd.DataFrame({"group": np.asarray(groups), "confidence": sure}).groupby(place)
    rows = table.agg(
        samples=("group", "size"), groups=("group", "nunique"), confidence=("confidence", "mean")
    )
    low, high, many = found.low, found.high, rows["groups"].to_numpy()
    low = np.where(found.value == 1, 0.025 ** (1 / many), low)
    high = np.where(found.value == 0, 1 - 0.025 ** (1 / many), high)
    low, high = (np.where(many > 1, end, np.nan) for end in (low, high))
    return rows.assign(accuracy=found.value, low=low, high=high)


def chance_calibration_error(
    probabilities: ArrayLike,
    truth: ArrayLike,
    *,
    groups: ArrayLike,
    seed: int,
    bins: int = 10,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Draw the ECE that a perfectly calibrated classifier would get by chance on as many samples.

    Parameters
    ----------
    probabilities, truth, groups, seed, bins, resamples
        See `calibration_summary`.

    Returns
    -------
    DataFrame
        One row a draw. "independent answers": each answer is right with the probability it claims, by itself.
        "answers in groups": errors of one group come together as they do here, which leaves more to chance.

    Raises
    ------
    DataError, ParameterError
        As `calibration_summary`.

    Notes
    -----
    The second is a bootstrap of whole groups from which each bin's own gap is taken off; with few groups it is too
    low, as such intervals are too narrow. Source of the first: Vaicenavicius et al. 2019 (arXiv:1902.06977), 4.2.

    Examples
    --------
    >>> p = np.full((400, 2), 0.5)  # never off by more than chance
    >>> drawn = chance_calibration_error(p, np.arange(400) % 2, groups=np.arange(400), seed=0)
    >>> drawn.median().round(2).tolist()
    [0.02, 0.02]
    """
    p, hits = with_unknown(probabilities, truth, where="chance_calibration_error")
    _, sure, gaps = binned_gaps(p, hits, bins=bins, where="chance_calibration_error")
    found = bootstrap_mean(gaps, groups=groups, seed=seed, resamples=resamples)
    rng, place = np.random.default_rng(seed), confidence_bins(sure, gaps.shape[1])
    alone = [
        np.abs(np.bincount(place, sure - (rng.random(len(sure)) < sure))).sum() / len(sure)
        for _ in range(resamples)
    ]
    together = np.abs(found.draws - found.value).sum(1)
    return pd.DataFrame({"independent answers": alone, "answers in groups": together})
