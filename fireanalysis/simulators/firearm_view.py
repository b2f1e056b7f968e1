"""Reliefs seen by a camera from any side: slices of the solid, from near to far, each a plane's perspective.

No 3-D engine: a solid that is symmetric about its plane is a stack of slices at heights z, and a pinhole camera maps
each slice's plane by a homography. A pixel shows the first slice that covers it.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .firearm_light import Light, lit
from .firearm_relief import Relief
from .firearm_surface import Surface

Floats = NDArray[Any]


@dataclass(frozen=True)
class Camera:
    """Where the object is turned, and where its picture falls: all of a relief's places are about `centre`."""

    turn: NDArray[np.float64]
    distance_mm: float
    centre: tuple[float, float]
    scale: float = 1.0
    corner: tuple[float, float] = (0.0, 0.0)

    def plane(self, z: float) -> NDArray[np.float64]:
        """Homography from (x, y) of the plane at z to pixels."""
        flat = self.turn.copy()
        flat[:, 2] = flat[:, 2] * z - flat[:, 0] * self.centre[0] - flat[:, 1] * self.centre[1]
        far = self.distance_mm
        seen = np.stack((far * flat[0], -far * flat[1], np.array((0, 0, far)) - flat[2]))
        s = self.scale
        to_pixel = np.array([[s, 0, -s * self.corner[0]], [0, s, -s * self.corner[1]], [0, 0, 1]])
        return np.asarray(to_pixel @ seen)

    def project(self, x: Floats, y: Floats, z: Floats) -> NDArray[np.float64]:
        """Pixels (n, 2) of points."""
        points = self.turn @ np.stack((x - self.centre[0], y - self.centre[1], z))
        depth = self.distance_mm - points[2]
        u = points[0] * self.distance_mm / depth - self.corner[0]
        v = -points[1] * self.distance_mm / depth - self.corner[1]
        return np.stack((u, v), 1) * self.scale

    def back(self, shape: tuple[int, int], z: Floats) -> tuple[Floats, Floats]:
        """Where on the plane at z (one a pixel) the ray through each pixel's middle goes: x and y."""
        row, column = np.indices(shape, np.float32)
        ray = np.stack(
            (
                (column + 0.5) / self.scale + self.corner[0],
                -((row + 0.5) / self.scale + self.corner[1]),
                np.full(shape, -self.distance_mm),
            )
        )
        inverse = self.turn.T
        direction = np.tensordot(inverse, ray, 1).astype(np.float32)
        origin = inverse @ np.array((0, 0, self.distance_mm))
        steps = (z - origin[2]) / direction[2]
        x = origin[0] + steps * direction[0] + self.centre[0]
        y = origin[1] + steps * direction[1] + self.centre[1]
        return x.astype(np.float32), y.astype(np.float32)


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Turn about the vertical first, then tip towards the viewer, then turn in the picture."""
    yaw, pitch, roll = np.radians((yaw_deg, pitch_deg, roll_deg))
    a = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    b = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    c = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(c @ b @ a)


def extent(relief: Relief, camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the picture of a solid at the camera's scale."""
    solid = (relief.height >= 0).astype(np.uint8)
    rim = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) * solid
    row, column = np.nonzero(rim)
    row, column = row[::3], column[::3]
    x = relief.left + (column + 0.5) / relief.scale
    y = relief.top - (row + 0.5) / relief.scale
    z = relief.height[row, column].astype(float)
    both = np.concatenate((camera.project(x, y, z), camera.project(x, y, -z)))
    return both.min(0), both.max(0)


