"""Pixels of a picture as the web has it: a firearm on what it lies on, or in a hand, and what became of it since."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fireanalysis.transforms.camera import damage_picture
from fireanalysis.transforms.compositing import paste

from . import scene_textures as textures
from .composite_pictures import _CAMERA, CUTOUT_COLUMNS, LENGTH_M, _background, _cutout, _surrounded
from .look_alikes import render_look_alike
from .scene_photographs import crop
from .scenes import COLUMNS

Picture = NDArray[np.uint8]

# Grey photographs, and the colours they are given.
PHOTOGRAPHED: dict[str, Any] = {
    "brick": {"hue": (-0.02, 0.1), "saturation": (0.1, 0.5), "value": (0.6, 1.0)},
    "grass": {"hue": (0.1, 0.3), "saturation": (0.1, 0.5), "value": (0.6, 1.0)},
    "gravel": {"hue": (0.05, 0.15), "saturation": (0, 0.3), "value": (0.6, 1.1)},
}
TEXTURES = {
    "planks": textures.planks,
    "tiles": textures.tiles,
    "carpet": textures.carpet,
    "paving": textures.paving,
    "plaster": textures.plaster,
    "asphalt": lambda rng: textures.ground(rng, kind="asphalt"),
    "concrete": lambda rng: textures.ground(rng, kind="concrete"),
    "lawn": lambda rng: textures.ground(rng, kind="grass"),
}
SURFACES = (*TEXTURES, *PHOTOGRAPHED)
"""What a firearm may lie on."""
_SIDE = 256


def photograph(row: dict[str, Any], longer: int) -> Picture:
    """Make the picture of a row of the manifest, at most as large as the web has it."""
    longer = min(longer, int(row["pixels"]))
    shape = sides(longer, row["aspect"])
    image = _ground(row, shape)
    place = {name: row[name] for name in ("x", "y", "scale", "angle_deg")} | {
        "blend": "feathered",
        "flip": False,
    }
    place["match_light"] = row["setting"] in ("scene", "held")
    if row["beside"]:
        image = _with_a_thing(row, image, longer)
    if row["type"] != "none":
        piece, firearm = _cutout(tuple(row[name] for name in CUTOUT_COLUMNS), max(longer * 3 // 4, 32))
        drawn = {"style": "photographed", "held": row["setting"] == "held", "flip": False} | row
        image = _surrounded(drawn, image, piece, firearm, LENGTH_M[row["type"]], place)
        image, _ = paste(image, piece, mask=firearm, **place)
    for kind in _CAMERA:
        if row[f"camera_{kind}"]:
            image = damage_picture(image, kind=kind, amount=row[f"camera_{kind}"], seed=_seed(row))
    if row["grey"]:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        image = np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)
    return _copied(row, image) if row["copy"] else image


def sides(longer: int, aspect: float) -> tuple[int, int]:
    """Height and width of a picture whose width is so many times its height."""
    shorter = max(round(longer / max(aspect, 1 / aspect)), 1)
    return (shorter, longer) if aspect >= 1 else (longer, shorter)


def _seed(row: dict[str, Any]) -> int:
    return int(row["seed"]) % 2**31


def _ground(row: dict[str, Any], shape: tuple[int, int]) -> Picture:
    rng = np.random.default_rng([int(row["seed"]) % 2**31, 5])
    if row["setting"] == "shop":
        return _plain(row, shape, rng)
    if row["setting"] == "surface":
        whole = _surface(row["surface"], int(row["ground_seed"]) % 2**31)
        return _lit(_window(whole, shape, rng.uniform(0.45, 1.0), rng), rng)
    scene = tuple(row["background" if name == "scene" else f"scene_{name}"] for name in COLUMNS)
    part = _window(_background(scene, max(shape)), shape, rng.uniform(0.45, 1.0), rng)
    return np.asarray(cv2.GaussianBlur(part, (0, 0), max(shape) / 256 * rng.uniform(0.3, 4.0)), np.uint8)


def _plain(row: dict[str, Any], shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """White as shops have it, grey, black or coloured, evenly or falling off towards an edge."""
    own = np.random.default_rng(int(row["ground_seed"]) % 2**31)
    kind = own.random()
    if kind < 0.5:
        base = np.full(3, own.uniform(0.94, 1.0), np.float32)
    elif kind < 0.75:
        base = textures.colour(own, saturation=(0, 0.12), value=(0.35, 0.92))
    elif kind < 0.85:
        base = textures.colour(own, saturation=(0, 0.2), value=(0.03, 0.15))
    else:
        base = textures.colour(own, saturation=(0.1, 0.5), value=(0.15, 0.8))
    fall = 0.0 if kind < 0.35 else own.uniform(0, 0.45)
    angle = own.uniform(0, 2 * np.pi)
    y, x = np.indices(shape, np.float32) / max(shape) - 0.5
    shade = 1 - fall * (0.5 + x * np.cos(angle) + y * np.sin(angle))
    level = base * shade[..., None] + rng.normal(0, 0.004, (*shape, 1))
    return np.rint(level.clip(0, 1) * 255).astype(np.uint8)


@lru_cache(maxsize=320)
def _surface(kind: str, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    texture = (
        crop(kind, seed=seed, pixels=_SIDE) * textures.colour(rng, **PHOTOGRAPHED[kind]) / 190
        if kind in PHOTOGRAPHED
        else TEXTURES[kind](rng).image
    )
    return np.rint(texture.clip(0, 1) * 255).astype(np.uint8)


def _window(whole: Picture, shape: tuple[int, int], share: float, rng: np.random.Generator) -> Picture:
    """Cut a window of a picture's shape out of a square, as large as a share of it, mirrored half of the time."""
    size = np.maximum(np.array(shape) / max(shape) * share * whole.shape[0], 2).astype(int)
    top, left = (int(rng.integers(whole.shape[0] - side + 1)) for side in size)
    part = whole[top : top + size[0], left : left + size[1]]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    how = cv2.INTER_AREA if size.max() > max(shape) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(part), shape[::-1], interpolation=how), np.uint8)


