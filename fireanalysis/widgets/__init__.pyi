from .cartridge import LightExplorer, ShapeIndexExplorer
from .explorer import Explorer, FigureChooser
from .gunshot import SoundExplorer
from .gunshot_stages import TwoStageExplorer
from .segmentation import SegmentationExplorer

__all__ = [
    "Explorer",
    "FigureChooser",
    "LightExplorer",
    "SegmentationExplorer",
    "ShapeIndexExplorer",
    "SoundExplorer",
    "TwoStageExplorer",
]
