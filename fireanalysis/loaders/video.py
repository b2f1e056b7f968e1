"""Video files: frame by frame in, whole or not at all out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.transforms.arrays import positive, whole

VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".mpg", ".ts")
"""Endings by which a folder's videos are found; what a file is is told by its content."""

# What every OpenCV wheel can write. FFV1 loses nothing; browsers play VP8.
_CODECS = {".mp4": "mp4v", ".webm": "VP80", ".mkv": "FFV1"}
_RATES_HZ = (0.01, 1000.0)
_SPARE = 0.01  # lengths in a header may be rounded
_REPAIR = "copy it again from the recorder, or export it anew as MP4"


class VideoInfo(NamedTuple):
    """What the header of a video says; only reading the frames tells whether it is true.

    Attributes
    ----------
    width, height : int
        Pixels, upright.
    fps : float or None
        Frames a second; None where the file states none. Files without it are often read as 25.
    frames : int or None
        How many; None where it is not stated, as in streams and in recordings that were cut off.
    codec : str
        Its four characters.
    """

    width: int
    height: int
    fps: float | None
    frames: int | None
    codec: str


def is_video(path: str | os.PathLike[str]) -> bool:
    """Tell a video (two frames or more, or nothing that a picture reader knows) from a picture.

    Raises
    ------
    DataError
        If there is no such file.
    """
    file = _file(path)
    try:
        with Image.open(file):
            pass
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        return True
    capture = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
    try:
        return capture.grab() and capture.grab()
    finally:
        capture.release()


def video_info(path: str | os.PathLike[str]) -> VideoInfo:
    """Read size, frame rate and length of a video from its header.

    Raises
    ------
    DataError
        As `read_frames`, but for what shows only while reading.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "grey.mkv"
    >>> with video_writer(path, fps=10) as write:
    ...     for level in 0, 128, 255:
    ...         write(np.full((24, 32, 3), level, np.uint8))
    >>> video_info(path)
    VideoInfo(width=32, height=24, fps=10.0, frames=3, codec='ffv1')
    >>> [(time_s, int(image.mean())) for time_s, image in read_frames(path, every=2)]
    [(0.0, 0), (0.2, 255)]
    """
    with _opened(path) as capture:
        return _info(capture)


