"""Figures of masks that are made of cells: what an encoder's stride leaves of a picture."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import add_colour_bar, add_picture, coloured
from .segmentation_masks import PANEL_PIXELS
from .style import CLASS_COLOURS, finish

_COLOURS = "viridis"


def cell_panels(
    pictures: Sequence[NDArray[np.uint8]],
    truth: Sequence[NDArray[np.bool_]],
    maps: Mapping[str, Sequence[NDArray]],
    *,
    cell_px: int,
    title: str,
    source: str,
) -> go.Figure:
    """Show pictures as rows, with the true outline over an encoder's cells, and what each network says of them.

    Parameters
    ----------
    pictures : sequence of uint8 (h, w, 3)
    truth : sequence of bool (h, w)
    maps : mapping of str to sequence of float (h, w) in [0, 1], or bool
        Network → probabilities or masks, one a picture.
    cell_px : int
        Side of a cell: the encoder's stride, a divisor of h and w.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no picture, not one mask and map for each, or one has another shape.
    """
    rows, columns = len(pictures), [truth, *maps.values()]
    if not rows or any(
        len(part) != rows or any(m.shape != p.shape[:2] for m, p in zip(part, pictures, strict=True))
        for part in columns
    ):
        what = f"{rows} pictures, {len(truth)} true masks and maps of {[len(part) for part in maps.values()]}"
        raise DataError(
            f"{what} do not go together, or differ in shape",
            where="cell_panels",
            do="pass a mask and a map of each network for each picture",
        )
    heads = [f"picture, cells of {cell_px} pixels", *maps]
    titles = [head.replace(", ", ",<br>") if len(head) > 16 else head for head in heads]
    space = {"horizontal_spacing": 0.012, "vertical_spacing": 0.02 / max(rows - 1, 1)}
    figure = make_subplots(rows, len(heads), subplot_titles=titles, **space)
    for k in range(rows):
        said = [coloured(of[k].astype(float), colours=_COLOURS, limits=(0, 1)) for of in maps.values()]
        for column, shown in enumerate([pictures[k], *said], start=1):
            drawn = with_cells(shown, truth[k], cell_px=cell_px)
            add_picture(figure, drawn, pixel_size_um=1000, row=k + 1, column=column)
    figure.update_xaxes(showticklabels=False, ticks="")
    figure.update_yaxes(showticklabels=False, ticks="")
    add_colour_bar(figure, colours=_COLOURS, limits=(0, 1), title="probability of firearm")
    line = {"color": CLASS_COLOURS[1], "width": 2}
    figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name="true outline")
    figure.update_annotations(font_size=12)
    lines = max(head.count("<br>") for head in titles)
    figure = finish(figure, title, source=source, height=100 + rows * max(120, 640 // len(heads)))
    margin = {"t": figure.layout.margin.t + 14 * lines, "b": 40, "r": 70}
    return figure.update_layout(legend={"y": -0.01, "yanchor": "top"}, margin=margin)


def with_cells(picture: NDArray[np.uint8], truth: NDArray[np.bool_], *, cell_px: int) -> NDArray[np.uint8]:
    """Enlarge a picture by a whole factor and draw the cells' edges and the true outline into it.

    Parameters
    ----------
    picture : uint8 (h, w, 3)
    truth : bool (h, w)
    cell_px : int
        Before it is enlarged.

    Returns
    -------
    uint8 (factor · h, factor · w, 3)
        At least as large as a panel can show.

    Examples
    --------
    >>> with_cells(np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), bool), cell_px=32).shape
    (320, 320, 3)
    """
    factor = max(1, -(-PANEL_PIXELS // max(picture.shape[:2])))
    drawn = np.ascontiguousarray(picture.repeat(factor, 0).repeat(factor, 1))
    step = factor * cell_px
    down, across = ((np.arange(n) >= step) & (np.arange(n) % step < 2) for n in drawn.shape[:2])
    edges = down[:, None] | across
    drawn[edges] = drawn[edges] // 2 + 127  # light on dark, visible on both
    large = truth.repeat(factor, 0).repeat(factor, 1).astype(np.uint8)
    outlines, _ = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    colour = [int(CLASS_COLOURS[1][k : k + 2], 16) for k in (1, 3, 5)]
    cv2.drawContours(drawn, outlines, -1, colour, 2)
    return drawn
