"""Reading picture and mask files; whatever is wrong with one is a single clear error, what was done to it a note."""

from __future__ import annotations

import os
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fireanalysis.errors import DataError

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")

KIND = "kind of file"
"""Under which a decoded picture's `info` names its format."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
_NAMES = {"jpg": "jpeg", "tif": "tiff", "mpo": "jpeg"}
_MOST_PIXELS = 100_000_000
_ORIENTATION = 0x0112
_RGB = ("RGB", "RGBX", "L", "1", "P", "CMYK", "YCbCr")
# What a decoder raises for a damaged file, beside OSError.
_DAMAGE: tuple[type[Exception], ...] = (
    ValueError,
    SyntaxError,
    TypeError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    KeyError,
    AttributeError,
    MemoryError,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, eq=False)
class PictureFile:
    """A picture as it is meant to be seen.

    Attributes
    ----------
    image : uint8 (h, w, 3)
        Red, green, blue.
    notes : tuple of str
        What the reader did or saw: turned by EXIF, transparency on white, 16 bit scaled, first of several frames, ...
    """

    image: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def read_picture(path: str | os.PathLike[str]) -> PictureFile:
    """Read a picture file of any kind as 8-bit RGB.

    EXIF rotation is applied. Of 16-bit pictures the upper 8 bits count; grey ones without a value above 255 or 4095
    hold 8 or 12 bits, and the upper 8 of those count. Floating-point values must lie within 0 to 1, or 0 to 255. CMYK
    and YCbCr are converted by the formula, without colour profiles. What is transparent is laid on white.

    Parameters
    ----------
    path : path
        PNG, JPEG, WebP, BMP, TIFF or GIF file. What it is is told by its content; a name that says otherwise is noted.

    Returns
    -------
    PictureFile

    Raises
    ------
    DataError
        For a file that is missing, empty, truncated or no picture; for more than 100 million pixels (which a small
        file can claim, to fill the memory); for NaN, infinity, or floating-point values of unknown scale.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "half.png"
    >>> Image.fromarray(np.full((2, 3, 4), 128, np.uint8), "RGBA").save(path)
    >>> picture = read_picture(path)
    >>> picture.image.shape, picture.image[0, 0].tolist(), picture.notes
    ((2, 3, 3), [191, 191, 191], ('transparency laid on white',))
    """
    path = Path(path)
    with opened_picture(path) as (picture, notes):
        return PictureFile(_as_rgb(picture, path, notes), tuple(notes))


def read_cutout(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read a picture with transparency around an object, as 8-bit RGBA.

    Parameters
    ----------
    path : path
        PNG, WebP, TIFF or GIF file with transparency.

    Returns
    -------
    uint8 (h, w, 4)
        Cut to what is not fully transparent.

    Raises
    ------
    DataError
        As `read_picture`; or without transparency, or if nothing is visible.
    """
    path = Path(path)
    with opened_picture(path) as (picture, _):
        if not picture.has_transparency_data:
            raise DataError(
                f"no transparency: its mode is {picture.mode}",
                where=path,
                do="cut the object out first; or put pictures and masks in folders images and masks",
            )
        cutout = np.asarray(picture.convert("RGBA"))
    seen = cutout[..., 3] > 0
    if not seen.any():
        raise DataError("nothing is visible: all of it is transparent", where=path, do="leave it out")
    rows, columns = (np.flatnonzero(seen.any(axis)) for axis in (1, 0))
    return np.ascontiguousarray(cutout[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


@contextmanager
def opened_picture(path: Path) -> Iterator[tuple[Image.Image, list[str]]]:
    """Open and decode the first frame, upright; give notes to add to. Errors inside are told as DataError.

    Raises
    ------
    DataError
    """
    if path.exists() and not path.is_file():
        raise DataError("is no file", where=path, do="pass a picture file")
    notes: list[str] = []
    try:
        if path.stat().st_size == 0:
            raise DataError("the file is empty (0 bytes)", where=path, do="copy it again, or leave it out")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on size, which is looked at below, and on odd metadata
            with Image.open(path, formats=_FORMATS) as picture:
                _check_size(picture, path)
                yield _upright(picture, path, notes), notes
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path, "its header claims far") from error
    except Image.UnidentifiedImageError as error:
        start = path.read_bytes()[:12]
        raise DataError(
            f"no picture in {', '.join(_FORMATS)}: it begins with {start!r}",
            where=path,
            do="save it again as PNG or JPEG, or leave it out",
        ) from error
    except OSError as error:
        if error.strerror:
            raise DataError(f"cannot be read: {error.strerror}", where=path, do="check it") from error
        raise _damaged(path, error) from error
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _check_size(picture: Image.Image, path: Path) -> None:
    # The header says so much before anything is decoded.
    pixels = picture.width * picture.height
    if pixels > _MOST_PIXELS:
        raise _too_large(path, f"its header claims {picture.width} x {picture.height},")
    if pixels == 0:
        raise DataError("it has no pixels", where=path, do="leave it out")


def _upright(picture: Image.Image, path: Path, notes: list[str]) -> Image.Image:
    kind = str(picture.format).lower()
    suffix = path.suffix.lower().lstrip(".")
    if _NAMES.get(suffix, suffix) != _NAMES.get(kind, kind):
        notes.append(f"holds {kind.upper()} though its name ends in .{suffix}")
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and kind != "mpo":
        notes.append(f"the first of {frames} frames")
        picture.seek(0)
    if any(";16" in str(tile[3]) and picture.mode.startswith("RGB") for tile in getattr(picture, "tile", ())):
        notes.append("16 bit: the upper 8 count")
    turn = picture.getexif().get(_ORIENTATION, 1)
    picture.load()  # turns a TIFF
    picture.info[KIND] = kind
    turn = max(turn, picture.getexif().get(_ORIENTATION, 1))  # in a PNG it may come last
    if turn in range(2, 9):
        notes.append(f"turned as its EXIF says (orientation {turn})")
        picture = ImageOps.exif_transpose(picture)
    return picture


def _as_rgb(picture: Image.Image, path: Path, notes: list[str]) -> NDArray[np.uint8]:
    if picture.mode.startswith(("I", "F")):
        grey = _scaled(np.asarray(picture), path, notes)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.has_transparency_data:
        notes.append("transparency laid on white")
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return np.asarray(Image.alpha_composite(white, picture).convert("RGB"))
    if picture.mode not in _RGB:
        what = f"its colours are {picture.mode}; {', '.join(_RGB)} fit"
        raise DataError(what, where=path, do="save it again as PNG or JPEG")
    if picture.mode in ("CMYK", "YCbCr"):
        notes.append(f"converted from {picture.mode}")
    return np.asarray(picture.convert("RGB"))


def _scaled(values: NDArray, path: Path, notes: list[str]) -> NDArray[np.uint8]:
    if values.dtype.kind != "f":
        high = int(values.max())
        if int(values.min()) < 0 or high > 65_535:
            what = f"values from {values.min()} to {high}; 8 or 16 bits fit"
            raise DataError(what, where=path, do="save it as 8-bit PNG")
        bits = next(bits for bits in (8, 12, 16) if high < 2**bits)
        notes.append(
            "16 bit: the upper 8 count" if bits == 16 else f"16 bit, {bits} of them used: the upper 8 count"
        )
        return np.asarray(values >> (bits - 8), np.uint8)
    if not np.isfinite(values).all():
        count = np.count_nonzero(~np.isfinite(values))
        raise DataError(f"{count} values are NaN or infinite", where=path, do="save it as 8-bit PNG")
    least, most = float(values.min()), float(values.max())
    if least < 0 or most > 255:
        what = f"floating-point values from {least:.4g} to {most:.4g}; 0 to 1 or 0 to 255 fit"
        raise DataError(what, where=path, do="save it as 8-bit PNG")
    notes.append("floating point: 0 to 1 taken as 0 to 255" if most <= 1 else "floating point: rounded")
    return np.asarray(np.rint(values * (255 if most <= 1 else 1)), np.uint8)


def _too_large(path: Path, size: str) -> DataError:
    return DataError(
        f"{size} more than {_MOST_PIXELS // 10**6} million pixels",
        where=path,
        do="make it smaller first; if it is a small file, do not trust it",
    )


def _damaged(path: Path, error: Exception) -> DataError:
    said = re.sub(r"\s+", " ", str(error)).strip(" .")
    return DataError(
        f"damaged or truncated: {said or type(error).__name__}",
        where=path,
        do="copy it again, or leave it out",
    )
