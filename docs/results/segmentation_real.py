"""Find real firearms in real surveillance frames with networks that learned from simulated pictures only.

    python docs/results/segmentation_real.py FOLDER STORE

FOLDER holds caltech101_revolver/cutouts (26 cut-outs, 22 handguns) and cctv_backgrounds_intel (48 frames of 6 scenes),
both CC BY 4.0, and negatives_caltech101. The cut-outs are pasted and blended into the frames in every way; one network
is trained for each way of making simulated pictures and tested on all of them. Writes segmentation_real.json: numbers
only, no picture and no figure of one.
"""

import json
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from fireanalysis import loaders, metrics, training, transforms
from fireanalysis.transforms.compositing import Blend

PIXELS, PICTURES, TRAINED_ON, LEAST_PX = 96, 240, 400, 12
RECIPE = training.SegmentationRecipe(
    network="skip_unet",
    encoder="efficientnet_lite0",
    weights="imagenet",
    schedule="cosine",
    learning_rate=2e-3,
    epochs=3,
    batch_size=16,
)
BLENDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "feathered": {"blend": "feathered"},
    "Poisson": {"blend": "poisson"},
    "feathered, light matched": {"blend": "feathered", "match_light": True},
}
ATTRIBUTION = (
    "Caltech 101 (Li, Andreeto, Ranzato, Perona; CC BY 4.0), cut out and grouped for this project; "
    "frames of Intel's sample videos (intel-iot-devkit/sample-videos, CC BY 4.0)"
)


def real_test(
    folder: str | Path,
    *,
    pixels: int = PIXELS,
    seed: int = 0,
    pictures: int = PICTURES,
    blend: Blend = "plain",
    match_light: bool = False,
    median_share: float = 0.01,
) -> loaders.DataSet[loaders.Example]:
    """Place the real cut-outs on the real frames; the same placements for every blend. Group: the scene."""
    root = Path(folder)
    data = loaders.load_composites(
        root / "caltech101_revolver" / "cutouts",
        root / "cctv_backgrounds_intel",
        pictures=pictures,
        blend=blend,
        match_light=match_light,
        median_share=median_share,
        pixels=pixels,
        seed=seed,
    )
    return replace(data, table=data.table.assign(background=_camera(data.table["background"])))


def _camera(scenes: Iterable[str]) -> list[str]:
    """Name the camera of a scene: two of the six videos are of one corridor."""
    return [scene.removesuffix("-and-pause") for scene in scenes]


def free_frames(folder: str | Path, *, pixels: int = PIXELS) -> dict[str, tuple[NDArray, NDArray]]:
    """Give frames without firearm, as they are and with a photograph of something else pasted in; and their scenes."""
    root = Path(folder)
    frames = sorted((root / "cctv_backgrounds_intel").glob("*.jpg"))
    scenes = np.array(_camera(path.stem.rsplit("_", 1)[0] for path in frames))
    photographs = sorted((root / "negatives_caltech101").glob("*/*.jpg"))
    rng = np.random.default_rng(0)
    bare, pasted = [], []
    for path, chosen in zip(frames, rng.choice(len(photographs), len(frames), replace=False), strict=True):
        frame = loaders.read_picture(path).image
        side = min(frame.shape[:2])
        left = round(rng.random() * (frame.shape[1] - side))
        frame = transforms.fit_picture(frame[:side, left : left + side], pixels=pixels)
        photograph = loaders.read_picture(photographs[chosen]).image
        opaque = np.full((*photograph.shape[:2], 1), 255, np.uint8)
        x, y, angle = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0, 360)
        cutout = np.concatenate([photograph, opaque], axis=2)
        bare.append(frame)
        pasted.append(transforms.paste(frame, cutout, x=x, y=y, scale=0.2, angle_deg=angle)[0])
    return {
        "frames as they are": (np.stack(bare), scenes),
        "with a photograph pasted in": (np.stack(pasted), scenes),
    }


def simulated(**settings: Any) -> loaders.DataSet[loaders.Example]:
    """Make a training set of simulated pictures."""
    return loaders.load_segmentation(pictures=TRAINED_ON, seed=0, **settings)


def mixed(**settings: Any) -> loaders.DataSet[loaders.Example]:
    """Make a training set in which every picture is blended in one of the ways, or photographed, in turn."""
    ways = [simulated(**way, **settings) for way in (*BLENDS.values(), {"style": "photographed"})]
    turns = [data.table.iloc[number :: len(ways)] for number, data in enumerate(ways)]
    return replace(ways[0], table=pd.concat(turns).sort_index().reset_index(drop=True))


