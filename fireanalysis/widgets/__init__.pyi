from .cartridge import ShapeIndexExplorer

__all__ = ["ShapeIndexExplorer"]
