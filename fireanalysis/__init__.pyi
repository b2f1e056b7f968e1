from . import errors, loaders, metrics, papers, plots, running, simulators, transforms, widgets

__version__: str
__all__ = [
    "errors",
    "loaders",
    "metrics",
    "papers",
    "plots",
    "running",
    "simulators",
    "transforms",
    "widgets",
]
