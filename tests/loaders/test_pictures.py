import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from fireanalysis.errors import DataError
from fireanalysis.loaders import read_cutout, read_picture

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (40, 60, 3), np.uint8)


def save(path, values, mode=None, **settings):
    picture = values if isinstance(values, Image.Image) else Image.fromarray(values, mode)
    picture.save(path, **settings)
    return path


def png(width, height, rows, *, depth=8, kind=2):
    """Write a PNG by hand: signature, header, data, end."""

    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
def test_lossless_files_as_they_are(tmp_path, suffix):
    settings = {"lossless": True} if suffix == "webp" else {}
    picture = read_picture(save(tmp_path / f"a.{suffix}", NOISE, **settings))
    assert picture.image.dtype == np.uint8 and (picture.image == NOISE).all() and picture.notes == ()


def test_jpeg_is_near(tmp_path):
    smooth = np.repeat(np.linspace(0, 255, 60).astype(np.uint8)[None], 40, axis=0)[..., None].repeat(3, 2)
    picture = read_picture(save(tmp_path / "a.jpg", smooth, quality=95))
    assert np.abs(picture.image.astype(int) - smooth).max() < 6 and picture.notes == ()


def test_grey_and_one_bit(tmp_path):
    grey = read_picture(save(tmp_path / "g.png", NOISE[..., 0])).image
    assert (grey == NOISE[..., :1]).all() and grey.shape == (40, 60, 3)
    bits = read_picture(save(tmp_path / "b.png", Image.fromarray(NOISE[..., 0] > 99))).image
    assert (bits[..., 2] == 255 * (NOISE[..., 0] > 99)).all()


