"""A searchable index of embeddings in a folder: kept by faiss, searched exactly, changed by id."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import Top, top_k

from .index_files import Parts, holds_index, read_index, stored_ids, write_index

_SAMPLE, _K = 200, 10  # queries and their nearest, to measure what an approximate search misses
_A_LIST = 40  # embeddings for each list of an approximate index


class PictureIndex:
    """Embeddings of one network under ids, in a folder of files.

    `create` a new one, or `open` one that was saved. Changes are in memory until `save`, which writes all or nothing:
    a run that is killed leaves what was saved last.

    Attributes
    ----------
    folder : Path
    network : dict
        What the embeddings were made by; plain values.
    facts : DataFrame
        One row an embedding, by id: whatever was given to `add`.
    about : dict
        Plain values, kept with it.

    Examples
    --------
    >>> import tempfile
    >>> index = PictureIndex.create(tempfile.mkdtemp(), dimensions=2, network={"network": "toy"})
    >>> index.add([7, 8, 9], [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    >>> index.remove([7])
    >>> index.search([[1.0, 0.0]], k=1).rows
    array([[8]])
    """

    def __init__(self, folder: Path, flat: Any, *, network: Mapping[str, Any], facts: pd.DataFrame) -> None:
        self.folder, self._faiss, self.network, self.facts = folder, flat, dict(network), facts
        self.about: dict[str, Any] = {}
        self._approximate: Any = None
        self._saved = 0

    @classmethod
    def create(
        cls, folder: str | os.PathLike[str], *, dimensions: int, network: Mapping[str, Any]
    ) -> PictureIndex:
        """Begin an empty index; nothing is written before `save`.

        Raises
        ------
        DataError
            If the folder holds an index.
        ParameterError
            If `dimensions` is below 1.
        """
        if holds_index(folder):
            raise DataError("there is an index", where=folder, do="open it, or choose another folder")
        if dimensions < 1:
            what = f"dimensions is {dimensions}"
            raise ParameterError(what, where="PictureIndex", do="pass the network's dimensions")
        facts = pd.DataFrame(index=pd.Index([], dtype=np.int64, name="id"))
        return cls(
            Path(folder), faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions)), network=network, facts=facts
        )

    @classmethod
    def open(
        cls, folder: str | os.PathLike[str], *, network: Mapping[str, Any] | None = None
    ) -> PictureIndex:
        """Open an index that was saved.

        Parameters
        ----------
        folder : path
        network : mapping, optional
            What queries will be embedded by: must be what the index was made by.

        Raises
        ------
        DataError
            If there is no index or it is damaged; or if it was made by another network.
        """
        parts = read_index(folder)
        index = cls(Path(folder), parts.embeddings, network=parts.head["network"], facts=parts.facts)
        index.about, index._saved = parts.head["about"], parts.head["saved"]
        index._approximate = parts.approximate
        if network is not None:
            index.check_network(network)
        return index

    def check_network(self, network: Mapping[str, Any]) -> None:
        """Make sure that the index was made by a network: descriptors of two are not to be compared.

        Raises
        ------
        DataError
        """
        other = [
            f"{name} {of_index!r} (here {network.get(name)!r})"
            for name, of_index in self.network.items()
            if network.get(name) != of_index
        ]
        if other:
            raise DataError(
                f"the index was made by another network: {', '.join(other)}",
                where=self.folder,
                do="search it with that network, or make a new index with this one in another folder",
            )

    def __len__(self) -> int:
        return int(self._faiss.ntotal)

    @property
    def dimensions(self) -> int:
        """Numbers an embedding has."""
        return int(self._faiss.d)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids in the order in which they were added."""
        return stored_ids(self._faiss)

    @property
    def _embeddings(self) -> NDArray[np.float32]:
        # Memory of faiss: gone as soon as the index changes, so it is not handed out.
        flat: Any = faiss.downcast_index(self._faiss.index)
        return faiss.rev_swig_ptr(flat.get_xb(), len(self) * self.dimensions).reshape(len(self), -1)

    def embeddings_of(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Give the embeddings of ids that are there, float32 (n, d)."""
        places = pd.Index(self.ids).get_indexer(pd.Index(np.asarray(ids, np.int64)))
        return np.asarray(self._embeddings[places])

    def add(self, ids: ArrayLike, embeddings: ArrayLike, *, facts: pd.DataFrame | None = None) -> None:
        """Add embeddings under ids that are not taken.

        Parameters
        ----------
        ids : int (n,)
            From 0.
        embeddings : float (n, d)
            Of length 1.
        facts : DataFrame, optional
            What to keep of each, one row each in this order; the same columns in every call.

        Raises
        ------
        DataError
            If lengths or dimensions differ, an embedding is not finite, or an id is taken, negative or given twice.
        """
        numbers, values = np.asarray(ids, np.int64), np.ascontiguousarray(embeddings, np.float32)
        if values.ndim != 2 or numbers.shape != values.shape[:1] or values.shape[1] != self.dimensions:
            raise DataError(
                f"{numbers.size} ids, embeddings of shape {values.shape}; the index has {self.dimensions} dimensions",
                where=self.folder,
                do="embed with the network of the index",
            )
        if not np.isfinite(values).all():
            raise DataError("an embedding is not finite", where=self.folder, do="leave that picture out")
        taken = numbers[np.isin(numbers, self.ids) | (numbers < 0)]
        if len(taken) or len(np.unique(numbers)) != len(numbers):
            what = (
                f"ids are taken, negative or given twice: {(taken if len(taken) else numbers)[:5].tolist()}"
            )
            raise DataError(what, where=self.folder, do="remove them first, or pass others")
        self._faiss.add_with_ids(values, numbers)
        rows = pd.DataFrame(index=range(len(numbers))) if facts is None else facts
        rows = rows.set_axis(pd.Index(numbers, name="id"))
        self.facts = pd.concat([self.facts, rows]) if len(self.facts) else rows
        self._approximate = None

    def remove(self, ids: ArrayLike) -> None:
        """Remove embeddings by their ids.

        Raises
        ------
        DataError
            If an id is not there.
        """
        numbers = np.unique(np.asarray(ids, np.int64))
        missing = numbers[~np.isin(numbers, self.ids)]
        if len(missing):
            what = f"ids are not in the index: {missing[:5].tolist()}"
            raise DataError(what, where=self.folder, do="look at `ids`")
        self._faiss.remove_ids(numbers)
        self.facts = self.facts.drop(index=numbers.tolist())
        self._approximate = None

    def search(self, queries: ArrayLike, *, k: int, approximate: bool = False) -> Top:
        """Find the ids nearest to each query, best first.

        Parameters
        ----------
        queries : float (q, d)
            Of length 1.
        k : int
            Of a smaller index all are given.
        approximate : bool
            Look only at a part of the index (`build_approximate`); its last places may be empty: id −1, score −inf.

        Returns
        -------
        Top
            `rows` are ids. Exact, and equal scores in the order of `ids`, unless approximate.

        Raises
        ------
        DataError
            If the index is empty, or queries are of other dimensions or not of length 1.
        ParameterError
            If `k` is below 1, or there is no approximate index.
        """
        if not len(self):
            raise DataError("the index is empty", where=self.folder, do="add pictures first")
        values = np.ascontiguousarray(queries, np.float32)
        if values.ndim != 2 or values.shape[1] != self.dimensions:
            raise DataError(
                f"queries of shape {values.shape}; the index has {self.dimensions} dimensions",
                where=self.folder,
                do="embed with the network of the index",
            )
        if not approximate:
            found = top_k(values, self._embeddings, k=k)
            return Top(found.scores, self.ids[found.rows])
        if self._approximate is None:
            do = "call build_approximate, or search exactly"
            raise ParameterError("the index has no approximate part", where=self.folder, do=do)
        if k < 1:
            raise ParameterError(f"k is {k}", where=self.folder, do="ask for at least one")
        scores, rows = self._approximate.search(values, min(k, len(self)))
        return Top(np.where(rows < 0, -np.inf, scores).astype(np.float32), rows)

    def build_approximate(self, *, recall: float = 0.95, seed: int = 0) -> dict[str, float]:
        """Build a part for approximate search: embeddings in lists by their nearest centre, few of which are searched.

        It is dropped when embeddings are added or removed.

        Parameters
        ----------
        recall : float
            Share of the ten nearest that it should find. So many lists are searched that it does on a sample of the
            index's own embeddings, each searching for others.
        seed : int
            Of the sample.

        Returns
        -------
        dict of str to float
            "lists", "searched" of them for a query, and the "recall" that was measured; also in `about`.

        Raises
        ------
        DataError
            If there are fewer than two embeddings.
        ParameterError
            If `recall` is not above 0 and at most 1.
        """
        if len(self) < 2:
            raise DataError(f"{len(self)} embeddings", where=self.folder, do="add pictures first")
        if not 0 < recall <= 1:
            raise ParameterError(f"recall is {recall}", where="build_approximate", do="pass 0.95")
        lists = max(1, min(4 * math.isqrt(len(self)), len(self) // _A_LIST))
        inverted = faiss.IndexIVFFlat(
            faiss.IndexFlatIP(self.dimensions), self.dimensions, lists, faiss.METRIC_INNER_PRODUCT
        )
        inverted.cp.min_points_per_centroid = 1  # or faiss itself writes a warning
        inverted.train(self._embeddings)
        inverted.add_with_ids(self._embeddings, self.ids)
        chosen = np.random.default_rng(seed).permutation(len(self))[:_SAMPLE]
        queries, own = self._embeddings[chosen], self.ids[chosen]
        exact = self.search(queries, k=_K + 1).rows
        for searched in [*(2**step for step in range(lists.bit_length()) if 2**step < lists), lists]:
            inverted.nprobe = searched
            found = inverted.search(queries, exact.shape[1])[1]
            measured = _recall(found, exact, own)
            if measured >= recall:
                break
        self._approximate = inverted
        self.about["approximate"] = {"lists": lists, "searched": searched, "recall": measured}
        return self.about["approximate"]

    def save(self) -> None:
        """Write the index, whole or not at all.

        Raises
        ------
        RunError
            If it cannot be written.
        """
        if self._approximate is None:
            self.about.pop("approximate", None)
        head = {"saved": self._saved + 1, "network": self.network, "about": self.about}
        write_index(self.folder, Parts(head, self._faiss, self.facts, self._approximate))
        self._saved += 1


def _recall(found: NDArray[np.int64], exact: NDArray[np.int64], own: NDArray[np.int64]) -> float:
    """Share of the exact ones, without the queries themselves, that were found."""
    wanted = exact != own[:, None]
    there = (exact[:, :, None] == found[:, None, :]).any(axis=2)
    return float(there[wanted].mean())
