"""Sets of pictures with masks of the firearms in them: real ones from a folder, simulated composites without."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pandas as pd

from fireanalysis.transforms import SIX_WAYS, turned

from .composites import BACKGROUNDS, CUTOUTS, load_composites
from .dataset import DataSet
from .kept_pictures import Example
from .layout import data_folder
from .segmentation_files import open_folder, read_example

PICTURE_PIXELS = 256
"""Side of the paper's pictures."""

Blend = Literal["plain", "feathered", "poisson"]


def load_segmentation(
    root: str | os.PathLike[str] | None = None,
    *,
    pictures: int = 1208,
    firearms: int = 41,
    backgrounds: int = 43,
    style: Literal["pasted", "photographed"] = "pasted",
    blend: Blend = "plain",
    match_light: bool = False,
    empty_share: float = 0.0,
    median_share: float = 0.01,
    pool: Literal["study", "outside"] = "study",
    pixels: int = PICTURE_PIXELS,
    seed: int = 0,
) -> DataSet[Example]:
    """Open a folder of pictures with masks, or make a simulated set; pictures are read or rendered when used.

    Parameters
    ----------
    root : path, optional
        Folder in one of these layouts, of PNG, JPEG, WebP, BMP, TIFF or GIF files (`read_picture`); hidden files are
        ignored:

        - ``images/`` and ``masks/`` (or ``labels/``): a mask has the name of its picture, also with "_mask" behind
          it, and its size. What `read_mask` takes is a mask; a file of many colours is taken as the picture with
          a tint over it and decoded (`decode_tint`), as the paper's test set needs it. A picture without a
          firearm has a mask that is all black. A ``manifest.csv`` or ``masks.csv`` beside them may tell (columns) file,
          mask, type, group (or firearm and background), and chooses the pictures;
        - ``images/`` and ``annotations.xml``, CVAT for images 1.1: the polygons are the masks, also where there are
          tinted ``labels/`` (the paper's test set holds both: rename the XML file to decode the tint);
        - pictures and one COCO ``.json``, here or in ``annotations/``: its polygons are the masks;
        - ``cutouts/`` and ``backgrounds/``: composites of them (`load_composites`).

        Pictures without a group are taken as groups of their own, and the notes say so. Without a folder the set is
        simulated.
    pictures, firearms, backgrounds, style, blend, match_light, empty_share, median_share, pool, seed : optional
        Make-up of a simulated set, see `fireanalysis.simulators.sample_composites`. They do not change a folder
        of pictures with masks; for cut-outs and backgrounds pictures, blend, match_light, median_share and seed
        count.
    pixels : int
        Side of simulated pictures; `keep_pictures` renders them at its own.

    Returns
    -------
    DataSet of Example
        Label "type" (of firearm), group "background". A simulated set has the columns of `sample_composites`;
        a real one has file, mask, type, background, and firearm where it is known.

    Raises
    ------
    ParameterError
        For a simulated set that cannot be.
    DataError
        For a folder that fits no layout, listing the first few faults; and, when a picture is used, for a file
        that cannot be read or a mask of another size.

    Notes
    -----
    Source: segmentation paper, "Dataset": 13,284 composites of 41 firearms and 43 backgrounds, of which 1,208
    were used.

    Examples
    --------
    >>> data = load_segmentation(pictures=50)
    >>> data.source, data.label, data.group, len(data)
    ('simulated', 'type', 'background', 50)
    >>> data[0].image.shape, data[0].mask.shape
    ((256, 256, 3), (256, 256))
    """
    if root is not None:
        folder = data_folder(root)
        if (
            all((folder / name).is_dir() for name in (CUTOUTS, BACKGROUNDS))
            and not (folder / "images").is_dir()
        ):
            return load_composites(
                folder / CUTOUTS,
                folder / BACKGROUNDS,
                pictures=pictures,
                blend=blend,
                match_light=match_light,
                median_share=median_share,
                pixels=pixels,
                seed=seed,
            )
        return open_folder(folder)
    from fireanalysis.simulators import sample_composites

    table = sample_composites(
        pictures,
        firearms=firearms,
        backgrounds=backgrounds,
        seed=seed,
        style=style,
        blend=blend,
        match_light=match_light,
        empty_share=empty_share,
        median_share=median_share,
        pool=pool,
    )
    read = partial(_render, pixels=pixels)
    name = f"simulated firearms, {style}"
    return DataSet(table, read, label="type", group="background", source="simulated", name=name)


def six_ways_of(data: DataSet[Example]) -> DataSet[Example]:
    """Turn every picture in the paper's six ways (`six_ways`): 11 become 66.

    Parameters
    ----------
    data : DataSet of Example

    Returns
    -------
    DataSet of Example
        Six rows a picture, one after the other, in the same group, since they show the same; columns "rotation_deg"
        and "flip_after".

    Notes
    -----
    Source: segmentation paper, "Dataset".

    Examples
    --------
    >>> data = load_segmentation(pictures=50).subset([0, 1])
    >>> turned = six_ways_of(data)
    >>> len(turned), turned.table[turned.group].nunique() <= 2
    (12, True)
    """
    rotations_deg, flips = zip(*SIX_WAYS * len(data), strict=True)
    table = data.table.loc[data.table.index.repeat(len(SIX_WAYS))].reset_index(drop=True)
    table = table.assign(rotation_deg=rotations_deg, flip_after=flips)
    return replace(data, table=table, read=partial(_turned, read=data.read), name=f"{data.name}, six ways")


def tint_report(data: DataSet[Example]) -> pd.DataFrame:
    """Say how far the masks of a data set are to be believed that were decoded from a tint.

    Parameters
    ----------
    data : DataSet of Example
        From `load_segmentation`, of a folder with tinted masks.

    Returns
    -------
    pandas.DataFrame
        One row a tinted mask: file; mask_share (of the picture); uncertain_share (of the mask's area); opacity; red,
        green, blue of the tint; removed_share and filled_share (streaks and gaps, of the mask's area). No rows if no
        mask is a tint.

    Raises
    ------
    DataError
        If a picture or mask cannot be read.
    """
    rows: list[dict[str, Any]] = []
    root = getattr(data.read, "keywords", {}).get("root")
    if root is None or "mask" not in data.table:
        return pd.DataFrame(rows)
    for _, row in data.table.iterrows():
        tint = read_example(row, root=root)[1].tint
        if tint is not None:
            area = max(int(tint.mask.sum()), 1)
            rows.append(
                {
                    "file": row["file"],
                    "mask_share": tint.mask.mean(),
                    "uncertain_share": tint.uncertain_share,
                    "opacity": tint.opacity,
                    **dict(zip(("red", "green", "blue"), tint.colour, strict=True)),
                    "removed_share": tint.removed_px / area,
                    "filled_share": tint.filled_px / area,
                }
            )
    return pd.DataFrame(rows)


def _turned(rows: pd.DataFrame, *, read: Callable[[pd.DataFrame], Iterable[Example]]) -> Iterator[Example]:
    ways = zip(rows["rotation_deg"], rows["flip_after"], strict=True)
    for (rotation_deg, flip), example in zip(ways, read(rows), strict=True):
        way: dict[str, Any] = {"rotation_deg": rotation_deg, "flip": flip}
        yield Example(turned(example.image, **way), turned(example.mask, **way))


def _render(rows: pd.DataFrame, *, pixels: int) -> Iterator[Example]:
    from fireanalysis.simulators import render_composites

    for image, mask in render_composites(rows, pixels=pixels, threads=1):
        yield Example(image, mask)
