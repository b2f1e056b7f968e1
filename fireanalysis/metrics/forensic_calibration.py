"""How far a classifier's probabilities come true, with intervals that know samples of one group belong together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import IsotonicRegression

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .classification import Interval, bootstrap_interval, bootstrap_mean

SUMMARY = ("accuracy", "log loss", "Brier score", "ECE", "confidence − accuracy")
_FLOOR = np.finfo(np.float64).eps  # of a probability in a logarithm, as scikit-learn's log_loss has it


def brier_score(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Measure the squared distance of probabilities from what was true, over all classes.

    Parameters
    ----------
    probabilities : float (n, classes)
        0 to 1, each row adds up to 1.
    truth : int (n,)
        True classes. One that the classifier does not know (−1) counts as a class more, of probability 0.

    Returns
    -------
    float
        0 to 2. Papers on two classes often print half of it.

    Raises
    ------
    DataError
        If the shapes do not go together, there is no sample, or the rows are no probabilities.

    Notes
    -----
    Source: Brier 1950, Verification of forecasts expressed in terms of probability.

    Examples
    --------
    >>> round(brier_score([[0.9, 0.1], [0.8, 0.2]], [0, 1]), 3)
    0.65
    """
    p, hits = with_unknown(probabilities, truth, where="brier_score")
    return float(((p - hits) ** 2).sum(1).mean())


