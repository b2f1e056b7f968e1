"""Figures of label audits: what so many looks find, and the list that they go down."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError
from fireanalysis.metrics import Interval

from .style import CLASS_COLOURS, MARK_COLOUR, QUIET_COLOUR, finish

KNOWN = {"wrong label": CLASS_COLOURS[1], "right label": CLASS_COLOURS[0], "not checked": QUIET_COLOUR}
"""What is known of a label, and its colour."""


def audit_panels(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, Interval | ArrayLike]]],
    *,
    title: str,
    x_axis: str,
    y_axis: str,
    source: str,
) -> go.Figure:
    """Show shares over shares, a panel a set of labels, with bands of intervals.

    Parameters
    ----------
    panels : mapping of str to mapping of str to (x, y)
        Panel → line → shares, 0 to 1: x (m,), and an Interval of (m,), drawn with its band, or the numbers alone, drawn
        as a grey dashed line to compare with. A line has one colour in all panels; NaN leaves a gap.
    title, x_axis, y_axis : str
    source : {"simulated", "real"}

    Raises
    ------
    DataError
        If there is no panel, or x and y of a line differ in length.
    """
    if not panels:
        raise DataError("there is no panel", where="audit_panels", do="pass one a set of labels")
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = make_subplots(
        rows, columns, shared_xaxes=True, shared_yaxes=True, subplot_titles=list(panels),
        horizontal_spacing=0.06, vertical_spacing=0.16 / rows,
    )  # fmt: skip
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    banded = [n for n in names if any(isinstance(p[n][1], Interval) for p in panels.values() if n in p)]
    shown: set[str] = set()
    for place, (panel, lines) in enumerate(panels.items()):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        for name, (x, y) in lines.items():
            share = 100 * np.asarray(x, float)
            value = 100 * np.asarray(y.value if isinstance(y, Interval) else y, float)
            if share.shape != value.shape:
                what = f"{name} of {panel} has {share.shape} x and {value.shape} y"
                raise DataError(what, where="audit_panels", do="pass as many of one as of the other")
            line = {"color": QUIET_COLOUR, "dash": "dash", "width": 1.5}
            if isinstance(y, Interval):
                colour = CLASS_COLOURS[banded.index(name) % len(CLASS_COLOURS)]
                line = {"color": colour, "width": 2}
                known = np.isfinite(y.low) & np.isfinite(y.high)
                figure.add_scatter(
                    x=np.r_[share[known], share[known][::-1]],
                    y=100 * np.r_[np.asarray(y.low)[known], np.asarray(y.high)[known][::-1]],
                    fill="toself", fillcolor=_pale(colour), line={"width": 0}, mode="lines",
                    hoverinfo="skip", showlegend=False, **at,
                )  # fmt: skip
            figure.add_scatter(
                x=share, y=value, name=name, legendgroup=name, showlegend=name not in shown,
                mode="lines", line=line, **at,
            )  # fmt: skip
            shown.add(name)
    figure.update_xaxes(title=x_axis, row=rows)
    for row in range(1, rows + 1):
        figure.update_yaxes(title=y_axis, row=row, col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_annotations(font_size=12)
    finish(figure, title, source=source, height=90 + 230 * rows)
    lift = 20 * (1 + sum(map(len, shown)) // 70)  # above the panels' names
    figure.update_layout(
        legend_y=1 + 26 / (90 + 230 * rows),
        height=figure.layout.height + lift,
        margin_t=figure.layout.margin.t + lift,
    )
    return figure


def suspect_list(
    suspicion: ArrayLike,
    *,
    budget: int,
    title: str,
    source: str,
    wrong: ArrayLike | None = None,
) -> go.Figure:
    """Show samples in the order in which an audit looks at them, and where it stops.

    Parameters
    ----------
    suspicion : float (n,)
    budget : int
        So many are looked at, 0 to n.
    wrong : (n,), optional
        1 or True: the label is wrong; 0: right; NaN: nobody has looked. None: nobody has looked at any.

    Raises
    ------
    DataError
        For no samples, NaN in `suspicion`, lengths that differ, or a budget outside 0 to n.
    """
    scores = np.asarray(suspicion, float)
    state = np.full(scores.shape, np.nan) if wrong is None else np.asarray(wrong, float)
    sound = scores.ndim == 1 and scores.size and state.shape == scores.shape and not np.isnan(scores).any()
    if not sound or not 0 <= budget <= scores.size:
        what = f"suspicion of shape {scores.shape}, wrong {state.shape}, a budget of {budget}"
        raise DataError(what, where="suspect_list", do="pass one finite suspicion a sample, and 0 to n looks")
    order = np.argsort(-scores, kind="stable")
    rank = np.empty(len(scores), int)
    rank[order] = np.arange(1, len(scores) + 1)
    figure = go.Figure()
    for (name, colour), of in zip(
        reversed(KNOWN.items()), (np.isnan(state), state == 0, state == 1), strict=True
    ):
        if of.any():
            marker = {"color": colour, "size": 7 if name == "wrong label" else 4}
            figure.add_scatter(x=rank[of], y=scores[of], mode="markers", marker=marker, name=name)
    figure.add_vline(x=budget + 0.5, line={"dash": "dash", "color": MARK_COLOUR})
    figure.update_xaxes(title="place in the list (looked at up to the dashed line)")
    figure.update_yaxes(title="suspicion (0 to 1)")
    return finish(figure, title, source=source, height=340)


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
