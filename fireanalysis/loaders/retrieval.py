"""Sets of pictures with fine-grained classes: real ones from a folder, simulated ones without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .dataset import DataSet
from .layout import data_folder
from .pictures import read_picture
from .retrieval_files import list_retrieval

Picture = NDArray[np.uint8]

LONGER_PX = 384
"""Longer side of the original's pictures at test."""


def load_retrieval(
    root: str | os.PathLike[str] | None = None, *, pictures: int = 14755, classes: int = 167, seed: int = 0
) -> DataSet[Picture]:
    """Open a folder of pictures with classes, or make a simulated set; pictures are read or rendered when used.

    Parameters
    ----------
    root : path, optional
        Folder in one of these layouts, of PNG, JPEG, WebP, BMP, TIFF or GIF files (`read_picture`); hidden files are
        ignored:

        - a folder per class; the class of a file deeper down is its folder, as "rifles/model 07". Folders per class
          below ``train/``, ``validation/`` (or ``val/``) and ``test/`` also tell the split;
        - ``manifest.csv`` with the columns file and class, and, where they are known, source_picture (what all
          copies of one photograph share), split (train, validation, test) and query (1 or 0);
        - Firearm 14k as its authors publish it: ``train/`` with a folder per class; in ``validation/`` and ``test/``
          a ``database_image/`` and ``query_info/`` with ``query_image/`` and ``ground_truth_info.json``, the
          database pictures of each query's class. Classes there have no names: they are numbered.

        Without a folder the set is simulated.
    pictures, classes, seed : optional
        Size of a simulated set, see `fireanalysis.simulators.sample_retrieval`.

    Returns
    -------
    DataSet of uint8 (h, w, 3)
        Pictures differ in size and aspect. Label "class", group "source_picture": in a real set each file is a
        group, unless a manifest says otherwise. Columns split and query where they are known. A simulated set has
        the columns of `sample_retrieval`; `keep_sized` renders it at its own size.

    Raises
    ------
    ParameterError
        For a simulated set that cannot be.
    DataError
        For a folder that fits no layout, listing the first few faults; and, when a picture is used, for a file
        that cannot be read.

    Notes
    -----
    Source: retrieval paper, §III and Table II; the layout is told by the data set's own README and the authors'
    code.

    Examples
    --------
    >>> data = load_retrieval(pictures=60, classes=8)
    >>> data.source, data.label, data.group, len(data)
    ('simulated', 'class', 'source_picture', 60)
    """
    if root is not None:
        folder = data_folder(root)
        table, notes = list_retrieval(folder)
        read = partial(_read, root=folder)
        return DataSet(
            table, read, label="class", group="source_picture", source="real", name=folder.name, notes=notes
        )
    from fireanalysis.simulators import sample_retrieval

    return DataSet(
        sample_retrieval(pictures, classes=classes, seed=seed),
        partial(_render, longer=LONGER_PX),
        label="class",
        group="source_picture",
        source="simulated",
        name="simulated firearms, fine-grained",
    )


def _read(rows: pd.DataFrame, *, root: Path) -> Iterator[Picture]:
    for file in rows["file"]:
        yield read_picture(root / file).image


def _render(rows: pd.DataFrame, *, longer: int) -> Iterator[Picture]:
    from fireanalysis.simulators import render_retrieval

    yield from render_retrieval(rows, longer=longer, threads=1)
