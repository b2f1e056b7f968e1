"""The numbers of the cartridge case simulator: ranges, how far they vary, where they are from.

They are listed in ``cartridge_parameters.csv``, one a row. A *class* parameter is drawn for a brand from its
range; each sub-model, firearm and shot then moves it by a normal step whose standard deviation is given as a
share of the range. Parameters of the levels *ammunition*, *firearm* and *shot* are drawn from their range for
each of these. *fixed* ones are the same for all.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def parameter_table() -> pd.DataFrame:
    """List all parameters with range, spread and source, to show in a notebook.

    Returns
    -------
    DataFrame
        One row a parameter: name, level (class, ammunition, firearm, shot, fixed), low, high, scale (linear,
        log, circle), unit, sub_model, firearm, shot (standard deviations as shares of the range at
        ``difficulty=1``), meaning, source.

    Examples
    --------
    >>> table = parameter_table()
    >>> sorted(table["level"].unique())
    ['ammunition', 'class', 'firearm', 'fixed', 'shot']
    """
    return _table().copy()


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    with files(__package__).joinpath("cartridge_parameters.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


@lru_cache(maxsize=32)
def fixed(name: str) -> float:
    """Value of a parameter of level fixed."""
    return float(_table().set_index("name")["low"][name])


def primer_field_mm() -> float:
    """Edge of the primer crop: 736 native pixels, 4.4528 mm."""
    return 736 * fixed("native_pixel")


def head_field_mm() -> float:
    """Edge of the case head picture: 2048 native pixels, 12.39 mm; holds the rims of all calibers."""
    return 2048 * fixed("native_pixel")


@dataclass(frozen=True)
class Level:
    """Parameters of one level as arrays; logarithms where the scale is logarithmic.

    Attributes
    ----------
    names : tuple of str
    codes : int64 (parameters,)
        Number of each name, to hash.
    low, high : float64 (parameters,)
    log, circle : bool (parameters,)
        Scale.
    steps : float64 (3, parameters)
        Standard deviations of sub-model, firearm and shot as shares of the range.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    log: NDArray[np.bool_]
    circle: NDArray[np.bool_]
    steps: NDArray[np.float64]

    def named(self, values: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Columns of values (n, parameters) by name, in the parameters' units."""
        return {
            name: np.exp(values[:, number]) if self.log[number] else values[:, number]
            for number, name in enumerate(self.names)
        }

    def scaled(self, ends: tuple[float, float], number: int) -> tuple[float, float]:
        """Put the ends of a range on the scale of one of the parameters."""
        return (float(np.log(ends[0])), float(np.log(ends[1]))) if self.log[number] else ends


@lru_cache(maxsize=8)
def level(name: str) -> Level:
    """Look up the parameters of a level."""
    rows = _table()[_table()["level"] == name]
    log = (rows["scale"] == "log").to_numpy()
    ends = rows[["low", "high"]].to_numpy(float)
    ends[log] = np.log(ends[log])
    return Level(
        names=tuple(rows["name"]),
        codes=np.array([zlib.crc32(name.encode()) for name in rows["name"]]),
        low=ends[:, 0],
        high=ends[:, 1],
        log=log,
        circle=(rows["scale"] == "circle").to_numpy(),
        steps=rows[["sub_model", "firearm", "shot"]].to_numpy(float).T,
    )


class Caliber(NamedTuple):
    """Sizes of a cartridge's head, and how hard it is pressed into the breech face relative to 9x19."""

    primer_mm: float
    rim_mm: float
    pressure: float


CALIBERS = {
    "9x19": Caliber(4.45, 9.96, 1.0),
    "7.65x17": Caliber(4.45, 9.10, 0.8),
    "7.62x39": Caliber(5.33, 11.35, 1.2),
}
"""Rims: C.I.P. tables of 9 mm Luger, 7.65 Browning and 7.62 x 39. Primers: small pistol 0.175 in, large rifle
0.210 in; the latter is wider than the crop, which cuts it. Pressures: assumed."""

_ROUND = {"pin_elongation": (1.0, 1.05), "pin_squareness": (0.0, 0.0), "pin_chisel": (0.0, 0.0)}
_PLAIN = {"cross_rms": (0.02, 0.2), "grain_rms": (0.25, 0.7)}

PIN_SHAPES: dict[str, dict[str, tuple[float, float]]] = {
    "hemispherical": {**_ROUND, "pin_flatness": (2.0, 2.6)},
    "flattened": {**_ROUND, "pin_squareness": (0.0, 0.15), "pin_flatness": (3.5, 8.0)},
    "elliptical": {
        "pin_elongation": (1.3, 1.7),
        "pin_squareness": (0.0, 0.2),
        "pin_flatness": (2.0, 4.0),
        "pin_chisel": (0.0, 0.1),
    },
    "rectangular": {
        "pin_elongation": (1.25, 1.8),
        "pin_squareness": (0.6, 1.0),
        "pin_flatness": (2.5, 6.0),
        "pin_chisel": (0.0, 0.2),
        "aperture_squareness": (0.7, 1.0),
        "aperture_elongation": (1.1, 1.4),
    },
    "chisel": {
        "pin_elongation": (1.1, 1.5),
        "pin_squareness": (0.1, 0.6),
        "pin_flatness": (2.0, 4.0),
        "pin_chisel": (0.5, 0.9),
    },
}
"""Ranges that replace those of the table for each shape of firing pin. Assumed."""

BREECH_FACES: dict[str, dict[str, tuple[float, float]]] = {
    "milled": {**_PLAIN, "mark_rms": (1.0, 2.4), "mark_radius": (50, 80)},
    "arched": {**_PLAIN, "mark_rms": (1.0, 2.4), "mark_radius": (2.5, 8)},
    "turned": {**_PLAIN, "mark_rms": (1.0, 2.4), "mark_radius": (0.05, 0.2)},
    "crossed": {**_PLAIN, "mark_rms": (0.8, 1.6), "mark_radius": (40, 80), "cross_rms": (0.7, 1.6)},
    "granular": {**_PLAIN, "mark_rms": (0.5, 0.7), "mark_radius": (10, 80), "grain_rms": (1.4, 2.4)},
    "polished": {**_PLAIN, "mark_rms": (0.5, 0.8), "mark_radius": (5, 80), "grain_rms": (0.25, 0.45)},
    "filed": {
        "mark_rms": (1.4, 3.0),
        "mark_radius": (8, 80),
        "mark_octaves": (0.7, 1.1),
        "mark_wave": (0.02, 0.05),
        "cross_rms": (0.5, 2.0),
        "grain_rms": (0.4, 0.9),
    },
}
"""Ranges that replace those of the table for each finish of the breech face. Amplitudes are calibrated on the
Fadul and Weller scans, which show "granular" faces; the rest is assumed."""
