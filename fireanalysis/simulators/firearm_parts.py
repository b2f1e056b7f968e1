"""Parts that several forms of firearm share: guards, triggers, sights, rails, magazines.

Only outlines and looks. Lengths in millimetres; the bore is at y = 0.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .firearm_relief import Points, Relief, band, box, disc, smooth

Shape = dict[str, Any]


def pick(share: float, *choices: Any) -> Any:
    """Choose among things by a share between 0 and 1."""
    return choices[min(int(share * len(choices)), len(choices) - 1)]


def smooth_line(points: Points, *, rounds: int = 2) -> NDArray[np.float64]:
    """Cut the corners of an open line, keeping its ends."""
    line = np.asarray(points, np.float64)
    for _ in range(rounds):
        inner = np.stack((0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]), 1)
        line = np.concatenate((line[:1], inner.reshape(-1, 2), line[-1:]))
    return line


def guard(relief: Relief, front: float, rear: float, y: float, p: Shape, *, slot: str = "frame") -> None:
    """Trigger guard below y between two x, with the trigger in its opening."""
    height, square = p["guard_height"], p["guard_style"]
    length = front - rear
    # A superellipse: round with power 2, square with more.
    angle = np.linspace(np.pi * 0.03, -np.pi * 1.03, 25)
    power = 2 / (2.1 + 2.5 * square)
    across, down = np.cos(angle), np.sin(angle)
    x = front - length / 2 + length / 2 * np.sign(across) * np.abs(across) ** power
    bottom = y + height * 0.96 * np.sign(down) * np.abs(down) ** power
    line = np.stack((x, np.minimum(bottom, y + 2)), 1)
    width = np.interp(np.linspace(0, 1, 25), (0, 0.12, 0.5, 0.9, 1), (5.5, 3.2, 3.0, 3.6, 6.0))
    relief.add(band(line, width, rounds=0), min(4.5, p["thickness"] * 0.26), slot, bevel=1.4)
    x0 = rear + length * 0.46
    hook = [
        (x0, y + 4),
        (x0 - 3.5, y - height * 0.22),
        (x0 - 3, y - height * 0.5),
        (x0 + 1, y - height * 0.7),
        (x0 + 5.5, y - height * 0.84),
    ]
    relief.add(band(hook, [9, 6.5, 4.6, 3.4, 2.2]), 3.4, "small", bevel=1.4)


_STROKES: tuple[Sequence[tuple[float, float]], ...] = (
    ((0, 0), (0, 1), (1, 1), (1, 0)),
    ((1, 1), (0, 1), (0, 0), (1, 0)),
    ((0.5, 0), (0.5, 1), (1, 0.5)),
)


def lettering(relief: Relief, x: float, y: float, length: float, height: float, p: Shape) -> None:
    """Stamp marks like letters, to the right of x; what they say is nothing."""
    rng = np.random.default_rng(int(abs(p["thickness"] * 1000 + length * 10)))
    place = x
    while place < x + length:
        kind, wide = rng.integers(0, 4), height * rng.uniform(0.45, 0.8)
        if kind:  # else a gap between words
            line = [(place + wide * a, y + height * b) for a, b in _STROKES[int(kind) - 1]]
            relief.carve(band(line, height * 0.26, rounds=0), 0.25)
        place += wide + height * 0.35


def screw(relief: Relief, x: float, y: float, radius: float, *, slot: str = "accent") -> None:
    """Round head with a slot."""
    relief.carve(disc(x, y, radius), -0.9, slot=slot)
    relief.carve(band([(x - radius * 0.8, y - radius * 0.3), (x + radius * 0.8, y + radius * 0.3)], 0.9), 0.8)


def rail(
    relief: Relief, left: float, right: float, y: float, *, up: bool = True, slot: str = "metal"
) -> None:
    """Rail with cross slots on a surface at y, above or below it."""
    if right - left < 15:
        return
    sign = 1 if up else -1
    relief.add(box(left, min(y - 1, y + sign * 3), right, max(y + 1, y + sign * 3)), 8, slot, bevel=1)
    for x in np.arange(left + 3, right - 6, 10):
        relief.add(box(x, min(y, y + sign * 6), x + 5.2, max(y, y + sign * 6)), 10.5, slot, bevel=1.5)


def muzzle(relief: Relief, x: float, y: float, radius: float, *, bore: float = 5.0) -> None:
    """Crown at the end of a barrel, and the mark of its bore."""
    relief.carve(box(x - 1.6, y - radius, x, y + radius), 0.5)
    relief.marks["bore"] = (x, y, bore)


def tube(
    relief: Relief,
    left: float,
    right: float,
    y: float,
    *,
    width: float,
    taper: float = 1.0,
    slot: str = "metal",
) -> None:
    """Round tube along x whose right end is `taper` times as wide."""
    half = width / 2
    ends = [(left, y - half), (right, y - half * taper), (right, y + half * taper), (left, y + half)]
    relief.add(ends, half, slot, lathe="x")


def brake(relief: Relief, x: float, y: float, radius: float, style: float) -> float:
    """Add what is screwed on a long gun's muzzle, and give where it ends."""
    if style < 0.35:
        muzzle(relief, x, y, radius)
        return x
    length, wide = pick((style - 0.35) / 0.65, (45, 1.25), (60, 1.45), (30, 1.15), (75, 1.35))
    relief.add(
        box(x - 4, y - radius * wide, x + length, y + radius * wide), radius * wide, "metal", lathe="x"
    )
    for place in np.arange(x + 6, x + length - 8, 9):
        relief.carve(box(place, y - radius * 0.5, place + 5, y + radius * 0.5), 3, slot="dark", lathe="x")
    muzzle(relief, x + length, y, radius * wide)
    return float(x + length)


