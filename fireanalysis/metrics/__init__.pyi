from .calibration import calibration_error, fit_temperature, loss_change, reliability, sample_losses
from .real_scans import mark_statistics, real_scan_shape_index, real_scan_spectra, real_scan_statistics
from .surface import SurfaceStatistics, missing_share, surface_statistics

__all__ = [
    "SurfaceStatistics",
    "calibration_error",
    "fit_temperature",
    "loss_change",
    "mark_statistics",
    "missing_share",
    "real_scan_shape_index",
    "real_scan_spectra",
    "real_scan_statistics",
    "reliability",
    "sample_losses",
    "surface_statistics",
]
