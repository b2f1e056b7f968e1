"""Reliefs of revolvers: only outlines and looks."""

import numpy as np

from .firearm_grips import Axis, grip_outline
from .firearm_parts import Shape, guard, lettering, muzzle, pick, screw, tube
from .firearm_relief import Relief, band, box, disc, smooth


def revolver(relief: Relief, p: Shape) -> None:
    """Draw a revolver: frame with window, barrel, cylinder with flutes, hammer, trigger, grip.

    The frame's front is x = 0; the cylinder is behind it.
    """
    length, radius = p["cylinder"], p["cylinder_diameter"] / 2
    axis_y = 7.5 - radius
    low, top = (axis_y - radius - 5, axis_y + radius + (0.5 if p["form"] == "percussion" else 6))
    rear = -length - 9
    long_frame = p["form"] == "double action"
    axis = Axis(rear - (24 if long_frame else 15), low + (9 if long_frame else 14), p["grip_angle"])
    _barrel(relief, p, axis_y, top)
    _frame(relief, p, rear=rear, low=low, top=top)
    front = rear + 34 + 6 * p["guard_style"]
    guard(relief, front, front - p["guard"], low + 1, p, slot="small" if p["wood"] > 0.85 else "frame")
    window = box(-length - 7, axis_y - radius - 0.4, -5.5, axis_y + radius + 0.5)
    relief.carve(window, p["thickness"] / 2 - 3, slot="dark")
    _cylinder(relief, p, axis_y)
    _hammer(relief, p, rear, top)
    _grip(relief, p, axis)
    for x, y in ((rear - 12, low + 6), (-11, low + 4), (rear - 5, axis_y + 4), (rear + 10, low + 2)):
        screw(relief, x, y, 1.8, slot="metal")
    if long_frame:
        latch = [
            (rear - 16, axis_y + 9),
            (rear - 4, axis_y + 10),
            (rear - 3, axis_y + 4),
            (rear - 15, axis_y + 2),
        ]
        relief.carve(smooth(latch), -2.4, slot="small")
        seam = [
            (rear - 2, axis_y + 1),
            (rear - 4, low + 4),
            (rear - 20, low + 1),
            (rear - 30, low + 12),
            (rear - 24, axis_y + 2),
        ]
        relief.carve(band(seam, 0.7), 0.5)


def _frame(relief: Relief, p: Shape, *, rear: float, low: float, top: float) -> None:
    half, form = p["thickness"] / 2, p["form"]
    nose = {"double action": 1.5, "single action": 1.0, "break top": 12.0, "percussion": -1.0}[form]
    strap = top if form != "percussion" else low + 12
    if form == "double action":
        behind = [
            (rear + 6, low - 2),
            (rear - 6, low - 5),
            (rear - 13, low - 13),
            (rear - 16, low - 26),
            (rear - 26, low - 24),
            (rear - 38, low),
            (rear - 40, low + 14),
            (rear - 36, low + 24),
            (rear - 25, low + 31),
        ]
    else:
        behind = [
            (rear + 6, low - 1),
            (rear - 3, low - 4),
            (rear - 8, low - 14),
            (rear - 20, low - 16),
            (rear - 31, low + 2),
            (rear - 30, low + 16),
            (rear - 22, low + 30),
        ]
    outline = [
        (rear - 12, top - 10),
        (rear - 7, top - 1),
        (rear + 2, top),
        (-6, strap),
        (nose, strap - 1.5),
        (nose, low + 16),
        (nose - 2, low + 6),
        (nose - 10, low),
        *behind,
    ]
    relief.add(smooth(outline, rounds=1), half, "frame", bevel=1.3)
    # Recoil shield: the bulge behind the cylinder.
    shield = [(rear - 7, low + 8), (rear + 2, low + 4), (rear + 2, top - 5), (rear - 6, top - 8)]
    relief.add(smooth(shield, rounds=1), half + 4.5, "frame", bevel=4)
    if form == "break top":
        relief.add(disc(5, low + 8, 7), half + 1, "frame", bevel=1.5)
        screw(relief, 5, low + 8, 3.4, slot="metal")
        relief.add(smooth(box(rear - 8, top - 6, rear + 8, top + 4), rounds=1), half * 0.8, "frame", bevel=1)
    lettering(relief, rear - 18, low + 16, 10, 1.6, p)


