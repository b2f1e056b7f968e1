"""Compare surfaces: masked cross-correlation over turns and shifts, and congruent matching cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_heights, measured_points, positive, whole
from .surface import crop, remove_form, resample, rotate

COMMON_PIXEL_UM = 25.0
BAND_UM = (50.0, 500.0)
CIRCLE_DEG = tuple(range(-180, 180, 3))
CELL_TURNS_DEG = tuple(range(-15, 16, 3))
_FEWEST = 16  # points: below that a surface has no marks to compare


class Comparison(NamedTuple):
    """How well a questioned surface fits a reference, and how it has to be laid on it.

    Attributes
    ----------
    score : float
        Largest normalised cross-correlation, from −1 to 1.
    angle_deg : float
        Turn of the questioned surface, counter-clockwise as seen, before it is shifted.
    down_um, right_um : float
        Shift of the turned surface.
    overlap : float
        Points that both have, as a share of the smaller surface's.
    """

    score: float
    angle_deg: float
    down_um: float
    right_um: float
    overlap: float


@dataclass(frozen=True, eq=False)
class CellComparison:
    """What became of the cells of a reference that were looked for one by one in a questioned surface.

    Attributes
    ----------
    count : int
        Congruent matching cells.
    congruent : bool (cells, cells)
        Which they are.
    score, angle_deg, down_um, right_um : float64 (cells, cells)
        Each cell's best correlation, and the turn and shift, on top of the whole surface's, where it was
        found; NaN for cells with too few measured points, on either surface.
    corner : (int, int)
        Row and column of the first cell's first pixel in the reference.
    side : int
        Pixels of a cell's edge.
    """

    count: int
    congruent: NDArray[np.bool_]
    score: NDArray[np.float64]
    angle_deg: NDArray[np.float64]
    down_um: NDArray[np.float64]
    right_um: NDArray[np.float64]
    corner: tuple[int, int]
    side: int


def comparison_map(
    heights_um: ArrayLike,
    *,
    pixel_size_um: float,
    to_um: float = COMMON_PIXEL_UM,
    band_um: tuple[float, float] = BAND_UM,
) -> NDArray[np.float32]:
    """Prepare a surface for comparison: waves of the marks' length alone, on a common grid, in the middle.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Micrometres, NaN where missing or not to be compared (firing-pin impression, case head).
    pixel_size_um : float
        Of the heights.
    to_um : float
        Pixel size of the result, met to half a pixel of the scan over the whole map.
    band_um : (float, float)
        Wavelengths of which a Gaussian filter keeps half the amplitude: shortest, longest.

    Returns
    -------
    float32 (pixels, pixels)
        Square, as large as the surface turned about its middle needs. Points more than five robust standard
        deviations (1.4826 times the median of the absolute heights) from zero are missing too: rims of marks that
        were left in.

    Raises
    ------
    ParameterError
        If a length is not above 0 or the band does not rise.
    DataError
        If nothing is measured, or hardly anything on the new grid.

    Notes
    -----
    Source: band-pass and masking as in Song 2013 and Zemmels, VanderPlas & Hofmann 2023 (cmcR: 16 to 500 µm at
    6.25 µm a pixel); the paper does not say how BALISTIKA compares.
    """
    where = "comparison_map"
    heights = as_heights(heights_um, where=where)
    measured_points(heights, where=where)
    pixel = positive(pixel_size_um, name="pixel_size_um", where=where)
    grid = positive(to_um, name="to_um", where=where, least=pixel, included=True)
    if np.shape(band_um) != (2,) or not 0 < band_um[0] < band_um[1] < np.inf:
        raise ParameterError(f"band_um is {band_um!r}", where=where, do="pass shortest, then longest wave")
    marks = remove_form(heights, cutoff_um=band_um[1], pixel_size_um=pixel)
    if band_um[0] > 2 * pixel:  # what a high-pass of the shortest wave takes away is the low-pass
        marks = marks - remove_form(marks, cutoff_um=band_um[0], pixel_size_um=pixel)
    spread = 1.4826 * np.nanmedian(np.abs(marks))
    marks = np.where(np.abs(marks) <= 5 * max(spread, 1e-12), marks, np.nan)
    middle, radius = _round(marks, where=where)
    pixels = int(np.ceil(2 * radius * pixel / grid)) + 2
    square = crop(marks, centre=middle, pixels=round(pixels * grid / pixel))
    small = resample(square, pixels=pixels).astype(np.float32)
    if np.isfinite(small).sum() < _FEWEST:
        few = f"{np.isfinite(small).sum()} points are measured at {grid:g} µm a pixel"
        raise DataError(few, where=where, do="leave this surface out")
    return small


def compare_surfaces(
    reference: ArrayLike,
    questioned: ArrayLike,
    *,
    pixel_size_um: float = COMMON_PIXEL_UM,
    angles_deg: Sequence[float] = CIRCLE_DEG,
    most_shift_um: float = 1500.0,
    least_overlap: float = 0.5,
) -> Comparison:
    """Find the turn and shift of a questioned surface that correlate best with a reference.

    Parameters
    ----------
    reference, questioned : float (rows, columns)
        Of one pixel size, NaN missing: results of `comparison_map`.
    pixel_size_um : float
        Of both.
    angles_deg : sequence of float
        Turns to try, evenly spaced; all are tried on a grid twice as coarse, then the best one and four near
        it, half and a whole step away, on the grid itself.
    most_shift_um : float
        Shifts up to this are tried, down, up, right and left, from middle on middle.
    least_overlap : float
        The overlap must be this share of the smaller surface, above 0 to 1.

    Returns
    -------
    Comparison
        A score of −1 if no turn and shift has the overlap.

    Raises
    ------
    ParameterError
        If a number is out of range or there are no angles.
    DataError
        If a map has fewer than 16 measured points or is flat.

    Notes
    -----
    Source: normalised correlation of masked images through Fourier transforms, Padfield 2012; rotation in steps
    of 3° as in Song 2013.

    Examples
    --------
    >>> reference = np.random.default_rng(0).normal(size=(40, 40)).cumsum(0).cumsum(1)
    >>> found = compare_surfaces(reference, rotate(reference, angle_deg=90), angles_deg=[-90, 0, 90])
    >>> found.angle_deg, found.down_um, found.right_um, round(found.score, 3)
    (-90.0, 0.0, 0.0, 1.0)
    """
    settings = _checked(pixel_size_um, angles_deg, most_shift_um, least_overlap)
    return _compare([reference, questioned], [(0, 1)], *settings)[0]


def compare_pairs(
    maps: Sequence[ArrayLike],
    pairs: ArrayLike | None = None,
    *,
    pixel_size_um: float = COMMON_PIXEL_UM,
    angles_deg: Sequence[float] = CIRCLE_DEG,
    most_shift_um: float = 1500.0,
    least_overlap: float = 0.5,
) -> list[Comparison]:
    """Compare many pairs of surfaces as `compare_surfaces` does, transforming each surface once.

    Parameters
    ----------
    maps : sequence of float (rows, columns)
        Results of `comparison_map`; sizes may differ.
    pairs : int (pairs, 2), optional
        Positions of reference and questioned; by default all pairs, each once, the earlier as reference.
    pixel_size_um, angles_deg, most_shift_um, least_overlap
        As in `compare_surfaces`.

    Returns
    -------
    list of Comparison
        In the order of `pairs`, or of ``numpy.triu_indices(len(maps), 1)``.

    Raises
    ------
    ParameterError
        As in `compare_surfaces`, or if pairs are no positions of maps.
    DataError
        As in `compare_surfaces`.
    """
    settings = _checked(pixel_size_um, angles_deg, most_shift_um, least_overlap)
    chosen = np.stack(np.triu_indices(len(maps), 1), 1) if pairs is None else np.asarray(pairs)
    right = chosen.ndim == 2 and chosen.shape[1] == 2 and chosen.dtype.kind in "iu"
    if not right or (chosen.size and not 0 <= chosen.min() <= chosen.max() < len(maps)):
        raise ParameterError(
            f"pairs are {chosen.dtype} of shape {chosen.shape}",
            where="compare_pairs",
            do=f"pass pairs of positions from 0 to {len(maps) - 1}",
        )
    return _compare(maps, chosen.tolist(), *settings)


def laid_on(
    reference: ArrayLike, questioned: ArrayLike, found: Comparison, *, pixel_size_um: float
) -> NDArray:
    """Turn and shift a questioned surface as a comparison found, onto the grid of the reference.

    Parameters
    ----------
    reference, questioned : float (rows, columns)
        As they were compared.
    found : Comparison
    pixel_size_um : float

    Returns
    -------
    float array, of the reference's shape

    Raises
    ------
    ParameterError
        If the pixel size is not above 0.
    DataError
        If the surface comes to lie outside the grid.

    Examples
    --------
    >>> marks = np.random.default_rng(0).normal(size=(40, 40))
    >>> moved = np.roll(marks, 4, axis=0)
    >>> found = compare_surfaces(marks, moved, angles_deg=[0])
    >>> bool(np.nanmax(np.abs(laid_on(marks, moved, found, pixel_size_um=25) - marks)) < 1e-5)
    True
    """
    pixel = positive(pixel_size_um, name="pixel_size_um", where="laid_on")
    shape = np.shape(reference)
    framed = _framed(as_heights(questioned, where="laid_on"), _frame_side(max(*shape, *np.shape(questioned))))
    turned = rotate(framed, angle_deg=found.angle_deg)
    # Where the reference's own corner comes to lie in that frame, less the shift.
    top, left = ((len(framed) - n) // 2 - round(s / pixel) for n, s in zip(shape, found[2:4], strict=True))
    side = max(shape)
    part = crop(turned, centre=(top + (side - 1) / 2, left + (side - 1) / 2), pixels=side)
    return part[: shape[0], : shape[1]]


def congruent_cells(
    reference: ArrayLike,
    questioned: ArrayLike,
    found: Comparison,
    *,
    pixel_size_um: float = COMMON_PIXEL_UM,
    cells: int = 8,
    angles_deg: Sequence[float] = CELL_TURNS_DEG,
    least_score: float = 0.5,
    most_shift_um: float = 125.0,
    most_turn_deg: float = 6.0,
) -> CellComparison:
    """Count congruent matching cells (CMC): pieces of a reference that are found each for itself, and fit together.

    The reference is cut into a grid of cells. Each is looked for in the questioned surface, up to a cell's width
    and all `angles_deg` away from where the whole surface was laid. A cell counts if it correlates well enough, and
    its turn and shift are near the median over all cells.

    Parameters
    ----------
    reference, questioned : float (rows, columns)
        As they were compared.
    found : Comparison
        What `compare_surfaces` found for them.
    pixel_size_um : float
        Of both.
    cells : int
        Rows and columns of the grid laid over the measured part of the reference.
    angles_deg : sequence of float
        Turns to try on top of the whole surface's.
    least_score, most_shift_um, most_turn_deg : float
        Thresholds of a congruent cell: correlation, and distance from the median in each direction.

    Returns
    -------
    CellComparison
        Cells less than a quarter of which is measured take no part, nor do those that meet less than half of
        their points in the questioned surface.

    Raises
    ------
    ParameterError
        If a number is out of range, or cells come out smaller than 4 pixels.
    DataError
        If a map is all missing.

    Notes
    -----
    Source: Song 2013. Grid and thresholds are those that Zemmels, VanderPlas & Hofmann 2023 (cmcR) use on the
    Fadul scans: 8 × 8 cells, 0.5, 20 pixels of 6.25 µm, 6°. They turn by up to 30°, since nothing is laid
    beforehand; a share of measured points of at least 10 % in a cell. The count alone identifies nobody: error
    rates belong beside it.
    """
    where = "congruent_cells"
    pixel, angles, _, _ = _checked(pixel_size_um, angles_deg, most_shift_um, 1.0)
    cells = whole(cells, name="cells", where=where, least=1, most=64)
    fixed = as_heights(reference, where=where)
    rows, columns = (np.flatnonzero(measured_points(fixed, where=where).any(axis)) for axis in (1, 0))
    step = -int(-(max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1) // cells)
    if step < 4:
        raise ParameterError(f"cells of {step} pixels are too small", where=where, do="ask for fewer cells")
    side = cells * step
    centre = ((rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2)
    grid = crop(fixed, centre=centre, pixels=side)
    laid = laid_on(reference, questioned, found, pixel_size_um=pixel)
    wide = crop(laid, centre=centre, pixels=side + 2 * step)  # one cell more on each side
    turned = np.stack([rotate(wide, angle_deg=angle) for angle in angles])

    pieces = grid.reshape(cells, step, cells, step).swapaxes(1, 2).reshape(-1, step, step)
    used = np.flatnonzero(np.isfinite(pieces).mean((1, 2)) >= 0.25)
    blank = np.full((cells * cells, 4), np.nan)
    if used.size:
        windows = np.lib.stride_tricks.sliding_window_view(turned, (3 * step, 3 * step), axis=(1, 2))
        windows = windows[:, ::step, ::step].reshape(len(angles), -1, 3 * step, 3 * step)[:, used]
        blank[used] = _best_of_cells(pieces[used], windows, angles, pixel)
    score, turn, down, right = blank.T.reshape(4, cells, cells)
    congruent = score >= least_score
    with np.errstate(invalid="ignore"):
        for values, limit in ((turn, most_turn_deg), (down, most_shift_um), (right, most_shift_um)):
            middle = np.nanmedian(values) if np.isfinite(values).any() else 0.0
            congruent &= np.abs(values - middle) <= limit
    corner = (round(centre[0] - (side - 1) / 2), round(centre[1] - (side - 1) / 2))
    return CellComparison(int(congruent.sum()), congruent, score, turn, down, right, corner, step)


def _best_of_cells(
    pieces: NDArray, windows: NDArray, angles: NDArray[np.float64], pixel: float
) -> NDArray[np.float64]:
    """Best score, turn and shift (cells, 4) of each cell (cells, s, s) in its windows (angles, cells, 3s, 3s)."""
    step = pieces.shape[-1]
    size = fft.next_fast_len(3 * step, real=True)
    cell, area = _spectra(pieces, size)
    window, _ = _spectra(windows, size)
    # The cell's corner moves over 2s + 1 places of the window, of which the one at s is no shift.
    z, _ = _correlations(window, cell, size, np.arange(2 * step + 1), 0.5 * area[:, None, None])
    z = z.swapaxes(0, 1)
    best = z.reshape(len(pieces), -1).argmax(1)
    turn, down, right = np.unravel_index(best, z.shape[1:])
    score = z.reshape(len(pieces), -1)[np.arange(len(pieces)), best]
    # Where the cell lies in the window is where the questioned surface has to move from.
    found = np.stack([score, angles[turn], (step - down) * pixel, (step - right) * pixel], 1)
    found[score == -1] = np.nan  # nowhere enough of the questioned surface to look in
    return found


def _compare(
    maps: Sequence[ArrayLike],
    pairs: Sequence[Sequence[int]],
    pixel: float,
    angles: NDArray[np.float64],
    most_shift_um: float,
    least_overlap: float,
) -> list[Comparison]:
    """Search all turns on a grid twice as coarse, then near the best one; pairs by their questioned surface."""
    arrays = {k: _with_marks(maps[k]) for k in sorted({k for pair in pairs for k in pair})}
    side = _frame_side(max((max(array.shape) for array in arrays.values()), default=2))
    fine = {k: _framed(array, side) for k, array in arrays.items()}
    several = len(angles) > 5
    coarse = {k: resample(array, pixels=side // 2) for k, array in fine.items()} if several else fine
    search = _Search(coarse, (2 if several else 1) * pixel, most_shift_um, least_overlap)
    close = _Search(fine, pixel, most_shift_um, least_overlap) if several else search
    step = float(np.median(np.diff(np.sort(angles)))) if several else 0.0
    results: dict[int, Comparison] = {}
    for number in sorted(range(len(pairs)), key=lambda n: pairs[n][1]):
        reference, questioned = pairs[number]
        best = search.best(reference, questioned, angles)
        if several:
            near = best.angle_deg + step * np.array([-1, -0.5, 0, 0.5, 1])
            best = close.best(reference, questioned, near)
        results[number] = best
    return [results[number] for number in range(len(pairs))]


class _Search:
    """Correlations of surfaces in one square frame; the turned spectra of the last questioned one are kept."""

    def __init__(self, maps: dict[int, NDArray], pixel: float, most_shift_um: float, least: float) -> None:
        self.maps, self.pixel, self.least = maps, pixel, least
        self.reach = int(most_shift_um / pixel)
        side = len(next(iter(maps.values()), ()))
        # Shifts within reach do not wrap round into each other in a frame of this size.
        self.size = fft.next_fast_len(side + self.reach, real=True)
        self.spectra = {k: _spectra(array, self.size) for k, array in maps.items()}
        self.last: tuple[int, bytes] | None = None

    def best(self, reference: int, questioned: int, angles: NDArray[np.float64]) -> Comparison:
        if self.last != (questioned, angles.tobytes()):
            turned = [rotate(self.maps[questioned], angle_deg=angle) for angle in angles]
            self.turned, self.last = _spectra(np.stack(turned), self.size), (questioned, angles.tobytes())
        fixed, area = self.spectra[reference]
        smaller = min(float(area), float(self.spectra[questioned][1]))
        shifts = np.arange(-self.reach, self.reach + 1)
        z, overlap = _correlations(fixed[:, None], self.turned[0], self.size, shifts, self.least * smaller)
        turn, down, right = np.unravel_index(z.argmax(), z.shape)
        down_um, right_um = (float(shifts[k]) * self.pixel for k in (down, right))
        shared = min(float(overlap[turn, down, right]) / smaller, 1.0)
        return Comparison(float(z[turn, down, right]), float(angles[turn]), down_um, right_um, shared)


def _spectra(maps: NDArray, size: int) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Fourier transforms (3, ..., size, size//2+1) of mask, standardised heights and their squares; areas."""
    measured = np.isfinite(maps)
    count = np.maximum(measured.sum((-2, -1), keepdims=True), 1)
    filled = np.where(measured, maps, 0).astype(np.float32)
    filled = np.where(measured, filled - filled.sum((-2, -1), keepdims=True) / count, 0)
    spread = np.sqrt((filled**2).sum((-2, -1), keepdims=True) / count)
    filled /= np.where(spread > 0, spread, 1)
    layers = np.stack([measured.astype(np.float32), filled, filled**2]).astype(np.float32)
    return fft.rfft2(layers, (size, size)), measured.sum((-2, -1)).astype(np.float32)


