import numpy as np
import pytest
from scipy.special import ndtr
from skimage.color import rgb2yuv

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import BLENDS, paste


def grey(shape, value):
    return np.full((*shape, 3), value, np.uint8)


def opaque(pixels):
    """Cut-out of grey values, nowhere transparent."""
    pixels = np.asarray(pixels, np.uint8)
    return np.dstack([pixels, pixels, pixels, np.full_like(pixels, 255)])


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def piece(rng):
    """Cut-out of 12 × 20 pixels, of random colours and random alpha with a hole."""
    cutout = rng.integers(0, 256, (12, 20, 4), dtype=np.uint8)
    cutout[4:8, 5:9, 3] = 0
    return cutout


def test_plain_is_the_cutout_over_the_picture(rng, piece):
    wall = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    image, mask = paste(wall, piece, x=0.5, y=0.5, scale=0.5)
    alpha = piece[..., 3:] / 255
    wanted = wall.astype(float)
    wanted[14:26, 10:30] = alpha * piece[..., :3] + (1 - alpha) * wanted[14:26, 10:30]
    np.testing.assert_allclose(image, wanted, atol=0.501)
    covered = np.zeros((40, 40), bool)
    covered[14:26, 10:30] = piece[..., 3] >= 128
    np.testing.assert_array_equal(mask, covered)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("flip", [False, True])
def test_turns_counter_clockwise_after_flipping(rng, piece, quarters, flip):
    wall = grey((40, 40), 90)
    turned = np.rot90(piece[:, ::-1] if flip else piece, quarters)
    image, mask = paste(wall, piece, x=0.5, y=0.5, scale=0.5, angle_deg=90 * quarters, flip=flip)
    same, same_mask = paste(wall, np.ascontiguousarray(turned), x=0.5, y=0.5, scale=0.5)
    np.testing.assert_allclose(image, same.astype(int), atol=1)
    np.testing.assert_array_equal(mask, same_mask)


@pytest.mark.parametrize(("angle", "scale"), [(0, 0.31), (27, 0.31), (-110, 0.83)])
def test_covers_the_area_it_should(rng, angle, scale):
    shape = np.kron(rng.random((3, 5)) < 0.6, np.ones((10, 10))) > 0  # many edges
    cutout = opaque(np.full(shape.shape, 255))
    cutout[~shape, 3] = 0
    image, mask = paste(grey((48, 64), 0), cutout, x=0.4, y=0.55, scale=scale, angle_deg=angle)
    # Each pixel looked at in 12 × 12 places, turned back into the cut-out.
    fine = (np.arange(12) + 0.5) / 12
    v, u = (n + fine[None] for n in (np.arange(48)[:, None], np.arange(64)[:, None]))
    v, u = np.meshgrid(v.ravel(), u.ravel(), indexing="ij")
    turn = np.exp(1j * np.radians(angle))
    back = ((u - 0.4 * 64) + 1j * (v - 0.55 * 48)) * turn * 50 / (scale * 64)
    column, row = np.floor(back.real + 25).astype(int), np.floor(back.imag + 15).astype(int)
    hit = (column >= 0) & (column < 50) & (row >= 0) & (row < 30)
    seen = np.where(hit, shape[row.clip(0, 29), column.clip(0, 49)], False)
    area = seen.reshape(48, 12, 64, 12).mean((1, 3))
    assert np.abs(image[..., 0] / 255 - area).mean() / area.mean() < 0.1  # bilinear edges are a little softer
    assert image[..., 0].sum() / 255 == pytest.approx(area.sum(), rel=0.01)
    assert (mask != (area >= 0.5)).sum() <= 0.06 * mask.sum()


def test_fine_patterns_are_averaged():
    board = opaque(255 * (np.indices((64, 64)).sum(0) % 2))
    image, _ = paste(grey((64, 64), 0), board, x=0.5, y=0.5, scale=1 / 8)
    assert image[28:36, 28:36].min() >= 127
    assert image[28:36, 28:36].max() <= 128


@pytest.mark.parametrize("rows", [1, 2])
def test_what_is_thinner_than_a_pixel_is_fainter(rows):
    wire = opaque(np.full((rows, 400), 255))
    image, mask = paste(grey((100, 100), 0), wire, x=0.5, y=0.5, scale=0.4)
    assert image[..., 0].sum() / 255 == pytest.approx(40 * rows / 10, rel=0.05)
    assert not mask.any()


