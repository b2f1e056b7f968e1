"""From a piece of evidence and its reference scores to an LR: its interval, its errors, and made-up cases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

from .classification import Interval
from .forensic import fit_likelihood_ratio
from .forensic_case import combine_likelihood_ratios

Bounds = str | tuple[float, float] | None


def case_likelihood_ratio(
    score: float,
    reference: pd.DataFrame,
    *,
    method: str = "logistic",
    bounds: Bounds = "invariance",
    seed: int,
    resamples: int = 200,
) -> Interval:
    """Give the LR of one score of a case, with an interval by source of the reference scores.

    Parameters
    ----------
    score : float
        What was measured in the case.
    reference : DataFrame
        ``score``, ``same`` (bool), ``source``, ``source_2``: of known truth, none of the case's own.
    method, bounds
        As in `fit_likelihood_ratio`.
    seed, resamples
        Sources are drawn with replacement so often, and everything is fitted again; a pair of two counts as often as
        both, multiplied. Draws that cannot be fitted are left out.

    Returns
    -------
    Interval
        Of log10 LR. It says what other reference scores would have made of this score; that the score itself might have
        come out otherwise is what the LR is about.

    Raises
    ------
    DataError
        For an empty reference, one of one kind, or a score that is not finite.
    ParameterError
        As `fit_likelihood_ratio`.

    Examples
    --------
    >>> table = pd.DataFrame({"score": [1, 2, 3, 6, 5, 7, 8, 9], "same": [False] * 4 + [True] * 4})
    >>> table["source"] = table["source_2"] = list("abcdefgh")
    >>> found = case_likelihood_ratio(9.0, table, seed=0, resamples=20)
    >>> found.value > 0, found.groups
    (True, 8)
    """
    if reference.empty:
        do = "pass reference scores of known truth"
        raise DataError("the table of reference scores is empty", where="case_likelihood_ratio", do=do)

    def fitted(table: pd.DataFrame) -> float:
        scores, same = table["score"].to_numpy(float), table["same"].to_numpy(bool)
        return float(fit_likelihood_ratio(scores, same, method=method, bounds=bounds).log10([score])[0])

    value = fitted(reference)
    rng = np.random.default_rng(seed)
    draws = np.full(resamples, np.nan)
    for k in range(resamples):
        drawn = draw_sources(reference, rng)
        if drawn["same"].sum() > 1 and (~drawn["same"]).sum() > 1:
            draws[k] = fitted(drawn)
    low, high = np.nanquantile(draws, [0.025, 0.975]) if np.isfinite(draws).any() else (np.nan, np.nan)
    groups = len(np.unique(reference[["source", "source_2"]].astype(str)))
    return Interval(value, float(low), float(high), draws, groups)


def cross_validated_lr(
    reference: pd.DataFrame,
    *,
    method: str = "logistic",
    bounds: Bounds = "invariance",
    folds: int = 5,
    seed: int,
) -> pd.DataFrame:
    """Give each reference score an LR by a system that was fitted without its sources.

    Parameters
    ----------
    reference, method, bounds, seed
        As in `case_likelihood_ratio`.
    folds : int
        Sources are dealt to so many parts, those of both kinds of scores first; fewer if there are fewer.

    Returns
    -------
    DataFrame
        The reference with ``log10_lr``.

    Raises
    ------
    ParameterError
        For fewer than two folds.
    DataError
        If a fit lacks scores: there are too few sources to leave some out.
    """
    if folds < 2:
        raise ParameterError(f"folds is {folds}", where="cross_validated_lr", do="pass at least 2")
    both = reference[["source", "source_2"]].astype(str)
    drawn = np.random.default_rng(seed).permutation(np.unique(both))
    true = set(both["source"][reference["same"].to_numpy(bool)])
    names = sorted(
        drawn.tolist(), key=lambda name: name not in true
    )  # a stable sort: the chance within stays
    of = {name: k % folds for k, name in enumerate(names)}
    first, second = (both[column].map(of).to_numpy() for column in both)
    found = np.empty(len(reference))
    for pair in {(min(two), max(two)) for two in zip(first, second, strict=True)}:
        without = ~np.isin(first, pair) & ~np.isin(second, pair)
        here = (np.minimum(first, second) == pair[0]) & (np.maximum(first, second) == pair[1])
        known = reference[without]
        system = fit_likelihood_ratio(
            known["score"].to_numpy(float), known["same"].to_numpy(bool), method=method, bounds=bounds
        )
        found[here] = system.log10(reference["score"].to_numpy(float)[here])
    return reference.assign(log10_lr=found)


def draw_sources(reference: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw sources with replacement; scores come as often as their source, or both their sources multiplied."""
    names, codes = np.unique(reference[["source", "source_2"]].astype(str), return_inverse=True)
    first, second = codes.reshape(-1, 2).T
    often = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
    times = np.where(first == second, often[first], often[first] * often[second])
    return reference.loc[reference.index.repeat(times)]


