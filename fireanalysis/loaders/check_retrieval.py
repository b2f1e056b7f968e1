"""What is wrong with a folder of pictures with fine-grained classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fireanalysis.errors import DataError

from .check_pictures import handled, kind_of
from .dataset import DataSet
from .layout import some
from .picture_duplicates import find_picture_duplicates
from .pictures import read_picture
from .retrieval import load_retrieval
from .sized_pictures import TINY_PX

Finding = tuple[str, str, str, str]


def check_retrieval(folder: Path) -> list[Finding]:
    """Read every picture of a folder and list what would spoil a run on it.

    Returns
    -------
    list of (severity, file, problem, what to do)

    Raises
    ------
    DataError
        If the folder fits no layout.
    """
    data = load_retrieval(folder)
    findings = [("warning", "(folder)", note, "see that this is what you mean") for note in data.notes]
    readable, tiny, notes = (
        np.zeros(len(data), bool),
        list[str](),
        defaultdict[str, list[tuple[str, str]]](list),
    )
    for row, file in enumerate(data.table["file"]):
        try:
            picture = read_picture(folder / file)
        except DataError as error:
            findings.append(("error", file, error.what, error.do))
            continue
        readable[row] = True
        if max(picture.image.shape[:2]) < TINY_PX:
            tiny.append(file)
        for note in picture.notes:
            notes[kind_of(note)].append((file, note))
    findings += handled(notes)
    if tiny:
        what = f"{len(tiny)} pictures are smaller than {TINY_PX} pixels"
        findings.append(("warning", some(tiny), what, "leave them out: little is to be seen"))
    return [*findings, *_classes(data), *(_double(data.subset(readable)) if readable.any() else ())]


def _classes(data: DataSet[NDArray[np.uint8]]) -> Iterator[Finding]:
    photographs = data.table.groupby(data.label)[data.group].nunique()
    if single := sorted(photographs.index[photographs == 1]):
        what = f"{len(single)} classes of one photograph: {some(single)}"
        yield "warning", "(folder)", what, "nothing of them can be found again; they stay in the database"
    if len(photographs) < 3:
        what = f"{len(photographs)} classes"
        do = "training, validation and test need classes of their own; add others"
        yield "warning", "(folder)", what, do
    if "split" in data.table:
        parts = data.table.groupby(data.label)["split"].nunique()
        if shared := sorted(parts.index[parts > 1]):
            what = f"{len(shared)} classes are in several parts: {some(shared)}"
            yield (
                "warning",
                "(folder)",
                what,
                "a search is tested on classes never seen: the split is dealt anew",
            )


def _double(data: DataSet[NDArray[np.uint8]]) -> Iterator[Finding]:
    found = find_picture_duplicates(data)
    found = found[~found["same_source"]]
    for pair, kind, same_class in zip(
        found[["a", "b"]].to_numpy(), found["kind"], found["same_class"], strict=True
    ):
        files, classes = some(data.table["file"].iloc[pair]), data.labels[pair]
        what = "the same pixels" if kind == "same pixels" else "nearly the same picture"
        if same_class:
            do = "keep one, or give both the same source_picture in a manifest.csv"
            yield "warning", files, f"{what} twice in {classes[0]!r}", do
        else:
            do = "keep the right one: the same picture cannot be of two classes"
            yield "error", files, f"{what} in two classes: {some(classes)}", do
