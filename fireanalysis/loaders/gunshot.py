"""Sets of gunshot recordings: real ones from a folder, simulated ones without."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from fireanalysis.errors import DataError

from .audio import AUDIO_SUFFIXES, Recording, read_audio
from .dataset import DataSet
from .layout import MANIFEST, data_folder, read_folders, read_manifest, some

CATEGORIES = ("machine gun", "pistol", "rifle", "shotgun", "submachine gun")
"""The paper's five."""

_SPELLINGS = {name.replace(" ", ""): name for name in CATEGORIES}
_LAST_NUMBER = re.compile(r"[-_ ]+(\d+|\(\d+\))$")
LAYOUTS = f"category/model/file, or a {MANIFEST} with the columns file, category, model, session"


def load_gunshots(
    root: str | os.PathLike[str] | None = None,
    *,
    clips: int = 3343,
    models: int | Sequence[str] | None = None,
    wrong_label_fraction: float = 0.02,
    duplicate_fraction: float = 0.03,
    difficulty: float = 1.0,
    seed: int = 0,
) -> DataSet[Recording]:
    """Open a folder of gunshot recordings, or make a simulated set; sounds are read when they are used.

    Parameters
    ----------
    root : path, optional
        Folder in one of these layouts, of WAV, FLAC, Ogg or MP3 files of any sample rate and channel count;
        hidden files and ``__MACOSX`` are ignored:

        - with a ``manifest.csv`` (UTF-8, commas): columns file (path below the folder), category, model,
          session; further columns are kept. A column session_inferred serves as session, and the notes say so;
          with neither, each file is taken as a session of its own, and the notes say so;
        - ``category/model/file``: the session is the file name without its last number, "range 2_0013" and
          "range 2 (4)" are of session "range 2" of that model; column session_inferred (true) and the notes say so.
          Names like "5 (12)" tell no sessions: such a model is then one session, and no split can part it.

        The paper's five categories are recognised in any spelling ("Sub-machine guns", "RIFLE"); others are
        kept as they are, and the notes name them. Without a folder the set is simulated.
    clips, models, wrong_label_fraction, duplicate_fraction, difficulty, seed : optional
        Make-up of a simulated set, see `fireanalysis.simulators.sample_gunshots`. They do not change a folder
        of real data.

    Returns
    -------
    DataSet of Recording
        Label "model", group "session"; column "category" is always there.

    Raises
    ------
    ParameterError
        For a simulated set that cannot be.
    DataError
        For a folder or manifest that fits no layout, listing the first few faults; and, when a sound is used,
        for a file that cannot be read.

    Examples
    --------
    >>> data = load_gunshots(clips=40)
    >>> data.source, data.label, data.group, len(data)
    ('simulated', 'model', 'session', 40)
    >>> data[0].sample_rate_hz > 0, data[0].source
    (True, 'simulated')
    """
    if root is not None:
        return _real(data_folder(root))
    from fireanalysis.simulators import sample_gunshots

    table = sample_gunshots(
        clips,
        seed=seed,
        models=models,
        wrong_label_fraction=wrong_label_fraction,
        duplicate_fraction=duplicate_fraction,
        difficulty=difficulty,
    )
    return DataSet(
        table, _render, label="model", group="session", source="simulated", name="simulated gunshots"
    )


def recordings_of_folders(folder: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """List the sound files of ``category/model/file``: file, category, model, session, and notes.

    Raises
    ------
    DataError
        For files in another layout.
    """
    table, notes = read_folders(folder, suffixes=AUDIO_SUFFIXES, label="category", group="model")
    flat = table["model_inferred"]
    if flat.any():
        what = f"{flat.sum()} of {len(table)} files are in no folder of a model: {some(table['file'][flat])}"
        raise DataError(what, where=folder, do=f"arrange the files as {LAYOUTS}")
    names = [_LAST_NUMBER.sub("", Path(file).stem) for file in table["file"]]
    table = table.drop(columns="model_inferred")
    table = table.assign(session=table["model"] + "/" + names, session_inferred=True)
    note = (
        f"session taken from {len(table)} file names without their last number: {table['session'].nunique()}"
    )
    return table, (*notes, note)


def _real(folder: Path) -> DataSet[Recording]:
    manifest = folder / MANIFEST
    if manifest.is_file():
        table, notes = _manifest(manifest)
    else:
        table, notes = recordings_of_folders(folder)
    table["category"] = table["category"].map(_category)
    others = sorted(set(table["category"]) - set(CATEGORIES))
    if others:
        notes += (f"categories beside the paper's five: {some(others)}",)
    read = partial(_read, root=folder)
    return DataSet(table, read, label="model", group="session", source="real", name=folder.name, notes=notes)


def _manifest(manifest: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    text = ("session", "session_inferred")
    table = read_manifest(manifest, filled=("category", "model"), text=text)
    if "session" in table:
        return table, ()
    if "session_inferred" in table:
        return table.assign(session=table["session_inferred"]), ("sessions are inferred (session_inferred)",)
    note = f"no column session: each of the {len(table)} files is taken as a session of its own"
    return table.assign(session=table["file"]), (note,)


def _category(name: str) -> str:
    key = re.sub(r"[\s_-]", "", name.lower()).removesuffix("s")
    return _SPELLINGS.get(key, name)


def _read(rows: pd.DataFrame, *, root: Path) -> Iterator[Recording]:
    for file in rows["file"]:
        yield read_audio(root / file)


def _render(rows: pd.DataFrame) -> Iterator[Recording]:
    from fireanalysis.simulators import render_gunshots

    for row, (signal, rate) in zip(rows.itertuples(), render_gunshots(rows), strict=True):
        yield Recording(
            signal, rate, f"{row.model}, session {row.session}, clip {row.clip}", source="simulated"
        )
