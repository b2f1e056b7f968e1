"""How far a classifier's probabilities can be believed, and what a rising loss is made of."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from fireanalysis.errors import DataError, ParameterError

COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are tried


def sample_losses(
    logits: ArrayLike, truth: ArrayLike, *, gamma: float = 0.0, class_weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Loss of every sample: what a mean loss is the mean of.

    Parameters
    ----------
    logits : float (..., n, classes)
        Of one epoch, or of several.
    truth : int (n,)
        True class of each sample.
    gamma : float
        Of the focal loss; 0 is cross-entropy.
    class_weights : float (classes,), optional
        The focal loss's α.

    Returns
    -------
    float64 (..., n)
        −α (1 − p)^γ log p, with p the probability of the true class.

    Raises
    ------
    ParameterError
        If `gamma` is negative.
    DataError
        If logits, truth and weights do not go together.

    Notes
    -----
    Source: section 4.2.2; `fireanalysis.training.FocalLoss` is the mean of the same.

    Examples
    --------
    >>> sample_losses([[0.0, 0.0], [2.0, 0.0]], [0, 0]).round(3).tolist()
    [0.693, 0.127]
    """
    logits, truth = _checked(logits, truth, where="sample_losses")
    if not gamma >= 0:
        raise ParameterError(
            f"gamma is {gamma}; it must be 0 or more", where="sample_losses", do="pass gamma=2.0"
        )
    log_p = log_softmax(logits, axis=-1)[..., np.arange(len(truth)), truth]
    losses = -((1 - np.exp(log_p)) ** gamma) * log_p
    if class_weights is None:
        return losses
    weights = np.asarray(class_weights, float)
    if weights.shape != logits.shape[-1:]:
        what = f"class_weights have shape {weights.shape} for {logits.shape[-1]} classes"
        raise DataError(what, where="sample_losses", do="pass one weight a class")
    return weights[truth] * losses


