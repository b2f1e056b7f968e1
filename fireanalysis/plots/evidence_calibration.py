"""Figures of calibration, a panel a classifier: what probabilities promise and keep, and how well that is known."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, MARK_COLOUR, MISSING_COLOUR, REFERENCE_COLOUR, finish

_DIAGONAL = {"color": REFERENCE_COLOUR, "dash": "dash", "width": 1.5}


def reliability_panels(
    panels: Mapping[str, Mapping[str, pd.DataFrame]], *, title: str, source: str
) -> go.Figure:
    """Show right answers against the confidence claimed, with intervals: on the diagonal, claims come true.

    Parameters
    ----------
    panels : mapping of str to mapping of str to DataFrame
        Classifier → kind ("as trained", ...) → `fireanalysis.metrics.reliability_intervals`. The area of a dot is its
        number of samples; a bin of one group has no interval and is drawn hollow.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is nothing to draw, or a table lacks a column.
    """
    figure = _panels(panels)
    kinds = list(dict.fromkeys(kind for tables in panels.values() for kind in tables))
    for (row, column), tables in zip(_places(len(panels)), panels.values(), strict=True):
        place = {"row": row, "col": column}
        _line(figure, [0, 100], [0, 100], "claims come true", _DIAGONAL, row, column)
        for kind, table in tables.items():
            colour = CLASS_COLOURS[kinds.index(kind)]
            figure.add_trace(_dots(table, colour).update(name=kind, **_once(kind, row, column)), **place)
    _axes(figure, "confidence in the answer (%)", "right answers (%)", len(panels), range=[-4, 104])
    figure.update_xaxes(range=[-2, 103])
    return _finish(figure, title, source, len(panels)).update_layout(legend={"itemsizing": "constant"})


def temperature_curves(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    temperatures: ArrayLike,
    *,
    fitted: Mapping[str, tuple[float, float, float]],
    title: str,
    source: str,
) -> go.Figure:
    """Show the mean loss at each temperature above its least, of both parts, and where the fit may lie.

    Parameters
    ----------
    panels : mapping of str to mapping of str to float (t,)
        Classifier → part ("calibration", "test") → mean log loss, nat.
    temperatures : float (t,)
    fitted : mapping of str to (value, low, high)
        Classifier → fitted temperature and its interval, a line and a grey band.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    figure = _panels(panels)
    grid = np.asarray(temperatures, float)
    parts = list(dict.fromkeys(part for curves in panels.values() for part in curves))
    for (row, column), (name, curves) in zip(_places(len(panels)), panels.items(), strict=True):
        value, low, high = fitted[name]
        near = (grid >= min(low, 1.0) / 1.7) & (grid <= max(high, 1.0) * 1.7)
        place = {"row": row, "col": column}
        for part, losses in curves.items():
            above = np.asarray(losses, float) - np.min(losses)
            line = {"color": CLASS_COLOURS[parts.index(part)], "width": 2}
            _line(figure, grid[near], above[near], f"{part} part", line, row, column)
        band = {"fillcolor": MISSING_COLOUR, "opacity": 0.6, "line_width": 0, "layer": "below"}
        figure.add_vrect(low, high, **band, **place)
        figure.add_vline(value, line={"color": MARK_COLOUR, "width": 1.5}, **place)
        figure.add_vline(1, line=_DIAGONAL, **place)
        limits = np.log10([grid[near][0], grid[near][-1]]).tolist()
        figure.update_xaxes(range=limits, **place)
    _axes(figure, "temperature", "log loss above its least (nat)", len(panels), rangemode="tozero")
    _logarithmic(figure, "xaxis")
    return _finish(figure, title, source, len(panels))


