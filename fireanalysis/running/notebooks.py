"""The numbered notebooks: where they are, what they say about themselves, and which parameters they take."""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fireanalysis.errors import ParameterError, RunError

from .files import plain

REQUIRED = ("PROFILE", "DATA", "SEED", "OUT")  # parameters every notebook has


@dataclass(frozen=True)
class Notebook:
    """A notebook of the series; title, paper, minutes and data as its first cell says, else ""."""

    name: str
    path: Path
    title: str
    paper: str
    minutes: str
    data: str

    @classmethod
    def read(cls, path: Path) -> "Notebook":
        """Read the first cell's heading and its ``**Paper:**``, ``**Minutes:**`` and ``**Data:**`` lines."""
        first = next((source for kind, source, _ in read_cells(path) if kind == "markdown"), "")
        said = dict(re.findall(r"^\*\*(Paper|Minutes|Data):\*\*[ \t]*(.*?)[ \t]*$", first, re.MULTILINE))
        title = re.search(r"^# +(.+?)[ \t]*$", first, re.MULTILINE)
        return cls(
            path.stem,
            path,
            title[1] if title else path.stem,
            *(said.get(key, "") for key in ("Paper", "Minutes", "Data")),
        )


def find_notebooks(folder: Path | None = None) -> list[Notebook]:
    """List the numbered notebooks (``NN_name.ipynb``) of a folder in order; solutions are not among them.

    Parameters
    ----------
    folder : Path, optional
        Default: the notebooks that came with the package.

    Raises
    ------
    RunError
        If the folder is missing, has no numbered notebook, or one of them cannot be read.
    """
    folder = Path(folder) if folder is not None else notebooks_folder()
    paths = sorted(path for path in folder.glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        what = "no numbered notebook (NN_name.ipynb)" if folder.is_dir() else "no such folder"
        raise RunError(what, where=folder, do="name the folder with the notebooks: --notebooks DIR")
    return [Notebook.read(path) for path in paths]


def notebooks_folder() -> Path:
    """Say where the package's own notebooks are: inside it in a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "notebooks"
    return inside if inside.is_dir() else package.parent / "notebooks"


def choose_notebooks(names: Iterable[str], notebooks: list[Notebook]) -> list[Notebook]:
    """Choose by full name or number, in the order of the series; no name at all chooses every notebook.

    Raises
    ------
    ParameterError
        If a name fits no notebook; the near ones are listed.
    """
    chosen = set()
    for name in names:
        wanted = Path(name).name.removesuffix(".ipynb")
        fits = [n.name for n in notebooks if n.name == wanted or (wanted.isdigit() and n.name[:2] == wanted)]
        if not fits:
            known = [n.name for n in notebooks]
            near = get_close_matches(wanted, known, cutoff=0.5) or known
            raise ParameterError(
                f"no notebook {name!r}; near: {', '.join(near)}", do="see `fireanalysis list` for all of them"
            )
        chosen.update(fits)
    return [n for n in notebooks if n.name in chosen or not chosen]


def read_cells(path: Path) -> list[tuple[str, str, list[str]]]:
    """Read a notebook's cells as (type, source, tags): all that decides what a run of it does.

    Raises
    ------
    RunError
        If the file is not a notebook of format 4.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [
            (cell["cell_type"], "".join(cell["source"]), list(cell["metadata"].get("tags", [])))
            for cell in cells
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"not a notebook: {type(error).__name__}: {error}", where=path, do="save it again from JupyterLab"
        ) from error


def read_parameters(path: Path) -> dict[str, Any]:
    """Read the parameters cell: names and default values.

    Only plain literals are allowed. A derived value (``HALF = SIZE / 2``) would keep the default's result
    when a run sets ``SIZE``, because a run's values come in a cell after this one.

    Raises
    ------
    RunError
        If there is not exactly one such cell, it holds anything but ``NAME = literal`` lines (annotated or
        not), or PROFILE, DATA, SEED or OUT is missing.
    """
    cells = [source for kind, source, tags in read_cells(path) if kind == "code" and "parameters" in tags]
    if len(cells) != 1:
        raise _refused(path, f"{len(cells)} cells are tagged `parameters`; there must be one")
    try:
        lines = ast.parse(cells[0]).body
    except SyntaxError as error:
        raise _refused(
            path, f"the parameters cell is not Python: line {error.lineno}: {error.msg}"
        ) from error
    values: dict[str, Any] = {}
    for line in lines:
        target, value = _assignment(line)
        try:
            values[target] = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError) as error:
            source = ast.unparse(line)
            raise _refused(
                path, f"parameters cell, line {line.lineno}: {source!r} is no plain literal"
            ) from error
    if missing := [name for name in REQUIRED if name not in values]:
        raise _refused(path, f"the parameters cell lacks {', '.join(missing)}")
    return values


def check_parameters(notebook: Notebook, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check values for a notebook's parameters against its parameters cell; papermill would only warn.

    Text is read as the type of the parameter's default: "0.5" for 3.0, "true" for False.

    Raises
    ------
    ParameterError
        If the notebook has no such parameter, or a value is not of its default's type.
    RunError
        As `read_parameters`.
    """
    defaults = read_parameters(notebook.path)
    for name in given:
        if name in REQUIRED and name != "SEED":
            raise ParameterError(f"{name} is not a parameter to set by hand", do=f"use --{name.lower()}")
        if name not in defaults:
            own = [known for known in defaults if known == "SEED" or known not in REQUIRED]
            raise ParameterError(
                f"unknown parameter {name!r}; there are {', '.join(own)}",
                where=notebook.name,
                do="correct it, or name only notebooks that have it",
            )
    return {name: _value(name, value, defaults[name]) for name, value in given.items()}


def _value(name: str, value: Any, default: Any) -> Any:
    value = plain(value, name=name)
    if isinstance(value, str) and not isinstance(default, str):
        with suppress(ValueError, SyntaxError):
            value = plain(
                ast.literal_eval(value.capitalize() if isinstance(default, bool) else value), name=name
            )
    number = isinstance(default, float) and type(value) is int
    if default is not None and value is not None and type(value) is not type(default) and not number:
        raise ParameterError(
            f"{name} is {value!r}; its default is {default!r}", do=f"pass a {type(default).__name__}"
        )
    return float(value) if number else value


def _assignment(line: ast.stmt) -> tuple[str, ast.expr]:
    """Give name and value of ``NAME = value`` or ``NAME: type = value``; an empty name for all else."""
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value is not None:
        return line.target.id, line.value
    if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
        return line.targets[0].id, line.value
    return "", ast.Name("anything else")  # no literal: refused with the line quoted


def _refused(path: Path, what: str) -> RunError:
    return RunError(
        what,
        where=path,
        do='keep to lines such as SIGMA = 3.0 there, PROFILE = "quick", DATA = None, SEED = 0 and '
        'OUT = "results" among them; compute from them in a later cell',
    )
