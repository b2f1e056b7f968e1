"""Figures of a classifier's quality by class, and of the space its classes lie in: arrays in, one Figure out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .style import CLASS_COLOURS, finish

_MARK = {"color": CLASS_COLOURS[1], "width": 2}


def confusion(
    matrix: NDArray,
    labels: Sequence[str],
    *,
    title: str,
    source: str | None,
    marked: Sequence[tuple[str, str]] = (),
    of: str = "brand",
    totals: ArrayLike | None = None,
) -> go.Figure:
    """Show a confusion matrix normalised by row, in per cent: rows are the truth, columns the prediction.

    Parameters
    ----------
    matrix : int (classes, classes)
        Counts. A class without samples has an empty row; shares below half a per cent are not written.
    labels : sequence of str
        Names of the classes, at most about 25.
    marked : sequence of (row, column)
        Names of cells to be framed.
    of : str
        What is told apart, for the axes.
    totals : int (classes,), optional
        Samples of each row, where the matrix is a part of a larger one; by default the sums of its rows.

    Raises
    ------
    DataError
        If the matrix does not have a row and a column for each label, or a marked name is none of them.
    """
    counts, names = _square(matrix, labels, where="confusion")
    rows = np.reshape(counts.sum(axis=1) if totals is None else totals, (-1, 1))
    percent = 100 * np.divide(counts, rows, out=np.full(counts.shape, np.nan), where=rows > 0)
    text = np.where(percent >= 0.5, np.round(np.nan_to_num(percent)).astype(int).astype(str), "")
    bar = {"title": {"text": "% of row", "side": "right"}, "thickness": 12}
    figure = _matrix(percent, text, names, colours="Blues", limits=(0, 100), bar=bar)
    figure.update_traces(hovertemplate="recorded %{y}, predicted %{x}: %{z:.1f} %<extra></extra>")
    _frame(figure, names, marked)
    figure.update_xaxes(title=f"predicted {of}")
    figure.update_yaxes(title=f"recorded {of}")
    return finish(figure, title, source=source, legend=False, height=_side(names))


def distance_matrix(
    values: NDArray,
    labels: Sequence[str],
    *,
    title: str,
    bar: str,
    source: str | None,
    marked: Sequence[tuple[str, str]] = (),
    digits: int = 1,
) -> go.Figure:
    """Show how far classes are from one another, each pair once (paper: Table 5).

    Parameters
    ----------
    values : float (classes, classes)
        Symmetric; the part above the diagonal is drawn.
    labels : sequence of str
        Names of the classes, at most about 25.
    bar : str
        What the numbers are, for the colour bar.
    marked : sequence of (one, other)
        Names of pairs to be framed.
    digits : int
        Behind the point, of the written numbers.

    Raises
    ------
    DataError
        As `confusion`.
    """
    numbers, names = _square(values, labels, where="distance_matrix")
    upper = np.where(np.triu(np.ones(numbers.shape, bool), 1), numbers, np.nan)
    text = np.array([[f"{v:.{digits}f}" if np.isfinite(v) else "" for v in row] for row in upper])
    place = {name: k for k, name in enumerate(names)}
    unknown = [name for pair in marked for name in pair if name not in place]
    if unknown:
        _no_such(unknown[0], names)
    ordered = [tuple(sorted(pair, key=place.__getitem__)) for pair in marked]
    style = {"title": {"text": bar, "side": "right"}, "thickness": 12}
    figure = _matrix(upper, text, names, colours="Viridis", limits=None, bar=style)
    _frame(figure, names, ordered)
    return finish(figure, title, source=source, legend=False, height=_side(names))


def score_dots(
    names: Sequence[str],
    sets: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike] | ArrayLike],
    *,
    title: str,
    axis: str,
    source: str | None,
    reference: Mapping[str, ArrayLike] | None = None,
) -> go.Figure:
    """Show numbers of several rows as dots with intervals, the sets of a row one below the other.

    Parameters
    ----------
    names : sequence of str
        One a row, the first on top.
    sets : mapping of str to (value, low, high) or value
        One number a row each; NaN leaves a gap.
    axis : str
        What the numbers are, with the unit.
    reference : mapping of str to float array, optional
        Numbers to compare with, such as the paper's, as hollow diamonds: of the set of the same name in its
        colour, else in black.

    Raises
    ------
    DataError
        If a set does not have a number for each row.
    """
    rows = np.arange(len(names))
    shifts = dict(zip(sets, (np.arange(len(sets)) - (len(sets) - 1) / 2) * 0.6 / len(sets), strict=True))
    colours = dict(zip(sets, CLASS_COLOURS, strict=False))
    figure = go.Figure()
    for name, numbers in sets.items():
        value, bars = _with_bars(numbers, len(names), name)
        marker = {"color": colours[name], "size": 8 if len(names) <= 12 else 6}
        figure.add_scatter(
            x=value, y=rows + shifts[name], mode="markers", marker=marker, name=name, error_x=bars
        )
    for name, numbers in (reference or {}).items():
        value, _ = _with_bars(numbers, len(names), name)
        hollow = {"color": colours.get(name, CLASS_COLOURS[6]), "size": 9, "symbol": "diamond-open"}
        label = f"paper, {name}" if name in sets else name
        figure.add_scatter(x=value, y=rows + shifts.get(name, 0.0), mode="markers", marker=hollow, name=label)
    ticks = {"tickvals": rows, "ticktext": [str(name).replace(", ", "<br>", 1) for name in names]}
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], automargin=True, tickfont={"size": 11}, **ticks)
    figure.update_yaxes(zeroline=False)
    figure.update_xaxes(title=axis)
    height = 120 + len(names) * max(24, 15 * len(sets))
    return finish(figure, title, source=source, height=height)


def distance_ranges(table: pd.DataFrame, *, title: str, axis: str, source: str) -> go.Figure:
    """Show distances to the class centre, classes in the order of their means (paper: Table 6).

    Parameters
    ----------
    table : DataFrame
        One row a class, by name: mean, median, std, max (`fireanalysis.metrics.intra_class_distances`). Classes
        without a mean are left out.
    axis : str
        What the distance is, with its unit.

    Raises
    ------
    DataError
        If a column is missing.
    """
    missing = [column for column in ("mean", "median", "std", "max") if column not in table]
    if missing:
        what = f"the table has no {', '.join(missing)}"
        raise DataError(what, where="distance_ranges", do="pass the result of intra_class_distances")
    rows = table[table["mean"].notna()].sort_values("mean")
    names = [str(name) for name in rows.index]
    figure = go.Figure()
    bars = {"type": "data", "array": rows["std"].tolist(), "thickness": 3}
    for column, symbol, colour in (
        ("mean", "circle", CLASS_COLOURS[0]),
        ("median", "line-ns-open", CLASS_COLOURS[6]),
        ("max", "triangle-left-open", CLASS_COLOURS[1]),
    ):
        marker: dict[str, Any] = {"symbol": symbol, "color": colour, "size": 9}
        if column == "median":
            marker |= {"size": 12, "line": {"width": 2}}
        label = "mean ± standard deviation" if column == "mean" else column
        figure.add_scatter(
            x=rows[column].tolist(),
            y=names,
            mode="markers",
            marker=marker,
            name=label,
            error_x=bars if column == "mean" else None,
        )
    figure.update_yaxes(type="category", autorange="reversed", automargin=True, tickfont={"size": 11})
    figure.update_xaxes(title=axis, rangemode="tozero")
    return finish(figure, title, source=source, height=120 + 26 * len(names))


def labelled_scatter(
    x: ArrayLike,
    y: ArrayLike,
    names: Sequence[str],
    *,
    title: str,
    x_axis: str,
    y_axis: str,
    source: str | None,
    intervals: tuple[ArrayLike, ArrayLike] | None = None,
    log_x: bool = False,
    note: str = "",
) -> go.Figure:
    """Show one named point a class, to see whether two quantities go together (paper: Figs 10, 11).

    Parameters
    ----------
    x, y : float (n,)
    names : sequence of str
        Written beside the points.
    intervals : (low, high), optional
        Of y.
    log_x : bool
        Logarithmic horizontal axis.
    note : str
        Written above the points: correlation coefficients, for example.

    Raises
    ------
    DataError
        If there is not one of each for every point.
    """
    across, _ = _with_bars(x, len(names), "x")
    up, bars = _with_bars(y if intervals is None else (y, *intervals), len(names), "y")
    figure = go.Figure()
    if bars:
        bars |= {"thickness": 1, "color": "rgba(0,0,0,0.35)"}
    figure.add_scatter(
        x=across,
        y=up,
        text=list(names),
        mode="markers+text",
        textposition="middle right",
        textfont={"size": 10},
        marker={"color": CLASS_COLOURS[0], "size": 8},
        error_y=bars,
        cliponaxis=False,
    )
    figure.update_xaxes(title=x_axis)
    if log_x:
        figure.update_xaxes(type="log", dtick="D2")
    figure.update_yaxes(title=y_axis)
    if note:
        at = {"x": 0.0, "y": 1.0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=note, showarrow=False, font={"size": 12}, **at)
    return finish(figure, title, source=source, legend=False)


def _square(values: NDArray, labels: Sequence[str], *, where: str) -> tuple[NDArray, list[str]]:
    matrix, names = np.asarray(values), [str(label) for label in labels]
    if matrix.shape != (len(names), len(names)):
        raise DataError(
            f"the matrix has shape {matrix.shape} for {len(names)} labels",
            where=where,
            do=f"pass shape ({len(names)}, {len(names)})",
        )
    return matrix, names


def _matrix(
    values: NDArray, text: NDArray, names: list[str], *, colours: str, limits: Any, bar: dict
) -> go.Figure:
    low, high = limits or (None, None)
    size = 12 if len(names) <= 10 else 9
    cells = go.Heatmap(
        z=values,
        x=names,
        y=names,
        zmin=low,
        zmax=high,
        colorscale=colours,
        text=text,
        texttemplate="%{text}",
        textfont={"size": size},
        colorbar=bar,
        hoverongaps=False,
        xgap=1,
        ygap=1,
    )
    figure = go.Figure(cells)
    font = {"size": 11 if len(names) <= 12 else 9}
    figure.update_xaxes(type="category", tickfont=font, dtick=1, showgrid=False)
    figure.update_yaxes(type="category", tickfont=font, dtick=1, showgrid=False, autorange="reversed")
    return figure


def _frame(figure: go.Figure, names: list[str], cells: Sequence[tuple[str, ...]]) -> None:
    """Frame cells given by the names of their row and column."""
    for row, column in cells:
        for name in (row, column):
            if name not in names:
                _no_such(name, names)
        x, y = names.index(column), names.index(row)
        figure.add_shape(type="rect", x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, line=_MARK)


def _no_such(name: str, names: list[str]) -> None:
    raise DataError(f"marked is {name!r}, no class of {', '.join(names)}", do="mark classes of the matrix")


def _side(names: list[str]) -> int:
    return max(340, 110 + (26 if len(names) > 12 else 34) * len(names))


def _with_bars(
    numbers: tuple[ArrayLike, ArrayLike, ArrayLike] | ArrayLike, rows: int, name: str
) -> tuple[list[float], dict | None]:
    """Values, and error bars from the ends of intervals."""
    parts = numbers if isinstance(numbers, tuple) else (numbers,)
    value, *ends = (np.asarray(part, np.float64) for part in parts)
    if any(one.shape != (rows,) for one in (value, *ends)) or len(ends) not in (0, 2):
        shapes = ", ".join(str(one.shape) for one in (value, *ends))
        what = f"{name}: {shapes} for {rows} rows"
        raise DataError(what, do="pass one number a row, or values, lower and upper ends")
    if not ends:
        return list(value), None
    low, high = ends
    # An end that is not there has no bar; a percentile interval need not hold its value.
    down, up = (np.nan_to_num(np.maximum(side, 0)) for side in (value - low, high - value))
    return list(value), {"type": "data", "array": list(up), "arrayminus": list(down), "thickness": 1.5}
