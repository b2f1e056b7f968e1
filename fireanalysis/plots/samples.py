"""Samples as small pictures with a few words below each: by themselves, or below the confusion matrix they are in."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .classification import confusion
from .gunshot import loudness_limits
from .raster import MEANINGS, SIGNED, coloured, jpeg_uri, robust_limits
from .style import CLASS_COLOURS, finish

COLUMNS = 4
_TILE, _GAP = 220, 20  # of the raster's pixels
_LINE = 26  # of a caption, of the raster's pixels
_SCALE = 0.6  # pixels of a page 700 px wide, a pixel of the raster
_HEADING_PX = 34
_UPWARDS = "log spectrogram"  # the first row of an array is the lowest


def sample_gallery(
    samples: Sequence[NDArray],
    captions: Sequence[str],
    *,
    title: str,
    source: str,
    heading: str = "",
    meaning: str | None = None,
    hover: Sequence[str] | None = None,
    chosen: int | None = None,
) -> go.Figure:
    """Show samples as small pictures, four a row, with a few words below each.

    Parameters
    ----------
    samples : sequence of uint8 (h, w, 3) or float (rows, columns)
        Pictures, or maps that `meaning` gives colours. None at all is shown as such: say why in `heading`.
    captions : sequence of str
        Below each; ``<br>`` begins a line.
    title : str
    source : {"simulated", "real"}
    heading : str
        A line above the pictures.
    meaning : str, optional
        A key of `fireanalysis.plots.raster.MEANINGS`: colour map and what its bar says; needed for maps. They share
        one scale.
    hover : sequence of str, optional
        What shows under the mouse; by default the captions.
    chosen : int, optional
        Number of the sample to frame, from 0.

    Returns
    -------
    plotly.graph_objects.Figure
        The trace "samples" has a point a sample, which explorers listen to.

    Raises
    ------
    DataError
        If there is not a caption for each, or a sample is neither a picture nor a map with a meaning.

    Examples
    --------
    >>> grey = [np.full((20, 30, 3), 40 * k, np.uint8) for k in range(5)]
    >>> figure = sample_gallery(grey, list("abcde"), title="Five greys", source="simulated")
    >>> [trace.type for trace in figure.data]
    ['image', 'scatter', 'scatter']
    """
    figure = go.Figure()
    high = _add_gallery(figure, samples, captions, heading=heading, meaning=meaning, hover=hover, axis="")
    if chosen is not None:
        _frame(figure, chosen, high)
    finish(figure, title, source=source, height=round(high * _SCALE) + 60, legend=False)
    return figure.update_layout(margin={"l": 20, "b": 10})


def confusion_samples(
    matrix: NDArray,
    labels: Sequence[str],
    cell: tuple[str, str],
    samples: Sequence[NDArray],
    captions: Sequence[str],
    *,
    title: str,
    source: str,
    heading: str,
    meaning: str | None = None,
    hover: Sequence[str] | None = None,
    of: str = "brand",
    totals: ArrayLike | None = None,
) -> go.Figure:
    """Show a confusion matrix with one cell framed, and below it samples of that cell.

    Parameters
    ----------
    matrix, labels, of, totals
        See `confusion`.
    cell : (true label, predicted label)
    samples, captions, meaning, hover
        Of the cell, see `sample_gallery`.
    title : str
    source : {"simulated", "real"}
    heading : str
        Between the matrix and the samples: what they are, or that there are none.

    Returns
    -------
    plotly.graph_objects.Figure
        The matrix is the first trace, and as many follow whether the cell has samples or not.

    Raises
    ------
    DataError
        As `confusion` and `sample_gallery`.

    Examples
    --------
    >>> grey = [np.full((20, 30, 3), 90, np.uint8)]
    >>> look = {"title": "a taken for b", "source": "simulated", "heading": "the only one"}
    >>> figure = confusion_samples([[3, 1], [0, 2]], ["a", "b"], ("a", "b"), grey, ["80 %"], **look)
    >>> [trace.type for trace in figure.data]
    ['heatmap', 'image', 'scatter', 'scatter']
    """
    figure = confusion(matrix, labels, title=title, source=source, marked=[cell], of=of, totals=totals)
    high = _add_gallery(figure, samples, captions, heading=heading, meaning=meaning, hover=hover, axis="2")
    high = round(high * _SCALE) + _HEADING_PX
    # Names of the predicted classes stand on top: below the matrix the heading is.
    longest = max(len(str(label)) for label in labels)
    wide = longest * 0.62 * figure.layout.xaxis.tickfont.size
    upright = wide > 500 / len(labels)
    names = round(wide) if upright else 16
    margin = figure.layout.margin
    top, bottom = margin.t + names + 20, 10
    plain = max(250, (22 if len(labels) > 12 else 34) * len(labels))  # the matrix's own
    below = high / (plain + high)
    figure.update_xaxes(side="top", tickangle=-90 if upright else 0, selector={"anchor": None})
    figure.update_yaxes(domain=[below, 1], selector={"anchor": None})
    figure.data[0].colorbar.update(len=1 - below, y=1, yanchor="top")
    figure.update_layout(
        height=plain + high + top + bottom,
        margin={"t": top, "b": bottom},
        yaxis2_domain=[0, below * (1 - _HEADING_PX / high)],
    )
    for trace in figure.data[1:]:
        if (bar := trace.marker.colorbar if trace.type == "scatter" else None) and bar.thickness:
            bar.update(len=figure.layout.yaxis2.domain[1], y=0, yanchor="bottom")
    figure.layout.annotations[0].update(y=below, yshift=-6)
    return figure


def _add_gallery(
    figure: go.Figure,
    samples: Sequence[NDArray],
    captions: Sequence[str],
    *,
    heading: str,
    meaning: str | None,
    hover: Sequence[str] | None,
    axis: str,
) -> int:
    """Draw the samples on a pair of axes of their own; give the height of the raster."""
    count, told = len(samples), captions if hover is None else hover
    if not count == len(captions) == len(told):
        what = f"{count} samples, {len(captions)} captions and {len(told)} texts under the mouse"
        raise DataError(what, where="sample_gallery", do="pass one of each for every sample")
    pictures, limits = _pictures(samples, meaning)
    tall = max((_tall(one, meaning) for one in pictures), default=0)
    lines = max((text.count("<br>") + 1 for text in captions), default=0)
    pitch = tall + lines * _LINE + _GAP
    high = max(-(-count // COLUMNS) * pitch, 8)
    canvas = np.full((high, COLUMNS * (_TILE + _GAP), 3), 255, np.uint8)
    row, column = np.arange(count) // COLUMNS, np.arange(count) % COLUMNS
    left, top = column * (_TILE + _GAP) + _GAP // 2, row * pitch + _GAP // 4
    for k, picture in enumerate(pictures):
        canvas[top[k] : top[k] + tall, left[k] : left[k] + _TILE] = _fitted(picture, tall, meaning)
    on: dict[str, Any] = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    figure.add_trace(go.Image(source=jpeg_uri(canvas), hoverinfo="skip", **on))
    middle = (left + _TILE / 2).tolist()
    figure.add_scatter(
        x=middle,
        y=(top + tall).tolist(),
        text=list(captions),
        mode="text",
        name="captions",
        textposition="bottom center",
        textfont={"size": 11},
        hoverinfo="skip",
        cliponaxis=False,
        **on,
    )
    figure.add_scatter(
        x=middle,
        y=(top + tall / 2).tolist(),
        hovertext=list(told),
        hoverinfo="text",
        mode="markers",
        name="samples",
        marker={"size": 0.8 * _SCALE * min(_TILE, max(tall, 1)), "symbol": "square", "opacity": 0},
        **on,
    )
    if meaning is not None:
        _add_bar(figure, meaning, limits, shown=count > 0, **on)
    hidden = {"visible": False, "fixedrange": True}
    across = {"range": [0, canvas.shape[1]], "anchor": f"y{axis}", **hidden}
    down = {
        "range": [high, 0],
        "anchor": f"x{axis}",
        "constrain": "domain",
        "constraintoward": "top",
        **hidden,
    }
    figure.update_layout({f"xaxis{axis}": across, f"yaxis{axis}": down})
    note = f"{heading} (time →, frequency ↑)" if meaning == _UPWARDS and count else heading
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left"}
    yanchor = {"yanchor": "top" if axis else "bottom", "showarrow": False, "font": {"size": 13}}
    figure.add_annotation(text=note, **place, **yanchor)
    return high


def _pictures(
    samples: Sequence[NDArray], meaning: str | None
) -> tuple[list[NDArray[np.uint8]], tuple[float, float]]:
    """Give maps their colours, in one scale."""
    arrays = [np.asarray(one) for one in samples]
    flat = [one for one in arrays if one.ndim == 2]
    good = all(one.ndim == 2 or (one.shape[2:] == (3,) and one.dtype == np.uint8) for one in arrays)
    if not good or (flat and meaning not in MEANINGS) or not all(one.size for one in arrays):
        what = f"samples of shape {', '.join(str(one.shape) for one in arrays)} and meaning {meaning!r}"
        do = f"pass uint8 (h, w, 3), or maps with a meaning: {', '.join(MEANINGS)}"
        raise DataError(what, where="sample_gallery", do=do)
    if meaning is None or not flat:
        return arrays, (0.0, 1.0)
    colours, fixed, _ = MEANINGS[meaning]
    steps = [max(1, min(one.shape) // (2 * _TILE)) for one in flat]  # more points than can be seen
    flat = [one[::step, ::step] for one, step in zip(flat, steps, strict=True)]
    spread = loudness_limits(flat) if meaning == _UPWARDS else robust_limits(flat, signed=meaning in SIGNED)
    limits = fixed or spread
    shown = iter([coloured(one, colours=colours, limits=limits) for one in flat])
    return [next(shown) if one.ndim == 2 else one for one in arrays], limits


def _tall(picture: NDArray[np.uint8], meaning: str | None) -> int:
    """Height of a picture that is as wide as a tile; a spectrogram's points need not be square."""
    share = 0.75 if meaning == _UPWARDS else picture.shape[0] / picture.shape[1]
    return round(_TILE * float(np.clip(share, 0.5, 1)))


