"""What likelihood ratios from real comparison scores cost, weapons held out: numbers that were kept.

Source of the scores: Netherlands Forensic Institute, lr_module_scratch (Apache-2.0), fired cartridge cases of 191 to
199 pistols; they are no part of this package. ``docs/results/evidence_scores.py`` measures them and writes, beside
these numbers, ``docs/results/evidence_scores.json``.
"""

from importlib.resources import files

import pandas as pd


def real_likelihood_ratios() -> pd.DataFrame:
    """Look up what likelihood ratios from real scores cost, by mark, score, method, bounds and split.

    Returns
    -------
    DataFrame
        One row each: mark; score ("cells": share of congruent cells, "cells of n": both counts, "accf", "ccf", "cells
        and accf"); method (see `fit_likelihood_ratio`; "chosen in training": what cost least in each split when its
        training weapons were cross-validated); bounds ("invariance", "elub", "none"); split (two as published and the
        third that follows from them; "all weapons": the validation pairs of the three, each weapon validated once);
        same, different (pairs judged); every number of `likelihood_ratio_summary` with its ends ("Cllr", "Cllr low",
        "Cllr high", ...; 95 %, weapons resampled); lowest and highest log10 LR given.

    Examples
    --------
    >>> table = real_likelihood_ratios().query("method == 'kde' and bounds == 'invariance' and split == 'all weapons'")
    >>> costs = table.set_index(["mark", "score"])["Cllr"]
    >>> float(costs["breech face", "cells"]), float(costs["aperture shear", "ccf"])
    (0.2821, 0.0366)
    """
    with files("fireanalysis.metrics").joinpath("real_likelihood_ratios.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
