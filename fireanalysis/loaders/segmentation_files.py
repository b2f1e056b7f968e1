"""Folders of pictures with masks: how they may be laid out, and how an example is read from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from fireanalysis.errors import DataError

from .composites import CUTOUTS
from .dataset import DataSet
from .kept_pictures import Example
from .layout import MANIFEST, files_of, path_fault, read_manifest, some
from .mask_files import MaskFile, open_mask
from .outlines import CVAT_FILE, coco_files, outlined_mask, read_coco, read_cvat
from .pictures import PICTURE_SUFFIXES, PictureFile, read_picture

SEGMENTATION_LAYOUTS = (
    f"images/ and masks/ with files of the same name (and a {MANIFEST} or masks.csv with the columns file, group, "
    f"type, if known); images/ and {CVAT_FILE}; pictures and a COCO .json; or cutouts/ and backgrounds/"
)
_IMAGES, _MASKS = "images", ("masks", "labels")
_MANIFESTS = (MANIFEST, "masks.csv")
_KNOWN = ("type", "group", "firearm", "background", "mask")


def open_folder(folder: Path) -> DataSet[Example]:
    """Open a folder of pictures with masks; files are read when they are used.

    Parameters
    ----------
    folder : Path
        As `load_segmentation` tells.

    Raises
    ------
    DataError
        For a folder that fits no layout, listing the first few faults.
    """
    coco = coco_files(folder)
    masks = next((name for name in _MASKS if (folder / name).is_dir()), None)
    if len(coco) > 1:
        what = f"{len(coco)} files of COCO annotations: {some(path.name for path in coco)}"
        raise DataError(what, where=folder, do="pass a folder with one of them; or merge them")
    if coco:
        table, notes = read_coco(coco[0], root=folder)
    elif (folder / CVAT_FILE).is_file():
        table, notes = read_cvat(folder / CVAT_FILE, root=folder)
        if masks:
            notes += (f"masks are the polygons of {CVAT_FILE}; the files in {masks}/ are not used",)
    elif masks and (folder / _IMAGES).is_dir():
        table, notes = _paired(folder, masks)
    else:
        found = some(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise DataError(
            f"no pictures with masks; the folder holds {found}",
            where=folder,
            do=f"arrange it as {SEGMENTATION_LAYOUTS}",
        )
    read = partial(_read, root=folder)
    if "background" not in table and "group" not in table:
        notes += (f"no column group: each of the {len(table)} pictures is taken as a group of its own",)
    columns = {"label": "type", "group": "background"}
    return DataSet(_grouped(table), read, **columns, source="real", name=folder.name, notes=notes)


def holds_pictures(folder: Path) -> bool:
    """Whether a folder is laid out as one of `SEGMENTATION_LAYOUTS`, or nearly so."""
    named = any((folder / name).is_dir() for name in (_IMAGES, CUTOUTS))
    return named or (folder / CVAT_FILE).is_file() or bool(coco_files(folder))


def read_example(row: pd.Series, *, root: Path) -> tuple[PictureFile, MaskFile]:
    """Read the picture and mask of one row of a real data set, with what was done to them.

    Raises
    ------
    DataError
        If a file cannot be read, or the mask has another size.
    """
    picture = read_picture(root / row["file"])
    if "outlines" in row:
        mask = outlined_mask(row["outlines"], picture.image.shape[:2], where=root / row["file"])
        return picture, MaskFile(mask)
    return picture, open_mask(root / row["mask"], image=picture.image)


def _read(rows: pd.DataFrame, *, root: Path) -> Iterator[Example]:
    for _, row in rows.iterrows():
        picture, mask = read_example(row, root=root)
        yield Example(picture.image, mask.mask)


def _paired(folder: Path, masks: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Pair pictures and masks by name, or as the manifest says."""
    manifest = next((folder / name for name in _MANIFESTS if (folder / name).is_file()), None)
    if manifest is not None:
        table = read_manifest(manifest, filled=(), text=_KNOWN, inside=_IMAGES)
        pictures = [folder / file for file in table["file"]]
    else:
        pictures = files_of(folder / _IMAGES, PICTURE_SUFFIXES)
        table = pd.DataFrame({"file": [path.relative_to(folder).as_posix() for path in pictures]})
    by_stem = defaultdict[str, list[Path]](list)
    for path in files_of(folder / masks, PICTURE_SUFFIXES):
        by_stem[path.stem.removesuffix("_mask")].append(path)
    named = table["mask"] if "mask" in table else [""] * len(table)
    found = [
        [name] if name else [path.relative_to(folder).as_posix() for path in by_stem[picture.stem]]
        for picture, name in zip(pictures, named, strict=True)
    ]
    faults = [*_pair_faults(pictures, found, folder), *_double(pictures, found)]
    if faults or not pictures:
        raise DataError(
            f"{len(faults)} faults: {some(faults)}" if faults else f"no pictures in {_IMAGES}/",
            where=folder,
            do=f"give each picture in {_IMAGES}/ one mask of the same name in {masks}/ (all black if it shows no "
            "firearm), or name pairs in the columns file and mask of a manifest.csv",
        )
    used = {name for names in found for name in names}
    unused = [path.name for paths in by_stem.values() for path in paths if f"{masks}/{path.name}" not in used]
    notes = (f"{len(unused)} masks without a picture passed over: {some(unused)}",) if unused else ()
    return table.assign(mask=[names[0] for names in found]), notes


def _pair_faults(pictures: list[Path], masks: list[list[str]], folder: Path) -> Iterator[str]:
    for picture, names in zip(pictures, masks, strict=True):
        if not names:
            yield f"{picture.name} has no mask"
        elif len(names) > 1:
            yield f"{picture.name} pairs with {len(names)} masks ({some(names)})"
        elif fault := path_fault(folder, names[0]):
            yield f"{picture.name}: mask {names[0]!r} {fault}"


def _double(pictures: list[Path], masks: list[list[str]]) -> Iterator[str]:
    of_mask = defaultdict[str, list[str]](list)
    for picture, names in zip(pictures, masks, strict=True):
        for name in names[:1]:
            of_mask[name].append(picture.name)
    for mask, names in of_mask.items():
        if len(names) > 1:
            yield f"{some(names)} pair with one mask, {mask}"


def _grouped(table: pd.DataFrame) -> pd.DataFrame:
    """Add what must be known of every picture: its type, and what it shares with others."""
    table = table.copy()
    known = [name for name in _KNOWN if name in table]
    table[known] = table[known].fillna("")
    if "type" not in table:
        table["type"] = "firearm"
    table["type"] = table["type"].replace("", "firearm")
    if "background" not in table:
        table["background"] = table["group"] if "group" in table else table["file"]
    empty = table["background"].eq("")
    table["background"] = table["background"].where(~empty, table["file"])
    return table
