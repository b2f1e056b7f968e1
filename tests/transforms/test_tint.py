import io

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import decode_tint, polygons_mask, remove_streaks

BLUE = (61, 61, 245)  # that of the paper's test set
ORANGE = (245, 147, 49)


def _iou(a, b):
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def _jpeg(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _truth(seed, shape):
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    far = rng.uniform(25, 80, 9)
    middle = rng.uniform(0.35, 0.65, 2) * shape[1::-1]
    return polygons_mask([middle + far[:, None] * np.c_[np.cos(angles), np.sin(angles)]], shape)


def _tinted(original, truth, opacity, colour=BLUE):
    tinted = original.astype(float)
    tinted[truth] = (1 - opacity) * tinted[truth] + opacity * np.array(colour)
    return np.rint(tinted).astype(np.uint8)


@pytest.fixture(scope="module", params=["astronaut", "coffee", "chelsea"])
def original(request):
    return getattr(data, request.param)()


@pytest.mark.parametrize("opacity", [0.15, 0.4, 0.7, 1.0])
def test_finds_the_tint_and_what_it_covers(original, opacity):
    truth = _truth(1, original.shape[:2])
    found = decode_tint(_tinted(original, truth, opacity), original)
    assert _iou(found.mask, truth) > 0.98
    assert found.opacity == pytest.approx(opacity, abs=0.02)
    assert found.colour == pytest.approx(np.array(BLUE), abs=5)
    wrong = found.mask != truth
    assert np.count_nonzero(wrong & ~found.uncertain) <= 0.003 * truth.sum()


def test_lines_drawn_over_the_picture_are_no_firearm(original):
    truth = _truth(2, original.shape[:2])
    tinted = _tinted(original, truth, 0.4)
    drawn = np.zeros(truth.shape, np.uint8)
    cv2.rectangle(drawn, (40, 30), (original.shape[1] - 60, original.shape[0] - 20), 1, 3)
    tinted[drawn > 0] = ORANGE
    found = decode_tint(tinted, original)
    assert drawn.sum() > 0.3 * truth.sum()
    assert _iou(found.mask, truth & (drawn == 0)) > 0.97
    # nobody knows what is under the lines, and the report says so
    assert found.uncertain[drawn > 0].mean() > 0.5
    assert found.colour == pytest.approx(np.array(BLUE), abs=8)


def test_a_known_colour_tells_the_tint_from_a_larger_drawing(original):
    truth = np.zeros(original.shape[:2], bool)
    truth[40:52, 60:75] = True
    tinted = _tinted(
        _tinted(original, truth, 0.5), np.roll(truth, 150, axis=1) | np.roll(truth, 180, axis=1), 0.6, ORANGE
    )
    tinted[150:200, 200:300] = _tinted(original, np.ones(truth.shape, bool), 0.6, ORANGE)[150:200, 200:300]
    assert _iou(decode_tint(tinted, original, colour=BLUE).mask, truth) > 0.95
    assert _iou(decode_tint(tinted, original).mask, truth) < 0.1


def test_uncertain_pixels_far_off_do_not_count(original):
    truth = _truth(6, original.shape[:2])
    tinted = _tinted(original, truth, 0.5)
    tinted[:4, :] = ORANGE
    found = decode_tint(tinted, original)
    assert found.uncertain[:4].mean() > 0.5 and found.uncertain_share < 0.05


def test_a_label_saved_as_jpeg(original):
    truth = _truth(3, original.shape[:2])
    found = decode_tint(_jpeg(_tinted(original, truth, 0.4), 90), original)
    assert _iou(found.mask, truth) > 0.95
    wrong = found.mask != truth
    assert np.count_nonzero(wrong & found.uncertain) > 0.8 * wrong.sum()
    assert 0.02 < found.uncertain_share < 0.6


def test_what_has_the_colour_of_the_tint_is_uncertain():
    original = np.random.default_rng(0).integers(80, 160, (80, 80, 1)).repeat(3, axis=2).astype(np.uint8)
    original[20:60, 38:42] = BLUE  # a strip that the tint cannot change
    truth = np.zeros((80, 80), bool)
    truth[20:60, 20:60] = True
    found = decode_tint(_tinted(original, truth, 0.5), original, close_px=0)
    assert found.uncertain[20:60, 38:42].all() and not found.uncertain[20:60, 22:36].any()
    assert found.uncertain_share == pytest.approx(160 / 1440, abs=0.02)
    closed = decode_tint(_tinted(original, truth, 0.5), original, close_px=5)
    assert _iou(closed.mask, truth) > 0.99 and closed.filled_px == pytest.approx(160, abs=16)


def test_a_picture_without_a_tint(original):
    for label in (original, _jpeg(original, 95)):
        found = decode_tint(label, original)
        assert found.mask.sum() <= 0.0005 * found.mask.size
    exact = decode_tint(original, original)
    assert not exact.mask.any() and exact.uncertain_share == 0 and np.isnan(exact.opacity)


@pytest.mark.parametrize("colour", [None, BLUE])
def test_by_hue_where_there_is_no_original(colour):
    grey = np.repeat(data.camera()[..., None], 3, axis=2)
    truth = _truth(4, grey.shape[:2])
    found = decode_tint(_tinted(grey, truth, 0.4), colour=colour)
    assert _iou(found.mask, truth) > 0.98 and np.isnan(found.opacity)
    if colour is None:
        right, other = found.colour[2] - found.colour[0], found.colour[1] - found.colour[0]
        assert right > 50 and abs(other) < 10  # blue over grey


def test_a_known_hue_is_told_from_other_colours():
    picture = data.coffee()  # brown all over
    truth = _truth(5, picture.shape[:2])
    tinted = _tinted(picture, truth, 0.75)
    assert _iou(decode_tint(tinted).mask, truth) < 0.3
    assert _iou(decode_tint(tinted, colour=BLUE).mask, truth) > 0.9


def test_streaks_go_and_what_they_touch_stays():
    mask = np.zeros((100, 160), bool)
    mask[30:70, 40:110] = True  # the object
    body = mask.copy()
    mask[50:53, :] = True  # a line through it, three wide
    mask[:, 5] = mask[5, :] = True  # along the frame
    mask[:, 157:] = True
    mask[85:87, 60:62] = True  # a speck
    cleaned = remove_streaks(mask, streak_px=3, least_px=25)
    assert (cleaned & body).sum() == body.sum()
    # of the line so much is left as thin ends may be long
    assert np.count_nonzero(cleaned & ~body) <= 2 * 3 * 4
    kept = remove_streaks(mask, streak_px=3)
    assert not kept[85:87, 60:62].any()
    assert (remove_streaks(mask, streak_px=0) == mask).all()


@pytest.mark.parametrize(("width", "survives"), [(3, False), (4, True)])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("place", [0, 20, "end"])
def test_how_wide_a_streak_is(width, survives, axis, place):
    mask = np.zeros((50, 50), bool)
    start = 50 - width if place == "end" else place
    mask[start : start + width] = True
    mask = mask.T if axis else mask
    assert (remove_streaks(mask, streak_px=3) == (mask & survives)).all()


def test_a_thin_barrel_keeps_its_length_near_the_body():
    mask = np.zeros((40, 80), bool)
    mask[10:30, 10:30] = True
    mask[18:20, 30:70] = True
    cleaned = remove_streaks(mask, streak_px=3)
    ends = np.flatnonzero(cleaned[18])[-1] - 29
    assert 2 <= ends <= 5


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: decode_tint(np.zeros((4, 4), np.uint8)), DataError, r"shape \(4, 4\)"),
        (
            lambda: decode_tint(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)),
            DataError,
            r"\(4, 4\), its original \(4, 5\)",
        ),
        (lambda: decode_tint(np.zeros((4, 4, 3), np.uint8), close_px=-1), ParameterError, "close_px is -1"),
        (
            lambda: decode_tint(np.zeros((4, 4, 3), np.uint8), streak_px=1.5),
            ParameterError,
            "streak_px is 1.5",
        ),
        (lambda: decode_tint(np.zeros((4, 4, 3), np.uint8), least_px=-1), ParameterError, "least_px is -1"),
        (lambda: remove_streaks(np.zeros((4, 4))), DataError, "float64"),
        (lambda: remove_streaks(np.zeros(4, bool)), DataError, r"shape \(4,\)"),
    ],
)
def test_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
