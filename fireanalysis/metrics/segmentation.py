"""How well masks are found: foreground, background and mean IoU, from four counts a picture.

Everything is computed from how many pixels of a picture are hits (tp), false (fp), missed (fn) and rightly left
(tn), so pictures are looked at one at a time and may differ in size. Scores are pooled: the counts of all pictures
are added up first, as Keras's ``MeanIoU`` does. Intervals resample whole scenes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .classification import Interval, bootstrap_sums

COUNTS = ["tp", "fp", "fn", "tn"]
SCORES = (
    "foreground IoU", "background IoU", "mean IoU", "dice", "precision", "recall", "IoU by picture",
)  # fmt: skip
NOTHING = "predict nothing"


def segmentation_counts(
    predicted: Iterable[ArrayLike], truth: Iterable[ArrayLike], *, threshold: float | Sequence[float] = 0.5
) -> pd.DataFrame:
    """Count hit, false, missed and rightly left pixels of each picture.

    Parameters
    ----------
    predicted : iterable of (h, w), float in [0, 1] or bool
        Probabilities of the foreground, or masks; an array (n, h, w), or pictures one after the other.
    truth : iterable of (h, w), bool
        True masks; an empty one is allowed.
    threshold : float or sequence of float
        A pixel is foreground from this probability on; several give that many rows a picture.

    Returns
    -------
    DataFrame
        One row a picture and threshold: picture (its place, from 0), threshold, tp, fp, fn, tn (int64).

    Raises
    ------
    DataError
        If there is no picture, a prediction has another shape than its mask, or holds NaN or numbers outside 0 to 1,
        a mask is not bool, or there are more of one than of the other.
    ParameterError
        For a threshold that is not above 0 and at most 1.

    Examples
    --------
    >>> segmentation_counts([[[0.9, 0.2], [0.6, 0.1]]], [[[True, True], [False, False]]])
       picture  threshold  tp  fp  fn  tn
    0        0        0.5   1   1   1   1
    """
    limits = checked_thresholds(threshold, where="segmentation_counts")
    pictures = enumerate(pairs_of(predicted, truth, where="segmentation_counts"))
    rows = [
        (place, limit, *count_pixels(said >= limit, true))
        for place, (said, true) in pictures
        for limit in limits
    ]
    return pd.DataFrame(rows, columns=["picture", "threshold", *COUNTS])


def predict_nothing(counts: pd.DataFrame) -> pd.DataFrame:
    """Give the counts of leaving every pixel of the same pictures as background: what any network must beat.

    Parameters
    ----------
    counts : DataFrame
        From `segmentation_counts`.

    Examples
    --------
    >>> counts = segmentation_counts(np.ones((1, 10, 10)), np.eye(10, dtype=bool)[None])
    >>> segmentation_scores(predict_nothing(counts))[["foreground IoU", "mean IoU"]].tolist()  # 0 and (1 − p)/2
    [0.0, 0.45]
    """
    missed, left = counts["tp"] + counts["fn"], counts["fp"] + counts["tn"]
    return counts.assign(tp=0, fp=0, fn=missed, tn=left)


def segmentation_scores(counts: pd.DataFrame) -> pd.Series:
    """Compute IoU, dice, precision and recall of all pictures together (paper: Table 1).

    Parameters
    ----------
    counts : DataFrame
        From `segmentation_counts`, of one threshold.

    Returns
    -------
    Series
        float64, 0 to 1, by name:
        "foreground IoU" tp / (tp + fp + fn), "background IoU" tn / (tn + fp + fn), "mean IoU" of both, which is what
        the paper prints; "dice" of the foreground, "precision", "recall", all of the pixels of all pictures;
        "IoU by picture", the mean of the pictures' own foreground IoU, over pictures that hold foreground.

    Raises
    ------
    DataError
        If a column is missing, there is no row, or there are several thresholds.

    Notes
    -----
    What would be 0 / 0 is NaN: the foreground IoU if there is no foreground and none is predicted, the precision if
    none is predicted, the recall if there is none. The mean IoU is then of the class that is there, as in Keras.
    A picture without foreground has no IoU of its own, so finding nothing in it counts neither as 0 nor as 1; what
    is wrongly found in it lowers the pooled numbers, and `picture_alarms` counts it.

    Source: Table 1; the paper does not define its IoU. That it is the mean of two classes at threshold 0.5
    follows from its numbers: nothing else is close to 0.5 for a network that finds nothing.

    Examples
    --------
    >>> counts = segmentation_counts([[[0.9, 0.2], [0.6, 0.1]]], [[[True, True], [False, False]]])
    >>> segmentation_scores(counts).round(2).to_dict()
    {'foreground IoU': 0.33, 'background IoU': 0.33, 'mean IoU': 0.33, 'dice': 0.5, 'precision': 0.5, 'recall': 0.5,
     'IoU by picture': 0.33}
    """
    totals = _sums(counts, where="segmentation_scores").sum(axis=0)
    return pd.Series(_scores(totals[None])[0], index=list(SCORES))


def bootstrap_segmentation(
    counts: pd.DataFrame,
    *,
    groups: ArrayLike,
    seed: int,
    against: pd.DataFrame | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> dict[str, Interval]:
    """Give every number of `segmentation_scores` with its interval, scenes resampled.

    Parameters
    ----------
    counts : DataFrame
        From `segmentation_counts`, of one threshold.
    groups : (n,)
        Scene of each picture: crops and turns of one photograph are one.
    seed, resamples, confidence
        See `bootstrap_interval`.
    against : DataFrame, optional
        Counts of another network on the same pictures: the numbers are then differences, first minus second, scenes
        drawn for both together.

    Returns
    -------
    dict of str to Interval

    Raises
    ------
    DataError, ParameterError
        As `segmentation_scores` and `bootstrap_interval`; DataError for two networks' counts of other pictures.

    Examples
    --------
    >>> truth = np.zeros((4, 8, 8), bool)
    >>> truth[:, 2:4, 2:6] = True
    >>> counts = segmentation_counts(np.roll(truth, 1, axis=1), truth)  # one row too low
    >>> scores = bootstrap_segmentation(counts, groups=["a", "a", "b", "c"], seed=0)
    >>> f"{scores['foreground IoU']:.2f}"  # all alike
    '0.33 (0.33 to 0.33)'
    """
    where = "bootstrap_segmentation"
    parts = [_sums(one, where=where) for one in (counts, against) if one is not None]
    if against is not None:
        same = [one["tp"] + one["fn"] for one in (counts, against)]
        if len(parts[0]) != len(parts[1]) or (same[0].to_numpy() != same[1].to_numpy()).any():
            what = "the two networks' counts are not of the same pictures"
            raise DataError(what, where=where, do="count both on the same masks, in the same order")
    width = parts[0].shape[1]
    found = bootstrap_sums(
        lambda sums: _scores(sums[:, :width]) - (0 if against is None else _scores(sums[:, width:])),
        np.column_stack(parts),
        groups=groups,
        seed=seed,
        resamples=resamples,
        confidence=confidence,
    )
    return {name: found[k] for k, name in enumerate(SCORES)}


def segmentation_table(
    counts: Mapping[str, pd.DataFrame], *, groups: ArrayLike, seed: int, resamples: int = 1000
) -> pd.DataFrame:
    """Put the scores of several networks on the same pictures in one table, "predict nothing" last (paper: Table 1).

    Parameters
    ----------
    counts : mapping of str to DataFrame
        Network → its counts, from `segmentation_counts`.
    groups, seed, resamples
        See `bootstrap_segmentation`.

    Returns
    -------
    DataFrame
        One row a network; columns (score, "value"), (score, "low"), (score, "high"), so that
        ``table["mean IoU"]`` holds the three of one score and ``table.xs("value", axis=1, level=1)`` all values.

    Raises
    ------
    DataError, ParameterError
        As `bootstrap_segmentation`; ParameterError if there is no network.

    Examples
    --------
    >>> truth = np.arange(256).reshape(4, 8, 8) % 8 < 2
    >>> counts = {"all": segmentation_counts(np.ones((4, 8, 8)), truth)}
    >>> table = segmentation_table(counts, groups=range(4), seed=0)
    >>> table.xs("value", axis=1, level=1)[["foreground IoU", "mean IoU"]]
                     foreground IoU  mean IoU
    all                        0.25     0.125
    predict nothing            0.00     0.375
    """
    if not counts:
        raise ParameterError(
            "there is no network", where="segmentation_table", do="pass one network's counts"
        )
    everything = {**counts, NOTHING: predict_nothing(next(iter(counts.values())))}
    rows = {
        name: {
            (score, part): getattr(interval, part)
            for score, interval in bootstrap_segmentation(
                one, groups=groups, seed=seed, resamples=resamples
            ).items()
            for part in ("value", "low", "high")
        }
        for name, one in everything.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def threshold_curve(counts: pd.DataFrame) -> pd.DataFrame:
    """Compute the scores at every threshold.

    Choose a threshold on validation pictures: chosen on the test pictures it flatters.

    Parameters
    ----------
    counts : DataFrame
        From `segmentation_counts`, of several thresholds.

    Returns
    -------
    DataFrame
        One row a threshold (the index), the columns of `segmentation_scores`.

    Examples
    --------
    >>> counts = segmentation_counts([[[0.9, 0.2, 0.6]]], [[[True, True, False]]], threshold=[0.1, 0.5, 0.8])
    >>> threshold_curve(counts)["recall"].to_dict()
    {0.1: 1.0, 0.5: 0.5, 0.8: 0.5}
    """
    rows = {limit: segmentation_scores(one) for limit, one in counts.groupby("threshold")}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold")


def count_pixels(mask: NDArray[np.bool_], true: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Count hit, false, missed and rightly left pixels of one mask (h, w)."""
    hits, called, of_truth = (int(np.count_nonzero(one)) for one in (mask & true, mask, true))
    return hits, called - hits, of_truth - hits, true.size - called - of_truth + hits