def magazine(
    relief: Relief, front: float, y: float, p: Shape, *, slot: str = "small", half: float = 12.0
) -> None:
    """Box magazine hanging below y, turning to the front."""
    if p["magazine"] < 8:
        return
    width, length = p["magazine_width"], p["magazine"]
    turn = np.radians(np.linspace(0, p["magazine_curve"], 9))
    step = length / 8
    x = front - width / 2 + np.concatenate(([0], np.cumsum(np.sin(turn[:-1]) * step)))
    down = y + 10 - np.concatenate(([0], np.cumsum(np.cos(turn[:-1]) * step)))
    line = np.stack((x, down), 1)
    relief.add(band(line, width, rounds=0), half, slot, bevel=2.5)
    for share in (-0.28, 0.0, 0.28):
        across = np.stack((np.cos(turn), np.sin(turn)), 1) * share * width
        relief.carve(band((line + across)[1:-1], 2.6, rounds=0), -0.9)
    end = line[-1], np.array((np.sin(turn[-1]), -np.cos(turn[-1])))
    across = np.array((np.cos(turn[-1]), np.sin(turn[-1]))) * (width / 2 + 1.5)
    plate = [end[0] - across, end[0] + across, end[0] + across + 5 * end[1], end[0] - across + 5 * end[1]]
    relief.add(np.array(plate), half + 1.5, slot, bevel=1.5)


def front_post(relief: Relief, x: float, base: float, p: Shape) -> None:
    """Add the post of a front sight, with a hole where it is high."""
    tall = 8 + 0.6 * p["front_sight"]
    outline = [(x - 9, base), (x + 7, base), (x + 3, base + tall), (x - 2, base + tall)]
    relief.add(outline, 5, "small", bevel=1.5)
    if p["front_sight"] > 22:
        relief.cut(
            [(x - 4, base + 4), (x + 3, base + 4), (x + 1, base + tall * 0.6), (x - 1, base + tall * 0.6)]
        )


def port(relief: Relief, left: float, right: float, low: float, high: float, p: Shape) -> None:
    """Carve the ejection port, on the right side only."""
    if p["side"] == "right":
        relief.carve(smooth(box(left, low, right, high), rounds=1), 4, slot="small")
        relief.carve(box(left + 2, (low + high) / 2 - 3, right - 2, (low + high) / 2 + 3), -1.5, slot="metal")


def scope(relief: Relief, x: float, y: float, p: Shape) -> None:
    """Sight on top of a receiver: none, a short one, or a telescope with its mounts."""
    style = p["scope"]
    if style < 0.5:
        return
    if style < 0.72:
        relief.add(box(x - 26, y, x + 26, y + 9), 12, "small", bevel=1.5)
        relief.add(
            smooth([(x - 22, y + 8), (x + 22, y + 8), (x + 22, y + 42), (x - 18, y + 42)], rounds=1),
            17,
            "small",
            bevel=4,
        )
        relief.carve(disc(x + 4, y + 26, 7), -2, slot="metal")
        return
    axis, long = y + 30, 130 + 60 * style
    tube(relief, x - long, x + long, axis, width=26, slot="small")
    relief.add(
        [
            (x + long * 0.35, axis - 13),
            (x + long * 0.6, axis - 24),
            (x + long * 1.02, axis - 24),
            (x + long * 1.02, axis + 24),
            (x + long * 0.6, axis + 24),
            (x + long * 0.35, axis + 13),
        ],
        24,
        "small",
        lathe="x",
    )
    relief.add(
        [
            (x - long, axis - 21),
            (x - long * 0.6, axis - 21),
            (x - long * 0.45, axis - 13),
            (x - long * 0.45, axis + 13),
            (x - long * 0.6, axis + 21),
            (x - long, axis + 21),
        ],
        21,
        "small",
        lathe="x",
    )
    relief.add(box(x - 14, axis - 16, x + 14, axis + 28), 13, "small", lathe="y")
    relief.carve(disc(x, axis, 11), -8, slot="small")
    for place in (x - 45, x + 45):
        relief.add(box(place - 9, y - 2, place + 9, axis - 8), 11, "small", bevel=2)
        relief.add(box(place - 9, axis - 15, place + 9, axis + 15), 15.5, "small", lathe="x")
    for place in (x + long * 1.0, x - long):
        relief.carve(box(place - 4, axis - 24, place + 4, axis + 24), 0.8, slot="metal")
