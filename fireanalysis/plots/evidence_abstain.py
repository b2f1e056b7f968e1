"""Figures of answers that may be several classes, or none: coverage, strangers, and what a promise costs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots
from sklearn.metrics import roc_curve

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, GUIDE_COLOUR, REFERENCE_COLOUR, finish

_PROMISE = {"color": REFERENCE_COLOUR, "dash": "dash", "width": 1.5}
_DASHES = ("solid", "dash", "dot", "dashdot")
_GROUP = dict(zip(("as measured", "misses dealt at random"), CLASS_COLOURS, strict=False))


def coverage_dots(
    tables: Mapping[str, pd.DataFrame], *, coverage: float, title: str, source: str, most: int = 10
) -> go.Figure:
    """Show how often sets hold the true class, and how large they are, class by class.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Way of making sets → `fireanalysis.metrics.coverage_table`.
    coverage : float
        What was promised, as a line.
    most : int
        Beside all classes together, those that the first way covers least are shown, at most so many.

    Raises
    ------
    DataError
        If there is no table.
    """
    _something(tables, "table of coverage", where="coverage_dots")
    first = next(iter(tables.values()))
    names = [first.index[0], *first.iloc[1:]["coverage"].dropna().nsmallest(most).index]
    rows = np.arange(len(names))
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04, column_widths=[0.65, 0.35])
    for number, (way, table) in enumerate(tables.items()):
        its = table.loc[names]
        places = rows + (number - (len(tables) - 1) / 2) * 0.6 / len(tables)
        about = [f"{n} samples of {g} groups" for n, g in zip(its["samples"], its["groups"], strict=True)]
        for column, (kind, unit) in enumerate((("coverage", 100), ("classes", 1)), start=1):
            value, low, high = (unit * its[f"{kind}{end}"].to_numpy(float) for end in ("", " low", " high"))
            figure.add_scatter(
                x=value,
                y=places,
                error_x=_bars(value, low, high),
                mode="markers",
                marker={"color": CLASS_COLOURS[number], "size": 8},
                text=about,
                name=way,
                legendgroup=way,
                showlegend=column == 1,
                row=1,
                col=column,
            )
    figure.add_vline(100 * coverage, line=_PROMISE, row=1, col=1)
    labels = [str(name) if len(str(name)) < 28 else f"{str(name)[:26]}…" for name in names]
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], tickvals=rows, zeroline=False, automargin=True)
    figure.update_yaxes(ticktext=labels, tickfont={"size": 11}, col=1)
    figure.update_xaxes(title="sets that hold the true class (%)", range=[-3, 103], row=1, col=1)
    figure.update_xaxes(title="classes in a set (mean)", rangemode="tozero", row=1, col=2)
    return finish(figure, title, source=source, height=130 + len(names) * max(26, 14 * len(tables)))


def coverage_spread(
    panels: Mapping[str, Mapping[str, ArrayLike]], *, coverage: float, title: str, source: str
) -> go.Figure:
    """Show how coverage is spread over many ways of dealing the same samples to calibration and test.

    Parameters
    ----------
    panels : mapping of str to mapping of str to float array
        Classifier → way → coverage in each deal, 0 to 1.
    coverage : float
        What was promised, as a line.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    _something(panels, "coverage", where="coverage_spread")
    figure = go.Figure()
    for number, way in enumerate(dict.fromkeys(way for one in panels.values() for way in one)):
        values = {name: 100 * np.asarray(one[way], float) for name, one in panels.items() if way in one}
        figure.add_box(
            x=np.concatenate(list(values.values())),
            y=np.repeat(
                [name.replace(" ", "<br>", 1) for name in values], [len(of) for of in values.values()]
            ),
            orientation="h",
            name=way,
            marker={"color": CLASS_COLOURS[number], "size": 3},
            line={"width": 1.5},
        )
    figure.add_vline(100 * coverage, line=_PROMISE)
    figure.update_layout(boxmode="group")
    figure.update_xaxes(title="coverage of the half that was not calibrated on (%), one value a deal")
    figure.update_yaxes(automargin=True, autorange="reversed")
    ways = len({way for one in panels.values() for way in one})
    return finish(figure, title, source=source, height=120 + len(panels) * (26 * ways + 14))


