"""Explorers of recordings: thin shells over plots, usable from Python without a browser."""

import io
from collections.abc import Sequence

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import soundfile
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.loaders import Recording
from fireanalysis.plots import sound
from fireanalysis.transforms import fit_duration, log_spectrogram

from .explorer import WIDE, Explorer


class SoundExplorer(Explorer):
    """Choose a recording; hear it, see its wave and the spectrogram that a network gets.

    Parameters
    ----------
    recordings : sequence of Recording
        To choose from. Two seconds of each are played and shown: what the network gets.
    controls : sequence of ipywidgets, optional
        What a subclass adds beside the choice of the clip.

    Attributes
    ----------
    clip : ipywidgets.Dropdown
    player : ipywidgets.Audio
        Its value is a WAV file's bytes.
    recording : Recording
        The chosen one; a subclass that shows more of it defines its own `draw`.

    Raises
    ------
    DataError
        If there is no recording.
    """

    def __init__(
        self, recordings: Sequence[Recording], *, controls: Sequence[ipywidgets.ValueWidget] = ()
    ) -> None:
        if not recordings:
            raise DataError(
                "there is no recording to explore", where=type(self).__name__, do="pass at least one"
            )
        self._recordings = list(recordings)
        names = [(f"{k + 1}: {recording.name}", k) for k, recording in enumerate(self._recordings)]
        # Wide enough for the name of a session and the number of a clip.
        self.clip = ipywidgets.Dropdown(
            options=names, description="clip", style=WIDE, layout={"width": "460px"}
        )
        self.player = ipywidgets.Audio(autoplay=False, loop=False, format="wav")
        super().__init__([self.clip, *controls], [self.player])

    @property
    def recording(self) -> Recording:
        """The chosen recording."""
        return self._recordings[self.clip.value]

    def draw(self) -> go.Figure:
        """Draw wave and spectrogram of the chosen recording, and put it into the player."""
        chosen = self.recording
        rate_hz = chosen.sample_rate_hz
        heard = fit_duration(chosen.signal, sample_rate_hz=rate_hz)
        figure = sound(
            heard,
            log_spectrogram(heard, rate_hz),
            sample_rate_hz=rate_hz,
            title=f"{chosen.name}, {len(chosen.signal) / rate_hz:.1f} s at {rate_hz / 1000:g} kHz",
            source=chosen.source,
        )
        self.play(heard, rate_hz)
        return figure

    def play(self, signal: NDArray[np.float32], sample_rate_hz: int) -> None:
        """Put a sound into the player."""
        self.player.value = wav_bytes(signal, sample_rate_hz)


def wav_bytes(signal: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """Give a sound as the bytes of a WAV file, which a player takes."""
    wav = io.BytesIO()
    soundfile.write(wav, signal, sample_rate_hz, format="WAV", subtype="PCM_16")
    return wav.getvalue()
