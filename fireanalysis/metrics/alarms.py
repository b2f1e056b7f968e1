"""Alarms of a watched video: raised after several detections in a row, how often in vain, how often for something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta, chi2

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import positive, whole

from .segmentation import checked_thresholds

LEAST_OVERLAP = 0.1
"""A region is right if this share of its pixels is foreground, as in `picture_alarms`."""


class Exact(NamedTuple):
    """A rate or a share with the ends of its exact interval.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


@dataclass(frozen=True)
class AlarmRule:
    """What raises an alarm.

    Attributes
    ----------
    threshold : float
        A pixel is foreground from this probability on, above 0 and at most 1.
    least_px : int
        A region (pixels that touch) is a detection from this size on.
    successive : int
        Frames in a row with a detection that raise an alarm; of the frames that are looked at.
    hold_s : float
        After an alarm this time passes before the next; what lasts longer raises another.

    Raises
    ------
    ParameterError
        For values out of range.
    """

    threshold: float = 0.5
    least_px: int = 20
    successive: int = 3
    hold_s: float = 10.0

    def __post_init__(self) -> None:
        where = "AlarmRule"
        checked_thresholds(self.threshold, where=where)
        whole(self.least_px, name="least_px", where=where, least=1, most=2**40)
        whole(self.successive, name="successive", where=where, least=1, most=10**6)
        positive(self.hold_s, name="hold_s", where=where, included=True)


def hourly_rate(count: int, hours: float, *, confidence: float = 0.95) -> Exact:
    """Give events an hour with the exact Poisson interval.

    Parameters
    ----------
    count : int
        Events seen. None in one hour still allows 3.7 an hour.
    hours : float
        How long was watched.
    confidence : float
        Of the interval, above 0 and below 1.

    Raises
    ------
    ParameterError
        For numbers out of range.

    Notes
    -----
    Source: Garwood, Biometrika 28 (1936). It takes events as independent; alarms of one lasting cause are not, so one
    camera's few minutes say less than the interval does.

    Examples
    --------
    >>> f"{hourly_rate(0, 1.0):.1f}", f"{hourly_rate(10, 2.0):.1f}"
    ('0.0 (0.0 to 3.7)', '5.0 (2.4 to 9.2)')
    """
    where = "hourly_rate"
    count = whole(count, name="count", where=where, least=0, most=2**60)
    hours = positive(hours, name="hours", where=where)
    rest = (1 - _confidence(confidence, where)) / 2
    low = chi2.ppf(rest, 2 * count) / 2 if count else 0.0
    return Exact(count / hours, float(low / hours), float(chi2.ppf(1 - rest, 2 * count + 2) / 2 / hours))


def exact_share(hits: int, of: int, *, confidence: float = 0.95) -> Exact:
    """Give a share of independent cases with the exact binomial interval; NaN from 0 to 1 of none.

    Parameters
    ----------
    hits, of : int
    confidence : float

    Raises
    ------
    ParameterError
        For numbers out of range.

    Notes
    -----
    Source: Clopper and Pearson, Biometrika 26 (1934).

    Examples
    --------
    >>> f"{exact_share(9, 10):.2f}"
    '0.90 (0.55 to 1.00)'
    """
    where = "exact_share"
    of = whole(of, name="of", where=where, least=0, most=2**60)
    hits = whole(hits, name="hits", where=where, least=0, most=of)
    rest = (1 - _confidence(confidence, where)) / 2
    if of == 0:
        return Exact(float("nan"), 0.0, 1.0)
    low = beta.ppf(rest, hits, of - hits + 1) if hits else 0.0
    high = beta.ppf(1 - rest, hits + 1, of - hits) if hits < of else 1.0
    return Exact(hits / of, float(low), float(high))


