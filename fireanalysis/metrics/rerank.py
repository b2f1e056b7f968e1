"""Searches that look at their own results: query expansion and k-reciprocal re-ranking."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from fireanalysis.errors import DataError, ParameterError

from .retrieval import _codes, _measure
from .scores import check_lengths, checked_embeddings
from .search import TIES
from .top import top_k

_BLOCK = 1024
"""Rows, or pairs, that are compared at a time."""


def expand_queries(
    queries: ArrayLike, database: ArrayLike, *, top: int = 10, alpha: float = 3.0
) -> NDArray[np.float32]:
    """Replace each query by a mean of itself and what it finds first, to search again with (query expansion).

    Parameters
    ----------
    queries, database : float (q, d), (n, d)
        Embeddings of length 1.
    top : int
        So many of the first results are added, at most n.
    alpha : float
        Each result's weight is its cosine to the query to this power, 0 where the cosine is negative. At 0 all
        weigh as much as the query, whose weight is 1.

    Returns
    -------
    float32 (q, d)
        Of length 1.

    Raises
    ------
    DataError
        For embeddings of other dimensions, or not of length 1.
    ParameterError
        If `top` is not within 1 to n, or `alpha` is negative.

    Notes
    -----
    Source: not in the paper. Chum et al. 2007 (alpha 0: the mean); Radenović et al. 2019 (arXiv:1711.02512, alpha 3).
    Where the first results are wrong, the second search asks for more of the same.

    Examples
    --------
    >>> expand_queries([[1.0, 0.0]], [[0.6, 0.8], [0.0, 1.0]], top=1, alpha=0).round(3)
    array([[0.894, 0.447]], dtype=float32)
    """
    where = "expand_queries"
    asked, held = _checked(queries, database, where=where)
    if not 1 <= top <= len(held) or alpha < 0:
        what = f"top is {top} and alpha {alpha}, the database holds {len(held)}"
        raise ParameterError(what, where=where, do=f"pass top of 1 to {len(held)} and alpha of at least 0")
    rows = top_k(asked, held, k=top).rows
    weights = np.einsum("qd,qkd->qk", asked, held[rows]).clip(0) ** alpha
    mean = asked + np.einsum("qk,qkd->qd", weights, held[rows])
    lengths = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.asarray(mean / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def k_reciprocal(
    queries: ArrayLike, database: ArrayLike, *, k1: int = 20, k2: int = 6, weight: float = 0.3
) -> NDArray[np.float32]:
    """Measure how far queries are from a database by the neighbours they share (k-reciprocal re-ranking).

    Two embeddings are k-reciprocal neighbours if each is among the k nearest of the other. The new distance is
    (1 − `weight`) × the Jaccard distance of two such neighbourhoods + `weight` × the old distance.

    Parameters
    ----------
    queries, database : float (q, d), (n, d)
        Embeddings of length 1.
    k1 : int
        Neighbours that count, beside the embedding itself; 1 to q + n − 1. A number far above that of a class's
        pictures joins classes.
    k2 : int
        Each neighbourhood is the mean of those of its so many nearest (itself first); 1 to k1.
    weight : float
        Of the old distance, 0 to 1. At 1 nothing is re-ranked.

    Returns
    -------
    float32 (q, n)
        0 (near) to 1.

    Raises
    ------
    DataError
        As `expand_queries`.
    ParameterError
        If `k1`, `k2` or `weight` is out of range.

    Notes
    -----
    Source: not in the paper. Zhong et al. 2017 (arXiv:1701.08398) and their published code, which divides the squared
    Euclidean distances of each embedding by the largest of them. All queries stand among the neighbours, as there: a
    query that comes alone is to be passed alone, and may fare worse. Only neighbourhoods are kept, as sparse rows, so
    memory grows with (q + n) × k1 and q × n, not with the square of n.

    Examples
    --------
    >>> near, far = [1.0, 0.0], [0.0, 1.0]
    >>> k_reciprocal([near], [near, far, far], k1=1, k2=1).round(2).tolist()
    [[0.0, 1.0, 1.0]]
    """
    where = "k_reciprocal"
    asked, held = _checked(queries, database, where=where)
    everything = np.concatenate([asked, held])
    if not 1 <= k2 <= k1 < len(everything) or not 0 <= weight <= 1:
        what = f"k1 is {k1}, k2 {k2} and weight {weight}, for {len(everything)} embeddings"
        allowed = f"1 <= k2 <= k1 <= {len(everything) - 1} and a weight of 0 to 1"
        raise ParameterError(what, where=where, do=f"pass {allowed}")
    near = top_k(everything, everything, k=k1 + 1).rows
    farthest = _farthest(everything)
    neighbours = _neighbourhoods(near, k1=k1)
    kernel = _kernel(neighbours, everything, farthest)
    kernel = sparse.csr_matrix(_adjacency(near[:, :k2]) @ kernel / k2)
    old = (2 - 2 * asked @ held.T).clip(0) / farthest[: len(asked), None]
    shared = _shared(kernel[: len(asked)], sparse.csc_matrix(kernel[len(asked) :]))
    return np.asarray((1 - weight) * (1 - shared / (2 - shared)) + weight * old, np.float32)


def distance_table(
    distances: ArrayLike, query_labels: ArrayLike, labels: ArrayLike, *, ties: str = "last"
) -> pd.DataFrame:
    """Measure a search by its distances, as `retrieval_table` does by embeddings: for searches that re-rank.

    Parameters
    ----------
    distances : float (q, n)
        Smaller is more alike.
    query_labels, labels : array (q,), (n,)
        Classes.
    ties : {"last", "first"}
        As in `retrieval_table`.

    Returns
    -------
    DataFrame
        As `retrieval_table`.

    Raises
    ------
    DataError
        If there is not one class a row and column, or a distance is not finite.
    ParameterError
        For another rule for ties.

    Examples
    --------
    >>> distance_table([[0.3, 0.1, 0.2]], ["a"], ["a", "b", "a"])[["positives", "ap_step", "first_rank"]].round(3)
       positives  ap_step  first_rank
    0          2    0.583         2.0
    """
    where = "distance_table"
    if ties not in TIES:
        raise ParameterError(f"ties is {ties!r}", where=where, do=f"pass one of {', '.join(TIES)}")
    values = np.asarray(distances, np.float32)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        what = (
            f"distances of shape {values.shape}, {np.count_nonzero(~np.isfinite(values))} of them not finite"
        )
        raise DataError(what, where=where, do="pass queries × pictures, finite")
    wanted, codes = _codes(query_labels, labels, asked=values.shape[0], held=values.shape[1])
    rows = [
        _measure(-row, np.flatnonzero(codes == code), ties=ties)
        for row, code in zip(values, wanted, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["positives", "ap_trapezoid", "ap_step", "first_rank"])
    table.insert(0, "class", np.asarray(query_labels))
    return table


def _neighbourhoods(near: NDArray[np.int64], *, k1: int) -> sparse.csr_matrix:
    """Which embeddings are k1-reciprocal, and those that two thirds of a member's own circle vouch for."""
    reciprocal, circles = (_mutual(near[:, : k + 1]) for k in (k1, int(np.around(k1 / 2))))
    common = (reciprocal @ circles.T).multiply(reciprocal).tocsr()  # of i's neighbourhood and j's circle
    sizes = circles.getnnz(axis=1)
    common.data = (common.data > 2 / 3 * sizes[common.indices]).astype(np.float32)
    return sparse.csr_matrix(reciprocal + common @ circles)


