"""Parts that several forms of firearm share: grips, guards, triggers, sights, rails, magazines, stocks, scopes.

Only outlines and looks. Lengths in millimetres; the bore is at y = 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from .firearm_relief import Points, Relief, band, box, disc, smooth

Shape = dict[str, Any]

# Outlines of grips: distance from the axis of the back and of the front, in widths, at shares of the length.
_BACKS = {
    "magna": [
        (-0.16, -0.1),
        (-0.06, -0.4),
        (0.08, -0.52),
        (0.3, -0.42),
        (0.6, -0.42),
        (0.85, -0.56),
        (1, -0.66),
    ],
    "square": [(-0.1, -0.42), (0.12, -0.5), (0.35, -0.4), (0.7, -0.42), (1, -0.56)],
    "target": [
        (-0.2, -0.3),
        (-0.1, -0.5),
        (0.08, -0.56),
        (0.3, -0.44),
        (0.65, -0.5),
        (0.95, -0.64),
        (1, -0.58),
    ],
    "bird": [
        (-0.12, -0.3),
        (0.0, -0.5),
        (0.15, -0.5),
        (0.45, -0.44),
        (0.75, -0.56),
        (0.93, -0.5),
        (1, -0.25),
    ],
    "plow": [
        (-0.16, -0.3),
        (-0.05, -0.52),
        (0.15, -0.5),
        (0.45, -0.4),
        (0.75, -0.5),
        (0.96, -0.76),
        (1, -0.72),
    ],
    "straight": [(-0.1, -0.5), (0.1, -0.48), (0.35, -0.5), (0.7, -0.5), (1, -0.52)],
    "hump": [(-0.1, -0.48), (0.1, -0.38), (0.3, -0.4), (0.6, -0.56), (0.8, -0.55), (1, -0.48)],
    "swell": [(-0.1, -0.44), (0.12, -0.42), (0.45, -0.54), (0.75, -0.52), (1, -0.46)],
}
_FRONTS = {
    "magna": [
        (-0.16, -0.02),
        (-0.02, 0.3),
        (0.15, 0.32),
        (0.35, 0.4),
        (0.7, 0.42),
        (0.9, 0.5),
        (0.96, 0.56),
        (1, 0.5),
    ],
    "swell": [(-0.14, 0.3), (0.05, 0.42), (0.2, 0.3), (0.45, 0.52), (0.75, 0.48), (0.95, 0.62), (1, 0.54)],
    "square": [(-0.1, 0.4), (0.15, 0.34), (0.45, 0.42), (0.75, 0.44), (1, 0.6)],
    "fingers": [
        (0, 0.36),
        (0.14, 0.5),
        (0.26, 0.36),
        (0.4, 0.52),
        (0.54, 0.38),
        (0.68, 0.5),
        (0.84, 0.42),
        (1, 0.5),
    ],
    "bird": [(-0.1, 0.4), (0.15, 0.34), (0.5, 0.42), (0.8, 0.5), (0.95, 0.42), (1, 0.2)],
    "plow": [(-0.16, 0.2), (-0.02, 0.4), (0.2, 0.36), (0.55, 0.4), (0.85, 0.5), (0.95, 0.54), (1, 0.46)],
    "straight": [(-0.1, 0.5), (0.15, 0.47), (0.5, 0.48), (1, 0.5)],
    "palm": [(-0.1, 0.45), (0.15, 0.4), (0.45, 0.5), (0.8, 0.42), (1, 0.5)],
}


def pick(share: float, *choices: Any) -> Any:
    """Choose among things by a share between 0 and 1."""
    return choices[min(int(share * len(choices)), len(choices) - 1)]


class Axis:
    """Places along and across a line that leans to the rear."""

    def __init__(self, x: float, y: float, angle_deg: float) -> None:
        angle = np.radians(angle_deg)
        self.start = np.array((x, y))
        self.down = np.array((-np.sin(angle), -np.cos(angle)))
        self.forward = np.array((np.cos(angle), -np.sin(angle)))

    def __call__(self, along: Any, across: Any) -> NDArray[np.float64]:
        """Give x and y of places (n,) so far down the axis and so far in front of it."""
        along, across = np.broadcast_arrays(np.asarray(along, float), np.asarray(across, float))
        return np.asarray(self.start + along[..., None] * self.down + across[..., None] * self.forward)


def grip_outline(
    axis: Axis, length: float, width: float, *, back: str, front: str, shrink: float = 0.0
) -> NDArray[np.float64]:
    """Outline of a grip, or of a panel that leaves a rim of `shrink` millimetres."""
    sides = []
    for knots, sign in ((_BACKS[back], -1), (_FRONTS[front], 1)):
        share, across = np.array(knots).T
        at = np.linspace(share[0], 1, 32)
        side = PchipInterpolator(share, across)(at) * width - sign * shrink
        sides.append(axis(np.minimum(at * length, length - shrink), side))
    return np.concatenate((sides[0], sides[1][::-1]))


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


def lettering(relief: Relief, x: float, y: float, length: float, height: float, p: Shape) -> None:
    """Marks like stamped letters, to the right of x; what they say is nothing."""
    rng = np.random.default_rng(int(abs(p["thickness"] * 1000 + length * 10)))
    place = x
    while place < x + length:
        kind, wide = rng.integers(0, 4), height * rng.uniform(0.45, 0.8)
        if kind:  # else a gap between words
            strokes = {
                1: [(0, 0), (0, 1), (1, 1), (1, 0)],
                2: [(1, 1), (0, 1), (0, 0), (1, 0)],
                3: [(0.5, 0), (0.5, 1), (1, 0.5)],
            }[int(kind)]
            line = [(place + wide * a, y + height * b) for a, b in strokes]
            relief.carve(band(line, height * 0.26, rounds=0), 0.35)
        place += wide + height * 0.35


def smooth_line(points: Points, *, rounds: int = 2) -> NDArray[np.float64]:
    """Cut the corners of an open line, keeping its ends."""
    line = np.asarray(points, np.float64)
    for _ in range(rounds):
        inner = np.stack((0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]), 1)
        line = np.concatenate((line[:1], inner.reshape(-1, 2), line[-1:]))
    return line


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
    """What is screwed on a long gun's muzzle; gives where it ends."""
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


