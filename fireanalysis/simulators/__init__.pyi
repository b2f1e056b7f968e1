from .cartridge import REGION_NAMES, brand_marks, primer_regions, render_primers, sample_cartridges
from .cartridge_brands import brand_catalogue
from .cartridge_head import render_case_heads
from .cartridge_parameters import head_field_mm, parameter_table, primer_field_mm

__all__ = [
    "REGION_NAMES",
    "brand_catalogue",
    "brand_marks",
    "head_field_mm",
    "parameter_table",
    "primer_field_mm",
    "primer_regions",
    "render_case_heads",
    "render_primers",
    "sample_cartridges",
]
