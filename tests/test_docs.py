"""What the pages say leads somewhere: links, commands, paths, notebooks and profiles are there."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fireanalysis.cli import cli
from fireanalysis.loaders import DATA_SETS
from fireanalysis.running import PROFILES, choose_notebooks, find_notebooks
from fireanalysis.running.notebooks import check_parameters

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
SHELL = ("sh", "bash")
NOTEBOOKS = find_notebooks(ROOT / "notebooks")


def fenced(page: str, kinds: tuple[str, ...]) -> list[str]:
    return [
        text
        for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        if kind in kinds
    ]


def plain(page: str) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What GitHub makes of the headings of a page, or of a notebook's."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        import json

        cells = (cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    headings = re.findall(r"^#+ (.+?)\s*$", plain(text), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | {heading.replace(" ", "-") for heading in headings}  # JupyterLab's own


def links(page: str) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", plain(page)) + re.findall(r'(?:src|href)="([^"]+)"', page)
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    path = ROOT / name
    dead = []
    for link in links(path.read_text("utf-8")):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        there = target.exists() and target.is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


def commands(page: str) -> Iterator[list[str]]:
    """Words of every call of a command, in blocks and between backticks: joined ones apart, comments left out."""
    lines = [line for block in fenced(page, SHELL) for line in block.splitlines()]
    lines += [
        code.replace("\n", " ") for code in re.findall(r"`((?:fireanalysis|papermill) [^`]+)`", plain(page))
    ]
    for line in lines:
        words = shlex.split(line.replace(";", " ; "), comments=True)
        while words:
            end = next((place for place, word in enumerate(words) if word in ("&&", ";", "|")), len(words))
            one, words = words[:end], words[end + 1 :]
            yield one[1:] if one[:1] == ["exec"] else one


def parsed(words: list[str]) -> tuple[str, dict]:
    """Let click read a command as it would be run; nothing is run."""
    context = cli.make_context("fireanalysis", words, resilient_parsing=False)
    name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None
    return str(name), command.make_context(name, rest, parent=context).params


def named(command: str) -> tuple[str, dict]:
    """A command that is only spoken of: there must be one of that name."""
    if command not in cli.commands:
        raise click.UsageError(f"No such command {command!r}.")
    return command, {"names": (), "name": "NAME"}


def of_series(names: list[str]) -> list[str]:
    """Numbers and names of notebooks, without placeholders and decades that are only an example."""
    return [name for name in names if re.match(r"[0-5]\d", name)]


@pytest.mark.parametrize("name", NAMES)
def test_commands_can_be_parsed_and_name_what_there_is(name: str) -> None:
    for words in commands((ROOT / name).read_text("utf-8")):
        if words[:1] == ["papermill"]:
            notebook = (ROOT / words[1]).stem
            given = {words[at + 1]: words[at + 2] for at, word in enumerate(words) if word == "-p"}
            assert [one for one in NOTEBOOKS if one.name == notebook], words
            check_parameters(choose_notebooks([notebook], NOTEBOOKS)[0], others(given))
        elif (
            words[:1] == ["fireanalysis"] and len(words) > 1 and words[1] not in ("--help", "--version", "…")
        ):
            try:
                command, params = parsed(words[1:]) if len(words) > 2 else named(words[1])
            except click.ClickException as error:
                pytest.fail(f"{' '.join(words)}: {error.format_message()}")
            if command == "run":
                chosen = (
                    choose_notebooks(of_series(params["names"]), NOTEBOOKS) if params["names"] else NOTEBOOKS
                )
                for notebook in chosen if of_series(params["names"]) else ():
                    check_parameters(notebook, dict(params["parameters"]))
            if command == "fetch" and not params["name"].isupper():
                assert params["name"] in DATA_SETS


def others(given: dict[str, str]) -> dict[str, str]:
    """Parameters but those that the command sets itself."""
    assert given.get("PROFILE", "quick") in PROFILES
    return {name: value for name, value in given.items() if name not in ("PROFILE", "OUT", "DATA", "SEED")}


@pytest.mark.parametrize("name", NAMES)
def test_paths_and_notebooks_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    spans = re.findall(r"`([^`\n]+)`", plain(text))
    paths = [span for span in spans if re.fullmatch(r"(docs|fireanalysis|tests|notebooks)/[\w./-]*\w", span)]
    paths += re.findall(r"\b((?:docs|tests)/[\w/]+\.(?:py|md|json|csv))\b", text)
    example = {path for path in paths if "bullet" in path}  # a paper that is not there
    assert not [path for path in paths if path not in example and not (ROOT / path).exists()]
    named = [span for span in spans if re.fullmatch(r"[0-5]\d_\w+", span)]
    assert not [span for span in named if span not in {notebook.name for notebook in NOTEBOOKS}]


@pytest.mark.parametrize("name", NAMES)
def test_blocks_of_python_can_be_compiled_and_imported(name: str) -> None:
    for block in fenced((ROOT / name).read_text("utf-8"), ("python",)):
        imports = [node for node in ast.parse(block).body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), name, "exec"), {})


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_said_of_the_machine_it_was_written_on(name: str) -> None:
    assert not re.search(r"(?<![\w.$/])/(work|tmp|root|home)/", (ROOT / name).read_text("utf-8"))


def test_the_index_of_pages_lists_all_of_them() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index.read_text("utf-8"))}
    assert {path for path in (ROOT / "docs").glob("*.md") if path != index} <= listed
    assert {
        folder / "README.md" for folder in (index.parent / "results", index.parent / "data_cards")
    } <= listed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see [a](b.md) and <img src='x'>\n```sh\n[c](d)\n```\n", ["b.md"]),
        ("[w](https://x.org) [m](mailto:a@b) ![p](pic.png)", ["pic.png"]),
    ],
)
def test_links_are_found(text: str, found: list[str]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    "words",
    [["run", "10", "--profil", "smoke"], ["run", "--profile", "large"], ["classify"], ["sweep", "11"]],
)
def test_what_is_no_command_is_seen(words: list[str]) -> None:
    with pytest.raises(click.ClickException):
        parsed(words)
