"""Simulated pictures of firearms in scenes, with masks: which firearm is placed where on which background.

`sample_composites` is the manifest of what is placed where; a row determines its picture completely, and
`render_composites` makes it.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.compositing import BLENDS, Blend

from .composite_pictures import CUTOUT_COLUMNS, SCENE_COLUMNS, composite, facing
from .firearm import sample_cutouts
from .firearm_models import firearm_catalogue
from .hashing import normal, seeds, uniform
from .look_alikes import LOOK_ALIKES
from .scene_parameters import drawn, fixed
from .scenes import POOLS, sample_scenes

Style = Literal["pasted", "photographed"]
POSITIONS, ROTATIONS = 9, 36
PLACEMENTS = POSITIONS * ROTATIONS
"""Placements of a firearm in the paper's number of pictures: 13,284 = 41 x 324, here 9 positions x 36 rotations."""

# Median area of the firearm over the square of its cut-out's longer side: (alone, with a hand), measured.
_FILL = {
    "pistol": (0.28, 0.069),
    "revolver": (0.147, 0.045),
    "rifle": (0.068, 0.063),
    "shotgun": (0.055, 0.051),
    "submachine gun": (0.117, 0.099),
}
_SEEN = 1.1  # a part of some is beyond the frame's edge: with this the median is the one asked for
_CAMERA = tuple(f"camera_{kind}" for kind in ("light", "blur", "motion", "noise", "jpeg"))
_PLACED = [
    "style", "held", "empty", "look_alike", "x", "y", "scale", "angle_deg", "flip", "blend", "match_light",
    *_CAMERA, "seed",
]  # fmt: skip


def sample_composites(
    n: int = 13_284,
    *,
    firearms: int = 41,
    backgrounds: int = 43,
    seed: int = 0,
    style: Style = "pasted",
    blend: Blend = "plain",
    match_light: bool = False,
    empty_share: float = 0.0,
    median_share: float = 0.01,
    models: int | str | list[str] | None = None,
    pool: str = "study",
) -> pd.DataFrame:
    """Draw which firearm is placed where on which background.

    Each firearm has 324 placements: each pair of nine positions (thirds of the frame, jittered within) and 36 rotations
    (of ten degrees, jittered within) once, over all backgrounds in turn. The first rows of a larger number are the
    same, and every firearm has a picture before any has two.

    Parameters
    ----------
    n : int
        Number of pictures; more than 324 a firearm begin again, jittered otherwise.
    firearms, backgrounds : int
        Numbers of individual firearms, with four cut-outs each, and of scenes.
    seed : int
    style : {"pasted", "photographed"}
        - "pasted": clean cut-outs on backgrounds, as the study's synthetic set.
        - "photographed": as a camera would see it. The firearm is held by a person or lies with a shadow under it, is
          lit as the scene, partly hidden by hands or cloth, blended at its edges; then one camera is over all: blur,
          motion, low light, noise, JPEG. Stands in for real pictures. Has no grid: placed at random.
    blend, match_light : optional
        As in `paste`; "photographed" is always feathered with light matched.
    empty_share : float
        Share of pictures without a firearm, half of them with a look-alike object in its place.
    median_share : float
        Median share of the frame that a firearm covers. 1 % is the study's synthetic set.
    models : int, str or list of str, optional
        As in `sample_cutouts`: of the pool's models.
    pool : {"study", "outside"}
        Pools share no firearm model (look-alikes of a model are in its pool), firearm, scene or photograph.

    Returns
    -------
    DataFrame
        One row a picture: picture (id), the columns of `sample_cutouts` (its seed is cutout_seed; type is "none" where
        there is no firearm), background (the scene: a group), the columns of `sample_scenes` with ``scene_`` before
        them, style, held, empty (no firearm: its columns say which would be there), look_alike (kind, or empty), x, y
        (centre, shares of the frame), scale (longer side of the cut-out over the picture's), angle_deg, flip, blend,
        match_light, camera_light to camera_jpeg (amounts of `damage_picture`), seed.

    Raises
    ------
    ParameterError
        A number out of range, an unknown style, blend, pool or model.

    Source
    ------
    "Dataset": 13,284 pictures by "superimposing multiple images of 41 firearms in various orientations and positions
    onto 43 background scenes". 13,284 is 41 x 324 but no multiple of 43; positions, rotations and sizes are not given.

    Examples
    --------
    >>> table = sample_composites()
    >>> len(table), table["firearm"].nunique(), table["background"].nunique()
    (13284, 41, 43)
    """
    where = "sample_composites"
    _check(n, firearms, backgrounds, empty_share, median_share, style, blend, pool, where=where)
    photographed = style == "photographed"
    own = int(seeds(seed, "composites", pool))
    views = int(fixed("views", "composite"))
    pieces = sample_cutouts(
        firearms,
        views=views,
        models=models,
        catalogue=_models_of(pool),
        seed=own,
        hand_share=photographed * fixed("hand_share", "photographed"),
        cloth_share=photographed * fixed("cloth_share", "photographed"),
    )
    scenes = sample_scenes(backgrounds, seed=own, pool=pool)
    table = _grid(n, firearms, views, backgrounds, own)
    chosen = (table.pop("firearm_number") * views + table.pop("view_number")).to_numpy()
    piece = pieces.iloc[chosen].rename(columns={"seed": "cutout_seed"}).reset_index(drop=True)
    scene = scenes.iloc[table.pop("background_number").to_numpy()].reset_index(drop=True)
    table = pd.concat([piece, scene.add_prefix("scene_"), table], axis=1)
    table["background"] = table.pop("scene_scene")
    table["style"], table["blend"], table["match_light"] = style, blend, match_light
    row_seed = table["seed"].to_numpy()
    table["held"] = table["cover"].eq("hand") & photographed
    _size(table, row_seed, median_share)
    _empty(table, row_seed, empty_share)
    for name in _CAMERA:
        has = photographed & (uniform(row_seed, f"{name}_share") < fixed(f"{name}_share", "photographed"))
        table[name] = np.where(has, np.round(drawn(name, "photographed", row_seed), 3), 0.0)
    if photographed:
        _photographed(table, row_seed)
    table["picture"] = [f"{value:015x}" for value in row_seed.tolist()]
    cutout = [name for name in piece if name != "cutout_seed"]
    return table[["picture", *cutout, "background", *SCENE_COLUMNS[1:], "cutout_seed", *_PLACED]]


