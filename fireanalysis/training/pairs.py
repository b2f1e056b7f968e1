"""Pairs of pictures for learning a distance, and margins from how far apart they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch.utils.data import Sampler

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

PER_CLASS = 4  # pictures of a class in a batch, for losses that find their own pairs


def sample_pairs(
    labels: ArrayLike, *, per_class: int = 180, seed: int | tuple[int, ...]
) -> NDArray[np.int64]:
    """Draw as many pairs of one class as of two for each class.

    Parameters
    ----------
    labels : array (n,)
        Class of each picture; at least two classes.
    per_class : int
        Pairs of either kind for each class; a class with one picture has none of the first kind.
    seed : int or ints

    Returns
    -------
    int64 (pairs, 3)
        Rows of both pictures, and 1 for one class, 0 for two.

    Raises
    ------
    DataError
        If there is only one class, or no class with two pictures.

    Notes
    -----
    Source: §V-A: 180 of either kind a class, "randomly". Two pictures of a pair always differ; a pair may come twice.

    Examples
    --------
    >>> pairs = sample_pairs(["a", "a", "b", "b"], per_class=3, seed=0)
    >>> pairs.shape, int(pairs[:, 2].sum())
    ((12, 3), 6)
    """
    whole(per_class, name="per_class", where="sample_pairs", least=1, most=10**9)
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    counts = np.bincount(codes)
    if len(counts) < 2 or counts.max() < 2:
        what = f"{len(counts)} classes with {counts.max(initial=0)} pictures at most"
        raise DataError(what, where="sample_pairs", do="pass at least two classes, one with two pictures")
    rng = np.random.default_rng(seed)
    order, starts = np.argsort(codes, kind="stable"), np.cumsum(counts) - counts
    able = np.flatnonzero(counts > 1)
    same = np.repeat(able, per_class)
    first = rng.integers(counts[same])
    second = (first + 1 + rng.integers(counts[same] - 1)) % counts[same]  # any but the first
    own = np.repeat(np.arange(len(counts)), per_class)
    one = starts[own] + rng.integers(counts[own])
    other = (starts[own] + counts[own] + rng.integers(len(codes) - counts[own])) % len(
        codes
    )  # any but its class
    kinds = [
        np.stack([order[starts[same] + first], order[starts[same] + second], np.ones_like(same)], 1),
        np.stack([order[one], order[other], np.zeros_like(own)], 1),
    ]
    return np.concatenate(kinds).astype(np.int64)


def propose_margins(positive: ArrayLike, negative: ArrayLike) -> tuple[float, float]:
    """Give margins to begin with: the mean distance of pairs of one class, and of two.

    Raises
    ------
    DataError
        Without distances of either kind.

    Notes
    -----
    Source: §IV-B, "Margin Selection", and §V-D. The paper's means were 0.9 and 1.2, its best margins 0.8 and 1.2.

    Examples
    --------
    >>> propose_margins([0.8, 1.0], [1.1, 1.3])
    (0.9, 1.2)
    """
    kinds = np.asarray(positive, float), np.asarray(negative, float)
    if not all(kind.size and np.isfinite(kind).all() for kind in kinds):
        what = f"{kinds[0].size} and {kinds[1].size} distances, or some not finite"
        raise DataError(what, where="propose_margins", do="pass distances of both kinds of pairs")
    return round(float(kinds[0].mean()), 3), round(float(kinds[1].mean()), 3)


class PairOrder(Sampler):
    """Pairs, a step at a time; drawn anew every few epochs, shuffled in each."""

    def __init__(self, labels: ArrayLike, *, per_class: int, redraw: int, batch: int, seed: int) -> None:
        self._labels, self._per_class, self._redraw, self._seed = labels, per_class, redraw, seed
        self._steps = max(1, round(len(sample_pairs(labels, per_class=per_class, seed=seed)) / batch))
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Tell which epoch comes; its pairs depend on nothing else."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        drawn = self._epoch // self._redraw
        pairs = sample_pairs(self._labels, per_class=self._per_class, seed=(self._seed, drawn))
        np.random.default_rng([self._seed, 1, self._epoch]).shuffle(pairs)
        yield from np.array_split(pairs, self._steps)


class ClassOrder(Sampler):
    """Rows of as many classes as fit in a batch, four pictures of each."""

    def __init__(self, labels: ArrayLike, *, batch: int, steps: int, seed: int) -> None:
        names, codes = np.unique(np.asarray(labels), return_inverse=True)
        self._rows = [np.flatnonzero(codes == code) for code in range(len(names))]
        self._classes, self._steps = max(2, batch // PER_CLASS), steps
        self._seed, self._epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Tell which epoch comes; its batches depend on nothing else."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        rng = np.random.default_rng([self._seed, 2, self._epoch])
        count = min(self._classes, len(self._rows))
        for _ in range(self._steps):
            chosen = rng.choice(len(self._rows), count, replace=False)
            yield np.concatenate([rng.permutation(self._rows[code])[:PER_CLASS] for code in chosen])
