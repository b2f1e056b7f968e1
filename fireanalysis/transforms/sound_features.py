"""Features that gunshots were told apart by before networks: MFCC, LPC, spectral centroid, mel statistics.

All are librosa's, of frames of 1024 samples every 512 at 44.1 kHz, centred: 173 in two seconds; a sound shorter than
a frame is followed by silence. The first use of
librosa in a process takes about 2 s, of its LPC 3 s more (it is compiled then); after that a two-second clip takes
about 5 ms for LPC and 1 to 3 ms for each of the others.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import ParameterError

from .arrays import positive, whole
from .signals import as_signal, resample_audio
from .spectrogram import SAMPLE_RATE_HZ

_WINDOW = 1024
_HOP = 512
_FRAMES: dict[str, Any] = {"n_fft": _WINDOW, "hop_length": _HOP}


def mfcc(signal: ArrayLike, *, sample_rate_hz: float, coefficients: int = 13) -> NDArray[np.float32]:
    """Compute mel-frequency cepstral coefficients: the rough shape of each frame's spectrum.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    sample_rate_hz : float
        Resampled to 44.1 kHz if it is another.
    coefficients : int
        1 to 128; the 0th, the level, is among them.

    Returns
    -------
    float32 (frames, coefficients)
        Of decibels, no more than 80 below the signal's loudest; all silent: the 0th −1131, the others 0.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If a number is out of range.

    Notes
    -----
    Source: gunshot paper, "Traditional Methods", which gives no settings: 13 coefficients of 128 mel bands are usual.
    """
    import librosa

    number = whole(coefficients, name="coefficients", where="mfcc", least=1, most=128)
    sound = _at_44100(signal, sample_rate_hz, where="mfcc")
    return librosa.feature.mfcc(y=sound, sr=SAMPLE_RATE_HZ, n_mfcc=number, **_FRAMES).T


def lpc(signal: ArrayLike, *, sample_rate_hz: float, order: int = 12) -> NDArray[np.float32]:
    """Compute linear prediction coefficients: each frame's spectrum as resonances.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    sample_rate_hz : float
        Resampled to 44.1 kHz if it is another.
    order : int
        1 to 64.

    Returns
    -------
    float32 (frames, order)
        a of x[n] + a[1] x[n-1] + … + a[order] x[n-order] = error; the leading 1 is left off. A silent frame has 0.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If a number is out of range.

    Notes
    -----
    Source: gunshot paper, "Traditional Methods", which gives no order. By Burg's method, without a window.
    """
    import librosa

    order = whole(order, name="order", where="lpc", least=1, most=64)
    sound = np.pad(_at_44100(signal, sample_rate_hz, where="lpc"), _WINDOW // 2)
    frames = librosa.util.frame(sound, frame_length=_WINDOW, hop_length=_HOP)
    # Samples in rows, contiguous: a third less time than frames in rows.
    return librosa.lpc(np.ascontiguousarray(frames), order=order, axis=0)[1:].T


def spectral_centroid(signal: ArrayLike, *, sample_rate_hz: float) -> NDArray[np.float32]:
    """Compute each frame's mean frequency, weighted by magnitude: how bright the sound is.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    sample_rate_hz : float
        Resampled to 44.1 kHz if it is another.

    Returns
    -------
    float32 (frames,)
        Hertz; 0 where a frame is silent.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If the sample rate is not above 0.
    """
    import librosa

    sound = _at_44100(signal, sample_rate_hz, where="spectral_centroid")
    centroid = librosa.feature.spectral_centroid(y=sound, sr=SAMPLE_RATE_HZ, **_FRAMES)
    return centroid[0].astype(np.float32)


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
    sound = _at_44100(signal, sample_rate_hz, where="mel_statistics")
    power = librosa.feature.melspectrogram(y=sound, sr=SAMPLE_RATE_HZ, n_mels=bands, **_FRAMES)
    level_db = librosa.power_to_db(power)
    return np.concatenate([level_db.mean(axis=1), level_db.std(axis=1)])


def sound_features(
    signal: ArrayLike, sample_rate_hz: float, *, kinds: Sequence[str] = ("mfcc", "lpc", "centroid")
) -> NDArray[np.float32]:
    """Compute the features of each frame side by side: what the paper's traditional classifiers are fed with.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    sample_rate_hz : float
        Resampled to 44.1 kHz if it is another.
    kinds : sequence of str
        Of "mfcc" (13 columns), "lpc" (12) and "centroid" (1, hertz), in the order wanted.

    Returns
    -------
    float32 (frames, columns)
        Their scales differ by a thousand: standardise them.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If a kind is unknown or none is given, or the sample rate is not above 0.
    """
    functions = {"mfcc": mfcc, "lpc": lpc, "centroid": spectral_centroid}
    if isinstance(kinds, str) or not kinds or not set(kinds) <= set(functions):
        raise ParameterError(
            f"kinds are {kinds!r}; allowed are {', '.join(functions)}",
            where="sound_features",
            do='pass a list of them, such as ["mfcc"]',
        )
    sound = _at_44100(signal, sample_rate_hz, where="sound_features")
    columns = [functions[kind](sound, sample_rate_hz=SAMPLE_RATE_HZ) for kind in kinds]
    return np.concatenate([column.reshape(len(column), -1) for column in columns], axis=1)


def _at_44100(signal: ArrayLike, sample_rate_hz: float, *, where: str) -> NDArray[np.float32]:
    rate = positive(sample_rate_hz, name="sample_rate_hz", where=where)
    sound = resample_audio(as_signal(signal, where=where), from_hz=rate, to_hz=SAMPLE_RATE_HZ)
    return np.pad(sound, (0, max(_WINDOW - sound.size, 0)))
