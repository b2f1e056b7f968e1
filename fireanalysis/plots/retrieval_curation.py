"""How a set for retrieval is made: labelers who agree more or less, copies, and classes of very different size."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish

_PARTS = {"train": CLASS_COLOURS[0], "validation": CLASS_COLOURS[5], "test": CLASS_COLOURS[1]}


def labeler_boxes(correlations: pd.DataFrame, counts: ArrayLike, *, title: str, source: str) -> go.Figure:
    """Show how far each labeler agrees with the others, one dot a class (paper: Table I).

    Parameters
    ----------
    correlations : DataFrame
        One row a class, one column a labeler, -1 to 1.
    counts : (labelers,)
        In how many classes each agrees least; said below each.

    Raises
    ------
    DataError
        If there is not one count a labeler.
    """
    lowest = np.asarray(counts, float)
    if lowest.shape != correlations.shape[1:]:
        what = f"{lowest.shape} counts for {correlations.shape[1]} labelers"
        raise DataError(what, where="labeler_boxes", do="pass one a labeler, from lowest_counts")
    figure = go.Figure()
    for column, count in zip(correlations, lowest, strict=True):
        figure.add_box(
            y=correlations[column],
            name=f"labeler {column}<br>lowest in {count:.3g}",
            boxpoints="all",
            jitter=0.6,
            pointpos=0,
            marker={"size": 3, "opacity": 0.5, "color": CLASS_COLOURS[0]},
            line={"width": 1.5, "color": CLASS_COLOURS[6]},
            fillcolor="rgba(0,0,0,0)",
            hovertext=[str(name) for name in correlations.index],
        )
    figure.update_yaxes(title="mean correlation with the others")
    return finish(figure, title, source=source, legend=False)


def duplicate_distances(
    distances: Mapping[str, ArrayLike], *, near: float, title: str, source: str, axis: str
) -> go.Figure:
    """Show how far apart copies of one photograph lie, and pictures that are not, on a logarithmic scale.

    Parameters
    ----------
    distances : mapping of str to array
        Kind of pairs → their distances; two kinds at most.
    near : float
        Up to which distance a pair is taken for copies: a dashed line.
    axis : str
        What the distance is, with its unit. A folder may have no pair at all: then only the line is there.
    """
    kinds = {name: np.asarray(values, float) for name, values in distances.items()}
    edges = np.linspace(0, max([near, *np.concatenate([*kinds.values(), []])]), 41)
    figure = go.Figure()
    for (name, values), colour in zip(kinds.items(), CLASS_COLOURS, strict=False):
        counts, _ = np.histogram(values, edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2, y=counts, name=f"{name}: {len(values):,}", marker_color=colour
        )
    line = {"color": CLASS_COLOURS[6], "dash": "dash", "width": 1.5}
    figure.add_vline(x=near, line=line)
    figure.add_scatter(
        x=[None], y=[None], mode="lines", line=line, name=f"taken for copies: up to {near:.3g}"
    )
    figure.update_layout(barmode="overlay", bargap=0.05)
    figure.update_traces(opacity=0.75, selector={"type": "bar"})
    figure.update_xaxes(title=axis)
    figure.update_yaxes(title="pairs", type="log", dtick=1)
    figure = finish(figure, title, source=source)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 90})


def class_sizes(parts: Mapping[str, pd.Series], *, title: str, source: str) -> go.Figure:
    """Show how many pictures each class has, largest first, by part (paper: Table II, "highly unbalanced").

    Parameters
    ----------
    parts : mapping of str to Series
        Part → its pictures by class.

    Raises
    ------
    DataError
        If there is no class.
    """
    counts = pd.concat(
        {name: part for name, part in parts.items() if len(part)} or {"": pd.Series(dtype=float)}
    )
    if counts.empty:
        raise DataError("there is no class", where="class_sizes", do="pass counts of pictures by class")
    order = counts.sort_values(ascending=False, kind="stable")
    places = pd.Series(np.arange(1, len(order) + 1), order.index)
    figure = go.Figure()
    for (name, part), other in zip(parts.items(), CLASS_COLOURS, strict=False):
        figure.add_bar(
            x=[places[name, label] for label in part.index],
            y=part,
            name=f"{name}: {len(part)} classes, {part.sum():,} pictures",
            marker_color=_PARTS.get(name, other),
            hovertext=[str(label) for label in part.index],
        )
    figure.update_layout(bargap=0.1)
    figure.update_xaxes(title="class, largest first")
    figure.update_yaxes(title="pictures")
    figure = finish(figure, title, source=source)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 90})
