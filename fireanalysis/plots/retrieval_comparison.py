"""Figures of the comparison of retrieval methods: what the two average precisions measure, and scores by dimension."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots
from scipy.integrate import trapezoid

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish

_DASHES = ("solid", "dash", "dot", "dashdot")


def precision_areas(ranks: ArrayLike, *, title: str, source: str | None = None) -> go.Figure:
    """Show the two areas under precision over recall that are called average precision.

    Parameters
    ----------
    ranks : int (positives,)
        Places of all pictures of the query's class in its result list, from 1.
    title : str
    source : {"simulated", "real"}, optional

    Raises
    ------
    DataError
        If there is no rank, or one is below 1 or twice there.

    Notes
    -----
    Step: as high as the precision where a positive was found. Trapezoid: up to there from the precision just before
    it, as the Oxford buildings' evaluation does.
    """
    places = np.sort(np.asarray(ranks))
    if places.ndim != 1 or not places.size or places[0] < 1 or (np.diff(places) == 0).any():
        what = f"ranks are {np.asarray(ranks).tolist()}; they must be different numbers from 1 on"
        raise DataError(what, where="precision_areas", do="pass the places of the positives, the first 1")
    found = np.arange(1, len(places) + 1)
    after = found / places
    before = np.divide(found - 1, places - 1, out=np.ones(len(places)), where=places > 1)
    recall = np.append(0, found) / len(places)
    corners = recall.repeat(2)[1:-1]
    figure = go.Figure()
    for name, height, colour, dash in (
        ("step", after.repeat(2), CLASS_COLOURS[0], "solid"),
        ("trapezoid", np.column_stack([before, after]).ravel(), CLASS_COLOURS[1], "dash"),
    ):
        area = trapezoid(height, corners)
        line = {"color": colour, "dash": dash, "width": 3 if dash == "dash" else 2}
        fill = "tozeroy" if name == "step" else "none"
        figure.add_scatter(
            x=corners, y=height, mode="lines", line=line, fill=fill, name=f"{name}: {area:.3f}"
        )
    texts = [f"rank {place}" for place in places]
    dots = {"color": CLASS_COLOURS[6], "size": 8}
    figure.add_scatter(
        x=recall[1:],
        y=after,
        text=texts,
        mode="markers+text",
        marker=dots,
        textposition="bottom center",
        name="found",
    )
    figure.update_traces(cliponaxis=False)
    figure.update_xaxes(title="recall (share of the class found)", range=[0, 1.04])
    figure.update_yaxes(title="precision", range=[0, 1.05])
    return finish(figure, title, source=source, height=360)


def dimension_curves(
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    axis: str,
    source: str,
    names: Sequence[str] | None = None,
) -> go.Figure:
    """Show a score by the number of dimensions that a reduction leaves, one panel a table, one line a method.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What stands above a panel → one row a method, one column a number of dimensions; NaN leaves a gap.
    title : str
    axis : str
        What the score is, with its unit.
    source : {"simulated", "real"}
    names : sequence of str, optional
        Methods in the order of their colours; by default as they come.

    Raises
    ------
    DataError
        If there is no table, or one has no row.
    """
    if not tables or any(table.empty for table in tables.values()):
        what = f"tables of {[table.shape for table in tables.values()]} rows and columns"
        raise DataError(what, where="dimension_curves", do="pass a table a panel, one row a method")
    order = list(names or dict.fromkeys(name for table in tables.values() for name in table.index))
    figure = make_subplots(
        1, len(tables), shared_yaxes=True, subplot_titles=list(tables), horizontal_spacing=0.05
    )
    seen: set[str] = set()
    for column, table in enumerate(tables.values(), start=1):
        sizes = [str(size) for size in sorted(table.columns)]
        for name in (one for one in order if one in table.index):
            place = order.index(name)
            dash = _DASHES[place // len(CLASS_COLOURS) % len(_DASHES)]
            figure.add_scatter(
                x=sizes,
                y=table.loc[name, sorted(table.columns)].astype(float).tolist(),
                mode="lines+markers",
                name=name,
                legendgroup=name,
                showlegend=name not in seen,
                line={"color": CLASS_COLOURS[place % len(CLASS_COLOURS)], "dash": dash},
                row=1,
                col=column,
            )
            seen.add(name)
        figure.update_xaxes(title="dimensions", type="category", row=1, col=column)
    figure.update_yaxes(title=axis, row=1, col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=430)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 150})
