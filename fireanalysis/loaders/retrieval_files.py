"""Folders of pictures with a class each: how they may be laid out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from fireanalysis.errors import DataError

from .layout import MANIFEST, files_of, read_manifest, some
from .pictures import PICTURE_SUFFIXES

RETRIEVAL_LAYOUTS = (
    f"a folder per class (also below train/, validation/ and test/); a {MANIFEST} with the columns file, class (and "
    "source_picture, split, query, if known); or Firearm 14k as published"
)

_PARTS = {"train": "train", "training": "train", "val": "validation", "valid": "validation"}
_PARTS |= {"validation": "validation", "test": "test"}
_DATABASE, _QUERIES, _TRUTH = "database_image", "query_info/query_image", "query_info/ground_truth_info.json"
_ANSWERS = {"1": True, "true": True, "yes": True, "": False, "0": False, "false": False, "no": False}


def list_retrieval(folder: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """List the pictures of a folder with their classes, as `load_retrieval` tells.

    Returns
    -------
    table : pandas.DataFrame
        file, class, source_picture; split and query where they are known.
    notes : tuple of str

    Raises
    ------
    DataError
        For a folder that fits no layout, listing the first few faults.
    """
    if (folder / MANIFEST).is_file():
        table, notes = _from_manifest(folder / MANIFEST)
    elif holds_classes(folder):
        table, notes = _published(folder)
    else:
        table, notes = _folders(folder)
    if "source_picture" not in table:
        table["source_picture"] = table["file"]
        notes += (
            f"each of {len(table)} files is taken as a photograph of its own: look for near-duplicates",
        )
    table["source_picture"] = table["source_picture"].where(table["source_picture"] != "", table["file"])
    return table, notes


def holds_classes(folder: Path) -> bool:
    """Whether a folder is surely one of pictures with classes: its manifest says so, or it is Firearm 14k."""
    published = any((folder / part / _DATABASE).is_dir() for part in _PARTS)
    if published or not (folder / MANIFEST).is_file():
        return published
    with (folder / MANIFEST).open(encoding="utf-8-sig", errors="replace") as lines:
        return "class" in [name.strip(' "') for name in next(lines, "").strip().split(",")]


def _from_manifest(manifest: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    table = read_manifest(manifest, filled=["class"], text=["source_picture", "split", "query"])
    wrong = []
    if "split" in table:
        names = table["split"].str.lower()
        wrong += [f"split {name!r}" for name in sorted(set(names) - set(_PARTS))]
        table["split"] = names.map(_PARTS)
    if "query" in table:
        answers = table["query"].str.lower()
        wrong += [f"query {name!r}" for name in sorted(set(answers) - set(_ANSWERS))]
        table["query"] = answers.map(_ANSWERS)
    if wrong:
        do = (
            "a split is train, validation or test; a query is 1 or 0; leave the column out if it is not known"
        )
        raise DataError(f"unknown values: {some(wrong)}", where=manifest, do=do)
    return table, ()


def _folders(root: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take the folder of a picture, relative to the root, as its class; train/, test/ above it as the split."""
    paths = [path.relative_to(root) for path in sorted(root.rglob("*")) if _is_picture(path, root)]
    if any(_DATABASE in path.parts for path in paths):
        do = "pass the folder in which train, validation and test lie"
        raise DataError(
            f"Firearm 14k as published lies further down, or {_DATABASE} alone", where=root, do=do
        )
    loose = [path for path in paths if len(path.parts) == 1]
    paths = [path for path in paths if len(path.parts) > 1]
    if not paths:
        found = f"{len(loose)} pictures in no class folder" if loose else "no pictures"
        raise DataError(found, where=root, do=f"arrange it as {RETRIEVAL_LAYOUTS}")
    notes = (f"passed over, in no class folder: {some(loose)}",) if loose else ()
    table = pd.DataFrame({"file": [path.as_posix() for path in paths]})
    table["class"] = [path.parent.as_posix() for path in paths]
    if all(path.parts[0].lower() in _PARTS and len(path.parts) > 2 for path in paths):
        table["split"] = [_PARTS[path.parts[0].lower()] for path in paths]
        table["class"] = table["class"].str.partition("/")[2]
    return table, notes


def _is_picture(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    hidden = any(part[0] == "." or part == "__MACOSX" for part in parts)
    return path.suffix.lower() in PICTURE_SUFFIXES and not hidden and path.is_file()


def _published(root: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """List Firearm 14k as its authors publish it: folders per class for training, lists of answers for the others."""
    parts: list[pd.DataFrame] = []
    notes: tuple[str, ...] = ()
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and path.name.lower() in _PARTS):
        if (folder / _DATABASE).is_dir():
            table, of_part = _answered(folder)
            notes += of_part
        else:
            table = _folders(folder)[0].assign(query=False)
        parts.append(table.assign(file=f"{folder.name}/" + table["file"], split=_PARTS[folder.name.lower()]))
    return pd.concat(parts, ignore_index=True), notes


def _answered(folder: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """List queries and database of a part; classes have no names there, only the answers to each query."""
    queries, database = (
        {
            path.name: path.relative_to(folder).as_posix()
            for path in files_of(folder / place, PICTURE_SUFFIXES)
        }
        for place in (_QUERIES, _DATABASE)
    )
    truth = _truth(folder / _TRUTH)
    named = {name for names in truth.values() for name in names}
    faults = [f"no query {name}" for name in sorted(truth.keys() - queries)]
    faults += [f"no database picture {name}" for name in sorted(named - database.keys())]
    if faults or not queries:
        what = f"{len(faults)} faults: {some(faults)}" if faults else f"no pictures in {_QUERIES}"
        raise DataError(what, where=folder / _TRUTH, do="unpack the published archive anew")
    part, class_of = _PARTS[folder.name.lower()], dict[str, int]()
    for number, (name, file) in enumerate(queries.items()):
        mine = [database[answer] for answer in truth.get(name, ())]
        shared = {class_of[answer] for answer in mine if answer in class_of}
        class_of = {key: number if old in shared else old for key, old in class_of.items()}
        class_of |= dict.fromkeys([*mine, file], number)
    table = pd.DataFrame({"file": [*queries.values(), *database.values()]})
    numbers, _ = pd.factorize(table["file"].map(class_of), sort=False)
    table["class"] = [
        f"{part} {number + 1:02d}" if number >= 0 else f"{part}, in no list" for number in numbers
    ]
    table["query"] = [True] * len(queries) + [False] * len(database)
    counts = {
        "queries without an answer": len(queries.keys() - {name for name, names in truth.items() if names}),
        "database pictures in no list, taken as of another class than every query": len(
            database.keys() - named
        ),
    }
    return table, tuple(f"{part}: {count} {what}" for what, count in counts.items() if count)


def _truth(path: Path) -> Mapping[str, list[str]]:
    do = "it holds the names of the database pictures of each query's class: {query: [name, ...], ...}"
    try:
        truth: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"the list of answers cannot be read: {error}", where=path, do=do) from error
    if not isinstance(truth, dict):
        raise DataError(f"holds a {type(truth).__name__}, not one list a query", where=path, do=do)
    truth = {name: [names] if isinstance(names, str) else names for name, names in truth.items()}
    if any(
        not isinstance(names, list) or not all(isinstance(n, str) for n in names) for names in truth.values()
    ):
        raise DataError("some answers are no lists of names", where=path, do=do)
    return truth
