"""What stands in scenes: furniture, tills, racks, cars, posts. Each is made about the origin, front towards -y."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .scene_canvas import Face, box, prism, turned
from .scene_textures import colour, goods, wood_colour

Draw = np.random.Generator
Floats = NDArray[np.floating[Any]]


class Thing(NamedTuple):
    """Faces in metres about the origin, the height at which something can lie on it, and of a plant in it."""

    faces: list[Face]
    top: float | None = None
    plant: float = 0.0


def furniture(rng: Draw) -> Thing:
    """Draw something that stands in a room."""
    kinds = (_desk, _chair, _cupboard, _sofa, _plant_pot, _carton, _machine, _rack)
    return kinds[int(rng.integers(len(kinds)))](rng)


def street_furniture(rng: Draw) -> Thing:
    """Draw something that stands beside a road."""
    kinds = (_lamp_post, _bin, _bench, _sign, _bollards, _carton)
    return kinds[int(rng.integers(len(kinds)))](rng)


def till(rng: Draw) -> Thing:
    """Make a counter with a till on it."""
    long = rng.uniform(1.5, 3)
    counter = box((0, 0, 0), (long, 0.7, 0.95), _wood_or_paint(rng))
    register = np.full(3, rng.uniform(0.08, 0.4))
    counter += box((0.35 * long, 0, 0.95), (0.4, 0.4, 0.3), register, yaw_deg=rng.uniform(-30, 30))
    return Thing(counter, top=0.95)


def basket(rng: Draw) -> Thing:
    """Make a box or basket that stands on the floor of a shop."""
    size = rng.uniform(0.25, 0.6, 3)
    return Thing(
        box((0, 0, 0), size, colour(rng, saturation=(0.1, 0.9), value=(0.3, 0.9))), top=float(size[2])
    )


def car(rng: Draw) -> Thing:
    """Make a saloon, estate or van."""
    long, wide, high = rng.uniform(3.7, 4.9), rng.uniform(1.65, 1.9), rng.uniform(1.4, 1.6)
    high += 0.6 * (rng.random() < 0.2)
    grey = rng.random() < 0.65
    paint = colour(
        rng, saturation=(0, 0.15) if grey else (0.4, 0.9), value=(0.1, 0.95) if grey else (0.2, 0.8)
    )
    glass, half, belt = np.array([0.12, 0.15, 0.18]) * rng.uniform(0.7, 2.0), long / 2, 0.62 * high
    hood, roof, boot = rng.uniform([0.8, 1.5, 0.1], [1.2, 1.9, 0.9]) * [1, 1, -1] + [-half, -half, half]
    lower = [
        (-half, 0.25),
        (-half + 0.05, belt - 0.12),
        (hood, belt),
        (boot, belt),
        (half, belt - 0.05),
        (half, 0.25),
    ]
    upper = [(hood, belt), (roof, high), (boot - rng.uniform(0.1, 0.5), high), (boot, belt)]
    faces = prism(lower, wide, (0, 0, 0), [paint * 0.9, paint, paint, paint, paint * 0.9, paint])
    faces += prism(upper, wide * 0.86, (0, 0, 0), [glass, paint, glass, glass])
    for along in (-half + 0.8, half - 0.8):
        for side in (-1, 1):
            faces += _wheel(side * (wide / 2 + 0.01), along)
    for x in (-wide * 0.36, wide * 0.36):
        faces += flat((x, -half, belt - 0.28), 0.3, 0.13, np.array([0.95, 0.93, 0.85]))
        faces += flat((x, half, belt - 0.28), 0.3, 0.13, np.array([0.6, 0.05, 0.05]), yaw_deg=180)
    return Thing(faces, top=belt)


def flat(
    centre: tuple[float, float, float],
    wide: float,
    high: float,
    paint: Any,
    *,
    yaw_deg: float = 0.0,
    glow: float = 0.0,
) -> list[Face]:
    """Make an upright rectangle a little before a wall."""
    x, z, out = wide / 2, high / 2, 0.01
    corners = np.array([[-x, -out, z], [x, -out, z], [x, -out, -z], [-x, -out, -z]])
    return [Face(turned(corners, centre, yaw_deg), paint, glow)]


def _wheel(x: float, along: float) -> list[Face]:
    angle = np.linspace(0, -2 * np.pi * np.sign(x), 16, endpoint=False)
    tyre = np.column_stack([np.full(16, x), along + 0.32 * np.cos(angle), 0.32 + 0.32 * np.sin(angle)])
    hub = np.array([x + 0.005 * np.sign(x), along, 0.32]) + 0.55 * (tyre - [x, along, 0.32])
    return [Face(tyre, np.full(3, 0.05)), Face(hub, np.full(3, 0.5))]


def _wood_or_paint(rng: Draw) -> Floats:
    return wood_colour(rng) if rng.random() < 0.5 else colour(rng, saturation=(0, 0.6), value=(0.1, 0.9))


def _legs(x: float, y: float, high: float, paint: Floats) -> list[Face]:
    places = [(i * x, j * y, 0) for i in (-1, 1) for j in (-1, 1)]
    return [face for place in places for face in box(place, (0.05, 0.05, high), paint)]


def _desk(rng: Draw) -> Thing:
    """Make a table, often with a screen on it."""
    long, deep, paint = rng.uniform(0.7, 1.8), rng.uniform(0.6, 0.9), _wood_or_paint(rng)
    faces = _legs(long / 2 - 0.06, deep / 2 - 0.06, 0.71, paint * 0.6)
    faces += box((0, 0, 0.71), (long, deep, 0.04), paint)
    if rng.random() < 0.5:
        screen = colour(rng, hue=(0.5, 0.7), saturation=(0, 0.6), value=(0.05, 0.9))
        faces += box((0, 0.15, 0.75), (0.5, 0.06, 0.35), np.full(3, 0.1), front=screen)
    return Thing(faces, top=0.75)


def _chair(rng: Draw) -> Thing:
    paint = _wood_or_paint(rng)
    faces = _legs(0.19, 0.19, 0.43, paint * 0.5) + box((0, 0, 0.43), (0.45, 0.45, 0.05), paint)
    return Thing(faces + box((0, 0.2, 0.5), (0.45, 0.04, 0.45), paint * 0.9), top=0.48)


def _cupboard(rng: Draw) -> Thing:
    """Make a closed cupboard, or shelves with something on them."""
    wide, high, paint = rng.uniform(0.8, 1.6), rng.uniform(0.7, 2.0), _wood_or_paint(rng)
    front: Any = paint * 0.9
    if rng.random() < 0.5:
        front = goods(rng, shelves=int(rng.integers(2, 6)), length_m=wide, height_m=high)
    return Thing(box((0, 0, 0), (wide, 0.4, high), paint, front=front), top=high)


def _sofa(rng: Draw) -> Thing:
    long, paint = rng.uniform(0.9, 2.1), colour(rng, saturation=(0, 0.7), value=(0.1, 0.8))
    faces = box((0, 0, 0), (long, 0.8, 0.42), paint) + box((0, 0.35, 0), (long, 0.2, 0.85), paint * 0.95)
    for side in (-1, 1):
        faces += box((side * (long / 2 + 0.08), 0, 0), (0.16, 0.9, 0.6), paint * 0.9)
    return Thing(faces, top=0.42)


def _plant_pot(rng: Draw) -> Thing:
    paint = colour(rng, saturation=(0, 0.6), value=(0.2, 0.9))
    return Thing(box((0, 0, 0), (0.35, 0.35, 0.35), paint), plant=rng.uniform(0.9, 1.8))


def _carton(rng: Draw) -> Thing:
    size = rng.uniform(0.25, 0.8, 3)
    paint = colour(rng, hue=(0.05, 0.12), saturation=(0.2, 0.6), value=(0.4, 0.8))
    return Thing(box((0, 0, 0), size, paint), top=float(size[2]))


def _machine(rng: Draw) -> Thing:
    """Make a vending machine or fridge with a lit front."""
    paint = colour(rng, saturation=(0, 0.9), value=(0.1, 0.9))
    front = goods(rng, shelves=5, length_m=0.9, height_m=1.5)
    faces = box((0, 0, 0), (1.0, 0.7, 1.85), paint)
    return Thing(faces + flat((0, -0.35, 1.05), 0.85, 1.4, front, glow=1.1))


def _rack(rng: Draw) -> Thing:
    """Make a rail with clothes."""
    faces = _legs(0.7, 0.2, 1.5, np.full(3, 0.4)) + box((0, 0, 1.5), (1.5, 0.04, 0.04), np.full(3, 0.5))
    for x in np.arange(-0.65, 0.65, 0.11):
        cloth = colour(rng, saturation=(0, 0.8), value=(0.08, 0.9))
        faces += box((x, 0, rng.uniform(0.4, 0.8)), (0.06, 0.45, 0.7), cloth)
    return Thing(faces)


def _lamp_post(rng: Draw) -> Thing:
    grey, high = colour(rng, saturation=(0, 0.3), value=(0.15, 0.6)), rng.uniform(3.5, 7)
    return Thing(box((0, 0, 0), (0.12, 0.12, high), grey) + box((0.5, 0, high), (1.1, 0.2, 0.12), grey))


def _bin(rng: Draw) -> Thing:
    size = rng.uniform([0.4, 0.4, 0.8], [0.8, 0.8, 1.3])
    return Thing(
        box((0, 0, 0), size, colour(rng, saturation=(0.1, 0.8), value=(0.15, 0.6))), top=float(size[2])
    )


def _bench(rng: Draw) -> Thing:
    wood = wood_colour(rng)
    faces = _legs(0.7, 0.18, 0.42, np.full(3, 0.2)) + box((0, 0, 0.42), (1.6, 0.45, 0.05), wood)
    return Thing(faces + box((0, 0.2, 0.47), (1.6, 0.05, 0.4), wood), top=0.47)


def _sign(rng: Draw) -> Thing:
    face = colour(rng, saturation=(0.3, 0.95), value=(0.3, 0.95))
    return Thing(
        box((0, 0, 0), (0.07, 0.07, 2.6), np.full(3, 0.4)) + box((0, -0.05, 2.0), (0.6, 0.04, 0.6), face)
    )


def _bollards(rng: Draw) -> Thing:
    paint = colour(rng, saturation=(0, 0.9), value=(0.2, 0.9))
    return Thing([face for x in (-1.5, 0, 1.5) for face in box((x, 0, 0), (0.14, 0.14, 0.9), paint)])
