"""What README claims is what the kept records hold."""

import importlib.util
import json
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


def test_the_table_of_paper_items_comes_from_the_kept_records(collect: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for begin, made in ((begin, make()) for begin, make in collect.TABLES.items()):
        kept = readme.split(begin)[1].split(collect.END)[0].strip()
        assert kept == made, "run: python docs/results/collect.py"


def test_every_paper_item_has_a_notebook(collect: ModuleType) -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    named = {notebook for _, notebook, _ in collect.ITEMS}
    assert named <= notebooks
    assert {name for name in notebooks if name.startswith(("1", "2", "3", "4", "5"))} <= named


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
