"""What training costs beside the network itself: time a step, memory of rotated copies, time to prepare maps.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_training.py`.
"""

import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from fireanalysis import loaders, models, training
from fireanalysis.loaders import DataSet, Surface, opened

BATCH, BATCHES, EPOCHS = 32, 12, 9
LEAST_RATIO = 0.9
RECIPE = training.Recipe(
    width=0.5, weights="none", epochs=EPOCHS, patience=EPOCHS, batch_size=BATCH, warmup_epochs=0
)


def kept_rows(rows: pd.DataFrame, *, folder: Path) -> np.ndarray:
    return opened(folder / "maps.npy")[rows["row"].to_numpy()].astype(np.float32)


def maps_on_disk(count: int, *, pixels: int, folder: Path, classes: int = 8) -> DataSet[np.ndarray]:
    """Maps as `prepare_maps` leaves them, of noise."""
    folder.mkdir(exist_ok=True)
    noise = np.random.default_rng(0).normal(size=(count, pixels, pixels)).astype(np.float16)
    np.save(folder / "maps.npy", noise)
    table = pd.DataFrame({"row": np.arange(count)})
    table["brand"] = [f"B{row % classes}" for row in table["row"]]
    table["firearm"] = [f"gun {row}" for row in table["row"]]
    return DataSet(table, partial(kept_rows, folder=folder), "brand", "firearm", "simulated", folder.name)


class BareSteps:
    """Forward, backward and optimiser of the same network on tensors that lie ready."""

    def __init__(self, *, pixels: int, device: str) -> None:
        self.device = device
        model = models.backbone(RECIPE.network, classes=8, pixels=pixels, weights="none", width=RECIPE.width)
        self.model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.SGD(model.parameters(), lr=RECIPE.learning_rate, momentum=0.9)
        self.loss = training.FocalLoss(gamma=RECIPE.gamma)
        maps = torch.randn(BATCH, 1, pixels, pixels, device=device)
        self.maps = maps.to(memory_format=torch.channels_last)
        self.codes = torch.arange(BATCH, device=device) % 8

    def seconds(self, steps: int) -> float:
        started = now(self.device)
        for _ in range(steps):
            with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
                loss = self.loss(self.model(self.maps), self.codes)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
        return now(self.device) - started


def now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


GPU = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"))


