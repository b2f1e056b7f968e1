from .abstention import abstention_threshold, certainty, known_from_unknown, risk_coverage
from .alarms import AlarmRule, Exact, alarm_curve, exact_share, find_alarms, hourly_rate, region_sizes
from .calibration import (
    calibration_error,
    cooled_losses,
    explain_rise,
    fit_temperature,
    follow_confidence,
    loss_change,
    reliability,
    sample_losses,
)
from .candidates import Candidates, CaseIndex
from .case_search import SearchOutcome, index_cases, search_cases, search_costs
from .classification import (
    Interval,
    average_report,
    bootstrap_interval,
    bootstrap_mean,
    bootstrap_scores,
    bootstrap_sums,
    class_report,
    confused_pairs,
    confusion_counts,
    interval_ends,
    row_shares,
)
from .cost import Cost, network_cost
from .effects import main_effects
from .forensic import LikelihoodRatio, fit_likelihood_ratio
from .forensic_answers import answer_table
from .forensic_calibration import (
    brier_parts,
    brier_score,
    calibration_summary,
    class_bias,
)
from .forensic_case import (
    SUPPORT,
    class_to_source,
    combine_likelihood_ratios,
    combined_interval,
    conclusion_sensitivity,
    information_sets,
    strength_of_support,
)
from .forensic_conformal import conformal_p_values, conformal_sets
from .forensic_cost import cllr, cllr_min, likelihood_ratio_summary
from .forensic_coverage import coverage_draws, coverage_table
from .forensic_curves import empirical_cross_entropy, pav, tippett
from .forensic_pairs import permute_pairs
from .forensic_reference import (
    case_likelihood_ratio,
    cross_validated_lr,
    draw_cases,
    draw_sources,
    misleading_evidence,
)
from .forensic_reliability import chance_calibration_error, reliability_intervals
from .forensic_shortcut_features import shortcut_table
from .forensic_shortcuts import ShortcutTest, false_alarms, predict_batch
from .forensic_splits import split_gap
from .forensic_temperature import (
    TEMPERATURES,
    calibration_splits,
    fit_offsets,
    temperature_by_groups,
    temperature_interval,
    temperature_losses,
)
from .gunshot_sounds import (
    BANDS_HZ,
    BLOCK_S,
    SoundStatistics,
    real_gunshot_envelopes,
    real_gunshot_spectra,
    real_gunshot_statistics,
    sound_statistics,
)
from .labelers import (
    bootstrap_labeling,
    labeler_correlations,
    labeler_weights,
    lowest_counts,
    valid_pictures,
)
from .pair_distances import margin_balance, pair_distance_summary, sample_pair_distances
from .paired import interval_difference, relative_gain
from .plain_statistics import plain_statistics
from .real_cctv import real_cctv_alarms
from .real_comparisons import damage_seed, real_comparisons, real_damage, real_scan_firearm
from .real_gunshots import real_gunshot_scores
from .real_likelihood_ratios import real_likelihood_ratios
from .real_outlines import common_disc, real_outlines
from .real_scans import mark_statistics, real_scan_shape_index, real_scan_spectra, real_scan_statistics
from .reduction import Reduction, learn_reduction
from .rerank import distance_table, expand_queries, k_reciprocal
from .retrieval import (
    mean_average_precision,
    rank_accuracy,
    retrieval_summary,
    retrieval_table,
)
from .retrieval_runs import bootstrap_seeds, retrieval_runs
from .routing import ErrorBudget, best_within, error_budget
from .search import (
    cumulative_match_characteristic,
    hit_rate,
    pair_auc,
    pair_auc_interval,
    pair_ranks,
    pair_summary,
    promoted,
    rank_of_first,
)
from .segmentation import (
    bootstrap_segmentation,
    predict_nothing,
    segmentation_counts,
    segmentation_scores,
    segmentation_table,
    threshold_curve,
)
from .segmentation_alarms import alarm_rates, picture_alarms
from .segmentation_boundary import boundary_counts, boundary_strip
from .segmentation_calibration import pixel_calibration_error, pixel_calibration_interval, pixel_reliability
from .segmentation_cells import best_cell_masks
from .segmentation_size import iou_by_size
from .surface import SurfaceStatistics, missing_share, surface_statistics
from .top import Top, top_k
from .topology import (
    DISTANCES,
    Correlation,
    class_centres,
    correlation,
    distances_to_centre,
    inter_class_distances,
    intra_class_distances,
    minus_log10,
)
from .units import silent_units

