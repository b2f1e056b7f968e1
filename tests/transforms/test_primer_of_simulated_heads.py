"""The primer search against the simulator's own table of where it put the primers."""

import numpy as np
import pytest

from fireanalysis.simulators import head_field_mm, render_case_heads, sample_cartridges
from fireanalysis.transforms import find_primer

PIXELS = 400


def test_primers_are_found_where_they_were_put() -> None:
    table = sample_cartridges(300, seed=7, brands=21, balanced=True).groupby("caliber").head(3)
    assert len(table) == 9
    heads, primers = render_case_heads(table, pixels=PIXELS)
    for heights, true in zip(heads, primers.itertuples(), strict=True):
        found = find_primer(heights, pixel_size_um=1000 * head_field_mm() / PIXELS)
        # Measured on 24 heads of 512 and 6 of 2048 pixels: centre off by 0.4 % of the radius at most; the radius
        # is that of the middle of the gap round the primer, 0.7 to 2.5 % more.
        assert np.hypot(found.row - true.row, found.column - true.column) < 0.01 * true.radius
        assert found.radius == pytest.approx(1.016 * true.radius, rel=0.02)
