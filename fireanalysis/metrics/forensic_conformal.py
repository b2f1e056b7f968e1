"""Conformal sets: answers that may name several classes, with a promise of how often the true one is among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from crepes import ConformalClassifier
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

CONFORMAL_BY = ("all", "class")
_ROUNDING = 1e-9  # shares of groups do not add up to round numbers


def conformal_p_values(
    probabilities: ArrayLike,
    truth: ArrayLike,
    asked: ArrayLike,
    *,
    by: str = "all",
    groups: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Ask of every sample and class what share of the calibration samples is as strange as it would be.

    How strange a sample is as one of a class is one minus the probability that the classifier gives to the class.

    Parameters
    ----------
    probabilities, truth : float (n, classes), int (n,)
        Of the calibration samples; the classifier was not trained on them.
    asked : float (m, classes)
        Probabilities of the samples that are asked about.
    by : {"all", "class"}
        Compare with all calibration samples: the promise is kept on average over classes. Or with those of the class
        that is asked for: it is kept in each class (label-conditional, "Mondrian").
    groups : (n,), optional
        Firearm, session, ... of each calibration sample. Then every group counts alike and as one, however many
        samples it has: for asking about new groups. Without, samples must be exchangeable.

    Returns
    -------
    float64 (m, classes)
        Above 0, at most 1; small where the class hardly can be. The chance that the true class gets α or less is at
        most α. Never below 1 / (calibration samples or groups + 1): with too few nothing can be ruled out, and of a
        class without any it is 1. Equal scores count as equally strange, so if all are equal, all are 1.

    Raises
    ------
    ParameterError
        If `by` is neither.
    DataError
        For arrays that do not go together or are no probabilities; without calibration samples; for classes that the
        classifier does not know; for samples without group.

    Notes
    -----
    Source: Vovk, Gammerman and Shafer 2005 (Algorithmic Learning in a Random World), computed by crepes. With groups:
    hierarchical conformal prediction, Lee, Barber and Willett 2023 (arXiv:2306.06342); it is what drawing one
    sample a group (Dunn, Wasserman and Ramdas 2023, arXiv:1809.07441) gives on average over the draws. It takes
    groups, not samples, to be exchangeable, and says nothing of a firearm of a kind that calibration lacks.

    Examples
    --------
    >>> p, truth = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], [0, 0, 1]
    >>> conformal_p_values(p, truth, [[0.75, 0.25]]).tolist()  # strange as 0, as 1: 0.25, 0.75
    [[0.5, 0.25]]
    >>> conformal_p_values(p, truth, [[0.75, 0.25]], by="class").round(3).tolist()
    [[0.333, 0.5]]
    >>> conformal_p_values(p, truth, [[0.75, 0.25]], groups=["a", "a", "b"]).round(3).tolist()
    [[0.667, 0.333]]
    """
    where = "conformal_p_values"
    if by not in CONFORMAL_BY:
        raise ParameterError(f"by is {by!r}", where=where, do=f"pass one of {', '.join(CONFORMAL_BY)}")
    known, codes, new = _checked(probabilities, truth, asked, where=where)
    names = None if groups is None else group_codes(groups, len(codes), where=where)
    strange = 1 - known[np.arange(len(codes)), codes]
    columns = []
    for code in range(new.shape[1]):
        of = np.ones(len(codes), bool) if by == "all" else codes == code
        columns.append(_p_values(strange[of], 1 - new[:, code], None if names is None else names[of]))
    return np.column_stack(columns)


