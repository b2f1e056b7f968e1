"""People as flat figures: a body of limbs in clothes, and where the hands are. Nobody in particular."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .scene_textures import colour, some_noise

Draw = np.random.Generator
Colour = NDArray[np.float32]

HIGH, WIDE = 512, 512
"""Pixels of a figure's picture, and the figure is as high as it."""

POSES = ("walking", "standing", "reaching", "phone")
"""What arms do, unless one is held out."""


class Figure(NamedTuple):
    """A drawn person."""

    picture: NDArray[np.uint8]  # (HIGH, WIDE, 4), colours not multiplied by alpha
    hand: tuple[float, float]  # column and row of the one further forward, shares of the picture's sides


def figure(seed: int, *, side: int = 0, holds_deg: float | None = None, light_from: float = 0.5) -> Figure:
    """Draw a person of a seed's build, clothes and pose.

    Parameters
    ----------
    seed : int
        Build, skin, hair, clothes, pose and the side faced.
    side : int
        The side faced, if not as the seed falls: -1 left, 1 right.
    holds_deg : float, optional
        How far above level a forearm is held out to that side; in half of the cases the other arm goes with it.
    light_from : float
        From the left (-1) to the right (1).
    """
    rng = np.random.default_rng([seed, 11])
    person = _Person(rng, light_from)
    person.side = side or person.side
    person.draw(holds_deg)
    return Figure(np.rint(person.canvas.clip(0, 1) * 255).astype(np.uint8), person.hand)


def skin_colour(rng: Draw) -> Colour:
    """Draw the colour of some skin, from dark to pale."""
    share = rng.uniform()
    dark, pale = np.array([0.26, 0.16, 0.11]), np.array([0.93, 0.74, 0.63])
    return (dark + share * (pale - dark)).astype(np.float32)


def _cloth(rng: Draw) -> Colour:
    """Clothes are mostly dark or dull, some white, few bright."""
    kind = rng.random()
    if kind < 0.45:
        return colour(rng, saturation=(0, 0.35), value=(0.06, 0.3))
    if kind < 0.65:
        return colour(rng, saturation=(0, 0.15), value=(0.65, 0.95))
    return colour(rng, saturation=(0.2, 0.85), value=(0.25, 0.85))


