"""README's gallery: small pictures of simulated data, each with words, made from figures of the notebooks."""

import html
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "docs" / "gallery"
README = (ROOT / "README.md").read_text("utf-8")
NAME = "11_cartridge_shape_index"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_gallery", GALLERY / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figure(title: str, **layout: Any) -> dict[str, Any]:
    trace = {"type": "scatter", "mode": "lines", "x": [1, 2], "y": [3, 4], "line": {"color": "#0072B2"}}
    return {"data": [trace], "layout": {"title": {"text": title}, "height": 300} | layout}


def run_folder(folder: Path, make: ModuleType, *figures: dict[str, Any]) -> Path:
    (folder / "notebooks").mkdir(parents=True)
    outputs = [new_output("display_data", {make.MIME: one}) for one in figures]
    path = folder / "notebooks" / f"{NAME}.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("show()", outputs=outputs)]), path)
    return path


def test_pictures_are_small_and_few(make: ModuleType) -> None:
    paths = sorted(GALLERY.glob("*.png"))
    assert [path.stem for path in paths] == sorted(entry.name for entry in make.ENTRIES)
    assert 6 <= len(paths) <= 8
    for path in paths:
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert 600 <= picture.width <= 900
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 3, f"{path.name} is blank"
        assert path.stat().st_size <= 120_000, path.name
    assert sum(path.stat().st_size for path in paths) < 800_000


def test_every_entry_names_a_notebook_and_each_of_the_four_papers_has_one(make: ModuleType) -> None:
    names = [entry.notebook for entry in make.ENTRIES]
    assert all((ROOT / "notebooks" / f"{name}.ipynb").is_file() for name in names)
    about = {name.split("_")[1] for name in names}
    assert about >= {"cartridge", "gunshot", "segmentation", "retrieval", "evidence"}


def test_the_words_that_figures_are_found_by_are_in_their_notebooks(make: ModuleType) -> None:
    for entry in make.ENTRIES:
        cells = nbformat.read(ROOT / "notebooks" / f"{entry.notebook}.ipynb", as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        lost = [words for words in entry.title.split(".+") if words.strip() not in code]
        assert not lost, f"{entry.name}: no figure of {entry.notebook} is titled so any more: {lost}"


def test_readme_shows_each_with_words_that_say_simulated(make: ModuleType) -> None:
    shown = dict(re.findall(r'<img src="docs/gallery/(\w+)\.png" alt="([^"]+)">', README))
    assert shown.keys() == {entry.name for entry in make.ENTRIES}
    assert all("Simulated data." in alt and len(alt) > 80 for alt in shown.values())
    told = json.loads((GALLERY / "alt.json").read_text("utf-8"))
    assert {name: html.unescape(alt) for name, alt in shown.items()} == told
    assert README.split(make.BEGIN)[1].split(make.END)[0].strip() == make.section(told)


def test_a_figure_is_found_by_words_of_its_title(make: ModuleType, tmp_path: Path) -> None:
    path = run_folder(tmp_path, make, figure("Other"), figure("Best<br>at 3<br><b>simulated data</b>"))
    assert make.find_figure(path, "Best at \\d")["layout"]["height"] == 300


@pytest.mark.parametrize(
    ("title", "told"),
    [("Best", "none of its 1 figures is titled “Best”"), ("Worst", "does not say simulated")],
)
def test_what_is_missing_is_said(make: ModuleType, tmp_path: Path, title: str, told: str) -> None:
    path = run_folder(tmp_path, make, figure("Worst at 4"))
    assert told in make.find_figure(path, title)
    assert "did not run" in make.find_figure(path.with_name("12_x.ipynb"), title)


def test_without_a_browser_it_says_what_to_install(make: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="no browser: install Chromium"):
        list(make.draw({"a": figure("T")}))


def test_pictures_are_drawn_by_a_browser(make: ModuleType, tmp_path: Path) -> None:
    if not any(map(make.shutil.which, make.BROWSERS)):
        pytest.skip(f"no browser of {make.BROWSERS}")
    ((name, picture),) = make.draw({"a": figure("Best<br><b>simulated data</b>")})
    (tmp_path / "a.png").write_bytes(picture)
    with Image.open(tmp_path / "a.png") as drawn:
        assert (name, drawn.size) == ("a", (make.WIDTH, 300))
        assert (0, 114, 178) in {colour for _, colour in drawn.convert("RGB").getcolors(1 << 20)}
