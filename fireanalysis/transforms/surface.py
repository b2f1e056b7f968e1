"""Surfaces: level, remove form, find and cut out the primer, shrink, normalise, quantise, rotate."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import fftfreq, irfft2, next_fast_len, rfft2, rfftfreq
from scipy.optimize import least_squares
from scipy.special import j0

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_heights, measured_points, positive, whole

FINE_UM = 25.0  # pixels of this size show the primer's rim, and are few
STANDS_OUT = 0.1  # of evidence on four fifths of a rim, above the mean: 0.15 up on primers, to 0.05 elsewhere
VISIBLE = 0.4  # share of the rim that must lie on measured ground


class Circle(NamedTuple):
    """A circle on a map, in pixels; (0, 0) is the centre of the upper left pixel."""

    row: float
    column: float
    radius: float


def level(heights_um: ArrayLike, *, order: int = 1) -> NDArray:
    """Take away the least-squares polynomial of the measured points: tilt (order 1), form (2 and more).

    Parameters
    ----------
    heights_um : float (rows, columns)
        Micrometres, NaN missing.
    order : int
        0 takes away the mean, 1 a plane, 2 a quadratic, up to 5.

    Returns
    -------
    float array, as the input
        Missing points stay missing.

    Raises
    ------
    ParameterError
        If `order` is not 0 to 5.
    DataError
        If nothing is measured, or fewer points than the polynomial has terms.

    Examples
    --------
    >>> y, x = np.mgrid[:20, :30]
    >>> bool(np.abs(level(3.0 + 0.2 * x - 0.1 * y)).max() < 1e-6)
    True
    """
    order = whole(order, name="order", where="level", least=0, most=5)
    heights = as_heights(heights_um, where="level")
    measured = measured_points(heights, where="level")
    y, x = (np.linspace(-1, 1, n) for n in heights.shape)
    powers = [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]
    if measured.sum() < len(powers):
        raise DataError(
            f"{int(measured.sum())} measured points cannot fix {len(powers)} terms",
            where="level",
            do="pass a lower order, or leave this surface out",
        )
    terms = np.stack([np.multiply.outer(y**i, x**j)[measured] for i, j in powers], axis=1)
    # Normal equations: terms is tall and thin, and powers on [-1, 1] up to the fifth are well conditioned.
    weights = np.linalg.lstsq(terms.T @ terms, terms.T @ heights[measured].astype(np.float64), rcond=None)[0]
    form = sum(w * np.multiply.outer(y**i, x**j) for w, (i, j) in zip(weights, powers, strict=True))
    return (heights - form).astype(heights.dtype)


def remove_form(heights_um: ArrayLike, *, cutoff_um: float, pixel_size_um: float) -> NDArray:
    """Take away all that is longer than a cut-off wavelength, by a Gaussian filter over the measured points.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Micrometres, NaN missing.
    cutoff_um : float
        Wavelength of which half the amplitude is kept, micrometres.
    pixel_size_um : float

    Returns
    -------
    float array, as the input
        Missing points stay missing.

    Raises
    ------
    ParameterError
        If the cut-off is below two pixels.
    DataError
        If nothing is measured.

    Notes
    -----
    Source: the Gaussian filter of ISO 16610-61, normalised over the measured points as ISO 16610-21 is at
    ends.
    """
    heights = as_heights(heights_um, where="remove_form")
    measured = measured_points(heights, where="remove_form")
    pixel = positive(pixel_size_um, name="pixel_size_um", where="remove_form")
    cutoff = positive(cutoff_um, name="cutoff_um", where="remove_form", least=2 * pixel)
    # ISO 16610: the weights exp(-π (x / (α λ))²) with α = √(ln 2 / π) are a Gaussian of this σ.
    sigma = cutoff / pixel * np.sqrt(np.log(2) / 2) / np.pi
    mean = heights[measured].mean(dtype=np.float64)
    filled = np.where(measured, heights - mean, 0.0)
    weights = _blur(measured.astype(np.float64), sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        form = _blur(filled, sigma) / weights
    return np.where(measured, heights - mean - form, np.nan).astype(heights.dtype)


def _blur(array: NDArray, sigma: float) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float64)


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
    smooth = _blur(np.where(measured, heights - middle, 0.0), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        smooth /= _blur(measured.astype(np.float64), 1.0)
    along, down = cv2.Sobel(smooth, cv2.CV_64F, 1, 0), cv2.Sobel(smooth, cv2.CV_64F, 0, 1)
    known = measured & ~hidden & np.isfinite(along) & np.isfinite(down)
    evidence = np.zeros(heights.shape, np.float32)
    if known.any():
        slope = np.hypot(along - np.median(along[known]), down - np.median(down[known]))  # tilt taken away
        evidence[known] = np.clip(slope[known] / max(float(np.percentile(slope[known], 98)), 1e-9), 0, 1)
    evidence[(missing == 1) & ~hidden] = 1
    seen = (~hidden).astype(np.float32)
    weight = np.maximum(_blur(seen, 2.0), 1e-3)  # so that a rim is as strong right up to what hides it
    return (_blur(evidence, 2.0) / weight * seen).astype(np.float32), seen


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


def crop(heights: ArrayLike, *, centre: tuple[float, float], pixels: int) -> NDArray:
    """Cut out a square round a point; what lies outside the map is missing.

    Parameters
    ----------
    heights : float (rows, columns)
    centre : (row, column)
        In pixels; rounded to whole ones, so that no height is interpolated.
    pixels : int
        Side of the square.

    Returns
    -------
    float array (pixels, pixels)

    Raises
    ------
    ParameterError
        If `pixels` is not a whole number of 1 to 32768, or `centre` not two numbers.
    DataError
        If the square lies wholly outside.

    Examples
    --------
    >>> crop(np.arange(25.0).reshape(5, 5), centre=(0, 4), pixels=3)
    array([[nan, nan, nan],
           [ 3.,  4., nan],
           [ 8.,  9., nan]])
    """
    array = as_heights(heights, where="crop")
    pixels = whole(pixels, name="pixels", where="crop", least=1, most=2**15)
    if np.shape(centre) != (2,):
        raise ParameterError(f"centre is {centre!r}", where="crop", do="pass (row, column) in pixels")
    middle = (positive(c, name="centre", where="crop", least=-np.inf) for c in centre)
    top, left = (round(c - (pixels - 1) / 2) for c in middle)
    inside = np.s_[max(top, 0) : max(top + pixels, 0), max(left, 0) : max(left + pixels, 0)]
    part = array[inside]
    if part.size == 0:
        raise DataError(
            f"a square of {pixels} px round {tuple(centre)} lies outside the map of {array.shape}",
            where="crop",
            do="pass centre as (row, column) in pixels of this map",
        )
    out = np.full((pixels, pixels), np.nan, array.dtype)
    row, column = max(-top, 0), max(-left, 0)
    out[row : row + part.shape[0], column : column + part.shape[1]] = part
    return out


def shrink(heights: ArrayLike, *, factor: int) -> NDArray:
    """Average blocks of factor × factor points; a block is missing if more than half of it is.

    Parameters
    ----------
    heights : float (rows, columns)
        Rows and columns that do not fill a block are left off at the end.
    factor : int
        4 makes the paper's ShapeIndex_S (184 px) of ShapeIndex_N (736 px).

    Returns
    -------
    float array (rows // factor, columns // factor)

    Raises
    ------
    ParameterError
        If `factor` is not a whole number from 1 to the map's shorter side.

    Examples
    --------
    >>> shrink(np.array([[1.0, 3.0, np.nan, np.nan], [5.0, np.nan, np.nan, 8.0]]), factor=2)
    array([[ 3., nan]])
    """
    array = as_heights(heights, where="shrink")
    factor = whole(factor, name="factor", where="shrink", least=1, most=min(array.shape))
    rows, columns = (n // factor for n in array.shape)
    blocks = array[: rows * factor, : columns * factor]
    measured = ~np.isnan(blocks)
    size = (columns, rows)
    share = cv2.resize(measured.astype(array.dtype), size, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(np.where(measured, blocks, 0), size, interpolation=cv2.INTER_AREA)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(share >= 0.5 - 1e-6, sums / share, np.nan).astype(array.dtype).reshape(rows, columns)


class Moments(NamedTuple):
    """Mean, standard deviation and number of measured points of a set of maps."""

    mean: float
    std: float
    points: int


def surface_moments(maps: Iterable[ArrayLike]) -> Moments:
    """Compute mean and standard deviation over all measured points of many maps, one map in memory at a time.

    Parameters
    ----------
    maps : iterable of float arrays
        NaN is missing.

    Raises
    ------
    DataError
        If no point of any map is measured, or one is no map of real numbers.

    Notes
    -----
    Each map's own moments are merged as in Chan, Golub & LeVeque 1979, so a large common height costs no
    digits.

    Examples
    --------
    >>> surface_moments([np.array([[1.0, np.nan]]), np.array([[3.0, 5.0]])])
    Moments(mean=3.0, std=1.632993161855452, points=3)
    """
    mean, squares, count = 0.0, 0.0, 0
    for one in maps:
        values = as_heights(one, where="surface_moments").astype(np.float64)
        values = values[~np.isnan(values)]
        if values.size:
            gap, total = values.mean() - mean, count + values.size
            squares += float(((values - values.mean()) ** 2).sum() + gap**2 * count * values.size / total)
            mean, count = float(mean + gap * values.size / total), total
    if not count:
        raise DataError("no point of any map is measured", where="surface_moments", do="leave such maps out")
    return Moments(mean, float(np.sqrt(squares / count)), count)


def normalise(
    heights: ArrayLike, *, mean: float | None = None, std: float | None = None
) -> NDArray[np.float32]:
    """Express heights in standard deviations from the mean: of this map, or of the data set if given.

    Parameters
    ----------
    heights : float (rows, columns)
        NaN missing.
    mean, std : float, optional
        Of the training part of a data set (`surface_moments`); both or neither.

    Returns
    -------
    float32 (rows, columns)
        Missing points stay missing.

    Raises
    ------
    ParameterError
        If only one of the two is given, or `std` is not above 0.
    DataError
        If the map is flat or all missing, and no constants are given.
    """
    array = as_heights(heights, where="normalise")
    if (mean is None) != (std is None):
        raise ParameterError(
            "mean or std alone", where="normalise", do="pass both (surface_moments) or neither"
        )
    if mean is None or std is None:
        measured = array[measured_points(array, where="normalise")]
        mean, std = float(measured.mean(dtype=np.float64)), float(measured.std(dtype=np.float64))
        if std == 0:
            raise DataError(
                "the map is flat: all heights are equal", where="normalise", do="leave this surface out"
            )
    mean = positive(mean, name="mean", where="normalise", least=-np.inf)
    std = positive(std, name="std", where="normalise")
    return ((array - mean) / std).astype(np.float32)


def quantise(
    heights: ArrayLike, *, bits: int = 8, limits: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """Round heights to the levels of a picture, as height maps stored in pictures are.

    Parameters
    ----------
    heights : float (rows, columns)
        NaN missing.
    bits : int
        1 to 16.
    limits : (float, float), optional
        Heights of the first and last level; by default the map's own least and greatest.

    Returns
    -------
    float32 (rows, columns)
        Level numbers, 0 to 2**bits − 1; missing points stay missing.

    Raises
    ------
    ParameterError
        If `bits` is not 1 to 16 or `limits` do not rise.
    """
    array = as_heights(heights, where="quantise")
    measured_points(array, where="quantise")
    bits = whole(bits, name="bits", where="quantise", least=1, most=16)
    low, high = limits or (float(np.nanmin(array)), float(np.nanmax(array)))
    if not -np.inf < low <= high < np.inf:
        raise ParameterError(
            f"limits are {(low, high)}", where="quantise", do="pass the lowest height, then the highest"
        )
    last = 2**bits - 1
    return np.round(np.clip((array - low) / max(high - low, 1e-12), 0, 1) * last).astype(np.float32)


def rotate(heights: ArrayLike, *, angle_deg: float) -> NDArray:
    """Turn a map about its centre, counter-clockwise as seen, keeping its size; missing points stay missing.

    Parameters
    ----------
    heights : float (rows, columns)
        NaN missing.
    angle_deg : float
        Multiples of 90° of a square map are exact; other angles interpolate linearly, between points that
        OpenCV places to 1/32 of a pixel.

    Returns
    -------
    float array, as the input
        A point is missing where any point it would be interpolated from is, or where it comes from outside.

    Raises
    ------
    ParameterError
        If the angle is not a finite number.

    Examples
    --------
    >>> rotate(np.array([[1.0, 2.0], [3.0, np.nan]]), angle_deg=90)
    array([[ 2., nan],
           [ 1.,  3.]])
    """
    array = as_heights(heights, where="rotate")
    angle = positive(angle_deg, name="angle_deg", where="rotate", least=-np.inf)
    quarters, rest = divmod(angle, 90)
    if rest == 0 and (array.shape[0] == array.shape[1] or quarters % 2 == 0):
        return np.rot90(array, int(quarters)).copy()
    rows, columns = array.shape
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), angle, 1.0)
    missing = np.isnan(array)
    filled = np.where(missing, 0, array)
    turned = cv2.warpAffine(filled, turn, (columns, rows), flags=cv2.INTER_LINEAR)
    gone = cv2.warpAffine(
        missing.astype(np.float32), turn, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=1.0
    )
    turned[gone > 1e-6] = np.nan
    return turned
