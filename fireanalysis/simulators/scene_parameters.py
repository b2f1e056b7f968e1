"""Ranges and sources of the numbers that make up simulated scenes, composites and pictures of the web."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .hashing import uniform


def scene_parameter_table() -> pd.DataFrame:
    """List the parameters of simulated scenes, composites and pictures of the web with range and source.

    Returns
    -------
    DataFrame
        One row a parameter: name, level (scene, the kind of scene, composite, or the style it belongs to; web and its
        settings, search, labelers), low, high, scale (linear, log), power (of the even number in 0 to 1 that is drawn;
        above 1: low values are commoner), unit, meaning, source (or the word "assumed"). What stands where in a scene
        is not listed.

    Examples
    --------
    >>> table = scene_parameter_table()
    >>> {"scene", "room", "street", "aisle", "composite", "photographed", "web", "search"} <= set(table["level"])
    True
    """
    return _table().copy()


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    with files(__package__).joinpath("scene_parameters.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


@lru_cache(maxsize=1)
def _ranges() -> dict[tuple[str, str], tuple[float, float, bool, float]]:
    rows = _table()[["name", "level", "low", "high", "scale", "power"]].itertuples(index=False)
    return {
        (name, level): (low, high, scale == "log", power) for name, level, low, high, scale, power in rows
    }


def fixed(name: str, level: str) -> float:
    """Give the value of a parameter whose range is one number."""
    return float(_ranges()[name, level][0])


def drawn(name: str, level: str, seed: ArrayLike) -> NDArray[np.float64]:
    """Draw a parameter from its range, the same one for the same seed.

    Examples
    --------
    >>> drawn("temperature_k", "scene", [1, 2]).round().tolist()
    [4665.0, 8120.0]
    """
    low, high, log, power = _ranges()[name, level]
    share = uniform(seed, name) ** power
    return np.asarray(low * (high / low) ** share if log else low + (high - low) * share)
