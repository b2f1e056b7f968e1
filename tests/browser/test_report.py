"""The report opens from disk without a network, and every figure in it is drawn."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, Page

from fireanalysis.running import find_notebooks, write_report

from .figures import FAULT, seen_marks

NAMES = [notebook.name for notebook in find_notebooks(Path(__file__).parents[2] / "notebooks")]

# So few pictures that there is nothing to draw, as the title says.
EMPTY = {"44_retrieval_comparison": ["no mark inside the axes"]}

# Looks at figure after figure, as a person who scrolls: one is drawn when it comes near the window.
FAULTS = f"""async patience_s => {{
    const look = {FAULT}, faults = {{}};
    for (const [number, plot] of document.querySelectorAll('figure.plotly .plot').entries()) {{
        const end = performance.now() + 1000 * patience_s;
        do faults[number + 1] = await look(plot);
        while (faults[number + 1] && performance.now() < end);
    }}
    return faults;
}}"""


@contextmanager
def opened(browser: Browser, path: Path) -> Iterator[Page]:
    """Open a page that neither complains in the console nor asks for more than what lies on the disk."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if ":" in asked.url else None)
    page.goto(path.as_uri())
    yield page
    page.close()
    assert [one for one in wrong if not one.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def report(smoke: Path) -> Path:
    return write_report(smoke).parent


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_page_is_drawn(report: Path, browser: Browser, name: str) -> None:
    with opened(browser, report / f"{name}.html") as page:
        faults = page.evaluate(FAULTS, 5 if name in EMPTY else 60)
        assert len(faults) >= 3
        assert [fault for fault in faults.values() if fault] == EMPTY.get(name, []), faults
        assert seen_marks(page.locator("figure.plotly .plot").last) > 0


def test_the_other_pages_open(report: Path, browser: Browser) -> None:
    others = [path for path in report.glob("*.html") if path.stem not in NAMES]
    assert report / "index.html" in others
    for path in others:
        with opened(browser, path) as page:
            assert page.title()


def test_a_figure_that_shows_nothing_is_found(tmp_path: Path, browser: Browser) -> None:
    """What the tests above rely on."""
    points = go.Scatter(x=[1, 2], y=[1, 2])
    figures = [
        go.Figure(points),
        go.Figure(),
        go.Figure(points, {"xaxis": {"range": [5, 6]}}),
        go.Figure(go.Scatter(points, visible=False)),
    ]
    bundles = [{"application/vnd.plotly.v1+json": json.loads(str(figure.to_json()))} for figure in figures]
    outputs = [nbformat.v4.new_output("display_data", bundle) for bundle in bundles]
    cell = nbformat.v4.new_code_cell("figures", execution_count=1, outputs=outputs)
    (tmp_path / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "notebooks" / "some.ipynb")
    page_file = write_report(tmp_path).parent / "some.html"
    with opened(browser, page_file) as page:
        empty = dict.fromkeys("234", "no mark inside the axes")
        assert page.evaluate(FAULTS, 2) == {"1": ""} | empty
        shares = [seen_marks(plot) for plot in page.locator("figure.plotly .plot").all()]
        assert shares[0] > 0 and shares[1:] == [0, 0, 0]
    (page_file.parent / "plotly.min.js").unlink()
    with pytest.raises(AssertionError, match="ERR_FILE_NOT_FOUND"), opened(browser, page_file) as page:
        assert set(page.evaluate(FAULTS, 0).values()) == {"not drawn"}
