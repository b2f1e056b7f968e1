"""Which photographs of firearms the web has: rows of a table, each of which determines a picture."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .composites import _CAMERA
from .firearm import draw_view, individual
from .firearm_finishes import grip_finish_of, metal_finish_of
from .hashing import normal, seeds, uniform
from .look_alikes import LOOK_ALIKES
from .retrieval_pictures import SURFACES
from .scene_parameters import drawn, fixed
from .scenes import sample_scenes

SETTINGS = ("shop", "surface", "scene", "held")
PLACES = ("room", "street", "aisle")
COPIED = {"copy_crop": 0.0, "copy_bright": 1.0, "copy_shrink": 1.0, "copy_jpeg": 0.0}
"""What a copy has gone through, and the values that change nothing."""
_LONG = ("rifle", "shotgun", "submachine gun")


def photographs(
    models: pd.DataFrame, counts: list[int], *, backgrounds: int, seed: int, first: list[int] | None = None
) -> pd.DataFrame:
    """Draw so many photographs of each model: a firearm is taken once or a few times at one place.

    Rows are in the order of the models, those of a firearm together, which is faster to render. A model that comes
    twice needs another number of its `first` firearm.
    """
    lines = [
        line
        for model, count, number in zip(
            models.to_dict("records"), counts, first or [0] * len(models), strict=True
        )
        for line in _of_model(model, count, number, seed)
    ]
    table = pd.DataFrame(lines).rename(columns={"seed": "cutout_seed"})
    own = table["cutout_seed"].to_numpy()
    table["seed"] = seeds(own, "photograph")
    _placed(table, own)
    _behind(table, backgrounds, seed)
    for name in _CAMERA:
        has = uniform(own, f"{name}_share") < fixed(f"{name}_share", "web")
        table[name] = np.where(has, np.round(drawn(name, "web", own), 3), 0.0)
    table["picture"] = [f"{value:015x}" for value in table["seed"].tolist()]
    table["source_picture"] = table["picture"]
    table["grey"], table["copy"] = False, False
    return table.assign(**COPIED)


def as_copies(rows: pd.DataFrame, own: NDArray[np.int64]) -> pd.DataFrame:
    """Say how pictures were changed by those who put them up once more."""
    changes = {name: np.round(drawn(name, "web", own), 3) for name in COPIED}
    return rows.assign(picture=[f"{value:015x}" for value in own.tolist()], copy=True, **changes)


def _of_model(model: dict[Any, Any], count: int, number: int, seed: int) -> list[dict[str, object]]:
    """Photographs of one model: individuals one after the other until there are enough."""
    lines: list[dict[str, object]] = []
    usual = int(seeds(seed, "usual finish", str(model["model"])))
    while len(lines) < count:
        firearm = individual(model, number, seed)
        own = int(str(firearm["firearm_seed"]))
        if uniform(own, "usual finish") < fixed("usual_finish", "web"):
            metal = metal_finish_of(str(model["type"]), usual)
            firearm["finish"] = "blued" if metal == "gold" else metal  # only single ones are of gold
            firearm["grip_finish"] = grip_finish_of(str(model["type"]), float(model["wood"]), usual)
        place = float(uniform(own, "setting"))
        setting = SETTINGS[int(np.searchsorted(np.cumsum([fixed(n, "web") for n in SETTINGS[:3]]), place))]
        side = "right" if uniform(own, "side") < 0.5 else "left"
        series = max(round(count * float(drawn("series", "web", own))), 1)
        views = min(series, count - len(lines))
        cloth = 0.0 if setting in ("shop", "held") else fixed("cloth", "web")
        for view in range(views):
            seen = draw_view(own, view, fixed("pose", f"web {setting}"), float(setting == "held"), cloth)
            seen["colourfulness"] = max(
                float(str(seen["colourfulness"])), 0.7
            )  # grey ones are grey as a whole
            lines.append({**firearm, **seen, "side": side, "setting": setting})
        number += 1
    return lines


def _placed(table: pd.DataFrame, own: NDArray[np.int64]) -> None:
    """Draw the shape of each picture, and where in it the firearm lies, how large and how turned."""
    long, held = table["type"].isin(_LONG).to_numpy(), (table["setting"] == "held").to_numpy()

    def of_setting(name: str) -> NDArray[np.float64]:
        values = np.stack([drawn(name, f"web {setting}", own) for setting in SETTINGS])
        return values[table["setting"].map(SETTINGS.index), np.arange(len(table))]

    portrait = uniform(own, "portrait") < fixed("portrait", "web") * np.where(long & ~held, 0.5, 1)
    wide = drawn("wide", "web", own) ** np.where(long & ~held & ~portrait, 1.25, 1)
    aspect = np.where(portrait, 1 / wide, wide)
    aspect = np.where(uniform(own, "square") < fixed("square", "web"), 1.0, aspect)
    angle = of_setting("turn_deg") * np.clip(normal(own, "turn"), -3, 3)
    across = np.where(
        np.abs(np.sin(np.radians(angle))) > 0.7, np.minimum(1 / aspect, 1), np.minimum(aspect, 1)
    )
    detail = uniform(own, "detail") < fixed("detail", "web")
    fill = np.where(detail, drawn("detail_fill", "web", own), of_setting("fill"))
    off = np.maximum(of_setting("off_centre"), 0.5 * np.maximum(fill - 0.9, 0))
    for name, values, digits in (
        ("aspect", aspect, 4),
        ("pixels", drawn("pixels", "web", own), 0),
        ("scale", fill * across, 4),
        ("angle_deg", angle, 2),
        ("x", 0.5 + np.clip(off * normal(own, "x"), -0.4, 0.4), 4),
        ("y", 0.5 + np.clip(off * normal(own, "y"), -0.35, 0.35), 4),
    ):
        table[name] = np.round(values, digits)
    table["pixels"] = table["pixels"].astype(int)
    kinds = np.array(LOOK_ALIKES)[(uniform(own, "thing") * len(LOOK_ALIKES)).astype(int)]
    beside = table["setting"].isin(["surface", "scene"]) & (uniform(own, "beside") < fixed("beside", "web"))
    table["beside"] = np.where(beside, kinds, "")


def _behind(table: pd.DataFrame, backgrounds: int, seed: int) -> None:
    """Draw what is behind: the same for all photographs of a firearm, and for firearms taken at the same place."""
    firearm = table["firearm_seed"].to_numpy()
    number = (uniform(firearm, "background") * backgrounds).astype(int)
    scenes = sample_scenes(backgrounds, seed=int(seeds(seed, "retrieval scenes")), kinds=PLACES)
    scenes = scenes.iloc[number]
    for name, values in scenes.reset_index(drop=True).add_prefix("scene_").items():
        table[name] = values
    table["ground_seed"] = seeds(seed, "ground", number)
    table["surface"] = np.array(SURFACES)[(uniform(table["ground_seed"], "kind") * len(SURFACES)).astype(int)]
    table["surface"] = table["surface"].where(table["setting"] == "surface", "")
    place = table["setting"].map(lambda name: f"{name} " if name in ("shop", "surface") else "")
    ground = pd.Series(number, index=table.index).map("{:03d}".format)
    table["background"] = place + ground.where(place != "", table.pop("scene_scene"))
