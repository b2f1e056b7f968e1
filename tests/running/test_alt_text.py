"""What is said of a figure to who does not see it."""

import json
from typing import Any

import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from fireanalysis.plots.style import conclude, finish
from fireanalysis.running.alt_text import describe_figure


def told(figure: go.Figure) -> str:
    return describe_figure(json.loads(figure.to_json()))


@pytest.mark.parametrize(
    ("trace", "mark"),
    [
        ({"type": "scatter", "x": [1, 2], "y": [3, 4], "mode": "lines+markers"}, "1 line with points"),
        ({"type": "scatter", "x": [1, 2], "y": [3, 4], "mode": "markers+text"}, "1 set of points"),
        ({"type": "scatter", "x": [1, 2], "y": [3, 4], "fill": "tozeroy"}, "1 shaded band"),
        ({"type": "bar", "x": ["a"], "y": [3]}, "1 set of bars"),
        ({"type": "heatmap", "z": [[1]]}, "1 grid of coloured cells"),
        ({"type": "violin", "y": [1, 2]}, "1 violin"),
        ({"type": "scatter", "x": [1], "y": [3], "mode": "markers", "error_y": {"array": [1]}}, "error bars"),
    ],
)
def test_marks_are_named(trace: dict[str, Any], mark: str) -> None:
    assert mark in told(finish(go.Figure(trace), "Which?", source="simulated"))


def test_a_line_chart_is_told_whole() -> None:
    figure = go.Figure()
    for name in ("float", "8-bit"):
        figure.add_scatter(x=[0.2, 4], y=[60, 70], mode="lines", name=name)
    figure.update_xaxes(title="σ (px)", type="log").update_yaxes(title="accuracy<br>(%)")
    finish(figure, "Best here: <b>σ = 1</b> &amp; 2", source="real")
    conclude(figure, may="It was so here", may_not="It is so elsewhere.")
    assert told(figure) == (
        "Best here: σ = 1 & 2. Real data. 2 lines. Across: σ (px) (logarithmic). Up: accuracy (%). "
        "Legend: float, 8-bit. You may conclude: It was so here. You may not: It is so elsewhere."
    )


def test_panels_colours_and_rows_are_told_and_helpers_are_not() -> None:
    figure = make_subplots(1, 2, subplot_titles=["float, raw", "8-bit"])
    marker = {"opacity": 0, "color": [0], "colorbar": {"title": {"text": "height (µm)"}}, "showscale": True}
    for column in (1, 2):
        figure.add_heatmap(z=[[1, 2]], x=[1, 2], y=["F02"], showscale=False, row=1, col=column)
    figure.add_heatmap(z=[[1]], x=[3], y=["F03"], colorbar={"title": {"text": "% of row"}}, row=1, col=2)
    figure.add_scatter(x=[0], y=["F02"], mode="markers", marker=marker, row=1, col=1)
    assert told(finish(figure, "Confused?")) == (
        "Confused? 2 panels (float, raw; 8-bit): 3 grids of coloured cells. Rows: F02, F03. "
        "Colour: % of row, height (µm)."
    )


def test_colour_bars_of_unseen_markers_count() -> None:
    marker = {"opacity": 0, "color": [0], "colorbar": {"title": {"text": "height (µm)"}}, "showscale": True}
    figure = go.Figure([go.Image(source="data:,"), go.Scatter(x=[0], y=[0], mode="markers", marker=marker)])
    assert told(finish(figure, "Heights", source="simulated")) == (
        "Heights. Simulated data. 1 picture. Colour: height (µm)."
    )


def test_of_many_names_the_last_are_counted() -> None:
    figure = go.Figure([go.Scatter(x=[1], y=[k], mode="markers", name=f"F{k}") for k in range(21)])
    assert "Legend: F0, F1, F2, F3, F4, F5, F6, 14 more." in told(finish(figure, "Brands"))


@pytest.mark.parametrize(
    "figure", [{}, {"data": [], "layout": None}, {"data": [{}], "layout": {"xaxis": None}}]
)
def test_a_bare_figure_is_told_without_failing(figure: dict[str, Any]) -> None:
    assert describe_figure(figure).startswith("Figure without a title.")
