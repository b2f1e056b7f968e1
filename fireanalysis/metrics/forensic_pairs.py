"""Whether a score of pairs (of two outlines, two backgrounds) tells what it should not: scans' owners shuffled."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .forensic_shortcuts import ShortcutTest, shortcut_test, ways_to_deal
from .search import pair_auc_interval


def permute_pairs(
    scores: ArrayLike,
    scans: ArrayLike,
    firearms: ArrayLike,
    *,
    seed: int,
    permutations: int = 999,
) -> ShortcutTest:
    """Test whether a score tells pairs of one firearm from pairs of two, by dealing firearms anew among the scans.

    Parameters
    ----------
    scores : float (pairs,)
        Larger is more alike.
    scans, firearms : (pairs, 2)
        Names of reference and questioned scan, and of their firearms.
    seed : int
    permutations : int

    Returns
    -------
    ShortcutTest
        Its score is the area under the ROC curve with the interval by firearm (`pair_auc_interval`).

    Raises
    ------
    DataError
        For NaN, lengths that differ, a scan of two firearms, or if one kind of pairs is missing.
    ParameterError
        If `permutations` is no whole number of at least 1.

    Notes
    -----
    All pairs of a scan move together. Equal scores everywhere give 0.5 and p = 1. Source: Mantel 1967 (Cancer
    Research 27), for tables of distances.

    Examples
    --------
    >>> scans = [("a1", "a2"), ("a1", "b1"), ("a1", "b2"), ("a2", "b1"), ("a2", "b2"), ("b1", "b2")]
    >>> firearms = [tuple(name[0] for name in pair) for pair in scans]
    >>> found = permute_pairs([0.9, 0.2, 0.3, 0.1, 0.2, 0.8], scans, firearms, seed=0)
    >>> found.score.value, round(found.least_p, 2)  # so few scans show nothing
    (1.0, 0.17)
    """
    where = "permute_pairs"
    permutations = whole(permutations, name="permutations", where=where, least=1, most=10**7)
    values, both, owners = np.asarray(scores, float), np.asarray(scans), np.asarray(firearms)
    if values.ndim != 1 or both.shape != (values.size, 2) or np.isnan(values).any():
        what = f"{values.size} scores ({np.isnan(values).sum()} NaN), scans {both.shape}"
        raise DataError(what, where=where, do="pass a score and two scans a pair")
    score = pair_auc_interval(values, owners, seed=seed)
    names, place = np.unique(both, return_inverse=True)
    place = place.reshape(both.shape)
    known = pd.Series(owners.ravel()).groupby(place.ravel())
    if known.nunique().max() > 1:
        what = f"scan {str(names[known.nunique().argmax()])!r} is of several firearms"
        raise DataError(what, where=where, do="give each scan one firearm")
    owner = pd.factorize(known.first())[0]
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(owner, (permutations, 1)), axis=1)
    same = dealt[:, place[:, 0]] == dealt[:, place[:, 1]]
    ones = same.sum(1)
    # A draw without one kind of pairs (only where not all pairs were compared) says nothing: chance.
    area = (same @ rankdata(values) - ones * (ones + 1) / 2) / np.maximum(ones * (values.size - ones), 1)
    null = np.where((ones > 0) & (ones < values.size), area, 0.5)
    return shortcut_test(score, null, ways=ways_to_deal(owner, np.zeros_like(owner)))
