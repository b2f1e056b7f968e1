import cv2
import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import SIX_WAYS, polygons_mask, six_ways, turned


def _star(rng, corners, shape, reach=1.0):
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    far = rng.uniform(0.2, 1, corners) * min(shape) / 2 * reach
    return np.c_[shape[1] / 2 + far * np.cos(angles), shape[0] / 2 + far * np.sin(angles)]


@pytest.mark.parametrize("seed", range(5))
def test_pixels_whose_centre_lies_inside(seed):
    rng = np.random.default_rng(seed)
    shape = (40, 55)
    polygon = _star(rng, 12, shape, reach=1.4).astype(np.float32)  # partly outside the frame
    centres = [[(x + 0.5, y + 0.5) for x in range(55)] for y in range(40)]
    expected = [[cv2.pointPolygonTest(polygon, centre, False) > 0 for centre in row] for row in centres]
    assert (polygons_mask([polygon], shape) == expected).all() and np.any(expected)


def test_area_is_that_of_the_polygon():
    rng = np.random.default_rng(1)
    polygon = _star(rng, 9, (400, 400))
    x, y = polygon.T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert polygons_mask([polygon], (400, 400)).sum() == pytest.approx(area, rel=0.01)


def test_even_odd_where_it_crosses_itself_but_parts_add_up():
    bow_tie = [(0, 0), (10, 10), (10, 0), (0, 10)]
    star = [(5 + 5 * np.sin(2.4 * np.pi * k / 3), 5 - 5 * np.cos(2.4 * np.pi * k / 3)) for k in range(5)]
    assert polygons_mask([bow_tie], (10, 10)).sum() == pytest.approx(50, abs=10)
    assert not polygons_mask([star], (10, 10))[5, 5]  # wound round twice
    square = [(2, 2), (8, 2), (8, 8), (2, 8)]
    assert polygons_mask([square, square], (10, 10)).sum() == 36
    assert polygons_mask([square, np.array(square) + 4], (14, 14)).sum() == 2 * 36 - 4


def test_small_and_outside():
    one = [(3, 4), (4, 4), (4, 5), (3, 5)]
    assert np.argwhere(polygons_mask([one], (9, 9))).tolist() == [[4, 3]]
    assert not polygons_mask([np.array(one) + 100], (9, 9)).any()
    assert not polygons_mask([], (9, 9)).any()
    assert polygons_mask([[(-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9)]], (9, 9)).all()


@pytest.mark.parametrize(
    ("polygon", "match"),
    [
        ([(0, 0), (1, 1)], r"shape \(2, 2\)"),
        ([0, 0, 1, 1, 2, 0], r"shape \(6,\)"),
        ([(0, 0), (1, np.nan), (1, 1)], "NaN or infinite"),
        ([("a", "b")] * 3, "<U1"),
    ],
)
def test_polygons_refused(polygon, match):
    with pytest.raises(DataError, match=match):
        polygons_mask([polygon], (9, 9))


def test_six_ways_are_those_of_pillow():
    rng = np.random.default_rng(0)
    image, mask = rng.integers(0, 256, (5, 8, 3), np.uint8), rng.random((5, 8)) < 0.5
    pillow = Image.fromarray(image)
    flips = {"left-right": Image.Transpose.FLIP_LEFT_RIGHT, "top-bottom": Image.Transpose.FLIP_TOP_BOTTOM}
    ways = six_ways(image, mask)
    for (degrees, flip), (way, _) in zip(SIX_WAYS, ways, strict=True):
        expected = pillow.rotate(degrees, expand=True)
        expected = expected.transpose(flips[flip]) if flip in flips else expected
        assert (way == np.asarray(expected)).all()
    assert len({(way.shape, way.tobytes()) for way, _ in ways}) == 6


def test_masks_turn_with_their_pictures():
    mask = np.random.default_rng(0).random((5, 8)) < 0.5
    image = np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)
    for way, turned_mask in six_ways(image, mask):
        assert turned_mask.dtype == bool and ((way[..., 0] > 0) == turned_mask).all()


def test_the_other_order_gives_the_same_six():
    array = np.arange(12).reshape(3, 4)
    ours = {(a.shape, a.tobytes()) for d, f in SIX_WAYS for a in [turned(array, rotation_deg=d, flip=f)]}
    flipped_first = {
        (a.shape, a.tobytes())
        for d, f in SIX_WAYS
        for a in [turned(turned(array, rotation_deg=0, flip=f), rotation_deg=d, flip="none")]
    }
    assert ours == flipped_first
    half_turn = turned(array, rotation_deg=180, flip="none")
    assert (half_turn.shape, half_turn.tobytes()) not in ours


def test_ways_refused():
    with pytest.raises(ParameterError, match="rotation_deg is 45"):
        turned(np.zeros((2, 2)), rotation_deg=45, flip="none")
    with pytest.raises(ParameterError, match="'diagonal'"):
        turned(np.zeros((2, 2)), rotation_deg=0, flip="diagonal")
    with pytest.raises(DataError, match="the mask has shape"):
        six_ways(np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2), bool))
