"""What the features of the time before networks keep of a sound, as pictures over time and frequency."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .gunshot import add_spectrogram, loudness_limits
from .style import CLASS_COLOURS, finish


def kept_of_sound(
    spectrogram: NDArray,
    pictures: Mapping[str, NDArray],
    centroid_khz: ArrayLike,
    *,
    title: str,
    source: str,
    duration_s: float = 2.0,
    top_khz: float = 22.05,
) -> go.Figure:
    """Show a clip's log spectrogram with its spectral centroid, and below it what other features keep of it.

    Parameters
    ----------
    spectrogram : float (frequencies, frames)
        log(1 + magnitude), the lowest frequency first.
    pictures : mapping of str to float (frequencies, frames)
        What stands above each → the spectrogram that the features amount to, logarithmic; each has its own
        colour scale, from its 5th percentile to where the greatest 0.2 % begin.
    centroid_khz : float (frames,)
        Over the same time, kHz; NaN leaves a gap.
    duration_s, top_khz : float
        What the frames and the frequencies of each are spread over.

    Raises
    ------
    DataError
        If the spectrogram or a picture is not two-dimensional, or the centroid not one number a frame.
    """
    centroid = np.asarray(centroid_khz, np.float64)
    if centroid.ndim != 1 or not centroid.size:
        what = f"the centroid has shape {centroid.shape}; one number a frame is needed"
        raise DataError(what, where="kept_of_sound", do="pass float (frames,) in kHz")
    names = ["log spectrogram, spectral centroid", *pictures]
    figure = make_subplots(len(names), 1, shared_xaxes=True, subplot_titles=names, vertical_spacing=0.07)
    for row, values in enumerate([spectrogram, *pictures.values()], start=1):
        low, high = loudness_limits([values])  # also refuses what is no picture
        if row > 1:
            low, high = (float(end) for end in np.percentile(values, [5, 99.8]))
        limits = (low, max(high, low + 1e-6))
        add_spectrogram(figure, values, limits=limits, duration_s=duration_s, top_khz=top_khz, row=row)
        figure.update_yaxes(title="kHz", row=row)
    times = (np.arange(centroid.size) + 0.5) * duration_s / centroid.size
    line = {"color": CLASS_COLOURS[1], "width": 2}
    figure.add_scatter(x=times, y=centroid, mode="lines", line=line, row=1, col=1)
    figure.update_xaxes(title="time (s)", row=len(names))
    figure.update_annotations(font_size=12)
    return finish(figure, title, source=source, height=60 + 170 * len(names), legend=False)
