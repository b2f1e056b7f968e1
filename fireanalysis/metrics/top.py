"""The pictures of a database that are nearest to a query: exact, whatever the database's size."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from fireanalysis.transforms.arrays import whole

from .scores import checked_embeddings, score_into

_QUERIES = 1024  # at a time


class Top(NamedTuple):
    """The nearest pictures of each query, best first.

    Attributes
    ----------
    scores : float32 (queries, k)
        Inner products: cosines, 1 for the same embedding.
    rows : int64 (queries, k)
        Their places in the database.
    """

    scores: NDArray[np.float32]
    rows: NDArray[np.int64]


def top_k(queries: ArrayLike, database: ArrayLike, *, k: int, block: int = 2**23) -> Top:
    """Find the k pictures nearest to each query, exactly; of equal scores the lower row comes first.

    Scores are float32: those of one embedding in two places may differ by 1e-7.

    Parameters
    ----------
    queries : float (q, d)
        Embeddings of length 1 (or 0).
    database : float (n, d)
        Likewise. A memory-mapped one is read a block at a time.
    k : int
        Of a smaller database all are given.
    block : int
        Scores held at a time: four bytes each.

    Returns
    -------
    Top
        Of min(k, n) columns.

    Raises
    ------
    DataError
        If the numbers of columns differ, one part is empty, or an embedding is NaN or not of length 1.
    ParameterError
        If `k` or `block` is below 1.

    Examples
    --------
    >>> top_k([[1.0, 0.0]], [[0.6, 0.8], [1.0, 0.0], [0.8, 0.6], [1.0, 0.0]], k=3).rows
    array([[1, 3, 2]])
    """
    where = "top_k"
    asked, held = checked_embeddings(queries, database, where=where)
    k = min(whole(k, name="k", where=where, least=1, most=2**31), len(held))
    block = whole(block, name="block", where=where, least=1, most=2**40)
    parts = [
        _search(asked[start : start + _QUERIES], held, k, block) for start in range(0, len(asked), _QUERIES)
    ]
    return Top(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _search(
    queries: NDArray[np.float32], database: NDArray, k: int, block: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    step = max(1, block // len(queries))
    found: list[tuple[NDArray[np.float32], NDArray[np.int64]]] = []
    for start in range(0, len(database), step):
        part = database[start : start + step]
        scores = np.empty((len(queries), len(part)), np.float32)
        score_into(scores, queries, part, where=f"top_k, database from row {start}", check=True)
        best, rows = _best(scores, min(k, len(part)))
        found.append((best, rows + start))
        found = [_merged(found, k)]
    return found[0]


def _best(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Give the k best of each row, in any order; of those equal to the last of them, the ones that come first."""
    best, rows = (part.numpy() for part in torch.from_numpy(scores).topk(k, sorted=False))
    last = best.min(axis=1, keepdims=True)
    # Which of equal ones it takes, topk does not say.
    for row in np.flatnonzero(np.count_nonzero(scores >= last, axis=1) > k):
        above = np.flatnonzero(scores[row] > last[row])
        rows[row] = np.concatenate([above, np.flatnonzero(scores[row] == last[row])[: k - len(above)]])
        best[row] = scores[row, rows[row]]
    return best, rows


def _merged(
    found: list[tuple[NDArray[np.float32], NDArray[np.int64]]], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    scores, rows = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
