from .comparison import (
    CellComparison,
    Comparison,
    compare_pairs,
    compare_surfaces,
    comparison_map,
    congruent_cells,
    laid_on,
)
from .curvature import shape_index
from .degradation import degrade
from .photometric_stereo import (
    Reconstruction,
    integrate_normals,
    photometric_normals,
    photometric_stereo,
    render_lights,
    ring_lights,
)
from .primer import Circle, find_primer, primer_view
from .surface import (
    Moments,
    crop,
    level,
    normalise,
    quantise,
    remove_form,
    resample,
    rotate,
    shrink,
    surface_moments,
)

__all__ = [
    "CellComparison",
    "Circle",
    "Comparison",
    "Moments",
    "Reconstruction",
    "compare_pairs",
    "compare_surfaces",
    "comparison_map",
    "congruent_cells",
    "crop",
    "degrade",
    "find_primer",
    "integrate_normals",
    "laid_on",
    "level",
    "normalise",
    "photometric_normals",
    "photometric_stereo",
    "primer_view",
    "quantise",
    "remove_form",
    "render_lights",
    "resample",
    "ring_lights",
    "rotate",
    "shape_index",
    "shrink",
    "surface_moments",
]
