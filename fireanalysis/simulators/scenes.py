"""Simulated scenes without firearms: rooms, streets and shop aisles as a camera on a wall sees them; and photographs.

`sample_scenes` decides what is there, and `render_scenes` paints it; a row determines its picture completely.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.compositing import paste

from .hashing import seeds, uniform
from .look_alikes import LOOK_ALIKES, render_look_alike
from .scene_canvas import Canvas, Face
from .scene_people import POSES, Figure, figure
from .scene_photographs import PHOTOGRAPHS, crop
from .scene_places import PLACES, Place, camera_of
from .scene_textures import sky, some_noise

Draw = np.random.Generator
Picture = NDArray[np.uint8]
KINDS = ("room", "street", "aisle", "photograph")
POOLS = tuple(PHOTOGRAPHS)

# One scene in seven is a photograph: a set of 43 then has no two crops of one.
_TURNS = ("room", "street", "aisle", "room", "street", "aisle", "photograph")
_RANGES = {  # least and greatest; assumed
    "room": {"camera_height_m": (2.0, 3.2), "pitch_deg": (6, 40), "field_deg": (60, 95)},
    "aisle": {"camera_height_m": (2.0, 3.4), "pitch_deg": (8, 38), "field_deg": (60, 90)},
    "street": {"camera_height_m": (2.6, 7.0), "pitch_deg": (8, 48), "field_deg": (45, 85)},
}
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
        photographs inside the installed packages scikit-image and scikit-learn (three of the first to each of them).
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
    table["light"] = np.round(0.15 + 0.85 * uniform(own, "light") ** 0.7, 3)
    table["temperature_k"] = np.round(2700 * (9000 / 2700) ** uniform(own, "temperature")).astype(int)
    table["light_azimuth_deg"] = np.round(360 * uniform(own, "azimuth"), 1)
    table["light_elevation_deg"] = np.round(25 + 55 * uniform(own, "elevation"), 1)
    for name in ("camera_height_m", "pitch_deg", "field_deg"):
        low, high = (
            table["kind"].map(lambda kind, i=i: _RANGES.get(kind, _RANGES["room"])[name][i]) for i in (0, 1)
        )  # type: ignore[misc] # noqa: B023
        table[name] = np.round(low + (high - low) * uniform(own, name), 2)
    table["softness_px"] = np.round(1.2 * uniform(own, "softness") ** 2, 2)
    table["people"] = np.where(photograph, 0, np.floor(5 * uniform(own, "people") ** 1.3)).astype(int)
    table["look_alikes"] = np.where(photograph, 0, np.floor(5 * uniform(own, "look-alikes"))).astype(int)
    return table[COLUMNS]


def render_scenes(rows: pd.DataFrame, *, pixels: int = 256) -> Iterator[Picture]:
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
    return (_rendered(row, pixels).picture for row in checked.itertuples(index=False))


class Spot(NamedTuple):
    """A place in a picture where a thing can be: shares of its side, and how large a metre is there."""

    x: float
    y: float
    metre: float  # share of the picture's side
    angle_deg: float  # of the forearm, or 0 on a surface
    skin: NDArray[np.float32] | None  # of the hand that holds it; none on a surface


class Scene(NamedTuple):
    """A painted scene and where things can be in it."""

    picture: Picture
    spots: list[Spot]


def _rendered(row: Any, pixels: int) -> Scene:
    if row.kind == "photograph":
        return Scene(crop(row.photograph, seed=int(row.seed), pixels=pixels), [])
    place = PLACES[row.kind](_generator(row, "place"))
    view = _generator(row, "camera")
    camera = camera_of(
        view,
        place,
        height_m=row.camera_height_m,
        pitch_deg=row.pitch_deg,
        field_deg=row.field_deg,
        pixels=2 * pixels,
    )
    azimuth, elevation = np.radians(row.light_azimuth_deg), np.radians(row.light_elevation_deg)
    towards = np.array(
        [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    )
    open_air = not np.isfinite(place.ceiling)
    canvas = Canvas(camera, towards_light=towards, ambient=0.45 if open_air else 0.62)
    canvas.image[:] = sky(_generator(row, "sky"), pixels=2 * pixels)
    canvas.paint(place.ground)
    for faces in sorted(
        place.structures, key=lambda faces: -min(canvas.distance(f.corners.mean(0)) for f in faces)
    ):
        canvas.paint_object(faces)
    hands = _paint_contents(row, canvas, place)
    spots = [*hands, *_surfaces(row, canvas, place)]
    picture = (canvas.image.clip(0, 1) * 255).astype(np.uint8)
    picture = _with_look_alikes(row, picture, spots)
    return Scene(_developed(row, picture, canvas, place, pixels), spots)


def _paint_contents(row: Any, canvas: Canvas, place: Place) -> list[Spot]:
    """Paint furniture, cars, trees and people from far to near, with their shadows; give the hands, nearest first."""
    rng, towards = _generator(row, "people"), canvas.towards_light
    items: list[tuple[float, Any]] = []
    for faces in place.objects:
        points = np.concatenate([face.corners for face in faces])
        cast = points[:, :2] - towards[:2] / max(towards[2], 0.4) * points[:, 2:]
        hull = cv2.convexHull(cast.astype(np.float32))[:, 0]
        if points[:, 2].min() < 0.3 and len(hull) > 2:
            hull = np.column_stack([hull, np.full(len(hull), 0.02)])
            canvas.shade(hull, strength=0.35, blur_m=0.05 if np.isinf(place.ceiling) else 0.12)
        items.append((canvas.distance(points.mean(0)), faces))
    for x, y, high in place.trees:
        items.append(
            (
                canvas.distance((x, y, high / 2)),
                (np.array([x, y, 0.0]), high, _foliage(_generator(row, f"tree {x}"))),
            )
        )
    for _ in range(int(row.people)):
        y = place.near + (place.far - place.near) * rng.random() ** 1.7
        foot = np.array([rng.uniform(-0.45, 0.45) * place.width, y, 0.0])
        pose = POSES[int(rng.integers(4))]
        drawn = figure(int(rng.integers(2**31)), pose=pose, light_from=float(towards[0]))
        items.append((canvas.distance(foot + [0, 0, 0.9]), (foot, rng.uniform(1.5, 1.95), drawn)))
    hands = []
    for _, item in sorted(items, key=lambda pair: -pair[0]):
        if isinstance(item, list):
            canvas.paint_object(item)
            continue
        spot = _stand(canvas, *item)
        if spot is not None:
            hands.append(spot)
    return hands[::-1]


def _stand(canvas: Canvas, foot: NDArray, high: float, drawn: Figure | Picture) -> Spot | None:
    """Put an upright picture on the ground; give the hand of a person."""
    low, top = canvas.camera.at(foot), canvas.camera.at(foot + [0, 0, high])
    if low is None or top is None:
        return None
    side, tall = canvas.camera.pixels, low[1] - top[1]
    if tall < 4 or tall > 3 * side:
        return None
    picture = drawn.picture if isinstance(drawn, Figure) else drawn
    around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    wide = 0.22 if isinstance(drawn, Figure) else high / 3
    canvas.shade(
        foot + np.column_stack([wide * np.cos(around), wide * np.sin(around), np.full(12, 0.01)]),
        strength=0.4,
        blur_m=0.12,
    )
    canvas.overlay(picture, column=low[0], row=low[1], height=tall)
    if not isinstance(drawn, Figure):
        return None
    x = low[0] + (drawn.hand.x - 0.5) * tall * picture.shape[1] / picture.shape[0]
    y = top[1] + drawn.hand.y * tall
    return Spot(x / side, y / side, tall / high / side, drawn.hand.angle_deg, drawn.skin)


def _surfaces(row: Any, canvas: Canvas, place: Place) -> list[Spot]:
    """Some places on tables, shelves and the ground that the camera sees."""
    rng, side = _generator(row, "surfaces"), canvas.camera.pixels
    y = place.near + (place.far - place.near) * rng.random(6) ** 2
    lying = np.column_stack([rng.uniform(-0.45, 0.45, 6) * place.width, y, np.zeros(6)])
    spots = []
    for point in [*place.tops, *lying]:
        seen = canvas.camera.at(point)
        if seen is not None and 0.05 * side < seen[0] < 0.95 * side and 0.05 * side < seen[1] < 0.97 * side:
            spots.append(Spot(seen[0] / side, seen[1] / side, seen[2] / side, 0.0, None))
    return spots


def _with_look_alikes(row: Any, picture: Picture, spots: list[Spot]) -> Picture:
    """Put things into hands and on surfaces."""
    rng = _generator(row, "look-alikes")
    order = rng.permutation(len(spots))
    for index in islice(order, int(row.look_alikes)):
        spot, kind = spots[index], LOOK_ALIKES[int(rng.integers(len(LOOK_ALIKES)))]
        thing, metres = render_look_alike(kind, seed=int(rng.integers(2**31)), pixels=128)
        angle = rng.uniform(0, 360) if spot.skin is None else rng.normal(0, 30)
        scale = spot.metre * metres
        if 0.004 < scale < 1.5:
            picture, _ = paste(
                picture,
                thing,
                x=spot.x,
                y=spot.y,
                scale=scale,
                angle_deg=angle,
                flip=bool(rng.random() < 0.5),
            )
    return picture


def _developed(row: Any, picture: Picture, canvas: Canvas, place: Place, pixels: int) -> Picture:
    """Light as it falls off, the colour and strength of it, the lens; and the size asked for."""
    rng, side = _generator(row, "light"), canvas.camera.pixels
    shown = cv2.resize(picture, (pixels, pixels), interpolation=cv2.INTER_AREA).astype(np.float32)
    field = np.full((pixels, pixels), 0.85, np.float32)
    axis = np.arange(pixels, dtype=np.float32) / pixels
    for lamp in place.lamps:
        seen = canvas.camera.at(lamp * [1, 1, 0.3])
        if seen is not None:
            x, y, wide = seen[0] / side, seen[1] / side, 1.6 * seen[2] / side
            field += (
                0.22
                * np.exp(-np.square((axis - x) / wide))[None]
                * np.exp(-np.square((axis - y) / (0.6 * wide)))[:, None]
            )
    edge = np.square(axis - 0.5)
    field *= 1 - rng.uniform(0, 0.7) * (edge[None] + edge[:, None])
    field *= 1 + 0.02 * cv2.resize(some_noise(rng, 1.8), (pixels, pixels))
    field = np.minimum(field, 1.25)
    shown *= field[..., None] * (0.3 + 0.75 * float(row.light)) * tint(float(row.temperature_k))
    if row.softness_px > 0.05:
        shown = cv2.GaussianBlur(shown, (0, 0), float(row.softness_px) * pixels / 256)
    # A black that is not quite black, and highlights that run out softly.
    lifted = 255 * rng.uniform(0, 0.06) + shown * rng.uniform(0.9, 1.1)
    return np.rint(
        np.where(lifted > 200, 200 + 55 * np.tanh((lifted - 200) / 55), lifted).clip(0, 255)
    ).astype(np.uint8)


def tint(temperature_k: float) -> NDArray[np.float32]:
    """Give the colour of light of a temperature, for a camera balanced half of the way to it; green is 1.

    Red and blue change linearly in the reciprocal of the temperature, as a black body's do near 6,500 K.
    """
    shift = 1e6 / temperature_k - 1e6 / 6500
    return np.exp(np.array([0.0012, 0, -0.002]) * shift * 0.5 * 1.3).astype(np.float32)


def _foliage(rng: Draw) -> Picture:
    """A bush or tree: a trunk under leaves."""
    sprite = np.zeros((192, 160, 4), np.float32)
    green = np.array([rng.uniform(0.15, 0.4), rng.uniform(0.3, 0.5), rng.uniform(0.1, 0.25)])
    cv2.rectangle(sprite, (76, 110), (84, 191), (0.3, 0.22, 0.15, 1.0), -1)
    for number in range(260):
        centre = np.array([80, 75]) + rng.normal(0, 1, 2) * [28, 27]
        shade = (0.5 + 0.6 * number / 260) * rng.uniform(0.8, 1.2)
        cv2.circle(
            sprite,
            np.rint(centre).astype(int).tolist(),
            int(rng.integers(3, 10)),
            (*(green * shade).tolist(), 1.0),
            -1,
        )
    return np.rint(sprite.clip(0, 1) * 255).astype(np.uint8)


def _generator(row: Any, part: str) -> Draw:
    return np.random.default_rng([int(row.seed), *part.encode()])


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
