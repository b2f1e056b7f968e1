"""Rooms, streets and shop aisles: what stands where, for the canvas to paint."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scene_canvas import Camera, Face, Texture, box, prism, turned
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
    ground: list[Face] = field(default_factory=list)  # painted first, in order
    structures: list[list[Face]] = field(default_factory=list)  # then these: nobody stands behind them
    objects: list[list[Face]] = field(default_factory=list)
    trees: list[tuple[float, float, float]] = field(default_factory=list)  # x, y, height
    tops: list[Floats] = field(default_factory=list)  # points where a thing can lie
    lamps: list[Floats] = field(default_factory=list)
    ceiling: float = np.inf


def room(rng: Draw) -> Place:
    """A hall, shop, office, corridor or flat: walls all round, lamps, furniture."""
    wide, deep, high = rng.uniform(2.2, 9), rng.uniform(5, 14), rng.uniform(2.4, 4)
    floor = [planks, tiles, carpet, tiles, lambda rng: ground(rng, kind="concrete")][int(rng.integers(5))](
        rng
    )
    wall, ceiling = plaster(rng), plaster(rng)
    if rng.random() < 0.15:
        wall = paving(rng)
    place = Place(wide, 1.2, deep - 0.5, ceiling=high)
    place.ground = shell(wide, deep, high, floor=floor, wall=wall, ceiling=ceiling)
    skirting = colour(rng, saturation=(0, 0.4), value=(0.2, 0.95))
    for x, yaw in ((-wide / 2, 90), (wide / 2, -90)):
        place.ground += _flat((x, deep / 2, 0.05), deep, 0.1, skirting, yaw_deg=yaw, out=0.005)
    place.ground += _flat((0, deep, 0.05), wide, 0.1, skirting, out=0.005)
    for _ in range(int(rng.integers(1, 7))):
        place.ground += _on_wall(rng, wide, deep, high)
    _add_lamps(rng, place, wide, deep, high)
    for _ in range(int(rng.integers(0, 9))):
        _add_furniture(rng, place, wide, deep)
    if rng.random() < 0.25:  # pillars
        paint = colour(rng, saturation=(0, 0.2), value=(0.5, 0.95))
        place.objects.append(
            box((rng.uniform(-wide / 3, wide / 3), rng.uniform(3, deep), 0), (0.4, 0.4, high), paint)
        )
    return place


def aisle(rng: Draw) -> Place:
    """A shop: shelves of goods along the view or across it, often a counter."""
    wide, deep, high = rng.uniform(5, 12), rng.uniform(8, 18), rng.uniform(2.6, 4)
    floor = [tiles, tiles, planks, lambda rng: ground(rng, kind="concrete")][int(rng.integers(4))](rng)
    place = Place(rng.uniform(1.5, 2.4), 1.5, deep - 1, ceiling=high)
    place.ground = shell(wide, deep, high, floor=floor, wall=plaster(rng), ceiling=plaster(rng))
    _add_lamps(rng, place, wide, deep, high)
    shelf_high, shelves = rng.uniform(1.4, 2.2), int(rng.integers(3, 7))
    carcass = colour(rng, saturation=(0, 0.2), value=(0.4, 0.95))
    gap, thick = place.width, rng.uniform(0.5, 0.9)
    for side in (-1, 1):
        x = side * (gap / 2 + thick / 2)
        while abs(x) < wide / 2 + 1:
            length, start = rng.uniform(2.5, deep - 2.5), rng.uniform(0.5, 2.5)
            front = goods(rng, shelves=shelves, length_m=length, height_m=shelf_high)
            # Turned, so that its front looks into the aisle.
            place.structures.append(
                box(
                    (x, start + length / 2, 0),
                    (length, thick, shelf_high),
                    carcass,
                    yaw_deg=side * -90,
                    front=front,
                )
            )
            place.tops.append(
                np.array([x - side * thick * 0.3, start + rng.uniform(0.5, length - 0.5), shelf_high])
            )
            x += side * (gap + thick)
    back = goods(rng, shelves=shelves, length_m=wide, height_m=shelf_high)
    place.structures.append(box((0, deep - 0.3, 0), (wide, 0.5, shelf_high), carcass, front=back))
    for _ in range(int(rng.integers(0, 5))):  # hanging signs
        sign = colour(rng, saturation=(0.3, 0.95), value=(0.3, 0.95))
        where = (rng.uniform(-2, 2), rng.uniform(3, deep - 1), high - rng.uniform(0.5, 0.9))
        place.objects.append(box(where, (rng.uniform(0.5, 1.4), 0.05, 0.35), sign))
    if rng.random() < 0.5:
        _add_counter(rng, place)
    for _ in range(int(rng.integers(0, 4))):  # baskets and boxes on the floor
        size = rng.uniform(0.25, 0.6, 3)
        paint = colour(rng, saturation=(0.1, 0.9), value=(0.3, 0.9))
        place.objects.append(
            box(
                (rng.uniform(-gap, gap) / 2, rng.uniform(2, deep - 2), 0),
                size,
                paint,
                yaw_deg=rng.uniform(-40, 40),
            )
        )
    return place


def street(rng: Draw) -> Place:
    """A road, yard or car park: ground, markings, house fronts, cars, trees, posts."""
    place = Place(rng.uniform(6, 14), 3, rng.uniform(14, 30))
    park = rng.random() < 0.4
    main = ground(rng, kind="asphalt" if rng.random() < 0.7 else "concrete")
    if rng.random() < 0.2:
        main = paving(rng)
    place.ground += _floor(-60, 60, -3, 100, 0, main)
    white = np.array([0.85, 0.85, 0.8], np.float32) * rng.uniform(0.6, 1.05)
    if park:
        _add_bays(rng, place, white)
    else:
        _add_road(rng, place, white)
    if rng.random() < 0.8:
        _add_houses(rng, place, far=rng.uniform(14, 45))
    for _ in range(int(rng.integers(0, 6))):
        _add_car(rng, place)
    for _ in range(int(rng.integers(0, 5))):
        place.trees.append(
            (rng.choice([-1, 1]) * rng.uniform(place.width / 2, 14), rng.uniform(6, 35), rng.uniform(2, 9))
        )
    for _ in range(int(rng.integers(0, 5))):
        _add_street_furniture(rng, place)
    return place


PLACES = {"room": room, "aisle": aisle, "street": street}


def camera_of(
    rng: Draw, place: Place, *, height_m: float, pitch_deg: float, field_deg: float, pixels: int
) -> Camera:
    """Hang a camera near the front of a place, often in a corner and turned into it."""
    share = rng.uniform(-1, 1)
    position = np.array([0.42 * share * place.width, 0.35, min(height_m, place.ceiling - 0.25)])
    return Camera(position, pitch_deg, -share * rng.uniform(-5, 40), rng.normal(0, 1.5), field_deg, pixels)


def shell(wide: float, deep: float, high: float, *, floor: Any, wall: Any, ceiling: Any) -> list[Face]:
    """Floor, walls and ceiling, seen from inside."""
    x, faces = wide / 2, _floor(-wide / 2, wide / 2, 0, deep, 0, floor)
    upper = [[-x, 0, high], [x, 0, high], [x, deep, high], [-x, deep, high]]
    faces.append(Face(np.array(upper, float), ceiling, 0.75))
    for a, b in (((-x, deep), (x, deep)), ((-x, 0), (-x, deep)), ((x, deep), (x, 0))):
        faces.append(Face(np.array([[*a, high], [*b, high], [*b, 0], [*a, 0]], float), wall))
    return faces


def _floor(left: float, right: float, front: float, back: float, z: float, paint: Any) -> list[Face]:
    corners = [[left, back, z], [right, back, z], [right, front, z], [left, front, z]]
    return [Face(np.array(corners, float), paint)]


def _flat(
    centre: tuple[float, float, float],
    wide: float,
    high: float,
    paint: Any,
    *,
    yaw_deg: float = 0.0,
    out: float = 0.01,
    glow: float = 0.0,
) -> list[Face]:
    """A rectangle on a wall, facing -y before it is turned."""
    x, z = wide / 2, high / 2
    corners = np.array([[-x, -out, z], [x, -out, z], [x, -out, -z], [-x, -out, -z]])
    return [Face(turned(corners, centre, yaw_deg), paint, glow)]


def _on_wall(rng: Draw, wide: float, deep: float, high: float) -> list[Face]:
    """A window, door, picture, board or cupboard door on one of three walls."""
    side = int(rng.integers(3))
    span = wide if side == 0 else deep - 1.5
    along = rng.uniform(-0.42, 0.42) * span
    x, y, yaw = [
        (along, deep, 0.0),
        (-wide / 2, deep / 2 + along, 90.0),
        (wide / 2, deep / 2 + along, -90.0),
    ][side]
    kind = rng.integers(4)
    if kind == 0:
        size, z = (0.9, 2.05), 1.03
        paint: Any = (
            wood_colour(rng) if rng.random() < 0.5 else colour(rng, saturation=(0, 0.5), value=(0.2, 0.95))
        )
        glow = 0.0
    elif kind == 1:
        size, z = (min(rng.uniform(0.7, 2.5), span * 0.6), rng.uniform(0.8, 1.5)), 1.6
        paint = colour(rng, hue=(0.45, 0.65), saturation=(0, 0.3), value=(0.15, 1.0))
        glow = rng.uniform(0, 1.4)
    else:
        size, z = (min(rng.uniform(0.3, 1.5), span * 0.5), rng.uniform(0.3, 1.0)), rng.uniform(1.3, 1.9)
        paint = (
            house_front(rng, length_m=2, height_m=1) if rng.random() < 0.1 else colour(rng, value=(0.1, 1.0))
        )
        glow = 0.0
    frame = colour(rng, saturation=(0, 0.4), value=(0.1, 0.95))
    z = min(z, high - size[1] / 2)
    faces = _flat((x, y, z), size[0] + 0.1, size[1] + 0.1, frame, yaw_deg=yaw)
    return faces + _flat((x, y, z), *size, paint, yaw_deg=yaw, out=0.02, glow=glow)


def _add_lamps(rng: Draw, place: Place, wide: float, deep: float, high: float) -> None:
    long = rng.random() < 0.6
    size = (0.15, 1.2) if long else (0.6, 0.6) if rng.random() < 0.5 else (0.2, 0.2)
    shine = np.array([1.0, 0.98, 0.92], np.float32)
    step_x, step_y = rng.uniform(1.8, 3.5, 2)
    for x in np.arange(-wide / 2 + step_x / 2, wide / 2, step_x):
        for y in np.arange(1.0, deep, step_y):
            corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [
                size[0] / 2,
                size[1] / 2,
                0,
            ]
            place.ground.append(Face(corners + [x, y, high - 0.01], shine, 1.3))
            place.lamps.append(np.array([x, y, high]))


def _add_furniture(rng: Draw, place: Place, wide: float, deep: float) -> None:
    """A table, chair, cupboard, sofa, desk with a screen, plant or box."""
    x, y, yaw = (
        rng.uniform(-0.42, 0.42) * wide,
        rng.uniform(1.6, deep - 0.6),
        rng.choice([0, 90, 180, 270]) + rng.normal(0, 8),
    )
    paint = wood_colour(rng) if rng.random() < 0.5 else colour(rng, saturation=(0, 0.7), value=(0.1, 0.9))
    kind = rng.integers(6)
    if kind == 0:
        faces = _table(rng, x, y, yaw, paint)
        place.tops.append(np.array([x, y, 0.75]))
        if rng.random() < 0.6:
            screen = colour(rng, hue=(0.5, 0.7), saturation=(0, 0.6), value=(0.05, 0.9))
            faces += box((x, y + 0.15, 0.75), (0.5, 0.06, 0.35), np.full(3, 0.1), yaw_deg=yaw, front=screen)
    elif kind == 1:
        faces = _chair(x, y, yaw, paint)
    elif kind == 2:
        x = np.sign(x or 1) * (wide / 2 - 0.25)
        yaw = -90 * np.sign(x)
        books = goods(rng, shelves=int(rng.integers(2, 6)), length_m=1.2, height_m=1.9)
        size = (rng.uniform(0.8, 1.6), 0.4, rng.uniform(0.7, 2.0))
        faces = box((x, y, 0), size, paint, yaw_deg=yaw, front=books if rng.random() < 0.5 else paint * 0.9)
        place.tops.append(np.array([x, y, size[2]]))
    elif kind == 3:
        long = rng.uniform(0.8, 2.1)
        faces = box((x, y, 0), (long, 0.8, 0.42), paint, yaw_deg=yaw)
        back = turned(np.array([[0, 0.35, 0]]), (x, y, 0), yaw)[0]
        faces += box(back, (long, 0.2, 0.85), paint * 0.95, yaw_deg=yaw)
        place.tops.append(np.array([x, y, 0.42]))
    elif kind == 4:
        faces = box((x, y, 0), (0.35, 0.35, 0.35), paint)
        place.trees.append((x, y, rng.uniform(0.9, 1.8)))
    else:
        size = rng.uniform(0.25, 0.8, 3)
        faces = box(
            (x, y, 0),
            size,
            colour(rng, hue=(0.05, 0.12), saturation=(0.2, 0.6), value=(0.4, 0.8)),
            yaw_deg=yaw,
        )
        place.tops.append(np.array([x, y, size[2]]))
    place.objects.append(faces)


def _table(rng: Draw, x: float, y: float, yaw: float, paint: Floats) -> list[Face]:
    long, deep = rng.uniform(0.7, 1.8), rng.uniform(0.6, 0.9)
    faces: list[Face] = []
    legs = np.array([[i * (long / 2 - 0.06), j * (deep / 2 - 0.06), 0] for i in (-1, 1) for j in (-1, 1)])
    for leg in turned(legs, (x, y, 0), yaw):
        faces += box(leg, (0.06, 0.06, 0.72), paint * 0.6, yaw_deg=yaw)
    return faces + box((x, y, 0.71), (long, deep, 0.04), paint, yaw_deg=yaw)


def _chair(x: float, y: float, yaw: float, paint: Floats) -> list[Face]:
    faces: list[Face] = []
    legs = np.array([[i * 0.19, j * 0.19, 0] for i in (-1, 1) for j in (-1, 1)])
    for leg in turned(legs, (x, y, 0), yaw):
        faces += box(leg, (0.04, 0.04, 0.43), paint * 0.5, yaw_deg=yaw)
    faces += box((x, y, 0.43), (0.45, 0.45, 0.05), paint, yaw_deg=yaw)
    back = turned(np.array([[0, 0.2, 0.5]]), (x, y, 0), yaw)[0]
    return faces + box(back, (0.45, 0.04, 0.45), paint * 0.9, yaw_deg=yaw)


def _add_counter(rng: Draw, place: Place) -> None:
    """A till on a counter across the way."""
    x, y = rng.uniform(-1, 1), rng.uniform(2.2, 4.5)
    paint = wood_colour(rng) if rng.random() < 0.5 else colour(rng, saturation=(0, 0.5), value=(0.2, 0.9))
    long = rng.uniform(1.5, 3)
    faces = box((x, y, 0), (long, 0.7, 0.95), paint)
    faces += box(
        (x + 0.2, y, 0.95), (0.4, 0.4, 0.3), np.array([0.15, 0.15, 0.17]), yaw_deg=rng.uniform(-30, 30)
    )
    place.objects.append(faces)
    place.tops.append(np.array([x - 0.4, y, 0.95]))


def _add_bays(rng: Draw, place: Place, white: Floats) -> None:
    wide, deep = 2.5, 5.0
    slant = rng.uniform(-2, 2)
    for row in (rng.uniform(1, 6), rng.uniform(12, 17)):
        for x in np.arange(-20, 20, wide):
            corners = [
                [x + slant, row + deep, 0.01],
                [x + 0.12 + slant, row + deep, 0.01],
                [x + 0.12, row, 0.01],
                [x, row, 0.01],
            ]
            place.ground.append(Face(np.array(corners), white))


def _add_road(rng: Draw, place: Place, white: Floats) -> None:
    """Pavements with kerbs along the view, lines, sometimes grass or a crossing."""
    edge = place.width / 2
    for side in (-1, 1):
        if rng.random() < 0.85:
            paint = paving(rng) if rng.random() < 0.6 else ground(rng, kind="concrete")
            inner, outer = sorted((side * edge, side * (edge + rng.uniform(1.5, 5))))
            place.ground += _floor(inner, outer, -3, 100, 0.02, paint)
            place.ground += _floor(
                *sorted((side * edge, side * (edge - 0.15))), -3, 100, 0.021, np.full(3, 0.6)
            )
        if rng.random() < 0.4:
            place.ground += _floor(
                *sorted((side * (edge + 4), side * 60)), -3, 100, 0.025, ground(rng, kind="grass")
            )
    for y in np.arange(0, 60, 6.0):
        place.ground += _floor(-0.07, 0.07, y, y + rng.choice([3.0, 6.0]), 0.01, white)
    if rng.random() < 0.3:
        start = rng.uniform(4, 12)
        for x in np.arange(-edge + 0.3, edge - 0.5, 1.0):
            place.ground += _floor(x, x + 0.5, start, start + 3, 0.012, white)


def _add_houses(rng: Draw, place: Place, *, far: float) -> None:
    """House fronts across the far end, and often along a side."""
    x = -50.0
    while x < 50:
        long, high = rng.uniform(6, 18), rng.uniform(4, 16)
        faces = box(
            (x + long / 2, far + 4, 0),
            (long, 8, high),
            colour(rng, saturation=(0, 0.3), value=(0.3, 0.8)),
            front=house_front(rng, length_m=long, height_m=high),
        )
        place.structures.append(faces)
        x += long + (rng.uniform(1, 8) if rng.random() < 0.4 else 0)
    for side in (-1, 1):
        if rng.random() < 0.55:
            y = 1.0
            edge = side * (place.width / 2 + rng.uniform(3, 7))
            while y < far - 6:
                long, high = rng.uniform(6, 14), rng.uniform(4, 14)
                front = house_front(rng, length_m=long, height_m=high)
                place.structures.append(
                    box(
                        (edge + side * 4, y + long / 2, 0),
                        (long, 8, high),
                        front.image.mean((0, 1)),
                        yaw_deg=-90 * side,
                        front=front,
                    )
                )
                y += long


def _add_car(rng: Draw, place: Place) -> None:
    """A saloon, estate or van, in any of four directions."""
    yaw = rng.choice([0, 180, 90, 0, 180]) + rng.normal(0, 8)
    x, y = rng.uniform(-0.75, 0.75) * place.width, rng.uniform(5, 28)
    faces = car(rng, x, y, yaw)
    place.objects.append(faces)


def car(rng: Draw, x: float, y: float, yaw: float) -> list[Face]:
    """A car about its middle, front towards -y before it is turned."""
    long, wide, high = rng.uniform(3.7, 4.9), rng.uniform(1.65, 1.9), rng.uniform(1.4, 1.6)
    if rng.random() < 0.2:
        high += 0.6
    paint = (
        colour(rng, saturation=(0, 0.15), value=(0.1, 0.95))
        if rng.random() < 0.65
        else colour(rng, saturation=(0.4, 0.9), value=(0.2, 0.8))
    )
    glass, black = np.array([0.12, 0.15, 0.18]) * rng.uniform(0.7, 2.0), np.full(3, 0.05)
    half, belt = long / 2, 0.62 * high
    hood, roof, boot = (
        -half + rng.uniform(0.8, 1.2),
        -half + rng.uniform(1.5, 1.9),
        half - rng.uniform(0.1, 0.9),
    )
    lower = [
        (-half, 0.25),
        (-half + 0.05, belt - 0.12),
        (hood, belt),
        (boot, belt),
        (half - 0.03, belt - 0.05),
        (half, 0.25),
    ]
    faces = prism(lower, wide, (x, y, 0), [paint * 0.9, paint, paint, paint, paint * 0.9, paint], yaw_deg=yaw)
    tail = boot - rng.uniform(0.1, 0.5)
    upper = [(hood, belt), (roof, high), (tail, high), (boot, belt)]
    faces += prism(upper, wide * 0.86, (x, y, 0), [glass, paint, glass, glass], yaw_deg=yaw)
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    for along in (-half + 0.8, half - 0.8):
        for side in (-1, 1):
            ring = np.column_stack(
                [
                    np.full(16, side * (wide / 2 + 0.01)),
                    along + 0.32 * np.cos(side * angle),
                    0.32 + 0.32 * np.sin(side * angle),
                ]
            )
            hub = (ring - [0, along, 0.32]) * [1, 0.55, 0.55] + [side * 0.005, along, 0.32]
            faces += [
                Face(turned(ring, (x, y, 0), yaw), black),
                Face(turned(hub, (x, y, 0), yaw), np.full(3, 0.5)),
            ]
    for x_lamp in (-wide * 0.36, wide * 0.36):
        for end, lamp in (
            (-half - 0.005, np.array([0.95, 0.93, 0.85])),
            (half + 0.005, np.array([0.6, 0.05, 0.05])),
        ):
            yaw_lamp = yaw if end < 0 else yaw + 180
            where = turned(np.array([[x_lamp, end, belt - 0.28]]), (x, y, 0), yaw)[0]
            faces += _flat(tuple(where), 0.3, 0.13, lamp, yaw_deg=yaw_lamp)
    return faces


def _add_street_furniture(rng: Draw, place: Place) -> None:
    """A lamp post, bin, bench, sign or bollard at the edge of the way."""
    x, y = rng.choice([-1, 1]) * (place.width / 2 + rng.uniform(0.2, 2)), rng.uniform(4, 22)
    grey = colour(rng, saturation=(0, 0.3), value=(0.15, 0.6))
    kind = rng.integers(4)
    if kind == 0:
        high = rng.uniform(3.5, 7)
        faces = box((x, y, 0), (0.12, 0.12, high), grey) + box(
            (x - np.sign(x) * 0.5, y, high), (1.1, 0.2, 0.12), grey
        )
    elif kind == 1:
        faces = box(
            (x, y, 0),
            rng.uniform([0.4, 0.4, 0.8], [0.7, 0.7, 1.2]),
            colour(rng, saturation=(0.1, 0.8), value=(0.15, 0.6)),
        )
        place.tops.append(np.array([x, y, 0.9]))
    elif kind == 2:
        faces = box((x, y, 0), (1.6, 0.45, 0.45), wood_colour(rng), yaw_deg=90) + box(
            (x + 0.2, y, 0.45), (1.6, 0.06, 0.4), wood_colour(rng), yaw_deg=90
        )
        place.tops.append(np.array([x, y, 0.45]))
    else:
        sign = colour(rng, saturation=(0.3, 0.95), value=(0.3, 0.95))
        faces = box((x, y, 0), (0.07, 0.07, 2.2), grey) + box((x, y - 0.05, 2.0), (0.6, 0.04, 0.6), sign)
    place.objects.append(faces)
