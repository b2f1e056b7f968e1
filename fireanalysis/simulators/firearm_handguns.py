"""Reliefs of revolvers and pistols: only outlines and looks."""

import numpy as np

from .firearm_parts import Axis, Shape, grip_outline, guard, muzzle, pick, screw, tube
from .firearm_relief import Relief, box, disc, smooth


def revolver(relief: Relief, p: Shape) -> None:
    """Draw a revolver: frame with window, barrel, cylinder with flutes, hammer, trigger, grip."""
    form, length, diameter = p["form"], p["cylinder"], p["cylinder_diameter"]
    axis_y = -(diameter / 2 - 7.5)
    top = axis_y + diameter / 2 + 6
    rear, low = -length - 13, axis_y - diameter / 2 - 6
    half = p["thickness"] / 2
    _barrel(relief, p, axis_y, top)
    back = Axis(rear - 9, low + 12, p["grip_angle"])
    _frame(relief, p, rear=rear, low=low, top=top)
    relief.cut(box(-length - 9, axis_y - diameter / 2 - 0.6, -6.5, axis_y + diameter / 2 + 0.8))
    _cylinder(relief, p, axis_y)
    guard_front = rear + 8 + p["guard"] * (0.95 if form == "double action" else 0.85)
    guard(
        relief,
        guard_front,
        guard_front - p["guard"],
        low + 1,
        p,
        slot="frame" if p["wood"] < 0.85 else "small",
    )
    _hammer(relief, p, rear, top)
    _grip(relief, p, back, half)
    for x, y in ((rear - 3, low + 8), (-14, low + 5), (rear + 1, axis_y + 2)):
        screw(relief, x, y, 1.7, slot="metal")
    if form == "double action":
        relief.carve(
            smooth(
                [
                    (rear - 7, axis_y + 8),
                    (rear + 2, axis_y + 9),
                    (rear + 3, axis_y + 3),
                    (rear - 6, axis_y + 1),
                ]
            ),
            -2.4,
            slot="small",
        )


def _frame(relief: Relief, p: Shape, *, rear: float, low: float, top: float) -> None:
    half, form = p["thickness"] / 2, p["form"]
    nose = 2.0 if form != "break top" else 14.0
    outline = [
        (rear - 2, top - 1),
        (rear + 3, top),
        (0, top),
        (nose, top - 4),
        (nose, low + 12),
        (nose - 5, low + 3),
        (-12, low),
        (rear + 12, low),
        (rear + 2, low - 10),
        (rear - 14, low - 14),
        (rear - 26, low - 6),
        (rear - 27, low + 14),
        (rear - 22, low + 27),
        (rear - 13, low + 33),
        (rear - 5, top - 8),
    ]
    relief.add(smooth(outline, rounds=1), half, "frame", bevel=3)
    # Recoil shield: the bulge behind the cylinder.
    shield = [(rear - 3, low + 12), (rear + 4, low + 8), (rear + 4, top - 5), (rear - 4, top - 8)]
    relief.add(smooth(shield, rounds=1), half + 4.5, "frame", bevel=4)
    if form == "break top":
        relief.add(disc(6, low + 8, 7), half + 1, "frame", bevel=2)
        screw(relief, 6, low + 8, 3.4, slot="metal")
        relief.add(box(rear - 3, top - 6, rear + 8, top + 3), half * 0.8, "frame", bevel=2)


def _barrel(relief: Relief, p: Shape, axis_y: float, top: float) -> None:
    length, width = p["barrel"], p["barrel_height"]
    tube(relief, -2, length, 0, width=width, taper=0.93 if p["rib"] < 0.4 else 1.0)
    muzzle(relief, length, 0, width / 2)
    if p["rib"] > 0.4:
        relief.add(box(-2, width / 2 - 2, length - 1, top - 1.5), 3.6, "metal", bevel=1)
        if p["rib"] > 0.7:
            for x in np.arange(12, length - 16, 16):
                relief.cut(box(x, width / 2 + 0.4, x + 9, top - 4.2))
    under = p["underlug"]
    if under > 0.65:
        end = length - 1 if under > 0.8 else min(length - 3, 58)
        lug = [(-2, 0), (end, 0), (end, -width / 2 - 2), (end - 6, axis_y - 6), (-2, axis_y - 6)]
        relief.add(lug, 6.5, "metal", bevel=4)
        relief.carve(box(4, axis_y - 3.0, min(end - 6, 56), axis_y + 2.2), 2.5, lathe="x")
        tube(relief, 4, min(end - 7, 52), axis_y, width=4.5, slot="small")
    elif under > 0.3:
        rod = min(length - 6, 92 if p["form"] == "single action" else 48)
        tube(relief, 1, rod, axis_y + 1, width=8.5 if p["form"] == "single action" else 5.5)
        relief.add(disc(rod, axis_y + 1, 4.2), 4.2, "small", lathe="x")
    sight = p["front_sight"]
    base = top - 2 if p["rib"] > 0.4 else width / 2 - 1
    long = 22 if p["form"] == "double action" else 12
    blade = [
        (length - long - 3, base),
        (length - 3, base),
        (length - 4, base + sight),
        (length - 8, base + sight),
    ]
    relief.add(blade, 1.8, "small" if p["rib"] > 0.7 else "metal", bevel=0.6)


