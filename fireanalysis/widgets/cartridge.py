"""Explorers of cartridge case surfaces: thin shells over plots, usable from Python without a browser."""

from collections.abc import Sequence

import ipywidgets
import plotly.graph_objects as go

from fireanalysis.errors import DataError
from fireanalysis.loaders import Surface
from fireanalysis.plots import heights_and_shape_index, panels
from fireanalysis.transforms import level, render_lights, ring_lights, shape_index, shrink

from .explorer import WIDE, Explorer

RESOLUTIONS = {"every point": 1, "half": 2, "quarter": 4}


class SurfaceExplorer(Explorer):
    """A choice of scans beside the controls: here just the heights.

    Attributes
    ----------
    scan : ipywidgets.Dropdown
    """

    def __init__(self, surfaces: Sequence[Surface], controls: Sequence[ipywidgets.ValueWidget]) -> None:
        if not surfaces:
            raise DataError(
                "there is no surface to explore", where=type(self).__name__, do="pass at least one"
            )
        self._surfaces = list(surfaces)
        names = [(f"{k + 1}: {surface.name}", k) for k, surface in enumerate(self._surfaces)]
        self.scan = ipywidgets.Dropdown(options=names, description="scan", style=WIDE)
        super().__init__([self.scan, *controls])

    def draw(self) -> go.Figure:
        """Draw the heights of the chosen scan."""
        surface = self._surfaces[self.scan.value]
        size_um = surface.pixel_size_um
        heights = level(surface.heights_um)
        return panels([heights], ["height"], title=surface.name, pixel_size_um=size_um, source=surface.source)


class ShapeIndexExplorer(SurfaceExplorer):
    """Choose a scan, a scale and a resolution; see heights and shape index.

    Parameters
    ----------
    surfaces : sequence of Surface
        The scans to choose from.
    sigma : float
        Standard deviation of the Gaussian to start with, in pixels of the shown resolution.

    Attributes
    ----------
    sigma, resolution : ipywidgets
        The controls.

    Raises
    ------
    DataError
        If there is no surface.

    Examples
    --------
    >>> import numpy as np
    >>> from fireanalysis.loaders import Surface
    >>> heights = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    >>> surface = Surface(heights_um=heights, pixel_size_um=24.2, name="noise", source="simulated")
    >>> explorer = ShapeIndexExplorer([surface], sigma=2.0)
    >>> explorer.sigma.value = 1.0
    >>> "24 µm" in explorer.figure.layout.title.text
    True
    """

    def __init__(self, surfaces: Sequence[Surface], *, sigma: float = 3.0) -> None:
        self.sigma = ipywidgets.FloatSlider(
            sigma, min=0.2, max=8.0, step=0.1, description="σ (px)", continuous_update=False, style=WIDE
        )
        self.resolution = ipywidgets.Dropdown(options=list(RESOLUTIONS), description="resolution", style=WIDE)
        super().__init__(surfaces, [self.sigma, self.resolution])

    def draw(self) -> go.Figure:
        """Draw heights and shape index of the chosen scan."""
        surface = self._surfaces[self.scan.value]
        factor = RESOLUTIONS[self.resolution.value]
        heights = surface.heights_um if factor == 1 else shrink(surface.heights_um, factor=factor)
        return heights_and_shape_index(
            level(heights),
            shape_index(heights, sigma=self.sigma.value),
            pixel_size_um=surface.pixel_size_um * factor,
            name=surface.name,
            sigma=self.sigma.value,
            source=surface.source,
        )


class LightExplorer(SurfaceExplorer):
    """Choose a scan and move a light round it, as an examiner moves the lamp of a comparison microscope.

    Parameters
    ----------
    surfaces : sequence of Surface
        The scans to choose from.

    Attributes
    ----------
    azimuth, elevation : ipywidgets
        Where the light stands, degrees.

    Raises
    ------
    DataError
        If there is no surface.
    """

    def __init__(self, surfaces: Sequence[Surface]) -> None:
        look = {"continuous_update": False, "style": WIDE}
        self.azimuth = ipywidgets.FloatSlider(225, min=0, max=360, step=5, description="azimuth °", **look)
        self.elevation = ipywidgets.FloatSlider(45, min=5, max=85, step=5, description="elevation °", **look)
        super().__init__(surfaces, [self.azimuth, self.elevation])

    def draw(self) -> go.Figure:
        """Draw the chosen scan under the chosen light."""
        surface = self._surfaces[self.scan.value]
        light = ring_lights(1, start_deg=self.azimuth.value, elevation_deg=self.elevation.value)
        shaded = render_lights(level(surface.heights_um), pixel_size_um=surface.pixel_size_um, lights=light)
        return panels(
            [shaded[0]],
            [f"light from {self.azimuth.value:.0f}°, {self.elevation.value:.0f}° high"],
            title=surface.name,
            pixel_size_um=surface.pixel_size_um,
            meaning="brightness",
            source=surface.source,
        )
