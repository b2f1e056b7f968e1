"""What someone who is alarmed would get: pictures raised rightly, wrongly, or not at all."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import positive, whole

from .classification import bootstrap_mean
from .segmentation import checked_thresholds, pairs_of


def picture_alarms(
    predicted: Iterable[ArrayLike],
    truth: Iterable[ArrayLike],
    *,
    threshold: float | Sequence[float] = 0.5,
    least_px: int = 20,
    least_overlap: float = 0.1,
) -> pd.DataFrame:
    """Count the regions of each picture that would raise an alarm, and how many of them are false.

    Parameters
    ----------
    predicted, truth, threshold
        See `segmentation_counts`.
    least_px : int
        A region (pixels that touch, diagonally too) raises an alarm from this size on.
    least_overlap : float
        A region is right if at least this share of its pixels is foreground, 0 to 1: pieces of a firearm are right,
        a region that covers half the picture is not, though a firearm is in it.

    Returns
    -------
    DataFrame
        One row a picture and threshold: picture, threshold, firearm (bool: the mask is not empty), found (bool: some
        region is right), false_alarms (int: regions that are not).

    Raises
    ------
    DataError, ParameterError
        As `segmentation_counts`; ParameterError if `least_px` or `least_overlap` is out of range.

    Examples
    --------
    >>> truth = np.zeros((1, 8, 8), bool)
    >>> truth[0, :2, :4] = True
    >>> said = truth.copy()
    >>> said[0, 6:] = True  # a second region, on nothing
    >>> picture_alarms(said, truth, least_px=4)
       picture  threshold  firearm  found  false_alarms
    0        0        0.5     True   True             1
    """
    where = "picture_alarms"
    limits = checked_thresholds(threshold, where=where)
    least = whole(least_px, name="least_px", where=where, least=1, most=2**40)
    overlap = positive(least_overlap, name="least_overlap", where=where)
    rows = []
    for place, (said, true) in enumerate(pairs_of(predicted, truth, where=where)):
        for limit in limits:
            right = _shares_of_regions(said >= limit, true, least_px=least) >= overlap
            rows.append((place, limit, bool(true.any()), bool(right.any()), int((~right).sum())))
    return pd.DataFrame(rows, columns=["picture", "threshold", "firearm", "found", "false_alarms"])


def alarm_rates(alarms: pd.DataFrame, *, groups: ArrayLike, seed: int) -> pd.DataFrame:
    """Give recall and false alarms at every threshold, scenes resampled.

    Parameters
    ----------
    alarms : DataFrame
        From `picture_alarms`.
    groups : (n,)
        Scene of each picture.
    seed : int
        Of the intervals.

    Returns
    -------
    DataFrame
        One row a threshold (the index): "recall", the share of pictures with a firearm in which it is found;
        "false alarms", regions a picture, over all pictures; "raised in vain", the share of pictures without a
        firearm that raise an alarm; each also with " low" and " high". NaN without such pictures; ends are NaN with
        a single scene.

    Raises
    ------
    DataError
        If there is not one group a picture.

    Examples
    --------
    >>> truth = np.zeros((4, 8, 8), bool)
    >>> truth[:2, :2, :4] = True
    >>> said = truth | (np.arange(4) % 2 == 0)[:, None, None]  # every second picture: everything
    >>> rates = alarm_rates(picture_alarms(said, truth, least_px=4), groups=range(4), seed=0)
    >>> rates[["recall", "false alarms", "raised in vain"]].loc[0.5].to_dict()
    {'recall': 1.0, 'false alarms': 0.25, 'raised in vain': 0.5}
    """
    rows = {
        limit: _rates(of_limit, np.asarray(groups), seed=seed)
        for limit, of_limit in alarms.groupby("threshold")
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold")


def _rates(alarms: pd.DataFrame, scenes: NDArray, *, seed: int) -> dict[str, float]:
    if scenes.shape != (len(alarms),):
        what = f"groups of shape {scenes.shape} for {len(alarms)} pictures"
        raise DataError(what, where="alarm_rates", do="pass one scene a picture")
    held, false = alarms["firearm"].to_numpy(bool), alarms["false_alarms"].to_numpy(float)
    rates = {
        "recall": (alarms["found"].to_numpy(float)[held], scenes[held]),
        "false alarms": (false, scenes),
        "raised in vain": (np.minimum(false, 1)[~held], scenes[~held]),
    }
    found: dict[str, float] = {}
    for name, (values, of_scene) in rates.items():
        value = low = high = float("nan")
        if len(values):
            value = values.mean()
        if len(np.unique(of_scene)) > 1:
            interval = bootstrap_mean(values, groups=of_scene, seed=seed)
            low, high = interval.low, interval.high
        found |= {name: value, f"{name} low": low, f"{name} high": high}
    return found


def _shares_of_regions(
    mask: NDArray[np.bool_], true: NDArray[np.bool_], *, least_px: int
) -> NDArray[np.float64]:
    """Share of foreground in each region that is large enough."""
    number, label = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    size = np.bincount(label.ravel(), minlength=number)[1:]
    hit = np.bincount(label[true], minlength=number)[1:]
    return (hit / size)[size >= least_px]
