"""Simulated pictures of firearms as the web has them, for retrieval: many fine-grained classes, few alike.

`sample_retrieval` is the manifest of what each picture shows, a row determines its picture completely, and
`render_retrieval` makes it. Models are invented; nothing was photographed.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from fireanalysis.errors import DataError, ParameterError

from .composite_pictures import CUTOUT_COLUMNS, SCENE_COLUMNS
from .firearm_models import NAMED, firearm_catalogue
from .hashing import seeds, uniform
from .retrieval_pictures import photograph
from .retrieval_rows import as_copies, photographs
from .scene_parameters import fixed

SPLITS = {"train": (107, 9628), "validation": (20, 1478), "test": (40, 3649)}
"""Classes and pictures of the paper's parts (Table II)."""

CLASSES = sum(classes for classes, _ in SPLITS.values())
PICTURES = sum(pictures for _, pictures in SPLITS.values())

_LEAST, _MOST = 19, 240  # pictures of a class: "from 19 to over 200"
_SPREAD = 0.65  # standard deviation of the logarithm of a class's pictures; assumed
_SHOWN = [
    "setting", "surface", "beside", "ground_seed", "aspect", "pixels", "x", "y", "scale", "angle_deg",
    "camera_light", "camera_blur", "camera_motion", "camera_noise", "camera_jpeg", "grey",
    "copy", "copy_crop", "copy_bright", "copy_shrink", "copy_jpeg",
]  # fmt: skip
_RENDERED = [*CUTOUT_COLUMNS, "background", *SCENE_COLUMNS[1:], *_SHOWN, "seed"]


