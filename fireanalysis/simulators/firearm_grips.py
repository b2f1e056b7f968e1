"""Grips and stocks that several forms of firearm share: only outlines and looks. Lengths in millimetres."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from .firearm_parts import Shape, pick, smooth_line, tube
from .firearm_relief import Relief, band, box, smooth

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
    "fingers": [
        (0, 0.36),
        (0.14, 0.5),
        (0.26, 0.38),
        (0.4, 0.51),
        (0.54, 0.4),
        (0.68, 0.49),
        (0.84, 0.42),
        (0.95, 0.46),
        (1, 0.38),
    ],
    "bird": [(-0.1, 0.4), (0.15, 0.34), (0.5, 0.42), (0.8, 0.5), (0.95, 0.42), (1, 0.2)],
    "plow": [(-0.16, 0.2), (-0.02, 0.4), (0.2, 0.36), (0.55, 0.4), (0.85, 0.5), (0.95, 0.54), (1, 0.46)],
    "straight": [(-0.1, 0.5), (0.15, 0.47), (0.5, 0.48), (1, 0.5)],
    "palm": [(-0.1, 0.45), (0.15, 0.4), (0.45, 0.5), (0.8, 0.42), (1, 0.5)],
}


class Axis:
    """Places along and across a line that leans to the rear."""

    def __init__(self, x: float, y: float, angle_deg: float) -> None:
        angle = np.radians(angle_deg)
        self.angle_deg, self.start = angle_deg, np.array((x, y))
        self.down = np.array((-np.sin(angle), -np.cos(angle)))
        self.forward = np.array((np.cos(angle), -np.sin(angle)))

    def __call__(self, along: Any, across: Any) -> NDArray[np.float64]:
        """Give x and y of places (n,) so far down the axis and so far in front of it."""
        along, across = np.broadcast_arrays(np.asarray(along, float), np.asarray(across, float))
        return np.asarray(self.start + along[..., None] * self.down + across[..., None] * self.forward)

    def further(self, along: float, across: float = 0.0) -> "Axis":
        """Give the parallel axis that starts at a place of this one."""
        x, y = self(along, across)
        return Axis(x, y, self.angle_deg)


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
    if "grip" not in relief.marks:
        relief.marks["grip"] = (x - wrist * 0.8, hold - neck * 0.6, 62.0)


def modern_stock(relief: Relief, p: Shape, x: float, drop: float) -> None:
    """Add a stock on a tube: fixed, or one that slides, with or without a hole."""
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


def wire_stock(relief: Relief, p: Shape, x: float, y: float) -> None:
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
