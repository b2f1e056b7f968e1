"""What the outline of 85 public scans tells, and what is left where all have one outline; not the scans themselves.

Source of the scans: Fadul et al. 2011 and Weller et al. 2012, processed scans of CSAFE-ISU/cartridgeCaseScans
(CC BY 4.0), commit 57db259. ``docs/results/evidence_batch.py`` cut from each a disc of 0.45 mm, where the measured part
is widest (the largest that all scans hold), and compared all pairs of discs. A test measures some of the scores again.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from fireanalysis.errors import DataError
from fireanalysis.transforms import crop
from fireanalysis.transforms.arrays import positive
from fireanalysis.transforms.comparison import COMMON_PIXEL_UM

from .real_comparisons import real_comparisons

DISC_RADIUS_UM = 225.0


def common_disc(
    heights_um: ArrayLike, *, radius_um: float = DISC_RADIUS_UM, pixel_size_um: float = COMMON_PIXEL_UM
) -> NDArray[np.float32]:
    """Cut a disc out of a map where its measured part is widest: discs of one radius have one outline.

    Parameters
    ----------
    heights_um : float (rows, columns)
        From `fireanalysis.transforms.comparison_map`, NaN missing.
    radius_um, pixel_size_um : float

    Returns
    -------
    float32 (pixels, pixels)
        NaN outside the disc, and nowhere else.

    Raises
    ------
    DataError
        If no disc of this radius is measured without a hole.
    ParameterError
        If a length is not above 0.

    Examples
    --------
    >>> disc = common_disc(np.ones((40, 40)), radius_um=100, pixel_size_um=25)
    >>> disc.shape, int(np.isfinite(disc).sum())
    ((11, 11), 49)
    """
    where = "common_disc"
    radius = positive(radius_um, name="radius_um", where=where)
    pixel = positive(pixel_size_um, name="pixel_size_um", where=where)
    heights = np.asarray(heights_um, np.float32)
    free = distance_transform_edt(np.pad(np.isfinite(heights), 1))[1:-1, 1:-1]
    side = 2 * int(radius / pixel) + 3
    if free.max() * pixel <= radius:
        what = (
            f"the widest measured disc has a radius of {free.max() * pixel:.0f} µm, {radius:.0f} are wanted"
        )
        raise DataError(what, where=where, do="take a smaller radius, or leave this surface out")
    row, column = np.unravel_index(free.argmax(), free.shape)
    square = crop(heights, centre=(float(row), float(column)), pixels=side)
    down, right = np.indices(square.shape) - side // 2
    return np.where(np.hypot(down, right) * pixel <= radius, square, np.nan).astype(np.float32)


def real_outlines() -> pd.DataFrame:
    """Look up how pairs of the public scans compare: by their outlines, whole, and cut to one outline.

    Returns
    -------
    DataFrame
        One row a pair: ``set``, ``reference``, ``questioned``, ``reference_firearm``, ``questioned_firearm``, ``same``,
        ``score`` and ``outline`` as in `real_comparisons`, undamaged, and ``disc`` (score of the two discs).

    Examples
    --------
    >>> real_outlines().groupby("set").size().to_dict()
    {'Fadul (real)': 780, 'Weller (real)': 990}
    """
    with files("fireanalysis.metrics").joinpath("real_outlines.csv").open(encoding="utf-8") as file:
        discs = pd.read_csv(file)
    pairs = real_comparisons().query("keep == 1 and noise_um == 0 and angle_deg == 0")
    columns = [
        "set",
        "reference",
        "questioned",
        "reference_firearm",
        "questioned_firearm",
        "same",
        "score",
        "outline",
    ]
    return pairs[columns].merge(discs, on=["reference", "questioned"], validate="1:1")
