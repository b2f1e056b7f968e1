"""Retrieval methods held against each other over several seeds: an interval for that, and numbers that were kept.

``docs/results/retrieval_methods.py`` trains and tests them, on simulated firearm pictures and on character drawings
(Omniglot, MIT; no part of this package), and writes the numbers with settings and versions to
``docs/results/retrieval_methods.json``.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError

from .classification import Interval


def bootstrap_seeds(
    values: ArrayLike, *, classes: ArrayLike, seed: int, resamples: int = 1000, confidence: float = 0.95
) -> Interval:
    """Give the mean of something measured on every query with every training seed, and its interval.

    Classes and seeds are both drawn anew, independently: the interval holds the chance of which classes were there
    to be tested and of how the training went.

    Parameters
    ----------
    values : (seeds, queries)
        One number a seed and query, or the difference of two methods with the same seed and query.
    classes : (queries,)
        Class of each query.

    Raises
    ------
    DataError
        If values and classes do not go together, or a value is missing.

    Notes
    -----
    Source: ours; the crossed ("pigeonhole") bootstrap of Owen 2007. Three seeds drawn from three show two thirds of
    the seeds' variance.

    Examples
    --------
    >>> found = bootstrap_seeds([[0.2, 0.4], [0.3, 0.5]], classes=["pistol 03", "rifle 01"], seed=0)
    >>> f"{found:.2f}"
    '0.35 (0.20 to 0.50)'
    """
    table, (codes, names) = np.asarray(values, float), pd.factorize(np.asarray(classes))
    if table.ndim != 2 or table.shape[1:] != codes.shape or not table.size or not np.isfinite(table).all():
        what = f"values have shape {table.shape}, classes {codes.shape}, {np.isnan(table).sum()} are missing"
        raise DataError(
            what, where="bootstrap_seeds", do="pass one number a seed and query; leave out other queries"
        )
    member = codes[:, None] == np.arange(len(names))
    sums, counts = table @ member, member.sum(0)
    rng = np.random.default_rng(seed)
    seeds, drawn = (
        rng.multinomial(n, np.full(n, 1 / n), size=resamples) for n in (len(table), len(names))
    )  # how often each is drawn
    draws = ((seeds @ sums) * drawn).sum(1) / (len(table) * (drawn @ counts))
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(table.mean()), float(low), float(high), draws, len(names))


def retrieval_runs() -> pd.DataFrame:
    """Look up what each method reached, and what it gained over another one, three seeds each.

    Returns
    -------
    DataFrame
        One row a data set, method, and what it is held against (empty: nothing): data, source ("simulated", "real"),
        method, against, seeds, map, low, high (mAP, trapezoid, or the gain in it, percent; 95 % interval of
        `bootstrap_seeds`), lowest and highest (single seeds), map_step, rank_1, rank_2, rank_4, rank_8 (percent),
        d_512 … d_64 (mAP after a reduction learned on the training part; empty where the network has fewer
        dimensions), network, weights.

    Examples
    --------
    >>> runs = retrieval_runs()
    >>> scores = runs[runs["against"] == ""].set_index(["data", "method"])["map"]
    >>> bool(scores["drawings", "TripletNet"] > scores["drawings", "cls + retr-d"] + 5)
    True
    """
    with files("fireanalysis.metrics").joinpath("retrieval_runs.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file).fillna({"against": ""})
