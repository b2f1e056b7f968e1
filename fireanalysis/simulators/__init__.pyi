from .cartridge import REGION_NAMES, brand_marks, primer_regions, render_primers, sample_cartridges
from .cartridge_brands import brand_catalogue
from .cartridge_database import (
    CaseSearch,
    DescriptorModel,
    brand_probabilities,
    case_descriptors,
    sample_case_search,
)
from .cartridge_head import render_case_heads
from .cartridge_parameters import head_field_mm, parameter_table, primer_field_mm
from .cctv import render_cctv, sample_cctv
from .comparison_scores import sample_comparison_scores
from .composites import render_composites, sample_composites
from .firearm import render_cutouts, sample_cutouts
from .firearm_models import firearm_catalogue
from .firearm_parameters import firearm_parameter_table
from .gunshot import render_gunshots, render_recording, sample_gunshots
from .gunshot_models import model_catalogue
from .gunshot_parameters import gunshot_parameter_table
from .retrieval import render_retrieval, sample_retrieval
from .retrieval_search import sample_labels, sample_search_results
from .scene_parameters import scene_parameter_table
from .scenes import render_scenes, sample_scenes
from .wrong_labels import mislabel, spoil_masks

__all__ = [
    "REGION_NAMES",
    "CaseSearch",
    "DescriptorModel",
    "brand_catalogue",
    "brand_marks",
    "brand_probabilities",
    "case_descriptors",
    "firearm_catalogue",
    "firearm_parameter_table",
    "gunshot_parameter_table",
    "head_field_mm",
    "mislabel",
    "model_catalogue",
    "parameter_table",
    "primer_field_mm",
    "primer_regions",
    "render_case_heads",
    "render_cctv",
    "render_composites",
    "render_cutouts",
    "render_gunshots",
    "render_primers",
    "render_recording",
    "render_retrieval",
    "render_scenes",
    "sample_cartridges",
    "sample_case_search",
    "sample_cctv",
    "sample_comparison_scores",
    "sample_composites",
    "sample_cutouts",
    "sample_gunshots",
    "sample_labels",
    "sample_retrieval",
    "sample_scenes",
    "sample_search_results",
    "scene_parameter_table",
    "spoil_masks",
]
