"""Looks of a relief that do not depend on light: normals, textures, wear."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .firearm_finishes import Finish
from .firearm_relief import SLOTS, Relief

# float32 throughout; OpenCV's stubs know no such thing.
Floats = NDArray[Any]


_FLATNESS = 0.05


@dataclass
class Surface:
    """A relief with its looks, ready to be lit: everything float32 (h, w) unless said otherwise.

    Attributes
    ----------
    normal : (h, w, 3)
        Of the side to the viewer, and `wall` of the edge, in the relief's own axes.
    slot : uint8 (h, w)
    albedo : (h, w, 3)
        Factor on the finish's colour.
    open : (h, w)
        How much light reaches a place, 0 to 1.
    gloss : (h, w)
        Factor on what is mirrored.
    finishes : tuple of Finish
        One a slot.
    """

    relief: Relief
    normal: Floats
    wall: Floats
    albedo: Floats
    open: Floats
    gloss: Floats
    finishes: tuple[Finish, ...]


def surface(relief: Relief, looks: tuple[Finish, ...], *, wear: float, seed: int) -> Surface:
    """Give a relief its textures and wear.

    Parameters
    ----------
    looks : tuple of Finish
        One for every slot.
    """
    height, solid, scale = relief.height, relief.height >= 0, relief.scale
    rng = np.random.default_rng(seed)
    fill = np.where(solid, height, 0)
    # Light is lost in corners, near ones and wide ones.
    close = cv2.GaussianBlur(fill, (0, 0), max(0.7 * scale, 0.7)) - height
    broad = 2 * int(6 * scale) + 1
    wide = cv2.blur(cv2.blur(fill, (broad, broad)), (broad, broad)) - height
    light = 1 / (1 + 1.1 * np.maximum(close, 0) + 0.3 * np.maximum(wide, 0))
    bump, tone = _textures(relief, looks, rng)
    rough = (cv2.GaussianBlur(fill, (3, 3), 0) + bump).astype(np.float32)
    normal = _normals(rough, scale)
    # No flat is quite flat, and a mirror that is near shows other things at its other end.
    for axis in (0, 1):
        normal[..., axis] += _FLATNESS * noise(height.shape, 18 * scale, rng, stretch=1.6)
    metal = np.take(np.array([look.metal for look in looks], np.float32), relief.slot)
    edges = np.clip(-close * 1.4, 0, 1) * solid
    rubbed = np.clip(edges * 1.6 - 0.3 + 0.5 * noise(height.shape, 9 * scale, rng), 0, 1) * wear * metal
    stain = 1 - 0.25 * wear * np.clip(noise(height.shape, 16 * scale, rng) - 0.3, 0, 1)
    bare = np.array((0.34, 0.32, 0.29), np.float32)
    colour = np.take(np.array([look.colour for look in looks], np.float32), relief.slot, axis=0)
    colour *= (tone * stain)[..., None]
    colour += rubbed[..., None] * np.maximum(bare - colour, 0)
    gloss = (0.4 + 0.6 * light) * light * stain * np.clip(1 + 0.5 * (tone - 1), 0.5, 1.5)
    return Surface(relief, normal, _wall(solid), colour, light, gloss.astype(np.float32), looks)


def _normals(height: Floats, scale: float) -> Floats:
    """Give unit normals of a height in millimetres; slopes steeper than 3 are cut."""
    across = np.clip(cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=scale / 8), -3, 3)
    down = np.clip(cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=scale / 8), -3, 3)
    length = np.sqrt(1 + across * across + down * down)
    return cv2.merge([-across / length, down / length, 1 / length])


def _wall(solid: NDArray[np.bool_]) -> Floats:
    """Give normals of the edge, which is upright to the plane."""
    soft = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 2.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    length = np.sqrt(across * across + down * down) + 1e-6
    return cv2.merge([-across / length, down / length, np.zeros_like(across)])


def noise(shape: tuple[int, int], grain: float, rng: np.random.Generator, *, stretch: float = 1.0) -> Floats:
    """Smooth noise of variance about 1 whose spots are `grain` pixels high and `stretch` times as wide."""
    rows, columns = (
        int(np.ceil(n / max(g, 1))) + 3 for n, g in zip(shape, (grain, grain * stretch), strict=True)
    )
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    size = (max(int(columns * max(grain * stretch, 1)), shape[1]), max(int(rows * max(grain, 1)), shape[0]))
    return 1.4 * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]


def _textures(relief: Relief, looks: tuple[Finish, ...], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Bumps in millimetres and a factor on the colour, texture by texture."""
    shape, scale = relief.height.shape, relief.scale
    bump, tone = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    present = set(np.flatnonzero(np.bincount(relief.slot.ravel(), minlength=len(looks))).tolist()) - {0}
    fine = noise(shape, max(0.5 * scale, 1), rng)
    coarse = noise(shape, 14 * scale, rng)
    for kind in sorted({looks[slot].texture for slot in present}):
        # Depth and mottle of this texture's slots; none at the others.
        ours = [look if look.texture == kind else None for look in looks]
        depth = np.take(np.array([look.depth if look else 0 for look in ours], np.float32), relief.slot)
        mottle = np.take(np.array([look.mottle if look else 0 for look in ours], np.float32), relief.slot)
        if kind == "wood":
            # Along the stock, and along the grip.
            upright = relief.slot == SLOTS.index("grip")
            pattern = np.where(upright, _grain(shape, scale, rng, 1), _grain(shape, scale, rng, 0))
            rise = pattern
        elif kind == "checkered":
            pitch = max(1.6, 3.2 / scale)
            y, x = np.arange(shape[0])[:, None] / scale, np.arange(shape[1]) / scale
            rise = np.abs(((x + 0.6 * y) / pitch) % 1 - 0.5) + np.abs(((x - 0.6 * y) / pitch) % 1 - 0.5)
            pattern = 0.6 * coarse + 1.2 * (rise - 0.5)
        elif kind == "brushed":
            rise = noise(shape, max(0.5 * scale, 1), rng, stretch=30)
            pattern = rise
        elif kind == "mottled":
            rise = fine
            pattern = 1.1 * noise(shape, 5 * scale, rng) + 0.5 * coarse
        else:
            rise = fine
            pattern = coarse
        bump += depth * rise
        tone += 0.5 * mottle * np.clip(pattern, -2, 2)
    return bump, np.exp(tone)


def _grain(shape: tuple[int, int], scale: float, rng: np.random.Generator, along: int) -> Floats:
    """Grain of wood along the rows (0) or the columns (1)."""
    turned = shape if along == 0 else shape[::-1]
    wave = noise(turned, 5 * scale, rng, stretch=9)
    rings = np.sin(5 * wave + np.arange(turned[0], dtype=np.float32)[:, None] / scale * 0.5)
    pattern = 0.6 * rings + 0.7 * noise(turned, max(0.6 * scale, 1), rng, stretch=22)
    return pattern if along == 0 else np.ascontiguousarray(pattern.T)