def region_sizes(
    probabilities: ArrayLike, truth: ArrayLike | None = None, *, thresholds: Sequence[float] = (0.5,)
) -> NDArray[np.int64]:
    """Measure the largest right and the largest wrong region of a frame at several thresholds.

    Parameters
    ----------
    probabilities : float (h, w)
        0 to 1.
    truth : bool (h, w), optional
        Without it every region is wrong: as on video that holds no firearm.
    thresholds : sequence of float
        A pixel is foreground from this probability on.

    Returns
    -------
    int64 (thresholds, 2)
        Pixels of the largest region (pixels that touch, diagonally too) that is right, a share of `LEAST_OVERLAP` or
        more of it being foreground, and of the largest that is not; 0 where there is none.

    Raises
    ------
    DataError
        If the arrays are no frame and its mask.
    ParameterError
        For a threshold that is not above 0 and at most 1.

    Examples
    --------
    >>> frame = [[0.9, 0.9, 0.0, 0.6], [0.0, 0.0, 0.0, 0.0]]
    >>> region_sizes(frame, np.array(frame) > 0.8, thresholds=[0.5, 0.95]).tolist()
    [[2, 1], [0, 0]]
    """
    where = "region_sizes"
    said, limits = np.asarray(probabilities), checked_thresholds(thresholds, where=where)
    true = np.zeros(said.shape, bool) if truth is None else np.asarray(truth)
    if said.ndim != 2 or said.dtype.kind not in "fb" or true.shape != said.shape or true.dtype != bool:
        what = f"a frame of {said.dtype} {said.shape} with a mask of {true.dtype} {true.shape}"
        raise DataError(what, where=where, do="pass float (h, w), and bool of the same shape")
    sizes = np.zeros((len(limits), 2), np.int64)
    for row, limit in enumerate(limits):
        mask = (said >= limit).astype(np.uint8)
        number, label, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        area = statistics[1:, cv2.CC_STAT_AREA].astype(np.int64)
        right = np.bincount(label[true], minlength=number)[1:] >= LEAST_OVERLAP * area
        sizes[row] = area[right].max(initial=0), area[~right].max(initial=0)
    return sizes


def find_alarms(
    times_s: ArrayLike, detected: ArrayLike, *, successive: int = 3, hold_s: float = 10.0
) -> pd.DataFrame:
    """Raise an alarm after so many frames in a row with a detection.

    Parameters
    ----------
    times_s : float (n,)
        Of the frames that were looked at, rising.
    detected : bool (n,)
    successive : int
        Frames in a row that are needed. It is the frames looked at that count, not those of the video.
    hold_s : float
        After an alarm this time passes before the next. What lasts longer raises another: otherwise a network that
        sees firearms all the time would raise a single false alarm.

    Returns
    -------
    DataFrame
        One row an alarm: first (number of the frame from which on there were detections), raised (of the frame that
        raised it), last (of the last detection in a row, or the one before the next alarm), and start_s, raised_s,
        end_s, their times.

    Raises
    ------
    DataError
        If times and detections differ in length, there are none, or times do not rise.
    ParameterError
        For settings out of range.

    Examples
    --------
    >>> find_alarms(range(8), [0, 1, 1, 0, 1, 1, 1, 1], successive=2, hold_s=2)[["start_s", "raised_s", "end_s"]]
       start_s  raised_s  end_s
    0      1.0       2.0    2.0
    1      4.0       5.0    6.0
    2      7.0       7.0    7.0
    """
    where = "find_alarms"
    times, seen = np.asarray(times_s, float), np.asarray(detected).astype(bool)
    successive = whole(successive, name="successive", where=where, least=1, most=10**6)
    hold_s = positive(hold_s, name="hold_s", where=where, included=True)
    if times.ndim != 1 or seen.shape != times.shape or not len(times) or not (np.diff(times) > 0).all():
        what = f"times {times.shape} and detections {seen.shape}, or times that do not rise"
        raise DataError(what, where=where, do="pass the frames of one video, in order")
    edges = np.flatnonzero(np.diff(np.r_[False, seen, False]))
    rows: list[list[int]] = []
    before_s = -np.inf
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        frame = first + successive - 1
        while (frame := max(frame, int(np.searchsorted(times, before_s + hold_s)))) < end:
            if rows and rows[-1][2] >= first:  # the row of detections goes on
                rows[-1][2], first = frame - 1, frame
            rows.append([first, frame, end - 1])
            before_s, frame = times[frame], frame + 1
    first, raised, last = np.array(rows, int).reshape(-1, 3).T
    columns = {"first": first, "raised": raised, "last": last}
    columns |= {"start_s": times[first], "raised_s": times[raised], "end_s": times[last]}
    return pd.DataFrame(columns)


