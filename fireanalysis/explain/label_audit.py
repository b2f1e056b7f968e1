"""Auditing labels: probabilities of a classifier that has not seen what it judges, and what each look finds."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from cleanlab.segmentation.rank import get_label_quality_scores
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import Predictions
from fireanalysis.metrics import Interval, bootstrap_interval
from fireanalysis.transforms.arrays import whole

from .wrong_labels import label_suspicion


def out_of_sample(
    features: ArrayLike,
    labels: ArrayLike,
    *,
    groups: ArrayLike,
    estimator: BaseEstimator,
    seed: int,
    folds: int = 5,
    leaky: bool = False,
) -> NDArray[np.float64]:
    """Ask a classifier about every sample that has learned from the other groups' samples only.

    Parameters
    ----------
    features : float (n, d)
    labels : (n,)
        As registered.
    groups : (n,)
        Firearm, session, ... of each sample: on one side of each split.
    estimator : sklearn estimator
        With ``predict_proba``; fitted anew for each fold.
    seed : int
        Of the folds.
    folds : int
        So many parts; 2 or more.
    leaky : bool, optional
        Split by sample instead: other samples of a group are learned from. Only to see what that does.

    Returns
    -------
    float64 (n, classes)
        Probabilities, classes sorted. A class that a fold's other parts lack has probability 0 there: the label of a
        class with a single group always looks wrong.

    Raises
    ------
    ParameterError
        For fewer than 2 folds, or more than 1000.
    DataError
        For arrays that do not go together or hold NaN, a single class, or fewer groups than folds.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> x, labels, groups = [[0.0], [0.1], [0.2], [1.0], [1.1], [1.2]], list("aaabbb"), [1, 1, 2, 3, 3, 4]
    >>> near = KNeighborsClassifier(1)
    >>> out_of_sample(x, labels, groups=groups, estimator=near, seed=0, folds=2).argmax(1).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    where = "out_of_sample"
    x, y, group = np.asarray(features, np.float64), np.asarray(labels), np.asarray(groups)
    folds = whole(folds, name="folds", where=where, least=2, most=1000)
    if x.ndim != 2 or not y.shape == group.shape == x.shape[:1] or not np.isfinite(x).all():
        what = f"features of shape {x.shape} (finite: {np.isfinite(x).all()}), labels {y.shape}, groups {group.shape}"
        raise DataError(what, where=where, do="pass one row of finite features, a label and a group a sample")
    units = np.arange(len(y)) if leaky else group
    if len(np.unique(y)) < 2 or len(np.unique(units)) < folds:
        what = f"{len(np.unique(y))} classes and {len(np.unique(units))} groups for {folds} folds"
        raise DataError(what, where=where, do="pass two classes or more, and as many groups as folds")
    how = StratifiedKFold if leaky else StratifiedGroupKFold
    with warnings.catch_warnings():  # classes with few samples: said above
        warnings.filterwarnings("ignore", message="(?s).*(least populated|Number of classes|Only one sample)")
        try:
            with threadpool_limits(
                1
            ):  # matrices are small: two threads wait for each other more than they compute
                found = cross_val_predict(
                    estimator,
                    x,
                    y,
                    groups=None if leaky else group,
                    cv=how(folds, shuffle=True, random_state=seed),
                    method="predict_proba",
                )
        except ValueError as error:
            do = "choose fewer folds, or leave out classes of a single group"
            raise DataError(f"a fold cannot be learned from: {error}", where=where, do=do) from error
    return np.asarray(found, np.float64)


def audit_predictions(said: Predictions) -> pd.DataFrame:
    """Put the labels behind a classifier's answers in order of suspicion, the most suspicious first.

    Parameters
    ----------
    said : Predictions
        Out of sample; its truth is what is registered. A column "checked" of its table holds the label that somebody
        found who looked again, and is empty where nobody did.

    Returns
    -------
    pandas.DataFrame
        One row a sample whose registered class the classifier knows: row (of the table given, from 1), group,
        recorded, likely (the most probable class), suspicion (0 to 1: one minus the probability of the recorded
        class), flagged (bool, see `label_suspicion`), wrong (1, 0; NaN where nobody looked).

    Raises
    ------
    DataError
        If it knows none of the registered classes.
    """
    known = said.subset(said.truth >= 0, what="the registered labels of classes that the classifier knows")
    found = label_suspicion(known.probabilities, known.truth)
    table = pd.DataFrame(
        {
            "row": np.flatnonzero(said.truth >= 0) + 1,
            "group": known.groups,
            "recorded": known.classes[known.truth],
            "likely": known.classes[known.probabilities.argmax(1)],
            "suspicion": found["self-confidence"],
            "flagged": found["flagged"],
        }
    )
    checked = known.table.get("checked", pd.Series(np.nan, index=known.table.index))
    if checked.dtype.kind == "f":  # whole numbers beside empty cells, as a CSV reader gives them
        checked = checked.map("{:g}".format, na_action="ignore")
    empty = (checked.isna() | (checked.astype(str).str.strip() == "")).to_numpy()
    differs = checked.astype(str).str.strip().to_numpy() != known.table["truth"].to_numpy(str)
    table["wrong"] = np.where(empty, np.nan, differs.astype(float))
    return table.sort_values("suspicion", ascending=False, kind="stable", ignore_index=True)


