"""Statistics of 85 public scans of breech-face impressions, to hold simulated ones against."""

from importlib.resources import files

import pandas as pd


def real_scan_statistics() -> pd.DataFrame:
    """Look up roughness, missing share and spectral slope of the Fadul and Weller scans.

    Returns
    -------
    DataFrame
        One row a scan: ``set``, ``scan``, and ``sq_um``, ``sa_um``, ``missing_share``, ``slope`` as
        `surface_statistics` measures them on the whole scan; a test measures them again.

    Notes
    -----
    The scans themselves are not part of this package: `fireanalysis.loaders.fetch` gets them. Source: Fadul et
    al. 2011 and Weller et al. 2012, processed scans of CSAFE-ISU/cartridgeCaseScans (CC BY 4.0), commit 57db259.

    Examples
    --------
    >>> real_scan_statistics().groupby("set").size().to_dict()
    {'Fadul (real)': 40, 'Weller (real)': 45}
    """
    with files("fireanalysis.metrics").joinpath("real_scans.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
