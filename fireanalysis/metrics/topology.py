"""Where classes lie in a feature space: centres, distances between and within classes, and what goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import whole

DISTANCES = ("cosine", "chord", "euclidean", "squared euclidean")
"""1 − cosine of the angle (0 to 2); length of the difference of vectors scaled to length 1; length of the
difference as it is; its square."""


def class_centres(features: ArrayLike, truth: ArrayLike, *, classes: int) -> NDArray[np.float64]:
    """Average the features of each class.

    Parameters
    ----------
    features : float (n, d)
    truth : int (n,)
        Class of each row; others than 0 to classes − 1 are left out.
    classes : int

    Returns
    -------
    float64 (classes, d)
        NaN for a class without rows.

    Raises
    ------
    DataError
        For features that are not finite numbers (n, d), or classes that do not go with them.
    ParameterError
        For fewer than one class.

    Examples
    --------
    >>> class_centres([[0.0, 2.0], [2.0, 2.0], [5.0, 1.0]], [0, 0, 1], classes=2).tolist()
    [[1.0, 2.0], [5.0, 1.0]]
    """
    x, codes = _features(features, truth, where="class_centres")
    classes = whole(classes, name="classes", where="class_centres", least=1, most=10**6)
    centres = np.full((classes, x.shape[1]), np.nan)
    for code in np.unique(codes[(codes >= 0) & (codes < classes)]):
        centres[code] = x[codes == code].mean(axis=0, dtype=np.float64)
    return centres


def inter_class_distances(centres: ArrayLike, *, measure: str = "cosine") -> NDArray[np.float64]:
    """Measure how far the centres of all classes are from one another (paper: Table 5).

    Parameters
    ----------
    centres : float (classes, d)
        From `class_centres`; a row of NaN is a class without samples.
    measure : str
        One of `DISTANCES`.

    Returns
    -------
    float64 (classes, classes)
        Symmetric, 0 on the diagonal; NaN where a class has no centre.

    Raises
    ------
    DataError
        If the centres are not two-dimensional.
    ParameterError
        For an unknown measure.

    Notes
    -----
    Source: Table 5 does not say which distance it holds; the cosine distance is our choice.

    Examples
    --------
    >>> inter_class_distances([[1.0, 0.0], [0.0, 2.0]], measure="euclidean").round(3).tolist()
    [[0.0, 2.236], [2.236, 0.0]]
    """
    c = np.asarray(centres, np.float64)
    if c.ndim != 2:
        what = f"centres have shape {c.shape}; (classes, features) is needed"
        raise DataError(what, where="inter_class_distances", do="pass the result of class_centres")
    return np.array([_distances(np.broadcast_to(one, c.shape), c, measure) for one in c])


def minus_log10(distances: ArrayLike) -> NDArray[np.float64]:
    """Turn distances into −log10, as Table 5 prints them: the larger, the nearer.

    Returns
    -------
    float64, of the same shape
        NaN where a distance is 0 or missing (a class to itself).

    Examples
    --------
    >>> minus_log10([0.01, 1.0, 0.0]).tolist()
    [2.0, 0.0, nan]
    """
    x = np.asarray(distances, np.float64)
    return -np.log10(np.where(x > 0, x, np.nan)) + 0.0  # no minus zero


def distances_to_centre(
    features: ArrayLike, truth: ArrayLike, *, centres: ArrayLike, measure: str = "cosine"
) -> NDArray[np.float64]:
    """Measure how far each sample is from the centre of its class.

    Parameters
    ----------
    features : float (n, d)
    truth : int (n,)
        Class of each row.
    centres : float (classes, d)
        From `class_centres`.
    measure : str
        One of `DISTANCES`.

    Returns
    -------
    float64 (n,)
        NaN for a row whose class has no centre, or is none of them.

    Raises
    ------
    DataError
        For arrays that do not go together.
    ParameterError
        For an unknown measure.

    Examples
    --------
    >>> distances_to_centre([[3.0, 4.0]], [0], centres=[[0.0, 0.0]], measure="euclidean").tolist()
    [5.0]
    """
    x, codes = _features(features, truth, where="distances_to_centre")
    c = np.asarray(centres, np.float64)
    if c.ndim != 2 or c.shape[1] != x.shape[1]:
        raise DataError(
            f"centres have shape {c.shape}, features {x.shape}; both need as many columns",
            where="distances_to_centre",
            do="pass class_centres of the same network's features",
        )
    found = np.full(len(x), np.nan)
    step = max(1, 2**20 // x.shape[1])  # 8 MB of differences at a time
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        known = (codes[part] >= 0) & (codes[part] < len(c))
        own = c[np.where(known, codes[part], 0)]
        found[part] = np.where(known, _distances(x[part].astype(np.float64), own, measure), np.nan)
    return found


def intra_class_distances(
    features: ArrayLike,
    truth: ArrayLike,
    *,
    classes: Sequence,
    centres: ArrayLike | None = None,
    measure: str = "cosine",
) -> pd.DataFrame:
    """Summarise how far the samples of each class are from its centre (paper: Table 6).

    Needs memory for the features and one distance a sample; no pairs of samples are compared.

    Parameters
    ----------
    features : float (n, d)
    truth : int (n,)
        Codes of the classes; others are left out.
    classes : sequence
        What the codes stand for.
    centres : float (classes, d), optional
        By default the centres of these samples.
    measure : str
        One of `DISTANCES`.

    Returns
    -------
    DataFrame
        One row a class, by name and in the order of `classes`: mean, median, std (of the samples, divided by
        n), max, samples. NaN for a class without samples.

    Raises
    ------
    DataError
        For arrays that do not go together.
    ParameterError
        For an unknown measure.

    Examples
    --------
    >>> x = [[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]]
    >>> intra_class_distances(x, [0, 0, 1], classes=["a", "b"], measure="euclidean")
       mean  median  std  max  samples
    a   1.0     1.0  0.0  1.0        2
    b   0.0     0.0  0.0  0.0        1
    """
    if centres is None:
        centres = class_centres(features, truth, classes=len(classes))
    distance = distances_to_centre(features, truth, centres=centres, measure=measure)
    codes = np.asarray(truth)
    parts = [distance[codes == code] for code in range(len(classes))]
    rows = [
        [f(part) if len(part) else np.nan for f in (np.mean, np.median, np.std, np.max)] for part in parts
    ]
    table = pd.DataFrame(rows, columns=["mean", "median", "std", "max"], index=list(classes), dtype=float)
    return table.assign(samples=[len(part) for part in parts])


@dataclass(frozen=True)
class Correlation:
    """How two quantities go together.

    Attributes
    ----------
    pearson, spearman : float
        −1 to 1; NaN if one of the two does not vary.
    pearson_p, spearman_p : float
        Two-sided p-value against no correlation: from the normal model, and from ranks.
    pearson_low, pearson_high : float
        95 % interval by Fisher's transform; NaN with fewer than four pairs.
    pairs : int
    """

    pearson: float
    pearson_p: float
    pearson_low: float
    pearson_high: float
    spearman: float
    spearman_p: float
    pairs: int

    def __str__(self) -> str:
        linear = f"Pearson {self.pearson:+.2f} ({self.pearson_low:+.2f} to {self.pearson_high:+.2f})"
        ranks = f"Spearman {self.spearman:+.2f}, p = {self.spearman_p:.2g}"
        return f"{linear}, p = {self.pearson_p:.2g}; {ranks}; {self.pairs} pairs"


def correlation(x: ArrayLike, y: ArrayLike) -> Correlation:
    """Correlate two quantities, linearly (Pearson) and by rank (Spearman) (paper: Figs 10, 11).

    Parameters
    ----------
    x, y : float (n,)
        Pairs with a NaN are left out; the result counts those used.

    Raises
    ------
    DataError
        If lengths differ, or fewer than three pairs are left.

    Notes
    -----
    scipy's ``pearsonr`` and ``spearmanr``. With few pairs a large coefficient means little: look at p and the
    interval.

    Examples
    --------
    >>> found = correlation([1, 2, 3, 4], [1, 8, 27, 64])
    >>> round(found.pearson, 3), found.spearman, found.pairs
    (0.951, 1.0, 4)
    >>> print(found)
    Pearson +0.95 (-0.11 to +1.00), p = 0.049; Spearman +1.00, p = 0; 4 pairs
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        what = f"shapes {a.shape} and {b.shape}; two rows of equally many numbers are needed"
        raise DataError(what, where="correlation", do="pass one pair a class")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if len(a) < 3:
        what = f"{len(a)} pairs without NaN; 3 are needed"
        raise DataError(what, where="correlation", do="use more classes")
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return Correlation(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, pairs=len(a))
    linear, ranks = stats.pearsonr(a, b), stats.spearmanr(a, b)
    low, high = linear.confidence_interval(0.95) if len(a) > 3 else (np.nan, np.nan)
    return Correlation(
        float(linear.statistic),
        float(linear.pvalue),
        float(low),
        float(high),
        float(ranks.statistic),
        float(ranks.pvalue),
        pairs=len(a),
    )


