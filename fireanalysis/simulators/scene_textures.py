"""Surfaces for scenes: floors, walls, ground, shelves of goods, house fronts, sky; float32 pictures, 0 to 1."""

import colorsys
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .scene_canvas import Texture

Picture = NDArray[np.float32]
Draw = np.random.Generator
SIDE = 256
_FIELDS = 8  # a few are enough: they are shifted and scaled


@lru_cache(maxsize=64)
def noise(number: int, exponent: float) -> Picture:
    """Make a field that repeats, mean 0, standard deviation 1, its amplitudes falling by a power of frequency."""
    rng = np.random.default_rng([number, 7])
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE)))
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE))
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(spectrum * frequency**-exponent, (SIDE, SIDE))
    return (field / field.std()).astype(np.float32)[..., None]


def some_noise(rng: Draw, exponent: float) -> Picture:
    """Draw one of the kept fields, shifted."""
    field = noise(int(rng.integers(_FIELDS)), exponent)
    return np.roll(field, rng.integers(0, SIDE, 2), (0, 1))


def colour(
    rng: Draw,
    *,
    hue: tuple[float, float] = (0, 1),
    saturation: tuple[float, float] = (0.1, 0.6),
    value: tuple[float, float] = (0.3, 0.9),
) -> Picture:
    """Draw a colour from ranges of hue, saturation and value."""
    drawn = (rng.uniform(*hue) % 1, rng.uniform(*saturation), rng.uniform(*value))
    return np.array(colorsys.hsv_to_rgb(*drawn), np.float32)


def wood_colour(rng: Draw) -> Picture:
    """Draw the brown of some wood, from pale to dark."""
    return colour(rng, hue=(0.04, 0.11), saturation=(0.2, 0.7), value=(0.25, 0.8))


