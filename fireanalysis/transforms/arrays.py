"""What the surface transforms ask of the arrays they are given."""

from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError


def as_array(values: ArrayLike, *, where: str) -> NDArray:
    """Give an array of whatever type it has.

    Raises
    ------
    DataError
        If rows differ in length.
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(f"no array: {error}", where=where, do="pass rows of equal length") from error


def as_heights(heights: ArrayLike, *, where: str, dimensions: tuple[int, ...] = (2,)) -> NDArray:
    """Give heights as a floating-point array (float64 stays, all else becomes float32).

    Raises
    ------
    DataError
        If the array is empty, complex, no numbers, of another number of dimensions, or holds infinity.
    """
    array = as_array(heights, where=where)
    if array.dtype.kind not in "fiub" or array.size == 0 or array.ndim not in dimensions:
        allowed = " or ".join(map(str, dimensions))
        raise DataError(
            f"heights are {array.dtype} of shape {array.shape}; real numbers in {allowed} dimensions fit",
            where=where,
            do="pass rows × columns of micrometres, NaN where a point is missing",
        )
    if array.dtype != np.float64:
        array = array.astype(np.float32, copy=False)
    # The extremes cost less than a look at every point, and hold NaN if any point does.
    if not np.isfinite([array.min(), array.max()]).all() and np.isinf(array).any():
        raise DataError("heights hold infinity", where=where, do="mark missing points by NaN")
    return array


def measured_points(heights: NDArray, *, where: str) -> NDArray[np.bool_]:
    """Say which points are measured (not NaN).

    Raises
    ------
    DataError
        If none is.
    """
    measured = ~np.isnan(heights)
    if not measured.any():
        raise DataError("no point is measured: all are NaN", where=where, do="leave this surface out")
    return measured


def positive(value: float, *, name: str, where: str, least: float = 0.0, included: bool = False) -> float:
    """Give a number as float if it is finite and above `least`, or equal to it if that is `included`.

    Raises
    ------
    ParameterError
        Otherwise.
    """
    sound = isinstance(value, Real) and not isinstance(value, bool) and least <= float(value) < np.inf
    if not sound or (value == least and not included):
        raise ParameterError(
            f"{name} is {value!r}; it must be a number {'of at least' if included else 'above'} {least:g}",
            where=where,
            do=f"pass another {name}",
        )
    return float(value)


def whole(value: int, *, name: str, where: str, least: int, most: int) -> int:
    """Give a number as int if it is whole and from `least` to `most`.

    Raises
    ------
    ParameterError
        Otherwise.
    """
    sound = isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most
    if not sound:
        raise ParameterError(
            f"{name} is {value!r}; it must be a whole number from {least} to {most}",
            where=where,
            do=f"pass another {name}",
        )
    return int(value)