def trained(store: str) -> dict[str, training.SegmentationFit]:
    """Train a network for each way of making pictures, none on a real one."""
    sets = {name: simulated(**way) for name, way in BLENDS.items()}
    sets["photographed"] = simulated(style="photographed")
    sets["mixed, a third without firearm"] = mixed(empty_share=1 / 3)
    recipes = dict.fromkeys(sets, RECIPE)
    last = "mixed, a third without firearm, augmented"
    sets[last] = sets["mixed, a third without firearm"]
    recipes[last] = replace(RECIPE, augment=training.PICTURE_AUGMENTATIONS)
    fits = {}
    for name, data in sets.items():
        kept = loaders.keep_pictures(data, store=store, pixels=PIXELS)
        # The last epoch is kept, so nothing is chosen by the validation part; a few pictures stand in for it.
        validation = kept.subset(np.arange(32))
        fits[name] = training.fit_segmentation(kept, validation, recipes[name], store=store, device="cpu")
        print(f"{name}: {fits[name].seconds:.0f} s", flush=True)
    return fits


def scores(
    fits: dict[str, training.SegmentationFit], test: loaders.DataSet[loaders.Example]
) -> dict[str, dict[str, list[float | None]]]:
    """Give IoU, precision and recall of every network on one test set, with intervals by scene."""
    images, masks = loaders.stacked(test)
    counts = {
        name: metrics.segmentation_counts(fit.predict_pictures(images), masks) for name, fit in fits.items()
    }
    table = metrics.segmentation_table(counts, groups=test.groups, seed=0)
    shown = ["foreground IoU", "background IoU", "mean IoU", "precision", "recall"]
    ends = ["value", "low", "high"]
    # None for NaN, which JSON does not know: the precision of predicting nothing.
    return {
        str(name): {
            score: [None if np.isnan(value) else round(float(value), 3) for value in row[score][ends]]
            for score in shown
        }
        for name, row in table.iterrows()
    }


def raised_in_vain(fit: training.SegmentationFit, images: NDArray, scenes: NDArray) -> list[float]:
    """Give the share of pictures without a firearm that raise an alarm, with its interval by scene."""
    none = np.zeros(images.shape[:3], bool)
    alarms = metrics.picture_alarms(fit.predict_pictures(images), none, least_px=LEAST_PX)
    rates = metrics.alarm_rates(alarms, groups=scenes, seed=0).iloc[0]
    return rates[["raised in vain", "raised in vain low", "raised in vain high"]].round(3).tolist()


def main(folder: str, store: str) -> None:
    """Train, test and write it all down."""
    torch.set_num_threads(1)
    started = time.perf_counter()

    def kept(data: loaders.DataSet[loaders.Example]) -> loaders.DataSet[loaders.Example]:
        return loaders.keep_pictures(data, store=store, pixels=PIXELS)

    tests = {f"real, {name}": kept(real_test(folder, **way)) for name, way in BLENDS.items()}
    outside = loaders.load_segmentation(
        pictures=PICTURES, style="photographed", pool="outside", firearms=11, backgrounds=11, seed=0
    )
    tests["simulated photographs, other firearms and scenes"] = kept(outside)
    fits = trained(store)
    free = free_frames(folder)
    first = tests["real, plain"]
    result = {
        "source": "simulated",  # no test picture was photographed as it is
        "tests": "real cut-outs pasted into real frames; networks trained on simulated pictures only",
        "attribution": ATTRIBUTION,
        "real test": {
            "pictures": len(first),
            "handguns": int(first.table["firearm"].nunique()),
            "cameras": len(np.unique(first.groups)),
            "median foreground share": round(float(first.table["foreground_share"].median()), 4),
        },
        "pixels": PIXELS,
        "training pictures": TRAINED_ON,
        "recipe": asdict(RECIPE),
        "weights": next(iter(fits.values())).weights,
        "intervals": "95 %, cameras drawn anew",
        "scores": {name: scores(fits, test) for name, test in tests.items()},
        f"share of frames without firearm with a region of {LEAST_PX} px or more": {
            what: {name: raised_in_vain(fit, *pictures) for name, fit in fits.items()}
            for what, pictures in free.items()
        },
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "device": "cpu",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
