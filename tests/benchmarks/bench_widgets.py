"""How long every explorer takes to answer a change of each of its controls, and how much it sends to the browser.

Run by name, on two cores, and keep the table:

    taskset -c 0,1 pytest tests/benchmarks/bench_widgets.py --benchmark-json=FILE
    python docs/results/explorers.py FILE

Data have the sizes of the notebooks' profile quick; networks have its architecture and random weights, which take the
same time. Every control is set to several values, twice: "first ms" is of values that were not there before, "again ms"
of those of which an explorer may have kept something. Each is of the slowest value, and a value's is the shortest of
some explorers made anew.

Times are those of the processor, in one thread, from the change until all messages to the browser are written as JSON
and bytes. So other work on the machine counts little, and two threads are at most faster; the browser's own drawing is
not in it. The columns of pytest-benchmark are by the clock, of an explorer made and all its controls changed.

The demand: 200 ms at most, or the explorer says "computing…" meanwhile.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import cv2
import ipywidgets
import numpy as np
import pandas as pd
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import ndimage
from threadpoolctl import threadpool_limits

from fireanalysis import loaders, metrics, models, plots, simulators, training, transforms, widgets
from fireanalysis.loaders import DataSet, Predictions
from fireanalysis.loaders.gunshot import CATEGORIES
from fireanalysis.metrics import Interval
from fireanalysis.running import profile_sizes
from fireanalysis.widgets.explorer import PATIENCE_S

LIMIT_MS = 1000 * PATIENCE_S
FRESH = 3  # explorers made anew
VALUES = 5  # of a control, besides the one it begins with

Make = Callable[[], widgets.Explorer]


# ---------------------------------------------------------------- data as large as the notebooks'


def sizes(notebook: str) -> dict[str, Any]:
    return profile_sizes(notebook, "quick")


def maps(count: int, shape: tuple[int, int], classes: list[str], *, label: str = "brand") -> DataSet:
    """Smooth random maps, which compress about as maps of surfaces do."""
    held = np.random.default_rng(0).normal(size=(count, *shape))
    held = 3 * ndimage.gaussian_filter(held, (0, 1.5, 1.5)).astype(np.float32)
    rows = np.arange(count)
    table = pd.DataFrame({label: np.resize(classes, count), "firearm": rows // 2, "row": rows})
    return DataSet(table, lambda rows: held[rows["row"]], label, "firearm", "simulated", "smooth noise")


def guesses(count: int, classes: int, *, seed: int = 0) -> np.ndarray:
    """Logits of a classifier that is right half the time; classes in turn are true."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, classes)) + 1.5 * np.eye(classes)[np.arange(count) % classes]


def random_fit(network: str, classes: list[str], shape: tuple[int, int], *, width: float) -> training.Fit:
    model = models.backbone(
        network, classes=len(classes), pixels=shape[0], weights="none", width=width
    ).eval()
    recipe = replace(training.CNN, network=network, width=width)
    none = {"validation_logits": np.zeros((1, 0, 1), np.float32), "validation_rows": np.arange(0)}
    about = {"history": pd.DataFrame(), "chosen_epoch": 1, "weights": "none", "seconds": 0.0}
    return training.Fit(
        model, recipe, np.array(classes), shape, transforms.Moments(0.0, 1.0, 1), **none, **about, loaded=False,
        device="cpu",
    )  # fmt: skip


@cache
def store() -> Path:
    return Path(mkdtemp(prefix="explorers-"))


