"""Figure of what two stages make of one clip: wave, spectrogram, what speaks for the answer, probabilities."""

from collections.abc import Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .explain import tinted
from .gunshot import (
    CATEGORY_COLOURS,
    OTHER_CATEGORY,
    add_spectrogram,
    add_wave,
    loudness_limits,
)
from .raster import coloured, png_uri
from .style import CLASS_COLOURS, MISSING_COLOUR, finish

PIXELS = (160, 172)  # rows and columns of the tinted spectrogram: half the page's width


def two_stages(
    signal: NDArray,
    spectrogram: NDArray,
    attribution: NDArray | None,
    *,
    sample_rate_hz: float,
    categories: Sequence[str],
    category_probabilities: ArrayLike,
    models: Sequence[str],
    within: ArrayLike,
    explained: str,
    title: str,
    source: str,
    uncertain_below: float | None = None,
    top_khz: float = 22.05,
) -> go.Figure:
    """Show a clip, the probabilities that both stages give, and where in time and frequency one of them looks.

    Parameters
    ----------
    signal : float (samples,)
        One channel in [-1, 1].
    spectrogram : float (frequencies, frames)
        Of the same clip, the lowest frequency first; spread over the clip's length and up to `top_khz`.
    attribution : float (frequencies, frames), optional
        Of Grad-CAM, at least 0; None where there is nothing to explain.
    categories : sequence of str
    category_probabilities : float (categories,)
        Stage 1.
    models : sequence of str
        Those of the most probable category.
    within : float (models,)
        Stage 2: their probabilities given that category. Soft gating multiplies them by the category's.
    explained : str
        What `attribution` is, or why there is none: the title of its panel.
    uncertain_below : float, optional
        Least probability by soft gating to name a model, as a line.

    Raises
    ------
    DataError
        If signal or spectrogram have another shape, or names and probabilities do not go together.
    """
    of_category, of_model = np.asarray(category_probabilities, float), np.asarray(within, float)
    if of_category.shape != (len(categories),) or of_model.shape != (len(models),) or not len(models):
        raise DataError(
            f"{len(categories)} categories with probabilities {of_category.shape}, {len(models)} models with "
            f"{of_model.shape}",
            where="two_stages",
            do="pass one probability a name, and at least one of each",
        )
    bars = max(len(categories), len(models))
    heights = [110, 230, 40 + 22 * bars]
    figure = make_subplots(
        3,
        2,
        specs=[[{"colspan": 2}, None], [{}, {}], [{}, {}]],
        row_heights=heights,
        subplot_titles=[
            "",
            "what the network gets",
            explained,
            "stage 1: category",
            f"stage 2: model, if it is a {categories[int(of_category.argmax())]}",
        ],
        vertical_spacing=60 / sum(heights),
        horizontal_spacing=0.22,
    )
    duration_s = len(signal) / sample_rate_hz
    add_wave(figure, signal, sample_rate_hz=sample_rate_hz)
    limits = loudness_limits([spectrogram])
    add_spectrogram(
        figure, spectrogram, limits=limits, duration_s=duration_s, top_khz=top_khz, row=2, share=2
    )
    _add_tinted(figure, spectrogram, attribution, limits=limits, duration_s=duration_s, top_khz=top_khz)
    colours = [CATEGORY_COLOURS.get(name, OTHER_CATEGORY) for name in categories]
    _add_bars(figure, categories, of_category, colours=colours, name="category", column=1)
    _add_bars(figure, models, of_model, colours=MISSING_COLOUR, name="if the category is right", column=2)
    both = of_model * of_category.max()
    _add_bars(figure, models, both, colours=CLASS_COLOURS[0], name="by both stages (soft gating)", column=2)
    if uncertain_below is not None:
        line = {"color": CLASS_COLOURS[6], "width": 1, "dash": "dot"}
        figure.add_vline(uncertain_below, line=line, row=3, col=2)
    figure.update_xaxes(title="time (s)", row=2)
    figure.update_xaxes(range=[0, duration_s], row=1)
    figure.update_xaxes(title="probability", range=[0, 1.02], row=3)
    figure.update_yaxes(title="amplitude", row=1)
    figure.update_yaxes(title="kHz", row=2, col=1)
    figure.update_yaxes(autorange="reversed", tickfont={"size": 11}, row=3)
    figure.update_annotations(font_size=12)
    figure.update_layout(barmode="overlay")
    figure = finish(figure, title, source=source, height=200 + sum(heights))
    foot = {"orientation": "h", "x": 1.0, "xanchor": "right", "y": -60 / sum(heights), "yanchor": "top"}
    return figure.update_layout(legend=foot, margin={"b": 90})


def _add_tinted(
    figure: go.Figure,
    spectrogram: NDArray,
    attribution: NDArray | None,
    *,
    limits: tuple[float, float],
    duration_s: float,
    top_khz: float,
) -> None:
    """Draw the grey spectrogram, tinted where the attribution is high."""
    height, width = (min(n, most) for n, most in zip(spectrogram.shape, PIXELS, strict=True))
    smaller = cv2.resize(np.asarray(spectrogram, np.float32), (width, height), interpolation=cv2.INTER_AREA)
    picture = coloured(smaller, colours="Greys_r", limits=limits)
    if attribution is not None:
        picture = tinted(picture, attribution)
    dx, dy = duration_s / width, top_khz / height
    place = {"x0": dx / 2, "dx": dx, "y0": dy / 2, "dy": dy}
    figure.add_trace(go.Image(source=png_uri(picture), **place, hoverinfo="x+y"), row=2, col=2)
    figure.update_yaxes(range=[0, top_khz], scaleanchor=False, row=2, col=2)
    figure.update_xaxes(range=[0, duration_s], row=2, col=2)


def _add_bars(
    figure: go.Figure,
    names: Sequence[str],
    values: NDArray[np.float64],
    *,
    colours: str | Sequence[str],
    name: str,
    column: int,
) -> None:
    figure.add_bar(
        x=values,
        y=list(names),
        orientation="h",
        marker_color=colours,
        name=name,
        showlegend=column == 2,
        row=3,
        col=column,
    )
