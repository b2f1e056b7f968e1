"""What the surface transforms ask of the arrays they are given."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, ParameterError


def as_heights(heights: ArrayLike, *, where: str, dimensions: tuple[int, ...] = (2,)) -> NDArray:
    """Give heights as a floating-point array (float64 stays, all else becomes float32).

    Raises
    ------
    DataError
        If the array is empty, complex, no numbers, of another number of dimensions, or holds infinity.
    """
    array = np.asarray(heights)
    if array.dtype.kind not in "fiub" or array.size == 0 or array.ndim not in dimensions:
        allowed = " or ".join(map(str, dimensions))
        raise DataError(
            f"heights are {array.dtype} of shape {array.shape}; real numbers in {allowed} dimensions fit",
            where=where,
            do="pass rows × columns of micrometres, NaN where a point is missing",
        )
    if array.dtype != np.float64:
        array = array.astype(np.float32, copy=False)
    if np.isinf(array).any():
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


def positive(value: float, *, name: str, where: str, least: float = 0.0) -> float:
    """Give a number as float if it is finite and above `least`.

    Raises
    ------
    ParameterError
        Otherwise.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number) or number <= least:
        raise ParameterError(
            f"{name} is {value!r}; it must be a number above {least:g}",
            where=where,
            do=f"pass a larger {name}",
        )
    return number