def seen(look: Surface, camera: Camera, light: Light, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Picture of a lit surface: uint8 (h, w, 4), red, green, blue, coverage."""
    relief = look.relief
    alpha, z, step = _sweep(relief, camera, shape)
    x, y = camera.back(shape, z)
    height = _read(relief, relief.height, x, y)
    lifted = np.clip(height, z, z + step)
    front = (height <= z + 1.5 * step) & (z >= 0)
    x, y = camera.back(shape, np.where(front, lifted, z))
    picture = _read(relief, _filled(relief, lit(look, camera.turn, light)), x, y)
    if ((alpha > 0) & ~front).sum() > 0.003 * front.size:  # else edges are too little to be lit
        wall = _filled(relief, lit(look, camera.turn, light, wall=True))
        picture = np.where(front[..., None], picture, _read(relief, wall, x, y))
        picture[~front & _bore(relief, x, y, z)] = 8
    return np.dstack((picture, alpha))


def _bore(relief: Relief, x: Floats, y: Floats, z: Floats) -> NDArray[np.bool_]:
    if "bore" not in relief.marks:
        return np.zeros(x.shape, bool)
    end, middle, radius = relief.marks["bore"]
    return np.asarray((x > end - 3) & ((y - middle) ** 2 + z**2 < radius**2))


def _sweep(relief: Relief, camera: Camera, shape: tuple[int, int]) -> tuple[NDArray[np.uint8], Floats, float]:
    """Coverage, height of the first slice at each pixel, and the distance of slices."""
    deepest = float(relief.height.max())
    # How far the nearest slice moves against the middle one: by the turn, and towards the rim by the perspective.
    tilt = np.sqrt(max(1 - camera.turn[2, 2] ** 2, 0)) + max(shape) / camera.scale / 2 / camera.distance_mm
    # Even, so that the middle plane is a slice: thin parts are in no other.
    count = 2 * int(np.ceil(deepest * tilt * camera.scale / 1.2))
    half = (relief.height.shape[1] // 2, relief.height.shape[0] // 2)
    to_mm = np.array(
        [
            [2 / relief.scale, 0, relief.left + 1 / relief.scale],
            [0, -2 / relief.scale, relief.top - 1 / relief.scale],
            [0, 0, 1],
        ]
    )
    middle = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    levels = np.linspace(deepest, -deepest, count + 1) if count else np.zeros(1)
    alpha, z = np.zeros(shape, np.uint8), np.full(shape, levels[-1], np.float32)
    done = np.zeros(shape, bool)
    slices: dict[float, NDArray[np.uint8]] = {}
    for level in levels.tolist():
        key = round(abs(level), 6)
        if key not in slices:
            whole = (relief.height >= (min(deepest, key))).astype(np.uint8) * 255
            slices[key] = cv2.resize(whole[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA)
        cover = cv2.warpPerspective(
            slices[key], middle @ camera.plane(level) @ to_mm, shape[::-1], flags=cv2.INTER_LINEAR
        )
        new = (cover > 127) & ~done
        z[new] = level
        done |= new
        np.maximum(alpha, cover, out=alpha)
    rim = (alpha > 0) & ~done
    if rim.any():  # half-covered rims take the height of their neighbours
        weight = cv2.blur(done.astype(np.float32), (3, 3))
        near = cv2.blur(np.where(done, z, 0).astype(np.float32), (3, 3)) / np.maximum(weight, 1e-6)
        z = np.where(rim & (weight > 0), near, z).astype(np.float32)
    return alpha, z, float(levels[0] - levels[1]) if len(levels) > 1 else 0.0


def _filled(relief: Relief, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size, and with colours spread beyond the outline so that rims do not darken."""
    size = (relief.height.shape[1] // 2, relief.height.shape[0] // 2)
    solid = (relief.height >= 0).astype(np.uint8)
    inside = (picture * solid[..., None])[: 2 * size[1], : 2 * size[0]]
    colour = cv2.resize(inside, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.resize(
        solid[: 2 * size[1], : 2 * size[0]].astype(np.float32), size, interpolation=cv2.INTER_AREA
    )
    wide = cv2.blur(colour, (5, 5)) / np.maximum(cv2.blur(weight, (5, 5)), 1e-3)[..., None]
    own = colour / np.maximum(weight, 1e-3)[..., None]
    return np.where(weight[..., None] > 0.4, own, wide).clip(0, 255).astype(np.uint8)


def _read(relief: Relief, values: NDArray[Any], x: Floats, y: Floats) -> NDArray[Any]:
    """Read an array over the relief's canvas (of any resolution) at places in millimetres."""
    scale = relief.scale * values.shape[1] / relief.height.shape[1]
    column = ((x - relief.left) * scale - 0.5).astype(np.float32)
    row = ((relief.top - y) * scale - 0.5).astype(np.float32)
    return cv2.remap(values, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
