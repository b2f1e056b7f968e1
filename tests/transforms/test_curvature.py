"""The shape index against its definition, scikit-image, and sums over points one by one."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from skimage.feature import shape_index as skimage_shape_index

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import shape_index
from fireanalysis.transforms.curvature import TILE, _torch_shape_index

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def rough(shape: tuple[int, ...], *, seed: int = 0) -> np.ndarray:
    """Make a surface with waves from 2 to 30 points long, the long ones highest, as scans have."""
    rng = np.random.default_rng(seed)
    waves = [(0.3, 0.7), (1.0, 2.0), (10.0, 8.0)]
    return sum(
        height * cv2.GaussianBlur(rng.normal(size=shape), (0, 0), sigma) * sigma for height, sigma in waves
    )


def as_on_gpu(heights: np.ndarray, *, sigma: float, flat_below: float | None = None) -> np.ndarray:
    """Run what tensors on a GPU get, there or, where there is none, on the processor."""
    return _torch_shape_index(torch.from_numpy(heights).to(DEVICE), sigma, flat_below).cpu().numpy()


CALLS = {"NumPy": shape_index, "GPU": as_on_gpu}


def by_scikit_image(heights: np.ndarray, sigma: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return skimage_shape_index(heights.astype(np.float64), sigma=sigma, mode="reflect")


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(request.param)
    yield request.param
    cv2.setNumThreads(before)


# ---------------------------------------------------------------- definition

Y, X = np.mgrid[-15:16, -15:16].astype(np.float64)
SHAPES = {
    "dome": (-(X**2) - Y**2, 1.0),
    "ridge": (-(X**2), 0.5),
    "ridge aslant": (-((X + Y) ** 2), 0.5),
    "saddle": (X**2 - Y**2, 0.0),
    "saddle aslant": (X * Y, 0.0),
    "rut": (Y**2, -0.5),
    "bowl": (X**2 + Y**2, -1.0),
    # λ1 = -2, λ2 = -6: -(2/π) atan(-8/4)
    "long dome": (-(X**2) - 3 * Y**2, 2 / np.pi * np.arctan(2)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SHAPES)
def test_named_shapes(name: str, dtype: type, call: str) -> None:
    heights, expected = SHAPES[name]
    index = CALLS[call](heights.astype(dtype), sigma=1.0)
    assert index.dtype == np.float32
    np.testing.assert_allclose(index[7:-7, 7:-7], expected, atol=1e-5)


def test_a_lower_lying_or_higher_surface_has_the_same_shapes() -> None:
    heights = rough((60, 70))
    expected = shape_index(heights, sigma=2.0)
    np.testing.assert_allclose(shape_index(heights + 1e6, sigma=2.0), expected, atol=1e-4)
    np.testing.assert_allclose(shape_index(-heights, sigma=2.0), -expected, atol=1e-6)
    np.testing.assert_allclose(shape_index(1e-3 * heights, sigma=2.0), expected, atol=1e-5)


def test_equal_eigenvalues_of_a_float32_bowl_do_not_flip_the_sign() -> None:
    y, x = np.mgrid[-64:65, -64:65]
    bowl = ((x**2 + y**2) * 0.0371).astype(np.float32)
    inside = np.s_[16:-16, 16:-16]
    assert shape_index(bowl, sigma=3.0)[inside].max() < -0.99
    with np.errstate(all="ignore"):
        theirs = skimage_shape_index(bowl, sigma=3.0, mode="reflect")[inside]
    assert (theirs > 0.9).mean() > 0.2  # what this guards against


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_flat_and_tilted_planes_have_no_shape(sigma: float, dtype: type) -> None:
    y, x = np.mgrid[:90, :110]
    edge = int(4 * sigma) + 3  # mirrored, a tilted plane has a crease at its edge
    for plane in (0 * x, 0 * x + 12.3, 0.37 * x - 1.1 * y, 0.37 * x + 40.7):
        heights = plane.astype(dtype)
        assert np.isnan(shape_index(heights, sigma=sigma)[edge:-edge, edge:-edge]).all()
        assert np.isnan(as_on_gpu(heights, sigma=sigma)[edge:-edge, edge:-edge]).all()


def test_flat_below_is_a_curvature() -> None:
    # λ1 = 2a, λ2 = 0: the Hessian's norm times √2 is hypot(2a, 2a).
    bent = 0.01 * X**2
    norm = np.hypot(0.02, 0.02)
    for call in CALLS.values():
        middle = [float(call(bent, sigma=1.0, flat_below=f * norm)[15, 15]) for f in (0.99, 1.01)]
        assert middle[0] == pytest.approx(-0.5, abs=1e-6)
        assert np.isnan(middle[1])


# ---------------------------------------------------------------- scikit-image


@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 7.3])
def test_agrees_with_scikit_image_over_scales(sigma: float) -> None:
    heights = rough((150, 131))
    index, expected = shape_index(heights, sigma=sigma), by_scikit_image(heights, sigma)
    assert not np.isnan(index).any()
    # scikit-image's outermost differences are one-sided.
    np.testing.assert_allclose(index[2:-2, 2:-2], expected[2:-2, 2:-2], atol=1e-5)


@pytest.mark.parametrize(
    "shape",
    [(5, 5), (5, 90), (200, 6), (31, 33), (64, 64), (TILE + 3, TILE // 2), (TILE * 2 - 5, TILE + 190)],
)
def test_agrees_with_scikit_image_at_any_shape(shape: tuple[int, int], threads: int) -> None:
    heights = rough(shape)
    index, expected = shape_index(heights, sigma=3.0), by_scikit_image(heights, 3.0)
    inside = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(index[inside], expected[inside], atol=1e-5)


def test_mirrored_map_joins_at_its_edge() -> None:
    # Next to its own mirror image a map's edge is no edge.
    heights = rough((40, 50))
    double = np.block([[heights, heights[:, ::-1]], [heights[::-1], heights[::-1, ::-1]]])
    index = shape_index(double, sigma=2.0)[2:40, 2:50]
    np.testing.assert_allclose(shape_index(heights, sigma=2.0)[2:, 2:], index, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2)])
def test_maps_smaller_than_the_differences(shape: tuple[int, int]) -> None:
    heights = np.random.default_rng(0).normal(size=shape)
    index = shape_index(heights, sigma=1.0)
    assert index.shape == shape
    np.testing.assert_allclose(index, as_on_gpu(heights, sigma=1.0), atol=1e-5)


def test_more_smoothing_than_map() -> None:
    heights = rough((20, 30))
    index, expected = shape_index(heights, sigma=12.0, flat_below=0.0), by_scikit_image(heights, 12.0)
    np.testing.assert_allclose(index[2:-2, 2:-2], expected[2:-2, 2:-2], atol=1e-4)


# ---------------------------------------------------------------- missing points


def by_hand(heights: np.ndarray, sigma: float, row: int, column: int) -> float:
    """Sum over every measured point of the mirrored map, for the 13 smoothed heights one index needs."""
    reach = max(2, int(4 * sigma + 0.5))
    mirrored = np.pad(heights, reach + 2, mode="symmetric")
    row, column = row + reach + 2, column + reach + 2
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    weights = np.exp(-(dy**2 + dx**2) / (2 * sigma**2))

    def f(down: int, right: int) -> float:
        r, c = row + down, column + right
        part = mirrored[r - reach : r + reach + 1, c - reach : c + reach + 1]
        return float(np.nansum(weights * part) / weights[~np.isnan(part)].sum())

    rr = (f(2, 0) - 2 * f(0, 0) + f(-2, 0)) / 4
    cc = (f(0, 2) - 2 * f(0, 0) + f(0, -2)) / 4
    rc = (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / 4
    low, high = np.linalg.eigvalsh([[rr, rc], [rc, cc]])
    return float(-2 / np.pi * np.arctan((high + low) / (high - low)))


@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_with_missing_points_against_sums_by_hand(sigma: float) -> None:
    heights = rough((45, 52)) + 300
    rng = np.random.default_rng(1)
    heights[rng.random(heights.shape) < 0.2] = np.nan
    heights[10:30, 20:40] = np.nan
    index = shape_index(heights, sigma=sigma)
    measured = np.argwhere(~np.isnan(heights))
    for row, column in rng.choice(measured, 60, replace=False):
        assert index[row, column] == pytest.approx(by_hand(heights, sigma, row, column), abs=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [0.1, 0.2, 1.0, 3.0])
def test_one_missing_point_costs_one_point(sigma: float, dtype: type) -> None:
    heights = rough((60, 60)).astype(dtype)
    heights[30, 25] = np.nan
    index = shape_index(heights, sigma=sigma)
    assert np.argwhere(np.isnan(index)).tolist() == [[30, 25]]


@pytest.mark.parametrize("offset", [0.0, 5000.0])
@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.5, 3.0])
def test_points_beside_wide_gaps_are_defined_and_sane(sigma: float, offset: float) -> None:
    # Float32 heights about a mean that float32 does not hold: rounding must not count as height in the gap.
    heights = (rough((300, 300)) + offset + 0.1).astype(np.float32)
    y, x = np.mgrid[-150:150, -150:150]
    heights[np.hypot(y, x) > 140] = np.nan
    heights[100:180, 100:200] = np.nan
    heights[140, 150] = 3.0 + offset  # alone: flat for want of neighbours
    index = shape_index(heights, sigma=sigma)
    undefined = np.isnan(index) & ~np.isnan(heights)
    assert undefined.sum() <= 1
    assert np.isnan(index[np.isnan(heights)]).all()
    expected = as_on_gpu(heights.astype(np.float64), sigma=sigma)
    both = ~np.isnan(index) & ~np.isnan(expected)
    np.testing.assert_allclose(index[both], expected[both], atol=1e-4)


def test_a_flat_part_of_a_gappy_map_is_undefined() -> None:
    heights = rough((200, 200))
    heights[100:, :100] = 5.0
    heights[100:, 120:] = np.nan
    index = shape_index(heights, sigma=1.0)
    assert np.isnan(index[110:190, 10:90]).all()
    assert not np.isnan(index[:95]).any()


def test_a_distant_missing_point_changes_nothing() -> None:
    heights = rough((100, 120))
    gappy = heights.copy()
    gappy[90, 110] = np.nan
    near = slice(0, 90 - 12 - 3)
    np.testing.assert_allclose(
        shape_index(gappy, sigma=3.0)[near], shape_index(heights, sigma=3.0)[near], atol=1e-5
    )


# ---------------------------------------------------------------- types, batches, threads, torch


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float16, ">f4", ">f8", bool])
def test_other_types_are_heights_too(dtype: object) -> None:
    heights = np.random.default_rng(0).integers(0, 2, (40, 50)).astype(dtype)
    np.testing.assert_array_equal(
        shape_index(heights, sigma=1.0), shape_index(heights.astype(np.float32), sigma=1.0)
    )


def test_layout_in_memory_does_not_matter() -> None:
    heights = rough((61, 80)).astype(np.float32)
    expected = shape_index(heights, sigma=2.0)
    wide = np.zeros((61, 160), np.float32)
    wide[:, ::2] = heights
    read_only = heights.copy()
    read_only.flags.writeable = False
    for same in (
        np.asfortranarray(heights),
        heights[::-1].copy()[::-1],
        wide[:, ::2],
        read_only,
        heights.tolist(),
    ):
        np.testing.assert_array_equal(shape_index(same, sigma=2.0), expected)


@pytest.mark.parametrize("call", CALLS)
def test_a_batch_is_its_maps(call: str, threads: int) -> None:
    maps = np.stack([rough((50, 64), seed=k) * 10.0**k for k in range(6)]).reshape(2, 3, 50, 64)
    maps[1, 2, 10:20, 10:20] = np.nan
    batch = CALLS[call](maps, sigma=2.0)
    assert batch.shape == maps.shape
    for k in np.ndindex(2, 3):
        np.testing.assert_allclose(batch[k], shape_index(maps[k], sigma=2.0), atol=1e-5)


def test_threads_do_not_change_the_result() -> None:
    heights = rough((2 * TILE, 3 * TILE)).astype(np.float32)
    heights[50:80, 100:500] = np.nan
    before = cv2.getNumThreads()
    try:
        results = []
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            results.append(shape_index(heights, sigma=3.0))
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_gpu_equals_numpy(sigma: float, missing: float) -> None:
    heights = rough((90, 75)).astype(np.float32)
    heights[np.random.default_rng(0).random(heights.shape) < missing] = np.nan
    index = as_on_gpu(heights, sigma=sigma)
    assert index.dtype == np.float32
    np.testing.assert_allclose(index, shape_index(heights, sigma=sigma), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.uint8])
def test_a_tensor_gives_a_tensor(dtype: torch.dtype) -> None:
    heights = torch.from_numpy(100 * rough((40, 50))).to(dtype).to(DEVICE)
    heights.requires_grad = dtype.is_floating_point
    index = shape_index(heights, sigma=2.0)
    assert index.dtype == torch.float32 and index.device == heights.device and not index.requires_grad
    expected = shape_index(heights.detach().cpu().double().numpy(), sigma=2.0)
    np.testing.assert_allclose(index.cpu().numpy(), expected, atol=1e-5)


def test_the_input_is_left_alone() -> None:
    heights = rough((40, 40))
    heights[3, 4] = np.nan
    kept = heights.copy()
    shape_index(heights, sigma=1.0)
    as_on_gpu(heights, sigma=1.0)
    np.testing.assert_array_equal(heights, kept)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("sigma", [0, -1.0, 0.09, np.nan, np.inf, "abc", None])
def test_a_sigma_that_is_no_scale_is_named(sigma: object) -> None:
    with pytest.raises(ParameterError, match=f"sigma is {sigma!r}"):
        shape_index(np.ones((9, 9)), sigma=sigma)


@pytest.mark.parametrize("value", [-1.0, np.nan, "abc"])
def test_flat_below_that_is_no_curvature_is_named(value: object) -> None:
    with pytest.raises(ParameterError, match=f"flat_below is {value!r}"):
        shape_index(np.ones((9, 9)), sigma=1.0, flat_below=value)


BAD = {
    "infinite": (np.full((9, 9), np.inf), "infinity"),
    "minus infinity among gaps": (np.array([[np.nan, -np.inf], [1.0, 2.0]]), "infinity"),
    "complex": (np.ones((9, 9), complex), r"complex128 of shape \(9, 9\)"),
    "empty": (np.ones((0, 9)), r"shape \(0, 9\)"),
    "one row": (np.ones(9), r"shape \(9,\)"),
    "all missing": (np.full((9, 9), np.nan), "no point is measured"),
    "one map of a batch all missing": (
        np.stack([np.ones((9, 9)), np.full((9, 9), np.nan)]),
        "no point is measured",
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_surface_is_refused(name: str, call: str) -> None:
    heights, message = BAD[name]
    with pytest.raises(DataError, match=message):
        CALLS[call](heights, sigma=1.0)


def test_text_and_ragged_rows_are_refused() -> None:
    for heights in ([["a", "b"], ["c", "d"]], [[1.0, 2.0], [3.0]]):
        with pytest.raises(DataError):
            shape_index(heights, sigma=1.0)
