"""The data cards hold what the package's own tables hold."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from fireanalysis.simulators import (
    firearm_parameter_table,
    gunshot_parameter_table,
    model_catalogue,
    scene_parameter_table,
)
from fireanalysis.simulators.scene_photographs import PHOTOGRAPHS

CARDS = Path(__file__).parents[1] / "docs" / "data_cards"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", CARDS / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["PAGE", "PICTURES", "FIREARMS", "RETRIEVAL"])
def test_a_simulator_s_page_comes_from_its_tables(make: ModuleType, name: str) -> None:
    path = getattr(make, name)
    assert path.read_text("utf-8") == make.page(path), "run: python docs/data_cards/make.py"


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


def test_every_parameter_of_pictures_is_on_the_page_with_its_source(make: ModuleType) -> None:
    page = make.PICTURES.read_text("utf-8") + make.RETRIEVAL.read_text("utf-8")
    for table in (scene_parameter_table(), firearm_parameter_table()):
        for row in table.itertuples():
            assert f"| {row.name} | {row.level} |" in page
            assert row.source, row.name
            assert row.meaning.replace("|", "/") in page


def test_photographs_are_named_on_the_page(make: ModuleType) -> None:
    page = make.PICTURES.read_text("utf-8")
    for pool, names in PHOTOGRAPHS.items():
        listed = page.replace("\n", " ").split(f"Pool *{pool}*: ")[1].split(".")[0]
        assert listed.split(", ") == list(names)


def test_every_card_is_named_in_the_index() -> None:
    index = (CARDS / "README.md").read_text("utf-8")
    assert all(path.name in index for path in CARDS.glob("*.md") if path.name != "README.md")
