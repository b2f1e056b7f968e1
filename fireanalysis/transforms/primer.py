"""Find the primer on a map of a whole case head."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import fftfreq, irfft2, next_fast_len, rfft2, rfftfreq
from scipy.optimize import least_squares
from scipy.special import j0

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_heights, measured_points, positive, whole
from .surface import blurred, crop, resample, shrink

FINE_UM = 25.0  # pixels of this size show the primer's rim, and are few
STANDS_OUT = 0.1  # of evidence on four fifths of a rim, above the mean: 0.15 up on primers, to 0.05 elsewhere
VISIBLE = 0.4  # share of the rim that must lie on measured ground


class Circle(NamedTuple):
    """A circle on a map, in pixels; (0, 0) is the centre of the upper left pixel."""

    row: float
    column: float
    radius: float


def find_primer(
    heights_um: ArrayLike, *, pixel_size_um: float, radius_mm: tuple[float, float] = (1.9, 3.0)
) -> Circle:
    """Find the primer on a map of a whole case head.

    The primer's rim shows as a ring of steep walls, or of missing points where the walls of the gap round it
    are too steep to measure. The ring is found among all circles of a primer's size; then a circle is fitted
    to where each ray that can be seen crosses it, near the middle of the gap.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Case head, micrometres, NaN missing. Tilt does not matter.
    pixel_size_um : float
        At most about 50, or the rim does not show.
    radius_mm : (float, float)
        Least and largest radius looked for; small primers have 2.2 mm, large ones 2.7 mm.

    Returns
    -------
    Circle
        In pixels.

    Raises
    ------
    DataError
        If no circle of that size stands out.
    ParameterError
        If the pixel size is not above 0, or the radii do not rise from above 0.

    Notes
    -----
    Circles are found by their share of steep points (a Hough transform), as a product in the Fourier domain,
    where a ring of radius r is the Bessel function J0(2πfr).
    """
    where = "find_primer"
    heights = as_heights(heights_um, where=where)
    measured_points(heights, where=where)
    pixel = positive(pixel_size_um, name="pixel_size_um", where=where)
    if np.shape(radius_mm) != (2,) or not 0 < radius_mm[0] < radius_mm[1] < np.inf:
        raise ParameterError(
            f"radius_mm is {radius_mm!r}; two rising numbers above 0 are needed",
            where=where,
            do="pass (1.9, 3.0)",
        )
    factor = min(max(1, round(FINE_UM / pixel)), min(heights.shape))
    evidence, seen = _rims(shrink(heights, factor=factor))
    low, high = (1000 * radius / (pixel * factor) for radius in radius_mm)
    fine = None
    if min(evidence.shape) > max(low, 4):
        coarse = _likeliest_circle(evidence, low, high)
        fine = _fitted(evidence, seen, _fitted(evidence, seen, coarse, reach=6.0), reach=4.0)
    if fine is None or not 0.95 * low < fine.radius < 1.05 * high or not _stands_out(evidence, seen, fine):
        raise DataError(
            f"no circle of radius {radius_mm[0]} to {radius_mm[1]} mm stands out on this map of "
            f"{heights.shape[0] * pixel / 1000:.2f} × {heights.shape[1] * pixel / 1000:.2f} mm",
            where=where,
            do="check pixel_size_um, pass another radius_mm, or cut the primer out by hand",
        )
    # A shrunk pixel's centre lies in the middle of the block it came from.
    row, column = ((v + 0.5) * factor - 0.5 for v in (fine.row, fine.column))
    return Circle(row, column, fine.radius * factor)


def _rims(heights: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Say where a rim may be, and where one could have been seen, 0 to 1.

    Evidence are steep and thin missing places, blurred to join both walls of a gap. Wide missing regions hide.
    """
    measured = ~np.isnan(heights)
    missing = (~measured).astype(np.uint8)
    wide = cv2.morphologyEx(
        missing, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1
    )
    hidden = cv2.dilate(wide, np.ones((5, 5), np.uint8)) == 1  # with the odd points at its edge
    middle = np.median(heights[measured]) if measured.any() else 0.0
    smooth = blurred(np.where(measured, heights - middle, 0.0), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        smooth /= blurred(measured.astype(np.float64), 1.0)
    along, down = cv2.Sobel(smooth, cv2.CV_64F, 1, 0), cv2.Sobel(smooth, cv2.CV_64F, 0, 1)
    known = measured & ~hidden & np.isfinite(along) & np.isfinite(down)
    evidence = np.zeros(heights.shape, np.float32)
    if known.any():
        slope = np.hypot(along - np.median(along[known]), down - np.median(down[known]))  # tilt taken away
        evidence[known] = np.clip(slope[known] / max(float(np.percentile(slope[known], 98)), 1e-9), 0, 1)
    evidence[(missing == 1) & ~hidden] = 1
    seen = (~hidden).astype(np.float32)
    weight = np.maximum(blurred(seen, 2.0), 1e-3)  # so that a rim is as strong right up to what hides it
    return (blurred(evidence, 2.0) / weight * seen).astype(np.float32), seen


def _stands_out(evidence: NDArray[np.float32], seen: NDArray[np.float32], circle: Circle) -> bool:
    rim = np.radians(np.arange(0, 360, 0.5)), np.array([circle.radius])
    visible = _rays(seen, circle, *rim) > 0.5
    if visible.mean() < VISIBLE:
        return False
    strength = np.quantile(_rays(evidence, circle, *rim)[visible], 0.2) - evidence[seen > 0].mean()
    return float(strength) > STANDS_OUT


def _likeliest_circle(evidence: NDArray[np.float32], low: float, high: float) -> Circle:
    """Look at every centre and radius, on a map of half the size, for the rim with the most evidence."""
    half = cv2.resize(
        evidence, (evidence.shape[1] // 2, evidence.shape[0] // 2), interpolation=cv2.INTER_AREA
    )
    # The margin keeps circles from reaching round to the opposite side.
    size = [next_fast_len(n + int(high / 2) + 1, real=True) for n in half.shape]
    spectrum = rfft2(half - half.mean(), s=size)
    frequency = 2 * np.pi * np.hypot(fftfreq(size[0])[:, None], rfftfreq(size[1])).astype(np.float32)
    best, found = -np.inf, Circle(0.0, 0.0, low)
    for radius in np.arange(low / 2, high / 2 + 0.5):
        rim = j0(frequency * np.float32(radius))
        votes = irfft2(spectrum * rim, s=size)[: half.shape[0], : half.shape[1]]
        row, column = np.unravel_index(int(votes.argmax()), votes.shape)
        if votes[row, column] > best:
            best = float(votes[row, column])
            found = Circle(2 * float(row) + 0.5, 2 * float(column) + 0.5, 2 * float(radius))
    return found


def _fitted(
    evidence: NDArray[np.float32], seen: NDArray[np.float32], start: Circle, *, reach: float
) -> Circle:
    """Fit a circle to the most evident point of each ray within `reach` of a circle, wherever one can see."""
    angles = np.radians(np.arange(360.0))
    radii = start.radius + np.arange(-reach, reach + 0.25, 0.5)
    strength, view = (_rays(image, start, angles, radii) for image in (evidence, seen))
    peak = strength.argmax(axis=1)
    rays = np.flatnonzero((view.min(axis=1) > 0.9) & (peak > 0) & (peak < len(radii) - 1))
    if len(rays) < 60:
        return start
    before, at, after = (strength[rays, peak[rays] + k] for k in (-1, 0, 1))
    between = (before - after) / (2 * np.minimum(before - 2 * at + after, -1e-9))  # top of a parabola
    radius = radii[peak[rays]] + 0.5 * np.clip(between, -1, 1)
    row, column = start.row + np.sin(angles[rays]) * radius, start.column + np.cos(angles[rays]) * radius

    def misses(circle: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sqrt(at) * (np.hypot(row - circle[0], column - circle[1]) - circle[2])

    # The soft loss lets letters and debris that a ray met instead count for little.
    return Circle(*(float(v) for v in least_squares(misses, start, loss="soft_l1", f_scale=0.3).x))


def _rays(image: NDArray[np.float32], circle: Circle, angles: NDArray, radii: NDArray) -> NDArray[np.float32]:
    """Sample an image along rays from a circle's centre, (angles, radii); zero outside."""
    x = (circle.column + np.outer(np.cos(angles), radii)).astype(np.float32)
    y = (circle.row + np.outer(np.sin(angles), radii)).astype(np.float32)
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR), np.float32)


def primer_view(heights_um: ArrayLike, *, pixel_size_um: float, field_mm: float, pixels: int) -> NDArray:
    """Look at the primer on a grid of its own: scans of any size and pixel size become comparable.

    The square of `field_mm` lies round the primer where the map is half as wide again as the square
    (`find_primer`), and round the middle of the measured points where the scan is of the primer alone.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Micrometres, NaN missing.
    pixel_size_um, field_mm : float
        Of the map, and edge of the square.
    pixels : int
        Rows and columns of the result, at least 16.

    Returns
    -------
    float array (pixels, pixels)
        Averages over the map's points, or interpolated where the new grid is finer; missing outside the map.

    Raises
    ------
    ParameterError
        If a number is out of range.
    DataError
        If nothing is measured, or no primer stands out on a map of a whole case head.

    Examples
    --------
    >>> primer_view(np.ones((368, 368)), pixel_size_um=12.1, field_mm=4.4528, pixels=184).shape
    (184, 184)
    """
    heights = as_heights(heights_um, where="primer_view")
    measured = measured_points(heights, where="primer_view")
    pixel = positive(pixel_size_um, name="pixel_size_um", where="primer_view")
    field = positive(field_mm, name="field_mm", where="primer_view")
    pixels = whole(pixels, name="pixels", where="primer_view", least=16, most=2**13)
    side = max(round(1000 * field / pixel), 1)
    if heights.shape != (side, side):
        if min(heights.shape) >= 1.5 * side:
            centre = find_primer(heights, pixel_size_um=pixel)[:2]
        else:
            rows, columns = (np.flatnonzero(measured.any(axis)) for axis in (1, 0))
            centre = ((rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2)
        heights = crop(heights, centre=centre, pixels=side)
    return heights if side == pixels else resample(heights, pixels=pixels)
