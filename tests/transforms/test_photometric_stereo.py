"""Photometric stereo against planes, waves and bumps whose normals and heights have a formula."""

import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import (
    integrate_normals,
    photometric_normals,
    photometric_stereo,
    render_lights,
    ring_lights,
)

PIXEL_UM = 8.0
Y, X = np.mgrid[:96, :120] * PIXEL_UM


def sine() -> np.ndarray:
    return 10 * np.sin(2 * np.pi * X / 240) * np.cos(2 * np.pi * Y / 320)


def bump() -> np.ndarray:
    """A spherical cap of 300 µm radius, 60 µm high, on a plane."""
    sphere = 300.0**2 - (X - 470) ** 2 - (Y - 380) ** 2
    return np.maximum(np.sqrt(np.maximum(sphere, 0)) - 240, 0)


def plane(p: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    """A plane that rises by p to the right and by q downwards, and its normal."""
    normal = np.array([-p, -q, 1]) / np.sqrt(p**2 + q**2 + 1)
    return p * X + q * Y, normal


def gappy(heights: np.ndarray) -> np.ndarray:
    heights = heights.copy()
    heights[40:48, 60:75] = np.nan
    heights[::17, ::13] = np.nan
    return heights


# ---------------------------------------------------------------- lights and pictures


@pytest.mark.parametrize("count", [3, 4, 16])
def test_lights_stand_evenly_on_a_ring(count: int) -> None:
    lights = ring_lights(count, elevation_deg=30)
    np.testing.assert_allclose(np.linalg.norm(lights, axis=1), 1)
    np.testing.assert_allclose(lights[:, 2], 0.5)
    np.testing.assert_allclose(lights.sum(axis=0), [0, 0, count / 2], atol=1e-12)
    gaps = np.diff(np.unwrap(np.arctan2(lights[:, 1], lights[:, 0])))
    np.testing.assert_allclose(gaps, 2 * np.pi / count)
    np.testing.assert_allclose(ring_lights(4, start_deg=90)[0, :2], [0, np.sqrt(0.5)], atol=1e-12)


def test_brightness_is_the_cosine_of_the_angle_to_the_light() -> None:
    heights, normal = plane(0.3, -0.2)
    images = render_lights(heights, pixel_size_um=PIXEL_UM)
    assert images.dtype == np.float32 and images.shape == (16, *X.shape)
    for image, light in zip(images, ring_lights(), strict=True):
        np.testing.assert_allclose(image, light @ normal, atol=1e-6)


def test_a_slope_facing_away_is_dark() -> None:
    heights, _ = plane(2.0, 0.0)  # steeper than the light is high: falls away from light 0, on the right
    images = render_lights(heights, pixel_size_um=PIXEL_UM)
    assert images[0].max() == 0 and images[8].min() > 0.9


def test_a_wall_hides_what_lies_behind_it() -> None:
    # A wall of 80 µm across the columns from 400 to 472 µm; lights 45° high, so its shadow is 80 µm long.
    wall = np.where((X >= 400) & (X < 480), 80.0, 0.0)
    open_ground = render_lights(wall, pixel_size_um=PIXEL_UM)
    from_right, from_left = render_lights(wall, pixel_size_um=PIXEL_UM, cast_shadows=True)[[0, 8]]
    columns = X[0]
    dark_left, dark_right = (columns > 320) & (columns < 392), (columns > 480) & (columns < 552)
    assert from_right[:, dark_left].max() == 0 and from_left[:, dark_right].max() == 0
    np.testing.assert_array_equal(from_right[:, columns < 312], open_ground[0][:, columns < 312])
    np.testing.assert_array_equal(from_left[:, columns > 568], open_ground[8][:, columns > 568])
    np.testing.assert_array_equal(from_right[:, columns > 480], open_ground[0][:, columns > 480])


def test_ground_without_walls_casts_no_shadow() -> None:
    for heights in (plane(0.9, 0.0)[0], sine(), gappy(sine())):
        np.testing.assert_array_equal(
            render_lights(heights, pixel_size_um=PIXEL_UM, cast_shadows=True),
            render_lights(heights, pixel_size_um=PIXEL_UM),
        )


def test_albedo_and_ambient_light() -> None:
    albedo = np.random.default_rng(0).uniform(0.1, 1, X.shape)
    images = render_lights(sine(), pixel_size_um=PIXEL_UM)
    dull = render_lights(sine(), pixel_size_um=PIXEL_UM, albedo=albedo, ambient=0.2)
    np.testing.assert_allclose(dull, albedo * images + 0.2, atol=1e-6)


def test_the_length_of_a_light_does_not_matter() -> None:
    images = render_lights(sine(), pixel_size_um=PIXEL_UM, lights=3 * ring_lights(5))
    np.testing.assert_allclose(images, render_lights(sine(), pixel_size_um=PIXEL_UM, lights=ring_lights(5)))


def test_noise_has_the_deviation_asked_for_and_follows_the_seed() -> None:
    heights, _ = plane(0.0, 0.0)
    clean = render_lights(heights, pixel_size_um=PIXEL_UM)
    noisy = render_lights(heights, pixel_size_um=PIXEL_UM, noise=0.03, seed=1)
    assert (noisy - clean).std() == pytest.approx(0.03, rel=0.02)
    assert (noisy == render_lights(heights, pixel_size_um=PIXEL_UM, noise=0.03, seed=1)).all()
    assert (noisy != render_lights(heights, pixel_size_um=PIXEL_UM, noise=0.03, seed=2)).any()


# ---------------------------------------------------------------- normals


@pytest.mark.parametrize(("p", "q"), [(0.0, 0.0), (0.3, -0.2), (-0.5, 0.5), (1.5, 0.4)])
def test_normals_of_a_plane_are_exact(p: float, q: float) -> None:
    # The last is so steep that some lights do not reach it.
    heights, normal = plane(p, q)
    images = render_lights(heights, pixel_size_um=PIXEL_UM)
    assert ((images == 0).any()) == (p == 1.5)
    normals = photometric_normals(images)
    np.testing.assert_allclose(normals, np.broadcast_to(normal[:, None, None], normals.shape), atol=1e-5)


def test_the_albedo_does_not_matter() -> None:
    images = render_lights(sine(), pixel_size_um=PIXEL_UM)
    albedo = np.random.default_rng(0).uniform(0.1, 1, X.shape)
    np.testing.assert_allclose(photometric_normals(albedo * images), photometric_normals(images), atol=1e-5)


def test_normals_against_least_squares_point_by_point() -> None:
    rng = np.random.default_rng(0)
    lights = rng.normal([0, 0, 2], 1.0, (7, 3))
    lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    images = rng.uniform(0, 1, (7, 5, 6)).astype(np.float32)
    images[rng.random(images.shape) < 0.2] = 0
    normals = photometric_normals(images, lights=lights)
    for point in np.ndindex(5, 6):
        values = images[:, *point]
        lit = values > 0.02 * values.max()
        scaled = np.linalg.lstsq(lights[lit], values[lit], rcond=None)[0]
        np.testing.assert_allclose(normals[:, *point], scaled / np.linalg.norm(scaled), atol=1e-4)


def test_two_lights_fix_no_normal() -> None:
    images = np.ones((4, 2, 2), np.float32)
    images[:2, 0, 0] = 0
    images[0, 1, 1] = np.nan
    known = np.isfinite(photometric_normals(images)).all(axis=0)
    np.testing.assert_array_equal(known, [[False, True], [True, False]])


def test_lights_in_one_plane_fix_no_normal() -> None:
    lights = np.array([[-1.0, 0, 1], [-0.5, 0, 1], [0, 0, 1], [0.5, 0, 1], [0, 1, 1]])
    images = np.ones((5, 1, 2), np.float32)
    images[4, 0, 0] = 0  # the only light beside the plane
    assert np.isnan(photometric_normals(images, lights=lights)[0]).tolist() == [[True, False]]
    assert np.isnan(photometric_normals(images[:4], lights=lights[:4])).all()


def test_saturated_pictures_are_left_out() -> None:
    heights, normal = plane(0.3, -0.2)
    images = np.minimum(render_lights(heights, pixel_size_um=PIXEL_UM), 0.8)
    assert (images == np.float32(0.8)).any()
    expected = np.broadcast_to(normal[:, None, None], (3, *X.shape))
    np.testing.assert_allclose(photometric_normals(images, saturated=0.8), expected, atol=1e-5)
    assert np.abs(photometric_normals(images) - expected).max() > 0.01


# ---------------------------------------------------------------- heights from normals


def normals_of(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.stack([-p, -q, np.ones_like(p)]) / np.sqrt(p**2 + q**2 + 1)


def sine_normals() -> np.ndarray:
    a, b = 2 * np.pi / 240, 2 * np.pi / 320
    return normals_of(10 * a * np.cos(a * X) * np.cos(b * Y), -10 * b * np.sin(a * X) * np.sin(b * Y))


@pytest.mark.parametrize("missing", [False, True])
def test_heights_from_the_normals_of_a_formula(missing: bool) -> None:
    normals, true = sine_normals(), sine()
    if missing:
        true = gappy(true)
        normals[:, np.isnan(true)] = np.nan
    found = integrate_normals(normals, pixel_size_um=PIXEL_UM)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(true))
    assert np.nanmean(found) == pytest.approx(0, abs=1e-5)
    wrong = found - (true - np.nanmean(true))
    # The mean of two slopes is not quite the step between their points: measured 0.033 of ±10 µm.
    assert np.nanmax(np.abs(wrong)) < 0.05


@pytest.mark.parametrize("missing", [False, True])
def test_a_tilted_plane_is_integrated_exactly(missing: bool) -> None:
    heights, normal = plane(0.3, -0.2)
    normals = np.broadcast_to(normal[:, None, None], (3, *X.shape)).copy()
    if missing:
        normals[:, np.isnan(gappy(heights))] = np.nan
        heights = gappy(heights)
    found = integrate_normals(normals, pixel_size_um=PIXEL_UM)
    np.testing.assert_allclose(found, heights - np.nanmean(heights), atol=1e-3)


def test_each_island_has_mean_zero() -> None:
    heights, normal = plane(0.3, 0.0)
    normals = np.broadcast_to(normal[:, None, None], (3, *X.shape)).copy()
    normals[:, :, 50] = np.nan
    found = integrate_normals(normals, pixel_size_um=PIXEL_UM)
    for island in np.s_[:, :50], np.s_[:, 51:]:
        np.testing.assert_allclose(found[island], heights[island] - heights[island].mean(), atol=0.01)


# ---------------------------------------------------------------- the whole way


@pytest.mark.parametrize("surface", ["sine", "bump"])
@pytest.mark.parametrize("missing", [False, True])
def test_heights_come_back(surface: str, missing: bool) -> None:
    # Measured: 0.87 to 0.93 % of the surface's deviation, with gaps or without.
    true = {"sine": sine, "bump": bump}[surface]()
    result = photometric_stereo(gappy(true) if missing else true, pixel_size_um=PIXEL_UM, noise=0)
    assert result.relative_error < 0.012
    assert result.shadowed < 0.001
    wrong = result.heights_um - true
    assert result.rms_error_um == pytest.approx(np.sqrt(np.nanmean(wrong**2)), rel=1e-3)
    assert result.levelled_error_um <= result.rms_error_um


def test_missing_points_stay_missing() -> None:
    true = gappy(sine())
    found = photometric_stereo(true, pixel_size_um=PIXEL_UM).heights_um
    np.testing.assert_array_equal(np.isnan(found), np.isnan(true))


def test_a_point_without_a_neighbour_in_its_row_has_no_slope() -> None:
    heights = sine()
    heights[10, 9] = heights[10, 11] = np.nan
    images = render_lights(heights, pixel_size_um=PIXEL_UM)
    assert np.argwhere(np.isnan(images[0])).tolist() == [[10, 9], [10, 10], [10, 11]]


def test_noise_raises_the_error() -> None:
    errors = [
        np.mean(
            [
                photometric_stereo(sine(), pixel_size_um=PIXEL_UM, noise=noise, seed=s).rms_error_um
                for s in range(3)
            ]
        )
        for noise in (0.0, 0.02, 0.1)
    ]
    # Measured 0.044, 0.090 ± 0.005, 0.40 ± 0.02 µm.
    assert errors[0] < errors[1] / 1.5 and errors[1] < errors[2] / 3


def test_steep_walls_lie_in_shadow() -> None:
    pit = np.where(np.hypot(X - 470, Y - 380) < 200, -150.0, 0.0)
    result = photometric_stereo(pit, pixel_size_um=PIXEL_UM, noise=0)
    assert result.shadowed > 0.005 and result.relative_error > 0.05  # measured 0.011 and 0.10
    assert photometric_stereo(sine(), pixel_size_um=PIXEL_UM, noise=0).shadowed == 0


def test_cast_shadows_cost_more_than_slopes_that_face_away() -> None:
    pit = np.where(np.hypot(X - 470, Y - 380) < 200, -150.0, 0.0)
    without, cast = (
        photometric_stereo(pit, pixel_size_um=PIXEL_UM, noise=0, cast_shadows=c).shadowed
        for c in (False, True)
    )
    assert cast > 3 * without


@pytest.mark.parametrize("wavelength", [4, 8, 16])
def test_short_waves_come_back_weaker(wavelength: int) -> None:
    phase = 2 * np.pi * np.arange(160) / wavelength
    true = 0.1 * wavelength * np.sin(phase) * np.ones((32, 1))
    found = photometric_stereo(true, pixel_size_um=PIXEL_UM, noise=0).heights_um
    inside = np.s_[:, 40:120]
    kept = (found[inside] * np.sin(phase)[40:120]).mean() / (true[inside] * np.sin(phase)[40:120]).mean()
    assert 1 - kept == pytest.approx(np.sin(np.pi / wavelength) ** 2, abs=0.01)


def test_lost_points_are_counted() -> None:
    heights = sine()
    heights[10, 9] = heights[10, 11] = np.nan
    result = photometric_stereo(heights, pixel_size_um=PIXEL_UM)
    assert result.lost == pytest.approx(1 / (heights.size - 2))


def test_more_lights_help_against_noise() -> None:
    few, many = (
        photometric_stereo(sine(), pixel_size_um=PIXEL_UM, noise=0.05, lights=n).levelled_error_um
        for n in (4, 64)
    )
    # Independent noise: the root of 64 / 4 is 4; the error that is no noise keeps it at 3.2 to 3.4.
    assert few / 4.5 < many < few / 2.5


# ---------------------------------------------------------------- errors


def test_bad_arrays_are_named() -> None:
    with pytest.raises(DataError, match=r"a map of \(1, 9\) has no slope"):
        render_lights(np.ones((1, 9)), pixel_size_um=1.0)
    with pytest.raises(DataError, match="no point is measured"):
        photometric_stereo(np.full((9, 9), np.nan), pixel_size_um=1.0)
    with pytest.raises(DataError, match=r"images of shape \(16, 9, 9\) and lights of shape \(3, 3\)"):
        photometric_normals(np.ones((16, 9, 9)), lights=ring_lights(3))
    with pytest.raises(DataError, match=r"\(2, 9, 9\)"):
        photometric_normals(np.ones((2, 9, 9)))
    with pytest.raises(DataError, match="0% of them known"):
        integrate_normals(np.full((3, 9, 9), np.nan), pixel_size_um=1.0)
    with pytest.raises(DataError, match=r"shape \(9, 9\)"):
        integrate_normals(np.ones((9, 9)), pixel_size_um=1.0)


@pytest.mark.parametrize("bad", [None, "pictures", [[1.0], [1.0, 2.0]], np.ones((3, 4, 4), complex)])
def test_what_is_no_array_of_numbers_is_refused(bad: object) -> None:
    calls = (
        lambda: render_lights(bad, pixel_size_um=1.0),
        lambda: photometric_normals(bad),
        lambda: integrate_normals(bad, pixel_size_um=1.0),
        lambda: photometric_stereo(bad, pixel_size_um=1.0),
    )
    for call in calls:
        with pytest.raises(DataError):
            call()


@pytest.mark.parametrize(
    "lights", [[[0, 1]], [0, 0, 1], [[0, 0, -1]], [[np.nan, 0, 1]], "lamps", np.zeros((3, 3))]
)
def test_what_is_no_light_is_refused(lights: object) -> None:
    with pytest.raises(ParameterError, match="lights are"):
        render_lights(sine(), pixel_size_um=PIXEL_UM, lights=lights)
    with pytest.raises(ParameterError, match="lights are"):
        photometric_normals(np.ones((3, 4, 4)), lights=lights)


def test_steep_normals_alone_give_no_heights() -> None:
    with pytest.raises(DataError, match="0% of them known"):
        integrate_normals(normals_of(np.full((4, 4), 30.0), np.zeros((4, 4))), pixel_size_um=1.0)


@pytest.mark.parametrize("value", [0, -1.0, np.nan, "wide"])
def test_a_pixel_size_that_is_no_length_is_named(value: object) -> None:
    calls = (
        lambda: render_lights(sine(), pixel_size_um=value),
        lambda: integrate_normals(sine_normals(), pixel_size_um=value),
        lambda: photometric_stereo(sine(), pixel_size_um=value),
    )
    for call in calls:
        with pytest.raises(ParameterError, match=f"pixel_size_um is {value!r}"):
            call()


def test_settings_out_of_range_are_named() -> None:
    for noise in (-0.1, np.nan, "some"):
        with pytest.raises(ParameterError, match=f"noise is {noise!r}; it must be a number of at least 0"):
            render_lights(sine(), pixel_size_um=PIXEL_UM, noise=noise)
    for lights in (2, 0, 3.5, "many"):
        with pytest.raises(ParameterError, match=f"lights is {lights!r}; it must be a whole number from 3"):
            photometric_stereo(sine(), pixel_size_um=PIXEL_UM, lights=lights)
    for count in (0, 2.5, "many"):
        with pytest.raises(ParameterError, match="count is"):
            ring_lights(count)
    for elevation in (0, 90, -5.0, np.nan, "high"):
        with pytest.raises(ParameterError, match="elevation_deg is"):
            ring_lights(16, elevation_deg=elevation)
    for albedo in (-0.1, np.ones((2, 2)), "white", np.nan):
        with pytest.raises(ParameterError, match="albedo is"):
            render_lights(sine(), pixel_size_um=PIXEL_UM, albedo=albedo)
    with pytest.raises(ParameterError, match="ambient is"):
        render_lights(sine(), pixel_size_um=PIXEL_UM, ambient=-0.1)
