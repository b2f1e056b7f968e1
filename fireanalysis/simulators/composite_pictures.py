"""Pixels of one composite: a cut-out on a background, alone or in a person's hand, and a camera over it."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.transforms.camera import damage_picture
from fireanalysis.transforms.compositing import paste

from .firearm import _PIXELS, render_cutouts
from .look_alikes import render_look_alike
from .scene_people import figure
from .scenes import COLUMNS, render_scenes

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

CUTOUT_COLUMNS = ["cutout_seed" if name == "seed" else name for name in _PIXELS]
SCENE_COLUMNS = [f"scene_{name}" for name in COLUMNS]
_CAMERA = ("light", "motion", "blur", "noise", "jpeg")  # as they come one after the other
# A firearm's length, in metres, for the size of who holds it; assumed.
_LENGTH_M = {
    "pistol": 0.2,
    "revolver": 0.25,
    "rifle": 1.0,
    "shotgun": 1.05,
    "submachine gun": 0.6,
    "none": 0.3,
}


def composite(row: dict[str, Any], pixels: int) -> tuple[Picture, Mask]:
    """Make the picture and the mask of a row of the manifest."""
    scene = tuple(row["background" if name == "scene" else f"scene_{name}"] for name in COLUMNS)
    image = _background(scene, pixels)
    placed = {name: row[name] for name in ("x", "y", "scale", "angle_deg", "flip", "blend", "match_light")}
    if row["empty"]:
        image, mask = _without(row, image, placed)
    else:
        image, mask = _with(row, image, placed, pixels)
    for kind in _CAMERA:
        if row[f"camera_{kind}"]:
            image = damage_picture(image, kind=kind, amount=row[f"camera_{kind}"], seed=row["seed"] % 2**32)
    return image, mask


def _without(row: dict[str, Any], image: Picture, placed: dict[str, Any]) -> tuple[Picture, Mask]:
    none = np.zeros(image.shape[:2], bool)
    if not row["look_alike"]:
        return image.copy(), none
    thing, _ = render_look_alike(row["look_alike"], seed=row["seed"] % 2**31, pixels=128)
    return paste(image, thing, **placed)[0], none


def _with(row: dict[str, Any], image: Picture, placed: dict[str, Any], pixels: int) -> tuple[Picture, Mask]:
    needed = row["scale"] * pixels
    level = 0
    while needed * 2 ** (level + 1) * 1.5 <= pixels and level < 3:
        level += 1
    key = tuple(row[name] for name in CUTOUT_COLUMNS)
    cutout, mask = _cutout(key, pixels, level)
    if row["held"]:
        image, placed = _in_a_hand(row, image, cutout, mask, placed)
    elif row["style"] == "photographed":
        image = _shadowed(image, cutout, placed)
    return paste(image, cutout, mask=mask, **placed)


@lru_cache(maxsize=64)
def _background(scene: tuple[Any, ...], pixels: int) -> Picture:
    (picture,) = render_scenes(pd.DataFrame([scene], columns=COLUMNS), pixels=pixels)
    picture.flags.writeable = False
    return picture


@lru_cache(maxsize=1024)
def _cutout(key: tuple[Any, ...], pixels: int, level: int) -> tuple[Picture, Mask]:
    """Cut-out and mask, rendered once and halved so many times."""
    if level == 0:
        row = pd.DataFrame([key], columns=_PIXELS)
        ((picture, mask),) = render_cutouts(row, pixels=pixels, with_mask=True)
        return picture, mask
    picture, mask = _cutout(key, pixels, level - 1)
    size = [max(side // 2, 1) for side in picture.shape[1::-1]]
    values = picture.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    values = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    values[..., :3] *= 255 / np.maximum(values[..., 3:], 1e-3)
    part = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5
    return np.rint(values.clip(0, 255)).astype(np.uint8), part


def _in_a_hand(
    row: dict[str, Any], image: Picture, cutout: Picture, mask: Mask, placed: dict[str, Any]
) -> tuple[Picture, dict[str, Any]]:
    """Draw who holds the firearm, so large and so placed that the hand fits; turn the firearm along the arm."""
    rng = np.random.default_rng([row["seed"] % 2**32, 5])
    side, pixels = (-1 if (row["side"] == "left") != bool(row["flip"]) else 1), image.shape[0]
    pose = rng.choice(["pointing", "both hands", "reaching", "walking"], p=[0.35, 0.25, 0.2, 0.2])
    person = figure(int(rng.integers(2**31)), pose=str(pose), side=side, light_from=float(rng.uniform(-1, 1)))
    along = person.hand.angle_deg if side > 0 else person.hand.angle_deg - 180
    placed = placed | {"angle_deg": along + row["angle_deg"]}
    metre = row["scale"] * pixels * _seen_length(mask) / _LENGTH_M[row["type"]]
    tall = 1.75 * metre
    rows, columns = np.nonzero((cutout[..., 3] > 127) & ~mask)
    hand = np.array([columns.mean(), rows.mean()]) if len(rows) else np.array(mask.shape[::-1]) / 2
    offset = (hand + 0.5 - np.array(mask.shape[::-1]) / 2) * row["scale"] * pixels / max(mask.shape)
    offset *= [-1, 1] if row["flip"] else [1, 1]
    angle = np.radians(placed["angle_deg"])
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ offset
    at = np.array([row["x"], row["y"]]) * pixels + turned
    wide = tall * person.picture.shape[1] / person.picture.shape[0]
    centre = at + np.array([(0.5 - person.hand.x) * wide, (0.5 - person.hand.y) * tall])
    image, _ = paste(
        image, person.picture, x=centre[0] / pixels, y=centre[1] / pixels, scale=max(tall, wide) / pixels,
        blend="feathered", match_light=True,
    )  # fmt: skip
    return image, placed


def _seen_length(mask: Mask) -> float:
    """Longer side of the firearm itself over that of its cut-out."""
    rows, columns = np.nonzero(mask)
    return float(max(np.ptp(rows), np.ptp(columns)) + 1) / max(mask.shape) if len(rows) else 1.0


def _shadowed(image: Picture, cutout: Picture, placed: dict[str, Any]) -> Picture:
    """Darken the ground under a thing that lies on it, a little to one side."""
    dark = cutout.copy()
    dark[..., :3] = 0
    pixels = image.shape[0]
    off = 0.04 * placed["scale"]
    place = placed | {"x": placed["x"] + off, "y": placed["y"] + off, "blend": "plain", "match_light": False}
    light, _ = paste(np.full_like(image, 255), dark, **place)
    soft = cv2.GaussianBlur(light[..., :1], (0, 0), max(off * pixels, 0.8))
    return np.rint(image * (0.45 + 0.55 / 255 * soft.astype(np.float32))[..., None]).astype(np.uint8)
