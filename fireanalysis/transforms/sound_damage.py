"""Make a sound worse on purpose: noise, reverberation, lossy coding, another recorder."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import ParameterError

from .arrays import positive
from .signals import as_signal

Sound = NDArray[np.float32]

_LOUDEST_S = 0.05  # the signal of a signal-to-noise ratio is the loudest so long


def damage_sound(
    signal: ArrayLike, *, sample_rate_hz: float, kind: str, amount: float, seed: int | np.random.Generator
) -> NDArray[np.float32]:
    """Damage a sound in one of four ways that a recording of a shot suffers.

    Parameters
    ----------
    signal : float (samples,) or (samples, channels)
        In full scales; the mean of the channels counts.
    sample_rate_hz : float
    kind : str
        - "noise": pink noise from 20 Hz up is added. `amount` is the signal-to-noise ratio in decibels: mean square
          of the sound's loudest 50 ms over mean square of the noise. (For a lone shot in two seconds of silence, the
          ratio of the whole clip's mean squares is up to 16 dB less.)
        - "reverberation": noise that decays by 60 dB in `amount` seconds follows each sound, with as much energy in
          all as the sound itself.
        - "mp3": coded and decoded again at `amount` kbit/s, 64 to 320, at 32, 44.1 or 48 kHz. The coder's delay is
          taken out.
        - "recorder": another microphone and recorder, of strength 0 (none) to 1: a smooth response of ±6 dB from
          octave to octave, a band from 50–400 Hz to 3–10 kHz (second and fourth order), overdriven by up to 20 dB
          and clipped; its gain brings the peak to what it was.
    amount : float
        As above.
    seed : int or numpy.random.Generator
        Same seed, same damage.

    Returns
    -------
    float32 (samples,)
        As long as the signal, not limited to [-1, 1]; a silent sound stays silent.

    Raises
    ------
    DataError
        If the signal is empty, not finite or no floats.
    ParameterError
        If the kind is unknown, or a number out of range.

    Examples
    --------
    >>> quiet = damage_sound(np.zeros(100), sample_rate_hz=8_000, kind="noise", amount=0.0, seed=0)
    >>> float(np.abs(quiet).max())
    0.0
    """
    where = "damage_sound"
    kinds: dict[str, Callable[[Sound, float, float, np.random.Generator], Sound]] = {
        "noise": _with_noise,
        "reverberation": _reverberant,
        "mp3": _coded,
        "recorder": _recorded,
    }
    if kind not in kinds:
        raise ParameterError(
            f"kind is {kind!r}; allowed are {', '.join(kinds)}", where=where, do="pass one of them"
        )
    rate = positive(sample_rate_hz, name="sample_rate_hz", where=where)
    amount = positive(amount, name="amount", where=where, least=-np.inf)
    sound = as_signal(signal, where=where)
    if not sound.any():
        return sound.copy()
    return kinds[kind](sound, rate, amount, np.random.default_rng(seed)).astype(np.float32, copy=False)


def _with_noise(sound: Sound, rate: float, snr_db: float, rng: np.random.Generator) -> Sound:
    frequencies = np.fft.rfftfreq(sound.size, 1 / rate)
    spectrum = np.fft.rfft(rng.standard_normal(sound.size))
    spectrum *= (frequencies >= 20) / np.sqrt(np.maximum(frequencies, 20))
    noise = np.fft.irfft(spectrum, sound.size)
    summed = np.cumsum(np.concatenate([[0.0], np.square(sound, dtype=np.float64)]))
    window = min(max(round(_LOUDEST_S * rate), 1), sound.size)
    loudest = (summed[window:] - summed[:-window]).max() / window
    return sound + noise * np.sqrt(loudest / 10 ** (snr_db / 10) / max(np.square(noise).mean(), 1e-300))


def _reverberant(sound: Sound, rate: float, rt60_s: float, rng: np.random.Generator) -> Sound:
    from scipy.signal import oaconvolve

    if not 0 < rt60_s <= 10:
        raise _out_of_range(rt60_s, "reverberation", "above 0 to 10 s")
    # Beyond 60 dB, and beyond the sound's end, nothing is heard of it.
    time_s = np.arange(1, min(round(rt60_s * rate), sound.size) + 1) / rate
    tail = rng.standard_normal(time_s.size) * 10 ** (-3 * time_s / rt60_s)
    tail /= np.sqrt(max(np.square(tail).sum(), 1e-300))
    response = np.concatenate([[1.0], tail]).astype(np.float32)
    return oaconvolve(sound, response)[: sound.size]


def _coded(sound: Sound, rate: float, kbit_s: float, rng: np.random.Generator) -> Sound:
    import io

    import soundfile

    if rate not in (32_000, 44_100, 48_000):
        raise ParameterError(
            f"sample_rate_hz is {rate:g}; MP3 is made at 32000, 44100 or 48000 here",
            where="damage_sound",
            do="bring the signal to 44100 by resample_audio",
        )
    if not 64 <= kbit_s <= 320:
        raise _out_of_range(kbit_s, "mp3", "64 to 320 kbit/s")
    file = io.BytesIO()
    # libsndfile counts the rate of a layer III stream down from 320 to 32 kbit/s as a level from 0 to 1.
    soundfile.write(
        file,
        sound,
        int(rate),
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=max(320 - kbit_s - 0.5, 0) / 288,
    )
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def _recorded(sound: Sound, rate: float, strength: float, rng: np.random.Generator) -> Sound:
    if not 0 <= strength <= 1:
        raise _out_of_range(strength, "recorder", "0 to 1")
    # Twice as long, so that the response does not reach round from the end to the beginning.
    frequencies = np.fft.rfftfreq(2 * sound.size, 1 / rate).clip(1)
    octaves_hz = 31.25 * 2.0 ** np.arange(11)
    response_db = np.interp(np.log(frequencies), np.log(octaves_hz), rng.uniform(-6, 6, octaves_hz.size))
    low_hz, high_hz = rng.uniform(50, 400), rng.uniform(3_000, 10_000)
    band_db = -10 * np.log10((1 + (low_hz / frequencies) ** 4) * (1 + (frequencies / high_hz) ** 8))
    gain = 10 ** (strength * (response_db + band_db.clip(-80)) / 20)
    heard = np.fft.irfft(np.fft.rfft(sound, 2 * sound.size) * gain)[: sound.size]
    limit = np.abs(heard).max() * 10 ** (-strength * rng.uniform(0, 20) / 20)
    return np.clip(heard, -limit, limit) * (np.abs(sound).max() / max(limit, 1e-30))


def _out_of_range(amount: float, kind: str, allowed: str) -> ParameterError:
    return ParameterError(
        f"amount is {amount:g}; for {kind!r} it must be {allowed}",
        where="damage_sound",
        do="pass another amount",
    )
