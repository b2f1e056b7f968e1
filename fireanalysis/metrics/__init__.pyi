from .calibration import calibration_error, fit_temperature, loss_change, reliability, sample_losses
from .candidates import Candidates, CaseIndex
from .classification import (
    Interval,
    average_report,
    bootstrap_interval,
    bootstrap_mean,
    bootstrap_scores,
    class_report,
    confusion_counts,
    row_shares,
)
from .real_scans import mark_statistics, real_scan_shape_index, real_scan_spectra, real_scan_statistics
from .search import (
    cumulative_match_characteristic,
    hit_rate,
    pair_auc,
    pair_auc_interval,
    promoted,
    rank_of_first,
)
from .surface import SurfaceStatistics, missing_share, surface_statistics
from .topology import (
    Correlation,
    class_centres,
    correlation,
    distances_to_centre,
    inter_class_distances,
    intra_class_distances,
    minus_log10,
)

__all__ = [
    "Candidates",
    "CaseIndex",
    "Correlation",
    "Interval",
    "SurfaceStatistics",
    "average_report",
    "bootstrap_interval",
    "bootstrap_mean",
    "bootstrap_scores",
    "calibration_error",
    "class_centres",
    "class_report",
    "confusion_counts",
    "correlation",
    "cumulative_match_characteristic",
    "distances_to_centre",
    "fit_temperature",
    "hit_rate",
    "inter_class_distances",
    "intra_class_distances",
    "loss_change",
    "mark_statistics",
    "minus_log10",
    "missing_share",
    "pair_auc",
    "pair_auc_interval",
    "promoted",
    "rank_of_first",
    "real_scan_shape_index",
    "real_scan_spectra",
    "real_scan_statistics",
    "reliability",
    "row_shares",
    "sample_losses",
    "surface_statistics",
]
