"""Figures of likelihood ratios: from scores to ratios, how good they are, and how far they may reach."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots
from scipy.special import expit

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, REFERENCE_COLOUR, finish

SAME, OTHER, NEUTRAL = CLASS_COLOURS[0], CLASS_COLOURS[1], REFERENCE_COLOUR
LIMIT = 6.0  # no data set here says anything about ratios beyond a million
_LR = "log<sub>10</sub> LR"
_BINS = 40


def likelihood_ratio_curves(
    scores: ArrayLike,
    same: ArrayLike,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    title: str,
    axis: str,
    source: str,
    kinds: tuple[str, str] = ("same source", "different sources"),
) -> go.Figure:
    """Show how scores of both kinds of pairs are spread and, below, which likelihood ratio each score gets.

    Parameters
    ----------
    scores : float (n,)
        Of pairs; larger is more alike.
    same : bool (n,)
        Whether the first proposition is true of a pair.
    curves : mapping of str to (float (m,), float (m,))
        Method → scores and their log10 likelihood ratios; what lies beyond a million is at the edge.
    title : str
    axis : str
        What a score is.
    source : {"simulated", "real"}
    kinds : (str, str)
        What pairs are called of which the first proposition is true, and the second.

    Raises
    ------
    DataError
        If one kind of pairs is missing, or a score is not finite.
    """
    values, known = np.asarray(scores, float), np.asarray(same, bool)
    if values.shape != known.shape or not np.isfinite(values).all() or not 0 < known.sum() < known.size:
        what = f"{values.size} scores, {int(known.sum())} of {known.size} pairs of the {kinds[0]}"
        raise DataError(what, where="likelihood_ratio_curves", do="pass finite scores of either kind")
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.45, 0.55])
    whole = bool(np.all(values == np.round(values)))
    step = max(1.0, np.ptp(values) // _BINS) if whole else max(np.ptp(values), 1e-6) / _BINS
    bins = {"start": float(values.min()) - step / 2, "end": float(values.max()) + step, "size": step}
    for part, name, colour in ((~known, kinds[1], OTHER), (known, kinds[0], SAME)):
        look = {"marker_color": colour, "opacity": 0.65, "histnorm": "percent", "name": name}
        figure.add_histogram(x=values[part], xbins=bins, **look, row=1, col=1)
    for number, (name, (x, log10_lr)) in enumerate(curves.items(), start=2):
        y = np.clip(np.asarray(log10_lr, float), -LIMIT, LIMIT)
        line = {"color": CLASS_COLOURS[number % len(CLASS_COLOURS)], "width": 2}
        figure.add_scatter(x=np.asarray(x, float), y=y, mode="lines", line=line, name=name, row=2, col=1)
    figure.add_hline(0, line={"color": NEUTRAL, "dash": "dash", "width": 1.5}, row=2, col=1)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title=axis, row=2, col=1)
    figure.update_yaxes(title="pairs (%)", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title=_LR, row=2, col=1)
    return _legend_below(finish(figure, title, source=source, height=500), 500)


def tippett_curves(systems: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show which share of the pairs of either kind gets at least a given likelihood ratio (Tippett plot).

    Left of 0 the solid line falls short of 100 % by the pairs of the same source that are spoken against; at 0 the
    dashed line shows the pairs of different sources that are spoken for.

    Parameters
    ----------
    systems : mapping of str to DataFrame
        From `fireanalysis.metrics.tippett`, a colour each.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    _check(systems, ["log10 LR", "same source", "different sources"], where="tippett_curves")
    figure, edge = go.Figure(), _edge(table["log10 LR"] for table in systems.values())
    for number, (name, table) in enumerate(systems.items()):
        for kind, dash in (("same source", "solid"), ("different sources", "dash")):
            line = {"color": _colour(number), "dash": dash, "width": 2, "shape": "vh"}
            label = f"{name}, {kind}"
            x = np.r_[-edge, table["log10 LR"].clip(-edge, edge), edge]
            y = 100 * np.r_[1.0, table[kind], 0.0]  # all have at least the least, none has more than the most
            figure.add_scatter(x=x, y=y, mode="lines", line=line, name=label)
    figure.add_vline(0, line={"color": NEUTRAL, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title=_LR)
    figure.update_yaxes(title="pairs with at least this LR (%)", range=[-2, 102])
    return _legend_below(finish(figure, title, source=source, height=420), 420)


def pav_curves(systems: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show likelihood ratios against those that the test pairs themselves bear out (PAV plot).

    On the diagonal a ratio of 100 does occur 100 times as often among pairs of the same source. Triangles at the edge
    are ratios that only one kind of test pairs got: PAV makes them infinite.

    Parameters
    ----------
    systems : mapping of str to DataFrame
        From `fireanalysis.metrics.pav`, a colour each.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    columns = ["log10 LR", "calibrated log10 LR"]
    _check(systems, columns, where="pav_curves")
    figure, edge = go.Figure(), _edge(table[name] for table in systems.values() for name in columns)
    diagonal = {"color": NEUTRAL, "dash": "dash", "width": 1.5}
    figure.add_scatter(x=[-edge, edge], y=[-edge, edge], mode="lines", line=diagonal, name="well calibrated")
    for number, (name, table) in enumerate(systems.items()):
        x, y = table["log10 LR"].clip(-edge, edge), table["calibrated log10 LR"]
        inside = np.isfinite(y)
        figure.add_scatter(
            x=x,
            y=y.clip(-edge, edge),
            mode="lines+markers",
            line={"color": _colour(number), "width": 1.5},
            marker={
                "symbol": np.where(inside, "circle", np.where(y > 0, "triangle-up", "triangle-down")),
                "size": np.where(inside, 5, 9),
            },
            name=name,
        )
    figure.update_xaxes(title=f"{_LR}, as given", range=[-edge * 1.04, edge * 1.04])
    figure.update_yaxes(title=f"{_LR}, borne out (PAV)", range=[-edge * 1.04, edge * 1.04])
    return _legend_below(finish(figure, title, source=source, height=440), 440)


def cross_entropy_curves(systems: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show what is left to doubt with likelihood ratios, for any prior odds (empirical cross-entropy, ECE plot).

    The dotted line knows the prior odds only; a system above it does harm there. The gap between a solid and its dashed
    line is calibration. Where the prior odds are even, the solid line is the Cllr.

    Parameters
    ----------
    systems : mapping of str to DataFrame
        From `fireanalysis.metrics.empirical_cross_entropy`, a colour each.
    title : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    columns = ["log10 prior odds", "this system", "after PAV", "neutral"]
    _check(systems, columns, where="cross_entropy_curves")
    figure = go.Figure()
    table = next(iter(systems.values()))
    neutral = {"color": NEUTRAL, "dash": "dot", "width": 2}
    x, y = table["log10 prior odds"], table["neutral"]
    figure.add_scatter(x=x, y=y, mode="lines", line=neutral, name="prior odds only")
    highest = max(float(of[["this system", "neutral"]].to_numpy().max()) for of in systems.values())
    for number, (name, table) in enumerate(systems.items()):
        for column, dash in (("this system", "solid"), ("after PAV", "dash")):
            line = {"color": _colour(number), "dash": dash, "width": 2}
            label = f"{name}, after PAV" if column == "after PAV" else name
            x, y = table["log10 prior odds"], table[column]
            figure.add_scatter(x=x, y=y, mode="lines", line=line, name=label)
    figure.update_xaxes(title="log<sub>10</sub> prior odds (not ours to choose)")
    figure.update_yaxes(title="empirical cross-entropy (bits)", range=[0, min(2.0, 1.05 * highest)])
    return _legend_below(finish(figure, title, source=source, height=420), 420)


def from_score_to_posterior(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    score: float,
    ratios: Mapping[str, float],
    *,
    log10_prior_odds: float,
    title: str,
    axis: str,
    source: str,
) -> go.Figure:
    """Show which likelihood ratio a score gets and, below, which posterior follows from it for any prior odds.

    Parameters
    ----------
    curves : mapping of str to (float (m,), float (m,))
        Method → scores and their log10 likelihood ratios.
    score : float
    ratios : mapping of str to float
        Method → log10 likelihood ratio of this score.
    log10_prior_odds : float
        Those of the reader, as a line.
    title : str
    axis : str
        What a score is.
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If a method has a curve but no ratio, or there is none.
    """
    if not curves or set(curves) != set(ratios):
        what = f"curves of {', '.join(curves) or 'nothing'}, ratios of {', '.join(ratios) or 'nothing'}"
        raise DataError(what, where="from_score_to_posterior", do="pass a curve and a ratio a method")
    figure = make_subplots(2, 1, vertical_spacing=0.16)
    prior = np.linspace(-LIMIT, LIMIT, 241)
    # The line that knows nothing but the prior odds: LR 1.
    lines = {"prior odds only": (0.0, {"color": NEUTRAL, "dash": "dot", "width": 2})}
    for number, (name, (x, log10_lr)) in enumerate(curves.items()):
        line = {"color": _colour(number), "width": 2}
        lines[name] = (float(ratios[name]), line)
        y, dot = np.clip(np.asarray(log10_lr, float), -LIMIT, LIMIT), np.clip(ratios[name], -LIMIT, LIMIT)
        look = {"legendgroup": name, "row": 1, "col": 1}
        figure.add_scatter(x=np.asarray(x, float), y=y, mode="lines", line=line, name=name, **look)
        marker = {"color": line["color"], "size": 11}
        figure.add_scatter(x=[score], y=[dot], mode="markers", marker=marker, showlegend=False, **look)
    for name, (ratio, line) in lines.items():
        look = {"legendgroup": name, "row": 2, "col": 1}
        y = 100 * expit((prior + ratio) * np.log(10))
        figure.add_scatter(
            x=prior, y=y, mode="lines", line=line, name=name, showlegend=name not in curves, **look
        )
        dot = 100 * expit((log10_prior_odds + ratio) * np.log(10))
        marker = {"color": line["color"], "size": 11}
        figure.add_scatter(
            x=[log10_prior_odds], y=[dot], mode="markers", marker=marker, showlegend=False, **look
        )
    figure.add_hline(0, line={"color": NEUTRAL, "dash": "dash", "width": 1.5}, row=1, col=1)
    figure.update_xaxes(title=axis, row=1, col=1)
    figure.update_xaxes(title="log<sub>10</sub> prior odds (not ours to choose)", row=2, col=1)
    cut = any(np.abs(np.asarray(y, float)).max(initial=0) > LIMIT for _, y in curves.values())
    figure.update_yaxes(title=f"{_LR}, cut at ±{LIMIT:g}" if cut else _LR, row=1, col=1)
    figure.update_yaxes(title="posterior probability (%)", range=[-4, 104], row=2, col=1)
    return _legend_below(finish(figure, title, source=source, height=560), 560)


def _check(systems: Mapping[str, pd.DataFrame], columns: Sequence[str], *, where: str) -> None:
    wrong = [name for name, table in systems.items() if not set(columns) <= set(table)]
    if not systems or wrong:
        what = f"no {', '.join(columns)} in {', '.join(wrong)}" if wrong else "there is no table"
        raise DataError(what, where=where, do="pass tables of fireanalysis.metrics")


def _edge(values: Iterable[ArrayLike]) -> float:
    """Give how far an axis of log10 LR reaches to either side: to the farthest that is finite, within reason."""
    pooled = np.concatenate([np.asarray(one, float) for one in values])
    return min(LIMIT, 0.3 + float(np.abs(pooled[np.isfinite(pooled)]).max(initial=0.7)))


def _colour(number: int) -> str:
    return CLASS_COLOURS[(0, 1, 2, 3, 5, 6)[number % 6]]


def _legend_below(figure: go.Figure, height: int) -> go.Figure:
    margin = {"b": 110, "t": figure.layout.margin.t - 20}  # nothing stands above the axes but the title
    return figure.update_layout(legend={"y": -60 / (height - 130), "yanchor": "top"}, margin=margin)
