"""The shape index: which way a surface bends at each point, whatever the size of the bend."""

import itertools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .arrays import as_array, as_heights, measured_points, positive

if TYPE_CHECKING:
    import torch

REACH = 2  # second differences of central differences reach two points
BLOCK, CHUNK = 8, 32  # points filtered by one matrix product: along the filter, across it
TILE = 376  # points of a side, about, worked on at a time: few enough to stay in the processor's cache
# Curvature that rounding of float32 heights alone can make, as a share of half the heights' range.
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
        Default: what rounding of float32 heights can make, 4.8e-7 of half the map's range of heights.

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
    sigma = positive(sigma, name="sigma", where="shape_index", least=0.1, included=True)
    if flat_below is not None:
        flat_below = positive(flat_below, name="flat_below", where="shape_index", included=True)
    torch = sys.modules.get("torch")  # a tensor can only come from a process that has imported torch
    if torch is not None and isinstance(heights, torch.Tensor):
        if heights.device.type == "cuda":
            return _torch_shape_index(heights, sigma, flat_below)
        # On processors NumPy is faster; other accelerators have no float64, and bfloat16 is unknown to NumPy.
        array = (heights.float() if heights.dtype == torch.bfloat16 else heights).detach().cpu().numpy()
        return torch.from_numpy(_numpy_shape_index(array, sigma, flat_below)).to(heights.device)
    return _numpy_shape_index(heights, sigma, flat_below)


def gaussian_kernel(sigma: float) -> NDArray[np.float64]:
    """Sample a Gaussian out to 4σ (as scikit-image does), but at least as far as the differences reach."""
    radius = max(REACH, int(4 * sigma + 0.5))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return weights / weights.sum()


@lru_cache(maxsize=16)
def _band(sigma: float) -> NDArray[np.float64]:
    """Write the filter as a matrix, which makes BLOCK points of BLOCK + 2 radius points."""
    kernel = gaussian_kernel(sigma)
    band = np.zeros((BLOCK, BLOCK + len(kernel) - 1))
    for k, row in enumerate(band):
        row[k : k + len(kernel)] = kernel
    band.setflags(write=False)
    return band


def _numpy_shape_index(heights: ArrayLike, sigma: float, flat_below: float | None) -> NDArray[np.float32]:
    array = as_array(heights, where="shape_index")
    array = as_heights(array, where="shape_index", dimensions=tuple(range(2, max(array.ndim, 2) + 1)))
    out = np.empty(array.shape, np.float32)
    maps = array.reshape(-1, *array.shape[-2:])
    results = out.reshape(maps.shape)
    band = _band(sigma)
    threads = cv2.getNumThreads()
    if len(maps) == 1:
        one = _Map(maps[0], band, flat_below)
        _spread(lambda tile, scratch: one.fill(tile, results[0], scratch), one.tiles, threads)
    else:

        def whole(k: int, scratch: _Scratch) -> None:
            one = _Map(maps[k], band, flat_below)
            for tile in one.tiles:
                one.fill(tile, results[k], scratch)

        _spread(whole, range(len(maps)), threads)
    return out


class _Scratch:
    """Memory for one tile, used again for the next: fresh memory takes longer to get than to compute on."""

    def __init__(self) -> None:
        self.memory = np.empty(0)

    def arrays(self, *shapes: tuple[int, int]) -> list[NDArray[np.float64]]:
        """Give arrays of these shapes, one behind the other, filled with anything."""
        ends = list(itertools.accumulate(rows * columns for rows, columns in shapes))
        if ends[-1] > self.memory.size:
            block = np.empty(ends[-1] + 8)
            # Some of OpenCV's last digits depend on where in a cache line (64 bytes) an array begins.
            self.memory = block[-block.ctypes.data % 64 // 8 :]
        return [
            self.memory[end - r * c : end].reshape(r, c) for end, (r, c) in zip(ends, shapes, strict=True)
        ]


_IDLE: list[_Scratch] = []  # one for each thread that ever worked at once, about 5 MB each at σ = 3
MOST_BYTES = 2**25  # larger ones, which large σ need, are not kept


def _spread(work: Callable[[Any, _Scratch], None], items: Sequence[Any], threads: int) -> None:
    """Do the work for each item on up to so many threads; one or two items are not worth starting them."""
    queue = iter(items)

    def worker() -> None:
        try:
            scratch = _IDLE.pop()
        except IndexError:
            scratch = _Scratch()
        for item in queue:
            work(item, scratch)
        if scratch.memory.nbytes <= MOST_BYTES:
            _IDLE.append(scratch)

    if threads > 1 and len(items) > 2:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(worker) for _ in range(threads)]:
                done.result()
    else:
        worker()


