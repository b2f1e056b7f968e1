from .cartridge import load_cartridges
from .check import check_folder
from .comparison import comparison_maps, with_repeats
from .dataset import DataSet, check_parts, enough_groups, split
from .inputs import keep_primers, prepare_maps
from .registry import DATA_SETS, fetch
from .store import Entry, digest, kept, opened
from .surface import Surface, read_surface

__all__ = [
    "DATA_SETS",
    "DataSet",
    "Entry",
    "Surface",
    "check_folder",
    "check_parts",
    "comparison_maps",
    "digest",
    "enough_groups",
    "fetch",
    "keep_primers",
    "kept",
    "load_cartridges",
    "opened",
    "prepare_maps",
    "read_surface",
    "split",
    "with_repeats",
]
