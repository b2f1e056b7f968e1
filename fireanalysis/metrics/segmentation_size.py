"""How well masks are found by how large they are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError, ParameterError

from .segmentation import COUNTS, bootstrap_segmentation, segmentation_scores

SIZE_EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 1.0)


def iou_by_size(
    counts: pd.DataFrame, *, groups: ArrayLike, seed: int, edges: Sequence[float] = SIZE_EDGES
) -> pd.DataFrame:
    """Compute the foreground IoU of pictures in bins of how much of the picture is foreground.

    Parameters
    ----------
    counts : DataFrame
        From `segmentation_counts`, of one threshold.
    groups, seed
        See `bootstrap_segmentation`.
    edges : sequence of float
        Ends of the bins as shares of the picture, rising; a bin holds its upper end, not its lower one, so that from
        0 on pictures without foreground are in none.

    Returns
    -------
    DataFrame
        One row a bin that has pictures: pictures, scenes (counts), share (mean foreground share), foreground IoU,
        low, high (NaN with a single scene), recall, "recall low", "recall high".

    Raises
    ------
    DataError
        As `segmentation_scores`; if no picture is in a bin, or there are not as many groups as pictures.
    ParameterError
        If the edges do not rise from 0 or more to 1 or less.

    Examples
    --------
    >>> truth = np.zeros((3, 10, 10), bool)
    >>> truth[0, 0, :2] = truth[1:, :5] = True
    >>> from fireanalysis.metrics import segmentation_counts
    >>> sizes = iou_by_size(segmentation_counts(truth, truth), groups=range(3), seed=0, edges=[0, 0.1, 1])
    >>> sizes[["pictures", "share", "foreground IoU"]]
       pictures  share  foreground IoU
    0         1   0.02             1.0
    1         2   0.50             1.0
    """
    where, ends, scenes = "iou_by_size", np.asarray(edges, float), np.asarray(groups)
    if ends.ndim != 1 or len(ends) < 2 or not (np.diff(ends) > 0).all() or ends[0] < 0 or ends[-1] > 1:
        what = f"edges are {list(edges)}; needed are two or more shares, rising, from 0 to 1"
        raise ParameterError(what, where=where, do="pass for example (0, 0.01, 1)")
    segmentation_scores(counts)  # says what is wrong with the counts
    if scenes.shape != (len(counts),):
        what = f"groups of shape {scenes.shape} for {len(counts)} pictures"
        raise DataError(what, where=where, do="pass one scene a picture")
    share = ((counts["tp"] + counts["fn"]) / counts[COUNTS].sum(axis=1)).to_numpy()
    places, rows = np.searchsorted(ends, share, side="left"), []
    for place in range(1, len(ends)):
        its = places == place
        if not its.any():
            continue
        part, of_scene = counts[its], scenes[its]
        scores, scene_count = segmentation_scores(part), len(np.unique(of_scene))
        row = [len(part), scene_count, share[its].mean()]
        found = bootstrap_segmentation(part, groups=of_scene, seed=seed) if scene_count > 1 else {}
        for name in ("foreground IoU", "recall"):
            row += [scores[name], *((found[name].low, found[name].high) if found else (np.nan, np.nan))]
        rows.append(row)
    if not rows:
        what = f"no picture has a foreground share between {ends[0]:g} and {ends[-1]:g}"
        raise DataError(what, where=where, do="pass wider edges, or pictures with foreground")
    columns = ["pictures", "scenes", "share", "foreground IoU", "low", "high"]
    columns += ["recall", "recall low", "recall high"]
    return pd.DataFrame(rows, columns=columns)
