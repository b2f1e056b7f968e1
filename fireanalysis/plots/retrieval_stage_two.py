"""Figures of learning distances: who pulls and pushes from epoch to epoch, and which margins do well."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .retrieval_margins import KINDS, legend_under
from .style import CLASS_COLOURS, finish, score_cells


def margin_grid(
    table: pd.DataFrame,
    *,
    title: str,
    source: str,
    score: str = "mAP, validation (%)",
    marked: tuple[float, float] | None = None,
) -> go.Figure:
    """Show a score for each pair of margins as coloured cells, the best one framed (paper: Fig. 3).

    Parameters
    ----------
    table : DataFrame
        One row a positive margin, one column a negative margin; NaN leaves a gap.
    title : str
    source : {"simulated", "real"}
    score : str
        What the numbers are, more is better.
    marked : (float, float), optional
        Margins to be set apart by a dashed frame.

    Raises
    ------
    DataError
        If no cell has a number, or the marked margins are none of the table's.
    """
    values = table.to_numpy(float)
    if not np.isfinite(values).any():
        what = f"a table of shape {values.shape} without a number"
        raise DataError(what, where="margin_grid", do="pass a score for one pair of margins at least")
    names = [[f"{margin:g}" for margin in axis] for axis in (table.index, table.columns)]
    figure = go.Figure(score_cells(values, columns=names[1], rows=names[0], score=score, digits=1))
    best, across = divmod(int(np.nanargmax(values)), values.shape[1])
    frames = {"best": ((best, across), {"color": CLASS_COLOURS[1], "width": 4})}
    if marked is not None:
        try:
            place = (names[0].index(f"{marked[0]:g}"), names[1].index(f"{marked[1]:g}"))
        except ValueError:
            what = f"margins {marked[0]:g} and {marked[1]:g} are none of the table's"
            raise DataError(what, where="margin_grid", do="mark margins that were tried") from None
        frames["set apart"] = (place, {"color": CLASS_COLOURS[6], "width": 3, "dash": "dot"})
    for (row, column), line in frames.values():
        corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        figure.add_shape(type="rect", line=line, **corners)
    figure.update_xaxes(type="category", title="negative margin (distance)", showgrid=False)
    figure.update_yaxes(type="category", title="positive margin (distance)", showgrid=False)
    return finish(figure, title, source=source, legend=False, height=160 + 45 * len(names[0]))


def loss_balance(histories: Mapping[str, pd.DataFrame], *, title: str, source: str) -> go.Figure:
    """Show from epoch to epoch how many pairs a loss still moves, and whose loss it is; one panel a training.

    Parameters
    ----------
    histories : mapping of str to DataFrame
        Training → history of an `EmbeddingFit` that learned from pairs.

    Raises
    ------
    DataError
        If there is no history, or one lacks a column.
    """
    losses = ["loss of positive pairs", "loss of negative pairs"]
    lines = {
        "positive pairs that pull": (KINDS["one class"], "solid"),
        "negative pairs that push": (KINDS["two classes"], "solid"),
        "loss of positive pairs": (CLASS_COLOURS[6], "dash"),
    }
    wrong = [name for name, table in histories.items() if not {"epoch", *losses, *lines} <= set(table)]
    if not histories or wrong:
        what = f"no {', '.join(lines)} in {', '.join(wrong)}" if wrong else "there is no history"
        raise DataError(what, where="loss_balance", do="pass histories of contrastive trainings")
    figure = make_subplots(
        1, len(histories), subplot_titles=list(histories), shared_yaxes=True, horizontal_spacing=0.04
    )
    for number, history in enumerate(histories.values(), start=1):
        whole = history[losses].sum(axis=1)
        for column, (colour, dash) in lines.items():
            is_loss = column in losses
            shares = (history[column] / whole.where(whole > 0)).fillna(0) if is_loss else history[column]
            figure.add_scatter(
                x=history["epoch"],
                y=100 * shares,
                mode="lines+markers",
                line={"color": colour, "dash": dash},
                marker={"size": 6},
                name=f"{column} (of all)" if is_loss else column,
                legendgroup=column,
                showlegend=number == 1,
                row=1,
                col=number,
            )
    longest = max(map(len, histories.values()))
    figure.update_xaxes(title="epoch", dtick=max(1, longest // 5), range=[0.7, longest + 0.3])
    figure.update_yaxes(range=[-3, 103])
    figure.update_yaxes(title="share (%)", col=1)
    figure.update_annotations(font_size=12)
    figure = legend_under(finish(figure, title, source=source, height=360), 360)
    return figure.update_layout(margin={"b": 120})
