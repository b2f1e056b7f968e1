"""Figures of how a network learned: a history in, one plotly Figure out."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish

PARTS = {"training": CLASS_COLOURS[0], "validation": CLASS_COLOURS[1]}
SCORES = ("accuracy", "foreground IoU", "mAP")
"""What a history may judge by: of a classifier, of a network that segments, of one that describes."""


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
    needed = ["epoch", *(f"{part} {what}" for what in ("accuracy", "loss") for part in PARTS)]
    missing = [column for column in needed if column not in history]
    if missing:
        what = f"the history has no {', '.join(missing)}"
        raise DataError(what, where="training_curves", do="pass the history of a Fit")
    if chosen_epoch not in set(history["epoch"]):
        what = f"chosen_epoch is {chosen_epoch}; the history has {len(history)} epochs"
        raise DataError(what, where="training_curves", do="pass the Fit's chosen_epoch")
    figure = make_subplots(1, 2, subplot_titles=["accuracy", "loss"], horizontal_spacing=0.12)
    for column, (what, factor) in enumerate({"accuracy": 100, "loss": 1}.items(), start=1):
        for part, colour in PARTS.items():
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


def live_curves(history: pd.DataFrame, *, title: str, source: str) -> go.Figure:
    """Show score and loss by epoch of a training that may still go on; `grow_curves` adds what came since.

    Parameters
    ----------
    history : DataFrame
        One row an epoch: "epoch" from 1, and "training" or "validation" before one of `SCORES` and before "loss".
    title : str
        What is trained; the newest score stands above its panel.
    source : {"simulated", "real"}
        Said behind the title.

    Raises
    ------
    DataError
        If the history has no epoch, or no such column.

    Examples
    --------
    >>> history = pd.DataFrame({"epoch": [1, 2], "training loss": [2.0, 1.0], "validation mAP": [0.5, 0.4]})
    >>> live_curves(history, title="stage two", source="simulated").layout.annotations[0].text
    'validation mAP 40% (highest 50%, epoch 1)'
    """
    panels = [_score_of(history), "loss"]
    figure = make_subplots(1, 2, subplot_titles=panels, horizontal_spacing=0.12)
    for column, what in enumerate(panels, start=1):
        for part, colour in PARTS.items():
            if f"{part} {what}" not in history:
                continue
            figure.add_scatter(
                name=part,
                meta=f"{part} {what}",
                legendgroup=part,
                showlegend=part not in {trace.name for trace in figure.data},
                mode="lines+markers",
                marker={"size": 5},
                line={"color": colour},
                row=1,
                col=column,
            )
        figure.update_yaxes(title=what, rangemode="tozero", col=column)
    figure.update_yaxes(tickformat="~%", col=1).update_xaxes(title="epoch", tickformat="d")
    figure.update_annotations(font_size=12)
    grow_curves(figure, history)
    figure = finish(figure, title, source=source, height=340)
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 80})


def grow_curves(figure: go.Figure, history: pd.DataFrame) -> None:
    """Bring a figure of `live_curves` up to date, in a fraction of the time that another figure takes."""
    epochs, score = history["epoch"].to_numpy(), f"validation {_score_of(history)}"
    best = int(history[score].to_numpy().argmax())
    for trace in figure.data:
        trace.update(x=epochs, y=history[trace.meta].to_numpy())
    now, highest = history[score].iloc[-1], history[score].iloc[best]
    said = f"{score} {now:.0%} (highest {highest:.0%}, epoch {epochs[best]})"
    figure.layout.annotations[0].text = said
    figure.update_xaxes(dtick=_step(len(epochs)))


def _step(epochs: int) -> int:
    """How many epochs lie between the marks of an axis, at most ten of which find room."""
    return next(step for k in range(9) for one in (1, 2, 5) if 10 * (step := one * 10**k) >= epochs)


def _score_of(history: pd.DataFrame) -> str:
    found = [score for score in SCORES if f"validation {score}" in history]
    if not found or not len(history):
        what = f"the history has {len(history)} epochs, and the columns {', '.join(map(str, history)) or '(none)'}"
        do = f"pass one with 'validation' before one of {', '.join(SCORES)}"
        raise DataError(what, where="live_curves", do=do)
    return found[0]


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
