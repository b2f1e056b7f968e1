"""What a split by sample promises, and what is left where whole groups, or whole batches, are held out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from fireanalysis.errors import DataError

from .classification import Interval, bootstrap_scores

SPLITS = ("by sample", "by group", "by batch")
_FEW = 20  # groups: so many are held out one by one


def split_gap(
    features: ArrayLike,
    labels: ArrayLike,
    batch: ArrayLike,
    groups: ArrayLike,
    *,
    seed: int,
    estimator: BaseEstimator | None = None,
    folds: int = 5,
    resamples: int = 1000,
) -> dict[str, Interval]:
    """Measure how well the class is named where samples, whole groups or whole batches are held out, and the gaps.

    Every sample is named once a split, by what was learned from the others; the gaps are of the same samples, so their
    intervals are narrower than those of two scores would suggest.

    Parameters
    ----------
    features : float (n, features)
    labels, batch, groups : (n,)
        What is to be told; study, scanner, session, ...; and firearm, session, source picture.
    seed : int
        Of the folds and the intervals.
    estimator : scikit-learn classifier, optional
        A support vector machine on scaled features by default, classes weighing the same.
    folds : int
        Parts of a split, fewer if a class has fewer samples; up to 20 groups (or batches) are held out one by one.
    resamples : int
        Of groups.

    Returns
    -------
    dict of str to Interval
        "by sample", "by group", "by batch": mean recall over the classes; and the three gaps, "by sample − by group"
        and so on. What speaks of batches is left out where a class is of one batch only, or a group is in several
        (a batch held out would be learned from all the same): then nobody can say.

    Raises
    ------
    DataError
        For fewer than two classes, a class with a single group, NaN, or lengths that differ.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> session = np.repeat(range(40), 5)
    >>> sound = rng.normal(size=(40, 6))[session] + 0.2 * rng.normal(size=(200, 6))  # says nothing of the class
    >>> gap = split_gap(sound, session % 2, session % 4 // 2, session, seed=0)
    >>> bool(gap["by sample"].value > 0.8 and gap["by sample − by group"].low > 0.2)
    True
    """
    table = np.asarray(features, float)
    names, of_class = np.unique(np.asarray(labels), return_inverse=True)
    units = {"by group": np.asarray(groups), "by batch": np.asarray(batch)}
    _check(table, of_class, units)
    learner = (
        make_pipeline(StandardScaler(), SVC(class_weight="balanced")) if estimator is None else estimator
    )
    spread = {name: pd.Series(unit).groupby(of_class).nunique().min() for name, unit in units.items()}
    if len(names) < 2 or spread["by group"] < 2:
        what = f"{len(names)} classes, the least with {spread['by group']} groups; two of each are needed"
        raise DataError(what, where="split_gap", do="add groups, or leave such classes out")
    crossed = pd.Series(units["by batch"]).groupby(units["by group"]).nunique().max() > 1
    found: dict[str, Interval] = {}
    for split in SPLITS if spread["by batch"] > 1 and not crossed else SPLITS[:2]:
        said = np.full(len(table), -1)
        for train, test in _folds(units.get(split), of_class, folds, seed):
            said[test] = clone(learner).fit(table[train], of_class[train]).predict(table[test])
        scores = bootstrap_scores(
            of_class, said, classes=range(len(names)), groups=groups, seed=seed, resamples=resamples
        )
        found[split] = scores["macro recall"]
    gaps = {f"{a} − {b}": _difference(found[a], found[b]) for a, b in combinations(found, 2)}
    return found | gaps


def _check(table: NDArray[np.float64], of_class: NDArray, units: dict[str, NDArray]) -> None:
    if table.ndim != 2 or any(one.shape != (len(table),) for one in (of_class, *units.values())):
        shapes = f"features {table.shape}, labels {of_class.shape}"
        raise DataError(shapes, where="split_gap", do="pass one row, class, batch and group a sample")
    if not table.size or not np.isfinite(table).all() or any(pd.isna(one).any() for one in units.values()):
        what = (
            f"{(~np.isfinite(table)).sum()} features are not finite, or there are none, or a group is missing"
        )
        raise DataError(what, where="split_gap", do="leave out such samples (or features), and say so")


def _folds(
    unit: NDArray | None, of_class: NDArray, folds: int, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    if unit is None:
        yield from KFold(min(folds, len(of_class)), shuffle=True, random_state=seed).split(of_class)
    elif len(np.unique(unit)) <= _FEW:
        yield from LeaveOneGroupOut().split(of_class, groups=unit)
    else:
        parts = max(2, min(folds, int(np.bincount(of_class).min())))
        dealt = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
        yield from dealt.split(of_class, of_class, groups=unit)


def _difference(more: Interval, less: Interval) -> Interval:
    """Of the same resamples: `bootstrap_scores` draws the same groups for the same seed."""
    draws = more.draws - less.draws
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return Interval(more.value - less.value, float(low), float(high), draws, more.groups)
