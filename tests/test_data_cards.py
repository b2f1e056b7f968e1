"""The data cards hold what the package's own tables hold."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from fireanalysis.simulators import gunshot_parameter_table, model_catalogue

CARDS = Path(__file__).parents[1] / "docs" / "data_cards"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", CARDS / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_simulator_s_page_comes_from_its_tables(make: ModuleType) -> None:
    assert make.PAGE.read_text("utf-8") == make.page(), "run: python docs/data_cards/make.py"


def test_every_model_and_parameter_is_on_the_page_with_its_source(make: ModuleType) -> None:
    page = make.PAGE.read_text("utf-8")
    models, parameters = model_catalogue(), gunshot_parameter_table()
    assert len(models) == 32
    for row in models.itertuples():
        assert f"| {row.category} | {row.model} |" in page
        assert f"| {row.clips} | {row.clips_source} |" in page
    for row in parameters.itertuples():
        assert f"| {row.name} | {row.level} |" in page
        assert row.source, row.name
        assert f"{row.meaning.replace('|', '/')} | {row.source.replace('|', '/')} |" in page


def test_every_card_is_named_in_the_index() -> None:
    index = (CARDS / "README.md").read_text("utf-8")
    assert all(path.name in index for path in CARDS.glob("*.md") if path.name != "README.md")
