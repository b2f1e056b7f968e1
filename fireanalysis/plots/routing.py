"""Figures of recognition in two stages: how sub-models learn, where clips go wrong, what the ways to answer cost."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .gunshot import CATEGORY_COLOURS, OTHER_CATEGORY
from .style import CLASS_COLOURS, MISSING_COLOUR, finish

TICKS = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]  # of a logarithmic axis
BUDGET_COLOURS = {"right": MISSING_COLOUR, "routing": CLASS_COLOURS[1], "recognition": CLASS_COLOURS[0]}


def learning_panels(
    histories: Mapping[str, pd.DataFrame],
    *,
    chosen: Mapping[str, int],
    title: str,
    source: str,
    columns: int = 3,
) -> go.Figure:
    """Show how several networks learned, one small panel each: accuracy by epoch (paper: Fig 5).

    Parameters
    ----------
    histories : mapping of str to DataFrame
        One row an epoch: "epoch" from 1, "training accuracy", "validation accuracy" (0 to 1).
    chosen : mapping of str to int
        The epoch of each whose weights were kept.

    Raises
    ------
    DataError
        If there is no history, one lacks a column, or a network has no chosen epoch.
    """
    parts = {"training": CLASS_COLOURS[0], "validation": CLASS_COLOURS[1]}
    needed = {"epoch", *(f"{part} accuracy" for part in parts)}
    wrong = [name for name, table in histories.items() if not needed <= set(table) or name not in chosen]
    if not histories or wrong:
        what = f"no {', '.join(sorted(needed))} or chosen epoch: {', '.join(wrong) or 'there is no history'}"
        raise DataError(what, where="learning_panels", do="pass the histories and chosen epochs of Fits")
    rows = -(-len(histories) // columns)
    titles = [f"{name}: epoch {chosen[name]}" for name in histories]
    figure = make_subplots(
        rows, columns, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.04, vertical_spacing=0.2
    )
    for k, (name, history) in enumerate(histories.items()):
        at = {"row": k // columns + 1, "col": k % columns + 1}
        for part, colour in parts.items():
            figure.add_scatter(
                x=history["epoch"],
                y=100 * history[f"{part} accuracy"],
                name=part,
                legendgroup=part,
                showlegend=k == 0,
                mode="lines",
                line={"color": colour},
                **at,
            )
        figure.add_vline(x=chosen[name], line={"color": CLASS_COLOURS[6], "dash": "dash", "width": 1.5}, **at)
        figure.update_xaxes(title="epoch", **at)
    figure.update_yaxes(range=[0, 103])
    figure.update_yaxes(title="accuracy (%)", col=1)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=70 + 210 * rows)
    return figure.update_layout(legend={"y": -0.16, "yanchor": "top"}, margin={"b": 80})


def scores_by_supply(
    table: pd.DataFrame,
    supply: Mapping[str, str],
    *,
    score: str,
    title: str,
    axis: str,
    source: str,
    level: float | None = None,
    level_name: str = "",
) -> go.Figure:
    """Show a score of each model against how much there was to learn from, one panel a kind of supply.

    Parameters
    ----------
    table : DataFrame
        One row a model, by name: "category", the score, and the counts; rows without a score are left out. Columns
        "low" and "high", if there are any, are the ends of the score's interval.
    supply : mapping of str to str
        Column of counts (above 0) → title of its axis.
    score : str
        Column of the score.
    axis : str
        What the score is, with its unit.
    level : float, optional
        A dashed line at this score.
    level_name : str
        What it stands for.

    Raises
    ------
    DataError
        If a column is missing, or no row has a score.
    """
    missing = [name for name in ("category", score, *supply) if name not in table]
    rows = table if missing else table[table[score].notna()]
    if missing or rows.empty:
        what = f"the table has no {', '.join(missing)}" if missing else f"no row has a {score}"
        raise DataError(what, where="scores_by_supply", do="pass one row a model")
    figure = make_subplots(1, len(supply), shared_yaxes=True, horizontal_spacing=0.05)
    for column, (name, label) in enumerate(supply.items(), start=1):
        for category, of_it in rows.groupby(rows["category"].astype(str), sort=False):
            bars = None
            if {"low", "high"} <= set(of_it):
                up, down = of_it["high"] - of_it[score], of_it[score] - of_it["low"]
                bars = {"type": "data", "array": up, "arrayminus": down, "thickness": 0.8, "width": 0}
            figure.add_scatter(
                x=of_it[name],
                y=of_it[score],
                error_y=bars,
                text=[str(model) for model in of_it.index],
                name=category,
                legendgroup=category,
                showlegend=column == 1,
                mode="markers",
                marker={
                    "size": 9,
                    "opacity": 0.8,
                    "color": CATEGORY_COLOURS.get(str(category), OTHER_CATEGORY),
                },
                row=1,
                col=column,
            )
        figure.update_xaxes(title=label, type="log", tickvals=TICKS, row=1, col=column)
    if level is not None:
        line = {"color": CLASS_COLOURS[6], "dash": "dash", "width": 1.5}
        figure.add_hline(y=level, line=line)
        figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name=level_name)
    figure.update_yaxes(title=axis, row=1, col=1)
    figure = finish(figure, title, source=source, height=430)
    return figure.update_layout(legend={"y": -0.22, "yanchor": "top"}, margin={"b": 110})


def confusion_by_category(
    matrix: NDArray, models: Sequence[str], categories: Sequence[str], *, title: str, source: str
) -> go.Figure:
    """Show a confusion matrix of many models as colours, each category's block framed (paper: end to end).

    Inside a frame the category is right; colour off the diagonal there is an error of recognition, colour outside
    all frames one of routing.

    Parameters
    ----------
    matrix : int (models, models)
        Counts; rows are the truth.
    models, categories : sequence of str
        Name and category of each model; models of one category side by side.

    Raises
    ------
    DataError
        If the matrix does not have a row and a column for each model, or there is not one category a model.
    """
    counts, names = np.asarray(matrix), [str(name) for name in models]
    if counts.shape != (len(names), len(names)) or len(categories) != len(names):
        what = f"the matrix has shape {counts.shape} for {len(names)} models of {len(categories)} categories"
        raise DataError(what, where="confusion_by_category", do="pass a row, a name and a category a model")
    rows = counts.sum(axis=1, keepdims=True)
    percent = 100 * np.divide(counts, rows, out=np.full(counts.shape, np.nan), where=rows > 0)
    bar = {"title": {"text": "% of row", "side": "right"}, "thickness": 12}
    heat = {"colorscale": "Blues", "zmin": 0, "zmax": 100, "colorbar": bar, "xgap": 1, "ygap": 1}
    # None and not NaN, which widgets cannot send.
    shares = [[None if np.isnan(share) else float(share) for share in row] for row in percent]
    figure = go.Figure(go.Heatmap(z=shares, x=names, y=names, hoverongaps=False, **heat))
    starts = [0, *(np.flatnonzero(np.array(categories[1:]) != np.array(categories[:-1])) + 1), len(names)]
    for start, end in pairwise(starts):
        colour = CATEGORY_COLOURS.get(categories[start], OTHER_CATEGORY)
        line = {"color": colour, "width": 2.5}
        ends = {"x0": start - 0.5, "x1": end - 0.5, "y0": start - 0.5, "y1": end - 0.5}
        figure.add_shape(type="rect", line=line, **ends)
        figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name=str(categories[start]))
    small: dict[str, Any] = {"type": "category", "tickfont": {"size": 9}, "dtick": 1, "showgrid": False}
    figure.update_xaxes(title="answered model", tickangle=-90, range=[-0.5, len(names) - 0.5], **small)
    figure.update_yaxes(title="recorded model", range=[len(names) - 0.5, -0.5], **small)
    return finish(figure, title, source=source, height=max(400, 190 + 16 * len(names)))


def error_budget(budgets: pd.DataFrame, *, title: str, source: str | None) -> go.Figure:
    """Show how many of a hundred clips are answered rightly, misrouted, or not recognised, one bar a row.

    Parameters
    ----------
    budgets : DataFrame
        One row a bar, by name, the first on top: "right", "routing", "recognition", shares from 0 to 1.

    Raises
    ------
    DataError
        If a column is missing, or the shares of a row do not add up to 1.
    """
    missing = [name for name in BUDGET_COLOURS if name not in budgets]
    if missing or not np.allclose(budgets[list(BUDGET_COLOURS)].sum(axis=1), 1):
        what = f"no {', '.join(missing)}" if missing else "shares do not add up to 1"
        raise DataError(
            what, where="error_budget", do="pass right, routing and recognition of metrics.error_budget"
        )
    names = [str(name) for name in budgets.index]
    meaning = {
        "right": "right model",
        "routing": "wrong category (stage 1)",
        "recognition": "right category, wrong model (stage 2)",
    }
    figure = go.Figure()
    for column, colour in BUDGET_COLOURS.items():
        percent = 100 * budgets[column].to_numpy(float)
        figure.add_bar(
            x=percent,
            y=names,
            orientation="h",
            name=meaning[column],
            marker_color=colour,
            text=[f"{p:.1f}" if p >= 4 else "" for p in percent],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
        )
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    figure.update_xaxes(title="clips (%)", range=[0, 100])
    figure = finish(figure, title, source=source, height=120 + 34 * len(names))
    return figure.update_layout(barmode="stack", legend={"traceorder": "normal"})


def cost_bars(table: pd.DataFrame, *, title: str, source: str | None = None) -> go.Figure:
    """Show what several ways to answer cost, one panel a kind of cost, each with an axis of its own.

    Parameters
    ----------
    table : DataFrame
        One row a way, by name, the first on top; one column a kind of cost, named with its unit. At most four
        columns are readable side by side. A missing number leaves a gap.

    Raises
    ------
    DataError
        If the table is empty, or holds a number below 0.
    """
    numbers = table.to_numpy(float)
    if not numbers.size or (numbers < 0).any():
        what = "the table is empty" if not numbers.size else f"a cost is {np.nanmin(numbers):g}, below 0"
        raise DataError(what, where="cost_bars", do="pass one row a way to answer")
    heads = [str(name).replace(" (", "<br>(") for name in table]
    figure = make_subplots(
        1, table.shape[1], shared_yaxes=True, subplot_titles=heads, horizontal_spacing=0.03
    )
    for column, values in enumerate(numbers.T, start=1):
        figure.add_bar(
            x=values,
            y=[str(name) for name in table.index],
            orientation="h",
            marker_color=CLASS_COLOURS[0],
            text=_written(values),
            textposition="outside",
            cliponaxis=False,
            row=1,
            col=column,
        )
        # Room for the number behind the longest bar.
        figure.update_xaxes(
            range=[0, 1.5 * (np.nanmax(values) or 1)], showticklabels=False, showgrid=False, row=1, col=column
        )
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    figure.update_annotations(font_size=11)
    figure = finish(figure, title, source=source, legend=False, height=110 + 34 * len(table))
    return figure.update_layout(margin={"t": figure.layout.margin.t + 18, "b": 20})


def _written(values: ArrayLike) -> list[str]:
    """Write numbers with three digits."""
    return ["" if np.isnan(v) else f"{v:,.0f}" if v >= 100 else f"{v:.3g}" for v in np.asarray(values)]
