"""Drives JupyterLab in headless Chromium, as a person would who opens a notebook, runs it and uses its explorer.

For the tests beside it, and as a script: run any notebook in any profile, and save pictures of its whole page:

    python tests/browser/lab.py 11 --profile quick --out pictures/

It prints what a person should not see (errors, text on stderr), what explorers say, what the browser's console
complains of, and what the page asks of another machine. It writes NAME-01.png, NAME-02.png, ... from the top of the
notebook to its end, and NAME-explorer-1.png, ... of each explorer alone. A notebook is a committed one (its number or
name) or any file; ``--keep results`` uses and keeps what was prepared and trained there. From Python, to try an
explorer by hand:

    with lab.open_browser(lab.find_browser()) as browser, lab.serve_lab(folder) as url:
        notebook = lab.Notebook(browser, url, "11_cartridge_shape_index.ipynb")
        notebook.run_all()
        notebook.page.get_by_label("resolution").focus()  # any of playwright's ways
        notebook.page.keyboard.press("ArrowDown")
        notebook.close()

Needs Chromium (Debian: ``apt-get install chromium``), and playwright, which downloads nothing here.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from playwright.sync_api import Browser, Locator, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",  # root may have no sandbox, and only our own pages are opened
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing reaches a network, whoever asks
]
PASSIVE = {
    "OMP_WAIT_POLICY": "PASSIVE"
}  # as in `fireanalysis run`: threads that spin stand in each other's way
SETTINGS = {"@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}
DRAWN_ALWAYS = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}


def find_browser(asked: str | None = None) -> str | None:
    """The browser to use: the one asked for, or one that is installed."""
    found = map(shutil.which, [asked] if asked else BROWSERS)
    return next((path for path in found if path), None)


@contextmanager
def open_browser(path: str) -> Iterator[Browser]:
    """Start a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serve_lab(folder: Path, *, settings: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Start JupyterLab on the notebooks in `folder`, for this machine alone, and give its address.

    Nothing of the person's own set-up takes part, and nothing is left: settings, workspaces and the rest are temporary.
    """
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        for name, content in (SETTINGS | dict(settings or {})).items():
            file = Path(scratch, "settings", f"{name}.jupyterlab-settings")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content), encoding="utf-8")
        log = Path(scratch, "log")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with log.open("wb") as stderr:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                    *(
                        "--ServerApp.ip=127.0.0.1",
                        f"--ServerApp.port={port}",
                        f"--ServerApp.root_dir={folder}",
                    ),
                    *("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"),
                    *("--LabApp.extension_manager=readonly", "--LabApp.news_url="),
                    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                ],
                env=os.environ
                | {name: str(Path(scratch, place)) for name, place in places.items()}
                | PASSIVE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        try:
            yield _address(Path(scratch, "runtime"), server, log)
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server tells its address, which may be at another port than the one asked for."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = str(json.loads(file.read_text(encoding="utf-8"))["url"])
                with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1].strip("/"))), 1):
                    return url
            except (ValueError, OSError):  # being written, or not listening yet
                continue
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


def parameterize(source: Path, target: Path, parameters: Mapping[str, Any]) -> None:
    """Write a notebook with other parameters: the committed one and the cell that papermill puts into it."""
    notebook = parameterize_notebook(load_notebook_node(str(source)), dict(parameters))
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


class Notebook:
    """A notebook that is open in JupyterLab.

    Attributes
    ----------
    page : playwright.sync_api.Page
    complaints : list of str
        Errors in the browser's console, and of its scripts.
    outside : list of str
        What the page asked of another machine.
    """

    def __init__(self, browser: Browser, url: str, path: str, *, height: int = 1000) -> None:
        context = browser.new_context(viewport={"width": 1280, "height": height})
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.page = context.new_page()
        self.page.on("console", lambda said: self._hear(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self._hear(str(error)))
        self.page.on("request", lambda request: self._see(request.url, url))
        self.page.on("websocket", lambda socket: self._see(socket.url.replace("ws", "http", 1), url))
        self.page.goto(f"{url}lab/tree/{path}?reset")  # without the notebooks that were open before
        self.page.wait_for_function(READY, timeout=60_000)

    def _hear(self, complaint: str) -> None:
        # anywidget's, where two seconds were not enough: what matters is whether the figure is there.
        if "Failed to initialize model" not in complaint:
            self.complaints.append(complaint)

    def _see(self, asked: str, url: str) -> None:
        if not asked.startswith((url, "data:", "blob:")):
            self.outside.append(asked)

    def run_all(self, *, timeout_s: float = 600) -> None:
        """Choose *Run All Cells* from the menu, and wait until the last one is done."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            self.page.wait_for_function(DONE, timeout=timeout_s * 1000, polling=200)
        except PlaywrightTimeout as error:
            raise TimeoutError("\n".join([f"not done after {timeout_s:.0f} s", *self.troubles()])) from error

    def cells(self) -> list[dict[str, Any]]:
        """The code cells as JupyterLab holds them, with outputs."""
        cells = self.page.evaluate(f"{PANEL}.content.model.toJSON().cells")
        return [cell for cell in cells if cell["cell_type"] == "code"]

    def troubles(self) -> list[str]:
        """What no cell should leave: errors, text on stderr, no execution count."""
        found = []
        for number, cell in enumerate(self.cells(), start=1):
            if "".join(cell["source"]).strip() and cell["execution_count"] is None:
                found.append(f"code cell {number} did not run")
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    found.append(f"code cell {number}: {output['ename']}: {output['evalue']}")
                if output.get("name") == "stderr":
                    found.append(f"code cell {number}, stderr: {''.join(output['text'])}")
        return found

    def explorers(self) -> Locator:
        """The outputs that hold widgets with a figure: the notebook's explorers."""
        return self.page.locator(".jp-OutputArea-output:has(.widget-vbox):has(.js-plotly-plot)")

    def scroll_through(self, look: Callable[[int], None] = lambda number: None) -> None:
        """Show the notebook from its top to its end, a window's height at a time, and look at each part."""
        number = 0
        self.page.evaluate(f"{PANE}.scrollTo(0, 0)")
        while True:
            self.page.wait_for_timeout(700)
            number += 1
            look(number)
            if not self.page.evaluate(TURN):
                return

    def close(self) -> None:
        """End the kernel and close the page."""
        self.page.evaluate(f"{PANEL}.sessionContext.shutdown()")
        self.page.context.close()


PANEL = "window.jupyterapp.shell.currentWidget"
PANE = f"{PANEL}.content.outerNode"
TURN = f"""() => {{
    const pane = {PANE}, before = pane.scrollTop;
    pane.scrollBy(0, pane.clientHeight - 40);
    return pane.scrollTop > before + 1;
}}"""
READY = f"""() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'
    && {PANEL}.content.model?.cells?.length > 0"""
DONE = f"""() => {{
    const panel = {PANEL};
    const holdsCode = cell => cell.model.type === 'code' && cell.model.sharedModel.getSource().trim();
    const code = panel.content.widgets.filter(holdsCode);
    const failed = code.some(cell => cell.model.outputs.toJSON().some(output => output.output_type === 'error'));
    const ran = code.every(cell => cell.model.executionCount !== null && cell.model.executionState !== 'running');
    return (failed || ran) && panel.sessionContext.session.kernel.status === 'idle';
}}"""


def main() -> None:
    """Run a notebook in JupyterLab and save pictures of it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("notebook", help="number, name or file")
    parser.add_argument("--profile", default="smoke")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where pictures go")
    parser.add_argument("--keep", type=Path, help="OUT of the notebook (default: a temporary folder)")
    parser.add_argument("--timeout", type=float, default=1800, metavar="SECONDS")
    parser.add_argument("--browser-path")
    asked = parser.parse_args()
    path = Path(asked.notebook)
    if not path.is_file():
        (path,) = NOTEBOOKS.glob(f"{asked.notebook.removesuffix('.ipynb')}*.ipynb")
    browser_path = find_browser(asked.browser_path)
    if browser_path is None:
        parser.error("no browser is installed: apt-get install chromium, or name one with --browser-path")
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="notebooks-") as folder:
        root = Path(folder, "notebooks")
        shutil.copytree(path.parent, root)
        keep = (asked.keep or Path(folder, "results")).resolve()
        parameterize(path, root / path.name, {"PROFILE": asked.profile, "OUT": str(keep)})
        with open_browser(browser_path) as browser, serve_lab(root, settings=DRAWN_ALWAYS) as url:
            begun = time.monotonic()
            opened = Notebook(browser, url, path.name, height=1600)
            opened.run_all(timeout_s=asked.timeout)
            print(f"{path.stem}: all cells ran in {time.monotonic() - begun:.0f} s")
            opened.scroll_through(
                lambda n: opened.page.screenshot(path=asked.out / f"{path.stem}-{n:02d}.png") and None
            )
            print("\n".join(opened.troubles()) or "no error, nothing on stderr")
            for number, explorer in enumerate(opened.explorers().all(), start=1):
                explorer.screenshot(path=asked.out / f"{path.stem}-explorer-{number}.png")
                said = explorer.locator(".widget-html:has(span[role=status])").all_inner_texts()
                print(f"explorer {number} says: {said or 'nothing'}")
            opened.close()
            print("console:", opened.complaints, "\noutside:", opened.outside)


if __name__ == "__main__":
    main()
