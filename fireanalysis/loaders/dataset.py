"""A data set: a table with a label and a group per sample, and a way to read samples when they are used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import whole

from .layout import some
from .store import digest

Sample = TypeVar("Sample")
_WAYS = 200  # of dealing a label's groups, of which the best is taken


@dataclass(frozen=True, eq=False, repr=False)
class DataSet(Generic[Sample]):
    """One row per sample with its label and group; the samples themselves are read when they are asked for.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per sample.
    read : callable
        Takes some rows of the table, gives their samples in the same order. A module-level function (or a
        partial of one), so that worker processes can use it.
    label, group : str
        Columns of the table: what is to be told apart, and what must stay on one side of a split (firearm,
        recording session, source picture).
    source : {"simulated", "real"}
        Where the samples come from; every figure and record made from them says so.
    name : str
        For titles and records.
    notes : tuple of str, optional
        What a reader of the results should know: folders passed over, groups inferred from file names, ...

    Raises
    ------
    DataError
        For an empty table, a missing column, or rows without label or group.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": ["A", "A", "B"], "firearm": ["a1", "a2", "b1"]})
    >>> columns = {"label": "brand", "group": "firearm"}
    >>> data = DataSet(table, lambda rows: rows.index, **columns, source="real", name="toy")
    >>> data
    DataSet 'toy' (real): 3 samples, 2 brand, 3 firearm
    >>> data[2], [sample for sample in data.samples(batch_size=2)]
    (2, [0, 1, 2])
    >>> list(data.subset([0, 2]).labels)
    ['A', 'B']
    """

    table: pd.DataFrame
    read: Callable[[pd.DataFrame], Iterable[Sample]]
    label: str
    group: str
    source: Literal["simulated", "real"]
    name: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.table.empty:
            raise DataError("the data set has no samples", where=self.name, do="choose more rows or files")
        for column in (self.label, self.group):
            if column not in self.table:
                found = ", ".join(map(str, self.table.columns))
                raise DataError(f"no column {column!r}; there are {found}", where=self.name, do="add it")
            empty = np.flatnonzero(self.table[column].isna() | self.table[column].eq(""))
            if empty.size:
                raise DataError(
                    f"{empty.size} of {len(self.table)} rows have no {column} (row {some(empty)})",
                    where=self.name,
                    do=f"give every row its {column}, or leave the row out",
                )

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.table[column].nunique()} {column}" for column in (self.label, self.group))
        return f"DataSet {self.name!r} ({self.source}): {len(self)} samples, {counts}"

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, row: int) -> Sample:
        """Read the sample of one row."""
        return next(iter(self.read(self.table.iloc[[row]])))

    @property
    def labels(self) -> NDArray[Any]:
        """Label of every row."""
        return self.table[self.label].to_numpy()

    @property
    def groups(self) -> NDArray[Any]:
        """Group of every row."""
        return self.table[self.group].to_numpy()

    def samples(self, *, batch_size: int = 64) -> Iterator[Sample]:
        """Read one sample after the other; at most `batch_size` of them are made at a time."""
        if batch_size < 1:
            what = f"batch_size is {batch_size}; it must be at least 1"
            raise ParameterError(what, where=f"samples of {self.name}", do="pass for example 64")
        for start in range(0, len(self), batch_size):
            yield from self.read(self.table.iloc[start : start + batch_size])

    def fingerprint(self) -> str:
        """Name the data set by what decides its samples: rows, columns, how they are read, and the files' state.

        Its own name and notes do not count. Files are told by size and time of change, not by content.
        """
        hashes = pd.util.hash_pandas_object(self.table, index=False).to_numpy()
        made_of = [self.label, self.group, self.source, *self.table.columns, described(self.read)]
        root = getattr(self.read, "keywords", {}).get("root")
        if root is not None and "file" in self.table:
            made_of.append(digest([file_state(root / file) for file in self.table["file"]]))
        return digest([*made_of, hashlib.sha256(hashes.tobytes()).hexdigest()])

    def subset(self, rows: ArrayLike) -> DataSet[Sample]:
        """Keep some rows, given by position or as one bool per row."""
        chosen = np.asarray(rows)
        if chosen.dtype == bool and chosen.shape == (len(self),):
            chosen = np.flatnonzero(chosen)
        if chosen.dtype.kind not in "iu" or np.any((chosen < 0) | (chosen >= len(self))):
            raise ParameterError(
                f"rows must be positions from 0 to {len(self) - 1} or {len(self)} bools",
                where=f"subset of {self.name}",
                do="take them from this data set's own table",
            )
        return replace(self, table=self.table.iloc[chosen].reset_index(drop=True))


def described(read: Callable[..., Any]) -> str:
    """Say what a reading function does: its name, and the settings of a partial."""
    if isinstance(read, partial):
        settings = [*enumerate(read.args), *sorted(read.keywords.items())]
        return f"{described(read.func)} {[(name, _settled(value)) for name, value in settings]}"
    return f"{read.__module__}.{read.__qualname__}"


def file_state(path: Path) -> tuple[int, int] | None:
    """Size and time of change of a file; None if it is gone."""
    try:
        stat = path.stat()
    except OSError:
        return None  # reading it will say what is wrong
    return stat.st_size, stat.st_mtime_ns


def _settled(value: Any) -> Any:
    # An entry of a store is named by its content; where the store lies does not matter.
    if isinstance(value, partial) or hasattr(value, "__qualname__"):
        return described(value)
    return value.name if isinstance(value, Path) else value


def split(
    data: DataSet[Sample],
    fractions: Mapping[str, float],
    *,
    seed: int,
    leaky: bool = False,
    least_labels: int = 1,
    each_label: bool = False,
) -> dict[str, DataSet[Sample]]:
    """Split into parts that share no group, each label spread over the parts as evenly as its groups allow.

    Groups are shuffled, sorted by label and dealt out in proportion, so each part has its exact share of the
    groups and every label's groups are spread to within one. (Of scikit-learn's splitters GroupShuffleSplit
    does not look at labels, so a brand with few firearms may drop out of the test part, and
    StratifiedGroupKFold makes equal folds only.)

    Parameters
    ----------
    data : DataSet
        What to split.
    fractions : mapping of str to float
        Share of the groups for each part; above 0, sum 1.
    seed : int
        Same seed, same split.
    leaky : bool, optional
        Split by sample instead: samples of one firearm fall on both sides. Only to repeat what a paper did;
        the parts carry a note that counts the shared groups.
    least_labels : int, optional
        So many labels there must be; a classifier needs 2.
    each_label : bool, optional
        Deal label by label: each has a group in every part as long as its groups suffice, the first part coming
        first and the last second; of the ways to deal, one whose numbers of samples come near the shares. For
        few groups of uneven size; the notes name the labels that a part lacks.

    Returns
    -------
    dict of str to DataSet
        In the order of `fractions`; rows keep their order.

    Raises
    ------
    ParameterError
        For fractions that are not above 0 or do not add up to 1.
    DataError
        With fewer groups than parts, or fewer labels than are needed.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": list("AAAABBBB"), "firearm": [1, 1, 2, 2, 3, 3, 4, 4]})
    >>> columns = {"label": "brand", "group": "firearm"}
    >>> data = DataSet(table, lambda rows: rows.index, **columns, source="real", name="toy")
    >>> parts = split(data, {"train": 0.5, "test": 0.5}, seed=0)
    >>> {name: list(part.labels) for name, part in parts.items()}
    {'train': ['A', 'A', 'B', 'B'], 'test': ['A', 'A', 'B', 'B']}
    """
    shares = _shares(fractions, where="split")
    unit = np.arange(len(data)) if leaky else data.groups
    pairs = pd.DataFrame({"unit": unit, "label": data.labels}).value_counts().reset_index()
    # A group with several labels (a wrong one among them) goes by its most frequent label.
    pairs = pairs.sort_values(["count", "label", "unit"], ascending=[False, True, True])
    pairs = pairs.drop_duplicates("unit")
    if pairs["label"].nunique() < least_labels:
        raise DataError(
            f"{pairs['label'].nunique()} {data.label} ({some(pairs['label'].unique())}); {least_labels} are needed",
            where=data.name,
            do=f"add samples of another {data.label}, or name them in a manifest.csv",
        )
    if len(pairs) < len(shares):
        kind = "samples" if leaky else f"groups ({data.group})"
        raise DataError(
            f"{len(pairs)} {kind} cannot fill {len(shares)} parts",
            where=data.name,
            do="add data or ask for fewer parts",
        )
    rng = np.random.default_rng(seed)
    pairs = pairs.sample(frac=1, random_state=rng).sort_values("label", kind="stable")
    if each_label:
        samples = pd.Series(unit).value_counts().loc[pairs["unit"]].to_numpy()
        places = pairs.groupby("label", sort=False).indices.values()
        dealt = np.empty(len(pairs), int)
        for of_label in places:
            dealt[of_label] = _deal_label(samples[of_label], shares, rng=rng)
    else:
        dealt = _deal(len(pairs), shares, rng=rng)
    part_of = pd.Series(dealt, index=pairs["unit"])
    part_of_row = pd.Series(unit).map(part_of).to_numpy()
    parts = {
        name: replace(data.subset(part_of_row == number), name=f"{data.name}, {name}")
        for number, name in enumerate(fractions)
    }
    if leaky:
        return _with_leak_noted(data, parts)
    check_parts(parts)
    return _with_missing_noted(data, parts) if each_label else parts


def split_crossed(
    data: DataSet[Sample],
    fractions: Mapping[str, float],
    *,
    columns: tuple[str, str] = ("firearm", "background"),
    seed: int,
) -> dict[str, DataSet[Sample]]:
    """Split so that no two parts share anything in either of two columns.

    The values of each column are dealt out by themselves; samples whose two values fall in different parts belong to
    none and are left out: of 70, 15 and 15 % about 47 %. Samples without a value ("" or missing) in a column, such
    as pictures without a firearm, go by the other.

    Parameters
    ----------
    data : DataSet
    fractions : mapping of str to float
        Share of each column's values for each part; above 0, sum 1.
    columns : (str, str)
        One that the data set lacks is passed over: the split is then by the other.
    seed : int

    Returns
    -------
    dict of str to DataSet
        In the order of `fractions`; the notes count what was left out.

    Raises
    ------
    ParameterError
        For fractions that are not above 0 or do not add up to 1.
    DataError
        With neither column, with fewer values than parts, or if a part is left empty.

    Examples
    --------
    >>> table = pd.DataFrame({"type": "rifle", "firearm": [1, 1, 2, 2], "background": list("abab")})
    >>> data = DataSet(table, list, label="type", group="background", source="real", name="toy")
    >>> {name: len(part) for name, part in split_crossed(data, {"train": 0.5, "test": 0.5}, seed=0).items()}
    {'train': 1, 'test': 1}
    """
    shares = _shares(fractions, where="split_crossed")
    there = [column for column in columns if column in data.table]
    if not there:
        what = f"no column {' or '.join(columns)}; there are {', '.join(data.table.columns)}"
        raise DataError(what, where=data.name, do="add one to the manifest, or use loaders.split")
    rng = np.random.default_rng(seed)
    of_columns = np.array([_parts_of(data, column, shares, rng=rng) for column in there])
    known = of_columns.max(0)  # -1 where a column is empty
    agreed = ((of_columns == known) | (of_columns < 0)).all(0) & (known >= 0)
    left_out = len(data) - int(agreed.sum())
    note = f"{left_out} of {len(data)} samples left out: their {' and '.join(there)} are of different parts"
    parts = {}
    for number, name in enumerate(fractions):
        rows = np.flatnonzero(agreed & (known == number))
        if not len(rows):
            what = f"no sample has both its {' and '.join(there)} in the part {name!r}"
            raise DataError(what, where=data.name, do="add data, or split by one column (loaders.split)")
        notes = (*data.notes, note) if left_out else data.notes
        parts[name] = replace(data.subset(rows), name=f"{data.name}, {name}", notes=notes)
    return parts


def draw(data: DataSet[Sample], count: int, *, seed: int) -> DataSet[Sample]:
    """Draw some samples at random, in the order of the data set; all of them if there are no more.

    Raises
    ------
    ParameterError
        If `count` is no whole number of at least 1.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": list("AABB"), "firearm": range(4)})
    >>> data = DataSet(table, list, label="brand", group="firearm", source="real", name="toy")
    >>> len(draw(data, 3, seed=0)), len(draw(data, 9, seed=0))
    (3, 4)
    """
    count = whole(count, name="count", where=f"draw from {data.name}", least=1, most=2**31 - 1)
    chosen = np.random.default_rng(seed).permutation(len(data))[:count]
    return data.subset(np.sort(chosen))


def _parts_of(
    data: DataSet[Sample], column: str, shares: NDArray[np.float64], *, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Part of each row by one column; -1 where it is empty."""
    codes, values = pd.factorize(data.table[column].replace("", np.nan), sort=True)
    if len(values) < len(shares):
        what = f"{len(values)} {column} cannot fill {len(shares)} parts"
        raise DataError(what, where=data.name, do="add data or ask for fewer parts")
    dealt = _deal(len(values), shares, rng=rng)[rng.permutation(len(values))]
    return np.where(codes < 0, -1, dealt[codes])


