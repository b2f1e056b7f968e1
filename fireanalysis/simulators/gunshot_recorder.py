"""Recorder: background, frequency response, gain control, clipping, and what saving a file again does to it."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .gunshot_parameters import draw
from .gunshot_place import Session

BLOCK_S = 0.001  # gain control looks at the level this often


def background(session: Session, samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make a stretch of a session's wind, rumble and voices, against a reference shot of peak 1."""
    rate = session.rate_hz
    frequency = np.maximum(fft.rfftfreq(samples, 1 / rate), 20).astype(np.float32)
    wind = (frequency / 100) ** (session.draw("wind_slope") / 6.02)
    voices = np.exp(-0.5 * (np.log2(frequency / 700) / 0.9) ** 2)
    t = np.arange(samples, dtype=np.float32) / rate
    out = np.zeros(samples, np.float32)
    for name, shape in (("wind", wind), ("babble", voices)):
        white = rng.standard_normal((2, len(frequency)), np.float32)
        noise = fft.irfft((white[0] + 1j * white[1]) * shape.astype(np.float32), samples)
        if name == "babble":  # syllables, some four a second
            noise *= 1 + np.float32(0.7) * np.sin(2 * np.pi * (4 * t + np.float32(rng.random())))
        out += noise * np.float32(10 ** (session.draw(name, session.recorder) / 20) / noise.std())
    return out


def response(session: Session, frequency: NDArray[np.float64]) -> NDArray[np.complex64]:
    """Give the response of microphone and preamplifier: second-order high-pass, and an uneven band."""
    rng = np.random.default_rng([session.seed, 3])
    corner = session.draw("high_pass", session.recorder)
    s = 1j * frequency / corner
    octaves = np.arange(16)  # from 20 Hz
    ripple = session.difficulty * session.draw("ripple", session.recorder) * rng.standard_normal(16)
    octave = np.log2(np.maximum(frequency, 20) / 20)
    decibels = np.interp(octave, octaves, ripple)
    # A small capsule resonates at some 9 kHz.
    decibels += session.draw("treble", session.recorder) * np.exp(-0.5 * (octave - np.log2(9000 / 20)) ** 2)
    return (10 ** (decibels / 20) * s**2 / (1 + np.sqrt(2) * s + s**2)).astype(np.complex64)


def low_passed(signal: NDArray[np.float32], *, corner_hz: float, rate_hz: int) -> NDArray[np.float32]:
    """Cut a signal above a frequency as steeply as a codec does."""
    samples = fft.next_fast_len(len(signal) + 256, real=True)
    frequency = fft.rfftfreq(samples, 1 / rate_hz).astype(np.float32)
    kept = 1 / np.sqrt(1 + (frequency / np.float32(corner_hz)) ** 24)
    return fft.irfft(fft.rfft(signal, samples) * kept, samples)[: len(signal)]


def gain_control(
    signal: NDArray[np.float32], *, threshold_db: float, compression: float, release_s: float, rate_hz: int
) -> NDArray[np.float32]:
    """Turn loud parts down: a share of the level above a threshold, recovering 10 dB in `release_s`.

    Examples
    --------
    >>> loud = np.ones(8000, np.float32)
    >>> turned = gain_control(loud, threshold_db=-20, compression=0.5, release_s=1, rate_hz=8000)
    >>> round(float(turned[-1]), 2)  # 10 of the 20 dB are taken
    0.32
    """
    if compression == 0:
        return signal
    block = round(BLOCK_S * rate_hz)
    blocks = -(-len(signal) // block)
    peaks = np.abs(np.pad(signal, (0, blocks * block - len(signal)))).reshape(blocks, block).max(axis=1)
    fall = 10 * BLOCK_S / release_s * np.arange(blocks)  # dB since the start
    level = np.maximum.accumulate(20 * np.log10(peaks + 1e-9) + fall) - fall
    taken = compression * np.maximum(level - threshold_db, 0)
    middle = (np.arange(blocks) + 0.5) * block
    gain = np.interp(np.arange(len(signal)), middle, 10 ** (-taken / 20))
    return (signal * gain).astype(np.float32)


def recorded(signal: NDArray[np.float32], session: Session, rng: np.random.Generator) -> NDArray[np.float32]:
    """Pass a sound (reference shot of peak 1) through preamplifier, gain control, converter and file."""
    kind, rate = session.recorder, session.rate_hz
    sound = signal * np.float32(10 ** (session.draw("gain", kind) / 20))
    sound = gain_control(
        sound,
        threshold_db=session.draw("threshold", kind),
        compression=session.draw("compression", kind),
        release_s=session.draw("release", kind),
        rate_hz=rate,
    )
    hiss = 10 ** (session.draw("hiss", kind) / 20)
    sound = sound + np.float32(hiss) * rng.standard_normal(len(sound), np.float32)
    hardness = np.float32(session.draw("hardness", kind))
    sound = hardness * np.clip(sound, -1, 1) + (1 - hardness) * np.tanh(sound)
    corner = min(session.draw("low_pass", kind), 0.46 * rate)
    sound = np.clip(low_passed(sound, corner_hz=corner, rate_hz=rate), -1, 1)
    return sixteen_bits(sound * np.float32(10 ** (session.draw("output") / 20)))


def saved_again(signal: NDArray[np.float32], seed: int, *, rate_hz: int) -> NDArray[np.float32]:
    """Copy a file as the web does: another gain, a lower band limit, and a lossy coder's noise."""
    rng = np.random.default_rng([seed, 4])
    block = rate_hz // 100
    power = np.convolve(signal**2, np.full(block, 1 / block, np.float32), "same")
    noise = rng.standard_normal(len(signal), np.float32) * np.sqrt(np.maximum(power, 0))
    copy = signal + noise.astype(np.float32) * np.float32(10 ** (draw("coder_noise", "copy", seed) / 20))
    corner = min(draw("copy_low_pass", "copy", seed), 0.46 * rate_hz)
    copy = low_passed(copy, corner_hz=corner, rate_hz=rate_hz)
    return sixteen_bits(np.clip(copy * np.float32(10 ** (draw("copy_gain", "copy", seed) / 20)), -1, 1))


def sixteen_bits(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to steps of 16 bit."""
    return (np.round(signal * np.float32(32_767)) / np.float32(32_767)).astype(np.float32, copy=False)
