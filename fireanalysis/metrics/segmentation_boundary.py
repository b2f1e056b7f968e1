"""How well outlines are found: IoU of the strips along the masks' edges."""

from collections.abc import Iterable

import cv2
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import positive

from .segmentation import COUNTS, checked_thresholds, count_pixels, pairs_of


def boundary_strip(mask: ArrayLike, *, distance_px: int) -> NDArray[np.bool_]:
    """Keep the pixels of a mask that lie within a distance of its edge, the picture's frame included.

    Parameters
    ----------
    mask : bool (h, w)
    distance_px : int
        Width of the strip, in steps to any of the eight neighbours; at least 1.

    Returns
    -------
    bool (h, w)

    Raises
    ------
    DataError
        If the mask is not bool or not two-dimensional.
    ParameterError
        If the distance is below 1.

    Notes
    -----
    Cheng et al. 2021 (Boundary IoU, section 4); as their code does, the mask is eroded `distance_px` times by 3 × 3,
    with nothing beyond the picture's frame.

    Examples
    --------
    >>> boundary_strip(np.ones((3, 4), bool), distance_px=1).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    """
    whole = np.asarray(mask)
    if whole.ndim != 2 or whole.dtype != bool:
        what = f"the mask is {whole.dtype} {whole.shape}; bool (h, w) is needed"
        raise DataError(what, where="boundary_strip", do="pass mask > 0")
    width = int(positive(distance_px, name="distance_px", where="boundary_strip", least=1, included=True))
    core = cv2.erode(
        whole.astype(np.uint8),
        np.ones((3, 3), np.uint8),
        iterations=width,
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return whole & (core == 0)


def boundary_counts(
    predicted: Iterable[ArrayLike],
    truth: Iterable[ArrayLike],
    *,
    threshold: float = 0.5,
    dilation_ratio: float = 0.02,
) -> pd.DataFrame:
    """Count hit, false and missed pixels of the strips along the edges; their foreground IoU is the boundary IoU.

    Parameters
    ----------
    predicted, truth, threshold
        See `segmentation_counts`.
    dilation_ratio : float
        Width of the strips as a share of the picture's diagonal, rounded to pixels, at least one.

    Returns
    -------
    DataFrame
        As of `segmentation_counts`; every function that takes those takes these. "IoU by picture" is the mean
        of the pictures' boundary IoU.

    Raises
    ------
    DataError, ParameterError
        As `segmentation_counts`; ParameterError for a ratio that is not above 0.

    Notes
    -----
    Cheng et al. 2021, eq. 4, with their 2 % of the diagonal. What is narrower than two strips is all edge, and there
    the boundary IoU is the IoU: choose a ratio that leaves the objects a core.

    Examples
    --------
    >>> truth = np.zeros((1, 32, 32), bool)
    >>> truth[0, 4:28, 4:28] = True
    >>> said = np.roll(truth, 1, axis=2)  # one pixel to the right
    >>> boundary_counts(said, truth)[["tp", "fp", "fn"]].values.tolist()  # strips of one pixel, 92 long
    [[46, 46, 46]]
    """
    where = "boundary_counts"
    ratio = positive(dilation_ratio, name="dilation_ratio", where=where)
    (limit,) = checked_thresholds([threshold], where=where)
    rows = []
    for place, (said, true) in enumerate(pairs_of(predicted, truth, where=where)):
        width = max(1, round(ratio * float(np.hypot(*true.shape))))
        strips = (boundary_strip(mask, distance_px=width) for mask in (said >= limit, true))
        rows.append((place, limit, *count_pixels(*strips)))
    return pd.DataFrame(rows, columns=["picture", "threshold", *COUNTS])
