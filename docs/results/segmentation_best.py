"""Find firearms better than the paper's networks do: which step gives how much, one after the other.

    python docs/results/segmentation_best.py FOLDER STORE [STEP ...]

Every network learns from simulated pictures alone. Two tests: simulated photographs of firearms, scenes and
photographs that no training picture shows, and real revolver and pistol cut-outs put into real CCTV frames (FOLDER,
the folder segmentation/ of the real sets). Steps add up: each has all settings of the one before it; what did not
help stands beside them. Writes segmentation_best.json after each step; steps that are named are run, the others kept
from before.
"""

import json
import platform
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from fireanalysis import loaders, metrics, training

HERE = Path(__file__).parent
SEED, TEST_PICTURES, TRUTH_PIXELS = 0, 300, 256
PAPER = training.SegmentationRecipe(seed=SEED)
PASTED = [{"blend": "plain"}]
BLENDED = [{"blend": blend, "match_light": blend != "plain"} for blend in ("plain", "feathered", "poisson")]
PHOTOGRAPHED = [*BLENDED, *[{"style": "photographed", "empty_share": 0.15}] * 3]

Settings = dict[str, Any]
STEPS: dict[str, Settings] = {
    "the paper's decoder on a frozen encoder, 256 pixels": {"network": "transfer", "pixels": 256},
    "skip connections, the encoder learns, 128 pixels": {"network": "skip_unet", "pixels": 128},
    "each picture once, of 120 firearms and 240 scenes": {
        "firearms": 120, "backgrounds": 240, "pictures": 3624, "epochs": 1,
    },
    "three times the pictures, falling rate, cross-entropy added": {
        "pictures": 10_872, "schedule": "cosine", "loss": "both",
    },
    "pastes blended and lit alike": {"styles": BLENDED},
    "photographed pictures, look-alikes, empty scenes": {"styles": PHOTOGRAPHED},
    "256 pixels": {"pixels": 256},
}  # fmt: skip
LAST = [*STEPS][-2]
BESIDE = {  # step beside the ladder → the step it is held against, what is changed
    "beside the last of 128 pixels: augmentation": (LAST, {"augment": ("geometry", "colour", "camera")}),
    "beside the last of 128 pixels: without ImageNet": (LAST, {"weights": "none"}),
}
OF_DATA = {"styles": PASTED, "firearms": 41, "backgrounds": 43, "pictures": 1208, "pixels": 256}


def settings_of(step: str) -> tuple[training.SegmentationRecipe, Settings]:
    """Add up what the steps to this one set."""
    names = [*STEPS]
    last, changed = BESIDE.get(step, (step, {}))
    chosen: Settings = {}
    for name in names[: names.index(last) + 1]:
        chosen |= STEPS[name]
    chosen |= changed
    of_data = {name: chosen.pop(name, default) for name, default in OF_DATA.items()}
    return replace(PAPER, **chosen), of_data


def learned_from(data: Settings) -> dict[str, loaders.DataSet]:
    """Draw the training and validation parts, which share neither firearm nor scene."""
    tables = []
    count = max(13_284, 2 * data["pictures"])
    styled = np.random.default_rng(SEED).integers(len(data["styles"]), size=count)
    for number, style in enumerate(data["styles"]):
        one = loaders.load_segmentation(
            pictures=count,
            firearms=data["firearms"],
            backgrounds=data["backgrounds"],
            seed=SEED,
            **style,
        )
        tables.append(one.table[styled == number])
    mixed = replace(one, table=pd.concat(tables, ignore_index=True), name="simulated firearms, mixed")
    parts = loaders.split_crossed(mixed, {"train": 0.85, "validation": 0.15}, seed=SEED)
    return {
        "train": loaders.draw(parts["train"], data["pictures"], seed=SEED),
        "validation": loaders.draw(parts["validation"], 200, seed=SEED),
    }


