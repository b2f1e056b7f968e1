"""Every notebook follows the house's skeleton (hidden rules would be no rules: each has its test here)."""

import ast
import re
from functools import cache
from pathlib import Path
from statistics import median

import nbformat
import pytest
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
QUESTIONS = "## What would change your mind?"
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
    marks += ["## Explore", "## Exercises", QUESTIONS, "## What we saw"]
    places = [text.find(mark) for mark in marks]
    assert -1 not in places, f"missing: {[m for m, p in zip(marks, places, strict=True) if p < 0]}"
    assert places == sorted(places)
    learn = text.split("## You will learn")[1].split("\n## ")[0]
    assert 3 <= len(re.findall(r"^- ", learn, re.M)) <= 5
    exercises = text.split("## Exercises")[1].split("\n## ")[0]
    assert "Graded, easy to hard: 1 " in exercises
    graded = re.findall(r"^\d\. \*(.+?)\.\*", exercises, re.M)
    assert graded == ["Look", "Compute", "Think and test"]
    questions = text.split(QUESTIONS)[1].split("\n## ")[0]
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


@cache
def questions() -> dict[str, list[str]]:
    """Each notebook's questions, links as plain words."""
    sections = {path.stem: prose(read(path)).split(QUESTIONS)[1].split("\n## ")[0] for path in NOTEBOOKS}
    plain = {stem: re.sub(r"\[([^\[\]]+)\]\([^()]+\)", r"\1", text) for stem, text in sections.items()}
    return {stem: re.findall(r"^- .+$", text, re.M) for stem, text in plain.items()}


def test_no_two_notebooks_ask_the_same_and_each_question_is_short() -> None:
    asked = [line for lines in questions().values() for line in lines]
    assert len(set(asked)) == len(asked)
    assert all("?" in line and len(line) <= 420 for line in asked)


def test_parameters_named_in_exercises_and_questions_exist(notebook: NotebookNode) -> None:
    text = prose(notebook).split("## Exercises")[1].split("## What we saw")[0]
    told = prose(notebook).replace(text, "") + "\n".join(code(notebook))
    named = set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", text))
    assert {name for name in named if not re.search(rf"\b{name}\b", told)} == set()


def test_every_decade_discusses_what_would_change_one_s_mind(
    notebook: NotebookNode, request: pytest.FixtureRequest
) -> None:
    stem = request.node.callspec.params["notebook"].stem
    (solutions,) = [path for path in SOLUTIONS if path.stem.startswith(f"{stem[0]}0")]
    sections = re.split(r"^## (\d\d) · .*$", prose(read(solutions)), flags=re.M)[1:]
    section = dict(zip(sections[::2], sections[1::2], strict=True))[stem[:2]]
    assert section.count("**What would change your mind?** ") == 1
    discussion = section.split("**What would change your mind?** ")[1].split("\n\n")[0]
    assert 2 <= len(re.findall(r"[.?!](?:\s|$)", discussion)) <= 12


def test_links_between_notebooks_lead_somewhere(any_notebook: NotebookNode) -> None:
    for target in re.findall(r"\]\(([^)#:]+\.ipynb)\)", prose(any_notebook)):
        assert (FOLDER / target).exists() or (FOLDER / "solutions" / target).exists(), target
