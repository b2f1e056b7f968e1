"""How far several labelers' scores are to be believed, and what weighting them gains over their mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import as_array, whole

from .classification import Interval, bootstrap_interval

LEAST_VALID = 6.0
"""Final score from which the paper keeps a picture."""

_SCORES = ("precision", "recall", "f1")


def labeler_correlations(scores: ArrayLike, classes: ArrayLike) -> pd.DataFrame:
    """Give the mean correlation of each labeler's scores with every other's, class by class.

    Parameters
    ----------
    scores : (pictures, labelers)
        One column a labeler; every picture is scored by all.
    classes : (pictures,)
        The class whose exemplar a picture was compared with.

    Returns
    -------
    pandas.DataFrame
        One row a class, one column a labeler, -1 to 1. Who gives all pictures of a class the same score says
        nothing about them: their correlation with those who do not is taken as 0. It is NaN between two such
        labelers, and left out of the mean.

    Raises
    ------
    DataError
        For scores that are no table of finite numbers, or not one class a row.
    ParameterError
        For fewer than two labelers.

    Notes
    -----
    Source: retrieval paper, §III-B.

    Examples
    --------
    >>> scores = [[0, 1, 5], [5, 6, 5], [9, 8, 4], [2, 2, 7], [4, 4, 7]]
    >>> labeler_correlations(scores, ["a", "a", "a", "b", "b"]).round(2).to_dict("index")
    {'a': {0: 0.08, 1: 0.13, 2: -0.78}, 'b': {0: 0.5, 1: 0.5, 2: 0.0}}
    """
    table = _scores(scores, where="labeler_correlations")
    labels = as_array(classes, where="labeler_correlations")
    if labels.shape != table.shape[:1]:
        what = f"classes have shape {labels.shape}, scores {table.shape}"
        raise DataError(what, where="labeler_correlations", do="pass one class for each row of scores")
    if table.shape[1] < 2:
        what = f"{table.shape[1]} labelers; two are needed"
        raise ParameterError(what, where="labeler_correlations", do="pass one column a labeler")
    rows = pd.DataFrame(table).groupby(labels).indices
    found = {name: _mean_correlations(table[places]) for name, places in rows.items()}
    return pd.DataFrame.from_dict(found, orient="index", columns=range(table.shape[1]))


def lowest_counts(correlations: pd.DataFrame) -> pd.Series:
    """Count the classes in which each labeler agrees least with the others (paper: Table I).

    Parameters
    ----------
    correlations : DataFrame
        From `labeler_correlations`.

    Returns
    -------
    pandas.Series
        One number a labeler; several who are equally low share a class. Classes in which nobody's scores vary
        are not counted.

    Notes
    -----
    Source: retrieval paper, Table I: 4, 93, 4, 33, 33 of 167 classes.

    Examples
    --------
    >>> lowest_counts(pd.DataFrame({0: [0.5, 0.2, 0.1], 1: [0.1, 0.6, 0.1], 2: [0.4, 0.6, 0.3]})).tolist()
    [1.5, 1.5, 0.0]
    """
    lowest = correlations.eq(correlations.min(axis=1), axis=0)
    return lowest.div(lowest.sum(axis=1).where(lambda shared: shared > 0), axis=0).sum()


def labeler_weights(counts: ArrayLike, *, without: int = 1) -> NDArray[np.float64]:
    """Weight labelers by one over the number of classes in which they agree least, the poorest not at all.

    Parameters
    ----------
    counts : (labelers,)
        From `lowest_counts`. A count below one half, which would weigh too much, is taken as one half.
    without : int
        So many labelers of the highest counts are left out; one in the paper.

    Returns
    -------
    float64 (labelers,)
        Of sum 1.

    Raises
    ------
    DataError
        For counts that are no finite numbers of at least 0.
    ParameterError
        If no labeler would be left.

    Notes
    -----
    Source: retrieval paper, §III-B. It prints the weights, not the rule; this one gives them to 0.001.

    Examples
    --------
    >>> labeler_weights([4, 93, 4, 33, 33]).round(3).tolist()
    [0.446, 0.0, 0.446, 0.054, 0.054]
    """
    where = "labeler_weights"
    lowest = as_array(counts, where=where).astype(np.float64)
    if lowest.ndim != 1 or not np.isfinite(lowest).all() or (lowest < 0).any():
        raise DataError(f"counts are {counts!r}", where=where, do="pass one number of at least 0 a labeler")
    without = whole(without, name="without", where=where, least=0, most=len(lowest) - 1)
    weights = 1 / np.maximum(lowest, 0.5)
    weights[np.argsort(-lowest, kind="stable")[:without]] = 0
    return weights / weights.sum()


def valid_pictures(
    scores: ArrayLike, weights: ArrayLike | None = None, *, least: float = LEAST_VALID
) -> NDArray[np.bool_]:
    """Say which pictures are kept: those whose weighted sum of scores reaches a threshold.

    Parameters
    ----------
    scores : (pictures, labelers)
    weights : (labelers,), optional
        From `labeler_weights`; all alike by default.
    least : float
        6 in the paper. A sum that misses it by rounding alone reaches it.

    Returns
    -------
    bool (pictures,)

    Raises
    ------
    DataError
        For scores that are no table of finite numbers, or not one weight a labeler.

    Notes
    -----
    Source: retrieval paper, §III-B.

    Examples
    --------
    >>> valid_pictures([[9, 0, 9, 4, 4], [6, 0, 6, 6, 6], [5, 9, 6, 6, 6]], [0.445, 0, 0.445, 0.055, 0.055]).tolist()
    [True, True, False]
    """
    table = _scores(scores, where="valid_pictures")
    count = table.shape[1]
    shares = np.full(count, 1 / count) if weights is None else as_array(weights, where="valid_pictures")
    if shares.shape != (count,):
        what = f"weights have shape {shares.shape}, scores {table.shape}"
        raise DataError(what, where="valid_pictures", do="pass one weight a labeler")
    return np.asarray(table @ shares >= least - 1e-9)


def bootstrap_labeling(
    kept: ArrayLike,
    truth: ArrayLike,
    *,
    classes: ArrayLike,
    seed: int,
    against: ArrayLike | None = None,
    resamples: int = 1000,
) -> dict[str, Interval]:
    """Compare the pictures that are kept with those that should be, classes resampled.

    Parameters
    ----------
    kept, truth : bool (pictures,)
        Kept by the labelers' scores, and really of the class.
    classes : (pictures,)
    seed, resamples
        See `bootstrap_interval`.
    against : bool (pictures,), optional
        Kept in another way: the numbers are then differences, first minus second, classes drawn for both together.

    Returns
    -------
    dict of str to Interval
        "precision", the share of the kept pictures that are right; "recall", the share of the right ones that are
        kept; "f1", their harmonic mean. NaN where it would be 0 / 0.

    Raises
    ------
    DataError
        If not all have one row a picture, or there are fewer than two classes.

    Examples
    --------
    >>> found = bootstrap_labeling([1, 1, 0, 1], [1, 1, 1, 0], classes=["a", "a", "b", "b"], seed=0)
    >>> f"{found['precision']:.2f}"
    '0.67 (0.00 to 1.00)'
    """
    ways = [np.asarray(way, bool) for way in (kept, against) if way is not None]
    right, labels = np.asarray(truth, bool), as_array(classes, where="bootstrap_labeling")
    if {right.shape, *(way.shape for way in ways)} != {labels.shape} or labels.ndim != 1:
        what = f"kept {ways[0].shape}, truth {right.shape} and classes {labels.shape} do not go together"
        raise DataError(what, where="bootstrap_labeling", do="pass one of each for every picture")
    hits = [pd.DataFrame({"both": way & right, "kept": way, "right": right}) for way in ways]
    sums = [one.groupby(labels).sum().to_numpy(np.float64) for one in hits]
    found = bootstrap_interval(
        lambda *each: _of_sums(each[0]) - (_of_sums(each[1]) if len(each) > 1 else 0),
        *sums,
        groups=range(len(sums[0])),
        seed=seed,
        resamples=resamples,
    )
    return {
        name: Interval(found.value[k], found.low[k], found.high[k], found.draws[:, k], found.groups)
        for k, name in enumerate(_SCORES)
    }


def _of_sums(of_classes: NDArray[np.float64]) -> NDArray[np.float64]:
    both, kept, right = of_classes.sum(0)
    with np.errstate(invalid="ignore"):
        return np.array([both / kept, both / right, 2 * both / (kept + right)])


def _mean_correlations(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = scores - scores.mean(0)
    length = np.linalg.norm(centred, axis=0)
    varies = length > 0
    both = np.outer(length, length)
    found = np.divide(centred.T @ centred, both, out=np.zeros_like(both), where=both > 0)
    counts = (varies[:, None] | varies) & ~np.eye(len(length), dtype=bool)
    with np.errstate(invalid="ignore"):
        return (found * counts).sum(1) / counts.sum(1)


def _scores(scores: ArrayLike, *, where: str) -> NDArray[np.float64]:
    table = as_array(scores, where=where)
    if table.ndim != 2 or table.size == 0 or table.dtype.kind not in "iufb" or not np.isfinite(table).all():
        raise DataError(
            f"scores are {table.dtype} of shape {table.shape}; finite numbers of shape (pictures, labelers) fit",
            where=where,
            do="pass one row a picture and one column a labeler; leave pictures out that not all have scored",
        )
    return table.astype(np.float64)
