"""Figures of comparisons and case searches: scores of pairs, cells, damage, candidate lists, re-ranking."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from fireanalysis.transforms import CellComparison

from .raster import MEANINGS, add_colour_bar, add_map, robust_limits
from .style import CLASS_COLOURS, GUIDE_COLOUR, REFERENCE_COLOUR, finish

SAME, OTHER = CLASS_COLOURS[0], CLASS_COLOURS[1]
_DASHES = ("solid", "dash", "dot", "dashdot")


def pair_scores(
    sets: Mapping[str, tuple[ArrayLike, ArrayLike]], *, title: str, axis: str, source: str | None
) -> go.Figure:
    """Show how scores of pairs of one firearm and of two are spread, a row a set.

    Parameters
    ----------
    sets : mapping of str to (scores, same)
        Scores of pairs, and whether both are of one firearm.
    axis : str
        What a score is.
    """
    figure = make_subplots(
        len(sets), 1, shared_xaxes=True, subplot_titles=list(sets), vertical_spacing=0.22 / len(sets)
    )
    pooled = np.concatenate([np.asarray(scores, float) for scores, _ in sets.values()])
    whole = bool(np.all(pooled == np.round(pooled)))
    step = max(1.0, np.ptp(pooled) // 40) if whole else max(np.ptp(pooled), 1e-6) / 40
    bins = {"start": float(pooled.min()) - step / 2, "end": float(pooled.max()) + step, "size": step}
    for row, (scores, same) in enumerate(sets.values(), start=1):
        values, known = np.asarray(scores, float), np.asarray(same, bool)
        for part, name, colour in ((~known, "two firearms", OTHER), (known, "one firearm", SAME)):
            label = f"pairs of {name}"
            look = {"marker_color": colour, "opacity": 0.65, "legendgroup": label, "showlegend": row == 1}
            figure.add_histogram(
                x=values[part], xbins=bins, histnorm="probability", name=label, row=row, col=1, **look
            )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title=axis, row=len(sets), col=1)
    figure.update_yaxes(title="share of pairs", rangemode="tozero")
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=190 + 170 * len(sets))
    return figure.update_layout(legend={"y": -0.1 - 0.12 / len(sets), "yanchor": "top"}, margin={"b": 90})


def cells_on_map(
    heights_um: NDArray,
    cells: CellComparison,
    *,
    pixel_size_um: float,
    title: str,
    source: str,
) -> go.Figure:
    """Show a surface with the grid of its cells: which are congruent, which were found elsewhere.

    Parameters
    ----------
    heights_um : float (rows, columns)
        As it was cut into cells.
    cells : CellComparison
        What became of them; those without a score take no part.
    """
    figure = make_subplots(1, 1)
    limits = robust_limits([heights_um])
    add_map(figure, heights_um, colours="Greys_r", limits=limits, pixel_size_um=pixel_size_um)
    step = cells.side * pixel_size_um / 1000
    top, left = (place * pixel_size_um / 1000 for place in cells.corner)
    for kind, colour, name in ((True, SAME, "congruent"), (False, OTHER, "found elsewhere or too unlike")):
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"color": colour, "symbol": "square-open", "size": 13, "line": {"width": 3}},
            name=name,
        )
        for row, column in np.argwhere(np.isfinite(cells.score) & (cells.congruent == kind)):
            x, y = left + column * step, top + row * step
            inset = 0.06 * step
            ends = {"x0": x + inset, "x1": x + step - inset, "y0": y + inset, "y1": y + step - inset}
            figure.add_shape(type="rect", line={"color": colour, "width": 3}, **ends)
            label = f"{cells.score[row, column]:.2f}"
            font = {"size": 11, "color": "white"}
            figure.add_annotation(
                x=x + step / 2,
                y=y + step / 2,
                text=label,
                showarrow=False,
                font=font,
                bgcolor="rgba(0,0,0,0.45)",
            )
    add_colour_bar(figure, colours="Greys_r", limits=limits, title=MEANINGS["height"][2])
    wide, high = (n * pixel_size_um / 1000 + 0.1 for n in heights_um.shape[::-1])
    figure.update_xaxes(title="mm", range=[-0.1, wide])
    figure.update_yaxes(title="mm", range=[high, -0.1])
    return finish(figure, title, source=source, height=560)


def damage_curves(
    table: pd.DataFrame,
    *,
    by: Mapping[str, str],
    lines: Sequence[str],
    value: str = "value",
    title: str,
    axis: str,
    source: str | None,
    chance: float | None = None,
) -> go.Figure:
    """Show how a rate falls with each kind of damage, one subplot a kind.

    Parameters
    ----------
    table : DataFrame
        One row a point: ``line`` (which line), ``kind`` (which subplot), ``x``, the value, and if known ``low`` and
        ``high``, the ends of its interval.
    by : mapping of str to str
        Kind → what its axis says.
    lines : sequence of str
        Lines in the order of their colours.
    value : str
        Column of the rate.
    axis : str
        What the rate is.
    chance : float, optional
        A thin line at what guessing gives.
    """
    figure = make_subplots(1, len(by), shared_yaxes=True, subplot_titles=list(by), horizontal_spacing=0.06)
    for column, (kind, label) in enumerate(by.items(), start=1):
        for number, name in enumerate(lines):
            points = table[(table["kind"] == kind) & (table["line"] == name)].sort_values("x")
            bars = None
            if "low" in table:
                above, below = points["high"] - points[value], points[value] - points["low"]
                bars = {"type": "data", "array": above, "arrayminus": below, "thickness": 1.2, "width": 3}
            figure.add_scatter(
                x=points["x"],
                y=points[value],
                error_y=bars,
                mode="lines+markers",
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                line={"color": CLASS_COLOURS[number // 2], "dash": _DASHES[number % 2]},
                row=1,
                col=column,
            )
        if chance is not None:
            figure.add_hline(chance, line={"color": REFERENCE_COLOUR, "width": 1}, row=1, col=column)
        figure.update_xaxes(title=label, row=1, col=column)
    figure.update_yaxes(title=axis, col=1)
    figure.update_yaxes(range=[0, 1.05])
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=420)
    return figure.update_layout(legend={"y": -0.22, "yanchor": "top"}, margin={"b": 120})


def match_curves(
    curves: Mapping[str, ArrayLike], *, mark: int, title: str, source: str, paper: str | None = None
) -> go.Figure:
    """Show cumulative match characteristics: the share of queries found among the first 1, 2, ... candidates.

    Parameters
    ----------
    curves : mapping of str to float (ranks,)
        As `cumulative_match_characteristic` gives them.
    mark : int
        Length of list to mark by a line.
    paper : str, optional
        What to write at that line.
    """
    figure = go.Figure()
    for number, (name, shares) in enumerate(curves.items()):
        values = np.asarray(shares, float)
        ranks = np.unique(np.geomspace(1, len(values), 200).astype(int))
        figure.add_scatter(
            x=ranks,
            y=values[ranks - 1],
            name=name,
            mode="lines",
            line={"color": CLASS_COLOURS[number], "dash": _DASHES[number % len(_DASHES)]},
        )
    figure.add_vline(mark, line={"color": REFERENCE_COLOUR, "width": 1, "dash": "dot"})
    if paper:  # an annotation's place on a logarithmic axis is a logarithm, a line's is not
        note = {"yref": "paper", "y": 0.02, "showarrow": False, "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(x=np.log10(mark), text=paper, **note)
    most = max(len(np.asarray(shares)) for shares in curves.values())
    figure.update_xaxes(
        type="log", title="length of the candidate list (log scale)", range=[0, np.log10(most)]
    )
    figure.update_yaxes(title="queries with the true firearm in it", tickformat=".0%", rangemode="tozero")
    return finish(figure, title, source=source)


def gain_by_baseline(
    table: pd.DataFrame, *, paper: float, title: str, source: str, names: Mapping[str, str] | None = None
) -> go.Figure:
    """Show what re-ranking gains against how well the search does without it.

    Parameters
    ----------
    table : DataFrame
        One row a simulated database: ``line``, ``baseline`` and ``gain`` (shares of queries), ``low`` and ``high``
        (the gain's interval).
    paper : float
        The paper's gain, in points, drawn as a line.
    names : mapping of str to str, optional
        What the legend says for each line.
    """
    figure = go.Figure()
    for number, (line, points) in enumerate(table.groupby("line", sort=False)):
        points = points.sort_values("baseline")
        ends = {"array": 100 * (points["high"] - points["gain"])}
        ends["arrayminus"] = 100 * (points["gain"] - points["low"])
        figure.add_scatter(
            x=points["baseline"],
            y=100 * points["gain"],
            error_y={"type": "data", "thickness": 1, "width": 3, **ends},
            mode="lines+markers",
            name=(names or {}).get(str(line), str(line)),
            line={"color": CLASS_COLOURS[number], "dash": _DASHES[number % len(_DASHES)]},
        )
    dashes = {"color": REFERENCE_COLOUR, "width": 1, "dash": "dot"}
    figure.add_hline(
        paper, line=dashes, annotation_text="the paper's, if points", annotation_position="top left"
    )
    figure.update_xaxes(title="top-100 without re-ranking", tickformat=".0%")
    figure.update_yaxes(title="gain (points)", zeroline=True, zerolinecolor=GUIDE_COLOUR)
    return finish(figure, title, source=source)


def growth(table: pd.DataFrame, *, columns: Mapping[str, str], title: str, source: str) -> go.Figure:
    """Show what a search costs as the database grows, on logarithmic axes, one subplot a cost.

    Parameters
    ----------
    table : DataFrame
        ``cases`` and the costs.
    columns : mapping of str to str
        Column of `table` → what its axis says, with the unit.
    """
    figure = make_subplots(1, len(columns), horizontal_spacing=0.16)
    for number, (column, label) in enumerate(columns.items(), start=1):
        figure.add_scatter(
            x=table["cases"],
            y=table[column],
            mode="lines+markers",
            line={"color": CLASS_COLOURS[number - 1]},
            row=1,
            col=number,
        )
        figure.update_yaxes(type="log", title=label, exponentformat="power", row=1, col=number)
    figure.update_xaxes(type="log", title="cases in the database", exponentformat="power", dtick=1)
    return finish(figure, title, source=source, legend=False, height=340)


def by_confidence(table: pd.DataFrame, *, title: str, source: str) -> go.Figure:
    """Show what re-ranking does to queries by what the classifier said: top-100 before and after.

    Parameters
    ----------
    table : DataFrame
        One row a group of queries: ``group``, ``queries`` (how many), ``before`` and ``after`` (shares found), with
        the ends of their intervals, as `fireanalysis.metrics.SearchOutcome.groups` gives them.
    """
    figure = go.Figure()
    labels = [
        f"{name}<br>{count} queries" for name, count in zip(table["group"], table["queries"], strict=True)
    ]
    for column, name, colour in (
        ("before", "without", CLASS_COLOURS[5]),
        ("after", "with", CLASS_COLOURS[0]),
    ):
        texts = ["" if np.isnan(value) else f"{value:.0%}" for value in table[column]]
        look = {"marker_color": colour, "text": texts, "error_y": _bars(table, column)}
        figure.add_bar(x=labels, y=table[column], name=f"{name} re-ranking", **look)
    figure.update_traces(textposition="inside", insidetextanchor="start", cliponaxis=False)
    figure.update_xaxes(title="what the classifier said of the query's brand")
    figure.update_yaxes(title="queries found in the top 100", tickformat=".0%", range=[0, 1.1])
    return finish(figure, title, source=source)


def by_threshold(table: pd.DataFrame, *, chosen: float, title: str, source: str) -> go.Figure:
    """Show what follows from the confidence that a promotion asks for.

    Parameters
    ----------
    table : DataFrame
        ``above`` (threshold), ``promoted`` and ``wrong`` (shares of queries), ``gain`` (of the top-100 share), with
        the ends of their intervals, as `fireanalysis.metrics.SearchOutcome.thresholds` gives them.
    chosen : float
        Threshold to mark.
    """
    figure = make_subplots(1, 2, horizontal_spacing=0.14)
    odds = -np.log10(1 - table["above"])
    for name, column, colour, place in (
        ("gain in the top 100", "gain", CLASS_COLOURS[0], 1),
        ("queries promoted", "promoted", CLASS_COLOURS[2], 2),
        ("promoted to a wrong brand", "wrong", CLASS_COLOURS[1], 2),
    ):
        figure.add_scatter(
            x=odds,
            y=100 * table[column],
            error_y=_bars(table, column, times=100),
            name=name,
            mode="lines+markers",
            line={"color": colour},
            row=1,
            col=place,
        )
    figure.add_vline(-np.log10(1 - chosen), line={"color": REFERENCE_COLOUR, "width": 1, "dash": "dot"})
    ticks = {"tickvals": odds, "ticktext": [f"{value:g}" for value in table["above"]], "tickangle": -60}
    figure.update_xaxes(title="confidence above", **ticks)
    figure.update_yaxes(title="points", rangemode="tozero", col=1)
    figure.update_yaxes(title="% of queries", rangemode="tozero", col=2)
    return finish(figure, title, source=source, height=380)


def _bars(table: pd.DataFrame, column: str, *, times: float = 1) -> dict:
    """Error bars from the columns with the ends of intervals; none where an end is missing."""
    up, down = table[f"{column} high"] - table[column], table[column] - table[f"{column} low"]
    bars = {"type": "data", "thickness": 1.2, "width": 3}
    return bars | {"array": times * up.fillna(0), "arrayminus": times * down.fillna(0)}
