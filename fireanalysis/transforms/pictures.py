"""Pictures and masks brought to one size, and large pictures cut into tiles and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_array, whole

Place = tuple[slice, slice]

_MOST_PIXELS = 2**14  # a side that a picture is brought to


def as_picture(image: ArrayLike, *, where: str) -> NDArray[np.uint8]:
    """Give a picture as uint8 (h, w, 3).

    Raises
    ------
    DataError
        For any other shape or type, and for a picture without pixels.
    """
    array = as_array(image, where=where)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise DataError(
            f"the picture is {array.dtype} of shape {array.shape}; uint8 (rows, columns, 3) fits",
            where=where,
            do="pass red, green and blue from 0 to 255, as read_picture gives them",
        )
    return array


def as_mask(mask: ArrayLike, *, shape: tuple[int, ...], where: str) -> NDArray[np.bool_]:
    """Give a mask as bool of a picture's rows and columns.

    Raises
    ------
    DataError
        For another type or size.
    """
    array = as_array(mask, where=where)
    if array.dtype != bool:
        raise DataError(f"the mask is {array.dtype}; bool fits", where=where, do="pass for example mask > 0")
    if array.shape != tuple(shape):
        raise DataError(
            f"the mask has shape {array.shape}, its picture {tuple(shape)}",
            where=where,
            do="pass the mask that was drawn on this picture, at its size",
        )
    return array


@overload
def fit_picture(
    image: ArrayLike, mask: None = None, *, pixels: int, how: Literal["squash", "pad"] = "squash"
) -> NDArray[np.uint8]: ...
@overload
def fit_picture(
    image: ArrayLike, mask: ArrayLike, *, pixels: int, how: Literal["squash", "pad"] = "squash"
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]: ...
def fit_picture(
    image: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    pixels: int,
    how: Literal["squash", "pad"] = "squash",
) -> NDArray[np.uint8] | tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Bring a picture, and its mask, to a square of one size.

    Shrinking averages areas, enlarging interpolates linearly, each axis for itself. A pixel of the mask is set
    where more than half of its area is: objects thinner than half a new pixel vanish.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    mask : bool (h, w), optional
    pixels : int
        Rows and columns of the square.
    how : {"squash", "pad"}
        Stretch both sides to the square, as Keras' ``target_size`` does; or keep the proportions and fill up
        with black on both sides.

    Returns
    -------
    uint8 (pixels, pixels, 3), and bool (pixels, pixels) with a mask

    Raises
    ------
    DataError
        For arrays of another type or shape.
    ParameterError
        For a size that is not from 1 to 16384, or an unknown `how`.

    Notes
    -----
    Source: segmentation paper, "Dataset" (256 × 256 pixels; how they got there is not said).

    Examples
    --------
    >>> image = np.zeros((40, 60, 3), np.uint8)
    >>> mask = np.zeros((40, 60), bool)
    >>> mask[:, :30] = True
    >>> small, small_mask = fit_picture(image, mask, pixels=20)
    >>> small.shape, float(small_mask.mean())
    ((20, 20, 3), 0.5)
    """
    where = "fit_picture"
    image = as_picture(image, where=where)
    if mask is not None:
        mask = as_mask(mask, shape=image.shape[:2], where=where)
    pixels = whole(pixels, name="pixels", where=where, least=1, most=_MOST_PIXELS)
    if how not in ("squash", "pad"):
        raise ParameterError(
            f"how is {how!r}; there are 'squash' and 'pad'", where=where, do="pass one of them"
        )
    rows, columns = pixels, pixels
    if how == "pad":
        longer = max(image.shape[:2])
        rows, columns = (max(round(side * pixels / longer), 1) for side in image.shape[:2])
    fitted = _padded(_resized(image, rows, columns), pixels)
    if mask is None:
        return fitted
    covered = _resized(mask.astype(np.float32), rows, columns)
    return fitted, _padded(covered > 0.5, pixels)


def resize_longer(image: ArrayLike, *, longer: int, step: int = 1) -> NDArray[np.uint8]:
    """Bring a picture's longer side to a length; its aspect ratio is kept, to the nearest step.

    Shrinking averages areas, enlarging interpolates linearly, each axis for itself.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    longer : int
        Length of the longer side in pixels.
    step : int
        Both sides are rounded to multiples of it, and are at least one step: for networks that halve their maps.

    Returns
    -------
    uint8 (rows, columns, 3)

    Raises
    ------
    DataError
        For an array that is no picture.
    ParameterError
        For a length that is not from 1 to 16384, or a step that is not from 1 to it.

    Notes
    -----
    Source: retrieval paper, §V-A (longer side random in 256 to 384, aspect ratio kept).

    Examples
    --------
    >>> image = np.zeros((300, 400, 3), np.uint8)
    >>> resize_longer(image, longer=128).shape, resize_longer(image, longer=128, step=32).shape
    ((96, 128, 3), (96, 128, 3))
    >>> resize_longer(np.zeros((10, 400, 3), np.uint8), longer=128, step=32).shape
    (32, 128, 3)
    """
    where = "resize_longer"
    image = as_picture(image, where=where)
    longer = whole(longer, name="longer", where=where, least=1, most=_MOST_PIXELS)
    step = whole(step, name="step", where=where, least=1, most=longer)
    shrink = longer / max(image.shape[:2])
    rows, columns = (max(round(side * shrink / step), 1) * step for side in image.shape[:2])
    return _resized(image, rows, columns)


