"""The notebooks of evidence run on tables of one's own, and no figure of theirs goes without its conclusions."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fireanalysis.running import find_notebooks, run_notebooks

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = [notebook.name for notebook in find_notebooks(FOLDER) if notebook.name.startswith("5")]


def comparison_scores(folder: Path, rng: np.random.Generator) -> None:
    """30 weapons in two halves; scores of the same weapon are higher, with an overlap."""
    pairs = [(a, b) for a in range(30) for b in range(a, 30)]
    same = np.array([a == b for a, b in pairs])
    half = np.array([{a < 20, b < 20} for a, b in pairs])
    table = pd.DataFrame(pairs, columns=["weapon1", "weapon2"]).assign(hypothesis=same.astype(int))
    table["ccf"] = np.where(same, 0.6, 0.3) + rng.normal(0, 0.1, len(pairs))
    table["split1"] = [{frozenset([True]): "t", frozenset([False]): "v"}.get(frozenset(h), "n") for h in half]
    table.to_csv(folder / "aperture_shear.csv", index=False)


def predictions(folder: Path, rng: np.random.Generator) -> None:
    """Two classifiers of three classes that are right more often than not, and not calibrated."""
    for name in ("brand", "model"):
        truth = rng.integers(3, size=240)
        logits = rng.normal(size=(240, 3)) + 2 * np.eye(3)[truth]
        table = pd.DataFrame(3 * logits, columns=[f"logit {label}" for label in "ABC"])
        table["truth"], table["group"] = np.array([*"ABC"])[truth], [f"g{k // 3}" for k in range(240)]
        wrong = rng.random(240) < 0.1
        table["checked"] = np.where(wrong, np.array([*"BCA"])[truth], table["truth"])
        table["part"] = np.where(np.arange(240) < 120, "calibration", "test")
        table.to_csv(folder / f"{name}.csv", index=False)


def features(folder: Path, rng: np.random.Generator) -> None:
    """Two studies whose roughness differs, of ten firearms each with four scans; the label does not."""
    group = np.repeat(np.arange(20), 4)
    table = pd.DataFrame({"group": [f"f{g}" for g in group], "batch": np.where(group < 10, "one", "two")})
    table["label"] = np.where(group % 2, "A", "B")
    table["roughness_um"] = 1 + (group < 10) + rng.normal(0, 0.3, 80)
    table["slope"] = rng.normal(size=80)
    table.to_csv(folder / "scans.csv", index=False)


def case(folder: Path, rng: np.random.Generator) -> None:
    """A case of two pieces of evidence, each with reference scores of known truth."""
    same = np.arange(200) % 2 == 0
    for name in ("surface", "sound"):
        score = np.where(same, 1.0, 0.0) + rng.normal(0, 0.6, 200)
        sources = [f"s{k // 4}" for k in range(200)]
        reference = pd.DataFrame({"score": score, "same": same.astype(int), "source": sources})
        reference.to_csv(folder / f"{name}.csv", index=False)
    about = {
        "proposition": "the seized firearm",
        "alternative": "another",
        "shares_information_with": "nothing",
    }
    rows = [
        {"name": "cartridge case", "level": "source", "score": 0.9, "file": "surface.csv", **about},
        {"name": "recording", "level": "class", "score": 0.4, "file": "sound.csv", **about},
    ]
    pd.DataFrame(rows).to_csv(folder / "evidence.csv", index=False)


OWN = {
    "50": comparison_scores,
    "51": predictions,
    "52": predictions,
    "53": predictions,
    "54": features,
    "55": case,
}


@pytest.fixture(scope="module")
def runs(smoke: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run every notebook of evidence on tables that do not say that they are simulated."""
    out = tmp_path_factory.mktemp("own")
    (out / "store").symlink_to(smoke / "store", target_is_directory=True)
    for make in dict.fromkeys(OWN.values()):
        data = tmp_path_factory.mktemp(make.__name__)
        make(data, np.random.default_rng(0))
        names = [name for name in NAMES if OWN[name[:2]] is make]
        summary = run_notebooks(names, profile="smoke", data=data, out=out)
        assert summary.passed, "\n\n".join(map(str, summary.failures))
    return out


@pytest.mark.parametrize("name", NAMES)
def test_evidence_of_ones_own_tables_is_marked_real(runs: Path, name: str) -> None:
    record = json.loads((runs / "records" / f"{name}.json").read_text(encoding="utf-8"))
    assert record["source"] == "real"
    assert record["intervals"]


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_evidence_says_what_may_be_concluded(runs: Path, name: str) -> None:
    cells = json.loads((runs / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    mime = "application/vnd.plotly.v1+json"
    data = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    layouts = [one[mime]["layout"] for one in data if mime in one]
    assert len(layouts) >= 3
    titles = [layout["title"]["text"] for layout in layouts]
    unsaid = [
        t
        for t, layout in zip(titles, layouts, strict=True)
        if not {"may", "may_not"} <= {*layout.get("meta", {})}
    ]
    assert not unsaid
    assert sum("real data" in title for title in titles) >= 3
