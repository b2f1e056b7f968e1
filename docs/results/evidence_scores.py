"""Likelihood ratios from real comparison scores, weapons held out: what they cost, by mark, score, method and split.

    python docs/results/evidence_scores.py --data FOLDER

FOLDER holds the tables of the Netherlands Forensic Institute (lr_module_scratch, Apache-2.0): 191 to 199 pistols, each
compared once with itself and with others. A split's training and validation share no weapon. The three splits validate
each weapon once (the third follows from the two of the tables), so all their validation pairs together, "all weapons",
are cross-validated by weapon. Writes evidence_scores.json and fireanalysis/metrics/real_likelihood_ratios.csv: numbers
only, no score of any pair.

Held against the targets is one method for all marks: KDE of one score within invariance bounds, which assumes no shape
and is what the institute uses for single scores. Figures of some splits had been seen before that was settled; so
"chosen in training" stands beside it: in each split, what cost least when its training weapons alone were
cross-validated, no validation pair seen.
"""

import argparse
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis import loaders, metrics

SCORES = {
    "cells": lambda pairs: (pairs["cmc"] / pairs["n"]).to_numpy(),
    "cells of n": lambda pairs: pairs[["cmc", "n"]].to_numpy(float),
    "accf": lambda pairs: pairs["accf"].to_numpy(),
    "cells and accf": lambda pairs: np.column_stack([pairs["cmc"] / pairs["n"], pairs["accf"]]),
    "ccf": lambda pairs: pairs["ccf"].to_numpy(),
}
ONE_SCORE = ("logistic", "kde", "isotonic")
# Score and method; the first ones, of cells or of ccf, are those chosen among in training.
OF_CELLS = [*(("cells", method) for method in ONE_SCORE), ("cells of n", "beta_binomial")]
OF_OTHERS = [*(("accf", method) for method in ONE_SCORE), ("cells and accf", "logistic")]
SYSTEMS = {
    "breech face": (OF_CELLS, OF_OTHERS),
    "firing pin": (OF_CELLS, OF_OTHERS),
    "aperture shear": ([("ccf", method) for method in ONE_SCORE], []),
}
DEFAULT = "kde"
TARGETS = {"breech face": 0.30, "firing pin": 0.05, "aperture shear": 0.04}
CHOSEN, DEALS, FOLDS = "chosen in training", 5, 3
RESAMPLES = 1000
Tested = tuple[NDArray[np.float64], pd.DataFrame]


def tested(train: pd.DataFrame, test: pd.DataFrame, system: tuple[str, str], **how: object) -> Tested:
    """Fit on pairs of some weapons; log10 LR of pairs of others."""
    score, method = system
    fitted = metrics.fit_likelihood_ratio(
        SCORES[score](train), train["same"].to_numpy(), method=method, **how
    )
    return fitted.log10(SCORES[score](test)), test


def joined(parts: list[Tested]) -> Tested:
    """Put what several systems said together."""
    return np.concatenate([one for one, _ in parts]), pd.concat([pairs for _, pairs in parts])


def cost_in_training(train: pd.DataFrame, system: tuple[str, str]) -> float:
    """Mean Cllr of the training weapons cross-validated among themselves."""
    weapons, costs = np.unique(train[["reference", "questioned"]]), []
    for deal in range(DEALS):
        order = np.random.default_rng(deal).permutation(weapons)
        folds = [train[["reference", "questioned"]].isin(order[n::FOLDS]).sum(axis=1) for n in range(FOLDS)]
        said, pairs = joined([tested(train[held == 0], train[held == 2], system) for held in folds])
        costs.append(metrics.cllr(said, pairs["same"].to_numpy()))
    return float(np.mean(costs))


def row(found: Tested) -> dict[str, float]:
    """Give all numbers of likelihood ratios with their intervals by weapon."""
    said, pairs = found
    same = pairs["same"].to_numpy()
    summary = metrics.likelihood_ratio_summary(
        said, same, sources=pairs[["reference", "questioned"]].to_numpy(), seed=0, resamples=RESAMPLES
    )
    numbers: dict[str, float] = {"same": int(same.sum()), "different": int((~same).sum())}
    for name, one in summary.items():
        numbers |= {name: one.value, f"{name} low": one.low, f"{name} high": one.high}
    return numbers | {"lowest log10 LR": said.min(), "highest log10 LR": said.max()}


