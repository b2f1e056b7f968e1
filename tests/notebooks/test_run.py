"""Every notebook runs to its record, headlessly, as a user would run it."""

import json
import re
import shutil
from pathlib import Path

import papermill
import pytest

from fireanalysis.running import find_notebooks, run_notebooks

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = [notebook.name for notebook in find_notebooks(FOLDER)]

# Figures drawn from a formula, or from the paper's own numbers, are of no simulated data.
OF_NO_DATA = {
    "11_cartridge_shape_index": 1,
    "14_cartridge_cnn": 1,
    "15_cartridge_vit": 1,
    "16_cartridge_classes": 2,
    "24_gunshot_end_to_end": 1,
    "31_segmentation_unet": 1,
    "35_segmentation_cctv": 1,
    "43_retrieval_margins": 1,
    "44_retrieval_comparison": 1,
}

# Figures of kept numbers of real data, which say so.
OF_KEPT_REAL_DATA = {"50_evidence_likelihood_ratios": 3, "54_evidence_batch": 6}

# What is measured on samples, by its name in the papers' tables; it comes with an interval by firearm, session, ...
SCORES = re.compile(
    r"accuracy|f1|precision|recall|testing IoU|mAP|rank-\d|improvement|predicted as|^number$|^gain$|mean distance"
)

# These learn from simulated pictures whatever DATA is, and say so; real pictures are what they are tested on.
OF_REAL_DATA = {"34_segmentation_blending": 1, "35_segmentation_cctv": 1}


@pytest.mark.parametrize("name", NAMES)
def test_simulated_run_leaves_a_record_that_says_so(smoke: Path, name: str) -> None:
    record = json.loads((smoke / "records" / f"{name}.json").read_text(encoding="utf-8"))
    assert record["source"] == "simulated"
    assert record["profile"] == "smoke"
    assert record["metrics"]
    bare = [
        entry for entry in record["against_paper"] if "low" not in entry and SCORES.search(entry["metric"])
    ]
    assert not bare


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_simulated_data_says_so(smoke: Path, name: str) -> None:
    figures = plotly_figures(smoke / "notebooks" / f"{name}.ipynb")
    assert len(figures) >= 3
    titles = [figure["layout"]["title"]["text"] for figure in figures]
    unmarked = [title for title in titles if "simulated" not in title.lower()]
    real = [title for title in unmarked if "real data" in title]
    assert len(real) <= OF_KEPT_REAL_DATA.get(name, 0), real
    assert len(unmarked) - len(real) <= OF_NO_DATA.get(name, 0), unmarked


def plotly_figures(path: Path) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    mime = "application/vnd.plotly.v1+json"
    return [output["data"][mime] for output in outputs if mime in output.get("data", {})]


def test_the_case_runs_whichever_firearm_fired(smoke: Path, tmp_path: Path) -> None:
    drawn = json.loads((smoke / "records" / "55_evidence_case.json").read_text(encoding="utf-8"))
    other = "other" if drawn["metrics"]["seized firearm fired"] else "seized"
    (tmp_path / "store").symlink_to(smoke / "store", target_is_directory=True)
    summary = run_notebooks(["55"], profile="smoke", out=tmp_path, parameters={"TRUTH": other})
    assert summary.passed, "\n\n".join(map(str, summary.failures))
    record = json.loads((tmp_path / "records" / "55_evidence_case.json").read_text(encoding="utf-8"))
    assert record["metrics"]["seized firearm fired"] == (other == "seized")
    assert "simulated" in (tmp_path / "case_report.html").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("path", sorted((FOLDER / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_solutions_run_with_plain_papermill(tmp_path: Path, path: Path) -> None:
    papermill.execute_notebook(
        path,
        tmp_path / "out.ipynb",
        parameters={"OUT": str(tmp_path)},
        progress_bar=False,
        kernel_name="python3",
    )
    assert (tmp_path / "records" / f"{path.stem}.json").is_file()


@pytest.mark.parametrize(
    ("decade", "folder"),
    [
        ("1", "cartridge"),
        ("2", "gunshot/eight_models"),
        ("3", "segmentation/caltech101_revolver"),
        ("4", "retrieval/keyword_thumbnails"),
    ],
)
def test_notebooks_run_on_real_data(
    smoke: Path, tmp_path: Path, real_data: Path, decade: str, folder: str
) -> None:
    if not (real_data / folder).is_dir():
        pytest.skip(f"no {folder} in {real_data}")
    names = [name for name in NAMES if name.startswith(decade)]
    data = some_of(real_data / folder, tmp_path / "data") if decade == "4" else real_data / folder
    (tmp_path / "store").symlink_to(
        smoke / "store", target_is_directory=True
    )  # some learn from simulated data
    summary = run_notebooks(names, profile="smoke", data=data, out=tmp_path)
    assert summary.passed, "\n\n".join(map(str, summary.failures))
    for name in names:
        record = json.loads((tmp_path / "records" / f"{name}.json").read_text(encoding="utf-8"))
        assert record["source"] == "real"
        titles = [
            f["layout"]["title"]["text"] for f in plotly_figures(tmp_path / "notebooks" / f"{name}.ipynb")
        ]
        assert sum("real data" in title for title in titles) >= OF_REAL_DATA.get(name, 3)


def some_of(folder: Path, target: Path, *, classes: int = 18, each: int = 6) -> Path:
    """Copy a few pictures of a few classes: a real folder is used whole, however small the profile."""
    for source in sorted(path for path in folder.iterdir() if path.is_dir())[:classes]:
        (target / source.name).mkdir(parents=True)
        for file in sorted(source.iterdir())[:each]:
            shutil.copy(file, target / source.name)
    return target
