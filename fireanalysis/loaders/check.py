"""What is wrong with a folder of data, told before a run and all at once."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from fireanalysis.errors import DataError
from fireanalysis.transforms import CLIP_S

from .audio import AUDIO_SUFFIXES, Recording
from .cartridge import load_cartridges
from .check_pictures import check_pictures
from .check_retrieval import check_retrieval
from .check_scores import check_scores
from .comparison_scores import SCORE_LAYOUT, score_tables
from .dataset import DataSet
from .duplicates import find_duplicates
from .gunshot import LAYOUTS, load_gunshots
from .layout import MANIFEST, data_folder, some
from .pictures import PICTURE_SUFFIXES
from .retrieval_files import RETRIEVAL_LAYOUTS, holds_classes
from .segmentation_files import SEGMENTATION_LAYOUTS, holds_pictures
from .surface import SURFACE_SUFFIXES

Finding = tuple[str, str, str, str]

_DECIMAL = re.compile(r"\b\d[\d.e+-]*")
_COLUMNS = ["severity", "file", "problem", "do"]


def check_folder(root: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a folder through once and list everything that would spoil a run on it.

    Parameters
    ----------
    root : path
        Folder with scans of cartridge cases, with gunshot recordings, with pictures and masks, with pictures and
        classes, or with tables of comparison scores (`load_cartridges`, `load_gunshots`, `load_segmentation`,
        `load_retrieval` and `load_comparison_scores` tell the layouts); which it is is told by the names of its
        folders and by what most of its files are. A folder per class that holds only PNG or TIFF files may be
        scans: a manifest.csv with a column class says that it is not.

    Returns
    -------
    pandas.DataFrame
        Columns severity ("error": a run stops or its results are wrong; "warning": worth knowing), file,
        problem, do. Errors first; no rows if nothing is wrong. ``attrs["kind"]`` is what the folder holds:
        "cartridge cases", "gunshots", "pictures with masks", "pictures with classes" or "comparison scores".

    Raises
    ------
    DataError
        If the folder is missing or holds no data of a known kind.

    Examples
    --------
    >>> check_folder("no/such/folder")
    Traceback (most recent call last):
    ...
    fireanalysis.errors.DataError: the data folder does not exist
      where: no/such/folder
      to do: pass the folder that holds the data
    """
    folder = data_folder(root)
    suffixes = Counter(path.suffix.lower() for path in folder.rglob("*") if not path.name.startswith("."))
    counts = {kind: sum(suffixes[suffix] for suffix in known) for kind, (known, _, _) in _KINDS.items()}
    counts["comparison scores"] = len(score_tables(folder))
    kind = max(counts, key=lambda name: counts[name])
    if holds_pictures(folder):  # scans may be pictures too
        kind = "pictures with masks"
    elif holds_classes(folder) or (kind == "pictures with masks" and any(folder.glob("*/"))):
        kind = "pictures with classes"
    if not counts[kind]:
        layouts = [
            f"{name}: {' '.join(known)} files as {layout}" for name, (known, layout, _) in _KINDS.items()
        ]
        raise DataError(
            f"no data of a known kind; files end in {some(sorted(suffixes.keys() - {''})) or 'nothing'}",
            where=root,
            do=";\n    ".join(layouts),
        )
    _, _, check = _KINDS[kind]
    try:
        findings = check(folder)
    except DataError as error:  # no layout to go on with: the one finding
        findings = [("error", str(error.where), error.what, error.do)]
    table = pd.DataFrame(findings, columns=_COLUMNS)
    table = table.sort_values("severity", kind="stable", ignore_index=True)
    table.attrs["kind"] = kind
    return table


def _check_cartridges(folder: Path) -> list[Finding]:
    data = load_cartridges(folder)
    findings = _notes_of(data)
    pixel_sizes, shapes = Counter[float](), Counter[tuple[int, ...]]()
    notes, same = defaultdict[str, list[str]](list), defaultdict[bytes, list[int]](list)
    for row, file in enumerate(data.table["file"]):
        try:
            surface = data[row]
        except DataError as error:
            findings.append(("error", file, error.what, error.do))
            continue
        pixel_sizes[round(surface.pixel_size_um, 4)] += 1
        shapes[surface.heights_um.shape] += 1
        same[hashlib.sha256(surface.heights_um.tobytes()).digest()].append(row)
        for note in surface.notes:
            notes[note].append(file)
    findings += [("warning", some(files), note, "see that this is right") for note, files in notes.items()]
    findings += [_copies(data.table.iloc[rows]) for rows in same.values() if len(rows) > 1]
    if pixel_sizes and max(pixel_sizes) > 1.01 * min(pixel_sizes):
        counts = some(f"{count} x {size} µm" for size, count in pixel_sizes.most_common())
        do = "resample to one pixel size, or keep sets of different pixel size apart"
        findings.append(("error", "(folder)", f"different pixel sizes: {counts}", do))
    if len(shapes) > 1:
        what = f"{len(shapes)} shapes, {min(shapes)} to {max(shapes)}"
        findings.append(("warning", "(folder)", what, "crop all to one size before a model sees them"))
    firearms = data.table.groupby("brand")["firearm"].nunique()
    if single := list(firearms.index[firearms == 1]):
        what = f"{len(single)} brands with one firearm: {some(single)}"
        do = "such a brand is only in one part of a split; add a firearm or leave it out"
        findings.append(("warning", "(folder)", what, do))
    if len(firearms) == 1:
        findings.append(("warning", "(folder)", "one brand only", "add others to tell brands apart"))
    brands = data.table.groupby("firearm")["brand"].nunique()
    if several := list(brands.index[brands > 1]):
        what = f"{len(several)} firearms with several brands: {some(several)}"
        do = "correct the brand, or name the firearms differently; they are split as one"
        findings.append(("warning", "(folder)", what, do))
    return findings