__all__ = [
    "BANDS_HZ",
    "BLOCK_S",
    "DISTANCES",
    "SUPPORT",
    "TEMPERATURES",
    "AlarmRule",
    "Candidates",
    "CaseIndex",
    "Correlation",
    "Cost",
    "ErrorBudget",
    "Exact",
    "Interval",
    "LikelihoodRatio",
    "Reduction",
    "SearchOutcome",
    "ShortcutTest",
    "SoundStatistics",
    "SurfaceStatistics",
    "Top",
    "abstention_threshold",
    "alarm_curve",
    "alarm_rates",
    "answer_table",
    "average_report",
    "best_cell_masks",
    "best_within",
    "bootstrap_interval",
    "bootstrap_labeling",
    "bootstrap_mean",
    "bootstrap_scores",
    "bootstrap_seeds",
    "bootstrap_segmentation",
    "bootstrap_sums",
    "boundary_counts",
    "boundary_strip",
    "brier_parts",
    "brier_score",
    "calibration_error",
    "calibration_splits",
    "calibration_summary",
    "case_likelihood_ratio",
    "certainty",
    "chance_calibration_error",
    "class_bias",
    "class_centres",
    "class_report",
    "class_to_source",
    "cllr",
    "cllr_min",
    "combine_likelihood_ratios",
    "combined_interval",
    "common_disc",
    "conclusion_sensitivity",
    "conformal_p_values",
    "conformal_sets",
    "confused_pairs",
    "confusion_counts",
    "cooled_losses",
    "correlation",
    "coverage_draws",
    "coverage_table",
    "cross_validated_lr",
    "cumulative_match_characteristic",
    "damage_seed",
    "distance_table",
    "distances_to_centre",
    "draw_cases",
    "draw_sources",
    "empirical_cross_entropy",
    "error_budget",
    "exact_share",
    "expand_queries",
    "explain_rise",
    "false_alarms",
    "find_alarms",
    "fit_likelihood_ratio",
    "fit_offsets",
    "fit_temperature",
    "follow_confidence",
    "hit_rate",
    "hourly_rate",
    "index_cases",
    "information_sets",
    "inter_class_distances",
    "interval_difference",
    "interval_ends",
    "intra_class_distances",
    "iou_by_size",
    "k_reciprocal",
    "known_from_unknown",
    "labeler_correlations",
    "labeler_weights",
    "learn_reduction",
    "likelihood_ratio_summary",
    "loss_change",
    "lowest_counts",
    "main_effects",
    "margin_balance",
    "mark_statistics",
    "mean_average_precision",
    "minus_log10",
    "misleading_evidence",
    "missing_share",
    "network_cost",
    "pair_auc",
    "pair_auc_interval",
    "pair_distance_summary",
    "pair_ranks",
    "pair_summary",
    "pav",
    "permute_pairs",
    "picture_alarms",
    "pixel_calibration_error",
    "pixel_calibration_interval",
    "pixel_reliability",
    "plain_statistics",
    "predict_batch",
    "predict_nothing",
    "promoted",
    "rank_accuracy",
    "rank_of_first",
    "real_cctv_alarms",
    "real_comparisons",
    "real_damage",
    "real_gunshot_envelopes",
    "real_gunshot_scores",
    "real_gunshot_spectra",
    "real_gunshot_statistics",
    "real_likelihood_ratios",
    "real_outlines",
    "real_scan_firearm",
    "real_scan_shape_index",
    "real_scan_spectra",
    "real_scan_statistics",
    "region_sizes",
    "relative_gain",
    "reliability",
    "reliability_intervals",
    "retrieval_runs",
    "retrieval_summary",
    "retrieval_table",
    "risk_coverage",
    "row_shares",
    "sample_losses",
    "sample_pair_distances",
    "search_cases",
    "search_costs",
    "segmentation_counts",
    "segmentation_scores",
    "segmentation_table",
    "shortcut_table",
    "silent_units",
    "sound_statistics",
    "split_gap",
    "strength_of_support",
    "surface_statistics",
    "temperature_by_groups",
    "temperature_interval",
    "temperature_losses",
    "threshold_curve",
    "tippett",
    "top_k",
    "valid_pictures",
]
