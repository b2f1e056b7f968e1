"""How well a temperature is known, what sharing groups hides, and what one number for all classes cannot mend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .calibration import COLDEST, HOTTEST, fit_temperature, sample_losses
from .classification import Interval, bootstrap_mean
from .forensic_calibration import binned_gaps

TEMPERATURES = np.geomspace(COLDEST, HOTTEST, 181)
_EVEN = 1e-9  # nat; losses that differ by less do not depend on the temperature


def temperature_losses(
    logits: ArrayLike, truth: ArrayLike, *, temperatures: ArrayLike = TEMPERATURES
) -> NDArray[np.float64]:
    """Loss of every sample at every temperature; the mean over samples is a curve with one valley.

    Parameters
    ----------
    logits : float (n, classes)
        Finite; of samples that the classifier was not trained on.
    truth : int (n,)
        Of classes that the classifier knows.
    temperatures : float (t,)
        Above 0.

    Returns
    -------
    float64 (n, t)
        Cross-entropy, nat.

    Raises
    ------
    DataError
        If logits are not finite or not (n, classes), the truth does not go with them, or there is no sample.

    Examples
    --------
    >>> temperature_losses([[2.0, 0.0]], [0], temperatures=[1.0, 2.0]).round(3).tolist()
    [[0.127, 0.313]]
    """
    values = np.asarray(logits, np.float64)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        what = f"logits of shape {values.shape}, {np.sum(~np.isfinite(values))} of them not finite"
        do = "pass (samples, classes), one sample at least; of probabilities np.log(p.clip(1e-12))"
        raise DataError(what, where="temperature_losses", do=do)
    return np.stack([sample_losses(values / t, truth) for t in np.asarray(temperatures, float)], axis=1)


def temperature_interval(
    logits: ArrayLike, truth: ArrayLike, *, groups: ArrayLike, seed: int, resamples: int = 1000
) -> Interval:
    """Fit a temperature, and say how far another choice of firearms, sessions or scenes would have moved it.

    Parameters
    ----------
    logits, truth
        See `temperature_losses`.
    groups : (n,)
        Firearm, session, scene, ... of each sample; two at least. Whole groups are resampled.
    seed, resamples
        See `bootstrap_interval`.

    Returns
    -------
    Interval
        0.05 to 20: 0.05 where all answers are right (no temperature is too cold then), 20 where the logits are worse
        than saying nothing, 1 where they are all equal and no temperature changes anything.

    Raises
    ------
    DataError
        As `temperature_losses`, or with fewer than two groups.

    Examples
    --------
    >>> logits, truth = [[2.0, 0.0]] * 8, [0, 0, 0, 1, 0, 0, 0, 0]
    >>> found = temperature_interval(logits, truth, groups=[1, 1, 2, 2, 3, 3, 4, 4], seed=0)
    >>> round(found.value, 3), found.low  # 7 of 8: 2 / ln 7; in some resamples all are right
    (1.028, 0.05)
    """
    losses = bootstrap_mean(temperature_losses(logits, truth), groups=groups, seed=seed, resamples=resamples)
    draws = _valleys(losses.draws)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(fit_temperature(logits, truth), float(low), float(high), draws, losses.groups)


def temperature_by_groups(
    logits: ArrayLike,
    truth: ArrayLike,
    *,
    groups: ArrayLike,
    counts: Sequence[int],
    seed: int,
    draws: int = 300,
) -> pd.DataFrame:
    """Follow the temperature as the calibration part grows: so many groups drawn anew, fitted, again and again.

    Parameters
    ----------
    logits, truth, groups
        See `temperature_interval`.
    counts : sequence of int
        Numbers of groups to draw, with replacement; may be more than there are.
    seed : int
    draws : int
        For each number.

    Returns
    -------
    DataFrame
        One row a draw: "groups" and "temperature".

    Raises
    ------
    DataError
        As `temperature_losses`, or with fewer than two groups.
    ParameterError
        If a count is below 1.

    Examples
    --------
    >>> logits, truth = [[2.0, 0.0]] * 8, [0, 0, 0, 1, 0, 0, 0, 0]
    >>> table = temperature_by_groups(logits, truth, groups=[1, 1, 2, 2, 3, 3, 4, 4], counts=[2, 40], seed=0)
    >>> bool(table[table["groups"] == 40]["temperature"].std() < table[table["groups"] == 2]["temperature"].std())
    True
    """
    losses = temperature_losses(logits, truth)
    codes = _groups(groups, len(losses), where="temperature_by_groups")
    sums = np.zeros((codes.max() + 1, losses.shape[1] + 1))
    np.add.at(sums, codes, np.column_stack([losses, np.ones(len(losses))]))
    rng, rows = np.random.default_rng(seed), []
    for asked in counts:
        count = whole(asked, name="counts", where="temperature_by_groups", least=1, most=10**6)
        drawn = np.stack([sums[rng.integers(len(sums), size=count)].sum(0) for _ in range(draws)])
        found = _valleys(drawn[:, :-1] / drawn[:, -1:])
        rows.append(pd.DataFrame({"groups": count, "temperature": found}))
    return pd.concat(rows, ignore_index=True)


def calibration_splits(
    logits: ArrayLike, truth: ArrayLike, *, groups: ArrayLike, seed: int, repeats: int = 200
) -> pd.DataFrame:
    """Fit a temperature on one half and judge it on the other, the halves dealt by sample and by group.

    Dealt by sample, each half holds the other's firearms, sessions or scenes, and the judgement is of samples much
    like those that were fitted. Dealt by group it is of new ones, as in casework.

    Parameters
    ----------
    logits, truth, groups
        See `temperature_interval`.
    seed : int
    repeats : int
        Halves are dealt so often.

    Returns
    -------
    DataFrame
        Two rows a repeat: "split" ("by sample", "by group"), "temperature", and of the judged half
        "confidence − accuracy" (scaled), "ECE" (scaled, ten bins) and "gain": log loss (nat) as trained − scaled.

    Raises
    ------
    DataError
        As `temperature_losses`, or with fewer than two groups.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> logits, truth = rng.normal(size=(40, 3)), rng.integers(3, size=40)
    >>> calibration_splits(logits, truth, groups=np.arange(40) // 10, seed=0, repeats=5)["split"].tolist()[:6]
    ['by sample', 'by sample', 'by sample', 'by sample', 'by sample', 'by group']
    """
    values, codes = np.asarray(logits, np.float64), np.asarray(truth)
    losses = temperature_losses(values, codes)
    names = _groups(groups, len(losses), where="calibration_splits")
    trained, hits = sample_losses(values, codes), np.eye(values.shape[1])[codes]
    how = {"n_splits": repeats, "train_size": 0.5, "random_state": seed}
    splits = {"by sample": ShuffleSplit(**how), "by group": GroupShuffleSplit(**how)}
    rows = []
    for name, splitter in splits.items():
        for fitted, judged in splitter.split(values, groups=names if name == "by group" else None):
            temperature = float(_valleys(losses[fitted].mean(0)[None])[0])
            p = softmax(values[judged] / temperature, axis=1)
            gaps = binned_gaps(p, hits[judged], bins=10, where="calibration_splits")[2].mean(0)
            then = sample_losses(values[judged] / temperature, codes[judged]).mean()
            gain = trained[judged].mean() - then
            rows.append([name, temperature, gaps.sum(), np.abs(gaps).sum(), gain])
    return pd.DataFrame(rows, columns=["split", "temperature", "confidence − accuracy", "ECE", "gain"])


def fit_offsets(
    logits: ArrayLike, truth: ArrayLike, *, spread: float = 1.0
) -> tuple[float, NDArray[np.float64]]:
    """Find a temperature, and for each class a number to add, so that no class is claimed too often or too seldom.

    Use: ``logits / temperature + offsets``. A temperature alone cannot do it; but there is a number to learn for
    each class, and answers change.

    Parameters
    ----------
    logits, truth
        See `temperature_losses`.
    spread : float
        Standard deviation that offsets are expected to have; a class with few samples is held near 0.

    Returns
    -------
    float, float64 (classes,)
        The temperature, 0.05 to 20, and the offsets.

    Raises
    ------
    DataError
        As `temperature_losses`.

    Notes
    -----
    Source: Alexandari, Kundaje and Shrikumar 2020 (arXiv:1901.06852), bias-corrected temperature scaling, for two
    classes Platt scaling; the pull towards 0 is ours. Where the loss is least, samples × `class_bias` is
    −offset ∕ spread².

    Examples
    --------
    >>> temperature, offsets = fit_offsets([[0.0, 0.0]] * 300, [0] * 200 + [1] * 100)
    >>> float(round(offsets[0] - offsets[1], 1))  # ln 2: the first is twice as frequent
    0.7
    """
    values, codes = np.asarray(logits, np.float64), np.asarray(truth)
    temperature_losses(values, codes, temperatures=[1.0])  # raises, if they do not go together
    n, k = values.shape
    hits = np.eye(k)[codes]

    def loss_and_slope(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scale, offsets = np.exp(x[0]), x[1:]
        log_p = log_softmax(scale * values + offsets, axis=1)
        over = np.exp(log_p) - hits
        loss = -(log_p * hits).sum() / n + (offsets**2).sum() / (2 * n * spread**2)
        slope = over.mean(0) + offsets / (n * spread**2)
        return float(loss), np.r_[scale * (over * values).sum() / n, slope]

    limits = [(-np.log(HOTTEST), -np.log(COLDEST)), *[(None, None)] * k]
    options = {"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500}
    found = minimize(
        loss_and_slope, np.zeros(k + 1), jac=True, method="L-BFGS-B", bounds=limits, options=options
    )
    return float(np.exp(-found.x[0])), found.x[1:]


def _groups(groups: ArrayLike, samples: int, *, where: str) -> NDArray[np.int64]:
    codes, names = pd.factorize(np.asarray(groups))
    if codes.shape != (samples,) or len(names) < 2 or codes.min() < 0:
        what = f"{len(names)} groups of {np.sum(codes >= 0)} samples, for {samples} samples"
        raise DataError(what, where=where, do="pass a group a sample, two different ones at least")
    return codes.astype(np.int64)


def _valleys(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Temperature of the least mean loss in each row (rows, TEMPERATURES), between the grid's points by a parabola."""
    logs = np.log(TEMPERATURES)
    best = losses.argmin(1)
    middle = best.clip(1, len(logs) - 2)
    left, here, right = (losses[np.arange(len(losses)), middle + step] for step in (-1, 0, 1))
    curved = left - 2 * here + right
    shift = np.divide(left - right, 2 * curved, out=np.zeros(len(losses)), where=curved > 0).clip(-1, 1)
    found = np.exp(logs[middle] + shift * (logs[1] - logs[0]))
    found = np.where(best == middle, found, TEMPERATURES[best])
    return np.where(np.ptp(losses, axis=1) < _EVEN, 1.0, found)
