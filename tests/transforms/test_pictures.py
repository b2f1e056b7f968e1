from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from skimage.transform import downscale_local_mean, resize

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import cut_tiles, fit_picture, merge_tiles, resize_longer, tiles


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_shrinking_averages_areas(rng):
    image = rng.integers(0, 256, (96, 96, 3), np.uint8)
    small = fit_picture(image, pixels=32)
    assert np.abs(small - downscale_local_mean(image, (3, 3, 1))).max() <= 0.501
    # by a factor that is no whole number: torch's adaptive pooling averages the same areas only for whole ones,
    # so against an integral: the mean stays
    odd = fit_picture(image, pixels=41)
    assert np.abs(odd.mean((0, 1)) - image.mean((0, 1))).max() < 0.5


def test_enlarging_interpolates_linearly(rng):
    image = rng.integers(0, 256, (16, 16, 3), np.uint8)
    expected = torch.nn.functional.interpolate(
        torch.tensor(image).permute(2, 0, 1)[None].float(), (40, 40), mode="bilinear", align_corners=False
    )[0].permute(1, 2, 0)
    assert np.abs(fit_picture(image, pixels=40) - expected.numpy()).max() <= 1


def test_each_axis_for_itself(rng):
    image = np.repeat(rng.integers(0, 256, (8, 96, 1), np.uint8), 3, axis=2)
    fitted = fit_picture(image, pixels=32)
    averaged = downscale_local_mean(image, (1, 3, 1))
    expected = resize(averaged, (32, 32, 3), order=1, mode="edge", anti_aliasing=False)
    assert fitted.shape == (32, 32, 3)
    assert np.abs(fitted - expected).max() <= 1.01


def test_a_mask_pixel_is_set_where_most_of_it_is():
    mask = np.zeros((8, 8), bool)
    mask[:2, :2] = True  # fills one new pixel of 2 x 2
    mask[2, 2:4] = True  # half of one: not more than half
    mask[4, 4:6] = mask[5, 4] = True  # three quarters of one
    _, fitted = fit_picture(np.zeros((8, 8, 3), np.uint8), mask, pixels=4)
    assert [tuple(place) for place in np.argwhere(fitted)] == [(0, 0), (2, 2)]


@pytest.mark.parametrize("place", [(0, 0), (0, 6), (4, 3)])
def test_an_object_of_one_pixel(place):
    image, mask = np.zeros((5, 7, 3), np.uint8), np.zeros((5, 7), bool)
    mask[place] = True
    assert fit_picture(image, mask, pixels=2)[1].sum() == 0  # it vanishes
    same, larger = (fit_picture(image, mask, pixels=side)[1] for side in (7, 70))
    assert same.sum() in (1, 2)  # five rows become seven
    assert larger.sum() / 70**2 == pytest.approx(1 / 35, rel=0.35)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (31, 17), (257, 3)])
@pytest.mark.parametrize("how", ["squash", "pad"])
def test_odd_sizes(shape, how):
    image = np.full((*shape, 3), 200, np.uint8)
    fitted, mask = fit_picture(image, np.ones(shape, bool), pixels=16, how=how)
    assert fitted.shape == (16, 16, 3) and mask.shape == (16, 16)
    shown = 16 * 16 if how == "squash" else 16 * max(round(16 * min(shape) / max(shape)), 1)
    assert mask.sum() == np.count_nonzero(fitted[..., 0] == 200) == shown


def test_pad_keeps_proportions_in_the_middle():
    image = np.full((20, 40, 3), 9, np.uint8)
    fitted = fit_picture(image, pixels=40, how="pad")
    assert (fitted[10:30] == 9).all() and not fitted[:10].any() and not fitted[30:].any()


@pytest.mark.parametrize(
    ("image", "mask", "settings", "error", "match"),
    [
        (np.zeros((4, 4), np.uint8), None, {}, DataError, r"uint8 of shape \(4, 4\)"),
        (np.zeros((4, 4, 3)), None, {}, DataError, "float64"),
        (np.zeros((0, 4, 3), np.uint8), None, {}, DataError, r"\(0, 4, 3\)"),
        (np.zeros((4, 4, 4), np.uint8), None, {}, DataError, r"\(4, 4, 4\)"),
        (
            np.zeros((4, 5, 3), np.uint8),
            np.zeros((5, 4), bool),
            {},
            DataError,
            r"\(5, 4\), its picture \(4, 5\)",
        ),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4)), {}, DataError, "the mask is float64"),
        (np.zeros((4, 4, 3), np.uint8), None, {"pixels": 0}, ParameterError, "pixels is 0"),
        (np.zeros((4, 4, 3), np.uint8), None, {"how": "crop"}, ParameterError, "'crop'"),
    ],
)
def test_fit_refuses(image, mask, settings, error, match):
    with pytest.raises(error, match=match):
        fit_picture(image, mask, **{"pixels": 8, **settings})


