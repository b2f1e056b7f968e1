"""The shape index: which way a surface bends at each point, whatever the size of the bend."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import as_heights, measured_points, positive

if TYPE_CHECKING:
    import torch

REACH = 2  # second differences of central differences reach two points
STRIP, STRIP_POINTS = 64, 65536  # least rows, and points, worked on at a time
# Curvature that rounding of float32 heights alone can make, as a share of the largest height.
FLAT = 4 * float(np.finfo(np.float32).eps)


def shape_index(heights: Any, *, sigma: float, flat_below: float | None = None) -> Any:
    r"""Compute the shape index of a surface at one scale.

    With :math:`\lambda_1 \ge \lambda_2` the eigenvalues of the Hessian of the Gaussian-smoothed heights,

    .. math:: s = -\frac{2}{\pi}\,\mathrm{atan2}(\lambda_1 + \lambda_2,\ \lambda_1 - \lambda_2),

    so a dome is +1, a ridge +0.5, a saddle 0, a rut −0.5 and a bowl −1.

    Parameters
    ----------
    heights : array or torch.Tensor, (..., rows, columns)
        Micrometres (any unit will do), NaN where missing. Integers are taken as heights too.
    sigma : float
        Standard deviation of the Gaussian, pixels; at least 0.1.
    flat_below : float, optional
        Where the Hessian's norm (times √2, heights a pixel²) is not above this, the shape is undefined.
        Default: what rounding of float32 heights can make, 4.8e-7 of the largest height about the mean.

    Returns
    -------
    float32 array, or tensor on the input's device, (..., rows, columns)
        In [-1, 1]; NaN where the height is missing or the surface flat.

    Raises
    ------
    DataError
        If an array has fewer than two dimensions, is empty, complex, infinite, or all missing.
    ParameterError
        If `sigma` is no number of at least 0.1, or `flat_below` is negative.

    Notes
    -----
    The variant is scikit-image's default: smooth, then take central differences twice. Inside the border both
    agree to 1e-5 on float64 heights. Unlike scikit-image's (0.26): no division by λ1 − λ2, so equal
    eigenvalues do not flip the sign; the border reflects, where its default of zero padding bends everything
    within 4σ of the edge; the Gaussian is normalised over measured points, so a missing one does not spread.
    Filters work in float64, because second differences of float32 heights lose five of seven digits.

    Source: Koenderink & van Doorn 1992 (doi:10.1016/0262-8856(92)90076-F); the paper's Eq. 1, whose "near
    zero for flat" is wrong: zero is a saddle.

    Examples
    --------
    >>> y, x = np.mgrid[-10:11, -10:11]
    >>> float(shape_index(-(x**2 + y**2), sigma=1.0)[10, 10])
    1.0
    """
    sigma = positive(sigma, name="sigma", where="shape_index", least=np.nextafter(0.1, 0))
    if flat_below is not None:
        flat_below = positive(flat_below, name="flat_below", where="shape_index", least=-np.finfo(float).tiny)
    torch = sys.modules.get("torch")  # a tensor can only come from a process that has imported torch
    if torch is not None and isinstance(heights, torch.Tensor):
        return _torch_shape_index(heights, sigma, flat_below)
    return _numpy_shape_index(heights, sigma, flat_below)


def gaussian_kernel(sigma: float) -> NDArray[np.float64]:
    """Sample a Gaussian out to 4σ (as scikit-image does), but at least as far as the differences reach."""
    radius = max(REACH, int(4 * sigma + 0.5))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return weights / weights.sum()


def _numpy_shape_index(heights: ArrayLike, sigma: float, flat_below: float | None) -> NDArray[np.float32]:
    array = np.asarray(heights)
    array = as_heights(array, where="shape_index", dimensions=tuple(range(2, max(array.ndim, 2) + 1)))
    out = np.empty(array.shape, np.float32)
    maps = array.reshape(-1, *array.shape[-2:])
    results = out.reshape(maps.shape)
    kernel = gaussian_kernel(sigma)
    threads = cv2.getNumThreads()
    if len(maps) == 1:
        _one_map(maps[0], kernel, flat_below, results[0], threads)
    else:
        _spread(lambda k: _one_map(maps[k], kernel, flat_below, results[k], 1), range(len(maps)), threads)
    return out


def _one_map(
    heights: NDArray, kernel: NDArray[np.float64], flat_below: float | None, out: NDArray, threads: int
) -> None:
    """Fill `out` with the shape index of one map, strip by strip: a strip's work stays in a core's cache."""
    mean = float(heights.mean(dtype=np.float64))
    measured = None
    if np.isnan(mean):
        measured = measured_points(heights, where="shape_index")
        mean = float(heights[measured].mean(dtype=np.float64))
        heights = np.where(measured, heights, heights.dtype.type(mean))
    flat = FLAT * max(float(heights.max()) - mean, mean - float(heights.min()))
    flat = flat if flat_below is None else flat_below
    margin = len(kernel) // 2 + REACH
    mirrored = np.pad(np.arange(len(heights)), margin, mode="symmetric")
    height = max(STRIP, STRIP_POINTS // heights.shape[1])

    def strip(top: int) -> None:
        rows = mirrored[top : min(top + height, len(heights)) + 2 * margin]
        smooth = _smoothed(heights[rows] - np.float64(mean), kernel)
        if measured is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                smooth /= _smoothed(measured[rows].astype(np.float64), kernel)
        _angle(smooth, flat, out[top : top + height])

    _spread(strip, range(0, len(heights), height), threads)
    if measured is not None:
        out[~measured] = np.nan


def _spread(work: Callable[[int], None], items: range, threads: int) -> None:
    """Do the work for each item on up to so many threads; a few items are not worth starting them."""
    threads = min(threads, len(items) // 4)
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, items))
    else:
        for item in items:
            work(item)


def _smoothed(strip: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter a strip with margins above and below; the result has `REACH` mirrored points on each side."""
    radius = len(kernel) // 2
    smooth = cv2.sepFilter2D(strip, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT)[radius:-radius]
    return np.asarray(cv2.copyMakeBorder(smooth, 0, 0, REACH, REACH, cv2.BORDER_REFLECT), np.float64)


