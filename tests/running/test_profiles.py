import re
import tomllib
from pathlib import Path

import pytest

from fireanalysis.errors import ParameterError
from fireanalysis.running import profiles
from fireanalysis.running.profiles import PROFILES, paper_of, profile_sizes

TABLES = tomllib.loads((Path(profiles.__file__).parent / "profiles.toml").read_text())
DECADES = TABLES.pop("decades")


@pytest.mark.parametrize(
    ("number", "paper"),
    [
        ("00", "start"),
        ("10", "cartridge"),
        ("19", "cartridge"),
        ("20", "gunshot"),
        ("35", "segmentation"),
        ("42", "retrieval"),
        ("50", "evidence"),
        ("90", "results"),
    ],
)
def test_the_decade_names_the_paper(number: str, paper: str) -> None:
    assert paper_of(f"{number}_name") == paper


@pytest.mark.parametrize("name", ["80_name", "cartridge", "1_name", "", "10"])
def test_a_name_without_a_paper_is_refused(name: str) -> None:
    with pytest.raises(
        ParameterError, match=r"(?s)no paper for notebook.*00 start, 10 cartridge, .*50 evidence"
    ):
        paper_of(name)


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"(?s)'fulll'.*smoke, quick, full, paper.*'full'"):
        profile_sizes("10_a", "fulll")


def test_a_notebooks_own_sizes_overlay_its_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"cartridge": {"quick": {"cases": 5, "pixels": 7}}, "11_a": {"quick": {"cases": 9}}}
    monkeypatch.setattr(profiles, "_tables", lambda: tables)
    assert profile_sizes("11_a", "quick") == {"cases": 9, "pixels": 7}
    assert profile_sizes("12_b", "quick") == {"cases": 5, "pixels": 7}
    assert profile_sizes("20_c", "quick") == {}


def test_every_table_belongs_to_a_paper_or_a_notebook_and_every_paper_has_every_profile() -> None:
    papers = {name: table for name, table in TABLES.items() if not re.match(r"\d\d_", name)}
    for name, table in TABLES.items():
        paper_of(name) if name not in papers else None
        assert set(table) <= set(PROFILES), name
    for name, table in papers.items():
        assert name in DECADES.values()
        assert set(table) == set(PROFILES), name
        assert len({frozenset(sizes) for sizes in table.values()}) == 1, f"{name}: sizes differ in name"


def test_sizes_grow_with_the_profile() -> None:
    cases = [profile_sizes("11_a", profile)["cases"] for profile in PROFILES]
    assert cases == sorted(cases)
