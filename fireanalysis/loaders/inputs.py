"""Surfaces made ready for a classifier: the primer on one grid, then heights or shape index, kept on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm.auto import tqdm

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import primer_field_mm
from fireanalysis.transforms import level, primer_view, quantise, resample, shape_index, shrink
from fireanalysis.transforms.arrays import whole

from .dataset import DataSet
from .layout import some
from .store import Entry, kept, opened
from .surface import Surface

LEAST_MEASURED = 0.05
"""A primer with a smaller share of measured points is left out."""

Maps = DataSet[NDArray[np.float32]]


def keep_primers(data: DataSet[Surface], *, pixels: int = 736, store: str | os.PathLike[str]) -> Maps:
    """Read or render every surface once, cut out the primer on one grid, and keep the heights on disk.

    Scans of other sizes and pixel sizes are brought to the same square (`primer_view`); the notes say so.
    Surfaces with fewer than 5 % measured points in it, or without a primer to be found, are left out; the
    notes say how many.

    Parameters
    ----------
    data : DataSet of Surface
        From `load_cartridges`.
    pixels : int
        Rows and columns of the square of `primer_field_mm`: 736 in the paper.
    store : path
        Folder that keeps the maps (`kept`).

    Returns
    -------
    DataSet of float32 (pixels, pixels)
        Micrometres, NaN missing. The table has the columns of `data` and "row", the place in the kept array.

    Raises
    ------
    ParameterError
        For a size out of range.
    DataError
        If a file cannot be read, or no surface is left.
    RunError
        If the store cannot be written.

    Notes
    -----
    Source: section 4.1.

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis.loaders import load_cartridges
    >>> data = load_cartridges(cases=3, brands=2, pixels=64)
    >>> primers = keep_primers(data, pixels=64, store=tempfile.mkdtemp())
    >>> primers[0].shape, primers.source
    ((64, 64), 'simulated')
    """
    made_from = {"data": data.fingerprint(), "pixels": pixels, "field_mm": primer_field_mm()}
    with kept(store, "primers", made_from) as entry:
        if not entry.done:
            sizes = np.full(len(data), np.nan)  # pixel size of each surface; NaN where it is of no use
            maps = _primers(data, sizes, pixels)
            entry.write_array("maps.npy", maps, count=len(data), shape=(pixels, pixels), dtype="float32")
            entry.write_array("sizes.npy", iter(sizes), count=len(data), shape=(), dtype="float64")
            entry.finish()
    sizes = opened(entry.folder / "sizes.npy")
    primers = _usable(_from_store(data, entry), ~np.isnan(sizes), "too little of a primer measured")
    least, most = np.nanmin(sizes), np.nanmax(sizes)
    if most > 1.001 * least:
        note = f"pixel sizes of {least:.4g} to {most:.4g} µm resampled to one"
        primers = replace(primers, notes=(*primers.notes, note))
    return primers


def prepare_maps(
    primers: Maps,
    *,
    kind: Literal["height map", "shape index"],
    pixels: int = 184,
    sigma: float = 3.0,
    bits: int | None = None,
    shrink_by: int = 1,
    store: str | os.PathLike[str],
) -> Maps:
    """Make of every primer what a classifier looks at, and keep it on disk.

    Maps without any point (too few measured points at this size, or a flat surface, which has no shape) are
    left out; the notes say how many.

    Parameters
    ----------
    primers : DataSet of float (rows, columns)
        From `keep_primers`.
    kind : {"height map", "shape index"}
        Heights without their plane, in micrometres; or the shape index, −1 to 1.
    pixels : int
        The primers are averaged to so many rows and columns first: the paper's ShapeIndex_S has 184, its
        ShapeIndex_N all 736.
    sigma : float
        Scale of the shape index, in these pixels.
    bits : int, optional
        Round the heights to so many bits before, as pictures store them.
    shrink_by : int
        Average blocks of so many points of the finished map: a smaller input for smaller profiles.
    store : path
        Folder that keeps the maps (`kept`).

    Returns
    -------
    DataSet of float32 (pixels / shrink_by, pixels / shrink_by)
        NaN missing; the table has the columns of `primers`, "row" being the place in the newly kept array.

    Raises
    ------
    ParameterError
        For an unknown kind, or sizes out of range.
    DataError
        If no map has a point.
    RunError
        If the store cannot be written.

    Notes
    -----
    Source: section 4.1. Kept maps are float32 for heights and float16 for the shape index, which rounds it
    by at most 0.00025.

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis.loaders import load_cartridges
    >>> folder = tempfile.mkdtemp()
    >>> primers = keep_primers(load_cartridges(cases=3, brands=2, pixels=64), pixels=64, store=folder)
    >>> prepare_maps(primers, kind="shape index", pixels=32, store=folder)[0].shape
    (32, 32)
    """
    where = "prepare_maps"
    if kind not in ("height map", "shape index"):
        raise ParameterError(
            f"kind is {kind!r}; there are 'height map' and 'shape index'", where=where, do="pass one of them"
        )
    pixels = whole(pixels, name="pixels", where=where, least=1, most=2**13)
    shrink_by = whole(shrink_by, name="shrink_by", where=where, least=1, most=pixels)
    if pixels % shrink_by:
        raise ParameterError(
            f"shrink_by is {shrink_by}; it must divide {pixels} pixels", where=where, do="pass for example 2"
        )
    scale = sigma if kind == "shape index" else None
    settings: dict[str, Any] = {"pixels": pixels, "bits": bits, "shrink_by": shrink_by, "sigma": scale}
    dtype = "float32" if kind == "height map" else "float16"
    with kept(store, "maps", {"primers": primers.fingerprint(), **settings}) as entry:
        if not entry.done:
            side, count = pixels // shrink_by, len(primers)
            usable = np.zeros(count, bool)
            maps = _maps(primers, usable, **settings)
            entry.write_array("maps.npy", maps, count=count, shape=(side, side), dtype=dtype)
            entry.write_array("usable.npy", iter(usable), count=count, shape=(), dtype="bool")
            entry.finish()
    usable = opened(entry.folder / "usable.npy")
    return _usable(_from_store(primers, entry), usable, f"no point of the {kind} at {pixels} px")


def _primers(data: DataSet[Surface], sizes: NDArray[np.float64], pixels: int) -> Iterator[NDArray]:
    """Give the heights of each primer, all NaN for those of no use; note the pixel size of the others."""
    field_mm = primer_field_mm()
    for number, surface in enumerate(_counted(data.samples(), data)):
        try:
            heights = primer_view(
                surface.heights_um, pixel_size_um=surface.pixel_size_um, field_mm=field_mm, pixels=pixels
            )
            if np.isfinite(heights).mean() >= LEAST_MEASURED:
                sizes[number] = surface.pixel_size_um
        except DataError:
            heights = np.full((pixels, pixels), np.nan)
        yield heights


def _maps(
    primers: Maps,
    usable: NDArray[np.bool_],
    *,
    pixels: int,
    sigma: float | None,
    bits: int | None,
    shrink_by: int,
) -> Iterator[NDArray]:
    """Give the map of each primer, all NaN where there is none; note which have points."""
    for number, heights in enumerate(_counted(primers.samples(), primers)):
        try:
            found = level(heights if heights.shape == (pixels, pixels) else resample(heights, pixels=pixels))
            if bits is not None:
                found = quantise(found, bits=bits)
            if sigma is not None:
                found = shape_index(found, sigma=sigma)
        except DataError:  # hardly a point is left at this size
            found = np.full((pixels, pixels), np.nan)
        found = shrink(found, factor=shrink_by)
        usable[number] = np.isfinite(found).any()
        yield found


def _counted(samples: Iterator, data: DataSet) -> Iterator:
    """Show progress where it takes longer than a few seconds."""
    return tqdm(samples, total=len(data), desc=f"preparing {data.name}", leave=False, delay=5)


def _from_store(data: DataSet, entry: Entry) -> Maps:
    table = data.table.assign(row=np.arange(len(data)))
    return replace(data, table=table, read=partial(_kept_rows, folder=entry.folder))


def _usable(data: Maps, usable: NDArray[np.bool_], why_not: str) -> Maps:
    """Leave out what is of no use; the notes say how much and why."""
    if usable.all():
        return data
    names = some(data.table.loc[~usable, "file" if "file" in data.table else data.group])
    note = f"{(~usable).sum()} of {len(data)} surfaces left out, {why_not}: {names}"
    if not usable.any():
        raise DataError(note, where=data.name, do="look at the files: fireanalysis check FOLDER")
    return replace(data.subset(usable), notes=(*data.notes, note))


def _kept_rows(rows: pd.DataFrame, *, folder: Path) -> NDArray[np.float32]:
    return opened(folder / "maps.npy")[rows["row"].to_numpy()].astype(np.float32)
