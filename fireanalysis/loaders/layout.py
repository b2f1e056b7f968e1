"""Which files a data folder holds and what they show: told by a manifest, or by the names of folders."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from fireanalysis.errors import DataError

MANIFEST = "manifest.csv"
_SHOT_NUMBER = re.compile(r"[-_]\d{1,3}$")


def some(items: Iterable[Any], *, limit: int = 5) -> str:
    """List the first few of many.

    Examples
    --------
    >>> some("abcdefg", limit=3)
    'a, b, c and 4 more'
    """
    texts = [str(item) for item in items]
    rest = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + rest


def without_shot(stem: str) -> str:
    """Firearm a file belongs to, from its name: without a trailing ``-1`` or ``_01`` (one to three digits).

    Examples
    --------
    >>> [without_shot(stem) for stem in ("Fadul 1-2", "TW03-09", "Fadul A", "slide_7_012", "Fadul 10")]
    ['Fadul 1', 'TW03', 'Fadul A', 'slide_7', 'Fadul 10']
    """
    return _SHOT_NUMBER.sub("", stem)


def data_folder(root: str | os.PathLike[str]) -> Path:
    """Absolute path of a folder that is there."""
    folder = Path(root).resolve()
    if not folder.is_dir():
        state = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"the data folder {state}", where=root, do="pass the folder that holds the data")
    return folder


def read_manifest(
    manifest: Path, *, filled: Collection[str], text: Collection[str] = (), inside: str = ""
) -> pd.DataFrame:
    """Read a manifest and make sure that each row names one file below its folder, and what must be known of it.

    Parameters
    ----------
    manifest : Path
        CSV, UTF-8, commas, one line per file. Column ``file`` is a path relative to the manifest's folder.
    filled : collection of str
        Columns, label and group among them, that must be there and filled.
    text : collection of str
        Further columns that stay text even if they look like numbers.
    inside : str
        Subfolder in which files are looked for that are not where the path says.

    Returns
    -------
    pandas.DataFrame
        ``file`` with forward slashes; all other columns are kept, as numbers where all their cells are.

    Raises
    ------
    DataError
        Once, listing the first few rows at fault: missing files, paths that lead out of the folder (also by a
        link), empty cells where one must be filled, files named twice.
    """
    needed = ["file", *filled]
    do = f"save it as CSV UTF-8 with commas and the columns {', '.join([*needed, *text])}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # lines longer than the header
            table = pd.read_csv(
                manifest, encoding="utf-8-sig", index_col=False, dtype=str, keep_default_na=False
            ).fillna("")
        table.columns = table.columns.str.strip()
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        raise DataError(f"the manifest cannot be read: {error}", where=manifest, do=do) from error
    missing = [name for name in needed if name not in table]
    if missing or table.empty:
        what = f"no column {', '.join(missing)}; there are {some(table.columns)}" if missing else "no rows"
        raise DataError(f"the manifest has {what}", where=manifest, do=do)
    for name in table:
        table[name] = table[name].str.strip()
        if name not in (*needed, *text):
            with suppress(ValueError):
                table[name] = pd.to_numeric(table[name].replace("", None))
    table["file"] = [file and str(PurePosixPath(file.replace("\\", "/"))) for file in table["file"]]
    root = manifest.parent.resolve()
    if inside:
        table["file"] = [
            f"{inside}/{file}"
            if file and path_fault(root, file) and not path_fault(root, f"{inside}/{file}")
            else file
            for file in table["file"]
        ]
    faults = list(_faults(table, root=root, filled=filled))
    if faults:
        raise DataError(
            f"{len(faults)} faults in {len(table)} rows: {some(faults)}",
            where=manifest,
            do="correct these lines; paths are relative to the manifest's folder and stay below it",
        )
    return table


def _faults(table: pd.DataFrame, *, root: Path, filled: Collection[str]) -> Iterator[str]:
    repeated = table["file"].duplicated()
    empty = {name: table[name].eq("") for name in filled}
    for row, file in enumerate(table["file"]):
        line = f"line {row + 2}"  # the header is line 1
        fault = path_fault(root, file)
        if fault:
            yield f"{line}: file {file!r} {fault}"
        elif repeated.iloc[row]:
            yield f"{line}: file {file!r} is named twice"
        for name, is_empty in empty.items():
            if is_empty.iloc[row]:
                yield f"{line}: no {name}"


def path_fault(root: Path, file: str) -> str:
    """Say what is wrong with a path that must name a file below a folder; nothing if it does."""
    path = PurePosixPath(file)
    if not file:
        return "is empty"
    if path.is_absolute() or ".." in path.parts or ":" in file.partition("/")[0]:
        return "leads out of the folder"
    try:
        if not (root / path).is_file():
            return "does not exist"
        return "" if (root / path).resolve().is_relative_to(root) else "leads out of the folder"
    except OSError as error:
        return f"cannot be used: {error.strerror}"


def read_folders(
    root: Path, *, suffixes: Collection[str], label: str, group: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """List the files of ``label/group/file``, of ``label/file``, or of one folder that holds only files.

    In ``label/file`` the group is the file name without its shot number (`without_shot`); a folder of files
    alone is one label, named after the folder. A group name that occurs under several labels gets its label
    in front. Hidden files and ``__MACOSX`` are ignored.

    Returns
    -------
    table : pandas.DataFrame
        ``file`` relative to `root`, the label, the group, ``{group}_inferred``.
    notes : tuple of str
        Folders passed over, groups inferred.

    Raises
    ------
    DataError
        For files in no or in several of these layouts.
    """

    def group_of_each(folder: Path) -> list[tuple[Path, str, bool]]:
        return [(path, without_shot(path.stem), True) for path in files_of(folder, suffixes)]

    rows = [(root.name, *entry) for entry in group_of_each(root)]
    alone, passed_over, too_deep = bool(rows), [], []
    for folder in _folders(root):
        found = group_of_each(folder)
        for inner in _folders(folder):
            found += [(path, inner.name, False) for path in files_of(inner, suffixes)]
            too_deep += [deeper for deeper in _folders(inner) if files_of(deeper, suffixes)]
        rows += [(folder.name, *entry) for entry in found]
        passed_over += [] if found else [folder.name]
    layouts = f"{label}/{group}/file, {label}/file or a {MANIFEST} with the columns file, {label}, {group}"
    wrong = {
        f"files too deep, in {some(too_deep)}": bool(too_deep),
        f"no files ending in {' '.join(suffixes)}": not rows,
        "files both beside and inside the folders": alone and len({row[0] for row in rows}) > 1,
    }
    for what, is_so in wrong.items():
        if is_so:
            raise DataError(what, where=root, do=f"arrange the files as {layouts}")
    table = pd.DataFrame(rows, columns=[label, "file", group, f"{group}_inferred"])
    table["file"] = [path.relative_to(root).as_posix() for path in table["file"]]
    several = table.groupby(group)[label].transform("nunique") > 1
    table.loc[several, group] = table[label] + "/" + table[group]
    inferred = table[f"{group}_inferred"].sum()
    notes = {
        f"passed over, no files ending in {' '.join(suffixes)}: {some(passed_over)}": bool(passed_over),
        f"{group} taken from {inferred} file names without their shot number": bool(inferred),
    }
    return table, tuple(note for note, is_so in notes.items() if is_so)


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name[0] != "." and path.name != "__MACOSX")
    except OSError as error:
        what = f"the folder cannot be read: {error.strerror}"
        raise DataError(what, where=folder, do="check its rights") from error


def files_of(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """List the visible files of a folder that end in one of some suffixes."""
    return [path for path in _visible(folder) if path.suffix.lower() in suffixes and not path.is_dir()]


def _folders(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.is_dir()]
