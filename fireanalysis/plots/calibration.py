"""Figures of how far probabilities can be believed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, REFERENCE_COLOUR, finish


def reliability_diagram(
    tables: Mapping[str, pd.DataFrame], *, title: str, source: str, of: str = "brand"
) -> go.Figure:
    """Show accuracy against confidence: on the diagonal, what is called 80 % sure is right in 80 % of cases.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        From `fireanalysis.metrics.reliability`, one a line; the area of a dot is its number of samples.
    title : str
    source : {"simulated", "real"}
    of : str
        What is predicted, for the axis.

    Raises
    ------
    DataError
        If there is no table, or one lacks a column.
    """
    columns = ["samples", "confidence", "accuracy"]
    wrong = [name for name, table in tables.items() if not set(columns) <= set(table)]
    if not tables or wrong:
        what = f"no {', '.join(columns)} in {', '.join(wrong)}" if wrong else "there is no table"
        raise DataError(what, where="reliability_diagram", do="pass tables of metrics.reliability")
    figure = go.Figure()
    diagonal = {"color": REFERENCE_COLOUR, "dash": "dash", "width": 1.5}
    figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line=diagonal, name="believable")
    for k, (name, table) in enumerate(tables.items()):
        colour = CLASS_COLOURS[k % len(CLASS_COLOURS)]
        share = table["samples"] / table["samples"].sum()
        figure.add_scatter(
            x=100 * table["confidence"],
            y=100 * table["accuracy"],
            mode="lines+markers",
            line={"color": colour, "width": 1.5},
            marker={"color": colour, "size": 6 + 26 * np.sqrt(share), "opacity": 0.75},
            text=[f"{count:,} predictions" for count in table["samples"]],
            name=name,
        )
    figure.update_xaxes(title=f"confidence: probability of the predicted {of} (%)", range=[0, 103])
    figure.update_yaxes(title="right predictions (%)", range=[-4, 104])
    figure = finish(figure, title, source=source, height=460)
    return figure.update_layout(legend={"itemsizing": "constant"})