def sample_retrieval(
    pictures: int = PICTURES, *, classes: int = CLASSES, seed: int = 0, copies: float = 0.0
) -> pd.DataFrame:
    """Draw pictures of firearms "in the wild", with the paper's classes, parts and numbers.

    Parameters
    ----------
    pictures, classes : int
        Their numbers; the parts have the paper's shares of both.
    seed : int
        Which pictures. The models are the first of `firearm_catalogue` whatever the seed; which part a class is in,
        and how many pictures it has, depends on it.
    copies : float
        Share of pictures that are copies of another of their class, cropped, brightened, shrunk and coded again: they
        have its ``source_picture``.

    Returns
    -------
    DataFrame
        One row a picture: picture (id), class (a model of the catalogue), type, form, look_alike_of, split (train,
        validation, test: no class is in two), firearm (the individual), source_picture (the photograph; copies share
        it), setting (shop, surface, scene, held), background, the columns of `sample_cutouts` (its seed is
        cutout_seed), those of `sample_scenes` with ``scene_`` before them, surface, beside (another thing), aspect
        (width over height), pixels (longer side that the web has), x, y (the firearm's middle, shares of the sides),
        scale (its cut-out's longer side over the picture's), angle_deg, camera_light to camera_jpeg (amounts of
        `damage_picture`), grey, copy, copy_crop to copy_jpeg, seed.

    Raises
    ------
    ParameterError
        Fewer than 3 classes, fewer than 4 pictures a class, or a share out of range.

    Source
    ------
    Table II and §III-C: 14,755 pictures, 167 classes of 19 to over 200, "large variations in object scale, orientation,
    pose, lighting". The distribution of the numbers between 19 and 200 is not given.

    Examples
    --------
    >>> table = sample_retrieval(300, classes=12)
    >>> len(table), table["class"].nunique(), int(table.groupby("class")["split"].nunique().max())
    (300, 12, 1)
    """
    where = "sample_retrieval"
    _check(pictures, classes, copies, where=where)
    own = int(seeds(seed, "retrieval"))
    models = firearm_catalogue(classes)
    split, counts = class_sizes(pictures, classes, seed=own)
    backgrounds = int(np.clip(pictures // fixed("backgrounds", "web"), 12, 300))
    table = photographs(models, counts.tolist(), backgrounds=backgrounds, seed=own)
    table["class"] = table.pop("model")
    table["split"] = table["class"].map(dict(zip(models["model"], split, strict=True)))
    if copies:
        table = with_copies(table, copies)
    return ordered(table)


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Give columns their order."""
    first = ["picture", "class", "split", *NAMED, "firearm", "source_picture", "setting", "background"]
    return table[
        sorted(table, key=lambda name: first.index(name) if name in first else len(first))
    ].reset_index(drop=True)


def class_sizes(pictures: int, classes: int, *, seed: int) -> tuple[list[str], NDArray[np.int64]]:
    """Draw the part of each class, and its number of pictures: log-normal, within the paper's limits scaled."""
    numbers = _shared(classes, [part for part, _ in SPLITS.values()], least=1)
    totals = _shared(pictures, [part * n / c for (c, part), n in zip(SPLITS.values(), numbers, strict=True)])
    order = np.argsort(uniform(seed, "part of a class", np.arange(classes)))
    split, sizes, start = [""] * classes, np.zeros(classes, np.int64), 0
    mean = pictures / classes / (PICTURES / CLASSES)
    least, most = max(int(_LEAST * mean), 3), max(round(_MOST * mean), 4)
    for name, number, total in zip(SPLITS, numbers, totals, strict=True):
        chosen, start = order[start : start + number], start + number
        sizes[chosen] = _skewed(total, number, least, max(most, -(-total // number)))
        for place in chosen:
            split[place] = name
    return split, sizes


def _shared(total: int, weights: list[float] | list[int], *, least: int = 0) -> list[int]:
    """Share a whole number out by weights: largest remainders, at least so many each."""
    exact = np.array(weights) * total / sum(weights)
    whole = np.maximum(exact.astype(int), least)
    while (short := total - whole.sum()) != 0:
        whole[np.argmax((exact - whole) * np.sign(short))] += np.sign(short)
    return [int(value) for value in whole]


def _skewed(total: int, number: int, least: int, most: int) -> NDArray[np.int64]:
    """Numbers of a log-normal shape between two limits, with a given sum."""
    shape = np.exp(_SPREAD * ndtri((np.arange(number) + 0.5) / number))
    low, high = 0.0, float(total)
    for _ in range(60):  # the factor at which the sum is right
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * shape, least, most).sum() < total else (low, middle)
    exact = np.clip(low * shape, least, most)
    whole = exact.astype(np.int64)
    whole[np.argsort(whole - exact)[: total - whole.sum()]] += 1
    return whole


def with_copies(table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Put copies of another picture of their class in place of a share of the pictures."""
    own = table["seed"].to_numpy()
    chosen = uniform(own, "copy") < share
    chosen[table.groupby("class").head(1).index] = False  # one is left to be copied
    there = {name: group.index for name, group in table[~chosen].groupby("class")}
    of = [
        there[name][int(draw * len(there[name]))]
        for name, draw in zip(table["class"][chosen], uniform(own[chosen], "copy of"), strict=True)
    ]
    copies = as_copies(table.loc[of], own[chosen]).set_index(table.index[chosen])
    return pd.concat([table[~chosen], copies]).sort_index()


def render_retrieval(
    rows: pd.DataFrame, *, longer: int = 384, threads: int = 2
) -> Iterator[NDArray[np.uint8]]:
    """Make the pictures of a table's rows, in its order; a row looks the same whatever the others.

    Parameters
    ----------
    rows : DataFrame
        Rows of `sample_retrieval` or `sample_search_results`. Those of a firearm one after the other are faster.
    longer : int
        Longer side of the pictures; smaller where the web has less (column pixels) and of copies that were shrunk.
    threads : int
        How many rows are worked on at the same time.

    Yields
    ------
    uint8 (h, w, 3)
        RGB, of the row's aspect.

    Raises
    ------
    DataError
        The table lacks a column.
    ParameterError
        A longer side below 32 or less than one thread.

    Examples
    --------
    >>> picture = next(render_retrieval(sample_retrieval(12, classes=3), longer=64))
    >>> max(picture.shape), picture.dtype
    (64, dtype('uint8'))
    """
    for name, value, least in (("longer", longer, 32), ("threads", threads, 1)):
        if value < least:
            what = f"{name} is {value}; it must be at least {least}"
            raise ParameterError(what, where="render_retrieval", do=f"pass {name}={least} or more")
    absent = [name for name in _RENDERED if name not in rows.columns]
    if absent:
        what = f"the table has no column {', '.join(absent)}"
        do = "pass rows of sample_retrieval with all their columns"
        raise DataError(what, where="table of pictures", do=do)

    def pictures() -> Iterator[NDArray[np.uint8]]:
        lines = iter(rows[_RENDERED].to_dict("records"))
        with ThreadPoolExecutor(threads) as pool:
            while batch := list(islice(lines, 16 * threads)):  # never more than a batch in memory
                yield from pool.map(lambda line: photograph(line, longer), batch)

    return pictures()


def _check(pictures: int, classes: int, copies: float, *, where: str) -> None:
    for name, value, least in (("classes", classes, 3), ("pictures", pictures, 4 * classes)):
        if value < least:
            what = f"{name} is {value}; it must be at least {least}"
            raise ParameterError(what, where=where, do=f"pass {name}={least} or more")
    if not 0 <= copies <= 0.9:
        what = f"copies is {copies}; allowed is 0 to 0.9"
        raise ParameterError(what, where=where, do="pass a share, for example copies=0.05")