def measured(mark: str, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Give a row for each score, method, bounds and split; and what each system cost in training."""
    parts = {
        split: (table[table[split] == "t"], table[table[split] == "v"]) for split in table.attrs["splits"]
    }
    candidates, others = SYSTEMS[mark]
    costs = {
        split: {" ".join(system): cost_in_training(train, system) for system in candidates}
        for split, (train, _) in parts.items()
    }
    systems = [(system, "invariance") for system in (*candidates, *others)]
    systems += [((candidates[0][0], DEFAULT), bounds) for bounds in ("elub", None)]
    found = {
        (*system, bounds or "none"): {
            split: tested(*part, system, bounds=bounds) for split, part in parts.items()
        }
        for system, bounds in systems
    }
    best = {split: min(cost, key=cost.__getitem__) for split, cost in costs.items()}
    known = {" ".join(key[:2]): said for key, said in found.items() if key[2] == "invariance"}
    found[candidates[0][0], CHOSEN, "invariance"] = {split: known[best[split]][split] for split in parts}
    rows = []
    for (score, method, bounds), said in found.items():
        for split, one in {**said, "all weapons": joined([*said.values()])}.items():
            names = {"mark": mark, "score": score, "method": method, "bounds": bounds, "split": split}
            rows.append(names | row(one))
    return pd.DataFrame(rows), costs


def against_target(rows: pd.DataFrame, mark: str) -> dict[str, object]:
    """Say which splits reach the target, and which cannot by any rising function of the score."""
    of_mark = rows[(rows["mark"] == mark) & (rows["bounds"] == "invariance")]
    default = of_mark[(of_mark["method"] == DEFAULT) & of_mark["score"].isin(["cells", "ccf"])]
    chosen = of_mark[of_mark["method"] == CHOSEN].set_index("split")["Cllr"]
    costs, floors = (default.set_index("split")[name] for name in ("Cllr", "Cllr_min"))
    target = TARGETS[mark]
    return {
        "target Cllr": target,
        "Cllr": costs.to_dict(),
        "reached": {split: bool(cost <= target) for split, cost in costs.items()},
        "Cllr_min above the target": [split for split, floor in floors.items() if floor > target],
        "Cllr, method chosen in training": chosen.to_dict(),
    }


def main(folder: Path) -> None:
    """Measure all marks and write them down."""
    started = time.perf_counter()
    tables = loaders.load_comparison_scores(folder)
    rows, costs = {}, {}
    for mark in SYSTEMS:
        rows[mark], costs[mark] = measured(mark, tables[mark])
        print(
            rows[mark].query("split == 'all weapons'").iloc[:, [1, 2, 3, 7, 8, 9, 10]].to_string(), flush=True
        )
    table = pd.concat(rows.values(), ignore_index=True)
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].round(4)
    table.to_csv(Path(metrics.__file__).with_name("real_likelihood_ratios.csv"), index=False)
    result = {
        "source": "real",
        "set": "comparison scores of the Netherlands Forensic Institute, lr_module_scratch, Apache-2.0",
        "weapons": {mark: len(np.unique(one[["reference", "questioned"]])) for mark, one in tables.items()},
        "pairs": {mark: len(one) for mark, one in tables.items()},
        "intervals": f"95 %, weapons drawn with replacement {RESAMPLES} times",
        "held against the targets": f"{DEFAULT} of one score within invariance bounds, all marks alike",
        "against the targets": {mark: against_target(table, mark) for mark in SYSTEMS},
        "Cllr in training": {
            mark: {split: {n: round(c, 4) for n, c in one.items()} for split, one in cost.items()}
            for mark, cost in costs.items()
        },
        "device": "cpu",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("lir", "scikit-learn", "scipy")},
        "minutes": round((time.perf_counter() - started) / 60, 1),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Likelihood ratios from real comparison scores.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the three tables")
    main(parser.parse_args().data)
