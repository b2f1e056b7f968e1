"""Maps as pictures: compressed rasters inside plotly figures, with axes in millimetres and one colour bar."""

import base64
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import plotly.colors
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError, ParameterError

from .style import MISSING_COLOUR, finish

# One colour map for each meaning: plotly's name, limits (None: those of the data), what the bar says.
MEANINGS: dict[str, tuple[str, tuple[float, float] | None, str]] = {
    "height": ("Viridis", None, "height (µm)"),
    "height difference": ("RdBu", None, "difference (µm)"),
    "shape index": ("RdBu", (-1.0, 1.0), "shape index"),
    "brightness": ("Greys_r", None, "brightness"),
    "attribution": ("YlOrRd", None, "attribution"),
    "log spectrogram": ("Magma", None, "log(1 + magnitude)"),
}
SIGNED = {"height difference"}
MAX_PIXELS = 560  # a side on the page: more than a 700 px wide figure can show


def panels(
    maps: Sequence[NDArray],
    titles: Sequence[str],
    *,
    title: str,
    pixel_size_um: float | Sequence[float],
    meaning: str = "height",
    limits: tuple[float, float] | None = None,
    each_its_own: bool = False,
    columns: int = 4,
    source: str | None = None,
) -> go.Figure:
    """Show maps side by side in one colour scale, missing points grey.

    Parameters
    ----------
    maps : sequence of array, (rows, columns)
        Heights, shape index or brightness; NaN is missing.
    titles : sequence of str
        One a map.
    pixel_size_um : float or sequence of float
        Micrometres a pixel, for the axes: one for all or one a map.
    meaning : str
        A key of `MEANINGS`: sets the colour map and what the bar says.
    limits : (float, float), optional
        Values at the ends of the colour bar; by default those of the meaning, else the 1st and 99th
        percentile over all maps.
    each_its_own : bool
        Stretch each map over its own 1st to 99th percentile (no colour bar then: a colour means another
        height in each map).

    Raises
    ------
    ParameterError
        For an unknown `meaning`, or as many titles or pixel sizes as there are not maps.
    DataError
        If there is no map, or one that is not two-dimensional.
    """
    if meaning not in MEANINGS:
        raise ParameterError(
            f"meaning {meaning!r} is unknown", where="panels", do=f"pass one of {', '.join(MEANINGS)}"
        )
    if len(maps) == 0 or any(np.ndim(one) != 2 for one in maps):
        raise DataError(
            f"panels show two-dimensional maps, got shapes {[np.shape(one) for one in maps]}",
            do="pass a list of arrays of shape (rows, columns)",
        )
    sizes = [pixel_size_um] * len(maps) if isinstance(pixel_size_um, int | float) else list(pixel_size_um)
    if not len(maps) == len(titles) == len(sizes):
        raise ParameterError(
            f"{len(maps)} maps, {len(titles)} titles and {len(sizes)} pixel sizes do not go together",
            where="panels",
            do="pass one title and one pixel size a map",
        )
    colours, fixed, bar = MEANINGS[meaning]
    shared = limits or fixed or robust_limits(maps, signed=meaning in SIGNED)
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=list(titles),
        horizontal_spacing=0.06 / columns * 2,
        vertical_spacing=0.32 / rows / 2,
    )
    for k, (values, size_um) in enumerate(zip(maps, sizes, strict=True)):
        row, column = k // columns + 1, k % columns + 1
        ends = robust_limits([values], signed=meaning in SIGNED) if each_its_own else shared
        add_map(figure, values, colours=colours, limits=ends, pixel_size_um=size_um, row=row, column=column)
        figure.update_xaxes(title_text="mm" if row == rows else None, row=row, col=column)
        figure.update_yaxes(title_text="mm" if column == 1 else None, row=row, col=column)
    if not each_its_own:
        add_colour_bar(figure, colours=colours, limits=shared, title=bar)
    figure.update_annotations(font_size=12)
    return finish(
        figure, title, source=source, height=90 + rows * min(480, max(200, 760 // columns)), legend=False
    )


def add_map(
    figure: go.Figure,
    values: NDArray,
    *,
    colours: str,
    limits: tuple[float, float],
    pixel_size_um: float,
    row: int = 1,
    column: int = 1,
    corner_mm: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Draw one map into a subplot as a PNG; axes in millimetres, as `add_picture` has them."""
    picture = coloured(values, colours=colours, limits=limits)
    add_picture(figure, picture, pixel_size_um=pixel_size_um, row=row, column=column, corner_mm=corner_mm)


def add_picture(
    figure: go.Figure,
    picture: NDArray[np.uint8],
    *,
    pixel_size_um: float,
    row: int = 1,
    column: int = 1,
    corner_mm: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Draw a picture (rows, columns, 3) into a subplot as a PNG, axes in millimetres.

    Parameters
    ----------
    corner_mm : (float, float)
        Where on the axes its upper left corner lies: down, across.
    """
    height_mm, width_mm = (n * pixel_size_um / 1000 for n in picture.shape[:2])
    if max(picture.shape[:2]) > MAX_PIXELS:
        scale = MAX_PIXELS / max(picture.shape[:2])
        smaller = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        picture = cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA).astype(np.uint8)
    height_px, width_px = picture.shape[:2]
    dx, dy = width_mm / width_px, height_mm / height_px
    top, left = corner_mm
    place = {"x0": left + dx / 2, "dx": dx, "y0": top + dy / 2, "dy": dy}
    figure.add_trace(go.Image(source=png_uri(picture), **place, hoverinfo="x+y"), row=row, col=column)
    figure.update_xaxes(range=[left, left + width_mm], constrain="domain", row=row, col=column)
    figure.update_yaxes(range=[top + height_mm, top], constrain="domain", row=row, col=column)


def add_colour_bar(
    figure: go.Figure,
    *,
    colours: str,
    limits: tuple[float, float],
    title: str,
    column: int = 1,
    x: float = 1.02,
) -> None:
    """Add the colour bar of rasters, which carry none of their own, by an invisible marker.

    Parameters
    ----------
    column : int
        The subplot of the first row that the marker belongs to.
    x : float
        Where the bar stands, as a share of the figure's width.
    """
    marker = {
        "color": [limits[0]],
        "cmin": limits[0],
        "cmax": limits[1],
        "colorscale": colours,
        "showscale": True,
        "opacity": 0,
        "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 12, "len": 0.9, "x": x},
    }
    figure.add_scatter(
        x=[0], y=[0], mode="markers", marker=marker, hoverinfo="skip", showlegend=False, row=1, col=column
    )


def coloured(values: NDArray, *, colours: str, limits: tuple[float, float]) -> NDArray[np.uint8]:
    """Map values to colours: uint8 (rows, columns, 3), red green blue; NaN grey."""
    low, high = limits
    missing = ~np.isfinite(values)
    scaled = np.where(missing, 0, (values - low) / max(high - low, 1e-12))
    picture = _table(colours)[np.clip(scaled * 255, 0, 255).astype(np.uint8)]
    picture[missing] = plotly.colors.hex_to_rgb(MISSING_COLOUR)
    return picture


@lru_cache(maxsize=16)
def _table(colours: str) -> NDArray[np.uint8]:
    """Give the 256 colours of a colour map, (256, 3)."""
    sampled = plotly.colors.sample_colorscale(colours, np.linspace(0, 1, 256))
    return np.round([plotly.colors.unlabel_rgb(colour) for colour in sampled]).astype(np.uint8)


def png_uri(picture: NDArray[np.uint8]) -> str:
    """Encode a uint8 (rows, columns, 3) red-green-blue picture as a ``data:`` address."""
    # 6 of 9: level 9 takes 3 to 8 times as long for files 1 to 10 % smaller.
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


def jpeg_uri(picture: NDArray[np.uint8]) -> str:
    """Encode as `png_uri` does, sooner and in fewer bytes: for photographs and for explorers, not for exact values."""
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        92,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def robust_limits(maps: Sequence[NDArray], *, signed: bool = False) -> tuple[float, float]:
    """Find the 1st and 99th percentile of all measured points; symmetric about zero where `signed`."""
    measured = np.concatenate([np.ravel(one)[np.isfinite(np.ravel(one))] for one in maps])
    if measured.size == 0:
        return (-1.0, 1.0)
    low, high = (float(v) for v in np.percentile(measured, [1, 99]))
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low - 0.5, high + 0.5)
