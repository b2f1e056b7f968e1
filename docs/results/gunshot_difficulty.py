"""Are the simulated gunshots about as difficult as the paper's data? Stage 1, on as many clips, split as the paper's.

    python docs/results/gunshot_difficulty.py [DIFFICULTY ...]

The difficulty of the simulator is held against one published figure: stage 1, 90.67 % of five categories. The simulated
set has the paper's 3,343 clips and is split by clip as the paper's is read to be; the network is narrower and sees
spectrograms averaged over four points along both axes, because no machine here trains the full one. Every other figure
of the paper is left as a prediction; end to end and by session are measured beside it. Writes gunshot_difficulty.json.
"""

import json
import platform
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from fireanalysis import loaders, metrics, training

CLIPS, SHRINK_BY, WIDTH, EPOCHS, PATIENCE, SEEDS = 3343, 4, 0.25, 60, 15, (0, 1)
SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}
PUBLISHED = 90.67


def accuracies(*, difficulty: float, seed: int, store: str) -> dict[str, list[float]]:
    """Accuracy of categories and models, split by clip and by session, with intervals over sessions (%)."""
    data = loaders.load_gunshots(clips=CLIPS, difficulty=difficulty, seed=seed)
    maps = loaders.keep_spectrograms(data, store=store, shrink_by=SHRINK_BY)
    recipe = replace(training.SOUND, width=WIDTH, epochs=EPOCHS, patience=PATIENCE, seed=seed)
    found = {}
    for split, leaky in (("clip", True), ("session", False)):
        parts = loaders.split(maps, SHARES, seed=seed, leaky=leaky, each_label=not leaky)
        for label in ("category", "model"):
            train, validation, test = (replace(part, label=label) for part in parts.values())
            predicted = training.fit_or_load(train, validation, recipe, store=store).predict(test)
            right = 100.0 * (predicted.predicted == predicted.truth)
            interval = metrics.bootstrap_mean(right, groups=predicted.table["session"], seed=seed)
            found[f"{label}, by {split}"] = [
                round(float(v), 1) for v in (interval.value, interval.low, interval.high)
            ]
            print(
                f"difficulty {difficulty:g}, seed {seed}: {label}, by {split}: {found[f'{label}, by {split}']}"
            )
    return found


def main() -> None:
    """Measure for each difficulty and seed, write all."""
    started = time.perf_counter()
    runs = []
    for difficulty in [float(value) for value in sys.argv[1:]] or [1.0]:
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as store:
                found = accuracies(difficulty=difficulty, seed=seed, store=store)
            runs.append({"difficulty": difficulty, "seed": seed, "accuracy, low, high (%)": found})
    content = {
        "what": "difficulty of simulated gunshots against stage 1 of the paper",
        "source": "simulated",
        "published (%)": PUBLISHED,
        "settings": {
            "clips": CLIPS,
            "shrink_by": SHRINK_BY,
            "width": WIDTH,
            "epochs": EPOCHS,
            "patience": PATIENCE,
        },
        "runs": runs,
        "device": "cpu",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "seconds": round(time.perf_counter() - started, 1),
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    Path(__file__).with_suffix(".json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
