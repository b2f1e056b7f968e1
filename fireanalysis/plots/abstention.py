"""Figures of classifiers that may abstain: how sure they are of what they know or do not, what silence costs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, MARK_COLOUR, REFERENCE_COLOUR, finish

_DASHES = ("solid", "dash", "dot", "dashdot")


def confidences(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    *,
    title: str,
    source: str,
    thresholds: Mapping[str, float] | None = None,
    bins: int = 20,
) -> go.Figure:
    """Show how sure answers are, one subplot a classifier: probabilities of the predicted class by kind of sample.

    Parameters
    ----------
    panels : mapping of str to mapping of str to float (n,)
        Classifier → kind of sample → probabilities, 0 to 1. Each kind is drawn in shares of its own samples.
    thresholds : mapping of str to float, optional
        Classifier → probability from which on it answers, as a line.
    bins : int
        Of equal width.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    if not panels or not all(np.size(values) for kinds in panels.values() for values in kinds.values()):
        raise DataError(
            "there are no probabilities to draw", where="confidences", do="pass at least one a kind"
        )
    figure = make_subplots(1, len(panels), subplot_titles=list(panels), shared_yaxes=True)
    kinds = list(dict.fromkeys(name for one in panels.values() for name in one))
    edges = np.linspace(0, 1, bins + 1)
    for column, (panel, values) in enumerate(panels.items(), start=1):
        for name, sure in values.items():
            shares = np.histogram(sure, edges)[0] / np.size(sure)
            figure.add_scatter(
                x=edges,
                y=np.r_[shares, shares[-1]],
                line={"shape": "hv", "color": CLASS_COLOURS[kinds.index(name)], "width": 2},
                fill="tozeroy",
                mode="lines",
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                row=1,
                col=column,
            )
        limit = (thresholds or {}).get(panel, np.inf)
        if np.isfinite(limit):
            figure.add_vline(
                limit, line={"color": MARK_COLOUR, "dash": "dot", "width": 1.5}, row=1, col=column
            )
        figure.update_xaxes(title="probability of the answer", range=[0, 1.02], row=1, col=column)
    figure.update_yaxes(title="share of clips", tickformat=".0%", rangemode="tozero", col=1)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=360)
    return figure.update_layout(legend={"y": -0.22, "yanchor": "top"}, margin={"b": 100})


def risk_coverage_curves(
    curves: Mapping[str, pd.DataFrame],
    *,
    title: str,
    source: str,
    wanted: float | None = None,
    chosen: Mapping[str, float] | None = None,
) -> go.Figure:
    """Show the share of wrong answers as more and more samples, the surest first, are answered.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        From `fireanalysis.metrics.risk_coverage`, one a line.
    wanted : float, optional
        Wanted share of wrong answers, as a line.
    chosen : mapping of str to float, optional
        Line → threshold that was chosen for it, as a dot where the curve passes it.

    Raises
    ------
    DataError
        If there is no curve.
    """
    if not curves:
        raise DataError("there is no curve", where="risk_coverage_curves", do="pass at least one")
    figure = go.Figure()
    for number, (name, curve) in enumerate(curves.items()):
        line = {"color": CLASS_COLOURS[number], "dash": _DASHES[number % len(_DASHES)], "width": 2}
        x, y = curve["answered"], curve["error rate"]
        figure.add_scatter(x=x, y=y, mode="lines", line=line, name=name)
        given = curve[curve["threshold"] >= (chosen or {}).get(name, np.inf)].tail(1)
        if len(given):
            dot = {"color": CLASS_COLOURS[number], "size": 12, "line": {"color": "white", "width": 2}}
            figure.add_scatter(
                x=given["answered"], y=given["error rate"], mode="markers", marker=dot, showlegend=False
            )
    if wanted is not None:
        dashes = {"color": REFERENCE_COLOUR, "dash": "dash", "width": 1.5}
        figure.add_hline(wanted, line=dashes, annotation_text="wanted", annotation_position="top left")
    figure.update_xaxes(title="clips that are answered, the surest first", tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(title="wrong answers among those given", tickformat=".0%", range=[-0.02, 1.02])
    return finish(figure, title, source=source, height=420)
