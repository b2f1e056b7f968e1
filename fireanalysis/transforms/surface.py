"""Surfaces: level, remove form, find and cut out the primer, shrink, normalise, quantise, rotate."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.measure import CircleModel, ransac

from ..errors import DataError, ParameterError
from .arrays import as_heights, measured_points, positive


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
    if order not in range(6):
        raise ParameterError(f"order is {order!r}", where="level", do="pass 0 to 5: 1 removes tilt, 2 form")
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


def _blur(array: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float64)


def find_primer(
    heights_um: ArrayLike, *, pixel_size_um: float, radius_mm: tuple[float, float] = (1.9, 3.0)
) -> Circle:
    """Find the primer on a map of a whole case head.

    The ring-shaped gap round the primer, or the step at its edge, is the strongest circle of its size. It is
    found coarsely by a Hough transform and refined by a circle through the steepest points, outliers aside.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Case head, micrometres, NaN missing.
    pixel_size_um : float
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
    """
    heights = as_heights(heights_um, where="find_primer")
    pixel = positive(pixel_size_um, name="pixel_size_um", where="find_primer")
    factor = max(1, round(25 / pixel))  # about 25 µm a pixel is enough to find it, and fast
    small = shrink(heights, factor=factor) if factor > 1 else heights
    steps = _steepness(small)
    low, high = (r * 1000 / (pixel * factor) for r in radius_mm)
    coarse = _hough(steps, low, high)
    if coarse is None:
        raise DataError(
            f"no circle of {radius_mm[0]} to {radius_mm[1]} mm stands out",
            where="find_primer",
            do="check pixel_size_um, pass another radius_mm, or cut the primer out by hand",
        )
    fine = _refined(steps, coarse)
    # A shrunk pixel's centre lies in the middle of the block it came from.
    row, column = ((v + 0.5) * factor - 0.5 for v in (fine.row, fine.column))
    return Circle(row, column, fine.radius * factor)


def _steepness(heights: NDArray) -> NDArray[np.float32]:
    """Size of the height gradient, missing points filled, long waves removed, loud ends limited; 0 to 1."""
    measured = ~np.isnan(heights)
    filled = np.where(measured, heights, np.median(heights[measured])).astype(np.float32)
    smooth = cv2.GaussianBlur(filled, (0, 0), 1.0)
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    # Steps at the edge of missing regions are made by the filling.
    slope[cv2.dilate((~measured).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 0
    return np.clip(slope / max(float(np.percentile(slope, 99)), 1e-9), 0, 1)


def _hough(steps: NDArray[np.float32], low: float, high: float) -> Circle | None:
    """Vote for the circle with the steepest rim: correlate with thin rings of each radius."""
    best, found = 0.0, None
    spectrum = np.fft.rfft2(steps - steps.mean(), s=steps.shape)
    for radius in np.arange(low, high, 1.0):
        ring = np.zeros(steps.shape, np.float32)
        centre = (steps.shape[1] // 2, steps.shape[0] // 2)
        cv2.circle(ring, centre, round(radius), 1.0, 2)
        votes = np.fft.irfft2(spectrum * np.conj(np.fft.rfft2(ring)), s=steps.shape) / ring.sum()
        row, column = np.unravel_index(int(np.argmax(votes)), votes.shape)
        if votes[row, column] > best:
            best = float(votes[row, column])
            shifted = ((row + centre[1]) % steps.shape[0], (column + centre[0]) % steps.shape[1])
            found = Circle(float(shifted[0]), float(shifted[1]), float(radius))
    # A circle that stands out is steep along most of its rim; chance alignments on rough ground are not.
    return found if best > 0.15 else None


def _refined(steps: NDArray[np.float32], coarse: Circle) -> Circle:
    """Fit a circle through the steepest point on each of 360 rays near the coarse circle."""
    angles = np.radians(np.arange(360.0))
    radii = coarse.radius + np.arange(-5, 5.01, 0.25)
    rows = coarse.row + np.outer(np.sin(angles), radii)
    columns = coarse.column + np.outer(np.cos(angles), radii)
    along = cv2.remap(steps, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    steepest = along.argmax(axis=1)
    ray = np.arange(360)
    points = np.stack([columns[ray, steepest], rows[ray, steepest]], axis=1)[along.max(axis=1) > 0.05]
    model, _ = ransac(points, CircleModel, min_samples=3, residual_threshold=1.0, max_trials=200, rng=0)
    if not model or np.hypot(model.center[1] - coarse.row, model.center[0] - coarse.column) > 5:
        return coarse
    return Circle(float(model.center[1]), float(model.center[0]), float(model.radius))


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
        If `pixels` is below 1.
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
    pixels = int(positive(pixels, name="pixels", where="crop"))
    top, left = (round(c - (pixels - 1) / 2) for c in centre)
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
        If `factor` is below 1 or above the map's shorter side.

    Examples
    --------
    >>> shrink(np.array([[1.0, 3.0, np.nan, np.nan], [5.0, np.nan, np.nan, 8.0]]), factor=2)
    array([[ 3., nan]])
    """
    array = as_heights(heights, where="shrink")
    if factor != int(factor) or not 1 <= factor <= min(array.shape):
        raise ParameterError(
            f"factor is {factor!r} for a map of {array.shape}",
            where="shrink",
            do="pass a whole number of points",
        )
    rows, columns = (n // factor for n in array.shape)
    blocks = array[: rows * factor, : columns * factor]
    measured = ~np.isnan(blocks)
    size = (columns, rows)
    share = cv2.resize(measured.astype(np.float32), size, interpolation=cv2.INTER_AREA)
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
        If no point of any map is measured.

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
        values = np.asarray(one, dtype=np.float64)
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
    low, high = limits or (float(np.nanmin(array)), float(np.nanmax(array)))
    if bits not in range(1, 17) or not low <= high:
        raise ParameterError(
            f"bits {bits!r}, limits {(low, high)}",
            where="quantise",
            do="pass bits of 1 to 16 and rising limits",
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
        Multiples of 90° of a square map are exact; other angles interpolate linearly.

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
