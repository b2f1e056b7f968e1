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

__all__ = [
    "REGION_NAMES",
    "CaseSearch",
    "DescriptorModel",
    "brand_catalogue",
    "brand_marks",
    "brand_probabilities",
    "case_descriptors",
    "head_field_mm",
    "parameter_table",
    "primer_field_mm",
    "primer_regions",
    "render_case_heads",
    "render_primers",
    "sample_cartridges",
    "sample_case_search",
]
