"""Figures of how a network learned: a history in, one plotly Figure out."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish


def training_curves(
    history: pd.DataFrame,
    *,
    chosen_epoch: int,
    source: str,
    name: str = "",
    warmup_epochs: float = 0,
    title: str | None = None,
) -> go.Figure:
    """Show accuracy and loss by epoch, training and validation, and the epoch that was kept (paper: Figs 8, 9).

    Parameters
    ----------
    history : DataFrame
        One row an epoch: "epoch" from 1, "training accuracy", "validation accuracy" (0 to 1), "training loss",
        "validation loss".
    chosen_epoch : int
        The epoch whose weights were kept.
    source : {"simulated", "real"}
        Said behind the title.
    name : str, optional
        The network, in front of the title.
    warmup_epochs : float
        Shaded: epochs over which the learning rate rises.
    title : str, optional
        In place of the one that says which epoch was chosen, and how good it is.

    Raises
    ------
    DataError
        If a column is missing, or the chosen epoch is none of the history's.
    """
    parts = {"training": CLASS_COLOURS[0], "validation": CLASS_COLOURS[1]}
    needed = ["epoch", *(f"{part} {what}" for what in ("accuracy", "loss") for part in parts)]
    missing = [column for column in needed if column not in history]
    if missing:
        what = f"the history has no {', '.join(missing)}"
        raise DataError(what, where="training_curves", do="pass the history of a Fit")
    if chosen_epoch not in set(history["epoch"]):
        what = f"chosen_epoch is {chosen_epoch}; the history has {len(history)} epochs"
        raise DataError(what, where="training_curves", do="pass the Fit's chosen_epoch")
    figure = make_subplots(1, 2, subplot_titles=["accuracy", "loss"], horizontal_spacing=0.12)
    for column, (what, factor) in enumerate({"accuracy": 100, "loss": 1}.items(), start=1):
        for part, colour in parts.items():
            figure.add_scatter(
                x=history["epoch"],
                y=factor * history[f"{part} {what}"],
                name=part,
                legendgroup=part,
                showlegend=column == 1,
                mode="lines+markers",
                marker={"size": 4},
                line={"color": colour},
                row=1,
                col=column,
            )
    _mark_epochs(figure, chosen_epoch, warmup_epochs)
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title="accuracy (%)", col=1)
    figure.update_yaxes(title="mean loss of a case", col=2)
    title = title or _finding(history, chosen_epoch)
    figure = finish(
        figure, f"{name}: {title}" if name else title[0].upper() + title[1:], source=source, height=400
    )
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 90})


def _mark_epochs(figure: go.Figure, chosen: int, warmup: float) -> None:
    """Draw a line at the chosen epoch in both panels, and a shade over the warm-up."""
    style = {"color": CLASS_COLOURS[6], "dash": "dash", "width": 1.5}
    figure.add_vline(x=chosen, line=style)
    figure.add_scatter(x=[None], y=[None], mode="lines", line=style, name=f"kept: epoch {chosen}")
    if warmup > 0:
        colour = "rgba(0,0,0,0.08)"
        # Epoch 1 is written when it has ended, so a warm-up of 2 epochs ends at mark 2.
        figure.add_vrect(x0=0, x1=warmup, fillcolor=colour, line_width=0, layer="below")
        square = {"color": colour, "size": 12, "symbol": "square"}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=square, name="warm-up")


def _finding(history: pd.DataFrame, chosen: int) -> str:
    rows = history.set_index("epoch")
    accuracy, loss = rows["validation accuracy"], rows["validation loss"]
    lowest = history["epoch"].iloc[loss.to_numpy().argmin()]
    kept = f"epoch {chosen} was kept, accuracy {accuracy[chosen]:.0%}"
    if lowest == chosen:
        return f"{kept}, where the loss is lowest"
    return f"{kept}; the loss is lowest at epoch {lowest}, accuracy {accuracy[lowest]:.0%}"
