"""Spectrograms and other features of a set of recordings, made once on all cores and kept on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from tqdm.auto import tqdm

from fireanalysis.errors import DataError
from fireanalysis.transforms import CLIP_S, fit_duration, log_spectrogram, shrink_spectrogram
from fireanalysis.transforms.arrays import whole

from .audio import Recording
from .dataset import DataSet, described
from .layout import some
from .store import Entry, kept

Arrays = DataSet[NDArray[np.float32]]

_LOG = "clips.csv"
_TASK = 8  # clips a thread takes at a time: simulated ones of a session share work


def keep_spectrograms(
    data: DataSet[Recording], *, store: str | os.PathLike[str], shrink_by: int = 1
) -> Arrays:
    """Read or simulate every recording once and keep its spectrogram on disk, one ``.npy`` file a clip.

    A killed run goes on where it stopped. Of recordings longer than 2 s the first 2.0 s count (`cut_segments`
    makes clips of all of it), shorter ones are followed by silence; the notes count both. Recordings without
    sound are left out, and counted in the notes.

    Parameters
    ----------
    data : DataSet of Recording
        From `load_gunshots`.
    store : path
        Folder that keeps the spectrograms (`kept`).
    shrink_by : int
        Average blocks of so many bins and frames (`shrink_spectrogram`): a smaller input for smaller profiles.

    Returns
    -------
    DataSet of float32 (512 // shrink_by, 345 // shrink_by)
        As `log_spectrogram` makes them. The table has the columns of `data` and "row", the number of the file.

    Raises
    ------
    ParameterError
        For a factor out of range.
    DataError
        If a file cannot be read, or no recording has sound.
    RunError
        If the store cannot be written.

    Notes
    -----
    Source: gunshot paper, "Feature Extraction" (its folder ``./fea_2s/``).

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis.loaders import load_gunshots
    >>> maps = keep_spectrograms(load_gunshots(clips=40).subset([0, 1]), store=tempfile.mkdtemp(), shrink_by=4)
    >>> maps[0].shape, maps.source
    ((128, 86), 'simulated')
    """
    shrink_by = whole(shrink_by, name="shrink_by", where="keep_spectrograms", least=1, most=345)
    with kept(store, "spectrograms", {"data": data.fingerprint(), "shrink_by": shrink_by}) as entry:
        return _from_entry(data, partial(_spectrogram, shrink_by=shrink_by), entry)


def keep_features(
    data: DataSet[Recording], function: Callable[..., ArrayLike], *, store: str | os.PathLike[str]
) -> Arrays:
    """Keep what a function gives for exactly 2.0 s of each recording, as `keep_spectrograms` keeps spectrograms.

    Parameters
    ----------
    data : DataSet of Recording
    function : callable
        Called as ``function(signal, sample_rate_hz=...)``, for example `mel_statistics`; a function of a module
        or a `functools.partial` of one, since its name and settings are part of the store's key. Its arrays
        must all have one shape.
    store : path

    Returns
    -------
    DataSet of float32
        The table has the columns of `data` and "row", the number of the file.

    Raises
    ------
    DataError
        If a file cannot be read, no recording has sound, or the arrays differ in shape.
    RunError
        If the store cannot be written.
    """
    made_from = {"data": data.fingerprint(), "function": described(function)}
    with kept(store, "features", made_from) as entry:
        return _from_entry(data, partial(_of_clip, function=function), entry)


def _spectrogram(signal: NDArray[np.float32], *, sample_rate_hz: int, shrink_by: int) -> NDArray[np.float32]:
    return shrink_spectrogram(log_spectrogram(signal, sample_rate_hz), factor=shrink_by)


def _of_clip(
    signal: NDArray[np.float32], *, sample_rate_hz: int, function: Callable[..., ArrayLike]
) -> ArrayLike:
    clip = fit_duration(signal, sample_rate_hz=sample_rate_hz, duration_s=CLIP_S)
    return function(clip, sample_rate_hz=sample_rate_hz)


def _from_entry(data: DataSet[Recording], function: Callable[..., ArrayLike], entry: Entry) -> Arrays:
    if not entry.done:
        _make(data, function, entry.folder)
        entry.finish()
    log = _logged(entry.folder)
    table = data.table.assign(row=np.arange(len(data)))
    arrays: DataSet = replace(data, table=table, read=partial(_kept_rows, folder=entry.folder))
    return _with_sound(arrays, np.array([log[row] for row in range(len(data))]))


def _make(data: DataSet[Recording], function: Callable[..., ArrayLike], folder: Path) -> None:
    """Make what a killed run left undone, clip by clip: first the file, then its line in the log."""
    todo = np.setdiff1d(np.arange(len(data)), [*_logged(folder)])
    lock, shapes = Lock(), set[tuple[int, ...]]()

    def work(rows: NDArray[np.intp]) -> None:
        for row, recording in zip(rows, data.read(data.table.iloc[rows]), strict=True):
            rate = recording.sample_rate_hz
            has_sound = np.ptp(recording.signal[: round(CLIP_S * rate)]) > 0
            if has_sound:
                array = np.asarray(function(recording.signal, sample_rate_hz=rate), np.float32)
                shapes.add(array.shape)
                if len(shapes) > 1:
                    what = f"arrays of several shapes, {some(sorted(shapes))}"
                    raise DataError(what, where=recording.name, do="make the function's arrays equally large")
                _save(folder / _name(row), array)
            with lock, (folder / _LOG).open("a", encoding="utf-8") as lines:
                lines.write(f"\n{row},{recording.duration_s if has_sound else 0:.4f} s\n")
            progress.update()

    with (
        tqdm(total=len(todo), desc=f"preparing {data.name}", leave=False, delay=5) as progress,
        ThreadPoolExecutor(threads()) as pool,
    ):
        tasks = [pool.submit(work, todo[start : start + _TASK]) for start in range(0, len(todo), _TASK)]
        try:
            for task in as_completed(tasks):
                task.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _logged(folder: Path) -> dict[int, float]:
    """Read which rows are done: row → seconds of the recording, 0 for one without sound."""
    try:
        text = (folder / _LOG).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    # A full disk may have torn a line.
    return {
        int(row): float(seconds) for row, seconds in re.findall(r"^(\d+),([\d.]+) s$", text, re.MULTILINE)
    }


def _save(path: Path, array: NDArray[np.float32]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    part.replace(path)


def _with_sound(arrays: DataSet, durations_s: NDArray[np.float64]) -> Arrays:
    """Leave out what has no sound; the notes count this, and what was cut or filled up."""
    silent = durations_s == 0
    names = some(arrays.table.loc[silent, "file" if "file" in arrays.table else arrays.group])
    left_out = f"{silent.sum()} of {len(arrays)} recordings left out, no sound in their first 2 s: {names}"
    if silent.all():
        raise DataError(left_out, where=arrays.name, do="look at the files: fireanalysis check FOLDER")
    longer = durations_s > CLIP_S + 0.001
    shorter = (durations_s < CLIP_S - 0.001) & ~silent
    notes = {
        left_out: silent.any(),
        f"{longer.sum()} recordings longer than 2 s: their first 2.0 s": longer.any(),
        f"{shorter.sum()} recordings shorter than 2 s: silence behind them": shorter.any(),
    }
    if silent.any():
        arrays = arrays.subset(~silent)
    return replace(arrays, notes=(*arrays.notes, *(note for note, is_so in notes.items() if is_so)))


def _name(row: int) -> str:
    return f"{row:06d}.npy"


def threads() -> int:
    """How many threads to work on: one a core, fewer if OMP_NUM_THREADS says so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return min(cores, int(limit)) if limit.isdigit() and int(limit) else cores


def _kept_rows(rows: pd.DataFrame, *, folder: Path) -> NDArray[np.float32]:
    try:
        arrays = [np.load(folder / _name(row), allow_pickle=False) for row in rows["row"]]
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"a stored array cannot be read: {error}",
            where=folder,
            do="remove this folder and run again: it is made anew",
        ) from error
    return np.stack(arrays)