def temperature_spread(
    tables: Mapping[str, pd.DataFrame],
    *,
    have: Mapping[str, int],
    group_names: Mapping[str, str],
    title: str,
    source: str,
) -> go.Figure:
    """Show how well a temperature is known from so many groups: the middle and 95 % of what is drawn.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Classifier → `fireanalysis.metrics.temperature_by_groups`.
    have : mapping of str to int
        Classifier → number of groups that there are, as a dotted line.
    group_names : mapping of str to str
        Classifier → what a group is, for the axis.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    figure = _panels(tables)
    for (row, column), (name, table) in zip(_places(len(tables)), tables.items(), strict=True):
        drawn = table.groupby("groups")["temperature"]
        ends = {share: drawn.quantile(share) for share in (0.025, 0.5, 0.975)}
        x, colour, place = list(ends[0.5].index), CLASS_COLOURS[0], {"row": row, "col": column}
        band = {"fill": "toself", "fillcolor": colour, "opacity": 0.25, "line": {"width": 0}, "mode": "lines"}
        outline = [*ends[0.975], *ends[0.025][::-1]]
        figure.add_scatter(
            x=[*x, *x[::-1]], y=outline, **band, name="95 % of the temperatures fitted", hoverinfo="skip",
            **_once("band", row, column), **place,
        )  # fmt: skip
        line = {"color": colour, "width": 2}
        _line(figure, x, ends[0.5], "their middle", line, row, column, mode="lines+markers")
        figure.add_vline(have[name], line={"color": MARK_COLOUR, "dash": "dot", "width": 1.5}, **place)
        figure.add_hline(1, line=_DIAGONAL, **place)
        about = f"{group_names[name]}s in the calibration part"
        figure.update_xaxes(title={"text": about, "font": {"size": 12}, "standoff": 4}, tickvals=x, **place)
    figure.update_yaxes(title="temperature", col=1)
    for axis in ("xaxis", "yaxis"):
        _logarithmic(figure, axis, ticks=axis == "yaxis")
    return _finish(figure, title, source, len(tables))


def split_boxes(tables: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show what is left of overconfidence on the judged half, when halves are dealt by sample and by group.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Classifier → `fireanalysis.metrics.calibration_splits`.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    if not tables:
        raise DataError("there is nothing to draw", where="split_boxes", do="pass a table a classifier")
    figure = go.Figure()
    for number, split in enumerate(("by sample", "by group")):
        points = [100 * t.loc[t["split"] == split, "confidence − accuracy"] for t in tables.values()]
        low, q1, middle, q3, high = np.array([p.quantile([0.025, 0.25, 0.5, 0.75, 0.975]) for p in points]).T
        figure.add_box(
            y=list(tables), lowerfence=low, q1=q1, median=middle, q3=q3, upperfence=high,
            orientation="h", name=f"halves dealt {split}", marker={"color": CLASS_COLOURS[number]},
        )  # fmt: skip
    figure.add_vline(0, line=_DIAGONAL)
    figure.update_xaxes(
        title="confidence − accuracy on the half that was not fitted (points)", zeroline=False
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure = finish(figure, title, source=source, height=140 + 70 * len(tables))
    return figure.update_layout(boxmode="group", legend={"traceorder": "normal"})


def calibration_view(
    table: pd.DataFrame, confidence: ArrayLike, right: ArrayLike, *, title: str, source: str
) -> go.Figure:
    """Show one classifier's reliability, and below how often which confidence is claimed, rightly and wrongly.

    Parameters
    ----------
    table : DataFrame
        From `fireanalysis.metrics.reliability_intervals`.
    confidence : float (n,)
        0 to 1.
    right : bool (n,)

    Raises
    ------
    DataError
        If there is nothing to draw, or the table lacks a column.
    """
    sure, hits = np.asarray(confidence, float), np.asarray(right, bool)
    if not sure.size or sure.shape != hits.shape:
        what = f"{sure.size} confidences, {hits.size} times right or wrong"
        raise DataError(what, where="calibration_view", do="pass one of each a sample, one at least")
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06)
    _line(figure, [0, 100], [0, 100], "claims come true", _DIAGONAL, 1, 1)
    figure.add_trace(_dots(table, CLASS_COLOURS[0]).update(name="in bins", showlegend=True), row=1, col=1)
    edges = np.linspace(0, 1, 41)
    for name, these, colour in (("right", hits, CLASS_COLOURS[2]), ("wrong", ~hits, CLASS_COLOURS[1])):
        counts = np.histogram(sure[these], edges)[0]
        figure.add_bar(
            x=50 * (edges[1:] + edges[:-1]), y=counts, width=2.5, name=name, marker={"color": colour}, row=2, col=1
        )  # fmt: skip
    figure.update_xaxes(range=[-2, 103])
    figure.update_xaxes(title="confidence in the answer (%)", row=2)
    figure.update_yaxes(title="right answers (%)", range=[-4, 104], row=1)
    figure.update_yaxes(title="answers", row=2)
    return finish(figure, title, source=source, height=520).update_layout(barmode="stack", bargap=0)


def _dots(table: pd.DataFrame, colour: str) -> go.Scatter:
    columns = ["samples", "groups", "confidence", "accuracy", "low", "high"]
    missing = [name for name in columns if name not in table]
    if missing:
        what = f"the table has no {', '.join(missing)}"
        raise DataError(what, where="reliability", do="pass a table of metrics.reliability_intervals")
    y, low, high = (100 * table[name] for name in ("accuracy", "low", "high"))
    lonely = low.isna()
    return go.Scatter(
        x=100 * table["confidence"],
        y=y,
        mode="lines+markers",
        line={"color": colour, "width": 1},
        marker={
            "color": np.where(lonely, "white", colour),
            "line": {"color": colour, "width": 1.5},
            "size": 5 + 20 * np.sqrt(table["samples"] / table["samples"].sum()),
            "opacity": 0.85,
        },
        error_y={
            "type": "data",
            "array": (high - y).fillna(0),
            "arrayminus": (y - low).fillna(0),
            "width": 3,
            "thickness": 1.2,
        },
        text=[
            f"{n:,} answers of {g:,} groups" for n, g in zip(table["samples"], table["groups"], strict=True)
        ],
    )


def _places(count: int) -> Iterator[tuple[int, int]]:
    return ((1 + k // 2, 1 + k % 2) for k in range(count))


def _panels(panels: Mapping[str, object]) -> go.Figure:
    if not panels:
        raise DataError("there is nothing to draw", where="panels", do="pass one classifier at least")
    rows = (len(panels) + 1) // 2
    spacing = {"horizontal_spacing": 0.11, "vertical_spacing": 0.17 if rows == 2 else 0.3 / rows}
    figure = make_subplots(rows, min(2, len(panels)), subplot_titles=list(panels), **spacing)
    return figure.update_annotations(font_size=13)


def _finish(figure: go.Figure, title: str, source: str, panels: int) -> go.Figure:
    height = 100 + 270 * ((panels + 1) // 2)
    figure = finish(figure, title, source=source, height=height + 24)
    # The legend above the panels' names, not on them.
    return figure.update_layout(
        legend={"y": 1 + 24 / (height - 96)}, margin={"t": figure.layout.margin.t + 24}
    )


def _line(
    figure: go.Figure,
    x: ArrayLike,
    y: ArrayLike,
    name: str,
    line: dict,
    row: int,
    column: int,
    mode: str = "lines",
) -> None:
    figure.add_scatter(
        x=x, y=y, mode=mode, line=line, name=name, **_once(name, row, column), row=row, col=column
    )


def _once(name: str, row: int, column: int) -> dict:
    return {"legendgroup": name, "showlegend": row == column == 1}


def _axes(figure: go.Figure, x: str, y: str, panels: int, **of_y: object) -> None:
    figure.update_yaxes(title=y, col=1)
    figure.update_yaxes(**of_y)
    for row, column in list(_places(panels))[-2:]:
        figure.update_xaxes(title=x, row=row, col=column)


def _logarithmic(figure: go.Figure, axis: str, *, ticks: bool = True) -> None:
    values = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.4, 2, 3, 5, 7, 10, 20]
    told = {"tickvals": values, "ticktext": [f"{v:g}" for v in values]} if ticks else {}
    (figure.update_xaxes if axis == "xaxis" else figure.update_yaxes)(type="log", **told)
