"""Which way of training finds more: single or double margin, one stage or two, today's losses; three seeds each.

    python docs/results/retrieval_methods.py simulated STORE
    python docs/results/retrieval_methods.py drawings STORE FOLDER

"simulated": firearm pictures, a network with ImageNet weights. "drawings": the two small background sets of Omniglot
(FOLDER with images_background_small1.zip and ..2.zip; MIT, Lake, Salakhutdinov and Tenenbaum 2015), each character
of an alphabet a class: 116 to learn from, 20 for selection, and of the second file those 106 that the first does not
have; a small network from random weights.

Every way has the same parts of a set. A training sees 14,000 to 15,000 drawings; of simulated pictures 8,800 where it
learns classes and 5,500 where it learns distances. A second stage comes on top, hence the row "cls, as long as two
stages". Stage one learns from training classes only, 70 % of the pictures of each. "Margins from distances" are the
mean distances before training, the others 0.8 and 1.2. Learning rates were tried beforehand, on validation classes with
another seed or in shorter runs.

Writes retrieval_methods.json and fireanalysis/metrics/retrieval_runs.csv after each run; one that was killed goes on
where it was.
"""

import json
import platform
import sys
import time
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

import fireanalysis
from fireanalysis import loaders, metrics, models, training

HERE = Path(__file__).parent
SEEDS, DIMENSIONS = (0, 1, 2), (512, 256, 128, 64)
FIXED = {"positive_margin": 0.8, "negative_margin": 1.2}
LEARNED_ON = ("training part", "database")


@dataclass(frozen=True)
class Way:
    """A way of training: its recipe, the way it begins with, and what differs."""

    recipe: str
    after: str = ""
    changes: dict[str, Any] = field(default_factory=dict)


WAYS = {
    "cls": Way("cls"),
    "retr-s": Way("retr-s", "", FIXED),
    "retr-d": Way("retr-d", "", FIXED),
    "cls + retr-s": Way("cls + retr-s", "cls", FIXED),
    "cls + retr-d": Way("cls + retr-d", "cls", FIXED),
    "TripletNet": Way("TripletNet", "cls"),
    "triplet, hard": Way("triplet, hard"),
    "multi-similarity": Way("multi-similarity"),
    "proxy-anchor": Way("proxy-anchor"),
    "cls, as long as two stages": Way("cls", "", {"stages": 2}),
    "retr-s, margin from distances": Way("retr-s"),
    "retr-d, margins from distances": Way("retr-d"),
    "cls + retr-s, margin from distances": Way("cls + retr-s", "cls"),
    "cls + retr-d, margins from distances": Way("cls + retr-d", "cls"),
    "cls + multi-similarity": Way("multi-similarity", "cls"),
}  # fmt: skip
NOT_TRAINED = "not trained"
GAINS = [
    ("retr-d", "retr-s"),
    ("retr-d, margins from distances", "retr-s, margin from distances"),
    ("cls + retr-d", "cls + retr-s"),
    ("cls + retr-d, margins from distances", "cls + retr-s, margin from distances"),
    ("cls + retr-d", "retr-d"),
    ("cls + retr-s", "retr-s"),
    ("cls + retr-d", "cls"),
    ("cls + retr-s", "cls"),
    ("cls + retr-d", "cls, as long as two stages"),
    ("cls + retr-d", "TripletNet"),
    ("cls + multi-similarity", "multi-similarity"),
    ("multi-similarity", "cls + retr-d"),
    ("proxy-anchor", "cls + retr-d"),
    ("triplet, hard", "cls + retr-d"),
    ("cls", NOT_TRAINED),
    ("retr-s", NOT_TRAINED),
    ("retr-d", NOT_TRAINED),
]

COMMON = {"batch": 64, "redraw": 1, "precision": "32-true"}
SETS: dict[str, dict[str, Any]] = {
    "simulated": {
        "source": "simulated",
        "data": "firearm pictures of this package's simulator: 2,400 of 120 models",
        "sizes": COMMON | {"network": "efficientnet_lite0", "weights": "imagenet", "smallest": 64, "longer": 96,
                           "pairs": 6, "batch": 32},
        "epochs": 3, "class_epochs": 8, "decay": 2 / 3,
        "rates": {"cls": 0.002, "retr-s": 0.01, "retr-d": 0.01, "cls + retr-s": 0.01, "cls + retr-d": 0.01,
                  "TripletNet": 0.01, "triplet, hard": 0.003, "multi-similarity": 0.01, "proxy-anchor": 0.001},
    },
    "drawings": {
        "source": "real",
        "data": "Omniglot, background sets small 1 and 2 (MIT, B. Lake 2015), classes of both only in the first",
        "sizes": COMMON | {"network": "small", "width": 0.5, "weights": "none", "smallest": 32, "longer": 32,
                           "augment": False, "pairs": 10},
        "epochs": 3, "class_epochs": 9, "decay": 1 / 3,
        "rates": {"cls": 0.01, "retr-s": 0.1, "retr-d": 0.1, "cls + retr-s": 0.03, "cls + retr-d": 0.03,
                  "TripletNet": 0.1, "triplet, hard": 0.01, "multi-similarity": 0.1, "proxy-anchor": 0.001},
    },
}  # fmt: skip


