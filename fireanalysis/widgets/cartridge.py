"""Explorers of cartridge case surfaces."""

from collections.abc import Sequence

import ipywidgets
import plotly.graph_objects as go

from ..errors import DataError, FireAnalysisError
from ..loaders import Surface
from ..plots import heights_and_shape_index
from ..transforms import shape_index, shrink

RESOLUTIONS = {"every point": 1, "half": 2, "quarter": 4}


class ShapeIndexExplorer(ipywidgets.VBox):
    """Choose a scan, a scale and a resolution; see heights and shape index.

    Every control is a plain ipywidget, so it also works from Python, without a browser.

    Parameters
    ----------
    surfaces : sequence of Surface
        The scans to choose from.
    sigma : float
        Standard deviation of the Gaussian to start with, in pixels of the shown resolution.

    Attributes
    ----------
    scan, sigma, resolution : ipywidgets
        The controls.
    figure : plotly.graph_objects.FigureWidget
        What is shown.
    message : ipywidgets.HTML
        The error in place of a traceback, if a choice cannot be drawn.

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
        if not surfaces:
            raise DataError("there is no surface to explore", where="ShapeIndexExplorer", do="pass at least one")
        self._surfaces = list(surfaces)
        names = [(f"{k + 1}: {surface.name}", k) for k, surface in enumerate(self._surfaces)]
        wide = {"description_width": "80px"}
        self.scan = ipywidgets.Dropdown(options=names, description="scan", style=wide)
        self.sigma = ipywidgets.FloatSlider(
            sigma, min=0.2, max=8.0, step=0.1, description="σ (px)", continuous_update=False, style=wide
        )
        self.resolution = ipywidgets.Dropdown(options=list(RESOLUTIONS), description="resolution", style=wide)
        self.message = ipywidgets.HTML()
        self.figure = go.FigureWidget(self.draw())
        for control in (self.scan, self.sigma, self.resolution):
            control.observe(self._redraw, names="value")
        super().__init__([ipywidgets.HBox([self.scan, self.sigma, self.resolution]), self.message, self.figure])

    def draw(self) -> go.Figure:
        """Draw the present choice as an ordinary figure."""
        surface = self._surfaces[self.scan.value]
        factor = RESOLUTIONS[self.resolution.value]
        heights = surface.heights_um if factor == 1 else shrink(surface.heights_um, factor=factor)
        return heights_and_shape_index(
            heights,
            shape_index(heights, sigma=self.sigma.value),
            pixel_size_um=surface.pixel_size_um * factor,
            name=surface.name,
            sigma=self.sigma.value,
            source=surface.source,
        )

    def _redraw(self, _change: object) -> None:
        self.message.value = "computing…"
        try:
            figure = self.draw()
        except FireAnalysisError as error:
            self.message.value = f"<pre style='color:#b00020'>{error}</pre>"
            return
        with self.figure.batch_update():
            self.figure.update(figure.to_plotly_json(), overwrite=True)
        self.message.value = ""
