"""Inner products of queries and a database of any size, and what both must be."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import as_array

_ROWS = 2**16  # of the database multiplied at a time
_NORM = 0.01  # an embedding's length may differ from 1 by so much (bfloat16 rounds to 0.004)


def checked_embeddings(
    queries: ArrayLike, database: ArrayLike, *, where: str
) -> tuple[NDArray[np.float32], NDArray]:
    """Give queries as float32 and a database as it is; both must be matrices of equally many columns.

    Raises
    ------
    DataError
    """
    asked, held = as_array(queries, where=where), as_array(database, where=where)
    shapes = f"queries {asked.dtype} {asked.shape}, database {held.dtype} {held.shape}"
    fit = asked.ndim == held.ndim == 2 and asked.shape[1:] == held.shape[1:] and min(asked.size, held.size)
    if not fit or {asked.dtype.kind, held.dtype.kind} - set("fiu"):
        raise DataError(
            f"{shapes}; needed are numbers, as many a query as a picture, and at least one of each",
            where=where,
            do="embed queries and database with the same network",
        )
    vectors = np.ascontiguousarray(asked, np.float32)
    check_lengths(vectors, where=f"{where}, queries")
    return vectors, held


def check_lengths(vectors: NDArray[np.float32], *, where: str) -> None:
    """Make sure that embeddings are of length 1, or 0.

    Raises
    ------
    DataError
    """
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    wrong = ~((np.abs(lengths - 1) < _NORM) | (lengths == 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{np.count_nonzero(wrong)} embeddings are not of length 1; the first, {row}, has {lengths[row]:.4g}",
            where=where,
            do="divide each by its length; leave out what is NaN",
        )


def score_into(
    scores: NDArray[np.float32], queries: NDArray[np.float32], database: NDArray, *, where: str, check: bool
) -> None:
    """Write the inner products of queries and a database into (q, n), a block of the database at a time.

    Raises
    ------
    DataError
        If an embedding of the database is not of length 1, or 0, and that is to be checked.
    """
    for start in range(0, len(database), _ROWS):
        part = np.asarray(database[start : start + _ROWS], np.float32)
        if check:
            check_lengths(part, where=f"{where}, database from row {start}")
        np.matmul(queries, part.T, out=scores[:, start : start + len(part)])
