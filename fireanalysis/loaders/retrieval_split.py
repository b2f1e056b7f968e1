"""Parts with disjoint classes, and the queries of each: what a retrieval experiment is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .dataset import DataSet, Sample, check_parts, split
from .layout import some

PAPER_FRACTIONS = {"train": 107 / 167, "validation": 20 / 167, "test": 40 / 167}
"""Shares of the paper's classes (Table II)."""


def split_classes(
    data: DataSet[Sample],
    *,
    fractions: Mapping[str, float] = PAPER_FRACTIONS,
    queries: int = 2,
    seed: int = 0,
) -> dict[str, DataSet[Sample]]:
    """Split into parts that share neither class nor photograph, and draw queries in all but the first.

    Parameters
    ----------
    data : DataSet
        From `load_retrieval`. Where it knows its split, and the parts share no class, that split is used.
    fractions : mapping of str to float
        Share of the classes for each part; above 0, sum 1. The first is for training.
    queries : int
        Queries a class, as far as its photographs suffice: one always stays in the database.
    seed : int
        Same seed, same split and queries.

    Returns
    -------
    dict of str to DataSet
        In the order of `fractions`. All but the first have the bool column "query"; where the data set knows its
        queries they are those. A query and a database picture never share a photograph ("source_picture"): copies
        of a query are left out of the database, and pictures of which a later part has a copy out of the earlier
        one. The notes count what was left out, and name classes without a query.

    Raises
    ------
    ParameterError
        For fractions that are not above 0 or do not add up to 1, or fewer than one query.
    DataError
        With fewer classes than parts, or if a part is left without pictures or queries.

    Notes
    -----
    Source: retrieval paper, §III-C and Table II.

    Examples
    --------
    >>> table = pd.DataFrame({"class": list("aaaabbbbccccdddd"), "source_picture": range(16)})
    >>> data = DataSet(table, list, label="class", group="source_picture", source="real", name="toy")
    >>> parts = split_classes(data, fractions={"train": 0.5, "test": 0.5})
    >>> {name: sorted(set(part.labels)) for name, part in parts.items()}, sum(parts["test"].table["query"])
    ({'train': ['a', 'c'], 'test': ['b', 'd']}, 4)
    """
    queries = whole(queries, name="queries", where="split_classes", least=1, most=2**15)
    parts = _without_copies(_of_classes(data, fractions, seed=seed))
    first, *others = parts
    training = parts[first]
    parts[first] = replace(training, table=training.table.drop(columns="query", errors="ignore"))
    for number, name in enumerate(others):
        parts[name] = _with_queries(parts[name], queries, seed=[seed, number])
    check_parts(parts)
    return parts


def query_and_database(part: DataSet[Sample]) -> tuple[DataSet[Sample], DataSet[Sample]]:
    """Take a part of `split_classes` apart into its queries and the database they are looked for in.

    Raises
    ------
    DataError
        If it knows no queries, or nothing else.

    Examples
    --------
    >>> table = pd.DataFrame({"class": list("aabb"), "picture": range(4), "query": [True, False] * 2})
    >>> data = DataSet(table, list, label="class", group="picture", source="real", name="toy")
    >>> [list(found.table["picture"]) for found in query_and_database(data)]
    [[0, 2], [1, 3]]
    """
    if "query" not in part.table:
        what = f"no column 'query'; there are {', '.join(map(str, part.table.columns))}"
        raise DataError(what, where=part.name, do="split_classes draws queries in all parts but the first")
    asks = part.table["query"].to_numpy(bool)
    if asks.all() or not asks.any():
        what = f"{asks.sum()} of {len(part)} pictures are queries"
        raise DataError(what, where=part.name, do="give it classes with two photographs or more")
    return (
        replace(part.subset(asks), name=f"{part.name}, queries"),
        replace(part.subset(~asks), name=f"{part.name}, database"),
    )


def _of_classes(
    data: DataSet[Sample], fractions: Mapping[str, float], *, seed: int
) -> dict[str, DataSet[Sample]]:
    """Split by class, or as the data set says."""
    notes = data.notes
    if "split" in data.table:
        known = data.table.groupby(data.label)["split"].nunique()
        shared = sorted(map(str, known.index[known > 1]))
        missing = [name for name in fractions if not data.table["split"].eq(name).any()]
        if not shared and not missing:
            of_row = data.table["split"]
            return {
                name: replace(data.subset(np.flatnonzero(of_row == name)), name=f"{data.name}, {name}")
                for name in fractions
            }
        why = f"its parts share the classes {some(shared)}" if shared else f"it has no {' or '.join(missing)}"
        notes += (f"the known split is not used: {why}",)
    by_class = replace(data, group=data.label, notes=notes)
    parts = split(by_class, fractions, seed=seed)
    return {name: replace(part, group=data.group) for name, part in parts.items()}


def _without_copies(parts: dict[str, DataSet[Sample]]) -> dict[str, DataSet[Sample]]:
    """Leave pictures out of which a later part has a copy."""
    later = set[object]()
    for name in reversed(list(parts)):
        part = parts[name]
        copied = part.table[part.group].isin(later).to_numpy()
        later |= set(part.groups)
        if copied.any():
            note = f"{copied.sum()} pictures left out: another part has a copy of them"
            parts[name] = replace(_subset(part, ~copied), notes=(*part.notes, note))
    return parts


def _with_queries(part: DataSet[Sample], queries: int, *, seed: list[int]) -> DataSet[Sample]:
    table, notes = part.table, part.notes
    if "query" in table and table["query"].any():
        asks = table["query"].to_numpy(bool)
    else:
        asks = _drawn(part, queries, rng=np.random.default_rng(seed))
    if not asks.any():
        what = f"no class has two photographs ({part.group})"
        raise DataError(what, where=part.name, do="add pictures: one is asked with, another is to be found")
    copies = ~asks & np.isin(part.groups, part.groups[asks])
    if copies.any():
        notes += (f"{copies.sum()} copies of queries left out of the database",)
    part = _subset(replace(part, table=table.assign(query=asks)), ~copies)
    asks, labels = part.table["query"].to_numpy(bool), part.labels
    silent = sorted(set(labels) - set(labels[asks]), key=str)
    absent = np.unique(labels[asks & ~np.isin(labels, labels[~asks])])
    if silent:
        notes += (f"{len(silent)} classes without a query, in the database only: {some(silent)}",)
    if len(absent):
        notes += (f"{len(absent)} classes of queries are not in the database: {some(absent)}",)
    return replace(part, notes=notes)


def _drawn(part: DataSet[Sample], queries: int, *, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw queries of different photographs in each class, leaving at least one photograph."""
    asks = np.zeros(len(part), bool)
    shuffled = pd.DataFrame({"class": part.labels, "photograph": part.groups}).sample(
        frac=1, random_state=rng
    )
    for _, rows in shuffled.drop_duplicates().groupby("class", sort=True):
        asks[rows.index[: min(queries, len(rows) - 1)]] = True
    return asks


def _subset(part: DataSet[Sample], keep: NDArray[np.bool_]) -> DataSet[Sample]:
    if not keep.any():
        what = f"all {len(part)} pictures are copies of queries or of pictures of other parts"
        raise DataError(what, where=part.name, do=f"look at its {part.group}; add other pictures")
    return part.subset(keep)