class _Person:
    def __init__(self, rng: Draw, light_from: float) -> None:
        self.rng, self.light_from = rng, light_from
        self.canvas = np.zeros((HIGH, WIDE, 4), np.float32)
        self.skin = skin_colour(rng)
        self.hand = (0.5, 0.5)
        self.side = 1 if rng.random() < 0.5 else -1  # faced
        self.turn = rng.uniform(0.55, 1.0)  # how much of the breadth is seen
        self.stout = rng.uniform(0.85, 1.3)
        self.top, self.bottom = _cloth(rng), _cloth(rng) * 0.8
        self.sleeves = rng.choice([0.35, 1.0, 1.0])
        self.skirt = rng.random() < 0.2
        self.hair = colour(rng, hue=(0.03, 0.12), saturation=(0.1, 0.6), value=(0.03, 0.6))

    def draw(self, holds_deg: float | None) -> None:
        """Draw from the back to the front: far arm, legs, trunk, head, near arm."""
        rng, breadth = self.rng, 0.1 * self.turn * self.stout
        pose = POSES[int(rng.integers(len(POSES)))]
        stride = rng.uniform(0.1, 0.32) if pose == "walking" else rng.uniform(0, 0.08)
        shoulder, hip = 0.185, 0.49
        far, near = (0.5 - self.side * breadth, shoulder), (0.5 + self.side * breadth, shoulder)
        angles = self._arms(pose, holds_deg)
        self._arm(far, angles[0], hand=False)
        self._legs(hip, breadth, stride)
        self._trunk(shoulder, hip, breadth)
        self._head(shoulder)
        self._arm(near, angles[1], hand=True)

    def _arms(self, pose: str, holds_deg: float | None) -> tuple[tuple[float, float], tuple[float, float]]:
        """Draw the angles of upper and lower arm, of the far and the near one: 0 hangs, 90 is forward."""
        rng = self.rng
        swing = rng.uniform(-25, 25)
        far = (-swing, -swing + rng.uniform(0, 20))
        near = {
            "walking": (swing, swing + rng.uniform(0, 25)),
            "standing": (rng.uniform(-5, 10), rng.uniform(0, 100)),
            "reaching": (rng.uniform(30, 70), rng.uniform(50, 110)),
            "phone": (rng.uniform(0, 30), rng.uniform(110, 165)),
        }[pose]
        if holds_deg is not None:
            near = ((90 + holds_deg) * rng.uniform(0.6, 1.0), 90 + holds_deg)
            if rng.random() < 0.5:
                far = (near[0] + rng.uniform(-5, 5), near[1] + rng.uniform(-5, 5))
        return far, near

    def _arm(self, shoulder: tuple[float, float], angles: tuple[float, float], *, hand: bool) -> None:
        start = np.add(shoulder, [0, 0.015])
        width = 0.048 * self.stout
        upper, lower = (
            np.array([self.side * np.sin(np.radians(angle)), np.cos(np.radians(angle))]) for angle in angles
        )
        elbow = start + 0.17 * upper
        wrist = elbow + 0.145 * lower
        bare = self.skin
        shade = 1.0 if hand else 0.75
        self._limb(start, elbow, width, width * 0.85, self.top * shade)
        if self.sleeves < 1:
            self._limb(start + self.sleeves * (elbow - start), elbow, width * 0.75, width * 0.7, bare * shade)
        self._limb(elbow, wrist, width * 0.85, width * 0.6, (self.top if self.sleeves == 1 else bare) * shade)
        tip = wrist + 0.04 * lower
        self._limb(wrist, tip, width * 0.62, width * 0.5, bare * shade)
        if hand:
            x, y = wrist + 0.028 * lower
            self.hand = (float(x), float(y))

    def _legs(self, hip: float, breadth: float, stride: float) -> None:
        shoe = colour(self.rng, saturation=(0, 0.5), value=(0.03, 0.5))
        for number, sign in enumerate((-1, 1)):
            top = np.array([0.5 + sign * breadth * 0.5, hip])
            foot = np.array(
                [0.5 + sign * (breadth * 0.45 + stride * 0.35), 0.955 - (0.03 * stride if sign < 0 else 0)]
            )
            knee = (top + foot) / 2 + [self.side * 0.25 * stride * 0.4, -0.01]
            tone = self.bottom * (0.85 if number == 0 else 1)
            lower = self.skin if self.skirt else tone
            self._limb(knee, foot, 0.058 * self.stout, 0.04, lower)
            self._limb(top, knee, 0.085 * self.stout, 0.06 * self.stout, tone)
            heel, toe = np.add(foot, [-self.side * 0.01, 0.022]), np.add(foot, [self.side * 0.045, 0.03])
            self._limb(heel, toe, 0.032, 0.026, shoe)
        if self.skirt:
            hem = 0.5 + breadth * 1.3, hip + 0.24
            self._polygon(
                [
                    [0.5 - breadth * 0.85, hip - 0.05],
                    [0.5 + breadth * 0.85, hip - 0.05],
                    hem,
                    [1 - hem[0], hem[1]],
                ],
                self.bottom,
            )

    def _trunk(self, shoulder: float, hip: float, breadth: float) -> None:
        waist = breadth * self.rng.uniform(0.75, 1.05)
        low = hip + self.rng.uniform(0.0, 0.06)
        self._limb(np.array([0.5, shoulder - 0.05]), np.array([0.5, shoulder]), 0.05, 0.06, self.skin * 0.85)
        outline = [
            [0.5 - breadth * 0.55, shoulder - 0.02],
            [0.5 + breadth * 0.55, shoulder - 0.02],
            [0.5 + breadth * 1.08, shoulder + 0.012],
            [0.5 + breadth * 0.95, shoulder + 0.14],
            [0.5 + waist, hip - 0.06],
            [0.5 + breadth * 0.98, low],
            [0.5 - breadth * 0.98, low],
            [0.5 - waist, hip - 0.06],
            [0.5 - breadth * 0.95, shoulder + 0.14],
            [0.5 - breadth * 1.08, shoulder + 0.012],
        ]
        print_ = self.rng.random()
        other = _cloth(self.rng)
        self._polygon(outline, self.top, pattern=None if print_ < 0.75 else other)
        if print_ < 0.25:  # an open jacket over a shirt
            self._polygon(
                [[0.47, shoulder - 0.015], [0.53, shoulder - 0.015], [0.515, low], [0.485, low]], other
            )
        elif print_ < 0.4:
            self._polygon([[0.46, 0.27], [0.54, 0.27], [0.54, 0.33], [0.46, 0.33]], other)

    def _head(self, shoulder: float) -> None:
        rng, centre = self.rng, np.array([0.5 + self.side * 0.008, shoulder - 0.105])
        long = rng.random() < 0.35
        if long:
            self._ellipse(np.add(centre, [0, 0.035]), (0.056, 0.09), self.hair)
        self._ellipse(centre, (0.046, 0.064), self.skin)
        kind = rng.random()
        if kind < 0.15:  # from behind
            self._ellipse(centre, (0.048, 0.064), self.hair)
        elif kind < 0.3:  # a cap or hood
            self._ellipse(centre - [0, 0.025], (0.052, 0.045), self.top if kind < 0.22 else _cloth(rng))
        elif kind < 0.93:
            self._ellipse(centre - [self.side * 0.008, 0.032], (0.05, 0.04), self.hair)
        if kind >= 0.15:
            for sign in (-1, 1):
                eye = np.add(centre, [self.side * 0.012 + sign * 0.017, 0.004])
                self._ellipse(eye, (0.007, 0.0045), self.skin * 0.35)
            self._ellipse(np.add(centre, [self.side * 0.012, 0.036]), (0.014, 0.004), self.skin * 0.6)

    def _limb(self, start: ArrayLike, end: ArrayLike, wide: float, narrow: float, paint: Colour) -> None:
        """Draw a tapered limb, lit as a cylinder: darker strips towards the edges."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-6)
        side = np.array([-along[1], along[0]])
        lit = (
            float(np.sign(side[0]) * self.light_from) if abs(side[0]) > 0.2 else -0.4 * np.sign(side[1] or 1)
        )
        for share, light in ((1.0, 0.62), (0.8, 0.8), (0.55, 0.95), (0.25, 1.08)):
            off = side * lit * (1 - share) * 0.45
            radii = share * wide / 2, share * narrow / 2
            ends = a + off * wide, b + off * narrow
            body = [
                ends[0] + side * radii[0],
                ends[1] + side * radii[1],
                ends[1] - side * radii[1],
                ends[0] - side * radii[0],
            ]
            self._fill(body, paint * light)
            for end_, radius in zip(ends, radii, strict=True):
                self._disc(end_, radius, paint * light)

    def _polygon(self, corners: ArrayLike, paint: Colour, *, pattern: Colour | None = None) -> None:
        """Draw a piece of cloth with folds, light from one side, and stripes or checks of another colour."""
        points = _fixed(corners)
        (left, top), (wide, high) = points.min(0) // 16, np.ptp(points, axis=0) // 16 + 2
        part = self.canvas[top : top + high + 1, left : left + wide + 1]
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillPoly(mask, [points - [16 * left, 16 * top]], 255, cv2.LINE_AA, shift=4)
        alpha = (mask / np.float32(255))[..., None]
        depth = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3) / 30, 1)[..., None]
        cloth = np.broadcast_to(paint, (*mask.shape, 3)).astype(np.float32)
        row, column = np.arange(len(mask))[:, None], np.arange(len(mask.T))
        if pattern is not None:
            step = int(self.rng.choice([8, 14, 24]))
            stripes = (row // step + 0 * column, 0 * row + column // step, row // step + column // step)
            chosen = stripes[int(self.rng.choice(3, p=[0.45, 0.4, 0.15]))]
            cloth = np.where(chosen[..., None] % 2 == 1, pattern, cloth).astype(np.float32)
        folds = some_noise(self.rng, 1.7)[row % 256, column // 2 % 256]
        slope = 1 + 0.25 * self.light_from * (column[:, None] + left - WIDE / 2) / 60
        shown = cloth * (0.7 + 0.3 * depth) * np.clip(slope, 0.7, 1.3) * (1 + 0.08 * folds)
        part[..., :3] += alpha * (shown.astype(np.float32) - part[..., :3])
        part[..., 3:] += alpha * (1 - part[..., 3:])

    def _fill(self, corners: ArrayLike, paint: Colour) -> None:
        cv2.fillConvexPoly(self.canvas, _fixed(corners), (*paint.tolist(), 1.0), cv2.LINE_8, shift=4)

    def _disc(self, centre: NDArray, radius: float, paint: Colour) -> None:
        place, size = np.rint(centre * [WIDE, HIGH] * 16).astype(int).tolist(), round(radius * HIGH * 16)
        cv2.circle(self.canvas, place, size, (*paint.tolist(), 1.0), -1, cv2.LINE_8, shift=4)

    def _ellipse(self, centre: NDArray, radii: tuple[float, float], paint: Colour) -> None:
        middle, size = centre * [WIDE, HIGH], np.array(radii) * HIGH
        for share, light in ((1.0, 0.7), (0.8, 0.88), (0.5, 1.02)):
            lit = middle + (1 - share) * size * [0.3 * self.light_from, -0.2]
            place, axes = (
                np.rint(16 * lit).astype(int).tolist(),
                np.rint(16 * share * size).astype(int).tolist(),
            )
            tone = (*(paint * light).tolist(), 1.0)
            cv2.ellipse(self.canvas, place, axes, 0, 0, 360, tone, -1, cv2.LINE_8, shift=4)


def _fixed(corners: ArrayLike) -> NDArray[np.int32]:
    return np.rint(np.asarray(corners, float) * [WIDE * 16, HIGH * 16]).astype(np.int32)