def _shares(fractions: Mapping[str, float], *, where: str) -> NDArray[np.float64]:
    shares = np.array([*fractions.values()], dtype=float)
    if not shares.size or np.any(~(shares > 0)) or abs(shares.sum() - 1) > 1e-6:
        raise ParameterError(
            f"fractions are {dict(fractions)}; each must be above 0 and all together 1",
            where=where,
            do='pass for example {"train": 0.7, "test": 0.3}',
        )
    return shares


def enough_groups(data: DataSet[Sample], *, parts: int) -> DataSet[Sample]:
    """Leave out labels with fewer groups than parts of a split: they would be missing from one of them.

    Of three parts with 70, 15 and 15 % of the groups the first then has every label; a label of few groups may
    still be missing from a small part.

    Parameters
    ----------
    data : DataSet
    parts : int
        3 for training, validation and test.

    Returns
    -------
    DataSet
        The same rows if every label has enough; else without them, and the notes name them.

    Raises
    ------
    DataError
        If fewer than two labels are left.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": list("AAABBBC"), "firearm": range(7)})
    >>> data = DataSet(table, list, label="brand", group="firearm", source="real", name="toy")
    >>> enough_groups(data, parts=3).notes
    ('1 brand left out, fewer than 3 firearm each: C',)
    """
    groups = data.table.groupby(data.label)[data.group].nunique()
    few = sorted(groups.index[groups < parts])
    if len(groups) - len(few) < 2:
        raise DataError(
            f"{len(groups) - len(few)} of {len(groups)} {data.label} have {parts} {data.group} or more; 2 are needed",
            where=data.name,
            do=f"add {data.group}s to {some(few) or 'another ' + data.label}, or ask for fewer parts",
        )
    if not few:
        return data
    note = f"{len(few)} {data.label} left out, fewer than {parts} {data.group} each: {some(few)}"
    return replace(data.subset(~data.table[data.label].isin(few).to_numpy()), notes=(*data.notes, note))


