"""Sounds of one shot near the firearm: muzzle blast, shock wave of the bullet, action.

Shock fronts are far shorter than a sample of a recorder, so sounds are made at `fine_rate_hz` (192 kHz or more),
each sample as the mean over its cell, and decimated by dropping what lies above the recorder's Nyquist frequency.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from .gunshot_models import Firearm
from .gunshot_parameters import draw, fixed, limits

PRESSURE_PA = 101_325.0
SHOT_SAMPLES = 4096  # at the recorder's rate: 85 ms at 48 kHz, room for a blast or the ringing of an action
_LEAD = 128  # samples before a sound for the ringing of the low-pass, which else would wrap to its end


def fine_rate_hz(sample_rate_hz: int) -> int:
    """Give the least multiple of a sample rate that reaches 192 kHz.

    Examples
    --------
    >>> fine_rate_hz(44_100), fine_rate_hz(48_000)
    (220500, 192000)
    """
    return sample_rate_hz * -(-192_000 // sample_rate_hz)


def sound_speed(temperature_c: float) -> float:
    """Give the speed of sound in air, m/s.

    Examples
    --------
    >>> round(sound_speed(20), 1)
    343.2
    """
    return float(331.3 * np.sqrt(1 + temperature_c / 273.15))


def directivity(angle_rad: float, momentum_index: float) -> float:
    """Give the blast's strength against that at the side (Fansler's momentum index; pygunshot equation 7).

    Examples
    --------
    >>> directivity(np.pi / 2, 0.6), directivity(0.0, 0.6), directivity(np.pi, 0.6)
    (1.0, 2.0, 0.5)
    """
    side = np.sqrt(1 - momentum_index**2)
    front = momentum_index * np.cos(angle_rad)
    return float((front + np.sqrt(1 - (momentum_index * np.sin(angle_rad)) ** 2)) / side)


def friedlander(duration_s: float, *, rate_hz: float, samples: int) -> NDArray[np.float64]:
    """Sample a blast of peak 1: p(t) = (1 - t/τ) exp(-t/τ), each sample the mean over its cell.

    Source: Friedlander's wave; its integral is t exp(-t/τ).

    Examples
    --------
    >>> wave = friedlander(0.35e-3, rate_hz=192_000, samples=4000)
    >>> bool(abs(wave.sum()) < 1e-3 * abs(wave).sum())  # no lasting overpressure
    True
    """
    t = np.arange(samples + 1) / rate_hz
    return np.diff(t * np.exp(-t / duration_s)) * rate_hz


def n_wave(duration_s: float, *, rate_hz: float, samples: int, delay_s: float = 0.0) -> NDArray[np.float64]:
    """Sample an N-wave of peak 1: p(t) = 1 - 2 t/T for 0 < t < T, each sample the mean over its cell.

    Its rise of some 0.1 µs is far below a cell and left out.
    """
    t = np.clip(np.arange(samples + 1) / rate_hz - delay_s, 0, duration_s)
    return np.diff(t - t**2 / duration_s) * rate_hz


class Shock(NamedTuple):
    """A bullet's shock wave at the microphone: peak, length, arrival after the shot, cosine of the Mach angle."""

    peak_pa: float
    duration_s: float
    arrival_s: float
    cosine: float


def shock_wave(
    *,
    speed_mps: float,
    diameter_m: float,
    length_m: float,
    mass_kg: float,
    drag: float,
    distance_m: float,
    angle_rad: float,
    temperature_c: float,
) -> Shock | None:
    """Say when and how strong the bullet's shock wave passes the microphone; None where none does.

    It leaves the trajectory at the Mach angle β, so a microphone hears it only less than 90° - β off the line of
    fire. The bullet slows down on its way to where the sound leaves.

    Source: Whitham's far field as in Maher 2006 and pygunshot (whose angle test is wrong and not used).

    Examples
    --------
    >>> bullet = dict(diameter_m=5.7e-3, length_m=23e-3, mass_kg=4.02e-3, drag=0.4, temperature_c=20)
    >>> shock_wave(speed_mps=915, distance_m=10, angle_rad=0.5, **bullet) is None
    False
    >>> shock_wave(speed_mps=915, distance_m=10, angle_rad=2.0, **bullet) is None  # behind the shooter
    True
    """
    c = sound_speed(temperature_c)
    x, y = distance_m * np.cos(angle_rad), distance_m * np.sin(angle_rad)
    slowing = 1.2 * drag * np.pi * diameter_m**2 / (8 * mass_kg)  # per metre; 1.2 kg/m³: air
    speed = speed_mps
    for _ in range(3):  # where it leaves depends on the speed there
        mach = speed / c
        if mach <= 1 + limits("nwave_fade")[0]:
            return None
        beta = np.arcsin(1 / mach)
        start = x - y * np.tan(beta)
        if start < 0:
            return None
        speed = speed_mps * np.exp(-slowing * start)
        flight = np.expm1(slowing * start) / (slowing * speed_mps)
    excess = mach**2 - 1
    peak = 0.53 * PRESSURE_PA * diameter_m * excess**0.125 / (y**0.75 * length_m**0.25)
    duration = 1.82 * diameter_m * mach * y**0.25 / (c * excess**0.375 * length_m**0.25)
    fade = np.interp(mach - 1, limits("nwave_fade"), (0, 1))
    arrival = flight + y / np.cos(beta) / c
    longest = fixed("nwave_longest") * 1e-6
    return Shock(float(peak * fade), float(min(duration, longest)), float(arrival), float(np.cos(beta)))


