"""Numbers of a run beside those of the paper, as a figure."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from .style import CLASS_COLOURS, finish


def beside_paper(
    names: Sequence[str],
    this_run: Sequence[float],
    paper: Sequence[float],
    *,
    intervals: Sequence[tuple[float, float]] | None = None,
    title: str,
    axis: str,
    source: str,
) -> go.Figure:
    """Show rows of a table as dots: this run with its intervals, the paper's number as a hollow diamond.

    Parameters
    ----------
    names : sequence of str
        One a row, the first on top.
    this_run, paper : sequences of float
        In the same unit; NaN where there is none.
    intervals : sequence of (low, high), optional
        Of this run's numbers.
    axis : str
        What the numbers are, with the unit.
    """
    labels = [name.replace(", ", "<br>", 1) for name in names]
    bars = None
    if intervals is not None:
        low, high = np.abs(np.array(intervals, float).T - np.asarray(this_run, float))
        bars = {"type": "data", "array": list(high), "arrayminus": list(low), "thickness": 1.5}
    figure = go.Figure()
    dots = {"color": CLASS_COLOURS[1 if source == "simulated" else 0], "size": 9}
    figure.add_scatter(
        x=list(this_run),
        y=labels,
        mode="markers",
        marker=dots,
        error_x=bars,
        name=f"this run ({source} data)",
    )
    hollow = {"color": CLASS_COLOURS[6], "size": 10, "symbol": "diamond-open", "line": {"width": 2}}
    figure.add_scatter(x=list(paper), y=labels, mode="markers", marker=hollow, name="paper (its own data)")
    figure.update_yaxes(autorange="reversed", type="category", automargin=True, tickfont={"size": 11})
    figure.update_xaxes(title=axis)
    return finish(figure, title, source=source, height=120 + 38 * len(labels))