def planks(rng: Draw) -> Texture:
    """Boards along the view or across it."""
    base = wood_colour(rng)
    picture = np.empty((SIDE, SIDE, 3), np.float32)
    rows = int(rng.choice([4, 8, 16]))
    high = SIDE // rows
    grain = cv2.resize(some_noise(rng, 1.0), (4 * SIDE, SIDE))[:, :SIDE, None]
    for row in range(rows):
        start = int(rng.integers(SIDE))
        for part, length in ((start, SIDE // 2), (start + SIDE // 2, SIDE // 2)):
            shade = base * rng.uniform(0.82, 1.15)
            picture[row * high : (row + 1) * high, np.arange(part, part + length) % SIDE] = shade
            picture[row * high : (row + 1) * high, part % SIDE] *= 0.6
        picture[row * high] *= rng.uniform(0.5, 0.9)
    picture *= 1 + 0.07 * grain
    if rng.random() < 0.6:
        picture = np.ascontiguousarray(picture.transpose(1, 0, 2))
    size = rows * rng.uniform(0.07, 0.16)
    return Texture(picture.clip(0, 1), (size, size))


def tiles(rng: Draw) -> Texture:
    """Square tiles, one colour, two in a check, or each a little different."""
    count = int(rng.choice([2, 4, 8]))
    pale = colour(rng, saturation=(0, 0.25), value=(0.35, 0.95))
    other = pale * rng.uniform(0.25, 0.7) if rng.random() < 0.3 else pale
    spread = rng.uniform(0, 0.08)
    row, column = np.mgrid[:count, :count]
    shades = np.where(((row + column) % 2)[..., None], pale, other) * rng.normal(1, spread, (count, count, 1))
    picture = shades.repeat(SIDE // count, 0).repeat(SIDE // count, 1).astype(np.float32)
    joint = rng.uniform(0.5, 1.2) * pale
    width = max(round(SIDE / count * rng.uniform(0.015, 0.05)), 1)
    for start in range(0, SIDE, SIDE // count):
        picture[start : start + width] = joint
        picture[:, start : start + width] = joint
    picture *= 1 + rng.uniform(0.01, 0.06) * some_noise(rng, 1.0)
    size = count * rng.choice([0.2, 0.3, 0.45, 0.6])
    return Texture(picture.clip(0, 1), (size, size))


def carpet(rng: Draw) -> Texture:
    """Make a floor of fibres, dark or coloured, sometimes with a pattern."""
    picture = np.ones((SIDE, SIDE, 1), np.float32) * colour(rng, saturation=(0.05, 0.6), value=(0.2, 0.7))
    picture *= 1 + 0.12 * some_noise(rng, 0.3) + 0.06 * some_noise(rng, 1.7)
    if rng.random() < 0.4:
        step = int(rng.choice([16, 32, 64]))
        row, column = np.mgrid[:SIDE, :SIDE] // step
        picture[(row + column) % 2 == 0] *= rng.uniform(0.6, 0.95)
    return Texture(picture.clip(0, 1).astype(np.float32), (2.0, 2.0))


def ground(rng: Draw, *, kind: str) -> Texture:
    """Asphalt, concrete or grass, with stains and cracks."""
    ranges: dict[str, dict[str, Any]] = {
        "asphalt": {"saturation": (0, 0.12), "value": (0.2, 0.55)},
        "concrete": {"saturation": (0, 0.15), "value": (0.45, 0.8)},
        "grass": {"hue": (0.17, 0.32), "saturation": (0.3, 0.7), "value": (0.25, 0.55)},
    }
    picture = np.ones((SIDE, SIDE, 1), np.float32) * colour(rng, **ranges[kind])
    rough = 0.15 if kind == "grass" else rng.uniform(0.02, 0.08)
    picture *= 1 + rough * some_noise(rng, 0.3) + rng.uniform(0.01, 0.06) * some_noise(rng, 1.7)
    for _ in range(int(rng.integers(0, 6)) if kind != "grass" else 0):
        walk = np.cumsum(rng.normal(0, 7, (14, 2)) + rng.normal(0, 4, 2), 0) + rng.integers(0, SIDE, 2)
        cv2.polylines(picture, [np.rint(walk).astype(np.int32)], False, (0.15, 0.15, 0.15), 1, cv2.LINE_AA)
    return Texture(picture.clip(0, 1).astype(np.float32), (6.0, 6.0))


def paving(rng: Draw) -> Texture:
    """Slabs or bricks in bond: pavements and brick walls."""
    courses = int(rng.choice([8, 16, 32]))
    high, wide = SIDE // courses, 2 * SIDE // courses
    if rng.random() < 0.5:
        base = colour(rng, saturation=(0, 0.2), value=(0.4, 0.8))
    else:
        base = colour(rng, hue=(-0.02, 0.09), saturation=(0.25, 0.6), value=(0.35, 0.75))
    picture = np.empty((SIDE, SIDE, 3), np.float32)
    picture[:] = base * rng.uniform(0.5, 1.25)
    joint = max(high // 10, 1)
    for course in range(courses):
        for start in range((course % 2) * wide // 2, SIDE + wide // 2, wide):
            columns = np.arange(start + joint, start + wide) % SIDE
            picture[course * high + joint : (course + 1) * high, columns] = base * rng.normal(1, 0.08)
    picture *= 1 + 0.04 * some_noise(rng, 1.0)
    size = courses * rng.uniform(0.07, 0.2)
    return Texture(picture.clip(0, 1), (size, size))


def plaster(rng: Draw) -> Texture:
    """Make a painted wall: pale, mottled, sometimes with a dado, stripes or panels."""
    pale = colour(rng, saturation=(0, 0.3), value=(0.55, 0.97))
    picture = np.ones((SIDE, SIDE, 1), np.float32) * pale
    picture *= 1 + rng.uniform(0.005, 0.03) * some_noise(rng, 1.7)
    kind = rng.random()
    if kind < 0.2:
        picture[: int(SIDE * rng.uniform(0.4, 0.7))] *= rng.uniform(1.0, 1.3)
        picture[int(SIDE * rng.uniform(0.55, 0.7)) :] = colour(rng, value=(0.2, 0.7))
    elif kind < 0.35:
        picture[:, np.arange(SIDE) // int(rng.choice([4, 8, 16])) % 2 == 0] *= rng.uniform(0.8, 0.97)
    elif kind < 0.5:
        picture[:, :: int(rng.choice([32, 64]))] *= 0.6
    return Texture(picture.clip(0, 1).astype(np.float32), (3.2, 3.2))


def goods(rng: Draw, *, shelves: int, length_m: float, height_m: float) -> Texture:
    """Make the front of a shelf: rows of packets, bottles and tins, several of each side by side."""
    wide, high = int(np.clip(160 * length_m, 128, 1400)), 320
    picture = np.empty((high, wide, 3), np.float32)
    picture[:] = rng.uniform(0.05, 0.25)
    board = colour(rng, saturation=(0, 0.15), value=(0.4, 0.95))
    bottom = high
    for top in np.linspace(0, high, shelves + 1)[-2::-1].astype(int):
        column = 0
        while column < wide:
            item_wide = int(rng.uniform(8, 34))
            item_high = int((bottom - top - 8) * rng.uniform(0.5, 0.95))
            item = _packet(rng, item_high, item_wide)
            for _ in range(int(rng.integers(1, 6))):
                end = max(min(column + item_wide, wide), column)
                if end > column and rng.random() < 0.94:  # sold ones leave gaps
                    under = bottom - 6 - item_high
                    part = picture[under : bottom - 6, column:end]
                    part[:] = item[:, : end - column] * rng.uniform(0.85, 1.05)
                column += item_wide + 1
            column += int(rng.exponential(3))
        picture[bottom - 6 : bottom] = board
        for start in range(int(rng.integers(30)), wide, int(rng.integers(25, 60))):  # price labels
            picture[bottom - 5 : bottom - 1, start : start + 9] = (0.95, 0.93, 0.8)
        picture[top : top + 6] *= 0.5
        bottom = top
    return Texture(picture.clip(0, 1), (length_m, height_m))


def _packet(rng: Draw, high: int, wide: int) -> Picture:
    high, wide = max(high, 4), max(wide, 4)
    item = np.empty((high, wide, 3), np.float32)
    item[:] = colour(rng, saturation=(0, 0.95), value=(0.15, 1.0))
    label = colour(rng, saturation=(0, 0.8), value=(0.3, 1.0))
    top, bottom = sorted(rng.integers(0, high, 2))
    item[top : bottom + 1, 1:-1] = label
    for _ in range(int(rng.integers(0, 4))):  # print
        row, start = int(rng.integers(top, bottom + 1)), int(rng.integers(wide))
        item[row : row + 2, start : start + wide // 2] = colour(rng, saturation=(0, 0.9), value=(0.05, 1.0))
    if rng.random() < 0.4:  # round: bottles and tins
        item *= (0.45 + 0.65 * np.sin(np.linspace(0.25, 2.9, wide))).astype(np.float32)[None, :, None]
        if rng.random() < 0.5:
            neck = max(wide // 3, 1)
            item[: high // 3, :neck] = item[: high // 3, -neck:] = 0.12
    return item


def house_front(rng: Draw, *, length_m: float, height_m: float) -> Texture:
    """Make a wall with windows, and often a shop below."""
    wide, high = int(np.clip(24 * length_m, 96, 900)), int(np.clip(24 * height_m, 96, 700))
    wall = paving(rng).image if rng.random() < 0.5 else plaster(rng).image
    picture = np.tile(wall, (high // SIDE + 1, wide // SIDE + 1, 1))[:high, :wide].copy()
    storeys = max(int(height_m / 3.2), 1)
    across = max(int(length_m / rng.uniform(1.8, 3.5)), 1)
    step_y, step_x = high / storeys, wide / across
    frame = colour(rng, saturation=(0, 0.3), value=(0.3, 0.95))
    margin_x, margin_y = step_x * rng.uniform(0.12, 0.3), step_y * rng.uniform(0.18, 0.3)
    for storey in range(storeys):
        for number in range(across):
            low = (int(number * step_x + margin_x), int(storey * step_y + margin_y))
            up = (int((number + 1) * step_x - margin_x), int((storey + 1) * step_y - margin_y / 2))
            pane = colour(rng, hue=(0.5, 0.62), saturation=(0.05, 0.3), value=(0.1, 0.45))
            if rng.random() < 0.12:
                pane = colour(rng, hue=(0.1, 0.15), saturation=(0.1, 0.4), value=(0.7, 1.0))
            cv2.rectangle(picture, low, up, frame.tolist(), -1)
            cv2.rectangle(picture, (low[0] + 2, low[1] + 2), (up[0] - 2, up[1] - 2), pane.tolist(), -1)
            picture[low[1] : up[1], (low[0] + up[0]) // 2] = frame
    if rng.random() < 0.6:  # a shop: glass under a sign
        top = int(high - 3.0 * high / height_m)
        sign = colour(rng, saturation=(0.2, 0.9), value=(0.2, 0.9))
        picture[max(top, 0) : max(top, 0) + high // 14] = sign
        glass = picture[max(top, 0) + high // 14 : high - 4]
        if len(glass):
            inside = cv2.resize(goods(rng, shelves=2, length_m=4, height_m=2).image, (wide, len(glass)))
            glass[:] = 0.35 * inside + rng.uniform(0, 0.3)
            glass[:, :: max(wide // across, 8)] = frame
    return Texture(picture.clip(0, 1).astype(np.float32), (length_m, height_m))


def sky(rng: Draw, *, pixels: int) -> Picture:
    """Make a sky that fills a picture: blue or grey, clouds, darker upwards."""
    blue = colour(rng, hue=(0.53, 0.63), saturation=(0.0, 0.55), value=(0.6, 0.95))
    shade = np.linspace(0.8, 1.1, pixels, dtype=np.float32)[:, None, None]
    clouds = cv2.resize(some_noise(rng, 1.7), (pixels, pixels))[..., None]
    share = np.clip(0.3 + 0.35 * clouds, 0, 1) * np.float32(rng.uniform(0, 0.9))
    return (shade * (blue + share * (rng.uniform(0.75, 1.0) - blue))).clip(0, 1).astype(np.float32)