def _cylinder(relief: Relief, p: Shape, axis_y: float) -> None:
    length, radius = p["cylinder"], p["cylinder_diameter"] / 2
    left, right = -length - 7.5, -7.5
    relief.add(box(left + 4, axis_y - 4, -5, axis_y + 4), 4, "metal", lathe="x")
    body = [
        (left, axis_y - radius),
        (right - 1.5, axis_y - radius),
        (right, axis_y - radius + 2),
        (right, axis_y + radius - 2),
        (right - 1.5, axis_y + radius),
        (left, axis_y + radius),
    ]
    relief.add(body, radius, "metal", lathe="x")
    relief.carve(box(left + 2.6, axis_y - radius, left + 3.6, axis_y + radius), 0.6)
    if p["flutes"] > 0.2:
        start = right - length * (0.35 + 0.4 * p["flutes"])
        for turn, tall in ((0.0, 4.6), (0.87, 2.0), (-0.87, 2.0)):
            y = axis_y + turn * radius
            flute = np.concatenate(
                (disc(start + 5, y, 5, tall=tall)[8:25], box(start + 5, y - tall, right + 1, y + tall)[1:3])
            )
            relief.carve(flute, 3.6 if turn == 0 else 2.6, lathe="x")
    for turn in (0.5, -0.5, 0.98, -0.98):
        y = axis_y + turn * radius
        relief.carve(smooth(box(left + 8, y - 1.6, left + 13, y + 1.6), rounds=1), 1.5)


def _hammer(relief: Relief, p: Shape, rear: float, top: float) -> None:
    size = p["hammer"]
    if size < 0.2:
        return
    spur = 8 + 9 * size
    outline = [
        (rear - 1, top - 12),
        (rear - 1, top + 1),
        (rear - 6, top + 2 + 4 * size),
        (rear - 6 - spur * 0.6, top + 4 + 8 * size),
        (rear - 8 - spur, top + 3 + 8 * size),
        (rear - 7 - spur * 0.5, top - 1 + 3 * size),
        (rear - 11, top - 8),
        (rear - 13, top - 18),
        (rear - 6, top - 20),
    ]
    relief.add(smooth(outline, rounds=2), 3.8, "small", bevel=1.6)
    sight = p["rear_sight"]
    if sight > 1.5:
        relief.add(
            [(rear + 1, top - 1), (rear + 18, top - 1), (rear + 16, top + 2), (rear + 4, top + sight)],
            4,
            "small",
            bevel=1,
        )


def _grip(relief: Relief, p: Shape, axis: Axis, half: float) -> None:
    length, width, style = p["grip"], p["grip_width"], p["grip_style"]
    if p["form"] == "double action":
        back, front = pick(
            style, ("square", "square"), ("target", "fingers"), ("bird", "bird"), ("square", "fingers")
        )
    else:
        back, front = pick(style, ("plow", "plow"), ("bird", "bird"))
    panel = p["grip_panel"]
    whole = grip_outline(axis, length, width, back=back, front=front)
    inset = 3.0 if panel < 0.55 else 0.0
    if inset:
        relief.add(whole, half * 0.85, "frame", bevel=2)
    outline = grip_outline(axis, length, width, back=back, front=front, shrink=inset)
    relief.add(outline, half + 6.5, "grip", lathe="y", power=2.3)
    middle = axis(length * (0.35 if panel < 0.3 else 0.62), 0.0)
    screw(relief, middle[0], middle[1], 3.0)
    if panel > 0.4:
        emblem = axis(length * 0.16, 0.0)
        relief.carve(disc(emblem[0], emblem[1], 4.2), -0.5, slot="accent")
    relief.marks["texture"] = (*axis(length * 0.5, 0.0), length * 0.32)
    relief.marks["grip"] = (*axis(length * 0.45, 0.0), p["grip_angle"])


def pistol(relief: Relief, p: Shape) -> None:
    """Draw a pistol: slide, frame, guard, trigger, grip, sights."""
    length, height, deep = p["barrel"], p["barrel_height"], p["receiver_height"]
    low, high = -0.62 * height, 0.38 * height
    half = p["thickness"] / 2
    axis = Axis(p["grip_width"] * 0.52, low - deep * 0.35, p["grip_angle"])
    plastic = "frame"
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
    relief.add(frame, half * 0.95, plastic, bevel=3)
    front = p["grip_width"] * 0.98 + p["guard"] - 4
    guard(relief, front, front - p["guard"], low - deep * 0.9, p, slot=plastic)
    _pistol_grip(relief, p, axis, half)
    _slide(relief, p, low=low, high=high)
    if p["rib"] > 0.45 and p["form"] == "striker":
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
    length, half = p["barrel"], p["thickness"] / 2 * 0.92
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
        relief.carve(box(start - 16, -1.5, start - 2, 1.5), 0.6)
    relief.carve(box(2, low + 0.2, length - 3, low + 1.2), 0.8)
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
    back, front = pick(
        style, ("straight", "straight"), ("swell", "palm"), ("swell", "fingers"), ("straight", "palm")
    )
    slot = "frame" if p["form"] == "striker" else "grip"
    whole = grip_outline(axis, length, width, back=back, front=front)
    relief.add(whole, half * 0.98, "frame", lathe="y", power=3.0)
    if slot == "grip":
        panel = grip_outline(axis, length * 0.96, width * 0.78, back=back, front="straight", shrink=1.0)
        relief.add(panel, half + 3.5, "grip", lathe="y", power=2.5)
        for share in (0.12, 0.8):
            at = axis(length * share, -1.0)
            screw(relief, at[0], at[1], 2.8)
    else:
        panel = grip_outline(axis, length * 0.86, width * 0.72, back=back, front=front, shrink=1.0)
        relief.carve(panel, -0.6, slot="grip")
    long = 5 + p["magazine"]
    lower = axis(
        np.array([length - 1, length + long, length + long, length - 1]),
        np.array([-0.5, -0.52, 0.56, 0.5]) * width,
    )
    relief.add(lower, half * 0.92, "small", bevel=2)
    relief.marks["texture"] = (*axis(length * 0.5, 0.0), length * 0.4)
    relief.marks["grip"] = (*axis(length * 0.42, 0.0), p["grip_angle"])