@pytest.mark.parametrize("shape", [(64, 64), (65, 130), (40, 200), (10, 10), (1, 77)])
@pytest.mark.parametrize("overlap", [0, 5, 63])
def test_tiles_cover_and_overlap(shape, overlap):
    places = tiles(shape, pixels=64, overlap=overlap)
    covered = np.zeros(shape, int)
    for place in places:
        assert covered[place].shape == tuple(min(64, side) for side in shape)
        covered[place] += 1
    assert covered.min() >= 1
    for axis in (0, 1):
        starts = sorted({place[axis].start for place in places})
        assert all(64 - (after - before) >= overlap for before, after in pairwise(starts))
        # and not more of them than it takes
        assert len(starts) == max(1, int(np.ceil((shape[axis] - overlap) / (64 - overlap))))


def test_cut_and_merged_again(rng):
    image = rng.integers(0, 256, (70, 101, 3), np.uint8)
    places = tiles(image.shape[:2], pixels=32, overlap=9)
    cut = cut_tiles(image, places, pixels=32)
    assert all((tile == image[place]).all() for tile, place in zip(cut, places, strict=True))
    merged = merge_tiles(cut[..., 0] / 255, places, image.shape[:2])
    assert merged.dtype == np.float32
    assert np.abs(merged - image[..., 0] / 255).max() < 1e-6


def test_a_picture_smaller_than_a_tile(rng):
    image = rng.integers(0, 256, (5, 9, 3), np.uint8)
    places = tiles((5, 9), pixels=16, overlap=4)
    cut = cut_tiles(image, places, pixels=16)
    expected = cv2.copyMakeBorder(image, 0, 11, 0, 7, cv2.BORDER_REPLICATE)
    assert cut.shape == (1, 16, 16, 3) and (cut[0] == expected).all()
    assert (merge_tiles(cut[..., 0].astype(float), places, (5, 9)) == image[..., 0]).all()


def test_merged_tiles_have_no_seams():
    places = tiles((32, 80), pixels=32, overlap=16)
    # each tile says its own number: the merged picture goes over from one to the next without a jump
    said = np.ones((len(places), 32, 32)) * np.arange(len(places))[:, None, None]
    steps = np.diff(merge_tiles(said, places, (32, 80))[16])
    assert steps.min() >= -1e-6 and steps.max() < 2 / 16


@pytest.mark.parametrize(
    ("parts", "shape", "match"),
    [
        (np.zeros((2, 4, 4)), (4, 4), r"\(2, 4, 4\)"),
        (np.zeros((1, 4)), (4, 4), r"\(1, 4\)"),
        (np.zeros((1, 4, 4)), (5, 4), "4 of 20 pixels"),
    ],
)
def test_merge_refuses(parts, shape, match):
    with pytest.raises(DataError, match=match):
        merge_tiles(parts, tiles((4, 4), pixels=4), shape)


def test_tiles_refuse():
    with pytest.raises(ParameterError, match="overlap is 4"):
        tiles((8, 8), pixels=4, overlap=4)
    with pytest.raises(ParameterError, match="a side of shape is 0"):
        tiles((0, 8), pixels=4)
    with pytest.raises(DataError, match="float64"):
        cut_tiles(np.zeros((4, 4, 3)), tiles((4, 4), pixels=4), pixels=4)


@pytest.mark.parametrize("shape, longer, step, expected", [
    ((300, 400), 128, 1, (96, 128)),
    ((400, 300), 128, 1, (128, 96)),
    ((61, 400), 200, 8, (32, 200)),  # 30.5 rows are nearest to 32 of 8, 16, 24, 32
    ((10, 400), 128, 32, (32, 128)),  # never less than a step
    ((3, 5), 100, 1, (60, 100)),  # enlarged
    ((7, 7), 100, 32, (96, 96)),
])  # fmt: skip
def test_the_longer_side_and_the_aspect(shape, longer, step, expected):
    image = np.zeros((*shape, 3), np.uint8)
    assert resize_longer(image, longer=longer, step=step).shape == (*expected, 3)


def test_resized_is_the_mean_over_areas():
    image = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
    means = image.reshape(3, 4, 5, 4, 3).mean((1, 3))
    assert np.abs(resize_longer(image, longer=5) - means).max() <= 0.51
    assert (resize_longer(image, longer=20) == image).all()


@pytest.mark.parametrize(
    "settings", [{"longer": 0}, {"longer": 2**15}, {"longer": 8, "step": 9}, {"longer": 2.5}]
)
def test_lengths_that_cannot_be(settings):
    with pytest.raises(ParameterError, match="resize_longer"):
        resize_longer(np.zeros((4, 4, 3), np.uint8), **settings)
    with pytest.raises(DataError, match="uint8"):
        resize_longer(np.zeros((4, 4), np.uint8), longer=4)
