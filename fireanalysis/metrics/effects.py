"""What each setting of a sweep does to a score, all others alike."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from fireanalysis.errors import DataError


def main_effects(
    table: pd.DataFrame, factors: Sequence[str], *, score: str, confidence: float = 0.95
) -> pd.DataFrame:
    """Estimate the mean score at each level of each factor, as if every combination had been run.

    An additive model is fitted by least squares: overall mean plus one effect a level. What it leaves over, chance
    between seeds and interactions alike, gives the intervals.

    Parameters
    ----------
    table : DataFrame
        One row a run: a column for each factor, and the score. Not every combination has to be there, but levels of
        one factor must not come with levels of another alone.
    factors : sequence of str
    score : str
    confidence : float
        Of the intervals, 0 to 1; each is for its level alone.

    Returns
    -------
    DataFrame
        One row a level of a factor, as they come in the table, or in the order of its categories: factor, level, runs,
        mean, low, high (Student's t); p, of the factor: chance of effects as large if it had none (F test). The
        attribute ``attrs["residual"]`` is the standard deviation of what is left over.

    Raises
    ------
    DataError
        If a column is missing, a factor has a single level, or there are too few runs, or too entangled ones, to tell
        the effects apart.

    Examples
    --------
    >>> table = pd.DataFrame({"kernel": [3, 3, 5, 5], "norm": [0, 1, 0, 1], "iou": [0.1, 0.3, 0.2, 0.5]})
    >>> main_effects(table, ["kernel", "norm"], score="iou")[["factor", "level", "mean"]].round(3)
       factor level  mean
    0  kernel     3  0.20
    1  kernel     5  0.35
    2    norm     0  0.15
    3    norm     1  0.40
    """
    missing = [name for name in (*factors, score) if name not in table]
    if missing or not factors:
        what = f"the table has no {', '.join(missing)}" if missing else "there is no factor"
        raise DataError(what, where="main_effects", do="pass one row a run, with its settings and score")
    levels = {name: _levels(table[name]) for name in factors}
    # Deviations that add up to 0 over a factor's levels, so that the constant is the mean of all combinations.
    columns = {name: _deviations(table[name], levels[name]) for name in factors}
    design = np.column_stack([np.ones(len(table)), *columns.values()])
    runs, unknown = design.shape
    single = [name for name in factors if len(levels[name]) < 2]
    if single or runs <= unknown or np.linalg.matrix_rank(design) < unknown:
        what = f"{', '.join(single)} has one level" if single else f"{runs} runs for {unknown} unknowns"
        do = "leave out factors of one level; run more combinations, levels evenly mixed (running.balanced_part)"
        raise DataError(what, where="main_effects", do=do)
    y, free = table[score].to_numpy(float), runs - unknown
    inverse = np.linalg.inv(design.T @ design)
    fitted = inverse @ design.T @ y
    variance = float(((y - design @ fitted) ** 2).sum() / free)
    t = stats.t.ppf((1 + confidence) / 2, free)
    rows, first = [], 1
    for name, own in columns.items():
        place = slice(first, first + own.shape[1])
        first = place.stop
        effect = fitted[place]
        f = effect @ np.linalg.solve(inverse[place, place], effect) / len(effect) / max(variance, 1e-300)
        p = float(stats.f.sf(f, len(effect), free))
        for level in levels[name]:
            at = np.zeros(unknown)
            at[0], at[place] = 1, _deviations(pd.Series([level]), levels[name])[0]
            mean, half = float(at @ fitted), float(t * np.sqrt(variance * (at @ inverse @ at)))
            rows.append((name, level, int((table[name] == level).sum()), mean, mean - half, mean + half, p))
    found = pd.DataFrame(rows, columns=["factor", "level", "runs", "mean", "low", "high", "p"])
    found["level"] = pd.Series([row[1] for row in rows], dtype=object)  # numbers and words together
    found.attrs["residual"] = float(np.sqrt(variance))
    return found


def _levels(values: pd.Series) -> list:
    there = list(dict.fromkeys(values))
    if isinstance(values.dtype, pd.CategoricalDtype):
        there = [level for level in values.dtype.categories if level in there]
    return there


def _deviations(values: pd.Series, levels: list) -> np.ndarray:
    """Code a factor by one column for each level but the last: 1 there, -1 at the last level, else 0."""
    last = (values == levels[-1]).to_numpy(float)
    coded = [(values == level).to_numpy(float) - last for level in levels[:-1]]
    return np.array(coded).reshape(-1, len(values)).T