@cache
def parts_of(name: str, store: Path, folder: Path | None) -> dict[str, loaders.DataSet]:
    """Give the parts, of disjoint classes, the same for every seed; and stage one's two."""
    if name == "simulated":
        data = loaders.load_retrieval(pictures=2400, classes=120, seed=0)
    else:
        assert folder is not None, "name the folder of the two zip files"
        data = loaders.load_retrieval(unpacked(folder, store / "drawings"))
    longer = SETS[name]["sizes"]["longer"]
    parts = loaders.split_classes(data, seed=0)
    parts = {part: loaders.keep_sized(of, store=store, longer=longer) for part, of in parts.items()}
    stage_one = loaders.split(parts["train"], {"train": 0.7, "validation": 0.3}, seed=0, each_label=True)
    return parts | {f"stage one, {part}": of for part, of in stage_one.items()}


def unpacked(folder: Path, out: Path) -> Path:
    """Unpack the drawings, with a manifest that leaves what both files have to the training part."""
    files: dict[int, list[str]] = {}
    for number in (1, 2):
        with zipfile.ZipFile(folder / f"images_background_small{number}.zip") as archive:
            files[number] = sorted(one for one in archive.namelist() if one.endswith(".png"))
            archive.extractall(out, files[number])
    table = pd.DataFrame({"file": files[1] + files[2]})
    table["class"] = table["file"].str.split("/").str[1:3].str.join("/")
    first = np.arange(len(table)) < len(files[1])
    known = sorted(set(table["class"][first]))
    held_out = np.random.default_rng(0).choice(known, 20, replace=False)
    table["split"] = np.where(table["class"].isin(held_out), "validation", "train")
    table.loc[~first, "split"] = "test"
    table[first | ~table["class"].isin(known)].to_csv(out / "manifest.csv", index=False)
    return out


def recipe_of(name: str, way: Way, seed: int) -> training.EmbeddingRecipe:
    """Give a way's settings on a set."""
    plan = SETS[name]
    epochs = plan["class_epochs"] if way.recipe == "cls" else plan["epochs"]
    changes = dict(way.changes)
    epochs *= changes.pop("stages", 1)
    rate = plan["rates"][way.recipe]
    own = {"epochs": epochs, "decay_every": max(1, round(epochs * plan["decay"])), "learning_rate": rate}
    return training.retrieval_recipe(way.recipe, plan["sizes"], seed=seed, **own, **changes)


def trained(name: str, way: Way, parts: dict[str, Any], store: Path, seed: int) -> training.EmbeddingFit:
    """Train, after the way it begins with."""
    start = trained(name, WAYS[way.after], parts, store, seed) if way.after else None
    prefix = "stage one, " if way.recipe == "cls" else ""
    train, validation = (parts[f"{prefix}{part}"] for part in ("train", "validation"))
    return training.fit_embedding(train, validation, recipe_of(name, way, seed), store=store, start=start)


def measured(embed: Any, parts: dict[str, Any]) -> pd.DataFrame:
    """Search the test part: average precision and first rank of each query, and with fewer dimensions."""
    queries, database = loaders.query_and_database(parts["test"])
    found = {"queries": embed(queries), "database": embed(database), "training part": embed(parts["train"])}
    labels = queries.labels, database.labels
    table = metrics.retrieval_table(found["queries"], labels[0], found["database"], labels[1])
    for on in LEARNED_ON:
        for count in (n for n in DIMENSIONS if n <= found[on].shape[1]):
            reduction = metrics.learn_reduction(found[on], dimensions=count)
            few = [reduction.apply(found[part]) for part in ("queries", "database")]
            table[f"{on}, {count}"] = metrics.retrieval_table(few[0], labels[0], few[1], labels[1])[
                "ap_trapezoid"
            ]
    return table


def run(name: str, what: str, seed: int, store: Path, folder: Path | None) -> dict[str, Any]:
    """Train and test one way with one seed."""
    started, parts = time.process_time(), parts_of(name, store, folder)
    if what == NOT_TRAINED:
        sizes = {key: SETS[name]["sizes"].get(key) for key in ("network", "width", "weights")}
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = models.embedder(**{key: value for key, value in sizes.items() if value is not None})
        longer = SETS[name]["sizes"]["longer"]
        table = measured(lambda of: training.embed(model, of, longer=longer), parts)
        about: dict[str, Any] = {"weights": model.weights_used, "dimensions": model.dimensions}
    else:
        fit = trained(name, WAYS[what], parts, store, seed)
        table = measured(fit.embed, parts)
        about = {"weights": fit.weights, "dimensions": fit.model.dimensions, "chosen epoch": fit.chosen_epoch}
        about |= {"learning rate": fit.recipe.learning_rate, "epochs": fit.recipe.epochs}
        if fit.recipe.in_pairs:
            margins = fit.recipe.positive_margin, fit.recipe.negative_margin
            about["margins"] = margins[1:] if fit.recipe.loss == "single" else margins
    about["cpu seconds"] = round(time.process_time() - started)
    return {"about": about, "queries": table.to_dict("list")}


