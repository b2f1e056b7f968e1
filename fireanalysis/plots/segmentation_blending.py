"""Figure of scores by what was learned from and what was tested on."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish, score_cells


def score_matrix(
    table: pd.DataFrame, *, title: str, source: str, rows: str, columns: str, score: str
) -> go.Figure:
    """Show scores as coloured cells, the best of each column framed.

    Parameters
    ----------
    table : DataFrame
        Numbers from 0 to 1: one row what was learned from, one column what was tested on. NaN leaves a gap.
    title : str
    source : {"simulated", "real"}
    rows, columns : str
        What the two axes are.
    score : str
        What the numbers are, more is better, for the colour bar.

    Raises
    ------
    DataError
        If the table is empty or a number is out of range.
    """
    values = table.to_numpy(float)
    if not values.size or ((values < 0) | (values > 1)).any():
        what = f"a table of shape {values.shape}, numbers from {np.min(values, initial=0):g}"
        raise DataError(
            f"{what} to {np.max(values, initial=0):g}; scores are 0 to 1",
            where="score_matrix",
            do="pass one row a network, one column a test set",
        )
    names, tests = (
        [str(name).replace(", ", ",<br>") for name in axis] for axis in (table.index, table.columns)
    )
    figure = go.Figure(score_cells(values, columns=tests, rows=names, score=score, digits=2))
    figure.update_traces(zmin=0, zmax=max(float(np.nanmax(values, initial=0)), 1e-3))
    for column, of_test in enumerate(values.T):
        if np.isfinite(of_test).any():
            row = int(np.nanargmax(of_test))
            corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
            figure.add_shape(type="rect", line={"color": CLASS_COLOURS[1], "width": 3}, **corners)
    figure.update_xaxes(type="category", title=columns, dtick=1, showgrid=False)
    figure.update_yaxes(
        type="category", title=rows, dtick=1, showgrid=False, autorange="reversed", automargin=True
    )
    return finish(figure, title, source=source, legend=False, height=140 + 45 * len(names))
