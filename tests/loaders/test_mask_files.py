import numpy as np
import pytest
from PIL import Image
from skimage import data

from fireanalysis.errors import DataError
from fireanalysis.loaders import read_mask
from fireanalysis.loaders.mask_files import open_mask

from .test_pictures import png, save

TRUTH = np.zeros((20, 30), bool)
TRUTH[5:15, 10:22] = True


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "gif"])
@pytest.mark.parametrize("values", [(0, 255), (0, 1), (0, 128), (30, 90)])
def test_two_values(tmp_path, suffix, values):
    mask = read_mask(save(tmp_path / f"m.{suffix}", np.where(TRUTH, *values[::-1]).astype(np.uint8)))
    assert mask.dtype == bool and (mask == TRUTH).all()


def test_one_bit_16_bit_and_floating_point(tmp_path):
    assert (read_mask(save(tmp_path / "b.png", Image.fromarray(TRUTH))) == TRUTH).all()
    assert (read_mask(save(tmp_path / "i.png", TRUTH.astype(np.uint16) * 65_535)) == TRUTH).all()
    assert (read_mask(save(tmp_path / "f.tif", TRUTH.astype(np.float32))) == TRUTH).all()
    broken = np.where(TRUTH, np.nan, 0).astype(np.float32)
    with pytest.raises(DataError, match="the mask holds NaN"):
        read_mask(save(tmp_path / "n.tif", broken))


@pytest.mark.parametrize("value", [0, 1, 255])
def test_masks_of_one_value(tmp_path, value):
    path = save(tmp_path / "m.png", np.full((4, 5), value, np.uint8))
    assert (read_mask(path) == (value > 0)).all()


def test_colours_and_palettes(tmp_path):
    red = np.zeros((*TRUTH.shape, 3), np.uint8)
    red[TRUTH] = 128, 0, 0
    assert (read_mask(save(tmp_path / "c.png", red)) == TRUTH).all()
    indexed = Image.fromarray(TRUTH.astype(np.uint8), "P")
    indexed.putpalette([0, 0, 0, 0, 128, 128])
    assert (read_mask(save(tmp_path / "p.png", indexed)) == TRUTH).all()
    classes = TRUTH.astype(np.uint8)
    classes[6:9, 12:15] = 3
    mask = open_mask(save(tmp_path / "n.png", classes))
    assert (mask.mask == TRUTH).all() and mask.notes == (
        "3 values from 0 to 3: numbers of classes, all objects",
    )


def test_transparency(tmp_path):
    for colour in (0, 255):
        values = np.full((*TRUTH.shape, 4), colour, np.uint8)
        values[..., 3] = 255 * TRUTH
        assert (read_mask(save(tmp_path / "a.png", values)) == TRUTH).all()
    values = np.dstack([255 * TRUTH.astype(np.uint8)] * 3 + [np.full(TRUTH.shape, 255, np.uint8)])
    assert (read_mask(save(tmp_path / "o.png", values)) == TRUTH).all()
    values[..., :3] = 0
    assert not read_mask(save(tmp_path / "e.png", values)).any()


def test_a_soft_edge_is_cut_in_the_middle(tmp_path):
    ramp = np.linspace(0, 255, 52).astype(np.uint8)[None].repeat(4, axis=0)
    mask = open_mask(save(tmp_path / "m.png", ramp))
    assert (mask.mask == (ramp > 127.5)).all() and mask.notes == ("52 values from 0 to 255: cut at 127.5",)


def test_jpeg_masks(tmp_path):
    mask = open_mask(save(tmp_path / "m.jpg", np.uint8(255) * TRUTH, quality=60))
    assert np.count_nonzero(mask.mask != TRUTH) <= 2 and "cut at 127" in mask.notes[0]
    assert not read_mask(save(tmp_path / "e.jpg", np.full((9, 9), 3, np.uint8))).any()
    red = np.zeros((*TRUTH.shape, 3), np.uint8)
    red[TRUTH] = 200, 0, 0
    mask = open_mask(save(tmp_path / "c.jpg", red, quality=95, subsampling=0))
    assert np.count_nonzero(mask.mask != TRUTH) <= 4 and "cut at 63" in mask.notes[0]


def test_turned_by_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    mask = open_mask(save(tmp_path / "m.png", np.uint8(255) * TRUTH, exif=exif))
    assert (mask.mask == np.rot90(TRUTH, -1)).all() and "orientation 6" in mask.notes[0]


def test_masks_of_another_size(tmp_path):
    path = save(tmp_path / "m.png", np.uint8(255) * TRUTH)
    with pytest.raises(DataError, match="the mask has 30 x 20 pixels, its picture 31 x 20"):
        open_mask(path, image=np.zeros((20, 31, 3), np.uint8))
    with pytest.raises(DataError, match="its picture 20 x 30 once turned as its EXIF says"):
        open_mask(path, image=np.zeros((30, 20, 3), np.uint8))


def test_a_bomb(tmp_path):
    (tmp_path / "m.png").write_bytes(png(20_000, 20_000, bytes(20_001 * 20), kind=0))
    with pytest.raises(DataError, match="million pixels"):
        read_mask(tmp_path / "m.png")


def test_a_tint_over_the_picture(tmp_path):
    picture = data.coffee()
    truth = np.zeros(picture.shape[:2], bool)
    truth[100:200, 200:330] = True
    tinted = np.where(truth[..., None], 0.5 * picture + 0.5 * np.array([61, 61, 245]), picture)
    path = save(tmp_path / "m.png", tinted.astype(np.uint8))
    mask = open_mask(path, image=picture)
    assert np.count_nonzero(mask.mask != truth) < 0.02 * truth.sum()
    assert mask.tint is not None and mask.tint.opacity == pytest.approx(0.5, abs=0.02)
    assert mask.notes[-1].startswith("a tint, decoded: ")
    # without its picture nobody can tell, and flat colours are no tint
    assert open_mask(path).tint is None
    flat = np.where(truth[..., None], np.array([61, 61, 245]), 0).astype(np.uint8)
    mask = open_mask(save(tmp_path / "f.png", flat), image=picture)
    assert mask.tint is None and (mask.mask == truth).all()
    blurred = open_mask(save(tmp_path / "f.jpg", flat, quality=80), image=picture)
    assert blurred.tint is None and np.count_nonzero(blurred.mask != truth) < 0.03 * truth.sum()
