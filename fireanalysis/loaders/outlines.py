"""Outlines of objects as annotation programs write them: COCO's JSON and CVAT's XML."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms import polygons_mask

from .layout import path_fault, some

CVAT_FILE = "annotations.xml"
_FIREARM = re.compile(r"gun|pistol|revolver|rifle|firearm|weapon|carbine", re.IGNORECASE)
Outlined = tuple[pd.DataFrame, tuple[str, ...]]


def coco_files(folder: Path) -> list[Path]:
    """Find the JSON files of a folder, and of its subfolder ``annotations``, that are COCO annotations."""
    files = [*sorted(folder.glob("*.json")), *sorted((folder / "annotations").glob("*.json"))]
    return [path for path in files if path.name[0] != "." and b'"annotations"' in path.read_bytes()]


def read_coco(path: Path, *, root: Path) -> Outlined:
    """List the pictures of a COCO file with the outlines of the firearms in them.

    Categories whose name tells a firearm count; if none does, all count, and the notes say so. Outlines are polygons,
    or run lengths as lists of numbers (not COCO's compressed text).

    Returns
    -------
    table : pandas.DataFrame
        One row a picture: file (below `root`), outlines (JSON, for `outlined_mask`), type (the category with
        the most outlines, "no firearm" without any).
    notes : tuple of str

    Raises
    ------
    DataError
        Once, listing the first few faults: missing files, broken polygons, outlines of unknown pictures.
    """
    try:
        content = json.loads(_text(path))
        pictures = {picture["id"]: picture for picture in content["images"]}
        names = {category["id"]: str(category["name"]) for category in content["categories"]}
        annotations = list(content["annotations"])
        wanted, notes = _wanted(names.values(), path)
        faults: list[str] = []
        parts: dict[Any, list[tuple[str, Any]]] = {key: [] for key in pictures}
        for number, annotation in enumerate(annotations):
            name, shown = names[annotation["category_id"]], annotation["image_id"]
            if name not in wanted:
                continue
            fault = _segment_fault(annotation.get("segmentation"))
            if shown not in pictures:
                fault = f"image_id {shown} is not among the images"
            if fault:
                faults.append(f"annotation {annotation.get('id', number)}: {fault}")
            else:
                parts[shown].append((name, annotation["segmentation"]))
        rows = [
            (picture["file_name"], picture["height"], picture["width"], parts[key])
            for key, picture in pictures.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"no COCO annotations: {type(error).__name__} {error}",
            where=path,
            do="export it again with images, categories and annotations",
        ) from error
    return _outlined(rows, faults, notes, path=path, root=root)


def read_cvat(path: Path, *, root: Path) -> Outlined:
    """List the pictures of a CVAT file ("CVAT for images 1.1") with the polygons of the firearms in them.

    Returns
    -------
    As `read_coco`; rectangles and other shapes do not count.

    Raises
    ------
    DataError
        As `read_coco`.
    """
    try:
        images = ElementTree.fromstring(_text(path).encode()).findall("image")
        labels = [shape.get("label", "") for image in images for shape in image.iter("polygon")]
        wanted, notes = _wanted(labels, path)
        faults: list[str] = []
        rows = []
        for image in images:
            parts = []
            for shape in image.iter("polygon"):
                corners = [float(x) for x in re.split(r"[;,]", shape.get("points", ""))]
                if fault := _segment_fault([corners]):
                    faults.append(f"{image.get('name')}: {fault}")
                elif shape.get("label", "") in wanted:
                    parts.append((shape.get("label", ""), [corners]))
            size = int(image.get("height", "")), int(image.get("width", ""))
            rows.append((image.get("name", ""), *size, parts))
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(
            f"no annotations of CVAT: {error}", where=path, do="export it again as CVAT for images 1.1"
        ) from error
    return _outlined(rows, faults, notes, path=path, root=root)


def outlined_mask(outlines: str, shape: tuple[int, int], *, where: Path) -> NDArray[np.bool_]:
    """Draw what `read_coco` or `read_cvat` put into a row.

    Raises
    ------
    DataError
        If the picture has another size than its annotations say.
    """
    content = json.loads(outlines)
    if tuple(content["size"]) != shape:
        stated = f"{content['size'][1]} x {content['size'][0]}"
        raise DataError(
            f"the annotations say {stated} pixels, the picture has {shape[1]} x {shape[0]}",
            where=where,
            do="annotate this picture, or save it at that size (and turned that way: EXIF rotation is applied)",
        )
    mask = np.zeros(shape, bool)
    for segments in content["parts"]:
        if isinstance(segments, dict):
            mask |= _run_lengths(segments, shape, where=where)
        else:
            mask |= polygons_mask([np.reshape(corners, (-1, 2)) for corners in segments], shape)
    return mask


def _wanted(names: Iterable[str], path: Path) -> tuple[set[str], tuple[str, ...]]:
    every = set(names)
    firearms = {name for name in every if _FIREARM.search(name)}
    if not firearms and every:
        return every, (f"{path.name}: no category tells a firearm, all are taken: {some(sorted(every))}",)
    others = sorted(every - firearms)
    return firearms, (f"{path.name}: categories passed over: {some(others)}",) if others else ()


def _segment_fault(segments: Any) -> str:
    """Say what is wrong with one COCO segmentation; nothing if it can be drawn."""
    if isinstance(segments, dict):
        counts = segments.get("counts")
        if isinstance(counts, str):
            return "compressed run lengths (convert them to polygons, or to lists of numbers)"
        sound = isinstance(counts, list) and all(isinstance(count, int) and count >= 0 for count in counts)
        return "" if sound else "run lengths that are no whole numbers"
    if not isinstance(segments, list) or not segments:
        return "no polygon"
    for corners in segments:
        if not isinstance(corners, list) or len(corners) < 6 or len(corners) % 2:
            count = len(corners) if isinstance(corners, list) else type(corners).__name__
            return f"a polygon of {count} numbers; 6 or more, x and y in turn, fit"
        if not all(isinstance(x, int | float) and math.isfinite(x) for x in corners):
            return "a polygon with corners that are no finite numbers"
    return ""


def _outlined(
    rows: list[tuple[str, int, int, list]],
    faults: list[str],
    notes: tuple[str, ...],
    *,
    path: Path,
    root: Path,
) -> Outlined:
    lines = []
    for name, height, width, parts in rows:
        file = _found(str(name).replace("\\", "/"), path=path, root=root)
        if not file:
            faults.append(f"picture {name!r} {path_fault(root, str(name)) or 'does not exist'}")
        types = pd.Series([kind for kind, _ in parts], dtype=object).mode()
        outlines = json.dumps({"size": [height, width], "parts": [segments for _, segments in parts]})
        lines.append((file, outlines, types[0] if len(types) else "no firearm"))
    table = pd.DataFrame(lines, columns=["file", "outlines", "type"])
    faults += [
        f"picture {file!r} is listed twice" for file in table["file"][table["file"].duplicated()] if file
    ]
    if faults:
        raise DataError(
            f"{len(faults)} faults: {some(faults)}", where=path, do="correct or leave out these entries"
        )
    if table.empty:
        raise DataError("no pictures are listed", where=path, do="export it again")
    return table, notes


def _found(name: str, *, path: Path, root: Path) -> str:
    """Where below the root a picture lies: as named, beside the annotations, or in the folder images."""
    beside = path.parent.relative_to(root)
    places: Iterator[str] = (
        candidate.as_posix() for candidate in (Path(name), beside / name, Path("images") / name)
    )
    return next((place for place in places if not path_fault(root, place)), "")


def _run_lengths(segments: dict, shape: tuple[int, int], *, where: Path) -> NDArray[np.bool_]:
    counts = np.array(segments["counts"], np.int64)
    if counts.sum() != shape[0] * shape[1]:
        what = f"run lengths of {counts.sum()} pixels in all; the picture has {shape[0] * shape[1]}"
        raise DataError(what, where=where, do="correct or leave out this annotation")
    values = np.arange(len(counts)) % 2 == 1  # they begin with background
    return np.repeat(values, counts).reshape(shape, order="F")  # and run down the columns


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path, do="save it as UTF-8 text") from error