def group_coverage(
    panels: Mapping[str, tuple[ArrayLike, ArrayLike]], *, coverage: float, title: str, source: str
) -> go.Figure:
    """Show coverage group by group, the worst first, beside groups whose misses were dealt at random.

    Parameters
    ----------
    panels : mapping of str to (float array, float array)
        Classifier and its groups → share of each group's samples whose set holds the true class, 0 to 1, as measured;
        and with the misses dealt at random.
    coverage : float
        What was promised, as a line.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    _something(panels, "group", where="group_coverage")
    columns = min(2, len(panels))
    figure = make_subplots(
        -(-len(panels) // columns),
        columns,
        subplot_titles=list(panels),
        shared_yaxes=True,
        shared_xaxes=True,
        vertical_spacing=0.13,
        horizontal_spacing=0.06,
    )
    for number, kinds in enumerate(panels.values()):
        row, col = number // columns + 1, number % columns + 1
        for (name, colour), shares in zip(_GROUP.items(), kinds, strict=True):
            worst_first = 100 * np.sort(np.asarray(shares, float))
            part = 100 * np.arange(len(worst_first) + 1) / len(worst_first)
            figure.add_scatter(
                x=part,
                y=np.r_[worst_first, worst_first[-1]],
                mode="lines",
                line={"shape": "hv", "color": colour, "width": 2},
                name=name,
                legendgroup=name,
                showlegend=number == 0,
                row=row,
                col=col,
            )
        figure.add_hline(100 * coverage, line=_PROMISE, row=row, col=col)
    figure.update_yaxes(range=[-4, 104])
    figure.update_yaxes(title="covered samples (%)", col=1)
    figure.update_xaxes(range=[0, 100])
    last = -(-len(panels) // columns)
    figure.update_xaxes(title="groups, the worst first (%)", row=last)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=110 + 190 * last)
    return figure.update_layout(
        legend={"y": -0.26 if last == 1 else -0.16, "yanchor": "top"}, margin={"b": 90}
    )


def known_curves(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    known: Mapping[str, ArrayLike],
    *,
    title: str,
    source: str,
    kept: float = 0.95,
) -> go.Figure:
    """Show how many samples of unknown classes pass with the known ones, for every threshold of several scores.

    Parameters
    ----------
    panels : mapping of str to mapping of str to float (n,)
        Classifier → score → its values; known samples should have the higher ones.
    known : mapping of str to bool (n,)
        Classifier → whether a sample is of a class it knows.
    kept : float
        Share of known samples to be kept, as a line.

    Raises
    ------
    DataError
        If there is nothing to draw, or a classifier has samples of one kind only.
    """
    _something(panels, "score", where="known_curves")
    figure = make_subplots(1, len(panels), subplot_titles=list(panels), shared_yaxes=True)
    kinds = list(dict.fromkeys(kind for one in panels.values() for kind in one))
    shown: set[str] = set()
    for column, (name, scores) in enumerate(panels.items(), start=1):
        met = np.asarray(known[name], bool)
        if met.all() or not met.any():
            what = f"{met.sum()} of {met.size} samples are of known classes"
            raise DataError(
                what, where=f"known_curves, {name}", do="pass samples of known classes and of others"
            )
        for kind, values in scores.items():
            strangers, kept_of_known, _ = roc_curve(met, np.asarray(values, float), drop_intermediate=False)
            number = kinds.index(kind)
            figure.add_scatter(
                x=100 * strangers,
                y=100 * kept_of_known,
                mode="lines",
                line={"color": CLASS_COLOURS[number], "dash": _DASHES[number % 4], "width": 2},
                name=kind,
                legendgroup=kind,
                showlegend=kind not in shown,
                row=1,
                col=column,
            )
            shown.add(kind)
        guess = {"mode": "lines", "line": {"color": GUIDE_COLOUR, "width": 1}, "showlegend": False}
        figure.add_scatter(x=[0, 100], y=[0, 100], hoverinfo="skip", **guess, row=1, col=column)
        figure.add_hline(100 * kept, line=_PROMISE, row=1, col=column)
    figure.update_xaxes(title="strangers that pass (%)", range=[0, 100])
    figure.update_yaxes(title="known samples that pass (%)", range=[0, 102], col=1)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=330)
    return figure.update_layout(legend={"y": -0.24, "yanchor": "top"}, margin={"b": 85})


def budget_curves(tables: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show what became of promised error rates on other samples, and what they cost in answers.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Classifier → `fireanalysis.metrics.answer_table`, indexed by the promised error rate.

    Raises
    ------
    DataError
        If there is no table.
    """
    _something(tables, "table of answers", where="budget_curves")
    figure = make_subplots(1, 2, horizontal_spacing=0.12)
    for number, (name, table) in enumerate(tables.items()):
        promised = 100 * (table.index.to_numpy(float) * 1.03**number)  # side by side, on a logarithmic axis
        line = {"color": CLASS_COLOURS[number], "dash": _DASHES[number % 4], "width": 1.5}
        for column, what in enumerate(("wrong", "answered"), start=1):
            value, low, high = (100 * table[f"{what}{end}"].to_numpy(float) for end in ("", " low", " high"))
            figure.add_scatter(
                x=promised,
                y=value,
                error_y=_bars(value, low, high),
                mode="lines+markers",
                line=line,
                marker={"size": 7},
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                row=1,
                col=column,
            )
    ticks = 100 * next(iter(tables.values())).index.to_numpy(float)
    ends = [ticks.min() / 1.3, ticks.max() * 1.4]
    kept = {"mode": "lines", "line": _PROMISE, "name": "as promised"}
    smooth = np.geomspace(ends[0], ends[1], 30)
    figure.add_scatter(x=smooth, y=smooth, **kept, row=1, col=1)
    axis = {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    figure.update_xaxes(title="promised: wrong answers (%)", range=np.log10(ends).tolist(), **axis)
    figure.update_yaxes(title="measured: wrong answers (%)", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title="samples that are answered (%)", range=[-4, 104], row=1, col=2)
    figure = finish(figure, title, source=source, height=380)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 90})


def _bars(value: NDArray, low: NDArray, high: NDArray) -> dict[str, Any]:
    """Error bars; None where there is no interval: widgets cannot send NaN."""
    ends = [[None if np.isnan(e) else e for e in end] for end in (high - value, value - low)]
    look = {"type": "data", "symmetric": False, "thickness": 1.2, "width": 0}
    return look | {"array": ends[0], "arrayminus": ends[1]}


def _something(given: Mapping, what: str, *, where: str) -> None:
    if not given:
        raise DataError(f"there is no {what} to draw", where=where, do="pass at least one")
