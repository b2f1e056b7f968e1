"""What hides a part of a firearm: a hand on the grip, or a cloth."""

import cv2
import numpy as np

from .firearm_parts import Axis
from .firearm_relief import SLOTS, Relief, band, smooth
from .firearm_shading import Finish, Surface, noise, surface

SKIN = ((0.66, 0.42, 0.3), (0.5, 0.28, 0.18), (0.3, 0.15, 0.085), (0.15, 0.07, 0.04), (0.75, 0.52, 0.4))
"""Colours of skin, with gamma 2. Assumed."""


def hand(firearm: Relief, *, seed: int) -> Surface:
    """Hand around the grip: four fingers across it, thumb, back of the hand and a sleeve."""
    rng = np.random.default_rng(seed)
    x, y, angle = firearm.marks["grip"]
    axis = Axis(x, y, float(angle))
    thick = 20.0
    relief = Relief.empty((x - 190, y - 190, x + 90, y + 90), firearm.scale)
    wide = 1.0 + 0.1 * rng.standard_normal()
    palm = np.concatenate(
        [axis(np.array([-38, -30, 0, 30, 42, 20, -20.0]), np.array([-34, -6, 4, 2, -30, -62, -66.0]) * wide)]
    )
    relief.add(smooth(palm, rounds=2), thick + 17, "grip", bevel=16)
    wrist = axis(np.array([-4.0, 8.0]), np.array([-45.0, -105.0]))
    relief.add(band(wrist, [66, 54], rounds=1), thick + 10, "grip", lathe="y", power=2.2)
    sleeve = axis(np.array([10.0, 22.0]), np.array([-96.0, -150.0]))
    relief.add(band(sleeve, [74, 84], rounds=1), thick + 18, "stock", lathe="y", power=2.3)
    for finger in range(4):
        along = -26 + 20.5 * finger + rng.normal(0, 1)
        reach = (30, 33, 31, 24)[finger]
        line = axis(np.array([along - 2, along, along + 3]), np.array([-14.0, reach * 0.6, reach]))
        relief.add(band(line, [20, 19.5, 16], rounds=2), thick + 22 - finger, "grip", bevel=9)
    thumb = axis(np.array([-28.0, -40, -44]), np.array([-30.0, -4, 34]))
    relief.add(band(thumb, [24, 20, 15], rounds=2), thick + 26, "grip", bevel=9)
    skin = SKIN[int(rng.integers(len(SKIN)))]
    cloth = tuple(float(v) for v in rng.uniform(0.02, 0.5, 3))
    return _dressed(relief, skin, cloth, seed)


def cloth(firearm: Relief, *, place: float, share: float, seed: int) -> Surface:
    """Cloth over a part of the firearm: `share` of its length about `place` (0 butt, 1 muzzle)."""
    rng = np.random.default_rng(seed)
    solid = np.nonzero(firearm.height >= 0)
    left, right = (firearm.left + v / firearm.scale for v in (solid[1].min(), solid[1].max()))
    top, low = (firearm.top - v / firearm.scale for v in (solid[0].min(), solid[0].max()))
    middle, wide = left + place * (right - left), share * (right - left) / 2
    y = rng.uniform(low, top, 1)[0] * 0.4 + 0.6 * (low + top) / 2
    tall = (top - low) * rng.uniform(0.35, 0.8)
    angle = np.linspace(0, 2 * np.pi, 15)[:-1]
    radius = 1 + 0.25 * rng.standard_normal(14)
    outline = np.stack((middle + wide * radius * np.cos(angle), y + tall * radius * np.sin(angle)), 1)
    relief = Relief.empty((left - 60, low - 60, right + 60, top + 60), firearm.scale)
    deep = float(firearm.height.max()) + 8
    relief.add(smooth(outline, rounds=3), deep, "stock", bevel=min(14, deep))
    folds = noise(relief.height.shape, 16 * relief.scale, rng, stretch=2.5)
    relief.height += np.where(relief.height >= 0, 3.5 * folds, 0).astype(np.float32)
    relief.height[(relief.height < 1) & (relief.slot > 0)] = 1
    return _dressed(relief, (0.5, 0.3, 0.2), tuple(float(v) for v in rng.uniform(0.02, 0.6, 3)), seed)


def _dressed(relief: Relief, skin: tuple[float, ...], fabric: tuple[float, ...], seed: int) -> Surface:
    relief.height = cv2.GaussianBlur(relief.height, (0, 0), max(1.2 * relief.scale, 0.6))
    relief.height[relief.slot == 0] = -1
    looks = dict.fromkeys(SLOTS, Finish(skin, 0.0, 0.55, "grain", 0.05, 0.12))  # type: ignore[arg-type]
    looks["stock"] = Finish(fabric, 0.0, 0.9, "brushed", 0.12, 0.25)  # type: ignore[arg-type]
    return surface(relief, tuple(looks.values()), wear=0.0, seed=seed)
