"""Whole case heads: the fired primer in its pocket, off-centre, with headstamp, ejector mark and rim."""

from functools import lru_cache

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from .cartridge import checked_grid, checked_rows
from .cartridge_geometry import Grid, Rows, firearm_frame, primer_distance, shot_field
from .cartridge_parameters import fixed, head_field_mm
from .cartridge_surface import brass, breech_face, heights, scanned

_MAKERS = ("AKM", "BLD", "CRV", "DNS", "EGR", "FTL", "GZN", "HRS", "KLC", "MVT", "PRS", "SNR")  # made up
_STRIP_ROWS = 256  # so many rows of a head at a time


def render_case_heads(
    table: pd.DataFrame, *, pixels: int = 2048, field_mm: float | None = None, device: str = "cpu"
) -> tuple[NDArray[np.float32], pd.DataFrame]:
    """Height maps of whole case heads, from which the primer is still to be found and cropped.

    The primer is that of `render_primers`. It lies off the picture's middle, and a little off the rim's.

    Parameters
    ----------
    table : DataFrame
        Rows of `sample_cartridges`; a few at a time, as a head of 2048 pixels takes 17 MB.
    pixels : int
        Rows and columns, at least 128.
    field_mm : float, optional
        Edge of the square; 12.39 mm if left out, at which 2048 pixels have the paper's scale (assumed).
    device : str
        Where torch computes.

    Returns
    -------
    heights_um : ndarray, float32 (n, pixels, pixels)
        Micrometres above the case head, NaN outside the rim and where the scan has no value.
    primers : DataFrame
        Index as the table's: row, column and radius of each primer in pixels; (0, 0) is the middle of the
        upper left pixel.

    Raises
    ------
    ParameterError, DataError
        As `render_primers`.

    Examples
    --------
    >>> from fireanalysis.simulators import sample_cartridges
    >>> heads, primers = render_case_heads(sample_cartridges(1, seed=0), pixels=128)
    >>> heads.shape, list(primers.columns)
    ((1, 128, 128), ['row', 'column', 'radius'])
    """
    field = head_field_mm() if field_mm is None else field_mm
    centred = checked_grid(pixels, field, least=128)
    rows = checked_rows(table, device)
    heads = np.empty((len(table), pixels, pixels), np.float32)
    places = []
    for number in range(len(table)):
        row = rows.part(number, number + 1)
        y, x = (_offset(row, axis, field) for axis in ("head_y", "head_x"))
        grid = Grid(centred.rows_mm - y, centred.columns_mm - x, centred.pixel_mm)
        heads[number] = _head(row, grid, int(table["ammunition"].iloc[number]), table["caliber"].iloc[number])
        places.append([y, x, row["primer_radius"].item()])
    primers = pd.DataFrame(places, columns=["row", "column", "radius"], index=table.index) / centred.pixel_mm
    primers[["row", "column"]] += (pixels - 1) / 2
    return heads, primers


def _offset(row: Rows, name: str, field_mm: float) -> float:
    """Offset of the primer from the picture's middle that leaves the whole rim in the picture."""
    room = max(0.0, field_mm / 2 - row["rim_radius"].item() - row["eccentricity"].item() - 0.05)
    return float(np.clip(row[name].item(), -room, room))


def _head(row: Rows, grid: Grid, make: int, caliber: str) -> NDArray[np.float32]:
    """Heights of one head, in strips of rows to bound memory, then its primer in place."""
    strips = [
        Grid(grid.rows_mm[first : first + _STRIP_ROWS], grid.columns_mm, grid.pixel_mm)
        for first in range(0, len(grid.rows_mm), _STRIP_ROWS)
    ]
    head = torch.cat([_outside(row, strip, make, caliber) for strip in strips], dim=1)
    reach = row["primer_radius"].item() + 1.2 * row["gap"].item()
    window = [np.flatnonzero(np.abs(axis) <= reach) for axis in (grid.rows_mm, grid.columns_mm)]
    top, left = (slice(index[0], index[-1] + 1) for index in window)
    near = Grid(grid.rows_mm[top], grid.columns_mm[left], grid.pixel_mm)
    inside = primer_distance(row, near) < reach
    head[:, top, left] = torch.where(inside, heights(row, near), head[:, top, left])
    return head[0].cpu().numpy()


def _outside(row: Rows, grid: Grid, make: int, caliber: str) -> Tensor:
    """Heights of the brass between primer and rim."""
    columns, lines = grid.axes(row.device)
    radius = primer_distance(row, grid)
    x, y = firearm_frame(row, grid)
    surface = brass(row, radius, grid, breech_face(row, x, y, grid))
    # The rim's middle lies off the primer's, to a side that is the shot's own.
    side = row["contact_direction"]
    off_x, off_y = columns - row["eccentricity"] * side.cos(), lines - row["eccentricity"] * side.sin()
    distance = (off_x.square() + off_y.square()).sqrt_()
    bevel = ((distance - row["rim_radius"]) / fixed("bevel_width") + 1).clamp_(min=0)
    surface -= fixed("bevel_drop") * bevel.square_()
    surface -= row["stamp_depth"] * _stamped(row, grid, distance, make, caliber)
    surface -= _ejector(row, x, y)
    surface = scanned(row, grid, surface, 0.0, shot_field(row, grid, "spots"))
    return surface.masked_fill_(distance > row["rim_radius"], torch.nan)


def _ejector(row: Rows, x: Tensor, y: Tensor) -> Tensor:
    """Depth of the dent that the ejector leaves near the rim."""
    distance = 0.8 * row["rim_radius"]
    x = x - distance * row["ejector_angle"].cos()
    y = y - distance * row["ejector_angle"].sin()
    dent = 1 - ((x.square_() + y.square_()) / row["ejector_size"].square()).square_()
    return row["ejector_depth"] * dent.clamp_(min=0)


def _stamped(row: Rows, grid: Grid, distance: Tensor, make: int, caliber: str) -> Tensor:
    """How deep the headstamp is, 0 to 1, in a ring between primer and bevel."""
    inner = row["primer_radius"].item() + 0.2
    outer = row["rim_radius"].item() - fixed("bevel_width") - 0.15
    ring = torch.from_numpy(_headstamp(make, caliber)).to(row.device)
    columns, lines = grid.axes(row.device)
    angle = torch.atan2(lines, columns).expand_as(distance)
    up = (outer - distance) * (2 / (outer - inner)) - 1
    return grid_sample(
        ring[None, None],
        torch.stack([angle / torch.pi, up], dim=-1),
        padding_mode="zeros",
        align_corners=False,
    )[:, 0]


@lru_cache(maxsize=32)
def _headstamp(make: int, caliber: str) -> NDArray[np.float32]:
    """Headstamp unrolled, outer edge on top: maker above, caliber below, strokes with sloping walls."""
    unrolled = np.zeros((160, 3200), np.uint8)
    texts = (_MAKERS[make % len(_MAKERS)], 2400), (caliber.replace("x", " x "), 800)
    for text, middle in texts:
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 3.6, 14)
        place = (middle - width // 2, 80 + height // 2)
        cv2.putText(unrolled, text, place, cv2.FONT_HERSHEY_SIMPLEX, 3.6, 255, 14, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(unrolled, (0, 0), 3) / 255, np.float32)
