"""Describing pictures of many sizes, one way beside another: descriptors compared first, then pictures a second.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_embedding.py`.

The plain way is the original's: one picture at a time, float32, arrays in torch's usual order. Rounds of both ways
alternate, so that a machine's moods meet both; `ratio` is the median of the plain way's time over the other's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from statistics import median

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from fireanalysis.models import Embedder, embedder, padded_batch
from fireanalysis.training.embedding import by_shape
from fireanalysis.transforms import resize_longer

LONGER, BATCH, ROUNDS = {"cpu": 160, "cuda": 384}, 16, 4
COUNT = {"cpu": 16, "cuda": 512}
LEAST_COSINE = {"float32": 1 - 1e-5, "bfloat16": 0.99}

CPU, GPU = (
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")),
)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@cache
def model(network: str, device: str, *, last: bool, half: bool) -> Embedder:
    torch.manual_seed(0)
    made = embedder(network, weights="auto" if network == "efficientnet_lite0" else "none").to(device)
    made = made.to(memory_format=torch.channels_last) if last else made  # type: ignore[call-overload]
    return made.bfloat16() if half else made


@cache
def pictures(device: str, step: int) -> list[np.ndarray]:
    """Pictures as the web has them: 40 % are 3:2, the others anything between 9:16 and 16:9."""
    rng = np.random.default_rng(0)
    aspects = np.where(rng.random(COUNT[device]) < 0.4, 1.5, np.exp(rng.uniform(-0.57, 0.57, COUNT[device])))
    made = []
    for aspect in aspects:
        smooth = rng.integers(0, 256, (24, max(1, round(24 * aspect)), 3), dtype=np.uint8)
        made.append(resize_longer(smooth, longer=LONGER[device], step=step))
    return made


def one_at_a_time(network: Embedder, shown: list[np.ndarray], device: str, **settings: bool) -> Tensor:
    return torch.cat(
        [described(network, padded_batch([picture])[0], device, **settings) for picture in shown]
    )


def equal_shapes(network: Embedder, shown: list[np.ndarray], device: str, **settings: bool) -> Tensor:
    found = torch.empty(len(shown), network.dimensions)
    for places, group in by_shape(shown):
        for start in range(0, len(places), BATCH):
            part = group[start : start + BATCH].float() / 255
            found[places[start : start + BATCH]] = described(network, part, device, **settings)
    return found


def padded(network: Embedder, shown: list[np.ndarray], device: str, **settings: bool) -> Tensor:
    """Batches of similar aspect, with the exact masks."""
    found = torch.empty(len(shown), network.dimensions)
    order = np.argsort([picture.shape[0] / picture.shape[1] for picture in shown], kind="stable")
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        batch, sizes = padded_batch([shown[place] for place in places])
        found[places] = described(network, batch, device, sizes=sizes, **settings)
    return found


def described(
    network: Embedder, batch: Tensor, device: str, *, last: bool, half: bool, sizes: Tensor | None = None
) -> Tensor:
    batch = batch.to(device, torch.bfloat16 if half else torch.float32)
    batch = batch.to(memory_format=torch.channels_last) if last else batch
    with torch.inference_mode():
        return network(batch, None if sizes is None else sizes.to(device)).float().cpu()


WAYS: dict[str, tuple[Callable[..., Tensor], dict[str, bool]]] = {
    "channels last": (one_at_a_time, {"last": True, "half": False}),
    "bfloat16": (one_at_a_time, {"last": False, "half": True}),
    "channels last, bfloat16": (one_at_a_time, {"last": True, "half": True}),
    "equal shapes": (equal_shapes, {"last": True, "half": False}),
    "equal shapes, bfloat16": (equal_shapes, {"last": True, "half": True}),
    "padded": (padded, {"last": True, "half": False}),
    "padded, bfloat16": (padded, {"last": True, "half": True}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("network", ["vgg16", "efficientnet_lite0"])
@pytest.mark.parametrize("device", [CPU, GPU])
def test_pictures_described(benchmark: BenchmarkFixture, device: str, network: str, way: str) -> None:
    describe, settings = WAYS[way]
    plain_model = model(network, device, last=False, half=False)
    shown = pictures(device, plain_model.step)
    plain = partial(one_at_a_time, plain_model, shown, device, last=False, half=False)
    other = partial(describe, model(network, device, **settings), shown, device, **settings)
    cosine = (plain() * other()).sum(1).min().item()
    assert cosine >= LEAST_COSINE["bfloat16" if settings["half"] else "float32"]
    # On a CPU, seconds of this one thread: what else the machine does is left out.
    clock = time.process_time if device == "cpu" else time.perf_counter
    plain_s = []

    def before() -> None:
        started = clock()
        plain()
        plain_s.append(clock() - started)

    other_s = []

    def timed() -> None:
        started = clock()
        other()
        other_s.append(clock() - started)

    benchmark.group = f"{network}, {device}, longer side {LONGER[device]}"
    benchmark.pedantic(timed, setup=before, rounds=ROUNDS)
    benchmark.extra_info |= {
        "ratio": round(median(a / b for a, b in zip(plain_s, other_s, strict=True)), 2),
        "pictures_per_s": round(len(shown) / min(other_s), 1),
        "least_cosine": round(cosine, 6),
        "shapes": len({picture.shape for picture in shown}),
    }
