"""Light on a surface. Colours have gamma 2, so that a root makes a picture."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .firearm_finishes import Finish
from .firearm_relief import Relief
from .firearm_surface import Floats, Surface


@dataclass(frozen=True)
class Light:
    """A main light and what is around: azimuth to the right, elevation up, softness 0 to 1, warmth."""

    azimuth_deg: float
    elevation_deg: float
    softness: float
    exposure: float = 0.0
    warmth: float = 0.0

    def direction(self) -> Floats:
        """Give the unit vector to the light: right, up, to the viewer."""
        azimuth, elevation = (np.radians(self.azimuth_deg), np.radians(self.elevation_deg))
        flat = np.cos(elevation)
        return np.array((flat * np.sin(azimuth), np.sin(elevation), flat * np.cos(azimuth)), np.float32)


_TILE = 48


@lru_cache(maxsize=4)
def _sphere() -> Floats:
    """Give normals of a ball seen from the front, float32 (tile, tile, 3); beyond its rim the rim's."""
    axis = (np.arange(_TILE, dtype=np.float32) + 0.5) / _TILE * 2.1 - 1.05
    x, y = np.meshgrid(axis, -axis)
    radius = np.maximum(np.hypot(x, y), 1)
    x, y = x / radius, y / radius
    return np.stack((x, y, np.sqrt(np.maximum(1 - x * x - y * y, 0))), -1)


def _balls(looks: tuple[Finish, ...], light: Light) -> tuple[Floats, Floats]:
    """Lit balls: diffuse (tile, tile, 3), and what each finish mirrors, side by side."""
    normal, to_light = _sphere(), light.direction()
    facing = normal @ to_light
    wrap = 0.15 + 0.55 * light.softness
    sky = 0.2 + 0.45 * light.softness
    ambient = sky * (0.62 + 0.38 * normal[..., 1])
    key = (1.5 - 0.7 * light.softness) * np.maximum((facing + wrap) / (1 + wrap), 0)
    tint = np.array((1 + light.warmth, 1.0, 1 - light.warmth), np.float32)
    diffuse = (key[..., None] * tint + ambient[..., None]).astype(np.float32)
    z = normal[..., 2]
    mirror = np.stack((2 * z * normal[..., 0], 2 * z * normal[..., 1], 2 * z * z - 1), -1)
    tiles = {look: _mirrored(mirror, z, look, light, to_light, tint) for look in dict.fromkeys(looks)}
    return diffuse, np.concatenate([tiles[look] for look in looks], 1).astype(np.float32)


def _mirrored(
    mirror: Floats, z: Floats, look: Finish, light: Light, to_light: Floats, tint: Floats
) -> Floats:
    """Make what a ball of a finish mirrors: the light, a strip on either side, floor, sky and dark camera side."""
    rough, soft = look.rough, light.softness
    spread = 0.04 + 0.4 * soft**2 + 0.9 * rough**2
    strength = (0.9 + 1.6 * (1 - soft)) / (0.3 + 2.2 * spread)
    lobe = strength * np.exp((mirror @ to_light - 1) / spread)
    edge = 0.05 + 0.5 * rough
    high = 1 / (1 + np.exp(-(mirror[..., 1] - 0.2) / edge))
    horizon = np.exp(-((mirror[..., 1] + 0.15) ** 2) / (0.03 + 0.3 * rough))
    camera = np.exp((mirror[..., 2] - 1) / (0.2 + 0.6 * rough))
    around = (0.14 + 0.5 * soft) * (0.3 + 1.1 * high) - 0.1 * horizon
    for side in (-1, 1):
        strip = np.exp(-((mirror[..., 0] - 0.8 * side) ** 2) / (0.03 + 0.4 * rough))
        around = around + (0.1 + 0.4 * soft) * strip
    seen = np.maximum(around * (1 - 0.72 * camera), 0.01)
    base = 0.04 + 0.3 * look.metal * (1 - look.rough)
    fresnel = base + (1 - base) * 0.5 * (1 - z) ** 5 * (1 - rough)
    colour = np.array(look.colour, np.float32)
    reflect = look.metal * np.maximum(colour, 0.11 * (1 - rough)) + (1 - look.metal) * fresnel[..., None]
    return np.asarray((lobe[..., None] * tint + seen[..., None]) * reflect, np.float32)


def lit(look: Surface, turn: NDArray[np.float64], light: Light, *, wall: bool = False) -> NDArray[np.uint8]:
    """Light a surface that is turned by a rotation matrix: uint8 (h, w, 3), front or walls."""
    normal: Floats = cv2.transform(look.wall if wall else look.normal, turn.astype(np.float32))
    diffuse, mirrors = _balls(look.finishes, light)
    column = (normal[..., 0] / 2.1 + 0.5) * _TILE - 0.5
    row = (-normal[..., 1] / 2.1 + 0.5) * _TILE - 0.5
    shade: Floats = cv2.remap(diffuse, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    np.clip(column, 0, _TILE - 1, out=column)
    column += _TILE * look.relief.slot.astype(np.float32)
    shine: Floats = cv2.remap(mirrors, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    plain = np.array([1 - 0.85 * finish.metal for finish in look.finishes], np.float32)[look.relief.slot]
    reached = look.open if wall else look.open * _shadow(look.relief, turn.T @ light.direction(), light)
    shade *= look.albedo * (reached * plain)[..., None]
    shine *= (look.gloss if wall else look.gloss * (0.45 + 0.55 * reached))[..., None]
    shade += shine
    shade *= 2.0**light.exposure
    # A film's shoulder: highlights bend before they are cut.
    shade *= 1.25 / (1 + 0.25 * shade * shade)
    picture = np.sqrt(np.minimum(shade, 1.0)) * 255
    return picture.astype(np.uint8)


def _shadow(relief: Relief, to_light: NDArray[np.float64], light: Light) -> Floats:
    """How much of the main light passes what stands between it and a place, at most five steps away."""
    flat = float(np.hypot(to_light[0], to_light[1]))
    if flat < 0.05:
        return np.ones_like(relief.height)
    size = (max(relief.height.shape[1] // 2, 1), max(relief.height.shape[0] // 2, 1))
    low = cv2.resize(np.maximum(relief.height, 0), size, interpolation=cv2.INTER_AREA)
    rise = max(float(to_light[2]), 0.05) / flat
    blocked = np.zeros_like(low)
    for far_mm in (1.2, 2.5, 4.5, 8.0, 14.0):
        shift = far_mm * relief.scale / 2 / flat
        move = np.array([[1, 0, -shift * to_light[0]], [0, 1, shift * to_light[1]]])
        other = cv2.warpAffine(low, move, size)
        np.maximum(blocked, other - low - far_mm * rise, out=blocked)
    hidden = cv2.GaussianBlur(np.clip(blocked / (0.4 + 1.5 * light.softness), 0, 1), (0, 0), 0.8)
    depth = 0.75 - 0.45 * light.softness
    return 1 - depth * cv2.resize(hidden, relief.height.shape[::-1], interpolation=cv2.INTER_LINEAR)