# how Pillow's own `transpose` turns a picture that EXIF orientation n describes
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_exif_rotation(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(save(tmp_path / f"a.{suffix}", NOISE, exif=exif))
    upright = Image.fromarray(NOISE)
    upright = upright.transpose(TURNS[orientation]) if orientation > 1 else upright
    assert (picture.image == np.asarray(upright)).all()
    said = f"turned as its EXIF says (orientation {orientation})"
    assert picture.notes == ((said,) if orientation > 1 else ())


@pytest.mark.parametrize(
    ("most", "shift", "said"),
    [
        (65_535, 8, "16 bit: the upper 8 count"),
        (4095, 4, "16 bit, 12 of them used"),
        (255, 0, "16 bit, 8 of"),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_grey(tmp_path, most, shift, said, suffix):
    values = RNG.integers(0, most + 1, (9, 7)).astype(np.uint16)
    values[0, 0] = most
    picture = read_picture(save(tmp_path / f"a.{suffix}", values))
    assert (picture.image[..., 1] == values // 2**shift).all()
    assert len(picture.notes) == 1 and picture.notes[0].startswith(said)


def test_16_bit_colours(tmp_path):
    values = RNG.integers(0, 65_536, (5, 4, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    (tmp_path / "a.png").write_bytes(png(4, 5, rows, depth=16))
    picture = read_picture(tmp_path / "a.png")
    assert (picture.image == values // 256).all()
    assert picture.notes == ("16 bit: the upper 8 count",)


def test_floating_point(tmp_path):
    values = RNG.random((6, 5)).astype(np.float32)
    picture = read_picture(save(tmp_path / "a.tif", values))
    assert (picture.image[..., 0] == np.rint(values * 255)).all() and "0 to 1" in picture.notes[0]
    picture = read_picture(save(tmp_path / "b.tif", values * 255))
    assert (picture.image[..., 0] == np.rint(values * 255)).all() and "rounded" in picture.notes[0]


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([[0.5, np.nan]], "1 values are NaN"),
        ([[0.5, np.inf]], "1 values are NaN or infinite"),
        ([[-0.1, 1]], "-0.1 to 1"),
        ([[0, 4e4]], "0 to 4e"),
    ],
)
def test_floating_point_refused(tmp_path, values, match):
    with pytest.raises(DataError, match=match):
        read_picture(save(tmp_path / "a.tif", np.array(values, np.float32)))


def test_large_whole_numbers_refused(tmp_path):
    path = save(tmp_path / "a.tif", np.array([[0, 70_000]], np.int32))
    with pytest.raises(DataError, match="0 to 70000; 8 or 16"):
        read_picture(path)


def test_cmyk(tmp_path):
    inks = RNG.integers(0, 256, (8, 8, 4), np.uint8)
    picture = read_picture(save(tmp_path / "a.tif", inks, "CMYK"))
    share = inks.astype(float) / 255
    expected = 255 * (1 - share[..., :3]) * (1 - share[..., 3:])
    assert np.abs(picture.image - expected).max() <= 1.5 and picture.notes == ("converted from CMYK",)
    jpeg = read_picture(save(tmp_path / "a.jpg", np.full((16, 16, 4), (0, 255, 255, 0), np.uint8), "CMYK"))
    assert np.abs(jpeg.image.astype(int) - (255, 0, 0)).max() < 12  # magenta and yellow are red


def test_a_colour_mode_that_cannot_be(tmp_path):
    lab = ImageCms.profileToProfile(
        Image.fromarray(NOISE),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    with pytest.raises(DataError, match="its colours are LAB"):
        read_picture(save(tmp_path / "a.tif", lab))


def test_transparency_is_laid_on_white(tmp_path):
    values = np.dstack([NOISE, RNG.integers(0, 256, NOISE.shape[:2], np.uint8)])
    picture = read_picture(save(tmp_path / "a.png", values))
    alpha = values[..., 3:] / 255
    assert np.abs(picture.image - (alpha * NOISE + (1 - alpha) * 255)).max() <= 1
    assert picture.notes == ("transparency laid on white",)


def test_palette_with_a_transparent_colour(tmp_path):
    indexed = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    indexed.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    plain = read_picture(save(tmp_path / "p.png", indexed))
    assert (
        plain.image.tolist() == [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [0, 255, 0]]] and not plain.notes
    )
    seen = read_picture(save(tmp_path / "t.png", indexed, transparency=1))
    assert seen.image.tolist() == [[[255, 0, 0], [255] * 3], [[0, 0, 255], [255] * 3]] and seen.notes


def test_animated(tmp_path):
    frames = [Image.fromarray(np.full((8, 9), value, np.uint8)) for value in (0, 100, 200)]
    for name in ("a.gif", "a.webp", "a.tif"):
        settings = {"lossless": True} if name.endswith("webp") else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **settings)
        picture = read_picture(tmp_path / name)
        assert picture.image.max() == 0 and picture.image.shape == (8, 9, 3)
        assert picture.notes == ("the first of 3 frames",)


def test_a_name_that_says_otherwise(tmp_path):
    save(tmp_path / "a.png", NOISE)
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    picture = read_picture(tmp_path / "a.jpg")
    assert (picture.image == NOISE).all() and picture.notes == ("holds PNG though its name ends in .jpg",)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "webp", "gif"])
def test_truncated(tmp_path, suffix, share):
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(NOISE))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    if (suffix, share) == ("gif", 0.98):  # only its end mark is missing
        pytest.skip("nothing of the picture is missing")
    with pytest.raises(DataError, match=r"truncated|no picture in") as error:
        read_picture(path)
    assert error.value.where == path and "\n" not in error.value.what


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "webp", "gif"])
def test_damaged_files_are_one_error_or_a_picture(tmp_path, suffix):
    content = bytearray(save(tmp_path / f"a.{suffix}", Image.fromarray(NOISE)).read_bytes())
    rng, refused = np.random.default_rng(1), 0
    for number in range(120):
        damaged = content.copy()
        for place in rng.integers(0, min(len(content), 400 if number % 2 else len(content)), 6):
            damaged[place] = rng.integers(256)
        (tmp_path / f"b.{suffix}").write_bytes(damaged)
        try:
            assert read_picture(tmp_path / f"b.{suffix}").image.ndim == 3
        except DataError:
            refused += 1
    assert refused > 5


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"this is text\n" * 99, "no picture in PNG, JPEG, .*this is text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture in"),
        (b"%PDF-1.4 whatever", "no picture in"),
        (png(0, 5, b""), "no pixels|damaged|no picture"),
    ],
)
def test_no_pictures(tmp_path, content, match):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match=match):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("side", "match"), [(10_001, "10001 x 10001, more than 100"), (60_000, "far more than 100")]
)
def test_bombs(tmp_path, side, match):
    # small files that would fill the memory
    rows = zlib.compress(bytes((side + 1) * 50), 9)
    assert len(rows) < 20_000
    (tmp_path / "a.png").write_bytes(png(side, side, bytes((side + 1) * 50), kind=0))
    for read in (read_picture, read_cutout):
        with pytest.raises(DataError, match=match):
            read(tmp_path / "a.png")


def test_a_bomb_in_a_text_of_a_png(tmp_path):
    content = png(4, 4, bytes(4 * 13))
    body = b"zTXt" + b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)
    text = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(content[:33] + text + content[33:])
    with pytest.raises(DataError, match="Decompressed data too large"):
        read_picture(tmp_path / "a.png")


def test_missing_and_folders(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(DataError, match="is no file"):
        read_picture(tmp_path)


def test_cutouts_are_cut_to_what_is_seen(tmp_path):
    values = np.zeros((20, 30, 4), np.uint8)
    values[5:9, 12:20] = 77, 66, 55, 200
    assert read_cutout(save(tmp_path / "a.png", values)).tolist() == [[[77, 66, 55, 200]] * 8] * 4
    indexed = Image.fromarray(np.array([[0, 0], [0, 1]], np.uint8), "P")
    indexed.putpalette([9, 9, 9, 8, 7, 6])
    assert read_cutout(save(tmp_path / "p.png", indexed, transparency=0)).tolist() == [[[8, 7, 6, 255]]]


def test_cutouts_refused(tmp_path):
    with pytest.raises(DataError, match="no transparency: its mode is RGB"):
        read_cutout(save(tmp_path / "a.png", NOISE))
    with pytest.raises(DataError, match="nothing is visible"):
        read_cutout(save(tmp_path / "b.png", np.zeros((4, 4, 4), np.uint8)))
