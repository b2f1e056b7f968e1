"""Parts of a data set put together again, each read as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from fireanalysis.errors import DataError

from .dataset import DataSet, Sample

_PART = "joined"


def join_parts(*parts: DataSet[Sample]) -> DataSet[Sample]:
    """Put parts of one data set together: the first stage of retrieval learns training and validation classes.

    Parameters
    ----------
    *parts : DataSet
        Of one label, group and source; for pictures from `keep_sized`, for instance.

    Returns
    -------
    DataSet
        Rows in the order of the parts, with the columns that all of them have, and "joined", the number of the part.

    Raises
    ------
    DataError
        If there is no part, or they are of different labels, groups or sources.

    Examples
    --------
    >>> table = pd.DataFrame({"class": list("ab"), "picture": [1, 2]})
    >>> columns = {"label": "class", "group": "picture", "source": "real"}
    >>> one = DataSet(table, lambda rows: rows["picture"], **columns, name="one")
    >>> two = DataSet(table, lambda rows: -rows["picture"], **columns, name="two")
    >>> both = join_parts(one, two)
    >>> [int(sample) for sample in both.subset([3, 0, 2]).samples()]
    [-2, 1, -1]
    """
    kinds = {(part.label, part.group, part.source) for part in parts}
    if len(kinds) != 1:
        what = f"{len(parts)} parts of {len(kinds)} kinds (label, group, source: {sorted(kinds)})"
        raise DataError(what, where="join_parts", do="pass parts of one data set")
    (label, group, source) = kinds.pop()
    tables = [part.table.assign(**{_PART: number}) for number, part in enumerate(parts)]
    reads: dict[str, Any] = {f"part_{number}": part.read for number, part in enumerate(parts)}
    return DataSet(
        pd.concat(tables, join="inner", ignore_index=True),
        partial(_read, **reads),
        label=label,
        group=group,
        source=source,
        name=" + ".join(part.name for part in parts),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _read(rows: pd.DataFrame, **reads: Callable[[pd.DataFrame], Any]) -> Iterator[Any]:
    of = rows[_PART].to_numpy()
    samples = {part: iter(reads[f"part_{part}"](rows[of == part])) for part in np.unique(of)}
    for part in of:
        yield next(samples[part])
