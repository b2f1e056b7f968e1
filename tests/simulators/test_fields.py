import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline

from fireanalysis.simulators import fields
from fireanalysis.simulators.hashing import STEP_X, STEP_Y, key, mix


def axis(pixels: int, pixel_mm: float) -> np.ndarray:
    return (np.arange(pixels) - (pixels - 1) / 2) * pixel_mm


def field(weights: list[float], pixels: int, pixel_mm: float, count: int = 1) -> np.ndarray:
    keys = torch.from_numpy(key(np.arange(count), "test"))
    places = axis(pixels, pixel_mm)
    rows = torch.tensor([weights] * count)
    return fields.grid_field(keys, rows, rows_mm=places, columns_mm=places, pixel_mm=pixel_mm).numpy()


def test_field_is_the_sum_of_splines_over_the_lattice() -> None:
    # One octave, by a loop over lattice points with SciPy's B-spline; tiny pixels, so that averaging is nothing.
    octave, pixel_mm = 4, 1e-3
    seed = int(key(0, "test"))
    made = field([0.0] * octave + [1.0], 5, pixel_mm)[0]
    spline = BSpline.basis_element([-2, -1, 0, 1, 2], extrapolate=False)
    spacing = fields.SPACINGS_MM[octave]
    expected = np.zeros((5, 5))
    for row, y in enumerate(axis(5, pixel_mm)):
        for column, x in enumerate(axis(5, pixel_mm)):
            for i in range(-3, 4):
                for j in range(-3, 4):
                    inner = int(mix(np.array(seed ^ (((i + 2**20 * (octave + 1)) * STEP_Y) & 0xFFFFFFFF))))
                    noise = int(mix(np.array(inner ^ (((j + 2**20 * (octave + 1)) * STEP_X) & 0xFFFFFFFF))))
                    weight = np.nan_to_num(spline(y / spacing - i)) * np.nan_to_num(spline(x / spacing - j))
                    expected[row, column] += weight * (noise / 2**32 - 0.5)
    scale = 12**0.5 / (151 / 315)
    assert made == pytest.approx(scale * expected, abs=1e-4)


def test_variance_is_the_sum_of_the_octaves() -> None:
    weights = [0.0, 0.0, 0.0, 0.5, 0.0, 0.3]
    assert field(weights, 512, 0.02, count=6).std() == pytest.approx(np.hypot(0.5, 0.3), rel=0.03)


def test_coarse_pixels_see_block_means_of_fine_ones() -> None:
    weights = [0.5] * 6  # down to 96 µm, all seen by both grids
    coarse, fine = field(weights, 50, 0.08), field(weights, 200, 0.02)
    blocks = fine.reshape(1, 50, 4, 50, 4).mean((2, 4))
    assert coarse == pytest.approx(blocks, abs=2e-5)


def test_turned_field_follows_the_turned_points() -> None:
    # Turned by 90 degrees, the points of a square grid are the grid's own.
    pixel_mm, pixels = 0.02, 101
    weights = [0.0, 0.0, 0.6, 0.6, 0.5]
    straight = field(weights, pixels, pixel_mm)
    places = torch.from_numpy(axis(pixels, pixel_mm)).float()
    x, y = (grid[None].contiguous() for grid in torch.meshgrid(places, -places, indexing="ij"))
    keys = torch.from_numpy(key(np.arange(1), "test"))
    turned = fields.turned_field(
        keys, torch.tensor([weights]), x, y, extent_mm=1.2, pixel_mm=pixel_mm
    ).numpy()
    # Column of a point is its x: position (i, j) of the turned picture is row -j, column i of the straight one.
    expected = straight[:, ::-1].transpose(0, 2, 1)
    assert np.abs(turned - expected).max() < 0.02 * straight.std()


def test_profile_has_the_spectrum_it_was_given() -> None:
    frequency = fields.profile_frequencies(0.02)
    spectrum = np.where((frequency > 2) & (frequency < 4), 0.1, 0.0).astype(np.float32)
    made = fields.profiles(torch.tensor([3]), torch.from_numpy(spectrum)[None]).numpy()[0]
    power = np.abs(np.fft.rfft(made) / len(made))
    assert power[1:] * 2**0.5 == pytest.approx(spectrum, abs=1e-4)  # root mean square of each wave
    assert made.std() == pytest.approx(np.sqrt((spectrum**2).sum()), rel=1e-3)


def test_look_up_interpolates_and_repeats() -> None:
    profile = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 64)).astype(np.float32))
    places = np.linspace(-20, 20, 99).astype(np.float32)
    read = fields.look_up(profile, torch.from_numpy(places)[None, None]).numpy()[0, 0]
    nodes = np.arange(64) * (fields.PROFILE_PERIOD_MM / 64)
    expected = np.interp(places, nodes, profile.numpy()[0], period=fields.PROFILE_PERIOD_MM)
    assert read == pytest.approx(expected, abs=1e-4)
