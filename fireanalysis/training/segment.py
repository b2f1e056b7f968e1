"""Find firearms in pictures larger than those a network learned from, as fast as this machine can."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import region_sizes, segmentation_counts
from fireanalysis.metrics.segmentation import COUNTS
from fireanalysis.transforms import cut_tiles, fit_picture, merge_tiles, tiles
from fireanalysis.transforms.arrays import whole
from fireanalysis.transforms.pictures import as_picture

from .segmentation_fit import SegmentationFit

How = Literal["tiles", "whole"]
_TIMED = 8
_COUNTED = ["picture", "threshold", *COUNTS]
_MOST_CHANGED = 0.001  # share of pixels, see `fastest`


class Network(Protocol):
    """What finds firearms in pictures of one size: a `SegmentationFit`, or one made faster."""

    @property
    def pixels(self) -> int:
        """Rows and columns of the pictures it learned from."""

    def predict_pictures(self, images: NDArray[np.uint8], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Give the probability of a firearm for each pixel."""


def segment_picture(
    image: ArrayLike,
    network: Network,
    *,
    how: How = "tiles",
    overlap: int | None = None,
    batch_size: int = 16,
) -> NDArray[np.float32]:
    """Give the probability of a firearm for each pixel of a picture of any size.

    Parameters
    ----------
    image : uint8 (h, w, 3)
        Red, green, blue.
    network : SegmentationFit or FastNetwork
    how : {"tiles", "whole"}
        Cut into overlapping tiles of the network's size, at the picture's own resolution; or squash the whole
        picture to that size, which is fast and loses small things.
    overlap : int, optional
        Pixels that neighbouring tiles share at least; an eighth of their side by default.
    batch_size : int
        Tiles at a time.

    Returns
    -------
    float32 (h, w)
        0 to 1.

    Raises
    ------
    DataError
        For an array that is no picture.
    ParameterError
        For an unknown `how`, or an overlap that is not smaller than a tile.

    Notes
    -----
    Source: the segmentation paper squashes everything to 256 × 256 and tests no CCTV ("Limitations"). A firearm of
    0.09 % of a frame of 768 × 432 pixels is 300 pixels in it, and 44 of 256 × 256.
    """
    picture = as_picture(image, where="segment_picture")
    shape, pixels = (picture.shape[0], picture.shape[1]), network.pixels
    if how == "whole":
        small = network.predict_pictures(fit_picture(picture, pixels=pixels)[None])[0]
        return np.asarray(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    if how != "tiles":
        what = f"how is {how!r}; there are 'tiles' and 'whole'"
        raise ParameterError(what, where="segment_picture", do="pass one of them")
    places = tiles(shape, pixels=pixels, overlap=pixels // 8 if overlap is None else overlap)
    cut = cut_tiles(picture, places, pixels=pixels)
    return merge_tiles(network.predict_pictures(cut, batch_size=batch_size), places, shape)


class Watched(NamedTuple):
    """What a network says of videos whose truth is known.

    Attributes
    ----------
    frames : DataFrame
        One row a frame: video, time_s, appearance (which time a firearm is seen, from 1; 0 for none), firearm_px,
        peak (highest probability), and the columns of `segmentation_counts` at threshold 0.5.
    sizes_px : int64 (frames, thresholds, 2)
        As `region_sizes` gives them.
    """

    frames: pd.DataFrame
    sizes_px: NDArray[np.int64]


Frames = Iterable[tuple[float, NDArray[np.uint8], NDArray[np.bool_] | None]]


def watch_videos(
    videos: Mapping[str, Frames],
    network: Network,
    *,
    thresholds: Sequence[float] = (0.5,),
    how: How = "tiles",
) -> Watched:
    """Let a network look at every frame of some videos, and hold what it says against the truth.

    Parameters
    ----------
    videos : mapping of str to iterable of (float, uint8 (h, w, 3), bool (h, w) or None)
        Name → frames: time in seconds, picture, mask; None where there is no firearm.
    network : SegmentationFit or FastNetwork
    thresholds
        For `region_sizes`.
    how
        See `segment_picture`.

    Returns
    -------
    Watched
        For `fireanalysis.metrics.alarm_curve`, and for the metrics of masks.

    Raises
    ------
    DataError
        If a video has no frame, or a mask has another shape than its frame.
    """
    rows: list[tuple[object, ...]] = []
    sizes = []
    for name, frames in videos.items():
        number, seen, before = 0, False, len(rows)
        for time_s, image, mask in frames:
            truth = np.zeros(image.shape[:2], bool) if mask is None else mask
            said = segment_picture(image, network, how=how)
            here = bool(truth.any())
            number, seen = number + (here and not seen), here
            about = name, time_s, number if here else 0, int(truth.sum()), float(said.max())
            counts = segmentation_counts([said], [truth]).assign(picture=len(rows))
            rows.append((*about, *counts[_COUNTED].iloc[0]))
            sizes.append(region_sizes(said, truth, thresholds=thresholds))
        if len(rows) == before:
            raise DataError("a video without frames", where=name, do="pass at least one frame")
    columns = ["video", "time_s", "appearance", "firearm_px", "peak", *_COUNTED]
    return Watched(pd.DataFrame(rows, columns=columns), np.stack(sizes))


class Way(NamedTuple):
    """How a network computes.

    Attributes
    ----------
    device : str
    precision : {"float32", "bfloat16"}
    channels_last : bool
        Whether the channels of a pixel lie side by side in memory.
    """

    device: str = "cpu"
    precision: Literal["float32", "bfloat16"] = "float32"
    channels_last: bool = False

    def __str__(self) -> str:
        return f"{self.device}, {self.precision}{', channels last' if self.channels_last else ''}"


class FastNetwork:
    """A network that computes in one way; it learns nothing and leaves the fit it was made of as it is.

    Parameters
    ----------
    fit : SegmentationFit
    way : Way

    Attributes
    ----------
    pixels : int
    way : Way
    """

    def __init__(self, fit: SegmentationFit, way: Way = Way()) -> None:  # noqa: B008  # a tuple
        self.pixels, self.way = fit.pixels, way
        order = torch.channels_last if way.channels_last else torch.contiguous_format
        model = copy.deepcopy(fit.model).to(way.device).eval()
        self._model = model.to(memory_format=order)  # type: ignore[call-overload]
        self._order = order

    def predict_pictures(self, images: NDArray[np.uint8], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Give the probability of a firearm for each pixel, as `SegmentationFit.predict_pictures` does."""
        low = self.way.precision == "bfloat16"
        kind = torch.device(self.way.device).type
        found = []
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16, enabled=low):
            for start in range(0, len(images), batch_size):
                pictures = torch.from_numpy(images[start : start + batch_size]).to(self.way.device)
                inputs = (pictures.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=self._order)
                found.append(self._model(inputs)[:, 0].float().sigmoid().cpu().numpy())
        return np.concatenate(found)


def measure_speed(
    fit: SegmentationFit, frame: ArrayLike, *, repeats: int = 3
) -> tuple[pd.DataFrame, dict[str, Way]]:
    """Measure on this machine how fast a network computes in each way, and what that changes in its answers.

    Parameters
    ----------
    fit : SegmentationFit
    frame : uint8 (h, w, 3)
        What it is timed on: its first eight tiles, all at once.
    repeats : int
        The fastest of so many counts, after one to warm up.

    Returns
    -------
    table : DataFrame
        One row a way, the fastest first: way, device, precision, channels_last, tiles_a_second, changed (share of
        pixels that lie on the other side of 0.5 than in float32 on the CPU).
    ways : dict of str to Way
        By the table's "way".

    Raises
    ------
    ParameterError
        For a number of repeats below 1.
    """
    whole(repeats, name="repeats", where="measure_speed", least=1, most=1000)
    images = _first_tiles(frame, fit.pixels)
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    precisions: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    rows, ways, exact = [], {}, None
    for way in (Way(d, p, last) for d in devices for p in precisions for last in (False, True)):
        network = FastNetwork(fit, way)
        found = network.predict_pictures(images, batch_size=len(images)) >= 0.5
        exact = found if exact is None else exact
        seconds = min(_seconds(network, images) for _ in range(repeats))
        rows.append((str(way), *way, len(images) / seconds, float((found != exact).mean())))
        ways[str(way)] = way
    columns = ["way", *Way._fields, "tiles_a_second", "changed"]
    table = pd.DataFrame(rows, columns=columns).sort_values("tiles_a_second", ascending=False)
    return table.reset_index(drop=True), ways


def fastest(fit: SegmentationFit, frame: ArrayLike, *, repeats: int = 2) -> FastNetwork:
    """Make a network as fast as this machine can: in the fastest way of `measure_speed`.

    One that changes more than a thousandth of the pixels is not taken: bfloat16 rounds to eight bits, which may
    move what lies on the threshold and must not do more.
    """
    table, ways = measure_speed(fit, frame, repeats=repeats)
    return FastNetwork(fit, ways[table.loc[table["changed"] <= _MOST_CHANGED, "way"].iloc[0]])


def _first_tiles(frame: ArrayLike, pixels: int) -> NDArray[np.uint8]:
    picture = as_picture(frame, where="measure_speed")
    return cut_tiles(picture, tiles(picture.shape[:2], pixels=pixels)[:_TIMED], pixels=pixels)


def _seconds(network: FastNetwork, images: NDArray[np.uint8]) -> float:
    start = time.perf_counter()
    network.predict_pictures(images, batch_size=len(images))
    return time.perf_counter() - start