def check_parts(parts: Mapping[str, DataSet[Any]]) -> None:
    """Make sure that no group is in two parts.

    Raises
    ------
    DataError
        Naming the parts and the groups they share.
    """
    owner: dict[Any, str] = {}
    for name, part in parts.items():
        groups = set(part.groups)
        shared = sorted(groups & owner.keys(), key=str)
        if shared:
            raise DataError(
                f"parts {owner[shared[0]]!r} and {name!r} share {len(shared)} {part.group}: {some(shared)}",
                where=part.name,
                do=f"split by {part.group}; results on parts that share groups look better than they are",
            )
        owner.update(dict.fromkeys(groups, name))


def _deal(count: int, shares: NDArray[np.float64], *, rng: np.random.Generator) -> NDArray[np.intp]:
    """Part number for each of `count` units in a row, so that any stretch has about the right shares."""
    sizes = np.maximum(np.floor(shares * count + 1e-9).astype(int), 1)
    while sizes.sum() != count:  # largest shortfall gets, largest surplus gives; a part keeps at least one
        step = 1 if sizes.sum() < count else -1
        gap = step * (shares * count - sizes)
        sizes[np.argmax(np.where((step < 0) & (sizes == 1), -np.inf, gap))] += step
    # Each part's places lie evenly along the row, from a random start.
    places = np.concatenate([(np.arange(size) + rng.random()) / size for size in sizes])
    return np.repeat(np.arange(len(sizes)), sizes)[np.argsort(places, kind="stable")]


