from .cartridge import load_cartridges
from .check import check_folder
from .dataset import DataSet, check_parts, split
from .registry import DATA_SETS, fetch
from .surface import Surface, read_surface

__all__ = [
    "DATA_SETS",
    "DataSet",
    "Surface",
    "check_folder",
    "check_parts",
    "fetch",
    "load_cartridges",
    "read_surface",
    "split",
]