def _barrel(relief: Relief, p: Shape, axis_y: float, top: float) -> None:
    length, width, form = p["barrel"], p["barrel_height"], p["form"]
    tube(relief, -2, length, 0, width=width, taper=0.9 if p["rib"] < 0.4 else 1.0)
    muzzle(relief, length, 0, width / 2)
    if form == "percussion":
        relief.add([(-2, 9), (20, 9), (26, 7), (26, -9), (-2, axis_y - 8)], 8, "metal", bevel=1.5)
        rod = min(length - 8, 82)
        relief.add(
            [(18, -7), (rod, -8), (rod + 4, -11), (rod, -14), (40, -15), (24, -18)], 4.5, "metal", bevel=2
        )
        relief.carve(smooth(box(6, -5, 18, 0), rounds=1), 0.8)
    relief.add(
        [
            (-2, -width / 2 - 1),
            (7, -width / 2 - 0.5),
            (10, -width * 0.46),
            (10, width * 0.46),
            (-2, width / 2 + 1),
        ],
        width / 2 + 1,
        "metal",
        lathe="x",
    )
    if p["rib"] > 0.4:
        relief.add(
            [(-2, 0), (length - 1, 0), (length - 1, top - 2), (-2, top - 1.5)], 4.2, "metal", bevel=0.8
        )
        for x in np.arange(10, length - 14, 15) if p["rib"] > 0.72 else ():
            relief.cut(box(x, width / 2 + 0.6, x + 8.5, top - 4.4))
    _below_barrel(relief, p, axis_y)
    lettering(relief, length * 0.32, 1.5, min(length * 0.42, 45), 2.4, p)
    sight = p["front_sight"]
    base = top - 3 if p["rib"] > 0.4 else width * 0.42
    long = 24 if form == "double action" else 11
    blade = [
        (length - long - 3, base),
        (length - 2, base),
        (length - 3, base + sight),
        (length - 7, base + sight + 1),
    ]
    relief.add(
        blade if long > 12 else smooth(blade, rounds=1),
        1.8,
        "small" if p["rib"] > 0.7 else "metal",
        bevel=0.5,
    )


def _below_barrel(relief: Relief, p: Shape, axis_y: float) -> None:
    """Rod of the ejector, with or without a lug along the barrel."""
    length, width, under = p["barrel"], p["barrel_height"], p["underlug"]
    if under > 0.55:
        end = length - 1 if under > 0.8 else min(length - 3, 56)
        lug = [(-2, 0), (end, 0), (end, -width / 2 - 1), (end - 7, axis_y - 5.5), (-2, axis_y - 6)]
        relief.add(lug, width * 0.42, "metal", bevel=3)
        relief.carve(
            smooth(box(4, axis_y - 2.6, min(end - 8, 54), axis_y + 2.6), rounds=1), 3, slot="small", lathe="x"
        )
        tube(relief, 4, min(end - 9, 50), axis_y, width=4.5, slot="small")
    elif under > 0.2 and p["form"] != "percussion":
        single = p["form"] == "single action"
        rod = min(length - 6, 88 if single else 50)
        tube(relief, 0, rod, axis_y + 1.5, width=8.5 if single else 5)
        relief.add(disc(rod - 1, axis_y + 1.5, 3.6), 3.6, "small", lathe="x")


