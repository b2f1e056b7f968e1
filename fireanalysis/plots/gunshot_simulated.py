"""Figure that holds simulated gunshots against real ones."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from .style import CLASS_COLOURS, SIMULATED_COLOUR, finish

Curves = tuple[NDArray[np.float64], NDArray[np.float64]]


def spectra_and_envelopes(
    sets: Mapping[str, Curves],
    *,
    bands_hz: NDArray[np.float64],
    block_s: float,
    simulated: str = "simulated",
    source: str | None = None,
) -> go.Figure:
    """Draw spectrum and envelope of sets of shots: the median shot, and the range of the middle eighty percent.

    Parameters
    ----------
    sets : mapping of str to (band levels, envelopes)
        By name of the set, float64 (shots, bands) and (shots, blocks) in dB, NaN where not measured.
    bands_hz : float64 (bands,)
        Middles of the third-octave bands.
    block_s : float
        Length of an envelope's block.
    simulated : str
        The set drawn in the colour of simulated data, and against which the title measures the first other one.
    """
    figure = make_subplots(1, 2, subplot_titles=["spectrum of the shot", "level after the shot"])
    others = iter(colour for colour in CLASS_COLOURS if colour != SIMULATED_COLOUR)
    for name, curves in sets.items():
        colour = SIMULATED_COLOUR if name == simulated else next(others)
        for column, values in enumerate(curves, start=1):
            x = bands_hz if column == 1 else block_s * 1000 * (np.arange(values.shape[1]) + 0.5)
            held = np.isfinite(values).any(axis=0)
            low, middle, high = np.nanpercentile(values[:, held], [10, 50, 90], axis=0)
            fill = {"fill": "tonexty", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
            shade = f"rgba({', '.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))}, 0.15)"
            figure.add_scatter(x=x[held], y=low, **fill | {"fill": None}, mode="lines", row=1, col=column)
            figure.add_scatter(x=x[held], y=high, **fill, fillcolor=shade, mode="lines", row=1, col=column)
            line = {"color": colour, "width": 2.5}
            shown = {"name": name, "legendgroup": name, "showlegend": column == 1}
            figure.add_scatter(x=x[held], y=middle, mode="lines", line=line, **shown, row=1, col=column)
    figure.update_xaxes(title="frequency (Hz)", type="log", dtick=1, row=1, col=1)
    figure.update_xaxes(title="time after the onset (ms)", row=1, col=2)
    figure.update_yaxes(title="third-octave energy (dB re whole)", row=1, col=1)
    figure.update_yaxes(title="level (dB re loudest)", row=1, col=2)
    figure = finish(figure, _title(sets, simulated), source=source, height=440)
    return figure.update_layout(legend={"y": -0.18, "yanchor": "top"}, margin={"b": 100})


def _title(sets: Mapping[str, Curves], simulated: str) -> str:
    real = next((name for name in sets if name != simulated), None)
    if simulated not in sets or real is None:
        return "Spectra and envelopes: medians, and 80 % of the shots"
    apart = [
        np.sqrt(np.nanmean((np.nanmedian(a, axis=0) - np.nanmedian(b, axis=0)) ** 2))
        for a, b in zip(sets[simulated], sets[real], strict=True)
    ]
    return (
        f"Simulated and real medians are {apart[0]:.1f} dB apart in spectrum, {apart[1]:.1f} dB in envelope"
    )
