"""Explorer of cartridge case surfaces: a thin shell over one plot, usable from Python without a browser."""

import math
from collections.abc import Sequence

import ipywidgets
import plotly.graph_objects as go

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import Surface
from fireanalysis.plots import surface_views
from fireanalysis.transforms import level, render_lights, ring_lights, shape_index, shrink

from .explorer import WIDE, Explorer

RESOLUTIONS = {"every point": 1, "half": 2, "quarter": 4}


class ShapeIndexExplorer(Explorer):
    """Choose a scan, a part of it, σ and a light; see heights, shape index and the surface under the light.

    The shape index is that of the whole scan, so a cut-out has no borders of its own and may be as small as one
    likes. Heights are levelled, and colours stretched, over the part that is shown.

    Parameters
    ----------
    surfaces : sequence of Surface
        The scans to choose from.
    sigma : float
        Standard deviation of the Gaussian to start with, in pixels of the shown resolution.

    Attributes
    ----------
    scan, resolution : ipywidgets.Dropdown
    sigma : ipywidgets.FloatSlider
    down, across : ipywidgets.FloatRangeSlider
        The part that is shown, in millimetres from the upper left corner, as on the figure's axes.
    azimuth, elevation : ipywidgets.FloatSlider
        Where the light stands, degrees: 0 is on the right, 90 below, 225 on the upper left.

    Raises
    ------
    DataError
        If there is no surface.

    Examples
    --------
    >>> import numpy as np
    >>> from fireanalysis.loaders import Surface
    >>> heights = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    >>> surface = Surface(heights_um=heights, pixel_size_um=25.0, name="noise", source="simulated")
    >>> explorer = ShapeIndexExplorer([surface], sigma=2.0)
    >>> explorer.sigma.value = 1.0
    >>> explorer.across.value = (0.5, 1.0)
    >>> "25 µm" in explorer.figure.layout.title.text, explorer.figure.layout.xaxis.range
    (True, (0.5, 1.0))
    """

    def __init__(self, surfaces: Sequence[Surface], *, sigma: float = 3.0) -> None:
        if not surfaces:
            raise DataError(
                "there is no surface to explore", where="ShapeIndexExplorer", do="pass at least one"
            )
        self._surfaces = list(surfaces)
        names = [(f"{k + 1}: {surface.name}", k) for k, surface in enumerate(self._surfaces)]
        released = {"continuous_update": False, "style": WIDE}
        self.scan = ipywidgets.Dropdown(options=names, description="scan", style=WIDE)
        self.resolution = ipywidgets.Dropdown(options=list(RESOLUTIONS), description="resolution", style=WIDE)
        self.sigma = ipywidgets.FloatSlider(
            sigma, min=0.2, max=8.0, step=0.1, description="σ (px)", **released
        )
        self.down = ipywidgets.FloatRangeSlider(
            value=(0, 1), max=1, step=0.01, description="down mm", **released
        )
        self.across = ipywidgets.FloatRangeSlider(
            value=(0, 1), max=1, step=0.01, description="across mm", **released
        )
        self.azimuth = ipywidgets.FloatSlider(
            225, min=0, max=360, step=5, description="azimuth °", style=WIDE
        )
        self.elevation = ipywidgets.FloatSlider(
            45, min=5, max=85, step=5, description="elevation °", style=WIDE
        )
        self._show_whole()
        self.scan.observe(self._show_whole, names="value")  # before the figure follows the scan
        place = [self.scan, self.resolution, self.down, self.across]
        super().__init__([*place, self.azimuth, self.elevation, self.sigma])

    def draw(self) -> go.Figure:
        """Draw the chosen part of the chosen scan under the chosen light."""
        surface = self._surfaces[self.scan.value]
        factor = RESOLUTIONS[self.resolution.value]
        heights = surface.heights_um if factor == 1 else shrink(surface.heights_um, factor=factor)
        pixel_size_um = surface.pixel_size_um * factor
        part = tuple(
            _points(slider.value, pixel_size_um, count, slider.description)
            for slider, count in zip((self.down, self.across), heights.shape, strict=True)
        )
        levelled = level(heights[part])
        light_deg = self.azimuth.value, self.elevation.value
        light = ring_lights(1, start_deg=light_deg[0], elevation_deg=light_deg[1])
        return surface_views(
            levelled,
            shape_index(heights, sigma=self.sigma.value)[part],
            render_lights(levelled, pixel_size_um=pixel_size_um, lights=light)[0],
            pixel_size_um=pixel_size_um,
            sigma=self.sigma.value,
            light_deg=light_deg,
            name=surface.name,
            source=surface.source,
            corner_mm=(part[0].start * pixel_size_um / 1000, part[1].start * pixel_size_um / 1000),
        )

    def _show_whole(self, _change: object = None) -> None:
        """Show the whole of a scan that is of another size than the one before."""
        surface = self._surfaces[self.scan.value]
        for slider, points in zip((self.down, self.across), surface.heights_um.shape, strict=True):
            size_mm = math.ceil(points * surface.pixel_size_um / 10) / 100
            if slider.max != size_mm:
                slider.max = size_mm
                slider.value = (0, size_mm)


def _points(ends_mm: tuple[float, float], pixel_size_um: float, count: int, name: str) -> slice:
    """Give the points between two places of an edge."""
    first, last = (min(round(1000 * end / pixel_size_um), count) for end in ends_mm)
    if last - first < 2:
        raise ParameterError(
            f"{name} from {ends_mm[0]:g} to {ends_mm[1]:g} are {last - first} points; 2 are needed",
            where="ShapeIndexExplorer",
            do="move the two ends of the slider apart",
        )
    return slice(first, last)
