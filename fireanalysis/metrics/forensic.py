"""Likelihood ratios from comparison scores, what they cost, and how far to trust that.

A likelihood ratio (LR) says how much more likely a score is where both marks are of one source than where they are of
two. It is no probability that they are: that needs the prior odds, which are not the examiner's to choose.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .forensic_cost import both_kinds
from .forensic_systems import BOUNDS, SYSTEMS, Model

LEAST_PAIRS = 2  # of either kind; with so few, the bounds keep every LR near 1


@dataclass(frozen=True)
class LikelihoodRatio:
    """A fitted system that turns scores into likelihood ratios; made by `fit_likelihood_ratio`."""

    method: str
    bounds: tuple[float, float]
    """Lowest and highest log10 LR that is ever given."""
    same: int
    """Pairs of one source that it was fitted on."""
    different: int
    """Pairs of two sources that it was fitted on."""
    model: Model = field(repr=False)
    """Scores (n, k) to log10 LR (n,), not bounded."""
    columns: int = 1
    """Numbers a pair."""

    def log10(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Give log10 of the likelihood ratio of each pair, within the bounds.

        Parameters
        ----------
        scores : float (n,) or (n, k)
            As fitted.

        Returns
        -------
        float64 (n,)

        Raises
        ------
        DataError
            If a score is not finite, or pairs have another count of numbers than those fitted.
        """
        values = _scores(scores, self.method, where="LikelihoodRatio.log10")
        if values.shape[1] != self.columns:
            raise DataError(
                f"pairs have {values.shape[1]} numbers; the system was fitted on {self.columns}",
                where="LikelihoodRatio.log10",
                do="pass the same scores in the same order",
            )
        return np.clip(self.model(values), *self.bounds) if len(values) else np.zeros(0)


def fit_likelihood_ratio(
    scores: ArrayLike,
    same: ArrayLike,
    *,
    method: str = "logistic",
    bounds: str | tuple[float, float] | None = "invariance",
) -> LikelihoodRatio:
    """Learn how to turn a comparison score into a likelihood ratio, from pairs whose truth is known.

    Parameters
    ----------
    scores : float (n,) or (n, k)
        Larger is more alike. Several scores a pair for "logistic" only; for "beta_binomial" (n, 2): congruent cells,
        and of how many.
    same : bool (n,)
        Whether both marks are of one source; at least two pairs of either kind.
    method : {"logistic", "kde", "isotonic", "beta_binomial"}
        "logistic": log LR is linear in the scores. "kde": a density of each kind (Gaussian kernels, Silverman's
        width); a score beyond all fitted ones counts as the outermost. "isotonic": any LR that rises with the score
        (PAV), one misleading pair added at either end. "beta_binomial": cells are drawn with a chance that differs
        from pair to pair; LR never falls with the count of cells.
    bounds : {"invariance", "elub"}, (float, float) or None
        How far from 1 an LR may be. "invariance": as far as these pairs support (Alberink et al. 2025); "elub": as
        far as it costs no more than saying nothing, with one misleading pair added (Vergeer et al. 2016); or log10 LR
        lowest and highest. None: unbounded, and infinite where a method says so.

    Returns
    -------
    LikelihoodRatio
        If all scores are equal they tell nothing: its bounds are (0, 0), every LR is 1.

    Raises
    ------
    DataError
        For scores that are not finite, lengths that differ, fewer pairs than needed, or cells that are no counts.
    ParameterError
        For an unknown method or bounds, or bounds that leave 1 out.

    Notes
    -----
    Source: none of the four papers gives likelihood ratios. KDE, PAV and ELUB are those of the library lir. The
    beta-binomial is the model of the Netherlands Forensic Institute for congruent matching cells, here by maximum
    likelihood and for both kinds of pairs; where its LR would fall as cells rise, those counts are pooled.

    Examples
    --------
    >>> scores, same = [0.1, 0.2, 0.3, 0.6, 0.5, 0.7, 0.8, 0.9], [False] * 4 + [True] * 4
    >>> system = fit_likelihood_ratio(scores, same)
    >>> system.log10([0.2, 0.9]).round(1), [round(float(end), 1) for end in system.bounds]
    (array([-0.6,  0.5]), [-0.6, 0.5])
    """
    where = "fit_likelihood_ratio"
    if method not in SYSTEMS:
        raise ParameterError(f"method is {method!r}", where=where, do=f"pass one of {', '.join(SYSTEMS)}")
    values = _scores(scores, method, where=where)
    known = both_kinds(same, len(values), least=LEAST_PAIRS, where=where)
    limits = _limits(bounds)
    counts = {"same": int(known.sum()), "different": int((~known).sum()), "columns": values.shape[1]}
    if not np.ptp(values, axis=0).any():
        return LikelihoodRatio(method, (0.0, 0.0), model=lambda rows: np.zeros(len(rows)), **counts)
    model = SYSTEMS[method](values, known)
    if limits is None:
        limits = BOUNDS[str(bounds)](model(values), known)
    return LikelihoodRatio(method, limits, model=model, **counts)


def _limits(bounds: str | tuple[float, float] | None) -> tuple[float, float] | None:
    """Bounds that are given; None for those that are learned."""
    if bounds is None:
        return -np.inf, np.inf
    if isinstance(bounds, str):
        if bounds in BOUNDS:
            return None
        do = f"pass one of {', '.join(BOUNDS)}, two numbers, or None"
        raise ParameterError(f"bounds is {bounds!r}", where="fit_likelihood_ratio", do=do)
    low, high = (float(end) for end in bounds)
    if not low <= 0 <= high:
        what = f"bounds of log10 LR are {low} and {high}"
        raise ParameterError(
            what, where="fit_likelihood_ratio", do="pass one of at most 0 and one of at least 0"
        )
    return low, high


def _scores(scores: ArrayLike, method: str, *, where: str) -> NDArray[np.float64]:
    values = np.asarray(scores, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    wanted = {"logistic": "one or more numbers", "beta_binomial": "two numbers (cells, of so many)"}
    columns = {"logistic": values.shape[-1], "beta_binomial": 2}.get(method, 1)
    if values.ndim != 2 or values.shape[1] != max(columns, 1):
        what = f"scores of shape {np.shape(scores)}; method {method!r} takes {wanted.get(method, 'one number')} a pair"
        raise DataError(what, where=where, do="pass one row a pair")
    if not np.isfinite(values).all():
        what = f"{(~np.isfinite(values)).sum()} of {values.size} scores are NaN or infinite"
        raise DataError(what, where=where, do="leave those pairs out, and say so")
    if method == "beta_binomial":
        cells, of = values.T
        wrong = (cells != cells.round()) | (of != of.round()) | (cells < 0) | (cells > of) | (of < 1)
        if wrong.any():
            what = f"{wrong.sum()} pairs are no counts, such as {cells[wrong][0]:g} of {of[wrong][0]:g} cells"
            raise DataError(what, where=where, do="pass congruent cells, and of how many, both whole numbers")
    return values
