"""Comparison scores of 85 public scans of breech-face impressions, whole and damaged; not the scans themselves.

Source of the scans: Fadul et al. 2011 (ten consecutively made slides) and Weller et al. 2012 (five slides), processed
scans of CSAFE-ISU/cartridgeCaseScans (CC BY 4.0), commit 57db259; `fireanalysis.loaders.fetch` gets them. Which slide
a lettered Fadul case is of is taken from that repository's script fadulComparisons.R. A test measures some of the
scores again.

Every pair of a set was compared once, each scan as it is. For the damage, the lettered (questioned) scans of Fadul and
the shots 6 to 9 of Weller were damaged by `fireanalysis.transforms.degrade`, seeded with `damage_seed`, and compared
with the undamaged numbered (known) scans of Fadul and the shots 1 to 3 of Weller. All scans went through
`comparison_map`, `compare_surfaces` and `congruent_cells` at their defaults but for the turns.
"""

import zlib
from importlib.resources import files

import numpy as np
import pandas as pd

from .search import pair_auc_interval

# Slide of each lettered case; 63 of the 780 pairs then are of one slide, the number the literature gives.
_FADUL_KEY = {"F": 1, "C": 2, "M": 2, "A": 3, "T": 3, "Z": 3, "B": 4, "H": 5, "N": 5, "I": 6, "O": 6}
_FADUL_KEY |= {"R": 7, "S": 7, "Y": 7, "P": 8, "Q": 8, "X": 8, "K": 9, "E": 10, "L": 10}


def real_scan_firearm(scan: str) -> str:
    """Name the slide that a scan of the Fadul or Weller set is of.

    Parameters
    ----------
    scan : str
        File name without its ending.

    Examples
    --------
    >>> [real_scan_firearm(scan) for scan in ("Fadul 3-1", "Fadul A", "TW03-09")]
    ['Fadul 3', 'Fadul 3', 'TW03']
    """
    name = scan.removeprefix("Fadul ")
    return f"Fadul {_FADUL_KEY.get(name, name.split('-')[0])}" if name != scan else scan.split("-")[0]


def damage_seed(scan: str) -> int:
    """Give the seed that a scan was damaged with: the CRC-32 of its name.

    Examples
    --------
    >>> damage_seed("Fadul A") == zlib.crc32(b"Fadul A")
    True
    """
    return zlib.crc32(scan.encode())


def real_comparisons() -> pd.DataFrame:
    """Look up how pairs of the public scans compare, undamaged and damaged.

    Returns
    -------
    DataFrame
        One row a pair and damage: ``set``, ``reference``, ``questioned`` (scans), ``reference_firearm``,
        ``questioned_firearm``, ``same`` (of one slide); ``keep``, ``noise_um``, ``angle_deg`` (what was done to the
        questioned scan, see `fireanalysis.transforms.degrade`), ``turns_deg`` (turns tried run from minus this to
        this); ``score`` (`compare_surfaces`), ``cells`` (`congruent_cells`), ``outline`` (score of the two outlines
        alone, 1 inside and 0 outside; undamaged only), ``also_damaged`` (whether the pair has rows of damage).

    Examples
    --------
    >>> pairs = real_comparisons().query("keep == 1 and noise_um == 0 and angle_deg == 0")
    >>> pairs.groupby("set")["same"].agg(["size", "sum"]).values.tolist()
    [[780, 63], [990, 180]]
    """
    with files("fireanalysis.metrics").joinpath("real_comparisons.csv").open(encoding="utf-8") as file:
        wide = pd.read_csv(file)
    pairs = wide[["reference", "questioned", "outline"]].copy()
    fadul = pairs["reference"].str.startswith("Fadul")
    pairs.insert(0, "set", np.where(fadul, "Fadul (real)", "Weller (real)"))
    pairs.insert(3, "reference_firearm", pairs["reference"].map(real_scan_firearm))
    pairs.insert(4, "questioned_firearm", pairs["questioned"].map(real_scan_firearm))
    pairs.insert(5, "same", pairs["reference_firearm"] == pairs["questioned_firearm"])
    settings = [name.removeprefix("score ") for name in wide.columns.astype(str) if name.startswith("score ")]
    pairs["also_damaged"] = wide[f"score {settings[-1]}"].notna()
    parts = []
    for setting in settings:  # "keep noise angle turns", the first undamaged
        numbers = dict(
            zip(("keep", "noise_um", "angle_deg", "turns_deg"), map(float, setting.split()), strict=True)
        )
        part = pairs.assign(score=wide[f"score {setting}"], cells=wide[f"cells {setting}"], **numbers)
        part["outline"] = part["outline"] if setting == settings[0] else np.nan
        parts.append(part[part["score"].notna()])
    columns = [*pairs.columns[:6], "keep", "noise_um", "angle_deg", "turns_deg"]
    table = pd.concat(parts, ignore_index=True)[[*columns, "score", "cells", "outline", "also_damaged"]]
    return table.astype({"cells": int})


def real_damage(*, seed: int) -> pd.DataFrame:
    """Sum up what damage does to the comparison of the public scans.

    Parameters
    ----------
    seed : int
        Of the intervals.

    Returns
    -------
    DataFrame
        One row a set, kind of score and damage: ``line`` ("Fadul (real), score", ...), ``kind`` ("part of the
        surface", "texture", "a quarter, and texture"; the undamaged belong to the first two), ``x`` (share left,
        or micrometres), ``value``, ``low`` and ``high`` (area under the ROC curve and its interval by firearm).

    Examples
    --------
    >>> table = real_damage(seed=0)
    >>> float(table.query("kind == 'texture' and x == 0")["value"].min())
    1.0
    """
    table = real_comparisons()
    table = table[table["also_damaged"] & (table["angle_deg"] == 0)]
    kinds = {
        "part of the surface": (table["noise_um"] == 0, "keep"),
        "texture": (table["keep"] == 1, "noise_um"),
        "a quarter, and texture": (table["keep"] == 0.25, "noise_um"),
    }
    rows = []
    for kind, (chosen, x) in kinds.items():
        for (name, amount), part in table[chosen].groupby(["set", x]):
            slides = part[["reference_firearm", "questioned_firearm"]].to_numpy()
            for what in ("score", "cells"):
                auc = pair_auc_interval(part[what], slides, seed=seed)
                row = {"line": f"{name}, {what}", "kind": kind, "x": amount}
                rows.append(row | {"value": auc.value, "low": auc.low, "high": auc.high})
    return pd.DataFrame(rows)