def render_composites(
    rows: pd.DataFrame, *, pixels: int = 256, threads: int = 2
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Make the pictures of a table's rows, in its order; a row looks the same whatever the others.

    Cut-outs and backgrounds are made once and kept, so many rows of few firearms are fast.

    Parameters
    ----------
    rows : DataFrame
        Rows of `sample_composites`.
    pixels : int
        Side of the pictures.
    threads : int
        How many rows are worked on at the same time.

    Yields
    ------
    uint8 (pixels, pixels, 3)
        RGB.
    bool (pixels, pixels)
        Where the firearm is seen.

    Raises
    ------
    DataError
        The table lacks a column.
    ParameterError
        Fewer than 16 pixels or less than one thread.

    Examples
    --------
    >>> picture, mask = next(render_composites(sample_composites(1), pixels=64))
    >>> picture.shape, mask.shape, mask.dtype
    ((64, 64, 3), (64, 64), dtype('bool'))
    """
    for name, value, least in (("pixels", pixels, 16), ("threads", threads, 1)):
        if value < least:
            what = f"{name} is {value}; it must be at least {least}"
            raise ParameterError(what, where="render_composites", do=f"pass {name}={least} or more")
    absent = [
        name
        for name in (*CUTOUT_COLUMNS, "background", *SCENE_COLUMNS[1:], *_PLACED)
        if name not in rows.columns
    ]
    if absent:
        what = f"the table has no column {', '.join(absent)}"
        do = "pass rows of sample_composites with all their columns"
        raise DataError(what, where="table of composites", do=do)

    def pictures() -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
        lines = iter(rows.to_dict("records"))
        with ThreadPoolExecutor(threads) as pool:
            while batch := list(islice(lines, 16 * threads)):  # never more than a batch in memory
                yield from pool.map(lambda line: composite(line, pixels), batch)

    return pictures()


def _grid(n: int, firearms: int, views: int, backgrounds: int, seed: int) -> pd.DataFrame:
    """Draw the numbers of firearm, view and background of each row, and its position and rotation."""
    turn, rank = np.divmod(np.arange(n) // firearms, PLACEMENTS)
    # Firearms in an order of their own in each rank; placements in an order of each firearm.
    gun = np.concatenate(
        [np.argsort(uniform(seed, "order", r, np.arange(firearms))) for r in range(n // firearms + 1)]
    )[:n]
    orders = np.stack(
        [np.argsort(uniform(seed, "placement", g, np.arange(PLACEMENTS))) for g in range(firearms)]
    )
    placement = orders[gun, rank]
    own = seeds(seed, "picture", gun, placement, turn)
    cell, step = placement % POSITIONS, placement // POSITIONS
    return pd.DataFrame(
        {
            "firearm_number": gun,
            "view_number": (uniform(own, "view") * views).astype(int),
            "background_number": (gun + _coprime(backgrounds) * rank) % backgrounds,
            "x": np.round((cell % 3 + _within(own, "x")) / 3, 4),
            "y": np.round((cell // 3 + _within(own, "y")) / 3, 4),
            "angle_deg": np.round(360 / ROTATIONS * (step + _within(own, "angle")), 2),
            "flip": uniform(own, "flip") < 0.5,
            "seed": own,
        }
    )


def _within(seed: NDArray[np.int64], name: str) -> NDArray[np.float64]:
    """Draw from 0 to 1, but not so close to the ends that rounding leads out."""
    return 0.001 + 0.998 * uniform(seed, name)


def _coprime(backgrounds: int) -> int:
    """Give a step that visits all backgrounds, about the golden section of them."""
    step = max(round(0.382 * backgrounds), 1)
    while np.gcd(step, backgrounds) != 1:
        step += 1
    return step


def _size(table: pd.DataFrame, seed: NDArray[np.int64], median_share: float) -> None:
    fill = np.array(
        [_FILL[kind][cover == "hand"] for kind, cover in zip(table["type"], table["cover"], strict=True)]
    )
    share = (
        _SEEN
        * median_share
        * np.exp(fixed("share_spread", "composite") * np.clip(normal(seed, "share"), -2.5, 2.5))
    )
    table["scale"] = np.round(np.minimum(np.sqrt(share / fill), 1.2), 4)


def _empty(table: pd.DataFrame, seed: NDArray[np.int64], empty_share: float) -> None:
    table["empty"] = uniform(seed, "empty") < empty_share
    kind = np.array(LOOK_ALIKES)[(uniform(seed, "look-alike") * len(LOOK_ALIKES)).astype(int)]
    table["look_alike"] = np.where(table["empty"] & (uniform(seed, "object") < 0.5), kind, "")
    table.loc[table["empty"], "type"] = "none"


def _photographed(table: pd.DataFrame, seed: NDArray[np.int64]) -> None:
    """Place firearms where hands and surfaces are: in the middle and lower part of the frame."""
    held = table["held"].to_numpy()
    # Most arms are held out level, some hang; cut-outs point to the side that their holder faces.
    up = np.where(
        uniform(seed, "arm") < fixed("level_arm_share", "photographed"),
        15 * normal(seed, "angle"),
        -80 + 60 * uniform(seed, "angle"),
    )
    angle = np.where(held, up * facing(table["side"], table["flip"]), 360 * uniform(seed, "angle"))
    table["x"] = np.round(0.5 + (uniform(seed, "x") - 0.5) * np.where(held, 0.6, 0.8), 4)
    table["y"] = np.round(np.where(held, 0.3 + 0.45 * uniform(seed, "y"), 0.5 + 0.42 * uniform(seed, "y")), 4)
    table["angle_deg"] = np.round(angle, 2)
    table["blend"], table["match_light"] = "feathered", True


def _models_of(pool: str) -> pd.DataFrame:
    """Models of a pool: of each type every fourth family (a model and its look-alikes) is outside."""
    catalogue = firearm_catalogue()
    family = catalogue["look_alike_of"].where(catalogue["look_alike_of"] != "", catalogue["model"])
    first = catalogue[catalogue["look_alike_of"] == ""]
    number = first.groupby("type").cumcount().set_axis(first["model"])
    outside = (family.map(number) % 4 == 3).to_numpy()
    return catalogue[outside == (pool == "outside")].reset_index(drop=True)


def _check(
    n: int,
    firearms: int,
    backgrounds: int,
    empty_share: float,
    median_share: float,
    style: str,
    blend: str,
    pool: str,
    *,
    where: str,
) -> None:
    for name, value in (("n", n), ("firearms", firearms), ("backgrounds", backgrounds)):
        if value < 1:
            what = f"{name} is {value}; it must be at least 1"
            raise ParameterError(what, where=where, do=f"pass {name}=1 or more")
    for name, share in (("empty_share", empty_share), ("median_share", median_share)):
        if not 0 <= share <= 1 or (share == 0 and name == "median_share"):
            what = f"{name} is {share}; allowed is 0 to 1"
            raise ParameterError(what, where=where, do=f"pass a share, for example {name}=0.01")
    for name, word, allowed in (
        ("style", style, ("pasted", "photographed")),
        ("blend", blend, BLENDS),
        ("pool", pool, POOLS),
    ):
        if word not in allowed:
            what = f"{name} is {word!r}; allowed are {', '.join(allowed)}"
            raise ParameterError(what, where=where, do="pass one of them")
