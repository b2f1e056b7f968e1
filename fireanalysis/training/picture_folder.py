"""A folder of pictures as a searchable index: made, continued where it was killed, and brought up to date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from fireanalysis.errors import DataError, RunError
from fireanalysis.loaders import PICTURE_SUFFIXES

from .describer import Describer, ReadPicture, describer
from .index_files import holds_index
from .picture_index import PictureIndex
from .segment_file import _whole

NETWORK = "network.pt"
"""The network of an index, if it is not the default one, beside its files."""

_STATE = ["file", "bytes", "changed_ns"]  # a file with the same is not read again
_AT_ONCE = 64
_SAVE_EVERY_S = 20.0
_TINY = 32  # rows or columns
_SAMPLE, _NEAREST = 500, 8


class Indexed(NamedTuple):
    """A folder that was indexed.

    Attributes
    ----------
    pictures : PictureIndex
        Its `facts` have one row a picture: file (relative to the folder), bytes, changed_ns, pixels (the same for files
        that show the same), rows, columns, notes.
    network : Describer
    passed_over : DataFrame
        file and problem of those that cannot be read.
    notes : tuple of str
        What was done, and what a reader should know of the pictures.
    """

    pictures: PictureIndex
    network: Describer
    passed_over: pd.DataFrame
    notes: tuple[str, ...]


def index_folder(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    network: str | os.PathLike[str] | None = None,
    update: bool = False,
    approximate: bool = False,
    threads: int = 2,
) -> Indexed:
    """Describe every picture below a folder, to be searched by `search_pictures`.

    Files that cannot be read are passed over and listed. A run that is killed is continued by the same call: it has
    lost its last seconds.

    Parameters
    ----------
    folder : path
        Pictures in any arrangement; hidden files and ``__MACOSX`` are ignored.
    out : path
        Folder of the index.
    network : path, optional
        Of `describer`; it is copied into the index. Default: that of the index, if there is one.
    update : bool
        Bring an index up to date: new and changed files are described, those that are gone are removed.
    approximate : bool
        Also build a part for approximate search, whose recall is measured and noted.
    threads : int
        Files read at a time.

    Returns
    -------
    Indexed

    Raises
    ------
    DataError
        If there is no picture, or none that can be read; for an index that is complete and not to be updated, that
        was made of another folder or by another network, or is damaged.
    RunError
        If it cannot be written, or another run is at it.
    """
    root, target = Path(folder).resolve(), Path(out)
    files, nameless = _listed(root)
    given = None if network is None else describer(network)
    with _alone(target):
        index, by = _opened(target, root, given, update=update)
        if network is not None:
            _whole(target / NETWORK, Path(network).read_bytes())
        known = index.facts.reset_index()
        both = files.merge(known, on=_STATE, how="left") if len(known) else files.assign(id=np.nan)
        gone = np.setdiff1d(index.ids, both["id"].dropna().to_numpy(np.int64))
        index.about["complete"] = False
        approximate |= "approximate" in index.about
        if len(gone):
            index.remove(gone)
        new = files[both["id"].isna().to_numpy()]
        passed_over = nameless + _fill(index, root, new, by, threads)
        if not len(index):
            what = f"none of {len(files)} pictures can be read; the first: {passed_over[0][1]}"
            raise DataError(what, where=root, do="look at the files")
        index.about |= {"complete": True, "nearest": _nearest(index), "passed_over": passed_over}
        if approximate and len(index) > 1:
            index.build_approximate()
        index.save()
    table = pd.DataFrame(passed_over, columns=["file", "problem"])
    _whole(target / "passed_over.csv", table.to_csv(index=False).encode())
    added = len(new) + len(nameless) - len(passed_over)
    changes = f"{len(index)} pictures in the index: {added} added, {len(gone)} removed (gone or changed)"
    return Indexed(index, by, table, (changes, *_notes(index, table)))


def network_of(folder: str | os.PathLike[str]) -> Describer:
    """Give the network by which a folder's index was made.

    Raises
    ------
    DataError
        As `describer`.
    """
    own = Path(folder) / NETWORK
    return describer(own if own.is_file() else None)


def _listed(root: Path) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """List the pictures below a folder, and those whose names cannot be written down."""
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataError(f"the folder of pictures {what}", where=root, do="pass a folder")
    rows: list[tuple[str, int, int]] = []
    nameless = []
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        hidden = any(part[0] == "." or part == "__MACOSX" for part in inner.parts)
        if path.suffix.lower() not in PICTURE_SUFFIXES or hidden or not path.is_file():
            continue
        name = inner.as_posix()
        written = name.encode(errors="replace").decode()
        if written == name:
            state = path.stat()
            rows.append((name, state.st_size, state.st_mtime_ns))
        else:
            nameless.append((written, "its name is no text: give it another"))
    if not rows:
        what = f"no file ending in {' '.join(PICTURE_SUFFIXES)}"
        raise DataError(what, where=root, do="pass a folder of pictures")
    return pd.DataFrame(rows, columns=_STATE), nameless


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Let nobody else write the index meanwhile."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise RunError("another run writes this index", where=target, do="wait for it") from error
    except OSError as error:
        do = "free the disk, or choose another folder (--out)"
        raise RunError(f"the index cannot be written: {error.strerror}", where=target, do=do) from error


def _opened(
    target: Path, root: Path, given: Describer | None, *, update: bool
) -> tuple[PictureIndex, Describer]:
    """Open the index that is there, or begin one; and the network it is made by."""
    if not holds_index(target):
        (target / NETWORK).unlink(missing_ok=True)  # of a run that was killed before it had any picture
        by = given or describer()
        index = PictureIndex.create(target, dimensions=by.model.dimensions, network=by.identity)
        index.about["root"] = str(root)
        return index, by
    index = PictureIndex.open(target)
    if index.about["root"] != str(root):
        what = f"the index is of another folder, {index.about['root']}"
        raise DataError(what, where=target, do="index that folder, or choose another --out")
    if index.about["complete"] and not update:
        what = f"there is an index of {len(index)} pictures"
        raise DataError(what, where=target, do="bring it up to date with --update, or choose another --out")
    by = given or network_of(target)
    index.check_network(by.identity)
    return index, by


def _fill(
    index: PictureIndex, root: Path, files: pd.DataFrame, by: Describer, threads: int
) -> list[tuple[str, str]]:
    """Describe files and add them; saves every few seconds. Gives those that cannot be read."""
    passed_over = []
    saved, pause = monotonic(), _SAVE_EVERY_S
    bar = tqdm(total=len(files), desc=root.name, unit="picture", leave=False, delay=5)
    with bar, ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(files), _AT_ONCE):
            some = files.iloc[start : start + _AT_ONCE]
            read = list(pool.map(lambda file: _read(root / file, by), some["file"]))
            sound = [picture for picture in read if isinstance(picture, ReadPicture)]
            if sound:
                facts = some[[isinstance(one, ReadPicture) for one in read]].reset_index(drop=True)
                facts["pixels"] = [picture.pixels for picture in sound]
                facts[["rows", "columns"]] = [picture.shape for picture in sound]
                facts["notes"] = ["; ".join(picture.notes) for picture in sound]
                first = index.ids.max(initial=-1) + 1
                index.add(first + np.arange(len(sound)), by.describe(sound), facts=facts)
            passed_over += [
                (file, one) for file, one in zip(some["file"], read, strict=True) if isinstance(one, str)
            ]
            bar.update(len(some))
            if monotonic() - saved > pause:
                began = monotonic()
                index.save()
                saved = monotonic()
                pause = max(_SAVE_EVERY_S, 20 * (saved - began))  # a large index takes its time
    return passed_over


def _read(path: Path, by: Describer) -> ReadPicture | str:
    try:
        return by.read(path)
    except DataError as error:
        return error.what


def _nearest(index: PictureIndex) -> list[float]:
    """Score of the nearest other picture that does not show the same pixels: 5 %, 50 % and 95 % of a sample."""
    chosen = np.random.default_rng(0).permutation(len(index))[:_SAMPLE]
    found = index.search(index.embeddings_of(index.ids[chosen]), k=_NEAREST)
    pixels, _ = pd.factorize(index.facts["pixels"])
    other = (
        pixels[index.facts.index.get_indexer(pd.Index(found.rows.ravel()))].reshape(found.rows.shape)
        != pixels[chosen, None]
    )
    best = np.where(other, found.scores, -np.inf).max(axis=1)
    best = best[np.isfinite(best)]
    return np.quantile(best, [0.05, 0.5, 0.95]).round(4).tolist() if len(best) else []


def _notes(index: PictureIndex, passed_over: pd.DataFrame) -> Iterator[str]:
    if len(passed_over):
        some = [f"{file}: {problem}" for file, problem in passed_over.head(5).to_numpy()]
        more = ["..."] if len(passed_over) > len(some) else []
        count = f"{len(passed_over)} files passed over, listed in passed_over.csv of the index:"
        yield "\n    ".join([count, *some, *more])
    counts = index.facts["pixels"].value_counts()
    if (counts > 1).any():
        several = counts[counts > 1]
        yield f"{several.sum()} pictures show the same pixels as another, in {len(several)} groups: all are kept"
    tiny = (index.facts[["rows", "columns"]].min(axis=1) < _TINY).sum()
    if tiny:
        yield f"{tiny} pictures have fewer than {_TINY} rows or columns: little can be told from them"
    changed = (index.facts["notes"] != "").sum()
    if changed:
        yield f"{changed} pictures are no plain 8-bit RGB: what was done to them is in the index's facts"
    if found := index.about.get("approximate"):
        yield (
            f"approximate search finds {found['recall']:.1%} of the ten nearest, "
            f"looking at {found['searched']} of {found['lists']} lists"
        )
