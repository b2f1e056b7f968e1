"""Ranges and sources of every number of the firearm picture simulator."""

from functools import lru_cache
from importlib.resources import files

import pandas as pd

from .hashing import uniform

FORMS = {
    "pistol": {"striker": 0.35, "hammer": 0.3, "open slide": 0.15, "pocket": 0.2},
    "revolver": {"double action": 0.58, "single action": 0.16, "break top": 0.14, "percussion": 0.12},
    "rifle": {"carbine": 0.35, "curved magazine": 0.2, "bolt": 0.3, "lever": 0.15},
    "shotgun": {"pump": 0.45, "double barrel": 0.3, "self loading": 0.25},
    "submachine gun": {"box": 0.35, "tube": 0.3, "roller": 0.35},
}
"""Types of firearm, their forms and the forms' shares of the models. Assumed."""

TYPE_SHARES = {"pistol": 0.3, "revolver": 0.25, "rifle": 0.22, "shotgun": 0.11, "submachine gun": 0.12}
"""Shares of the types among the models. Assumed."""


def firearm_parameter_table() -> pd.DataFrame:
    """List all parameters of the firearm simulator with range and source, to show in a notebook.

    Returns
    -------
    DataFrame
        One row a parameter: name, level (model, firearm, view, or the form of firearm it belongs to), low, high,
        unit, meaning, source (or the word "assumed").

    Examples
    --------
    >>> table = firearm_parameter_table()
    >>> {"model", "firearm", "view", "double action", "carbine"} <= set(table["level"])
    True
    """
    return _table().copy()


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    with files(__package__).joinpath("firearm_parameters.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


@lru_cache(maxsize=64)
def ranges(level: str) -> dict[str, tuple[float, float]]:
    """Give the ranges of a level's parameters by name."""
    table = _table()
    rows = table[table["level"] == level]
    return {
        str(name): (float(low), float(high))
        for name, low, high in zip(rows["name"], rows["low"], rows["high"], strict=True)
    }


def draw(level: str, name: str, seed: int) -> float:
    """Draw a parameter evenly from its range, the same one for the same seed.

    Examples
    --------
    >>> 2.5 <= draw("view", "distance", 1) <= 8
    True
    """
    low, high = ranges(level)[name]
    return low + (high - low) * float(uniform(seed, name))
