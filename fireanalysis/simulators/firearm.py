"""Simulated pictures of firearms: a table of cut-outs, and their pixels with exact masks.

Models are parametric outlines (`firearm_catalogue`), an individual firearm adds finish and wear, a view adds pose,
light and what hides a part. A row of the table determines its pixels completely. Only outlines and looks.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, overload

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

from .firearm_cover import cloth, hand
from .firearm_finishes import FINISHES, finishes, grip_finish_of, metal_finish_of
from .firearm_light import Light
from .firearm_models import NAMED, chosen_models, firearm_catalogue
from .firearm_parameters import draw, ranges
from .firearm_pistol import pistol
from .firearm_relief import Relief
from .firearm_revolver import revolver
from .firearm_rifle import rifle
from .firearm_shotgun import shotgun
from .firearm_submachine_gun import submachine_gun
from .firearm_surface import Surface, surface
from .firearm_view import Camera, extent, rotation, seen
from .hashing import normal, seeds, uniform

_BUILD = {
    "pistol": pistol,
    "revolver": revolver,
    "rifle": rifle,
    "shotgun": shotgun,
    "submachine gun": submachine_gun,
}

_SIDES, _COVERS = ("right", "left"), ("none", "hand", "cloth")

# What a row's pixels depend on.
_PIXELS = [
    "type",
    "shape",
    "finish",
    "grip_finish",
    "wear",
    "firearm_seed",
    "side",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "distance",
    "light_azimuth_deg",
    "light_elevation_deg",
    "softness",
    "exposure_stops",
    "warmth",
    "contrast",
    "colourfulness",
    "sharpness",
    "grain",
    "cover",
    "cover_place",
    "cover_share",
    "seed",
]


def sample_cutouts(
    firearms: int = 41,
    *,
    views: int = 8,
    models: int | str | Sequence[str] | None = None,
    catalogue: pd.DataFrame | None = None,
    seed: int = 0,
    pose: float = 1.0,
    hand_share: float = 0.0,
    cloth_share: float = 0.0,
) -> pd.DataFrame:
    """Draw pictures of individual firearms, as shops and collections show them: mostly from the side.

    Parameters
    ----------
    firearms : int
        Individuals, spread evenly over the models.
    views : int
        Pictures of each.
    models : int, str or list of str, optional
        The catalogue's first so many, or those named; one model a firearm (as far as there are) if left out.
    catalogue : DataFrame, optional
        Rows of `firearm_catalogue`; all 167 of seed 0 if left out.
    seed : int
        Which individuals and views.
    pose : float
        Factor on the spread of yaw, pitch and roll: 0 for exact side views.
    hand_share, cloth_share : float
        Shares of pictures in which a hand holds the firearm or a cloth lies over a part.

    Returns
    -------
    DataFrame
        One row a picture: cutout (id), model, type, form, look_alike_of, firearm (id of the individual), view,
        finish, grip_finish, wear (0 to 1), side, yaw_deg, pitch_deg, roll_deg, distance (lengths of the firearm),
        light_azimuth_deg, light_elevation_deg, softness (0 bare lamp to 1 studio tent), exposure_stops, warmth,
        contrast, colourfulness (0 for a grey picture), sharpness and grain of the picture it was cut out of,
        cover (none, hand, cloth), cover_place, cover_share, shape (the model's numbers as JSON), firearm_seed, seed.

    Raises
    ------
    ParameterError
        A number out of range or an unknown model.

    Examples
    --------
    >>> table = sample_cutouts(6, views=2)
    >>> len(table), table["firearm"].nunique(), table["type"].nunique()
    (12, 6, 5)
    """
    where = "sample_cutouts"
    for name, value, least, most in (
        ("firearms", firearms, 1, 10**6),
        ("views", views, 1, 10**6),
        ("pose", pose, 0, 3),
        ("hand_share", hand_share, 0, 1),
        ("cloth_share", cloth_share, 0, 1 - hand_share),
    ):
        if not least <= value <= most:
            what = f"{name} is {value}; allowed is {least} to {most}"
            raise ParameterError(what, where=where, do=f"pass a number in that range as {name}")
    known = firearm_catalogue() if catalogue is None else catalogue
    kept = chosen_models(models, known, least=min(firearms, len(known)), where=where)
    lines = kept.to_dict("records")
    individuals = [
        individual(lines[number % len(lines)], number // len(lines), seed) for number in range(firearms)
    ]
    rows = [
        {**one, **draw_view(int(str(one["firearm_seed"])), view, pose, hand_share, cloth_share)}
        for one in individuals
        for view in range(views)
    ]
    table = pd.DataFrame(rows)
    table["cutout"] = table["firearm"] + "-" + table["view"].map("{:03d}".format)
    return table[_COLUMNS]


_COLUMNS = [
    "cutout",
    *NAMED,
    "firearm",
    "view",
    *_PIXELS[2:5],
    *_PIXELS[6:-1],
    "shape",
    "firearm_seed",
    "seed",
]


def individual(model: dict[Any, Any], number: int, seed: int) -> dict[str, object]:
    """One firearm of a row of the catalogue: finish, wear, and lengths within tolerance."""
    own = int(seeds(seed, "firearm", str(model["model"]), number))
    shape = {name: float(v) for name, v in model.items() if name not in NAMED and pd.notna(v)}
    low, high = ranges("firearm")["individual"]
    draws = uniform(own, [zlib.crc32(name.encode()) for name in shape])  # all names at once
    shape = {
        name: round(value * (1 + low + (high - low) * float(share)), 4)
        for (name, value), share in zip(shape.items(), draws, strict=True)
    }
    kind = str(model["type"])
    return {
        **{name: model[name] for name in NAMED},
        "firearm": f"{str(model['model']).replace(' ', '-')}-{own % 16**6:06x}",
        "finish": metal_finish_of(kind, own),
        "grip_finish": grip_finish_of(kind, shape["wood"], own),
        "wear": round(draw("firearm", "wear", own) ** 2, 3),
        "shape": json.dumps({"form": model["form"], **shape}),
        "firearm_seed": own,
    }


def draw_view(
    firearm_seed: int, view: int, pose: float, hand_share: float, cloth_share: float
) -> dict[str, object]:
    """Draw the pose, the light, the photograph and what hides a part, of one picture of a firearm."""
    own = int(seeds(firearm_seed, "view", view))
    spread = {name: ranges("view")[f"{name}_spread"][0] * pose for name in ("yaw", "pitch", "roll")}
    turned = {name: float(normal(own, name)) * spread[name] for name in spread}
    covered, grey = float(uniform(own, "cover")), ranges("view")["grey_share"][0]
    cover = "hand" if covered < hand_share else "cloth" if covered < hand_share + cloth_share else "none"
    return {
        "view": view,
        "side": "right" if uniform(own, "side") < 0.5 else "left",
        "yaw_deg": round(float(np.clip(turned["yaw"], *ranges("view")["yaw"])), 2),
        "pitch_deg": round(float(np.clip(turned["pitch"], -25, 25)), 2),
        "roll_deg": round(float(np.clip(turned["roll"], -35, 35)), 2),
        "distance": round(draw("view", "distance", own), 3),
        "light_azimuth_deg": round(draw("view", "light_azimuth", own), 1),
        "light_elevation_deg": round(draw("view", "light_elevation", own), 1),
        "softness": round(draw("view", "softness", own), 3),
        "exposure_stops": round(draw("view", "exposure", own), 3),
        "warmth": round(draw("view", "warmth", own), 3),
        "contrast": round(draw("view", "contrast", own), 3),
        "colourfulness": 0.0 if uniform(own, "grey") < grey else round(draw("view", "colourfulness", own), 3),
        "sharpness": round(draw("view", "sharpness", own), 3),
        "grain": round(draw("view", "grain", own) ** 2, 3),
        "cover": cover,
        "cover_place": round(float(uniform(own, "place")), 3),
        "cover_share": round(0.12 + 0.3 * float(uniform(own, "share")), 3),
        "seed": own,
    }


@overload
def render_cutouts(
    rows: pd.DataFrame, *, pixels: int = ..., with_mask: Literal[False] = ...
) -> Iterator[NDArray[np.uint8]]: ...


@overload
def render_cutouts(
    rows: pd.DataFrame, *, pixels: int = ..., with_mask: Literal[True]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]: ...


def render_cutouts(rows: pd.DataFrame, *, pixels: int = 256, with_mask: bool = False) -> Iterator[Any]:
    """Make the pictures of a table's rows, one after the other; a row looks the same whatever the others.

    Parameters
    ----------
    rows : DataFrame
        Rows of `sample_cutouts`; those of one firearm in a row are faster.
    pixels : int
        Longer side of each picture.
    with_mask : bool
        Yield the mask, too.

    Yields
    ------
    uint8 (h, w, 4)
        Red, green, blue and coverage (not multiplied in), cropped tightly; with it what hides the firearm.
    bool (h, w)
        With `with_mask`: where at least half of a pixel shows the firearm itself.

    Raises
    ------
    DataError
        The table lacks a column or holds an unknown type, finish, side or cover.
    ParameterError
        Fewer than 16 pixels.

    Examples
    --------
    >>> picture, mask = next(render_cutouts(sample_cutouts(1), pixels=64, with_mask=True))
    >>> max(picture.shape), picture.shape[2], picture.shape[:2] == mask.shape
    (64, 4, True)
    """
    if not 16 <= pixels <= 4096:
        what = f"pixels is {pixels}; allowed is 16 to 4096"
        raise ParameterError(what, where="render_cutouts", do="pass pixels=256")
    absent = [name for name in _PIXELS if name not in rows.columns]
    if absent:
        what = f"the table has no column {', '.join(absent)}"
        raise DataError(what, where="render_cutouts", do="pass rows of sample_cutouts with all their columns")
    known: dict[str, Iterable[str]] = {
        "type": _BUILD,
        "finish": FINISHES,
        "grip_finish": FINISHES,
        "side": _SIDES,
        "cover": _COVERS,
    }
    for name, values in known.items():
        unknown = sorted(set(rows[name]) - set(values))
        if unknown:
            what = f"column {name} has {unknown}; known are {', '.join(values)}"
            raise DataError(what, where="render_cutouts", do="pass rows of sample_cutouts unchanged")
    checked = rows[_PIXELS]

    def pictures() -> Iterator[Any]:
        for row in checked.itertuples(index=False):
            picture, mask = _render(row, pixels)
            yield (picture, mask) if with_mask else picture

    return pictures()


def _render(row: Any, pixels: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    look = _surface(
        row.type,
        row.shape,
        row.finish,
        row.grip_finish,
        float(row.wear),
        int(row.firearm_seed),
        row.side,
        pixels,
    )
    layers = [look]
    if row.cover == "hand":
        layers.append(hand(look.relief, seed=int(row.seed)))
    elif row.cover == "cloth":
        layers.append(
            cloth(look.relief, place=float(row.cover_place), share=float(row.cover_share), seed=int(row.seed))
        )
    camera, shape = _camera(row, layers, pixels)
    light = Light(
        float(row.light_azimuth_deg) * (1 if row.side == "right" else -1),
        float(row.light_elevation_deg),
        float(row.softness),
        float(row.exposure_stops),
        float(row.warmth),
    )
    picture = seen(look, camera, light, shape)
    mask = picture[..., 3] > 127
    for layer in layers[1:]:
        above = seen(layer, camera, light, shape)
        mask &= above[..., 3] < 128
        picture = _over(picture, above)
    picture[..., :3] = _developed(picture[..., :3], row)
    if row.side == "left":  # the other side is the mirror image, but for what is on one side only
        picture, mask = picture[:, ::-1], mask[:, ::-1]
    return np.ascontiguousarray(picture), np.ascontiguousarray(mask)


def _developed(picture: NDArray[np.uint8], row: Any) -> NDArray[np.float32]:
    """Give a picture the contrast, colour, sharpness and grain of the photograph it was cut out of."""
    level = picture.astype(np.float32) / 255
    level = (
        cv2.cvtColor(level, cv2.COLOR_RGB2GRAY)[..., None] * (1 - row.colourfulness)
        + row.colourfulness * level
    )
    level += row.sharpness * (level - cv2.GaussianBlur(level, (0, 0), 1.0).reshape(level.shape))
    rng = np.random.default_rng([int(row.seed), 7])
    level += row.grain * rng.standard_normal((*level.shape[:2], 1), np.float32)
    level = np.clip(level, 0, 1)
    # An S about the lower middle, where firearms are.
    bent = level + (row.contrast - 1) * 2.5 * level * (1 - level) * (level - 0.3)
    return np.asarray(np.clip(bent, 0, 1) * 255, np.float32).round()


def _over(below: NDArray[np.uint8], above: NDArray[np.uint8]) -> NDArray[np.uint8]:
    cover = above[..., 3:].astype(np.float32) / 255
    under = below[..., 3:].astype(np.float32) / 255 * (1 - cover)
    alpha = cover + under
    colour = (above[..., :3] * cover + below[..., :3] * under) / np.maximum(alpha, 1e-6)
    return np.concatenate((colour, alpha * 255), 2).round().astype(np.uint8)


def _camera(row: Any, layers: list[Surface], pixels: int) -> tuple[Camera, tuple[int, int]]:
    """Camera whose picture of the layers is `pixels` long, and that picture's shape."""
    relief = layers[0].relief
    rows, columns = np.nonzero(relief.height >= 0)
    left, right = (relief.left + columns.min() / relief.scale, relief.left + columns.max() / relief.scale)
    top, low = (relief.top - rows.min() / relief.scale, relief.top - rows.max() / relief.scale)
    turn = rotation(float(row.yaw_deg), float(row.pitch_deg), float(row.roll_deg))
    far = float(row.distance) * max(right - left, top - low)
    camera = Camera(turn, far, ((left + right) / 2, (top + low) / 2))
    ends = [extent(layer.relief, camera) for layer in layers]
    first, last = (np.min([end[0] for end in ends], 0), np.max([end[1] for end in ends], 0))
    scale = pixels / float((last - first).max())
    shape = np.maximum(np.round((last - first) * scale), 1).astype(int)
    placed = Camera(turn, far, camera.centre, scale, (float(first[0]), float(first[1])))
    return placed, (int(shape[1]), int(shape[0]))


# A surface of 256 pixels takes 8 MB, of 1024 pixels 120 MB.
@lru_cache(maxsize=4)
def _surface(
    kind: str, shape: str, finish: str, grip_finish: str, wear: float, seed: int, side: str, pixels: int
) -> Surface:
    """Build and finish a firearm; kept for its other views."""
    p = {**json.loads(shape), "side": side}
    rough = Relief.empty((-480, -330, 1250, 150), 0.35)
    _BUILD[kind](rough, p)
    rows, columns = np.nonzero(rough.height >= 0)
    left, right = (rough.left + columns.min() / 0.35 - 4, rough.left + (columns.max() + 1) / 0.35 + 4)
    top, low = (rough.top - rows.min() / 0.35 + 4, rough.top - (rows.max() + 1) / 0.35 - 4)
    relief = Relief.empty((left, low, right, top), 2 * pixels / max(right - left, top - low))
    _BUILD[kind](relief, p)
    looks = finishes(kind, p, finish, grip_finish, seed)
    return surface(relief, looks, wear=wear, seed=seed)
