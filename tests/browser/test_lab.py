"""Notebooks in JupyterLab, without a network: they run, are drawn, and their explorers answer to keyboard and mouse."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from pytest import approx

from .conftest import Lab
from .figures import FAULT, SEEN, changed, look, seen_marks, title

PATIENCE_S = 60
expect.set_options(timeout=1000 * PATIENCE_S)

# Figures whose structure differs in what a browser keeps of the one before: notes, shapes, kinds of axes, directions.
FIGURES = """
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from fireanalysis import widgets

size = {"width": 600, "height": 400}
noted = go.Figure(go.Heatmap(z=[[1, None], [3, 4]], coloraxis="coloraxis"), size | {"title": "noted"})
noted.add_annotation(text="a note", x=0, y=0).add_shape(type="rect", x0=0, x1=1, y0=0, y1=1)
moved = go.Figure(go.Heatmap(z=np.array([[9, 8, np.nan]]), coloraxis="coloraxis"), size | {"title": "moved"})
moved.add_annotation(text="another note", x=2, y=0).update_xaxes(title="mm", range=[0, 2])
grid = make_subplots(2, 2, subplot_titles=list("pqrs"), figure=go.Figure(layout=size | {"title": "grid"}))
for k in range(4):
    grid.add_scatter(x=np.arange(4.0), y=[1, float("nan"), 3, 10 + k], row=k // 2 + 1, col=k % 2 + 1)
grid.update_yaxes(type="log").update_xaxes(range=[-1, 6])
picture = go.Figure(go.Image(z=np.arange(192, dtype=np.uint8).reshape(8, 8, 3)), size | {"title": "picture"})
picture.update_yaxes(scaleanchor="x")
bars = go.Figure([go.Bar(x=["u", "v"], y=[1, k]) for k in (2, 3)], size | {"title": "bars", "barmode": "stack"})
figures = {figure.layout.title.text: figure.to_dict for figure in (noted, moved, grid, picture, bars)}
explorer = widgets.FigureChooser({name: lambda f=f: go.Figure(f()) for name, f in figures.items()}, name="figure")
"""


def slider(explorer: Locator, label: str) -> Locator:
    return explorer.locator(".widget-slider", has_text=label).get_by_role("slider")


def press(control: Locator, key: str) -> None:
    control.focus()
    control.press(key)


def drag(handle: Locator, pixels: float) -> None:
    box = handle.bounding_box()
    assert box
    mouse, x, y = handle.page.mouse, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + pixels, y, steps=4)
    mouse.up()


def message(explorer: Locator) -> Locator:
    return explorer.locator(".widget-html span[role=status]")


def sound(plot: Locator) -> None:
    """Wait until a figure is drawn without fault."""
    wait(plot, lambda: plot.evaluate(FAULT), "")


def wait(page: Locator, ask: Callable[[], Any], answer: Any) -> None:
    """Wait until the answer is the expected one, as long as a busy machine may take."""
    end = time.monotonic() + PATIENCE_S
    while (told := ask()) != answer and time.monotonic() < end:
        page.page.wait_for_timeout(100)
    assert told == answer


@contextmanager
def answers(explorer: Locator) -> Iterator[None]:
    """What is done here is seen in the figure."""
    plot = explorer.locator(".js-plotly-plot")
    sound(plot)
    assert seen_marks(plot) > 0
    said, before = title(plot), look(plot)
    yield
    expect(plot.locator(".gtitle")).not_to_have_text(said)
    expect(message(explorer)).to_have_count(0)
    sound(plot)
    assert changed(look(plot), before) > 0.001


@pytest.mark.parametrize(
    ("number", "control", "key"),
    [
        ("11", "σ (px)", "mouse"),
        ("20", "clip", "ArrowDown"),
        ("35", "threshold", "ArrowRight"),
        ("50", "method", "ArrowDown"),
    ],
)
def test_a_notebook_runs_and_its_explorer_answers(lab: Lab, number: str, control: str, key: str) -> None:
    with lab.open(number) as notebook:
        explorer = notebook.explorers()
        with answers(explorer):
            if key == "ArrowDown":
                press(explorer.get_by_label(control, exact=True), key)
            elif key == "ArrowRight":
                press(slider(explorer, control), key)
            else:
                drag(slider(explorer, control), 60)


def test_an_explorer_says_what_is_wrong_in_place(lab: Lab) -> None:
    with lab.open("45") as notebook:
        explorer = notebook.explorers()
        with answers(explorer):
            press(explorer.get_by_label("query", exact=True), "ArrowDown")
        said = title(explorer)
        explorer.get_by_label("file", exact=True).fill("no/such/picture.png")
        explorer.get_by_label("file", exact=True).press("Enter")
        expect(message(explorer)).to_contain_text("no/such/picture.png")
        assert "Traceback" not in message(explorer).inner_text() and title(explorer) == said
        with answers(explorer):
            explorer.get_by_label("file", exact=True).fill("")
            press(explorer.get_by_label("query", exact=True), "ArrowDown")


def test_a_figure_is_drawn_in_another_s_place_as_if_it_were_the_first(lab: Lab) -> None:
    names = ["noted", "moved", "grid", "picture", "bars"]
    with lab.new(FIGURES, "explorer", *[f"go.Figure(figures['{name}']())" for name in names]) as notebook:
        explorer = notebook.explorers().first
        alone = {}
        for name, plot in zip(names, notebook.page.locator(".js-plotly-plot").all()[1:], strict=True):
            sound(plot)
            seen = plot.evaluate(SEEN)
            # Margins make fractions.
            alone[name] = seen | {"places": {n: approx(p, abs=0.02) for n, p in seen["places"].items()}}
        for name in [*names, "moved", "picture", "noted", "bars", "picture", "grid"]:
            explorer.get_by_label("figure").select_option(name)
            expect(explorer.locator(".gtitle")).to_have_text(name)
            plot = explorer.locator(".js-plotly-plot")
            wait(plot, partial(plot.evaluate, SEEN), alone[name])
