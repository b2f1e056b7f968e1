import numpy as np
import pytest

from fireanalysis.errors import ParameterError
from fireanalysis.simulators import render_case_heads, render_primers, sample_cartridges
from fireanalysis.simulators.cartridge_parameters import head_field_mm

PIXELS = 1024
PIXEL_MM = head_field_mm() / PIXELS


@pytest.fixture(scope="module")
def heads() -> tuple:
    table = sample_cartridges(300, seed=7, brands=21, balanced=True)
    table = table.groupby("caliber").head(1)
    return (table, *render_case_heads(table, pixels=PIXELS))


def test_ring_gap_lies_round_the_stated_circle(heads: tuple) -> None:
    _, maps, primers = heads
    for heights, primer in zip(maps, primers.itertuples(), strict=True):
        rows, columns = np.indices(heights.shape)
        distance = np.hypot(rows - primer.row, columns - primer.column) - primer.radius
        unseen = np.isnan(heights)
        gap = unseen[(distance > 0) & (distance < 0.03 / PIXEL_MM)].mean()
        beside = unseen[(np.abs(distance) > 0.15 / PIXEL_MM) & (np.abs(distance) < 0.3 / PIXEL_MM)].mean()
        assert gap > 0.7 and beside < 0.1


def test_primer_is_off_the_middle_and_of_the_calibers_size(heads: tuple) -> None:
    table, _, primers = heads
    assert (primers[["row", "column"]] - (PIXELS - 1) / 2).abs().to_numpy().max() > 10
    diameter = dict(zip(table["caliber"], 2 * primers["radius"] * PIXEL_MM, strict=True))
    assert diameter == pytest.approx({"9x19": 4.45, "7.65x17": 4.45, "7.62x39": 5.33})


def test_head_ends_at_the_rim(heads: tuple) -> None:
    table, maps, _ = heads
    rim = {"9x19": 9.96, "7.65x17": 9.10, "7.62x39": 11.35}
    for heights, caliber in zip(maps, table["caliber"], strict=True):
        seen = np.isfinite(heights)
        height, width = (np.ptp(np.flatnonzero(seen.any(axis))) * PIXEL_MM for axis in (1, 0))
        # The steep end of the bevel may be missing.
        assert rim[caliber] - 0.4 < min(height, width) and max(height, width) <= rim[caliber] + 2 * PIXEL_MM


def test_primer_is_that_of_the_primer_maps(heads: tuple) -> None:
    table, maps, primers = heads
    cut = 300
    for row in range(len(table)):
        line, column = (round(float(primers[axis].iloc[row])) for axis in ("row", "column"))
        crop = maps[row][line - cut // 2 : line + cut // 2, column - cut // 2 : column + cut // 2]
        # An even crop round the pixel nearest to the middle is half a pixel off, at most one with rounding.
        same = render_primers(table[row : row + 1], pixels=cut, field_mm=cut * PIXEL_MM)[0]
        both = np.isfinite(crop) & np.isfinite(same)
        assert np.corrcoef(crop[both], same[both])[0, 1] > 0.99


def test_headstamp_is_sunk_into_the_brass(heads: tuple) -> None:
    _, maps, primers = heads
    for heights, primer in zip(maps, primers.itertuples(), strict=True):
        rows, columns = np.indices(heights.shape)
        brass = (np.hypot(rows - primer.row, columns - primer.column) - primer.radius) * PIXEL_MM
        ring = heights[(brass > 0.5) & (brass < 1.0)]
        ring = ring[np.isfinite(ring)] - np.nanmedian(ring)
        assert 0.01 < (ring < -15).mean() < 0.5


def test_too_few_pixels_are_refused() -> None:
    with pytest.raises(ParameterError, match="pixels is 64"):
        render_case_heads(sample_cartridges(1, seed=0), pixels=64)
