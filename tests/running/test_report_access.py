"""Report pages for who reads with a keyboard, a screen reader or little contrast."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from fireanalysis.running.report import TEMPLATES, write_report

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")
READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3: least contrast of text and what is behind it


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BeautifulSoup]:
    """A report of one notebook of each decade as they are committed: rendering all takes long."""
    folder = tmp_path_factory.mktemp("series")
    (folder / "notebooks").mkdir()
    first = {path.name[0]: path for path in sorted(NOTEBOOKS.glob("[0-9][1-9]_*.ipynb"))[::-1]}
    for path in (*first.values(), NOTEBOOKS / "00_start.ipynb"):
        (folder / "notebooks" / path.name).write_bytes(path.read_bytes())
    write_report(folder)
    return {
        path.name: BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted((folder / "report").glob("*.html"))
    }


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.rglob("*.ipynb")), ids=lambda path: path.stem)
def test_headings_of_every_notebook_are_in_order(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    outside_code = re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", outside_code, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_headings_of_pages_are_in_order_and_each_has_one_first(pages: dict[str, BeautifulSoup]) -> None:
    assert len(pages) > 6
    for name, page in pages.items():
        levels = [int(tag.name[1]) for tag in page.find_all(re.compile(r"^h[1-6]$"))]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        skipped = [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1]
        assert not skipped, f"{name}: a heading of level {skipped} too deep"


def test_each_page_names_its_language_its_title_and_a_way_past_the_bar(
    pages: dict[str, BeautifulSoup],
) -> None:
    for name, page in pages.items():
        assert page.html["lang"] == "en", name
        assert page.title.get_text(strip=True), name
        first = page.body.find(["a", "button", "summary"])
        assert first["href"] == "#report-main", name
        assert page.find(id="report-main").name == "main", name
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), name


def test_links_within_the_report_lead_somewhere(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for link in page.find_all("a", href=re.compile(r"^[^:]*$")):
            target, _, anchor = link["href"].partition("#")
            there = pages[target or name]
            assert not anchor or there.find(id=anchor), f"{name}: {link['href']}"


def test_all_code_can_be_unfolded_by_keyboard(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["11_cartridge_shape_index.html"]
    assert page.find("button")["type"] == "button"
    folded = page.find_all("details")
    assert folded
    assert all(part.find(True).name == "summary" for part in folded)
    assert not page.find_all(tabindex=re.compile(r"^[1-9]"))  # would break the order of the page
    # Who moves by keyboard must see where they are: nothing but the whole page goes without its outline.
    assert ":focus-visible { outline: 3px" in CSS
    assert re.findall(r"([^{}]+?) *\{[^{}]*outline: *(?:none|0)", CSS) == ["\nmain:focus"]


def test_every_picture_has_words(pages: dict[str, BeautifulSoup], tmp_path: Path) -> None:
    inside = [
        nbformat.v4.new_output("display_data", {"text/html": '<img src="data:,"><img src="data:," alt="A">'})
    ]
    cells = [nbformat.v4.new_markdown_cell("# T"), nbformat.v4.new_code_cell("show()", outputs=inside)]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / "10_a.ipynb")
    write_report(tmp_path)
    page = BeautifulSoup((tmp_path / "report" / "10_a.html").read_text("utf-8"), "html.parser")
    assert [tag["alt"] for tag in page.find_all("img")] == ["Picture without a description", "A"]
    assert all(tag.get("alt") for page in pages.values() for tag in page.find_all("img"))


@pytest.mark.parametrize("sheet", ["report.css", "case_report.html.j2"])
def test_text_stands_out_from_whatever_is_behind_it(sheet: str) -> None:
    style = (TEMPLATES / sheet).read_text(encoding="utf-8")
    named = dict(re.findall(r"--(\w+): (#\w+)", style))
    plain = re.sub(r"var\(--(\w+)\)", lambda name: named[name[1]], style)
    texts = set(re.findall(r"(?<![-\w])color: (#\w+)", plain))
    behind = set(re.findall(r"(?<![-\w])background: (#\w+)", plain))
    assert len(texts) > 3
    assert "#fff" in behind
    worst = min(itertools.product(texts, behind), key=lambda pair: contrast(*pair))
    assert contrast(*worst) >= READABLE, worst


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(
        4.54, abs=0.005
    )  # the known greyest grey that will do


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
