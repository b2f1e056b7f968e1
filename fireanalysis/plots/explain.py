"""Figures of what a classifier looks at: attributions over shaded surfaces, and how far they can be trusted."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError
from fireanalysis.transforms import level, render_lights, ring_lights

from .raster import add_colour_bar, add_picture, coloured, robust_limits
from .style import CLASS_COLOURS, REFERENCE_COLOUR, finish

TINTS = "YlOrRd"
THRESHOLD = 0.2  # of a map's greatest values; below, the surface shows as it is
PANEL_PIXELS = 224  # a side: as much as one of four panels on a page can show


def attribution_rows(
    heights_um: Sequence[NDArray],
    maps: Mapping[str, Sequence[NDArray]],
    names: Sequence[str],
    *,
    pixel_size_um: float,
    title: str,
    source: str,
) -> go.Figure:
    """Show cases as rows: the surface under one light, then the same tinted by each method (paper: Fig. 12).

    Parameters
    ----------
    heights_um : sequence of float (rows, columns)
        One surface a case, micrometres, NaN missing.
    maps : mapping of str to sequence of float (rows, columns)
        For each method one map a case, of any size; negative values are not shown.
    names : sequence of str
        One a case, above its untinted surface.
    pixel_size_um : float
        Of the heights.

    Raises
    ------
    DataError
        If there is no case, or a method has not one map for each.
    """
    _go_together(heights_um, [names, *maps.values()], where="attribution_rows")
    titles = [text for name in names for text in (name, *maps)]
    pictures = []
    for k, surface in enumerate(heights_um):
        pictures.append(shaded(surface, pixel_size_um=pixel_size_um))
        pictures += [tinted(pictures[-1], method[k]) for method in maps.values()]
    sizes = [pixel_size_um * len(surface) for surface in heights_um for _ in range(len(maps) + 1)]
    return _grid(pictures, titles, [""] * len(pictures), sizes, len(maps) + 1, title=title, source=source)


def attribution_examples(
    heights_um: Sequence[NDArray],
    maps: Sequence[NDArray],
    titles: Sequence[str],
    corners: Sequence[str],
    *,
    pixel_size_um: float,
    columns: int = 4,
    title: str,
    source: str,
) -> go.Figure:
    """Show tinted surfaces in a grid, with a word in the bottom left corner of some (paper: Figs 13–15).

    Parameters
    ----------
    heights_um, maps : sequences of float (rows, columns)
        One surface and one map a case; maps of any size.
    titles, corners : sequences of str
        Above each picture, and in its corner: the prediction where it is wrong, else "".
    pixel_size_um : float
        Of the heights.

    Raises
    ------
    DataError
        If there is no case, or not one of each for every case.
    """
    _go_together(heights_um, [maps, titles, corners], where="attribution_examples")
    pictures = [
        tinted(shaded(surface, pixel_size_um=pixel_size_um), one)
        for surface, one in zip(heights_um, maps, strict=True)
    ]
    sizes = [pixel_size_um * len(surface) for surface in heights_um]
    return _grid(pictures, titles, corners, sizes, columns, title=title, source=source)


def shaded(heights_um: NDArray, *, pixel_size_um: float) -> NDArray[np.uint8]:
    """Render a surface under one light from the upper left: uint8 (rows, columns, 3), missing points grey."""
    light = ring_lights(1, start_deg=225.0)
    brightness = render_lights(level(heights_um), pixel_size_um=pixel_size_um, lights=light)[0]
    return coloured(brightness, colours="Greys_r", limits=robust_limits([brightness]))


def tinted(picture: NDArray[np.uint8], attribution: NDArray) -> NDArray[np.uint8]:
    """Tint a picture where an attribution is high, as shares of its 99.5th percentile.

    Parameters
    ----------
    picture : uint8 (rows, columns, 3)
    attribution : float, two-dimensional
        Brought to the picture's size; negative values count as 0.

    Raises
    ------
    DataError
        If the attribution has missing values or is not two-dimensional.
    """
    values = np.asarray(attribution, np.float32)
    if values.ndim != 2 or not np.isfinite(values).all():
        what = f"attribution of shape {values.shape}; finite numbers in two dimensions are needed"
        raise DataError(what, where="tinted", do="pass one map, as grad_cam and occlusion give it")
    height, width = picture.shape[:2]
    share = cv2.resize(np.maximum(values, 0), (width, height), interpolation=cv2.INTER_LINEAR)
    share = np.clip(share / max(float(np.percentile(share, 99.5)), 1e-12), 0, 1)
    colours = coloured(share, colours=TINTS, limits=(THRESHOLD, 1.0)).astype(np.float32)
    weight = np.where(share > THRESHOLD, 0.35 + 0.35 * share, 0)[..., None]
    return np.round((1 - weight) * picture + weight * colours).astype(np.uint8)


def found_labels(
    tables: Mapping[str, pd.DataFrame], *, wrong_share: float, title: str, source: str
) -> go.Figure:
    """Show precision and recall of a search for wrong labels by the number of cases looked at.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        For each ranking what `fireanalysis.explain.found_at_budget` gives.
    wrong_share : float
        Share of wrong labels among all cases: what a random order finds.
    """
    figure = make_subplots(1, 2, subplot_titles=["precision", "recall"], horizontal_spacing=0.12)
    first = next(iter(tables.values()))
    chance = {"precision": np.full(len(first), wrong_share), "recall": first["budget"] / len(first)}
    for column, what in enumerate(("precision", "recall"), start=1):
        for k, (name, table) in enumerate(tables.items()):
            line = {"color": CLASS_COLOURS[k % len(CLASS_COLOURS)], "width": 2}
            figure.add_scatter(
                x=table["budget"],
                y=table[what],
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                mode="lines",
                line=line,
                row=1,
                col=column,
            )
        figure.add_scatter(
            x=first["budget"],
            y=chance[what],
            name="random order",
            legendgroup="random order",
            showlegend=column == 1,
            mode="lines",
            line={"color": REFERENCE_COLOUR, "width": 1.5, "dash": "dash"},
            row=1,
            col=column,
        )
    figure.update_xaxes(title="cases looked at (log scale)", type="log")
    figure.update_yaxes(range=[0, 1.03])
    figure.update_yaxes(title="share of those looked at", col=1)
    figure.update_yaxes(title="share of all wrong labels", col=2)
    figure = finish(figure, title, source=source)
    # Below the plots: above them the legend would cover the panels' titles.
    return figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin={"b": 100})


def attribution_by_region(table: pd.DataFrame, *, title: str, source: str) -> go.Figure:
    """Show how much more attribution than area falls on each region, a marker and its interval a method.

    Parameters
    ----------
    table : DataFrame
        Columns region, method, gain (share of attribution over share of area), low, high.
    """
    regions = list(dict.fromkeys(table["region"]))
    methods = list(dict.fromkeys(table["method"]))
    figure = go.Figure()
    for k, method in enumerate(methods):
        own = table[table["method"] == method]
        places = np.array([regions.index(region) for region in own["region"]])
        shift = (k - (len(methods) - 1) / 2) * 0.6 / max(len(methods), 1)
        bars = {"type": "data", "array": own["high"] - own["gain"], "arrayminus": own["gain"] - own["low"]}
        marker = {"color": CLASS_COLOURS[k % len(CLASS_COLOURS)], "size": 9}
        figure.add_scatter(
            x=own["gain"], y=places + shift, error_x=bars, mode="markers", name=method, marker=marker
        )
    figure.add_vline(x=1, line={"color": REFERENCE_COLOUR, "dash": "dash"})
    figure.update_xaxes(title="share of attribution ÷ share of area (1: no preference)", rangemode="tozero")
    figure.update_yaxes(
        tickvals=list(range(len(regions))),
        ticktext=regions,
        range=[len(regions) - 0.5, -0.5],
        automargin=True,
    )
    return finish(figure, title, source=source, height=120 + 75 * len(regions))


def occlusion_view(
    seen: NDArray,
    square: tuple[int, int, int],
    before: NDArray,
    after: NDArray,
    classes: Sequence[object],
    *,
    chosen: int,
    title: str,
    source: str,
    shown: int = 6,
) -> go.Figure:
    """Show what a network sees with a square covered, and its probabilities before and after.

    The square is a shape, which `fireanalysis.widgets.OcclusionExplorer` lets one drag.

    Parameters
    ----------
    seen : float (rows, columns)
        The network's input, standardised: 0 is the mean of the training part, and what covered points become.
    square : (int, int, int)
        First row, first column and edge in pixels; it may stick out.
    before, after : float (k,)
        Probability of each class, the picture whole and with the square covered.
    classes : sequence of length k
    chosen : int
        The class that is looked at: always shown, its name bold.
    shown : int
        So many classes, the most probable before or after.

    Raises
    ------
    DataError
        If there is not one probability of either kind a class.
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    if not before.shape == after.shape == (len(classes),):
        what = f"probabilities of shapes {before.shape} and {after.shape} for {len(classes)} classes"
        raise DataError(what, where="occlusion_view", do="pass one of either kind a class")
    likeliest = np.argsort(-np.maximum(before, after), kind="stable")
    listed = [chosen, *likeliest[likeliest != chosen][: shown - 1]]
    listed.sort(key=lambda k: before[k])  # bars go upwards
    figure = make_subplots(
        1,
        2,
        column_widths=[0.56, 0.44],
        horizontal_spacing=0.16,
        subplot_titles=["what the network sees", "probability"],
    )
    limits = robust_limits([seen], signed=True)
    add_picture(figure, coloured(seen, colours="RdBu", limits=limits), pixel_size_um=1000)
    add_colour_bar(figure, colours="RdBu", limits=limits, title="standard deviations from the mean")
    below = {"orientation": "h", "x": 0.235, "xanchor": "center", "len": 0.42}
    figure.data[-1].marker.colorbar.update(below | {"y": -0.17, "yanchor": "top", "title_side": "top"})
    top, left, edge = square
    figure.add_shape(
        type="rect",
        **{"x0": left, "x1": left + edge, "y0": top, "y1": top + edge},
        fillcolor="white",  # about that of 0 and opaque: what the network sees there, also while it is dragged
        line={"color": "black", "width": 2},
        row=1,
        col=1,
    )
    names = [f"<b>{classes[k]}</b>" if k == chosen else f"{classes[k]}" for k in listed]
    for name, values, colour in (
        ("square covered", after, CLASS_COLOURS[1]),
        ("whole", before, CLASS_COLOURS[0]),
    ):
        figure.add_bar(
            x=values[listed],
            y=names,
            orientation="h",
            name=name,
            marker_color=colour,
            text=[f"{value:.1%}" for value in values[listed]],
            textposition="outside",
            cliponaxis=False,
            row=1,
            col=2,
        )
    figure.update_xaxes(title="column (px)", col=1)
    figure.update_yaxes(title="row (px)", col=1)
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", tickvals=[0, 0.5, 1], fixedrange=True, col=2)
    figure.update_yaxes(fixedrange=True, col=2)
    figure.update_annotations(font_size=12)
    figure = finish(figure, title, source=source, height=430)
    legend = {"x": 0.64, "y": -0.14, "yanchor": "top", "traceorder": "reversed"}
    # A drag that misses the square shall not zoom.
    return figure.update_layout(legend=legend, margin_b=110, dragmode=False)