@cache
def predictions() -> dict[str, Predictions]:
    """As many answers as notebooks 51 and 52 have: samples in calibration and test, classes, samples a group."""
    counted = {
        "cartridge brand": (239, 240, 8, 2),
        "gunshot category": (209, 225, 5, 6),
        "pixel of a picture": (3840, 3840, 2, 192),
        "class of firearm": (353, 365, 32, 3),
    }
    said = {}
    for name, (calibration, test, classes, each) in counted.items():
        names = np.array([f"class {k:02}" for k in range(classes)])
        rows = np.arange(calibration + test)
        part = np.where(rows < calibration, "calibration", "test")
        table = pd.DataFrame({"part": part, "truth": names[rows % classes]})
        table["group"] = table["part"] + (rows // each).astype(str)
        said[name] = Predictions(table, guesses(len(rows), classes), names, name, "group", "simulated")
    return said


@cache
def pictures() -> dict[str, DataSet]:
    """The pictures of notebooks 41 to 45, by part."""
    of = sizes("45_retrieval_browse")
    data = loaders.load_retrieval(pictures=of["pictures"], classes=of["classes"], seed=0)
    parts = loaders.split_classes(data, seed=0)
    return {
        name: loaders.keep_sized(part, store=store(), longer=of["longer"]) for name, part in parts.items()
    }


def vectors(count: int, dimensions: int = 320, *, seed: int = 0) -> np.ndarray:
    values = np.abs(np.random.default_rng(seed).normal(size=(count, dimensions))).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


# ---------------------------------------------------------------- explorers


def history(epochs: int) -> pd.DataFrame:
    falling = np.exp(-np.arange(epochs) / 8)
    columns = {
        f"{part} {what}": falling for part in ("training", "validation") for what in ("loss", "accuracy")
    }
    return pd.DataFrame({"epoch": np.arange(1, epochs + 1), **columns})


def live_curves() -> Make:
    def make() -> widgets.Explorer:
        live = widgets.LiveCurves(source="simulated")
        for number in range(9):
            live.update(history(sizes("14_cartridge_cnn")["epochs"]), f"row {number}")
        return live

    return make


def figures() -> Make:
    """One figure of each kind that notebooks choose among, the largest of each."""
    scan, brands = maps(8, (64, 64), list("AB")), [f"F{k:02}" for k in range(21)]
    look: dict[str, Any] = {"source": "simulated", "title": "a figure"}
    six = [*scan.samples()][:6]
    shots, found = list(pictures()["test"].subset(range(4)).samples()), np.arange(20).reshape(4, 5)
    grid = [list(pictures()["test"].subset(row).samples()) for row in found]
    masks = np.zeros((4, 64, 64), bool)
    masks[:, 20:40, 10:50] = True
    seen = np.random.default_rng(0).integers(0, 255, (4, 64, 64, 3), np.uint8)
    methods = {
        name: np.abs(np.stack([*scan.subset([0]).samples()])) for name in ("one", "two", "three", "four")
    }
    scores = {"one": np.linspace(0, 90, 12), "two": np.linspace(10, 80, 12)}
    kinds: dict[str, Any] = {
        "curves (12, 14)": partial(plots.training_curves, history(10), chosen_epoch=3, source="simulated"),
        "scans (13)": partial(plots.panels, six, list("abcdef"), pixel_size_um=50.0, columns=3, **look),
        "confusion (16, 25)": partial(plots.confusion, np.eye(21, dtype=int), brands, **look),
        "attribution (17)": partial(plots.attribution_rows, [scan[0]], methods, ["a"], pixel_size_um=50.0, **look),
        "spectrograms (22)": partial(plots.spectrogram_panels, six, list("abcdef"), **look),
        "pictures (30, 40)": partial(plots.picture_panels, grid[0] + grid[1][:3], list("abcdefgh"), **look),
        "masks (31, 34)": partial(plots.mask_panels, seen, masks, {"network": masks * 1.0}, **look),
        "found (41)": partial(plots.top_grid, shots, grid, found % 2 == 0, found / 20.0, **look),
        "dots (42, 44)": partial(plots.score_dots, list("abcdefghijkl"), scores, axis="score", **look),
    }  # fmt: skip
    return lambda: widgets.FigureChooser(kinds, name="figure")


def shape_index() -> Make:
    of = sizes("10_cartridge_data")
    data = loaders.load_cartridges(cases=of["cases"], brands=of["brands"], pixels=of["pixels"], seed=0)
    scans = list(data.subset(np.linspace(0, len(data) - 1, 8).astype(int)).samples())
    return lambda: widgets.ShapeIndexExplorer(scans)


def occlusion() -> Make:
    of = sizes("17_cartridge_explain")
    shape, brands = (of["input_pixels"],) * 2, of["train_brands"]
    fit, held = random_fit("resnet18", brands, shape, width=of["width"]), maps(480, shape, brands)
    return lambda: widgets.OcclusionExplorer(fit, held, patch=of["patch"])


def confusion_of_maps() -> Make:
    of = sizes("16_cartridge_classes")
    brands = of["train_brands"]
    new, said = maps(of["fresh_cases"], (of["input_pixels"],) * 2, brands), guesses(of["fresh_cases"], 8)
    return lambda: widgets.ConfusionExplorer(new, said, brands, meaning="shape index")


def confusion_of_sounds() -> Make:
    categories = sorted(CATEGORIES)
    test = maps(225, (64, 43), categories, label="category")
    sounds = replace(test, read=lambda rows: [recordings()[k % 8] for k in rows["row"]])
    look = {"meaning": "log spectrogram", "sounds": sounds}
    return lambda: widgets.ConfusionExplorer(test, guesses(225, 5), categories, **look)


def confusion_of_pictures() -> Make:
    other = pictures()["train"]
    names = np.unique(other.labels)
    said = guesses(len(other), len(names))
    return lambda: widgets.ConfusionExplorer(other, said, names)


def relabel() -> Make:
    """As in notebook 53: maps, a fifth of them said to be of another brand."""
    of = sizes("17_cartridge_explain")
    asked = maps(of["arrivals"], (of["input_pixels"],) * 2, of["train_brands"])
    said = guesses(len(asked), len(of["train_brands"]))
    names, sure = np.array(of["train_brands"])[said.argmax(1)], np.linspace(0.3, 1, len(asked))
    return lambda: widgets.RelabelExplorer(asked, names, sure, rows=range(48), meaning="shape index")


@cache
def recordings() -> list[loaders.Recording]:
    return list(loaders.load_gunshots(clips=32, seed=0).subset(range(8)).samples())


def sounds() -> Make:
    return lambda: widgets.SoundExplorer(recordings())


def two_stages() -> Make:
    of, categories = sizes("24_gunshot_end_to_end"), sorted(CATEGORIES)
    shape = (512 // of["shrink_by"], 345 // of["shrink_by"])
    random = partial(random_fit, "resnet18", shape=shape, width=of["width"])
    within = {name: random([f"{name} {k}" for k in range(6)]) for name in categories}
    stages = training.TwoStage(random(categories), within, {}, {"threshold": 0.5})
    return lambda: widgets.TwoStageExplorer(recordings()[:5], stages)


def segmentation() -> Make:
    of = sizes("35_segmentation_cctv")
    walks = simulators.sample_cctv(3, seconds=of["seconds"], seed=0)
    render = partial(simulators.render_cctv, height=of["height"], fps=of["fps"])
    frames = {name: next(islice(render(rows), 3, None)) for name, rows in walks.groupby("video")}
    recipe = training.SegmentationRecipe(network="skip_unet", weights="none")
    model = models.segmenter("skip_unet", width=recipe.width).eval()
    about: dict[str, Any] = {
        "history": pd.DataFrame(),
        "chosen_epoch": 1,
        "trainable_parameters": 0,
        "about": {},
    }
    fit = training.SegmentationFit(
        model, recipe, of["pixels"], weights="none", seconds=0.0, loaded=False, device="cpu", **about
    )
    networks = {"float32": fit, "taken": training.FastNetwork(fit)}
    views = {name: frame[1:] for name, frame in frames.items()}
    return lambda: widgets.SegmentationExplorer(views, networks, source="simulated")


def margins() -> Make:
    train = pictures()["train"]
    tables = {
        name: metrics.sample_pair_distances(vectors(len(train), seed=k), train.labels, seed=0)
        for k, name in enumerate(["off the shelf", "cls", "cls + retr-d"])
    }
    return lambda: widgets.MarginExplorer(tables, train)


def retrieval() -> Make:
    of = sizes("45_retrieval_browse")
    queries, database = loaders.query_and_database(pictures()["test"])
    network = models.embedder(of["network"], weights="none")
    asked, held = (
        vectors(len(part), network.dimensions, seed=k) for k, part in enumerate((queries, database))
    )
    places = np.random.default_rng(0).normal(size=(len(database), 2))
    describe = partial(training.embed, network, longer=of["longer"], device="cpu")
    return lambda: widgets.RetrievalExplorer(
        (queries, asked), (database, held), places, describe=describe, k=10
    )


def evidence() -> Make:
    rng = np.random.default_rng(0)
    tables = {}
    for name, count in {"breech face": 888, "firing pin": 904, "aperture shear": 893, "clips": 6000}.items():
        same = rng.random(count) < 0.15
        tables[name] = (rng.normal(size=count) + 2.0 * same, same)
    return lambda: widgets.EvidenceExplorer(tables, source="simulated")


def audits() -> Make:
    rng, tables = np.random.default_rng(0), {}
    for name, count in {"cartridge brand": 600, "gunshot model": 1440, "class of firearm": 287}.items():
        tables[name] = pd.DataFrame({"suspicion": rng.random(count), "wrong": rng.random(count) < 0.05})
    return lambda: widgets.AuditExplorer(tables, source="simulated")


def batches() -> Make:
    """The two studies of notebook 54, and a table as large as its largest."""
    scans = metrics.real_scan_statistics()
    slide = scans["scan"].map(metrics.real_scan_firearm)
    studies = scans.drop(columns=["set", "scan"]).assign(batch=scans["set"], group=slide)
    values = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 32))).rename(columns="feature {}".format)
    rows = np.arange(200)
    clips = values.assign(group=rows // 6, batch=rows // 6 % 4, label=rows % 6)
    pictures = values.iloc[:, :12].assign(group=rows // 10, batch=rows % 5)
    tables = {"two studies": studies, "gunshots, recorder": clips, "composites": pictures}
    return lambda: widgets.BatchExplorer(tables, dict.fromkeys(tables, "simulated"))


def case() -> Make:
    draws = np.random.default_rng(0).normal(1, 0.2, (5, sizes("55_evidence_case")["resamples"]))
    names = ["marks", "brand", "sound", "photograph", "clip"]
    found = {n: Interval(1.0, 0.6, 1.4, draws[k], 40) for k, n in enumerate(names)}
    table = pd.DataFrame({"level": ["source", "class", "class", "class", "activity"]}, index=names)
    shared: list[tuple[str, ...]] = [(), ("sound", "photograph"), ("brand",), ("brand", "sound"), ()]
    table["shares_information_with"] = shared
    return lambda: widgets.CaseExplorer(found, table, share=0.2, source="simulated")


EXPLORERS: dict[str, Callable[[], Make]] = {
    "AuditExplorer": audits,
    "BatchExplorer": batches,
    "CalibrationExplorer": lambda: partial(widgets.CalibrationExplorer, predictions()),
    "CaseExplorer": case,
    "ConfusionExplorer": confusion_of_maps,
    "ConfusionExplorer, pictures": confusion_of_pictures,
    "ConfusionExplorer, sounds": confusion_of_sounds,
    "CoverageExplorer": lambda: partial(widgets.CoverageExplorer, predictions(), seed=0),
    "EvidenceExplorer": evidence,
    "FigureChooser": figures,
    "LiveCurves": live_curves,
    "MarginExplorer": margins,
    "OcclusionExplorer": occlusion,
    "RelabelExplorer": relabel,
    "RetrievalExplorer": retrieval,
    "SegmentationExplorer": segmentation,
    "ShapeIndexExplorer": shape_index,
    "SoundExplorer": sounds,
    "TwoStageExplorer": two_stages,
}


# ---------------------------------------------------------------- what is measured


@dataclass
class Answer:
    """To one change: milliseconds of the processor and by the clock, what was sent, whether it said "computing…"."""

    ms: float
    waited_ms: float
    kb: float
    said: bool


class Watch:
    """Writes every message to the browser as a kernel does, and counts its bytes."""

    def __init__(self) -> None:
        self.bytes = 0

    def send(self, _widget: ipywidgets.Widget, message: dict, buffers: list | None = None) -> None:
        self.bytes += len(json.dumps(message).encode()) + sum(memoryview(one).nbytes for one in buffers or [])


@contextmanager
def watched() -> Iterator[Watch]:
    watch, plain = Watch(), ipywidgets.Widget._send
    ipywidgets.Widget._send = lambda *message, **more: watch.send(*message, **more)
    try:
        yield watch
    finally:
        ipywidgets.Widget._send = plain


def answer(explorer: widgets.Explorer, control: ipywidgets.ValueWidget, value: Any) -> Answer:
    said: list[str] = []
    explorer.message.observe(lambda change: said.append(change["new"]), names="value")
    with watched() as watch:
        clocks = time.process_time(), time.perf_counter()
        control.value = value
        ms, waited_ms = 1000 * (time.process_time() - clocks[0]), 1000 * (time.perf_counter() - clocks[1])
    explorer.message.unobserve_all("value")
    told = " ".join(said)
    assert "color:#b00020" not in told, told  # an explorer's error
    return Answer(ms, waited_ms, watch.bytes / 1000, "computing" in told)


def controls_of(explorer: widgets.Explorer) -> dict[str, ipywidgets.ValueWidget]:
    """Everything a person can set, by its attribute's name."""
    named = {
        id(widget): name for name, widget in vars(explorer).items() if isinstance(widget, ipywidgets.Widget)
    }
    inside, found = [*explorer.children], {}
    while inside:
        widget = inside.pop(0)
        inside = [*getattr(widget, "children", ()), *inside]
        output = isinstance(widget, ipywidgets.Audio | ipywidgets.HTML)
        if isinstance(widget, ipywidgets.ValueWidget) and not output:
            found[named[id(widget)]] = widget
    return found


def values_of(control: ipywidgets.ValueWidget) -> list[Any]:
    """Some values, spread over all, without the present one."""
    if isinstance(control, ipywidgets.Text):
        return [photograph()] if control.description == "file" and control.placeholder else ["a note"]
    if isinstance(control, ipywidgets.SelectMultiple):
        names = list(control.options)
        values: list[Any] = [tuple(names[:n]) for n in (1, 2, len(names))]
    elif hasattr(control, "options"):
        values = [value for value in control._options_values if value is not None]
    elif isinstance(control, ipywidgets.FloatRangeSlider):
        wide = control.max - control.min
        values = [(control.min + share * wide, control.max - share * wide) for share in (0.1, 0.25, 0.4)]
    elif isinstance(control, ipywidgets.FloatLogSlider):
        values = list(control.base ** np.linspace(control.min, control.max, VALUES))
    else:
        steps = np.linspace(0, round((control.max - control.min) / control.step), VALUES).round()
        values = [type(control.value)(control.min + step * control.step) for step in steps]
    values = [value for value in values if value != control.value]
    few = {round(k) for k in np.linspace(0, len(values) - 1, VALUES)} if values else set()
    return [values[k] for k in sorted(few)]


@cache
def photograph() -> str:
    path = store() / "photograph.png"
    cv2.imwrite(str(path), pictures()["test"][0][..., ::-1])
    return str(path)


def sweep(make: Make) -> dict[str, dict[Any, tuple[Answer, Answer]]]:
    """Set every control of a new explorer to some values, twice: answers by control and value."""
    explorer, found = make(), {}
    for name, control in controls_of(explorer).items():
        begins, rounds = control.value, []
        values = values_of(control)
        for _ in range(2):
            rounds.append({str(value): answer(explorer, control, value) for value in values})
            control.value = begins
        found[name] = {value: (rounds[0][value], rounds[1][value]) for value in rounds[0]}
    return found


def slowest(sweeps: list[dict[Any, tuple[Answer, Answer]]]) -> dict[str, Any]:
    """Of one control: the slowest value, each value's time being the shortest."""
    best = {
        value: [min((one[value][k] for one in sweeps), key=lambda a: a.ms) for k in range(2)]
        for value in sweeps[0]
    }
    first, again = (max((both[k] for both in best.values()), key=lambda a: a.ms) for k in range(2))
    every = [answer for one in sweeps for both in one.values() for answer in both]
    return {
        "first ms": round(first.ms),
        "again ms": round(again.ms),
        "kB": round(max(answer.kb for answer in every), 1),
        "values": len(best),
        "says computing": max(first, again, key=lambda a: a.ms).said,
        "longest wait without a word (ms)": round(max((a.waited_ms for a in every if not a.said), default=0)),
    }


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


def test_every_explorer_is_measured() -> None:
    named = {name.split(",")[0] for name in EXPLORERS}
    assert named == {*widgets.__all__} - {"Explorer"}


@pytest.mark.parametrize("name", EXPLORERS)
def test_response(benchmark: BenchmarkFixture, name: str) -> None:
    make = EXPLORERS[name]()
    sweeps: list[dict[str, Any]] = []
    benchmark.group = "an explorer made, and all its controls changed"
    benchmark.pedantic(lambda: sweeps.append(sweep(make)), rounds=FRESH, warmup_rounds=0)
    controls = {control: slowest([one[control] for one in sweeps]) for control in sweeps[0]}
    benchmark.extra_info["controls"] = controls
    print(f"\n{name}\n{pd.DataFrame(controls).T.to_string()}")
    for control, row in controls.items():
        assert row["longest wait without a word (ms)"] <= 2 * LIMIT_MS, control


def test_an_update_of_live_curves(benchmark: BenchmarkFixture) -> None:
    """What a training waits for after each epoch."""
    live, whole = widgets.LiveCurves(source="simulated"), history(200)
    with watched():
        live.update(whole.head(1))
        rows = iter(range(2, 200))
        benchmark.group = "live curves, one more epoch"
        benchmark.pedantic(lambda: live.update(whole.head(next(rows))), rounds=100)
    assert len(live.history) > 100
