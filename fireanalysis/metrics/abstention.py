"""Classifiers that may say "uncertain": what silence costs, and whether it falls on what they have never met."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, logsumexp
from sklearn.metrics import roc_auc_score, roc_curve

from fireanalysis.errors import DataError, ParameterError

from .classification import Interval, bootstrap_interval

CERTAINTIES = ("probability", "entropy", "energy")


def certainty(logits: ArrayLike, *, kind: str = "probability") -> NDArray[np.float64]:
    """Say how sure a classifier is of each sample, by one number that is larger where it is surer.

    Parameters
    ----------
    logits : float (n, classes)
        What goes into the softmax. Logarithms of probabilities do as well, but for "energy".
    kind : {"probability", "entropy", "energy"}
        Probability of the predicted class; minus the entropy of all classes' probabilities, in nat; or log Σ exp,
        the free energy with its sign turned, which also sees how large all logits are together.

    Returns
    -------
    float64 (n,)

    Raises
    ------
    ParameterError
        For an unknown kind.
    DataError
        If the logits are not two-dimensional, are empty or hold NaN.

    Notes
    -----
    Source: Hendrycks and Gimpel 2017 (arXiv:1610.02136) for the probability; Liu et al. 2020 (arXiv:2010.03759) for
    the energy. The gunshot paper's softmax has no way to say "none of these".

    Examples
    --------
    >>> certainty([[0.0, 0.0], [3.0, 0.0]]).round(3).tolist()
    [0.5, 0.953]
    >>> certainty([[0.0, 0.0], [3.0, 0.0]], kind="entropy").round(3).tolist()
    [-0.693, -0.191]
    """
    where = "certainty"
    if kind not in CERTAINTIES:
        raise ParameterError(f"kind is {kind!r}", where=where, do=f"pass one of {', '.join(CERTAINTIES)}")
    values = np.asarray(logits, float)
    if values.ndim != 2 or not values.size or np.isnan(values).any():
        what = f"logits of shape {values.shape} with {np.isnan(values).sum()} NaN"
        raise DataError(what, where=where, do="pass one row of finite numbers a sample, one column a class")
    if kind == "energy":
        return np.asarray(logsumexp(values, axis=1), np.float64)
    log_p = log_softmax(values, axis=1)
    if kind == "probability":
        return np.exp(log_p).max(1)
    p = np.exp(log_p)
    return (p * np.where(p > 0, log_p, 0)).sum(1)  # p log p is 0 at 0


def risk_coverage(scores: ArrayLike, right: ArrayLike) -> pd.DataFrame:
    """Follow the error rate as fewer and fewer samples, the surest ones, are answered.

    Parameters
    ----------
    scores : float (n,)
        How sure each answer is; `certainty` or any other number that is larger where it is surer.
    right : bool (n,)
        Whether the answer is right. An answer about a class that the classifier does not know never is.

    Returns
    -------
    DataFrame
        One row a score that occurs, from the highest: "threshold", "answered" (share of the samples with at least
        this score) and "error rate" (share of wrong ones among them). Samples of one score are answered together,
        so equal scores everywhere give a single row.

    Raises
    ------
    DataError
        For no samples, lengths that differ, or NaN.

    Notes
    -----
    Source: Geifman and El-Yaniv 2017 (arXiv:1705.08500).

    Examples
    --------
    >>> risk_coverage([0.9, 0.6, 0.8, 0.6], [True, False, True, True])
       threshold  answered  error rate
    0        0.9      0.25        0.00
    1        0.8      0.50        0.00
    2        0.6      1.00        0.25
    """
    sure, correct = _checked(scores, right, where="risk_coverage")
    order = np.argsort(-sure, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(sure[order])), len(sure) - 1]  # of those that share a score
    wrong = np.cumsum(~correct[order])[last]
    return pd.DataFrame(
        {
            "threshold": sure[order][last],
            "answered": (last + 1) / len(sure),
            "error rate": wrong / (last + 1),
        }
    )


def abstention_threshold(scores: ArrayLike, right: ArrayLike, *, error_rate: float) -> float:
    """Find the lowest score from which on the answers are wrong no more often than wanted.

    Parameters
    ----------
    scores, right
        As in `risk_coverage`; of samples that the classifier was not trained on and will not be judged by.
    error_rate : float
        Wanted share of wrong answers among those given, 0 to 1.

    Returns
    -------
    float
        Answers of this score or above are given. Infinity if no threshold is enough: then nothing is answered.

    Raises
    ------
    ParameterError
        If `error_rate` is outside 0 to 1.
    DataError
        As `risk_coverage`.

    Notes
    -----
    It keeps its promise on samples like these only, and on few of them by luck: of new ones a little more are
    wrong, and of a class that the classifier does not know all are.

    Examples
    --------
    >>> abstention_threshold([0.9, 0.6, 0.8, 0.5], [True, False, True, True], error_rate=0.1)
    0.8
    >>> abstention_threshold([0.9, 0.6], [False, True], error_rate=0.1)
    inf
    """
    if not 0 <= error_rate <= 1:
        raise ParameterError(
            f"error_rate is {error_rate}", where="abstention_threshold", do="pass a share, 0 to 1"
        )
    curve = risk_coverage(scores, right)
    enough = curve.loc[curve["error rate"] <= error_rate, "threshold"]
    return float(enough.min()) if len(enough) else np.inf


def known_from_unknown(
    scores: ArrayLike,
    known: ArrayLike,
    *,
    groups: ArrayLike,
    seed: int,
    kept: float = 0.95,
    resamples: int = 1000,
) -> dict[str, Interval]:
    """Measure how well a score tells samples of known classes from those of classes never met.

    Parameters
    ----------
    scores : float (n,)
        How sure each answer is; known samples should have the higher ones.
    known : bool (n,)
        Whether the classifier was trained on the sample's class; both must occur.
    groups : (n,)
        Firearm, session, ... of each sample; resampled as a whole.
    seed, resamples
        See `bootstrap_interval`.
    kept : float
        Share of the known samples that a threshold must let through.

    Returns
    -------
    dict of str to Interval
        "AUROC": chance that a known sample scores above an unknown one, equal scores counting half, 0.5 where the
        score tells nothing. "FPR": share of the unknown samples that pass too, at the highest threshold that at
        least `kept` of the known ones pass; 1 where all scores are equal.

    Raises
    ------
    DataError
        If all samples are known, or none is; for no samples, lengths that differ, NaN, or a single group.
    ParameterError
        If `kept` is not above 0 and at most 1.

    Notes
    -----
    Computed by scikit-learn. Resamples that lack one kind are left out of the interval.

    Examples
    --------
    >>> scores, known = [0.9, 0.8, 0.6, 0.7, 0.2], [True, True, True, False, False]
    >>> found = known_from_unknown(scores, known, groups=range(5), seed=0)
    >>> round(found["AUROC"].value, 3), found["FPR"].value
    (0.833, 0.5)
    """
    where = "known_from_unknown"
    sure, met = _checked(scores, known, where=where)
    if not 0 < kept <= 1:
        raise ParameterError(f"kept is {kept}", where=where, do="pass a share above 0, up to 1")
    if met.all() or not met.any():
        what = f"{met.sum()} of {met.size} samples are of known classes"
        raise DataError(what, where=where, do="pass samples of known classes and of others")

    def both(some: NDArray[np.float64], of_known: NDArray[np.bool_]) -> list[float]:
        if of_known.all() or not of_known.any():
            return [np.nan, np.nan]
        unknown_pass, known_pass, _ = roc_curve(of_known, some, drop_intermediate=False)
        passed = float(unknown_pass[np.searchsorted(known_pass, kept - 1e-12)])
        return [float(roc_auc_score(of_known, some)), passed]

    found = bootstrap_interval(both, sure, met, groups=groups, seed=seed, resamples=resamples)
    return {name: found[k] for k, name in enumerate(("AUROC", "FPR"))}


def _checked(
    scores: ArrayLike, right: ArrayLike, *, where: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    sure, correct = np.asarray(scores, float), np.asarray(right)
    if sure.ndim != 1 or not sure.size or sure.shape != correct.shape or correct.dtype != bool:
        raise DataError(
            f"scores of shape {sure.shape}, and {correct.dtype} of shape {correct.shape} beside them",
            where=where,
            do="pass one score and one bool a sample, of at least one sample",
        )
    if np.isnan(sure).any():
        raise DataError(f"{np.isnan(sure).sum()} scores are NaN", where=where, do="leave those samples out")
    return sure, correct
