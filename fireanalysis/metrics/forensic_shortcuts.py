"""Shortcuts: whether plain features name the batch (study, scanner, session) that a sample came from, and by chance.

A batch that can be named is a shortcut: wherever batches and classes go together, a classifier can learn the batch in
place of the class, and a test on the same batches will not show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import whole

from .classification import Interval, bootstrap_scores
from .nearest_mean import held_out, mean_recall, nearest_mean

PERMUTED = ("groups", "within groups", "samples")
_FIXED: dict[str, Any] = {"where": "predict_batch", "least": 1, "most": 10**7}


@dataclass(frozen=True, eq=False)
class ShortcutTest:
    """How well something is told that should not be, and how well it would be by chance.

    Attributes
    ----------
    score : Interval
        Share named rightly, the mean over batches (`predict_batch`), or area under the ROC curve (`permute_pairs`);
        groups resampled. Of zero width where all is told.
    null : float64 (permutations,)
        The same number with batches (or firearms) shuffled.
    p : float
        Share of the shuffles, the true order counted as one, that do as well; never below `least_p`.
    least_p : float
        What p could be at best with so many groups and shuffles: above 0.05, no result can be shown.
    """

    score: Interval
    null: NDArray[np.float64]
    p: float
    least_p: float

    @property
    def chance(self) -> float:
        """Mean of the shuffles."""
        return float(self.null.mean())


def predict_batch(
    features: ArrayLike,
    batch: ArrayLike,
    groups: ArrayLike,
    *,
    seed: int,
    within: ArrayLike | None = None,
    permute: str = "groups",
    permutations: int = 999,
    folds: int = 20,
    axes: int = 10,
    resamples: int = 1000,
) -> ShortcutTest:
    """Test whether features name the batch of samples whose group was held out.

    A sample is given the batch with the nearest mean, in principal axes of the other groups' features scaled to equal
    spread: for two batches a linear discriminant. Nothing but the means depends on the batches, so a thousand shuffles
    take a second. What only a curved border would tell is missed.

    Parameters
    ----------
    features : float (n, features) or (n,)
    batch : (n,)
        Study, scanner, session, year, ...; any names.
    groups : (n,)
        What stands or falls together (firearm, session, source picture): held out, shuffled and resampled as a whole.
    seed : int
    within : (n,), optional
        Shuffle batches only among samples (groups) of equal value here, for example of one class: then what the class
        tells of the batch is in the shuffles, too.
    permute : {"groups", "within groups", "samples"}
        Whole groups change batch, each group being of one batch. Or the samples of a group do, where groups have
        samples of several batches (scanned twice, a case and its copy). Or single samples: a lie wherever samples of
        a group resemble each other, for comparison only.
    permutations, resamples : int
        Of the p-value, and of the interval.
    folds : int
        Parts in turn held out; each group is one if there are no more.
    axes : int
        Most principal axes used; never more than half as many as groups, less one.

    Returns
    -------
    ShortcutTest

    Raises
    ------
    DataError
        For fewer than two batches; a batch with a single group (there is no other group of it to learn from: batch and
        group cannot be told apart); a group in several batches where whole groups are to be shuffled; nothing to
        shuffle, since each value of `within` has one batch; NaN, no features, or lengths that differ.
    ParameterError
        For another way to permute, or a number out of range.

    Notes
    -----
    Features that are constant name the first batch everywhere: the score is 1 / batches and p is 1. Source: Ojala and
    Garriga 2010 (JMLR 11) for the test; whole groups as in Winkler et al. 2015 (NeuroImage 123).

    Examples
    --------
    >>> rough = [1.0, 1.1, 1.2, 1.0, 1.2, 1.1, 1.0, 1.2, 2.0, 2.1, 2.2, 2.1, 2.0, 2.2, 2.1, 2.2]
    >>> slide, study = np.repeat(range(8), 2), np.repeat(["A", "B"], 8)
    >>> found = predict_batch(rough, study, slide, seed=0)
    >>> found.score.value, round(found.p, 2)
    (1.0, 0.03)
    """
    table, codes, of_group, stratum = _checked(features, batch, groups, within, permute)
    permutations, folds, axes = (
        whole(number, name=name, **_FIXED)
        for name, number in (("permutations", permutations), ("folds", folds), ("axes", axes))
    )
    rng = np.random.default_rng(seed)
    count = of_group.max() + 1
    fold = np.arange(count) if count <= folds else rng.permutation(count) % folds
    shuffled, ways = _shuffled(codes, of_group, stratum, permute, permutations, rng)
    parts = held_out(table, fold[of_group], axes=max(1, min(axes, (count - 2) // 2)))
    said = nearest_mean(parts, codes[None])[0]
    null = mean_recall(parts, shuffled)
    names = range(codes.max() + 1)
    score = bootstrap_scores(codes, said, classes=names, groups=groups, seed=seed, resamples=resamples)
    return shortcut_test(score["macro recall"], null, ways=ways)


def shortcut_test(score: Interval, null: NDArray[np.float64], *, ways: float) -> ShortcutTest:
    """Put a score beside what shuffling gave, of so many different ways to shuffle."""
    # A score that differs in the last digits only is the same.
    as_good = int((null >= score.value - 1e-9).sum())
    size = len(null) + 1
    least = max(1 / ways, 1 / size)
    return ShortcutTest(score, null, max((as_good + 1) / size, least), least)


def false_alarms(
    features: ArrayLike, groups: ArrayLike, *, seed: int, sets: int = 100, permutations: int = 199
) -> pd.DataFrame:
    """Deal groups into two batches that mean nothing, again and again, and test each: for the share of false alarms.

    Parameters
    ----------
    features : float (n, features)
    groups : (n,)
        Four or more.
    seed, permutations
        As `predict_batch`.
    sets : int
        How often the groups are dealt, half and half.

    Returns
    -------
    DataFrame (sets rows)
        p-values by what is shuffled: "groups", "samples". Of a sound test one in twenty is at most 0.05.

    Raises
    ------
    DataError
        As `predict_batch`, and for fewer than four groups.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> firearm = np.repeat(range(12), 6)
    >>> alike = rng.normal(size=12)[firearm] + 0.1 * rng.normal(size=72)  # samples of a firearm are
    >>> (false_alarms(alike, firearm, seed=0, sets=40, permutations=99) <= 0.05).mean().round(2).to_dict()
    {'groups': 0.02, 'samples': 0.2}
    """
    names, of_group = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 4:
        what = f"{len(names)} groups; four are the fewest that make two batches of two"
        raise DataError(what, where="false_alarms", do="add groups")
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(sets):
        sham = (rng.permutation(len(names)) % 2)[of_group]
        how = {"seed": int(rng.integers(2**31)), "permutations": permutations, "resamples": 1}
        tests = {kind: predict_batch(features, sham, groups, permute=kind, **how) for kind in PERMUTED[::2]}
        rows.append({kind: test.p for kind, test in tests.items()})
    return pd.DataFrame(rows)


def _checked(
    features: ArrayLike, batch: ArrayLike, groups: ArrayLike, within: ArrayLike | None, permute: str
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Features as a table, and codes of batch, group and stratum."""
    where = "predict_batch"
    if permute not in PERMUTED:
        raise ParameterError(
            f"permute is {permute!r}", where=where, do=f"pass one of {', '.join(map(repr, PERMUTED))}"
        )
    table = np.asarray(features, float)
    table = table[:, None] if table.ndim == 1 else table
    columns = [np.asarray(one) for one in (batch, groups, groups if within is None else within)]
    if table.ndim != 2 or not table.size or any(one.shape != (len(table),) for one in columns):
        shapes = f"features of shape {table.shape}, {columns[0].size} batches, {columns[1].size} groups"
        raise DataError(shapes, where=where, do="pass one row, one batch and one group a sample")
    if not np.isfinite(table).all() or any(pd.isna(one).any() for one in columns):
        what = f"{(~np.isfinite(table)).sum()} features are not finite, or a batch or group is missing"
        raise DataError(what, where=where, do="leave out such samples (or features), and say so")
    codes, of_group, stratum = (pd.factorize(one, sort=True)[0] for one in columns)
    stratum = stratum if within is not None else np.zeros_like(stratum)
    _check_design(codes, of_group, stratum, columns[0], columns[1], permute)
    return table, codes, of_group, stratum


