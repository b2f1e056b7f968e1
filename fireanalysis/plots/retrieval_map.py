"""Embeddings as points in the plane, coloured by class, and where a search stands among them."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .retrieval_grid import FRAMES, Picture, add_grid, grid_height
from .style import CLASS_COLOURS, finish

_SYMBOLS = ("circle", "x", "diamond", "triangle-up", "square", "cross")
_NAMED = 16  # classes a legend can hold; more are told by the mouse
_MAP_PX = 380


def embedding_map(
    points: ArrayLike,
    labels: Sequence[str],
    *,
    title: str,
    source: str,
    axes: tuple[str, str] = ("t-SNE 1", "t-SNE 2"),
    query: ArrayLike | None = None,
    found: Sequence[int] = (),
    right: ArrayLike | None = None,
) -> go.Figure:
    """Show a database as a map, one colour and symbol a class; with a query, lines lead to what it found.

    Parameters
    ----------
    points : float (n, 2)
        Places of the database's pictures.
    labels : sequence of str
        Their classes. Up to 16 stand in a legend; the mouse tells all.
    title : str
    source : {"simulated", "real"}
    axes : (str, str)
        What the axes are.
    query : float (2,), optional
        Place of a query.
    found : sequence of int
        Rows of what it found.
    right : bool (k,), optional
        Whether they are of its class; None where that is not known.

    Raises
    ------
    DataError
        If there is not one place and class a picture, or a row is none of the database's.
    """
    figure = make_subplots(1, 1)
    _add_map(figure, points, labels, axes=axes, query=query, found=found, right=right, row=1)
    return _with_legend_below(finish(figure, title, source=source, height=_MAP_PX + 110), share=1.0)


def search_view(
    query: Picture,
    found: Sequence[Picture],
    right: ArrayLike | None,
    scores: ArrayLike,
    points: ArrayLike,
    labels: Sequence[str],
    rows: Sequence[int],
    place: ArrayLike,
    *,
    title: str,
    source: str,
    axes: tuple[str, str] = ("t-SNE 1", "t-SNE 2"),
) -> go.Figure:
    """Show one search twice: the pictures it found in a row, and where they and the query are on the map.

    Parameters
    ----------
    query : uint8 (h, w, 3)
    found : sequence of uint8 (h, w, 3)
        The first k, best first.
    right : bool (k,), optional
        As in `top_grid`.
    scores : float (k,)
    points, labels, axes
        The map, as in `embedding_map`.
    rows : sequence of int
        Which of the map's points were found.
    place : float (2,)
        Of the query on the map.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        As `top_grid` and `embedding_map`.
    """
    names = [str(labels[row]) for row in rows if 0 <= row < len(labels)]
    high = grid_height(1, max(len(found), 1))
    figure = make_subplots(2, 1, row_heights=[high, _MAP_PX], vertical_spacing=0.04)
    flags = None if right is None else np.asarray(right, bool)[None]
    add_grid(figure, [query], [found], flags, np.asarray(scores, float)[None], found_names=[names])
    _add_map(figure, points, labels, axes=axes, query=place, found=rows, right=right, row=2)
    height = high + _MAP_PX + 120
    return _with_legend_below(finish(figure, title, source=source, height=height), share=_MAP_PX / height)


def _add_map(
    figure: go.Figure,
    points: ArrayLike,
    labels: Sequence[str],
    *,
    axes: tuple[str, str],
    query: ArrayLike | None,
    found: Sequence[int],
    right: ArrayLike | None,
    row: int,
) -> None:
    places, classes, rows = np.asarray(points, float), np.asarray(labels, str), np.asarray(found, int)
    if places.shape != (len(classes), 2) or not len(classes) or ((rows < 0) | (rows >= len(classes))).any():
        what = f"points of shape {places.shape} for {len(classes)} labels, rows {list(rows)}"
        do = "pass two numbers a picture, and rows of the map"
        raise DataError(what, where="embedding_map", do=do)
    names = sorted(set(classes))
    if query is not None:
        _add_lines(figure, places[rows], np.asarray(query, float), right, row=row)
    for number, name in enumerate(names):
        chosen = places[classes == name]
        figure.add_scatter(
            x=chosen[:, 0],
            y=chosen[:, 1],
            mode="markers",
            marker={
                "color": CLASS_COLOURS[number % len(CLASS_COLOURS)],
                "symbol": _SYMBOLS[number // len(CLASS_COLOURS) % len(_SYMBOLS)],
                "size": 6,
                "opacity": 0.8,
            },
            name=name,
            showlegend=len(names) <= _NAMED,
            hoverinfo="name",
            row=row,
            col=1,
        )
    if query is not None:
        star = {
            "symbol": "star",
            "size": 16,
            "color": FRAMES["query"],
            "line": {"color": "white", "width": 1},
        }
        x, y = np.asarray(query, float)
        figure.add_scatter(x=[x], y=[y], mode="markers", marker=star, name="query", row=row, col=1)
    # Distances of a map mean little, but they should be the same in both directions.
    figure.update_xaxes(title=axes[0], showticklabels=False, zeroline=False, row=row, col=1)
    figure.update_yaxes(title=axes[1], showticklabels=False, zeroline=False, row=row, col=1)


def _add_lines(
    figure: go.Figure,
    ends: NDArray[np.float64],
    query: NDArray[np.float64],
    right: ArrayLike | None,
    *,
    row: int,
) -> None:
    """Lines from the query to each picture found, coloured as its frame, with a ring round it."""
    kinds = (
        ["not known"] * len(ends)
        if right is None
        else ["right" if one else "wrong" for one in np.asarray(right)]
    )
    for kind in dict.fromkeys(kinds):
        chosen = ends[[one == kind for one in kinds]]
        x, y = (np.array([[query[axis], end, np.nan] for end in chosen[:, axis]]).ravel() for axis in (0, 1))
        style = {"color": FRAMES[kind], "width": 1.5, "dash": "dot" if kind == "wrong" else "solid"}
        ring = {"symbol": "circle-open", "size": 13, "line": {"width": 2}, "color": FRAMES[kind]}
        look = {"showlegend": False, "hoverinfo": "skip", "row": row, "col": 1}
        figure.add_scatter(x=x, y=y, mode="lines", line=style, connectgaps=False, **look)
        figure.add_scatter(x=chosen[:, 0], y=chosen[:, 1], mode="markers", marker=ring, **look)


def _with_legend_below(figure: go.Figure, *, share: float) -> go.Figure:
    return figure.update_layout(legend={"y": -0.1 * share, "yanchor": "top"}, margin={"b": 110, "l": 40})
