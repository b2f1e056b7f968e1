from .abstention import confidences, risk_coverage_curves
from .calibration import reliability_diagram
from .cartridge import (
    brand_counts,
    case_head,
    curve,
    normalisation,
    region_map,
    shape_index_histograms,
    spectra,
    statistics_strips,
    surface_views,
)
from .classification import confusion, distance_matrix, distance_ranges, labelled_scatter, score_dots
from .comparison import beside_paper
from .evidence_abstain import budget_curves, coverage_dots, coverage_spread, group_coverage, known_curves
from .evidence_batch import batch_scatter, false_alarm_curves, shortcut_tests
from .evidence_calibration import (
    calibration_view,
    reliability_panels,
    split_boxes,
    temperature_curves,
    temperature_spread,
)
from .evidence_case import case_scores, posterior_curves, support_dots
from .evidence_labels import audit_panels, suspect_list
from .evidence_lr import (
    cross_entropy_curves,
    from_score_to_posterior,
    likelihood_ratio_curves,
    pav_curves,
    tippett_curves,
)
from .evidence_lr_bars import cllr_bars, likelihood_ratio_bounds
from .explain import (
    attribution_by_region,
    attribution_examples,
    attribution_rows,
    found_labels,
    occlusion_view,
)
from .features import projections
from .gunshot import class_counts, clip_moments, segmentation, sound, spectrogram_panels, waveform
from .gunshot_baselines import kept_of_sound
from .gunshot_simulated import spectra_and_envelopes
from .gunshot_stages import two_stages
from .raster import panels
from .retrieval_comparison import dimension_curves, precision_areas
from .retrieval_curation import class_sizes, duplicate_distances, labeler_boxes
from .retrieval_grid import top_grid
from .retrieval_map import embedding_map, search_view
from .retrieval_margins import distance_histograms, force_curves, margin_view
from .retrieval_off_the_shelf import padding_errors, pooling_panels
from .retrieval_stage_two import loss_balance, margin_grid
from .retrieval_unseen import nearest_distances
from .routing import confusion_by_category, cost_bars, error_budget, learning_panels, scores_by_supply
from .samples import confusion_samples, sample_gallery
from .search import (
    by_confidence,
    by_threshold,
    cells_on_map,
    damage_curves,
    gain_by_baseline,
    growth,
    match_curves,
    pair_scores,
)
from .segmentation_blending import score_matrix
from .segmentation_data import picture_panels, shared_bars
from .segmentation_masks import mask_panels, tinted_mask
from .segmentation_scores import (
    alarm_curves,
    iou_dots,
    pixel_reliability_diagram,
    size_curves,
    threshold_curves,
)
from .segmentation_transfer import cell_panels, with_cells
from .segmentation_video import alarm_timeline, mask_views, operating_curves, speed_bars
from .style import conclude
from .sweep import sweep_effects
from .training import live_curves, training_curves

__all__ = [
    "alarm_curves",
    "alarm_timeline",
    "attribution_by_region",
    "attribution_examples",
    "attribution_rows",
    "audit_panels",
    "batch_scatter",
    "beside_paper",
    "brand_counts",
    "budget_curves",
    "by_confidence",
    "by_threshold",
    "calibration_view",
    "case_head",
    "case_scores",
    "cell_panels",
    "cells_on_map",
    "class_counts",
    "class_sizes",
    "clip_moments",
    "cllr_bars",
    "conclude",
    "confidences",
    "confusion",
    "confusion_by_category",
    "confusion_samples",
    "cost_bars",
    "coverage_dots",
    "coverage_spread",
    "cross_entropy_curves",
    "curve",
    "damage_curves",
    "dimension_curves",
    "distance_histograms",
    "distance_matrix",
    "distance_ranges",
    "duplicate_distances",
    "embedding_map",
    "error_budget",
    "false_alarm_curves",
    "force_curves",
    "found_labels",
    "from_score_to_posterior",
    "gain_by_baseline",
    "group_coverage",
    "growth",
    "iou_dots",
    "kept_of_sound",
    "known_curves",
    "labeler_boxes",
    "labelled_scatter",
    "learning_panels",
    "likelihood_ratio_bounds",
    "likelihood_ratio_curves",
    "live_curves",
    "loss_balance",
    "margin_grid",
    "margin_view",
    "mask_panels",
    "mask_views",
    "match_curves",
    "nearest_distances",
    "normalisation",
    "occlusion_view",
    "operating_curves",
    "padding_errors",
    "pair_scores",
    "panels",
    "pav_curves",
    "picture_panels",
    "pixel_reliability_diagram",
    "pooling_panels",
    "posterior_curves",
    "precision_areas",
    "projections",
    "region_map",
    "reliability_diagram",
    "reliability_panels",
    "risk_coverage_curves",
    "sample_gallery",
    "score_dots",
    "score_matrix",
    "scores_by_supply",
    "search_view",
    "segmentation",
    "shape_index_histograms",
    "shared_bars",
    "shortcut_tests",
    "size_curves",
    "sound",
    "spectra",
    "spectra_and_envelopes",
    "spectrogram_panels",
    "speed_bars",
    "split_boxes",
    "statistics_strips",
    "support_dots",
    "surface_views",
    "suspect_list",
    "sweep_effects",
    "temperature_curves",
    "temperature_spread",
    "threshold_curves",
    "tinted_mask",
    "tippett_curves",
    "top_grid",
    "training_curves",
    "two_stages",
    "waveform",
    "with_cells",
]
