"""Pictures and masks of one size, made once on all cores and kept on disk as two arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from tqdm.auto import tqdm

from fireanalysis.errors import DataError
from fireanalysis.transforms import fit_picture
from fireanalysis.transforms.arrays import whole

from .dataset import DataSet, file_state
from .layout import some
from .spectrograms import threads
from .store import Entry, digest, kept, opened

_FILES_BELOW = {"file": "root", "mask": "root", "cutout": "cutouts", "scene": "backgrounds"}
_TASK = 32  # pictures a thread takes at a time


class Example(NamedTuple):
    """A picture and which of its pixels belong to a firearm.

    Attributes
    ----------
    image : uint8 (h, w, 3)
        Red, green, blue.
    mask : bool (h, w)
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def keep_pictures(
    data: DataSet[Example],
    *,
    store: str | os.PathLike[str],
    pixels: int,
    how: Literal["squash", "pad"] = "squash",
) -> DataSet[Example]:
    """Read or render every picture once, bring it to one size (`fit_picture`), and keep all on disk.

    Composites are rendered at this size in the first place. Memory does not grow with the number of pictures, and
    what is kept is memory-mapped when it is read.

    Parameters
    ----------
    data : DataSet of Example
        From `load_segmentation` or `load_composites`.
    store : path
        Folder that keeps the pictures (`kept`).
    pixels : int
        Rows and columns: 256 in the paper.
    how : {"squash", "pad"}
        See `fit_picture`.

    Returns
    -------
    DataSet of Example
        Images uint8 (pixels, pixels, 3), masks bool (pixels, pixels). The table has the columns of `data`,
        "row", the place in the kept arrays, and "foreground_share" of the kept mask, 0 to 1. The notes count
        pictures without foreground, and objects too small for this size.

    Raises
    ------
    ParameterError
        For a size out of range, or an unknown `how`.
    DataError
        If a picture or mask cannot be read.
    RunError
        If the store cannot be written.

    Notes
    -----
    Source: segmentation paper, "Dataset" (256 × 256 pixels).

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis.loaders import load_segmentation
    >>> data = load_segmentation(pictures=50).subset([0, 1])
    >>> pictures = keep_pictures(data, store=tempfile.mkdtemp(), pixels=32)
    >>> pictures[0].image.shape, pictures[0].mask.shape, pictures.source
    ((32, 32, 3), (32, 32), 'simulated')
    """
    pixels = whole(pixels, name="pixels", where="keep_pictures", least=1, most=2**14)
    fit = partial(fit_picture, pixels=pixels, how=how)
    fit(np.zeros((1, 1, 3), np.uint8))  # an unknown `how` is told before anything is rendered
    data = replace(data, read=rendered_at(data.read, pixels))
    made_from = {"data": data.fingerprint(), "files": _states(data), "pixels": pixels, "how": how}
    with kept(store, "pictures", made_from) as entry:
        if not entry.done:
            _make(data, fit, entry, pixels)
            entry.finish()
    shares = opened(entry.folder / "foreground.npy")
    table = data.table.assign(row=np.arange(len(data)), foreground_share=shares[:, 1])
    notes = _notes(table, shares, pixels)
    read = partial(_kept_rows, folder=entry.folder)
    return replace(data, table=table, read=read, notes=(*data.notes, *notes))