def _correlations(
    fixed: NDArray, moved: NDArray, size: int, shifts: NDArray, least: ArrayLike
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Correlate at each shift down and right over the points both have; −1 where those are too few.

    Padfield 2012: the sums over the common points, which Pearson's coefficient is made of, are themselves
    correlations of the two masks, heights and squares.
    """
    mask, height, square = fixed
    its_mask, its_height, its_square = np.conj(moved)
    products = (
        (mask, its_mask),
        (height, its_mask),
        (mask, its_height),
        (square, its_mask),
        (mask, its_square),
        (height, its_height),
    )
    rows, columns = shifts[:, None] % size, shifts % size
    n, a, b, aa, bb, ab = (fft.irfft2(x * y, (size, size))[..., rows, columns] for x, y in products)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (ab - a * b / n) / np.sqrt((aa - a * a / n) * (bb - b * b / n))
    # Flat where the common points are: less than a thousandth of the whole surface's variance.
    flat = np.minimum(aa - a * a / np.maximum(n, 1), bb - b * b / np.maximum(n, 1)) < 1e-3 * n
    z = np.where((n < np.asarray(least) - 0.5) | flat | ~np.isfinite(z), -1, np.clip(z, -1, 1))
    return z.astype(np.float32), n


def _with_marks(heights: ArrayLike) -> NDArray:
    array = as_heights(heights, where="compare_surfaces")
    points = array[np.isfinite(array)]
    if points.size < _FEWEST or np.ptp(points) == 0:
        what = f"{points.size} points are measured, from {points.min(initial=0):g} to {points.max(initial=0):g} µm"
        do = f"leave this surface out; {_FEWEST} points of different height are the least"
        raise DataError(what, where="compare_surfaces", do=do)
    return array


def _frame_side(side: int) -> int:
    """Round up to a multiple of 4: then neither a map's middle nor its blocks of 2 × 2 depend on the frame."""
    return side + -side % 4


def _framed(array: NDArray, side: int) -> NDArray:
    """Put a map in the middle of a square frame of missing points."""
    out = np.full((side, side), np.nan, array.dtype)
    top, left = ((side - n) // 2 for n in array.shape)
    out[top : top + array.shape[0], left : left + array.shape[1]] = array
    return out


def _round(heights: NDArray, *, where: str) -> tuple[tuple[float, float], float]:
    """Find the middle of the box of measured points, and the distance of the farthest from it."""
    rows, columns = np.nonzero(measured_points(heights, where=where))
    middle = ((rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2)
    return middle, float(np.hypot(rows - middle[0], columns - middle[1]).max()) + 0.5


def _checked(
    pixel_size_um: float, angles_deg: Sequence[float], most_shift_um: float, least_overlap: float
) -> tuple[float, NDArray[np.float64], float, float]:
    where = "compare_surfaces"
    pixel = positive(pixel_size_um, name="pixel_size_um", where=where)
    shift = positive(most_shift_um, name="most_shift_um", where=where, included=True)
    least = positive(least_overlap, name="least_overlap", where=where)
    angles = np.asarray(angles_deg, np.float64)
    if least > 1:
        raise ParameterError(f"least_overlap is {least}", where=where, do="pass a share, above 0 to 1")
    if angles.ndim != 1 or not angles.size or not np.isfinite(angles).all():
        raise ParameterError(
            f"angles_deg is {angles_deg!r}", where=where, do="pass at least one turn in degrees"
        )
    return pixel, angles, shift, least
