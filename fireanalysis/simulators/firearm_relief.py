"""Reliefs: one side of an object as a height over its plane of symmetry, built from outlines in millimetres.

The other side is the mirror image, so that a relief is a solid. x points to the muzzle, y up, z to the viewer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Points = Sequence[tuple[float, float]] | NDArray[np.float64]

SLOTS = ("none", "metal", "frame", "grip", "stock", "small", "dark", "accent", "check")
"""What a pixel is made of, by number: an individual firearm has a finish for each."""

_SHIFT = 4  # binary digits of a pixel's fraction in OpenCV's polygons


@dataclass
class Relief:
    """A canvas that outlines are added to, cut from, carved into and raised on.

    Attributes
    ----------
    left, top : float
        Place of the canvas's corner in millimetres.
    scale : float
        Pixels a millimetre.
    height : ndarray, float32 (h, w)
        Half thickness in millimetres; -1 where there is nothing.
    slot : ndarray, uint8 (h, w)
        Index into `SLOTS`.
    marks : dict
        Named places for what comes later: the muzzle's middle, where a hand holds.
    """

    left: float
    top: float
    scale: float
    height: NDArray[np.float32]
    slot: NDArray[np.uint8]
    marks: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def empty(cls, box: tuple[float, float, float, float], scale: float) -> "Relief":
        """Make a canvas for x from box[0] to box[2] and y from box[1] to box[3]."""
        shape = (int(np.ceil((box[3] - box[1]) * scale)), int(np.ceil((box[2] - box[0]) * scale)))
        return cls(box[0], box[3], scale, np.full(shape, -1, np.float32), np.zeros(shape, np.uint8))

    def add(
        self,
        outline: Points,
        half: float,
        slot: str,
        *,
        bevel: float = 1.0,
        lathe: str = "",
        power: float = 2.0,
    ) -> None:
        """Unite with a solid: a slab with rounded edges, or one turned along x or y ("lathe").

        Parameters
        ----------
        half : float
            Half thickness in millimetres.
        bevel : float
            Radius of a slab's edges.
        power : float
            Of the superellipse that is a turned solid's section: 2 round, more squarer.
        """
        region, mask = self._region(outline)
        if not mask.any():
            return
        if lathe:
            across = _across(mask, axis=0 if lathe == "x" else 1)
            solid = np.asarray(half * (1 - np.abs(across) ** power) ** (1 / power), np.float32)
        else:
            solid = np.asarray(half - _bevel(mask, min(bevel, half), self.scale))
        above = mask & (solid > self.height[region])
        self.height[region][above] = solid[above]
        self.slot[region][above] = SLOTS.index(slot)

    def cut(self, outline: Points) -> None:
        """Cut a hole right through."""
        region, mask = self._region(outline)
        self.height[region][mask] = -1
        self.slot[region][mask] = 0

    def carve(self, outline: Points, depth: float, *, slot: str = "", lathe: str = "") -> None:
        """Lower what is there (less than nothing where depth is negative: raise it), keeping outlines."""
        region, mask = self._region(outline)
        there = mask & (self.height[region] >= 0)
        if not there.any():
            return
        amount = np.full(mask.shape, depth, np.float32)
        if lathe:
            amount *= np.sqrt(1 - _across(mask, axis=0 if lathe == "x" else 1) ** 2)
        elif depth < 0:
            amount += _bevel(mask, -depth, self.scale)
        self.height[region][there] = np.maximum(self.height[region][there] - amount[there], 0.2)
        if slot:
            self.slot[region][there] = SLOTS.index(slot)

    def pixels(self, points: Points) -> NDArray[np.float64]:
        """Turn millimetres into columns and rows."""
        places = np.asarray(points, np.float64)
        return np.stack(((places[:, 0] - self.left) * self.scale, (self.top - places[:, 1]) * self.scale), 1)

    def _region(self, outline: Points) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """Give the rows and columns an outline lies in, and which pixels there are inside."""
        corners = self.pixels(outline) - 0.5  # OpenCV's whole numbers are pixel middles
        h, w = self.height.shape
        first = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, (w, h))
        last = np.clip(np.ceil(corners.max(0)).astype(int) + 2, 0, (w, h))
        mask = np.zeros((max(last[1] - first[1], 0), max(last[0] - first[0], 0)), np.uint8)
        if mask.size:
            fixed = np.round((corners - first) * 2**_SHIFT).astype(np.int32)
            cv2.fillPoly(mask, [fixed], 1, shift=_SHIFT)
        return (slice(first[1], last[1]), slice(first[0], last[0])), mask.astype(bool)


def _across(mask: NDArray[np.bool_], *, axis: int) -> NDArray[np.float32]:
    """Where a pixel lies between the first and last of its column (axis 0) or row: -1 to 1."""
    length = mask.shape[axis]
    first = mask.argmax(axis).astype(np.float32)
    last = length - 1 - np.flip(mask, axis).argmax(axis).astype(np.float32)
    # Smooth along the axis: the steps of slanted outlines would show as ripples.
    first, last = (cv2.blur(side[None], (7, 1), borderType=cv2.BORDER_REPLICATE)[0] for side in (first, last))
    middle, half = (first + last) / 2, (last - first) / 2 + 0.5
    place = np.arange(length, dtype=np.float32)
    offset = (place[:, None] - middle) / half if axis == 0 else (place - middle[:, None]) / half[:, None]
    return np.clip(offset, -1, 1).astype(np.float32)


def _bevel(mask: NDArray[np.bool_], radius: float, scale: float) -> NDArray[np.float32]:
    """How much a rounded edge of a radius in millimetres is below the flat middle."""
    inside = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    short = np.maximum(radius - inside / scale, 0)
    return np.asarray(radius - np.sqrt(np.maximum(radius**2 - short**2, 0)), np.float32)


def box(left: float, bottom: float, right: float, top: float) -> NDArray[np.float64]:
    """Outline of a rectangle."""
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top)], np.float64)


def disc(x: float, y: float, radius: float, *, tall: float = 0.0) -> NDArray[np.float64]:
    """Outline of a circle, or of an ellipse with another half height."""
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    return np.stack((x + radius * np.cos(angle), y + (tall or radius) * np.sin(angle)), 1)


def smooth(points: Points, *, rounds: int = 2) -> NDArray[np.float64]:
    """Cut the corners of a closed outline (Chaikin), again and again."""
    outline = np.asarray(points, np.float64)
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        outline = np.stack((0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following), 1)
        outline = outline.reshape(-1, 2)
    return outline


def band(points: Points, width: float | Iterable[float], *, rounds: int = 2) -> NDArray[np.float64]:
    """Outline of a strip of a width (one, or one a point) along an open line whose corners are cut."""
    line = np.asarray(points, np.float64)
    widths = np.broadcast_to(np.asarray(width, np.float64), len(line)).copy()
    for _ in range(rounds):
        ends = line[[0, -1]], widths[[0, -1]]
        line = np.stack((0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]), 1)
        widths = np.stack((0.75 * widths[:-1] + 0.25 * widths[1:], 0.25 * widths[:-1] + 0.75 * widths[1:]), 1)
        line = np.concatenate((ends[0][:1], line.reshape(-1, 2), ends[0][1:]))
        widths = np.concatenate((ends[1][:1], widths.reshape(-1), ends[1][1:]))
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    normal = np.stack((-along[:, 1], along[:, 0]), 1) * widths[:, None] / 2
    return np.concatenate((line + normal, (line - normal)[::-1]))
