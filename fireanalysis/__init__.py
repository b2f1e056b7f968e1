"""fireanalysis: four papers on forensic firearm analysis as a thin package and a series of notebooks."""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
