from . import errors, explain, loaders, metrics, papers, plots, running, simulators, transforms, widgets

__version__: str
__all__ = [
    "errors",
    "explain",
    "loaders",
    "metrics",
    "papers",
    "plots",
    "running",
    "simulators",
    "transforms",
    "widgets",
]
