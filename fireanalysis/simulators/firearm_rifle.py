"""Reliefs of rifles: only outlines and looks."""

import numpy as np

from .firearm_grips import butt, modern_stock, pistol_grip
from .firearm_parts import Shape, brake, front_post, guard, magazine, pick, port, rail, scope, screw, tube
from .firearm_relief import Relief, band, box, disc, smooth


def rifle(relief: Relief, p: Shape) -> None:
    """Draw a rifle by its form."""
    {"carbine": _carbine, "curved magazine": _curved, "bolt": _bolt, "lever": _lever}[p["form"]](relief, p)


def _carbine(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    end = long + p["barrel"]
    fore = long + p["fore_end"] * p["barrel"]
    tube(relief, long - 4, end, 0, width=p["barrel_height"], taper=0.85)
    brake(relief, end, 0, p["barrel_height"] * 0.45, p["muzzle"])
    well = p["magazine_width"] + 8
    lower = [
        (-2, -10),
        (long - 6, -10),
        (long - 6, -48),
        (long - 6 - well, -54),
        (long - 12 - well, -40),
        (8, -40),
        (-6, -24),
    ]
    relief.add(lower, half * 0.85, "frame", bevel=2.5)
    magazine(relief, long - 10, -46, p, slot="grip" if p["handle"] > 0.5 else "small")
    relief.add([*lower[2:4], (long - 8 - well, -22), (long - 7, -22)], half, "frame", bevel=2)
    upper = [(-2, -12), (long, -12), (long, 17), (4, 17), (-2, 12)]
    relief.add(upper, half, "metal", bevel=4)
    port(relief, long * 0.45, long * 0.76, -7, 9, p)
    relief.carve(box(0, -13, long, -12), 0.8)
    relief.carve(disc(18, 2, 6), -4, slot="metal")
    guard(relief, long - 10 - well, long - 10 - well - p["guard"], -38, p)
    pistol_grip(relief, 22, -38, p)
    _handguard(relief, p, long, fore)
    rail(relief, 0, long if p["rib"] < 0.5 else fore - 4, 17)
    if p["scope"] < 0.3 and p["rib"] < 0.5:
        handle = [(10, 17), (14, 40), (34, 48), (long * 0.72, 45), (long * 0.8, 38), (long * 0.88, 17)]
        relief.add(smooth(handle, rounds=1), 7, "metal", bevel=3)
        relief.cut(smooth([(30, 22), (34, 36), (long * 0.66, 34), (long * 0.7, 22)], rounds=1))
    scope(relief, long * 0.5, 22, p)
    front_post(
        relief, min(fore + 14, end - 20), p["barrel_height"] / 2 - 1, {**p, "front_sight": p["front_sight"]}
    )
    modern_stock(relief, p, -2, 0.0)
    for x in (14, long - well - 20, long - 12):
        screw(relief, x, -22, 2.5, slot="small")


def _handguard(relief: Relief, p: Shape, left: float, right: float) -> None:
    half, style = p["fore_end_height"] / 2, p["fore_end_style"]
    if style < 0.3:  # round, ribbed
        outline = [(left + 8, -half), (right, -half * 0.85), (right, half * 0.85), (left + 8, half)]
        relief.add(outline, half * 0.9, "grip", lathe="x", power=2.3)
        for x in np.arange(left + 18, right - 6, 11):
            relief.carve(box(x, -half, x + 3, half), 1.6)
        relief.add(box(left, -half * 1.1, left + 9, half * 1.1), half, "metal", lathe="x")
        return
    relief.add(box(left, -half, right, half * 0.8), half * 0.75, "metal" if style < 0.75 else "grip", bevel=5)
    step = pick(style, 22, 22, 30, 38)
    for x in np.arange(left + 12, right - step, step):
        if style < 0.75:
            relief.carve(smooth(box(x, -half * 0.28, x + step * 0.62, half * 0.28), rounds=2), 6, slot="dark")
        else:
            relief.carve(
                smooth(
                    [
                        (x, -half * 0.5),
                        (x + step * 0.4, -half * 0.5),
                        (x + step * 0.6, half * 0.3),
                        (x + step * 0.2, half * 0.3),
                    ],
                    rounds=1,
                ),
                3,
                slot="dark",
            )
    if style > 0.5:
        rail(relief, left + 10, right - 10, -half, up=False)


def _curved(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    end, fore = long + p["barrel"], long + p["fore_end"] * p["barrel"]
    wood = "stock"
    tube(relief, long - 6, end, 0, width=p["barrel_height"])
    tube(relief, long - 10, fore + 60, 24, width=15)
    brake(relief, end, 0, p["barrel_height"] * 0.5, p["muzzle"])
    low = 14 - p["receiver_height"]
    magazine(relief, long - 30, low + 4, p, slot="small" if p["handle"] < 0.6 else "grip", half=13)
    relief.add([(0, low), (long, low), (long, 14), (0, 14)], half * 0.9, "frame", bevel=2)
    cover = [(0, 12), (long - 30, 12), (long - 34, 30), (12, 30), (0, 24)]
    relief.add(smooth(cover, rounds=1), half * 0.95, "metal", lathe="x", power=2.6)
    for x in np.arange(24, long - 60, 26):
        relief.carve(box(x, 16, x + 4, 29), -0.9)
    port(relief, long * 0.42, long * 0.78, 10, 22, p)
    if p["side"] == "right":
        relief.add(box(long * 0.62, 11, long * 0.62 + 12, 18), half + 16, "small", bevel=3)
        relief.carve(
            smooth([(40, 9), (long * 0.7, 11), (long * 0.7, 6), (40, 2)], rounds=0), -1.6, slot="small"
        )
    relief.carve(smooth(box(long - 66, low + 10, long - 34, low + 22), rounds=2), 1)
    guard(relief, long - 36 - p["magazine_width"], long - 36 - p["magazine_width"] - p["guard"], low, p)
    pistol_grip(
        relief,
        long - 50 - p["magazine_width"] - p["guard"] - 6,
        low + 4,
        p,
        slot="stock" if p["wood"] > 0.5 else "grip",
    )
    h = p["fore_end_height"]
    lower = [
        (long - 4, 8),
        (long - 2, 6 - h * 0.8),
        (long + (fore - long) * 0.4, 4 - h),
        (long + (fore - long) * 0.7, 5 - h),
        (fore - 4, 8 - h * 0.9),
        (fore, 8),
    ]
    relief.add(smooth(lower, rounds=1), 18, wood, lathe="x", power=3)
    relief.add(smooth(box(long - 2, 13, fore - 14, 36), rounds=1), 16, wood, lathe="x", power=2.2)
    relief.add(box(fore - 4, -10, fore + 8, 34), 13, "metal", bevel=2)
    relief.add([(fore + 46, -9), (fore + 62, -9), (fore + 66, 32), (fore + 46, 26)], 9, "metal", bevel=2)
    relief.add([(long - 40, 28), (long - 4, 26), (long - 8, 36), (long - 36, 40)], 7, "small", bevel=1.5)
    front_post(relief, end - 16, p["barrel_height"] / 2 - 1, {**p, "front_sight": 36})
    if p["stock_style"] < 0.7:
        butt(relief, 2, 12, {**p, "grip_angle": 60, "stock_drop": p["stock_drop"] + 12}, neck=34, wrist=10)
    else:
        modern_stock(relief, p, 0, -4)
    scope(relief, long * 0.5, 34, p)


def _wooden(relief: Relief, p: Shape, fore: float, low: float) -> None:
    """One-piece stock below a receiver that begins at x = 0."""
    long, h = p["receiver"], p["fore_end_height"]
    belly = [
        (-8, 3),
        (long * 0.4, 4),
        (fore - 12, 3),
        (fore, -3),
        (fore - 6, -h * 0.6),
        (fore - 30, -h * 0.72),
        (long, low),
        (long * 0.3, low - 2),
        (-8, low + 2),
    ]
    relief.add(smooth(belly, rounds=1), 21, "stock", lathe="x", power=2.4)
    if p["fore_end_style"] > 0.75 and fore > long + 200:
        for x in (long + (fore - long) * 0.55, fore - 16):
            relief.add(box(x, -h * 0.74, x + 14, p["barrel_height"] / 2 + 3), 19, "metal", lathe="x")


def _bolt(relief: Relief, p: Shape) -> None:
    long = p["receiver"]
    end, fore, low = (long + p["barrel"], long + p["fore_end"] * p["barrel"], -p["receiver_height"] - 2)
    tube(relief, long - 10, end, 0, width=p["barrel_height"] * 1.35, taper=0.7)
    tube(relief, -22, long, 0, width=p["thickness"] * 0.95)
    tube(relief, -44, -18, 1, width=22, slot="small")
    brake(relief, end, 0, p["barrel_height"] * 0.46, p["muzzle"] * (0.55 if p["wood"] > 0.6 else 1))
    magazine(relief, long * 0.92, low + 6, {**p, "magazine_width": p["magazine_width"]}, half=13)
    _wooden(relief, p, fore, low)
    thumb = p["stock_style"] > 0.85
    butt(relief, -2, 0, p, neck=-low - 4, wrist=62)
    if thumb:
        relief.cut(smooth([(-52, -34), (-118, -34), (-120, -58), (-74, -62)], rounds=2))
    guard(relief, long * 0.5, long * 0.5 - p["guard"] * 1.1, low - 1, p, slot="metal")
    port(relief, long * 0.36, long * 0.76, -3, 15, p)
    if p["side"] == "right":
        x = 6 + 20 * p["handle"]
        relief.add(band([(x, 2), (x - 6, -14), (x - 14, -34)], [12, 9, 8]), 24, "small", bevel=4)
        relief.add(disc(x - 16, -38, 9), 30, "small", lathe="y")
    if p["scope"] > 0.35:
        scope(relief, long * 0.45, 15, {**p, "scope": max(p["scope"], 0.73)})
    else:
        relief.add([(long + 10, 10), (long + 34, 10), (long + 30, 20), (long + 16, 20)], 8, "small", bevel=2)
    front_post(relief, end - 18, p["barrel_height"] * 0.4, {**p, "front_sight": p["front_sight"] * 0.5})


def _lever(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    end, fore = long + p["barrel"], long + p["fore_end"] * p["barrel"]
    low = 18 - p["receiver_height"]
    tube(relief, long - 8, end, 4, width=p["barrel_height"] * 1.2, taper=0.8)
    tube(relief, long - 8, end - 6 - 0.3 * p["barrel"] * (p["muzzle"] > 0.7), -14, width=15)
    brake(relief, end, 4, p["barrel_height"] * 0.47, 0)
    for x in (end - 24, fore + 6):
        relief.add(box(x, -22, x + 9, 13), 10, "metal", bevel=2)
    fore_low = -6 - p["fore_end_height"] * 0.6
    relief.add(
        smooth(
            [
                (long - 2, 2),
                (fore, 2),
                (fore, fore_low + 3),
                (long + 20, fore_low - 2),
                (long - 2, fore_low - 2),
            ],
            rounds=1,
        ),
        17,
        "stock",
        lathe="x",
        power=2.4,
    )
    butt(relief, 4, 10, p, neck=38, wrist=50)
    receiver = [(0, low + 8), (18, low), (long, low + 6), (long, 16), (40, 18), (16, 12), (-6, 8)]
    relief.add(smooth(receiver, rounds=1), half, "frame", bevel=3)
    loop = [
        (long * 0.62, low + 4),
        (long * 0.6, low - 18),
        (long * 0.5, low - 26),
        (long * 0.3, low - 26),
        (long * 0.18, low - 14),
        (0, low - 30),
        (-34, low - 46),
        (-58, low - 46),
        (-62, low - 34),
        (-30, low - 22),
        (-4, low + 2),
    ]
    relief.add(band(loop, 6.5, rounds=3), 6, "small", bevel=2.4)
    relief.add(
        band([(long * 0.34, low + 3), (long * 0.32, low - 9), (long * 0.37, low - 19)], [6, 4, 3]),
        3.5,
        "small",
        bevel=1.5,
    )
    relief.add(smooth([(14, 10), (6, 26), (-10, 30), (-4, 22), (0, 8)], rounds=2), 4.5, "small", bevel=1.8)
    if p["side"] == "right":
        relief.carve(smooth(box(long * 0.42, 0, long * 0.82, 11), rounds=2), 2, slot="small")
    for x, y in ((26, low + 14), (long * 0.7, low + 12), (long * 0.45, -2)):
        screw(relief, x, y, 2.6, slot="metal")
    front_post(relief, end - 14, 10, {**p, "front_sight": p["front_sight"] * 0.35})
    relief.add([(fore - 60, 12), (fore - 40, 12), (fore - 42, 20), (fore - 50, 20)], 4, "small", bevel=1)
    if p["scope"] > 0.8:
        scope(relief, long * 0.5, 17, p)