def _deal_label(
    samples: NDArray[np.integer], shares: NDArray[np.float64], *, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Part number for each group of one label, given how many samples it has."""
    count, parts = len(samples), len(shares)
    first_come = np.r_[0, parts - 1, 1 : parts - 1][:parts]  # which parts have one if there are few groups
    if count <= parts:
        return first_come[np.argsort(np.argsort(-samples, kind="stable"))]
    tries = rng.choice(parts, size=(_WAYS, count), p=shares)
    # Each way begins with one group for every part, in an order of its own.
    order = rng.permuted(np.tile(np.arange(count), (_WAYS, 1)), axis=1)
    np.put_along_axis(tries, order[:, :parts], np.arange(parts), axis=1)
    in_part = (tries[..., None] == np.arange(parts)) * samples[:, None]
    gaps = np.abs(in_part.sum(1) / samples.sum() - shares).sum(1)
    return tries[np.argmin(gaps)]


def _with_missing_noted(
    data: DataSet[Sample], parts: dict[str, DataSet[Sample]]
) -> dict[str, DataSet[Sample]]:
    noted = {}
    for name, part in parts.items():
        missing = sorted(set(data.labels) - set(part.labels), key=str)
        note = f"no {data.label} of too few {data.group}: {some(missing)}"
        noted[name] = replace(part, notes=(*part.notes, note)) if missing else part
    return noted


def _with_leak_noted(data: DataSet[Sample], parts: dict[str, DataSet[Sample]]) -> dict[str, DataSet[Sample]]:
    in_parts = pd.concat([pd.Series(part.groups).drop_duplicates() for part in parts.values()]).value_counts()
    shared = f"{(in_parts > 1).sum()} of {len(in_parts)} {data.group}"
    note = f"split by sample (leaky): {shared} are in several parts"
    return {name: replace(part, notes=(*part.notes, note)) for name, part in parts.items()}
