"""Every notebook follows the house's skeleton (hidden rules would be no rules: each has its test here)."""

import ast
import re
from pathlib import Path
from statistics import median

import nbformat
import pytest
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
FORBIDDEN = re.compile(
    r"sys\.path|sys\.exit|os\.environ|^\s*[%!]|\bpip install\b|urlretrieve|requests\.|['\"]/\w+/", re.M
)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(params=NOTEBOOKS + SOLUTIONS, ids=lambda path: path.stem)
def any_notebook(request: pytest.FixtureRequest) -> NotebookNode:
    return read(request.param)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> NotebookNode:
    return read(request.param)


def test_committed_without_outputs(any_notebook: NotebookNode) -> None:
    assert all(
        not c.outputs and c.execution_count is None for c in any_notebook.cells if c.cell_type == "code"
    )


def test_cells_are_short(any_notebook: NotebookNode) -> None:
    lengths = [len(source.splitlines()) for source in code(any_notebook)]
    assert max(lengths) <= 15
    assert median(lengths) <= 5


def test_no_definitions_and_nothing_that_reaches_outside(any_notebook: NotebookNode) -> None:
    for source in code(any_notebook):
        assert not FORBIDDEN.search(source), source
        tree = ast.parse(source)
        assert not any(
            isinstance(n, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) for n in ast.walk(tree)
        )


def test_parameters_are_plain_literals_of_the_common_four_and_more(any_notebook: NotebookNode) -> None:
    (cell,) = [c for c in any_notebook.cells if "parameters" in c.metadata.get("tags", [])]
    names = []
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.Assign)
        names.append(statement.targets[0].id)
        ast.literal_eval(statement.value)
    assert {"PROFILE", "DATA", "SEED", "OUT"} <= set(names)
    assert all(name.isupper() for name in names)


def test_starts_and_ends_a_recorded_run(any_notebook: NotebookNode) -> None:
    sources = code(any_notebook)
    assert any("results.start(" in source for source in sources[:4])
    assert "results.record(" in sources[-1]


def test_has_the_skeleton_s_parts_in_order(notebook: NotebookNode) -> None:
    text = prose(notebook)
    marks = [
        "# ",
        "**Paper:**",
        "**Minutes:**",
        "**Data:**",
        "## You will learn",
        "## Paper against this run",
    ]
    marks += ["## Explore", "## Exercises", "## What would change your mind?", "## What we saw"]
    places = [text.find(mark) for mark in marks]
    assert -1 not in places, f"missing: {[m for m, p in zip(marks, places, strict=True) if p < 0]}"
    assert places == sorted(places)
    learn = text.split("## You will learn")[1].split("\n## ")[0]
    assert 3 <= len(re.findall(r"^- ", learn, re.M)) <= 5
    exercises = text.split("## Exercises")[1].split("\n## ")[0]
    graded = re.findall(r"^\d\. \*(.+?)\.\*", exercises, re.M)
    assert graded == ["Look", "Compute", "Think and test"]
    questions = text.split("## What would change your mind?")[1].split("\n## ")[0]
    assert 2 <= len(re.findall(r"^- .+\?", questions, re.M)) <= 3


def test_prose_stands_before_every_piece_of_code(notebook: NotebookNode) -> None:
    """At most four code cells in a row after the set-up: each step says what, why and how to read it."""
    kinds = "".join("m" if c.cell_type == "markdown" else "c" for c in notebook.cells)
    assert "ccccc" not in kinds[5:]


def test_every_notebook_has_worked_answers_in_its_decade(
    notebook: NotebookNode, request: pytest.FixtureRequest
) -> None:
    decade = request.node.callspec.params["notebook"].stem[0]
    (solutions,) = [path for path in SOLUTIONS if path.stem.startswith(f"{decade}0")]
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ").split(" · ")[0]
    assert re.search(rf"^## {title} · ", prose(read(solutions)), re.M), (
        f"no answers for {title} in {solutions.name}"
    )


def test_links_between_notebooks_lead_somewhere(any_notebook: NotebookNode) -> None:
    for target in re.findall(r"\]\(([^)#:]+\.ipynb)\)", prose(any_notebook)):
        assert (FOLDER / target).exists() or (FOLDER / "solutions" / target).exists(), target