def loss_change(
    logits: ArrayLike, truth: ArrayLike, *, gamma: float = 0.0, class_weights: ArrayLike | None = None
) -> pd.DataFrame:
    """Split the change of the mean loss between two epochs by what became of each prediction.

    Parameters
    ----------
    logits : float (2, n, classes)
        Of the earlier and the later epoch.
    truth : int (n,)
    gamma, class_weights
        See `sample_losses`.

    Returns
    -------
    DataFrame
        Rows "right in both", "became right", "became wrong", "wrong in both"; columns "samples" (a share, 0
        to 1), "confidence before" and "confidence after" (mean probability of the predicted class, NaN without
        samples), "change of loss": the row's part of the change of the mean loss. These add up to all of it.

    Raises
    ------
    DataError
        If there are not two epochs, or the shapes do not go together.

    Examples
    --------
    >>> before, after = [[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 3.0]]
    >>> loss_change([before, after], [0, 0])["change of loss"].round(3).tolist()  # surer: once rightly, once not
    [-0.093, 0.0, 0.0, 0.868]
    """
    values, codes = _checked(logits, truth, where="loss_change")
    if values.shape[:-2] != (2,):
        what = f"logits have shape {values.shape}; two epochs (2, samples, classes) are compared"
        raise DataError(what, where="loss_change", do="pass the logits of an earlier and of a later epoch")
    losses = sample_losses(values, codes, gamma=gamma, class_weights=class_weights)
    before, after = values.argmax(-1) == codes
    confidence = np.exp(log_softmax(values, axis=-1)).max(-1)
    fates = {
        "right in both": before & after,
        "became right": ~before & after,
        "became wrong": before & ~after,
        "wrong in both": ~before & ~after,
    }
    rows = {}
    for name, its in fates.items():
        means = confidence[:, its].mean(1) if its.any() else (np.nan, np.nan)
        rows[name] = [its.mean(), *means, (losses[1] - losses[0])[its].sum() / len(codes)]
    columns = ["samples", "confidence before", "confidence after", "change of loss"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def reliability(probabilities: ArrayLike, truth: ArrayLike, *, bins: int = 10) -> pd.DataFrame:
    """Hold confidence against accuracy: predictions in bins of equal width by the probability they claim.

    Parameters
    ----------
    probabilities : float (n, classes)
    truth : int (n,)
        True classes; one that the classifier does not know (−1) is never predicted right.
    bins : int

    Returns
    -------
    DataFrame
        One row a bin that has samples: "samples" (count), "confidence" (mean probability of the predicted
        class) and "accuracy", 0 to 1.

    Raises
    ------
    ParameterError
        If there is no bin.
    DataError
        If the shapes do not go together.

    Examples
    --------
    >>> reliability([[0.9, 0.1], [0.8, 0.2]], [0, 1], bins=2)
       samples  confidence  accuracy
    0        2        0.85       0.5
    """
    values, codes = _checked(probabilities, truth, where="reliability")
    if bins < 1:
        raise ParameterError(
            f"bins is {bins}; it must be at least 1", where="reliability", do="pass for example 10"
        )
    table = pd.DataFrame({"confidence": values.max(-1), "accuracy": values.argmax(-1) == codes})
    number = np.minimum((table["confidence"] * bins).astype(int), bins - 1)
    rows = table.groupby(number).agg(
        samples=("accuracy", "size"), confidence=("confidence", "mean"), accuracy=("accuracy", "mean")
    )
    return rows.reset_index(drop=True)


def calibration_error(probabilities: ArrayLike, truth: ArrayLike, *, bins: int = 10) -> float:
    """Measure how far confidence is from accuracy on average: the expected calibration error, 0 to 1.

    Parameters
    ----------
    probabilities, truth, bins
        See `reliability`, which also says what it raises.

    Notes
    -----
    Source: Guo et al. 2017, On calibration of modern neural networks, eq. 3. It is biased upwards on few
    samples: chance alone keeps every bin's accuracy from its confidence.

    Examples
    --------
    >>> round(calibration_error([[0.9, 0.1], [0.8, 0.2]], [0, 1], bins=2), 3)
    0.35
    """
    rows = reliability(probabilities, truth, bins=bins)
    gap = (rows["confidence"] - rows["accuracy"]).abs()
    return float(np.average(gap, weights=rows["samples"]))


def fit_temperature(
    logits: ArrayLike, truth: ArrayLike, *, gamma: float = 0.0, class_weights: ArrayLike | None = None
) -> float:
    """Find the one number by which to divide logits so that the loss is lowest; above 1: overconfident.

    Division changes no prediction, only how sure it is said to be.

    Parameters
    ----------
    logits : float (n, classes)
        Of samples the classifier was not trained on.
    truth : int (n,)
    gamma, class_weights
        See `sample_losses`. Only cross-entropy, the default, asks for probabilities that come true.

    Returns
    -------
    float
        0.05 to 20; 1 where it makes no difference, all logits of each sample being equal.

    Raises
    ------
    ParameterError, DataError
        As `sample_losses`, or if logits are not finite.

    Notes
    -----
    Source: Guo et al. 2017, section 4.2. In the inverse of the temperature cross-entropy is convex and has one
    minimum; focal loss need not be, so a coarse grid comes first.

    Examples
    --------
    >>> round(fit_temperature([[2.0, 0.0]] * 3 + [[0.0, 2.0]], [0, 0, 0, 0]), 3)  # 3 of 4: 2 / ln 3
    1.82
    """
    values, codes = _checked(logits, truth, where="fit_temperature")
    if not np.isfinite(values).all():
        what = f"{np.sum(~np.isfinite(values))} logits are not finite"
        raise DataError(what, where="fit_temperature", do="of probabilities pass np.log(p.clip(1e-12))")
    if not np.ptp(values, axis=-1).any():
        return 1.0

    def mean_loss(inverse: float) -> float:
        return sample_losses(inverse * values, codes, gamma=gamma, class_weights=class_weights).mean()

    grid = np.geomspace(1 / HOTTEST, 1 / COLDEST, 3 if gamma == 0 else 25)
    best = int(np.argmin([mean_loss(inverse) for inverse in grid[1:-1]])) + 1
    bounds = (grid[best - 1], grid[best + 1])
    found = minimize_scalar(mean_loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(1 / found.x)


def cooled_losses(
    logits: ArrayLike,
    truth: ArrayLike,
    *,
    groups: ArrayLike,
    gamma: float = 0.0,
    class_weights: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Loss of every sample after a temperature that was fitted without it.

    The groups are dealt out to two halves; each half's temperature is used on the other. What is left of a high
    loss is not a matter of confidence.

    Parameters
    ----------
    logits : float (n, classes)
    truth : int (n,)
    groups : (n,)
        Firearm, session, ... of each sample; two at least.
    gamma, class_weights
        See `sample_losses`.

    Returns
    -------
    float64 (n,)

    Raises
    ------
    DataError
        With fewer than two groups, or if the shapes do not go together.

    Examples
    --------
    >>> logits, truth = [[4.0, 0.0]] * 8, [0, 0, 0, 1] * 2  # sure, and wrong once in four
    >>> cooled_losses(logits, truth, groups=[1, 1, 1, 1, 2, 2, 2, 2]).mean().round(3)  # entropy of 3 in 4
    np.float64(0.562)
    """
    values, codes = _checked(logits, truth, where="cooled_losses")
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if group.shape != codes.shape or len(names) < 2:
        what = f"{len(names)} groups of {group.size} samples, for {codes.size} samples"
        raise DataError(what, where="cooled_losses", do="pass a group a sample, two different ones at least")
    loss: dict[str, Any] = {"gamma": gamma, "class_weights": class_weights}
    losses = np.empty(len(codes))
    for use in (group % 2 == 0, group % 2 == 1):
        temperature = fit_temperature(values[~use], codes[~use], **loss)
        losses[use] = sample_losses(values[use] / temperature, codes[use], **loss)
    return losses


def follow_confidence(logits: ArrayLike, truth: ArrayLike, *, groups: ArrayLike) -> pd.DataFrame:
    """Follow confidence and its cost from epoch to epoch.

    Parameters
    ----------
    logits : float (epochs, n, classes)
    truth : int (n,)
    groups : (n,)
        See `cooled_losses`.

    Returns
    -------
    DataFrame
        One row an epoch, its number from 1 as the index: "accuracy", "confidence when right", "confidence when wrong"
        (means, 0 to 1; NaN where no prediction is such), "calibration error", "temperature",
        "cross-entropy", "cross-entropy, cooled" (`cooled_losses`).

    Raises
    ------
    DataError
        As `cooled_losses`.

    Examples
    --------
    >>> follow_confidence([[[0.0, 0.0]] * 4], [0, 0, 1, 1], groups=[1, 2, 1, 2]).round(3).loc[1].to_dict()
    {'accuracy': 0.5, 'confidence when right': 0.5, 'confidence when wrong': 0.5, 'calibration error': 0.0,
     'temperature': ..., 'cross-entropy': 0.693, 'cross-entropy, cooled': 0.693}
    """
    values, codes = _checked(logits, truth, where="follow_confidence")
    rows = {}
    for epoch, one in enumerate(values, start=1):
        probabilities = softmax(one, axis=1)
        right, confidence = one.argmax(1) == codes, pd.Series(probabilities.max(1))
        rows[epoch] = {
            "accuracy": right.mean(),
            "confidence when right": confidence[right].mean(),
            "confidence when wrong": confidence[~right].mean(),
            "calibration error": calibration_error(probabilities, codes),
            "temperature": fit_temperature(one, codes),
            "cross-entropy": sample_losses(one, codes).mean(),
            "cross-entropy, cooled": cooled_losses(one, codes, groups=groups).mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def explain_rise(
    logits: ArrayLike,
    truth: ArrayLike,
    *,
    rare: ArrayLike,
    groups: ArrayLike,
    gamma: float = 0.0,
    class_weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Hold a rise of the loss between two epochs against what could explain it.

    Parameters
    ----------
    logits : float (2, n, classes)
        Of the earlier and the later epoch.
    truth : int (n,)
    rare : bool (n,)
        Whether a sample is of a class with few training samples.
    groups : (n,)
        See `cooled_losses`.
    gamma, class_weights
        See `sample_losses`; cross-entropy by default.

    Returns
    -------
    DataFrame
        Four rows, which overlap, for they look at the same rise from several sides; columns "part of the rise",
        in units of the loss, and "supported":

        - "right answers became less sure" (the paper's first explanation): the part of samples right in both
          epochs; supported if it is more than half of the rise.
        - "rare classes were overlooked" (its second): the part of rare samples; supported if it is more than
          half, and fewer of them are right than before.
        - "wrong answers became sure": the part of samples wrong in the later epoch; supported if it is more than
          half, and these samples are answered with more confidence than before.
        - "confidence alone": the part that one temperature an epoch undoes; supported if it is more than half.

        Without a rise nothing is supported.

    Raises
    ------
    DataError
        If there are not two epochs, or the shapes do not go together.

    Notes
    -----
    Source: section 4.2.3 offers the first two and tests neither; rules and the other two are ours.

    Examples
    --------
    >>> early, late = [[1.0, 0.0]] * 8, [[6.0, 0.0]] * 8  # sure of all answers, one in four of them wrong
    >>> groups = [1, 1, 1, 1, 2, 2, 2, 2]
    >>> found = explain_rise([early, late], [0, 0, 0, 1] * 2, rare=[False] * 8, groups=groups)
    >>> found["supported"].tolist()
    [False, False, True, True]
    """
    values, codes = _checked(logits, truth, where="explain_rise")
    losses = sample_losses(values, codes, gamma=gamma, class_weights=class_weights)
    fates = loss_change(values, codes, gamma=gamma, class_weights=class_weights)["change of loss"]
    seldom = np.asarray(rare, bool)
    if seldom.shape != codes.shape:
        what = f"rare has shape {seldom.shape} for {codes.size} samples"
        raise DataError(what, where="explain_rise", do="pass one truth value a sample")
    cooled = [
        cooled_losses(one, codes, groups=groups, gamma=gamma, class_weights=class_weights) for one in values
    ]
    right = (values.argmax(2) == codes).astype(int)
    rise = float((losses[1] - losses[0]).mean())
    of_rare = float((losses[1] - losses[0])[seldom].sum() / len(codes))
    of_wrong = fates["became wrong"] + fates["wrong in both"]
    undone = rise - float((cooled[1] - cooled[0]).mean())
    once, now = softmax(values, axis=2).max(2)[:, right[1] == 0].sum(1)  # of those wrong now
    fewer = right[1, seldom].sum() < right[0, seldom].sum()
    rows = {
        "right answers became less sure": (fates["right in both"], fates["right in both"] > rise / 2),
        "rare classes were overlooked": (of_rare, of_rare > rise / 2 and fewer),
        "wrong answers became sure": (of_wrong, of_wrong > rise / 2 and now > once),
        "confidence alone": (undone, undone > rise / 2),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["part of the rise", "supported"])
    return table.assign(supported=table["supported"].astype(bool) & (rise > 0))


def _checked(values: ArrayLike, truth: ArrayLike, *, where: str) -> tuple[NDArray, NDArray[np.int64]]:
    array, codes = np.asarray(values, np.float64), np.asarray(truth)
    if array.ndim < 2 or codes.shape != array.shape[-2:-1] or not codes.size:
        what = f"values of shape {array.shape} and truth of shape {codes.shape} do not go together"
        raise DataError(what, where=where, do="pass (samples, classes) and one class a sample")
    least = -1 if where == "reliability" else 0  # a loss needs the probability of the true class
    if codes.dtype.kind not in "iu" or codes.min() < least or codes.max() >= array.shape[-1]:
        what = f"truth runs from {codes.min()} to {codes.max()} for {array.shape[-1]} classes"
        raise DataError(what, where=where, do="pass codes of classes the classifier knows, from 0")
    return array, codes