@pytest.mark.parametrize("turned", [False, True], ids=["as they are", "three of four turned"])
@pytest.mark.parametrize("device", ["cpu", GPU])
def test_throughput(
    benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str, turned: bool
) -> None:
    # Each epoch beside as many bare steps right before it, so that a machine's moods meet both.
    pixels, steps = (184, 100) if device == "cuda" else (64, BATCHES)
    count = BATCH * steps
    train = maps_on_disk(count // 4 if turned else count, pixels=pixels, folder=tmp_path / "maps")
    bare, loop, epoch_began = [], [], 0.0
    alone = BareSteps(pixels=pixels, device=device)
    alone.seconds(3)
    begin = training.Classifier.on_train_epoch_start

    def before(module: training.Classifier) -> None:
        nonlocal epoch_began
        begin(module)
        bare.append(alone.seconds(steps))
        epoch_began = now(device)

    def after(module: training.Classifier) -> None:
        assert module.trainer.fit_loop.epoch_loop.batch_progress.current.completed == steps
        loop.append(now(device) - epoch_began)

    monkeypatch.setattr(training.Classifier, "on_train_epoch_start", before)
    monkeypatch.setattr(training.Classifier, "on_validation_start", after)
    recipe = training.Recipe(**{**vars(RECIPE), "oversample_to": count // 8 if turned else 0})
    options = {"store": tmp_path / "store", "device": device}
    benchmark.group = f"training, {device}"
    benchmark.pedantic(training.fit_or_load, (train, train.subset(range(64)), recipe), options, rounds=1)
    ratio = statistics.median(a / b for a, b in zip(bare[1:], loop[1:], strict=True))
    step_ms = 1000 * statistics.median(loop[1:]) / steps
    benchmark.extra_info |= {
        "ratio": round(ratio, 3),
        "step_ms": round(step_ms, 2),
        "maps_per_s": round(BATCH / step_ms * 1000),
        "threads": torch.get_num_threads(),
    }
    assert ratio >= LEAST_RATIO


# Peak of a process that goes once through all copies, turned, and of one that makes them all first.
_EPOCH = """
import sys
import numpy as np, pandas as pd, torch
from fireanalysis.loaders import DataSet
from fireanalysis.training import Batches, batches, rotate_batch
from fireanalysis.transforms import Moments

at_least, made_first = int(sys.argv[1]), sys.argv[2] == "made first"
torch.set_num_threads(1)
table = pd.DataFrame({"row": range(90), "brand": list("ABC") * 30, "firearm": range(90)})
noise = np.random.default_rng(0).normal(size=(90, 64, 64)).astype(np.float32)
data = DataSet(table, lambda rows: noise[rows["row"].to_numpy()], "brand", "firearm", "simulated", "noise")
copies = Batches(data, np.array(["A", "B", "C"]), Moments(0.0, 1.0, 1), at_least=at_least)
seen, kept = 0, []
for maps, codes, angles in batches(copies, batch_size=128, shuffle_seed=0):
    maps = rotate_batch(maps, angles)
    seen += len(maps)
    if made_first:
        kept.append(maps)
assert seen == len(copies) >= 3 * at_least
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024)
"""


def peak_mb(at_least: int, how: str = "on the fly") -> float:
    done = subprocess.run(
        [sys.executable, "-c", _EPOCH, str(at_least), how], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def test_memory_of_rotated_copies_stays_flat(benchmark: BenchmarkFixture) -> None:
    few, many, made_first = peak_mb(5_000), 0.0, peak_mb(5_000, "made first")

    def measure() -> None:
        nonlocal many
        many = peak_mb(50_000)

    benchmark.group = "rotated copies"
    benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info |= {
        "peak_mb_5000_a_class": round(few, 1),
        "peak_mb_50000_a_class": round(many, 1),
        "peak_mb_5000_a_class_made_first": round(made_first, 1),
    }
    assert many < few + 20  # the order of an epoch has 8 bytes a copy, a made map 16,384
    assert made_first > few + 200


def smooth_surfaces(rows: pd.DataFrame, *, pixels: int) -> list[Surface]:
    y, x = np.mgrid[:pixels, :pixels].astype(np.float32) / pixels
    waves = [np.sin((20 + row) * x) + np.cos((30 + row) * y) for row in rows["number"]]
    return [Surface(wave, 4452.8 / pixels, "wave", source="simulated") for wave in waves]


@pytest.mark.parametrize(
    ("kind", "pixels"), [("height map", 184), ("shape index", 184), ("shape index", 736)]
)
def test_maps_prepared(benchmark: BenchmarkFixture, tmp_path: Path, kind: str, pixels: int) -> None:
    count = 24
    table = pd.DataFrame(
        {"number": range(count), "brand": ["A", "B"] * (count // 2), "firearm": range(count)}
    )
    read = partial(smooth_surfaces, pixels=736)
    data = DataSet(table, read, "brand", "firearm", "simulated", "waves")
    primers = loaders.keep_primers(data, pixels=736, store=tmp_path)
    stores = iter(range(100))

    def prepare() -> int:
        store = tmp_path / str(next(stores))
        return len(loaders.prepare_maps(primers, kind=kind, pixels=pixels, store=store))  # type: ignore[arg-type]

    benchmark.group = "maps prepared of 736² primers"
    assert benchmark.pedantic(prepare, rounds=5, warmup_rounds=1) == count
    benchmark.extra_info["maps_per_s"] = round(count / benchmark.stats["median"], 1)
