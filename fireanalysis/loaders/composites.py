"""Composites of a user's own cut-outs and backgrounds, placed as the simulated ones are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms import paste

from .dataset import DataSet
from .kept_pictures import Example
from .layout import MANIFEST, data_folder, files_of
from .pictures import PICTURE_SUFFIXES, read_cutout, read_picture

CUTOUTS, BACKGROUNDS = "cutouts", "backgrounds"
_NUMBER = re.compile(r"[-_ ]*\(?\d+\)?$")
_PLACED = ["picture", "x", "y", "scale", "angle_deg", "flip", "blend", "match_light", "seed"]


def load_composites(
    cutouts: str | os.PathLike[str],
    backgrounds: str | os.PathLike[str],
    *,
    pictures: int = 1208,
    blend: Literal["plain", "feathered", "poisson"] = "plain",
    match_light: bool = False,
    median_share: float = 0.01,
    pixels: int = 256,
    seed: int = 0,
) -> DataSet[Example]:
    """Paste every cut-out of one folder into pictures of another, as `sample_composites` places simulated ones.

    Parameters
    ----------
    cutouts : path
        Folder of pictures with transparency round the firearm. A ``manifest.csv`` or ``masks.csv`` in it or beside it
        tells which show the same firearm: columns file (told by the name without its ending), firearm or group, and
        type. Those it does not name, and all without it, count as firearms of their own, and the notes say so.
    backgrounds : path
        Folder of pictures without firearms. Those whose names differ in a last number only ("lobby_1", "lobby_2")
        are one background: they share a group; a ``manifest.csv`` in it may tell otherwise, columns file, group. Of
        each picture, the largest square is used, at a place that is drawn.
    pictures, blend, match_light, median_share, seed : optional
        See `fireanalysis.simulators.sample_composites`. The share of the frame is that of the simulated firearm in the
        same place: of bulkier cut-outs it is larger.
    pixels : int
        Side of the pictures; `keep_pictures` renders them at its own.

    Returns
    -------
    DataSet of Example
        Label "type", group "background"; columns firearm, cutout and scene (the files), and what was placed where:
        x, y, scale, angle_deg, flip. Its source is "simulated": nobody photographed these pictures.

    Raises
    ------
    ParameterError
        As `sample_composites`.
    DataError
        If a folder is missing or holds no pictures, the csv cannot be read; when a picture is used, if a file cannot be
        read or a cut-out has no transparency.

    Notes
    -----
    Source: segmentation paper, "Dataset": 41 firearms superimposed on 43 background scenes.
    """
    from fireanalysis.simulators import sample_composites

    folders = data_folder(cutouts), data_folder(backgrounds)
    pieces, notes = _cutouts(folders[0])
    scenes = _backgrounds(folders[1])
    own = {"firearm": pieces["firearm"].unique(), "background": scenes["background"].unique()}
    table = sample_composites(
        pictures,
        firearms=len(own["firearm"]),
        backgrounds=len(own["background"]),
        blend=blend,
        match_light=match_light,
        median_share=median_share,
        seed=seed,
    )
    placed = table[[name for name in _PLACED if name in table]].copy()
    for column, names in own.items():
        codes, _ = pd.factorize(table[column], sort=True)
        placed[column] = names[codes % len(names)]
    placed = _drawn(placed, pieces, of="firearm", column="cutout")
    placed = _drawn(placed, scenes, of="background", column="scene")
    placed["type"] = placed["cutout"].map(pieces.set_index("file")["type"])
    read = partial(_composed, cutouts=folders[0], backgrounds=folders[1], pixels=pixels)
    name = f"{folders[0].parent.name} {folders[0].name} on {folders[1].name}"
    return DataSet(placed, read, label="type", group="background", source="simulated", name=name, notes=notes)


def _cutouts(folder: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    files = _pictures(folder)
    known = _known(files, folder, folder.parent, column="firearm")
    alone = known["firearm"].eq("")
    known["firearm"] = known["firearm"].where(~alone, known["file"])
    known["type"] = known["type"].replace("", "firearm")
    note = (
        f"{alone.sum()} of {len(known)} cut-outs are taken as firearms of their own: no {MANIFEST} names them"
    )
    return known, (note,) if alone.any() else ()


def _backgrounds(folder: Path) -> pd.DataFrame:
    files = _pictures(folder)
    known = _known(files, folder, column="background")
    names = pd.Series([_NUMBER.sub("", path.stem) or path.stem for path in files])
    known["background"] = known["background"].where(known["background"].ne(""), names)
    return known


def _known(files: list[Path], *places: Path, column: str) -> pd.DataFrame:
    """Firearm or background, and type, of files as the first manifest tells them, by names without ending."""
    known = pd.DataFrame({"file": [path.name for path in files], column: "", "type": ""})
    manifests = (place / name for place in places for name in (MANIFEST, "masks.csv"))
    manifest = next((path for path in manifests if path.is_file()), None)
    if manifest is None:
        return known
    try:
        table = pd.read_csv(manifest, encoding="utf-8-sig", dtype=str, keep_default_na=False)
        table.index = [Path(file.replace("\\", "/")).stem for file in table["file"]]
        table[column] = table[column if column in table else "group"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"the table of {places[0].name} cannot be read: {error}",
            where=manifest,
            do=f"save it as CSV UTF-8 with commas and the columns file, group (or {column}) and, if known, type",
        ) from error
    table = table[~table.index.duplicated()].reindex([path.stem for path in files]).fillna("")
    told = {name: table[name].to_numpy() for name in (column, "type") if name in table}
    return known.assign(**told)


def _pictures(folder: Path) -> list[Path]:
    files = files_of(folder, PICTURE_SUFFIXES)
    if not files:
        what = f"no files ending in {' '.join(PICTURE_SUFFIXES)}"
        raise DataError(what, where=folder, do="put the pictures right into this folder")
    return files


def _drawn(placed: pd.DataFrame, files: pd.DataFrame, *, of: str, column: str) -> pd.DataFrame:
    """Draw for each row one of the files of its firearm or background, by the row's seed."""
    choices = files.groupby(of, sort=False)["file"].apply(list)
    rows = zip(placed[of], placed["seed"], strict=True)
    chosen = [
        choices[name][np.random.default_rng([seed, len(column)]).integers(len(choices[name]))]
        for name, seed in rows
    ]
    return placed.assign(**{column: chosen})


