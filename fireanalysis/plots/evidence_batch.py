"""Figures of shortcuts: what is told against what shuffling tells, two batches side by side, and false alarms."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fireanalysis.errors import DataError
from fireanalysis.metrics import ShortcutTest

from .style import CLASS_COLOURS, MARK_COLOUR, MISSING_COLOUR, REFERENCE_COLOUR, finish

_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x")


def shortcut_tests(
    tests: Mapping[str, ShortcutTest], *, title: str, axis: str, source: str | None
) -> go.Figure:
    """Show how well each thing is told, over the grey bar of what shuffling tells.

    Parameters
    ----------
    tests : mapping of str to ShortcutTest
        One a row, the first on top.
    axis : str
        What the score is, with its unit.
    source : {"simulated", "real"}, optional
        None where the rows' names say it.

    Raises
    ------
    DataError
        If there is no test.
    """
    if not tests:
        raise DataError("there is no test", where="shortcut_tests", do="pass at least one")
    rows = np.arange(len(tests))
    low, high = np.array([np.quantile(test.null, [0.025, 0.975]) for test in tests.values()]).T
    gap = np.full(len(tests), None)
    figure = go.Figure()
    figure.add_scatter(
        x=np.stack([low, high, gap], 1).ravel(),
        y=np.stack([rows, rows, gap], 1).ravel(),
        mode="lines",
        line={"color": MISSING_COLOUR, "width": 14},
        name="shuffled: 95 % of the shuffles",
    )
    chance = [test.chance for test in tests.values()]
    tick = {"symbol": "line-ns", "size": 13, "line": {"color": MARK_COLOUR, "width": 2}}
    figure.add_scatter(x=chance, y=rows, mode="markers", marker=tick, name="their mean")
    for number, (name, shown) in enumerate((("told (p ≤ 0.05)", True), ("not shown to be told", False))):
        chosen = {
            row: test for row, test in zip(rows, tests.values(), strict=True) if (test.p <= 0.05) == shown
        }
        scores = [test.score for test in chosen.values()]
        figure.add_scatter(
            x=[one.value for one in scores],
            y=list(chosen),
            error_x={
                "array": [one.high - one.value for one in scores],
                "arrayminus": [one.value - one.low for one in scores],
            },
            mode="markers",
            marker={"color": CLASS_COLOURS[1 - number], "size": 9},
            name=name,
        )
    names = [f"{name.replace(', ', '<br>', 1)}<br>p = {test.p:.3f}" for name, test in tests.items()]
    figure.update_yaxes(
        range=[len(tests) - 0.4, -0.6], tickvals=rows, ticktext=names, automargin=True, zeroline=False
    )
    figure.update_yaxes(tickfont={"size": 11})
    figure.update_xaxes(title=axis)
    return finish(figure, title, source=source, height=120 + 52 * len(tests))


def batch_scatter(
    table: pd.DataFrame, *, axes: Mapping[str, str], title: str, source: str, columns: Sequence[str]
) -> go.Figure:
    """Show samples by two of their features, coloured by batch, one symbol after the other for its groups.

    Parameters
    ----------
    table : DataFrame
        Columns ``batch``, ``group`` and the features.
    axes : mapping of str to str
        Feature → what the axis says, with its unit.
    columns : (str, str)
        Features across and up.
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If a column is missing.
    """
    missing = [name for name in ("batch", "group", *columns) if name not in table]
    if missing or len(columns) != 2:
        what = f"no column {', '.join(missing)}" if missing else f"{len(columns)} features"
        raise DataError(
            what, where="batch_scatter", do="pass two features of the table, with batch and group"
        )
    across, up = columns
    figure = go.Figure()
    for number, (name, part) in enumerate(table.groupby("batch", sort=False)):
        codes = pd.factorize(part["group"])[0]
        figure.add_scatter(
            x=part[across],
            y=part[up],
            mode="markers",
            marker={
                "color": CLASS_COLOURS[number % len(CLASS_COLOURS)],
                "symbol": [_SYMBOLS[code % len(_SYMBOLS)] for code in codes],
                "size": 8,
                "opacity": 0.8,
            },
            text=part["group"].astype(str),
            name=str(name),
        )
    figure.update_xaxes(title=axes.get(across, across))
    figure.update_yaxes(title=axes.get(up, up))
    return finish(figure, title, source=source)


def false_alarm_curves(
    tables: Mapping[str, pd.DataFrame], *, title: str, source: str | None, level: float = 0.05
) -> go.Figure:
    """Show which share of batches that mean nothing gets a p-value of at most so much: at most the diagonal if sound.

    Parameters
    ----------
    tables : mapping of str to DataFrame (sets rows)
        Data → what was shuffled → p-values (`fireanalysis.metrics.false_alarms`).
    level : float
        Of an alarm, as a dotted line.

    Raises
    ------
    DataError
        If there are no p-values.
    """
    if not tables or any(table.empty for table in tables.values()):
        raise DataError("there are no p-values", where="false_alarm_curves", do="pass at least one a kind")
    figure = go.Figure()
    diagonal = {"color": REFERENCE_COLOUR, "dash": "dash", "width": 1.5}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=diagonal, name="as promised")
    kinds = list(dict.fromkeys(str(kind) for table in tables.values() for kind in table))
    for number, (data, table) in enumerate(tables.items()):
        for kind, values in table.items():
            p = np.sort(np.asarray(values, float))
            line = {
                "color": CLASS_COLOURS[kinds.index(str(kind))],
                "dash": ("solid", "dot")[number % 2],
                "shape": "hv",
            }
            share = np.arange(len(p) + 1) / len(p)
            figure.add_scatter(
                x=np.r_[0, p], y=share, mode="lines", line=line, name=f"{data}, {kind} shuffled"
            )
    figure.add_vline(level, line={"color": MARK_COLOUR, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title="p-value of at most", range=[0, 1])
    figure.update_yaxes(title="share of batches that mean nothing", tickformat=".0%", range=[0, 1.02])
    figure = finish(figure, title, source=source)
    return figure.update_layout(legend={"orientation": "v", "x": 0.99, "xanchor": "right", "y": 0.02})
