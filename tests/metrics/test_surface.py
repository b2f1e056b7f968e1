import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import missing_share, surface_statistics


def test_roughness_of_a_wave_on_a_tilted_plane() -> None:
    # A sine of amplitude 2: root mean square 2/sqrt(2), mean absolute 4/pi; the plane must not count.
    rows, columns = np.indices((256, 256))
    heights = 2 * np.sin(2 * np.pi * columns / 16) + 0.3 * rows - 0.2 * columns + 7
    measured = surface_statistics(heights, pixel_size_um=5.0)
    assert measured.sq_um == pytest.approx(2**0.5, rel=2e-3)
    assert measured.sa_um == pytest.approx(4 / np.pi, rel=1e-2)


def test_density_of_white_noise_is_its_variance_times_the_pixel_area() -> None:
    noise = np.random.default_rng(0).normal(0, 1.5, (300, 300))
    power = surface_statistics(noise, pixel_size_um=10.0).power_um2_mm2
    assert np.nanmean(power[12:]) == pytest.approx(1.5**2 * 0.01**2, rel=0.03)


def test_wave_peaks_at_its_frequency_with_points_missing() -> None:
    rows, columns = np.indices((400, 400))
    heights = np.sin(2 * np.pi * columns * 6.25e-3 * 5)  # five a millimetre
    heights[np.hypot(rows - 200, columns - 220) < 90] = np.nan
    measured = surface_statistics(heights, pixel_size_um=6.25)
    frequency, power = measured.frequency_per_mm, measured.power_um2_mm2
    assert frequency[np.nanargmax(power)] == pytest.approx(5, rel=0.12)


def test_slope_of_noise_with_a_known_power_law() -> None:
    rng = np.random.default_rng(1)
    fy, fx = np.meshgrid(np.fft.fftfreq(512, 0.01), np.fft.rfftfreq(512, 0.01), indexing="ij")
    amplitude = np.maximum(np.hypot(fy, fx), 0.2) ** -1.5  # power falls with the third power
    heights = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(512, 512))) * amplitude)
    assert surface_statistics(heights, pixel_size_um=10.0).slope == pytest.approx(-3, abs=0.15)


def test_missing_share_of_an_off_centre_hole() -> None:
    rows, columns = np.indices((201, 201))
    disc = np.hypot(rows - 100, columns - 100) <= 90
    hole = np.hypot(rows - 120, columns - 100) <= 45
    assert missing_share(np.where(disc & ~hole, 0.0, np.nan)) == pytest.approx(0.25, abs=0.01)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"pixel_size_um is 0"):
        surface_statistics(np.zeros((8, 8)), pixel_size_um=0)
    with pytest.raises(DataError, match="3 measured points"):
        surface_statistics(np.where(np.eye(3) > 0, 1.0, np.nan), pixel_size_um=1.0)
