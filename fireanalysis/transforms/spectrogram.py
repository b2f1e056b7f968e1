"""Spectrograms of two-second clips: the form in which every network of the gunshot paper gets a sound."""

from functools import cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .arrays import as_array, positive, whole
from .signals import as_signal, fit_duration, resample_audio
from .surface import Moments

SAMPLE_RATE_HZ = 44_100
CLIP_S = 2.0
WINDOW = 1024
HOP = 256
BINS = WINDOW // 2  # without the 0th, the mean
FRAMES = round(CLIP_S * SAMPLE_RATE_HZ) // HOP + 1
PAPER_MOMENTS = Moments(0.1877, 0.4756, points=1)  # of how many points, the paper does not say

_BATCH = 64  # frames per FFT call: the fastest of 4 to 345, about 512 KB with their spectra


def log_spectrogram(signal: ArrayLike, sample_rate_hz: float) -> NDArray[np.float32]:
    """Make the paper's spectrogram of a sound's first two seconds.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
        In full scales, [-1, 1]; the mean of the channels counts. A shorter sound is followed by silence.
    sample_rate_hz : float
        Resampled to 44.1 kHz if it is another.

    Returns
    -------
    float32 (512, 345)
        log(1 + magnitude); row i is (i + 1) · 43.07 Hz, column t is centred at t · 5.805 ms. A silent sound
        gives zeros.

    Raises
    ------
    DataError
        If the signal is empty, holds NaN or infinity, or is no float array of such a shape.
    ParameterError
        If the sample rate is not above 0.

    Notes
    -----
    Source: gunshot paper, "Feature Extraction". It leaves open window, hop and logarithm; 1024 and 256 samples
    give its 512 × 345, centred frames with zeros beyond both ends, a periodic Hann window, and log(1 + |X|) of the
    unscaled transform comes nearest to the mean and standard deviation it prints.

    Examples
    --------
    >>> log_spectrogram(np.zeros(16_000), 8_000).shape
    (512, 345)
    """
    rate = positive(sample_rate_hz, name="sample_rate_hz", where="log_spectrogram")
    sound = as_signal(signal, where="log_spectrogram")
    # A tenth of a second more than needed: the resampler looks ahead by some milliseconds.
    sound = resample_audio(sound[: round((CLIP_S + 0.1) * rate) + 1], from_hz=rate, to_hz=SAMPLE_RATE_HZ)
    clip = fit_duration(sound, sample_rate_hz=SAMPLE_RATE_HZ, duration_s=CLIP_S)
    return log_spectrograms(clip[None])[0]


def log_spectrograms(signals: ArrayLike) -> NDArray[np.float32]:
    """Make the spectrograms of many clips at once, each as `log_spectrogram` does.

    Parameters
    ----------
    signals : float (clips, 88200)
        Two seconds each at 44.1 kHz. One thread works; share clips among processes or threads to use more.

    Returns
    -------
    float32 (clips, 512, 345)

    Raises
    ------
    DataError
        If the clips have another length, are no floats, or hold NaN or infinity.
    """
    samples = round(CLIP_S * SAMPLE_RATE_HZ)
    clips = as_array(signals, where="log_spectrograms")
    if clips.dtype.kind != "f" or clips.ndim != 2 or clips.shape[1] != samples:
        raise DataError(
            f"the clips are {clips.dtype} of shape {clips.shape}; floats (clips, {samples}) fit",
            where="log_spectrograms",
            do="bring each to 2.0 s at 44.1 kHz by resample_audio and fit_duration",
        )
    spectrograms = np.empty((len(clips), BINS, FRAMES), np.float32)
    for clip, spectrogram in zip(clips, spectrograms, strict=True):
        frames = stft_magnitudes(as_signal(clip, where="log_spectrograms"))
        np.log1p(frames, out=frames)
        cv2.transpose(frames[:, 1:], spectrogram)  # twice as fast as NumPy's copy
    return spectrograms


def stft_magnitudes(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the magnitudes of the short-time Fourier transform, a frame a row, mean (0th bin) included.

    Frames are centred at multiples of `HOP`, with zeros beyond both ends; unscaled, as `librosa.stft` gives them.

    Examples
    --------
    >>> stft_magnitudes(np.ones(2048, np.float32))[4, :3].round(3).tolist()
    [512.0, 256.0, 0.0]
    """
    from scipy.fft import rfft

    padded = np.pad(signal, WINDOW // 2)
    frames = sliding_window_view(padded, WINDOW)[::HOP]
    magnitudes = np.empty((len(frames), WINDOW // 2 + 1), np.float32)
    # Whole rows in batches that stay in the cache, and single precision all through: what makes this fast.
    windowed = np.empty((_BATCH, WINDOW), np.float32)
    for start in range(0, len(frames), _BATCH):
        part = frames[start : start + _BATCH]
        spectra = rfft(np.multiply(part, _hann(), out=windowed[: len(part)]), axis=1)
        np.abs(spectra, out=magnitudes[start : start + _BATCH])
    return magnitudes


@cache
def _hann() -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def shrink_spectrogram(spectrogram: ArrayLike, *, factor: int) -> NDArray[np.float32]:
    """Average blocks of factor × factor points, so that a network is trained in a fraction of the time.

    Parameters
    ----------
    spectrogram : float (..., bins, frames)
        Of `log_spectrogram`; the logarithms are averaged.
    factor : int
        From 1 to the smaller side. Last bins and frames that do not fill a block are left off.

    Returns
    -------
    float32 (..., bins // factor, frames // factor)

    Raises
    ------
    ParameterError
        If the factor is not such a whole number.
    DataError
        If the spectrogram has fewer than two dimensions, is empty or is no float array.

    Examples
    --------
    >>> shrink_spectrogram([[0.0, 2.0, 9.0], [4.0, 6.0, 9.0]], factor=2)
    array([[3.]], dtype=float32)
    """
    array = as_array(spectrogram, where="shrink_spectrogram")
    if array.dtype.kind != "f" or array.ndim < 2 or array.size == 0:
        raise DataError(
            f"the spectrogram is {array.dtype} of shape {array.shape}; floats (bins, frames) fit",
            where="shrink_spectrogram",
            do="pass what log_spectrogram gives",
        )
    bins, frames = array.shape[-2:]
    factor = whole(factor, name="factor", where="shrink_spectrogram", least=1, most=min(bins, frames))
    rows, columns = bins // factor, frames // factor
    whole_blocks = array[..., : rows * factor, : columns * factor]
    blocks = whole_blocks.reshape(*array.shape[:-2], rows, factor, columns, factor)
    return blocks.mean(axis=(-3, -1), dtype=np.float32)
