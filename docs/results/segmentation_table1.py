"""Table 1 of the segmentation paper at its own size: 1,208 composites of 256 pixels, 3 epochs, batches of 32.

    python docs/results/segmentation_table1.py STORE [ROW ...]

All rows of notebook 32 whose encoder's ImageNet weights can be had; Lite0 with random weights, with 5 epochs and
without batch norm beside it; the U-Net with skip connections. Rows are written to segmentation_table1.json as they
end; run again, it goes on: what is in STORE is not trained twice. On one thread of a CPU a frozen encoder takes
minutes, a U-Net half an hour.
"""

import json
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fireanalysis import loaders, metrics, models, training

SIZES = {
    "grid": 13284,
    "pictures": 1208,
    "held_out": 200,
    "scenes": 11,
    "pixels": 256,
    "epochs": 3,
    "batch_size": 32,
}
SEED = 0
ENCODERS = {
    "EfficientNet-B0": {"encoder": "efficientnet_b0"},
    "MobileNetV2": {"encoder": "mobilenet_v2", "activation": "leaky_relu", "alpha": 0.1},
    "DenseNet121": {"encoder": "densenet121", "activation": "elu", "alpha": 1.0},
    "EfficientNet-Lite0": {"encoder": "efficientnet_lite0"},
}


def recipes() -> dict[str, training.SegmentationRecipe]:
    """Row → recipe, the cheap ones first."""
    base = training.SegmentationRecipe(epochs=SIZES["epochs"], batch_size=SIZES["batch_size"], seed=SEED)
    transfer = {name: replace(base, network="transfer", **own) for name, own in ENCODERS.items()}
    lite0 = transfer["EfficientNet-Lite0"]
    return {
        **transfer,
        "EfficientNet-Lite0, random encoder": replace(lite0, weights="none"),
        "EfficientNet-Lite0, 5 epochs": replace(lite0, epochs=5),
        "EfficientNet-Lite0, without batch norm": replace(lite0, batch_norm=False),
        "EfficientNet-Lite0, skip connections, all of it learns": replace(base, network="skip_unet"),
        "U-Net without batch norm": replace(base, batch_norm=False),
        "U-Net with batch norm": base,
    }


def pictures(store: str) -> dict[str, loaders.DataSet]:
    """Give the parts of notebooks 31 and 32 at the paper's size."""
    data = loaders.load_segmentation(pictures=SIZES["grid"], seed=SEED)
    parts = loaders.split_crossed(data, {"train": 0.7, "validation": 0.15, "test": 0.15}, seed=SEED)
    drawn = {
        name: loaders.draw(part, SIZES["pictures" if name == "train" else "held_out"], seed=SEED)
        for name, part in parts.items()
    }
    scenes = {"pictures": SIZES["scenes"], "firearms": SIZES["scenes"], "backgrounds": SIZES["scenes"]}
    outside = loaders.load_segmentation(style="photographed", pool="outside", seed=SEED, **scenes)
    drawn["photographed, six ways"] = loaders.six_ways_of(outside)
    return {
        name: loaders.keep_pictures(part, store=store, pixels=SIZES["pixels"]) for name, part in drawn.items()
    }


def scored(counts: Any, groups: Any) -> dict[str, list[float]]:
    """Foreground, mean IoU, precision and recall, each with its interval over scenes."""
    found = metrics.bootstrap_segmentation(counts, groups=groups, seed=SEED)
    names = ("foreground IoU", "mean IoU", "precision", "recall")
    return {
        name: [round(float(v), 4) for v in (found[name].value, found[name].low, found[name].high)]
        for name in names
    }


def measure(store: str, wanted: list[str]) -> None:
    """Train or load row by row, and write after each."""
    parts = pictures(store)
    tests = {"held-out composites": parts["test"], "photographed, six ways": parts["photographed, six ways"]}
    truth = {name: loaders.stacked(part)[1] for name, part in tests.items()}
    blank = {name: metrics.segmentation_counts(np.zeros_like(true), true) for name, true in truth.items()}
    bound = {
        name: metrics.segmentation_counts(metrics.best_cell_masks(true, cell_px=32), true)
        for name, true in truth.items()
    }
    rows: dict[str, Any] = {}
    for row, counts in {"predict nothing": blank, "best mask of cells of 32 pixels": bound}.items():
        rows[row] = {name: scored(counts[name], part.groups) for name, part in tests.items()}
    for row, recipe in recipes().items():
        if wanted and row not in wanted:
            continue
        if recipe.network == "transfer" and recipe.weights != "none":
            used = models.Encoder(recipe.encoder).weights_used
            if used.startswith("none"):
                rows[row] = {
                    "weights": used,
                    "note": "not run: a random encoder is not the paper's experiment",
                }
                continue
        fit = training.fit_segmentation(parts["train"], parts["validation"], recipe, store=store)
        last = fit.history.iloc[-1]
        rows[row] = {
            "weights": fit.weights,
            "parameters that learn": fit.trainable_parameters,
            "training mean IoU": round(float(last["training mean IoU"]), 4),
            "training foreground IoU": round(float(last["training foreground IoU"]), 4),
            "validation foreground IoU by epoch": fit.history["validation foreground IoU"].round(4).tolist(),
            "training (s)": round(fit.seconds),
        }
        for name, part in tests.items():
            counts = metrics.segmentation_counts(fit.predict(part, store=store), truth[name])
            rows[row][name] = scored(counts, part.groups)
        write(rows)
        print(row, rows[row], flush=True)
    write(rows)


def write(rows: dict[str, Any]) -> None:
    """Write what is there."""
    content = {
        "what": "Table 1 of the segmentation paper at its size; numbers are value, low, high (95 %, scenes resampled)",
        "source": "simulated",
        "sizes": SIZES,
        "seed": SEED,
        "rows": rows,
        "device": "cpu" if not torch.cuda.is_available() else torch.cuda.get_device_name(),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    Path(__file__).with_suffix(".json").write_text(text, "utf-8")


if __name__ == "__main__":
    measure(sys.argv[1], sys.argv[2:])
