"""Brands anyone can tell apart, a recipe that takes a second, and a process that trains on them."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from fireanalysis import training
from fireanalysis.loaders import DataSet

PERIODS = {"A": 4, "B": 8, "C": 16}
RECIPE = training.Recipe(
    width=0.125, weights="none", epochs=4, warmup_epochs=1, batch_size=8, learning_rate=0.02
)


def stripes(rows: pd.DataFrame) -> np.ndarray:
    """Stripes as wide as the brand says, in noise, one corner missing."""
    period = rows["pattern"].map(PERIODS).to_numpy()[:, None, None]
    maps = np.sin(2 * np.pi * np.arange(32) / period) * np.ones((len(rows), 32, 1))
    maps += [np.random.default_rng(number).normal(scale=0.5, size=(32, 32)) for number in rows["number"]]
    maps[:, :4, :4] = np.nan
    return 3 + 2 * maps.astype(np.float32)


def striped(count: int, *, first: int = 0, brands: str = "ABC") -> DataSet:
    """So many maps of the brands in turn, in an order that is not that of the brands."""
    number = np.random.default_rng(count).permutation(count)
    brand = np.array([*brands])[number % len(brands)]
    table = pd.DataFrame({"brand": brand, "pattern": brand, "number": first + number})
    table["firearm"] = [f"gun {number // 2}" for number in table["number"]]
    return DataSet(table, stripes, "brand", "firearm", "simulated", f"stripes from {first}")


def parts() -> tuple[DataSet, DataSet]:
    return striped(48), striped(24, first=1000)


def main(store: str, out: str, deadly: str = "") -> None:
    """Train and save what came out; `deadly` is a signal this process sends itself in the third epoch."""
    torch.set_num_threads(1)
    steps = 0
    step = training.Classifier.training_step

    def counted(module: training.Classifier, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if deadly and module.current_epoch == 2:
            os.kill(os.getpid(), getattr(signal, deadly))
        return step(module, batch)

    training.Classifier.training_step = counted
    fit = training.fit_or_load(*parts(), RECIPE, store=store, device="cpu")
    result = {
        "state": fit.model.state_dict(),
        "probabilities": torch.from_numpy(fit.predict(striped(12, first=2000)).probabilities),
        "history": fit.history.to_dict("records"),
        "steps": steps,
        "loaded": fit.loaded,
    }
    torch.save(result, Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
