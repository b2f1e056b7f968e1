"""Statistics of public recordings of gunshots, to hold simulated ones against.

The recordings themselves are not part of this package. Source: 11 takes of eight models from the Free Firearm
Sound Library (CC0), recorded out of doors with good microphones. A test measures them again.
"""

from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

BANDS_HZ = 1000 * 2.0 ** (np.arange(-12, 13) / 3)
"""Middles of the third-octave bands, 62.5 Hz to 16 kHz."""

BLOCK_S, BLOCKS = 0.02, 50
SPECTRUM_S = (0.005, 0.25)  # before and after the onset


class SoundStatistics(NamedTuple):
    """What a gunshot sounds like, apart from its level.

    Attributes
    ----------
    band_levels_db : float64 (25,)
        Energy in each of `BANDS_HZ` against that above 50 Hz, from 5 ms before to 250 ms after the onset of the
        loudest shot; NaN where a band reaches above the Nyquist frequency.
    envelope_db : float64 (50,)
        Level in each 20 ms of the second after that onset, against the loudest of them; NaN behind the end.
    crest_db : float
        Peak over root mean square of the whole sound.
    clipped_share : float
        Share of samples within a thousandth of the peak.
    """

    band_levels_db: NDArray[np.float64]
    envelope_db: NDArray[np.float64]
    crest_db: float
    clipped_share: float


def sound_statistics(signal: ArrayLike, sample_rate_hz: float) -> SoundStatistics:
    """Measure spectrum and envelope of the loudest shot of a sound, real or simulated alike.

    The onset is the first sample above a fifth of the peak in the 20 ms before it.

    Parameters
    ----------
    signal : float (samples,)
    sample_rate_hz : float

    Raises
    ------
    DataError
        A signal that is silent, shorter than 50 ms or of more than one channel.

    Examples
    --------
    >>> t = np.arange(48_000) / 48_000
    >>> burst = np.exp(-t / 0.05) * np.sin(2 * np.pi * 1000 * t)
    >>> measured = sound_statistics(burst, 48_000)
    >>> float(BANDS_HZ[measured.band_levels_db.argmax()])
    1000.0
    >>> round(float(measured.envelope_db[5] - measured.envelope_db[4]), 1)  # 20 ms, time constant 50 ms
    -3.5
    """
    sound = np.asarray(signal, np.float64)
    if sound.ndim != 1 or len(sound) < 0.05 * sample_rate_hz or not np.ptp(sound) > 0:
        what = f"sound of shape {sound.shape} at {sample_rate_hz} Hz; 50 ms of one channel, not silent, are needed"
        raise DataError(what, where="sound_statistics", do="pass one recording that holds a shot")
    sound = sound - sound.mean()
    loud = np.abs(sound)
    peak = int(loud.argmax())
    first = max(peak - round(0.02 * sample_rate_hz), 0)
    onset = first + int(np.argmax(loud[first : peak + 1] >= 0.2 * loud[peak]))
    return SoundStatistics(
        _band_levels(sound, onset, sample_rate_hz),
        _envelope(sound[onset:], sample_rate_hz),
        float(20 * np.log10(loud[peak] / np.sqrt(np.mean(sound**2)))),
        float(np.mean(loud >= 0.999 * loud[peak])),
    )


def _band_levels(sound: NDArray[np.float64], onset: int, rate: float) -> NDArray[np.float64]:
    before, after = (round(seconds * rate) for seconds in SPECTRUM_S)
    part = sound[max(onset - before, 0) : onset + after]
    power = np.abs(np.fft.rfft(part, before + after)) ** 2
    frequency = np.fft.rfftfreq(before + after, 1 / rate)
    edges = BANDS_HZ[0] * 2.0 ** ((np.arange(len(BANDS_HZ) + 1) - 0.5) / 3)
    energy = np.histogram(frequency, edges, weights=power)[0]
    levels = 10 * np.log10(energy / power[frequency > 50].sum() + 1e-12)
    return np.where(edges[1:] <= rate / 2, levels, np.nan)


def _envelope(sound: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    block = round(BLOCK_S * rate)
    whole = min(len(sound) // block, BLOCKS)
    power = np.full(BLOCKS, np.nan)
    power[:whole] = (sound[: whole * block].reshape(whole, block) ** 2).mean(axis=1)
    loudest = power[:whole].max(initial=1e-30)
    return 10 * np.log10(power / loudest + 1e-12)


def real_gunshot_statistics() -> pd.DataFrame:
    """Look up crest factor and clipped share of the takes.

    Returns
    -------
    DataFrame
        One row a take: ``take``, ``model``, ``category``, ``fire`` ("single" or "burst"), ``crest_db``,
        ``clipped_share`` as `sound_statistics` measures them.

    Examples
    --------
    >>> real_gunshot_statistics()["fire"].value_counts().to_dict()
    {'single': 6, 'burst': 5}
    """
    return _read()[["take", "model", "category", "fire", "crest_db", "clipped_share"]]


def real_gunshot_spectra() -> NDArray[np.float64]:
    """Look up the band levels of the same takes, dB (takes, 25)."""
    return _read().filter(like=" Hz").to_numpy(float)


def real_gunshot_envelopes() -> NDArray[np.float64]:
    """Look up the envelopes of the same takes, dB (takes, 50)."""
    return _read().filter(like=" ms").to_numpy(float)


def _read() -> pd.DataFrame:
    with files("fireanalysis.metrics").joinpath("gunshot_sounds.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