def checked_thresholds(threshold: float | Sequence[float], *, where: str) -> list[float]:
    """Give thresholds as a list.

    Raises
    ------
    ParameterError
        If there is none, or one is not above 0 and at most 1.
    """
    limits = np.atleast_1d(np.asarray(threshold, float))
    if limits.ndim != 1 or not limits.size or not ((limits > 0) & (limits <= 1)).all():
        what = f"threshold is {threshold!r}; it must be above 0 and at most 1"
        raise ParameterError(what, where=where, do="pass for example 0.5")
    return [float(limit) for limit in limits]


def pairs_of(
    predicted: Iterable[ArrayLike], truth: Iterable[ArrayLike], *, where: str
) -> Iterator[tuple[NDArray, NDArray[np.bool_]]]:
    """Give probabilities (h, w) and mask (h, w) of one picture after the other, checked.

    Raises
    ------
    DataError
        See `segmentation_counts`.
    """
    place = -1
    for place, (one, other) in enumerate(zip_longest(predicted, truth)):
        if one is None or other is None:
            what = (
                f"{'predictions' if one is None else 'masks'} end after {place} pictures, the others do not"
            )
            raise DataError(what, where=where, do="pass one prediction and one mask a picture")
        said, true = np.asarray(one), np.asarray(other)
        if said.shape != true.shape or true.ndim != 2 or not true.size or true.dtype != bool:
            what = f"prediction {place} is {said.dtype} {said.shape}, its mask {true.dtype} {true.shape}"
            raise DataError(what, where=where, do="pass probabilities and bool masks of one shape (h, w)")
        if said.dtype in (bool, np.float16):  # half precision is slow to compare
            said = said.astype(np.float32)
        # NaN is neither above nor below anything.
        if said.dtype.kind != "f" or not (said.min() >= 0 and said.max() <= 1):
            what = f"prediction {place} is {said.dtype} from {said.min()} to {said.max()}"
            raise DataError(what, where=where, do="pass bool masks, or probabilities from 0 to 1 without NaN")
        yield said, true
    if place < 0:
        raise DataError("there is no picture", where=where, do="pass at least one")