def _check_design(
    codes: NDArray, of_group: NDArray, stratum: NDArray, batch: NDArray, groups: NDArray, permute: str
) -> None:
    where = "predict_batch"
    if codes.max() < 1:
        what = f"all samples are of one batch, {str(batch[0])!r}"
        raise DataError(what, where=where, do="pass samples of two or more")
    by_batch = (_counts(of_group, codes) > 0).sum(0)
    if by_batch.min() < 2:
        single = str(batch[codes == by_batch.argmin()][0])
        what = f"batch {single!r} has one group: batch and group cannot be told apart"
        raise DataError(what, where=where, do="add groups to it, leave it out, or pass finer groups")
    kinds = np.maximum(*((_counts(of_group, one) > 0).sum(1) for one in (codes, stratum)))
    if permute == "groups" and kinds.max() > 1:
        mixed = str(groups[of_group == kinds.argmax()][0])
        what = f"group {mixed!r} has samples of several batches (or values of within)"
        raise DataError(what, where=where, do='pass permute="within groups", or finer groups')


def _shuffled(
    codes: NDArray[np.intp],
    of_group: NDArray[np.intp],
    stratum: NDArray[np.intp],
    permute: str,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], float]:
    """Batches of each sample, shuffled (permutations, n); and how many ways there are to shuffle."""
    if permute == "groups":  # of each group its first sample stands for it
        first, back = np.unique(of_group, return_index=True)[1], of_group
    else:
        first, back = np.arange(len(codes)), np.arange(len(codes))
    unit = codes[first]
    block = stratum[first]
    if permute == "within groups":
        block = np.unique(np.stack([block, of_group]), axis=1, return_inverse=True)[1].ravel()
    ways = ways_to_deal(unit, block)
    if ways < 1.5:
        what = "there is nothing to shuffle: each class (value of within, or group) is of one batch"
        raise DataError(
            what, where="predict_batch", do="add samples of a class from several batches: what differs cannot be told"
        )  # fmt: skip
    places = np.argsort(block, kind="stable")
    order = np.argsort(block + rng.random((permutations, len(unit))), axis=1)
    shuffled = np.empty_like(order)
    shuffled[:, places] = unit[order]
    return shuffled[:, back], ways


def ways_to_deal(unit: NDArray[np.intp], block: NDArray[np.intp]) -> float:
    """Count the different ways to deal the batches among the units of each block."""
    counts = _counts(block, unit)
    logarithm = gammaln(counts.sum(1) + 1).sum() - gammaln(counts + 1).sum()
    return float(np.exp(min(logarithm, 700.0)))


def _counts(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Count how often two codes come together."""
    wide = columns.max() + 1
    return np.bincount(rows * wide + columns, minlength=(rows.max() + 1) * wide).reshape(-1, wide)
