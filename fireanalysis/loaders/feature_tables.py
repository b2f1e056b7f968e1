"""Tables of features of one's own: what describes each sample, and which batch, group and class it is of."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pandas as pd

from fireanalysis.errors import DataError

from .layout import data_folder, files_of, some

KEYS = ("group", "batch")
LABEL = "label"


def load_feature_tables(folder: str | os.PathLike[str]) -> dict[str, pd.DataFrame]:
    r"""Read every CSV of a folder as a table of features, for the search for shortcuts.

    Parameters
    ----------
    folder : path
        Of CSV files (UTF-8, commas), one row a sample: columns group (firearm, session, source picture: what stands or
        falls together), batch (study, scanner, recorder, year), if known label (the class to be told), and further
        columns of numbers, the features. Folders within are ignored.

    Returns
    -------
    dict of str to DataFrame
        By file name without its ending; group, batch and label as text, features as float64.

    Raises
    ------
    DataError
        If there is no CSV, or one lacks a column, a row or a cell, or has a feature that is no finite number.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "scans.csv").write_text("group,batch,sq_um\nA1,study 1,1.2\nB1,study 2,1.4\n")
    >>> load_feature_tables(folder)["scans"].loc[1].to_dict()
    {'group': 'B1', 'batch': 'study 2', 'sq_um': 1.4}
    """
    root = data_folder(folder)
    tables = {path.stem: _read(path) for path in files_of(root, suffixes=(".csv",)) if path.parent == root}
    if not tables:
        raise DataError(
            "there is no CSV", where=root, do="put tables with the columns group, batch and features there"
        )
    return tables


def _read(path: os.PathLike[str]) -> pd.DataFrame:
    do = "save it as CSV UTF-8 with commas: columns group, batch, if known label, then features (numbers)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # lines longer than the header
            table = pd.read_csv(path, encoding="utf-8-sig", index_col=False, dtype=str, keep_default_na=False)
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        raise DataError(f"the table cannot be read: {error}", where=path, do=do) from error
    table = table.rename(columns=str.strip)
    features = [name for name in table if name not in (*KEYS, LABEL)]
    missing = [name for name in KEYS if name not in table] + ([] if features else ["of a feature"])
    if missing or table.empty:
        what = f"no column {', '.join(missing)}; there are {some(table)}" if missing else "no rows"
        raise DataError(f"the table has {what}", where=path, do=do)
    for name in features:
        numbers = pd.to_numeric(table[name], errors="coerce")
        wrong = ~np.isfinite(numbers)
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            what = f"{name} is {str(table[name].iloc[row])!r} in line {row + 2}, no finite number"
            raise DataError(what, where=path, do="give a number, or leave the row or the column out")
        table[name] = numbers.astype(float)
    for name in table.columns.difference(features):
        empty = table[name].str.strip().eq("")
        if empty.any():
            line = int(empty.to_numpy().argmax()) + 2
            raise DataError(f"no {name} in line {line}", where=path, do="fill it, or leave the row out")
    return table
