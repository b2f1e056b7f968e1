"""Which single features tell the batch, and which the class."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError

from .classification import Interval, bootstrap_scores
from .forensic_shortcuts import predict_batch, shortcut_test
from .nearest_mean import held_out, nearest_mean


def shortcut_table(
    features: pd.DataFrame,
    batch: ArrayLike,
    groups: ArrayLike,
    *,
    seed: int,
    labels: ArrayLike | None = None,
    within: ArrayLike | None = None,
    permute: str = "groups",
    permutations: int = 199,
) -> pd.DataFrame:
    """Say which single features tell the batch, and which the class where whole batches are held out.

    Parameters
    ----------
    features : DataFrame (n, features)
    batch, groups, seed, within, permute, permutations
        As `predict_batch`.
    labels : (n,), optional
        What is to be told: brand, model, category, ...

    Returns
    -------
    DataFrame
        One row a feature, what tells the batch best first: "batch", "batch_low", "batch_high" (share named rightly, the
        mean over batches, and its interval by group); "chance" (mean of the shuffles); "p" (share of the shuffles in
        which the best of *all* features does as well as this one, so that looking at many is paid for). With labels
        also "class", "class_low", "class_high", by the same rule with whole batches held out, and "class_chance"
        (1 / classes); NaN if a class is of one batch only.

    Raises
    ------
    DataError, ParameterError
        As `predict_batch`.

    Examples
    --------
    >>> study, slide = np.repeat(["A", "B"], 8), np.repeat(range(8), 2)
    >>> table = pd.DataFrame({"rough": np.where(study == "A", 1.0, 2.0) + slide / 99, "size": np.tile([1.0, 2.0], 8)})
    >>> shortcut_table(table, study, slide, seed=0)["batch"].to_dict()
    {'rough': 1.0, 'size': 0.5}
    """
    how: dict[str, Any] = {"seed": seed, "within": within, "permute": permute, "permutations": permutations}
    tests = {str(name): predict_batch(features[name], batch, groups, **how) for name in features}
    if not tests:
        raise DataError("there is no feature", where="shortcut_table", do="pass one column a feature")
    best = np.max([test.null for test in tests.values()], axis=0)
    rows = {
        name: _ends("batch", test.score)
        | {"chance": test.chance, "p": shortcut_test(test.score, best, ways=np.inf).p}
        for name, test in tests.items()
    }
    if labels is not None:
        told = _class_without_batch(features, labels, batch, groups, seed=seed)
        for name in rows:
            rows[name] |= told[name]
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("batch", ascending=False, kind="stable")


def _class_without_batch(
    features: pd.DataFrame, labels: ArrayLike, batch: ArrayLike, groups: ArrayLike, *, seed: int
) -> dict[str, dict[str, float]]:
    """Say for each single feature how well it names the class of samples whose whole batch was held out."""
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    of_batch = np.unique(np.asarray(batch), return_inverse=True)[1]
    spread = pd.Series(of_batch).groupby(codes).nunique()
    if len(classes) < 2 or spread.min() < 2:
        return {str(name): _ends("class", None) | {"class_chance": 1 / len(classes)} for name in features}
    told = {}
    for name in features:
        parts = held_out(features[[name]].to_numpy(float), of_batch, axes=1)
        said = nearest_mean(parts, codes[None])[0]
        score = bootstrap_scores(codes, said, classes=range(len(classes)), groups=groups, seed=seed)
        told[str(name)] = _ends("class", score["macro recall"]) | {"class_chance": 1 / len(classes)}
    return told


def _ends(name: str, score: Interval | None) -> dict[str, float]:
    ends = (np.nan,) * 3 if score is None else (score.value, score.low, score.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), map(float, ends), strict=True))
