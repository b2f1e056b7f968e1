"""Figures of watched video: what was found when, alarms in vain, how fast, and one frame by several networks."""

from collections.abc import Mapping

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fireanalysis.errors import DataError

from .raster import add_colour_bar, coloured, jpeg_uri
from .segmentation_masks import FATES, tinted_mask
from .style import CLASS_COLOURS, MISSING_COLOUR, REFERENCE_COLOUR, finish

VIEWS = ("mask", "outline", "probability")
"""What `mask_views` lays over a frame."""
_VIEW_PIXELS = 640  # longer side of a panel: two beside each other on a page
_PROBABILITY = "Viridis"


def alarm_timeline(
    videos: Mapping[str, pd.DataFrame], *, least_px: int, successive: int, title: str, source: str
) -> go.Figure:
    """Show the largest right and wrong region of every frame over time, and when an alarm is raised.

    Parameters
    ----------
    videos : mapping of str to DataFrame
        Name → one row a frame: time_s, appearance (0 where no firearm is seen), right_px and wrong_px (largest
        regions), raised (bool: an alarm is raised at this frame).
    least_px : int
        From this size on a region is a detection, as a line.
    successive : int
        Detections in a row that raise an alarm, for the legend.

    Raises
    ------
    DataError
        If there is no video, or one lacks a column or has no frame.
    """
    _check(videos, ["time_s", "appearance", "right_px", "wrong_px", "raised"], where="alarm_timeline")
    figure = make_subplots(len(videos), 1, subplot_titles=list(videos), vertical_spacing=0.3 / len(videos))
    for row, table in enumerate(videos.values(), start=1):
        first = row == 1
        for column, fate, name in (("right_px", "hit", "on the firearm"), ("wrong_px", "false", "elsewhere")):
            figure.add_scatter(
                x=table["time_s"],
                y=table[column],
                mode="lines+markers",
                line={"color": FATES[fate], "width": 1.5},
                marker={"size": 4},
                name=f"largest region {name}",
                legendgroup=name,
                showlegend=first,
                row=row,
                col=1,
            )
        raised = table[table["raised"]]
        # A legend shows what has a point, if only one that is nowhere.
        nowhere = [None] if raised.empty else []
        figure.add_scatter(
            x=[*raised["time_s"], *nowhere],
            y=[*raised[["right_px", "wrong_px"]].max(axis=1), *nowhere],
            mode="markers",
            marker={"symbol": "triangle-down", "size": 13, "color": CLASS_COLOURS[6]},
            name=f"alarm raised ({successive} in a row)",
            legendgroup="alarm",
            showlegend=first,
            row=row,
            col=1,
        )
        figure.add_hline(
            least_px, line={"color": REFERENCE_COLOUR, "width": 1, "dash": "dot"}, row=row, col=1
        )
        _add_spans(figure, table, row)
    grey = {"color": MISSING_COLOUR, "size": 11, "symbol": "square"}
    figure.add_scatter(x=[None], y=[None], mode="markers", marker=grey, name="a firearm is seen")
    figure.update_yaxes(title="pixels", rangemode="tozero")
    figure.update_xaxes(title="time (s)", row=len(videos), col=1)
    figure.update_annotations(font_size=12)
    height = 120 + 150 * len(videos)
    figure = finish(figure, title, source=source, height=height)
    return figure.update_layout(legend={"y": -60 / height, "yanchor": "top"}, margin={"b": 120})


def _add_spans(figure: go.Figure, table: pd.DataFrame, row: int) -> None:
    half = table["time_s"].diff().median() / 2 if len(table) > 1 else 0.5
    for number, part in table.groupby("appearance"):
        if number:
            ends = part["time_s"].min() - half, part["time_s"].max() + half
            figure.add_vrect(*ends, fillcolor=MISSING_COLOUR, line_width=0, layer="below", row=row, col=1)


def operating_curves(
    curves: Mapping[str, pd.DataFrame],
    *,
    title: str,
    source: str,
    chosen: Mapping[str, pd.Series] | None = None,
) -> go.Figure:
    """Show appearances found against false alarms an hour: of each curve the settings that no other one beats.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Name → rows of `fireanalysis.metrics.alarm_curve`.
    chosen : mapping of str to Series, optional
        Name → one of its rows, drawn with the ends of both intervals.

    Raises
    ------
    DataError
        If there is no curve, or one lacks a column or has no row.
    """
    _check(curves, ["an_hour", "recall", "threshold", "least_px", "successive"], where="operating_curves")
    figure = go.Figure()
    for k, (name, curve) in enumerate(curves.items()):
        best = curve.sort_values(["an_hour", "recall"], ascending=[True, False])
        best = best[best["recall"] > best["recall"].shift(fill_value=-1.0).cummax()]
        says = [
            f"probability {p:g}, {a:g} px, {n:g} in a row"
            for p, a, n in best[["threshold", "least_px", "successive"]].to_numpy()
        ]
        figure.add_scatter(
            x=best["an_hour"],
            y=100 * best["recall"],
            text=says,
            mode="lines+markers",
            line={"color": CLASS_COLOURS[k % len(CLASS_COLOURS)], "shape": "hv"},
            name=name,
        )
    for name, one in (chosen or {}).items():
        figure.add_scatter(
            x=[one["an_hour"]],
            y=[100 * one["recall"]],
            error_x=_ends(one["an_hour"], one["an_hour_low"], one["an_hour_high"]),
            error_y=_ends(100 * one["recall"], 100 * one["recall_low"], 100 * one["recall_high"]),
            mode="markers",
            marker={"size": 12, "symbol": "diamond", "color": CLASS_COLOURS[6]},
            name=name,
        )
    figure.update_xaxes(title="false alarms an hour", rangemode="tozero")
    figure.update_yaxes(title="appearances found (%)", range=[-3, 103])
    figure = finish(figure, title, source=source)
    return figure.update_layout(legend={"y": -0.22, "yanchor": "top"}, margin={"b": 110})


