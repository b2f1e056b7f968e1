"""A pinhole camera that looks into a made-up room or street, and paints its faces from far to near."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]
NEAR_M, FAR_M = 0.25, 120.0


@dataclass(frozen=True)
class Texture:
    """A picture laid on a plane again and again: its upper left corner, and the metres of one copy to each side."""

    image: Floats  # float32 (rows, columns, 3), 0 to 1
    size_m: tuple[float, float]


@dataclass(frozen=True)
class Face:
    """A flat polygon: corners in metres (x right, y away, z up), paint, and light it gives off by itself."""

    corners: Floats  # (n, 3); the first edge is along the texture's rows
    paint: Texture | Floats  # or one colour, 0 to 1
    glow: float = 0.0


@dataclass(frozen=True)
class Camera:
    """Where the camera hangs and what it looks at; `pixels` is the side of its square picture."""

    position: Floats
    pitch_deg: float
    yaw_deg: float
    roll_deg: float
    field_deg: float
    pixels: int

    @cached_property
    def matrix(self) -> Floats:
        """Map from metres relative to the camera to (column, row, 1) times the distance along the axis."""
        pitch, yaw, roll = np.radians([self.pitch_deg, self.yaw_deg, self.roll_deg])
        ahead = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch)])
        right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
        down = np.cross(ahead, right)
        right, down = (
            np.cos(roll) * right + np.sin(roll) * down,
            np.cos(roll) * down - np.sin(roll) * right,
        )
        half = self.pixels / 2
        focal = half / np.tan(np.radians(self.field_deg) / 2)
        return np.array([[focal, 0, half], [0, focal, half], [0, 0, 1]]) @ np.stack([right, down, ahead])

    def project(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Give columns and rows (n, 2) of points, and their distances along the axis (n,)."""
        seen = (np.asarray(points, float) - self.position) @ self.matrix.T
        return seen[:, :2] / np.maximum(seen[:, 2:], 1e-6), seen[:, 2]

    def at(self, point: ArrayLike) -> tuple[float, float, float] | None:
        """Give column, row and pixels a metre of one point, or none if it is behind the camera."""
        (place,), (distance,) = self.project(np.asarray(point, float)[None])
        if distance < 2 * NEAR_M:
            return None
        focal = self.pixels / 2 / np.tan(np.radians(self.field_deg) / 2)
        return float(place[0]), float(place[1]), float(focal / distance)


