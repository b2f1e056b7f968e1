"""Looks of a relief: finishes, textures, wear, and light. Colours are linear with gamma 2, so a root makes a picture."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .firearm_relief import SLOTS, Relief

Floats = NDArray[np.float32]

_FLATNESS = 0.05


@dataclass(frozen=True)
class Finish:
    """Look of a material: colour, how metallic, how rough, its texture and how deep that is in millimetres."""

    colour: tuple[float, float, float]
    metal: float
    rough: float
    texture: str = "grain"
    depth: float = 0.005
    mottle: float = 0.1


FINISHES = {
    "blued": Finish((0.03, 0.036, 0.055), 0.8, 0.2, mottle=0.1),
    "black": Finish((0.014, 0.014, 0.016), 0.45, 0.4, mottle=0.08),
    "parkerised": Finish((0.085, 0.088, 0.078), 0.35, 0.62, "sand", 0.02),
    "nickel": Finish((0.78, 0.76, 0.72), 1.0, 0.12, mottle=0.06),
    "stainless": Finish((0.5, 0.5, 0.49), 1.0, 0.34, "brushed", 0.004, 0.04),
    "case-hardened": Finish((0.22, 0.2, 0.17), 0.8, 0.28, "mottled", 0.005, 0.7),
    "grey": Finish((0.17, 0.175, 0.18), 0.6, 0.5),
    "plum": Finish((0.12, 0.075, 0.06), 0.6, 0.4, mottle=0.4),
    "gold": Finish((0.85, 0.56, 0.17), 1.0, 0.2),
    "brass": Finish((0.62, 0.42, 0.14), 1.0, 0.3, mottle=0.3),
    "polymer black": Finish((0.014, 0.014, 0.015), 0.0, 0.55, "stipple", 0.035),
    "polymer green": Finish((0.075, 0.08, 0.04), 0.0, 0.6, "stipple", 0.035),
    "polymer tan": Finish((0.34, 0.25, 0.15), 0.0, 0.6, "stipple", 0.035),
    "polymer grey": Finish((0.13, 0.135, 0.14), 0.0, 0.58, "stipple", 0.035),
    "rubber": Finish((0.011, 0.011, 0.012), 0.0, 0.75, "checkered", 0.25),
    "walnut": Finish((0.2, 0.085, 0.035), 0.0, 0.3, "wood", 0.04, 0.6),
    "light wood": Finish((0.45, 0.22, 0.08), 0.0, 0.3, "wood", 0.03, 0.5),
    "red wood": Finish((0.3, 0.08, 0.03), 0.0, 0.25, "wood", 0.03, 0.6),
    "dark wood": Finish((0.06, 0.03, 0.018), 0.0, 0.32, "wood", 0.04, 0.6),
    "ivory": Finish((0.75, 0.68, 0.52), 0.0, 0.25, "grain", 0.008, 0.15),
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
    height, solid, scale = relief.height, relief.height >= 0, relief.scale
    rng = np.random.default_rng(seed)
    fill = np.where(solid, height, 0)
    # Light is lost in corners, near ones and wide ones.
    close = cv2.GaussianBlur(fill, (0, 0), max(0.7 * scale, 0.7)) - height
    wide = cv2.GaussianBlur(fill, (0, 0), max(4 * scale, 1.5)) - height
    light = 1 / (1 + 1.1 * np.maximum(close, 0) + 0.3 * np.maximum(wide, 0))
    bump, tone = _textures(relief, looks, rng)
    rough = (cv2.GaussianBlur(fill, (3, 3), 0) + bump).astype(np.float32)
    normal = _normals(rough, scale)
    # No flat is quite flat, and a mirror that is near shows other things at its other end.
    for axis in (0, 1):
        normal[..., axis] += _FLATNESS * noise(height.shape, 18 * scale, rng, stretch=1.6)
    metal = np.array([look.metal for look in looks], np.float32)[relief.slot]
    edges = np.clip(-close * 1.4, 0, 1) * solid
    rubbed = np.clip(edges * 1.6 - 0.3 + 0.5 * noise(height.shape, 9 * scale, rng), 0, 1) * wear * metal
    stain = 1 - 0.25 * wear * np.clip(noise(height.shape, 16 * scale, rng) - 0.3, 0, 1)
    bare = np.array((0.34, 0.32, 0.29), np.float32)
    colour = np.array([look.colour for look in looks], np.float32)[relief.slot]
    colour *= (tone * stain)[..., None]
    colour += rubbed[..., None] * np.maximum(bare - colour, 0)
    gloss = (0.4 + 0.6 * light) * light * stain * np.clip(1 + 0.5 * (tone - 1), 0.5, 1.5)
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
            # Along the stock, and along the grip.
            pattern = np.where(
                relief.slot == SLOTS.index("grip"), _grain(shape, scale, rng, 1), _grain(shape, scale, rng, 0)
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
        tone = np.where(where, np.exp(0.5 * mottle * np.clip(pattern, -2, 2)), tone)
    return bump, tone


def _grain(shape: tuple[int, int], scale: float, rng: np.random.Generator, along: int) -> Floats:
    """Grain of wood along the rows (0) or the columns (1)."""
    turned = shape if along == 0 else shape[::-1]
    wave = noise(turned, 5 * scale, rng, stretch=9)
    rings = np.sin(5 * wave + np.arange(turned[0], dtype=np.float32)[:, None] / scale * 0.5)
    pattern = 0.6 * rings + 0.7 * noise(turned, max(0.6 * scale, 1), rng, stretch=22)
    return pattern if along == 0 else np.ascontiguousarray(pattern.T)


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
    sky = 0.2 + 0.45 * light.softness
    ambient = sky * (0.62 + 0.38 * normal[..., 1])
    key = (1.5 - 0.7 * light.softness) * np.maximum((facing + wrap) / (1 + wrap), 0)
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
    normal = cv2.transform(look.wall if wall else look.normal, turn.astype(np.float32))
    diffuse, mirrors = _balls(look.finishes, light)
    column = (normal[..., 0] / 2.1 + 0.5) * _TILE - 0.5
    row = (-normal[..., 1] / 2.1 + 0.5) * _TILE - 0.5
    shade = cv2.remap(diffuse, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    np.clip(column, 0, _TILE - 1, out=column)
    column += _TILE * look.relief.slot.astype(np.float32)
    shine = cv2.remap(mirrors, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
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