def _fitted(picture: NDArray[np.uint8], tall: int, meaning: str | None) -> NDArray[np.uint8]:
    """Fit a picture into a tile on white."""
    if meaning == _UPWARDS:
        return _resized(picture[::-1], tall, _TILE)
    scale = min(tall / picture.shape[0], _TILE / picture.shape[1])
    height, width = (max(1, round(n * scale)) for n in picture.shape[:2])
    tile = np.full((tall, _TILE, 3), 255, np.uint8)
    top, left = (tall - height) // 2, (_TILE - width) // 2
    tile[top : top + height, left : left + width] = _resized(picture, height, width)
    return tile


def _resized(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    smaller = picture.shape[0] > height
    way = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST  # points stay points
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=way), np.uint8)


def _add_bar(figure: go.Figure, meaning: str, limits: tuple[float, float], *, shown: bool, **on: Any) -> None:
    """Add the colour bar of the maps by a marker that cannot be seen."""
    colours, _, bar = MEANINGS[meaning]
    style = {"title": {"text": bar, "side": "right"}, "thickness": 12}
    marker = {"color": [limits[0]], "cmin": limits[0], "cmax": limits[1], "colorscale": colours}
    marker |= {"showscale": shown, "opacity": 0, "colorbar": style}
    figure.add_scatter(x=[0], y=[0], mode="markers", marker=marker, hoverinfo="skip", **on)


def _frame(figure: go.Figure, chosen: int, high: int) -> None:
    """Frame a sample, its caption included."""
    count = len(figure.data[1].x)
    if not 0 <= chosen < count:
        what = f"sample {chosen} is to be framed; there are {count}"
        raise DataError(what, where="sample_gallery", do="pass a number from 0, or None")
    pitch = high / -(-count // COLUMNS)
    x, y = (chosen % COLUMNS) * (_TILE + _GAP), (chosen // COLUMNS) * pitch
    line = {"color": CLASS_COLOURS[1], "width": 3}
    figure.add_shape(type="rect", x0=x + 2, x1=x + _TILE + _GAP - 2, y0=y + 1, y1=y + pitch - 3, line=line)
