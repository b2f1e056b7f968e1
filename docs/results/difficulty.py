"""Is the simulator about as difficult as the paper's data? A learning curve, carried on to the paper's size.

    python docs/results/difficulty.py

The difficulty of the simulated brands is held against one published figure: Table 1, ResNet-18 on ShapeIndex_S, 86.8 %,
of a network trained on about 80 % of 351,626 cases, split by cartridge. No machine here trains on so many, so a smaller
network learns from ever more simulated cases, and a power law of its error is carried on to that number. This is rough:
it says whether the difficulty is of the right order, not what a full run would give. Every other figure of the paper
is left as a prediction. Writes difficulty.json.
"""

import json
import platform
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from fireanalysis import loaders, metrics, training

CASES = (1500, 3000, 6000, 12000)
PIXELS, WIDTH, EPOCHS = 64, 0.25, 15
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
PUBLISHED, PAPER_CASES = 86.8, 0.8 * 351_626


def accuracy(cases: int, *, difficulty: float, store: str, seed: int = 0) -> metrics.Interval:
    """Train on simulated cases of the 21 brands, split by cartridge as the paper does, and test."""
    data = loaders.load_cartridges(cases=cases, brands=21, pixels=PIXELS, seed=seed, difficulty=difficulty)
    primers = loaders.enough_groups(loaders.keep_primers(data, pixels=PIXELS, store=store), parts=3)
    maps = loaders.prepare_maps(primers, kind="shape index", pixels=PIXELS, store=store)
    parts = loaders.split(maps, SHARES, seed=seed, leaky=True)
    recipe = replace(
        training.CNN, width=WIDTH, epochs=EPOCHS, warmup_epochs=EPOCHS / 6, weights="none", seed=seed
    )
    fit = training.fit_or_load(parts["train"], parts["validation"], recipe, store=store)
    found = fit.predict(parts["test"])
    return metrics.bootstrap_mean(
        100.0 * (found.predicted == found.truth), groups=found.table["firearm"], seed=seed
    )


def carried_on(accuracies: list[float], intervals: list[list[float]]) -> dict[str, object]:
    """Fit a power law to the errors and carry it on; again for accuracies drawn from their intervals."""
    trained = np.log([SHARES["train"] * cases for cases in CASES])
    spread = np.diff(np.array(intervals))[:, 0] / (2 * 1.96)
    draws = np.random.default_rng(0).normal(accuracies, spread, (2000, len(CASES)))
    slopes, offsets = np.polyfit(trained, np.log(100 - np.vstack([accuracies, draws])).T, 1)
    reached = 100 - np.exp(offsets + slopes * np.log(PAPER_CASES))
    return {
        "power of the error": round(float(slopes[0]), 3),
        "accuracy there (%)": round(float(reached[0]), 1),
        "its 95 % interval, if the power law holds": np.quantile(reached[1:], [0.025, 0.975])
        .round(1)
        .tolist(),
    }


def main() -> None:
    """Measure the curve, carry it on, write both."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as store:
        curve = {cases: accuracy(cases, difficulty=1.0, store=store) for cases in CASES}
    content = {
        "what": "difficulty 1.0 of simulated cartridge cases against Table 1, ResNet-18, ShapeIndex_S",
        "source": "simulated",
        "cases": list(CASES),
        "accuracy (%)": [round(float(i.value), 1) for i in curve.values()],
        "95 % intervals": [[round(float(i.low), 1), round(float(i.high), 1)] for i in curve.values()],
        "carried on to cases": round(PAPER_CASES),
        "published (%)": PUBLISHED,
        "settings": {"pixels": PIXELS, "width": WIDTH, "epochs": EPOCHS, "split": "by cartridge"},
        "device": "cpu",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "seconds": round(time.perf_counter() - started, 1),
    }
    content |= carried_on(content["accuracy (%)"], content["95 % intervals"])
    Path(__file__).with_name("difficulty.json").write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    print(json.dumps(content, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
