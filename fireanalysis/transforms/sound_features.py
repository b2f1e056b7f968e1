"""Mel statistics of a sound: the short vector that the baseline of the real recordings is fed with.

The first use of librosa in a process takes about 2 s; after that a two-second clip takes 1 to 3 ms.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import positive, whole
from .signals import as_signal, resample_audio
from .spectrogram import SAMPLE_RATE_HZ

_WINDOW = 1024
_HOP = 512


def mel_statistics(signal: ArrayLike, *, sample_rate_hz: float, bands: int = 64) -> NDArray[np.float32]:
    """Compute mean and standard deviation over time of the level in each mel band: a clip as one short vector.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    sample_rate_hz : float
        Resampled to 44.1 kHz if it is another.
    bands : int
        1 to 128, from 0 to 22.05 kHz.

    Returns
    -------
    float32 (2 · bands,)
        Means, then standard deviations, decibels; no frame counts as more than 80 below the loudest.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If a number is out of range.
    """
    import librosa

    bands = whole(bands, name="bands", where="mel_statistics", least=1, most=128)
    rate = positive(sample_rate_hz, name="sample_rate_hz", where="mel_statistics")
    sound = resample_audio(as_signal(signal, where="mel_statistics"), from_hz=rate, to_hz=SAMPLE_RATE_HZ)
    sound = np.pad(sound, (0, max(_WINDOW - sound.size, 0)))
    power = librosa.feature.melspectrogram(
        y=sound, sr=SAMPLE_RATE_HZ, n_mels=bands, n_fft=_WINDOW, hop_length=_HOP
    )
    level_db = librosa.power_to_db(power)
    return np.concatenate([level_db.mean(axis=1), level_db.std(axis=1)])
