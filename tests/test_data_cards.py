"""The data cards have the same headings, hold what the package knows, and say of `check` what tests plant."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from fireanalysis.loaders import (
    DATA_SETS,
    load_cartridges,
    load_comparison_scores,
    load_gunshots,
    load_retrieval,
    load_segmentation,
)
from fireanalysis.simulators import (
    firearm_parameter_table,
    gunshot_parameter_table,
    model_catalogue,
    parameter_table,
    scene_parameter_table,
)
from fireanalysis.simulators.scene_photographs import PHOTOGRAPHS

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "docs" / "data_cards"
NO_CARDS = ("README.md", "checks.md")
NAMES = sorted(path.name for path in CARDS.glob("*.md") if path.name not in NO_CARDS)


def load_make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_cards", CARDS / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make() -> ModuleType:
    return load_make()


def text_of(name: str) -> str:
    return (CARDS / name).read_text("utf-8")


def section(name: str, heading: str) -> str:
    return text_of(name).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_table_comes_from_the_package_and_the_kept_results(make: ModuleType) -> None:
    for path, tables in make.sections().items():
        text = path.read_text("utf-8")
        assert make.filled(text, tables) == text, f"{path.name}: run python docs/data_cards/make.py"
        marks = re.findall(r"<!-- (.+): docs/data_cards/make.py -->", text)
        assert sorted(marks) == sorted(tables), path.name


@pytest.mark.parametrize("name", NAMES)
def test_every_card_has_all_the_headings_in_one_order(make: ModuleType, name: str) -> None:
    headings = re.findall(r"^## (.+)$", text_of(name), re.MULTILINE)
    more = make.OF_SIMULATORS if name in make.SIMULATORS else ()
    assert headings == [*make.HEADINGS, *more]
    assert all(len(section(name, heading).split()) > 2 for heading in headings)
    assert text_of(name).startswith("# Data card: ")


def test_the_index_lists_every_card(make: ModuleType) -> None:
    assert sorted([*make.SIMULATORS, *make.REAL_SETS]) == NAMES
    assert set(re.findall(r"\]\((\w+\.md)\)", text_of("README.md"))) == {*NAMES, "checks.md"}


def test_every_module_of_the_simulators_is_named_by_a_card(make: ModuleType) -> None:
    modules = {path.stem for path in (ROOT / "fireanalysis" / "simulators").glob("[a-z]*.py")}
    named = {
        module
        for name in make.SIMULATORS
        for module in re.findall(r"^\| `(\w+)\.py` \|", section(name, "How to get it"), re.MULTILINE)
    }
    assert named == modules


def test_every_fetched_set_has_a_card_with_its_licence_and_count(make: ModuleType) -> None:
    cards = {card.fetched: name for name, card in make.REAL_SETS.items() if card.fetched}
    assert cards.keys() == DATA_SETS.keys()
    for fetched, name in cards.items():
        data = DATA_SETS[fetched]
        registry = ROOT / "fireanalysis" / "loaders" / f"registry_{fetched}.txt"
        files = [line for line in registry.read_text("utf-8").splitlines() if not line.startswith("#")]
        assert data.licence in section(name, "Licence") and data.citation in section(name, "Licence")
        assert f"**{len(files)} file" in section(name, "Counts")
        assert data.source in section(name, "How to get it")
        assert f"fireanalysis fetch {fetched}\n" in section(name, "How to get it")


def test_every_parameter_is_on_its_card_with_its_source() -> None:
    pages = {
        "cartridge_simulator.md": [parameter_table()],
        "gunshot_simulator.md": [gunshot_parameter_table()],
        "picture_simulator.md": [firearm_parameter_table(), of_pictures(scene_parameter_table())],
        "retrieval_simulator.md": [of_the_web(scene_parameter_table())],
    }
    for name, tables in pages.items():
        text = section(name, "Parameters and their sources")
        for row in pd.concat(tables).itertuples():
            assert row.source, row.name
            of_row = [line for line in text.splitlines() if line.startswith(f"| {row.name} | {row.level} |")]
            assert any(row.meaning.replace("|", "/") in line and row.source in line for line in of_row), (
                row.name
            )


def of_the_web(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["level"].str.match("web|search|labeler")]


def of_pictures(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table["level"].str.match("web|search|labeler")]


def test_every_model_is_on_the_card_with_its_count() -> None:
    text, models = section("gunshot_simulator.md", "Counts"), model_catalogue()
    assert len(models) == 32
    for row in models.itertuples():
        assert f"| {row.category} | {row.model} |" in text
        assert f"| {row.clips} | {row.clips_source} |" in text


def test_photographs_are_named_on_the_card() -> None:
    text = section("picture_simulator.md", "Licence").replace("\n", " ")
    for pool, names in PHOTOGRAPHS.items():
        assert text.split(f"Pool *{pool}*: ")[1].split(".")[0].split(", ") == list(names)


def test_examples_of_the_simulators_cards_run(make: ModuleType) -> None:
    for name in make.SIMULATORS:
        (code,) = re.findall(r"```python\n(.+?)```", section(name, "How to get it"), re.DOTALL)
        exec(compile(code, name, "exec"), {})


@pytest.mark.parametrize(
    "row", list(load_make().checks().itertuples()), ids=lambda row: f"{row.kind}: {row.fault}"
)
def test_what_check_is_said_to_find_is_planted_by_a_test(row: tuple) -> None:
    file, name = row.test.split("::")
    source = (ROOT / file).read_text("utf-8")
    (function,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == name and name.startswith("test_")
    )
    body = ast.get_source_segment(source, function)
    assert row.says in body, f"{row.test} does not say {row.says!r}"
    assert re.search(r"findings\(|check_folder\(", body), f"{row.test} checks no folder"
    assert row.severity in ("error", "warning")


def test_what_check_finds_is_listed_for_every_kind_of_folder(make: ModuleType) -> None:
    from fireanalysis.loaders import check

    assert list(make.checks()["kind"].unique()) == list(check._KINDS)
    assert {card.kind for card in make.REAL_SETS.values()} == set(check._KINDS)


class TestRealSets:
    """Counts that nobody but the files themselves know; where the files are at hand."""

    def test_scans(self, real_cartridges: Path) -> None:
        for name, study in (("cartridge_fadul.md", "fadul"), ("cartridge_weller.md", "weller")):
            data = load_cartridges(real_cartridges / study)
            named = data.table["firearm"].value_counts()
            asked = int((named == 1).sum())
            text = section(name, "Counts")
            each = int(named[named > 1].unique().item())
            assert f"{len(data) - asked} are of {len(named) - asked} known slides, {each} of each" in text
            assert (f"{asked} are questioned" in text) == bool(asked)

    def test_scores(self, real_cartridges: Path) -> None:
        text = section("comparison_scores_nfi.md", "Counts")
        for mark, table in load_comparison_scores(real_cartridges / "comparison_scores").items():
            weapons = pd.unique(table[["reference", "questioned"]].to_numpy().ravel())
            assert f"| {mark} | {len(table):,} | {len(weapons)} |" in text

    def test_gunshots(self, real_gunshots: Path) -> None:
        data = load_gunshots(real_gunshots / "eight_models")
        sessions = data.table.groupby("model")["session"].nunique()
        assert f"measured on {len(data)} of\nthem" in section("gunshot_eight_models.md", "Counts")
        assert sessions["Zastava M92"] == 1 and sessions.drop("Zastava M92").between(6, 11).all()
        assert len(load_gunshots(real_gunshots / "free_firearm_library")) == 11

    def test_pictures(self, real_pictures: Path) -> None:
        revolvers = load_segmentation(real_pictures / "caltech101_revolver")
        assert f"{len(revolvers)} of the class's pictures" in section("segmentation_revolvers.md", "Counts")
        assert f"{revolvers.table['group'].nunique()} by firearm" in section(
            "segmentation_revolvers.md", "Groups"
        )
        others = load_retrieval(real_pictures / "negatives_caltech101").table["class"].value_counts()
        plain = int(others.pop("BACKGROUND_Google"))
        counts = f"{others.sum() + plain} pictures: {others.sum()} of fourteen classes of things, {plain} of"
        assert counts in section("segmentation_look_alikes.md", "Counts") and len(others) == 14
        frames = list((real_pictures / "cctv_backgrounds_intel").glob("*.jpg"))
        assert f"{len(frames)} frames of six videos" in section("segmentation_surveillance.md", "Counts")

    def test_classes(self, real_retrieval: Path) -> None:
        found = load_retrieval(real_retrieval / "keyword_thumbnails").table["class"].value_counts()
        text = section("retrieval_thumbnails.md", "Counts")
        assert f"{len(found)} keywords of {found.unique().item()} each" in text
        copies = pd.read_csv(real_retrieval / "augmented_triplets" / "labels.csv")[
            "source_group"
        ].value_counts()
        assert f"{len(copies)} pictures, three files of each" in text and (copies == 3).all()
