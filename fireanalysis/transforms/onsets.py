"""Onsets: when, in a recording of any length, shots begin."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import positive
from .signals import as_signal

_FRAME_S = 0.001  # levels are taken over so long, and onsets are as exact as that
_BEFORE = 30  # frames of background
_START = 5  # frames that stand for what was before the recording
_ATTACK = 20  # frames within which a shot is loudest
_ATTACK_DB = 12.0  # the shot begins where its level first comes so near its loudest
_ECHO_DB, _ECHO_S = 8.0, 1.0  # so much weaker within so long after a shot: its echo
_HIGH_PASS_HZ = 300.0  # below it is wind
_SILENCE = 1e-10  # mean square of the softest background, -100 dB of full scale
_BLOCK = 2**20  # samples filtered at a time


def detect_onsets(
    signal: ArrayLike | Iterator[ArrayLike],
    *,
    sample_rate_hz: float,
    minimum_gap_s: float = 0.25,
    threshold_db: float = 10.0,
    range_db: float = 30.0,
) -> NDArray[np.float64]:
    """Find when shots begin: sudden loud sounds that are no echo of another.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels), or an iterator of such arrays
        A whole recording, or its consecutive blocks (as `fireanalysis.loaders.read_blocks` gives them), each of
        which is dropped when it is done: an hour then needs about 0.1 GB, whatever its sample rate.
    sample_rate_hz : float
        At least 2000.
    minimum_gap_s : float
        Least time from one onset to the next. Automatic fire at 600 to 1250 rounds a minute has a shot every
        0.1 to 0.05 s: 0.04 counts each of them, and more echoes; the default marks a burst about every 0.25 s.
    threshold_db : float
        Least rise of the level within a millisecond over the mean of the 30 ms before. In noise or reverberation a
        shot may rise by less; below 9 dB the ripple of plain noise is found too.
    range_db : float
        Sounds so much weaker than the loudest of the recording are left out: steps, voices, distant shots.

    Returns
    -------
    float64 (onsets,)
        Seconds from the start of the signal, ascending, to a millisecond. Empty if it holds no such sound. A shot
        in the first 5 ms is not found.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If the rate is below 2000 Hz, or another number is negative.

    Notes
    -----
    Any bang is found, not only a firearm's. The first loud wave counts: of a supersonic bullet, its shock wave
    if that arrives before the muzzle blast. A sound is left out as an echo if one 8 dB louder came within a second
    before it, and as part of a shot's beginning (action, striker) if one 12 dB louder follows within
    `minimum_gap_s`.

    Examples
    --------
    >>> clicks = np.zeros(8_000)
    >>> clicks[[1_000, 5_000]] = 0.5
    >>> detect_onsets(clicks, sample_rate_hz=4_000)
    array([0.25, 1.25])
    """
    where = "detect_onsets"
    rate = positive(sample_rate_hz, name="sample_rate_hz", where=where, least=2_000, included=True)
    gap = positive(minimum_gap_s, name="minimum_gap_s", where=where, included=True)
    threshold = positive(threshold_db, name="threshold_db", where=where)
    reach = positive(range_db, name="range_db", where=where)
    frame = round(_FRAME_S * rate)
    power = _powers(signal if isinstance(signal, Iterator) else iter([signal]), rate=rate, frame=frame)
    starts, peaks_db = _attacks(power, threshold_db=threshold, range_db=reach)
    times = starts * (frame / rate)
    onsets: list[float] = []
    for time, peak_db in zip(times, peaks_db, strict=True):
        away, louder_db = times - time, peaks_db - peak_db
        echo = (louder_db > _ECHO_DB) & (away < 0) & (away > -_ECHO_S)
        foot = (louder_db > _ATTACK_DB) & (away > 0) & (away < gap)
        if not (echo | foot).any() and not (onsets and time - onsets[-1] < gap):
            onsets.append(float(time))
    return np.array(onsets, np.float64)


def _powers(blocks: Iterator[ArrayLike], *, rate: float, frame: int) -> NDArray[np.float32]:
    """Compute the mean square of each frame, without the wind, from blocks of any size."""
    from scipy.signal import butter, sosfilt

    sections = butter(2, _HIGH_PASS_HZ, "highpass", fs=rate, output="sos").astype(np.float32)
    state, rest = np.zeros((1, 2), np.float32), np.zeros(0, np.float32)
    powers = [np.zeros(0, np.float32)]
    for block in blocks:
        sound = as_signal(block, where="detect_onsets")
        for start in range(0, sound.size, _BLOCK):
            filtered, state = sosfilt(sections, sound[start : start + _BLOCK], zi=state)
            filtered = np.concatenate([rest, filtered])
            done = filtered.size // frame * frame
            powers.append(np.square(filtered[:done].reshape(-1, frame)).mean(axis=1))
            rest = filtered[done:]
    return np.concatenate(powers)


def _attacks(
    power: NDArray[np.float32], *, threshold_db: float, range_db: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find each sudden rise: the frame in which it comes near its loudest, and how loud it gets, in decibels."""
    if power.size <= _START or power.max() == 0:
        return np.zeros(0, np.int64), np.zeros(0)
    # What came before the recording is taken to be as its first frames are.
    summed = np.cumsum(np.concatenate([np.full(_BEFORE + 2, power[:_START].mean()), power]), dtype=np.float64)
    # Without the frame just before, which may hold the foot of the rise.
    before = (summed[_BEFORE:-2] - summed[: -_BEFORE - 2]) / _BEFORE
    sudden = power > np.maximum(before, _SILENCE) * 10 ** (threshold_db / 10)
    least = power.max() * 10 ** (-range_db / 10)
    starts, peaks, done = [], [], 0
    for first in np.flatnonzero(sudden).tolist():
        attack = power[first : first + _ATTACK]
        if first >= done and attack.max() >= least:
            starts.append(first + int(np.argmax(attack >= attack.max() * 10 ** (-_ATTACK_DB / 10))))
            peaks.append(attack.max())
        if first >= done:
            done = first + _ATTACK
    return np.array(starts, np.int64), 10 * np.log10(peaks)