def _kernel(
    neighbours: sparse.csr_matrix, everything: NDArray[np.float32], farthest: NDArray[np.float32]
) -> sparse.csr_matrix:
    """Weights of each neighbourhood's members, exp(−distance), that add up to 1."""
    neighbours.eliminate_zeros()
    rows = np.repeat(np.arange(len(everything)), neighbours.getnnz(axis=1))
    cosine = np.concatenate(
        [
            np.einsum("id,id->i", everything[i], everything[j])
            for i, j in zip(_blocks(rows), _blocks(neighbours.indices), strict=True)
        ]
    )
    weights = np.exp(-(2 - 2 * cosine).clip(0) / farthest[rows])
    sums = np.bincount(rows, weights, minlength=len(everything))
    return sparse.csr_matrix((weights / sums[rows], neighbours.indices, neighbours.indptr), neighbours.shape)


def _shared(asked: sparse.csr_matrix, held: sparse.csc_matrix) -> NDArray[np.float64]:
    """Sum the smaller of two neighbourhoods' weights, for each query (rows of `asked`) and row of `held`."""
    sums = np.zeros((asked.shape[0], held.shape[0]))
    for query in range(asked.shape[0]):
        of_query = asked[query]
        columns = held[:, of_query.indices]
        smaller = np.minimum(columns.data, np.repeat(of_query.data, np.diff(columns.indptr)))
        sums[query] = np.bincount(columns.indices, smaller, minlength=held.shape[0])
    return sums


def _mutual(near: NDArray[np.int64]) -> sparse.csr_matrix:
    """Keep those neighbours that count the other among theirs too."""
    graph = _adjacency(near)
    return sparse.csr_matrix(graph.multiply(graph.T))


def _adjacency(near: NDArray[np.int64]) -> sparse.csr_matrix:
    count, k = near.shape
    ends = np.arange(0, count * k + 1, k)
    return sparse.csr_matrix((np.ones(near.size, np.float32), near.ravel(), ends), (count, count))


def _farthest(everything: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest squared distance of each embedding to any other."""
    lowest = np.concatenate([(part @ everything.T).min(axis=1) for part in _blocks(everything)])
    return np.asarray(np.maximum(2 - 2 * lowest, np.finfo(np.float32).tiny), np.float32)


def _blocks(rows: NDArray) -> list[NDArray]:
    return [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]


def _checked(
    queries: ArrayLike, database: ArrayLike, *, where: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    asked, rows = checked_embeddings(queries, database, where=where)
    held = np.asarray(rows, np.float32)
    check_lengths(held, where=f"{where}, database")
    return asked, held