def _distances(x: NDArray[np.float64], y: NDArray[np.float64], measure: str) -> NDArray[np.float64]:
    """Row by row."""
    if measure not in DISTANCES:
        raise ParameterError(
            f"measure is {measure!r}; there are {', '.join(DISTANCES)}",
            where="topology",
            do="pass one of them",
        )
    if measure in ("cosine", "chord"):
        with np.errstate(invalid="ignore"):  # a vector without length has no direction: NaN
            x, y = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (x, y))
    squares = ((x - y) ** 2).sum(axis=1)
    if measure == "cosine":
        return squares / 2  # exact also for small angles, where 1 − cosine cancels
    return squares if measure == "squared euclidean" else np.sqrt(squares)


def _features(features: ArrayLike, truth: ArrayLike, *, where: str) -> tuple[NDArray, NDArray]:
    x, codes = np.asarray(features), np.asarray(truth)
    numbers = x.ndim == 2 and x.size > 0 and x.dtype.kind in "fiu" and bool(np.isfinite(x).all())
    if not numbers or codes.shape != (len(x),) or codes.dtype.kind not in "iu":
        raise DataError(
            f"features ({x.dtype}, {x.shape}) and classes ({codes.dtype}, {codes.shape}); "
            "needed are finite numbers (n, d) and n whole numbers",
            where=where,
            do="take both from one Prediction",
        )
    return x, codes
