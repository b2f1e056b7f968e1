"""Which pixel sizes and heights can be those of marks on a cartridge case, and what doubtful numbers mean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fireanalysis.errors import DataError

# 5792 x 5792 points: a whole 10 mm case head at 1.7 µm. Above it a corrupt size is likelier than a scan.
MAX_POINTS = 2**25
# Points per byte of file: deflate reaches a thousand on constant data, measured surfaces stay below ten.
MAX_RATIO = 200
# Marks on a case head are micrometres to tenths of a millimetre deep, and the head itself is 10 mm wide.
MAX_RELIEF_UM = 10_000.0
# From below optical resolution to twenty pixels across a firing pin impression.
PIXEL_SIZES_UM = (0.05, 100.0)

_STATE = "state the units yourself: pixel_size_um (µm per pixel), height_scale_um (µm per stored unit)"


def checked_pixel_size(pixel_size_um: float, *, where: object) -> float:
    """Pixel size that somebody stated, if it makes sense."""
    low, high = PIXEL_SIZES_UM
    if not low <= pixel_size_um <= high:
        what = f"pixel_size_um is {pixel_size_um:g}; {low:g} to {high:g} µm make sense for cartridge cases"
        raise DataError(what, where=where, do="state it in micrometres")
    return float(pixel_size_um)


def checked_heights(heights_um: NDArray[Any], *, where: object) -> NDArray[np.float32]:
    """Heights as float32, if they can be heights of a surface; missing points NaN."""
    do = "correct the scale (height_scale_um), or export the scan again"
    if heights_um.ndim != 2 or min(heights_um.shape) < 2:
        raise DataError(f"shape {heights_um.shape} is no grid of at least 2 x 2 points", where=where, do=do)
    valid = heights_um[~np.isnan(heights_um)]
    if not valid.size:
        raise DataError("every point is missing (NaN)", where=where, do=f"{do}, or leave it out")
    low, high = valid.min(), valid.max()
    if not high - low <= MAX_RELIEF_UM:
        what = f"heights go from {low:g} to {high:g} µm; {MAX_RELIEF_UM / 1000:g} mm is the limit"
        raise DataError(what, where=where, do=do)
    if max(abs(low), abs(high)) > MAX_RELIEF_UM:
        heights_um = heights_um - low  # so far from 0, float32 would round the marks away
    return np.ascontiguousarray(heights_um, dtype=np.float32)


def pixel_size_from(x: float, y: float, *, where: object) -> tuple[float, str]:
    """Pixel size in micrometres from increments that should be metres, and a note if they are not.

    Increments above 0.1 and up to 100 can only be micrometres (a tenth of a millimetre or more between two
    pixels shows no marks), save 1, which writers put for "unknown".
    """
    low, high = PIXEL_SIZES_UM
    if math.isfinite(x) and math.isfinite(y) and abs(x - y) > 1e-3 * abs(x):
        do = "resample the scan to square pixels and export it again: filters here take one pixel size"
        raise DataError(f"pixels are not square: increments {x:g} and {y:g}", where=where, do=do)
    if low <= x * 1e6 <= high:
        return x * 1e6, ""
    if 0.1 < x <= high and x != 1:
        return x, f"increments of {x:g} read as micrometres: {x:g} m cannot be the distance of two points"
    what = f"increments of {x:g} m; pixels of {low:g} to {high:g} µm make sense"
    raise DataError(what, where=where, do=_STATE)


def height_scale_from(heights: NDArray[np.float64], *, where: object) -> tuple[float, str]:
    """Micrometres per unit of heights that should be metres, and a note if they are not.

    A relief above 10 and up to 1000 can only be micrometres: as millimetres it would be deeper than a case
    head is wide, as nanometres flatter than any fired case.
    """
    valid = heights[np.isfinite(heights)]
    relief = float(valid.max() - valid.min()) if valid.size else 0.0
    if relief * 1e6 <= MAX_RELIEF_UM:
        return 1e6, ""
    if 10 < relief <= 1000:
        return 1.0, f"heights read as micrometres: a relief of {relief:g} m cannot be"
    raise DataError(f"a relief of {relief:g} m; micrometres are not certain either", where=where, do=_STATE)
