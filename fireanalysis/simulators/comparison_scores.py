"""Simulated tables of comparison scores: which pairs of fired cartridge cases were compared, and what came out."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from fireanalysis.errors import ParameterError

MARKS = ("breech face", "firing pin", "aperture shear")


class _Level(NamedTuple):
    """Mean, and what firearms and single pairs add to it (standard deviations)."""

    mean: float
    firearm: float
    pair: float


class _Scores(NamedTuple):
    """How a score comes out for pairs of one firearm and of two."""

    same: _Level
    different: _Level


# All numbers are assumed; they are of the order of the tables of the Netherlands Forensic Institute (Apache-2.0).
# Cells: log odds that a cell is congruent. Correlations: atanh of the coefficient.
_CELLS = {
    "breech face": _Scores(_Level(-0.4, 1.1, 0.8), _Level(-4.05, 0.2, 0.2)),
    "firing pin": _Scores(_Level(0.9, 0.8, 0.6), _Level(-3.8, 0.2, 0.2)),
}
_CORRELATIONS = {
    "breech face": _Scores(_Level(0.38, 0.11, 0.14), _Level(0.14, 0.02, 0.05)),
    "firing pin": _Scores(_Level(1.05, 0.27, 0.25), _Level(0.27, 0.03, 0.05)),
    "aperture shear": _Scores(_Level(1.56, 0.3, 0.3), _Level(0.36, 0.04, 0.13)),
}
_SIZE = {
    "breech face": (33.0, 5.0),
    "firing pin": (36.0, 4.5),
}  # cells of a mark: mean and standard deviation


def sample_comparison_scores(
    mark: str = "breech face", *, firearms: int = 150, others: int = 12, seed: int = 0
) -> pd.DataFrame:
    """Draw scores of pairs of cartridge cases: each firearm once with itself, and with some others.

    A firearm that marks clearly does so in all its pairs: they are no independent witnesses.

    Parameters
    ----------
    mark : {"breech face", "firing pin", "aperture shear"}
    firearms : int
    others : int
        So many other firearms each one is compared with; fewer than half of all.
    seed : int

    Returns
    -------
    DataFrame
        One row a pair, those of one firearm first: reference, questioned (firearms), same (bool); for impressions
        cmc (congruent cells), n (of so many) and accf (area correlation, percent); for aperture shear ccf (cross
        correlation, −1 to 1).

    Raises
    ------
    ParameterError
        For an unknown mark, or numbers of firearms that cannot be.

    Notes
    -----
    Source: assumed. Both scores of a pair rise with how clearly its firearms mark; what is left of either varies by
    itself. All firearms are of one make: no pair is alike because of its class.

    Examples
    --------
    >>> table = sample_comparison_scores(firearms=40, others=5)
    >>> table["same"].value_counts().to_dict()
    {False: 200, True: 40}
    >>> list(sample_comparison_scores("aperture shear", firearms=5, others=1))
    ['reference', 'questioned', 'same', 'ccf']
    """
    where = "sample_comparison_scores"
    if mark not in MARKS:
        raise ParameterError(f"mark is {mark!r}", where=where, do=f"pass one of {', '.join(MARKS)}")
    if not 0 < 2 * others < firearms:
        what = f"{others} others of {firearms} firearms"
        raise ParameterError(what, where=where, do="pass at least 1, and fewer than half of the firearms")
    rng = np.random.default_rng([seed, MARKS.index(mark)])
    first = np.r_[np.arange(firearms), np.repeat(np.arange(firearms), others)]
    step = np.r_[np.zeros(firearms, int), np.tile(np.arange(1, others + 1), firearms)]
    second = (first + step) % firearms
    names = np.array([f"firearm {number:03d}" for number in range(firearms)])
    table = {"reference": names[first], "questioned": names[second], "same": step == 0}
    clear = rng.normal(size=firearms)
    if mark in _CELLS:
        mean, spread = _SIZE[mark]
        size = np.clip(np.rint(rng.normal(mean, spread, firearms)), 16, 60).astype(int)[first]
        table["cmc"] = rng.binomial(size, expit(_drawn(_CELLS[mark], clear, first, second, rng)))
        table["n"] = size
    correlation = np.tanh(_drawn(_CORRELATIONS[mark], clear, first, second, rng))
    column = ("accf", 100 * correlation) if mark in _CELLS else ("ccf", correlation)
    return pd.DataFrame(table | {column[0]: column[1].round(4)})


def _drawn(
    scores: _Scores, clear: NDArray, first: NDArray, second: NDArray, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a score for each pair: the mean of its kind, what both firearms add, what the pair adds."""
    of_both = (clear[first] + clear[second]) / np.where(first == second, 2, np.sqrt(2))
    kind = np.where(first == second, 0, 1)
    mean, firearm, pair = np.array(scores)[kind].T
    return mean + firearm * of_both + pair * rng.normal(size=len(first))
