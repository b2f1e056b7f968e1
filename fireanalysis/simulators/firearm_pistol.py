"""Reliefs of pistols: only outlines and looks."""

import numpy as np

from .firearm_grips import Axis, grip_outline
from .firearm_parts import Shape, guard, lettering, muzzle, pick, screw, tube
from .firearm_relief import Relief, box, disc, smooth


def pistol(relief: Relief, p: Shape) -> None:
    """Draw a pistol: slide, frame, guard, trigger, grip, sights."""
    length, height, deep = p["barrel"], p["barrel_height"], p["receiver_height"]
    low, high = -0.62 * height, 0.38 * height
    half = p["thickness"] / 2
    axis = Axis(p["grip_width"] * 0.52, low - deep * 0.35, p["grip_angle"])
    dust = length - (2 if p["form"] == "striker" else 16 + 10 * p["slope"])
    frame = [
        (-3, low + 1),
        (dust, low + 1),
        (dust, low - deep * 0.62),
        (dust - 4, low - deep * 0.8),
        (p["grip_width"] + p["guard"] * 0.95, low - deep),
        (p["grip_width"] * 0.4, low - deep - 6),
        (2, low - deep),
        (-2, low - deep * 0.7),
        (-9, low - deep * 0.55),
        (-9, low - deep * 0.3),
    ]
    relief.add(frame, half * 0.95, "frame", bevel=3)
    front = p["grip_width"] * 0.98 + p["guard"] - 4
    guard(relief, front, front - p["guard"], low - deep * 0.9, p)
    _pistol_grip(relief, p, axis, half)
    _slide(relief, p, low=low, high=high)
    if p["form"] == "striker" and p["rib"] > 0.45:
        for x in np.arange(front + 4, dust - 5, 8):
            relief.carve(box(x, low - deep, x + 4, low - deep * 0.55), 2.5)
    for x, y in (
        (p["grip_width"] * 0.95, low - deep * 0.5),
        (p["grip_width"] * 1.5, low - deep * 0.42),
        (p["grip_width"] * 0.4, low - deep * 0.8),
    ):
        relief.carve(disc(x, y, 1.7), -0.5, slot="small")
    lever = [
        (p["grip_width"] * 0.9, low - 2),
        (p["grip_width"] * 1.6, low - 2),
        (p["grip_width"] * 1.62, low - 6),
        (p["grip_width"] * 0.9, low - 8),
    ]
    if p["side"] == "left":
        relief.carve(smooth(lever, rounds=1), -2.2, slot="small")
        relief.carve(
            smooth([(4, low - 3), (22, low - 2), (22, low - 6), (6, low - 9)], rounds=1),
            -2.2 if p["hammer"] > 0.2 else 0.0,
            slot="small",
        )
    relief.carve(disc(p["grip_width"] * 0.98, low - deep - 8, 3), -1.2, slot="small")


