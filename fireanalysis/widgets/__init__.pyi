from .cartridge import LightExplorer, ShapeIndexExplorer
from .explorer import Explorer, FigureChooser
from .gunshot import SoundExplorer

__all__ = ["Explorer", "FigureChooser", "LightExplorer", "ShapeIndexExplorer", "SoundExplorer"]
