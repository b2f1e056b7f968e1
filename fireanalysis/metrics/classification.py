"""How good a classifier is: by class, averaged, as a confusion matrix, and how far to trust the numbers.

Intervals resample whole groups (firearms, recording sessions): samples of one group are not independent
witnesses, and an interval that treats them so is too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import precision_recall_fscore_support

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import positive, whole

_CELLS = 2**22
"""So many numbers are made at a time: 32 MB."""


def confusion_counts(truth: ArrayLike, predicted: ArrayLike, *, classes: Sequence) -> NDArray[np.int64]:
    """Count how often each class is predicted as each: rows are the truth, columns the prediction.

    Parameters
    ----------
    truth, predicted : int (n,)
        Codes, 0 to the number of classes − 1.
    classes : sequence
        What the codes stand for.

    Returns
    -------
    int64 (classes, classes)

    Raises
    ------
    DataError
        For arrays that are empty, of different lengths, or no whole numbers.
    ParameterError
        For a code that stands for no class.

    Examples
    --------
    >>> confusion_counts([0, 0, 1], [0, 1, 1], classes=["a", "b"]).tolist()
    [[1, 1], [0, 1]]
    """
    true, said = _codes(truth, predicted, classes, where="confusion_counts")
    k = len(classes)
    return np.bincount(true * k + said, minlength=k * k).reshape(k, k)


def row_shares(counts: ArrayLike) -> NDArray[np.float64]:
    """Divide each row of a confusion matrix by its sum: where the samples of a class go (paper: Table 4).

    Parameters
    ----------
    counts : (classes, classes)
        Rows are the truth.

    Returns
    -------
    float64 (classes, classes)
        0 to 1, the diagonal is the recall; NaN in the row of a class without samples.

    Raises
    ------
    DataError
        If the matrix is not square, or holds anything but counts.

    Examples
    --------
    >>> row_shares([[3, 1], [0, 0]]).tolist()
    [[0.75, 0.25], [nan, nan]]
    """
    matrix = np.asarray(counts, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not (matrix >= 0).all():
        raise DataError(
            f"a confusion matrix of shape {matrix.shape}; square, with counts of at least 0, is needed",
            where="row_shares",
            do="pass the result of confusion_counts",
        )
    return _ratio(matrix, matrix.sum(axis=1, keepdims=True))


def class_report(truth: ArrayLike, predicted: ArrayLike, *, classes: Sequence) -> pd.DataFrame:
    """Compute precision, recall and F1 of each class (paper: Tables 2, 3).

    Parameters
    ----------
    truth, predicted : int (n,)
        Codes, 0 to the number of classes − 1.
    classes : sequence
        What the codes stand for.

    Returns
    -------
    DataFrame
        One row a class, by name: precision (NaN for a class that is never predicted), recall (NaN for one
        without samples), f1 (NaN for one with neither, 0 for one with samples and no hit), support and
        predicted (counts).

    Raises
    ------
    DataError, ParameterError
        As `confusion_counts`.

    Notes
    -----
    Computed by scikit-learn's ``precision_recall_fscore_support``.

    Examples
    --------
    >>> class_report([0, 0, 1, 1], [0, 1, 1, 1], classes=["a", "b"]).round(2)
       precision  recall    f1  support  predicted
    a       1.00     0.5  0.67        2          1
    b       0.67     1.0  0.80        2          3
    """
    true, said = _codes(truth, predicted, classes, where="class_report")
    codes = np.arange(len(classes))
    *scores, support = precision_recall_fscore_support(true, said, labels=codes, zero_division=np.nan)
    columns = dict(zip(("precision", "recall", "f1"), scores, strict=True))
    columns |= {"support": support, "predicted": np.bincount(said, minlength=len(classes))}
    return pd.DataFrame(columns, index=list(classes))


def average_report(
    truth: ArrayLike, predicted: ArrayLike, *, classes: Sequence, undefined: float = 0.0
) -> pd.DataFrame:
    """Average precision, recall and F1 over classes in the four ways that papers do (paper: Tables 2, 3).

    Parameters
    ----------
    truth, predicted : int (n,)
        Codes, 0 to the number of classes − 1.
    classes : sequence
        What the codes stand for.
    undefined : {0, NaN}
        What a number counts as that is undefined for a class (the precision of one that is never predicted):
        0, or NaN, which leaves it out of the average. A class without samples is left out of every average
        but the micro one: what is wrongly predicted as that class already lowers the recall of the others.

    Returns
    -------
    DataFrame
        Columns precision, recall, f1; rows "micro" (all three are the accuracy, with one label a sample),
        "macro" (means over classes; f1 is the mean of the classes' F1), "macro, harmonic" (the same precision
        and recall, and as f1 their harmonic mean, which is what the paper prints), "weighted" (means weighted
        by support).

    Raises
    ------
    DataError
        As `confusion_counts`.
    ParameterError
        As `confusion_counts`, or if `undefined` is something else.

    Examples
    --------
    >>> average_report([0, 0, 0, 1], [0, 0, 1, 1], classes=["a", "b"]).round(3)
                     precision  recall     f1
    micro                0.750   0.750  0.750
    macro                0.750   0.833  0.733
    macro, harmonic      0.750   0.833  0.789
    weighted             0.875   0.750  0.767
    """
    if undefined not in (0, 0.0) and not np.isnan(undefined):
        what = f"undefined is {undefined!r}; 0 and NaN are allowed"
        raise ParameterError(what, where="average_report", do="pass 0.0 or float('nan')")
    true, said = _codes(truth, predicted, classes, where="average_report")
    present, k = np.unique(true), len(classes)
    rows = {}
    for name in ("micro", "macro", "weighted"):
        # Micro counts every prediction, whichever class it names; the means are over the classes there are.
        labels = np.arange(k) if name == "micro" else present
        scores = precision_recall_fscore_support(
            true, said, labels=labels, average=name, zero_division=undefined
        )
        rows[name] = scores[:3]
    precision, recall, _ = rows["macro"]
    rows["macro, harmonic"] = precision, recall, float(_harmonic(precision, recall))
    names = ["micro", "macro", "macro, harmonic", "weighted"]
    return pd.DataFrame([rows[name] for name in names], index=names, columns=["precision", "recall", "f1"])


@dataclass(frozen=True, eq=False)
class Interval:
    """A number with its bootstrap interval, or an array of numbers with theirs.

    Attributes
    ----------
    value : float or ndarray
        Of the whole sample.
    low, high : float or ndarray
        Ends of the percentile interval; NaN where the number is undefined in every resample.
    draws : float64 (resamples, ...)
        The number in each resample; NaN where it is undefined there.
    groups : int
        Number of groups that were resampled.

    Examples
    --------
    >>> right = bootstrap_mean([1, 1, 0, 1], groups=["a", "a", "b", "c"], seed=0)
    >>> f"{right:.0%}"
    '75% (0% to 100%)'
    """

    value: Any
    low: Any
    high: Any
    draws: NDArray[np.float64]
    groups: int

    __array_ufunc__ = None  # so that a NumPy number times an interval is an interval

    def __mul__(self, factor: float) -> Interval:
        """Give it in another unit: ``100 * interval`` is in per cent. The factor must be positive."""
        return Interval(
            factor * self.value, factor * self.low, factor * self.high, factor * self.draws, self.groups
        )

    __rmul__ = __mul__

    def __getitem__(self, place: Any) -> Interval:
        """Give one number's interval (or some numbers') out of those of an array."""
        at = place if isinstance(place, tuple) else (place,)
        value, low, high = self.value[at], self.low[at], self.high[at]
        if np.ndim(value) == 0:
            value, low, high = float(value), float(low), float(high)
        return Interval(value, low, high, self.draws[(slice(None), *at)], self.groups)

    def __format__(self, spec: str) -> str:
        if np.ndim(self.value):
            raise TypeError("an Interval of one number can be formatted, not one of an array")
        if np.isnan(self.low):  # the number is undefined, or was so in every resample
            return f"{self.value:{spec}}"
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"

    @property
    def defined(self) -> Any:
        """Share of resamples in which the number is defined, 0 to 1."""
        return np.mean(~np.isnan(self.draws), axis=0)


def interval_ends(intervals: Interval | Sequence[Interval]) -> tuple[NDArray, NDArray, NDArray]:
    """Give values, lower and upper ends as three arrays, for a figure or a table.

    Parameters
    ----------
    intervals : Interval or sequence of Interval
        One of an array, or several of one number each.

    Examples
    --------
    >>> right = bootstrap_mean([1, 1, 0, 1], groups=["a", "a", "b", "c"], seed=0)
    >>> [array.tolist() for array in interval_ends([right, right])]
    [[0.75, 0.75], [0.0, 0.0], [1.0, 1.0]]
    """
    many = [intervals] if isinstance(intervals, Interval) else list(intervals)
    value, low, high = (
        np.concatenate([np.atleast_1d(np.asarray(part, np.float64)) for part in parts])
        for parts in zip(*((one.value, one.low, one.high) for one in many), strict=True)
    )
    return value, low, high


def bootstrap_mean(
    values: ArrayLike, *, groups: ArrayLike, seed: int, resamples: int = 1000, confidence: float = 0.95
) -> Interval:
    """Give the mean of something measured on every sample, and its interval, groups resampled.

    The accuracy is the mean of ``predicted == truth``; a rate of any kind is such a mean.

    Parameters
    ----------
    values : (n,) or (n, m)
        One number a sample, or several.
    groups : (n,)
        Firearm, session, ... of each sample; ``range(n)`` resamples single samples.
    seed, resamples, confidence
        See `bootstrap_interval`.

    Returns
    -------
    Interval
        Of zero width if all values are equal: the bootstrap cannot see what the sample does not hold.

    Raises
    ------
    DataError, ParameterError
        As `bootstrap_interval`.

    Examples
    --------
    >>> bootstrap_mean([1.0, 0.0, 1.0, 0.0], groups=[1, 1, 2, 2], seed=0).high  # both firearms are alike
    0.5
    """
    (x,), group = _samples([values], groups, where="bootstrap_mean")
    x = x.astype(np.float64)
    flat = x.reshape(len(x), -1)
    totals = np.zeros((group.max() + 1, flat.shape[1] + 1))
    np.add.at(totals, group, np.column_stack([flat, np.ones(len(x))]))

    def mean(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return (sums[:, :-1] / sums[:, -1:]).reshape(len(sums), *x.shape[1:])

    return _of_totals(mean, totals, seed=seed, resamples=resamples, confidence=confidence)


def bootstrap_scores(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    classes: Sequence,
    groups: ArrayLike,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> dict[str, Interval]:
    """Give every number of `class_report` and `average_report` with its interval, groups resampled.

    Works on one confusion matrix a group, so a thousand resamples of thousands of predictions take a fraction
    of a second.

    Parameters
    ----------
    truth, predicted : int (n,)
        Codes, 0 to the number of classes − 1.
    classes : sequence
        What the codes stand for.
    groups : (n,)
        Firearm, session, ... of each sample.
    seed, resamples, confidence
        See `bootstrap_interval`.

    Returns
    -------
    dict of str to Interval
        "precision", "recall", "f1": arrays (classes,), undefined where `class_report` says so; a class may
        drop out of a resample, which is left out of that class's interval then. "accuracy", and
        "macro precision", "macro recall", "macro f1", "macro f1 (harmonic)" and the same with "weighted": numbers,
        undefined precision counted as 0 and classes absent from a resample left out, as in `average_report`.

    Raises
    ------
    DataError, ParameterError
        As `confusion_counts` and `bootstrap_interval`.

    Examples
    --------
    >>> scores = bootstrap_scores([0, 0, 1, 1], [0, 1, 1, 1], classes="ab", groups=[1, 2, 3, 4], seed=0)
    >>> scores["recall"].value.tolist(), f"{scores['accuracy']:.2f}"
    ([0.5, 1.0], '0.75 (0.25 to 1.00)')
    """
    true, said = _codes(truth, predicted, classes, where="bootstrap_scores")
    k = len(classes)
    how = {"seed": seed, "resamples": resamples, "confidence": confidence}
    found = _of_counts(_scores, true, said, k, groups, **how)
    columns: dict[str, Any] = {
        name: slice(n * k, (n + 1) * k) for n, name in enumerate(("precision", "recall", "f1"))
    }
    columns |= {name: 3 * k + n for n, name in enumerate(_AVERAGES)}
    return {name: found[c] for name, c in columns.items()}


def confused_pairs(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    classes: Sequence,
    groups: ArrayLike,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Say for each pair of classes how often one is taken for the other, and whether others are as often.

    A frequent class attracts errors of every kind; `surplus` takes that off.

    Parameters
    ----------
    truth, predicted : int (n,)
        Codes, 0 to the number of classes − 1.
    classes : sequence
        What the codes stand for; three or more.
    groups : (n,)
        Firearm, session, ... of each sample.
    seed, resamples, confidence
        See `bootstrap_interval`.

    Returns
    -------
    DataFrame
        One row an ordered pair of two classes, most confused first: truth, predicted (names); share of the
        class's samples taken for the other, with low and high; others, the mean of that share over all other
        classes (each as much as any other), with others_low and others_high; surplus = share − others, with
        surplus_low and surplus_high; rank by share, the mean rank where several are equal. NaN for a class without
        samples.

    Raises
    ------
    DataError, ParameterError
        As `confusion_counts` and `bootstrap_interval`; DataError for fewer than three classes.

    Examples
    --------
    >>> truth, said = [0, 0, 1, 1, 2, 2], [1, 1, 1, 1, 2, 1]
    >>> pairs = confused_pairs(truth, said, classes="abc", groups=range(6), seed=0)
    >>> pairs[["truth", "predicted", "share", "others", "surplus", "rank"]].head(2)
      truth predicted  share  others  surplus  rank
    0     a         b    1.0     0.5      0.5   1.0
    1     c         b    0.5     1.0     -0.5   2.0
    """
    where, k = "confused_pairs", len(classes)
    true, said = _codes(truth, predicted, classes, where=where)
    if k < 3:
        raise DataError(f"{k} classes; three are needed", where=where, do="use more classes")
    how = {"seed": seed, "resamples": resamples, "confidence": confidence}
    found = _of_counts(_shares_and_others, true, said, k, groups, **how)
    one, other = (index.ravel() for index in np.indices((k, k)))
    names = np.array(list(classes), dtype=object)
    table = pd.DataFrame({"truth": names[one], "predicted": names[other]})
    for number, name in enumerate(("share", "others", "surplus")):
        prefix = "" if name == "share" else f"{name}_"
        table[name] = found.value[number].ravel()
        table[f"{prefix}low"], table[f"{prefix}high"] = found.low[number].ravel(), found.high[number].ravel()
    table = table[one != other]
    table["rank"] = table["share"].rank(ascending=False)
    return table.sort_values("rank", kind="stable").reset_index(drop=True)


