"""pyproject.toml, constraints.txt and environment.yml name the same packages; the code imports them."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Programs a user starts, stubs and plug-ins; nothing here imports them.
PROGRAMS = {
    "ipykernel",
    "jupyterlab",
    "ruff",
    "mypy",
    "import-linter",
    "pandas-stubs",
    "pytest-benchmark",
    "pytest-xdist",
}


def requirements(*, with_extras: bool = True) -> dict[str, Requirement]:
    lines = PROJECT["dependencies"] + [r for extra in EXTRAS.values() for r in extra if with_extras]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def pins(lines: list[str]) -> dict[str, Version]:
    found = {}
    for line in lines:
        match = re.fullmatch(r"([\w.-]+)==([\w.+!]+)", line.strip())
        if match:
            found[canonicalize_name(match[1])] = Version(match[2])
    return found


@pytest.fixture(scope="module")
def constraints() -> dict[str, Version]:
    return pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def environment() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_each_requirement_is_pinned_within_its_bounds(constraints: dict[str, Version]) -> None:
    for name, requirement in requirements().items():
        assert name in constraints, f"{name} is in pyproject.toml but not pinned in constraints.txt"
        assert constraints[name] in requirement.specifier, f"{name}=={constraints[name]} breaks {requirement}"


def test_environment_yml_is_the_same_pinned_set(environment: dict, constraints: dict[str, Version]) -> None:
    (pip_lines,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    assert "-c constraints.txt" in pip_lines
    assert "-e ." in pip_lines
    named = pins(pip_lines)
    assert set(named) == set(requirements(with_extras=False))
    assert all(version == constraints[name] for name, version in named.items())


def test_python_of_environment_yml_is_allowed(environment: dict) -> None:
    (python,) = [d for d in environment["dependencies"] if isinstance(d, str) and d.startswith("python=")]
    assert (
        f"{python.removeprefix('python=')}.0" in Requirement(f"python{PROJECT['requires-python']}").specifier
    )


def test_no_file_names_a_package_index() -> None:
    for name in ("constraints.txt", "environment.yml", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|file://", text), name


def sources() -> list[str]:
    """Code of the package and of the notebooks."""
    notebooks = [nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))]
    cells = [cell.source for book in notebooks for cell in book.cells if cell.cell_type == "code"]
    return [path.read_text(encoding="utf-8") for path in (ROOT / "fireanalysis").rglob("*.py")] + cells


def imported_modules() -> set[str]:
    found = set()
    for source in sources():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"fireanalysis"}


def test_what_the_package_imports_is_what_it_requires() -> None:
    owners = packages_distributions()
    used = {canonicalize_name(d) for m in imported_modules() for d in owners.get(m, [m])}
    required = set(requirements(with_extras=False))
    assert used - required == set(), "imported but not required in pyproject.toml"
    assert required - used - PROGRAMS == set(), "required in pyproject.toml but imported nowhere"
