"""Pictures of many sizes, made small once on all cores and kept on disk as one array."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm.auto import tqdm

from fireanalysis.errors import DataError
from fireanalysis.transforms import resize_longer
from fireanalysis.transforms.arrays import whole

from .dataset import DataSet
from .layout import some
from .spectrograms import threads
from .store import Entry, kept, opened

TINY_PX = 32
"""A picture whose longer side is below this shows next to nothing of a firearm."""

_TASK = 32  # pictures a thread takes at a time
_PIXELS, _SIZES = "pixels.npy", "sizes.npy"


def keep_sized(
    data: DataSet[NDArray[np.uint8]], *, store: str | os.PathLike[str], longer: int
) -> DataSet[NDArray[np.uint8]]:
    """Read or render every picture once, shrink those larger than a size, and keep all on disk.

    Aspect ratios are kept, and nothing is enlarged. Simulated pictures are rendered at this size in the first place.
    Memory does not grow with the number of pictures, and what is kept is memory-mapped when it is read.

    Parameters
    ----------
    data : DataSet of uint8 (h, w, 3)
        From `load_retrieval`, or a part of it.
    store : path
        Folder that keeps the pictures (`kept`).
    longer : int
        Longest side in pixels: 384 in the paper.

    Returns
    -------
    DataSet of uint8 (h, w, 3)
        The table has the columns of `data`, "row", the place in the kept array, and "height" and "width" of the
        kept picture. The notes count pictures that were tiny to begin with.

    Raises
    ------
    ParameterError
        For a size out of range.
    DataError
        Once for all pictures that cannot be read.
    RunError
        If the store cannot be written.

    Notes
    -----
    Source: retrieval paper, §V-A (any size and aspect ratio; longer side up to 384).

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis.loaders import load_retrieval
    >>> data = load_retrieval(pictures=60, classes=8).subset([0, 1])
    >>> pictures = keep_sized(data, store=tempfile.mkdtemp(), longer=48)
    >>> [max(picture.shape) for picture in pictures.samples()], pictures.source
    ([48, 48], 'simulated')
    """
    longer = whole(longer, name="longer", where="keep_sized", least=1, most=2**14)
    data = replace(data, read=_rendered_at(data.read, longer))
    with kept(store, "pictures", {"data": data.fingerprint(), "longer": longer}) as entry:
        if not entry.done:
            _make(data, entry, longer)
            entry.finish()
    sizes = opened(entry.folder / _SIZES)
    table = data.table.assign(row=np.arange(len(data)), height=sizes[:, 1], width=sizes[:, 2])
    tiny = np.flatnonzero(sizes[:, 3] < min(TINY_PX, longer))
    names = table["file"] if "file" in table else table.iloc[:, 0]
    note = f"{len(tiny)} of {len(table)} pictures are smaller than {TINY_PX} pixels: {some(names.iloc[tiny])}"
    notes = (*data.notes, note) if len(tiny) else data.notes
    return replace(data, table=table, read=partial(_kept_rows, folder=entry.folder), notes=notes)


def _rendered_at(read: Callable[..., Any], longer: int) -> Callable[..., Any]:
    """Give a reading function that renders at another size, if it renders at all."""
    if not isinstance(read, partial) or "longer" not in read.keywords:
        return read
    return partial(read.func, *read.args, **{**read.keywords, "longer": longer})


def _make(data: DataSet[NDArray[np.uint8]], entry: Entry, longer: int) -> None:
    faults: list[str] = []

    def work(start: int) -> tuple[list[NDArray[np.uint8]], list[int]]:
        rows = data.table.iloc[start : start + _TASK]
        try:
            images = list(data.read(rows))
        except DataError:  # go on, to name all that are damaged at once
            images = []
            for place in range(len(rows)):
                try:
                    images += data.read(rows.iloc[[place]])
                except DataError as error:
                    faults.append(f"{error.where}: {error.what}")
        sides = [max(image.shape[:2]) for image in images]
        return [_shrunk(image, longer) for image in images], sides

    sizes = np.empty((len(data), 4), np.int64)
    starts = range(0, len(data), _TASK)
    with (
        (entry.folder / _PIXELS).open("wb") as file,
        tqdm(total=len(data), desc=f"preparing {data.name}", leave=False, delay=5) as progress,
        ThreadPoolExecutor(threads()) as pool,
    ):
        _write_header(file, count := 0)
        try:
            for start, (images, sides) in zip(starts, pool.map(work, starts), strict=True):
                for place, (image, side) in enumerate(zip(images, sides, strict=True), start):
                    sizes[place] = count, *image.shape[:2], side
                    file.write(np.ascontiguousarray(image).data)
                    count += image.size
                progress.update(len(images))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        _write_header(file, count)
    if faults:
        raise DataError(
            f"{len(faults)} of {len(data)} pictures cannot be read: {some(sorted(faults))}",
            where=data.name,
            do="copy these files again, or leave them out",
        )
    entry.write_array(_SIZES, iter(sizes), count=len(sizes), shape=(4,), dtype="int64")


def _shrunk(image: NDArray[np.uint8], longer: int) -> NDArray[np.uint8]:
    return resize_longer(image, longer=longer) if max(image.shape[:2]) > longer else image


def _write_header(file: Any, count: int) -> None:
    """Write the header of a flat array, which keeps its length when the count is known and it is written again."""
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (count,)})


def _kept_rows(rows: pd.DataFrame, *, folder: Path) -> Iterator[NDArray[np.uint8]]:
    pixels, sizes = (opened(folder / name) for name in (_PIXELS, _SIZES))
    for begin, height, width, _ in sizes[rows["row"].to_numpy()]:
        yield np.array(pixels[begin : begin + height * width * 3]).reshape(height, width, 3)
