import importlib.util
import json
from pathlib import Path

import pytest

from fireanalysis.loaders import load_comparison_scores
from fireanalysis.metrics import real_likelihood_ratios

RESULTS = Path(__file__).parents[2] / "docs" / "results"


def test_the_table_holds_each_system_on_each_split_with_its_interval() -> None:
    table = real_likelihood_ratios()
    keys = ["mark", "score", "method", "bounds", "split"]
    assert not table.duplicated(keys).any() and len(table) == 2 * 11 * 4 + 6 * 4
    assert (table.groupby(keys[:4])["split"].nunique() == 4).all()
    for name in ("Cllr", "Cllr_min", "misleading, same source", "misleading, different sources"):
        assert (table[f"{name} low"] <= table[name]).all() and (table[name] <= table[f"{name} high"]).all()
    assert (table["Cllr_min"] <= table["Cllr"]).all() and table["Cllr"].between(0, 1).all()
    weapons = table[table["split"] == "all weapons"].groupby("mark")["same"].unique()
    assert {mark: counts.tolist() for mark, counts in weapons.items()} == {
        "aperture shear": [199],
        "breech face": [188],
        "firing pin": [196],
    }


def test_the_targets_are_reached_over_all_weapons_and_not_on_every_split() -> None:
    kept = json.loads((RESULTS / "evidence_scores.json").read_text("utf-8"))["against the targets"]
    table = real_likelihood_ratios().query(
        "method == 'kde' and bounds == 'invariance' and score in ('cells', 'ccf')"
    )
    costs = table.set_index(["mark", "split"])["Cllr"]
    floors = table.set_index(["mark", "split"])["Cllr_min"]
    for mark, target in {"breech face": 0.30, "firing pin": 0.05, "aperture shear": 0.04}.items():
        assert kept[mark]["target Cllr"] == target and costs[mark, "all weapons"] <= target
        assert kept[mark]["Cllr"] == costs[mark].to_dict()
        assert kept[mark]["reached"] == (costs[mark] <= target).to_dict() and not all(
            kept[mark]["reached"].values()
        )
        assert kept[mark]["Cllr_min above the target"] == list(floors[mark].index[floors[mark] > target])


@pytest.mark.parametrize(
    ("mark", "score", "method", "split"),
    [
        ("breech face", "cells", "kde", "split1"),
        ("firing pin", "cells of n", "beta_binomial", "split3"),
        ("aperture shear", "ccf", "isotonic", "all weapons"),
    ],
)
def test_real_scores_measured_again(real_cartridges, mark: str, score: str, method: str, split: str) -> None:
    spec = importlib.util.spec_from_file_location("evidence_scores", RESULTS / "evidence_scores.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    table = load_comparison_scores(real_cartridges / "comparison_scores")[mark]
    splits = table.attrs["splits"] if split == "all weapons" else [split]
    parts = [(table[table[one] == "t"], table[table[one] == "v"]) for one in splits]
    found = make.row(make.joined([make.tested(*part, (score, method)) for part in parts]))
    kept = real_likelihood_ratios().set_index(["mark", "score", "method", "bounds", "split"])
    assert found == pytest.approx(kept.loc[mark, score, method, "invariance", split].to_dict(), abs=2e-4)
