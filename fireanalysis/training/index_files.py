"""The files of a picture index: written so that all of them count or none, and checked when they are read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, RunError

_HEAD = "index.json"
_FORMAT = 1


class Parts(NamedTuple):
    """What an index is made of.

    Attributes
    ----------
    head : dict
        "saved" (how often), "network", "about": plain values.
    embeddings : faiss.IndexIDMap2
    facts : DataFrame
        By id, in the order of the embeddings.
    approximate : faiss.IndexIVF or None
    """

    head: dict[str, Any]
    embeddings: Any
    facts: pd.DataFrame
    approximate: Any


def holds_index(folder: str | os.PathLike[str]) -> bool:
    """Whether there is an index in a folder."""
    return (Path(folder) / _HEAD).exists()


def stored_ids(embeddings: Any) -> NDArray[np.int64]:
    """Give the ids of an `IndexIDMap2` in their order."""
    return np.asarray(faiss.vector_to_array(embeddings.id_map), np.int64)


def write_index(folder: Path, parts: Parts) -> None:
    """Write an index beside the one that is there, let it count, and remove the old one.

    Raises
    ------
    RunError
        If it cannot be written; the old one still counts then.
    """
    number = parts.head["saved"]
    files = {"embeddings": f"embeddings-{number}.faiss", "facts": f"facts-{number}.csv"}
    if parts.approximate is not None:
        files["approximate"] = f"approximate-{number}.faiss"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(parts.embeddings, str(folder / files["embeddings"]))
        parts.facts.to_csv(folder / files["facts"], index_label="id")
        if parts.approximate is not None:
            faiss.write_index(parts.approximate, str(folder / files["approximate"]))
        sizes = {kind: [name, (folder / name).stat().st_size] for kind, name in files.items()}
        part = folder / f".{_HEAD}.part"
        content = {"format": _FORMAT, **parts.head, "files": sizes}
        part.write_text(json.dumps(content, indent=1), encoding="utf-8")
        part.replace(folder / _HEAD)  # from here on the new files count
    except (OSError, RuntimeError) as error:
        do = "free the disk, or choose another folder"
        raise RunError(f"the index cannot be written: {error}", where=folder, do=do) from error
    for old in ("embeddings-{}.faiss", "facts-{}.csv", "approximate-{}.faiss"):
        (folder / old.format(number - 1)).unlink(missing_ok=True)


def read_index(folder: str | os.PathLike[str]) -> Parts:
    """Read an index.

    Raises
    ------
    DataError
        If there is none, or it is damaged.
    """
    if not holds_index(folder):
        do = "make one first: fireanalysis index DIR --out INDEX"
        raise DataError("no index there", where=folder, do=do)
    try:
        return _read(Path(folder))
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        do = "remove the folder and index the pictures anew"
        raise DataError(f"the index is damaged: {error}", where=folder, do=do) from error


def _read(folder: Path) -> Parts:
    head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    if head["format"] != _FORMAT:
        raise ValueError(f"its format is {head['format']}, known is {_FORMAT}")
    paths = {kind: _checked(folder, *file) for kind, file in head["files"].items()}
    embeddings = faiss.read_index(str(paths["embeddings"]))
    facts = pd.read_csv(paths["facts"], index_col="id", keep_default_na=False)
    if (
        not isinstance(embeddings, faiss.IndexIDMap2)
        or facts.index.tolist() != stored_ids(embeddings).tolist()
    ):
        raise ValueError("its files do not belong together")
    approximate = faiss.read_index(str(paths["approximate"])) if "approximate" in paths else None
    return Parts({name: head[name] for name in ("saved", "network", "about")}, embeddings, facts, approximate)


def _checked(folder: Path, name: str, size: int) -> Path:
    """Give the path of a file of the index if it is whole; it lies in its folder, whatever its name says."""
    path = folder / Path(name).name
    if path.stat().st_size != size:
        raise ValueError(f"{name} has {path.stat().st_size} bytes, not {size}")
    return path