def conformal_sets(p_values: ArrayLike, *, coverage: float) -> NDArray[np.bool_]:
    """Put the classes together that cannot be ruled out: those whose p-value is above one minus the coverage.

    Parameters
    ----------
    p_values : float (m, classes)
        From `conformal_p_values`.
    coverage : float
        Share of samples whose true class shall be in the set, 0 to 1. At 1 every set holds all classes, at 0 none.

    Returns
    -------
    bool (m, classes)
        A set may be empty (the sample is like no class) or hold all classes: always, where calibration had fewer
        than 1 / (1 − coverage) − 1 samples (or groups).

    Raises
    ------
    ParameterError
        If `coverage` is outside 0 to 1.

    Notes
    -----
    Source: as `conformal_p_values`. (``crepes.ConformalClassifier.predict_set`` also keeps what is exactly at
    the limit.)

    Examples
    --------
    >>> conformal_sets([[0.5, 0.1], [0.05, 0.02]], coverage=0.9).tolist()
    [[True, False], [False, False]]
    """
    if not 0 <= coverage <= 1:
        raise ParameterError(f"coverage is {coverage}", where="conformal_sets", do="pass a share, 0 to 1")
    return np.asarray(p_values, float) > 1 - coverage + _ROUNDING


def _p_values(
    calibration: NDArray[np.float64], asked: NDArray[np.float64], groups: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """One p-value a sample asked about: its rank among the calibration samples, each counted, or each group."""
    if groups is None:
        return np.asarray(ConformalClassifier().fit(calibration).predict_p(asked, smoothing=False))
    _, code, size = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(calibration)
    weights = 1 / size[code][order]
    as_strange = np.append(weights[::-1].cumsum()[::-1], 0.0)  # groups (parts of them) from each score on
    place = np.searchsorted(calibration[order], asked, side="left")
    return (1 + as_strange[place]) / (1 + len(size))


def _checked(
    probabilities: ArrayLike, truth: ArrayLike, asked: ArrayLike, *, where: str
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    known, new = np.asarray(probabilities, np.float64), np.asarray(asked, np.float64)
    if known.ndim == 2 and not len(known):
        do = "give it samples that the classifier was not trained on"
        raise DataError("the calibration part is empty", where=where, do=do)
    if known.ndim != 2 or new.ndim != 2 or known.shape[1] != new.shape[1] or not known.shape[1]:
        what = f"probabilities of shapes {known.shape} and {new.shape}"
        raise DataError(
            what, where=where, do="pass one row a sample and one column a class, the same in both"
        )
    for name, values in (("calibration", known), ("asked", new)):
        wrong = ~((values >= 0) & (values <= 1))  # NaN among them
        if wrong.any():
            what = f"{wrong.sum()} numbers of the {name} part are outside 0 to 1, such as {values[wrong][0]}"
            raise DataError(what, where=where, do="pass probabilities, not logits; leave out samples without")
    return known, known_codes(truth, *known.shape, where=where), new


def known_codes(truth: ArrayLike, samples: int, classes: int, *, where: str) -> NDArray[np.int64]:
    """Check that there is a code of a known class for every sample."""
    codes = np.asarray(truth)
    if codes.shape != (samples,) or codes.dtype.kind not in "iu" or not samples:
        what = f"truth is {codes.dtype} of shape {codes.shape}, for {samples} samples"
        raise DataError(what, where=where, do="pass one code (whole number) a sample, of at least one sample")
    wrong = (codes < 0) | (codes >= classes)
    if wrong.any():
        what = f"{wrong.sum()} samples are of classes outside 0 to {classes - 1}, such as {codes[wrong][0]}"
        raise DataError(
            what, where=where, do="leave out samples of classes that the classifier does not know"
        )
    return codes.astype(np.int64)


def group_codes(groups: ArrayLike, samples: int, *, where: str) -> NDArray[np.int64]:
    """Give each group a number; every sample must have one."""
    names = np.asarray(groups)
    codes = pd.factorize(names)[0] if names.ndim == 1 else np.empty(0, np.int64)
    if len(codes) != samples or (codes < 0).any():
        what = f"{len(codes)} groups for {samples} samples, {(codes < 0).sum()} of them missing"
        raise DataError(what, where=where, do="pass the firearm or session of each sample")
    return codes.astype(np.int64)
