"""Pixels of one composite: a cut-out on a background, alone or in a person's hand, and a camera over it."""

from collections import namedtuple
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.transforms.camera import damage_picture
from fireanalysis.transforms.compositing import paste

from .firearm import _PIXELS, _render
from .look_alikes import render_look_alike
from .scene_people import figure
from .scenes import COLUMNS, render_scenes

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_Cutout = namedtuple("_Cutout", _PIXELS)  # type: ignore[misc]
CUTOUT_COLUMNS = ["cutout_seed" if name == "seed" else name for name in _PIXELS]
SCENE_COLUMNS = [f"scene_{name}" for name in COLUMNS]
_CAMERA = ("light", "motion", "blur", "noise", "jpeg")  # as they come one after the other
# For the size of who holds a firearm; assumed.
LENGTH_M = {"pistol": 0.2, "revolver": 0.25, "rifle": 1.0, "shotgun": 1.05, "submachine gun": 0.6}
_HEIGHT_M = 1.75


def composite(row: dict[str, Any], pixels: int) -> tuple[Picture, Mask]:
    """Make the picture and the mask of a row of the manifest."""
    scene = tuple(row["background" if name == "scene" else f"scene_{name}"] for name in COLUMNS)
    image, mask = _background(scene, pixels), np.zeros((pixels, pixels), bool)
    place = {name: row[name] for name in ("x", "y", "scale", "angle_deg", "flip", "blend", "match_light")}
    if row["look_alike"]:
        thing, metres = render_look_alike(row["look_alike"], seed=_seed(row), pixels=128)
        image = _surrounded(row, image, thing, thing[..., 3] > 127, metres, place)
        image, _ = paste(image, thing, **place)
    elif not row["empty"]:
        cutout, firearm = _firearm(row, pixels)
        image = _surrounded(row, image, cutout, firearm, LENGTH_M[row["type"]], place)
        image, mask = paste(image, cutout, mask=firearm, **place)
    else:
        image = image.copy()  # the background is kept for others
    for kind in _CAMERA:
        if row[f"camera_{kind}"]:
            image = damage_picture(image, kind=kind, amount=row[f"camera_{kind}"], seed=_seed(row))
    return image, mask


def _seed(row: dict[str, Any]) -> int:
    return int(row["seed"]) % 2**31


def _firearm(row: dict[str, Any], pixels: int) -> tuple[Picture, Mask]:
    """Give the cut-out of a row and the firearm's part of it, up to three times halved where it is needed small."""
    halvings = int(np.clip(np.log2(1 / (1.5 * row["scale"])), 0, 3))
    return _cutout(tuple(row[name] for name in CUTOUT_COLUMNS), max(pixels >> halvings, 32))


@lru_cache(maxsize=512)
def _background(scene: tuple[Any, ...], pixels: int) -> Picture:
    (picture,) = render_scenes(pd.DataFrame([scene], columns=COLUMNS), pixels=pixels)
    picture.flags.writeable = False
    return picture


@lru_cache(maxsize=1024)
def _cutout(key: tuple[Any, ...], pixels: int) -> tuple[Picture, Mask]:
    return _render(_Cutout(*key), pixels)


def _surrounded(
    row: dict[str, Any], image: Picture, piece: Picture, thing: Mask, metres: float, place: dict[str, Any]
) -> Picture:
    """Draw what goes with a thing before it is pasted: who holds it, or the shadow it casts where it lies."""
    if row["style"] != "photographed":
        return image
    return _holder(row, image, piece, thing, metres, place) if row["held"] else _shadow(image, piece, place)


def _holder(
    row: dict[str, Any], image: Picture, piece: Picture, thing: Mask, metres: float, place: dict[str, Any]
) -> Picture:
    """Draw a person so large, and so placed, that the thing is in the hand and has its length."""
    frame, longer = np.array(image.shape[1::-1]), max(image.shape[:2])
    side = facing(row["side"], row["flip"])
    person = figure(_seed(row), side=side, holds_deg=side * row["angle_deg"], light_from=1 - 2 * row["x"])
    enlarged = row["scale"] * longer / max(thing.shape)
    tall = _HEIGHT_M * enlarged * _length(thing) / metres
    middle = np.array(thing.shape[::-1]) / 2
    hand = (piece[..., 3] > 127) & ~thing
    offset = (_middle(hand) - middle if hand.any() else np.zeros(2)) * enlarged * [1 - 2 * row["flip"], 1]
    cos, sin = np.cos(np.radians(row["angle_deg"])), np.sin(np.radians(row["angle_deg"]))
    grip = frame * np.array([row["x"], row["y"]]) + np.array([[cos, sin], [-sin, cos]]) @ offset
    wide = tall * person.picture.shape[1] / person.picture.shape[0]
    x, y = (grip + (0.5 - np.array(person.hand)) * [wide, tall]) / frame
    how = {"blend": place["blend"], "match_light": place["match_light"]}
    return paste(image, person.picture, x=x, y=y, scale=max(tall, wide) / longer, **how)[0]


def facing(side: ArrayLike, flip: ArrayLike) -> Any:
    """Say where a pasted cut-out's muzzle points before it is turned: 1 right, -1 left."""
    return np.where((np.asarray(side) == "left") != np.asarray(flip), -1, 1)[()]


def _middle(mask: Mask) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def _length(mask: Mask) -> float:
    """Longer side of what a mask covers, in pixels."""
    rows, columns = np.nonzero(mask)
    return float(max(np.ptp(rows), np.ptp(columns)) + 1) if len(rows) else float(max(mask.shape))


def _shadow(image: Picture, piece: Picture, place: dict[str, Any]) -> Picture:
    """Darken the ground under a thing that lies on it, a little to one side."""
    dark, off = piece.copy(), 0.04 * place["scale"]
    dark[..., :3] = 0
    beside = place | {"x": place["x"] + off, "y": place["y"] + off, "blend": "plain", "match_light": False}
    light, _ = paste(np.full_like(image, 255), dark, **beside)
    soft = cv2.GaussianBlur(light[..., 0], (0, 0), max(off * max(image.shape[:2]), 0.8))[..., None]
    return np.rint(image * (0.45 + 0.55 / 255 * soft)).astype(np.uint8)
