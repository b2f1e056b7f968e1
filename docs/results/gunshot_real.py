"""Tell firearm models apart on real recordings, sessions held out: what beats an SVM on mel statistics.

    python docs/results/gunshot_real.py FOLDER STORE

Six parts that share no session; each is predicted by what was learned from the other five. The SVM on mel statistics
and all that is held against it see the same parts. Models of fewer than six sessions are left out. Writes
gunshot_real.json and fireanalysis/metrics/real_gunshots.csv: numbers only, no recording and no figure of one.
"""

import json
import platform
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from fireanalysis import loaders, metrics, training, transforms

FOLDS, DEALS, SHRINK_BY = 6, 5, 4
SOFTER = 0.3  # a discriminant's probabilities are too sure; its logarithms count so much beside a network's
AUGMENT = ("gain", "shift", "noise", "reverberation", "recorder", "spec_augment")
RECIPE = replace(
    training.SOUND,
    network="audio_cnn",
    width=0.25,
    optimiser="adamw",
    learning_rate=2e-3,
    weight_decay=1e-2,
    epochs=20,
    patience=20,
    augment=AUGMENT,
)
SIMULATED_CLIPS = 1000

COLUMNS = {
    "accuracy (%)": ["right_percent"],
    "95 % interval": ["low", "high"],
    "macro recall (%)": ["macro_recall_percent"],
    "mean over sessions (%)": ["session_percent"],
    "lead (points)": ["lead_points"],
    "its 95 % interval": ["lead_low", "lead_high"],
}
Codes = NDArray[np.intp]


def learners(classes: int) -> dict[str, BaseEstimator]:
    """Classifiers of mel statistics: the baseline, with C chosen inside the training part, and the discriminant."""
    sessions = StratifiedGroupKFold(4)
    grid = {"svc__C": [0.1, 1, 10, 100]}
    svm = make_pipeline(StandardScaler(), SVC(C=10))
    equal = {"priors": np.full(classes, 1 / classes)}
    return {
        "SVM, C = 10": svm,
        "SVM, C chosen": GridSearchCV(svm, grid, cv=sessions),
        "discriminant": make_pipeline(
            StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", **equal)
        ),
    }


def dealt(data: loaders.DataSet, *, seed: int, leaky: bool) -> Codes:
    """Deal clips to folds; without `leaky` no session is in two."""
    parts = loaders.split(
        data, {str(n): 1 / FOLDS for n in range(FOLDS)}, seed=seed, leaky=leaky, each_label=not leaky
    )
    fold = np.empty(len(data), int)
    for number, part in enumerate(parts.values()):
        fold[training.rows_of(part, of=data)] = number
    return fold


def classical(
    estimator: BaseEstimator, features: NDArray, data: loaders.DataSet, fold: Codes
) -> NDArray[np.str_]:
    """Predict each fold from the others."""
    said = np.empty(len(data), object)
    for number in range(FOLDS):
        learn, of = fold != number, {}
        if isinstance(estimator, GridSearchCV):
            of = {"groups": data.groups[learn]}
        estimator.fit(features[learn], data.labels[learn], **of)
        said[~learn] = estimator.predict(features[~learn])
    return said


def evened(part: loaders.DataSet, *, seed: int) -> loaders.DataSet:
    """Draw as many clips with replacement: models alike, sessions by the root of their size."""
    table = part.table
    weight = 1 / np.sqrt(table.groupby(part.group)[part.group].transform("size"))
    weight /= weight.groupby(table[part.label]).transform("sum")
    rng = np.random.default_rng(seed)
    return part.subset(np.sort(rng.choice(len(part), len(part), p=weight / weight.sum())))


def network(
    maps: loaders.DataSet, fold: Codes, recipe: training.Recipe, *, store: str
) -> NDArray[np.float32]:
    """Give probabilities of each fold by a network trained on four others; the next one chooses its epoch."""
    found = np.empty((len(maps), len(np.unique(maps.labels))), np.float32)
    for number in range(FOLDS):
        chooses = (number + 1) % FOLDS
        train = maps.subset((fold != number) & (fold != chooses))
        validation = maps.subset(fold == chooses)
        train = evened(train, seed=number)
        fit = training.fit_or_load(train, validation, recipe, store=store, device="cpu")
        found[fold == number] = fit.predict(maps.subset(fold == number)).probabilities
        print(f"  fold {number}: {fit.seconds:.0f} s, epoch {fit.chosen_epoch}", flush=True)
    return found


def pretrained(store: str) -> tuple[str, float]:
    """Train a network on simulated clips of 32 models; its file, and its accuracy on simulated sessions held out."""
    data = loaders.load_gunshots(
        clips=SIMULATED_CLIPS, seed=11, wrong_label_fraction=0.0, duplicate_fraction=0.0
    )
    maps = loaders.keep_spectrograms(data, store=store, shrink_by=SHRINK_BY)
    parts = loaders.split(maps, {"train": 0.8, "validation": 0.2}, seed=0, each_label=True)
    fit = training.fit_or_load(parts["train"], parts["validation"], RECIPE, store=store, device="cpu")
    path = Path(store, "simulated.pt")
    torch.save(fit.model.state_dict(), path)
    return str(path), fit.predict(parts["validation"]).accuracy