def pistol_grip(relief: Relief, x: float, y: float, p: Shape, *, slot: str = "grip") -> Axis:
    """Grip of a long gun behind its trigger guard."""
    axis = Axis(x, y, p["grip_angle"])
    front = pick(p["grip_style"], "straight", "fingers", "palm")
    outline = grip_outline(
        axis, p["grip"], p["grip_width"], back=pick(p["grip_style"], "straight", "swell"), front=front
    )
    relief.add(outline, 14, slot, lathe="y", power=2.6)
    if p["grip_panel"] > 0.4:
        panel = grip_outline(axis, p["grip"] * 0.8, p["grip_width"] * 0.7, back="straight", front="straight")
        relief.carve(panel, 0.6)
    relief.marks["grip"] = (*axis(p["grip"] * 0.42, 0.0), p["grip_angle"])
    return axis


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


def butt(relief: Relief, x: float, top: float, p: Shape, *, neck: float, wrist: float) -> None:
    """Add a stock from the receiver's rear at x: wrist (neck mm high), comb, heel and toe."""
    length, height, drop = p["stock"], p["stock_height"], p["stock_drop"]
    rear, heel = x - length, top - drop
    hold = top - 0.5 * drop - 6  # top of the wrist, where a hand goes round
    comb = heel + 5 + 14 * max(p["stock_style"] - 0.4, 0)
    grip = 16 if p["grip_angle"] < 52 else 3
    upper = [
        (x + 6, top),
        (x - wrist * 0.35, top - drop * 0.2 - 2),
        (x - wrist, hold),
        (x - wrist * 1.35, (hold + 2 * comb) / 3),
        (x - wrist * 1.7, comb),
        (rear + length * 0.2, (comb + heel) / 2 + 2),
    ]
    lower = [
        (rear + length * 0.5, (heel - height + hold - neck) / 2 - grip * 0.6),
        (x - wrist * 1.75, hold - neck - grip * 0.7),
        (x - wrist * 1.45, hold - neck - grip),
        (x - wrist * 1.1, hold - neck - grip * 0.9),
        (x - wrist * 0.75, hold - neck + 3),
        (x - wrist * 0.3, top - neck - drop * 0.1),
        (x + 6, top - neck),
    ]
    plate = [(rear + 3, heel), (rear + 8, heel - height * 0.5), (rear - 1, heel - height)]
    curve = np.concatenate((smooth_line(upper), np.array(plate), smooth_line(lower)))
    relief.add(curve, 21, "stock", lathe="x", power=2.4)
    cap = [*plate[::-1], (rear - 5, heel - 2), (rear + 1, heel - height * 0.5), (rear - 9, heel - height + 2)]
    relief.add(
        [cap[2], cap[1], cap[0], cap[5], cap[4], cap[3]],
        21,
        "grip" if p["stock_style"] < 0.75 else "metal",
        bevel=4,
    )
    if p["grip_panel"] > 0.45 and p["wood"] > 0.3:
        patch = [
            (x - wrist * 0.45, hold - neck * 0.35),
            (x - wrist * 1.35, hold - neck * 0.5),
            (x - wrist * 1.4, hold - neck - grip * 0.5),
            (x - wrist * 0.7, hold - neck * 0.85),
        ]
        relief.carve(patch, 0.3, slot="check")
    relief.marks["grip"] = (x - wrist * 0.8, hold - neck * 0.6, 62.0)
