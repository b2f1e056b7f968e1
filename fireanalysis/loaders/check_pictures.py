"""What is wrong with a folder of pictures with masks, or of cut-outs and backgrounds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError

from .composites import BACKGROUNDS, CUTOUTS, load_composites
from .dataset import DataSet
from .kept_pictures import Example
from .layout import files_of, some
from .pictures import PICTURE_SUFFIXES, read_cutout, read_picture
from .segmentation import load_segmentation
from .segmentation_files import read_example

Finding = tuple[str, str, str, str]

NEAR = 0.95
"""Similarity of two pictures from which they are taken for the same one saved twice."""

_THUMBNAIL = 24
_SMALL_PX, _LARGE_SHARE, _MOST_UNCERTAIN = 64, 0.8, 0.25
_NUMBERS = re.compile(r"\d[\d.]*")


def check_pictures(folder: Path) -> list[Finding]:
    """Read every picture and mask of a folder and list what would spoil a run on it.

    Pictures are compared by the correlation of their thumbnails: the same scene taken twice, or saved again, reaches
    0.95; different ones of a real set did not reach 0.9.

    Returns
    -------
    list of (severity, file, problem, what to do)

    Raises
    ------
    DataError
        If the folder fits no layout.
    """
    data = load_segmentation(folder)
    if "scene" in data.table:
        return _check_composites(folder)
    findings = [("warning", "(folder)", note, "see that this is what you mean") for note in data.notes]
    notes = defaultdict[str, list[tuple[str, str]]](list)
    thumbnails: dict[int, NDArray[np.float32]] = {}
    for number, (_, row) in enumerate(data.table.iterrows()):
        file = row["file"]
        try:
            picture, mask = read_example(row, root=folder)
        except DataError as error:
            findings.append(("error", file, error.what, error.do))
            continue
        thumbnails[number] = _thumbnail(picture.image)
        for note in (*picture.notes, *mask.notes):
            notes[kind_of(note)].append((file, note))
        findings += [(severity, file, what, do) for severity, what, do in _mask_findings(mask.mask)]
        if mask.tint is not None and mask.tint.uncertain_share > _MOST_UNCERTAIN:
            what = f"the tint leaves {mask.tint.uncertain_share:.0%} of the mask's area uncertain"
            findings.append(("warning", file, what, "look at this mask (decode_tint), or draw it again"))
    findings += handled(notes)
    return [*findings, *_double(data, thumbnails), *_groups(data.table)]


def _mask_findings(mask: NDArray[np.bool_]) -> Iterator[tuple[str, str, str]]:
    area = np.count_nonzero(mask)
    if area == 0:
        yield "warning", "the mask is empty", "right for a picture without a firearm; else draw it"
    elif area < _SMALL_PX:
        yield (
            "warning",
            f"the mask has {area} pixels",
            "at smaller sizes it vanishes; tile the picture instead",
        )
    elif area > _LARGE_SHARE * mask.size:
        what = f"the mask covers {area / mask.size:.0%} of the picture"
        yield "warning", what, "see that firearm and background are not exchanged"


def kind_of(note: str) -> str:
    """Name what a note says without its numbers, so that files of one kind are listed together."""
    return _NUMBERS.sub("", note)


def handled(notes: dict[str, list[tuple[str, str]]]) -> Iterator[Finding]:
    """Say once what was done to many files."""
    for found in notes.values():
        what = found[0][1] + (f" (the first of {len(found)})" if len(found) > 1 else "")
        yield "warning", some(file for file, _ in found), what, "see that this is right"


def _thumbnail(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6)).ravel()


def _double(data: DataSet[Example], thumbnails: dict[int, NDArray[np.float32]]) -> Iterator[Finding]:
    rows = list(thumbnails)
    shown = np.array([thumbnails[row] for row in rows]).reshape(len(rows), -1)
    for place, row in enumerate(rows):
        for other in np.flatnonzero(shown[place + 1 :] @ shown[place] >= NEAR) + place + 1:
            pair = [row, rows[other]]
            groups = data.groups[pair]
            if groups[0] != groups[1]:
                similarity = float(shown[place] @ shown[other])
                what = f"the same picture by a similarity of {similarity:.2f}, in two groups: {some(groups)}"
                do = "remove one, or give both the same group: copies leak through a split"
                yield "error", some(data.table["file"].iloc[pair]), what, do


def _groups(table: pd.DataFrame) -> Iterator[Finding]:
    groups = table["background"].nunique()
    if groups < 3:
        do = "they cannot be in training, validation and test; add pictures of other firearms and places"
        yield "warning", "(folder)", f"{groups} groups of pictures", do


def _check_composites(folder: Path) -> list[Finding]:
    """Read every cut-out and background once."""
    data = load_composites(folder / CUTOUTS, folder / BACKGROUNDS, pictures=1)
    findings = [("warning", "(folder)", note, "see that this is what you mean") for note in data.notes]
    notes = defaultdict[str, list[tuple[str, str]]](list)
    for name in (CUTOUTS, BACKGROUNDS):
        for path in files_of(folder / name, PICTURE_SUFFIXES):
            file = f"{name}/{path.name}"
            try:
                if name == CUTOUTS:
                    read_cutout(path)
                else:
                    for note in read_picture(path).notes:
                        notes[_NUMBERS.sub("", note)].append((file, note))
            except DataError as error:
                findings.append(("error", file, error.what, error.do))
    return [*findings, *handled(notes)]
