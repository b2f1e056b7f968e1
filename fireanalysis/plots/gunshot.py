"""Figures of sounds: over time, over time and frequency, cut into pieces, and counted."""

import base64
import io
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pandas as pd
import plotly.colors
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError, ParameterError

from .raster import MEANINGS, add_colour_bar
from .style import CLASS_COLOURS, MISSING_COLOUR, finish

# A category keeps its colour in every figure; the colour of simulated data is none of them.
CATEGORY_COLOURS = {
    "machine gun": CLASS_COLOURS[0],
    "pistol": CLASS_COLOURS[2],
    "rifle": CLASS_COLOURS[3],
    "shotgun": CLASS_COLOURS[4],
    "submachine gun": CLASS_COLOURS[5],
}
OTHER_CATEGORY = CLASS_COLOURS[6]
WAVE = {"color": CLASS_COLOURS[0], "width": 1}
MOST_PIECES = 1000  # of a wave: each drawn from its least to its greatest sample
MOST_PIXELS = (192, 345)  # rows and columns of one spectrogram on the page, where it is alone in its row
LEVELS = 64  # colours of one: noise in 256 of them takes twice the bytes and looks the same
NEAR_CUT_S = 0.25
SHARE = "amplitude (of full scale)"


def waveform(
    signal: NDArray,
    *,
    sample_rate_hz: float,
    onsets_s: Mapping[str, ArrayLike] | None = None,
    title: str,
    source: str,
) -> go.Figure:
    """Show a recording over time, with the moments of its shots above it.

    A long recording is drawn as at most 1,000 strokes from the least to the greatest sample of as many pieces: no
    peak is lost, and a minute takes as many bytes of the page as a second.

    Parameters
    ----------
    signal : float (samples,)
        One channel in [-1, 1].
    sample_rate_hz : float
        Samples a second.
    onsets_s : mapping of str to float (k,), optional
        Who says so ("found", "true") → seconds; one row of marks each.

    Raises
    ------
    DataError
        If the signal is empty or not one channel.

    Examples
    --------
    >>> figure = waveform(np.zeros(44100), sample_rate_hz=44100, title="silence", source="simulated")
    >>> len(figure.data[0].y)
    2000
    """
    figure = go.Figure()
    add_wave(figure, signal, sample_rate_hz=sample_rate_hz)
    peak = float(np.abs(signal).max()) or 1.0
    for k, (name, times) in enumerate((onsets_s or {}).items()):
        at = np.asarray(times, np.float64)
        figure.add_scatter(
            x=at,
            y=np.full(at.shape, peak * (1.1 + 0.12 * k)),
            mode="markers",
            marker={"symbol": "triangle-down", "size": 10, "color": CLASS_COLOURS[1 + k]},
            name=f"{name} ({len(at)})",
        )
    figure.update_xaxes(title="time (s)")
    figure.update_yaxes(title=SHARE)
    return finish(figure, title, source=source, height=300, legend=bool(onsets_s))


def sound(
    signal: NDArray,
    spectrogram: NDArray,
    *,
    sample_rate_hz: float,
    title: str,
    source: str,
    limits: tuple[float, float] | None = None,
    top_khz: float = 22.05,
) -> go.Figure:
    """Show a clip's wave above its log spectrogram, on one time axis.

    Parameters
    ----------
    signal : float (samples,)
        One channel in [-1, 1].
    spectrogram : float (frequencies, frames)
        Of the same clip, the lowest frequency first; spread over the clip's length and up to `top_khz`.
    limits : (float, float), optional
        Values at the ends of the colour bar; by default from zero to where the loudest 0.2 % begin.

    Raises
    ------
    DataError
        If the signal is not one channel, or the spectrogram not two-dimensional.
    """
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.32, 0.68], vertical_spacing=0.04)
    add_wave(figure, signal, sample_rate_hz=sample_rate_hz)
    shown = limits or loudness_limits([spectrogram])
    duration_s = len(signal) / sample_rate_hz
    add_spectrogram(figure, spectrogram, limits=shown, duration_s=duration_s, top_khz=top_khz, row=2)
    add_bar(figure, limits=shown)
    figure.update_xaxes(title="time (s)", range=[0, duration_s], row=2)
    figure.update_yaxes(title="amplitude", row=1)
    figure.update_yaxes(title="frequency (kHz)", row=2)
    return finish(figure, title, source=source, height=430, legend=False)