def _angle(f: NDArray[np.float64], flat: float, out: NDArray[np.float32]) -> None:
    """Fill `out` with the index of smoothed heights, which extend `REACH` points beyond it on each side."""
    # Central differences of central differences, times four: the angle needs no scale.
    twice = 2 * f[2:-2, 2:-2]
    by_row = f[4:, 2:-2] + f[:-4, 2:-2]
    by_row -= twice
    by_column = f[2:-2, 4:] + f[2:-2, :-4]
    by_column -= twice
    mixed = f[3:-1, 3:-1] - f[3:-1, 1:-3]
    mixed -= f[1:-3, 3:-1]
    mixed += f[1:-3, 1:-3]
    mixed *= 2
    total = (by_row + by_column).astype(np.float32)  # 4 (λ1 + λ2)
    by_row -= by_column
    split = cv2.magnitude(by_row, mixed).astype(np.float32)  # 4 (λ1 − λ2)
    np.arctan2(total, split, out=out)
    out *= np.float32(-2 / np.pi)
    norm = cv2.magnitude(total, split)
    if norm.min() <= 4 * flat:
        out[norm <= 4 * flat] = np.nan


def _torch_shape_index(heights: "torch.Tensor", sigma: float, flat_below: float | None) -> "torch.Tensor":
    """Do the same on a tensor's own device, all maps at once."""
    import torch
    from torch.nn import functional

    from ..errors import DataError

    if heights.ndim < 2 or heights.numel() == 0 or heights.is_complex():
        raise DataError(
            f"heights are {heights.dtype} of shape {tuple(heights.shape)}; real (..., rows, columns) fit",
            where="shape_index",
            do="pass rows × columns of micrometres, NaN where a point is missing",
        )
    maps = heights.detach().reshape(-1, 1, *heights.shape[-2:]).double()
    measured = ~maps.isnan()
    count = measured.sum(dim=(2, 3), keepdim=True)
    centred = torch.where(measured, maps, 0.0)
    centred = torch.where(measured, centred - centred.sum(dim=(2, 3), keepdim=True) / count, 0.0)
    kernel = torch.from_numpy(gaussian_kernel(sigma)).to(maps.device)
    pad = len(kernel) // 2 + REACH
    rows, columns = (
        torch.from_numpy(np.pad(np.arange(n), pad, mode="symmetric")).to(maps.device) for n in maps.shape[-2:]
    )

    def smoothed(array: torch.Tensor) -> torch.Tensor:
        padded = array[:, :, rows][:, :, :, columns]
        return functional.conv2d(
            functional.conv2d(padded, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1)
        )

    f = smoothed(centred)
    if not bool(measured.all()):
        f = f / smoothed(measured.double())
    middle = f[..., 2:-2, 2:-2]
    by_row = f[..., 4:, 2:-2] + f[..., :-4, 2:-2] - 2 * middle
    by_column = f[..., 2:-2, 4:] + f[..., 2:-2, :-4] - 2 * middle
    mixed = f[..., 3:-1, 3:-1] - f[..., 3:-1, 1:-3] - f[..., 1:-3, 3:-1] + f[..., 1:-3, 1:-3]
    total, split = (by_row + by_column).float(), torch.hypot(by_row - by_column, 2 * mixed).float()
    flat = FLAT * centred.abs().amax(dim=(2, 3), keepdim=True) if flat_below is None else flat_below
    defined = measured & (torch.hypot(total, split) > 4 * flat)
    index = torch.where(defined, torch.atan2(total, split) * (-2 / np.pi), np.nan)
    return index.reshape(heights.shape)
