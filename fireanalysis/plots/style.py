"""What every figure shares: colours by meaning, fonts, and a title that says where the data came from."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import plotly.io
from numpy.typing import NDArray

from fireanalysis.errors import ParameterError

# plotly 7 puts a button on every figure that uploads it; one slip must not send evidence out of the house.
plotly.io.renderers["plotly_mimetype"].config = {"showSendToCloud": False}

# Okabe & Ito's eight colours, distinguishable with the common colour-vision deficiencies
# (https://jfly.uni-koeln.de/color/), yellow last because it is weak on white.
CLASS_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")
SIMULATED_COLOUR = CLASS_COLOURS[1]
MISSING_COLOUR = "#d9d9d9"
PALE_COLOURS = ("#9CC3E0", "#EFC0A0")  # the first two, where nothing happens to what they stand for
# Greys stand beside the classes: what to compare with (chance, a diagonal, a promise), a value chosen or read
# off, what has no class of its own, lines to guide the eye, and the steps of an ordered scale.
REFERENCE_COLOUR = "#888888"
MARK_COLOUR = "#444444"
QUIET_COLOUR = "#777777"
GUIDE_COLOUR = "#cccccc"
ERROR_COLOUR = "#b00020"  # of what explorers say in place of a traceback; on white, 7.3 : 1
STEP_GREYS = ("#ffffff", "#f3f4f6", "#e7e9ed", "#dadde3", "#cdd1d9", "#c0c5cf", "#b3b9c5")


def finish(
    figure: go.Figure, title: str, *, source: str | None = None, height: int = 420, legend: bool = True
) -> go.Figure:
    """Give a figure its title, size and common look; returns the same figure.

    Parameters
    ----------
    title : str
        The finding or the question, in one line of at most about 90 characters.
    source : str, optional
        ``"simulated"`` or ``"real"``: said behind the title. None where no data stand behind the figure.
    height : int
        Pixels, without the title; the width follows the page.
    """
    suffix = {"simulated": "<br><b>simulated data</b>", "real": "<br>real data", None: ""}[source]
    text = _wrapped(title) + suffix
    titles = 20 * (text.count("<br>") + 1)  # pixels
    over = 30 if legend or figure.layout.annotations else 10  # legend or subplot titles
    figure.update_layout(
        template="plotly_white",
        colorway=CLASS_COLOURS,
        title={
            "text": text,
            "font": {"size": 15},
            "x": 0.0,
            "xref": "container",
            "y": 1.0,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 12, "t": 18},  # room for the first line, which stands on it
        },
        font={"family": "DejaVu Sans, Helvetica, Arial, sans-serif", "size": 12},
        height=height + titles,
        margin={"l": 60, "r": 20, "t": 16 + titles + over, "b": 50},
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0},
    )
    return figure


def conclude(figure: go.Figure, *, may: str, may_not: str) -> go.Figure:
    """Say below a finished figure what a reader may and may not conclude from it; returns the same figure.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        As `finish` left it: below its axes there is room for their labels only.
    may, may_not : str
        A sentence each, true for whatever numbers came out; also kept in ``figure.layout.meta``.

    Raises
    ------
    ParameterError
        If either is empty.

    Examples
    --------
    >>> figure = finish(go.Figure(), "How often is it right?", source="simulated")
    >>> figure = conclude(figure, may="It is right more often than not.", may_not="It is right in this case.")
    >>> figure.layout.meta["may"]
    'It is right more often than not.'
    """
    if not may.strip() or not may_not.strip():
        what = f"may is {may!r}, may_not is {may_not!r}"
        raise ParameterError(what, where="conclude", do="say both in a sentence")
    told = [f"<b>{head}</b> {text}" for head, text in (("You may conclude:", may), ("You may not:", may_not))]
    text = "<br>".join(_wrapped(one, 118) for one in told)
    room = 16 * (text.count("<br>") + 1) + 8  # pixels
    margin, height = figure.layout.margin, figure.layout.height
    figure.add_annotation(
        text=text,
        **{"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"},
        **{"xshift": 12 - margin.l, "yshift": -margin.b, "showarrow": False, "align": "left"},
        font={"size": 11},
    )
    return figure.update_layout(
        height=height + room, margin={"b": margin.b + room}, meta={"may": may, "may_not": may_not}
    )


def score_cells(
    values: NDArray[np.float64], *, columns: Sequence[str], rows: Sequence[str], score: str, digits: int
) -> go.Heatmap:
    """Draw a table of scores as coloured cells with their numbers; NaN leaves a gap."""
    return go.Heatmap(
        # None and not NaN, which widgets cannot send.
        z=[[None if np.isnan(value) else value for value in row] for row in values],
        x=columns,
        y=rows,
        colorscale="viridis",
        text=np.where(np.isnan(values), "", np.char.mod(f"%.{digits}f", values)),
        texttemplate="%{text}",
        colorbar={"title": {"text": score, "side": "right"}, "thickness": 12},
        hoverongaps=False,
        xgap=2,
        ygap=2,
    )


def _wrapped(title: str, width: int = 56) -> str:
    lines: list[str] = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
