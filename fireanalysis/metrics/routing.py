"""Where a decision in two stages goes wrong: on the way to the sub-model, or there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError


@dataclass(frozen=True)
class ErrorBudget:
    """Shares of all clips, 0 to 1; `right`, `routing` and `recognition` add up to 1.

    Attributes
    ----------
    right : float
        The right model.
    routing : float
        Sent to a wrong category, so that no sub-model could be right.
    recognition : float
        Sent to the right category, wrong model there.
    routed : float
        Sent to the right category: accuracy of stage 1.
    if_routed : float
        Right model among the clips sent to the right category; NaN if there are none.
    oracle : float
        Right model if every clip were sent to its right category.
    """

    right: float
    routing: float
    recognition: float
    routed: float
    if_routed: float
    oracle: float


def error_budget(
    truth: ArrayLike, routed: ArrayLike, within: ArrayLike, *, category_of: ArrayLike
) -> ErrorBudget:
    """Split the errors of hard routing into those of stage 1 and those of stage 2.

    Parameters
    ----------
    truth : int (n,)
        Model of each clip, a column of `within`.
    routed : int (n,)
        Category that stage 1 chose.
    within : float (n, k)
        Probability of each model as its own category's sub-model sees it.
    category_of : int (k,)
        Category of each model.

    Raises
    ------
    DataError
        For no clips, or shapes that do not fit together.

    Notes
    -----
    Source: section "End-to-End Performance"; the paper gives only the total.

    Examples
    --------
    >>> within = [[0.9, 0.1, 1.0], [0.2, 0.8, 1.0], [0.6, 0.4, 1.0], [0.6, 0.4, 1.0]]
    >>> budget = error_budget([0, 0, 2, 0], [0, 0, 0, 1], within, category_of=[0, 0, 1])
    >>> budget.right, budget.routing, budget.recognition, budget.oracle
    (0.25, 0.5, 0.25, 0.75)
    """
    correct, sent = np.asarray(truth), np.asarray(routed)
    scores, category = np.asarray(within, float), np.asarray(category_of)
    if not len(correct) or correct.shape != sent.shape or scores.shape != (len(correct), len(category)):
        raise DataError(
            f"truth {correct.shape}, routed {sent.shape}, within {scores.shape}, category_of {category.shape} "
            "do not fit together, or there are no clips",
            where="error_budget",
            do="pass n clips, (n, k) probabilities and k categories",
        )
    well_routed = category[correct] == sent
    best = best_within(scores, category[correct], category_of=category)
    right = well_routed & (best == correct)
    return ErrorBudget(
        float(right.mean()),
        float((~well_routed).mean()),
        float((well_routed & ~right).mean()),
        float(well_routed.mean()),
        float(right[well_routed].mean()) if well_routed.any() else float("nan"),
        float((best == correct).mean()),
    )


def best_within(within: ArrayLike, categories: ArrayLike, *, category_of: ArrayLike) -> NDArray[np.int64]:
    """Most probable model of a given category for each clip.

    Parameters
    ----------
    within : float (n, k)
    categories : int (n,)
    category_of : int (k,)

    Examples
    --------
    >>> best_within([[0.9, 0.1, 1.0], [0.2, 0.8, 1.0]], [1, 0], category_of=[0, 0, 1]).tolist()
    [2, 1]
    """
    of_category = np.asarray(category_of) == np.asarray(categories)[:, None]
    return np.where(of_category, np.asarray(within, float), -np.inf).argmax(1)