def _lit(image: Picture, rng: np.random.Generator) -> Picture:
    """Let a lamp's light fall off over a surface."""
    height, width = image.shape[:2]
    y, x = np.indices((height, width), np.float32) / max(height, width)
    far = np.hypot(x - rng.uniform(0, 1), y - rng.uniform(-0.2, 0.6))
    light = rng.uniform(0.65, 1.3) * (1 - rng.uniform(0, 0.5) * far)
    return np.rint((image * light[..., None]).clip(0, 255)).astype(np.uint8)


def _with_a_thing(row: dict[str, Any], image: Picture, longer: int) -> Picture:
    """Lay another thing beside the firearm, its size as it would be, or where there is none in its place."""
    rng = np.random.default_rng([_seed(row), 9])
    thing, metres = render_look_alike(row["beside"], seed=_seed(row), pixels=max(longer // 2, 32))
    place: dict[str, Any] = {name: row[name] for name in ("x", "y", "scale", "angle_deg")}
    if row["type"] != "none":
        place |= {
            "x": row["x"] + rng.uniform(-0.45, 0.45),
            "y": row["y"] + rng.choice([-1, 1]) * rng.uniform(0.15, 0.4),
            "scale": float(np.clip(row["scale"] * metres / LENGTH_M[row["type"]], 0.08, 0.9)),
            "angle_deg": rng.uniform(0, 360),
        }
    place |= {"flip": False, "blend": "feathered", "match_light": True}
    lying = _surrounded(
        {"style": "photographed", "held": False}, image, thing, thing[..., 3] > 127, metres, place
    )
    return paste(lying, thing, **place)[0]


def _copied(row: dict[str, Any], image: Picture) -> Picture:
    """Crop, brighten, shrink and code a picture again, as those do who put it up once more."""
    height, width = image.shape[:2]
    edge = [round(row["copy_crop"] * side) for side in (height, width)]
    part = image[edge[0] : height - edge[0], edge[1] : width - edge[1]]
    size = [max(round(row["copy_shrink"] * side), 16) for side in (width, height)]
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    small = np.rint((small * float(row["copy_bright"])).clip(0, 255)).astype(np.uint8)
    return damage_picture(small, kind="jpeg", amount=row["copy_jpeg"], seed=_seed(row))