def _copies(rows: pd.DataFrame) -> Finding:
    files, firearms = some(rows["file"]), rows["firearm"].unique()
    if len(firearms) > 1:
        do = "keep one, or give all the same firearm: copies leak through a split"
        return "error", files, f"the same heights under several firearms: {some(firearms)}", do
    return "warning", files, f"the same heights several times, firearm {firearms[0]}", "keep one"


def _check_gunshots(folder: Path) -> list[Finding]:
    data = load_gunshots(folder)
    findings = _notes_of(data)
    rates, readable = Counter[int](), list[int]()
    notes = defaultdict[str, list[tuple[str, str]]](list)
    for row, file in enumerate(data.table["file"]):
        try:
            recording = data[row]
        except DataError as error:
            findings.append(("error", file, error.what, error.do))
            continue
        rates[recording.sample_rate_hz] += 1
        if not recording.silent:
            readable.append(row)
        for note in (*recording.notes, *_length(recording)):
            notes[_DECIMAL.sub("", note)].append((file, note))
    for found in notes.values():
        what = found[0][1] + (f" (the first of {len(found)})" if len(found) > 1 else "")
        findings.append(("warning", some(file for file, _ in found), what, "see that this is right"))
    if len(rates) > 1:
        what = "sample rates differ: " + some(f"{count} x {rate} Hz" for rate, count in rates.most_common())
        do = "nothing need be done: all are resampled to 44100 Hz; but see that no rate tells the model"
        findings.append(("warning", "(folder)", what, do))
    if readable:
        part = data.subset(readable)
        findings += [_double(part, *pair) for pair in find_duplicates(part).itertuples(index=False)]
    return [*findings, *_check_models(data.table)]


def _length(recording: Recording) -> Iterator[str]:
    if recording.duration_s > CLIP_S + 0.001:
        yield f"{recording.duration_s:.3f} s long: the first 2 s are used; cut_segments makes clips of all of it"
    elif recording.duration_s < CLIP_S - 0.001:
        yield f"{recording.duration_s:.3f} s short: silence is put behind it"


def _double(
    data: DataSet, a: int, b: int, kind: str, similarity: float, same_session: bool, same_label: bool
) -> Finding:
    files = some(data.table["file"].iloc[[a, b]])
    what = "the same sound" if kind == "exact" else f"the same sound by a similarity of {similarity:.2f}"
    if not same_label:
        return "error", files, f"{what} as two models: {some(data.labels[[a, b]])}", "correct or remove one"
    if not same_session:
        do = "remove one, or give both the same session: copies leak through a split"
        return "error", files, f"{what} in two sessions: {some(data.groups[[a, b]])}", do
    return "warning", files, f"{what} twice, session {data.groups[a]}", "remove one"


def _check_models(table: pd.DataFrame) -> Iterator[Finding]:
    sessions = table.groupby("model")["session"].nunique()
    if few := list(sessions.index[sessions < 3]):
        what = f"{len(few)} models with fewer than three sessions: {some(few)}"
        do = "they cannot be in training, validation and test; add sessions or leave them out"
        yield "warning", "(folder)", what, do
    if len(sessions) == 1:
        yield "warning", "(folder)", "one model only", "add others to tell models apart"
    categories = table.groupby("model")["category"].nunique()
    if several := list(categories.index[categories > 1]):
        what = f"{len(several)} models in several categories: {some(several)}"
        yield "warning", "(folder)", what, "correct the category; the second stage takes a model from one"


def _notes_of(data: DataSet) -> list[Finding]:
    return [("warning", "(folder)", note, "see that this is what you mean") for note in data.notes]


_KINDS: dict[str, tuple[Sequence[str], str, Callable[[Path], list[Finding]]]] = {
    "cartridge cases": (
        SURFACE_SUFFIXES,
        f"brand/firearm/file, brand/file or a {MANIFEST} with the columns file, brand, firearm, caliber",
        _check_cartridges,
    ),
    "gunshots": (AUDIO_SUFFIXES, LAYOUTS, _check_gunshots),
    "pictures with masks": (PICTURE_SUFFIXES, SEGMENTATION_LAYOUTS, check_pictures),
    "pictures with classes": (PICTURE_SUFFIXES, RETRIEVAL_LAYOUTS, check_retrieval),
    "comparison scores": ((".csv",), SCORE_LAYOUT, check_scores),
}
