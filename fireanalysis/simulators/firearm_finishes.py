"""Finishes of metal, polymer and wood, and which of them a firearm has."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .hashing import uniform


@dataclass(frozen=True)
class Finish:
    """Look of a material: colour, how metallic, how rough, its texture and how deep that is in millimetres."""

    colour: tuple[float, float, float]
    metal: float
    rough: float
    texture: str = "grain"
    depth: float = 0.005
    mottle: float = 0.1


FINISHES = {
    "blued": Finish((0.03, 0.036, 0.055), 0.8, 0.2, mottle=0.1),
    "black": Finish((0.014, 0.014, 0.016), 0.45, 0.4, mottle=0.08),
    "parkerised": Finish((0.085, 0.088, 0.078), 0.35, 0.62, "sand", 0.02),
    "nickel": Finish((0.78, 0.76, 0.72), 1.0, 0.12, mottle=0.06),
    "stainless": Finish((0.5, 0.5, 0.49), 1.0, 0.34, "brushed", 0.004, 0.04),
    "case-hardened": Finish((0.22, 0.2, 0.17), 0.8, 0.28, "mottled", 0.005, 0.7),
    "grey": Finish((0.17, 0.175, 0.18), 0.6, 0.5),
    "plum": Finish((0.12, 0.075, 0.06), 0.6, 0.4, mottle=0.4),
    "gold": Finish((0.85, 0.56, 0.17), 1.0, 0.2),
    "brass": Finish((0.62, 0.42, 0.14), 1.0, 0.3, mottle=0.3),
    "polymer black": Finish((0.014, 0.014, 0.015), 0.0, 0.55, "stipple", 0.035),
    "polymer green": Finish((0.075, 0.08, 0.04), 0.0, 0.6, "stipple", 0.035),
    "polymer tan": Finish((0.34, 0.25, 0.15), 0.0, 0.6, "stipple", 0.035),
    "polymer grey": Finish((0.13, 0.135, 0.14), 0.0, 0.58, "stipple", 0.035),
    "rubber": Finish((0.011, 0.011, 0.012), 0.0, 0.75, "checkered", 0.25),
    "walnut": Finish((0.2, 0.085, 0.035), 0.0, 0.3, "wood", 0.04, 0.6),
    "light wood": Finish((0.45, 0.22, 0.08), 0.0, 0.3, "wood", 0.03, 0.5),
    "red wood": Finish((0.3, 0.08, 0.03), 0.0, 0.25, "wood", 0.03, 0.6),
    "dark wood": Finish((0.06, 0.03, 0.018), 0.0, 0.32, "wood", 0.04, 0.6),
    "ivory": Finish((0.75, 0.68, 0.52), 0.0, 0.25, "grain", 0.008, 0.15),
    "horn": Finish((0.05, 0.04, 0.035), 0.0, 0.3, "checkered", 0.2),
    "hole": Finish((0.008, 0.008, 0.008), 0.0, 0.9),
}


_METALS = {
    "pistol": {
        "black": 0.42,
        "blued": 0.16,
        "stainless": 0.18,
        "parkerised": 0.1,
        "nickel": 0.06,
        "grey": 0.04,
        "gold": 0.02,
        "case-hardened": 0.02,
    },
    "revolver": {
        "blued": 0.42,
        "stainless": 0.2,
        "nickel": 0.14,
        "case-hardened": 0.08,
        "plum": 0.08,
        "gold": 0.03,
        "parkerised": 0.05,
    },
    "rifle": {"black": 0.4, "blued": 0.3, "parkerised": 0.22, "stainless": 0.08},
    "shotgun": {"blued": 0.5, "black": 0.25, "parkerised": 0.1, "nickel": 0.08, "stainless": 0.07},
    "submachine gun": {"black": 0.5, "parkerised": 0.35, "blued": 0.15},
}


_PLASTICS = {
    "polymer black": 0.66,
    "polymer tan": 0.12,
    "polymer green": 0.1,
    "polymer grey": 0.06,
    "rubber": 0.06,
}


_WOODS = {"walnut": 0.4, "light wood": 0.2, "red wood": 0.2, "dark wood": 0.2}


_CURIOS = {"ivory": 0.5, "horn": 0.5}


def grip_finish_of(kind: str, wood: float, seed: int) -> str:
    """Draw the finish of grip and stock, of wood the likelier the more `wood` a model has."""
    if wood > 0.45:
        return _picked(_WOODS, seed, "wood")
    return _picked(_CURIOS if wood > 0.36 and kind in ("pistol", "revolver") else _PLASTICS, seed, "plastic")


def finishes(kind: str, p: dict[str, Any], finish: str, grip_finish: str, seed: int) -> tuple[Finish, ...]:
    """Choose a finish for every slot: none, metal, frame, grip, stock, small, dark, accent, check."""
    small = finish if uniform(seed, "small") < 0.5 else "black" if finish not in ("gold",) else "gold"
    frame = finish
    grip = stock = grip_finish
    if kind == "pistol" and p["form"] == "striker":
        frame = grip = grip_finish if grip_finish.startswith("polymer") else "polymer black"
    elif uniform(seed, "two-tone") < 0.12 and kind != "rifle":
        frame = "nickel" if finish in ("blued", "black") else "brass" if kind == "revolver" else finish
    if kind in ("rifle", "submachine gun", "shotgun") and p["form"] not in (
        "bolt",
        "lever",
        "pump",
        "double barrel",
        "self loading",
    ):
        grip = grip_finish if grip_finish.startswith("polymer") else "polymer black"
    if kind in ("rifle", "shotgun") and p["form"] in (
        "bolt",
        "lever",
        "pump",
        "double barrel",
        "self loading",
    ):
        grip = "rubber"
        if p["form"] == "double barrel" and uniform(seed, "receiver") < 0.5:
            frame = ("nickel", "case-hardened", "stainless")[int(uniform(seed, "which") * 3)]
    accent = "brass" if grip_finish in FINISHES and uniform(seed, "accent") < 0.4 else "stainless"
    cut = FINISHES[stock if kind in ("rifle", "shotgun") else grip]
    darker = (0.75 * cut.colour[0], 0.75 * cut.colour[1], 0.75 * cut.colour[2])
    check = replace(cut, colour=darker, texture="checkered", depth=0.25)
    names = ("hole", finish, frame, grip, stock, small, "hole", accent)
    return (*(FINISHES[name] for name in names), check)


def _picked(shares: dict[str, float], seed: int, name: str) -> str:
    ends = np.cumsum(list(shares.values()))
    return list(shares)[int(np.searchsorted(ends, uniform(seed, name) * ends[-1]))]


def metal_finish_of(kind: str, seed: int) -> str:
    """Draw the finish of the metal of a firearm of a type."""
    return _picked(_METALS[kind], seed, "finish")