def draw_cases(
    references: Mapping[str, pd.DataFrame],
    evidence: pd.DataFrame,
    *,
    share: float,
    cases: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Make up cases from reference scores, half of them with the seized firearm as the one that fired.

    In the other half another firearm did, of the seized one's class by a chance of `share`. Class evidence follows the
    class, all pieces of it together: that is what they share. Marks follow the firearm.

    Parameters
    ----------
    references : mapping of str to DataFrame
        By name: ``log10_lr`` and ``same`` (`cross_validated_lr`).
    evidence : DataFrame
        By name: ``level``; rows of level "activity" are left out.
    share, cases, rng

    Returns
    -------
    DataFrame
        A row a case: ``seized`` and ``of the class`` (bool), and a column of log10 LR a piece of evidence.

    Examples
    --------
    >>> known = pd.DataFrame({"log10_lr": [1.0, -1.0], "same": [True, False]})
    >>> evidence = pd.DataFrame({"level": ["source"]}, index=["marks"])
    >>> made = draw_cases({"marks": known}, evidence, share=0.2, cases=4, rng=np.random.default_rng(0))
    >>> made[["seized", "marks"]].values.tolist()
    [[True, 1.0], [True, 1.0], [False, -1.0], [False, -1.0]]
    """
    seized = np.arange(cases) < cases // 2
    of_class = seized | (rng.random(cases) < share)
    columns: dict[str, NDArray] = {"seized": seized, "of the class": of_class}
    for name, level in evidence.loc[evidence["level"] != "activity", "level"].items():
        table, true = references[str(name)], seized if level == "source" else of_class
        values, same = table["log10_lr"].to_numpy(float), table["same"].to_numpy(bool)
        drawn = [rng.choice(values[same == kind], size=cases) for kind in (False, True)]
        columns[str(name)] = np.where(true, drawn[1], drawn[0])
    return pd.DataFrame(columns)


def misleading_evidence(
    references: Mapping[str, pd.DataFrame],
    evidence: pd.DataFrame,
    *,
    share: float,
    assumed_share: float | None = None,
    rule: str = "weakest",
    correlation: float = 0.0,
    from_lr: float = 1.0,
    cases: int = 2000,
    seed: int,
    resamples: int = 100,
) -> tuple[Interval, Interval]:
    """Measure how often combined evidence misleads, over made-up cases.

    Parameters
    ----------
    references, evidence, share
        As in `draw_cases`; references with sources, which the intervals draw anew.
    assumed_share : float, optional
        What the combination takes for the share; what it is, by default. 0 takes class evidence for evidence of the
        very firearm.
    rule, correlation
        As in `combine_likelihood_ratios`.
    from_lr : float
        Count as misleading only what reaches this LR in the wrong direction.
    cases : int
        Of each draw.
    seed, resamples

    Returns
    -------
    seized, other : Interval
        Share of the cases of the seized firearm with an LR of at most 1 / `from_lr` (below 1 where that is 1), and of
        those of another firearm with at least `from_lr` (above 1), with intervals by source.

    Raises
    ------
    ParameterError, DataError
        As `combine_likelihood_ratios`.
    """
    rng = np.random.default_rng(seed)
    names = evidence.index[evidence["level"] != "activity"]
    taken = {str(name): references[str(name)] for name in names}
    limit = max(np.log10(from_lr), 1e-9)

    def rates(tables: Mapping[str, pd.DataFrame]) -> tuple[float, float]:
        made = draw_cases(tables, evidence, share=share, cases=cases, rng=rng)
        values = {str(name): column.to_numpy() for name, column in made.items()}
        found = combine_likelihood_ratios(
            values,
            evidence,
            share=share if assumed_share is None else assumed_share,
            rule=rule,
            correlation=correlation,
        )
        seized = made["seized"].to_numpy(bool)
        return float((found[seized] <= -limit).mean()), float((found[~seized] >= limit).mean())

    value, draws = rates(taken), []
    for _ in range(resamples):
        tables = {name: draw_sources(table, rng) for name, table in taken.items()}
        if all(table["same"].nunique() == 2 for table in tables.values()):
            draws.append(rates(tables))
    found = np.array(draws).reshape(-1, 2)
    low, high = np.quantile(found, [0.025, 0.975], axis=0) if draws else np.full((2, 2), np.nan)
    groups = min(len(np.unique(table[["source", "source_2"]].astype(str))) for table in taken.values())
    seized, other = (Interval(value[k], float(low[k]), float(high[k]), found[:, k], groups) for k in range(2))
    return seized, other
