"""Long recordings cut into consecutive pieces of two seconds, as files."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd
import soundfile
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.transforms.arrays import positive

from .audio import Recording, opened_audio, raw_blocks
from .dataset import DataSet
from .gunshot import load_gunshots, recordings_of_folders
from .layout import MANIFEST, data_folder, some

# Kept as they are; whatever else a recording holds becomes 16-bit FLAC.
_LOSSLESS = {"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"}
_INDEX = re.compile(r"_\d{4,}$")
_COLUMNS = ["file", "category", "model", "session", "source_file", "start_s"]


class Segments(NamedTuple):
    """What `cut_segments` wrote.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a segment: file (below the folder it was written to), category, model, session, source_file,
        start_s (seconds from the beginning of the source).
    too_short : tuple of str
        Recordings that were skipped, being shorter than one segment.
    """

    table: pd.DataFrame
    too_short: tuple[str, ...]


def cut_segments(
    recordings: str | os.PathLike[str] | DataSet[Recording],
    *,
    out: str | os.PathLike[str] | None = None,
    duration_s: float = 2.0,
) -> Segments:
    """Cut each recording into consecutive pieces, at its own sample rate and with all its channels.

    A recording "range.wav" gives "range_0001.wav", "range_0002.wav", ...; a rest that fills no piece is left off,
    recordings shorter than one piece are skipped. Files are read piece by piece; each piece is written whole or
    not at all, and one that is there with the right length is not written again.

    Parameters
    ----------
    recordings : path or DataSet of Recording
        A folder that `load_gunshots` can open, or some rows of it. "range_0001.wav" beside "range.wav" is taken
        for a piece of it that was cut before, and not cut again.
    out : path, optional
        Folder for the pieces, in subfolders as those of the recordings. Without it they go beside their
        recordings, which needs a folder that has no manifest of its own.
    duration_s : float
        Length of a piece.

    Returns
    -------
    Segments
        `table` is also written as ``manifest.csv``, so that `load_gunshots` opens the pieces and not the
        recordings; a piece is of the session of its recording.

    Raises
    ------
    ParameterError
        For a duration that is not above 0, a folder inside that of the recordings, or simulated recordings.
    DataError
        For a folder that fits no layout, a recording that cannot be read, two recordings whose pieces would
        have the same name, or if every recording is too short.
    RunError
        If the folder cannot be written.

    Notes
    -----
    Source: gunshot paper, "Audio Segmentation". FLAC and WAV stay what they are, sample for sample; pieces of
    lossy files (MP3, Ogg) become 16-bit FLAC, since coding them again would change them.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "in/rifle/AK-47").mkdir(parents=True)
    >>> for name, seconds in ("range", 5), ("yard", 1):
    ...     soundfile.write(root / f"in/rifle/AK-47/{name}.wav", np.zeros(seconds * 8000), 8000)
    >>> segments = cut_segments(root / "in", out=root / "out")
    >>> segments.table[["file", "start_s"]].to_dict("split")["data"]
    [['rifle/AK-47/range_0001.wav', 0.0], ['rifle/AK-47/range_0002.wav', 2.0]]
    >>> segments.too_short
    ('rifle/AK-47/yard.wav',)
    """
    duration_s = positive(duration_s, name="duration_s", where="cut_segments")
    table, root = _recordings(recordings, beside=out is None)
    out = root if out is None else Path(out).resolve()
    if out != root and out.is_relative_to(root):
        do = "pass a folder beside it, or none to write beside the recordings"
        raise ParameterError("out lies inside the folder of the recordings", where=out, do=do)
    rows, too_short = [], []
    try:
        for row in table.to_dict("records"):
            pieces = list(_cut(root / row["file"], (out / row["file"]).parent, duration_s))
            for file, start_s in pieces:
                piece = file.relative_to(out).as_posix()
                rows.append(row | {"file": piece, "source_file": row["file"], "start_s": start_s})
            if not pieces:
                too_short.append(row["file"])
        segments = pd.DataFrame(rows, columns=_COLUMNS)
        if rows:
            _write(out / MANIFEST, segments.to_csv(index=False).encode())
    except OSError as error:
        what = f"the pieces cannot be written: {error.strerror or error}"
        raise RunError(what, where=out, do="free the disk, or choose another folder") from error
    if not rows:
        what = f"each of the {len(table)} recordings is shorter than {duration_s:g} s"
        raise DataError(what, where=root, do="ask for shorter pieces")
    return Segments(segments, tuple(too_short))


def _recordings(
    recordings: str | os.PathLike[str] | DataSet[Recording], *, beside: bool
) -> tuple[pd.DataFrame, Path]:
    """Give file, category, model and session of each recording, and the folder the files are below."""
    if isinstance(recordings, DataSet):
        table, root = recordings.table, getattr(recordings.read, "keywords", {}).get("root")
        if root is None or beside:
            what = f"{recordings.name!r} has no files to cut" if root is None else "no out for the pieces"
            do = "pass a folder of recordings, or some rows of it and out"
            raise ParameterError(what, where="cut_segments", do=do)
    else:
        root = data_folder(recordings)
        manifest = root / MANIFEST
        if manifest.is_file() and "source_file" not in manifest.read_text("utf-8-sig").partition("\n")[0]:
            if beside:
                what = "the folder has a manifest, which that of the pieces would replace"
                raise ParameterError(what, where=manifest, do="pass out, a folder for the pieces")
            table = load_gunshots(root).table
        else:
            table, _ = recordings_of_folders(root)
            files = [PurePosixPath(file).with_suffix("") for file in table["file"]]
            sources = set(files)
            is_piece = [file != (source := _source(file)) and source in sources for file in files]
            table = table[~np.array(is_piece)]
    names = table["file"].map(lambda file: str(PurePosixPath(file).with_suffix("")))
    if names.duplicated().any():
        same = some(table["file"][names.duplicated(keep=False)])
        raise DataError(f"pieces would have the same names: {same}", where=root, do="rename one of them")
    return table, root


def _source(piece: PurePosixPath) -> PurePosixPath:
    return piece.with_name(_INDEX.sub("", piece.name) or piece.name)


def _cut(path: Path, folder: Path, duration_s: float) -> Iterator[tuple[Path, float]]:
    """Write the pieces that are not there yet; give each with its start."""
    with opened_audio(path) as sound:
        rate, subtype = sound.samplerate, sound.subtype
        frames = max(round(duration_s * rate), 1)
        lossless = subtype in _LOSSLESS
        kind = ("WAV" if sound.format != "FLAC" else "FLAC") if lossless else "FLAC"
        names = [
            folder / f"{path.stem}_{number + 1:04d}.{kind.lower()}" for number in range(len(sound) // frames)
        ]
        missing = {name for name in names if not _is_there(name, frames, rate)}
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            dtype = "int32" if subtype.startswith("PCM") else "float64"
            for name, values in zip(names, raw_blocks(sound, path, frames=frames, dtype=dtype), strict=False):
                if name in missing:
                    _write(name, _encoded(values, rate, kind, subtype if lossless else "PCM_16"))
    for number, name in enumerate(names):
        yield name, number * frames / rate


def _is_there(path: Path, frames: int, rate: int) -> bool:
    if not path.is_file():
        return False
    with opened_audio(path) as sound:
        return len(sound) == frames and sound.samplerate == rate


def _encoded(values: NDArray, rate: int, kind: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, values, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