def stacked(
    data: DataSet[Example], rows: ArrayLike | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read pictures and masks of one size as two arrays.

    Parameters
    ----------
    data : DataSet of Example
        Kept ones (`keep_pictures`) come straight from disk.
    rows : int (n,), optional
        Positions in the data set; all by default.

    Returns
    -------
    images : uint8 (n, h, w, 3)
    masks : bool (n, h, w)

    Raises
    ------
    DataError
        If the pictures differ in size, or the store is gone.

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis.loaders import load_segmentation
    >>> data = load_segmentation(pictures=50).subset([0, 1])
    >>> images, masks = stacked(keep_pictures(data, store=tempfile.mkdtemp(), pixels=32))
    >>> images.shape, masks.shape, masks.dtype
    ((2, 32, 32, 3), (2, 32, 32), dtype('bool'))
    """
    table = data.table if rows is None else data.table.iloc[np.asarray(rows)]
    read: Any = data.read
    if getattr(read, "func", None) is _kept_rows:
        return _kept_arrays(table, **read.keywords)
    images, masks = zip(*data.read(table), strict=True)
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise DataError(
            f"pictures of {len(shapes)} sizes: {some(sorted(shapes))}",
            where=data.name,
            do="bring them to one size first: keep_pictures",
        )
    return np.stack(images), np.stack(masks)


def rendered_at(read: Callable[..., Any], pixels: int) -> Callable[..., Any]:
    """Give a reading function that renders at another size, if it renders at all; settings lie within each other."""
    if not isinstance(read, partial):
        return read
    settings = dict(read.keywords)
    if "pixels" in settings:
        settings["pixels"] = pixels
    elif "read" in settings:
        settings["read"] = rendered_at(settings["read"], pixels)
    return partial(read.func, *read.args, **settings)


def _states(data: DataSet[Example]) -> str:
    """Digest of size and time of change of every file that the pictures are made of."""
    read: Any = data.read
    roots: dict[str, Path] = {}
    while isinstance(read, partial):
        roots |= {name: path for name, path in read.keywords.items() if isinstance(path, Path)}
        read = read.keywords.get("read")
    columns = [
        (column, roots[root])
        for column, root in _FILES_BELOW.items()
        if root in roots and column in data.table
    ]
    return digest([file_state(root / file) for column, root in columns for file in data.table[column]])


def _make(data: DataSet[Example], fit: Callable, entry: Entry, pixels: int) -> None:
    count = len(data)
    shapes = {"images.npy": (pixels, pixels, 3), "masks.npy": (pixels, pixels), "foreground.npy": (2,)}
    types = {"images.npy": "uint8", "masks.npy": "bool", "foreground.npy": "float64"}

    def work(start: int) -> None:
        rows = data.table.iloc[start : start + _TASK]
        images, masks, foreground = made = [np.empty((len(rows), *shapes[n]), types[n]) for n in shapes]
        for place, (image, mask) in enumerate(data.read(rows)):
            images[place], masks[place] = fit(image, mask)
            foreground[place] = mask.mean(), masks[place].mean()
        for write, array in zip(writers, made, strict=True):
            write(start, array)
        progress.update(len(rows))

    with (
        ExitStack() as files,
        tqdm(total=count, desc=f"preparing {data.name}", leave=False, delay=5) as progress,
        ThreadPoolExecutor(threads()) as pool,
    ):
        writers = [
            files.enter_context(entry.open_array(name, count=count, shape=shapes[name], dtype=types[name]))
            for name in shapes
        ]
        try:
            for task in as_completed([pool.submit(work, start) for start in range(0, count, _TASK)]):
                task.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _notes(table: pd.DataFrame, shares: NDArray[np.float64], pixels: int) -> Iterator[str]:
    names = table["file"] if "file" in table else table.iloc[:, 0]
    before, after = shares.T
    if (empty := before == 0).any():
        yield f"{empty.sum()} of {len(table)} pictures have no foreground: {some(names[empty])}"
    if (lost := (before > 0) & (after == 0)).any():
        yield f"{lost.sum()} objects vanish at {pixels} x {pixels} pixels: {some(names[lost])}"


def _kept_rows(rows: pd.DataFrame, *, folder: Path) -> Iterator[Example]:
    images, masks = (opened(folder / name) for name in ("images.npy", "masks.npy"))
    for row in rows["row"]:
        yield Example(np.array(images[row]), np.array(masks[row]))


def _kept_arrays(rows: pd.DataFrame, *, folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    places = rows["row"].to_numpy()
    images, masks = (opened(folder / name)[places] for name in ("images.npy", "masks.npy"))
    return np.asarray(images), np.asarray(masks)
