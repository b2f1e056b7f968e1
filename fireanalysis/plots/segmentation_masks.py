"""Pictures with their masks: what is there, what was found, what was missed."""

import textwrap
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import add_picture
from .style import CLASS_COLOURS, finish

FATES = {"hit": CLASS_COLOURS[2], "false": CLASS_COLOURS[1], "missed": CLASS_COLOURS[0]}
PANEL_PIXELS = 320  # a side: twice what one of four panels on a page can show
_TINT = 0.55  # share of the colour


def mask_panels(
    pictures: Sequence[NDArray[np.uint8]],
    truth: Sequence[NDArray[np.bool_]],
    predictions: Mapping[str, Sequence[NDArray]] | None = None,
    *,
    title: str,
    source: str,
    names: Sequence[str] | None = None,
    threshold: float = 0.5,
) -> go.Figure:
    """Show pictures as rows: as they are, with the true mask, and with what each network finds (paper: Table 2).

    Parameters
    ----------
    pictures : sequence of uint8 (h, w, 3)
    truth : sequence of bool (h, w)
    predictions : mapping of str to sequence of float or bool (h, w), optional
        Network → probabilities or masks, one a picture.
    title : str
    source : {"simulated", "real"}
    names : sequence of str, optional
        Beside each row.
    threshold : float
        A pixel is foreground from this probability on.

    Raises
    ------
    DataError
        If there is no picture, there is not one mask, name and prediction for each, or one has another shape.
    """
    said = predictions or {}
    rows, masks = len(pictures), [truth, *said.values()]
    whole = rows > 0 and all(len(part) == rows for part in (*masks, names or pictures))
    if not whole or any(m.shape != p.shape[:2] for of in masks for m, p in zip(of, pictures, strict=True)):
        what = f"{rows} pictures, {len(truth)} true masks and {[len(of) for of in said.values()]} predictions"
        raise DataError(
            f"{what} do not go together, or differ in shape",
            where="mask_panels",
            do="pass a mask, a prediction and a name for each picture",
        )
    heads = ["picture", "true mask", *said]
    figure = make_subplots(
        rows,
        len(heads),
        subplot_titles=[_in_lines(head, len(heads)) for head in heads],
        horizontal_spacing=0.012,
        vertical_spacing=0.02 / max(rows - 1, 1),
    )
    for k in range(rows):
        shown = [pictures[k], tinted_mask(pictures[k], truth[k], truth[k])]
        shown += [tinted_mask(pictures[k], truth[k], of[k] >= threshold) for of in said.values()]
        for column, picture in enumerate(shown, start=1):
            small = _smaller(picture)
            add_picture(figure, small, pixel_size_um=1000, row=k + 1, column=column)
        figure.update_yaxes(title=names[k] if names is not None else None, row=k + 1, col=1)
    figure.update_xaxes(showticklabels=False, ticks="")
    figure.update_yaxes(showticklabels=False, ticks="")
    for fate, colour in FATES.items() if said else {"hit": FATES["hit"]}.items():
        label = f"{fate} pixels" if said else "firearm"
        square = {"color": colour, "size": 11, "symbol": "square"}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=square, name=label)
    lines = max(_in_lines(head, len(heads)).count("<br>") for head in heads)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=100 + rows * min(200, max(110, 640 // len(heads))))
    return figure.update_layout(
        legend={"y": -0.01, "yanchor": "top"}, margin={"t": figure.layout.margin.t + 14 * lines, "b": 40}
    )


def tinted_mask(picture: NDArray[np.uint8], truth: ArrayLike, said: ArrayLike) -> NDArray[np.uint8]:
    """Tint hit, false and missed pixels of a picture, each in its colour.

    Parameters
    ----------
    picture : uint8 (h, w, 3)
    truth, said : bool (h, w)

    Returns
    -------
    uint8 (h, w, 3)

    Examples
    --------
    >>> black = np.zeros((1, 2, 3), np.uint8)
    >>> tinted_mask(black, [[False, True]], [[False, True]])[0, 1].tolist()  # 55 % of green
    [0, 87, 63]
    """
    true, mask = np.asarray(truth, bool), np.asarray(said, bool)
    tinted = picture.copy()
    for fate, where in {"hit": true & mask, "false": mask & ~true, "missed": true & ~mask}.items():
        colour = np.array([int(FATES[fate][k : k + 2], 16) for k in (1, 3, 5)])
        tinted[where] = np.round((1 - _TINT) * picture[where] + _TINT * colour).astype(np.uint8)
    return tinted


def _smaller(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = PANEL_PIXELS / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _in_lines(head: str, columns: int) -> str:
    """Break a head that is wider than its column."""
    return "<br>".join(textwrap.wrap(head, max(12, 84 // columns)))
