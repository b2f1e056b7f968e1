"""A folder of made things, each found again by what it was made from: prepared maps, features, trained models."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

import fireanalysis
from fireanalysis.errors import DataError, RunError

_DONE = "made_from.json"
# What decides a made thing, beside its settings.
_CODE = ("transforms", "simulators", "loaders", "models", "training")


class Entry:
    """One thing of a store: a folder, complete once `finish` was called.

    Attributes
    ----------
    folder : Path
        Where its files go; what a killed run left is still there.
    """

    def __init__(self, folder: Path, made_from: Mapping[str, Any]) -> None:
        self.folder, self._made_from = folder, made_from

    @property
    def done(self) -> bool:
        """Whether all of it is there."""
        return (self.folder / _DONE).is_file()

    def finish(self) -> None:
        """Say that it is complete; what it was made from is written beside it, for people to read."""
        part = self.folder / f".{_DONE}.part"
        part.write_text(json.dumps(self._made_from, indent=1, default=str), encoding="utf-8")
        part.replace(self.folder / _DONE)

    def write_array(
        self, name: str, rows: Iterator[NDArray], *, count: int, shape: tuple[int, ...], dtype: str
    ) -> Path:
        """Write `count` arrays of one shape, one after the other, as one ``.npy`` file that can be memory-mapped.

        Rows go through a file, not a memory map: a full disk is then an error and not a crash. If making a row
        fails, nothing is left.
        """
        with self.open_array(name, count=count, shape=shape, dtype=dtype) as write:
            for number, row in enumerate(rows):
                write(number, row)
        return self.folder / name

    @contextmanager
    def open_array(
        self, name: str, *, count: int, shape: tuple[int, ...], dtype: str
    ) -> Iterator[Callable[[int, NDArray], None]]:
        """Open such a file for writing from any thread, in any order: what is given writes rows from a place on."""
        path, lock = self.folder / name, Lock()
        header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": (count, *shape)}
        row_bytes = np.dtype(dtype).itemsize * math.prod(shape)
        try:
            with path.open("wb") as file:
                np.lib.format.write_array_header_1_0(file, header)
                begin = file.tell()

                def write(place: int, rows: NDArray) -> None:
                    with lock:
                        file.seek(begin + place * row_bytes)
                        file.write(np.ascontiguousarray(rows, dtype).data)

                yield write
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def kept(store: str | os.PathLike[str], kind: str, made_from: Mapping[str, Any]) -> Iterator[Entry]:
    """Open the one entry that belongs to `made_from`; whoever else wants it waits until it is closed again.

    Parameters
    ----------
    store : path
        Folder of the store; made if need be. May be removed at any time: everything in it can be made again.
    kind : str
        Its subfolder: "maps", "features", "models".
    made_from : mapping
        Everything that decides the thing. The version of the package and its code are added.

    Raises
    ------
    RunError
        If the folder cannot be written, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> store = tempfile.mkdtemp()
    >>> for attempt in range(2):
    ...     with kept(store, "squares", {"n": 3}) as entry:
    ...         print(entry.done)
    ...         if not entry.done:
    ...             entry.write_array("x.npy", iter(np.arange(3.0) ** 2), count=3, shape=(), dtype="float32").name
    ...             entry.finish()
    False
    'x.npy'
    True
    """
    made_from = {**made_from, "fireanalysis": fireanalysis.__version__, "code": _code()}
    folder = Path(store) / kind / digest(made_from)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            folder.mkdir(exist_ok=True)
            yield Entry(folder, made_from)
    except OSError as error:
        raise RunError(
            f"cannot keep {kind}: {error.strerror or error}",
            where=folder,
            do="free the disk, or choose another folder (--out DIR; OUT in a notebook)",
        ) from error


@functools.lru_cache(maxsize=16)
def opened(path: Path) -> NDArray:
    """Memory-map an array of the store, for reading.

    Raises
    ------
    DataError
        If the file is gone or damaged.
    """
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"the stored array cannot be read: {error}",
            where=path,
            do="remove its folder and run again: it is made anew",
        ) from error


def digest(thing: Any) -> str:
    """Name a thing by its content: 20 hexadecimal digits of the SHA-256 of its JSON.

    Examples
    --------
    >>> digest({"a": 1, "b": [2.0]}) == digest({"b": [2.0], "a": 1})
    True
    """
    text = json.dumps(thing, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@functools.cache
def _code() -> str:
    """Digest of the sources that decide what is made, so that changed code makes things anew."""
    root = Path(__file__).parents[1]
    files = sorted(
        path for room in _CODE for path in (root / room).rglob("*") if path.suffix in (".py", ".csv")
    )
    return digest([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
