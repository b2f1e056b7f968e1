"""How often conformal sets hold the true class: by class, and over many ways of dealing the same samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .classification import Interval, bootstrap_mean
from .forensic_conformal import conformal_p_values, conformal_sets, group_codes, known_codes

DEALS = ("samples dealt", "groups dealt", "groups dealt, group-wise")


def coverage_table(
    sets: ArrayLike,
    truth: ArrayLike,
    *,
    classes: Sequence,
    groups: ArrayLike,
    seed: int,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Say how often sets hold the true class, and how large they are: of all samples, and class by class.

    Parameters
    ----------
    sets : bool (m, classes)
        From `conformal_sets`.
    truth : int (m,)
        Codes of known classes.
    classes : sequence
        What the codes stand for.
    groups : (m,)
        Firearm, session, ... of each sample; drawn as a whole for the intervals.
    seed, resamples
        See `bootstrap_interval`.

    Returns
    -------
    DataFrame
        Rows "all classes", then each class by its name. Columns: samples, groups (counts); coverage (share of sets
        that hold the true class), classes (mean size of a set), single, empty (shares of sets of one class, and of
        none), and each with " low" and " high", the ends of its 95 % interval: NaN where all samples are of one
        group. All NaN for a class without samples.

    Raises
    ------
    DataError
        For arrays that do not go together, no samples, or unknown classes.

    Examples
    --------
    >>> sets = [[True, False], [True, True], [False, True], [True, False]]
    >>> table = coverage_table(sets, [0, 0, 1, 1], classes="ab", groups=[1, 2, 3, 3], seed=0)
    >>> table[["samples", "groups", "coverage", "classes", "single"]]
                 samples  groups  coverage  classes  single
    all classes        4       3      0.75     1.25    0.75
    a                  2       2      1.00     1.50    0.50
    b                  2       1      0.50     1.00    1.00
    """
    where = "coverage_table"
    chosen = np.asarray(sets)
    if chosen.dtype != bool or chosen.ndim != 2 or chosen.shape[1] != len(classes):
        what = f"sets are {chosen.dtype} of shape {chosen.shape}, for {len(classes)} classes"
        raise DataError(what, where=where, do="pass the result of conformal_sets")
    codes = known_codes(truth, *chosen.shape, where=where)
    names = group_codes(groups, len(codes), where=where)
    held, size = chosen[np.arange(len(codes)), codes], chosen.sum(1)
    numbers = np.column_stack([held, size, size == 1, size == 0]).astype(float)
    rows = {}
    parts = {"all classes": np.ones(len(codes), bool)}
    parts |= {str(name): codes == code for code, name in enumerate(classes)}
    for name, of in parts.items():
        mean = _mean(numbers[of], names[of], seed=seed, resamples=resamples)
        rows[name] = [of.sum(), mean.groups, *np.ravel([mean.value, mean.low, mean.high], order="F")]
    kinds = ("coverage", "classes", "single", "empty")
    columns = ["samples", "groups", *(f"{kind}{end}" for kind in kinds for end in ("", " low", " high"))]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"samples": int, "groups": int})


def coverage_draws(
    probabilities: ArrayLike,
    truth: ArrayLike,
    *,
    groups: ArrayLike,
    coverage: float,
    seed: int,
    deals: int = 100,
) -> pd.DataFrame:
    """Deal the same samples to calibration and test again and again: how far can coverage lie from the promise.

    Parameters
    ----------
    probabilities, truth : float (n, classes), int (n,)
        Of samples that the classifier was not trained on.
    groups : (n,)
        Firearm, session, ... of each sample.
    coverage : float
        Promised, 0 to 1.
    seed : int
    deals : int
        How often; half of the samples, or of the groups, calibrate each time.

    Returns
    -------
    DataFrame
        One row a deal: share of the other half's samples whose set, of all samples together (``by="all"``), holds the
        true class. Columns: "samples dealt" (of one group some in either half: what the promise takes for granted
        where groups are not counted), "groups dealt" (whole groups, samples counted) and "groups dealt, group-wise"
        (whole groups, and each counts as one).

    Raises
    ------
    DataError
        As `conformal_p_values`; or for fewer than two groups.
    ParameterError
        If `coverage` or `deals` is out of range.

    Notes
    -----
    Only the probability of the true class decides whether it is in the set, so the others are left out.

    Examples
    --------
    >>> p, truth, firearm = [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]] * 5, [0, 0, 1, 1] * 5, range(20)
    >>> draws = coverage_draws(p, truth, groups=firearm, coverage=0.8, seed=0, deals=4)
    >>> draws.shape, bool((draws["groups dealt"] == draws["groups dealt, group-wise"]).all())
    ((4, 3), True)
    """
    where = "coverage_draws"
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 2:
        raise DataError(f"probabilities of shape {p.shape}", where=where, do="pass one row a sample")
    codes = known_codes(truth, *p.shape, where=where)
    group = group_codes(groups, len(codes), where=where)
    deals = whole(deals, name="deals", where=where, least=1, most=10**6)
    if group.max() == 0:
        do = "pass the firearm or session of each sample; there must be two at least"
        raise DataError("all samples are of one group; there is nothing to deal", where=where, do=do)
    of_truth, alone = p[np.arange(len(p)), codes, None], np.arange(len(p))
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(deals):
        by_sample, by_group = (rng.permutation(unit.max() + 1)[unit] % 2 == 0 for unit in (alone, group))
        # A sample that is a group of its own counts as without groups, only faster.
        ways = ((by_sample, alone), (by_group, alone), (by_group, group))
        row = []
        for half, unit in ways:
            all_alike = np.zeros(half.sum(), int)
            found = conformal_p_values(of_truth[half], all_alike, of_truth[~half], groups=unit[half])
            row.append(conformal_sets(found, coverage=coverage).mean())
        rows.append(row)
    return pd.DataFrame(rows, columns=list(DEALS))


def _mean(values: NDArray[np.float64], groups: NDArray, *, seed: int, resamples: int) -> Interval:
    """Mean with its interval; ends are NaN where one group or none leaves nothing to draw."""
    count = len(np.unique(groups))
    if count > 1:
        return bootstrap_mean(values, groups=groups, seed=seed, resamples=resamples)
    nothing = np.full(values.shape[1], np.nan)
    return Interval(values.mean(0) if count else nothing, nothing, nothing, nothing[None], count)