def audit_curve(
    wrong: ArrayLike,
    suspicion: ArrayLike,
    *,
    budgets: ArrayLike,
    groups: ArrayLike,
    seed: int,
    looks: ArrayLike | None = None,
    resamples: int = 1000,
) -> dict[str, Interval]:
    """Say what an audit finds for so many looks, the most suspicious first, groups resampled.

    Parameters
    ----------
    wrong : bool (n,)
        Which labels are wrong.
    suspicion : float (n,)
        Larger is looked at earlier; equals in random order, of which the mean is given. All equal: the random audit.
    budgets : (m,)
        Shares of all looks, 0 to 1.
    groups : (n,)
        Firearm, session, ... of each sample.
    looks : float (n,), optional
        What checking a sample costs; 1 by default. Where one look settles a whole group, pass one over its size.
    seed, resamples
        See `fireanalysis.metrics.bootstrap_interval`.

    Returns
    -------
    dict of str to Interval
        Of (m,) each: "precision", the share of the looks that go to wrong labels (NaN without looks), and "recall",
        the share of the wrong labels found (NaN where none is wrong).

    Raises
    ------
    DataError
        For arrays that do not go together, missing numbers, looks that are not above 0, or a single group.
    ParameterError
        For budgets outside 0 to 1.

    Examples
    --------
    >>> found = audit_curve([True, False, True, False], [4, 3, 2, 1], budgets=[0.25, 0.5], groups=range(4), seed=0)
    >>> found["precision"].value.tolist(), found["recall"].value.tolist()
    ([1.0, 0.5], [0.5, 0.5])
    """
    where = "audit_curve"
    bad, scores = np.asarray(wrong), np.asarray(suspicion, np.float64)
    cost = np.ones(bad.shape) if looks is None else np.asarray(looks, np.float64)
    shares = np.atleast_1d(np.asarray(budgets, np.float64))
    if bad.dtype != bool or bad.ndim != 1 or not scores.shape == cost.shape == bad.shape or not bad.size:
        what = f"wrong is {bad.dtype} of shape {bad.shape}, suspicion {scores.shape}, looks {cost.shape}"
        raise DataError(what, where=where, do="pass one of each a sample, wrong as bool")
    if np.isnan(scores).any() or not ((cost > 0) & (cost < np.inf)).all():
        what = f"{np.isnan(scores).sum()} suspicions are NaN, {(~(cost > 0)).sum()} looks are not above 0"
        raise DataError(what, where=where, do="leave such samples out")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ParameterError(f"budgets are {budgets!r}", where=where, do="pass shares of all looks, 0 to 1")

    def at_budgets(
        some: NDArray[np.bool_], score: NDArray[np.float64], each: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        order = np.argsort(-score, kind="stable")
        last = np.r_[
            np.flatnonzero(np.diff(score[order])), len(order) - 1
        ]  # of those that are equally suspicious
        spent, hits, found = (
            np.r_[0, np.cumsum(values[order])[last]] for values in (each, each * some, some.astype(float))
        )
        # In between, equals come in random order: on average in proportion.
        budget = shares * spent[-1]
        with np.errstate(invalid="ignore"):
            precision = np.interp(budget, spent, hits) / budget
            return np.stack([precision, np.interp(budget, spent, found) / found[-1]])

    both = bootstrap_interval(at_budgets, bad, scores, cost, groups=groups, seed=seed, resamples=resamples)
    return {name: both[k] for k, name in enumerate(("precision", "recall"))}


def mask_suspicion(masks: ArrayLike, probabilities: ArrayLike) -> pd.DataFrame:
    """Rank how suspicious the masks of pictures are, held against a network's pixels.

    Parameters
    ----------
    masks : bool (n, rows, columns)
        As registered; True where a firearm is.
    probabilities : float (n, rows, columns)
        That a pixel is of a firearm, of a network that learned from none of these pictures.

    Returns
    -------
    pandas.DataFrame
        One row a picture: "worst pixels" (one minus cleanlab's softmin quality, 0 to 1, which the least credible
        pixels decide), "loss" (mean cross-entropy, nats a pixel), "no overlap" (one minus the IoU of the mask and the
        pixels of probability 0.5 or more; 0 where both are empty).

    Raises
    ------
    DataError
        For arrays that do not go together, or hold no probabilities.

    Notes
    -----
    Source: Lad & Mueller 2023 (arXiv:2307.05080) for the softmin.

    Examples
    --------
    >>> p = np.full((2, 4, 4), 0.1)
    >>> p[:, :2] = 0.9
    >>> mask_suspicion([p[0] > 0.5, p[0] < 0.5], p)["no overlap"].tolist()
    [0.0, 1.0]
    """
    recorded, p = np.asarray(masks), np.asarray(probabilities, np.float64)
    sound = recorded.dtype == bool and p.shape == recorded.shape and p.ndim == 3 and p.size
    if not sound or not ((p >= 0) & (p <= 1)).all():
        what = f"masks are {recorded.dtype} of shape {recorded.shape}, probabilities have shape {p.shape}"
        raise DataError(
            what, where="mask_suspicion", do="pass bool masks, and a number of 0 to 1 for each pixel"
        )
    quality, _ = get_label_quality_scores(recorded.astype(int), np.stack([1 - p, p], axis=1), verbose=False)
    own = np.maximum(np.where(recorded, p, 1 - p), np.finfo(float).tiny)
    said = p >= 0.5
    union = (said | recorded).sum((1, 2))
    overlap = np.divide((said & recorded).sum((1, 2)), union, out=np.ones(len(p)), where=union > 0)
    return pd.DataFrame(
        {"worst pixels": 1 - quality, "loss": -np.log(own).mean((1, 2)), "no overlap": 1 - overlap}
    )
