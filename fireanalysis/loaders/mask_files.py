"""Reading mask files: two values, transparency, grey, colours, or a tint over the picture itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fireanalysis.errors import DataError
from fireanalysis.transforms import TintMask, decode_tint

from .pictures import KIND, opened_picture

_MOST_CLASSES = 31
_FEW_COLOURS = 64  # flat colours of classes are fewer; a tinted photograph has thousands
_ALIKE = 16  # grey levels between a picture and its tinted copy, where it is not tinted


@dataclass(frozen=True, eq=False)
class MaskFile:
    """A mask, and what was done to get it.

    Attributes
    ----------
    mask : bool (h, w)
    notes : tuple of str
        What was decided on the way: grey values cut, colours taken together, a tint decoded, ...
    tint : TintMask, optional
        If the file was a tint over the picture: how far to believe the mask.
    """

    mask: NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    tint: TintMask | None = None


def read_mask(path: str | os.PathLike[str]) -> NDArray[np.bool_]:
    """Read a mask file: which pixels belong to the object.

    Two values of any kind (0 and 255, 0 and 1, black and a colour, transparent and not) mean background and
    object. Several grey values up to 31 are numbers of classes, all of them objects; more are a soft edge, cut at the
    middle between the lowest and the highest. Colours on black, as class masks have them, are all object. In JPEG and
    WebP files, which blur values, half of the full scale decides (for colours a quarter).

    Parameters
    ----------
    path : path
        As for `read_picture`; EXIF rotation is applied too.

    Returns
    -------
    bool (h, w)

    Raises
    ------
    DataError
        As `read_picture`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mask.png"
    >>> Image.fromarray(np.array([[0, 1], [1, 1]], np.uint8)).save(path)
    >>> read_mask(path).tolist()
    [[False, True], [True, True]]
    """
    return open_mask(path).mask


def open_mask(path: str | os.PathLike[str], *, image: NDArray[np.uint8] | None = None) -> MaskFile:
    """Read a mask as `read_mask` does, tell what was done to it, and hold it against its picture.

    Parameters
    ----------
    path : path
    image : uint8 (h, w, 3), optional
        The picture. The mask must have its size; a file of many colours is taken as the picture with a tint
        over it (`decode_tint`).

    Returns
    -------
    MaskFile

    Raises
    ------
    DataError
        As `read_picture`; or for a mask of another size.
    """
    path = Path(path)
    with opened_picture(path) as (picture, notes):
        levels = _levels(picture, path)
        lossy = picture.info[KIND] in ("jpeg", "mpo", "webp")
    if image is not None and levels.shape[:2] != image.shape[:2]:
        turned = levels.shape[:2] == image.shape[1::-1]
        raise DataError(
            f"the mask has {levels.shape[1]} x {levels.shape[0]} pixels, its picture {image.shape[1]} x "
            f"{image.shape[0]}{' once turned as its EXIF says' if turned else ''}",
            where=path,
            do="pair it with the picture it was drawn on, and save it at that size"
            + (" and turned the same way" if turned else ""),
        )
    if image is not None and levels.ndim == 3 and _is_tinted(levels, image):
        tint = decode_tint(levels, image)
        notes.append(f"a tint, decoded: {tint.uncertain_share:.1%} of the mask's area uncertain")
        return MaskFile(tint.mask, tuple(notes), tint)
    mask = _mask(levels, lossy=lossy, notes=notes)
    return MaskFile(mask, tuple(notes))


def _mask(levels: NDArray, *, lossy: bool, notes: list[str]) -> NDArray[np.bool_]:
    if levels.ndim == 3:
        if lossy:
            notes.append("colours of a lossy file cut at 63 of 255")
        return np.asarray(levels.max(2) > (63 if lossy else 0))
    if lossy:
        notes.append("grey values of a lossy file cut at 127 of 255")
        return np.asarray(levels > 127)
    values = np.unique(levels)
    if len(values) == 1:
        return np.full(levels.shape, bool(values[0] > 0))
    if len(values) > 2:
        low, high = values[0], values[-1]
        is_class = levels.dtype.kind != "f" and low == 0 and high <= _MOST_CLASSES
        cut = 0.0 if is_class else (float(low) + float(high)) / 2
        what = "numbers of classes, all objects" if is_class else f"cut at {cut:g}"
        notes.append(f"{len(values)} values from {low:g} to {high:g}: {what}")
        return np.asarray(levels > cut)
    return np.asarray(levels == values[1])


def _is_tinted(levels: NDArray, image: NDArray[np.uint8]) -> bool:
    """Whether colours are those of the picture, but for some of it: not classes, be they blurred by JPEG."""
    codes = levels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    difference = np.abs(levels.astype(np.int16) - image).max(2)
    return len(np.unique(codes)) > _FEW_COLOURS and bool(np.median(difference) < _ALIKE)


def _levels(picture: Image.Image, path: Path) -> NDArray:
    """Give the values of a mask: grey levels, colours if it has any, or its alpha if only that tells something."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture)
        if not np.isfinite(values).all():
            raise DataError("the mask holds NaN or infinity", where=path, do="save it as 8-bit PNG")
        return values
    colours = np.asarray(picture.convert("RGBA"))
    colours, alpha = colours[..., :3], colours[..., 3]
    if alpha.min() < alpha.max() and np.ptp(colours[alpha > 0], axis=0).max() == 0:
        return alpha  # one colour all over: the transparency is the mask
    colours = colours * (alpha > 0)[..., None]
    return colours[..., 0] if np.all(colours == colours[..., :1]) else colours
