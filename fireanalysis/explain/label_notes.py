"""Notes of people who looked at labels again: a table that is kept as a CSV, whole or not at all."""

from __future__ import annotations

import os
import re
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError

KEEP, UNSURE = "keep", "unsure"
NOTE_COLUMNS = (
    "row",
    "sample",
    "group",
    "recorded",
    "predicted",
    "probability",
    "new label",
    "note",
    "source",
)
# A spreadsheet takes a cell that begins like this for a formula; an apostrophe before it says that it is text.
_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
_DO = (
    f"read a file that was saved as label notes: a CSV with commas and the columns {', '.join(NOTE_COLUMNS)}"
)


def sample_names(table: pd.DataFrame) -> NDArray[np.str_]:
    """Name samples so that a note finds its sample again: by file, or by what is known of the sample.

    Parameters
    ----------
    table : DataFrame
        One row a sample, such as the table of a DataSet.

    Returns
    -------
    ndarray of str (n,)
        The column "file" if each has one of its own; else "s" and 12 digits, made from the row's texts and whole
        numbers (other numbers may differ in their last digits from machine to machine), with "-2", "-3" behind it
        where rows are alike. Neither changes if rows are left out or put in another order.

    Examples
    --------
    >>> sample_names(pd.DataFrame({"file": ["a.x3p", "b.x3p"]})).tolist()
    ['a.x3p', 'b.x3p']
    >>> one, other = sample_names(pd.DataFrame({"firearm": ["A1", "A2"], "shot": [0, 0]}))
    >>> len(one), one == other
    (13, False)
    """
    if "file" in table and table["file"].notna().all() and table["file"].is_unique:
        return table["file"].to_numpy(str)
    known = table.select_dtypes(exclude=[np.floating]).astype(str).reset_index(drop=True)
    hashes = pd.util.hash_pandas_object(known, index=False)
    again = hashes.groupby(hashes).cumcount() + 1
    # Spreadsheets round long numbers; with a letter before them they are text.
    return np.array(
        [f"s{value:016x}"[:13] + (f"-{n}" if n > 1 else "") for value, n in zip(hashes, again, strict=True)],
        dtype=str,
    )


def write_label_notes(notes: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write notes as a CSV that spreadsheets open; an old file is replaced whole or not at all.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, which `read_label_notes` takes
    away.

    Parameters
    ----------
    notes : DataFrame
        Columns: row (from 0, of the data that was looked at), sample (see `sample_names`), group, recorded (label),
        predicted, probability (of the predicted; may be missing), new label ("keep", "unsure", another label, or
        empty), note, source ("simulated" or "real").
    path : path
        Folders are made.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    texts = [name for name in NOTE_COLUMNS if name not in ("row", "probability")]
    safe = notes.loc[:, list(NOTE_COLUMNS)].copy()
    safe[texts] = safe[texts].astype(str).map(_no_formula)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        safe.to_csv(beside, index=False, encoding="utf-8-sig", float_format="%.6g")
        beside.replace(path)
    except OSError as error:
        do = "choose a folder that can be written, with room for it"
        raise DataError(f"it cannot be written: {error.strerror or error}", where=path, do=do) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return path


def read_label_notes(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read notes that `write_label_notes` wrote; a spreadsheet program may have saved them since.

    Returns
    -------
    pandas.DataFrame
        As given to `write_label_notes`.

    Raises
    ------
    DataError
        If there is no such file, it cannot be read, a column is missing, a sample comes twice, or a source is neither
        "simulated" nor "real".

    Examples
    --------
    >>> import tempfile
    >>> values = [7, "a.x3p", "A1", "A", "B", 0.91, "unsure", "=worn", "real"]
    >>> notes = pd.DataFrame([values], columns=NOTE_COLUMNS)
    >>> path = write_label_notes(notes, Path(tempfile.mkdtemp()) / "notes.csv")
    >>> read_label_notes(path).equals(notes)
    True
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # lines longer than the header
            notes = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        told = getattr(error, "strerror", None) or error
        raise DataError(f"it cannot be read: {told}", where=path, do=_DO) from error
    missing = [name for name in NOTE_COLUMNS if name not in notes]
    if missing:
        found = ", ".join(map(str, notes.columns[:12]))
        raise DataError(f"no column {', '.join(missing)}; there are {found}", where=path, do=_DO)
    notes = notes[list(NOTE_COLUMNS)].map(_as_it_was)
    twice = notes["sample"][notes["sample"].duplicated()]
    strange = sorted({*notes["source"]} - {"simulated", "real"})
    if len(twice) or strange:
        what = f"sample {twice.iloc[0]!r} comes twice" if len(twice) else f"source is {strange[0]!r}"
        raise DataError(what, where=path, do="mend the file: a row a sample, source simulated or real")
    try:
        notes["row"] = pd.to_numeric(notes["row"]).astype(np.int64)
        notes["probability"] = pd.to_numeric(notes["probability"].replace("", np.nan)).astype(np.float64)
    except ValueError as error:
        raise DataError(f"a row or probability is no number: {error}", where=path, do=_DO) from error
    return notes


def _no_formula(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _as_it_was(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
