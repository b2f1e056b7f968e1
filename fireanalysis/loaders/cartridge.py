"""Sets of cartridge case scans: real ones from a folder, simulated ones without."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from fireanalysis.errors import DataError

from .dataset import DataSet
from .layout import MANIFEST, data_folder, read_folders, read_manifest, some
from .surface import SURFACE_SUFFIXES, Surface, read_surface

_SCALES = ["pixel_size_um", "height_scale_um"]


def load_cartridges(
    root: str | os.PathLike[str] | None = None,
    *,
    cases: int = 600,
    brands: int | Sequence[str] | None = None,
    balanced: bool = False,
    shots_per_firearm: int = 2,
    wrong_label_fraction: float = 0.02,
    difficulty: float = 1.0,
    pixels: int = 184,
    seed: int = 0,
    device: str = "auto",
    pixel_size_um: float | None = None,
    height_scale_um: float | None = None,
) -> DataSet[Surface]:
    """Open a folder of cartridge case scans, or make a simulated set; surfaces are read when they are used.

    Parameters
    ----------
    root : path, optional
        Folder in one of these layouts; hidden files and ``__MACOSX`` are ignored:

        - with a ``manifest.csv`` (UTF-8, commas): columns file (path below the folder), brand, firearm, and
          if known caliber, pixel_size_um, height_scale_um (as in `read_surface`); further columns are kept;
        - ``brand/firearm/file``;
        - ``brand/file``: the firearm is the file name without its shot number, "TW03-09" is of "TW03"; column
          firearm_inferred and the notes say so;
        - files alone: one brand, named after the folder.

        Without a folder the set is simulated.
    cases, brands, balanced, shots_per_firearm, wrong_label_fraction, difficulty, seed : optional
        Make-up of a simulated set, see `fireanalysis.simulators.sample_cartridges`.
    pixels, device : optional
        Rows and columns of simulated surfaces, and where torch renders them (`render_primers`; "auto": on a GPU
        if there is one). None of these changes a folder of real data.
    pixel_size_um, height_scale_um : float, optional
        Scale of files that state none (all but X3P), where the manifest leaves it open. To keep it with the
        data, write the manifest once: ``data.table.to_csv(root / "manifest.csv", index=False)``.

    Returns
    -------
    DataSet of Surface
        Label "brand", group "firearm". Pixel sizes and shapes may differ from file to file; `check_folder`
        tells. Simulated surfaces are rendered as many at a time as `DataSet.samples` is asked for.

    Raises
    ------
    ParameterError
        For a simulated set that cannot be.
    DataError
        For a folder or manifest that fits no layout, listing the first few faults; and, when a surface is
        used, for a file that cannot be read.

    Examples
    --------
    >>> data = load_cartridges(cases=6, brands=2, pixels=32, shots_per_firearm=1)
    >>> len(data), data.source, data[0].heights_um.shape
    (6, 'simulated', (32, 32))
    """
    if root is not None:
        return _real(root, pixel_size_um=pixel_size_um, height_scale_um=height_scale_um)
    from fireanalysis.simulators import sample_cartridges  # imports torch, which real data do not need

    table = sample_cartridges(
        cases,
        seed=seed,
        brands=brands,
        balanced=balanced,
        shots_per_firearm=shots_per_firearm,
        wrong_label_fraction=wrong_label_fraction,
        difficulty=difficulty,
    )
    read = partial(_render, pixels=pixels, device=device)
    return DataSet(
        table, read, label="brand", group="firearm", source="simulated", name="simulated cartridges"
    )


def _render(rows: pd.DataFrame, *, pixels: int, device: str) -> Iterator[Surface]:
    import torch

    from fireanalysis.simulators import primer_field_mm, render_primers

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    pixel_size_um = 1000 * primer_field_mm() / pixels
    names = rows["brand"] + ", firearm " + rows["firearm"].str[:4] + ", shot " + rows["shot"].astype(str)
    for name, heights in zip(names, render_primers(rows, pixels=pixels, device=device), strict=True):
        yield Surface(heights, pixel_size_um, name, source="simulated")


def _real(
    root: str | os.PathLike[str], *, pixel_size_um: float | None, height_scale_um: float | None
) -> DataSet[Surface]:
    folder = data_folder(root)
    manifest = folder / MANIFEST
    notes: tuple[str, ...] = ()
    if manifest.is_file():
        table = read_manifest(manifest, filled=("brand", "firearm"), text=("caliber",))
    else:
        table, notes = read_folders(folder, suffixes=SURFACE_SUFFIXES, label="brand", group="firearm")
    if "caliber" not in table:
        table["caliber"] = ""
    unscaled = ~table["file"].str.lower().str.endswith(".x3p")
    for name, given in zip(_SCALES, (pixel_size_um, height_scale_um), strict=True):
        if name in table:
            table[name] = _numbers(table[name], where=manifest)
        elif given is not None:
            table[name] = float("nan")
        if given is not None:
            table.loc[unscaled & table[name].isna(), name] = given
    read = partial(_read, root=folder)
    return DataSet(table, read, label="brand", group="firearm", source="real", name=folder.name, notes=notes)


def _numbers(column: pd.Series[str], *, where: Path) -> pd.Series[float]:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = (numbers.isna() & column.notna()) | (numbers <= 0) | (numbers == float("inf"))
    if wrong.any():
        what = f"{column.name} is {some(map(repr, column[wrong].unique()))} in {wrong.sum()} rows"
        raise DataError(what, where=where, do="give a number above 0, or nothing for X3P files")
    return numbers


def _read(rows: pd.DataFrame, *, root: Path) -> Iterator[Surface]:
    for row in rows.to_dict("records"):
        scales = {name: row[name] for name in _SCALES if name in row and row[name] == row[name]}
        yield read_surface(root / row["file"], **scales)
