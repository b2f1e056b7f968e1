"""Reliefs of rifles, shotguns and submachine guns: only outlines and looks."""

import numpy as np

from .firearm_parts import (
    Shape,
    brake,
    butt,
    guard,
    lettering,
    magazine,
    pick,
    pistol_grip,
    rail,
    scope,
    screw,
    tube,
)
from .firearm_relief import Relief, band, box, disc, smooth


def rifle(relief: Relief, p: Shape) -> None:
    """Draw a rifle by its form."""
    {"carbine": _carbine, "curved magazine": _curved, "bolt": _bolt, "lever": _lever}[p["form"]](relief, p)


def shotgun(relief: Relief, p: Shape) -> None:
    """Draw a shotgun by its form."""
    (_double if p["form"] == "double barrel" else _pump)(relief, p)


def submachine_gun(relief: Relief, p: Shape) -> None:
    """Draw a submachine gun by its form."""
    {"box": _box, "tube": _tube, "roller": _roller}[p["form"]](relief, p)


def _front_post(relief: Relief, x: float, base: float, p: Shape) -> None:
    tall = 8 + 0.6 * p["front_sight"]
    outline = [(x - 9, base), (x + 7, base), (x + 3, base + tall), (x - 2, base + tall)]
    relief.add(outline, 5, "small", bevel=1.5)
    if p["front_sight"] > 22:
        relief.cut(
            [(x - 4, base + 4), (x + 3, base + 4), (x + 1, base + tall * 0.6), (x - 1, base + tall * 0.6)]
        )


def _port(relief: Relief, left: float, right: float, low: float, high: float, p: Shape) -> None:
    if p["side"] == "right":
        relief.carve(smooth(box(left, low, right, high), rounds=1), 4, slot="small")
        relief.carve(box(left + 2, (low + high) / 2 - 3, right - 2, (low + high) / 2 + 3), -1.5, slot="metal")


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
    relief.add(lower[2:4] + [(long - 8 - well, -22), (long - 7, -22)], half, "frame", bevel=2)
    upper = [(-2, -12), (long, -12), (long, 17), (4, 17), (-2, 12)]
    relief.add(upper, half, "metal", bevel=4)
    _port(relief, long * 0.45, long * 0.76, -7, 9, p)
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
    _front_post(
        relief, min(fore + 14, end - 20), p["barrel_height"] / 2 - 1, {**p, "front_sight": p["front_sight"]}
    )
    _modern_stock(relief, p, -2, 0.0)
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


def _modern_stock(relief: Relief, p: Shape, x: float, drop: float) -> None:
    length, height = p["stock"], p["stock_height"]
    if length < 120:
        return
    tube(relief, x - length * 0.8, x + 4, drop, width=29, slot="small")
    rear, style = x - length, p["stock_style"]
    if style < 0.3:  # fixed
        outline = [
            (x, 16),
            (rear + 8, 14),
            (rear, 10),
            (rear, 14 - height),
            (rear + 26, 16 - height),
            (x - 30, -28),
            (x, -22),
        ]
        relief.add(smooth(outline, rounds=1), 19, "stock", lathe="x", power=3)
    else:
        neck = length * (0.3 if style < 0.7 else 0.4)
        outline = [
            (x - neck, 19),
            (rear + 3, 19),
            (rear - 2, 12),
            (rear, 14 - height),
            (rear + 14, 14 - height),
            (rear + 40, -height * 0.42),
            (x - neck - 10, -26),
            (x - neck, -20),
        ]
        relief.add(smooth(outline, rounds=1), 19, "stock", bevel=7)
        if style > 0.5:
            hole = [
                (rear + 20, -16),
                (x - neck - 24, -22),
                (rear + 34, -height * 0.38),
                (rear + 18, -height * 0.55),
            ]
            relief.cut(smooth(hole, rounds=1))
        relief.carve(band([(x - neck - 10, -8), (rear + 16, -8)], 3), 1.2)
    relief.add(box(rear - 7, 14 - height, rear + 2, 17), 20, "grip", bevel=5)


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
    _port(relief, long * 0.42, long * 0.78, 10, 22, p)
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
    _front_post(relief, end - 16, p["barrel_height"] / 2 - 1, {**p, "front_sight": 36})
    if p["stock_style"] < 0.7:
        butt(relief, 2, 12, {**p, "grip_angle": 60, "stock_drop": p["stock_drop"] + 12}, neck=34, wrist=10)
        pistol_mark(relief, p, long, low)
    else:
        _modern_stock(relief, p, 0, -4)
    scope(relief, long * 0.5, 34, p)


