from .cartridge import LightExplorer, ShapeIndexExplorer
from .explorer import Explorer, FigureChooser

__all__ = ["Explorer", "FigureChooser", "LightExplorer", "ShapeIndexExplorer"]