def tests(folder: Path) -> dict[str, loaders.DataSet]:
    """Pictures no network learns from: simulated ones of the other pool, and real firearms in real frames."""
    simulated = loaders.load_segmentation(
        pictures=TEST_PICTURES, firearms=60, backgrounds=60, style="photographed", pool="outside", seed=SEED
    )
    real = {
        name: loaders.load_composites(
            folder / "caltech101_revolver" / "cutouts",
            folder / "cctv_backgrounds_intel",
            pictures=TEST_PICTURES,
            seed=SEED,
            **how,
        )
        for name, how in {
            "real, plain": {"blend": "plain"},
            "real, blended": {"blend": "feathered", "match_light": True},
        }.items()
    }
    return {"simulated": simulated, **real}


def scored(
    fit: training.SegmentationFit, test: loaders.DataSet, store: Path, *, flips: bool = False
) -> tuple[pd.DataFrame, Any]:
    """Count pixels at 256 pixels a side, whatever side the network looks at."""
    seen = loaders.keep_pictures(test, store=store, pixels=fit.pixels)
    found = fit.predict(seen).astype(np.float32)
    if flips:
        images, _ = loaders.stacked(seen)
        mirrored = fit.predict_pictures(np.ascontiguousarray(images[:, :, ::-1]))[:, :, ::-1]
        found = (found + mirrored) / 2
    large = torch.nn.functional.interpolate(
        torch.from_numpy(found)[:, None], size=(TRUTH_PIXELS, TRUTH_PIXELS), mode="bilinear"
    )[:, 0].numpy()
    _, truth = loaders.stacked(loaders.keep_pictures(test, store=store, pixels=TRUTH_PIXELS))
    return metrics.segmentation_counts(large, truth), test.groups


def intervals(counts: pd.DataFrame, groups: Any) -> dict[str, list[float]]:
    """Foreground and mean IoU and what else there is, each with its interval by scene."""
    scores = metrics.bootstrap_segmentation(counts, groups=groups, seed=SEED)
    return {name: [round(v, 4) for v in (one.value, one.low, one.high)] for name, one in scores.items()}


def run(step: str, folder: Path, store: Path) -> dict[str, Any]:
    """Train one step's network and test it."""
    recipe, data = settings_of(step)
    started = time.process_time()
    parts = {
        name: loaders.keep_pictures(part, store=store, pixels=data["pixels"])
        for name, part in learned_from(data).items()
    }
    fit = training.fit_segmentation(parts["train"], parts["validation"], recipe, store=store)
    result: dict[str, Any] = {"weights": fit.weights, "parameters": fit.trainable_parameters}
    result |= {"pixels": data["pixels"], "pictures": len(parts["train"]), "epochs": recipe.epochs}
    for name, test in tests(folder).items():
        counts, groups = scored(fit, test, store)
        result[name] = intervals(counts, groups)
        if step == [*STEPS][-1]:
            result[f"{name}, flips averaged"] = intervals(*scored(fit, test, store, flips=True))
            result[f"{name}, predict nothing"] = intervals(metrics.predict_nothing(counts), groups)
    result["cpu seconds"] = round(time.process_time() - started)
    result["recipe"] = asdict(recipe)
    if step == [*STEPS][-1]:
        fit.save(store / "best.pt", about={"made by": "docs/results/segmentation_best.py"})
    return result


def main(folder: str, store: str, *steps: str) -> None:
    """Run the steps that are named, or all, and write what came out after each."""
    path = HERE / "segmentation_best.json"
    kept = json.loads(path.read_text("utf-8")) if path.is_file() else {"steps": {}}
    for step in steps or [*STEPS, *BESIDE]:
        kept["steps"][step] = run(step, Path(folder), Path(store))
        ordered = [name for name in [*STEPS, *BESIDE] if name in kept["steps"]]
        content = {
            "source": "simulated",
            "tests": "simulated photographs; real cut-outs (Caltech 101, CC BY 4.0) in real frames (Intel, CC BY 4.0)",
            "device": f"{platform.machine()} CPU, {torch.get_num_threads()} thread",
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "steps": {name: kept["steps"][name] for name in ordered},
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        kept = content
        shown = {
            name: value["foreground IoU"]
            for name, value in content["steps"][step].items()
            if "foreground IoU" in str(value)
        }
        print(step, json.dumps(shown), content["steps"][step]["cpu seconds"], "s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
