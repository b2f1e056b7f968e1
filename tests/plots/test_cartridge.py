import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from fireanalysis import plots
from fireanalysis.plots.style import MISSING_COLOUR


def test_brand_counts_are_sorted_and_the_share_is_that_of_the_largest() -> None:
    figure = plots.brand_counts(["a", "b", "c"], [10, 80, 10], populous=1, source="real")
    first, rest = figure.data
    assert (list(first.x), list(first.y)) == (["b"], [80])
    assert list(rest.y) == [10, 10]
    assert "1 of 3 brands hold 80% of 100 cases" in figure.layout.title.text.replace("<br>", " ")


@pytest.mark.parametrize(("smallest", "scale"), [(1, "log"), (2, None), (0, None)])
def test_brand_counts_take_a_log_axis_only_where_counts_span_two_powers_of_ten(smallest, scale) -> None:
    axis = plots.brand_counts(["a", "b"], [100, smallest], source="real").layout.yaxis
    assert axis.type == scale
    assert ("log" in axis.title.text) == (scale == "log")


def test_normalisation_counts_grey_levels_of_the_raw_range() -> None:
    raw = np.array([0.0, 100.0, 100.0, 100.0, np.nan])
    figure = plots.normalisation(raw, raw / 50, raw / 60, source="simulated")
    assert figure.data[0].y[-1] == 0.75  # three of four measured points in the last bin
    assert all(np.isclose(trace.y.sum(), 1) for trace in figure.data)


def test_region_map_names_only_regions_that_are_there() -> None:
    regions = np.zeros((6, 6), np.uint8)
    regions[2:4, 2:4] = 2
    names = {0: "none", 1: "face", 2: "pin"}
    figure = plots.region_map(
        np.zeros((6, 6), np.float32), regions, names, pixel_size_um=10.0, source="simulated"
    )
    assert [trace.name for trace in figure.data if trace.name] == ["none", "pin"]
    assert figure.data[1].marker.color == MISSING_COLOUR  # no region has the colour of none


def test_spectra_of_a_power_law_is_a_straight_line() -> None:
    frequency = np.geomspace(0.5, 40, 32)
    figure = plots.spectra({"real": [(frequency, frequency**-2.0)] * 3}, title="t")
    line = figure.data[1]
    slope = np.diff(np.log(line.y)) / np.diff(np.log(line.x))
    np.testing.assert_allclose(slope, -2, atol=0.01)


def test_statistics_strips_have_one_box_a_set_and_a_log_axis_where_asked() -> None:
    table = pd.DataFrame({"set": ["real", "simulated"] * 3, "a": np.arange(1.0, 7), "b": np.arange(6.0)})
    figure = plots.statistics_strips(table, columns={"a": "a (µm)", "b": "b"}, title="t", log=["a"])
    assert [trace.name for trace in figure.data] == ["real", "simulated"] * 2
    assert figure.data[0].marker.color != figure.data[1].marker.color
    assert (figure.layout.yaxis.type, figure.layout.yaxis2.type) == ("log", None)


def views(heights: np.ndarray, index: np.ndarray, **options) -> go.Figure:
    look = {"pixel_size_um": 10.0, "sigma": 2.0, "light_deg": (225.0, 45.0), "name": "n", "source": "real"}
    return plots.surface_views(heights, index, np.zeros(heights.shape), **look | options)


def test_surface_views_count_undefined_points_among_measured_ones() -> None:
    heights = np.ones((10, 10), np.float32)
    heights[0] = np.nan
    index = np.where(np.isnan(heights), np.nan, 0.5)
    index[1:4] = np.nan  # 30 of the 90 measured points
    text = views(heights, index).layout.title.text.replace("<br>", " ")
    assert "33.3% of points undefined" in text
    assert "20 µm" in text
    assert "real data" in text
    assert "100.0% of points undefined" in views(
        np.full((4, 4), np.nan), np.full((4, 4), np.nan)
    ).layout.title.text.replace("<br>", " ")


def test_surface_views_are_three_pictures_of_one_place() -> None:
    figure = views(np.eye(20, 40), np.zeros((20, 40)), corner_mm=(1.0, 3.0))
    images = [trace for trace in figure.data if trace.type == "image"]
    assert len({image.source for image in images}) == 3
    for image in images:
        assert (image.x0, image.y0) == pytest.approx((3.005, 1.005))  # the middle of the first point
    for axis in ("", "2", "3"):
        assert figure.layout[f"xaxis{axis}"].range == pytest.approx((3.0, 3.4))
        assert figure.layout[f"xaxis{axis}"].matches == "x"
        assert figure.layout[f"yaxis{axis}"].range == pytest.approx((1.2, 1.0))
    bars = {
        trace.marker.colorbar.title.text: trace.marker for trace in figure.data if trace.type == "scatter"
    }
    assert set(bars) == {"height (µm)", "shape index", "brightness"}
    assert (bars["shape index"].cmin, bars["shape index"].cmax) == (-1, 1)


def test_shape_index_bins_run_from_minus_one_to_one() -> None:
    figure = plots.shape_index_histograms({"simulated": np.full((3, 4), 0.25)}, title="t")
    np.testing.assert_allclose(figure.data[1].x, [-0.75, -0.25, 0.25, 0.75])
    assert "simulated" in figure.data[1].name