class Canvas:
    """A picture in the making: float32 (pixels, pixels, 3), 0 to 1."""

    def __init__(self, camera: Camera, *, towards_light: Floats, ambient: float) -> None:
        self.camera, self.towards_light, self.ambient = camera, towards_light, ambient
        self.image = np.zeros((camera.pixels, camera.pixels, 3), np.float32)

    def paint(self, faces: Sequence[Face]) -> None:
        """Paint faces in the order given; those turned away are left out."""
        for face in faces:
            self._paint(face)

    def paint_object(self, faces: Sequence[Face]) -> None:
        """Paint the faces of one object from far to near."""
        self.paint(sorted(faces, key=lambda face: -self.distance(face.corners.mean(0))))

    def distance(self, point: ArrayLike) -> float:
        """Give the metres from the camera to a point."""
        return float(np.linalg.norm(np.asarray(point) - self.camera.position))

    def shade(self, corners: Floats, *, strength: float, blur_m: float) -> None:
        """Darken a polygon on the ground with a soft edge."""
        polygon = self._outline(corners)
        place = self.camera.at(corners.mean(0))
        if polygon is None or place is None:
            return
        blur = max(blur_m * place[2], 0.7)
        margin = int(3 * blur) + 2
        box = self._box(polygon, margin)
        if box is None:
            return
        rows, columns = box
        dark = np.asarray(cv2.GaussianBlur(self._filled(polygon, rows, columns), (0, 0), blur))
        self.image[rows, columns] *= 1 - np.float32(strength) * dark[..., None]

    def overlay(self, sprite: NDArray[np.uint8], *, column: float, row: float, height: float) -> None:
        """Lay an upright RGBA picture with the middle of its lower edge at a point, scaled to a height."""
        ratio = height / sprite.shape[0]
        if ratio * max(sprite.shape) > 4 * self.camera.pixels:
            return
        seen = np.flatnonzero(sprite[..., 3].any(0))
        column += ((seen[0] + seen[-1] + 1) / 2 - sprite.shape[1] / 2) * ratio
        sprite = sprite[:, seen[0] : seen[-1] + 1]
        size = max(round(sprite.shape[1] * ratio), 1), max(round(height), 1)
        premultiplied = sprite.astype(np.float32) / 255
        premultiplied[..., :3] *= premultiplied[..., 3:]
        how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(premultiplied, size, interpolation=how), np.float32)
        left, top = round(column - size[0] / 2), round(row - size[1])
        rows = slice(max(top, 0), min(top + size[1], self.camera.pixels))
        columns = slice(max(left, 0), min(left + size[0], self.camera.pixels))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        part = small[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        self.image[rows, columns] *= 1 - part[..., 3:]
        self.image[rows, columns] += part[..., :3]

    def _paint(self, face: Face) -> None:
        (ax, ay, az), (bx, by, bz) = face.corners[2] - face.corners[1], face.corners[1] - face.corners[0]
        normal = np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
        normal /= max(float(np.sqrt(normal @ normal)), 1e-9)
        if normal @ (self.camera.position - face.corners[0]) <= 0:
            return
        polygon = self._outline(face.corners)
        box = None if polygon is None else self._box(polygon, 0)
        if polygon is None or box is None:
            return
        rows, columns = box
        light = max(self.ambient + (1 - self.ambient) * max(float(normal @ self.towards_light), 0), face.glow)
        mask = self._filled(polygon, rows, columns)[..., None]
        colour = self._texels(face, rows, columns) if isinstance(face.paint, Texture) else face.paint
        part = self.image[rows, columns]
        part += mask * (np.float32(light) * np.asarray(colour, np.float32) - part)

    def _texels(self, face: Face, rows: slice, columns: slice) -> Floats:
        """Look a texture up at every pixel of a window; faded to its mean where pixels are coarser than it."""
        texture = face.paint
        assert isinstance(texture, Texture)
        right = face.corners[1] - face.corners[0]
        right = right / np.linalg.norm(right)
        down = face.corners[-1] - face.corners[0]
        down = down - (down @ right) * right
        down = down / np.linalg.norm(down)
        to_picture = self.camera.matrix @ np.column_stack(
            [right, down, face.corners[0] - self.camera.position]
        )
        back = np.linalg.inv(to_picture)
        column = np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5
        row = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5
        across, along, depth = (
            np.float32(b[0]) * column + np.float32(b[1]) * row + np.float32(b[2]) for b in back
        )
        depth = np.where(np.abs(depth) < 1e-9, np.float32(1e-9), depth)
        high, wide = texture.image.shape[:2]
        u = across / depth * np.float32(wide / texture.size_m[0])
        v = along / depth * np.float32(high / texture.size_m[1])
        step = np.zeros_like(u)
        if len(row) > 1:
            step[1:] = np.maximum(np.abs(np.diff(u, axis=0)), np.abs(np.diff(v, axis=0)))
            step[0] = step[1]
        found = cv2.remap(texture.image, u % wide, v % high, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        mean = texture.image.mean((0, 1))
        sharp = np.clip(1.4 - step / 5, 0, 1)[..., None]
        return mean + sharp * (found - mean)

    def _outline(self, corners: Floats) -> Floats | None:
        """Project a polygon, cut off at the near plane; none if nothing is left."""
        seen = (corners - self.camera.position) @ self.camera.matrix.T
        kept = []
        for here, there in zip(seen, np.roll(seen, -1, 0), strict=True):
            if here[2] >= NEAR_M:
                kept.append(here)
            if (here[2] >= NEAR_M) != (there[2] >= NEAR_M):
                share = (NEAR_M - here[2]) / (there[2] - here[2])
                kept.append(here + share * (there - here))
        if len(kept) < 3:
            return None
        points = np.stack(kept)
        return np.clip(points[:, :2] / points[:, 2:], -1e5, 1e5)

    def _box(self, polygon: Floats, margin: int) -> tuple[slice, slice] | None:
        side = self.camera.pixels
        low = np.clip(np.floor(polygon.min(0)).astype(int) - margin, 0, side)
        high = np.clip(np.ceil(polygon.max(0)).astype(int) + 1 + margin, 0, side)
        if np.any(high <= low):
            return None
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _filled(self, polygon: Floats, rows: slice, columns: slice) -> NDArray[np.float32]:
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        shifted = (polygon - [columns.start, rows.start] - 0.5) * 16
        cv2.fillPoly(mask, [np.rint(shifted).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        return mask.astype(np.float32) * np.float32(1 / 255)


def box(
    centre: ArrayLike,
    size: ArrayLike,
    paint: Any,
    *,
    yaw_deg: float = 0.0,
    front: Any = None,
    glow: float = 0.0,
) -> list[Face]:
    """Make the faces of a box that stands on a point, the first of them towards -y with a paint of its own."""
    width, depth, height = np.asarray(size, float)
    return prism(
        [(-depth / 2, 0), (-depth / 2, height), (depth / 2, height), (depth / 2, 0)],
        width,
        centre,
        [paint if front is None else front, paint, paint, paint],
        yaw_deg=yaw_deg,
        glow=glow,
    )


def prism(
    profile: ArrayLike,
    width: float,
    centre: ArrayLike,
    paints: Sequence[Any],
    *,
    yaw_deg: float = 0.0,
    glow: float = 0.0,
) -> list[Face]:
    """Make a body with one outline (y, z), upwards at the front and down at the back, and a width along x.

    `paints` are those of the edges in turn, then the sides'; the last edge, the underside, is left out.
    """
    outline = np.asarray(profile, float)
    near, far = (np.column_stack([np.full(len(outline), x), outline]) for x in (-width / 2, width / 2))
    faces = [np.stack([near[i + 1], far[i + 1], far[i], near[i]]) for i in range(len(outline) - 1)]
    faces += [near[::-1], far]
    return [
        Face(turned(corners, centre, yaw_deg), paint, glow)
        for corners, paint in zip(faces, [*paints, paints[-1]], strict=True)
    ]


def turned(points: Floats, centre: ArrayLike, yaw_deg: float) -> Floats:
    """Turn points about the vertical and put them at a place."""
    cos, sin = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return points @ turn.T + np.asarray(centre, float)
