"""Strips against chessboard distances (SciPy) and scikit-image's erosion; boundary IoU against Cheng's definition."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_cdt
from skimage.morphology import erosion

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError


def blobs(n: int, *, shape: tuple[int, int] = (60, 80), seed: int = 0) -> NDArray[np.bool_]:
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    masks = []
    for _ in range(n):
        a, b, r, s = *rng.uniform(0, shape), *rng.uniform(4, 30, 2)
        masks.append(((y - a) / r) ** 2 + ((x - b) / s) ** 2 < 1)
    return np.array(masks)


def by_distance(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Pixels of the mask no more than `width` steps from what is not of it; beyond the frame nothing is."""
    distance = distance_transform_cdt(np.pad(mask, 1), metric="chessboard")[1:-1, 1:-1]
    return mask & (distance <= width)


@pytest.mark.parametrize("width", [1, 2, 7])
def test_strips_are_what_is_near_the_edge(width: int) -> None:
    for mask in blobs(8):
        found = metrics.boundary_strip(mask, distance_px=width)
        assert np.array_equal(found, by_distance(mask, width))
        core = erosion(np.pad(mask, width), np.ones((2 * width + 1,) * 2))[width:-width, width:-width]
        assert np.array_equal(found, mask & ~core)


@pytest.mark.parametrize("ratio", [0.005, 0.02, 0.1])
def test_boundary_iou_is_cheng_s(ratio: float) -> None:
    truth, said = blobs(6, seed=1), blobs(6, seed=2) | blobs(6, seed=1)
    width = max(1, round(ratio * (60**2 + 80**2) ** 0.5))
    expected = []
    for t, s in zip(truth, said, strict=True):
        one, other = by_distance(t, width), by_distance(s, width)
        expected.append((one & other).sum() / (one | other).sum())
    counts = metrics.boundary_counts(said, truth, dilation_ratio=ratio)
    assert (counts["tp"] / counts[["tp", "fp", "fn"]].sum(axis=1)).tolist() == pytest.approx(expected)
    assert metrics.segmentation_scores(counts)["IoU by picture"] == pytest.approx(np.mean(expected))


def test_thin_masks_are_all_edge() -> None:
    truth = np.zeros((3, 100, 100), bool)
    truth[:, 40:44, 10:60] = True
    said = np.roll(truth, 3, axis=2)
    inside, edge = metrics.segmentation_counts(said, truth), metrics.boundary_counts(said, truth)
    assert inside.equals(edge)


def test_threshold_empty_and_one_pixel() -> None:
    truth = np.zeros((2, 9, 9), bool)
    truth[1, 4, 4] = True
    said = np.where(truth, 0.4, 0.0)
    assert metrics.boundary_counts(said, truth, threshold=0.3)["tp"].tolist() == [0, 1]
    assert metrics.boundary_counts(said, truth)["fn"].tolist() == [0, 1]


def test_what_is_refused() -> None:
    with pytest.raises(DataError, match="the mask is uint8"):
        metrics.boundary_strip(np.ones((3, 3), np.uint8), distance_px=1)
    with pytest.raises(ParameterError, match="distance_px is 0"):
        metrics.boundary_strip(np.ones((3, 3), bool), distance_px=0)
    with pytest.raises(ParameterError, match="dilation_ratio is 0"):
        metrics.boundary_counts(np.ones((1, 3, 3)), np.ones((1, 3, 3), bool), dilation_ratio=0)
