"""Ranges and sources of every number of the gunshot simulator."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd

from .hashing import normal, uniform

PLACES = {"open field": 0.2, "outdoor range": 0.3, "woodland": 0.15, "street": 0.15, "indoor range": 0.2}
"""Places and their shares of the sessions. Assumed."""

RECORDERS = {"field recorder": 0.25, "camcorder": 0.3, "phone": 0.35, "voice recorder": 0.1}
"""Recorders and their shares of the sessions. Assumed."""

RATES_HZ = {
    "field recorder": {48_000: 0.6, 44_100: 0.4},
    "camcorder": {48_000: 0.5, 44_100: 0.4, 32_000: 0.1},
    "phone": {44_100: 0.7, 48_000: 0.3},
    "voice recorder": {32_000: 0.4, 22_050: 0.4, 16_000: 0.2},
}
"""Sample rates of each recorder and their shares. Assumed."""


def gunshot_parameter_table() -> pd.DataFrame:
    """List all parameters of the gunshot simulator with range and source, to show in a notebook.

    Returns
    -------
    DataFrame
        One row a parameter: name, level (fixed, model, session, shot, or the place or recorder it belongs to),
        low, high, scale (linear, log), unit, meaning, source (or the word "assumed").

    Examples
    --------
    >>> table = gunshot_parameter_table()
    >>> {"fixed", "model", "session", "shot"} <= set(table["level"])
    True
    """
    return _table().copy()


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    with files(__package__).joinpath("gunshot_parameters.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


@lru_cache(maxsize=1)
def _ranges() -> dict[tuple[str, str], tuple[float, float, bool]]:
    rows = _table()[["name", "level", "low", "high", "scale"]].itertuples(index=False)
    return {(name, level): (low, high, scale == "log") for name, level, low, high, scale in rows}


def limits(name: str, level: str = "fixed") -> tuple[float, float]:
    """Give the range of a parameter."""
    return _ranges()[name, level][:2]


def fixed(name: str) -> float:
    """Give the value of a parameter of level fixed."""
    return _ranges()[name, "fixed"][0]


def draw(name: str, level: str, seed: int, *, spread: float | None = None) -> float:
    """Draw a parameter from its range, the same one for the same seed.

    Parameters
    ----------
    spread : float, optional
        Normal about the middle, with `spread` eighths of the range as standard deviation, and cut at its ends;
        evenly from the range if left out.

    Examples
    --------
    >>> draw("angle", "session", 1, spread=0)  # of 20 to 170 degrees
    95.0
    """
    low, high, log = _ranges()[name, level]
    if spread is None:
        share = float(uniform(seed, name))
    else:
        share = float(np.clip(0.5 + spread * normal(seed, name) / 8, 0, 1))
    return float(low * (high / low) ** share) if log else low + (high - low) * share
