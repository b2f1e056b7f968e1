"""Session of a recording: what its place, air and distance do to the sound, the same for all its clips."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from .gunshot_parameters import draw, limits
from .gunshot_source import SHOT_SAMPLES, sound_speed

TAIL_S = 1.5  # the impulse response is cut there


def air_absorption(frequency_hz: ArrayLike, *, temperature_c: float, humidity: float) -> NDArray[np.float64]:
    """Give the absorption of sound by air at 1013 hPa, dB/m.

    Parameters
    ----------
    humidity : float
        Relative humidity, percent.

    Source: ISO 9613-1:1993, equations 3 to 5 and annex B.

    Examples
    --------
    >>> round(float(1000 * air_absorption(1000, temperature_c=10, humidity=70)), 1)  # 3.7 dB/km in ISO 9613-2
    3.7
    """
    f2 = np.asarray(frequency_hz, float) ** 2
    kelvin = temperature_c + 273.15
    ratio = kelvin / 293.15
    vapour = humidity * 10 ** (-6.8346 * (273.16 / kelvin) ** 1.261 + 4.6151)
    oxygen = 24 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour)
    nitrogen = ratio**-0.5 * (9 + 280 * vapour * np.exp(-4.170 * (ratio ** (-1 / 3) - 1)))
    relaxed = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + f2 / oxygen)
    relaxed = relaxed + 0.1068 * np.exp(-3352 / kelvin) / (nitrogen + f2 / nitrogen)
    return 8.686 * f2 * (1.84e-11 * ratio**0.5 + ratio**-2.5 * relaxed)


@dataclass(frozen=True)
class Session:
    """What the clips of a session share. All of it follows from these columns of a row.

    Attributes
    ----------
    seed : int
        Seed of the session; what is not a column is drawn from it.
    place, recorder : str
    distance_m, angle_deg : float
        Muzzle to microphone, and its direction off the line of fire.
    rate_hz : int
        Of the recorder.
    difficulty : float
        Factor on how far sessions and shots lie apart.
    """

    seed: int
    place: str
    distance_m: float
    angle_deg: float
    recorder: str
    rate_hz: int
    difficulty: float

    def draw(self, name: str, level: str = "session") -> float:
        """Draw a parameter of this session."""
        return draw(name, level, self.seed, spread=self.difficulty)

    @property
    def temperature_c(self) -> float:
        """Temperature of the air."""
        return self.draw("temperature")

    def reflected(self, distance_m: float) -> tuple[float, float]:
        """Give the length of a path that is `distance_m` long on the plan, direct and by the ground."""
        muzzle, microphone = self.draw("muzzle_height"), self.draw("microphone_height")
        return float(np.hypot(distance_m, muzzle - microphone)), float(
            np.hypot(distance_m, muzzle + microphone)
        )


def path(session: Session, *, distance_m: float, slant: float = 1.0) -> NDArray[np.complex128]:
    """Give the response of air and ground between muzzle (or trajectory) and microphone, without 1/r and delay.

    Parameters
    ----------
    distance_m : float
        To the muzzle; to the trajectory for a shock wave.
    slant : float
        Cosine of a shock wave's Mach angle, by which its path to the ground is shorter in time.

    Source: image source over ground of one real reflection factor and a first-order low-pass; ISO 9613-1.
    """
    frequency = fft.rfftfreq(SHOT_SAMPLES, 1 / session.rate_hz)
    direct, ground = session.reflected(distance_m)
    delay = slant * (ground - direct) / sound_speed(session.temperature_c)
    corner = session.draw("ground_low_pass", session.place)
    factor = session.draw("ground", session.place) * direct / ground / (1 + 1j * frequency / corner)
    loss = air_absorption(frequency, temperature_c=session.temperature_c, humidity=session.draw("humidity"))
    air = 10 ** (-loss * session.distance_m / 20)
    return air * (1 + factor * np.exp(-2j * np.pi * frequency * delay))


@lru_cache(maxsize=16)
def echoes(session: Session, samples: int) -> NDArray[np.complex64]:
    """Give the spectrum of echoes and reverberation of the direct sound, to multiply with that of `samples` of sound.

    Source: discrete echoes and an exponential noise tail that loses its treble with time; levels assumed.
    """
    frequency = fft.rfftfreq(samples, 1 / session.rate_hz)
    bass = 1 / (1 + 1j * frequency / 1500)
    dull, bright = _tail(session)
    spectrum = fft.rfft(_discrete(session), samples) / (1 + 1j * frequency / 5000)
    spectrum += fft.rfft(dull, samples) * bass
    spectrum += fft.rfft(bright, samples) * (1 - bass) / (1 + 1j * frequency / 7000)
    return spectrum.astype(np.complex64)


def scattered(session: Session, rng: np.random.Generator) -> NDArray[np.float32]:
    """Give the response of what stands near and moves from clip to clip: an exponentially dying noise; assumed."""
    decay_s = session.draw("scatter_decay", "shot") / 1000
    t = np.arange(int(6 * decay_s * session.rate_hz)) / session.rate_hz
    envelope = np.exp(-t / decay_s) * (1 - np.exp(-t / 0.001))
    level = 10 ** (session.draw("scatter_level", "shot") / 20)
    noise = rng.standard_normal(len(t)) * envelope
    return (level * noise / np.sqrt((envelope**2).sum())).astype(np.float32)


def _discrete(session: Session) -> NDArray[np.float64]:
    """Echoes from walls, berms and trunks: short clusters of reflections, weaker the later they come."""
    rng = np.random.default_rng([session.seed, 1])
    rate, place = session.rate_hz, session.place
    response = np.zeros(int(TAIL_S * rate))
    first, last = np.log(limits("echo_delay", place))
    for _ in range(round(session.draw("echo_count", place))):
        delay = np.exp(rng.uniform(first, last)) / 1000
        level = session.draw("echo_level", place) + rng.normal(0, 3) - 6 * np.log2(1 + delay / 0.2)
        spread = rng.exponential(rng.uniform(0.0005, 0.006), 24)
        at = ((delay + spread) * rate).astype(int)
        cluster = rng.standard_normal(24)
        np.add.at(response, at, 10 ** (level / 20) * cluster / np.linalg.norm(cluster))
    return response


def _tail(session: Session) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Diffuse reverberation, below and above 1.5 kHz; the treble dies away twice as fast."""
    rng = np.random.default_rng([session.seed, 2])
    place = session.place
    t = np.arange(int(TAIL_S * session.rate_hz)) / session.rate_hz
    start = session.draw("tail_start", place) / 1000
    rise = np.clip(t / start, 0, 1) ** 2
    decay = 6.91 / session.draw("reverberation", place)
    # The direct sound falls with distance, what comes from all around hardly does.
    level = session.draw("tail_level", place) + min(10 * np.log10(session.distance_m / 15), 6)
    parts = []
    for rate in (decay, 2 * decay):
        envelope = rise * np.exp(-rate * t)
        noise = rng.standard_normal(len(t)) * envelope
        parts.append(10 ** (level / 20) * noise / np.sqrt((envelope**2).sum()))
    return parts[0], parts[1]
