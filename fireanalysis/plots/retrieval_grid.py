"""Searches by picture as rows: the query, then what was found, framed by whether it is of the query's class."""

from collections.abc import Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import jpeg_uri
from .style import CLASS_COLOURS, QUIET_COLOUR, finish

Picture = NDArray[np.uint8]

FRAMES = {
    "right": CLASS_COLOURS[2],
    "wrong": CLASS_COLOURS[1],
    "not known": QUIET_COLOUR,
    "query": CLASS_COLOURS[6],
}
_RASTER_PX = 1100  # across: more than a page shows, less than a page should weigh


def top_grid(
    queries: Sequence[Picture],
    found: Sequence[Sequence[Picture]],
    right: ArrayLike | None,
    scores: ArrayLike,
    *,
    title: str,
    source: str,
    names: Sequence[str] | None = None,
    found_names: Sequence[Sequence[str]] | None = None,
) -> go.Figure:
    """Show each query and the first pictures found, framed and signed as right or wrong (paper: Fig. 5).

    Parameters
    ----------
    queries : sequence of uint8 (h, w, 3)
        Of any size.
    found : sequence of sequences of uint8 (h, w, 3)
        The first k of each query, best first.
    right : bool (queries, k), optional
        Whether they are of the query's class; None where that is not known, and nothing is framed as either.
    scores : float (queries, k)
        Written below each: how alike it is.
    title : str
    source : {"simulated", "real"}
    names : sequence of str, optional
        Of the queries, beside the rows.
    found_names : sequence of sequences of str, optional
        Class of each picture found, for the text that shows under the mouse.

    Raises
    ------
    DataError
        If there is no query, or not equally many of everything.
    """
    figure = make_subplots(1, 1)
    add_grid(figure, queries, found, right, scores, names=names, found_names=found_names)
    figure = finish(figure, title, source=source, height=80 + grid_height(*np.shape(scores), names=names))
    return figure.update_layout(
        legend={"y": -0.01, "yanchor": "top"}, margin={"b": 40, "l": 100 if names is not None else 20}
    )


def add_grid(
    figure: go.Figure,
    queries: Sequence[Picture],
    found: Sequence[Sequence[Picture]],
    right: ArrayLike | None,
    scores: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    found_names: Sequence[Sequence[str]] | None = None,
) -> None:
    """Draw what `top_grid` shows into the first panel of a figure: one raster, with its scores as text."""
    values = np.asarray(scores, float)
    flags = np.asarray(right, bool) if right is not None else None
    shape = (len(queries), len(found[0]) if len(found) else 0)
    sizes = [len(row) for row in (*found, *(found if found_names is None else found_names))]
    fits = values.shape == shape and (flags is None or flags.shape == shape) and set(sizes) == {shape[1]}
    if not shape[0] or not shape[1] or not fits or len(queries if names is None else names) != shape[0]:
        what = f"{shape[0]} queries, {sizes} pictures found or named, scores of shape {values.shape}"
        raise DataError(
            f"{what} do not go together", where="top_grid", do="pass as many of each for every query"
        )
    side = _RASTER_PX // (shape[1] + 1)
    tile = side - 6
    canvas = np.full((shape[0] * _cell(shape[1]), _RASTER_PX, 3), 255, np.uint8)
    for row, query in enumerate(queries):
        kinds = ["not known"] * shape[1] if flags is None else ["right" if f else "wrong" for f in flags[row]]
        for column, (picture, kind) in enumerate(zip([query, *found[row]], ["query", *kinds], strict=True)):
            place = (
                slice(row * _cell(shape[1]), row * _cell(shape[1]) + tile),
                slice(column * side, column * side + tile),
            )
            canvas[place] = _framed(picture, kind, side=tile)
    figure.add_image(source=jpeg_uri(canvas), hoverinfo="skip", row=1, col=1)
    _add_scores(figure, values, found_names, side=side)
    _add_legend(figure, kinds=["not known"] if flags is None else ["right", "wrong"])
    middles = (np.arange(shape[1] + 1) + 0.5) * side
    ticks = {"tickvals": middles, "ticktext": ["query", *map(str, range(1, shape[1] + 1))], "side": "top"}
    figure.update_xaxes(range=[0, _RASTER_PX], showgrid=False, zeroline=False, **ticks, row=1, col=1)
    rows = np.arange(shape[0]) * _cell(shape[1]) + tile / 2
    sides = {
        "tickvals": rows,
        "ticktext": list(names) if names is not None else [""] * shape[0],
        "automargin": True,
    }
    figure.update_yaxes(range=[len(canvas), 0], showgrid=False, zeroline=False, **sides, row=1, col=1)
    figure.update_yaxes(constrain="domain", constraintoward="top", row=1, col=1)


def grid_height(queries: int, k: int, *, names: Sequence[str] | None = None) -> int:
    """Say how high a grid is on a page 760 px wide."""
    across = 640 if names is not None else 720
    return round(queries * _cell(k) * across / _RASTER_PX)


def _add_scores(
    figure: go.Figure, scores: NDArray, found_names: Sequence[Sequence[str]] | None, *, side: int
) -> None:
    count, k = scores.shape
    row, column = np.indices((count, k))
    figure.add_scatter(
        x=((column + 1.5) * side).ravel(),
        y=((row + 1) * _cell(k) - 0.5 * (_cell(k) - side)).ravel(),
        text=[f"{score:.2f}" for score in scores.ravel()],
        mode="text",
        textfont={"size": 11},
        hovertext=[name for names in found_names for name in names] if found_names is not None else None,
        hoverinfo="text" if found_names is not None else "skip",
        showlegend=False,
        row=1,
        col=1,
    )


def _add_legend(figure: go.Figure, *, kinds: Sequence[str]) -> None:
    for kind in kinds:
        symbol = {"right": "square", "wrong": "x", "not known": "square-open"}[kind]
        marker = {"color": FRAMES[kind], "size": 11, "symbol": symbol}
        label = f"{kind} class" if kind != "not known" else "class not known"
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=label, row=1, col=1)


def _framed(picture: Picture, kind: str, *, side: int) -> Picture:
    """Fit a picture into a square on white, with a frame in the kind's colour, and its sign in a corner."""
    line = max(3, side // 32)
    room = side - 2 * line
    scale = room / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shown = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    colour = tuple(int(FRAMES[kind][k : k + 2], 16) for k in (1, 3, 5))
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = shown
    cv2.rectangle(square, (0, 0), (side - 1, side - 1), colour, 2 * line - 1)
    if kind in ("right", "wrong"):
        mark = max(24, side // 6)
        cv2.rectangle(square, (0, 0), (mark, mark), colour, -1)
        strokes = _CHECK if kind == "right" else _CROSS
        lines = [np.round(np.array(stroke) * mark).astype(np.int32) for stroke in strokes]
        cv2.polylines(square, lines, False, (255, 255, 255), max(2, mark // 8), cv2.LINE_AA)
    return square


_CHECK = [[(0.22, 0.55), (0.42, 0.75), (0.78, 0.28)]]
_CROSS = [[(0.25, 0.25), (0.75, 0.75)], [(0.25, 0.75), (0.75, 0.25)]]


def _cell(k: int) -> int:
    """Height of a row of k pictures and their query in the raster, text included."""
    return _RASTER_PX // (k + 1) + 30
