"""How far apart pictures of one class and of two lie, and which of their pairs a contrastive loss still moves."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import positive, whole

from .classification import Interval

FARTHEST = 2.0  # distance of two opposite points of the unit sphere; √2 where no feature is negative
_BINS = 200
_BLOCK_BYTES = (
    2**20
)  # of one side of a block of pairs: what a processor's cache holds, five times as fast as 2**25


def sample_pair_distances(
    embeddings: ArrayLike, labels: ArrayLike, *, pairs: int = 500_000, seed: int
) -> pd.DataFrame:
    """Measure distances of random pairs of one class and of as many pairs of two classes (paper: Fig. 4).

    Every pair is as likely as any other of its kind and comes at most once; all are taken where there are no more.
    So a large class has more pairs of its own: a class of n has n (n − 1) / 2.

    Parameters
    ----------
    embeddings : float (n, d)
        One row a picture; divided by their lengths here. A block of rows at a time is read, so that a memory-mapped
        array stays on the disk.
    labels : (n,)
        Class of each.
    pairs : int
        Of each kind, at most. The paper takes "nearly 0.5M".
    seed : int

    Returns
    -------
    DataFrame
        First the pairs of one class, then those of two: "first", "second" (int32, rows of `embeddings`), "same"
        (bool), "distance" (float32, Euclidean, 0 to 2).

    Raises
    ------
    DataError
        If there is not one label an embedding, an embedding is zero or not finite, or one kind has no pair.
    ParameterError
        If `pairs` is below 1.

    Notes
    -----
    Source: §V-E. Whether the paper's pairs may repeat, or are spread over classes, is not said.

    Examples
    --------
    >>> table = sample_pair_distances([[1, 0], [2, 0], [0, 3]], ["a", "a", "b"], seed=0)
    >>> table.round(2)
       first  second   same  distance
    0      0       1   True      0.00
    1      0       2  False      1.41
    2      1       2  False      1.41
    """
    where = "sample_pair_distances"
    array, names = np.asanyarray(embeddings), np.asarray(labels)
    most = whole(pairs, name="pairs", where=where, least=1, most=2**31 - 1)
    if array.ndim != 2 or names.shape != array.shape[:1]:
        what = f"embeddings of shape {array.shape} and labels of shape {names.shape}"
        raise DataError(what, where=where, do="pass one row and one label a picture")
    _, codes = np.unique(names, return_inverse=True)
    order = np.argsort(codes, kind="stable")  # classes side by side
    end = np.searchsorted(codes[order], codes[order], side="right")
    place = np.arange(len(order))
    rng = np.random.default_rng(seed)
    tables = []
    # In that order the partners of a row are a range: the rest of its class, or all classes behind it.
    for same, start, stop in ((True, place + 1, end), (False, end, np.full_like(end, len(end)))):
        first, second = _drawn(start, stop, most, rng, same)
        table = pd.DataFrame({"first": order[first], "second": order[second]}, dtype=np.int32)
        tables.append(table.assign(same=same, distance=_distances(array, table)))
    return pd.concat(tables, ignore_index=True)


def pair_distance_summary(
    table: pd.DataFrame,
    labels: ArrayLike,
    *,
    seed: int,
    resamples: int = 500,
    confidence: float = 0.95,
) -> dict[str, Interval]:
    """Sum up two distance distributions: their means, and how much they overlap.

    Parameters
    ----------
    table : DataFrame
        From `sample_pair_distances`.
    labels : (n,)
        Class of each picture. Intervals draw classes, not pairs: pairs that share a class are no independent
        witnesses. A pair of two classes counts as often as both were drawn, multiplied.
    seed, resamples, confidence
        As in `bootstrap_interval`.

    Returns
    -------
    dict of str to Interval
        "positive mean", "negative mean" (pairs of one class, of two), "overlap" (the area under both densities,
        1: they are the same, 0: they are apart) and "AUC" (the chance that a pair of one class is the nearer one).

    Raises
    ------
    DataError
        If one kind of pairs is missing.

    Notes
    -----
    Overlap and AUC are of histograms with 200 bins between 0 and 2; noise of few pairs makes an overlap of equal
    distributions come out below 1.

    Examples
    --------
    >>> labels = np.repeat(["a", "b", "c"], 4)
    >>> points = np.eye(3)[[0, 1, 2]].repeat(4, axis=0) + 0.01 * np.arange(12)[:, None]
    >>> found = pair_distance_summary(sample_pair_distances(points, labels, seed=0), labels, seed=0)
    >>> round(found["positive mean"].value, 3), found["overlap"].value
    (0.021, 0.0)
    """
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    distance, same, first, second = _columns(table, where="pair_distance_summary")
    count = int(codes.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
    often = np.vstack([np.ones((1, count), int), drawn])  # first the classes as they are
    classes = [codes[first], codes[second]]
    near = _histograms(distance[same], [classes[0][same]], often)
    far = _histograms(distance[~same], [one[~same] for one in classes], often)
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    intervals = {}
    for name, of in _summed_up(near, far).items():
        low, high = np.nanquantile(of[1:], ends)
        intervals[name] = Interval(float(of[0]), float(low), float(high), of[1:], count)
    return intervals


def margin_balance(
    table: pd.DataFrame, *, positive_margin: float = 0.0, negative_margin: float
) -> pd.DataFrame:
    """Say which pairs a contrastive loss still moves, and how strongly: pulls and pushes (paper: eqs 1 and 2).

    The loss of a pair at distance d is half the square of its force: max(d − positive margin, 0) pulls pictures of
    one class together, max(negative margin − d, 0) pushes those of two apart.

    Parameters
    ----------
    table : DataFrame
        "same" (bool), "distance", as from `sample_pair_distances`.
    positive_margin : float
        0 is the single margin loss.
    negative_margin : float

    Returns
    -------
    DataFrame
        Rows "pull" (pairs of one class) and "push" (of two): "pairs", "moved" (how many have a force), "share" of the
        pairs moved, "force" and "loss" (means over all pairs of the kind: the paper draws as many of either), "of the
        force" (share of the two together, 0 to 1; 0 where nothing moves).

    Raises
    ------
    ParameterError
        If a margin is below 0.
    DataError
        If one kind of pairs is missing.

    Examples
    --------
    >>> pairs = pd.DataFrame({"same": [True, True, False, False], "distance": [0.5, 1.0, 1.0, 1.4]})
    >>> margin_balance(pairs, positive_margin=0.8, negative_margin=1.2)[["moved", "force", "of the force"]]
          moved  force  of the force
    pull      1    0.1           0.5
    push      1    0.1           0.5
    """
    where = "margin_balance"
    near = positive(positive_margin, name="positive_margin", where=where, included=True)
    far = positive(negative_margin, name="negative_margin", where=where, included=True)
    distance, same, *_ = _columns(table, where=where)
    forces = {
        "pull": np.maximum(distance[same] - near, 0.0),
        "push": np.maximum(far - distance[~same], 0.0),
    }
    rows = {
        name: {
            "pairs": force.size,
            "moved": int((force > 0).sum()),
            "share": (force > 0).mean(),
            "force": force.mean(),
            "loss": (force**2).mean() / 2,
        }
        for name, force in forces.items()
    }
    found = pd.DataFrame.from_dict(rows, orient="index").astype({"pairs": int, "moved": int})
    return found.assign(**{"of the force": found["force"] / (found["force"].sum() or 1.0)})


def _drawn(
    start: NDArray, stop: NDArray, most: int, rng: np.random.Generator, same: bool
) -> tuple[NDArray, NDArray]:
    """Draw pairs (row, partner) whose partners are ranges: they have numbers, so a number drawn is a pair."""
    last = np.cumsum(stop - start)
    total = int(last[-1]) if last.size else 0
    if not total:
        kind = "one class" if same else "two classes"
        raise DataError(
            f"there is no pair of {kind}",
            where="sample_pair_distances",
            do="pass pictures of two classes at least, two of a class",
        )
    drawn = rng.choice(total, most, replace=False, shuffle=False) if total > most else np.arange(total)
    drawn.sort()  # neighbours share a row, which is then read once
    first = np.searchsorted(last, drawn, side="right")
    return first, start[first] + drawn - (last - (stop - start))[first]


def _distances(array: NDArray, table: pd.DataFrame) -> NDArray[np.float32]:
    lengths = np.empty(len(array), np.float32)
    step = max(1, _BLOCK_BYTES // (4 * array.shape[1]))
    for at in range(0, len(array), step):
        lengths[at : at + step] = np.linalg.norm(np.asarray(array[at : at + step], np.float32), axis=1)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        row = int(np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))[0])
        what = f"embedding {row} is zero or not finite"
        raise DataError(what, where="sample_pair_distances", do="look at its picture, or leave it out")
    distance = np.empty(len(table), np.float32)
    first, second = table["first"].to_numpy(), table["second"].to_numpy()
    for at in range(0, len(table), step):
        one, other = (
            np.asarray(array[of[at : at + step]], np.float32) / lengths[of[at : at + step], None]
            for of in (first, second)
        )
        distance[at : at + step] = np.linalg.norm(one - other, axis=1)
    return distance


def _columns(table: pd.DataFrame, *, where: str) -> tuple[NDArray, ...]:
    distance, same = table["distance"].to_numpy(), table["same"].to_numpy(bool)
    if not 0 < same.sum() < same.size:
        what = f"{int(same.sum())} of {same.size} pairs are of one class"
        raise DataError(what, where=where, do="pass pairs of one class and of two")
    rows = (table[name].to_numpy() for name in ("first", "second") if name in table)
    return distance, same, *rows


def _histograms(
    distance: NDArray, classes: Sequence[NDArray[np.int64]], often: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Histograms (resamples, bins + 1) of distances, each counted as often as its classes; last their sum."""
    keys, place = np.unique(np.column_stack(classes), axis=0, return_inverse=True)
    cells = np.minimum((distance * (_BINS / FARTHEST)).astype(int), _BINS - 1)
    shape = (len(keys), _BINS)
    counts = sparse.coo_matrix((np.ones(len(distance)), (place.ravel(), cells)), shape)
    total = np.bincount(place.ravel(), weights=distance)
    by_bin = sparse.hstack([counts, total[:, None]], format="csr").T
    return np.array([by_bin @ one[keys].prod(1) for one in often])


def _summed_up(of_one: NDArray, of_two: NDArray) -> dict[str, NDArray[np.float64]]:
    """Means, overlap and AUC of histograms (resamples, bins + 1), the last column the sum of the distances."""
    counts = [sums[:, :-1] for sums in (of_one, of_two)]
    with np.errstate(invalid="ignore"):  # a resample of one class has no pair of two
        near, far = (part / part.sum(1, keepdims=True) for part in counts)
        means = [sums[:, -1] / part.sum(1) for sums, part in zip((of_one, of_two), counts, strict=True)]
        beyond = 1 - np.cumsum(far, axis=1) + far / 2  # of a bin, half is counted as beyond
    return {
        "positive mean": means[0],
        "negative mean": means[1],
        "overlap": np.minimum(near, far).sum(1),
        "AUC": (near * beyond).sum(1),
    }
