"""How near a search's first result is, with the query's class in the database and without, and what a limit says."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish

PRESENT, ABSENT = CLASS_COLOURS[0], CLASS_COLOURS[1]
_BINS = 30


def nearest_distances(
    present: ArrayLike, absent: ArrayLike, *, limit: float, title: str, source: str, axis: str
) -> go.Figure:
    """Show distances to the nearest picture, and the two errors of every limit: above it a class is called absent.

    Parameters
    ----------
    present, absent : float (n,), (m,)
        Distance to the nearest picture in a database that holds the query's class, and in one that does not.
    limit : float
        The limit that was chosen, as a dashed line.
    title : str
    source : {"simulated", "real"}
    axis : str
        What the distance is.

    Raises
    ------
    DataError
        If one kind is missing or not finite.
    """
    kinds = {
        "class in the database": np.asarray(present, float),
        "class not in it": np.asarray(absent, float),
    }
    if not all(one.size and np.isfinite(one).all() for one in kinds.values()):
        what = f"{[one.size for one in kinds.values()]} distances with and without the class, or some are not finite"
        raise DataError(
            what, where="nearest_distances", do="pass at least one finite distance of either kind"
        )
    low, high = (end(np.concatenate(list(kinds.values()))) for end in (np.min, np.max))
    step = max(high - low, 1e-6) / _BINS
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.08)
    for (name, values), colour in zip(kinds.items(), (PRESENT, ABSENT), strict=True):
        bins = {"start": low - step / 2, "end": high + step, "size": step}
        look = {"marker_color": colour, "opacity": 0.65, "histnorm": "percent", "name": name}
        figure.add_histogram(x=values, xbins=bins, **look, row=1, col=1)
    limits = np.linspace(low - step, high + step, 200)
    errors = {
        "in it, called absent": (100 * (kinds["class in the database"][:, None] > limits).mean(0), PRESENT),
        "not in it, called present": (100 * (kinds["class not in it"][:, None] <= limits).mean(0), ABSENT),
    }
    for name, (shares, colour) in errors.items():
        figure.add_scatter(x=limits, y=shares, mode="lines", line_color=colour, name=name, row=2, col=1)
    figure.add_vline(x=limit, line={"color": CLASS_COLOURS[6], "dash": "dash", "width": 1.5})
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title=axis, row=2, col=1)
    figure.update_yaxes(title="queries (%)", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title="errors (%)", range=[0, 102], row=2, col=1)
    figure = finish(figure, title, source=source, height=480)
    return figure.update_layout(legend={"y": -0.14, "yanchor": "top"}, margin={"b": 110})
