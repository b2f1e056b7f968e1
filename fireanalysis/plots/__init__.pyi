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
from .features import projections
from .raster import panels
from .training import training_curves

__all__ = [
    "beside_paper",
    "brand_counts",
    "case_head",
    "confusion",
    "curve",
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
