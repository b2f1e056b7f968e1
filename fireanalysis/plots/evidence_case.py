"""Figures of a case: its scores among reference scores, likelihood ratios with their words, and what a prior does."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots
from scipy.special import expit

from fireanalysis.errors import DataError
from fireanalysis.metrics import SUPPORT

from .style import CLASS_COLOURS, MARK_COLOUR, REFERENCE_COLOUR, STEP_GREYS, finish

SAME, OTHER, CASE = CLASS_COLOURS[0], CLASS_COLOURS[1], CLASS_COLOURS[6]
_BINS = 24
_ORDER = (0, 1, 2, 3, 5, 6, 4, 7)  # of the colours: those that are weak on white come last
# Where each step of the verbal scale ends, in log10 LR, and its word; the last one ends nowhere.
_ENDS = [*(float(np.log10(least)) for least, _ in SUPPORT), 9.0]
_WORDS = [*zip(_ENDS, ["none", *(word.replace(" ", "<br>") for _, word in SUPPORT)], strict=True)]


def case_scores(
    scores: Mapping[str, float],
    references: Mapping[str, pd.DataFrame],
    *,
    axes: Mapping[str, str],
    title: str,
    source: str,
) -> go.Figure:
    """Show where each score of a case lies among reference scores of known truth.

    Parameters
    ----------
    scores : mapping of str to float
        By piece of evidence.
    references : mapping of str to DataFrame
        ``score`` and ``same`` (whether the proposition was true), by the same names.
    axes : mapping of str to str
        What the score is, with its unit.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no score, or one has no reference scores.
    """
    lost = [name for name in scores if name not in references or references[name].empty]
    if lost or not scores:
        what = f"no reference scores for {', '.join(lost)}" if lost else "there is no score"
        raise DataError(what, where="case_scores", do="pass a score and a table for each piece of evidence")
    columns = min(2, len(scores))
    figure = make_subplots(
        -(-len(scores) // columns),
        columns,
        subplot_titles=list(scores),
        vertical_spacing=0.42 / -(-len(scores) // columns),
        horizontal_spacing=0.1,
    )
    for number, (name, score) in enumerate(scores.items()):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        table = references[name]
        values, same = table["score"].to_numpy(float), table["same"].to_numpy(bool)
        every = np.append(values, score)
        step = max(float(np.ptp(every)), 1e-6) / _BINS
        bins = {"start": float(every.min()) - step / 2, "end": float(every.max()) + step, "size": step}
        for part, kind, colour in ((~same, "alternative true", OTHER), (same, "proposition true", SAME)):
            look = {"marker_color": colour, "opacity": 0.65, "histnorm": "percent", "legendgroup": kind}
            figure.add_histogram(
                x=values[part], xbins=bins, name=kind, showlegend=not number, **look, **place
            )
        figure.add_vline(score, line={"color": CASE, "width": 2.5}, **place)
        figure.update_xaxes(title={"text": axes[name], "standoff": 4}, **place)
        if place["col"] == 1:
            figure.update_yaxes(title="scores (%)", **place)
    line = {"color": CASE, "width": 2.5}
    figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name="the case", row=1, col=1)
    figure.update_layout(barmode="overlay")
    figure.update_annotations(font_size=12)
    height = 150 + 180 * -(-len(scores) // columns)
    figure = finish(figure, title, source=source, height=height)
    return figure.update_layout(legend={"y": -70 / (height - 130), "yanchor": "top"}, margin={"b": 100})


def support_dots(
    names: Sequence[str],
    log10_lr: ArrayLike,
    intervals: ArrayLike | None = None,
    *,
    title: str,
    source: str,
    kinds: Sequence[str] | None = None,
    legend: bool = True,
) -> go.Figure:
    """Show likelihood ratios as dots over the steps of the verbal scale, the alternative's to the left.

    Parameters
    ----------
    names : sequence of str
        One a row, the first on top.
    log10_lr : float (rows,)
        Finite.
    intervals : float (rows, 2), optional
        Low and high; NaN for none.
    title : str
    source : {"simulated", "real"}
    kinds : sequence of str, optional
        What a row is, a colour each.
    legend : bool
        Whether to say what the colours are; the names of the rows may do.

    Raises
    ------
    DataError
        If there is no row, lengths differ, or a likelihood ratio is not finite.
    """
    values = np.asarray(log10_lr, float)
    ends = np.full((len(names), 2), np.nan) if intervals is None else np.asarray(intervals, float)
    groups = ["likelihood ratio"] * len(names) if kinds is None else list(kinds)
    if (
        not len(names)
        or values.shape != (len(names),)
        or ends.shape != (len(names), 2)
        or len(groups) != len(names)
    ):
        what = (
            f"{len(names)} names, likelihood ratios of shape {values.shape}, intervals of shape {ends.shape}"
        )
        raise DataError(what, where="support_dots", do="pass one finite log10 LR a row")
    if not np.isfinite(values).all():
        what = f"{(~np.isfinite(values)).sum()} likelihood ratios are not finite"
        raise DataError(what, where="support_dots", do="bound them: no finite data support certainty")
    figure = go.Figure()
    edge = _add_steps(figure, float(np.nanmax(np.abs(np.append(values, ends)))))
    for number, kind in enumerate(dict.fromkeys(groups)):
        rows = np.array([k for k, its in enumerate(groups) if its == kind])
        colour = CLASS_COLOURS[_ORDER[number % len(_ORDER)]]
        around = np.where(np.isfinite(ends[rows]), np.abs(ends[rows] - values[rows, None]), 0)
        high, low = around[:, 1].tolist(), around[:, 0].tolist()  # lists, which a widget can be updated with
        bars = {"type": "data", "array": high, "arrayminus": low, "thickness": 1.5}
        look = {"marker": {"color": colour, "size": 9}, "error_x": bars, "name": kind}
        figure.add_scatter(x=values[rows].tolist(), y=rows.tolist(), mode="markers", **look)
    figure.add_vline(0, line={"color": REFERENCE_COLOUR, "dash": "dash", "width": 1})
    labels = {"tickvals": list(range(len(names))), "ticktext": [n.replace(", ", "<br>", 1) for n in names]}
    figure.update_yaxes(
        range=[len(names) - 0.4, -0.6], automargin=True, zeroline=False, showgrid=False, **labels
    )
    title_x = "log<sub>10</sub> LR: ← for the alternative · for the proposition →"
    figure.update_xaxes(title=title_x, range=[-edge, edge], zeroline=False)
    height = 150 + 30 * len(names)
    figure = finish(figure, title, source=source, height=height, legend=legend and kinds is not None)
    figure.update_layout(margin={"t": figure.layout.margin.t + 12})
    if figure.layout.showlegend:
        figure.update_layout(legend={"y": -52 / (height - 110), "yanchor": "top"}, margin={"b": 85})
    return figure


def _add_steps(figure: go.Figure, reach: float) -> float:
    """Shade the steps of the verbal scale on either side as far as is needed, with their words; give their end."""
    shown = next((k for k, end in enumerate(_ENDS) if k > 1 and end >= reach + 0.1), len(_ENDS) - 1)
    for k, ((end, word), grey) in enumerate(zip(_WORDS[: shown + 1], STEP_GREYS, strict=False)):
        begin = _ENDS[k - 1]
        for low, high in ((begin, end), (-end, -begin)) if k else ((-end, end),):
            figure.add_vrect(low, high, fillcolor=grey, line_width=0, layer="below")
            text = {"text": word, "showarrow": False, "font": {"size": 10, "color": MARK_COLOUR}}
            figure.add_annotation(x=(low + high) / 2, y=1, yref="paper", yanchor="bottom", **text)
    return _ENDS[shown]


def posterior_curves(
    lines: Mapping[str, tuple[float, float, float]], *, title: str, source: str, mark: float | None = None
) -> go.Figure:
    """Show which posterior probability follows from a likelihood ratio for every prior probability.

    Parameters
    ----------
    lines : mapping of str to (float, float, float)
        log10 LR with its low and high end, which are shaded; NaN for none.
    title : str
    source : {"simulated", "real"}
    mark : float, optional
        A prior probability, as a line.

    Raises
    ------
    DataError
        If there is no line.
    """
    if not lines:
        raise DataError("there is no likelihood ratio", where="posterior_curves", do="pass at least one")
    figure, prior = go.Figure(), np.logspace(-6, 0, 181)[:-1]
    odds = np.log(prior / (1 - prior))
    for number, (name, (value, low, high)) in enumerate(lines.items()):
        colour = CLASS_COLOURS[_ORDER[number % len(_ORDER)]]
        if np.isfinite([low, high]).all():
            band = [100 * expit(odds + end * np.log(10)) for end in (low, high)]
            look = {
                "fill": "toself",
                "fillcolor": colour,
                "opacity": 0.18,
                "line_width": 0,
                "hoverinfo": "skip",
            }
            x, y = np.r_[prior, prior[::-1]], np.r_[band[0], band[1][::-1]]
            figure.add_scatter(x=x, y=y, mode="lines", showlegend=False, legendgroup=name, **look)
        y = 100 * expit(odds + value * np.log(10))
        figure.add_scatter(x=prior, y=y, mode="lines", line_color=colour, name=name, legendgroup=name)
    line = {"color": REFERENCE_COLOUR, "dash": "dot", "width": 2}
    figure.add_scatter(x=prior, y=100 * prior, mode="lines", line=line, name="prior alone")
    if mark is not None:
        figure.add_vline(mark, line={"color": MARK_COLOUR, "dash": "dash", "width": 1.2})
    ticks = [10.0**k for k in range(-6, 1)]
    words = ["1 in 10⁶", "1 in 10⁵", "1 in 10⁴", "1 in 1000", "1 in 100", "1 in 10", "1"]
    axis = "prior probability of the proposition (not ours to choose)"
    figure.update_xaxes(title=axis, type="log", tickvals=ticks, ticktext=words)
    figure.update_yaxes(title="posterior probability (%)", range=[-3, 103])
    figure = finish(figure, title, source=source, height=400)
    return figure.update_layout(legend={"y": -0.24, "yanchor": "top"}, margin={"b": 120})
