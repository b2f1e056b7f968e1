"""Files written whole or not at all, and values made plain enough for JSON and a notebook's parameters."""

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fireanalysis.errors import ParameterError, RunError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def write_whole(path: Path, text: str) -> Path:
    """Write a text file so that a reader sees the old content or the new, never a part of it.

    Raises
    ------
    RunError
        If the folder cannot be written or the disk is full; nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_whole(folder / "deep" / "a.txt", "hello").read_text()
    'hello'
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def cannot_write(path: Path, error: OSError) -> RunError:
    """Word a failed write: a full disk, a read-only folder, a file where a folder should be."""
    return RunError(
        f"cannot write {path.name}: {error.strerror or error}",
        where=path.parent,
        do="free the disk or choose another folder (--out DIR; OUT in a notebook)",
    )


def write_json(path: Path, content: dict[str, Any]) -> Path:
    """Write `content` as JSON, whole or not at all."""
    return write_whole(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    RunError
        If the file is there but holds something else; a missing file stays a ``FileNotFoundError``.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        content = error
    if not isinstance(content, dict):
        raise RunError(f"not a JSON object: {content}", where=path, do="remove the file and run again")
    return content


def plain(value: Any, *, name: str) -> Any:
    """Turn NumPy scalars and arrays, paths and tuples into what JSON and papermill can carry.

    Raises
    ------
    ParameterError
        If something else, NaN or an infinity is in there.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"sigma": np.float32(0.5), "files": (Path("a.x3p"),)}, name="SIGMA")
    {'sigma': 0.5, 'files': ['a.x3p']}
    """
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, torch tensors
        value = value.tolist()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item, name=name) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item, name=name) for key, item in value.items()}
    if (
        value is None
        or isinstance(value, bool | int | str)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    raise ParameterError(
        f"{name} is {value!r}",
        do="pass a finite number, text, True or False, None, a path, or lists and dicts of these",
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder, made if need be, against other runs.

    The system drops the lock with the process that holds it, so none is ever stale.

    Raises
    ------
    RunError
        If another run holds it, or it cannot be written.
    """
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("ab+", buffering=0)  # what a buffer could not write, it would try again on closing
    except OSError as error:
        raise cannot_write(path, error) from error
    with file:
        if not _lock(file.fileno()):
            file.seek(0)
            what = f"in use by another run, process {file.read().decode()}"
            raise RunError(what, where=folder, do="wait for its end, or choose another --out")
        try:
            file.truncate(0)
            file.write(str(os.getpid()).encode())
        except OSError as error:
            raise cannot_write(path, error) from error
        yield


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # a locked byte cannot be read; the process id must be
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
