"""A trained network looks at a picture or a video file: masks, overlay and a line per frame, written whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm.auto import tqdm

from fireanalysis.errors import RunError
from fireanalysis.loaders import is_video, read_frames, read_picture, video_info, video_writer
from fireanalysis.metrics import AlarmRule, find_alarms, region_sizes

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
        One row an alarm, as `find_alarms` gives it.
    files : dict of str to Path
        "mask", "overlay", "lines": what was written.
    notes : tuple of str
        What a reader should know of the file.
    """

    table: pd.DataFrame
    alarms: pd.DataFrame
    files: dict[str, Path]
    notes: tuple[str, ...]

    def said(self) -> tuple[str, ...]:
        """Sum up what was found, in lines."""
        table, frames = self.table, len(self.table)
        if frames == 1:
            line = table.iloc[0]
            what = "a region" if line["detected"] else "no region that is large enough"
            size = f"the largest has {line['largest_px']} pixels"
            return (f"{what}; {size}, the highest probability is {line['peak']:.2f}",)
        many = f"{len(self.alarms)} alarm{'' if len(self.alarms) == 1 else 's'}"
        lines = [f"{frames} frames looked at, a region in {int(table['detected'].sum())}, {many}"]
        spans = enumerate(self.alarms[["start_s", "end_s"]].to_numpy(float), start=1)
        lines += [f"alarm {number}: {start:.2f} s to {end:.2f} s" for number, (start, end) in spans]
        return tuple(lines)


def segment_file(
    file: str | os.PathLike[str],
    network: Network,
    *,
    out: str | os.PathLike[str],
    rule: AlarmRule | None = None,
    how: How = "tiles",
    every: int = 1,
    fps: float | None = None,
    cut_off: bool = False,
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
    rule : AlarmRule, optional
        What is a detection, and what an alarm; a single picture needs no frames in a row.
    how : {"tiles", "whole"}
        See `segment_picture`.
    every, fps, cut_off
        See `read_frames`; the written videos have as many frames as were looked at.

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
    source, target = Path(file), Path(out)
    video = is_video(source)
    frames, rate, notes = (
        _of_video(source, every=every, fps=fps, cut_off=cut_off) if video else _of_picture(source)
    )
    files = {
        "mask": target / f"{source.stem}_mask{'.mkv' if video else '.png'}",
        "overlay": target / f"{source.stem}_overlay{'.mp4' if video else '.png'}",
        "lines": target / f"{source.stem}_frames.csv",
    }
    rule = rule or AlarmRule()
    rule = rule if video else replace(rule, successive=1)
    rows = _write(_looked(frames, network, rule, how), files, rate)
    table = pd.DataFrame(rows, columns=COLUMNS)
    _whole(files["lines"], table.to_csv(index=False, float_format="%.6g").encode())
    rhythm = {"successive": rule.successive, "hold_s": rule.hold_s}
    alarms = find_alarms(table["time_s"], table["detected"], **rhythm)  # type: ignore[arg-type]
    return Segmented(table, alarms, files, notes)


Frames = Iterable[tuple[float, NDArray[np.uint8]]]


def _of_video(
    path: Path, *, every: int, fps: float | None, cut_off: bool
) -> tuple[Frames, float, tuple[str, ...]]:
    """Give the frames that are looked at, how many of them a second, and what to say of the file."""
    info = video_info(path)
    reading = read_frames(path, every=every, fps=fps, cut_off=cut_off)
    total = None if info.frames is None else -(-info.frames // every)
    frames = tqdm(reading, total=total, desc=path.name, unit="frame", leave=False, delay=5)
    length = "of unknown length" if info.frames is None else f"{info.frames} frames"
    rate = "no frame rate stated" if info.fps is None else f"{info.fps:.4g} a second"
    looked = f"; one in {every} looked at" if every > 1 else ""
    return frames, max((fps or info.fps or _FALLBACK_FPS) / every, 0.01), (f"{length}, {rate}{looked}",)


def _of_picture(path: Path) -> tuple[Frames, float, tuple[str, ...]]:
    picture = read_picture(path)
    return [(0.0, picture.image)], 0.0, picture.notes


class _Frame(NamedTuple):
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    line: tuple[Any, ...]  # of COLUMNS


def _looked(frames: Frames, network: Network, rule: AlarmRule, how: How) -> Iterator[_Frame]:
    row = 0
    for time_s, image in frames:
        said = segment_picture(image, network, how=how)
        largest = int(region_sizes(said, thresholds=[rule.threshold])[0, 1])
        row = row + 1 if largest >= rule.least_px else 0
        mask = said >= rule.threshold
        line = time_s, float(said.max()), float(mask.mean()), largest, row > 0, row >= rule.successive
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
        firearms, backgrounds) and "held_out" (lines of text on what it was tested). What is missing is said to be
        unknown.

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