def _grid(
    pictures: Sequence[NDArray[np.uint8]],
    titles: Sequence[str],
    corners: Sequence[str],
    sizes_um: Sequence[float],
    columns: int,
    *,
    title: str,
    source: str,
) -> go.Figure:
    """Draw pictures in rows, with the colour bar of the tint; scales in millimetres below the last row."""
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    panel, gap = 640 // columns, 34
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=list(titles),
        horizontal_spacing=0.02,
        vertical_spacing=min(gap / (rows * (panel + gap)), 0.9 / max(rows - 1, 1)),
    )
    figure.update_annotations(font_size=11)
    for k, (picture, corner, size_um) in enumerate(zip(pictures, corners, sizes_um, strict=True)):
        row, column = k // columns + 1, k % columns + 1
        smaller = _smaller(picture)
        add_picture(figure, smaller, pixel_size_um=size_um / len(smaller), row=row, column=column)
        last = k + columns >= len(pictures)
        figure.update_xaxes(title_text="mm" if last else None, showticklabels=last, row=row, col=column)
        first = column == 1
        figure.update_yaxes(title_text="mm" if first else None, showticklabels=first, row=row, col=column)
        if corner:
            _in_corner(figure, corner, row=row, column=column)
    # The bar of a single row is too short for more than a word.
    add_colour_bar(figure, colours=TINTS, limits=(THRESHOLD, 1.0), title="attribution")
    return finish(figure, title, source=source, height=60 + rows * (panel + gap), legend=False)


def _in_corner(figure: go.Figure, text: str, *, row: int, column: int) -> None:
    figure.add_annotation(
        text=text,
        x=0.03,
        y=0.03,
        xref="x domain",
        yref="y domain",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12, "color": "white"},
        bgcolor="rgba(0, 0, 0, 0.65)",
        row=row,
        col=column,
    )


def _smaller(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    longest = max(picture.shape[:2])
    if longest <= PANEL_PIXELS:
        return picture
    height, width = (max(1, round(n * PANEL_PIXELS / longest)) for n in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _go_together(cases: Sequence, others: Sequence[Sequence], *, where: str) -> None:
    counts = [len(cases), *map(len, others)]
    if counts[0] == 0 or len(set(counts)) > 1:
        raise DataError(
            f"{counts[0]} surfaces and {counts[1:]} of the others do not go together",
            where=where,
            do="pass at least one case, and one of each a case",
        )
