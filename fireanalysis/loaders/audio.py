"""Reading audio files: whole, or block by block; whatever is wrong with one is a single clear error."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import positive

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")

_FULL_SCALE = 0.999
_RATES_HZ = (4_000, 768_000)
_MOST_VALUES = 2**28  # 1 GiB as float32: an hour and a half of mono at 44.1 kHz
_MOST_PEAK = 16.0  # lossy coders overshoot 1 a little; samples that were never divided by 32768, by far
_LAST_PAGE = 65_307  # bytes of the longest page of an Ogg file
_STREAMED = 2**32 - 2048  # sizes that programs write into a header when they do not know the length yet


@dataclass(frozen=True, eq=False)
class Recording:
    """A sound as one channel.

    Attributes
    ----------
    signal : float32 (samples,)
        Within −1 to 1.
    sample_rate_hz : int
    name : str
        For titles: the file's name, or what was simulated.
    source : {"simulated", "real"}
    notes : tuple of str
        What the reader did or saw: channels averaged, clipping, silence, ...
    clipped_share : float
        Share of the samples, 0 to 1, that stay at full scale for two samples or longer.
    """

    signal: NDArray[np.float32]
    sample_rate_hz: int
    name: str
    source: Literal["simulated", "real"]
    notes: tuple[str, ...] = ()
    clipped_share: float = 0.0

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.signal) / self.sample_rate_hz

    @property
    def silent(self) -> bool:
        """Whether every sample is the same: there is no sound in it."""
        return bool(np.ptp(self.signal) == 0)


def read_audio(path: str | os.PathLike[str]) -> Recording:
    """Read a sound file of any sample rate as one channel: the mean of its channels.

    Parameters
    ----------
    path : path
        WAV, FLAC, Ogg or MP3 file. What it is is told by its content; a name that says otherwise is noted.

    Returns
    -------
    Recording
        `notes` say so if channels were averaged, the sound is silent, clipped or sampled below 16 kHz, or if it
        was scaled down because its peak exceeds 1 (lossy and floating-point files).

    Raises
    ------
    DataError
        For a file that is missing, empty, truncated, no audio, or longer than about 1.5 hours; that holds NaN
        or infinity, or values far beyond −1 to 1. (An MP3 file that does not state its length may be truncated
        unseen.)

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "shot.wav"
    >>> soundfile.write(path, np.full((8000, 2), [0.5, 0.25]), 8000, subtype="FLOAT")
    >>> recording = read_audio(path)
    >>> recording.signal[:2], recording.sample_rate_hz, recording.duration_s
    (array([0.375, 0.375], dtype=float32), 8000, 1.0)
    >>> recording.notes
    ('mean of 2 channels', 'sampled at 8000 Hz: nothing above 4000 Hz', 'silent: all samples are 0.375')
    """
    path = Path(path)
    with opened_audio(path) as file:
        if len(file) * file.channels > _MOST_VALUES:
            what = f"{len(file) / file.samplerate / 60:.0f} minutes of {file.channels} channels in one file"
            raise DataError(what, where=path, do="cut it first: cut_segments reads it piece by piece")
        values = file.read(dtype="float32", always_2d=True)
        if len(values) < len(file):
            raise _truncated(path, len(values) / len(file))
        rate, kind = file.samplerate, file.format
    check_values(values, path)
    notes = []
    if (suffix := path.suffix.lower().lstrip(".")) != kind.lower():
        notes.append(f"holds {kind} though its name ends in .{suffix}")
    peak = max(values.max(), -values.min())
    clipped = _clipped_share(values, max(peak, 1))
    if peak > 1:
        values /= peak
        notes.append(f"its peak of {peak:.3g} scaled to 1")
    if values.shape[1] > 1:
        notes.append(f"mean of {values.shape[1]} channels")
    signal = values.mean(axis=1)  # of one channel: the channel
    if rate < 16_000:
        notes.append(f"sampled at {rate} Hz: nothing above {rate // 2} Hz")
    if clipped:
        notes.append(f"clipped: {100 * clipped:.2g} % of the samples at full scale")
    if np.ptp(signal) == 0:
        notes.append(f"silent: all samples are {signal[0]:g}")
    return Recording(signal, rate, path.stem, "real", tuple(notes), clipped)


def read_blocks(
    path: str | os.PathLike[str], *, block_s: float = 10.0
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Read a sound file of any length piece by piece, so that memory does not grow with it.

    Parameters
    ----------
    path : path
    block_s : float
        Length of a block in seconds; the last one may be shorter.

    Yields
    ------
    signal : float32 (samples,)
        Mean of the channels, as stored: a peak above 1 is not scaled down, other than by `read_audio`.
    sample_rate_hz : int

    Raises
    ------
    DataError
        As `read_audio`, when the block at fault is reached.
    ParameterError
        For a block length that is not above 0.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "range.wav"
    >>> soundfile.write(path, np.zeros(20_000), 8000)
    >>> [(len(block), rate) for block, rate in read_blocks(path, block_s=1)]
    [(8000, 8000), (8000, 8000), (4000, 8000)]
    """
    path = Path(path)
    block_s = positive(block_s, name="block_s", where="read_blocks")
    with opened_audio(path) as file:
        for values in raw_blocks(file, path, frames=max(round(block_s * file.samplerate), 1)):
            yield values.mean(axis=1), file.samplerate


