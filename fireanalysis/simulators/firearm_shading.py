"""Looks of a relief: finishes, textures, wear, and light. Colours are linear with gamma 2, so a root makes a picture."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .firearm_relief import Relief

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Finish:
    """Look of a material: colour, how metallic, how rough, its texture and how deep that is in millimetres."""

    colour: tuple[float, float, float]
    metal: float
    rough: float
    texture: str = "grain"
    depth: float = 0.02
    mottle: float = 0.1


FINISHES = {
    "blued": Finish((0.045, 0.052, 0.075), 0.75, 0.22, mottle=0.2),
    "black": Finish((0.03, 0.03, 0.032), 0.4, 0.42, mottle=0.15),
    "parkerised": Finish((0.085, 0.088, 0.078), 0.35, 0.62, "sand", 0.05),
    "nickel": Finish((0.78, 0.76, 0.72), 1.0, 0.12, mottle=0.06),
    "stainless": Finish((0.5, 0.5, 0.49), 1.0, 0.34, "brushed", 0.015, 0.05),
    "case-hardened": Finish((0.22, 0.2, 0.17), 0.8, 0.28, "mottled", 0.02, 0.7),
    "grey": Finish((0.17, 0.175, 0.18), 0.6, 0.5),
    "plum": Finish((0.12, 0.075, 0.06), 0.6, 0.4, mottle=0.4),
    "gold": Finish((0.85, 0.56, 0.17), 1.0, 0.2),
    "brass": Finish((0.62, 0.42, 0.14), 1.0, 0.3, mottle=0.3),
    "polymer black": Finish((0.028, 0.028, 0.03), 0.0, 0.55, "stipple", 0.08),
    "polymer green": Finish((0.075, 0.08, 0.04), 0.0, 0.6, "stipple", 0.08),
    "polymer tan": Finish((0.34, 0.25, 0.15), 0.0, 0.6, "stipple", 0.08),
    "polymer grey": Finish((0.13, 0.135, 0.14), 0.0, 0.58, "stipple", 0.08),
    "rubber": Finish((0.02, 0.02, 0.021), 0.0, 0.75, "checkered", 0.25),
    "walnut": Finish((0.2, 0.085, 0.035), 0.0, 0.3, "wood", 0.04, 0.6),
    "checkered walnut": Finish((0.16, 0.07, 0.03), 0.0, 0.4, "checkered", 0.3, 0.4),
    "light wood": Finish((0.45, 0.22, 0.08), 0.0, 0.3, "wood", 0.03, 0.5),
    "red wood": Finish((0.3, 0.08, 0.03), 0.0, 0.25, "wood", 0.03, 0.6),
    "dark wood": Finish((0.06, 0.03, 0.018), 0.0, 0.32, "wood", 0.04, 0.6),
    "ivory": Finish((0.75, 0.68, 0.52), 0.0, 0.25, "grain", 0.02, 0.1),
    "horn": Finish((0.05, 0.04, 0.035), 0.0, 0.3, "checkered", 0.2),
    "hole": Finish((0.008, 0.008, 0.008), 0.0, 0.9),
    "lens": Finish((0.03, 0.04, 0.06), 0.2, 0.1),
}


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
    height, solid = relief.height, relief.height >= 0
    rng = np.random.default_rng(seed)
    fill = np.where(solid, height, 0)
    near = cv2.GaussianBlur(fill, (0, 0), max(1.2 * relief.scale, 0.8))
    far = cv2.GaussianBlur(fill, (0, 0), max(5 * relief.scale, 1.5))
    hollow = np.maximum(near - height, 0) + 0.35 * np.maximum(far - height, 0)
    light = 1 / (1 + 0.35 * hollow)
    bump, tone = _textures(relief, looks, rng)
    rough = (cv2.GaussianBlur(fill, (3, 3), 0) + bump).astype(np.float32)
    normal = _normals(rough, relief.scale)
    edges = np.clip((height - near) * 0.9, 0, 1) * solid
    metal = np.array([look.metal for look in looks], np.float32)[relief.slot]
    worn = np.clip(edges * 1.6 - 0.25 + 0.5 * noise(height.shape, 9 * relief.scale, rng), 0, 1) * wear * metal
    stain = 1 - 0.35 * wear * np.clip(noise(height.shape, 22 * relief.scale, rng), 0, 1)
    bare = np.array((0.42, 0.4, 0.37), np.float32)
    colour = np.array([look.colour for look in looks], np.float32)[relief.slot]
    colour *= (tone * stain)[..., None]
    colour += worn[..., None] * np.maximum(bare - colour, 0) * 0.8
    gloss = (0.75 + 0.25 * light) * light * stain
    return Surface(relief, normal, _wall(solid), colour, light, gloss.astype(np.float32), looks)


def _normals(height: Floats, scale: float) -> Floats:
    """Unit normals of a height in millimetres; slopes steeper than 3 are cut."""
    across = np.clip(cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=scale / 8), -3, 3)
    down = np.clip(cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=scale / 8), -3, 3)
    length = np.sqrt(1 + across * across + down * down)
    return cv2.merge([-across / length, down / length, 1 / length])


def _wall(solid: NDArray[np.bool_]) -> Floats:
    """Normals of the edge, which is upright to the plane."""
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
    bump, tone = np.zeros(shape, np.float32), np.ones(shape, np.float32)
    y, x = np.indices(shape, np.float32) / scale
    fine = noise(shape, max(0.5 * scale, 1), rng)
    coarse = noise(shape, 14 * scale, rng)
    for kind in sorted({look.texture for look in looks}):
        slots = [i for i, look in enumerate(looks) if look.texture == kind and i]
        where = np.isin(relief.slot, slots)
        if not where.any():
            continue
        depth = np.array([look.depth for look in looks], np.float32)[relief.slot]
        mottle = np.array([look.mottle for look in looks], np.float32)[relief.slot]
        if kind == "wood":
            wave = noise(shape, 6 * scale, rng, stretch=9) + 0.25 * coarse
            pattern = np.sin(7 * wave + y * 0.35) * 0.6 + 0.5 * noise(
                shape, max(0.7 * scale, 1), rng, stretch=18
            )
            rise = pattern
        elif kind == "checkered":
            pitch = max(1.6, 3.2 / scale)
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
        bump = np.where(where, depth * rise, bump)
        tone = np.where(where, np.exp(0.6 * mottle * np.clip(pattern, -2, 2)), tone)
    return bump, tone


@dataclass(frozen=True)
class Light:
    """A main light and what is around: azimuth to the right, elevation up, softness 0 to 1, warmth."""

    azimuth_deg: float
    elevation_deg: float
    softness: float
    exposure: float = 0.0
    warmth: float = 0.0

    def direction(self) -> Floats:
        """Unit vector to the light: right, up, to the viewer."""
        azimuth, elevation = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        flat = np.cos(elevation)
        return np.array((flat * np.sin(azimuth), np.sin(elevation), flat * np.cos(azimuth)), np.float32)


_TILE = 48


@lru_cache(maxsize=4)
def _sphere() -> Floats:
    """Normals of a ball seen from the front, float32 (tile, tile, 3); beyond its rim the rim's."""
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
    sky = 0.32 + 0.5 * light.softness
    ambient = sky * (0.62 + 0.38 * normal[..., 1])
    key = (1.55 - 0.75 * light.softness) * np.maximum((facing + wrap) / (1 + wrap), 0)
    tint = np.array((1 + light.warmth, 1.0, 1 - light.warmth), np.float32)
    diffuse = (key[..., None] * tint + ambient[..., None]).astype(np.float32)
    z = normal[..., 2]
    mirror = np.stack((2 * z * normal[..., 0], 2 * z * normal[..., 1], 2 * z * z - 1), -1)
    tiles = [_mirrored(mirror, z, look, light, to_light, tint) for look in looks]
    return diffuse, np.concatenate(tiles, 1).astype(np.float32)


