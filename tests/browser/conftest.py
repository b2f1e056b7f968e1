"""A browser, and JupyterLab in it, for the tests in this folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from .lab import NOTEBOOKS, Notebook, find_browser, open_browser, parameterize, serve_lab


@pytest.fixture(scope="package")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser that reaches no network."""
    asked = request.config.getoption("browser_path")
    path = find_browser(asked)
    if path is None:
        assert asked is None, f"--browser-path {asked}: no such program"
        pytest.skip("needs a browser: install chromium, or pass --browser-path=FILE")
    with open_browser(path) as opened:
        yield opened


class Lab:
    """JupyterLab with committed notebooks, in the smallest profile, and others."""

    def __init__(self, browser: Browser, url: str, root: Path) -> None:
        self.browser, self.url, self.root = browser, url, root

    @contextmanager
    def open(self, number: str) -> Iterator[Notebook]:
        """Open a committed notebook."""
        (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        parameterize(path, self.root / path.name, {"PROFILE": "smoke", "OUT": str(self.root / "results")})
        with self._opened(path.name) as notebook:
            yield notebook

    @contextmanager
    def new(self, *code: str, script: str = "() => {}") -> Iterator[Notebook]:
        """Open a notebook of these cells, after a script in the page."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in code], metadata={"kernelspec": kernel}
        )
        nbformat.write(notebook, self.root / "new.ipynb")
        with self._opened("new.ipynb", script) as opened:
            yield opened

    @contextmanager
    def _opened(self, name: str, script: str = "() => {}") -> Iterator[Notebook]:
        notebook = Notebook(self.browser, self.url, name)
        try:
            notebook.page.evaluate(script)
            notebook.run_all()
            yield notebook
            assert notebook.troubles() == []
            assert notebook.complaints == []
            assert notebook.outside == []
        finally:
            notebook.close()


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab")
    with serve_lab(root) as url:
        yield Lab(browser, url, root)