def read_frames(
    path: str | os.PathLike[str],
    *,
    every: int = 1,
    start_s: float = 0.0,
    stop_s: float | None = None,
    fps: float | None = None,
    cut_off: bool = False,
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Read a video frame by frame, so that memory does not grow with its length.

    Parameters
    ----------
    path : path
        Any container and codec that OpenCV's FFmpeg reads. Frames are turned as the file says.
    every : int
        Give the first of so many frames; the others are skipped.
    start_s, stop_s : float
        Give frames from this time on, and before that one.
    fps : float, optional
        Count times by so many frames a second, whatever the file says. Without it each frame has the time that is
        stored with it, so a frame rate may vary; where none is stored, the header's frame rate counts.
    cut_off : bool
        Accept a video that ends before its header says: a recorder may have lost its power. Otherwise that is an
        error, raised after the last frame that could be read.

    Yields
    ------
    time_s : float
        From the start of the video.
    image : uint8 (height, width, 3)
        Red, green, blue.

    Raises
    ------
    DataError
        For a file that is missing, empty, no video, a picture, without frames, truncated, or of a codec that is
        not there; or that has neither times nor a frame rate. Before the first frame is asked for if it shows then.
    ParameterError
        For settings out of range.
    """
    where = "read_frames"
    every = whole(every, name="every", where=where, least=1, most=10**6)
    start_s = positive(start_s, name="start_s", where=where, included=True)
    end_s = np.inf if stop_s is None else positive(stop_s, name="stop_s", where=where, least=start_s)
    if fps is not None:
        fps = _rate(fps, where)
    with _opened(path):
        pass
    return _frames(Path(path), every, start_s, end_s, fps, cut_off)


def _frames(
    path: Path, every: int, start_s: float, end_s: float, fps: float | None, cut_off: bool
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    with _opened(path) as capture:
        info, count, due, time_s = _info(capture), 0, 0, -np.inf
        while capture.grab():
            time_s = _time(capture, count, time_s, fps, info.fps, path)
            if time_s >= end_s:
                return
            if time_s >= start_s:
                if due % every == 0:
                    read, image = capture.retrieve()
                    if not read:
                        break
                    yield time_s, np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
                due += 1
            count += 1
    if count == 0:
        what = f"no frame of {info.codec!r} can be decoded: damaged, or its codec is not there"
        raise DataError(what, where=path, do=_REPAIR)
    if not cut_off and info.frames and _short(count, time_s, info):
        raise DataError(
            f"truncated: {count} of the {info.frames} frames that its header states could be read",
            where=path,
            do=f"{_REPAIR}; or accept what is there: cut_off=True (--cut-off)",
        )


def _time(
    capture: cv2.VideoCapture,
    count: int,
    before_s: float,
    fps: float | None,
    stated: float | None,
    path: Path,
) -> float:
    """Time of the frame that was just grabbed; never earlier than the one before."""
    if fps is not None:
        return count / fps
    stored = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    if np.isfinite(stored) and stored > before_s and stored >= 0:
        return round(stored, 6)
    if stated is None:
        raise DataError(
            f"frame {count} has no time, and the file no frame rate", where=path, do="pass fps (--fps)"
        )
    return max(before_s, 0.0) + (count > 0) / stated


def _short(count: int, last_s: float, info: VideoInfo) -> bool:
    """Whether frames are missing at the end, by count and by time: a varying rate has fewer than the header guesses."""
    stated = info.frames or 0
    spare = max(2.0, _SPARE * stated)
    by_time = info.fps is None or (last_s + 1 / info.fps) * info.fps < stated - spare
    return count < stated - spare and by_time


@contextmanager
def video_writer(
    path: str | os.PathLike[str], *, fps: float
) -> Iterator[Callable[[NDArray[np.uint8] | NDArray[np.bool_]], None]]:
    """Write a video frame by frame; under its name it is there whole or not at all.

    Parameters
    ----------
    path : path
        The name's end chooses the coding: ``.mp4`` (MPEG-4; desktop players), ``.webm`` (VP8; browsers too, ten times
        slower), ``.mkv`` (FFV1; loses nothing: for masks). Its folder is made if need be.
    fps : float
        Frames a second.

    Yields
    ------
    callable
        Takes one frame: uint8 (height, width, 3), red green blue, or a mask, bool (height, width), which becomes
        black and white. An odd height or width is made even by repeating the last row or column.

    Raises
    ------
    ParameterError
        For another ending, or a rate outside 0.01 to 1000.
    DataError
        For a frame of another size or kind than the first, or if there was none.
    RunError
        If it cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in _CODECS:
        raise ParameterError(
            f"{target.name!r} ends in {target.suffix!r}; {', '.join(_CODECS)} can be written",
            where="video_writer",
            do="name it for example overlay.mp4",
        )
    writing = _Writing(target, _rate(fps, "video_writer"))
    try:
        yield writing.frame
        writing.finish()
    except OSError as error:
        raise _unwritten(target, error.strerror or str(error)) from error
    finally:
        writing.clear()