def _mirrored(
    mirror: Floats, z: Floats, look: Finish, light: Light, to_light: Floats, tint: Floats
) -> Floats:
    """What a ball of a finish mirrors: the main light, a strip on either side, floor, sky and the dark camera side."""
    rough = look.rough
    spread = 0.05 + 0.5 * light.softness**2 + 1.1 * rough**2
    strength = (0.9 + 2.0 * (1 - light.softness)) / (0.25 + 2.2 * spread)
    lobe = strength * np.exp((mirror @ to_light - 1) / spread)
    edge = 0.05 + 0.6 * rough
    high = 1 / (1 + np.exp(-(mirror[..., 1] - 0.15) / edge))
    horizon = np.exp(-((mirror[..., 1] + 0.12) ** 2) / (0.02 + 0.4 * rough))
    camera = np.exp((mirror[..., 2] - 1) / (0.12 + 0.5 * rough))
    around = (0.16 + 0.55 * light.softness) * (0.25 + 0.95 * high) - 0.12 * horizon
    for side in (-1, 1):
        strip = np.exp(-((mirror[..., 0] - 0.8 * side) ** 2) / (0.02 + 0.5 * rough))
        around = around + 0.35 * light.softness * strip
    seen = np.maximum(around * (1 - 0.45 * camera), 0.02)
    base = 0.04 + 0.3 * look.metal * (1 - look.rough)
    fresnel = base + (1 - base) * 0.5 * (1 - z) ** 5 * (1 - rough)
    colour = np.array(look.colour, np.float32)
    reflect = (
        look.metal * np.maximum(colour, 0.14 * (1 - rough)) * 1.15 + (1 - look.metal) * fresnel[..., None]
    )
    return np.asarray((lobe[..., None] * tint + seen[..., None]) * reflect, np.float32)


def lit(look: Surface, turn: NDArray[np.float64], light: Light, *, wall: bool = False) -> NDArray[np.uint8]:
    """Light a surface that is turned by a rotation matrix: uint8 (h, w, 3), front or walls."""
    normal = cv2.transform(look.wall if wall else look.normal, turn.astype(np.float32))
    diffuse, mirrors = _balls(look.finishes, light)
    column = (normal[..., 0] / 2.1 + 0.5) * _TILE - 0.5
    row = (-normal[..., 1] / 2.1 + 0.5) * _TILE - 0.5
    shade = cv2.remap(diffuse, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    np.clip(column, 0, _TILE - 1, out=column)
    column += _TILE * look.relief.slot.astype(np.float32)
    shine = cv2.remap(mirrors, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    plain = np.array([1 - 0.85 * finish.metal for finish in look.finishes], np.float32)[look.relief.slot]
    shade *= look.albedo * (look.open * plain)[..., None]
    shine *= look.gloss[..., None]
    shade += shine
    shade *= 2.0**light.exposure
    picture = np.sqrt(np.minimum(shade, 1.0)) * 255
    return picture.astype(np.uint8)
