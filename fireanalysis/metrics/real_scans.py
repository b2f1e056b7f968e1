"""Statistics of 85 public scans of breech-face impressions, to hold simulated ones against.

The scans themselves are not part of this package: `fireanalysis.loaders.fetch` gets them. Source: Fadul et al. 2011
and Weller et al. 2012, processed scans of CSAFE-ISU/cartridgeCaseScans (CC BY 4.0), commit 57db259.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

STATISTICS = ["set", "scan", "sq_um", "sa_um", "missing_share", "slope"]


def real_scan_statistics() -> pd.DataFrame:
    """Look up roughness, missing share and spectral slope of the Fadul and Weller scans.

    Returns
    -------
    DataFrame
        One row a scan: ``set``, ``scan``, and ``sq_um``, ``sa_um``, ``missing_share``, ``slope`` as
        `surface_statistics` measures them on the whole scan; a test measures them again.

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
    table = _read()
    powers = table.drop(columns=STATISTICS)
    frequency = powers.columns.to_numpy(dtype=float)
    return {
        str(name): [(frequency, power) for power in powers.loc[rows].to_numpy()]
        for name, rows in table.groupby("set").groups.items()
    }


def _read() -> pd.DataFrame:
    with files("fireanalysis.metrics").joinpath("real_scans.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