class _Writing:
    """A video on its way to its name."""

    def __init__(self, target: Path, fps: float) -> None:
        self._target, self._fps = target, fps
        self._part = target.with_name(f".{target.stem}.part{target.suffix}")
        self._writer: cv2.VideoWriter | None = None
        self._like: tuple[tuple[int, ...], np.dtype] | None = None
        self._count = 0

    def frame(self, image: NDArray[np.uint8] | NDArray[np.bool_]) -> None:
        """Write one frame."""
        like = image.shape, image.dtype
        mask = image.dtype == np.bool_ and image.ndim == 2
        picture = image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
        if not (mask or picture) or not image.size:
            what = f"a frame of {image.dtype} {image.shape}; uint8 (h, w, 3) or bool (h, w) can be written"
            raise DataError(what, where=self._target, do="convert it")
        if self._like not in (None, like):
            what = f"frame {self._count} is {like[1]} {like[0]}, the first was {self._like}"
            raise DataError(what, where=self._target, do="bring all frames to one size")
        height, width = image.shape[:2]
        even = cv2.copyMakeBorder(
            np.asarray(image * np.uint8(255) if mask else image[..., ::-1], np.uint8),
            *(0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE),
        )
        if self._writer is None:
            self._like = like
            self._target.parent.mkdir(parents=True, exist_ok=True)
            code = cv2.VideoWriter.fourcc(*_CODECS[self._target.suffix.lower()])
            size = even.shape[1], even.shape[0]
            self._writer = cv2.VideoWriter(str(self._part), cv2.CAP_FFMPEG, code, self._fps, size, not mask)
            if not self._writer.isOpened():
                raise _unwritten(self._target, "the file cannot be opened, or its codec is not there")
        # OpenCV 5 says whether a frame was written, earlier ones say nothing: `finish` counts.
        if self._writer.write(even) is False:
            raise _unwritten(self._target, f"frame {self._count} could not be written")
        self._count += 1

    def finish(self) -> None:
        """Give the file its name if all of it is there."""
        if self._writer is None:
            raise DataError("no frame to write", where=self._target, do="write at least one")
        self._writer.release()
        # OpenCV does not say that the last bytes found no room; the header may promise frames that are not there.
        capture, there = cv2.VideoCapture(str(self._part), cv2.CAP_FFMPEG), 0
        while capture.grab():
            there += 1
        capture.release()
        if there != self._count:
            raise _unwritten(self._target, f"{there} of {self._count} frames are there, the disk may be full")
        self._part.replace(self._target)

    def clear(self) -> None:
        """Remove what was not finished."""
        if self._writer is not None:
            self._writer.release()
        self._part.unlink(missing_ok=True)


def _unwritten(path: Path, why: str) -> RunError:
    do = "free the disk, or choose another folder (--out)"
    return RunError(f"the video cannot be written: {why}", where=path, do=do)


def _rate(fps: float, where: str) -> float:
    rate = positive(fps, name="fps", where=where)
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        what = f"fps is {rate:g}; it must be from {_RATES_HZ[0]:g} to {_RATES_HZ[1]:g}"
        raise ParameterError(what, where=where, do="pass for example 25")
    return rate


def _file(path: str | os.PathLike[str]) -> Path:
    file = Path(path).absolute()  # a name alone might be taken for an address by FFmpeg
    if not file.is_file():
        what = "a folder, not a video" if file.is_dir() else "no such file"
        raise DataError(what, where=path, do="name a video file")
    if file.stat().st_size == 0:
        raise DataError("empty: 0 bytes", where=path, do=_REPAIR)
    return file


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[cv2.VideoCapture]:
    file = _file(path)
    if not is_video(file):
        raise DataError("a picture, not a video", where=path, do="read it with read_picture")
    capture = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            with file.open("rb") as content:
                cut = content.read(12)[4:8] == b"ftyp"
            what = (
                "truncated or without frames: its index is missing"
                if cut
                else "not a video that OpenCV can open"
            )
            raise DataError(what, where=path, do=_REPAIR)
        if capture.get(cv2.CAP_PROP_FRAME_COUNT) == 0:
            raise DataError("a video without frames", where=path, do=_REPAIR)
        yield capture
    finally:
        capture.release()


def _info(capture: cv2.VideoCapture) -> VideoInfo:
    fps, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    codec = code.to_bytes(4, "little").decode("ascii", "replace").strip("\0 ")
    return VideoInfo(
        int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        float(fps) if _RATES_HZ[0] <= fps <= _RATES_HZ[1] else None,
        int(frames) if frames > 0 else None,
        codec,
    )
