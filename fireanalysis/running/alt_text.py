"""What a figure is, in words: for who hears a page and does not see it."""

import html
import re
from collections import Counter
from typing import Any

# What a trace looks like, one and several of it; scatter traces go by their mode.
_MARKS = {
    "lines": ("line", "lines"),
    "lines+markers": ("line with points", "lines with points"),
    "markers": ("set of points", "sets of points"),
    "markers+text": ("set of labelled points", "sets of labelled points"),
    "text": ("set of labels", "sets of labels"),
    "band": ("shaded band", "shaded bands"),
    "bar": ("set of bars", "sets of bars"),
    "box": ("set of boxes", "sets of boxes"),
    "heatmap": ("grid of coloured cells", "grids of coloured cells"),
    "histogram": ("histogram", "histograms"),
    "image": ("picture", "pictures"),
}
_MOST = 8  # names in a row that an ear can hold


def describe_figure(figure: dict[str, Any]) -> str:
    """Say what a figure shows: title, source, panels, marks, axes, colours, legend and what may be concluded.

    Parameters
    ----------
    figure : dict
        A plotly figure's JSON (``figure.to_plotly_json()``, or an output of an executed notebook).

    Examples
    --------
    >>> figure = {"data": [{"type": "scatter", "mode": "lines", "x": [1, 2], "y": [3, 4], "name": "float"}]}
    >>> figure["layout"] = {"title": {"text": "Best at 1 px<br><b>simulated data</b>"}}
    >>> figure["layout"] |= {"xaxis": {"title": {"text": "σ (px)"}}, "yaxis": {"title": {"text": "accuracy (%)"}}}
    >>> describe_figure(figure)
    'Best at 1 px. Simulated data. 1 line. Across: σ (px). Up: accuracy (%).'
    """
    layout = figure.get("layout") or {}
    title = _plain(layout.get("title")) or "Figure without a title"
    source = re.search(r" *\b(simulated|real) data$", title)
    parts = [title[: source.start()] if source else title]
    parts += [f"{source[1].capitalize()} data"] if source else []
    shown = [trace for trace in figure.get("data") or [] if _is_seen(trace)]
    parts += [_marks(shown, layout), _axes(shown, layout, "x"), _axes(shown, layout, "y")]
    parts += [_colours(figure.get("data") or [], layout), _legend(figure.get("data") or [], layout)]
    meta = layout.get("meta")
    if isinstance(meta, dict) and meta.get("may"):
        parts += [f"You may conclude: {meta['may']}", f"You may not: {meta.get('may_not', '')}"]
    return " ".join(
        part if part.endswith((".", "?", "!")) else f"{part}." for part in map(_plain, parts) if part
    )


def _plain(text: Any) -> str:
    """Take the text out of a title or a name, which may be a dict and may hold markup."""
    text = text.get("text") if isinstance(text, dict) else text
    text = re.sub(r"<[^<>]*>", "", str(text or "").replace("<br>", " "))
    return " ".join(html.unescape(text).split())


def _is_seen(trace: dict[str, Any]) -> bool:
    """Tell what is drawn from what only brings a colour bar or a line of the legend."""
    points = trace.get("x")
    empty = isinstance(points, list) and all(value is None for value in points)
    hidden = trace.get("visible", True) is not True or (trace.get("marker") or {}).get("opacity") == 0
    return not (empty or hidden)


def _marks(shown: list[dict[str, Any]], layout: dict[str, Any]) -> str:
    counts: Counter[str] = Counter()
    for trace in shown:
        kind = trace.get("type", "scatter")
        if kind.startswith("scatter"):
            filled = trace.get("fill", "none") != "none"
            kind = "band" if filled else trace.get("mode", "lines").removesuffix("+text") or "lines"
        counts[kind] += 1
    told = [f"{n} {_MARKS.get(kind, (kind, kind))[n > 1]}" for kind, n in counts.items()]
    if any(
        (trace.get(name) or {}).get("array") is not None for trace in shown for name in ("error_x", "error_y")
    ):
        told.append("error bars")
    panels = len({(trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in shown})
    # plotly's subplot titles are notes centred above a panel.
    heads = [
        _plain(note.get("text"))
        for note in layout.get("annotations") or []
        if (note.get("xanchor"), note.get("yanchor"), note.get("showarrow")) == ("center", "bottom", False)
    ]
    names = f" ({_listed(heads)})" if any(heads) else ""
    return (f"{panels} panels{names}: " if panels > 1 else "") + _listed(told)


def _axes(shown: list[dict[str, Any]], layout: dict[str, Any], letter: str) -> str:
    """Name the axes of one direction, or the rows or columns of a chart of named things."""
    axes = [axis or {} for name, axis in layout.items() if re.fullmatch(rf"{letter}axis\d*", name)]
    names = []
    for axis in axes:
        name = _plain(axis.get("title"))
        is_log = axis.get("type") == "log" and "log" not in name
        names += [f"{name} (logarithmic)" if is_log and name else name]
    if any(names):
        return f"{'Across' if letter == 'x' else 'Up'}: {_listed(names)}"
    values = [trace.get(letter) for trace in shown] + [axis.get("ticktext") for axis in axes]
    words = [
        _plain(value) for some in values if isinstance(some, list) for value in some if isinstance(value, str)
    ]
    return f"{'Columns' if letter == 'x' else 'Rows'}: {_listed(words)}" if words else ""


def _colours(traces: list[dict[str, Any]], layout: dict[str, Any]) -> str:
    scales = [part for trace in traces for part in (trace, trace.get("marker") or {})]
    scales += [axis or {} for name, axis in layout.items() if name.startswith("coloraxis")]
    bars = [scale.get("colorbar") or {} for scale in scales if scale.get("showscale", True)]
    names = [_plain(bar.get("title")) for bar in bars]
    return f"Colour: {_listed(names)}" if any(names) else ""


def _legend(traces: list[dict[str, Any]], layout: dict[str, Any]) -> str:
    if not layout.get("showlegend", True):
        return ""
    names = [_plain(trace.get("name")) for trace in traces if trace.get("showlegend", True)]
    return f"Legend: {_listed(names)}" if len(set(filter(None, names))) > 1 else ""


def _listed(names: list[str]) -> str:
    """Join names, each once; the last ones of many are only counted."""
    names = list(dict.fromkeys(name for name in names if name))
    more = [f"{len(names) - _MOST + 1} more"] if len(names) > _MOST else []
    between = "; " if any("," in name for name in names) else ", "
    return between.join(names[: _MOST - 1] + more if more else names)
