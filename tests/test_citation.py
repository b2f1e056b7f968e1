"""CITATION.cff is what reference managers read: version 1.2.0 of the format, this version, all four papers."""

from pathlib import Path

import pytest
import yaml

import fireanalysis
from fireanalysis.papers.tables import PAPERS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
# Of the schema of version 1.2.0, the part that is used here: nothing but these keys is allowed in each kind.
WORK = {"abstract", "authors", "cff-version", "keywords", "license", "message", "references", "title", "type"}
REFERENCE = {"authors", "institution", "keywords", "notes", "scope", "title", "type"}
TYPES = {"article", "conference-paper", "generic", "report", "thesis", "unpublished"}
PERSON = {"given-names", "family-names", "affiliation"}
ENTITY = {"name"}


def test_the_required_keys_are_there_and_no_unknown_ones() -> None:
    assert CITATION.keys() == WORK | {"version"}
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"
    for reference in CITATION["references"]:
        assert {"authors", "title", "type"} <= reference.keys() <= REFERENCE
        assert reference["type"] in TYPES
    for author in [a for work in (CITATION, *CITATION["references"]) for a in work["authors"]]:
        assert author.keys() == ENTITY or {"given-names", "family-names"} <= author.keys() <= PERSON


def test_version_and_licence_are_the_package_s() -> None:
    assert CITATION["version"] == fireanalysis.__version__
    assert CITATION["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")


def test_each_paper_is_there_with_its_notebooks() -> None:
    scopes = {reference["scope"] for reference in CITATION["references"]}
    for paper in PAPERS:
        numbers = sorted(path.name[:2] for path in (ROOT / "notebooks").glob(f"*_{paper}_*.ipynb"))
        assert f"Notebooks {numbers[0]} to {numbers[-1]}" in scopes
    assert len(scopes) == len(PAPERS)


@pytest.mark.parametrize("reference", CITATION["references"], ids=lambda reference: reference["scope"])
def test_readme_names_the_same_works(reference: dict) -> None:
    cite = " ".join(README.split("## How to cite")[1].split("\n## ")[0].split())
    assert reference["scope"].removeprefix("Notebooks ") in cite
    names = [author["family-names"] for author in reference["authors"] if "family-names" in author]
    assert all(name in cite for name in names)
    if names:
        assert reference["title"] in cite
