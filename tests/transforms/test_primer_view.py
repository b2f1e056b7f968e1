"""Primers on one grid, from scans of any size and pixel size."""

from typing import Any

import numpy as np
import pytest

from fireanalysis import transforms
from fireanalysis.errors import DataError, ParameterError

FIELD_MM = 4.4


def ground(rows: int, columns: int, *, pixel_um: float, middle: tuple[float, float]) -> np.ndarray:
    """A smooth surface in micrometres, told by its place in mm from `middle` (in pixels)."""
    y, x = np.mgrid[:rows, :columns].astype(float)
    y, x = (y - middle[0]) * pixel_um / 1000, (x - middle[1]) * pixel_um / 1000
    return 10 * np.sin(2 * x + 1) * np.cos(1.7 * y) + 4 * x - 3 * y


def view(heights: np.ndarray, *, pixel_um: float, pixels: int) -> np.ndarray:
    return transforms.primer_view(heights, pixel_size_um=pixel_um, field_mm=FIELD_MM, pixels=pixels)


def test_a_scan_of_the_square_stays_as_it_is() -> None:
    heights = np.random.default_rng(0).normal(size=(88, 88))
    heights[3:9, 70:] = np.nan
    np.testing.assert_array_equal(view(heights, pixel_um=50.0, pixels=88), heights)


@pytest.mark.parametrize("pixel_um", [17.0, 25.0, 31.3, 44.0])
def test_the_square_lies_round_the_middle_of_the_measured_points(pixel_um: float) -> None:
    side = round(1000 * FIELD_MM / pixel_um)
    rows, columns = int(1.3 * side), int(1.45 * side)
    top, left = (rows - side) // 2 + 5, (columns - side) // 3
    middle = (top + (side - 1) / 2, left + (side - 1) / 2)
    heights = np.full((rows, columns), np.nan)
    inside = np.s_[top : top + side, left : left + side]
    heights[inside] = ground(rows, columns, pixel_um=pixel_um, middle=middle)[inside]
    found = view(heights, pixel_um=pixel_um, pixels=64)
    expected = ground(64, 64, pixel_um=1000 * FIELD_MM / 64, middle=(31.5, 31.5))
    # Half a point of the scan, and what averages over parts of points are beside their middle: 25 µm/mm of slope.
    assert np.isfinite(found).mean() > 0.97
    assert np.nanmax(np.abs(found - expected)[2:-2, 2:-2]) < 0.025 * pixel_um


def test_ground_beyond_a_small_scan_is_missing() -> None:
    pixel_um = 20.0
    small = ground(110, 110, pixel_um=pixel_um, middle=(54.5, 54.5))  # half as wide as the square
    found = view(small, pixel_um=pixel_um, pixels=55)
    measured = np.isfinite(found)
    rows, columns = np.flatnonzero(measured.any(1)), np.flatnonzero(measured.any(0))
    # 110 of 220 points, from the 55th: in points of the new grid from 13.75 to 41.25
    assert len(rows) == len(columns) == 27 and measured.sum() == 27 * 27
    assert (rows[0] + rows[-1]) / 2 == pytest.approx(27, abs=1) and (
        columns[0] + columns[-1]
    ) / 2 == pytest.approx(27, abs=1)


@pytest.mark.parametrize(
    ("rows", "columns", "pixels"), [(60, 60, 30), (60, 60, 23), (50, 50, 80), (64, 40, 16)]
)
def test_resample_keeps_planes_and_averages(rows: int, columns: int, pixels: int) -> None:
    y, x = np.mgrid[:rows, :columns].astype(float)
    plane = 3 + 0.5 * x - 0.2 * y
    found = transforms.resample(plane, pixels=pixels)
    new_y, new_x = (np.mgrid[:pixels, :pixels] + 0.5) * np.array([rows, columns]).reshape(
        2, 1, 1
    ) / pixels - 0.5
    inside = np.s_[2:-2, 2:-2]
    # Within an eighth of a point.
    assert np.abs(found - (3 + 0.5 * new_x - 0.2 * new_y))[inside].max() <= 0.125 * 0.7
    assert found.mean() == pytest.approx(plane.mean(), rel=1e-3)


def test_resample_with_gaps_against_a_loop() -> None:
    rng = np.random.default_rng(2)
    heights = 500 + rng.normal(size=(48, 48))
    heights[rng.random(heights.shape) < 0.5] = np.nan
    found = transforms.resample(heights, pixels=16)
    for row, column in np.ndindex(16, 16):
        block = heights[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
        known = block[~np.isnan(block)]
        expected = known.mean() if known.size >= 4.5 else np.nan
        assert found[row, column] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"pixels": 15}, "pixels is 15"),
        ({"pixels": 64.0}, "pixels is 64.0"),
        ({"pixels": 2**13 + 1}, "pixels is 8193"),
        ({"pixel_size_um": 0.0}, "pixel_size_um is 0"),
        ({"field_mm": -1.0}, "field_mm is -1"),
    ],
)
def test_numbers_out_of_range(settings: dict[str, Any], match: str) -> None:
    good = {"pixel_size_um": 50.0, "field_mm": FIELD_MM, "pixels": 64}
    with pytest.raises(ParameterError, match=match):
        transforms.primer_view(np.zeros((88, 88)), **{**good, **settings})


@pytest.mark.parametrize("pixels", [0, -3, 2.5, 2**15 + 1])
def test_resample_sizes_out_of_range(pixels: Any) -> None:
    with pytest.raises(ParameterError, match="pixels is"):
        transforms.resample(np.zeros((8, 8)), pixels=pixels)


def test_maps_with_nothing_to_see() -> None:
    with pytest.raises(DataError, match="no point is measured"):
        view(np.full((88, 88), np.nan), pixel_um=50.0, pixels=64)
    with pytest.raises(DataError, match="no circle"):
        view(np.random.default_rng(0).normal(size=(300, 300)), pixel_um=25.0, pixels=64)