def speed_bars(table: pd.DataFrame, *, a_frame: Mapping[str, int], title: str) -> go.Figure:
    """Show how many frames a second a network can look at, by the way it computes.

    Parameters
    ----------
    table : DataFrame
        From `fireanalysis.training.measure_speed`.
    a_frame : mapping of str to int
        How a frame is looked at → tiles that takes.

    Raises
    ------
    DataError
        If the table has no row or lacks a column.
    """
    _check({"table": table}, ["way", "tiles_a_second"], where="speed_bars")
    figure = go.Figure()
    for k, (name, tiles) in enumerate(a_frame.items()):
        rate = table["tiles_a_second"] / tiles
        figure.add_bar(
            x=rate,
            y=table["way"],
            orientation="h",
            text=[f"{one:.3g}" for one in rate],
            textposition="outside",
            cliponaxis=False,
            marker_color=CLASS_COLOURS[k],
            name=f"{name} ({tiles} tile{'s' if tiles > 1 else ''})",
        )
    figure.update_xaxes(title="frames a second", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", automargin=True)
    height = 110 + 34 * len(table) * len(a_frame)
    figure = finish(figure, title, height=height)
    return figure.update_layout(margin={"r": 50})


def mask_views(
    image: NDArray[np.uint8],
    said: Mapping[str, NDArray],
    *,
    threshold: float,
    title: str,
    source: str,
    view: str = "mask",
    truth: NDArray[np.bool_] | None = None,
) -> go.Figure:
    """Show what several networks find in one frame, side by side.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    said : mapping of str to float (h, w)
        Network → probabilities.
    threshold : float
        A pixel is foreground from this probability on.
    view : str
        One of `VIEWS`: tinted pixels, their outline, or the probability itself.
    truth : bool (h, w), optional
        Then hits, false and missed pixels differ in colour; otherwise all that is found has the colour of the false.

    Raises
    ------
    DataError
        If there is no network, a shape differs, or the view is unknown.
    """
    shapes = {
        image.shape[:2],
        *(one.shape for one in said.values()),
        *(() if truth is None else (truth.shape,)),
    }
    if not said or len(shapes) > 1 or view not in VIEWS:
        what = f"{len(said)} networks, shapes {sorted(shapes)}, view {view!r}"
        do = f"pass arrays of the frame's shape, and one of {', '.join(VIEWS)}"
        raise DataError(what, where="mask_views", do=do)
    figure = make_subplots(1, len(said), subplot_titles=list(said), horizontal_spacing=0.02)
    for column, probabilities in enumerate(said.values(), start=1):
        picture = _viewed(image, probabilities, threshold, view, truth)
        figure.add_trace(go.Image(source=jpeg_uri(_small(picture)), hoverinfo="skip"), row=1, col=column)
    figure.update_xaxes(showticklabels=False, ticks="")
    figure.update_yaxes(showticklabels=False, ticks="")
    if view == "probability":
        add_colour_bar(figure, colours=_PROBABILITY, limits=(0, 1), title="probability")
    else:
        known = FATES if truth is not None else {"found": FATES["false"]}
        for fate, colour in known.items():
            square = {"color": colour, "size": 11, "symbol": "square"}
            figure.add_scatter(x=[None], y=[None], mode="markers", marker=square, name=f"{fate} pixels")
    figure.update_annotations(font_size=12)
    shape = image.shape[0] / image.shape[1]
    figure = finish(figure, title, source=source, height=90 + round(660 / len(said) * shape))
    return figure.update_layout(legend={"y": -0.02, "yanchor": "top"}, margin={"b": 50})


def _viewed(
    image: NDArray[np.uint8],
    probabilities: NDArray,
    threshold: float,
    view: str,
    truth: NDArray[np.bool_] | None,
) -> NDArray[np.uint8]:
    if view == "probability":
        return coloured(probabilities, colours=_PROBABILITY, limits=(0, 1))
    mask = probabilities >= threshold
    true = np.zeros_like(mask) if truth is None else truth
    tinted = tinted_mask(image, true, mask)
    if view == "mask":
        return tinted
    inner = np.ones((3, 3), np.uint8)
    edges = [
        one ^ (cv2.erode(one.astype(np.uint8), inner) > 0)
        for one in (true & mask, mask & ~true, true & ~mask)
    ]
    shown, edge = image.copy(), edges[0] | edges[1] | edges[2]
    shown[edge] = tinted_mask(np.zeros_like(image), true, mask)[edge]
    return shown


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _VIEW_PIXELS / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ends(value: float, low: float, high: float) -> dict:
    return {
        "type": "data",
        "array": [high - value],
        "arrayminus": [value - low],
        "thickness": 1.2,
        "width": 4,
    }


def _check(tables: Mapping[str, pd.DataFrame], columns: list[str], *, where: str) -> None:
    if not tables or any(table.empty or not set(columns) <= set(table) for table in tables.values()):
        what = f"{len(tables)} tables; each needs rows and the columns {', '.join(columns)}"
        raise DataError(what, where=where, do="pass what the docstring names")
