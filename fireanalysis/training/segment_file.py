"""A trained network looks at a picture or a video file: masks, overlay and a line per frame, written whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import ParameterError, RunError
from fireanalysis.loaders import is_video, read_frames, read_picture, video_info, video_writer
from fireanalysis.metrics import find_alarms, region_sizes
from fireanalysis.transforms.arrays import positive, whole

from .segment import How, Network, segment_picture
from .segmentation_fit import SegmentationFit

COLUMNS = ["time_s", "peak", "foreground_share", "largest_px", "detected", "alarm"]
_TINT = np.array([213, 94, 0], np.uint8)  # vermillion of Okabe and Ito
_FALLBACK_FPS = 10.0


class Segmented(NamedTuple):
    """What was found in a file.

    Attributes
    ----------
    table : DataFrame
        One row a frame that was looked at: time_s, peak (highest probability), foreground_share (of the frame),
        largest_px (pixels of the largest region), detected (that region is large enough), alarm (so many frames in a
        row were).
    alarms : DataFrame
        One row an alarm, as `find_alarms` gives it; empty for a picture.
    files : dict of str to Path
        "mask", "overlay", "lines": what was written.
    notes : tuple of str
        What a reader should know of the file.
    """

    table: pd.DataFrame
    alarms: pd.DataFrame
    files: dict[str, Path]
    notes: tuple[str, ...]


def segment_file(
    file: str | os.PathLike[str],
    network: Network,
    *,
    out: str | os.PathLike[str],
    threshold: float = 0.5,
    least_px: int = 20,
    successive: int = 3,
    hold_s: float = 5.0,
    how: How = "tiles",
    every: int = 1,
    fps: float | None = None,
    cut_off: bool = False,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> Segmented:
    """Find firearms in a picture or video file; write mask, overlay and a line per frame.

    Parameters
    ----------
    file : path
        Picture (`read_picture`) or video (`read_frames`).
    network : SegmentationFit or FastNetwork
    out : path
        Folder. Of "yard.mp4" it gets yard_mask.mkv (black and white, nothing lost), yard_overlay.mp4 and
        yard_frames.csv; of "yard.jpg" yard_mask.png, yard_overlay.png and yard_frames.csv. Each is there whole or not
        at all; the lines come last.
    threshold : float
        A pixel is foreground from this probability on, above 0 and at most 1.
    least_px : int
        A region (pixels that touch) is a detection from this size on.
    successive, hold_s
        See `find_alarms`.
    how : {"tiles", "whole"}
        See `segment_picture`.
    every, fps, cut_off
        See `read_frames`; the written videos have as many frames as were looked at.
    progress : callable, optional
        Wraps the frames, as tqdm does.

    Returns
    -------
    Segmented

    Raises
    ------
    DataError
        For a file that cannot be read.
    ParameterError
        For settings out of range.
    RunError
        If something cannot be written.
    """
    where = "segment_file"
    if not 0 < positive(threshold, name="threshold", where=where) <= 1:
        what = f"threshold is {threshold:g}; it must be above 0 and at most 1"
        raise ParameterError(what, where=where, do="pass for example 0.5")
    least_px = whole(least_px, name="least_px", where=where, least=1, most=2**40)
    successive = whole(successive, name="successive", where=where, least=1, most=10**6)
    source, target = Path(file), Path(out)
    video = is_video(source)
    files = {
        "mask": target / f"{source.stem}_mask{'.mkv' if video else '.png'}",
        "overlay": target / f"{source.stem}_overlay{'.mp4' if video else '.png'}",
        "lines": target / f"{source.stem}_frames.csv",
    }
    if video:
        frames: Iterable[tuple[float, NDArray[np.uint8]]] = read_frames(
            source, every=every, fps=fps, cut_off=cut_off
        )
        info = video_info(source)
        rate = max((fps or info.fps or _FALLBACK_FPS) / every, 0.01)
        notes: tuple[str, ...] = _of_video(source, info.frames, info.fps, every)
    else:
        picture = read_picture(source)
        frames, rate, notes = [(0.0, picture.image)], 0.0, picture.notes
    looked = _looked(progress(frames), network, threshold, least_px, successive if video else 1, how)
    rows = _write(looked, files, rate)
    table = pd.DataFrame(rows, columns=COLUMNS)
    _whole(files["lines"], table.to_csv(index=False, float_format="%.6g").encode())
    alarms = pd.DataFrame()
    if video:
        alarms = find_alarms(table["time_s"], table["detected"], successive=successive, hold_s=hold_s)
    return Segmented(table, alarms, files, notes)


class _Frame(NamedTuple):
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    line: tuple[Any, ...]  # of COLUMNS


def _looked(
    frames: Iterable[tuple[float, NDArray[np.uint8]]],
    network: Network,
    threshold: float,
    least_px: int,
    successive: int,
    how: How,
) -> Iterator[_Frame]:
    row = 0
    for time_s, image in frames:
        said = segment_picture(image, network, how=how)
        largest = int(region_sizes(said, thresholds=[threshold])[0, 1])
        row = row + 1 if largest >= least_px else 0
        mask = said >= threshold
        line = time_s, float(said.max()), float(mask.mean()), largest, row > 0, row >= successive
        yield _Frame(image, mask, line)


def _write(looked: Iterator[_Frame], files: dict[str, Path], rate: float) -> list[tuple[Any, ...]]:
    """Write mask and overlay frame by frame (a picture at once); give the lines."""
    if not rate:
        (frame,) = looked
        _whole(files["mask"], _png(np.asarray(frame.mask * np.uint8(255), np.uint8)))
        _whole(files["overlay"], _png(overlay_mask(frame.image, frame.mask)[..., ::-1]))
        return [frame.line]
    rows = []
    with ExitStack() as opened:
        write_mask = opened.enter_context(video_writer(files["mask"], fps=rate))
        write_overlay = opened.enter_context(video_writer(files["overlay"], fps=rate))
        for frame in looked:
            write_mask(frame.mask)
            write_overlay(overlay_mask(frame.image, frame.mask, alarm=frame.line[-1]))
            rows.append(frame.line)
    return rows


def overlay_mask(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], *, alarm: bool = False
) -> NDArray[np.uint8]:
    """Tint what a mask covers, draw its outline, and frame the picture while there is an alarm.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    mask : bool (h, w)
    alarm : bool

    Returns
    -------
    uint8 (h, w, 3)

    Examples
    --------
    >>> found = overlay_mask(np.zeros((9, 9, 3), np.uint8), np.eye(9, dtype=bool))
    >>> found[0, 0].tolist(), found[0, 8].tolist()
    ([213, 94, 0], [0, 0, 0])
    """
    shown = image.copy()
    shown[mask] = (shown[mask].astype(np.uint16) + _TINT) // 2
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thick = max(min(image.shape[:2]) // 250, 1)
    cv2.drawContours(shown, outlines, -1, _TINT.tolist(), thick)
    if alarm:
        cv2.rectangle(shown, (0, 0), (image.shape[1] - 1, image.shape[0] - 1), _TINT.tolist(), 6 * thick)
    return shown


def introduce_segmentation(fit: SegmentationFit) -> tuple[str, ...]:
    """Say what a reader of a network's answers must know: what it learned from, and how often it is wrong.

    Parameters
    ----------
    fit : SegmentationFit
        Its `about` holds, as notebook 35 writes it, "source" ("simulated" or "real"), "trained_on" (pictures,
        firearms, backgrounds), "held_out" (lines of text on what it was tested) and "settings" (threshold, least_px,
        successive). What is missing is said to be unknown.

    Returns
    -------
    tuple of str
        Lines.
    """
    about, learned = fit.about, fit.about.get("trained_on", {})
    source = {"simulated": "SIMULATED pictures only", "real": "photographs"}.get(
        about.get("source", ""), "an UNKNOWN source"
    )
    lines = [
        f"{fit.recipe.network} of {fit.pixels} pixels, encoder weights {fit.weights}, learned from {source}: "
        f"{learned.get('pictures', '?')} pictures, {learned.get('firearms', '?')} firearms, "
        f"{learned.get('backgrounds', '?')} backgrounds"
    ]
    if about.get("source") == "simulated":
        lines.append("how often it is wrong about real footage is NOT KNOWN from simulated pictures")
    held_out = about.get("held_out", [])
    lines += held_out or ["how often it is wrong is NOT KNOWN: no test was kept with it"]
    lines.append("it narrows a search and identifies nobody: look at every frame it points to, and at others")
    return tuple(lines)


def _of_video(path: Path, frames: int | None, fps: float | None, every: int) -> tuple[str, ...]:
    length = "of unknown length" if frames is None else f"{frames} frames"
    rate = "no frame rate stated" if fps is None else f"{fps:.4g} a second"
    looked = f"; one in {every} looked at" if every > 1 else ""
    return (f"{length}, {rate}{looked}",)


def _png(image: NDArray[np.uint8]) -> bytes:
    _, content = cv2.imencode(".png", image)
    return content.tobytes()


def _whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        what = f"cannot be written: {error.strerror or error}"
        raise RunError(what, where=path, do="free the disk, or choose another folder (--out)") from error