def _cylinder(relief: Relief, p: Shape, axis_y: float) -> None:
    length, radius = p["cylinder"], p["cylinder_diameter"] / 2
    left, right = -length - 6.4, -6.4
    relief.add(
        box(left - 1, axis_y - radius * 0.72, -5, axis_y + radius * 0.72), radius * 0.6, "dark", lathe="x"
    )
    body = [
        (left, axis_y - radius),
        (right - 2.5, axis_y - radius),
        (right, axis_y - radius + 2),
        (right, axis_y + radius - 2),
        (right - 2.5, axis_y + radius),
        (left, axis_y + radius),
    ]
    relief.add(body, radius, "metal", lathe="x")
    relief.carve(box(left + 2.4, axis_y - radius, left + 3.4, axis_y + radius), 0.8)
    if p["flutes"] > 0.2:
        start = right - length * (0.42 + 0.33 * p["flutes"])
        for turn, tall in ((0.0, 4.8), (0.86, 2.2), (-0.86, 2.2)):
            y = axis_y + turn * radius
            flute = np.concatenate(
                (disc(start + 5, y, 5, tall=tall)[8:25], box(start + 5, y - tall, right + 1, y + tall)[1:3])
            )
            relief.carve(flute, 4.2 if turn == 0 else 3.0, lathe="x")
    for turn in (0.5, -0.5, 0.97, -0.97):
        y = axis_y + turn * radius
        notch = smooth(
            [(left + 5, y - 1.4), (left + 10, y - 1.8), (left + 10, y + 1.8), (left + 5, y + 1.4)], rounds=1
        )
        relief.carve(notch, 1.8, slot="dark" if turn in (0.5, -0.5) else "")


def _hammer(relief: Relief, p: Shape, rear: float, top: float) -> None:
    size, sight = p["hammer"], p["rear_sight"]
    if sight > 1.5:
        base = [
            (rear - 6, top - 1),
            (rear + 18, top - 1),
            (rear + 16, top + 1.5),
            (rear - 2, top + 2),
            (rear - 3, top + sight),
            (rear - 6, top + sight),
        ]
        relief.add(base, 4, "small", bevel=0.8)
    if size < 0.2:
        return
    x, spur = rear - (10 if p["form"] == "double action" else 6), 5 + 8 * size
    outline = [
        (x, top - 16),
        (x + 2, top - 4),
        (x, top + 1),
        (x - 4, top + 2 + 3 * size),
        (x - 4 - spur * 0.55, top + 3 + 5 * size),
        (x - 5 - spur, top + 5 + 7 * size),
        (x - 6 - spur, top + 3 + 6 * size),
        (x - 6 - spur * 0.5, top - 1 + 3 * size),
        (x - 8, top - 6),
        (x - 13, top - 13),
        (x - 12, top - 24),
    ]
    relief.add(smooth(outline, rounds=2), 3.8, "small", bevel=1.2)


def _grip(relief: Relief, p: Shape, axis: Axis) -> None:
    length, width, style, half = (p["grip"], p["grip_width"], p["grip_style"], p["thickness"] / 2)
    if p["form"] == "double action":
        back, front = pick(
            style,
            ("magna", "magna"),
            ("target", "fingers"),
            ("bird", "bird"),
            ("magna", "fingers"),
            ("target", "swell"),
        )
    else:
        back, front = pick(style, ("plow", "plow"), ("bird", "bird"), ("plow", "plow"))
    inset = 2.6 if p["grip_panel"] < 0.5 and front != "fingers" else 0.0
    if inset:
        whole = grip_outline(axis, length, width, back=back, front=front)
        relief.add(whole, half * 0.8, "frame", bevel=1.2)
    outline = grip_outline(axis, length, width, back=back, front=front, shrink=inset)
    relief.add(outline, half + 6.5, "grip", lathe="y", power=2.4)
    middle = axis(length * (0.34 if p["grip_panel"] < 0.25 else 0.6), 0.0)
    screw(relief, middle[0], middle[1], 2.8)
    if p["grip_panel"] > 0.6:
        emblem = axis(length * 0.14, 0.0)
        relief.carve(disc(emblem[0], emblem[1], 4.4), -0.5, slot="accent")
    if front == "magna" and p["grip_panel"] > 0.3:
        panel = grip_outline(
            axis.further(length * 0.3), length * 0.58, width * 0.66, back="straight", front="straight"
        )
        relief.carve(panel, 0.4, slot="check")
    relief.marks["grip"] = (*axis(length * 0.45, 0.0), p["grip_angle"])
