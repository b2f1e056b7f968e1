"""Shots anyone can tell apart: each model is a tone that dies away; and two stages trained on them in seconds."""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from fireanalysis import training
from fireanalysis.loaders import DataSet, Recording
from fireanalysis.training import TwoStage, spectrogram_set

TONES_HZ = {"low 1": 1_000, "low 2": 3_500, "high 1": 9_000, "high 2": 16_000}
RATE_HZ = 44_100
SHAPE = (32, 21)
RECIPE = replace(training.SOUND, width=0.125, epochs=8, batch_size=8)
ABOUT = {
    "source": "simulated",
    "trained_on": {"name": "tones", "clips": 96, "sessions": 96},
    "held_out": {
        "clips": 40,
        "sessions": 20,
        "accuracy of category": [0.9, 0.8, 0.95],
        "accuracy of model": [0.75, 0.6, 0.85],
        "answered": 0.5,
        "accuracy of answered": [0.94, 0.9, 1.0],
    },
    "threshold": 0.5,
    "threshold_accuracy": 0.9,
}


def recording(
    shots: list[tuple[float, str]], *, duration_s: float = 2.0, seed: int = 0, rate_hz: int = RATE_HZ
) -> Recording:
    """Tones at some times in soft noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(duration_s * rate_hz)) / rate_hz
    signal = rng.normal(scale=1e-4, size=time.size)
    for start_s, model in shots:
        after = np.clip(time - start_s, 0, None)
        signal += 0.5 * np.exp(-after / 0.08) * np.sin(2 * np.pi * TONES_HZ[model] * after) * (after > 0)
    return Recording(signal.astype(np.float32), rate_hz, f"tones {seed}", "simulated")


@cache
def two_stage() -> TwoStage:
    """Stage 1 tells low from high, stage 2 each from its like."""
    parts = _clips(96, seed=1), _clips(32, seed=2)
    with TemporaryDirectory() as folder:
        train = partial(training.fit_or_load, recipe=RECIPE, store=Path(folder), device="cpu")
        first = train(*(replace(part, label="category") for part in parts))
        second = {
            name: train(*(part.subset((part.table["category"] == name).to_numpy()) for part in parts))
            for name in ("low", "high")
        }
    return TwoStage(first, second, {}, ABOUT)


def _clips(count: int, *, seed: int) -> DataSet:
    rng = np.random.default_rng(seed)
    models = np.array([*TONES_HZ])[np.arange(count) % len(TONES_HZ)]
    sounds = [
        recording([(rng.uniform(0.1, 1.6), name)], seed=1000 * seed + k) for k, name in enumerate(models)
    ]
    maps = spectrogram_set(sounds, shape=SHAPE)
    table = pd.DataFrame(
        {"model": models, "clip": range(count), "session": [f"{seed} {k}" for k in range(count)]}
    )
    table["category"] = table["model"].str.split().str[0]
    return replace(maps, table=table, group="session")
