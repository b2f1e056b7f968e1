from .cartridge import (
    brand_counts,
    case_head,
    confusion,
    curve,
    heights_and_shape_index,
    normalisation,
    region_map,
    shape_index_histograms,
    spectra,
    statistics_strips,
)
from .comparison import beside_paper
from .explain import attribution_by_region, attribution_examples, attribution_rows, found_labels
from .features import projections
from .raster import panels
from .training import training_curves

__all__ = [
    "attribution_by_region",
    "attribution_examples",
    "attribution_rows",
    "beside_paper",
    "brand_counts",
    "case_head",
    "confusion",
    "curve",
    "found_labels",
    "heights_and_shape_index",
    "normalisation",
    "panels",
    "projections",
    "region_map",
    "shape_index_histograms",
    "spectra",
    "statistics_strips",
    "training_curves",
]
