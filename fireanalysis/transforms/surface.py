"""Surfaces: level, remove form, crop, shrink, normalise, quantise, rotate."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_heights, measured_points, positive, whole


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
    weights = blurred(measured.astype(np.float64), sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        form = blurred(filled, sigma) / weights
    return np.where(measured, heights - mean - form, np.nan).astype(heights.dtype)


def blurred(array: NDArray, sigma: float) -> NDArray[np.float64]:
    """Smooth with a Gaussian of `sigma` pixels, mirrored at the edges."""
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float64)


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
    return _resampled(array[: rows * factor, : columns * factor], (rows, columns))


def resample(heights: ArrayLike, *, pixels: int) -> NDArray:
    """Bring a square map to another number of points: averaged over measured points, or interpolated.

    Parameters
    ----------
    heights : float (rows, columns)
        NaN missing. A map that is not square is stretched.
    pixels : int
        Rows and columns wanted.

    Returns
    -------
    float array (pixels, pixels)
        Missing where more than half of what it is made of is.

    Raises
    ------
    ParameterError
        If `pixels` is not a whole number of 1 to 32768.

    Examples
    --------
    >>> resample(np.array([[1.0, 3.0], [np.nan, 8.0]]), pixels=1)
    array([[4.]])
    """
    array = as_heights(heights, where="resample")
    pixels = whole(pixels, name="pixels", where="resample", least=1, most=2**15)
    return _resampled(array, (pixels, pixels))


def _resampled(array: NDArray, shape: tuple[int, int]) -> NDArray:
    finer = shape[0] > array.shape[0] or shape[1] > array.shape[1]
    how = cv2.INTER_LINEAR if finer else cv2.INTER_AREA
    measured = ~np.isnan(array)
    share = cv2.resize(measured.astype(array.dtype), shape[::-1], interpolation=how)
    sums = cv2.resize(np.where(measured, array, 0), shape[::-1], interpolation=how)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(share >= 0.5 - 1e-6, sums / share, np.nan).astype(array.dtype).reshape(shape)


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
