"""What hides a part of a firearm: a hand on the grip, or a cloth. Both are reliefs, nearer to the camera."""

import colorsys

import cv2
import numpy as np
from numpy.typing import NDArray

from .firearm_finishes import Finish
from .firearm_grips import Axis
from .firearm_relief import SLOTS, Relief, band, smooth
from .firearm_surface import Surface, noise, surface

_SKIN = ((0.62, 0.43, 0.33), (0.47, 0.29, 0.2), (0.28, 0.16, 0.1), (0.13, 0.07, 0.045), (0.7, 0.52, 0.43))
"""Colours of skin and of dark gloves, as `FINISHES` has them. Assumed."""


def hand(firearm: Relief, *, seed: int) -> Surface:
    """Draw a hand around the grip: palm, wrist, sleeve, four fingers across it and the thumb."""
    rng = np.random.default_rng(seed)
    x, y, angle = firearm.marks["grip"]
    axis = Axis(x, y, float(min(angle, 24)) - 4)
    deep = 19.0
    relief = Relief.empty((x - 200, y - 150, x + 80, y + 100), firearm.scale)
    wide = 0.95 + 0.05 * rng.standard_normal()
    palm = axis(np.array([-38, -32, 0, 30, 40, 22, -18.0]), np.array([-32, -6, 4, 2, -26, -54, -58.0]) * wide)
    relief.add(smooth(palm, rounds=2), deep + 15, "grip", bevel=15)
    back = axis(0.0, -40.0)
    fall = rng.uniform(-0.35, 0.1)
    arm = np.array((-1, fall))
    wrist = [back, back + 66 * arm]
    relief.add(band(np.array(wrist), [62, 50], rounds=1), deep + 8, "grip", bevel=18)
    sleeve = [back + 52 * arm, back + 100 * arm]
    relief.add(smooth(band(np.array(sleeve), [68, 80], rounds=1), rounds=1), deep + 15, "stock", bevel=20)
    for finger, reach in enumerate((30, 33, 31, 24)):
        along = -25 + 20 * finger + rng.normal(0, 1)
        line = axis(np.array([along - 2, along, along + 3]), np.array([-16.0, reach * 0.6, reach]))
        relief.add(band(line, [19.5, 19, 15], rounds=2), deep + 21 - finger, "grip", bevel=9)
    thumb = axis(np.array([-26.0, -38, -42]), np.array([-28.0, -4, 32]))
    relief.add(band(thumb, [24, 19, 14], rounds=2), deep + 24, "grip", bevel=9)
    return _dressed(relief, _SKIN[int(rng.integers(len(_SKIN)))], seed)


def cloth(firearm: Relief, *, place: float, share: float, seed: int) -> Surface:
    """Lay a cloth over a part of the firearm: `share` of its length about `place` (0 butt, 1 muzzle)."""
    rng = np.random.default_rng(seed)
    solid = np.nonzero(firearm.height >= 0)
    left, right = (firearm.left + v / firearm.scale for v in (solid[1].min(), solid[1].max()))
    top, low = (firearm.top - v / firearm.scale for v in (solid[0].min(), solid[0].max()))
    wide = share * (right - left) / 2
    tall = max((top - low) * rng.uniform(0.4, 0.75), 0.7 * wide)
    angle = np.linspace(0, 2 * np.pi, 13)[:-1]
    radius = 1 + 0.16 * rng.standard_normal(12)
    around = np.stack((wide * radius * np.cos(angle), tall * radius * np.sin(angle)), 1)
    middle = np.array((left + place * (right - left), low + rng.uniform(0.35, 0.65) * (top - low)))
    relief = Relief.empty((left - 80, low - 80, right + 80, top + 80), firearm.scale)
    deep = float(firearm.height.max()) + 8
    relief.add(smooth(middle + around, rounds=2), deep, "stock", bevel=min(9, deep))
    relief.height += np.where(relief.height >= 0, 2.6 * _folds(relief, max(9.0, wide / 7), rng), 0).astype(
        np.float32
    )
    np.maximum(relief.height, 1, out=relief.height, where=relief.slot > 0)
    return _dressed(relief, _SKIN[0], seed)


def _folds(relief: Relief, width_mm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make long waves in some direction."""
    h, w = relief.height.shape
    side = int(np.hypot(h, w)) + 2
    waves = noise((side, side), width_mm * relief.scale, rng, stretch=6)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(0, 180), 1.0)
    turned = cv2.warpAffine(waves, turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned[(side - h) // 2 :, (side - w) // 2 :][:h, :w])


def _dressed(relief: Relief, skin: tuple[float, float, float], seed: int) -> Surface:
    """Blur the seams, and give skin and fabric their looks."""
    relief.height[:] = cv2.GaussianBlur(relief.height, (0, 0), max(1.2 * relief.scale, 0.6))
    relief.height[relief.slot == 0] = -1
    np.maximum(relief.height, 0.2, out=relief.height, where=relief.slot > 0)
    rng = np.random.default_rng([seed, 1])
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.02, 0.6))
    looks = dict.fromkeys(SLOTS, Finish(skin, 0.0, 0.6, depth=0.03, mottle=0.12))
    looks["stock"] = Finish((red, green, blue), 0.0, 0.95, "sand", 0.03, 0.2)
    return surface(relief, tuple(looks.values()), wear=0.0, seed=seed)
