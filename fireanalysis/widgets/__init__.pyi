from .cartridge import LightExplorer, ShapeIndexExplorer
from .explorer import Explorer, FigureChooser
from .gunshot import SoundExplorer
from .gunshot_stages import TwoStageExplorer

__all__ = [
    "Explorer",
    "FigureChooser",
    "LightExplorer",
    "ShapeIndexExplorer",
    "SoundExplorer",
    "TwoStageExplorer",
]
