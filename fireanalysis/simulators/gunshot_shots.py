"""When shots fall: single ones, bursts at the cyclic rate, and the sounds of the action that go with them."""

import numpy as np
from numpy.typing import NDArray

from .gunshot_models import Firearm
from .gunshot_parameters import fixed, limits

EARLIEST_S = -0.6  # a piece cut out of a recording begins in the echoes of what was before


def draw_shots(
    gun: Firearm, rng: np.random.Generator, *, rate_rpm: float, duration_s: float, jitter: float
) -> NDArray[np.float64]:
    """Draw when the shots of a piece of recording are fired.

    Parameters
    ----------
    rate_rpm : float
        Cyclic rate of this firearm; not used where it fires single shots only.
    jitter : float
        Standard deviation of an interval of a burst, as a share.

    Returns
    -------
    float64 (shots,)
        Seconds, ascending; at least one within the piece, some possibly before it.
    """
    bursts = f"automatic_share_{gun.category.replace(' ', '_')}"
    if gun.rates_rpm and rng.random() < fixed(bursts):
        return _burst(rng, 60 / rate_rpm, duration_s, jitter)
    return _single(gun, rng, duration_s)


def draw_strings(
    gun: Firearm,
    rng: np.random.Generator,
    *,
    rate_rpm: float,
    duration_s: float,
    jitter: float,
    pause_s: float,
) -> NDArray[np.float64]:
    """Draw the shots of a long recording: strings of shots with silences of `pause_s` on average between them."""
    strings: list[NDArray[np.float64]] = []
    end = 0.0
    while end < duration_s:
        shots = draw_shots(gun, rng, rate_rpm=rate_rpm, duration_s=2.0, jitter=jitter)
        string = shots - shots[0] + end + pause_s * rng.uniform(0.5, 1.5)
        strings.append(string)
        end = string[-1]
    times = np.concatenate(strings)
    return times[times < duration_s]


def _burst(rng: np.random.Generator, period: float, duration_s: float, jitter: float) -> NDArray[np.float64]:
    start = rng.uniform(EARLIEST_S, 0.6 * duration_s)
    burst = "rounds_short" if rng.random() < fixed("short_bursts") else "rounds_long"
    fewest, most = limits(burst, "fixed")
    rounds = int(rng.integers(int(fewest), int(most) + 1))
    least = int(np.ceil(max(-start, 0) / period)) + 2  # so that some of it is within
    intervals = period * (1 + jitter * rng.standard_normal(max(rounds, least)))
    intervals[0] *= 1.05  # the first is a little longer
    times = start + np.concatenate([[0.0], np.cumsum(intervals[:-1])])
    return times[times < duration_s]


def _single(gun: Firearm, rng: np.random.Generator, duration_s: float) -> NDArray[np.float64]:
    """One shot, or a few at the pace the action allows."""
    pace = _pace(gun)
    shots = int(rng.choice([1, 2, 3, 4], p=[0.5, 0.25, 0.15, 0.1]))
    gaps = rng.uniform(*pace) * (1 + 0.15 * rng.standard_normal(shots))
    if "double-barrel" in gun.action:  # two shots to a pump
        gaps[::2] *= 0.5
    times = rng.uniform(0, duration_s - 0.15) + np.concatenate(
        [[0.0], np.cumsum(np.maximum(gaps[:-1], 0.12))]
    )
    return times[times < duration_s]


def _pace(gun: Firearm) -> tuple[float, float]:
    if gun.cycle_s:
        return limits("pace", "shot")
    return limits("pace_by_hand", "shot")


def action_events(
    gun: Firearm, shots: NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[NDArray[np.float64], int]]:
    """Say when the action is heard: times and which of its two sounds.

    Source: bolt at a quarter and three quarters of the cycle, pump 0.25 to 0.6 s after the shot, hammer or striker
    5 to 15 ms before it; estimates.
    """
    trigger = shots - rng.uniform(0.005, 0.015, len(shots))
    if gun.cycle_s:
        return [(shots + 0.25 * gun.cycle_s, 0), (shots + 0.75 * gun.cycle_s, 1), (trigger, 1)]
    if "pump" in gun.action:
        pumped = shots[1::2] if "double-barrel" in gun.action else shots
        back = pumped + rng.uniform(0.25, 0.6, len(pumped))
        return [(back, 0), (back + rng.uniform(0.1, 0.2, len(pumped)), 1), (trigger, 1)]
    return [(trigger, 0)]
