"""What is wrong with a folder of data, told before a run and all at once."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict

import pandas as pd

from fireanalysis.errors import DataError

from .cartridge import load_cartridges
from .dataset import DataSet
from .layout import MANIFEST, data_folder, some
from .surface import SURFACE_SUFFIXES, Surface

_COLUMNS = ["severity", "file", "problem", "do"]


def check_folder(root: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a folder through once and list everything that would spoil a run on it.

    Parameters
    ----------
    root : path
        Folder with scans of cartridge cases (`load_cartridges` tells the layouts).

    Returns
    -------
    pandas.DataFrame
        Columns severity ("error": a run stops or its results are wrong; "warning": worth knowing), file,
        problem, do. Errors first; no rows if nothing is wrong.

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
    kinds = {path.suffix.lower() for path in folder.rglob("*") if not path.name.startswith(".")}
    if not kinds & set(SURFACE_SUFFIXES):
        layouts = (
            f"brand/firearm/file, brand/file or a {MANIFEST} with the columns file, brand, firearm, caliber"
        )
        raise DataError(
            f"no data of a known kind; files end in {some(sorted(kinds - {''})) or 'nothing'}",
            where=root,
            do=f"cartridge cases: {' '.join(SURFACE_SUFFIXES)} files as {layouts}",
        )
    try:
        findings = _check_cartridges(load_cartridges(folder))
    except DataError as error:  # no layout to go on with: the one finding
        findings = [("error", str(error.where), error.what, error.do)]
    table = pd.DataFrame(findings, columns=_COLUMNS)
    return table.sort_values("severity", kind="stable", ignore_index=True)


def _check_cartridges(data: DataSet[Surface]) -> list[tuple[str, str, str, str]]:
    findings = [("warning", "(folder)", note, "see that this is what you mean") for note in data.notes]
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


def _copies(rows: pd.DataFrame) -> tuple[str, str, str, str]:
    files, firearms = some(rows["file"]), rows["firearm"].unique()
    if len(firearms) > 1:
        do = "keep one, or give all the same firearm: copies leak through a split"
        return "error", files, f"the same heights under several firearms: {some(firearms)}", do
    return "warning", files, f"the same heights several times, firearm {firearms[0]}", "keep one"
