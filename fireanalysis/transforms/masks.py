"""Masks from polygons, without streaks, and in the paper's six ways."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage import draw

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_array, whole
from .pictures import as_mask, as_picture

ROTATIONS_DEG = (0, 90)
FLIPS = ("none", "left-right", "top-bottom")
SIX_WAYS = tuple(product(ROTATIONS_DEG, FLIPS))
"""The paper's rotations (anticlockwise) and flips, each with each."""


def polygons_mask(polygons: Sequence[ArrayLike], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill polygons: a pixel is set if its centre lies in at least one of them.

    Parameters
    ----------
    polygons : list of float (points, 2)
        Corners as x, y in pixels; (0, 0) is the outer corner of the first pixel, whose centre is (0.5, 0.5), as
        in COCO. Where a polygon crosses itself the even-odd rule holds. Parts of one object add up: COCO's lists
        have no holes. What lies outside the frame is cut off.
    shape : (rows, columns)

    Returns
    -------
    bool (rows, columns)

    Raises
    ------
    DataError
        For a polygon with fewer than three corners, or whose corners are not finite numbers.

    Notes
    -----
    ``cv2.fillPoly`` also sets every pixel that the outline touches, half a pixel too much all round.

    Examples
    --------
    >>> polygons_mask([[(1, 0), (3, 0), (3, 2), (1, 2)]], (3, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    where = "polygons_mask"
    rows, columns = (whole(side, name="a side of shape", where=where, least=1, most=2**31) for side in shape)
    mask = np.zeros((rows, columns), bool)
    for number, polygon in enumerate(polygons):
        corners = as_array(polygon, where=f"{where}, polygon {number}")
        if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3 or corners.dtype.kind not in "fiu":
            raise DataError(
                f"polygon {number} is {corners.dtype} of shape {corners.shape}; (3 or more corners, 2) fits",
                where=where,
                do="pass x and y of each corner, or leave the polygon out",
            )
        if not np.isfinite(corners).all():
            what = f"polygon {number} has corners that are NaN or infinite"
            raise DataError(what, where=where, do="correct or leave out the polygon")
        x, y = corners.T - 0.5
        mask[draw.polygon(y, x, mask.shape)] = True
    return mask


def turned(array: NDArray[Any], *, rotation_deg: int, flip: str) -> NDArray[Any]:
    """Rotate a picture or mask by a multiple of 90° anticlockwise, then flip it.

    Parameters
    ----------
    array : (h, w) or (h, w, channels)
    rotation_deg : {0, 90, 180, 270}
    flip : {"none", "left-right", "top-bottom"}

    Raises
    ------
    ParameterError
        For another rotation or flip.

    Examples
    --------
    >>> turned(np.array([[1, 2], [3, 4]]), rotation_deg=90, flip="top-bottom").tolist()
    [[1, 3], [2, 4]]
    """
    if rotation_deg % 90 or flip not in FLIPS:
        what = f"rotation_deg is {rotation_deg}, flip {flip!r}; multiples of 90 and {', '.join(FLIPS)} fit"
        raise ParameterError(what, where="turned", do="pass for example rotation_deg=90, flip='none'")
    array = np.rot90(array, int(rotation_deg) // 90)
    steps = {"none": (1, 1), "left-right": (1, -1), "top-bottom": (-1, 1)}[flip]
    return np.ascontiguousarray(array[:: steps[0], :: steps[1]])


def six_ways(image: ArrayLike, mask: ArrayLike) -> list[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Turn a picture and its mask in the paper's six ways: rotated by 0° and 90°, each as is and flipped twice.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    mask : bool (h, w)

    Returns
    -------
    list of (uint8 (h, w, 3) or (w, h, 3), bool), in the order of `SIX_WAYS`

    Raises
    ------
    DataError
        For arrays that are no picture, or a mask of another size.

    Notes
    -----
    Source: segmentation paper, "Dataset": 11 pictures become 66. Of the eight ways a square can lie, the turns
    by 180° and 270° are not among them. Which of rotation and flip came first is not said; we rotate first (the
    other order gives the same six).

    Examples
    --------
    >>> ways = six_ways(np.zeros((2, 3, 3), np.uint8), np.eye(2, 3, dtype=bool))
    >>> len(ways), ways[3][0].shape
    (6, (3, 2, 3))
    """
    image = as_picture(image, where="six_ways")
    mask = as_mask(mask, shape=image.shape[:2], where="six_ways")
    return [
        (turned(image, rotation_deg=degrees, flip=flip), turned(mask, rotation_deg=degrees, flip=flip))
        for degrees, flip in SIX_WAYS
    ]


def remove_streaks(mask: ArrayLike, *, streak_px: int = 3, least_px: int = 0) -> NDArray[np.bool_]:
    """Take away what is thin or tiny: lines and specks, also where they touch something larger.

    Parameters
    ----------
    mask : bool (h, w)
    streak_px : int
        Parts no wider than this go; thin ends of larger parts keep as much length.
    least_px : int
        Connected parts of fewer pixels go.

    Returns
    -------
    bool (h, w)

    Raises
    ------
    DataError
        For an array that is no mask.
    ParameterError
        For numbers out of range.

    Examples
    --------
    >>> mask = np.zeros((20, 40), bool)
    >>> mask[4:16, 4:16] = mask[10, :] = True  # an object, and a line across the picture
    >>> cleaned = remove_streaks(mask, streak_px=1)
    >>> int(cleaned[4:16, 4:16].sum()), int(cleaned.sum()) - 144
    (144, 2)
    """
    where = "remove_streaks"
    shape = np.shape(mask)
    if len(shape) != 2:
        what = f"the mask has shape {shape}; (rows, columns) fits"
        raise DataError(what, where=where, do="pass one mask")
    mask = as_mask(mask, shape=shape, where=where)
    streak_px = whole(streak_px, name="streak_px", where=where, least=0, most=999)
    least_px = whole(least_px, name="least_px", where=where, least=0, most=2**31)
    kept = mask.astype(np.uint8)
    if streak_px:
        near = cv2.dilate(_opened(kept, streak_px + 1), disc(2 * streak_px))
        kept = np.where(near > 0, kept, 0).astype(np.uint8)
    if least_px and kept.any():
        _, parts, stats, _ = cv2.connectedComponentsWithStats(kept, connectivity=8)
        large = stats[:, cv2.CC_STAT_AREA] >= least_px
        large[0] = False  # the background
        kept = large[parts].astype(np.uint8)
    return kept.astype(bool)


def disc(width_px: int) -> NDArray[np.uint8]:
    """Give a disc wider than a number of pixels, and odd, so that nothing is shifted."""
    side = (width_px + 1) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _opened(mask: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Keep where a square of this side fits in."""
    padded = np.pad(mask, side)
    square = np.ones((side, side), np.uint8)
    # The square of an even side has no middle: it is laid to one side first, to the other then.
    fits = cv2.erode(padded, square, anchor=(0, 0))
    opened = cv2.dilate(fits, square, anchor=(side - 1, side - 1))
    return np.asarray(opened[side:-side, side:-side])
