"""One figure of a sweep: what each setting does to the score, beside what chance does."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, QUIET_COLOUR, SIMULATED_COLOUR, finish


def sweep_effects(
    runs: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    score: str,
    axis: str,
    title: str,
    source: str,
    chance: tuple[float, float] | None = None,
    marks: Mapping[str, pd.Series] | None = None,
) -> go.Figure:
    """Show every run by each of its settings, one panel a factor, with the levels' means and intervals.

    Parameters
    ----------
    runs : DataFrame
        One row a run: a column for each factor, and the score.
    effects : DataFrame
        From `fireanalysis.metrics.main_effects` of these runs.
    score : str
    axis : str
        What the score is, with its unit.
    title : str
    source : {"simulated", "real"}
    chance : (low, high), optional
        A grey band: how far one setting alone goes from seed to seed.
    marks : mapping of str to bool Series, optional
        Name → runs of a kind, which get a symbol of their own; the others are dots.

    Raises
    ------
    DataError
        If a column is missing, or a kind's rows are not those of the runs.
    """
    factors = list(dict.fromkeys(effects["factor"]))
    missing = [name for name in (*factors, score) if name not in runs]
    kinds = dict(marks or {})
    if missing or any(not of.index.equals(runs.index) for of in kinds.values()):
        what = (
            f"the runs have no {', '.join(missing)}" if missing else "a kind's rows are not those of the runs"
        )
        raise DataError(what, where="sweep_effects", do="pass the table that the effects were computed from")
    rest = ~np.logical_or.reduce([of.to_numpy(bool) for of in kinds.values()] or [np.zeros(len(runs), bool)])
    groups = {"a run": rest, **{name: of.to_numpy(bool) for name, of in kinds.items()}}
    widths = [effects["factor"].eq(name).sum() + 1 for name in factors]
    columns = {"column_widths": [float(width) for width in widths], "horizontal_spacing": 0.02}
    figure = make_subplots(1, len(factors), shared_yaxes=True, subplot_titles=factors, **columns)
    dot = SIMULATED_COLOUR if source == "simulated" else CLASS_COLOURS[0]
    for column, name in enumerate(factors, start=1):
        its = effects[effects["factor"] == name].reset_index(drop=True)
        place, at = {level: k for k, level in enumerate(its["level"])}, {"row": 1, "col": column}
        first = {"showlegend": column == 1}
        for k, (kind, rows) in enumerate(groups.items()):
            x = runs.loc[rows, name].astype(object).map(place).to_numpy(float)
            aside = 0.12 + 0.12 * np.linspace(0, 1, len(x))  # so that equal runs can be told apart
            marker = {"color": QUIET_COLOUR, "size": 6, "symbol": ["circle", "x", "diamond-open"][k % 3]}
            figure.add_scatter(
                x=x + aside, y=runs.loc[rows, score], mode="markers", marker=marker, name=kind, **first, **at
            )
        bars = {"type": "data", "array": its["high"] - its["mean"], "arrayminus": its["mean"] - its["low"]}
        marker = {"color": dot, "size": 10}
        figure.add_scatter(
            x=its.index,
            y=its["mean"],
            error_y=bars,
            mode="markers",
            marker=marker,
            name="mean, 95 % interval",
            **first,
            **at,
        )
        words = [str(level).replace("_", " ").replace(" ", "<br>") for level in its["level"]]
        figure.update_xaxes(
            tickvals=its.index,
            ticktext=words,
            tickangle=0,
            range=[-0.5, len(its) - 0.3],
            zeroline=False,
            **at,
        )
    if chance is not None:
        figure.add_hrect(*chance, fillcolor="rgba(0,0,0,0.1)", line_width=0, layer="below")
        square = {"color": "rgba(0,0,0,0.2)", "size": 12, "symbol": "square"}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=square, name="one setting, other seeds")
    figure.update_yaxes(title=axis, col=1)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=460)
    return figure.update_layout(legend={"y": -0.26, "yanchor": "top"}, margin={"b": 130})
