"""Candidate lists from a database of descriptors: exact search with faiss, within a caliber and a brand."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import faiss
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .search import rank_of_first

_ADDED = 65_536  # rows given to faiss at a time
_SCORES = 16_000_000  # scores held at a time when ranks are counted


class Candidates(NamedTuple):
    """Rows of the database for each query, best first, and their scores.

    Attributes
    ----------
    rows : int64 (queries, k)
        Positions in the database as it was given; −1 where a caliber holds fewer than k cases.
    scores : float32 (queries, k)
        Inner products; −inf where there is no row.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]


class CaseIndex:
    """Descriptors of a case database, searched exactly.

    Cases are kept in the order of caliber and brand, so that a search within one caliber, or one brand of it,
    looks at one stretch of memory.

    Parameters
    ----------
    descriptors : float (cases, dimensions)
        Of length 1: inner products are cosines.
    calibers, brands, firearms : array (cases,)
        As registered.

    Raises
    ------
    DataError
        If lengths differ, there are no cases, or a descriptor is not finite.

    Examples
    --------
    >>> index = CaseIndex(np.eye(3), calibers=["9x19"] * 3, brands=["A", "B", "B"], firearms=[1, 2, 3])
    >>> index.candidates([[0.9, 0.5, 0.1]], calibers=["9x19"], k=2).rows
    array([[0, 1]])
    >>> index.candidates([[0.9, 0.5, 0.1]], calibers=["9x19"], k=2, promoted=["B"]).rows
    array([[1, 2]])
    """

    def __init__(
        self, descriptors: ArrayLike, *, calibers: ArrayLike, brands: ArrayLike, firearms: ArrayLike
    ) -> None:
        values = np.asarray(descriptors)
        columns = [np.asarray(column) for column in (calibers, brands, firearms)]
        if values.ndim != 2 or not len(values) or any(column.shape != (len(values),) for column in columns):
            shapes = ", ".join(str(column.shape) for column in (values, *columns))
            raise DataError(
                f"shapes {shapes}", where="CaseIndex", do="pass a descriptor and three names a case"
            )
        codes, names = zip(*(pd.factorize(column, sort=True) for column in columns), strict=True)
        self._calibers, self._brands, self._firearms = (
            {v: k for k, v in enumerate(n.tolist())} for n in names
        )
        caliber, brand, firearm = codes
        self._order = np.lexsort((brand, caliber))
        self._firearm = firearm[self._order]
        group = (caliber * len(self._brands) + brand)[self._order]
        self._group_ends = np.searchsorted(group, np.arange(len(self._calibers) * len(self._brands) + 1))
        self._index = faiss.IndexFlatIP(values.shape[1])
        for start in range(0, len(values), _ADDED):
            part = np.ascontiguousarray(values[self._order[start : start + _ADDED]], np.float32)
            if not np.isfinite(part).all():
                raise DataError("a descriptor is not finite", where="CaseIndex", do="leave that case out")
            self._index.add(part)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def bytes(self) -> int:
        """Memory the descriptors take."""
        return int(self._index.ntotal) * int(self._index.d) * 4

    def candidates(
        self, queries: ArrayLike, *, calibers: ArrayLike, k: int = 100, promoted: ArrayLike | None = None
    ) -> Candidates:
        """List the k best cases of each query's caliber, best first.

        Parameters
        ----------
        queries : float (queries, dimensions)
        calibers : array (queries,)
        k : int
        promoted : array (queries,), optional
            Brand whose cases come first, in the order of their scores, before all others in theirs; None or ""
            for queries whose order stays.

        Returns
        -------
        Candidates

        Raises
        ------
        DataError
            For a caliber the database does not hold, or queries of other dimensions.
        ParameterError
            If `k` is below 1.
        """
        if k < 1:
            raise ParameterError(f"k is {k}", where="candidates", do="ask for at least one")
        rows, scores = self._blank(len(np.asarray(queries)), k)
        for chosen, vectors, stretch, front in self._groups(queries, calibers, promoted):
            score, place = self._search(vectors, stretch, k)
            if front is not None:
                ahead_score, ahead = self._search(vectors, front, k)
                behind = (place >= front[0]) & (place < front[1])
                # The brand's own come first; of the rest those it holds are dropped, and all moves up.
                place = np.concatenate([ahead, np.where(behind, -1, place)], 1)
                score = np.concatenate([ahead_score, np.where(behind, -np.inf, score)], 1)
                keep = np.argsort(place < 0, axis=1, kind="stable")[:, :k]
                place = np.take_along_axis(place, keep, 1)
                score = np.take_along_axis(score, keep, 1)
            rows[chosen] = np.where(place < 0, -1, self._order[place])
            scores[chosen] = np.where(place < 0, -np.inf, score)
        return Candidates(rows, scores)

    def ranks(
        self,
        queries: ArrayLike,
        *,
        calibers: ArrayLike,
        firearms: ArrayLike,
        promoted: ArrayLike | None = None,
    ) -> NDArray[np.int64]:
        """Count the place of each query's first true case in its whole caliber, without sorting (`rank_of_first`).

        Parameters
        ----------
        queries, calibers, promoted
            As in `candidates`.
        firearms : array (queries,)
            The truth.

        Returns
        -------
        int64 (queries,)

        Raises
        ------
        DataError
            As `candidates`; or if a query's firearm has no case of its caliber in the database.
        """
        wanted = np.array([self._firearms.get(name, -1) for name in np.asarray(firearms).tolist()])
        cases = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self._index.d).reshape(-1, self._index.d)
        ranks = np.zeros(len(wanted), np.int64)
        for chosen, vectors, (low, high), front in self._groups(queries, calibers, promoted):
            step = max(1, _SCORES // (high - low))
            for start in range(0, len(chosen), step):
                some = chosen[start : start + step]
                scores = vectors[start : start + step] @ cases[low:high].T
                true = self._firearm[low:high] == wanted[some, None]
                first = None
                if front is not None:
                    first = np.zeros(scores.shape, bool)
                    first[:, front[0] - low : front[1] - low] = True
                ranks[some] = rank_of_first(scores, true, first=first)
        return ranks

    def _blank(self, queries: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32)

    def _search(
        self, vectors: NDArray[np.float32], stretch: tuple[int, int], k: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        within: Any = faiss.SearchParameters  # its stub does not know of what its wrapper takes
        selector = faiss.IDSelectorRange(*stretch)
        score, place = self._index.search(vectors, k, params=within(sel=selector))
        return score, place

    def _groups(
        self, queries: ArrayLike, calibers: ArrayLike, promoted: ArrayLike | None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32], tuple[int, int], tuple[int, int] | None]]:
        """Put together queries of one caliber and one brand in front: positions, vectors, the two stretches."""
        vectors = np.ascontiguousarray(queries, np.float32)
        names = np.asarray(calibers)
        if vectors.ndim != 2 or vectors.shape[1] != self._index.d or names.shape != (len(vectors),):
            raise DataError(
                f"queries of shape {vectors.shape}, {names.size} calibers; the database has {self._index.d} numbers",
                where="CaseIndex",
                do="pass descriptors of the same kind, and a caliber each",
            )
        unknown = sorted(set(names.tolist()) - self._calibers.keys())
        if unknown:
            known = ", ".join(map(str, self._calibers))
            raise DataError(
                f"no cases of caliber {', '.join(map(str, unknown))}",
                where="CaseIndex",
                do=f"search {known}, or add cases",
            )
        given = [None] * len(vectors) if promoted is None else np.asarray(promoted, object).tolist()
        fronts = np.array([self._brands.get(brand, -1) for brand in given])
        for caliber, brand in sorted(set(zip(names.tolist(), fronts.tolist(), strict=True))):
            chosen = np.flatnonzero((names == caliber) & (fronts == brand))
            group = self._calibers[caliber] * len(self._brands)
            ends = self._group_ends
            stretch = int(ends[group]), int(ends[group + len(self._brands)])
            front = (int(ends[group + brand]), int(ends[group + brand + 1])) if brand >= 0 else None
            yield chosen, vectors[chosen], stretch, front if front and front[0] < front[1] else None
