"""Figures of the cartridge case notebooks: arrays in, one plotly Figure out."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from .raster import MEANINGS, add_colour_bar, add_map, coloured, png_uri, robust_limits
from .style import CLASS_COLOURS, MISSING_COLOUR, SIMULATED_COLOUR, finish


def brand_counts(
    brands: Sequence[str], cases: Sequence[int], *, populous: int = 21, source: str
) -> go.Figure:
    """Show how many cases each brand has, most first (paper: Fig. 7).

    Where the largest brand has a hundred times the cases of the smallest, or more, the axis is logarithmic.

    Parameters
    ----------
    brands, cases : sequences of equal length
        Names and numbers of cartridge cases, in any order.
    populous : int
        So many of the largest brands are set apart by colour.
    """
    order = np.argsort(-np.asarray(cases), kind="stable")
    names, counts = np.asarray(brands)[order], np.asarray(cases)[order]
    figure = go.Figure()
    for part, label, colour in (
        (slice(None, populous), f"the {populous} most populous", CLASS_COLOURS[0]),
        (slice(populous, None), f"the other {len(names) - populous}", CLASS_COLOURS[5]),
    ):
        figure.add_bar(x=names[part], y=counts[part], name=label, marker_color=colour)
    share = counts[:populous].sum() / counts.sum()
    figure.update_yaxes(title="cartridge cases", rangemode="tozero")
    if counts[0] >= 100 * counts[-1] > 0:
        figure.update_yaxes(type="log", dtick=1, title="cartridge cases (log scale)")
    figure.update_xaxes(title="brand", tickangle=-90, tickfont={"size": 8 if len(names) > 40 else 11})
    few = f"; {int((counts < 5).sum())} brands have fewer than five" if (counts < 5).any() else ""
    title = f"{counts.sum():,} cases of {len(names)} brands, {names[0]} most often"
    if len(names) > populous:
        title = f"{populous} of {len(names)} brands hold {share:.0%} of {counts.sum():,} cases{few}"
    return finish(figure, title, source=source, legend=len(names) > populous)


def case_head(
    heights_um: NDArray[np.float32],
    *,
    pixel_size_um: float,
    circle: tuple[float, float, float],
    crop_pixels: int,
    source: str,
) -> go.Figure:
    """Show a whole case head with the primer that was found and the square cut out of it.

    Parameters
    ----------
    heights_um : float32 (rows, columns)
        The case head, micrometres, NaN missing.
    circle : (row, column, radius)
        The primer, in pixels.
    crop_pixels : int
        Side of the square, in pixels.
    """
    figure = make_subplots(1, 1)
    limits = robust_limits([heights_um])
    add_map(figure, heights_um, colours="Viridis", limits=limits, pixel_size_um=pixel_size_um)
    row, column, radius = (v * pixel_size_um / 1000 for v in circle)
    half = crop_pixels * pixel_size_um / 2000
    line = {"color": CLASS_COLOURS[1], "width": 3}
    figure.add_shape(
        type="circle", x0=column - radius, x1=column + radius, y0=row - radius, y1=row + radius, line=line
    )
    dashed = {"color": "white", "width": 2, "dash": "dash"}
    figure.add_shape(
        type="rect", x0=column - half, x1=column + half, y0=row - half, y1=row + half, line=dashed
    )
    figure.update_xaxes(title="mm")
    figure.update_yaxes(title="mm")
    title = f"The primer is found (circle) and {crop_pixels} × {crop_pixels} px cut out (dashed)"
    return finish(figure, title, source=source, height=560, legend=False)


def region_map(
    heights_um: NDArray[np.float32],
    regions: NDArray[np.uint8],
    names: Mapping[int, str],
    *,
    pixel_size_um: float,
    source: str,
) -> go.Figure:
    """Show which region of the primer each point belongs to, beside the heights.

    Parameters
    ----------
    regions : uint8 (rows, columns)
        A key of `names` at each point.
    names : mapping of int to str
    """
    figure = make_subplots(1, 2, subplot_titles=["height", "region"], horizontal_spacing=0.08)
    grey = coloured(heights_um, colours="Greys_r", limits=robust_limits([heights_um]))
    add_map(
        figure, heights_um, colours="Viridis", limits=robust_limits([heights_um]), pixel_size_um=pixel_size_um
    )
    tinted = grey.astype(np.float32)
    for value, name in names.items():
        if not (regions == value).any():
            continue
        # 0 is no region: its grey is no neighbour of any region's colour
        colour = CLASS_COLOURS[value % len(CLASS_COLOURS)] if value else MISSING_COLOUR
        rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], np.float32)
        tinted[regions == value] = 0.45 * tinted[regions == value] + 0.55 * rgb
        marker = {"color": colour, "size": 12, "symbol": "square"}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=name, row=1, col=2)
    step_mm = pixel_size_um / 1000
    picture = go.Image(
        source=png_uri(tinted.astype(np.uint8)), x0=step_mm / 2, dx=step_mm, y0=step_mm / 2, dy=step_mm
    )
    figure.add_trace(picture, row=1, col=2)
    side = heights_um.shape[0] * step_mm
    figure.update_xaxes(range=[0, heights_um.shape[1] * step_mm], constrain="domain", title="mm")
    figure.update_yaxes(range=[side, 0], constrain="domain")
    figure.update_yaxes(title="mm", col=1)
    figure = finish(figure, "Where on the primer the marks of a firearm are", source=source, height=480)
    return figure.update_layout(legend={"y": -0.18, "yanchor": "top"}, margin={"b": 110})


def normalisation(
    raw: NDArray, per_image: NDArray, per_set: NDArray, *, source: str, levels: int = 256
) -> go.Figure:
    """Show the values of one set of maps as 8-bit levels of the raw range, and after two normalisations.

    Parameters
    ----------
    raw : float array
        Heights, micrometres; the 8-bit levels run from the least to the greatest of them.
    per_image, per_set : float arrays
        The same points in standard deviations of their own map, and of the whole set.
    """
    titles = [f"raw, as {levels} grey levels", "normalised by image", "normalised by set"]
    figure = make_subplots(1, 3, subplot_titles=titles, horizontal_spacing=0.08)
    measured = raw[np.isfinite(raw)]
    grey = (measured - measured.min()) / max(float(np.ptp(measured)), 1e-9) * (levels - 1)
    for column, (values, ends) in enumerate(
        ((grey, (0, levels - 1)), (per_image, (-4, 4)), (per_set, (-4, 4))), start=1
    ):
        kept = values[np.isfinite(values)]
        share, edges = np.histogram(np.clip(kept, *ends), bins=64, range=ends)
        colour = CLASS_COLOURS[column - 1]
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2, y=share / kept.size, marker_color=colour, row=1, col=column
        )
        figure.update_xaxes(title="grey level" if column == 1 else "standard deviations", row=1, col=column)
    figure.update_yaxes(title="share of points", col=1)
    figure.update_layout(bargap=0)
    middle = np.percentile(grey, [25, 75])
    title = f"Half of all points lie within {np.ptp(middle):.0f} of {levels} grey levels before normalisation"
    return finish(figure, title, source=source, height=360, legend=False)


def spectra(curves: Mapping[str, Sequence[tuple[NDArray, NDArray]]], *, title: str) -> go.Figure:
    """Show radially averaged power spectra of sets of surfaces: median and 5–95 % range over a set.

    Parameters
    ----------
    curves : mapping of str to sequence of (frequency, power)
        One pair of arrays a surface, per millimetre and µm² mm²; a set whose name holds "simulated" gets the
        colour of simulated data.
    """
    grid = np.geomspace(1, 20, 40)
    sets = {}
    for name, pairs in curves.items():
        kept = [(np.log(f[p > 0]), np.log10(p[p > 0])) for f, p in pairs]
        logs = [np.interp(np.log(grid), f, p, left=np.nan, right=np.nan) for f, p in kept]
        sets[name] = 10 ** np.array(logs)
    figure = _bands(grid, sets)
    figure.update_xaxes(type="log", title="spatial frequency (per mm)", tickvals=[1, 2, 5, 10, 20])
    figure.update_yaxes(type="log", title="power density (µm² mm²)", exponentformat="power", dtick=1)
    return finish(figure, title)


def shape_index_histograms(shares: Mapping[str, NDArray], *, title: str) -> go.Figure:
    """Show how the shape index is spread over sets of surfaces: median and 5–95 % range over a set.

    Parameters
    ----------
    shares : mapping of str to float (surfaces, bins)
        Share of points in bins of equal width from −1 to 1.
    """
    (bins,) = {np.shape(share)[1] for share in shares.values()}
    figure = _bands((np.arange(bins) + 0.5) * 2 / bins - 1, shares)
    figure.update_xaxes(title="shape index: bowl −1, rut −0.5, saddle 0, ridge 0.5, dome 1")
    figure.update_yaxes(title="share of points", rangemode="tozero")
    return finish(figure, title)


def _bands(x: NDArray, sets: Mapping[str, NDArray]) -> go.Figure:
    """Draw median and 5–95 % range of several curves (curves, points) for each set."""
    figure = go.Figure()
    for k, (name, curves) in enumerate(sets.items()):
        colour = _set_colour(name, k)
        low, middle, high = np.nanpercentile(curves, [5, 50, 95], axis=0)
        band = f"rgba{(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), 0.18)}"
        around = {"x": np.r_[x, x[::-1]], "y": np.r_[low, high[::-1]], "line": {"width": 0}}
        figure.add_scatter(**around, fill="toself", fillcolor=band, hoverinfo="skip", showlegend=False)
        figure.add_scatter(x=x, y=middle, name=f"{name}: median, 5–95 %", line={"color": colour})
    return figure


def _set_colour(name: str, number: int) -> str:
    """Give simulated sets one colour of their own, real ones others."""
    others = [colour for colour in CLASS_COLOURS if colour != SIMULATED_COLOUR]
    return SIMULATED_COLOUR if "simulated" in name else others[number % len(others)]


def statistics_strips(
    table: pd.DataFrame, *, columns: Mapping[str, str], title: str, log: Sequence[str] = ()
) -> go.Figure:
    """Show one dot a surface for several statistics, sets side by side.

    Parameters
    ----------
    table : DataFrame
        One row a surface: ``set`` and the statistics.
    columns : mapping of str to str
        Column of `table` → what the axis says, with its unit.
    log : sequence of str
        Columns on a logarithmic axis.
    """
    figure = make_subplots(1, len(columns), subplot_titles=list(columns.values()), horizontal_spacing=0.1)
    for k, column in enumerate(columns, start=1):
        for j, (name, part) in enumerate(table.groupby("set", sort=False)):
            colour = _set_colour(str(name), j)
            figure.add_box(
                y=part[column],
                name=str(name),
                marker={"color": colour, "size": 4},
                boxpoints="all",
                jitter=0.5,
                pointpos=0,
                line={"width": 1},
                fillcolor="rgba(0,0,0,0)",
                row=1,
                col=k,
            )
        if column in log:
            figure.update_yaxes(type="log", dtick="D2", row=1, col=k)
    figure.update_xaxes(tickangle=-25)
    figure.update_annotations(font_size=12)
    return finish(figure, title, legend=False, height=430)


def curve(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    *,
    title: str,
    x_axis: str,
    y_axis: str,
    intervals: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    source: str | None,
) -> go.Figure:
    """Show one or more quantities over a parameter, one marked line each.

    Parameters
    ----------
    intervals : mapping of str to sequence of (low, high), optional
        Error bars of the lines named.
    """
    figure = go.Figure()
    for k, (name, values) in enumerate(lines.items()):
        style = {"color": CLASS_COLOURS[k % len(CLASS_COLOURS)]}
        bars = None
        if intervals and name in intervals:
            low, high = np.abs(np.array(intervals[name]).T - np.asarray(values, float))
            bars = {"type": "data", "array": list(high), "arrayminus": list(low), "thickness": 1.2}
        figure.add_scatter(
            x=list(x), y=list(values), name=name, mode="lines+markers", line=style, error_y=bars
        )
    figure.update_xaxes(title=x_axis)
    figure.update_yaxes(title=y_axis, rangemode="tozero")
    return finish(figure, title, source=source)


def surface_views(
    heights_um: NDArray,
    index: NDArray,
    brightness: NDArray,
    *,
    pixel_size_um: float,
    sigma: float,
    light_deg: tuple[float, float],
    name: str,
    source: str,
    corner_mm: tuple[float, float] = (0.0, 0.0),
) -> go.Figure:
    """Show a piece of a surface three times: its heights, its shape index, and as it looks under one light.

    Parameters
    ----------
    heights_um, index, brightness : float (rows, columns)
        Micrometres, shape index in [-1, 1], and share of full brightness; NaN is missing or, in the index, flat.
    sigma : float
        The index's Gaussian's standard deviation in pixels; the title says it in micrometres.
    light_deg : (float, float)
        Azimuth and elevation of the light, for the heading.
    corner_mm : (float, float)
        Where on the whole surface the piece begins: down, across.
    """
    headings = ["height", f"shape index, σ = {sigma:g} px", "light from {:g}°, {:g}° high".format(*light_deg)]
    figure = make_subplots(1, 3, subplot_titles=headings, horizontal_spacing=0.05, shared_yaxes=True)
    views = {"height": heights_um, "shape index": index, "brightness": brightness}
    for column, (meaning, values) in enumerate(views.items(), start=1):
        colours, fixed, bar = MEANINGS[meaning]
        limits = fixed or robust_limits([values])
        add_map(
            figure,
            values,
            colours=colours,
            limits=limits,
            pixel_size_um=pixel_size_um,
            column=column,
            corner_mm=corner_mm,
        )
        add_colour_bar(figure, colours=colours, limits=limits, title=bar, column=column)
        below = {"orientation": "h", "x": 0.35 * column - 0.2, "xanchor": "center", "len": 0.28}
        below |= {"y": -0.2, "yanchor": "top", "title_side": "top"}
        figure.data[-1].marker.colorbar.update(below)
    # A part that is zoomed into is the same part in all three.
    figure.update_xaxes(title="mm", matches="x")
    figure.update_yaxes(title="mm", col=1)
    figure.update_annotations(font_size=12)
    measured = np.isfinite(heights_um)
    undefined = np.isnan(index[measured]).mean() if measured.any() else 1.0
    scale = f"curvature at a scale of {sigma * pixel_size_um:.0f} µm"
    figure = finish(
        figure,
        f"{name}: {scale}; {undefined:.1%} of points undefined",
        source=source,
        height=390,
        legend=False,
    )
    return figure.update_layout(margin_b=105)
