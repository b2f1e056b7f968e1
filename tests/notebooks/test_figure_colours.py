"""Every colour of every figure is one of the house's, so that what was tested of those holds for all."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plotly.colors
import pytest

from fireanalysis.plots import style
from fireanalysis.plots.raster import MEANINGS
from fireanalysis.running import find_notebooks

NAMES = [notebook.name for notebook in find_notebooks(Path(__file__).parents[2] / "notebooks")]
GREYS = (style.REFERENCE_COLOUR, style.MARK_COLOUR, style.QUIET_COLOUR, style.GUIDE_COLOUR, *style.STEP_GREYS)
OURS = {*style.CLASS_COLOURS, *style.PALE_COLOURS, *GREYS, style.MISSING_COLOUR, "#ffffff"}
ALLOWED = {plotly.colors.hex_to_rgb(colour) for colour in OURS}
NAMED = {"Blues", "Viridis", *(colours for colours, *_ in MEANINGS.values())}
SCALES = [[colour for _, colour in plotly.colors.get_colorscale(name)] for name in NAMED]


@pytest.mark.parametrize("name", NAMES)
def test_figures_use_the_colours_of_the_style(smoke: Path, name: str) -> None:
    cells = json.loads((smoke / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    figures = [
        data["application/vnd.plotly.v1+json"] for data in outputs if any("plotly" in key for key in data)
    ]
    assert figures
    for figure in figures:
        assert list(strays(figure["data"])) + list(strays(figure["layout"])) == []


def test_strays_are_seen() -> None:
    layout = {"shapes": [{"line": {"color": "red"}}], "template": {"colorway": ["#636efa"]}}
    trace = {"marker": {"color": ["#0072B2", "rgb(1,2,3)"]}, "fillcolor": "rgba(0,114,178,0.2)"}
    assert list(strays([trace, {"colorscale": [[0, "#0000ff"], [1, "#ff0000"]]}])) == [
        "rgb(1,2,3)",
        "colorscale",
    ]
    assert list(strays(layout)) == ["red"]


def strays(part: Any, *, key: str = "") -> Iterator[str]:
    """Go through a figure's JSON; the template is plotly's own, and finish() sets what traces would take of it."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "colorscale":
                yield from [] if [colour for _, colour in value] in SCALES else [name]
            elif name != "template":
                yield from strays(value, key=name)
    elif isinstance(part, list):
        for value in part:
            yield from strays(value, key=key)
    elif isinstance(part, str) and "color" in key.lower() and not _is_ours(part):
        yield part


def _is_ours(colour: str) -> bool:
    if colour in ("white", "black"):
        return True
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return plotly.colors.hex_to_rgb(colour) in ALLOWED
    parts = re.findall(r"[\d.]+", colour) if colour.startswith("rgb") else []
    return len(parts) >= 3 and tuple(int(value) for value in parts[:3]) in ALLOWED | {(0, 0, 0)}