@pytest.mark.parametrize("blend", BLENDS)
def test_no_dark_or_coloured_fringe(blend):
    disc = np.hypot(*np.indices((41, 41)) - 20.0) < 17
    white = opaque(np.where(disc, 255, 0))
    white[~disc, 3] = 0
    placed = {"x": 0.52, "y": 0.47, "scale": 0.41, "angle_deg": 33, "blend": blend}
    image, mask = paste(grey((64, 64), 255), white, **placed)
    assert image.min() >= 254
    assert mask.any()
    hidden = white.copy()
    hidden[~disc, :3] = [255, 0, 200]
    assert paste(grey((64, 64), 100), hidden, **placed)[0][..., 1].min() >= 99


def test_feathered_edge_is_gaussian():
    black = opaque(np.zeros((40, 40)))
    image, _ = paste(grey((80, 80), 200), black, x=0.5, y=0.5, scale=0.5, blend="feathered")
    from_edge = np.arange(80) + 0.5 - 20  # the left edge lies at column 20
    near = np.abs(from_edge) < 10
    # Every pixel averages a Gaussian step of 1 px; against the step itself that is under 3 %.
    np.testing.assert_allclose(image[40, near, 0], 200 * ndtr(-from_edge[near]), atol=0.03 * 200)


def test_feathering_keeps_the_inside(rng):
    cutout = opaque(rng.integers(0, 256, (40, 40)))
    plain, feathered = (
        paste(grey((80, 80), 200), cutout, x=0.5, y=0.5, scale=0.5, blend=blend)[0]
        for blend in ("plain", "feathered")
    )
    np.testing.assert_allclose(feathered[25:55, 25:55], plain[25:55, 25:55].astype(int), atol=1)


@pytest.mark.parametrize("size", [(30, 41), (31, 40)])
@pytest.mark.parametrize("x", [0.5, 0.51, 0.02, 1.0])
@pytest.mark.parametrize("y", [0.5, 0.0])
def test_poisson_on_an_even_ground_is_plain(rng, size, x, y):
    cutout = opaque(rng.integers(60, 200, size))
    placed = {"x": x, "y": y, "scale": 0.33, "angle_deg": 20}
    image, _ = paste(grey((99, 120), 130), cutout, **placed, blend="poisson")
    plain, _ = paste(grey((99, 120), 130), cutout, **placed)
    np.testing.assert_allclose(image, plain.astype(int), atol=2)


def test_poisson_on_a_slope_lets_the_slope_through():
    # A slope is harmonic: on it, Poisson's equation has the cut-out plus the slope as its solution.
    slope = np.broadcast_to((60 + np.arange(128))[None, :, None], (128, 128, 3)).astype(np.uint8)
    image, mask = paste(
        slope, opaque(np.full((40, 61), 90)), x=50.5 / 128, y=0.5, scale=61 / 128, blend="poisson"
    )
    added = image[..., 0].astype(float) - 90
    column = np.nonzero(mask)[1]
    np.testing.assert_allclose(added[mask], column - column.mean(), atol=2)
    np.testing.assert_array_equal(image[~mask], slope[~mask])


def test_poisson_keeps_thin_parts():
    barrel = opaque(np.full((4, 60), 20))  # thinner than what cv2.seamlessClone erodes
    image, mask = paste(grey((100, 100), 180), barrel, x=0.5, y=0.5, scale=0.6, blend="poisson")
    assert mask.sum() == 240
    assert np.abs(image[mask].astype(int) - 20).max() <= 3


@pytest.mark.parametrize("match_light", [False, True])
def test_the_mask_is_the_same_for_every_blend(rng, piece, match_light):
    wall = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    placed = {"x": 0.9, "y": 0.3, "scale": 0.4, "angle_deg": 40, "flip": True}
    _, mask = paste(wall, piece, **placed)
    for blend in BLENDS:
        np.testing.assert_array_equal(
            paste(wall, piece, **placed, blend=blend, match_light=match_light)[1], mask
        )


@pytest.mark.parametrize("blend", ["plain", "feathered"])
def test_partly_outside_is_as_if_cut(rng, piece, blend):
    wall = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    whole, whole_mask = paste(wall, piece, x=30 / 60, y=20 / 60, scale=24 / 60, angle_deg=15, blend=blend)
    cut, cut_mask = paste(
        wall[18:, 33:], piece, x=-3 / 27, y=2 / 42, scale=24 / 42, angle_deg=15, blend=blend
    )
    # Feathering looks at the picture only through the cut-out's edge, so the frame's edge does not matter.
    np.testing.assert_allclose(cut, whole[18:, 33:].astype(int), atol=1)
    np.testing.assert_array_equal(cut_mask, whole_mask[18:, 33:])
    assert cut_mask.any()