class _Map:
    """One map made ready: its middle height, what counts as flat, its filter, its tiles."""

    def __init__(self, heights: NDArray, band: NDArray[np.float64], flat_below: float | None) -> None:
        self.heights = heights
        low, high = float(heights.min()), float(heights.max())
        self.gaps = bool(np.isnan(low))
        if self.gaps:
            measured = heights[measured_points(heights, where="shape_index")]
            low, high = float(measured.min()), float(measured.max())
        self.middle = np.float64(low + high) / 2
        self.flat = FLAT * (high - low) / 2 if flat_below is None else flat_below
        self.band = band
        self.margin = (band.shape[1] - BLOCK) // 2 + REACH
        self.tiles = [np.s_[r, c] for r in _parts(heights.shape[0]) for c in _parts(heights.shape[1])]

    def fill(self, tile: tuple[slice, slice], out: NDArray[np.float32], scratch: _Scratch) -> None:
        """Compute one tile of `out`."""
        rows, columns = (part.stop - part.start for part in tile)
        # Smoothed points, and the heights these need, in whole blocks and chunks.
        high, wide = _whole(rows + 2 * REACH), _whole(columns + 2 * REACH)
        taller, wider = high + 2 * (self.margin - REACH), _whole(wide + 2 * (self.margin - REACH))
        centred, filtered, smooth, weights, spare = scratch.arrays(
            (taller, wider), (high, wider), (high, wide), (high * self.gaps, wide), (3 * rows, wide // 2)
        )
        self._cut(tile, centred)
        if self.gaps and (gaps := np.isnan(centred)).any():
            centred[gaps] = 0
            _filter(centred, self.band, filtered, smooth)
            np.logical_not(gaps, out=centred)
            _filter(centred, self.band, filtered, weights)
            with np.errstate(invalid="ignore", divide="ignore"):
                smooth /= weights
        else:
            _filter(centred, self.band, filtered, smooth)
        _angle(smooth, self.flat, out[tile], centred, filtered, spare)
        if self.gaps:
            out[tile][np.isnan(self.heights[tile])] = np.nan

    def _cut(self, tile: tuple[slice, slice], out: NDArray[np.float64]) -> None:
        """Fill `out` with a tile and its margin, about the middle height; the map's borders reflect."""
        start = [part.start - self.margin for part in tile]
        sizes = zip(start, out.shape, self.heights.shape, strict=True)
        inside = [slice(max(s, 0), min(s + n, size)) for s, n, size in sizes]
        place = tuple(slice(i.start - s, i.stop - s) for i, s in zip(inside, start, strict=True))
        np.subtract(self.heights[tuple(inside)], self.middle, out=out[place])
        ends = [n for p, size in zip(place, out.shape, strict=True) for n in (p.start, size - p.stop)]
        above, below, before, after = ends
        cv2.copyMakeBorder(out[place], above, below, before, after, cv2.BORDER_REFLECT, dst=out)


def _parts(length: int) -> list[slice]:
    """Cut a length into parts of about `TILE` points."""
    parts = max(1, round(length / TILE))
    return [slice(k * length // parts, (k + 1) * length // parts) for k in range(parts)]


def _whole(length: int) -> int:
    return -(-length // CHUNK) * CHUNK


def _filter(source: NDArray, band: NDArray, by_row: NDArray, out: NDArray) -> None:
    """Filter down the columns into `by_row`, then along the rows into `out`.

    Matrix products do this twice as fast as cv2.sepFilter2D on float64. They are small enough for the linear
    algebra library not to start threads of its own.
    """
    taps, point = band.shape[1], source.itemsize
    # Overlapping windows by their strides: sliding_window_view takes a tenth of the time a small map needs.
    row = source.strides[0]
    blocks = by_row.reshape(-1, BLOCK, by_row.shape[1] // CHUNK, CHUNK).swapaxes(1, 2)
    shape, strides = (*blocks.shape[:2], taps, CHUNK), (BLOCK * row, CHUNK * point, row, point)
    np.matmul(band, as_strided(source, shape, strides), out=blocks)
    row = by_row.strides[0]
    blocks = out.reshape(-1, CHUNK, out.shape[1] // BLOCK, BLOCK).swapaxes(1, 2)
    shape, strides = (*blocks.shape[:2], CHUNK, taps), (CHUNK * row, BLOCK * point, row, point)
    np.matmul(as_strided(by_row, shape, strides), band.T, out=blocks)


def _angle(
    smooth: NDArray[np.float64], flat: float, out: NDArray[np.float32], *scratch: NDArray[np.float64]
) -> None:
    """Fill `out` with the index of smoothed heights, which extend at least `REACH` points beyond it.

    Rows lie end to end and are worked on as one long row; what is computed across their ends is left out.
    """
    rows, columns = out.shape
    width = smooth.shape[1]
    points = rows * width - 2 * REACH

    def at(down: int, right: int, more: int = 0) -> NDArray[np.float64]:
        start = (REACH + down) * width + REACH + right
        return smooth.reshape(-1)[start : start + points + more]

    step = scratch[0].reshape(-1)[: points + 2]
    by_row, by_column = step[:points], scratch[1].reshape(-1)[:points]
    singles = scratch[2].view(np.float32).reshape(3, -1)
    total, split, mixed = singles[:, :points]
    # Central differences of central differences, times four: the angle needs no scale.
    np.subtract(at(1, -1, 2), at(-1, -1, 2), out=step)
    np.subtract(step[2:], step[:-2], out=mixed, casting="same_kind")
    mixed += mixed
    np.add(at(2, 0), at(-2, 0), out=by_row)
    np.add(at(0, 2), at(0, -2), out=by_column)
    np.subtract(by_row, by_column, out=split, casting="same_kind")
    by_row += by_column
    np.multiply(at(0, 0), 4, out=by_column)
    np.subtract(by_row, by_column, out=total, casting="same_kind")
    # From here on whole rows: total is 4 (λ1 + λ2), split 4 (λ1 − λ2).
    total, split, mixed = singles.reshape(3, rows, width)[:, :, :columns]
    cv2.magnitude(split, mixed, split)
    norm = cv2.magnitude(total, split, mixed)
    np.arctan2(total, split, out=out)
    out *= np.float32(-2 / np.pi)
    if not norm.min() > 4 * flat:  # not "<=": missing points make it NaN
        out[norm <= 4 * flat] = np.nan


def _torch_shape_index(heights: "torch.Tensor", sigma: float, flat_below: float | None) -> "torch.Tensor":
    """Do the same on a GPU, all maps at once."""
    import torch

    if heights.ndim < 2 or heights.numel() == 0 or heights.is_complex():
        raise DataError(
            f"heights are {heights.dtype} of shape {tuple(heights.shape)}; real (..., rows, columns) fit",
            where="shape_index",
            do="pass rows × columns of micrometres, NaN where a point is missing",
        )
    maps = heights.detach().reshape(-1, 1, *heights.shape[-2:]).double()
    measured = ~maps.isnan()
    low = torch.where(measured, maps, torch.inf).amin(dim=(2, 3), keepdim=True)
    high = torch.where(measured, maps, -torch.inf).amax(dim=(2, 3), keepdim=True)
    if bool((low > high).any()):
        raise DataError("no point is measured: all are NaN", where="shape_index", do="leave this surface out")
    if bool((low.isinf() | high.isinf()).any()):
        raise DataError("heights hold infinity", where="shape_index", do="mark missing points by NaN")
    centred = torch.where(measured, maps - (low + high) / 2, 0.0)
    down, across = (
        torch.from_numpy(_mirrored_filter(n, gaussian_kernel(sigma))).to(maps.device) for n in maps.shape[-2:]
    )
    f = down @ centred @ across.T
    if not bool(measured.all()):
        f = f / (down @ measured.double() @ across.T)
    middle = f[..., 2:-2, 2:-2]
    by_row = f[..., 4:, 2:-2] + f[..., :-4, 2:-2] - 2 * middle
    by_column = f[..., 2:-2, 4:] + f[..., 2:-2, :-4] - 2 * middle
    mixed = f[..., 3:-1, 3:-1] - f[..., 3:-1, 1:-3] - f[..., 1:-3, 3:-1] + f[..., 1:-3, 1:-3]
    total, split = (by_row + by_column).float(), torch.hypot(by_row - by_column, 2 * mixed).float()
    flat = FLAT * (high - low) / 2 if flat_below is None else flat_below
    defined = measured & (torch.hypot(total, split) > 4 * flat)
    index = torch.where(defined, torch.atan2(total, split) * (-2 / np.pi), np.nan)
    return index.reshape(heights.shape)


def _mirrored_filter(points: int, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Write the filter of a whole row with mirrored ends as a matrix: `REACH` points more on each side."""
    mirrored = np.pad(np.arange(points), len(kernel) // 2 + REACH, mode="symmetric")
    taken = sliding_window_view(mirrored, len(kernel))
    matrix = np.zeros((len(taken), points))
    np.add.at(matrix, (np.arange(len(taken))[:, None], taken), kernel)
    return matrix
