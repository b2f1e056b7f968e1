"""Figures that sum up likelihood ratios: what they cost (Cllr), and how far the data let them reach."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError
from fireanalysis.metrics import Interval, interval_ends

from .evidence_lr import LIMIT, NEUTRAL, SAME
from .style import CLASS_COLOURS, MARK_COLOUR, finish


def cllr_bars(
    summaries: Mapping[str, Mapping[str, Interval]], *, title: str, source: str | None
) -> go.Figure:
    """Show Cllr as bars, a row a system, split into what the scores cannot tell and what calibration loses.

    Parameters
    ----------
    summaries : mapping of str to mapping of str to Interval
        From `fireanalysis.metrics.likelihood_ratio_summary`; whiskers: the intervals of Cllr, above, and of Cllr_min,
        below.
    title : str
    source : {"simulated", "real"} or None
        None where the rows say it.

    Raises
    ------
    DataError
        If there is nothing to draw, or a Cllr is not finite.
    """
    values = {name: one["Cllr"].value for name, one in summaries.items()}
    wrong = [name for name, value in values.items() if not np.isfinite(value)]
    if not values or wrong:
        what = f"Cllr of {', '.join(wrong)} is not finite" if wrong else "there is no summary"
        raise DataError(
            what, where="cllr_bars", do="bound the likelihood ratios, so that none is 0 or infinite"
        )
    figure, rows = go.Figure(), np.arange(len(summaries))
    parts = {
        "Cllr_min: what the scores cannot tell": ("Cllr_min", "Cllr_min", SAME, 0.17),
        "calibration loss": ("calibration loss", "Cllr", CLASS_COLOURS[4], -0.17),
    }
    for label, (part, _, colour, _) in parts.items():
        x = [one[part].value for one in summaries.values()]
        figure.add_bar(y=rows, x=x, orientation="h", marker_color=colour, name=label)
    for _, at, _, shift in parts.values():
        value, low, high = interval_ends([one[at] for one in summaries.values()])
        # One below the other: the two whiskers overlap.
        figure.add_scatter(
            x=value,
            y=rows + shift,
            mode="markers",
            marker={"color": MARK_COLOUR, "size": 4},
            error_x={
                "type": "data",
                "array": np.maximum(high - value, 0),
                "arrayminus": np.maximum(value - low, 0),
                "thickness": 1.4,
                "width": 3,
            },
            name=f"{at}, 95 %",
            showlegend=False,
        )
    figure.add_vline(1, line={"color": NEUTRAL, "dash": "dot", "width": 2})
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(
        title="Cllr (bits; 0 perfect, 1 as good as nothing), 95 % intervals", rangemode="tozero"
    )
    return _with_names(finish(figure, title, source=source, height=130 + 36 * len(rows)), list(summaries))


def likelihood_ratio_bounds(
    names: Sequence[str],
    bounds: ArrayLike,
    *,
    title: str,
    source: str | None,
    reached: ArrayLike | None = None,
) -> go.Figure:
    """Show how far likelihood ratios may reach, a row each, beside those that a method gives without bounds.

    Parameters
    ----------
    names : sequence of str
        One a row, the first on top.
    bounds : float (rows, 2)
        log10 of the smallest and the largest ratio allowed; infinite without a bound.
    title : str
    source : {"simulated", "real"} or None
        None where the rows say it.
    reached : float (rows, 2), optional
        log10 of the smallest and the largest ratio that was given before bounding; arrows beyond the edge.

    Raises
    ------
    DataError
        If there are not two ends a row.
    """
    allowed = np.asarray(bounds, float)
    given = allowed if reached is None else np.asarray(reached, float)
    if not allowed.shape == given.shape == (len(names), 2) or not len(names):
        what = f"{len(names)} names, bounds of shape {allowed.shape}, reached of shape {given.shape}"
        raise DataError(what, where="likelihood_ratio_bounds", do="pass a lower and an upper end a row")
    finite = np.abs(np.r_[allowed[np.isfinite(allowed)], given[np.isfinite(given)]])
    edge = min(2 * LIMIT, 0.5 + float(finite.max(initial=1.0)))
    figure = go.Figure()
    looks = {
        "given without bounds": (given, {"color": CLASS_COLOURS[4], "width": 3}, 9),
        "allowed by the calibration pairs": (allowed, {"color": SAME, "width": 9}, 0),
    }
    for label, (ends, line, size) in looks.items():
        if label == "given without bounds" and reached is None:
            continue
        for row, (low, high) in enumerate(ends):
            x, beyond = np.clip([low, high], -edge, edge), np.abs([low, high]) > edge
            symbol = [
                "triangle-left" if beyond[0] else "line-ns",
                "triangle-right" if beyond[1] else "line-ns",
            ]
            marker = {"symbol": symbol, "size": size, "color": line["color"]}
            mode = "lines+markers" if size else "lines"
            look = {"name": label, "legendgroup": label, "showlegend": row == 0}
            figure.add_scatter(x=x, y=[row, row], mode=mode, line=line, marker=marker, **look)
    figure.add_vline(0, line={"color": NEUTRAL, "dash": "dot", "width": 2})
    figure.update_xaxes(title="log<sub>10</sub> LR", range=[-edge * 1.04, edge * 1.04])
    return _with_names(finish(figure, title, source=source, height=130 + 34 * len(names)), names)


def _with_names(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    """Name the rows 0, 1, ... from top to bottom, with room for the names, broken at their first comma."""
    broken = [name.replace(", ", "<br>", 1) for name in names]
    longest = max(len(line) for name in broken for line in name.split("<br>"))
    figure.update_yaxes(
        range=[len(names) - 0.5, -0.5],
        zeroline=False,
        tickvals=list(range(len(names))),
        ticktext=broken,
        tickfont={"size": 11},
    )
    return figure.update_layout(margin={"l": max(60, 14 + 6 * longest)}, legend={"traceorder": "normal"})
