"""Figures of descriptors off the shelf: what each pooling takes of a picture, and what padding does to it."""

from collections.abc import Mapping

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import MEANINGS, add_picture, coloured
from .style import CLASS_COLOURS, finish

_LEAST = 1e-8  # below it two descriptors are the same to float32
_SYMBOLS = ("circle", "x", "diamond", "square")


def pooling_panels(
    pictures: list[NDArray[np.uint8]], shares: list[Mapping[str, ArrayLike]], *, title: str, source: str
) -> go.Figure:
    """Show which places of a picture make its descriptor, one row a picture, one column a pooling.

    Parameters
    ----------
    pictures : list of uint8 (h, w, 3)
    shares : list of (mapping of str to float (rows, columns))
        Of each picture: pooling → how much of the descriptor comes from each cell of the last maps; at least 0.
        Dark red is the largest of a panel.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there are not the same poolings for every picture, or no picture.
    """
    names = list(shares[0]) if shares else []
    if not names or len(pictures) != len(shares) or any(list(one) != names for one in shares):
        what = f"{len(pictures)} pictures, shares of {[list(one) for one in shares]}"
        raise DataError(what, where="pooling_panels", do="pass the same poolings for each picture")
    figure = make_subplots(
        len(pictures),
        len(names) + 1,
        column_titles=["picture", *names],
        horizontal_spacing=0.012,
        vertical_spacing=0.02,
    )
    for row, (picture, of_picture) in enumerate(zip(pictures, shares, strict=True), start=1):
        shown = [picture, *(_tinted(picture, np.asarray(cells, float)) for cells in of_picture.values())]
        for column, image in enumerate(shown, start=1):
            add_picture(figure, image, pixel_size_um=1000, row=row, column=column)
    figure.update_xaxes(showticklabels=False, ticks="")
    figure.update_yaxes(showticklabels=False, ticks="")
    figure.update_annotations(font_size=12)
    height = 60 + len(pictures) * round(700 / (len(names) + 1))
    return finish(figure, title, source=source, height=height, legend=False)


def padding_errors(
    padding: ArrayLike, cosines: Mapping[str, ArrayLike], *, title: str, source: str
) -> go.Figure:
    """Show how far a picture's descriptor in a padded batch is from the one it has alone, by the share of padding.

    Parameters
    ----------
    padding : float (n,)
        Share of its array that is not the picture, 0 to 1.
    cosines : mapping of str to float (n,)
        How the padding was kept out → cosine of both descriptors.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no way, or not one cosine a picture.
    """
    share = np.asarray(padding, float)
    values = {name: np.asarray(numbers, float) for name, numbers in cosines.items()}
    if not values or share.ndim != 1 or any(one.shape != share.shape for one in values.values()):
        what = f"{share.shape} shares of padding, cosines of shapes {[one.shape for one in values.values()]}"
        raise DataError(what, where="padding_errors", do="pass one number a picture of each")
    figure = go.Figure()
    for number, (name, cosine) in enumerate(values.items()):
        marker = {"color": CLASS_COLOURS[number], "symbol": _SYMBOLS[number % len(_SYMBOLS)], "size": 8}
        off = np.maximum(1 - cosine, _LEAST)
        figure.add_scatter(x=100 * share, y=off, mode="markers", marker=marker, name=name)
    figure.update_xaxes(title="padding (% of the array)", rangemode="tozero")
    ticks = [10.0**power for power in range(-8, 1)]
    texts = [f"≤ {_LEAST:g}", *(f"{tick:g}" for tick in ticks[1:])]
    figure.update_yaxes(
        title="1 − cosine to its own descriptor", type="log", tickvals=ticks, ticktext=texts, automargin=True
    )
    figure = finish(figure, title, source=source, height=380)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 110, "l": 80})


def _tinted(picture: NDArray[np.uint8], cells: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Lay cells over a grey picture, enlarged without smoothing: a cell is all that is known of a place."""
    rows, columns = picture.shape[:2]
    large = cv2.resize(cells, (columns, rows), interpolation=cv2.INTER_NEAREST)
    tint = coloured(large, colours=MEANINGS["attribution"][0], limits=(0.0, max(float(cells.max()), 1e-12)))
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(grey, 0.45, tint, 0.55, 0), np.uint8)