def brier_parts(probabilities: ArrayLike, truth: ArrayLike, *, classes: Sequence) -> pd.DataFrame:
    """Say what a Brier score is made of: probabilities that do not come true, and what no rescaling could mend.

    Parameters
    ----------
    probabilities, truth
        See `brier_score`.
    classes : sequence
        Their names.

    Returns
    -------
    DataFrame
        One row a class, by name ("(unknown)" at the end if there are such samples); the sums of the columns are
        those of all classes. "Brier" = "miscalibration" − "discrimination" + "uncertainty": what the best
        non-decreasing function of the class's probability would take off; what the score then is better than always
        saying how frequent the class is; and the score of saying that.

    Raises
    ------
    DataError
        As `brier_score`, or if there is not a name for each class.

    Notes
    -----
    Source: Dimitriadis, Gneiting and Jordan 2021 (doi:10.1073/pnas.2016191118), class by class: no bins to
    choose. The function is fitted to the samples that are judged, so on few the miscalibration is too large.

    Examples
    --------
    >>> brier_parts([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4]], [0, 0, 1], classes="ab").round(3)
       Brier  miscalibration  discrimination  uncertainty
    a   0.177            0.01           0.056        0.222
    b   0.177            0.01           0.056        0.222
    """
    p, hits = with_unknown(probabilities, truth, where="brier_parts")
    names = [*classes, "(unknown)"][: p.shape[1]]
    if len(classes) != np.asarray(probabilities).shape[1]:
        what = f"{len(classes)} names for {np.asarray(probabilities).shape[1]} classes"
        raise DataError(what, where="brier_parts", do="pass a name a column")
    rows = {}
    for name, said, true in zip(names, p.T, hits.T, strict=True):
        brier, uncertainty = ((said - true) ** 2).mean(), true.var()
        mended = IsotonicRegression(y_min=0, y_max=1).fit_transform(said, true)
        left = ((mended - true) ** 2).mean()
        rows[name] = [brier, brier - left, uncertainty - left, uncertainty]
    columns = ["Brier", "miscalibration", "discrimination", "uncertainty"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def calibration_summary(
    probabilities: ArrayLike,
    truth: ArrayLike,
    *,
    groups: ArrayLike,
    seed: int,
    bins: int = 10,
    resamples: int = 1000,
) -> dict[str, Interval]:
    """Give the numbers that say how far probabilities can be believed, each with its interval, groups resampled.

    Parameters
    ----------
    probabilities, truth
        See `brier_score`.
    groups : (n,)
        Firearm, session, scene, ... of each sample; two at least.
    seed, resamples
        See `bootstrap_interval`. Two classifiers' answers to the same samples, with the same seed, are resampled
        alike: `interval_difference`.
    bins : int
        Of equal width, for the ECE.

    Returns
    -------
    dict of str to Interval
        "accuracy"; "log loss" (nat, of samples of classes that the classifier knows; no probability counts as less than
        2.2e-16, so an impossible truth costs 36 nat); "Brier score"; "ECE", the expected calibration error of the
        answers; "confidence − accuracy", above 0 where the classifier claims too much.

    Raises
    ------
    DataError
        As `brier_score`, if no sample is of a class that the classifier knows, or with fewer than two groups.
    ParameterError
        If there is no bin.

    Notes
    -----
    The ECE (Guo et al. 2017, eq. 3) is not 0 for perfect probabilities, and resampling adds its own chance to it:
    set `chance_calibration_error` beside it.

    Examples
    --------
    >>> p, truth = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]], [0, 1, 1, 1]
    >>> found = calibration_summary(p, truth, groups=["a", "a", "b", "b"], seed=0)
    >>> f"{found['accuracy']:.2f}", f"{found['Brier score']:.2f}"
    ('0.75 (0.50 to 1.00)', '0.45 (0.25 to 0.65)')
    """
    where = "calibration_summary"
    p, hits = with_unknown(probabilities, truth, where=where)
    known = hits[:, : np.asarray(probabilities).shape[1]].any(1)
    if not known.any():
        what = f"none of {len(p)} samples is of a class that the classifier knows"
        raise DataError(what, where=where, do="pass samples of its classes, too")
    right, sure, gaps = binned_gaps(p, hits, bins=bins, where=where)
    loss = -np.log(np.maximum((p * hits).sum(1), _FLOOR)) * known
    columns = np.column_stack([right, loss, known, ((p - hits) ** 2).sum(1), sure - right, gaps])

    def numbers(rows: NDArray[np.float64]) -> list[float]:
        accuracy, loss, known, brier, gap = rows[:, :5].mean(0)
        ece = np.abs(rows[:, 5:].mean(0)).sum()
        return [accuracy, loss / known if known else np.nan, brier, ece, gap]

    found = bootstrap_interval(numbers, columns, groups=groups, seed=seed, resamples=resamples)
    return {name: found[k] for k, name in enumerate(SUMMARY)}


def class_bias(
    probabilities: ArrayLike, truth: ArrayLike, *, groups: ArrayLike, seed: int, resamples: int = 1000
) -> Interval:
    """Say of each class how much more often it is claimed than it occurs.

    Parameters
    ----------
    probabilities, truth, groups, seed, resamples
        See `calibration_summary`.

    Returns
    -------
    Interval
        Of arrays (classes,): mean probability of the class − its share of the samples, −1 to 1. Without samples of
        unknown classes they add up to 0.

    Raises
    ------
    DataError
        As `calibration_summary`.

    Examples
    --------
    >>> class_bias([[0.9, 0.1], [0.7, 0.3]], [0, 1], groups=["a", "b"], seed=0).value.round(2).tolist()
    [0.3, -0.3]
    """
    p, hits = with_unknown(probabilities, truth, where="class_bias")
    over = (p - hits)[:, : np.asarray(probabilities).shape[1]]
    return bootstrap_mean(over, groups=groups, seed=seed, resamples=resamples)


def confidence_bins(sure: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Give the number of each confidence's bin of equal width."""
    return np.minimum((sure * bins).astype(int), bins - 1)


def binned_gaps(
    p: NDArray[np.float64], hits: NDArray[np.float64], *, bins: int, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Answers that are right, their confidence, and the difference in the column of its bin: ECE = Σ |mean|."""
    count = whole(bins, name="bins", where=where, least=1, most=10_000)
    right, sure = hits[np.arange(len(p)), p.argmax(1)], p.max(1)
    gaps = np.eye(count)[confidence_bins(sure, count)] * (sure - right)[:, None]
    return right, sure, gaps


def with_unknown(
    probabilities: ArrayLike, truth: ArrayLike, *, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities and truth as 0 and 1, of all classes; with −1 in the truth of one more."""
    p, codes = np.asarray(probabilities, np.float64), np.asarray(truth)
    if p.ndim != 2 or not p.size or codes.shape != p.shape[:1] or codes.dtype.kind not in "iu":
        what = f"probabilities of shape {p.shape}, truth {codes.dtype} of shape {codes.shape}"
        raise DataError(
            what, where=where, do="pass (samples, classes) and one code a sample, one sample at least"
        )
    if not (np.abs(p - 0.5) <= 0.5 + 1e-6).all() or np.abs(p.sum(1) - 1).max() > 1e-3:
        sums = f"{p.sum(1).min():.3g} to {p.sum(1).max():.3g}"
        what = f"probabilities run from {p.min():.3g} to {p.max():.3g}, their sums from {sums}"
        raise DataError(what, where=where, do="pass rows from 0 to 1 that add up to 1: the softmax of logits")
    k = p.shape[1]
    if codes.min() < -1 or codes.max() >= k:
        what = f"truth runs from {codes.min()} to {codes.max()} for {k} classes"
        raise DataError(what, where=where, do=f"pass codes from 0 to {k - 1}, or −1 for another class")
    if codes.min() == -1:
        p, codes = np.column_stack([p, np.zeros(len(p))]), np.where(codes < 0, k, codes)
    return p, np.eye(p.shape[1])[codes]
