from .cartridge import LightExplorer, ShapeIndexExplorer

__all__ = ["LightExplorer", "ShapeIndexExplorer"]
