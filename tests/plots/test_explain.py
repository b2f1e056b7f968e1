import base64

import cv2
import numpy as np
import pandas as pd
import plotly.colors
import pytest
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.explain import found_at_budget
from fireanalysis.plots import (
    attribution_by_region,
    attribution_examples,
    attribution_rows,
    found_labels,
    occlusion_view,
)
from fireanalysis.plots.explain import THRESHOLD, TINTS, shaded, tinted
from fireanalysis.transforms import render_lights

PLAIN = {"pixel_size_um": 25.0, "title": "t", "source": "simulated"}


def bump(pixels: int = 40) -> NDArray[np.float32]:
    y, x = np.mgrid[-1 : 1 : pixels * 1j, -1 : 1 : pixels * 1j]
    return (60 * np.exp(-6 * (x**2 + y**2))).astype(np.float32)


def decoded(source: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_light_comes_from_the_upper_left_and_missing_points_are_grey() -> None:
    surface = bump()
    surface[0, 0] = np.nan
    picture = shaded(surface, pixel_size_um=25.0)
    assert picture.shape == (40, 40, 3) and picture.dtype == np.uint8
    assert picture[13, 13, 0] > 200 and picture[26, 26, 0] < 60  # towards the light, away from it
    assert tuple(picture[0, 0]) == (217, 217, 217)
    direction = np.array([[-1, -1, np.sqrt(2)]])  # x right, y down, 45° high
    brightness = render_lights(surface, pixel_size_um=25.0, lights=direction)[0]
    seen = np.isfinite(brightness)
    assert (
        np.corrcoef(brightness[seen], picture[..., 0][seen])[0, 1] > 0.95
    )  # levelled and clipped, else the same


def test_only_high_attribution_is_tinted_in_the_bar_s_colours() -> None:
    grey = np.full((10, 10, 3), 100, np.uint8)
    attribution = np.zeros((10, 10), np.float32)
    attribution[2:5, 2:5], attribution[7, 7], attribution[0] = 4.0, THRESHOLD * 4 * 0.9, -9.0
    picture = tinted(grey, attribution)
    greatest = np.array(plotly.colors.unlabel_rgb(plotly.colors.sample_colorscale(TINTS, [1.0])[0]))
    assert np.abs(picture[3, 3] - (0.3 * 100 + 0.7 * greatest)).max() <= 1
    assert (picture[7, 7] == 100).all() and (picture[0] == 100).all()
    assert np.array_equal(tinted(grey, 1000 * attribution), picture)  # its own scale for each map


def test_a_map_without_attribution_leaves_the_surface_as_it_is() -> None:
    grey = np.full((10, 10, 3), 100, np.uint8)
    assert np.array_equal(tinted(grey, np.zeros((5, 5))), grey)
    assert np.array_equal(tinted(grey, np.full((5, 5), -1.0)), grey)


def test_a_coarse_map_is_brought_to_the_surface_s_size() -> None:
    coarse = np.zeros((4, 4))
    coarse[0, 3] = 1.0
    picture = tinted(np.full((80, 80, 3), 100, np.uint8), coarse).astype(int)
    changed = np.abs(picture - 100).max(axis=2) > 0
    assert changed[:15, 65:].all() and not changed[40:].any() and not changed[:, :40].any()


def test_rows_show_each_case_untinted_and_by_every_method() -> None:
    maps = {"one": [np.eye(10), np.eye(10)], "two": [np.ones((10, 10)), np.ones((10, 10))]}
    figure = attribution_rows([bump(), bump()], maps, ["F01", "F02"], **PLAIN)
    images = [trace for trace in figure.data if trace.type == "image"]
    assert len(images) == 6
    assert np.array_equal(decoded(images[0].source), shaded(bump(), pixel_size_um=25.0))
    assert [a.text for a in figure.layout.annotations] == ["F01", "one", "two", "F02", "one", "two"]
    assert figure.layout.xaxis.range == (0, 1.0)
    assert "simulated data" in figure.layout.title.text


def test_examples_have_the_wrong_prediction_in_the_corner() -> None:
    surfaces, maps = [bump()] * 6, [np.eye(10)] * 6
    corners = ["", "", "", "F08", "", ""]
    figure = attribution_examples(surfaces, maps, list("abcdef"), corners, **PLAIN | {"source": "real"})
    (corner,) = [a for a in figure.layout.annotations if a.bgcolor]
    assert corner.text == "F08"
    assert (corner.xref, corner.yref) == ("x4 domain", "y4 domain")
    assert corner.x < 0.1 and corner.y < 0.1
    assert "real data" in figure.layout.title.text


def test_large_surfaces_stay_light_and_keep_their_scale() -> None:
    figure = attribution_examples([bump(736)] * 4, [np.eye(46)] * 4, list("abcd"), [""] * 4, **PLAIN)
    image = figure.data[0]
    picture = decoded(image.source)
    assert max(picture.shape) <= 224
    assert picture.shape[1] * image.dx == pytest.approx(736 * 0.025)
    assert len(figure.to_json()) < 400_000


def test_search_for_wrong_labels_beside_a_random_order() -> None:
    wrong = np.array([True, False, True, False])
    table = found_at_budget(wrong, [4.0, 3.0, 2.0, 1.0])
    figure = found_labels({"a": table, "b": table}, wrong_share=0.5, title="t", source="simulated")
    lines = {(trace.name, trace.yaxis): np.array(trace.y) for trace in figure.data}
    np.testing.assert_allclose(lines["a", "y"], [1, 0.5, 2 / 3, 0.5])
    np.testing.assert_allclose(lines["a", "y2"], [0.5, 0.5, 1, 1])
    np.testing.assert_allclose(lines["random order", "y"], 0.5)
    np.testing.assert_allclose(lines["random order", "y2"], [0.25, 0.5, 0.75, 1])
    assert sum(trace.showlegend for trace in figure.data) == 3


def test_gain_by_region_has_its_interval_and_no_overlap() -> None:
    table = pd.DataFrame(
        {
            "region": ["pin", "pin", "face", "face"],
            "method": ["cam", "occlusion"] * 2,
            "gain": [2.0, 3.0, 1.0, 0.5],
            "low": [1.5, 2.0, 0.9, 0.1],
            "high": [2.5, 5.0, 1.1, 0.6],
        }
    )
    figure = attribution_by_region(table, title="t", source="simulated")
    cam, occlusion = figure.data
    assert list(occlusion.x) == [3.0, 0.5]
    np.testing.assert_allclose(occlusion.error_x.array, [2.0, 0.1])
    np.testing.assert_allclose(occlusion.error_x.arrayminus, [1.0, 0.4])
    assert len({*cam.y, *occlusion.y}) == 4
    assert list(figure.layout.yaxis.ticktext) == ["pin", "face"]


def test_what_does_not_go_together_is_refused() -> None:
    for call in (
        lambda: attribution_rows([], {"a": []}, [], **PLAIN),
        lambda: attribution_rows([bump()], {"a": [np.eye(4)] * 2}, ["x"], **PLAIN),
        lambda: attribution_examples([bump()], [np.eye(4)], ["x"], [], **PLAIN),
    ):
        with pytest.raises(DataError, match="do not go together"):
            call()
    for one in (np.full((4, 4), np.nan), np.ones(4)):
        with pytest.raises(DataError, match="finite numbers in two dimensions"):
            tinted(np.zeros((8, 8, 3), np.uint8), one)


def test_occlusion_covers_pixels_of_the_picture_and_shows_the_likeliest_classes() -> None:
    seen = np.linspace(-1, 1, 48).reshape(6, 8)
    before = np.array([0.5, 0.3, 0.1, 0.08, 0.02])
    after = np.array([0.1, 0.15, 0.05, 0.1, 0.6])
    figure = occlusion_view(
        seen, (1, 2, 3), before, after, list("ABCDE"), chosen=2, title="t", source="simulated", shown=4
    )
    image, _, covered, whole = figure.data
    assert decoded(image.source).shape == (6, 8, 3)
    assert (image.x0, image.y0, image.dx, image.dy) == (0.5, 0.5, 1, 1)
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == (2, 5, 1, 4)
    assert (shape.xref, shape.yref) == ("x", "y")
    # The chosen class and the three with most before or after; the likeliest before on top, which is last.
    assert list(whole.y) == list(covered.y) == ["E", "<b>C</b>", "B", "A"]
    assert (whole.name, list(whole.x)) == ("whole", [0.02, 0.1, 0.3, 0.5])
    assert (covered.name, list(covered.x)) == ("square covered", [0.6, 0.05, 0.15, 0.1])
    assert list(whole.text) == ["2.0%", "10.0%", "30.0%", "50.0%"]
    assert "simulated data" in figure.layout.title.text


def test_occlusion_needs_a_probability_of_either_kind_a_class() -> None:
    with pytest.raises(DataError, match="for 2 classes"):
        occlusion_view(
            np.eye(4), (0, 0, 2), np.ones(3), np.ones(2), ["A", "B"], chosen=0, title="t", source="real"
        )
