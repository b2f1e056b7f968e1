from pathlib import Path

import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import read_surface
from fireanalysis.metrics import common_disc, pair_auc, real_outlines
from fireanalysis.transforms import compare_surfaces, comparison_map


def test_scores_of_discs_are_those_of_the_scans(real_cartridges: Path) -> None:
    table = real_outlines()
    sample = table.groupby(["set", "same"]).sample(2, random_state=1)
    for row in sample.itertuples():
        folder = real_cartridges / row.set.split()[0].lower()
        scans = [read_surface(folder / f"{name}.x3p") for name in (row.reference, row.questioned)]
        discs = [
            common_disc(comparison_map(scan.heights_um, pixel_size_um=scan.pixel_size_um)) for scan in scans
        ]
        assert np.isfinite(discs[0]).tolist() == np.isfinite(discs[1]).tolist()
        found = compare_surfaces(*discs, most_shift_um=150.0)
        assert found.score == pytest.approx(row.disc, abs=2e-3)


def test_one_outline_costs_most_of_the_score() -> None:
    table = real_outlines()
    assert len(table) == 1770 and np.isfinite(table[["score", "outline", "disc"]]).all(axis=None)
    for _, part in table.groupby("set"):
        outline, score, disc = (pair_auc(part[name], part["same"]) for name in ("outline", "score", "disc"))
        assert 0.6 < outline < 0.75 < score
        assert disc < 0.7


def test_disc_lies_where_the_measured_part_is_widest() -> None:
    heights = np.full((60, 60), np.nan)
    heights[5:30, 5:30] = 1.0  # too small for the disc below
    heights[20:59, 20:59] = 2.0
    disc = common_disc(heights, radius_um=17.5, pixel_size_um=1.0)
    down, right = np.indices(disc.shape) - disc.shape[0] // 2
    assert (np.isfinite(disc) == (np.hypot(down, right) <= 17.5)).all()
    assert np.nanmin(disc) == 2.0


@pytest.mark.parametrize("heights", [np.full((9, 9), np.nan), np.ones((9, 9))])
def test_no_disc_of_that_size(heights: np.ndarray) -> None:
    with pytest.raises(DataError, match="widest measured disc"):
        common_disc(heights, radius_um=10.0, pixel_size_um=1.0)
    with pytest.raises(ParameterError):
        common_disc(heights, radius_um=0.0)
