"""README and the pages of results say what the kept records hold, lead somewhere, and name every notebook."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def collect() -> ModuleType:
    spec = importlib.util.spec_from_file_location("collect", ROOT / "docs" / "results" / "collect.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_come_from_the_kept_records(collect: ModuleType) -> None:
    for page, tables in collect.TABLES.items():
        text = page.read_text("utf-8")
        for begin, make in tables.items():
            kept = text.split(begin)[1].split(collect.END)[0].strip()
            assert kept == make(), f"{page.name}: run python docs/results/collect.py"


def test_the_two_commands_are_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    lines = [line for line in readme.splitlines() if line.startswith("pip install")]
    assert lines[0] == "pip install -c constraints.txt -e . && fireanalysis run"
    assert re.fullmatch(r'pip install -c constraints.txt -e "\.\[test\]" && pytest.*', lines[1])
    assert len(lines) == 2


def test_links_lead_somewhere() -> None:
    pages = ("README.md", "CONTRIBUTING.md", "docs/results.md", "docs/notebooks.md")
    for page in (ROOT / name for name in pages):
        text = page.read_text("utf-8")
        heads = {
            re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")
            for head in re.findall(r"^#+ (.+)$", text, re.M)
        }
        for link in re.findall(r"\]\(([^)]+)\)|<img src=\"([^\"]+)", text):
            target, _, anchor = "".join(link).partition("#")
            assert re.match("https?:", target) or (page.parent / target).exists(), f"{page.name}: {target}"
            assert target or anchor in heads, f"{page.name}: #{anchor}"


def test_files_that_contributors_are_sent_to_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    toy = re.compile("bullet|^smoke$|^results/store$")  # not kept, or made by a run
    named = [name for name in re.findall(r"`([\w./]+(?:/|\.\w+))`", text) if not toy.search(name)]
    homes = (
        ROOT,
        ROOT / "fireanalysis",
        ROOT / "docs",
        ROOT / "docs" / "results",
        ROOT / "docs" / "data_cards",
    )
    lost = [name for name in named if "/" in name and not any((home / name).exists() for home in homes)]
    assert len(named) > 20
    assert lost == []


def test_every_notebook_says_what_it_shows() -> None:
    page = (ROOT / "docs" / "notebooks.md").read_text("utf-8")
    told = re.findall(r"^\| \[`(\w+)`\]\(\.\./notebooks/\1\.ipynb\) \|.*\| (.+) \|$", page, re.M)
    assert [name for name, shows in told if shows] == sorted(
        path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")
    )


def test_every_paper_item_has_a_notebook(collect: ModuleType) -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    named = {notebook for _, notebook, _ in collect.ITEMS}
    assert named <= notebooks
    assert {name for name in notebooks if name[0] in "12345678"} <= named


def test_kept_records_say_how_they_came_about() -> None:
    for path in (ROOT / "docs" / "results").glob("*.json"):
        content = json.loads(path.read_text("utf-8"))
        if isinstance(content, dict):
            content = (
                [content] if "source" in content else content.values()
            )  # one record, or one for each data set
        for record in content:
            assert {"source", "device", "versions"} <= record.keys(), path.name
            assert record["source"] in ("simulated", "real")
