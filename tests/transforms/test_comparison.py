import numpy as np
import pytest
from scipy import ndimage
from skimage.registration._masked_phase_cross_correlation import cross_correlate_masked

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import (
    Comparison,
    compare_pairs,
    compare_surfaces,
    comparison_map,
    congruent_cells,
    laid_on,
    rotate,
)

PIXEL = 25.0


def marks(seed: int, side: int = 96, *, hole: float = 0.15, grain: float = 1.5) -> np.ndarray:
    """Make a ring of random marks, NaN outside and in the middle."""
    rng = np.random.default_rng(seed)
    heights = ndimage.gaussian_filter(rng.normal(size=(side, side)), grain)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    radius = np.hypot(y, x)
    return np.where((radius < 0.95) & (radius > hole), heights / heights.std(), np.nan)


def with_gaps(seed: int, shape: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    heights = ndimage.gaussian_filter(rng.normal(size=shape), 1) + 3
    heights[rng.random(shape) < 0.3] = np.nan
    return heights


def by_loop(
    reference: np.ndarray, questioned: np.ndarray, reach: int, least: float
) -> tuple[float, int, int]:
    """Find the best shift by Pearson's coefficient of the common points, one shift after the other."""
    smaller = min(np.isfinite(reference).sum(), np.isfinite(questioned).sum())
    best = (-1.0, 0, 0)
    rows, columns = reference.shape
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            moved = np.full_like(reference, np.nan)
            part = questioned[max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
            top, left = max(down, 0), max(right, 0)
            moved[top : top + part.shape[0], left : left + part.shape[1]] = part
            both = np.isfinite(moved) & np.isfinite(reference)
            if both.sum() >= least * smaller:
                score = float(np.corrcoef(moved[both], reference[both])[0, 1])
                best = max(best, (score, down, right))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_best_shift_is_that_of_a_plain_loop(seed: int) -> None:
    reference, questioned = with_gaps(seed, (24, 24)), with_gaps(seed + 100, (24, 24))
    questioned[4:, :] = np.where(
        seed % 2, questioned[4:, :], reference[:-4, :]
    )  # half of them shifted by 4 rows
    score, down, right = by_loop(reference, questioned, 6, 0.4)
    found = compare_surfaces(
        reference, questioned, pixel_size_um=10, angles_deg=[0], most_shift_um=60, least_overlap=0.4
    )
    assert found.score == pytest.approx(score, abs=2e-4)
    assert (found.down_um, found.right_um) == (10 * down, 10 * right)


def test_every_shift_is_scored_as_scikit_image_does() -> None:
    reference, questioned = with_gaps(0, (30, 30)), with_gaps(1, (30, 30))
    theirs = cross_correlate_masked(
        np.nan_to_num(reference),
        np.nan_to_num(questioned),
        np.isfinite(reference),
        np.isfinite(questioned),
        overlap_ratio=0.3,
    )
    reach = 8
    window = theirs[29 - reach : 30 + reach, 29 - reach : 30 + reach]
    found = compare_surfaces(
        reference, questioned, pixel_size_um=10, angles_deg=[0], most_shift_um=10 * reach, least_overlap=0.1
    )
    down, right = np.unravel_index(window.argmax(), window.shape)
    assert (found.down_um, found.right_um) == (10 * (down - reach), 10 * (right - reach))
    assert found.score == pytest.approx(window.max(), abs=2e-4)


@pytest.mark.parametrize(("angle", "down", "right"), [(0, 0, 0), (48, 3, -5), (-99, -8, 2)])
def test_turn_and_shift_are_found_and_undone(angle: float, down: int, right: int) -> None:
    reference = marks(0)
    questioned = rotate(ndimage.shift(reference, (down, right), order=0, cval=np.nan), angle_deg=angle)
    found = compare_surfaces(reference, questioned)
    assert found.score > 0.97  # turning interpolates, so not 1
    assert found.angle_deg == pytest.approx(-angle, abs=1e-9)
    assert (found.down_um, found.right_um) == (-down * PIXEL, -right * PIXEL)
    back = laid_on(reference, questioned, found, pixel_size_um=PIXEL)
    both = np.isfinite(back) & np.isfinite(reference)
    assert both.sum() > 0.8 * np.isfinite(reference).sum()
    assert np.corrcoef(back[both], reference[both])[0, 1] == pytest.approx(found.score, abs=1e-3)


def test_a_turn_between_the_steps_is_met_by_half_a_step() -> None:
    found = compare_surfaces(marks(0), rotate(marks(0), angle_deg=31.6))
    assert abs(found.angle_deg + 31.6) <= 0.75


def test_other_surfaces_score_low_and_small_overlaps_count_for_nothing() -> None:
    assert compare_surfaces(marks(0), marks(1)).score < 0.4
    left, right = marks(0), marks(0)
    left[:, 48:] = np.nan
    right[:, :48] = np.nan
    nowhere = compare_surfaces(left, right, angles_deg=[0], most_shift_um=100, least_overlap=0.5)
    assert nowhere.score == -1


def test_pairs_are_scored_as_one_by_one_whatever_their_order_and_size() -> None:
    maps = [marks(0), marks(1, side=88), rotate(marks(0), angle_deg=30), marks(2, side=71)]
    pairs = [(3, 1), (0, 2), (0, 1), (2, 0)]
    together = compare_pairs(maps, pairs)
    for (reference, questioned), found in zip(pairs, together, strict=True):
        alone = compare_surfaces(maps[reference], maps[questioned])
        assert found == pytest.approx(alone, abs=1e-3)
    assert together[1].score > 0.9 > 0.5 > max(together[0].score, together[2].score)
    assert len(compare_pairs(maps[:3])) == 3
    assert compare_pairs(maps, np.empty((0, 2), int)) == []


def test_all_cells_of_the_same_surface_are_congruent_and_hardly_any_of_another() -> None:
    reference = marks(0, side=128)
    questioned = rotate(reference, angle_deg=21)
    same = congruent_cells(reference, questioned, compare_surfaces(reference, questioned))
    taking_part = np.isfinite(same.score).sum()
    assert taking_part > 40
    assert same.count >= 0.95 * taking_part
    other = marks(1, side=128)
    assert congruent_cells(reference, other, compare_surfaces(reference, other)).count <= 5


def test_cells_count_only_where_the_surfaces_agree() -> None:
    reference, mixed = marks(0, side=128), marks(1, side=128)
    mixed[:, :64] = reference[:, :64]
    found = congruent_cells(reference, mixed, compare_surfaces(reference, mixed, angles_deg=[0]))
    assert found.congruent[:, :4].sum() >= 0.9 * np.isfinite(found.score[:, :4]).sum()
    assert found.congruent[:, 4:].sum() <= 2
    assert found.count == found.congruent.sum()


def test_cells_without_counterpart_take_no_part() -> None:
    reference = marks(0, side=128)
    quarter = reference.copy()
    quarter[64:] = np.nan
    quarter[:, 64:] = np.nan
    found = congruent_cells(reference, quarter, Comparison(1.0, 0.0, 0.0, 0.0, 1.0))
    inside = np.isfinite(found.score[:4, :4]).sum()
    assert np.isnan(found.score[5:, 5:]).all()
    assert found.count >= 0.9 * inside > 8


def test_a_cell_that_moved_says_where_to() -> None:
    reference = marks(0, side=128, hole=-1)
    moved = np.roll(reference, (2, -3), axis=(0, 1))
    here = Comparison(1.0, 0.0, 0.0, 0.0, 1.0)
    cells = congruent_cells(reference, moved, here)
    middle = np.s_[2:6, 2:6]
    assert np.all(cells.down_um[middle] == -2 * PIXEL)
    assert np.all(cells.right_um[middle] == 3 * PIXEL)
    assert np.all(cells.angle_deg[middle] == 0)
    strict = congruent_cells(reference, rotate(reference, angle_deg=9), here, most_turn_deg=3)
    assert np.nanmedian(strict.angle_deg) == -9


def test_the_map_keeps_waves_of_the_band_on_the_grid_asked_for() -> None:
    y, x = np.mgrid[:640, :640] * 6.25
    in_band = np.cos(2 * np.pi * x / 200)
    surface = in_band + 40 * np.cos(2 * np.pi * y / 8000) + 0.02 * x + 0.5 * np.cos(2 * np.pi * y / 20)
    surface[np.hypot(y - 2000, x - 2000) > 1800] = np.nan
    small = comparison_map(surface, pixel_size_um=6.25)
    assert small.shape[0] == small.shape[1]
    assert abs(small.shape[0] - 2 * 1800 / 25) <= 4
    middle = small[40:-40, 40:-40]
    assert middle.std() == pytest.approx(np.sqrt(0.5), abs=0.06)
    power = np.abs(np.fft.rfft(middle.mean(0)))
    assert np.argmax(power[1:]) + 1 == pytest.approx(len(middle) * 25 / 200, abs=0.6)


def test_points_that_stick_out_are_left_out_of_the_map() -> None:
    surface = marks(0, side=256, hole=-1, grain=4)
    surface[120:128, 120:128] += 200
    small = comparison_map(surface, pixel_size_um=12.5)
    middle = small.shape[0] // 2
    assert np.isnan(small[middle - 2, middle - 2])
    assert np.nanmax(np.abs(small)) < 6 * np.nanstd(small)


def test_bad_input_is_named() -> None:
    one = marks(0, side=32)
    with pytest.raises(ParameterError, match="band_um"):
        comparison_map(one, pixel_size_um=6, band_um=(500, 50))
    with pytest.raises(ParameterError, match="to_um"):
        comparison_map(one, pixel_size_um=30)
    with pytest.raises(DataError, match="no point is measured"):
        comparison_map(np.full((30, 30), np.nan), pixel_size_um=6)
    with pytest.raises(DataError, match="points are measured"):
        comparison_map(np.random.default_rng(0).normal(size=(9, 9)), pixel_size_um=5)
    with pytest.raises(ParameterError, match="angles_deg"):
        compare_surfaces(one, one, angles_deg=[])
    with pytest.raises(ParameterError, match="least_overlap"):
        compare_surfaces(one, one, least_overlap=1.5)
    with pytest.raises(ParameterError, match="positions from 0 to 0"):
        compare_pairs([one], [(0, 1)])
    with pytest.raises(DataError, match="of different height"):
        compare_surfaces(one, np.zeros((32, 32)))
    with pytest.raises(ParameterError, match="too small"):
        congruent_cells(one, one, Comparison(1, 0, 0, 0, 1), cells=20)
