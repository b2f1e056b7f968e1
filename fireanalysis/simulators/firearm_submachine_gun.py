"""Reliefs of submachine guns: only outlines and looks."""

import numpy as np

from .firearm_grips import butt, modern_stock, pistol_grip, wire_stock
from .firearm_parts import Shape, brake, guard, magazine, port, rail, scope, tube
from .firearm_relief import Relief, box, disc, smooth


def submachine_gun(relief: Relief, p: Shape) -> None:
    """Draw a submachine gun by its form."""
    {"box": _box, "tube": _tube, "roller": _roller}[p["form"]](relief, p)


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
    port(relief, at + 8, at + 58, 2, 15, p)
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
        else:
            wire_stock(relief, p, 0, 0)


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
    port(relief, long * 0.66, long * 0.84, -6, 8, p)
    at = long * 0.3
    trigger = [
        (at - 34, -width / 2 + 4),
        (at + 70, -width / 2 + 4),
        (at + 66, -width / 2 - 12),
        (at - 30, -width / 2 - 12),
    ]
    relief.add(trigger, p["thickness"] / 3, "frame", bevel=2)
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
        butt(relief, 2, 8, {**p, "grip_angle": 60}, neck=34, wrist=12)
    elif p["stock_style"] < 0.8:
        pistol_grip(relief, at, -width / 2 - 8, p)
        wire_stock(relief, p, 2, 0)
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
    port(relief, long * 0.42, long * 0.62, 8, 20, p)
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
            modern_stock(relief, {**p, "stock_style": 0.1}, 2, 6)
        else:
            wire_stock(relief, p, 0, 14)
    else:
        relief.add(smooth(box(-12, low - 4, 2, 22), rounds=1), half, "grip", bevel=5)
    rail(relief, long * 0.2, long * 0.6, 24) if p["rib"] > 0.5 else None
    scope(relief, long * 0.4, 26, p)