def bullet_shock(gun: Firearm, *, speed_factor: float, **place: float) -> Shock | None:
    """Give the shock wave of a model's bullet or slug, see `shock_wave`."""
    return shock_wave(
        speed_mps=gun.speed_mps * speed_factor,
        diameter_m=gun.diameter_m,
        length_m=gun.length_m,
        mass_kg=gun.mass_kg,
        drag=fixed("drag_bullet"),
        **place,
    )


def pellet_shock(*, speed_factor: float, **place: float) -> Shock | None:
    """Give the shock wave of one pellet of 00 buckshot, see `shock_wave`."""
    return shock_wave(
        speed_mps=fixed("buckshot_speed") * speed_factor,
        diameter_m=8.38e-3,
        length_m=8.38e-3,
        mass_kg=3.5e-3,  # a lead sphere
        drag=fixed("drag_sphere"),
        **place,
    )


def n_wave_spectrum(shock: Shock, *, delays_s: NDArray[np.float64], rate_hz: int) -> NDArray[np.complex128]:
    """Give the spectrum of N-waves in pascal, one for each delay, decimated to `rate_hz`."""
    fine = fine_rate_hz(rate_hz)
    samples = SHOT_SAMPLES * fine // rate_hz
    short = int((shock.duration_s + delays_s.max()) * fine) + 2
    waves = [
        n_wave(shock.duration_s, rate_hz=fine, samples=short, delay_s=delay) for delay in delays_s.tolist()
    ]
    return shock.peak_pa * decimated(np.sum(waves, axis=0), samples)


def blast_spectrum(
    gun: Firearm, *, duration_s: float, rate_hz: int, rng: np.random.Generator
) -> NDArray[np.complex128]:
    """Give the spectrum of a muzzle blast of peak 1 with the noise of the gas jet, decimated to `rate_hz`.

    Source: Friedlander wave; the jet's noise (assumed) peaks at a Strouhal number of 0.2 and lasts as long as the
    barrel empties.
    """
    fine = fine_rate_hz(rate_hz)
    samples = SHOT_SAMPLES * fine // rate_hz
    wave = friedlander(duration_s, rate_hz=fine, samples=samples)
    t = np.arange(int(6 * gun.jet_s * fine)) / fine
    noise = rng.standard_normal(len(t)) * np.exp(-t / gun.jet_s)
    frequency = fft.rfftfreq(samples, 1 / fine)[: SHOT_SAMPLES // 2 + 1]
    ratio = frequency / gun.jet_hz
    # The shape lets pass 2π jet_hz / fine of the power of white noise: put it back, so that the level holds.
    shape = 2 * ratio / (1 + ratio**2) * np.sqrt(fine / (2 * np.pi * gun.jet_hz))
    jet = 10 ** (fixed("jet_level") / 20) * decimated(noise, samples) * shape
    return decimated(wave, samples) + jet


def decimated(wave: NDArray[np.float64], samples: int) -> NDArray[np.complex128]:
    """Give the part of a finely sampled sound's spectrum that the recorder's rate can hold."""
    return fft.rfft(wave, samples)[: SHOT_SAMPLES // 2 + 1] * (SHOT_SAMPLES / samples)


@lru_cache(maxsize=256)
def action_spectra(seed: int, rate_hz: int) -> tuple[NDArray[np.complex128], ...]:
    """Give the spectra of an action's two sounds (bolt back, bolt forward): damped ringing of peak about 1.

    Source: existence Maher 2007; frequencies and decays assumed, drawn once a model.
    """
    fine = fine_rate_hz(rate_hz)
    samples = SHOT_SAMPLES * fine // rate_hz
    t = np.arange(samples) / fine
    sounds = []
    for sound in range(2):
        wave = np.zeros(samples)
        for ring in range(4):
            source = seed + 1_000_003 * (4 * sound + ring + 1)
            frequency = draw("action_frequency", "model", source)
            decay = draw("action_decay", "model", source) / 1000
            wave += np.exp(-t / decay) * np.sin(2 * np.pi * frequency * t) / 2
        sounds.append(decimated(wave, samples))
    return tuple(sounds)


def placed(
    out: NDArray[np.float32], spectra: ArrayLike, *, times_s: ArrayLike, rate_hz: int
) -> NDArray[np.float32]:
    """Add sounds, given as spectra at the recorder's rate, to a signal at their exact times (between samples)."""
    starts = np.atleast_1d(times_s) * rate_hz - _LEAD
    whole = np.floor(starts).astype(int)
    turn = -2j * np.pi * np.arange(SHOT_SAMPLES // 2 + 1) / SHOT_SAMPLES
    waves = fft.irfft(np.asarray(spectra) * np.exp(turn * (starts - whole + _LEAD)[:, None]), SHOT_SAMPLES)
    for start, wave in zip(whole, np.atleast_2d(waves), strict=True):
        first, last = max(start, 0), min(start + SHOT_SAMPLES, len(out))
        if first < last:
            out[first:last] += wave[first - start : last - start]
    return out
