"""Statistics of 85 public scans of breech-face impressions, to hold simulated ones against.

The scans themselves are not part of this package: `fireanalysis.loaders.fetch` gets them. Source: Fadul et al.
2011 and Weller et al. 2012, processed scans of CSAFE-ISU/cartridgeCaseScans (CC BY 4.0), commit 57db259. A test
measures them again.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.transforms import remove_form, shape_index

from .surface import SurfaceStatistics, surface_statistics

CUTOFF_UM = 500.0  # longer waves are taken out first: processing took them out of the public scans
SIGMA = 3.0  # pixels; 19 µm on the public scans
BINS = 20
STATISTICS = ["set", "scan", "sq_um", "sa_um", "missing_share", "slope"]


def mark_statistics(
    heights_um: ArrayLike, *, pixel_size_um: float
) -> tuple[SurfaceStatistics, NDArray[np.float64]]:
    """Measure breech-face marks as the public scans were measured, so that both can be compared.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Breech-face marks alone, micrometres, NaN elsewhere.
    pixel_size_um : float
        About 6 µm, so that the shape index looks at the same scale.

    Returns
    -------
    SurfaceStatistics
        Of the heights without waves longer than 0.5 mm.
    float64 (20,)
        Share of the points by shape index (σ of 3 pixels), in bins from −1 to 1.

    Raises
    ------
    DataError, ParameterError
        As `surface_statistics` and `fireanalysis.transforms.shape_index`.
    """
    marks = remove_form(heights_um, cutoff_um=CUTOFF_UM, pixel_size_um=pixel_size_um)
    index = shape_index(marks, sigma=SIGMA)
    counts, _ = np.histogram(index[np.isfinite(index)], bins=BINS, range=(-1, 1))
    return surface_statistics(marks, pixel_size_um=pixel_size_um), counts / max(counts.sum(), 1)


def real_scan_statistics() -> pd.DataFrame:
    """Look up roughness, missing share and spectral slope of the Fadul and Weller scans.

    Returns
    -------
    DataFrame
        One row a scan: ``set``, ``scan``, and ``sq_um``, ``sa_um``, ``missing_share``, ``slope`` as
        `mark_statistics` measures them.

    Examples
    --------
    >>> real_scan_statistics().groupby("set").size().to_dict()
    {'Fadul (real)': 40, 'Weller (real)': 45}
    """
    return _read()[STATISTICS]


def real_scan_spectra() -> dict[str, list[tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Look up the radially averaged power spectra of the same scans.

    Returns
    -------
    dict of str to list of (frequency, power)
        By set, one pair of arrays a scan: per millimetre, and µm² mm² (NaN where a ring holds no frequency).
    """
    powers = _read().filter(like=" per mm")
    frequency = powers.columns.str.removesuffix(" per mm").to_numpy(dtype=float)
    return {name: [(frequency, power) for power in rows] for name, rows in _by_set(powers).items()}


def real_scan_shape_index() -> dict[str, NDArray[np.float64]]:
    """Look up how the shape index is spread over the same scans.

    Returns
    -------
    dict of str to float64 (scans, 20)
        By set, the share of points in bins from −1 to 1.
    """
    return _by_set(_read().filter(like="bin "))


def _by_set(columns: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    groups = _read().groupby("set").groups
    return {str(name): columns.loc[rows].to_numpy(dtype=float) for name, rows in groups.items()}


def _read() -> pd.DataFrame:
    with files("fireanalysis.metrics").joinpath("real_scans.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
