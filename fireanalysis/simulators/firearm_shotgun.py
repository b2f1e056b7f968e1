"""Reliefs of shotguns: only outlines and looks."""

import numpy as np

from .firearm_grips import butt, pistol_grip
from .firearm_parts import Shape, brake, guard, lettering, pick, port, scope, screw, tube
from .firearm_relief import Relief, box, disc, smooth


def shotgun(relief: Relief, p: Shape) -> None:
    """Draw a shotgun by its form."""
    (_double if p["form"] == "double barrel" else _pump)(relief, p)


def _pump(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    end, low = long + p["barrel"], 22 - p["receiver_height"]
    tube(relief, long - 8, end, 8, width=p["barrel_height"], taper=0.96)
    brake(relief, end, 8, p["barrel_height"] * 0.48, 0)
    under = long + min(p["magazine"], p["barrel"] - 30)
    tube(relief, long - 8, under, -18, width=p["magazine_width"])
    relief.add(box(under - 8, -31, under + 6, -5), 13, "metal", lathe="x")
    relief.add(box(under - 14, -28, under - 4, 16), 8, "metal", bevel=2)
    shift = 30 + 60 * p["handle"] if p["form"] == "pump" else 0
    left, right = long + shift, long + shift + min(p["fore_end"] * p["barrel"], 300)
    h = p["fore_end_height"] / 2
    middle = -18 if p["form"] == "pump" else -14
    fore = [
        (left, middle - h * 0.9),
        (right - 10, middle - h),
        (right, middle - h * 0.7),
        (right, middle + h * 0.75),
        (left, middle + h * 0.85),
    ]
    relief.add(smooth(fore, rounds=1), 21, "stock", lathe="x", power=2.4)
    if p["form"] == "pump":
        for x in np.arange(left + 14, right - 14, pick(p["fore_end_style"], 7, 10, 14)):
            relief.carve(box(x, middle - h, x + 3.4, middle + h * 0.7), 1.8)
    body = [
        (-2, low + 10),
        (10, low + 1),
        (long * 0.62, low),
        (long * 0.72, low + 8),
        (long, low + 10),
        (long, 21),
        (26, 22),
        (6, 17),
        (-2, 8),
    ]
    relief.add(body, half, "frame", bevel=4)
    relief.carve(box(8, low + 12, long * 0.62, low + 12.8), 0.5)
    lettering(relief, long * 0.12, low + 18, long * 0.24, 5, p)
    port(relief, long * 0.5, long * 0.88, 0, 14, p)
    guard(relief, long * 0.52, long * 0.52 - p["guard"] * 1.1, low, p, slot="small")
    if p["stock_style"] > 0.72:
        pistol_grip(relief, 6, low + 10, {**p, "grip": 90, "grip_angle": 34})
        if p["stock_style"] < 0.9:
            butt(relief, 2, 10, {**p, "grip_angle": 60}, neck=34, wrist=14)
    else:
        butt(relief, 4, 12, p, neck=40, wrist=56)
    if p["rib"] > 0.5:
        top = 8 + p["barrel_height"] / 2
        relief.add(box(long - 4, top, end - 2, top + 6), 4, "metal", bevel=1)
        for x in np.arange(long + 20, end - 40, 34):
            relief.cut(box(x, top + 0.6, x + 25, top + 2.6))
    relief.add(disc(end - 8, 12 + p["barrel_height"] / 2, 3), 2.5, "accent", bevel=1)
    screw(relief, long * 0.2, low + 8, 2.6, slot="small")
    screw(relief, long * 0.66, low + 10, 2.6, slot="small")
    if p["scope"] > 0.85:
        scope(relief, long * 0.5, 20, {**p, "scope": 0.6})


def _double(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    end, beside = long + p["barrel"], p["scope"] > 0.55
    width = p["barrel_height"]
    tube(relief, long - 6, end, 0, width=width * 1.25, taper=0.8)
    if not beside:
        tube(relief, long - 6, end, -width * 0.98, width=width * 1.2, taper=0.84)
        relief.add(box(long, -width * 0.9, end, 0), 3, "metal", bevel=1)
    brake(relief, end, 0, width * 0.48, 0)
    right = long + p["fore_end"] * p["barrel"]
    base, h = (-width * 0.4, p["fore_end_height"]) if beside else (-width * 0.7, p["fore_end_height"] * 1.1)
    fore = [
        (long - 2, base + 6),
        (right, base),
        (right - 6, base - h * 0.45),
        (right - 60, base - h * 0.85),
        (long - 2, base - h),
    ]
    relief.add(smooth(fore, rounds=2), 21, "stock", lathe="x", power=2.3)
    low = 16 - p["receiver_height"]
    body = [
        (-14, low + 24),
        (-2, low + 8),
        (10, low + 1),
        (long * 0.8, low),
        (long, low + 5),
        (long, 14),
        (long * 0.45, 16),
        (8, 12),
        (-18, 5),
    ]
    relief.add(body, half, "frame", bevel=4)
    lettering(relief, long * 0.25, low + 16, long * 0.5, 6, p)
    if p["rib"] > 0.35:
        top = width * 0.5
        relief.add(box(long - 4, top - 1, end - 2, top + 5), 4, "metal", bevel=1)
        for x in np.arange(long + 20, end - 40, 34) if p["rib"] > 0.65 else ():
            relief.cut(box(x, top + 0.3, x + 25, top + 2.2))
    butt(relief, 2, 8, {**p, "scope": 0}, neck=36, wrist=58)
    guard(
        relief, long * 0.62, long * 0.62 - p["guard"] * 1.15, low + 3, {**p, "guard_style": 0.1}, slot="small"
    )
    if p["handle"] > 0.7:
        relief.add(smooth([(8, 10), (-2, 30), (-16, 34), (-8, 24), (-6, 8)], rounds=2), 8, "small", bevel=2)
    relief.carve(smooth(box(long * 0.2, low + 10, long * 0.86, 6), rounds=2), 0.5)
    relief.carve(smooth([(0, 15), (-30, 19), (-32, 16), (0, 11)], rounds=1), -1.0, slot="small")
    for x, y in ((long * 0.86, low + 10), (14, low + 10)):
        screw(relief, x, y, 3.2, slot="metal")
    relief.add(disc(end - 8, 4 + width / 2, 2.6), 2.5, "accent", bevel=1)
