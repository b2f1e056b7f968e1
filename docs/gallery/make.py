"""Draw README's gallery from the executed notebooks of a run.

    fireanalysis run && python docs/gallery/make.py results

Pictures are drawn by plotly in a headless Chromium, without a network (extra: test). A picture whose notebook did
not run, or whose title does not say that its data are simulated, is named and left as it was.
"""

import html
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
BEGIN, END = "<!-- gallery: docs/gallery/make.py -->", "<!-- end of gallery -->"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH = 720  # pixels; the figures are made to be read at 700
COLOURS = 64  # a picture's palette: a third of the bytes, and hardly an eye sees it
MIME = "application/vnd.plotly.v1+json"


class Entry(NamedTuple):
    """A picture: the file's name, its notebook, words of its figure's title (a pattern), what it shows."""

    name: str
    notebook: str
    title: str
    caption: str


ENTRIES = [
    Entry(
        "cartridge_scales",
        "11_cartridge_shape_index",
        "The larger σ, the broader the marks",
        "marks of a firearm on a primer, as shape index at five scales",
    ),
    Entry(
        "cartridge_explain",
        "17_cartridge_explain",
        "Where .+ is read off",
        "what a network looked at to name a brand",
    ),
    Entry(
        "gunshot_sessions",
        "20_gunshot_data",
        "sessions of each of two models",
        "shots of two models as spectrograms, session by session",
    ),
    Entry(
        "gunshot_leakage",
        "25_gunshot_leakage",
        "Worth of a split by clip",
        "what a split by clip promises and new sessions do not keep",
    ),
    Entry(
        "segmentation_found",
        "34_segmentation_blending",
        "foreground IoU .+ from plain",
        "what networks find that learned from pastes, and from photographs",
    ),
    Entry(
        "retrieval_search",
        "45_retrieval_browse",
        "from the worst to the best list",
        "searches by picture, right and wrong finds framed",
    ),
    Entry(
        "evidence_tippett",
        "50_evidence_likelihood_ratios",
        "against the truth",
        "how often likelihood ratios point the wrong way",
    ),
    Entry(
        "evidence_case",
        "55_evidence_case",
        "Together: LR",
        "one case through all four chains: what may be combined",
    ),
]


def find_figure(path: Path, title: str) -> dict[str, Any] | str:
    """Find the first figure of an executed notebook whose title holds the pattern; else say what is missing."""
    if not path.is_file():
        return f"{path.name} did not run: there is no {path}"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    figures = [
        o["data"][MIME] for cell in cells for o in cell.get("outputs", []) if MIME in o.get("data", {})
    ]
    for figure in figures:
        said = re.sub(r"\s*<br>\s*", " ", figure["layout"].get("title", {}).get("text", ""))
        if re.search(title, said):
            return figure if "simulated" in said else f"{path.name}: “{said}” does not say simulated"
    return f"{path.name} ran, but none of its {len(figures)} figures is titled “{title}”"


def draw(figures: dict[str, dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Draw figures as PNG, `WIDTH` pixels wide."""
    from PIL import Image
    from playwright.sync_api import sync_playwright
    from plotly.offline import get_plotlyjs

    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit(f"no browser: install Chromium (Debian: apt-get install chromium); looked for {BROWSERS}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.set_content("<!DOCTYPE html><body style='margin: 0'><div id='figure'></div>")
        page.add_script_tag(content=get_plotlyjs())
        for name, figure in figures.items():
            figure["layout"]["width"] = WIDTH
            drawn = "f => Plotly.newPlot('figure', f.data, f.layout, {staticPlot: true}).then(() => true)"
            page.evaluate(drawn, figure)
            page.wait_for_timeout(500)  # pictures inside a figure are decoded after it is drawn
            shot = Image.open(io.BytesIO(page.locator("#figure").screenshot()))
            page.evaluate("() => Plotly.purge('figure')")
            small = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            file = io.BytesIO()
            small.save(file, "PNG", optimize=True)
            yield name, file.getvalue()
        browser.close()


def section(told: dict[str, str]) -> str:
    """Write README's gallery: two pictures a row, each with words for who does not see it."""
    rows = []
    for pair in zip(ENTRIES[::2], ENTRIES[1::2], strict=True):
        cells = [
            f'<td width="50%"><img src="docs/gallery/{entry.name}.png" alt="{html.escape(told[entry.name])}"><br>'
            f"{entry.caption} (simulated; <code>{entry.notebook}</code>)</td>"
            for entry in pair
        ]
        rows.append("<tr>\n" + "\n".join(cells) + "\n</tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def make(folder: Path) -> list[str]:
    """Draw what can be drawn and write README's gallery; returns what is missing, a line each."""
    from fireanalysis.running.alt_text import describe_figure

    found = {e.name: find_figure(folder / "notebooks" / f"{e.notebook}.ipynb", e.title) for e in ENTRIES}
    figures = {name: figure for name, figure in found.items() if isinstance(figure, dict)}
    kept = HERE / "alt.json"
    told = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    for name, picture in draw(figures):
        (HERE / f"{name}.png").write_bytes(picture)
        figures[name]["layout"].pop(
            "meta", None
        )  # what may be concluded is in the picture and in the notebook
        told[name] = describe_figure(figures[name])
    kept.write_text(json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    if told.keys() >= found.keys():
        before, rest = README.read_text("utf-8").split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{section(told)}\n\n{END}{rest.split(END)[1]}", "utf-8")
    return [problem for problem in found.values() if isinstance(problem, str)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    missing = make(Path(sys.argv[1]))
    if missing:
        sys.exit("left as they were:\n  " + "\n  ".join(missing))
