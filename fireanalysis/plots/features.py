"""Features of many samples as points in the plane, coloured by class."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish

_SYMBOLS = ("circle", "x", "diamond", "triangle-up", "square", "cross")


def projections(
    clouds: Mapping[str, tuple[NDArray, Sequence[str]]],
    *,
    title: str,
    axes: Sequence[tuple[str, str]],
    source: str,
    most: int = 1500,
) -> go.Figure:
    """Show sets of samples as points in the plane side by side, one colour and symbol a class.

    Parameters
    ----------
    clouds : mapping of str to (float (n, 2), n labels)
        What stands over each panel → its points and their classes.
    axes : sequence of (str, str)
        Names of the two axes of each panel; panels with the same names have the same scale.
    most : int
        Of a larger set every second, third, ... sample is drawn.

    Raises
    ------
    DataError
        If points and labels do not fit together.
    """
    figure = make_subplots(1, len(clouds), subplot_titles=list(clouds), horizontal_spacing=0.09)
    names = sorted({str(label) for _, labels in clouds.values() for label in labels})
    for column, ((panel, (points, labels)), (x, y)) in enumerate(
        zip(clouds.items(), axes, strict=True), start=1
    ):
        if np.shape(points) != (len(labels), 2):
            what = f"{panel}: points of shape {np.shape(points)} for {len(labels)} labels"
            raise DataError(what, where="projections", do=f"pass an array of shape ({len(labels)}, 2)")
        step = -(-len(labels) // most)
        drawn, of = np.asarray(points)[::step], np.asarray(labels, str)[::step]
        for number, name in enumerate(names):
            marker = {
                "color": CLASS_COLOURS[number % len(CLASS_COLOURS)],
                "symbol": _SYMBOLS[number // len(CLASS_COLOURS) % len(_SYMBOLS)],
                "size": 5,
                "opacity": 0.75,
            }
            chosen = drawn[of == name]
            figure.add_scatter(
                # Shown in the legend once, by a point that is nowhere, also if a panel has none of the class.
                x=[None, *chosen[:, 0]],
                y=[None, *chosen[:, 1]],
                mode="markers",
                marker=marker,
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                row=1,
                col=column,
            )
        figure.update_xaxes(title=x, row=1, col=column)
        figure.update_yaxes(title={"text": y, "standoff": 4}, row=1, col=column)
        first = 1 + list(axes).index((x, y))
        if first < column:  # the same axes, so the same scale
            axis = "" if first == 1 else str(first)
            figure.update_xaxes(matches=f"x{axis}", row=1, col=column)
            figure.update_yaxes(matches=f"y{axis}", row=1, col=column)
    figure = finish(figure, title, source=source, height=420)
    figure.update_annotations(font_size=12)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top", "itemsizing": "constant"})
