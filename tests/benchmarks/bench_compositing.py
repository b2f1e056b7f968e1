"""Composites a second on two cores, beside plain Pillow doing the same with the same cut-outs and backgrounds.

Run by name, on a machine that does nothing else: `pytest tests/benchmarks/bench_compositing.py`. On a shared one the
time of the processor is steadier: --benchmark-timer=time.process_time (it adds up both threads).
"""

from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

from fireanalysis.simulators import render_composites, sample_composites
from fireanalysis.simulators.composite_pictures import COLUMNS, _background, _firearm

PIXELS, ROWS = 256, 1208


@pytest.fixture(autouse=True, scope="module")
def one_thread_a_call() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the two threads are ours
    yield
    cv2.setNumThreads(before)


@cache
def manifest(blend: str = "plain", style: str = "pasted") -> pd.DataFrame:
    return sample_composites(ROWS, blend=blend, style=style)


def ours(rows: pd.DataFrame) -> int:
    return sum(1 for _ in render_composites(rows, pixels=PIXELS, threads=2))


def prepared(rows: pd.DataFrame) -> list[tuple[Image.Image, Image.Image, dict[str, object]]]:
    lines = rows.to_dict("records")
    scenes = [
        tuple(row["background" if name == "scene" else f"scene_{name}"] for name in COLUMNS) for row in lines
    ]
    pairs = zip(lines, scenes, strict=True)
    return [
        (Image.fromarray(_background(scene, PIXELS)), Image.fromarray(_firearm(row, PIXELS)[0]), row)
        for row, scene in pairs
    ]


def plain_pillow(
    parts: list[tuple[Image.Image, Image.Image, dict[str, object]]],
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Shrink, mirror, turn, paste by alpha, and take the mask from the alpha, one after the other."""
    made = []
    for scene, cutout, row in parts:
        factor = row["scale"] * PIXELS / max(cutout.size)
        small = cutout.resize(
            [max(round(side * factor), 1) for side in cutout.size], Image.Resampling.BILINEAR
        )
        if row["flip"]:
            small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        small = small.rotate(row["angle_deg"], Image.Resampling.BILINEAR, expand=True)
        corner = (round(row["x"] * PIXELS - small.width / 2), round(row["y"] * PIXELS - small.height / 2))
        picture, mask = scene.copy(), Image.new("L", scene.size)
        picture.paste(small, corner, small)
        mask.paste(small.getchannel("A"), corner)
        made.append((np.asarray(picture), np.asarray(mask) > 127))
    return made


@pytest.mark.parametrize("blend", ["plain", "feathered"])
def test_five_hundred_a_second(benchmark: BenchmarkFixture, blend: str) -> None:
    rows = manifest(blend)
    benchmark.group = f"{ROWS} composites of {PIXELS}², pools ready"
    assert benchmark.pedantic(ours, (rows,), rounds=5, warmup_rounds=1) == ROWS
    benchmark.extra_info["a second"] = ROWS / benchmark.stats["min"]
    assert ROWS / benchmark.stats["min"] >= 500


def test_plain_pillow(benchmark: BenchmarkFixture) -> None:
    rows = manifest()
    parts = prepared(rows)
    benchmark.group = f"{ROWS} composites of {PIXELS}², pools ready"
    made = benchmark.pedantic(plain_pillow, (parts,), rounds=5, warmup_rounds=1)
    benchmark.extra_info["a second"] = ROWS / benchmark.stats["min"]
    # The same is drawn: masks overlap but for their rims.
    masks = [mask for _, mask in render_composites(rows, pixels=PIXELS)]
    shared = [(a & b).sum() / max((a | b).sum(), 1) for a, (_, b) in zip(masks, made, strict=True)]
    assert np.median(shared) > 0.8


def test_photographed(benchmark: BenchmarkFixture) -> None:
    rows = manifest(style="photographed")[:200]
    benchmark.pedantic(ours, (rows,), rounds=3, warmup_rounds=1)
    benchmark.extra_info["a second"] = len(rows) / benchmark.stats["min"]
    assert len(rows) / benchmark.stats["min"] >= 25
