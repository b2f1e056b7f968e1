"""What a set of pictures with masks looks like, and what its parts share."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import add_picture
from .style import CLASS_COLOURS, finish

_PANEL_PIXELS = 320
_OUTLINE = CLASS_COLOURS[5]


def picture_panels(
    pictures: Sequence[NDArray[np.uint8]],
    titles: Sequence[str],
    *,
    masks: Sequence[NDArray[np.bool_]] | None = None,
    title: str,
    source: str,
    columns: int = 4,
) -> go.Figure:
    """Show pictures side by side, with the outlines of their masks.

    Parameters
    ----------
    pictures : sequence of uint8 (h, w, 3)
    titles : sequence of str
        One a picture.
    masks : sequence of bool (h, w), optional
        One a picture.
    title : str
    source : {"simulated", "real"}
    columns : int
        Pictures in a row.

    Raises
    ------
    DataError
        If there is no picture, or not one title and mask for each.
    """
    outlined = masks if masks is not None else [np.zeros(picture.shape[:2], bool) for picture in pictures]
    if not len(pictures) or not len(pictures) == len(titles) == len(outlined):
        what = f"{len(pictures)} pictures, {len(titles)} titles and {len(outlined)} masks do not go together"
        raise DataError(what, where="picture_panels", do="pass a title, and a mask, for each picture")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=list(titles),
        horizontal_spacing=0.012,
        vertical_spacing=0.13 / rows if rows > 1 else 0,
    )
    for number, (picture, mask) in enumerate(zip(pictures, outlined, strict=True)):
        row, column = divmod(number, columns)
        shown = _outlined(picture, mask)
        add_picture(figure, shown, pixel_size_um=1000, row=row + 1, column=column + 1)
    figure.update_xaxes(showticklabels=False, ticks="")
    figure.update_yaxes(showticklabels=False, ticks="")
    figure.update_annotations(font_size=11)
    return finish(figure, title, source=source, height=70 + rows * (30 + 720 // columns), legend=False)


def shared_bars(tables: Mapping[str, pd.Series], *, title: str, source: str) -> go.Figure:
    """Show what the pictures of a test part share with the training part, one bar a split.

    Parameters
    ----------
    tables : mapping of str to Series
        Split → number of test pictures by what they share ("nothing", "background", ...); the same kinds in each.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no split, or one without pictures.
    """
    if not tables or any(table.sum() == 0 for table in tables.values()):
        what = f"splits {list(tables)}: one has no test pictures" if tables else "no split"
        raise DataError(what, where="shared_bars", do="pass counts of each split's test pictures")
    figure = go.Figure()
    names = [f"{name}<br>{int(table.sum()):,} test pictures" for name, table in tables.items()]
    for kind in next(iter(tables.values())).index:
        shares = [100 * table[kind] / table.sum() for table in tables.values()]
        colour = _KINDS.get(kind, CLASS_COLOURS[4])
        text = [f"{share:.0f} %" if share >= 4 else "" for share in shares]
        figure.add_bar(y=names, x=shares, name=kind, orientation="h", marker_color=colour, text=text)
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_traces(textposition="inside", insidetextanchor="middle", textangle=0)
    figure.update_xaxes(title="test pictures (%) by what they share with training", range=[0, 100])
    figure.update_yaxes(autorange="reversed")
    return finish(figure, title, source=source, height=130 + 75 * len(names))


_KINDS = {
    "nothing": CLASS_COLOURS[2],
    "background": CLASS_COLOURS[4],
    "firearm": CLASS_COLOURS[5],
    "firearm and background": CLASS_COLOURS[1],
}


def _outlined(picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Bring a picture to the size of a panel and draw round its mask."""
    scale = _PANEL_PIXELS / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    shown = np.ascontiguousarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    large = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    lines = cv2.findContours(large, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
    colour = tuple(int(_OUTLINE[k : k + 2], 16) for k in (1, 3, 5))
    cv2.drawContours(shown, lines, -1, colour, 1)
    return shown