def alarm_curve(
    frames: pd.DataFrame,
    sizes_px: ArrayLike,
    *,
    thresholds: Sequence[float],
    least_px: Sequence[int] = (1,),
    successive: Sequence[int] = (1, 2, 3),
    hold_s: float = 10.0,
) -> pd.DataFrame:
    """Count false alarms an hour and appearances found, for every setting of an alarm.

    Parameters
    ----------
    frames : DataFrame
        One row a frame that was looked at, in order: video, time_s, appearance (int: which time in its video a
        firearm is seen, from 1; 0 for none).
    sizes_px : int (n, thresholds, 2)
        From `region_sizes`.
    thresholds, least_px, successive : sequence
        Settings: probability from which a pixel is foreground, pixels from which a region is a detection, detections
        in a row that raise an alarm.
    hold_s : float
        See `find_alarms`.

    Returns
    -------
    DataFrame
        One row a setting: threshold, least_px, successive; false_alarms, hours (of all video, the firearm's time
        included), an_hour with an_hour_low and an_hour_high (`hourly_rate`); appearances, found, recall with
        recall_low and recall_high (`exact_share`); delay_s, the median time from a firearm's appearance to its alarm.

    Raises
    ------
    DataError
        If columns are missing, sizes do not go with frames and thresholds, or a video has a single frame.
    ParameterError
        For settings out of range.

    Notes
    -----
    An alarm is false if only wrong regions raised it. An appearance is found if right regions raise an alarm while
    it lasts: a wrong region elsewhere in the frame finds nothing. The interval of the recall takes appearances as
    independent, that of the rate alarms.

    Examples
    --------
    >>> frames = pd.DataFrame({"video": "a", "time_s": range(6), "appearance": [0, 0, 0, 1, 1, 1]})
    >>> sizes = np.array([[0, 9], [0, 0], [0, 0], [0, 0], [8, 0], [8, 0]])[:, None]
    >>> curve = alarm_curve(frames, sizes, thresholds=[0.5], successive=[1, 2])
    >>> curve[["successive", "false_alarms", "found", "delay_s"]]
       successive  false_alarms  found  delay_s
    0           1             1      1      1.0
    1           2             0      1      2.0
    """
    where = "alarm_curve"
    limits, sizes = checked_thresholds(thresholds, where=where), np.asarray(sizes_px)
    missing = {"video", "time_s", "appearance"} - set(frames)
    if missing or frames.empty or sizes.shape != (len(frames), len(limits), 2):
        what = f"sizes {sizes.shape} of {len(frames)} frames and {len(limits)} thresholds, missing: {sorted(missing)}"
        raise DataError(
            what, where=where, do="pass frames with video, time_s, appearance, and region_sizes of each"
        )
    places = list(frames.groupby("video", sort=False).indices.values())
    videos = [(frames.iloc[place], sizes[place]) for place in places]
    hours = sum(_seconds(video) for video, _ in videos) / 3600
    rows = []
    for column, limit in enumerate(limits):
        for least in least_px:
            for many in successive:
                settings = {"successive": many, "hold_s": hold_s}
                told = [_told(video, found[:, column] >= least, settings) for video, found in videos]
                false, delays = sum(one for one, _ in told), [delay for _, each in told for delay in each]
                rows.append((limit, least, many, *_scored(false, hours, delays)))
    columns = ["threshold", "least_px", "successive", "false_alarms", "hours"]
    columns += ["an_hour", "an_hour_low", "an_hour_high", "appearances", "found"]
    columns += ["recall", "recall_low", "recall_high", "delay_s"]
    return pd.DataFrame(rows, columns=columns)


def _told(
    video: pd.DataFrame, detected: NDArray[np.bool_], settings: dict[str, float]
) -> tuple[int, list[float]]:
    """Count the false alarms of a video; give the delay of each appearance, NaN if it is not found."""
    times_s = video["time_s"].to_numpy(float)
    false = len(find_alarms(times_s, detected[:, 1], **settings))  # type: ignore[arg-type]
    which, delays = video["appearance"].to_numpy(), []
    for number in np.unique(which[which > 0]):
        its = which == number
        raised = find_alarms(times_s[its], detected[its, 0], **settings)["raised_s"]  # type: ignore[arg-type]
        delays.append(float(raised.iloc[0] - times_s[its][0]) if len(raised) else float("nan"))
    return false, delays


def _scored(false: int, hours: float, delays: list[float]) -> tuple[float, ...]:
    found = [delay for delay in delays if delay == delay]
    rate, recall = hourly_rate(false, hours), exact_share(len(found), len(delays))
    return false, hours, *rate, len(delays), len(found), *recall, float(np.median(found or [np.nan]))


def _seconds(video: pd.DataFrame) -> float:
    steps = np.diff(video["time_s"].to_numpy(float))
    if not len(steps):
        what = f"video {video['video'].iloc[0]!r} has a single frame: how long it was watched is not known"
        raise DataError(what, where="alarm_curve", do="pass two frames or more, or leave it out")
    return float(steps.sum() + np.median(steps))


def _confidence(confidence: float, where: str) -> float:
    if not 0 < confidence < 1:
        what = f"confidence is {confidence!r}; it must be above 0 and below 1"
        raise ParameterError(what, where=where, do="pass for example 0.95")
    return confidence