def pistol_mark(relief: Relief, p: Shape, long: float, low: float) -> None:
    """Hands hold the pistol grip, not the stock's wrist."""
    x = long - 56 - p["magazine_width"] - p["guard"]
    angle = np.radians(p["grip_angle"])
    relief.marks["grip"] = (
        x - np.sin(angle) * p["grip"] * 0.42,
        low + 4 - np.cos(angle) * p["grip"] * 0.42,
        p["grip_angle"],
    )


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
    end, fore, low = long + p["barrel"], long + p["fore_end"] * p["barrel"], -p["receiver_height"] - 2
    tube(relief, long - 10, end, 0, width=p["barrel_height"] * 1.35, taper=0.7)
    tube(relief, -22, long, 0, width=33)
    tube(relief, -44, -18, 1, width=22, slot="small")
    brake(relief, end, 0, p["barrel_height"] * 0.46, p["muzzle"] * (0.55 if p["wood"] > 0.6 else 1))
    magazine(relief, long * 0.92, low + 6, {**p, "magazine_width": p["magazine_width"]}, half=13)
    _wooden(relief, p, fore, low)
    thumb = p["stock_style"] > 0.85
    butt(relief, -2, 0, p, neck=-low - 4, wrist=62)
    if thumb:
        relief.cut(smooth([(-52, -34), (-118, -34), (-120, -58), (-74, -62)], rounds=2))
    guard(relief, long * 0.5, long * 0.5 - p["guard"] * 1.1, low - 1, p, slot="metal")
    _port(relief, long * 0.36, long * 0.76, -3, 15, p)
    if p["side"] == "right":
        x = 6 + 20 * p["handle"]
        relief.add(band([(x, 2), (x - 6, -14), (x - 14, -34)], [12, 9, 8]), 24, "small", bevel=4)
        relief.add(disc(x - 16, -38, 9), 30, "small", lathe="y")
    if p["scope"] > 0.35:
        scope(relief, long * 0.45, 15, {**p, "scope": max(p["scope"], 0.73)})
    else:
        relief.add([(long + 10, 10), (long + 34, 10), (long + 30, 20), (long + 16, 20)], 8, "small", bevel=2)
    _front_post(relief, end - 18, p["barrel_height"] * 0.4, {**p, "front_sight": p["front_sight"] * 0.5})


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
    butt(relief, 4, 10, {**p, "stock_style": p["stock_style"] * 0.4}, neck=38, wrist=50)
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
    _front_post(relief, end - 14, 10, {**p, "front_sight": p["front_sight"] * 0.35})
    relief.add([(fore - 60, 12), (fore - 40, 12), (fore - 42, 20), (fore - 50, 20)], 4, "small", bevel=1)
    if p["scope"] > 0.8:
        scope(relief, long * 0.5, 17, p)


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
    _port(relief, long * 0.5, long * 0.88, 0, 14, p)
    guard(relief, long * 0.52, long * 0.52 - p["guard"] * 1.1, low, p, slot="small")
    if p["stock_style"] > 0.72:
        pistol_grip(relief, 6, low + 10, {**p, "grip": 90, "grip_angle": 34})
        if p["stock_style"] < 0.9:
            butt(relief, 2, 10, {**p, "grip_angle": 60}, neck=34, wrist=14)
            relief.marks["grip"] = (-24.0, low - 28, 34.0)
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


def _wire_stock(relief: Relief, p: Shape, x: float, y: float) -> None:
    """Folding stock of wire or stamped strips."""
    rear, drop = x - p["stock"], p["stock_drop"]
    height = p["stock_height"] * 0.8
    relief.add(
        band([(x + 4, y), (rear, y - drop * 0.4), (rear - 2, y - drop * 0.4 - height)], 9, rounds=1),
        6,
        "small",
        bevel=3,
    )
    relief.add(
        band(
            [(x + 4, y - 14), (rear + 40, y - drop * 0.4 - 22), (rear + 2, y - drop * 0.4 - height * 0.5)],
            7,
            rounds=1,
        ),
        6,
        "small",
        bevel=3,
    )


