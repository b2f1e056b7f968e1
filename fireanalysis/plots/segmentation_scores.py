"""Figures of how well masks are found: scores beside "predict nothing", by size, by threshold, alarms, calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .calibration import reliability_diagram
from .style import CLASS_COLOURS, REFERENCE_COLOUR, SIMULATED_COLOUR, finish

NOTHING = "predict nothing"
_DASHED = {"color": REFERENCE_COLOUR, "dash": "dash", "width": 1.5}


def iou_dots(
    table: pd.DataFrame,
    *,
    title: str,
    source: str,
    scores: Sequence[str] = ("foreground IoU", "mean IoU"),
    paper: Mapping[str, float] | None = None,
) -> go.Figure:
    """Show scores of several networks with their intervals, one panel a score, and what predicting nothing gives.

    Parameters
    ----------
    table : DataFrame
        From `fireanalysis.metrics.segmentation_table`: one row a network, the first on top, and one row
        "predict nothing", which is drawn as a line.
    title : str
    source : {"simulated", "real"}
    scores : sequence of str
        One a panel.
    paper : mapping of str to float, optional
        Network → mean IoU that the paper prints, 0 to 1; hollow diamonds in that panel.

    Raises
    ------
    DataError
        If a score or the row "predict nothing" is missing, or there is no network.
    """
    _need(table, scores, where="iou_dots")
    if NOTHING not in table.index or len(table) < 2:
        what = f"the table has rows {', '.join(map(str, table.index))}"
        raise DataError(what, where="iou_dots", do="pass segmentation_table(...) of a network or more, whole")
    nothing, rows = table.loc[NOTHING], table.drop(index=NOTHING)
    labels = [str(name).replace(", ", ",<br>", 1) for name in rows.index]
    figure = make_subplots(1, len(scores), shared_yaxes=True, horizontal_spacing=0.06)
    for column, score in enumerate(scores, start=1):
        at = {"row": 1, "col": column}
        value, low, high = (rows[score][part].to_numpy(float) for part in ("value", "low", "high"))
        bars = {"type": "data", "array": high - value, "arrayminus": value - low, "thickness": 1.5}
        dots = {"color": SIMULATED_COLOUR if source == "simulated" else CLASS_COLOURS[0], "size": 9}
        first = {"showlegend": column == 1}
        figure.add_scatter(
            x=value, y=labels, mode="markers", marker=dots, error_x=bars, name="this run", **first, **at
        )
        level = nothing[score, "value"]
        if np.isfinite(level):
            figure.add_vline(x=level, line=_DASHED, **at)
            # Of no size, but the axis reaches to it.
            unseen = {"mode": "markers", "marker": {"opacity": 0}, "showlegend": False, "hoverinfo": "skip"}
            figure.add_scatter(x=[level], y=labels[:1], **unseen, **at)
        figure.update_xaxes(title=f"{score} (0 to 1)", **at)
    if paper and "mean IoU" in scores:
        hollow = {"color": CLASS_COLOURS[6], "size": 10, "symbol": "diamond-open", "line": {"width": 2}}
        x = [paper.get(str(name), np.nan) for name in rows.index]
        at = {"row": 1, "col": list(scores).index("mean IoU") + 1}
        figure.add_scatter(x=x, y=labels, mode="markers", marker=hollow, name="paper (its own data)", **at)
    figure.add_scatter(x=[None], y=[None], mode="lines", line=_DASHED, name=NOTHING)
    figure.update_yaxes(autorange="reversed", type="category", automargin=True, tickfont={"size": 11})
    height = 170 + 36 * len(labels)
    figure = finish(figure, title, source=source, height=height)
    return figure.update_layout(_legend_under(height))


def size_curves(tables: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show the foreground IoU by how much of the picture is firearm.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Network → `fireanalysis.metrics.iou_by_size`.

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    _have(tables, ["share", "foreground IoU", "low", "high", "pictures"], where="size_curves")
    figure = go.Figure()
    for k, (name, table) in enumerate(tables.items()):
        value = 100 * table["foreground IoU"]
        bars = {"array": 100 * table["high"] - value, "arrayminus": value - 100 * table["low"]}
        figure.add_scatter(
            # A little apart, so that the bars of several networks can be told.
            x=100 * table["share"] * 1.03 ** (k - (len(tables) - 1) / 2),
            y=value,
            error_y={"type": "data", "thickness": 1.2, **{end: one.fillna(0) for end, one in bars.items()}},
            text=[f"{n:,} pictures" for n in table["pictures"]],
            mode="lines+markers",
            line={"color": CLASS_COLOURS[k % len(CLASS_COLOURS)]},
            name=name,
        )
    ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]
    shares = 100 * pd.concat([table["share"] for table in tables.values()])
    # A single size would get an axis too short for a tick.
    ends = [float(np.log10(shares.min() / 2)), float(np.log10(shares.max() * 2))]
    figure.update_xaxes(title="firearm's share of the picture (%)", type="log", tickvals=ticks, range=ends)
    figure.update_yaxes(title="foreground IoU (%)", rangemode="tozero")
    return finish(figure, title, source=source).update_layout(_legend_under())


def threshold_curves(
    tables: Mapping[str, pd.DataFrame], *, title: str, source: str, score: str = "foreground IoU"
) -> go.Figure:
    """Show a score by the probability from which on a pixel is called foreground.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Network → `fireanalysis.metrics.threshold_curve`.
    score : str
        A column of it.

    Raises
    ------
    DataError
        If there is no table, or one lacks the score.
    """
    _have(tables, [score], where="threshold_curves")
    figure = go.Figure()
    for k, (name, table) in enumerate(tables.items()):
        style = {"color": CLASS_COLOURS[k % len(CLASS_COLOURS)]}
        figure.add_scatter(x=table.index, y=100 * table[score], mode="lines+markers", line=style, name=name)
    figure.add_vline(x=0.5, line=_DASHED)
    figure.update_xaxes(title="threshold (probability)", range=[0, 1])
    figure.update_yaxes(title=f"{score} (%)", rangemode="tozero")
    return finish(figure, title, source=source).update_layout(_legend_under())


def alarm_curves(tables: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show how many firearms are found against how many false alarms that costs, one line a network.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Network → `fireanalysis.metrics.alarm_rates`; a dot a threshold.

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    _have(tables, ["recall", "recall low", "recall high", "false alarms"], where="alarm_curves")
    figure = go.Figure()
    for k, (name, table) in enumerate(tables.items()):
        recall = 100 * table["recall"]
        ends = {
            "array": 100 * table["recall high"] - recall,
            "arrayminus": recall - 100 * table["recall low"],
        }
        figure.add_scatter(
            x=table["false alarms"],
            y=recall,
            error_y={"type": "data", "thickness": 1, **{end: one.fillna(0) for end, one in ends.items()}},
            text=[f"threshold {limit:g}" for limit in table.index],
            mode="lines+markers",
            line={"color": CLASS_COLOURS[k % len(CLASS_COLOURS)]},
            name=name,
        )
    figure.update_xaxes(title="false alarms (regions a picture)", rangemode="tozero")
    figure.update_yaxes(title="firearms found (% of pictures with one)", range=[-3, 103])
    return finish(figure, title, source=source).update_layout(_legend_under())


def pixel_reliability_diagram(tables: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show how often there is firearm against the probability of it that pixels are given.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Network → `fireanalysis.metrics.pixel_reliability`; the area of a dot is its number of pixels.

    Raises
    ------
    DataError
        As `reliability_diagram`.
    """
    figure = reliability_diagram(tables, title=title, source=source)
    for line, table in zip(figure.data[1:], tables.values(), strict=True):
        line.text = [f"{count:,} pixels" for count in table["samples"]]
    figure.update_xaxes(title="probability of firearm (%)")
    return figure.update_yaxes(title="pixels that are firearm (%)").update_layout(_legend_under())


def _need(table: pd.DataFrame, columns: Sequence[str], *, where: str) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise DataError(
            f"the table has no {', '.join(missing)}", where=where, do="pass the table of metrics, whole"
        )


def _have(tables: Mapping[str, pd.DataFrame], columns: Sequence[str], *, where: str) -> None:
    if not tables:
        raise DataError("there is no table", where=where, do="pass one a network")
    for table in tables.values():
        _need(table, columns, where=where)


def _legend_under(height: int = 420) -> dict:
    return {"legend": {"y": -55 / (height - 160), "yanchor": "top"}, "margin": {"b": 110}}