def raw_blocks(
    file: soundfile.SoundFile, path: Path, *, frames: int, dtype: str = "float32"
) -> Iterator[NDArray]:
    """Read (frames, channels) at a time from an open file; the last block may be shorter."""
    seen = 0
    while seen < len(file):
        values = file.read(frames, dtype=dtype, always_2d=True)
        if not len(values):
            raise _truncated(path, seen / len(file))
        check_values(values, path)
        seen += len(values)
        yield values


@contextmanager
def opened_audio(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open a sound file that has a known format, a length and a sane rate; errors inside are told as DataError.

    Raises
    ------
    DataError
    """
    if path.exists() and not path.is_file():
        raise DataError("is no file", where=path, do="pass a sound file")
    try:
        with path.open("rb") as file:
            _check_start(file, path)
            sound = soundfile.SoundFile(path)
            _check_header(sound, file, path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", where=path, do="check it") from error
    except soundfile.LibsndfileError as error:
        raise _damaged(path, error) from error
    with sound:
        try:
            yield sound
        except soundfile.LibsndfileError as error:
            raise _damaged(path, error) from error


def check_values(values: NDArray, path: Path) -> None:
    """Raise DataError for NaN, infinity, and values far beyond −1 to 1."""
    if values.dtype.kind == "i":
        return
    low, high = values.min(), values.max()
    if not np.isfinite([low, high]).all():
        count = np.count_nonzero(~np.isfinite(values))
        raise DataError(
            f"{count} samples are NaN or infinite", where=path, do="export it again, or leave it out"
        )
    if max(high, -low) > _MOST_PEAK:
        what = f"samples reach {max(high, -low):.4g}; floating-point audio holds −1 to 1"
        raise DataError(
            what, where=path, do="divide by the full scale (32768 for 16 bits) and write it again"
        )


def _check_start(file: BinaryIO, path: Path) -> None:
    # libsndfile would search any bytes for an MP3 frame, and print what it thinks of them.
    start = file.read(12)
    file.seek(0)
    if not start:
        raise DataError("the file is empty (0 bytes)", where=path, do="copy it again, or leave it out")
    mp3 = start[:3] == b"ID3" or (start[0] == 0xFF and len(start) > 1 and start[1] & 0xE6 == 0xE2)
    wav = start[:4] in (b"RIFF", b"RF64") and start[8:12] == b"WAVE"
    if not (mp3 or wav or start[:4] in (b"fLaC", b"OggS")):
        raise DataError(
            f"no WAV, FLAC, Ogg or MP3 file: it begins with {start!r}",
            where=path,
            do="convert it to WAV or FLAC, or leave it out",
        )


def _check_header(sound: soundfile.SoundFile, file: BinaryIO, path: Path) -> None:
    frames, rate = len(sound), sound.samplerate
    stated = re.search(r"^data : (\d+) \(should be (\d+)\)", sound.extra_info, re.MULTILINE)
    if stated and int(stated[2]) < int(stated[1]) < _STREAMED:
        raise _truncated(path, int(stated[2]) / int(stated[1]))
    if sound.format == "OGG" and not _ogg_ends(file):
        raise _truncated(path)
    if not 0 < frames < 2**62:
        what = "the file holds no samples" if frames <= 0 else "the file does not state its length"
        raise DataError(what, where=path, do="write it again, for example as WAV, or leave it out")
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        what = f"its sample rate is {rate} Hz; {_RATES_HZ[0]} to {_RATES_HZ[1]} Hz fit"
        raise DataError(what, where=path, do="write it again with its true rate")


def _ogg_ends(file: BinaryIO) -> bool:
    """Whether the last page is whole and marked as the last; the position in the file stays."""
    place = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _LAST_PAGE, 0))
    page = file.read()
    file.seek(place)
    page = page[page.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return False
    return bool(page[5] & 4) and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def _truncated(path: Path, share: float | None = None) -> DataError:
    rest = "" if share is None else f": {100 * share:.0f} % of what its header states"
    return DataError(f"truncated{rest}", where=path, do="copy it again, or leave it out")


def _damaged(path: Path, error: soundfile.LibsndfileError) -> DataError:
    what = f"damaged or truncated: {error.error_string.strip(' .')}"
    return DataError(what, where=path, do="copy it again, or leave it out")


def _clipped_share(values: NDArray[np.float32], ceiling: float) -> float:
    full = np.abs(values) >= _FULL_SCALE * ceiling
    beside = full[1:] & full[:-1]
    lasting = np.zeros_like(full)
    lasting[1:] |= beside
    lasting[:-1] |= beside
    return float(lasting.mean())