def _sums(counts: pd.DataFrame, *, where: str) -> NDArray[np.float64]:
    """Columns whose sums over pictures give all scores: tp, fp, fn, tn, IoU of a picture, and whether it has one."""
    missing = [name for name in ["picture", *COUNTS] if name not in counts]
    if missing or counts.empty or counts["picture"].duplicated().any():
        what = f"no {', '.join(missing)}" if missing else "no row" if counts.empty else "several thresholds"
        raise DataError(
            f"the counts have {what}", where=where, do="pass segmentation_counts(...) of one threshold"
        )
    four = counts[COUNTS].to_numpy(float)
    has = four[:, 0] + four[:, 2] > 0
    iou = np.divide(four[:, 0], four[:, :3].sum(1), out=np.zeros(len(four)), where=has)
    return np.column_stack([four, iou, has])


def _scores(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """All scores (k, 7) of sums over pictures (k, 6)."""
    tp, fp, fn, tn, iou, has = totals.T
    tops = np.stack([tp, tn, 2 * tp, tp, tp, iou])
    bottoms = np.stack([tp + fp + fn, tn + fp + fn, 2 * tp + fp + fn, tp + fp, tp + fn, has])
    of = np.divide(tops, bottoms, out=np.full(tops.shape, np.nan), where=bottoms > 0)
    there = ~np.isnan(of[:2])  # a class that is in no picture, nor found in any, is left out of the mean
    mean = np.where(there, of[:2], 0).sum(axis=0) / there.sum(axis=0)
    return np.stack([of[0], of[1], mean, *of[2:]], axis=1)
