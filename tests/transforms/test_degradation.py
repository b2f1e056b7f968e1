import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import degrade

FLAT = np.zeros((80, 80))


def test_one_side_of_a_straight_cut_is_kept() -> None:
    kept = np.isfinite(degrade(FLAT, pixel_size_um=10, seed=3, keep=0.25))
    assert kept.sum() == 1600
    rows, columns = np.nonzero(kept)
    lost_rows, lost_columns = np.nonzero(~kept)
    # A cut is straight if some direction tells kept from lost without exception.
    away = np.array([lost_rows.mean() - rows.mean(), lost_columns.mean() - columns.mean()])
    direction = away / np.linalg.norm(away)
    inside = np.stack([rows, columns], 1) @ direction
    outside = np.stack([lost_rows, lost_columns], 1) @ direction
    assert (inside > outside.min() + 1.5).mean() < 0.05


def test_texture_has_the_size_and_grain_asked_for() -> None:
    rough = degrade(np.zeros((400, 400)), pixel_size_um=5, seed=1, noise_um=2.0, grain_um=25)
    assert rough.std() == pytest.approx(2.0, rel=1e-6)
    # A field smoothed with σ correlates as exp(−d² / 4σ²): at d = 2σ it is exp(−1).
    assert np.corrcoef(rough[:, :-10].ravel(), rough[:, 10:].ravel())[0, 1] == pytest.approx(
        np.exp(-1), abs=0.1
    )


def test_same_seed_same_surface_and_nothing_asked_nothing_done() -> None:
    settings = {"pixel_size_um": 10, "keep": 0.5, "noise_um": 1.0, "angle_deg": 20}
    once, again, other = (degrade(FLAT, seed=seed, **settings) for seed in (7, 7, 8))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other, equal_nan=True)
    np.testing.assert_array_equal(degrade(FLAT, pixel_size_um=10, seed=0), FLAT)


def test_missing_points_stay_missing_and_the_input_unchanged() -> None:
    holed = FLAT.copy()
    holed[:10] = np.nan
    before = holed.copy()
    assert np.isnan(degrade(holed, pixel_size_um=10, seed=0, keep=0.5, noise_um=1)[:10]).all()
    np.testing.assert_array_equal(holed, before)


def test_bad_input_is_named() -> None:
    with pytest.raises(ParameterError, match="keep is 2"):
        degrade(FLAT, pixel_size_um=10, seed=0, keep=2)
    with pytest.raises(ParameterError, match="noise_um"):
        degrade(FLAT, pixel_size_um=10, seed=0, noise_um=-1)
    with pytest.raises(DataError, match="no point is measured"):
        degrade(np.full((5, 5), np.nan), pixel_size_um=10, seed=0)