@pytest.mark.parametrize("blend", BLENDS)
def test_wholly_outside_changes_nothing(piece, blend):
    wall = grey((30, 30), 77)
    image, mask = paste(wall, piece, x=1.5, y=0.5, scale=0.5, blend=blend, match_light=True)
    np.testing.assert_array_equal(image, wall)
    assert not mask.any()
    assert image is not wall


def test_light_goes_half_of_the_way(rng):
    wall = np.clip(rng.normal([190, 150, 90], 12, (80, 80, 3)), 0, 255).astype(np.uint8)
    cutout = np.full((20, 40, 4), 255, np.uint8)
    cutout[..., :3] = np.clip(rng.normal(80, 8, (20, 40, 3)), 0, 255)
    image, mask = paste(wall, cutout, x=0.5, y=0.5, scale=0.5, match_light=True)
    before, after, target = (
        rgb2yuv(pixels) for pixels in (cutout[..., :3] / 255, image[mask] / 255, wall / 255)
    )
    mean, spread = (before.mean((0, 1)), before.std((0, 1)))
    np.testing.assert_allclose(after.mean(0), (mean + target.mean((0, 1))) / 2, atol=0.01)
    np.testing.assert_allclose(after.std(0), (spread + target.std((0, 1))) / 2, atol=0.005)


def test_matched_light_leaves_the_picture_alone(rng, piece):
    wall = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    image, _ = paste(wall, piece, x=0.5, y=0.5, scale=0.3, match_light=True)
    there = np.zeros((60, 60), bool)
    there[24:36, 20:40] = True
    np.testing.assert_array_equal(image[~there], wall[~there])


def test_a_hand_is_pasted_but_not_in_the_mask():
    held = opaque(np.full((20, 40), 200))
    firearm = np.zeros((20, 40), bool)
    firearm[:, :30] = True
    image, mask = paste(grey((80, 80), 0), held, x=0.5, y=0.5, scale=0.5, mask=firearm)
    assert (image[30:50, 20:60] == 200).all()
    assert mask.sum() == 20 * 30
    assert mask[30:50, 20:50].all()


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (7, 3)])
def test_any_size_of_picture(piece, shape, blend):
    image, mask = paste(grey(shape, 50), piece, x=0.5, y=0.5, scale=1.0, blend=blend, match_light=True)
    assert image.shape == (*shape, 3)
    assert mask.shape == shape


def test_pictures_stay_as_they_are(rng, piece):
    wall = rng.integers(0, 256, (30, 30, 3), dtype=np.uint8)
    kept, kept_piece = wall.copy(), piece.copy()
    paste(wall, piece, x=0.5, y=0.5, scale=0.5, blend="poisson", match_light=True)
    np.testing.assert_array_equal(wall, kept)
    np.testing.assert_array_equal(piece, kept_piece)


GOOD = {"x": 0.5, "y": 0.5, "scale": 0.5}


@pytest.mark.parametrize(
    ("background", "cutout", "names"),
    [
        (np.zeros((8, 8), np.uint8), opaque(np.ones((4, 4))), "background is uint8 of shape"),
        (np.zeros((8, 8, 3)), opaque(np.ones((4, 4))), "background is float64"),
        (np.zeros((0, 8, 3), np.uint8), opaque(np.ones((4, 4))), "background is uint8 of shape"),
        (np.full((8, 8, 3), np.nan), opaque(np.ones((4, 4))), "background is float64"),
        (grey((8, 8), 1), grey((4, 4), 1), "cutout is uint8 of shape"),
        (grey((8, 8), 1), opaque(np.ones((4, 4))).astype(np.uint16), "cutout is uint16"),
        (grey((8, 8), 1), np.zeros((4, 4, 4), np.uint8), "transparent everywhere"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(background, cutout, names):
    with pytest.raises(DataError, match=names):
        paste(background, cutout, **GOOD)


@pytest.mark.parametrize("mask", [np.ones((4, 5), bool), np.ones((4, 4))])
def test_masks_that_do_not_fit_are_refused(mask):
    with pytest.raises(DataError, match="mask is"):
        paste(grey((8, 8), 1), opaque(np.ones((4, 4))), **GOOD, mask=mask)


@pytest.mark.parametrize(
    "wrong",
    [{"x": np.nan}, {"y": np.inf}, {"scale": 0}, {"scale": np.nan}, {"angle_deg": np.nan}, {"blend": "soft"}],
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        paste(grey((8, 8), 1), opaque(np.ones((4, 4))), **GOOD | wrong)
