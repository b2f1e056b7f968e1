"""A case as tables: what was measured on each piece of evidence, and reference scores of known pairs beside it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from fireanalysis.errors import DataError

from .layout import data_folder, read_manifest, some

EVIDENCE = "evidence.csv"
LEVELS = ("source", "class", "activity")
NOTHING = "nothing"
_SAME = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_TEXT = ("name", "level", "proposition", "alternative", "shares_information_with")


def load_case(root: str | os.PathLike[str]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Read the tables of a case: one row a piece of evidence, and for each a table of reference scores.

    Parameters
    ----------
    root : path
        Folder with an ``evidence.csv`` (UTF-8, commas), a row a piece of evidence:

        - ``name``: what it is, for example "cartridge case";
        - ``level``: "source" (this firearm or another), "class" (its brand or model) or "activity" (another
          question, such as whether a firearm is seen at all);
        - ``proposition``, ``alternative``: what it is weighed for, in words;
        - ``score``: what was measured in the case, larger for the proposition;
        - ``file``: its table of reference scores, below the folder;
        - ``shares_information_with``: names of other rows, separated by semicolons, or "nothing". Nothing may stay
          empty: whatever is called independent is so because somebody says so.

        Each table of reference scores has the columns ``score``, ``same`` (1 where the proposition was true, 0 where
        the alternative was) and ``source`` (firearm, session, scene ... it comes from); a pair of two sources has a
        ``source_2`` as well.

    Returns
    -------
    evidence : DataFrame
        By name, with the columns above; ``shares_information_with`` is a tuple of names.
    references : dict of str to DataFrame
        By name: ``score``, ``same``, ``source``, ``source_2``.

    Raises
    ------
    DataError
        If a table or a column is missing, a cell cannot be read, a name or a level is unknown, or a table of
        reference scores is empty or of one kind only.
    """
    folder = data_folder(root)
    path = folder / EVIDENCE
    if not path.is_file():
        raise DataError(f"there is no {EVIDENCE}", where=folder, do="write one row a piece of evidence")
    table = read_manifest(path, filled=(*_TEXT, "score")).set_index("name")
    table["score"] = _finite(table["score"], where=path)
    shared = [tuple(n.strip() for n in cell.split(";")) for cell in table["shares_information_with"]]
    table["shares_information_with"] = pd.Series(
        [() if names == (NOTHING,) else names for names in shared], index=table.index, dtype=object
    )
    faults = [f"name {name!r} is used twice" for name in table.index[table.index.duplicated()]]
    faults += [f"level {level!r}; there are {', '.join(LEVELS)}" for level in set(table["level"]) - {*LEVELS}]
    for name, names in zip(table.index, table["shares_information_with"], strict=True):
        faults += [
            f"{name!r} shares information with {n!r}" for n in names if n not in table.index or n == name
        ]
    if faults:
        raise DataError(some(faults), where=path, do="correct these cells; rows are called by their name")
    return table, {str(name): _reference(folder / file) for name, file in table["file"].items()}


def _reference(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        do = "save it as CSV UTF-8 with the columns score, same, source"
        raise DataError(f"the table cannot be read: {error}", where=path, do=do) from error
    missing = [name for name in ("score", "same", "source") if name not in table]
    if missing or table.empty:
        what = f"no column {', '.join(missing)}; there are {some(table.columns)}" if missing else "no rows"
        raise DataError(f"the table has {what}", where=path, do="give reference scores of known truth")
    same = table["same"].str.strip().str.lower().map(_SAME)
    if same.isna().any() or same.nunique() < 2:
        what = f"column same holds {some(sorted(set(table['same'])))}"
        raise DataError(what, where=path, do="write 1 and 0; reference scores of both kinds are needed")
    second = table["source_2"] if "source_2" in table else table["source"]
    scores = _finite(table["score"], where=path)
    columns = {"score": scores, "same": same.astype(bool), "source": table["source"], "source_2": second}
    return pd.DataFrame(columns)


def _finite(column: pd.Series, *, where: Path) -> pd.Series[float]:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        what = f"score is {some(map(repr, column[wrong].unique()))} in {wrong.sum()} rows"
        raise DataError(what, where=where, do="give a finite number; larger must speak for the proposition")
    return numbers