def spectrogram_panels(
    spectrograms: Sequence[NDArray],
    titles: Sequence[str],
    *,
    title: str,
    source: str,
    duration_s: float = 2.0,
    top_khz: float = 22.05,
    limits: tuple[float, float] | None = None,
    columns: int = 4,
) -> go.Figure:
    """Show log spectrograms side by side in one colour scale.

    Parameters
    ----------
    spectrograms : sequence of float (frequencies, frames)
        log(1 + magnitude), the lowest frequency first.
    titles : sequence of str
        One a spectrogram.
    duration_s, top_khz : float
        What the frames and the frequencies of each are spread over.
    limits : (float, float), optional
        Values at the ends of the colour bar; by default from zero to where the loudest 0.2 % begin.

    Raises
    ------
    ParameterError
        If there are not as many titles as spectrograms.
    DataError
        If there is no spectrogram, or one that is not two-dimensional.
    """
    if len(spectrograms) != len(titles):
        raise ParameterError(
            f"{len(spectrograms)} spectrograms and {len(titles)} titles do not go together",
            where="spectrogram_panels",
            do="pass one title a spectrogram",
        )
    shown = limits or loudness_limits(spectrograms)
    columns = min(columns, len(spectrograms))
    rows = -(-len(spectrograms) // columns)
    gaps = {"horizontal_spacing": 0.1 / columns, "vertical_spacing": 0.15 / rows}
    figure = make_subplots(rows, columns, subplot_titles=list(titles), **gaps)
    for k, values in enumerate(spectrograms):
        row, column = k // columns + 1, k % columns + 1
        add_spectrogram(
            figure,
            values,
            limits=shown,
            duration_s=duration_s,
            top_khz=top_khz,
            row=row,
            column=column,
            share=1 if columns < 3 else 2,
        )
        foot = k + columns >= len(spectrograms)
        figure.update_xaxes(title="time (s)" if foot else None, showticklabels=foot, row=row, col=column)
        edge = {"title": "kHz" if column == 1 else None, "showticklabels": column == 1}
        figure.update_yaxes(**edge, row=row, col=column)
    add_bar(figure, limits=shown)
    figure.update_annotations(font_size=12)
    return finish(
        figure, title, source=source, height=60 + rows * (300 if columns < 3 else 220), legend=False
    )


def segmentation(
    signal: NDArray,
    *,
    sample_rate_hz: float,
    source: str,
    duration_s: float = 2.0,
    onsets_s: ArrayLike = (),
) -> go.Figure:
    """Show how a recording is cut into consecutive pieces, and what is left over (paper: Audio Segmentation).

    Parameters
    ----------
    signal : float (samples,)
        One channel in [-1, 1].
    duration_s : float
        Length of a piece, seconds.
    onsets_s : float (k,), optional
        Shots, seconds; the title counts those in the last quarter of a second before a cut, whose echo goes to
        the next piece.

    Raises
    ------
    DataError
        If the signal is empty or not one channel.
    """
    shots = {"shots": onsets_s} if np.size(onsets_s) else None
    figure = waveform(signal, sample_rate_hz=sample_rate_hz, onsets_s=shots, title="", source=source)
    whole_s = len(signal) / sample_rate_hz
    pieces, rest = divmod(len(signal), round(duration_s * sample_rate_hz))
    rest_s = rest / sample_rate_hz
    cuts = np.arange(1, pieces + 1) * duration_s
    tall = {"yref": "paper", "y0": 0, "y1": 1}
    tint = {"type": "rect", **tall, "line": {"width": 0}, "layer": "below"}
    line = {"type": "line", **tall, "line": {"color": CLASS_COLOURS[6], "width": 1, "dash": "dash"}}
    every_second = {**tint, "fillcolor": CLASS_COLOURS[4], "opacity": 0.18}
    shapes = [{**every_second, "x0": cut - duration_s, "x1": cut} for cut in cuts[1::2]]
    shapes += [{**line, "x0": cut, "x1": cut} for cut in cuts]
    if rest:
        shapes.append({**tint, "fillcolor": MISSING_COLOUR, "x0": whole_s - rest_s, "x1": whole_s})
    at_foot = {"y": 0, "yref": "paper", "yanchor": "bottom", "showarrow": False}
    numbers = [{**at_foot, "x": cut - duration_s / 2, "text": str(k)} for k, cut in enumerate(cuts, start=1)]
    # All at once: plotly takes a tenth of a second for each that is added by itself.
    figure.update_layout(shapes=shapes, annotations=numbers if pieces <= 20 else [])
    if pieces == 0:
        title = f"{whole_s:.2f} s is shorter than a piece of {duration_s:g} s: the recording is skipped"
    else:
        title = (
            f"{whole_s:.1f} s give {pieces} pieces of {duration_s:g} s; {rest_s:.2f} s are left over (grey)"
        )
    if shots and pieces:
        before = cuts[:, None] - np.asarray(onsets_s, np.float64)
        near = int(((before >= 0) & (before < NEAR_CUT_S)).any(axis=0).sum())
        title += f"; {near} of {np.size(onsets_s)} shots are cut off from their echo"
    return finish(figure, title, source=source, height=300, legend=bool(shots))


def class_counts(categories: Sequence[str], models: Sequence[str], *, source: str) -> go.Figure:
    """Show how many clips each model has, by category, most first (paper: Database Building).

    Parameters
    ----------
    categories, models : sequences of equal length
        Of each clip.

    Raises
    ------
    DataError
        If there is no clip.
    """
    counts = pd.DataFrame({"category": list(categories), "model": list(models)}).value_counts()
    if counts.empty:
        raise DataError("there is no clip to count", where="class_counts", do="pass at least one")
    figure = go.Figure()
    for category, part in counts.groupby(level="category"):
        names = part.index.get_level_values("model")
        colour = CATEGORY_COLOURS.get(str(category), OTHER_CATEGORY)
        figure.add_bar(x=names, y=part, name=f"{category}: {part.sum():,}", marker_color=colour, text=part)
    figure.update_traces(textposition="outside", textfont={"size": 9}, cliponaxis=False)
    figure.update_xaxes(title="model", tickangle=-60, tickfont={"size": 10}, type="category")
    figure.update_yaxes(title="clips")
    most, least = counts.index[0][1], counts.index[-1][1]
    ends = f"from {counts.iloc[-1]} ({least}) to {counts.iloc[0]} ({most})"
    title = f"{counts.sum():,} clips of {len(counts)} models, {ends}"
    figure = finish(figure, title, source=source, height=440)
    return figure.update_layout(legend={"font": {"size": 11}})


def clip_moments(
    means: ArrayLike,
    deviations: ArrayLike,
    marks: Mapping[str, tuple[float, float]],
    *,
    title: str,
    source: str,
) -> go.Figure:
    """Show mean and standard deviation of every clip's features, and named pairs of both among them.

    Parameters
    ----------
    means, deviations : float (clips,)
        Of each clip's values.
    marks : mapping of str to (mean, standard deviation)
        Those of a whole set, for example.
    """
    figure = go.Figure()
    dots = {"color": CLASS_COLOURS[0], "size": 5, "opacity": 0.4}
    figure.add_scatter(
        x=np.asarray(means), y=np.asarray(deviations), mode="markers", marker=dots, name="a clip"
    )
    for k, (name, (mean, deviation)) in enumerate(marks.items()):
        symbol = {
            "symbol": ("diamond", "star", "cross")[k % 3],
            "size": 14,
            "color": CLASS_COLOURS[(1, 6, 2)[k % 3]],
        }
        figure.add_scatter(x=[mean], y=[deviation], mode="markers", marker=symbol, name=name)
    figure.update_xaxes(title="mean of log(1 + magnitude)", rangemode="tozero")
    figure.update_yaxes(title="standard deviation", rangemode="tozero")
    return finish(figure, title, source=source, height=360)


def add_wave(
    figure: go.Figure, signal: NDArray, *, sample_rate_hz: float, row: int = 1, column: int = 1
) -> None:
    """Draw one channel over seconds into a figure, from the least to the greatest sample of each piece of time."""
    if np.ndim(signal) != 1 or np.size(signal) == 0:
        raise DataError(
            f"a wave is one channel of samples, got shape {np.shape(signal)}",
            do="take the mean of the channels, or read the file with read_audio",
        )
    drawn, step = np.asarray(signal, np.float32), 1.0
    if len(drawn) > 2 * MOST_PIECES:
        starts = np.linspace(0, len(drawn), MOST_PIECES, endpoint=False).astype(int)
        ends = np.minimum.reduceat(drawn, starts), np.maximum.reduceat(drawn, starts)
        step, drawn = len(drawn) / (2 * MOST_PIECES), np.column_stack(ends).ravel()
    times = {"x0": (step - 1) / 2 / sample_rate_hz, "dx": step / sample_rate_hz}
    trace = go.Scatter(y=drawn, **times, mode="lines", line=WAVE, showlegend=False, hoverinfo="x+y")
    if figure._has_subplots():
        figure.add_trace(trace, row=row, col=column)
    else:
        figure.add_trace(trace)


def add_spectrogram(
    figure: go.Figure,
    values: NDArray,
    *,
    limits: tuple[float, float],
    duration_s: float = 2.0,
    top_khz: float = 22.05,
    row: int = 1,
    column: int = 1,
    share: int = 1,
) -> None:
    """Draw a log spectrogram into a subplot as a PNG, over seconds and kilohertz, the lowest frequency at the foot.

    `share` is the part of the pixels it gets: 2 for half of them a side.
    """
    height, width = (min(n, -(-most // share)) for n, most in zip(np.shape(values), MOST_PIXELS, strict=True))
    smaller = cv2.resize(np.asarray(values, np.float32), (width, height), interpolation=cv2.INTER_AREA)
    dx, dy = duration_s / width, top_khz / height
    place = {"x0": dx / 2, "dx": dx, "y0": dy / 2, "dy": dy}
    source = _png_uri(smaller, limits=limits)
    figure.add_trace(go.Image(source=source, **place, hoverinfo="x+y"), row=row, col=column)
    # plotly keeps the pixels of an image square unless told otherwise.
    figure.update_yaxes(range=[0, top_khz], scaleanchor=False, row=row, col=column)
    figure.update_xaxes(range=[0, duration_s], row=row, col=column)


def _png_uri(values: NDArray, *, limits: tuple[float, float]) -> str:
    """Encode a log spectrogram as a PNG of `LEVELS` colours, in a ``data:`` address."""
    low, high = limits
    levels = np.clip((values - low) / (high - low) * LEVELS, 0, LEVELS - 1).astype(np.uint8)
    colours = plotly.colors.sample_colorscale(MEANINGS["log spectrogram"][0], np.linspace(0, 1, LEVELS))
    picture, data = Image.fromarray(levels, mode="P"), io.BytesIO()
    picture.putpalette([round(part) for colour in colours for part in plotly.colors.unlabel_rgb(colour)])
    picture.save(data, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


def add_bar(figure: go.Figure, *, limits: tuple[float, float]) -> None:
    """Add the colour bar of log spectrograms."""
    colours, _, says = MEANINGS["log spectrogram"]
    add_colour_bar(figure, colours=colours, limits=limits, title=says)


def loudness_limits(spectrograms: Sequence[NDArray]) -> tuple[float, float]:
    """Find the ends of the colour bar: zero, and where the loudest 0.2 % of all values begin.

    Raises
    ------
    DataError
        If there is no spectrogram, or one that is not two-dimensional.
    """
    if len(spectrograms) == 0 or any(np.ndim(one) != 2 for one in spectrograms):
        raise DataError(
            f"a spectrogram has frequencies and frames, got shapes {[np.shape(one) for one in spectrograms]}",
            do="pass a list of arrays of shape (frequencies, frames)",
        )
    high = float(np.percentile(np.concatenate([np.ravel(one) for one in spectrograms]), 99.8))
    return (0.0, high if high > 0 else 1.0)