def bootstrap_interval(
    statistic: Callable[..., ArrayLike],
    *arrays: ArrayLike,
    groups: ArrayLike,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Give any statistic with its interval, groups resampled with replacement.

    For means and scores of a classifier `bootstrap_mean` and `bootstrap_scores` do the same faster.

    Parameters
    ----------
    statistic : callable
        Takes the arrays, gives a number or an array; NaN where it is undefined.
    *arrays : (n, ...)
        One row a sample.
    groups : (n,)
        Firearm, session, ... of each sample; whole groups are drawn, as many as there are.
    seed : int
        Same seed, same interval.
    resamples : int
    confidence : float
        Share of the resamples between the ends, 0 to 1.

    Returns
    -------
    Interval

    Raises
    ------
    DataError
        For no samples, lengths that differ, NaN, or fewer than two groups.
    ParameterError
        If `resamples` or `confidence` is out of range.

    Notes
    -----
    Percentile intervals of a bootstrap over clusters (Field and Welsh 2007). With few groups (below about 20)
    they are too narrow. A resample in which the statistic is NaN is left out of the interval.

    Examples
    --------
    >>> x, firearm = [1.0, 2.0, 3.0, 10.0], ["a", "a", "b", "c"]
    >>> median = bootstrap_interval(np.median, x, groups=firearm, seed=0)
    >>> median.value, median.low, median.high, median.groups
    (2.5, 1.5, 10.0, 3)
    """
    data, group = _samples(arrays, groups, where="bootstrap_interval")
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    draws = []
    for drawn in _drawn_groups(len(sizes), resamples=resamples, seed=seed):
        for chosen in drawn:
            size = sizes[chosen]
            # Rows of the chosen groups, one group behind the other.
            within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
            rows = order[np.repeat(starts[chosen], size) + within]
            draws.append(np.asarray(statistic(*(one[rows] for one in data)), np.float64))
    value = np.asarray(statistic(*data), np.float64)
    return interval_of_draws(value, np.array(draws), confidence, len(sizes))


def bootstrap_sums(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    values: NDArray[np.float64],
    *,
    groups: ArrayLike,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Give a statistic of nothing but sums over samples with its interval, fast: all resamples at once.

    Parameters
    ----------
    statistic : callable
        Takes the sums of some resamples (k, m), gives (k, ...).
    values : float64 (n, m)
        What is summed, a row a sample.
    groups, seed, resamples, confidence
        See `bootstrap_interval`, whose draws these are.

    Raises
    ------
    DataError, ParameterError
        As `bootstrap_interval`.
    """
    (rows,), group = _samples([values], groups, where="bootstrap")
    totals = np.zeros((group.max() + 1, rows.shape[1]))
    np.add.at(totals, group, rows)
    return _of_totals(statistic, totals, seed=seed, resamples=resamples, confidence=confidence)


_AVERAGES = (
    "accuracy",
    *(f"{kind} {name}" for kind in ("macro", "weighted") for name in ("precision", "recall", "f1", "f1 (harmonic)")),
)  # fmt: skip


def _scores(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """All scores (resamples, 3 classes + averages) of confusion matrices (resamples, classes, classes)."""
    hits = np.diagonal(counts, axis1=1, axis2=2)
    support, said = counts.sum(2), counts.sum(1)
    by_class = [_ratio(hits, said), _ratio(hits, support), _ratio(2 * hits, said + support)]
    averages = [_ratio(hits.sum(1), support.sum(1))]
    for weight in ((support > 0).astype(float), support):
        precision, recall, f1 = (
            _ratio((np.nan_to_num(score) * weight).sum(1), weight.sum(1)) for score in by_class
        )
        averages += [precision, recall, f1, _harmonic(precision, recall)]
    return np.column_stack([*by_class, *averages])


def _shares_and_others(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of each row, means of the other rows, and differences (resamples, 3, classes, classes)."""
    shares = _ratio(counts, counts.sum(2, keepdims=True))
    there = ~np.isnan(shares)
    known = np.where(there, shares, 0.0)
    itself = np.diagonal(known, axis1=1, axis2=2)[:, None]
    weight = there.sum(1, keepdims=True) - there - np.diagonal(there, axis1=1, axis2=2)[:, None]
    others = _ratio(known.sum(1, keepdims=True) - known - itself, weight)
    return np.stack([shares, others, shares - others], axis=1)


def _of_counts(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    true: NDArray[np.int64],
    said: NDArray[np.int64],
    classes: int,
    groups: ArrayLike,
    **how: Any,
) -> Interval:
    """Bootstrap a statistic of confusion matrices (resamples, classes, classes)."""
    (cell,), group = _samples([true * classes + said], groups, where="bootstrap")
    # Only cells of the confusion matrix that occur: usually a small part of all.
    cells, place = np.unique(cell, return_inverse=True)
    totals = np.zeros((group.max() + 1, len(cells)))
    np.add.at(totals, (group, place), 1)

    def of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        counts = np.zeros((len(sums), classes**2))
        counts[:, cells] = sums
        return statistic(counts.reshape(len(sums), classes, classes))

    return _of_totals(of_sums, totals, **how)


def _of_totals(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    totals: NDArray[np.float64],
    *,
    seed: int,
    resamples: int,
    confidence: float,
) -> Interval:
    """Bootstrap a statistic of sums over samples from the sums (groups, m) over each group's samples."""
    count = len(totals)
    draws = []
    for drawn in _drawn_groups(count, resamples=resamples, seed=seed):
        places = drawn + count * np.arange(len(drawn))[:, None]
        times = np.bincount(places.ravel(), minlength=count * len(drawn)).reshape(len(drawn), count)
        draws.append(statistic(times.astype(np.float64) @ totals))
    return interval_of_draws(statistic(totals.sum(0)[None])[0], np.concatenate(draws), confidence, count)


def _drawn_groups(count: int, *, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Draw `count` of `count` groups with replacement, some resamples at a time: (some, count)."""
    resamples = whole(resamples, name="resamples", where="bootstrap", least=1, most=10**7)
    seed = whole(seed, name="seed", where="bootstrap", least=0, most=2**63 - 1)
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // count)
    for start in range(0, resamples, step):
        yield rng.integers(count, size=(min(step, resamples - start), count))


def interval_of_draws(
    value: NDArray[np.float64], draws: NDArray[np.float64], confidence: float, groups: int
) -> Interval:
    """Give a number, or an array of them, with the percentile interval of its draws (resamples, ...)."""
    value = np.asarray(value, np.float64)
    confidence = positive(confidence, name="confidence", where="bootstrap")
    if confidence >= 1:
        raise ParameterError(
            f"confidence is {confidence}; it must be below 1", where="bootstrap", do="pass for example 0.95"
        )
    ends = np.array([0.5 - confidence / 2, 0.5 + confidence / 2])
    empty = np.isnan(draws).all(axis=0)
    low, high = np.nanquantile(np.where(empty, 0.0, draws), ends, axis=0)
    low, high = np.where(empty, np.nan, low), np.where(empty, np.nan, high)
    if value.ndim:
        return Interval(value, low, high, draws, groups)
    return Interval(float(value), float(low), float(high), draws, groups)


def _ratio(top: NDArray, bottom: NDArray) -> NDArray[np.float64]:
    shape = np.broadcast_shapes(np.shape(top), np.shape(bottom))
    return np.divide(top, bottom, out=np.full(shape, np.nan), where=np.broadcast_to(bottom, shape) > 0)


def _harmonic(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Harmonic mean; 0 where both are."""
    product, total = 2 * np.multiply(a, b), np.add(a, b)
    return np.where(total == 0, 0.0, _ratio(product, total))


def _codes(
    truth: ArrayLike, predicted: ArrayLike, classes: Sequence, *, where: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    true, said = np.asarray(truth), np.asarray(predicted)
    whole_numbers = true.dtype.kind in "iu" and said.dtype.kind in "iu"
    if true.ndim != 1 or true.shape != said.shape or not true.size or not whole_numbers:
        raise DataError(
            f"truth ({true.dtype}, {true.shape}) and predictions ({said.dtype}, {said.shape}); "
            "needed is one code (whole number) each a sample, of at least one sample",
            where=where,
            do="pass truth and predicted of one Prediction",
        )
    for name, codes in (("truth", true), ("predictions", said)):
        wrong = (codes < 0) | (codes >= len(classes))
        if wrong.any():
            raise ParameterError(
                f"{wrong.sum()} {name} hold codes outside 0 to {len(classes) - 1}, such as {codes[wrong][0]}",
                where=where,
                do="leave out samples of classes that the classifier does not know (-1)",
            )
    return true.astype(np.int64), said.astype(np.int64)


def _samples(
    arrays: Sequence[ArrayLike], groups: ArrayLike, *, where: str
) -> tuple[list[NDArray], NDArray[np.int64]]:
    """Check that arrays and groups go together; groups as codes."""
    data = [np.asarray(one) for one in arrays]
    names = np.asarray(groups)
    lengths = [len(one) if one.ndim else 0 for one in (*data, names)]
    if names.ndim != 1 or not data or len(set(lengths)) != 1 or not lengths[0]:
        raise DataError(
            f"arrays and groups have {', '.join(map(str, lengths))} rows; needed are equally many, at least one",
            where=where,
            do="pass one row and one group a sample",
        )
    holes = [one for one in data if one.dtype.kind in "fc" and np.isnan(one).any()]
    if holes or pd.isna(names).any():
        what = f"{int(np.isnan(holes[0]).sum())} values are NaN" if holes else "some samples have no group"
        raise DataError(what, where=where, do="leave such samples out, and say so")
    codes, found = pd.factorize(names, sort=True)
    if len(found) < 2:
        raise DataError(
            f"all samples are of one group, {str(found[0])!r}; nothing can be resampled",
            where=where,
            do="pass the firearm or session of each sample; an interval needs 2, a sound one 20 or more",
        )
    return data, codes.astype(np.int64)
