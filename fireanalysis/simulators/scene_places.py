"""Rooms, streets and shop aisles: what stands where, for the canvas to paint."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scene_canvas import Camera, Face, box, turned
from .scene_objects import Thing, basket, car, flat, furniture, street_furniture, till
from .scene_textures import (
    carpet,
    colour,
    goods,
    ground,
    house_front,
    paving,
    planks,
    plaster,
    tiles,
    wood_colour,
)

Draw = np.random.Generator
Floats = NDArray[np.floating[Any]]


@dataclass
class Place:
    """A scene before it is painted. Metres; z is 0 on the ground."""

    width: float  # people and things are between -width / 2 and width / 2 ...
    near: float
    far: float  # ... and from near to far
    ceiling: float = np.inf
    ground: list[Face] = field(default_factory=list)  # painted first, in order
    structures: list[list[Face]] = field(default_factory=list)  # then these: nobody stands behind them
    objects: list[list[Face]] = field(default_factory=list)
    plants: list[tuple[float, float, float]] = field(default_factory=list)  # x, y, height
    tops: list[Floats] = field(default_factory=list)  # points where something can lie
    lamps: list[Floats] = field(default_factory=list)

    def put(self, thing: Thing, x: float, y: float, yaw_deg: float = 0.0) -> None:
        """Stand a thing on the ground."""
        at = (x, y, 0.0)
        self.objects.append(
            [replace(face, corners=turned(face.corners, at, yaw_deg)) for face in thing.faces]
        )
        if thing.top is not None:
            self.tops.append(np.array([x, y, thing.top]))
        if thing.plant:
            self.plants.append((x, y, thing.plant))


def room(rng: Draw) -> Place:
    """Make a hall, shop, office, corridor or flat: walls all round, lamps, furniture."""
    wide, deep, high = rng.uniform(2.2, 9), rng.uniform(5, 14), rng.uniform(2.4, 4)
    place = Place(wide, 1.2, deep - 0.5, ceiling=high)
    wall = paving(rng) if rng.random() < 0.15 else plaster(rng)
    place.ground = _shell(rng, wide, deep, high, wall=wall)
    skirting = colour(rng, saturation=(0, 0.4), value=(0.2, 0.95))
    for x, y, yaw, long in (
        (0, deep, 0, wide),
        (-wide / 2, deep / 2, 90, deep),
        (wide / 2, deep / 2, -90, deep),
    ):
        place.ground += flat((x, y, 0.05), long, 0.1, skirting, yaw_deg=yaw)
    for _ in range(int(rng.integers(1, 7))):
        place.ground += _on_wall(rng, wide, deep, high)
    _add_lamps(rng, place, wide, deep)
    for _ in range(int(rng.integers(0, 10))):
        at = rng.uniform(-0.42, 0.42) * wide, rng.uniform(1.6, deep - 0.6)
        yaw = rng.choice([0, 90, 180, 270]) + rng.normal(0, 8)
        place.put(furniture(rng), *at, yaw)
    if rng.random() < 0.25:  # a pillar
        paint = colour(rng, saturation=(0, 0.2), value=(0.5, 0.95))
        place.put(
            Thing(box((0, 0, 0), (0.4, 0.4, high), paint)),
            rng.uniform(-0.35, 0.35) * wide,
            rng.uniform(3, deep),
        )
    return place


def aisle(rng: Draw) -> Place:
    """Make a shop: shelves of goods to both sides and across the end, often a till."""
    wide, deep, high = rng.uniform(5, 12), rng.uniform(8, 18), rng.uniform(2.6, 4)
    gap, thick = rng.uniform(1.4, 3.2), rng.uniform(0.5, 0.9)
    place = Place(gap, 1.5, deep - 1, ceiling=high)
    place.ground = _shell(rng, wide, deep, high, wall=plaster(rng))
    _add_lamps(rng, place, wide, deep)
    shelf_high, shelves = rng.uniform(1.2, 2.2), int(rng.integers(3, 7))
    carcass = colour(rng, saturation=(0, 0.2), value=(0.4, 0.95))
    for side in (-1, 1):
        x = side * (gap + thick) / 2
        while abs(x) < wide / 2 + 1:
            length, start = rng.uniform(2.5, deep - 2.5), rng.uniform(0.5, 2.5)
            front = goods(rng, shelves=shelves, length_m=length, height_m=shelf_high)
            middle = (x, start + length / 2, 0)
            shelf = box(middle, (length, thick, shelf_high), carcass, yaw_deg=-90 * side, front=front)
            place.structures.append(shelf)
            place.tops.append(np.array([x, start + rng.uniform(0.5, length - 0.5), shelf_high]))
            x += side * (gap + thick)
    back = goods(rng, shelves=shelves, length_m=wide, height_m=shelf_high)
    place.structures.append(box((0, deep - 0.3, 0), (wide, 0.5, shelf_high), carcass, front=back))
    for _ in range(int(rng.integers(0, 5))):  # hanging signs
        where = (rng.uniform(-2, 2), rng.uniform(3, deep - 1), high - rng.uniform(0.5, 0.9))
        sign = colour(rng, saturation=(0.3, 0.95), value=(0.3, 0.95))
        place.objects.append(box(where, (rng.uniform(0.5, 1.4), 0.05, 0.35), sign))
    if rng.random() < 0.4:
        place.put(till(rng), rng.uniform(-1, 1), rng.uniform(2.2, 4.5), rng.choice([0, 0, 90]))
    for _ in range(int(rng.integers(0, 4))):
        place.put(basket(rng), rng.uniform(-gap, gap) / 2, rng.uniform(2, deep - 2), rng.uniform(-40, 40))
    return place


def street(rng: Draw) -> Place:
    """Make a road, yard or car park: ground, markings, house fronts, cars, trees, posts."""
    place = Place(rng.uniform(6, 14), 3, rng.uniform(14, 30))
    kind = rng.random()
    main = paving(rng) if kind < 0.2 else ground(rng, kind="asphalt" if kind < 0.75 else "concrete")
    place.ground += _floor(-60, 60, -3, 100, main)
    white = np.array([0.85, 0.85, 0.8]) * rng.uniform(0.6, 1.05)
    if rng.random() < 0.4:
        _add_bays(rng, place, white)
    else:
        _add_road(rng, place, white)
    if rng.random() < 0.8:
        _add_houses(rng, place, far=rng.uniform(14, 45))
    for _ in range(int(rng.integers(0, 6))):
        yaw = rng.choice([0, 180, 90, 0, 180]) + rng.normal(0, 8)
        place.put(car(rng), rng.uniform(-0.75, 0.75) * place.width, rng.uniform(5, 28), yaw)
    for _ in range(int(rng.integers(0, 5))):
        x = rng.choice([-1, 1]) * rng.uniform(place.width / 2, 14)
        place.plants.append((x, rng.uniform(6, 35), rng.uniform(2, 9)))
    for _ in range(int(rng.integers(0, 6))):
        side = rng.choice([-1, 1])
        x = side * (place.width / 2 + rng.uniform(0.2, 2))
        place.put(street_furniture(rng), x, rng.uniform(4, 22), 90 - 90 * side)
    return place


PLACES = {"room": room, "aisle": aisle, "street": street}


def camera_of(
    rng: Draw, place: Place, *, height_m: float, pitch_deg: float, field_deg: float, pixels: int
) -> Camera:
    """Hang a camera near the front of a place, often in a corner and turned into it."""
    share = rng.uniform(-1, 1)
    position = np.array([0.42 * share * place.width, 0.35, min(height_m, place.ceiling - 0.25)])
    yaw = -share * rng.uniform(-5, 40)
    return Camera(position, pitch_deg, yaw, rng.normal(0, 1.5), field_deg, pixels)


def _shell(rng: Draw, wide: float, deep: float, high: float, *, wall: Any) -> list[Face]:
    """Floor, ceiling and walls, seen from inside."""
    kind = int(rng.integers(6))
    floor = (
        ground(rng, kind="concrete") if kind == 0 else (planks, tiles, tiles, carpet, planks)[kind - 1](rng)
    )
    x = wide / 2
    upper = np.array([[-x, 0, high], [x, 0, high], [x, deep, high], [-x, deep, high]])
    faces = [*_floor(-x, x, 0, deep, floor), Face(upper, plaster(rng), 0.75)]
    for a, b in (((-x, deep), (x, deep)), ((-x, 0), (-x, deep)), ((x, deep), (x, 0))):
        faces.append(Face(np.array([[*a, high], [*b, high], [*b, 0], [*a, 0]], float), wall))
    return faces


def _floor(x_1: float, x_2: float, front: float, back: float, paint: Any) -> list[Face]:
    left, right = sorted((x_1, x_2))
    corners = [[left, back, 0.0], [right, back, 0.0], [right, front, 0.0], [left, front, 0.0]]
    return [Face(np.array(corners), paint)]


def _on_wall(rng: Draw, wide: float, deep: float, high: float) -> list[Face]:
    """Make a door, window, picture or board in its frame, on one of three walls."""
    side = int(rng.integers(3))
    span = wide if side == 0 else deep - 1.5
    along, kind, glow = rng.uniform(-0.42, 0.42) * span, rng.random(), 0.0
    x, y, yaw = [(along, deep, 0), (-wide / 2, deep / 2 + along, 90), (wide / 2, deep / 2 + along, -90)][side]
    if kind < 0.25:
        size, z = (0.9, 2.05), 1.03
        paint = (
            wood_colour(rng) if rng.random() < 0.5 else colour(rng, saturation=(0, 0.5), value=(0.2, 0.95))
        )
    elif kind < 0.5:
        size, z, glow = (rng.uniform(0.7, 2.5), rng.uniform(0.8, 1.5)), 1.6, rng.uniform(0, 1.4)
        paint = colour(rng, hue=(0.45, 0.65), saturation=(0, 0.3), value=(0.15, 1.0))
    else:
        size, z = (rng.uniform(0.3, 1.5), rng.uniform(0.3, 1.0)), rng.uniform(1.3, 1.9)
        paint = colour(rng, saturation=(0, 0.7), value=(0.1, 1.0))
    size, frame = (min(size[0], 0.6 * span), size[1]), colour(rng, saturation=(0, 0.4), value=(0.1, 0.95))
    at = (x, y, min(z, high - size[1] / 2))
    faces = flat(at, size[0] + 0.1, size[1] + 0.1, frame, yaw_deg=yaw)
    return faces + flat(at, *size, paint, yaw_deg=yaw, glow=glow)


def _add_lamps(rng: Draw, place: Place, wide: float, deep: float) -> None:
    """Rows of tubes, panels or spots on the ceiling."""
    size = np.array([(0.15, 1.2), (1.2, 0.15), (0.6, 0.6), (0.2, 0.2)][int(rng.integers(4))])
    step_x, step_y = rng.uniform(1.8, 3.5, 2)
    corners = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]]) * [*size, 1]
    for x in np.arange(-wide / 2 + step_x / 2, wide / 2, step_x):
        for y in np.arange(1.0, deep, step_y):
            lamp = np.array([x, y, place.ceiling - 0.01])
            place.ground.append(Face(lamp + corners, np.array([1.0, 0.98, 0.92]), 1.3))
            place.lamps.append(lamp)


def _add_bays(rng: Draw, place: Place, white: Floats) -> None:
    """Lines of parking bays in two rows, square to the way or slanted."""
    slant = rng.uniform(-2, 2)
    for start in (rng.uniform(1, 6), rng.uniform(12, 17)):
        for x in np.arange(-20, 20, 2.5):
            ends = [[x + slant, start + 5], [x + slant + 0.12, start + 5], [x + 0.12, start], [x, start]]
            place.ground.append(Face(np.column_stack([ends, np.zeros(4)]), white))


def _add_road(rng: Draw, place: Place, white: Floats) -> None:
    """Pavements with kerbs along the view, lines, sometimes grass or a crossing."""
    edge = place.width / 2
    for side in (-1, 1):
        if rng.random() < 0.4:
            place.ground += _floor(side * edge, side * 60, -3, 100, ground(rng, kind="grass"))
        if rng.random() < 0.85:
            paint = paving(rng) if rng.random() < 0.6 else ground(rng, kind="concrete")
            place.ground += _floor(side * edge, side * (edge + rng.uniform(1.5, 5)), -3, 100, paint)
            place.ground += _floor(side * edge, side * (edge - 0.15), -3, 100, np.full(3, 0.6))
    for y in np.arange(0, 60, 6.0):
        place.ground += _floor(-0.07, 0.07, y, y + rng.choice([3.0, 6.0]), white)
    if rng.random() < 0.3:
        start = rng.uniform(4, 12)
        for x in np.arange(-edge + 0.3, edge - 0.5, 1.0):
            place.ground += _floor(x, x + 0.5, start, start + 3, white)


def _add_houses(rng: Draw, place: Place, *, far: float) -> None:
    """House fronts across the far end, and often along the sides."""
    x = -50.0
    while x < 50:
        long, high = rng.uniform(6, 18), rng.uniform(4, 16)
        place.structures.append(_house(rng, (x + long / 2, far + 4), long, high))
        x += long + (rng.uniform(1, 8) if rng.random() < 0.4 else 0)
    for side in (-1, 1):
        y, x = 1.0, side * (place.width / 2 + rng.uniform(7, 11))
        while rng.random() < 0.9 and y < far - 6:
            long, high = rng.uniform(6, 14), rng.uniform(4, 14)
            place.structures.append(_house(rng, (x, y + long / 2), long, high, yaw_deg=-90 * side))
            y += long


def _house(
    rng: Draw, at: tuple[float, float], long: float, high: float, *, yaw_deg: float = 0.0
) -> list[Face]:
    front = house_front(rng, length_m=long, height_m=high)
    return box((*at, 0), (long, 8, high), front.image.mean((0, 1)), yaw_deg=yaw_deg, front=front)
