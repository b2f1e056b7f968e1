"""Finding cases registered under a wrong label: rankings, and how well they do where the truth is known."""

import warnings

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError

from .hard_cases import checked_predictions


def label_suspicion(probabilities: ArrayLike, truth: ArrayLike) -> pd.DataFrame:
    """Rank how suspicious each recorded label is, by cleanlab.

    Parameters
    ----------
    probabilities : float (n, classes)
        Out of sample: from a classifier that saw neither the case nor another of its firearm. One that was
        trained on a wrong label has learnt to agree with it.
    truth : int (n,)
        Recorded class.

    Returns
    -------
    pandas.DataFrame
        One row a case, in order: self-confidence and normalised margin (suspicion from 0 to 1: one minus
        cleanlab's label quality), flagged (bool: an error by confident learning; never all cases of a class, even if
        all are wrong).

    Raises
    ------
    DataError
        For arrays that do not go together, or hold no probabilities, or those of a single class.
    ParameterError
        For a recorded class the classifier does not know.

    Notes
    -----
    Source: Northcutt, Jiang & Chuang 2021 (doi:10.1613/jair.1.12125). §5.2 finds wrong labels among its hardest
    cases by eye.

    Examples
    --------
    >>> p = [[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 5
    >>> label_suspicion(p, [0, 0, 0, 0, 1] + [1] * 5)["flagged"].to_numpy().nonzero()[0].tolist()
    [4]
    """
    p, recorded = checked_predictions(probabilities, truth, where="label_suspicion")
    if p.shape[1] < 2:
        what = "probabilities of a single class: every label is as credible as any"
        raise DataError(what, where="label_suspicion", do="pass those of a classifier of two classes or more")
    with warnings.catch_warnings():  # classes without cases are no fault of the caller's
        warnings.simplefilter("ignore")
        scores = {
            name: 1 - get_label_quality_scores(recorded, p, method=method)
            for name, method in (
                ("self-confidence", "self_confidence"),
                ("normalised margin", "normalized_margin"),
            )
        }
        flagged = find_label_issues(recorded, p, n_jobs=1)
    return pd.DataFrame(scores | {"flagged": flagged})


def found_at_budget(wrong: ArrayLike, suspicion: ArrayLike) -> pd.DataFrame:
    """Count the wrong labels among the most suspicious cases, for every number of cases looked at.

    Parameters
    ----------
    wrong : bool (n,)
        Which labels are wrong.
    suspicion : float (n,)
        Larger is looked at earlier. Among equals the wrong ones are spread evenly, as a random order would on
        average.

    Returns
    -------
    pandas.DataFrame
        One row a budget from 1 to n: budget (cases looked at), found, precision (share of them that are
        wrong), recall (share of the wrong ones found).

    Raises
    ------
    DataError
        For arrays that do not go together, missing scores, or no wrong label.

    Examples
    --------
    >>> found_at_budget([True, False, True], [0.9, 0.5, 0.1])
       budget  found  precision  recall
    0       1    1.0   1.000000     0.5
    1       2    1.0   0.500000     0.5
    2       3    2.0   0.666667     1.0
    """
    bad, scores = np.asarray(wrong), np.asarray(suspicion, dtype=np.float64)
    if bad.dtype != bool or bad.ndim != 1 or scores.shape != bad.shape or not np.isfinite(scores).all():
        raise DataError(
            f"wrong is {bad.dtype} of shape {bad.shape}, suspicion has shape {scores.shape}; "
            "as many bools as finite numbers are needed",
            where="found_at_budget",
            do="pass one of each a case",
        )
    if not bad.any():
        raise DataError(
            "no label is known to be wrong: there is nothing to find",
            where="found_at_budget",
            do="use data with planted wrong labels, or judge the list by eye",
        )
    groups = pd.Series(bad.astype(float)).groupby(-scores)  # most suspicious first
    share = groups.transform("mean").to_numpy()[np.argsort(-scores, kind="stable")]
    found = np.cumsum(share)
    budget = np.arange(1, len(bad) + 1)
    return pd.DataFrame(
        {"budget": budget, "found": found, "precision": found / budget, "recall": found / bad.sum()}
    )
