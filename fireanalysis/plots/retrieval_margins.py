"""Figures of two margins: how far apart pairs lie, and what a contrastive loss does to them."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import add_picture
from .style import CLASS_COLOURS, MARK_COLOUR, MISSING_COLOUR, PALE_COLOURS, finish

KINDS = {"one class": CLASS_COLOURS[0], "two classes": CLASS_COLOURS[1]}
"""Kinds of pairs: the loss pulls the first together and pushes the second apart."""
_BIN = 0.02  # of a distance
_PICTURE_PIXELS = 96  # longer side of one picture of an example pair


def distance_histograms(
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    source: str,
    margins: tuple[float, float] | None = None,
) -> go.Figure:
    """Show how far apart pairs of one class and of two lie, one panel a network (paper: Fig. 4).

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Network → "same" (bool), "distance", as from `fireanalysis.metrics.sample_pair_distances`.
    title : str
    source : {"simulated", "real"}
    margins : (float, float), optional
        Positive and negative margin, as dashed lines.

    Raises
    ------
    DataError
        If there is no table, or one lacks a column or a kind of pairs.
    """
    if not tables:
        raise DataError("there is no table", where="distance_histograms", do="pass one a network")
    edges = _edges(list(tables.values()))
    heads = []
    for name, table in tables.items():
        one, two = (float(of.mean()) for of in _kinds(table))
        heads.append(f"{name}: means {one:.2f} and {two:.2f}")
    figure = make_subplots(
        len(tables), 1, shared_xaxes=True, subplot_titles=heads, vertical_spacing=0.22 / len(tables)
    )
    for row, table in enumerate(tables.values(), start=1):
        for (kind, colour), density in zip(KINDS.items(), _densities(table, edges), strict=True):
            _bars(figure, edges, density, colour, kind, row=row, legend=row == 1)
        for place, of in enumerate(_kinds(table)):
            line = {"color": list(KINDS.values())[place], "width": 1.5}
            figure.add_vline(x=float(of.mean()), line=line, row=row, col=1)
        for place, margin in enumerate(margins or ()):
            line = {"color": list(KINDS.values())[place], "dash": "dash", "width": 2}
            figure.add_vline(x=margin, line=line, row=row, col=1)
    _key(figure, "mean", {"width": 1.5})
    if margins:
        _key(figure, "margin", {"dash": "dash", "width": 2})
    nearest = min(float(min(map(np.min, _kinds(table)))) for table in tables.values())
    figure.update_xaxes(range=[max(0, min(nearest, *(margins or (2.0,))) - 0.1), edges[-1]])
    figure.update_xaxes(title="distance of two descriptors", row=len(tables), col=1)
    figure.update_yaxes(title="density", rangemode="tozero")
    figure.update_annotations(font_size=12)
    height = 120 + 150 * len(tables)
    return legend_under(finish(figure, title, source=source, height=height), height)


def force_curves(
    losses: Mapping[str, tuple[float, float]], *, title: str, farthest: float = 1.6
) -> go.Figure:
    """Show a contrastive loss and its force, the slope, by the distance of a pair (paper: eqs 1 and 2).

    Parameters
    ----------
    losses : mapping of str to (float, float)
        Name → positive and negative margin; a positive margin of 0 is the single margin loss.
    title : str
    farthest : float
        Where the axis ends.

    Raises
    ------
    DataError
        If there is no loss.
    """
    if not losses:
        raise DataError("there is no loss", where="force_curves", do="pass the margins of one at least")
    heads = ["pair of one class: pulled", "pair of two classes: pushed"]
    figure = make_subplots(
        2, 2, shared_xaxes=True, shared_yaxes="rows", subplot_titles=heads,
        vertical_spacing=0.08, horizontal_spacing=0.05,
    )  # fmt: skip
    distance = np.linspace(0, farthest, 161)
    for number, (name, (near, far)) in enumerate(losses.items()):
        line = {
            "color": CLASS_COLOURS[number % len(CLASS_COLOURS)],
            "dash": ("solid", "dash", "dot")[number % 3],
        }
        forces = (np.maximum(distance - near, 0), np.maximum(far - distance, 0))
        for column, force in enumerate(forces, start=1):
            for row, values in enumerate((force**2 / 2, force), start=1):
                figure.add_scatter(
                    x=distance, y=values, mode="lines", line=line, name=name, legendgroup=name,
                    showlegend=row == column == 1, row=row, col=column,
                )  # fmt: skip
    figure.update_xaxes(title="distance of two descriptors", row=2)
    figure.update_yaxes(title="loss", row=1, col=1)
    figure.update_yaxes(title="force (slope)", row=2, col=1)
    figure.update_annotations(font_size=12)
    return legend_under(finish(figure, title, height=420), 420)


def margin_view(
    table: pd.DataFrame,
    *,
    positive_margin: float,
    negative_margin: float,
    title: str,
    source: str,
    examples: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8], str]] = (),
) -> go.Figure:
    """Show what two margins do to the pairs there are: which are moved, how strongly, and some of them.

    Above the distances, those of pairs with a force in full colour; below the force of all pairs at a distance
    (number × force): the areas of the two colours say who is stronger.

    Parameters
    ----------
    table : DataFrame
        As `distance_histograms`.
    positive_margin, negative_margin : float
    title : str
    source : {"simulated", "real"}
    examples : sequence of (uint8 (h, w, 3), uint8 (h, w, 3), str)
        Two pictures and what to write above them; at most four are readable.

    Raises
    ------
    DataError
        If the table lacks a column or a kind of pairs.
    """
    columns = max(1, len(examples))
    wide = [[{"colspan": columns}, *[None] * (columns - 1)]] * 2
    figure = make_subplots(
        3 if examples else 2,
        columns,
        specs=[*wide, [{}] * columns] if examples else wide,
        row_heights=[0.36, 0.28, 0.36] if examples else [0.6, 0.4],
        subplot_titles=["", "", *(said for *_, said in examples)],
        vertical_spacing=0.15 if examples else 0.13,
        horizontal_spacing=0.02,
    )
    edges = _edges([table])
    middle = (edges[:-1] + edges[1:]) / 2
    forces = (np.maximum(middle - positive_margin, 0), np.maximum(negative_margin - middle, 0))
    names = ("pulled", "pushed")
    for place, density in enumerate(_densities(table, edges)):
        colour, force = list(KINDS.values())[place], forces[place]
        rest = np.where(force > 0, 0, density)
        _bars(figure, edges, rest, PALE_COLOURS[place], f"{list(KINDS)[place]}, at rest", row=1)
        _bars(figure, edges, density - rest, colour, f"{list(KINDS)[place]}, {names[place]}", row=1)
        _bars(figure, edges, density * force, colour, names[place], row=2, legend=False)
        margin = (positive_margin, negative_margin)[place]
        figure.add_vline(x=margin, line={"color": colour, "dash": "dash", "width": 2}, row=1, col=1)
    for row, name in ((1, "density"), (2, "density × force")):
        figure.update_xaxes(range=[0, edges[-1]], row=row, col=1)
        figure.update_yaxes(title=name, rangemode="tozero", row=row, col=1)
    figure.update_xaxes(title="distance of two descriptors", row=2, col=1)
    for column, (one, other, _) in enumerate(examples, start=1):
        add_picture(figure, _side_by_side(one, other), pixel_size_um=1000, row=3, column=column)
        figure.update_xaxes(showticklabels=False, ticks="", row=3, col=column)
        figure.update_yaxes(showticklabels=False, ticks="", row=3, col=column)
    figure.update_annotations(font_size=11)
    return finish(figure, title, source=source, height=600 if examples else 420)


def _kinds(table: pd.DataFrame) -> tuple[NDArray, NDArray]:
    missing = [column for column in ("same", "distance") if column not in table]
    same = np.zeros(0, bool) if missing else table["same"].to_numpy(bool)
    if missing or not 0 < same.sum() < same.size:
        what = f"the table has no {', '.join(missing)}" if missing else "one kind of pairs is missing"
        raise DataError(what, where="distances of pairs", do="pass a table of sample_pair_distances")
    distance = table["distance"].to_numpy()
    return distance[same], distance[~same]


def _edges(tables: Sequence[pd.DataFrame]) -> NDArray[np.float64]:
    farthest = max(float(max(map(np.max, _kinds(table)))) for table in tables)
    return np.arange(int(farthest / _BIN) + 2) * np.float64(_BIN)


def _densities(table: pd.DataFrame, edges: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    counts = [np.bincount((of / _BIN).astype(int), minlength=len(edges) - 1) for of in _kinds(table)]
    return [count[: len(edges) - 1] / count.sum() / _BIN for count in counts]


def _bars(
    figure: go.Figure,
    edges: NDArray,
    heights: NDArray,
    colour: str,
    name: str,
    *,
    row: int,
    legend: bool = True,
) -> None:
    figure.add_bar(
        x=edges[:-1] + _BIN / 2,
        y=np.round(heights, 4),
        width=_BIN,
        marker={"color": colour, "opacity": 0.65, "line": {"width": 0}},
        name=name,
        legendgroup=name,
        showlegend=legend,
        row=row,
        col=1,
    )
    figure.update_layout(barmode="overlay", bargap=0)


def _key(figure: go.Figure, name: str, line: dict) -> None:
    figure.add_scatter(x=[None], y=[None], mode="lines", line={"color": MARK_COLOUR, **line}, name=name)


def _side_by_side(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = np.array([int(MISSING_COLOUR[k : k + 2], 16) for k in (1, 3, 5)], np.uint8)
    canvas = np.tile(grey, (_PICTURE_PIXELS, 2 * _PICTURE_PIXELS + 4, 1))
    for number, picture in enumerate((one, other)):
        scale = _PICTURE_PIXELS / max(picture.shape[:2])
        height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        top, left = (_PICTURE_PIXELS - height) // 2, (_PICTURE_PIXELS - width) // 2
        left += number * (_PICTURE_PIXELS + 4)
        canvas[top : top + height, left : left + width] = small
    return canvas


def legend_under(figure: go.Figure, height: int) -> go.Figure:
    """Put the legend below the axes' titles of a figure of this height."""
    return figure.update_layout(legend={"y": -60 / (height - 130), "yanchor": "top"}, margin={"b": 100})