def scores(said: NDArray, base: NDArray, data: loaders.DataSet) -> dict[str, object]:
    """Give accuracy and macro recall (%), and the accuracy's lead over another's; intervals by session."""
    right, right_base = (100.0 * (one == data.labels) for one in (said, base))
    pair = metrics.bootstrap_mean(
        np.column_stack([right, right - right_base]), groups=data.groups, seed=0, resamples=4000
    )
    values, low, high = (np.round(end, 1).tolist() for end in metrics.interval_ends(pair))
    recall = [right[data.labels == label].mean() for label in np.unique(data.labels)]
    of_session = [right[data.groups == one].mean() for one in np.unique(data.groups)]
    return {
        "accuracy (%)": values[0],
        "95 % interval": [low[0], high[0]],
        "macro recall (%)": round(float(np.mean(recall)), 1),
        "mean over sessions (%)": round(float(np.mean(of_session)), 1),
        "lead (points)": values[1],
        "its 95 % interval": [low[1], high[1]],
    }


def as_table(found: dict[str, dict[str, dict]]) -> pd.DataFrame:
    """Give all scores one row a split and method, as the package keeps them."""
    columns = [name for names in COLUMNS.values() for name in names]
    rows = [
        [split, method, *np.hstack([one[key] for key in COLUMNS])]
        for split, methods in found.items()
        for method, one in methods.items()
    ]
    return pd.DataFrame(rows, columns=["split", "method", *columns])


def main(folder: str, store: str) -> None:
    """Measure all of it, and write it down after each step."""
    torch.set_num_threads(1)
    started = time.perf_counter()
    data = loaders.enough_groups(loaders.load_gunshots(folder), parts=FOLDS)
    kept = loaders.keep_features(data, transforms.mel_statistics, store=store)
    features = np.stack([*kept.samples()])
    maps = loaders.keep_spectrograms(data, store=store, shrink_by=SHRINK_BY)
    classes = np.unique(maps.labels)
    baseline = "SVM, C chosen"
    result: dict[str, Any] = {
        "source": "real",
        "set": f"{data.name}: {len(data)} clips, {len(np.unique(data.groups))} sessions, {len(classes)} models",
        "sessions": "inferred, not recorded",
        "left out": [note for note in data.notes if "left out" in note],
        "baseline": baseline,
        "network": asdict(RECIPE),
        "device": "cpu",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "scores": {},
    }
    result["versions"]["scikit-learn"] = sklearn.__version__
    target = Path(__file__).with_suffix(".json")

    def write(split: str, said: dict[str, NDArray], *, base: NDArray) -> None:
        result["scores"].setdefault(split, {})
        for name, one in said.items():
            result["scores"][split][name] = scores(one, base, maps)
            print(split, name, result["scores"][split][name], flush=True)
        result["minutes"] = round((time.perf_counter() - started) / 60, 1)
        target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        as_table(result["scores"]).to_csv(Path(metrics.__file__).with_name("real_gunshots.csv"), index=False)

    bases, folds = {}, {}
    for split, leaky in (("by session", False), ("by clip", True)):
        folds[split] = dealt(maps, seed=0, leaky=leaky)
        said = {n: classical(e, features, maps, folds[split]) for n, e in learners(len(classes)).items()}
        bases[split] = said[baseline]
        write(split, said, base=bases[split])
    again: dict[str, list[float]] = {n: [] for n in learners(len(classes))}
    for seed in range(1, DEALS + 1):
        fold = dealt(maps, seed=seed, leaky=False)
        for name, estimator in learners(len(classes)).items():
            again[name].append(100 * np.mean(classical(estimator, features, maps, fold) == maps.labels))
    result["accuracy in other deals of the sessions (%)"] = {
        n: np.round(a, 1).tolist() for n, a in again.items()
    }
    fold, base = folds["by session"], bases["by session"]
    discriminant = learners(len(classes))["discriminant"]
    sure = np.empty((len(maps), len(classes)))
    for number in range(FOLDS):
        discriminant.fit(features[fold != number], maps.labels[fold != number])
        sure[fold == number] = discriminant.predict_proba(features[fold == number])
    soft = np.exp(SOFTER * np.log(np.maximum(sure, 1e-9)))
    soft /= soft.sum(1, keepdims=True)
    file, accuracy = pretrained(store)
    result["accuracy of the pre-trained network on simulated sessions (%)"] = round(100 * accuracy, 1)
    trained = {
        "network, augmented": RECIPE,
        "network, pre-trained on simulated clips": replace(RECIPE, weights=file),
        "network, not augmented": replace(RECIPE, augment=()),
    }
    alone = {}
    for name, recipe in trained.items():
        likely = network(maps, fold, recipe, store=store)
        alone[name] = classes[likely.argmax(1)]
        both = {name: alone[name], f"{name}, with the discriminant": classes[(likely + soft).argmax(1)]}
        write("by session", both, base=base)
    not_trained, trained_before, _ = alone.values()
    write("by session", {"pre-trained, against not pre-trained": trained_before}, base=not_trained)
    likely = network(maps, folds["by clip"], RECIPE, store=store)
    write("by clip", {"network, augmented": classes[likely.argmax(1)]}, base=bases["by clip"])


if __name__ == "__main__":
    main(*sys.argv[1:])
