"""Nearest class mean in scaled principal axes, for many labellings of the same samples at once.

What scikit-learn's ``PCA(whiten=True)`` and ``NearestCentroid`` give, but the axes are found once for all labellings.
"""

import numpy as np
from numpy.typing import NDArray

_CELLS = 2**22
"""So many numbers are made at a time: 32 MB."""
_FLAT = 1e-9  # of the mean, or of the longest axis: what is shorter does not vary

Parts = list[tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]]


def held_out(table: NDArray[np.float64], folds: NDArray[np.intp], *, axes: int) -> Parts:
    """Hold out each fold: which samples those are, the others' features in scaled principal axes, theirs in the same.

    Parameters
    ----------
    table : float (n, features)
    folds : int (n,)
    axes : int
        Most axes; constant features and axes without spread are left out.
    """
    parts = []
    for fold in np.unique(folds):
        held = folds == fold
        rest = table[~held]
        middle, spread = rest.mean(0), rest.std(0)
        varies = spread > _FLAT * np.maximum(np.abs(middle), 1e-300)
        rest, own = ((rows[:, varies] - middle[varies]) / spread[varies] for rows in (rest, table[held]))
        _, length, directions = np.linalg.svd(rest, full_matrices=False)
        kept = length[:axes] > _FLAT * length[:1].max(initial=0) if length.size else np.zeros(0, bool)
        scaled = directions[: len(kept)][kept].T / length[: len(kept)][kept] * np.sqrt(len(rest))
        parts.append((held, rest @ scaled, own @ scaled))
    return parts


def nearest_mean(parts: Parts, codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Name the class with the nearest mean, for each labelling (labellings, n) of the samples.

    The first class where all are equally near; never one of which nothing was left to learn from.
    """
    classes = np.arange(codes.max() + 1)
    said = np.empty_like(codes)
    for held, rest, own in parts:
        of_class = (codes[:, None, ~held] == classes[:, None]).astype(float)
        counts = of_class.sum(2)
        means = of_class @ rest / np.maximum(counts, 1)[..., None]
        distance = (means**2).sum(2)[..., None] - 2 * means @ own.T
        distance[counts == 0] = np.inf  # a class of which nothing is left to learn from
        said[:, held] = distance.argmin(1)
    return said


def mean_recall(parts: Parts, codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give the mean recall over classes of `nearest_mean` for each labelling (labellings, n)."""
    classes = np.arange(codes.max() + 1)
    means = []
    for some in np.array_split(codes, -(-codes.size * len(classes) // _CELLS)):
        is_class = some[:, None] == classes[:, None]
        hits = (is_class & (nearest_mean(parts, some)[:, None] == classes[:, None])).sum(2)
        means.append((hits / is_class.sum(2)).mean(1))
    return np.concatenate(means)