def tiles(shape: tuple[int, int], *, pixels: int, overlap: int = 0) -> list[Place]:
    """Say where tiles of one size lie that together cover a picture.

    The first tile begins and the last one ends at the border; the others lie evenly between, neighbours sharing
    at least `overlap` pixels. Along a side shorter than a tile there is one tile, as long as that side.

    Parameters
    ----------
    shape : (rows, columns)
        Of the picture.
    pixels : int
        Side of a tile.
    overlap : int
        Fewer than `pixels`.

    Returns
    -------
    list of (slice, slice)
        Rows and columns of each: ``image[tile]`` is what it covers.

    Raises
    ------
    ParameterError
        For numbers out of range.

    Examples
    --------
    >>> tiles((4, 7), pixels=4, overlap=1)
    [(slice(0, 4, None), slice(0, 4, None)), (slice(0, 4, None), slice(3, 7, None))]
    """
    where = "tiles"
    pixels = whole(pixels, name="pixels", where=where, least=1, most=_MOST_PIXELS)
    overlap = whole(overlap, name="overlap", where=where, least=0, most=pixels - 1)
    sides = [whole(side, name="a side of shape", where=where, least=1, most=2**31) for side in shape]
    rows, columns = (_cuts(side, pixels, overlap) for side in sides)
    return [(row, column) for row in rows for column in columns]


def cut_tiles(image: ArrayLike, places: Sequence[Place], *, pixels: int) -> NDArray[np.uint8]:
    """Cut a picture into tiles; those beyond its border repeat its last row and column.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    places : list of (slice, slice)
        From `tiles`.
    pixels : int
        As given to `tiles`.

    Returns
    -------
    uint8 (tiles, pixels, pixels, 3)

    Raises
    ------
    DataError
        For an array that is no picture.

    Examples
    --------
    >>> image = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    >>> cut_tiles(image, tiles((2, 3), pixels=4), pixels=4)[0, :, :, 0].tolist()
    [[0, 3, 6, 6], [9, 12, 15, 15], [9, 12, 15, 15], [9, 12, 15, 15]]
    """
    image = as_picture(image, where="cut_tiles")
    cut = np.empty((len(places), pixels, pixels, 3), np.uint8)
    for tile, place in zip(cut, places, strict=True):
        part = image[place]
        missing = [(0, pixels - side) for side in part.shape[:2]]
        tile[:] = np.pad(part, [*missing, (0, 0)], mode="edge")
    return cut


def merge_tiles(
    probabilities: ArrayLike, places: Sequence[Place], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Put together what a network says of each tile; where tiles overlap, the nearer centre counts more.

    Weights fall linearly from the centre of a tile to its border, along both axes: there are no seams.

    Parameters
    ----------
    probabilities : float (tiles, pixels, pixels)
    places : list of (slice, slice)
        From `tiles`, in the same order.
    shape : (rows, columns)
        Of the picture.

    Returns
    -------
    float32 (rows, columns)

    Raises
    ------
    DataError
        If there are not as many tiles as places, or places leave a pixel of the picture out.

    Examples
    --------
    >>> places = tiles((2, 3), pixels=2, overlap=1)
    >>> merge_tiles([[[0, 0], [0, 0]], [[1, 1], [1, 1]]], places, (2, 3)).tolist()
    [[0.0, 0.5, 1.0], [0.0, 0.5, 1.0]]
    """
    where = "merge_tiles"
    parts = as_array(probabilities, where=where)
    if parts.ndim != 3 or len(parts) != len(places):
        what = f"tiles have shape {parts.shape}; (tiles, pixels, pixels) with {len(places)} tiles fit"
        raise DataError(what, where=where, do="pass one tile a place, in the order of `tiles`")
    ramps = [np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1)) for side in parts.shape[1:]]
    window = np.outer(*ramps).astype(np.float32)
    total, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for part, place in zip(parts, places, strict=True):
        into = total[place]
        part_window = window[: into.shape[0], : into.shape[1]]
        into += part[: into.shape[0], : into.shape[1]] * part_window
        weight[place] += part_window
    if not weight.all():
        what = f"{np.count_nonzero(weight == 0)} of {weight.size} pixels are in no tile"
        raise DataError(what, where=where, do="pass the shape that the tiles were made for")
    return total / weight


def _resized(image: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    # OpenCV averages areas only if neither axis grows.
    smaller = min(rows, image.shape[0]), min(columns, image.shape[1])
    if smaller != image.shape[:2]:
        image = cv2.resize(image, smaller[::-1], interpolation=cv2.INTER_AREA)
    if (rows, columns) != smaller:
        image = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return image


def _padded(image: NDArray[Any], pixels: int) -> NDArray[Any]:
    missing = [pixels - side for side in image.shape[:2]]
    if not any(missing):
        return image
    around = [(side // 2, side - side // 2) for side in missing]
    return np.pad(image, [*around, (0, 0)][: image.ndim])


def _cuts(side: int, pixels: int, overlap: int) -> list[slice]:
    if side <= pixels:
        return [slice(0, side)]
    count = 1 + -(-(side - pixels) // (pixels - overlap))
    starts = np.linspace(0, side - pixels, count).round().astype(int).tolist()
    return [slice(start, start + pixels) for start in starts]