def _slide(relief: Relief, p: Shape, *, low: float, high: float) -> None:
    length, height, half = p["barrel"], p["barrel_height"], p["thickness"] / 2 * 0.92
    tube(
        relief, length * 0.4, length + (1.5 if p["form"] != "open slide" else 6), 0, width=13.5, slot="small"
    )
    muzzle(relief, length + 1.5, 0, 6.5)
    nose = 2 + 9 * p["slope"]
    outline = [
        (0, low),
        (length - nose * 0.4, low),
        (length, low + nose * 0.5),
        (length, high - nose),
        (length - nose * 0.6, high),
        (5, high),
        (0, high - 4),
    ]
    relief.add(outline, half, "metal", bevel=2.2 + 4 * p["slope"])
    if p["form"] == "open slide":
        relief.cut(
            [(length * 0.44, 3), (length * 0.86, 3), (length * 0.88, high + 5), (length * 0.42, high + 5)]
        )
        tube(relief, length * 0.3, length + 6, 0, width=14.5, slot="small")
        relief.carve(box(length * 0.15, low, length * 0.95, low + 2), 1.5)
    first, wide = 5.0, 20 + 12 * p["serrations"]
    for x in np.arange(first, wide, 3.0):
        lean = 4 * (p["serrations"] > 0.6)
        relief.carve(
            [(x, low + 1.5), (x + 1.4, low + 1.5), (x + 1.4 + lean, high - 1), (x + lean, high - 1)], 1.1
        )
    if p["serrations"] > 0.75:
        for x in np.arange(length - 32, length - 14, 3.0):
            relief.carve([(x, low + 1.5), (x + 1.4, low + 1.5), (x + 5.4, high - 1), (x + 4, high - 1)], 1.1)
    if p["side"] == "right" and p["form"] != "open slide":
        start = length * (0.42 + 0.06 * p["port"])
        relief.carve(box(start, -1.5, start + length * 0.17, high + 1), 2.8, slot="small")
        inside = box(start + 1.5, 0.5, start + length * 0.165, high - 3)
        relief.carve(inside, -1.2, slot="accent" if p["port"] > 0.6 else "metal")
        relief.carve(box(start - 16, -1.5, start - 2, 1.5), 0.6)
    relief.carve(box(2, low + 0.2, length - 3, low + 1.2), 1.2)
    lettering(relief, length * 0.64, low + height * 0.42, length * 0.2, 3.2, p)
    if p["side"] == "left" and p["form"] != "open slide":
        lettering(relief, length * 0.3, low + height * 0.38, length * 0.28, 4.0, p)
    sight = p["front_sight"]
    relief.add(
        [
            (length - 14, high - 1),
            (length - 6, high - 1),
            (length - 6.5, high + sight),
            (length - 9, high + sight),
        ],
        1.8,
        "small",
        bevel=0.5,
    )
    sight = p["rear_sight"]
    relief.add(
        [(3, high - 1), (17, high - 1), (13, high + sight * 0.8), (4, high + sight)], 7, "small", bevel=1
    )
    if p["hammer"] > 0.2:
        size = 6 + 4 * p["hammer"]
        spur = [
            (2, low + 1),
            (0, 0),
            (-size * 0.9, high * 0.4),
            (-size * 1.3, high * 0.3),
            (-size, -2),
            (-5, low - 1),
        ]
        relief.add(smooth(spur, rounds=2), 4, "small", bevel=1.5)
        if p["hammer"] > 0.65:
            relief.cut(disc(-size * 0.55, high * 0.05 - 1, 1.7))


def _pistol_grip(relief: Relief, p: Shape, axis: Axis, half: float) -> None:
    length, width, style = p["grip"], p["grip_width"], p["grip_style"]
    plastic = p["form"] == "striker"
    if plastic:
        sides = (("straight", "straight"), ("swell", "palm"), ("swell", "fingers"), ("hump", "palm"))
    else:
        sides = (("straight", "straight"), ("swell", "straight"), ("swell", "palm"), ("hump", "straight"))
    back, front = pick(style, *sides)
    whole = grip_outline(axis, length, width, back=back, front=front)
    relief.add(whole, half * 0.98, "frame", lathe="y", power=3.5)
    low = axis.further(length * (0.1 if plastic else 0.14))
    if plastic:
        panel = grip_outline(low, length * 0.82, width * 0.76, back=back, front=front, shrink=1.0)
        relief.carve(panel, -0.5, slot="grip")
        if p["grip_panel"] > 0.4:
            strip = grip_outline(
                low, length * 0.8, width * 0.55, back="straight", front="straight", shrink=1.0
            )
            relief.carve(strip, 0.4, slot="check")
    else:
        panel = grip_outline(low, length * 0.82, width * 0.78, back=back, front="straight", shrink=1.0)
        relief.add(smooth(panel, rounds=1), half + 3.0, "grip", lathe="y", power=2.8)
        for share in (0.0, 0.7) if p["grip_panel"] < 0.7 else (0.36,):
            at = low(length * share + 2, -1.0)
            screw(relief, at[0], at[1], 2.6)
        if p["grip_panel"] > 0.45:
            inner = low.further(length * 0.12, -1.0)
            patch = grip_outline(inner, length * 0.5, width * 0.58, back="straight", front="straight")
            relief.carve(patch, 0.3, slot="check")
    long = 4 + p["magazine"]
    ends = np.array([length - 5, length + long, length + long, length - 5])
    lower = axis(ends, np.array([-0.5, -0.52, 0.54, 0.5]) * width)
    relief.add(smooth(lower, rounds=1), half * 0.9, "small", bevel=1.5)
    relief.marks["grip"] = (*axis(length * 0.42, 0.0), p["grip_angle"])
