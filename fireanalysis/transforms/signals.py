"""Sound as arrays: what the sound transforms ask of a signal, its duration and its sample rate."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .arrays import as_array, positive


def as_signal(signal: ArrayLike, *, where: str) -> NDArray[np.float32]:
    """Give one channel of sound as float32: as it is, or the mean of its channels.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
        In full scales: 1 is the loudest a recorder can store. Louder is taken as it is.
    where : str
        The caller, for the error.

    Raises
    ------
    DataError
        If the signal is empty, no floating-point array of that shape, or holds NaN or infinity.
    """
    array = as_array(signal, where=where)
    if array.dtype.kind == "i":
        raise DataError(
            f"the signal is {array.dtype}; sound is floating point in [-1, 1]",
            where=where,
            do=f"divide by {np.iinfo(array.dtype).max + 1}",
        )
    if array.dtype.kind != "f" or array.size == 0 or array.ndim not in (1, 2):
        raise DataError(
            f"the signal is {array.dtype} of shape {array.shape}; floats (samples,) or (samples, channels) fit",
            where=where,
            do="read the file by fireanalysis.loaders.read_audio, or leave an empty one out",
        )
    if array.ndim == 2:
        if array.shape[1] > array.shape[0]:
            raise DataError(
                f"the signal has shape {array.shape}: more channels than samples",
                where=where,
                do="transpose it: (samples, channels)",
            )
        array = array.mean(axis=1)
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    # The extremes are NaN or infinite if any sample is.
    if not np.isfinite([array.min(), array.max()]).all():
        bad = int((~np.isfinite(array)).sum())
        raise DataError(
            f"{bad} of {array.size} samples are NaN or infinite", where=where, do="leave this recording out"
        )
    return array


def fit_duration(signal: ArrayLike, *, sample_rate_hz: float, duration_s: float = 2.0) -> NDArray[np.float32]:
    """Make a sound exactly so long: what is too much is cut off at the end, what is missing is silence.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    sample_rate_hz : float
    duration_s : float

    Returns
    -------
    float32 (round(duration_s · sample_rate_hz),)
        Mean of the channels.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If a number is not above 0.

    Examples
    --------
    >>> fit_duration([0.5, -0.5], sample_rate_hz=4, duration_s=1)
    array([ 0.5, -0.5,  0. ,  0. ], dtype=float32)
    """
    sound = as_signal(signal, where="fit_duration")
    rate = positive(sample_rate_hz, name="sample_rate_hz", where="fit_duration")
    samples = round(positive(duration_s, name="duration_s", where="fit_duration") * rate)
    return np.pad(sound[:samples], (0, max(samples - sound.size, 0)))


def resample_audio(signal: ArrayLike, *, from_hz: float, to_hz: float) -> NDArray[np.float32]:
    """Bring a sound to another sample rate, band-limited, without shifting it in time.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
    from_hz, to_hz : float

    Returns
    -------
    float32 (about samples · to_hz / from_hz,)
        Mean of the channels. Frequencies above half the lower rate are gone.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If a rate is not above 0.

    Notes
    -----
    By soxr (high quality, linear phase). Resampling by one FFT of the whole clip would carry a shot at its end
    round to its beginning.
    """
    import soxr

    sound = as_signal(signal, where="resample_audio")
    old = positive(from_hz, name="from_hz", where="resample_audio")
    new = positive(to_hz, name="to_hz", where="resample_audio")
    return sound if old == new else soxr.resample(sound, old, new)