def intervals(values: Any, classes: Any) -> list[float]:
    """Mean, low and high, percent."""
    found = metrics.bootstrap_seeds(values, classes=classes, seed=0)
    return [round(100 * value, 2) for value in (found.value, found.low, found.high)]


def summed_up(name: str, runs: dict[tuple[str, int], dict[str, Any]]) -> dict[str, Any]:
    """Put the runs of a set together."""
    tables = {key: pd.DataFrame(one["queries"]) for key, one in runs.items()}
    classes = next(iter(tables.values()))["class"]
    done = {what: [seed for seed in SEEDS if (what, seed) in runs] for what in [NOT_TRAINED, *WAYS]}
    precision = {key: table["ap_trapezoid"].to_numpy() for key, table in tables.items()}
    scores, gains = {}, {}
    for what, seeds in done.items():
        if not seeds:
            continue
        one = pd.concat([tables[what, seed] for seed in seeds])
        ranks = metrics.rank_accuracy(one)
        scores[what] = {
            "mAP, low, high (%)": intervals([precision[what, seed] for seed in seeds], classes),
            "by seed (%)": [round(100 * precision[what, seed].mean(), 2) for seed in seeds],
            "mAP, step (%)": round(100 * metrics.mean_average_precision(one, kind="step"), 2),
            **{f"{rank} (%)": round(100 * value, 2) for rank, value in ranks.items()},
        }
        for on in LEARNED_ON:
            there = [count for count in DIMENSIONS if f"{on}, {count}" in one]
            by_count = {str(count): round(100 * one[f"{on}, {count}"].mean(), 2) for count in there}
            scores[what][f"mAP by dimensions, learned on the {on} (%)"] = by_count
        scores[what]["runs"] = [runs[what, seed]["about"] for seed in seeds]
    for what, against in GAINS:
        seeds = [seed for seed in done[what] if seed in done[against]]
        if seeds:
            apart = [precision[what, seed] - precision[against, seed] for seed in seeds]
            gains[f"{what} over {against}"] = {
                "mAP, low, high (%)": intervals(apart, classes),
                "by seed (%)": [round(100 * one.mean(), 2) for one in apart],
            }
    plan = SETS[name]
    return {
        "source": plan["source"],
        "data": plan["data"],
        "test": f"{len(classes)} queries of {classes.nunique()} classes",
        "device": f"{platform.machine()} CPU, {torch.get_num_threads()} thread",
        "versions": {
            "python": platform.python_version(), "torch": torch.__version__, "fireanalysis": fireanalysis.__version__,
        },
        "seeds": list(SEEDS),
        "settings": {key: plan[key] for key in ("sizes", "epochs", "class_epochs", "rates")},
        "scores": scores,
        "gains": gains,
    }  # fmt: skip


def table_of(content: dict[str, Any]) -> pd.DataFrame:
    """Give the table that `metrics.retrieval_runs` reads."""
    rows = []
    for name, of in content.items():
        kinds = {(what, ""): one for what, one in of["scores"].items()}
        kinds |= {tuple(key.split(" over ")): one for key, one in of["gains"].items()}
        for (what, against), one in kinds.items():
            value, low, high = one["mAP, low, high (%)"]
            by_seed = one["by seed (%)"]
            row = {
                "data": name,
                "source": of["source"],
                "method": what,
                "against": against,
                "seeds": len(by_seed),
            }
            row |= {"map": value, "low": low, "high": high, "lowest": min(by_seed), "highest": max(by_seed)}
            if not against:
                row["map_step"] = one["mAP, step (%)"]
                row |= {f"rank_{k}": one[f"rank-{k} (%)"] for k in (1, 2, 4, 8)}
                few = one["mAP by dimensions, learned on the training part (%)"]
                row |= {f"d_{count}": few.get(str(count)) for count in DIMENSIONS}
                row["weights"] = one["runs"][0]["weights"]
            rows.append(row | {"network": of["settings"]["sizes"]["network"]})
    return pd.DataFrame(rows)


def main(name: str, store: str, folder: str | None = None) -> None:
    """Run what is not there yet, a seed after the other, and write what came out after each."""
    path, kept = HERE / "retrieval_methods.json", Path(store) / "runs" / name
    kept.mkdir(parents=True, exist_ok=True)
    runs: dict[tuple[str, int], dict[str, Any]] = {}
    for seed in SEEDS:
        for what in [NOT_TRAINED, *WAYS]:
            file = kept / f"{what}, seed {seed}.json"
            if not file.is_file():
                one = run(name, what, seed, Path(store), Path(folder) if folder else None)
                file.write_text(json.dumps(one), encoding="utf-8")
            runs[what, seed] = json.loads(file.read_text("utf-8"))
            content = json.loads(path.read_text("utf-8")) | {name: summed_up(name, runs)}
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            target = Path(fireanalysis.__file__).parent / "metrics" / "retrieval_runs.csv"
            table_of(content).to_csv(target, index=False)
            one = content[name]["scores"][what]
            print(what, seed, one["mAP, low, high (%)"], one["runs"][-1], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
