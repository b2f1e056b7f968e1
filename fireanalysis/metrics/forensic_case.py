"""What several pieces of evidence are worth together, in numbers and in words, and what that hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from fireanalysis.errors import DataError, ParameterError

from .classification import Interval

SUPPORT = (
    (2, "weak"),
    (10, "moderate"),
    (100, "moderately strong"),
    (1000, "strong"),
    (10_000, "very strong"),
    (1_000_000, "extremely strong"),
)
"""Likelihood ratio from which on a finding is said to support a proposition so."""
RULES = ("weakest", "correlated", "product")
_INFINITE = "fit_likelihood_ratio with bounds: no finite number of reference scores supports certainty"


def strength_of_support(log10_lr: float) -> str:
    """Put a likelihood ratio into words.

    Parameters
    ----------
    log10_lr : float
        Finite.

    Returns
    -------
    str
        "weak support for the proposition" and so on up to "extremely strong", for either of the two; between LR ½
        and 2 "no support for either".

    Raises
    ------
    DataError
        If it is infinite or NaN.

    Notes
    -----
    Source: ENFSI guideline for evaluative reporting in forensic science (2015), its example of a verbal scale: from 2
    weak, 10 moderate, 100 moderately strong, 1,000 strong, 10,000 very strong, 1,000,000 extremely strong; below 1 the
    same of 1/LR for the alternative. The words are of how much the finding shifts the odds, not of the odds.

    Examples
    --------
    >>> strength_of_support(1.3), strength_of_support(-2.5), strength_of_support(0.29)
    ('moderate support for the proposition', 'moderately strong support for the alternative', 'no support for either')
    """
    if not np.isfinite(log10_lr):
        raise DataError(f"log10 LR is {log10_lr}", where="strength_of_support", do=_INFINITE)
    reached = [word for least, word in SUPPORT if abs(log10_lr) >= np.log10(least) - 1e-9]
    if not reached:
        return "no support for either"
    return f"{reached[-1]} support for the {'proposition' if log10_lr > 0 else 'alternative'}"


def class_to_source(log10_lr: ArrayLike, *, share: float) -> NDArray[np.float64]:
    """Turn an LR for a class (this brand or another) into one for a source (this firearm or another).

    Parameters
    ----------
    log10_lr : float array
        For the class.
    share : float
        Of the firearms that might have been used instead, those of this class; 0 to 1.

    Returns
    -------
    float64 array, of the same shape
        log10 of 1 / (share + (1 − share) / LR): never above that of 1 / share, and 0 where all are of the class.

    Raises
    ------
    ParameterError
        If the share is outside 0 to 1.

    Notes
    -----
    Source: law of total probability over the class of the other firearm.

    Examples
    --------
    >>> class_to_source([1.0, 9.0], share=0.2).round(2).tolist()  # however sure of the brand: at most LR 5
    [0.55, 0.7]
    """
    if not 0 <= share <= 1:
        raise ParameterError(
            f"share is {share}", where="class_to_source", do="pass the share of one class, 0 to 1"
        )
    values = np.asarray(log10_lr, np.float64)
    if share == 1:
        return np.zeros_like(values)
    with np.errstate(divide="ignore"):
        return -np.logaddexp2(np.log2(share), np.log2(1 - share) - values * np.log2(10)) / np.log2(10)


def combine_likelihood_ratios(
    log10_lr: Mapping[str, ArrayLike],
    evidence: pd.DataFrame,
    *,
    share: float,
    rule: str = "weakest",
    correlation: float = 0.0,
) -> NDArray[np.float64]:
    """Combine pieces of evidence into one LR for the source, multiplying only what is declared independent.

    Pieces that share information, directly or through others, form a set. Within a set one LR stands for all (see
    `rule`). That of a set of class evidence becomes one for the source (`class_to_source`). The LRs of the sets are
    multiplied. Evidence of another question ("activity") takes no part.

    Parameters
    ----------
    log10_lr : mapping of str to float or float array
        By name; arrays of one shape are combined case by case.
    evidence : DataFrame
        By name: ``level`` ("source", "class" or "activity") and ``shares_information_with`` (names), as
        `fireanalysis.loaders.load_case` gives it. An LR at level "source" must be one *given* the class, measured
        against other firearms of that class: only then may it be multiplied with evidence of the class.
    share : float
        See `class_to_source`.
    rule : {"weakest", "correlated", "product"}
        Of a set: the LR nearest to 1, and 1 where they point both ways; or the sum of log LRs divided by
        1 + (k − 1) `correlation`; or all multiplied as if nothing were shared, to show what that does.
    correlation : float
        Of any two log LRs of a set given the truth, 0 to 1, for "correlated": normal log LRs of equal weight. 0 is
        the product, 1 the mean.

    Returns
    -------
    float64 array
        log10 LR, of the shape of the inputs.

    Raises
    ------
    ParameterError
        For an unknown rule, or a share or correlation outside 0 to 1.
    DataError
        If there is no evidence of source or class, an LR is missing or not finite, or a set mixes levels.

    Notes
    -----
    Source: for two calibrated normal log LRs of equal variance and correlation r, the exact LR is their sum over 1 + r.

    Examples
    --------
    >>> rows = {"marks": ("source", ()), "sound": ("class", ("photo",)), "photo": ("class", ("sound",))}
    >>> evidence = pd.DataFrame.from_dict(rows, "index", columns=["level", "shares_information_with"])
    >>> found = {"marks": 1.0, "sound": 1.0, "photo": 0.5}
    >>> combine_likelihood_ratios(found, evidence, share=0.0), combine_likelihood_ratios(found, evidence, share=1.0)
    (array(1.5), array(1.))
    """
    where = "combine_likelihood_ratios"
    if rule not in RULES:
        raise ParameterError(f"rule is {rule!r}", where=where, do=f"pass one of {', '.join(RULES)}")
    if not 0 <= correlation <= 1:
        raise ParameterError(f"correlation is {correlation}", where=where, do="pass a number from 0 to 1")
    taken = evidence[evidence["level"] != "activity"]
    if taken.empty:
        what = f"none of {len(evidence)} pieces of evidence is of source or class"
        raise DataError(what, where=where, do="report evidence of other questions by itself")
    values = {str(name): np.asarray(log10_lr.get(name, np.nan), np.float64) for name in taken.index}
    lost = [name for name, its in values.items() if not np.isfinite(its).all()]
    if lost:
        raise DataError(f"log10 LR of {', '.join(lost)} is missing or not finite", where=where, do=_INFINITE)
    total: Any = 0.0
    for names in information_sets(taken):
        levels = {str(level) for level in taken.loc[names, "level"]}
        if len(levels) > 1:
            what = f"{', '.join(names)} share information, but are of levels {', '.join(sorted(levels))}"
            do = "measure the marks given the class, and declare them independent of it"
            raise DataError(what, where=where, do=do)
        one = _of_set(np.stack([values[name] for name in names]), rule, correlation)
        total = total + (class_to_source(one, share=share) if levels == {"class"} else one)
    return np.asarray(total, np.float64)


def combined_interval(
    found: Mapping[str, Interval],
    evidence: pd.DataFrame,
    *,
    share: float,
    rule: str = "weakest",
    correlation: float = 0.0,
) -> Interval:
    """Combine as `combine_likelihood_ratios` does, with an interval from the draws of the pieces.

    Parameters
    ----------
    found : mapping of str to Interval
        log10 LR by name (`case_likelihood_ratio`), with as many draws each; their reference scores are of different
        sources, so the first draw of one goes with the first of the others. Draws that one of them lacks are left out.
    evidence, share, rule, correlation
        As in `combine_likelihood_ratios`, which also says what it raises.

    Returns
    -------
    Interval
        Of the combined log10 LR; its groups are those of the piece that has fewest.

    Examples
    --------
    >>> marks = Interval(1.0, 0.8, 1.2, np.array([0.8, 1.2]), 9)
    >>> evidence = pd.DataFrame({"level": ["source"], "shares_information_with": [()]}, index=["marks"])
    >>> f"{combined_interval({'marks': marks}, evidence, share=0.2):.2f}"
    '1.00 (0.81 to 1.19)'
    """
    how: dict[str, Any] = {"share": share, "rule": rule, "correlation": correlation}
    value = combine_likelihood_ratios({name: one.value for name, one in found.items()}, evidence, **how)
    taken = {name: found[name] for name in map(str, evidence.index[evidence["level"] != "activity"])}
    whole = np.isfinite([one.draws for one in taken.values()]).all(axis=0)
    draws = combine_likelihood_ratios({n: one.draws[whole] for n, one in taken.items()}, evidence, **how)
    low, high = np.quantile(draws, [0.025, 0.975]) if whole.any() else (np.nan, np.nan)
    groups = min(one.groups for one in taken.values())
    return Interval(float(value), float(low), float(high), draws, groups)


def information_sets(evidence: pd.DataFrame) -> list[list[str]]:
    """Find which pieces of evidence share information, directly or through others.

    Parameters
    ----------
    evidence : DataFrame
        By name: ``shares_information_with`` (names). One side saying so is enough; names that are no row count nothing.

    Returns
    -------
    list of list of str
        Every name once, in the order of the table.

    Examples
    --------
    >>> table = pd.DataFrame({"shares_information_with": [("c",), (), ("d",), ()]}, index=list("abcd"))
    >>> information_sets(table)
    [['a', 'c', 'd'], ['b']]
    """
    names = [str(name) for name in evidence.index]
    linked = [[other in shared for other in names] for shared in evidence["shares_information_with"]]
    _, of = connected_components(np.array(linked, bool).reshape(len(names), len(names)), directed=False)
    return [[n for n, its in zip(names, of, strict=True) if its == k] for k in dict.fromkeys(of)]


def conclusion_sensitivity(
    log10_lr: Mapping[str, float],
    evidence: pd.DataFrame,
    *,
    share: float,
    shares: Sequence[float] = (0.01, 0.1, 0.5, 1.0),
    correlations: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
) -> pd.DataFrame:
    """Combine the same evidence under other rules, correlations and shares, and without each of its pieces.

    Parameters
    ----------
    log10_lr, evidence, share
        As in `combine_likelihood_ratios`; the rule "weakest" is what is varied from.
    shares, correlations : sequence of float
        What else is tried.

    Returns
    -------
    DataFrame
        ``varied``, ``to`` and ``log10_lr``, a row a variation, the first unvaried.

    Raises
    ------
    ParameterError, DataError
        As `combine_likelihood_ratios`.
    """
    taken = evidence[evidence["level"] != "activity"]
    tried: list[tuple[str, str, pd.DataFrame, dict[str, Any]]] = [("nothing", "as reported", taken, {})]
    tried += [("rule", "product", taken, {"rule": "product"})]
    tried += [
        ("correlation", f"{r:g}", taken, {"rule": "correlated", "correlation": r}) for r in correlations
    ]
    tried += [("share of the class", f"{one:g}", taken, {"share": one}) for one in shares]
    if len(taken) > 1:
        tried += [("left out", str(name), taken.drop(name), {}) for name in taken.index]
    rows = [
        (varied, to, float(combine_likelihood_ratios(log10_lr, of, **({"share": share} | how))))
        for varied, to, of, how in tried
    ]
    return pd.DataFrame(rows, columns=["varied", "to", "log10_lr"])


def _of_set(values: NDArray[np.float64], rule: str, correlation: float) -> NDArray[np.float64]:
    """One log10 LR for several that share information (k, ...)."""
    if rule == "weakest":
        for_it, against = values.min(axis=0), values.max(axis=0)
        return np.maximum(for_it, 0) + np.minimum(against, 0)  # 0 where they point both ways
    r = correlation if rule == "correlated" else 0.0
    return np.asarray(values.sum(axis=0) / (1 + (len(values) - 1) * r), np.float64)