def _box(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    low = 20 - p["receiver_height"]
    tube(relief, long - 4, long + p["barrel"], 2, width=p["barrel_height"] * 1.2)
    relief.add(box(long - 4, -12, long + 18, 16), 14, "metal", lathe="x")
    brake(relief, long + p["barrel"], 2, p["barrel_height"] * 0.6, p["muzzle"] * 0.8)
    at = long * (0.38 + 0.16 * p["handle"])
    relief.add(box(0, low, long, 20), half, "metal", bevel=4)
    relief.carve(box(8, 3, long - 10, 5.5), 1.5)
    for x in np.arange(16, long - 40, 40):
        relief.carve(smooth(box(x, low + 4, x + 26, low + 9), rounds=1), -1)
    _port(relief, at + 8, at + 58, 2, 15, p)
    relief.add(box(at + 20, 18, at + 34, 27), 8, "small", bevel=2)
    guard(relief, at + p["grip_width"] * 0.5 + p["guard"], at + p["grip_width"] * 0.5, low + 1, p)
    axis = pistol_grip(relief, at, low + 4, {**p, "grip_style": 0.0}, slot="grip")
    bottom = axis(p["grip"], 0.0)
    magazine(relief, float(bottom[0]) + p["magazine_width"] / 2, float(bottom[1]), p, half=11)
    if p["fore_end"] > 0.2:
        left = at + p["grip_width"] * 0.6 + p["guard"] + 4
        relief.add(
            smooth(box(left, low - 14, long - 2, low + 18), rounds=1), half + 1, "grip", lathe="x", power=3
        )
        for x in np.arange(left + 10, long - 12, 12):
            relief.carve(box(x, low - 12, x + 4, low + 14), 1.5)
    relief.add([(long - 24, 18), (long - 8, 18), (long - 10, 34), (long - 20, 34)], 8, "small", bevel=2)
    relief.add([(4, 18), (26, 18), (22, 33), (8, 33)], 9, "small", bevel=2)
    if p["stock"] > 110:
        if p["wood"] > 0.75:
            butt(relief, 2, 6, {**p, "grip_angle": 60}, neck=34, wrist=12)
            relief.marks["grip"] = (*axis(p["grip"] * 0.42, 0.0), p["grip_angle"])
        else:
            _wire_stock(relief, p, 0, 0)


def _tube(relief: Relief, p: Shape) -> None:
    long = p["receiver"]
    end, width = long + p["barrel"], p["receiver_height"]
    jacket = p["barrel_height"] > 28
    tube(relief, long - 4, end, 0, width=p["barrel_height"] if jacket else p["barrel_height"] * 0.8)
    if jacket:
        for row, x in ((row, x) for row in (-0.55, 0.0, 0.55) for x in np.arange(long + 10, end - 14, 19)):
            y = row * p["barrel_height"] / 2 + 0.0
            relief.carve(
                smooth(box(x + 5 * (row != 0), y - 2.6, x + 12 + 5 * (row != 0), y + 2.6), rounds=2),
                3,
                slot="dark",
            )
    brake(relief, end, 0, p["barrel_height"] * (0.5 if jacket else 0.4), p["muzzle"] * 0.7)
    tube(relief, 0, long, 0, width=width, slot="metal")
    relief.carve(box(30, 4, long - 60, 10), 3, slot="dark")
    relief.add(box(long * 0.45, 2, long * 0.45 + 9, 12), width / 2 + 14, "small", bevel=3)
    _port(relief, long * 0.66, long * 0.84, -6, 8, p)
    at = long * 0.3
    trigger = [
        (at - 34, -width / 2 + 4),
        (at + 70, -width / 2 + 4),
        (at + 66, -width / 2 - 12),
        (at - 30, -width / 2 - 12),
    ]
    relief.add(trigger, 13, "frame", bevel=2)
    guard(relief, at + 22 + p["guard"], at + 22, -width / 2 - 10, p)
    if p["magazine_curve"] > 24:
        relief.add(disc(long * 0.8, -width / 2 - 46, 52), 26, "small", bevel=5)
        relief.carve(disc(long * 0.8, -width / 2 - 46, 36), 2)
        relief.carve(disc(long * 0.8, -width / 2 - 46, 9), -3, slot="small")
        relief.add(
            box(long * 0.8 - 16, -width / 2 - 20, long * 0.8 + 16, -width / 2 + 6), 18, "frame", bevel=2
        )
    else:
        relief.add(
            box(
                long * 0.8 - p["magazine_width"] * 0.7,
                -width / 2 - 26,
                long * 0.8 + p["magazine_width"] * 0.7,
                -width / 2 + 6,
            ),
            16,
            "frame",
            bevel=2,
        )
        magazine(relief, long * 0.8 + p["magazine_width"] / 2, -width / 2 - 20, p, half=11)
    if p["fore_end"] > 0.25:
        left, h = long * 0.8 + 40, p["fore_end_height"]
        if p["fore_end"] > 0.45:
            pistol_grip(
                relief,
                left + 34,
                -width / 2 + 4,
                {**p, "grip_angle": -6, "grip": p["grip"] * 0.85},
                slot="stock",
            )
        fore = [
            (left, 2),
            (left + p["fore_end"] * 260, 0),
            (left + p["fore_end"] * 250, -h * 0.55),
            (left, -h * 0.7),
        ]
        relief.add(smooth(fore, rounds=1), width / 2, "stock", lathe="x", power=2.4)
    if p["stock_style"] < 0.5:
        pistol_grip(relief, at, -width / 2 - 8, p, slot="stock")
        grip = relief.marks["grip"]
        butt(relief, 2, 8, {**p, "grip_angle": 60}, neck=34, wrist=12)
        relief.marks["grip"] = grip
    elif p["stock_style"] < 0.8:
        pistol_grip(relief, at, -width / 2 - 8, p)
        _wire_stock(relief, p, 2, 0)
    else:
        butt(relief, at, -width / 2 + 10, {**p, "stock": p["stock"] + at}, neck=36, wrist=70)
    relief.add(
        [
            (end - 22, p["barrel_height"] * 0.36),
            (end - 8, p["barrel_height"] * 0.36),
            (end - 10, 30),
            (end - 16, 30),
        ],
        5,
        "small",
        bevel=1.5,
    )
    relief.add(
        [(14, width / 2 - 3), (34, width / 2 - 3), (30, width / 2 + 11), (18, width / 2 + 11)],
        7,
        "small",
        bevel=2,
    )


def _roller(relief: Relief, p: Shape) -> None:
    long, half = p["receiver"], p["thickness"] / 2
    end, fore = long + p["barrel"], long + p["fore_end"] * p["barrel"]
    tube(relief, long - 4, end, -4, width=p["barrel_height"])
    brake(relief, end, -4, p["barrel_height"] * 0.5, p["muzzle"])
    tube(relief, long * 0.5, fore - 6, 21, width=19)
    tube(relief, 0, long, 6, width=37, slot="metal")
    low = 20 - p["receiver_height"]
    relief.add(
        [(0, low - 6), (long * 0.46, low - 6), (long * 0.5, low + 8), (long, low + 6), (long, 4), (0, 4)],
        half * 0.95,
        "frame",
        bevel=3,
    )
    relief.carve(box(4, 7, long, 10), 1.2)
    _port(relief, long * 0.42, long * 0.62, 8, 20, p)
    well = long * 0.86
    relief.add(
        box(well - p["magazine_width"] - 8, low - 22, well + 6, low + 10), half * 0.75, "frame", bevel=2.5
    )
    magazine(relief, well, low - 16, p, half=11)
    guard(relief, well - p["magazine_width"] - 10, well - p["magazine_width"] - 10 - p["guard"], low - 4, p)
    pistol_grip(relief, well - p["magazine_width"] - 24 - p["guard"], low - 2, p, slot="grip")
    h = p["fore_end_height"]
    outline = [
        (long - 4, 8),
        (fore, 8),
        (fore + 2, 6 - h * 0.6),
        (fore - 16, 6 - h),
        (long + 10, 4 - h),
        (long - 4, 8 - h * 0.8),
    ]
    relief.add(smooth(outline, rounds=1), half * 1.02, "grip", lathe="x", power=2.6)
    for x in np.arange(long + 12, fore - 10, 10):
        relief.carve(box(x, -h * 0.5, x + 4, -h * 0.05), 1.4)
    relief.add(disc(min(fore - 4, end - 10), 20, 14), 9, "small", bevel=3)
    relief.cut(disc(min(fore - 4, end - 10), 22, 8.5))
    relief.add([(8, 22), (36, 22), (32, 40), (14, 40)], 10, "small", bevel=3)
    if p["stock"] > 110:
        if p["stock_style"] < 0.5:
            _modern_stock(relief, {**p, "stock_style": 0.1}, 2, 6)
        else:
            _wire_stock(relief, p, 0, 14)
    else:
        relief.add(smooth(box(-12, low - 4, 2, 22), rounds=1), half, "grip", bevel=5)
    rail(relief, long * 0.2, long * 0.6, 24) if p["rib"] > 0.5 else None
    scope(relief, long * 0.4, 26, p)
