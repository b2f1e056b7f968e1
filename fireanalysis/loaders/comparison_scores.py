"""Tables of comparison scores: pairs of fired cartridge cases, one table a mark."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.simulators import sample_comparison_scores
from fireanalysis.simulators.comparison_scores import MARKS

from .layout import data_folder, some

SCORE_LAYOUT = (
    "mark.csv with the columns weapon1, weapon2, hypothesis (1: of one weapon), scores, split1, split2"
)
FOLDS = 3

_NAMES = {
    "weapon1": "reference",
    "weapon2": "questioned",
    "hypothesis": "same",
    "matching cells": "cmc",
    "total cells": "n",
    "score": "ccf",
}
_PAIR = ["reference", "questioned", "same"]
_TRUTH = {"1": True, "0": False, "true": True, "false": False}
_SPLIT = re.compile(r"split\d+")


def load_comparison_scores(
    folder: str | os.PathLike[str] | None = None, *, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Load comparison scores of each mark: of a folder of tables, or simulated ones.

    Parameters
    ----------
    folder : path, optional
        CSV files, one a mark, as the Netherlands Forensic Institute publishes them: columns weapon1, weapon2,
        hypothesis (1: of one weapon, 0: of two), numbers (accf, cmc, n, ccf, ... or Matching Cells, Total Cells,
        Score) and perhaps split1, split2, ...: "t" (both weapons in training), "v" (both in validation), "n"
        (one each: not used). ``reference``, ``questioned`` and ``same`` serve as well. Default: simulated.
    seed : int
        Of the simulation, and of the deal of weapons where a table has no split.

    Returns
    -------
    dict of str to DataFrame
        By mark ("breech face", "firing pin", ..., or the file's name): reference, questioned (str), same (bool),
        the scores (float, or int where all are whole), split1, split2, ... Weapons that no given split validates
        are those of one more. ``attrs``: "source" ("real" or "simulated"), "scores" and "splits" (names of
        columns), "notes".

    Raises
    ------
    DataError
        If the folder is missing or holds no such table; for a cell that is empty or cannot be read, a pair whose
        weapons contradict its hypothesis, or a weapon in both parts of a split.

    Examples
    --------
    >>> table = load_comparison_scores()["firing pin"]
    >>> table.attrs["source"], table.attrs["scores"], table.attrs["splits"]
    ('simulated', ['cmc', 'n', 'accf'], ['split1', 'split2', 'split3'])
    """
    if folder is None:
        tables = {mark: sample_comparison_scores(mark, seed=seed) for mark in MARKS}
        return {mark: _split(table, seed=seed, source="simulated") for mark, table in tables.items()}
    files = score_tables(data_folder(folder))
    if not files:
        raise DataError("no table of comparison scores", where=folder, do=f"put there {SCORE_LAYOUT}")
    return {_mark(file): _split(_read(file), seed=seed, source="real", file=file) for file in files}


def score_tables(folder: Path) -> list[Path]:
    """List the CSV files of a folder whose first line names both weapons of a pair and whether they are one."""
    return [file for file in sorted(folder.glob("*.csv")) if set(_PAIR) <= set(_header(file))]


def _header(file: Path) -> list[str]:
    try:
        return _renamed(pd.read_csv(file, nrows=0).columns)
    except (ValueError, OSError):  # empty, no UTF-8, no table
        return []


def _renamed(columns: pd.Index) -> list[str]:
    plain = (str(name).strip().lower() for name in columns)
    return [_NAMES.get(name, name) for name in plain]


def _mark(file: Path) -> str:
    name = file.stem.replace("_", " ").replace("-", " ").lower()
    return next((mark for mark in MARKS if name.startswith(mark)), name)


def _read(file: Path) -> pd.DataFrame:
    raw = pd.read_csv(file, dtype=str, keep_default_na=False)
    raw.columns = pd.Index(_renamed(raw.columns))
    if repeated := raw.columns[raw.columns.duplicated()].tolist():
        raise DataError(f"two columns {repeated[0]!r}", where=file, do="keep one of each")
    raw = raw.apply(lambda column: column.str.strip())
    table = raw[_PAIR[:2]].copy()
    table["same"] = raw["same"].str.lower().map(_TRUTH)
    splits = _splits(raw)
    for name in [name for name in raw if name not in (*_PAIR, *splits)]:
        numbers = pd.to_numeric(raw[name], errors="coerce")
        if numbers.notna().any():  # else text about the marks: material, type
            table[name] = numbers
    table[splits] = raw[splits].where(raw[splits].isin(["t", "v", "n"]))
    for name in table:
        bad = table[name].isna() | (table[name].astype(str) == "") | table[name].isin([np.inf, -np.inf])
        if bad.any():
            rows = np.flatnonzero(bad)
            lines = some(rows + 2)
            what = f"column {name!r}: {bad.sum()} cells cannot be read, lines {lines}: {raw[name].iloc[rows[0]]!r}"
            do = "fill them or remove the lines; hypothesis is 1 or 0, a split t, v or n, a score a finite number"
            raise DataError(what, where=file, do=do)
    return table.astype({"same": bool})


def _split(table: pd.DataFrame, *, seed: int, source: str, file: Path | None = None) -> pd.DataFrame:
    """Check the pairs and splits of a table, and add what splits are missing."""
    where = file or "simulated"
    given = _splits(table)
    scores = [str(name) for name in table if name not in (*_PAIR, *given)]
    if not scores or table.empty:
        raise DataError("no score of a pair", where=where, do=f"put there {SCORE_LAYOUT}")
    wrong = table["same"] != (table["reference"] == table["questioned"])
    if wrong.any():
        lines = some(np.flatnonzero(wrong) + 2)
        what = f"{wrong.sum()} pairs whose weapons contradict their hypothesis, lines {lines}"
        raise DataError(what, where=where, do="correct the names of the weapons, or the hypothesis")
    notes = [f"{table.duplicated().sum()} lines are there twice"] if table.duplicated().any() else []
    weapons = np.unique(table[_PAIR[:2]])
    if given:
        validated = [_weapons(table, name, where=where) for name in given]
        if left := sorted(set(weapons) - set().union(*validated)):
            name = f"split{len(given) + 1}"
            table[name] = _parts(table, left)
            notes.append(f"{name}: {len(left)} weapons that no split of the table validates")
    else:
        dealt = np.random.default_rng(seed).permutation(weapons)
        for number in range(FOLDS):
            table[f"split{number + 1}"] = _parts(table, dealt[number::FOLDS])
        notes.append(f"no split in the table: weapons dealt to {FOLDS} parts")
    found = {"source": source, "scores": scores, "splits": _splits(table), "notes": notes if file else []}
    table.attrs.update(found)
    return table


def _splits(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table if _SPLIT.fullmatch(str(name))]


def _weapons(table: pd.DataFrame, split: str, *, where: object) -> set[str]:
    """Weapons that a split validates; none of them may be trained on."""
    of = {part: set(np.unique(table.loc[table[split] == part, _PAIR[:2]])) for part in "tv"}
    if shared := sorted(of["t"] & of["v"]):
        what = f"{split}: {len(shared)} weapons are in training and in validation: {some(shared)}"
        raise DataError(what, where=where, do='mark pairs of a weapon in either part with "n"')
    return of["v"]


def _parts(table: pd.DataFrame, validated: NDArray | list[str]) -> NDArray[np.str_]:
    count = table[_PAIR[:2]].isin(set(validated)).sum(axis=1).to_numpy()
    return np.array(["t", "n", "v"])[count]