def _composed(rows: pd.DataFrame, *, cutouts: Path, backgrounds: Path, pixels: int) -> Iterator[Example]:
    for row in rows.to_dict("records"):
        ground = _square(_scene(backgrounds / row["scene"], pixels), pixels, seed=row["seed"])
        piece = _piece(cutouts / row["cutout"], 2 * pixels)
        how = {name: row[name] for name in ("x", "y", "scale", "angle_deg", "flip", "blend", "match_light")}
        yield Example(*paste(ground, piece, **how))


@lru_cache(maxsize=128)
def _piece(path: Path, most_pixels: int) -> NDArray[np.uint8]:
    """Read a cut-out, no larger than it is of use."""
    cutout = read_cutout(path)
    longer = max(cutout.shape[:2])
    if longer <= most_pixels:
        return cutout
    size = [max(round(side * most_pixels / longer), 1) for side in cutout.shape[1::-1]]
    # Colours count by how much is seen of them.
    values = cutout.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    values[..., :3] *= 255 / np.maximum(values[..., 3:], 1e-3)
    return np.asarray(np.rint(values.clip(0, 255)), np.uint8)


@lru_cache(maxsize=128)
def _scene(path: Path, pixels: int) -> NDArray[np.uint8]:
    """Read a background, its shorter side brought to a number of pixels."""
    image = read_picture(path).image
    shorter = min(image.shape[:2])
    size = [max(round(side * pixels / shorter), pixels) for side in image.shape[1::-1]]
    way = cv2.INTER_AREA if shorter >= pixels else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way))


def _square(image: NDArray[np.uint8], pixels: int, *, seed: int) -> NDArray[np.uint8]:
    share = np.random.default_rng([seed, 0]).random()
    top, left = (round(share * (side - pixels)) for side in image.shape[:2])
    return image[top : top + pixels, left : left + pixels]
