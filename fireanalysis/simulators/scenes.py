"""Simulated scenes without firearms: rooms, streets and shop aisles as a camera on a wall sees them; and photographs.

`sample_scenes` decides what is there, and `render_scenes` paints it; a row determines its picture completely.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

from .hashing import seeds, uniform
from .scene_parameters import drawn
from .scene_photographs import PHOTOGRAPHS
from .scene_pictures import scene_picture
from .scene_places import PLACES

KINDS = ("room", "street", "aisle", "photograph")
POOLS = tuple(PHOTOGRAPHS)

# One scene in seven is a photograph: a set of 43 then has no two crops of one.
_TURNS = ("room", "street", "aisle", "room", "street", "aisle", "photograph")
_BY_KIND = ("camera_height_m", "pitch_deg", "field_deg")
COLUMNS = [
    "scene", "kind", "photograph", "light", "temperature_k", "light_azimuth_deg", "light_elevation_deg",
    "camera_height_m", "pitch_deg", "field_deg", "softness_px", "people", "look_alikes", "seed",
]  # fmt: skip


def sample_scenes(
    n: int, *, seed: int = 0, kinds: Sequence[str] = KINDS, pool: str = "study"
) -> pd.DataFrame:
    """Draw scenes without firearms.

    Parameters
    ----------
    n : int
        Number of scenes; the first of a larger number are the same.
    seed : int
    kinds : list of str
        Kinds drawn in turn: "room", "street", "aisle" (of shops) and "photograph", a random crop of one of the
        photographs inside the installed packages scikit-image and scikit-learn (one in seven of all kinds).
    pool : {"study", "outside"}
        The pools share no scene and no photograph.

    Returns
    -------
    DataFrame
        One row a picture: scene (the group: crops of one photograph share it), kind, photograph (name, or empty),
        light (0 dark to 1 bright), temperature_k (colour temperature of the light), light_azimuth_deg and
        light_elevation_deg (where it comes from: 0 is right, 90 from behind the scene), camera_height_m, pitch_deg (of
        the camera, downwards), field_deg (its angle of view), softness_px (Gaussian blur at 256 pixels), people,
        look_alikes (how many things that a firearm is mistaken for), seed.

    Raises
    ------
    ParameterError
        A number below 1, an unknown kind or pool.

    Source
    ------
    "Dataset": 43 background scenes from three collections of photographs; nothing else is said of them.

    Examples
    --------
    >>> table = sample_scenes(43, seed=1)
    >>> table["scene"].nunique(), table["kind"].value_counts().to_dict()["photograph"]
    (43, 6)
    """
    where = "sample_scenes"
    if n < 1:
        raise ParameterError(f"n is {n}; it must be at least 1", where=where, do="pass n=1 or more")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        what = f"kinds has {unknown}; allowed are {', '.join(KINDS)}" if unknown else "kinds is empty"
        raise ParameterError(what, where=where, do="pass some of them")
    if pool not in POOLS:
        what = f"pool is {pool!r}; allowed are {', '.join(POOLS)}"
        raise ParameterError(what, where=where, do="pass one of them")
    turns = [kind for kind in _TURNS if kind in kinds]
    own = seeds(seed, "scene", pool, np.arange(n))
    table = pd.DataFrame({"kind": [turns[number % len(turns)] for number in range(n)], "seed": own})
    names = np.array(PHOTOGRAPHS[pool])[
        np.argsort(uniform(seed, "photographs", np.arange(len(PHOTOGRAPHS[pool]))))
    ]
    photograph = table["kind"] == "photograph"
    table["photograph"] = np.where(photograph, names[(photograph.cumsum() - 1) % len(names)], "")
    code = pd.Series([f"{value:015x}" for value in own.tolist()])
    table["scene"] = table["kind"] + " " + table["photograph"].where(photograph, code)
    for name, digits in (
        ("light", 3),
        ("light_azimuth_deg", 1),
        ("light_elevation_deg", 1),
        ("softness_px", 2),
    ):
        table[name] = np.round(drawn(name, "scene", own), digits)
    table["temperature_k"] = np.round(drawn("temperature_k", "scene", own)).astype(int)
    for name in ("people", "look_alikes"):
        table[name] = np.where(photograph, 0, np.floor(drawn(name, "scene", own))).astype(int)
    for name in _BY_KIND:
        values = [drawn(name, kind, own) if kind in PLACES else np.zeros(n) for kind in KINDS]
        table[name] = np.round(np.choose([KINDS.index(kind) for kind in table["kind"]], values), 2)
    return table[COLUMNS]


def render_scenes(rows: pd.DataFrame, *, pixels: int = 256) -> Iterator[NDArray[np.uint8]]:
    """Paint the pictures of a table's rows, one after the other; a row looks the same whatever the others.

    Parameters
    ----------
    rows : DataFrame
        Rows of `sample_scenes`.
    pixels : int
        Side of the pictures.

    Yields
    ------
    uint8 (pixels, pixels, 3)
        RGB.

    Raises
    ------
    DataError
        The table lacks a column or holds an unknown kind or photograph.
    ParameterError
        Fewer than 16 pixels.

    Examples
    --------
    >>> picture = next(render_scenes(sample_scenes(1), pixels=64))
    >>> picture.shape, picture.dtype
    ((64, 64, 3), dtype('uint8'))
    """
    if pixels < 16:
        what = f"pixels is {pixels}; it must be at least 16"
        raise ParameterError(what, where="render_scenes", do="pass pixels=256")
    checked = _checked(rows)
    return (scene_picture(row, pixels) for row in checked.itertuples(index=False))


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in COLUMNS if name not in rows.columns]
    if absent:
        what = f"the table has no column {', '.join(absent)}"
        raise DataError(what, where="table of scenes", do="pass rows of sample_scenes with all their columns")
    photographs = {"", *(name for names in PHOTOGRAPHS.values() for name in names)}
    for name, known in (("kind", set(KINDS)), ("photograph", photographs)):
        unknown = sorted(set(rows[name]) - known)
        if unknown:
            what = f"column {name} has {unknown}; known are {', '.join(sorted(known - {''}))}"
            raise DataError(what, where="table of scenes", do="pass rows of sample_scenes unchanged")
    return rows[COLUMNS]
