"""MFCC, LPC and spectral centroid of a log spectrogram that is there already: no sound is read a second time."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct, idct

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_array
from .spectrogram import BINS, SAMPLE_RATE_HZ, WINDOW

MEL_BANDS = 40
COEFFICIENTS = 13  # of the mel cepstrum, the 0th among them
ORDER = 12  # of the linear prediction
RANGE_DB = 80.0
_FACTORS = {BINS // k: k for k in range(1, 17)}
_WIDTHS = {"mfcc": COEFFICIENTS, "lpc": ORDER, "centroid": 1}
_WHITE_NOISE = (
    1e-4  # added to the power: a band without sound (a recorder of 32 kHz) has no prediction otherwise
)


def frame_features(
    spectrogram: ArrayLike, *, kinds: Sequence[str] = ("mfcc", "lpc", "centroid")
) -> NDArray[np.float32]:
    """Describe each frame of a log spectrogram by a few numbers, as the paper's traditional systems did.

    Parameters
    ----------
    spectrogram : float (512 // k, frames)
        From `log_spectrogram`, or shrunk by a factor k (`shrink_spectrogram`): then of blocks of bins and frames.
    kinds : sequence of str
        Of "mfcc" (13 columns), "lpc" (12) and "centroid" (1, kHz), in the order wanted.

    Returns
    -------
    float32 (frames, columns)
        MFCC of decibels, at most 80 below the loudest band; LPC a of x[n] + a[1] x[n-1] + … + a[12] x[n-12] =
        error without the leading 1, 0 in a silent frame, whose centroid is 0 too.

    Raises
    ------
    DataError
        If the spectrogram has another shape, is negative or not finite.
    ParameterError
        If a kind is unknown or none is given.

    Notes
    -----
    Source: gunshot paper, "Traditional Methods", without a setting. 13 coefficients of 40 mel bands; LPC by the
    autocorrelation method (the Fourier transform of the power spectrum), with white noise
    40 dB below each frame.

    Examples
    --------
    >>> frame_features(np.ones((128, 86))).shape
    (86, 26)
    """
    if isinstance(kinds, str) or not kinds or not set(kinds) <= set(_WIDTHS):
        what = f"kinds are {kinds!r}; allowed are {', '.join(_WIDTHS)}"
        raise ParameterError(what, where="frame_features", do='pass a list of them, such as ["mfcc"]')
    magnitude = np.expm1(_checked(spectrogram))
    functions = {"mfcc": _mfcc, "lpc": _lpc, "centroid": _centroid}
    return np.concatenate([functions[kind](magnitude) for kind in kinds], axis=1).astype(np.float32)


def feature_columns(kinds: Sequence[str] = ("mfcc", "lpc", "centroid")) -> dict[str, slice]:
    """Say which columns of `frame_features` belong to each kind.

    Examples
    --------
    >>> feature_columns(["mfcc", "centroid"])
    {'mfcc': slice(0, 13, None), 'centroid': slice(13, 14, None)}
    """
    ends = np.cumsum([_WIDTHS[kind] for kind in kinds]).tolist()
    return {kind: slice(end - _WIDTHS[kind], end) for kind, end in zip(kinds, ends, strict=True)}


def features_as_spectrograms(features: ArrayLike, *, bins: int = 128) -> dict[str, NDArray[np.float32]]:
    """Turn MFCC and LPC back into the spectrogram that they amount to: what they have kept of the sound.

    Parameters
    ----------
    features : float (frames, 26)
        All three kinds, from `frame_features`.
    bins : int
        Rows of the result, up to 22.05 kHz.

    Returns
    -------
    dict of str to float32 (bins, frames)
        Decibels: "mfcc" of the mel bands' energy; "lpc" of the predictor's resonances, whose level is not known.

    Examples
    --------
    >>> pictures = features_as_spectrograms(frame_features(np.ones((128, 86))))
    >>> {kind: picture.shape for kind, picture in pictures.items()}
    {'mfcc': (128, 86), 'lpc': (128, 86)}
    """
    import librosa
    from scipy.signal import freqz

    columns, found = feature_columns(), np.asarray(features, np.float64)
    hz = (np.arange(bins) + 0.5) * SAMPLE_RATE_HZ / 2 / bins
    bands_db = idct(found[:, columns["mfcc"]], n=MEL_BANDS, norm="ortho", axis=1)
    centres_hz = librosa.mel_frequencies(MEL_BANDS + 2, fmin=0, fmax=SAMPLE_RATE_HZ / 2)[1:-1]
    mel_db = [np.interp(hz, centres_hz, frame) for frame in bands_db]
    predictors = np.hstack([np.ones((len(found), 1)), found[:, columns["lpc"]]])
    answers = [freqz(1.0, one, worN=hz, fs=SAMPLE_RATE_HZ)[1] for one in predictors]
    lpc_db = 20 * np.log10(np.abs(answers))
    return {"mfcc": np.array(mel_db, np.float32).T, "lpc": lpc_db.astype(np.float32).T}


def _checked(spectrogram: ArrayLike) -> NDArray[np.float64]:
    values = as_array(spectrogram, where="frame_features")
    if values.ndim != 2 or not values.size or len(values) not in _FACTORS:
        what = f"the spectrogram has shape {values.shape}; {BINS} // k bins (k from 1 to 16) × frames fit"
    elif not (np.isfinite(values).all() and (values >= 0).all()):
        what = "the spectrogram holds values that are negative or not finite"
    else:
        return values.astype(np.float64)
    do = "pass what log_spectrogram or shrink_spectrogram gave"
    raise DataError(what, where="frame_features", do=do)


@cache
def _frequencies_hz(bins: int) -> NDArray:
    """Give the middle of each bin, or block of bins; the 0th bin is not among them."""
    factor = _FACTORS[bins]
    return SAMPLE_RATE_HZ / WINDOW * (factor * np.arange(bins) + (factor + 1) / 2)


@cache
def _mel_bands(bins: int) -> NDArray[np.float32]:
    """Give librosa's triangles, their weights added up over each block: float32 (bands, bins)."""
    import librosa

    factor = _FACTORS[bins]
    weights = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=WINDOW, n_mels=MEL_BANDS)[:, 1 : 1 + bins * factor]
    return weights.reshape(MEL_BANDS, bins, factor).sum(axis=2)


def _mfcc(magnitude: NDArray) -> NDArray:
    bands_db = 10 * np.log10(np.maximum(_mel_bands(len(magnitude)) @ magnitude**2, 1e-10))
    bands_db = np.maximum(bands_db, bands_db.max() - RANGE_DB)
    return dct(bands_db, axis=0, norm="ortho")[:COEFFICIENTS].T


def _lpc(magnitude: NDArray) -> NDArray:
    lags = np.arange(ORDER + 1)
    waves = np.cos(2 * np.pi / SAMPLE_RATE_HZ * np.outer(lags, _frequencies_hz(len(magnitude))))
    correlation = (waves @ magnitude**2).T  # (frames, lags)
    correlation[:, 0] *= 1 + _WHITE_NOISE
    correlation[correlation[:, 0] == 0, 0] = 1.0  # silence: all others are 0
    between = np.abs(np.subtract.outer(lags[:-1], lags[:-1]))
    return -np.linalg.solve(correlation[:, between], correlation[:, 1:, None])[..., 0]


def _centroid(magnitude: NDArray) -> NDArray:
    total = magnitude.sum(axis=0)
    weighted = _frequencies_hz(len(magnitude)) / 1000 @ magnitude
    return np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)[:, None]
