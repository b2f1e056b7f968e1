"""Systems that turn comparison scores into likelihood ratios, and how far from 1 the data let those be."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import betabinom
from sklearn.isotonic import isotonic_regression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Model = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Scores (n, k) to log10 LR (n,), not bounded."""

_GRID = 801  # scores at which densities are computed
_STEP = 0.001  # of log10 LR, in which bounds are looked for


def _fit_logistic(scores: NDArray, same: NDArray[np.bool_]) -> Model:
    """Logistic regression as lir's LogitCalibrator, of scores of unit spread, and of several."""
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced")).fit(scores, same)
    return lambda rows: np.asarray(model.decision_function(rows), np.float64) / np.log(10)


def _fit_kde(scores: NDArray, same: NDArray[np.bool_]) -> Model:
    from lir.algorithms.kde import KDECalibrator  # slow to import

    scale = StandardScaler().fit(scores)
    # Between as many scores in even steps, and as many of either kind: sums for each of many pairs take minutes.
    even = np.linspace(scores.min(), scores.max(), _GRID)
    dense = (np.quantile(scores[kind], np.linspace(0, 1, _GRID)) for kind in (same, ~same))
    grid = np.unique(np.concatenate([even, *dense]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # equal scores of one kind: as wide as those of all
        model = KDECalibrator(bandwidth="silverman").fit(scale.transform(scores), same.astype(int))
    table = model.transform(scale.transform(grid[:, None]))
    return lambda rows: np.interp(rows.ravel(), grid, table)


def _fit_isotonic(scores: NDArray, same: NDArray[np.bool_]) -> Model:
    from lir.algorithms.isotonic_regression import IsotonicCalibrator

    model = IsotonicCalibrator(add_misleading=1).fit(scores.ravel(), same.astype(int))
    return lambda rows: np.asarray(model.transform(rows.ravel()), np.float64)


def _fit_beta_binomial(cells: NDArray, same: NDArray[np.bool_]) -> Model:
    ones, others = (_beta_binomial(cells[kind]) for kind in (same, ~same))

    def model(rows: NDArray) -> NDArray[np.float64]:
        found = np.empty(len(rows))
        for of in np.unique(rows[:, 1]):
            at = rows[:, 1] == of
            chances = (betabinom.pmf(np.arange(of + 1), of, *shape) for shape in (ones, others))
            table = _rising(
                *(np.maximum(chance, 1e-300) for chance in chances)
            )  # of many cells some underflow
            found[at] = table[rows[at, 0].astype(int)]
        return found

    return model


def _beta_binomial(cells: NDArray) -> tuple[float, float]:
    """Both shapes of the beta-binomial that makes counts (n, 2) most likely."""

    def shapes(of: NDArray) -> tuple[float, float]:
        total = np.exp(of[1])
        return total * expit(of[0]), total * expit(-of[0])

    def cost(of: NDArray) -> float:
        return float(-betabinom.logpmf(cells[:, 0], cells[:, 1], *shapes(of)).sum())

    mean = (cells[:, 0].sum() + 0.5) / (cells[:, 1].sum() + 1)
    start = [np.log(mean / (1 - mean)), 2.0]
    # From all-or-nothing to nearly binomial; beyond, the likelihood hardly changes.
    return shapes(minimize(cost, start, method="L-BFGS-B", bounds=[(-12, 12), (-4, 9)]).x)


def _rising(ones: NDArray, others: NDArray) -> NDArray[np.float64]:
    """log10 LR of each count, counts pooled where it would fall: then it is that of the pool."""
    rising = isotonic_regression(ones / (ones + others), sample_weight=ones + others)
    _, pool = np.unique(rising, return_inverse=True)
    return np.asarray(np.log10(np.bincount(pool, ones) / np.bincount(pool, others))[pool], np.float64)


SYSTEMS: dict[str, Callable[[NDArray, NDArray[np.bool_]], Model]] = {
    "logistic": _fit_logistic,
    "kde": _fit_kde,
    "isotonic": _fit_isotonic,
    "beta_binomial": _fit_beta_binomial,
}


def _invariance(log10_lr: NDArray, same: NDArray[np.bool_]) -> tuple[float, float]:
    """Bounds of Alberink et al. 2025 as lir has them, which takes memory for all pairs times all steps."""
    ones, others = log10_lr[same], log10_lr[~same]
    return -_reach(-others, -ones), _reach(ones, others)


def _reach(towards: NDArray, other: NDArray) -> float:
    """Give the largest log10 LR up to which pairs at or above each value are so much likelier of the right kind."""
    steps = np.arange(0, np.log10(2 * other.size + 2) + 2 * _STEP, _STEP)  # no data support more
    above, wrong = (
        (kind.size - np.searchsorted(np.sort(kind), steps) + 0.5) / (kind.size + 1)
        for kind in (towards, other)
    )
    first = int(np.argmax(np.log10(above / wrong) < steps))
    return float(np.clip(steps[max(first - 1, 0)], 0, max(0.0, towards.max())))


def _elub(log10_lr: NDArray, same: NDArray[np.bool_]) -> tuple[float, float]:
    from lir.algorithms.bayeserror import elub

    low, high = elub(np.clip(log10_lr, -300, 300), same.astype(int), add_misleading=1)
    return float(low), float(high)


BOUNDS = {"invariance": _invariance, "elub": _elub}
