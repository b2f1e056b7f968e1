from .real_scans import mark_statistics, real_scan_shape_index, real_scan_spectra, real_scan_statistics
from .surface import SurfaceStatistics, missing_share, surface_statistics

__all__ = [
    "SurfaceStatistics",
    "mark_statistics",
    "missing_share",
    "real_scan_shape_index",
    "real_scan_spectra",
    "real_scan_statistics",
    "surface_statistics",
]
