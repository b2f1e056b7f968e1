"""The course fits its days, its notebooks and sections exist, and its times are those that were measured."""

import importlib.util
import json
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from fireanalysis.cli import cli
from fireanalysis.running.notebooks import find_notebooks

ROOT = Path(__file__).parents[1]
COURSE = (ROOT / "docs" / "course.md").read_text("utf-8")
DAYS = ("Day 1: how a number comes about", "Day 2: what it is worth", "One day")


def section(heading: str) -> str:
    (text,) = re.findall(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", COURSE, re.M | re.S)
    return text


def cells(text: str) -> list[list[str]]:
    """Read the body of a table."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def blocks(day: str) -> list[tuple[datetime, datetime, int, str, list[str]]]:
    """Read a day's blocks: begin, end, minutes, title, file names of notebooks."""
    found = []
    for time, minutes, title, notebooks in cells(section(day)):
        begin, end = (datetime.strptime(clock, "%H:%M") for clock in time.split("–"))
        found.append((begin, end, int(minutes), title, re.findall(r"/(\w+)\.ipynb", notebooks)))
    return found


def times() -> dict[str, tuple[float, float, str, int]]:
    """Read the table of times: quick, smoke, place in the course, reading."""
    rows = cells(section("What each notebook takes"))
    names = [re.findall(r"/(\w+)\.ipynb", row[0])[0] for row in rows]
    return {
        name: (float(row[1]), float(row[2]), row[3], int(row[4]))
        for name, row in zip(names, rows, strict=True)
    }


@pytest.fixture(scope="module")
def course() -> ModuleType:
    spec = importlib.util.spec_from_file_location("course", ROOT / "docs" / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("day", DAYS)
def test_the_times_of_a_day_add_up(day: str) -> None:
    planned = blocks(day)
    assert len(planned) >= 8
    for begin, end, minutes, title, _ in planned:
        assert (end - begin).total_seconds() == 60 * minutes > 0, title
    for before, after in pairwise(planned):
        assert before[1] == after[0], f"a gap or an overlap before {after[3]!r}"
    assert planned[0][0].hour >= 8
    assert planned[-1][1].hour <= 18
    titles = [title for *_, title, _ in planned]
    assert titles.count("Break") >= 2
    assert "Lunch" in titles
    stretches = "".join(
        "|" if title in ("Break", "Lunch") else f" {minutes}" for _, _, minutes, title, _ in planned
    )
    assert max(sum(map(int, stretch.split())) for stretch in stretches.split("|")) <= 105, (
        "people need a break"
    )


@pytest.mark.parametrize("day", DAYS)
def test_reading_fits_into_its_block(day: str) -> None:
    suggested = times()
    for _, _, minutes, title, notebooks in blocks(day):
        assert sum(suggested[name][3] for name in notebooks) <= minutes, title


def test_each_notebook_named_exists_and_each_has_its_place() -> None:
    known = {notebook.name for notebook in find_notebooks()}
    assert set(re.findall(r"notebooks/(\w+)\.ipynb", COURSE)) == known | {"glossary"}
    assert list(times()) == sorted(known)
    taught = {day: {name for *_, names in blocks(day) for name in names} for day in DAYS}
    assert not taught[DAYS[0]] & taught[DAYS[1]]
    assert taught[DAYS[2]] < taught[DAYS[0]] | taught[DAYS[1]]
    for name, (_, _, place, _) in times().items():
        two_days = next((str(at) for at in (1, 2) if name in taught[DAYS[at - 1]]), None)
        one_day = name in taught[DAYS[2]]
        expected = f"days {two_days} and one" if one_day else f"day {two_days}"
        assert place == expected if two_days else place in ("homework", "if there is time"), name


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", COURSE):
        assert (ROOT / "docs" / target).resolve().is_file(), target


def test_sections_of_a_block_are_headings_and_every_block_is_described() -> None:
    described = section("Block by block") + COURSE.split("## Block by block")[1].split("## Notes for")[0]
    bullets = re.findall(
        r"^- \[(\d\d)\]\(\.\./notebooks/(\w+\.ipynb)\): (.*?)(?=^- |^$)", described, re.M | re.S
    )
    assert len(bullets) == len({name for day in DAYS[:2] for *_, names in blocks(day) for name in names})
    for number, file, text in bullets:
        assert file.startswith(number)
        markdown = [c.source for c in nbformat.read(ROOT / "notebooks" / file, as_version=4).cells]
        headings = re.findall(r"^##+ (.+)$", "\n".join(markdown), re.M)
        named = re.findall(r"\*([^*]+)\*", text.split(";")[0])
        assert named
        assert set(named) <= set(headings), f"{file}: no section {set(named) - set(headings)}"
    titles = {title for day in DAYS[:2] for *_, title, names in blocks(day) if names}
    assert titles == set(re.findall(r"^### (.+)$", described, re.M))


def test_times_are_those_of_the_kept_records(course: ModuleType) -> None:
    assert course.with_times(COURSE) == COURSE, "run: python docs/course.py"
    quick = {record["notebook"]: record["seconds"] for record in json.loads(course.QUICK.read_text("utf-8"))}
    smoke = json.loads(course.SMOKE.read_text("utf-8"))
    for name, (minutes, seconds, _, _) in times().items():
        assert abs(minutes - quick[name] / 60) <= 0.05
        assert abs(seconds - smoke["seconds"][name]) <= 0.5
    (said,) = re.findall(r"all of quick add up to (\d+) minutes", COURSE)
    assert int(said) == round(sum(quick.values()) / 60)
    assert smoke["notebooks_at_a_time"] == 2


def test_the_exercises_have_ten_points() -> None:
    rows = cells(section("Grading the exercises"))
    assert [row[0] for row in rows] == ["Look", "Compute", "Think and test"]
    assert sum(int(row[1]) for row in rows) == 10
    for _, points, parts in rows:
        assert sum(map(int, re.findall(r"\((\d)\)", parts))) == int(points)


def test_commands_and_options_exist() -> None:
    commands = re.findall(r"fireanalysis (\w+)([^`]*)`", COURSE)
    assert commands
    for name, arguments in commands:
        options = {text for option in cli.commands[name].params for text in option.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z]+", arguments)) <= options, (name, arguments)
