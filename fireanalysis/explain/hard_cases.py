"""How hard a case was for a classifier, and the easiest and hardest of each class."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import distances_to_centre
from fireanalysis.transforms.arrays import whole


def difficulty(
    probabilities: ArrayLike,
    truth: ArrayLike,
    features: ArrayLike,
    *,
    centres: ArrayLike,
    measure: str = "cosine",
) -> pd.DataFrame:
    """Measure how hard each case was: confidence, correctness, loss and distance to the class centre in one.

    Parameters
    ----------
    probabilities : float (n, classes)
        The classifier's, rows sum to 1.
    truth : int (n,)
        Recorded class, 0 to classes − 1.
    features : float (n, d)
        What the classifier's last layer sees.
    centres : float (classes, d)
        Mean features of each class: `fireanalysis.metrics.class_centres` of the training part.
    measure : str
        Distance to the centre, see `fireanalysis.metrics.distances_to_centre`.

    Returns
    -------
    pandas.DataFrame
        One row a case, in order: confidence (largest probability), correct (bool), loss (cross-entropy
        −ln p of the recorded class, nats), distance (to the centre of the recorded class; NaN where it has
        none), difficulty (0 to 1).

    Raises
    ------
    DataError
        For arrays that do not go together, or hold no probabilities.
    ParameterError
        For a recorded class the classifier does not know, or an unknown measure.

    Notes
    -----
    Source: §5.2 names the four parts and no formula. Ours: each of three parts becomes the share of cases
    that are at most as hard by it: the loss, the distance, and the confidence, where a sure right answer is
    easiest and a sure wrong one hardest. Their mean fills the lower half of the scale for cases the classifier
    got right and the upper half for those it got wrong, so a wrong one is always harder than a right one.

    Examples
    --------
    >>> p, x = [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]], [[1.0, 0.0], [1.0, 1.0], [2.0, 1.0]]
    >>> difficulty(p, [0, 0, 1], x, centres=[[1.0, 0.0], [0.0, 1.0]])["difficulty"].round(2).tolist()
    [0.17, 0.33, 1.0]
    """
    p, recorded = checked_predictions(probabilities, truth, where="difficulty")
    if np.shape(centres)[:1] != p.shape[1:]:
        raise DataError(
            f"centres have shape {np.shape(centres)}; ({p.shape[1]}, d) is needed",
            where="difficulty",
            do="pass class_centres(features, truth, classes=...) of the training part",
        )
    distance = distances_to_centre(features, recorded, centres=centres, measure=measure)
    predicted = p.argmax(axis=1)
    parts = pd.DataFrame(
        {
            "confidence": p.max(axis=1),
            "correct": predicted == recorded,
            "loss": -np.log(np.maximum(p[np.arange(len(p)), recorded], np.finfo(np.float64).tiny)),
            "distance": distance,
        }
    )
    hard = parts[["loss", "distance"]].assign(
        confidence=np.where(parts["correct"], -parts["confidence"], parts["confidence"])
    )
    share = hard.rank(pct=True, method="max").mean(axis=1)  # without the distance where there is none
    return parts.assign(difficulty=(share + ~parts["correct"]) / 2)


def easiest_and_hardest(difficulty: ArrayLike, labels: ArrayLike, *, count: int = 10) -> pd.DataFrame:
    """Pick the easiest and hardest cases of each class; no case is both.

    Parameters
    ----------
    difficulty : float (n,)
        Larger is harder.
    labels : (n,)
        Class of each case.
    count : int
        So many of each kind; ten in the paper. A class of fewer than twice as many is halved.

    Returns
    -------
    pandas.DataFrame
        One row a picked case: label, kind ("easy", "hard"), place (0 is the easiest, or the hardest), row (its
        position among those given). Sorted by label, kind and place.

    Raises
    ------
    DataError
        For arrays that do not go together.
    ParameterError
        For a count below 1.

    Examples
    --------
    >>> easiest_and_hardest([0.1, 0.9, 0.5, 0.3], list("AAAB"), count=1)
      label  kind  place  row
    0     A  easy      0    0
    1     A  hard      0    1
    """
    scores, names = np.asarray(difficulty, dtype=np.float64), np.asarray(labels)
    if scores.ndim != 1 or names.shape != scores.shape:
        raise DataError(
            f"difficulty of shape {scores.shape} and labels of shape {names.shape} do not go together",
            where="easiest_and_hardest",
            do="pass one of each a case",
        )
    count = whole(count, name="count", where="easiest_and_hardest", least=1, most=2**31)
    picked = []
    for name in pd.unique(np.sort(names)):
        rows = np.flatnonzero(names == name)
        rows = rows[np.argsort(scores[rows], kind="stable")]
        k = min(count, len(rows) // 2)
        picked += [(name, "easy", place, row) for place, row in enumerate(rows[:k])]
        picked += [(name, "hard", place, row) for place, row in enumerate(rows[::-1][:k])]
    return pd.DataFrame(picked, columns=["label", "kind", "place", "row"])


def checked_predictions(
    probabilities: ArrayLike, truth: ArrayLike, *, where: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give probabilities and recorded classes, after looking whether they are some and go together."""
    p, recorded = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    sound = p.ndim == 2 and p.size > 0 and recorded.shape == (len(p),) and recorded.dtype.kind in "iu"
    if not sound or not (np.isfinite(p).all() and p.min() >= 0 and np.allclose(p.sum(axis=1), 1, atol=1e-3)):
        raise DataError(
            f"probabilities of shape {p.shape} and {recorded.dtype} classes of shape {recorded.shape}; "
            "(n, classes) with rows that sum to 1, and n whole numbers are needed",
            where=where,
            do="pass probabilities and truth of one prediction",
        )
    unknown = (recorded < 0) | (recorded >= p.shape[1])
    if unknown.any():
        raise ParameterError(
            f"{unknown.sum()} cases have a class outside 0 to {p.shape[1] - 1}",
            where=where,
            do="leave out cases of a class the classifier was not trained on (-1)",
        )
    return p, recorded.astype(np.int64)
