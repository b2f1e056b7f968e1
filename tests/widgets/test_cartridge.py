import base64

import cv2
import numpy as np
import plotly.graph_objects as go
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import Surface
from fireanalysis.plots.raster import coloured, robust_limits
from fireanalysis.transforms import render_lights, shape_index, shrink
from fireanalysis.widgets import ShapeIndexExplorer


def rough(name: str, side: int = 80) -> Surface:
    heights = np.random.default_rng(len(name)).normal(size=(side, side)).astype(np.float32)
    return Surface(heights, pixel_size_um=20.0, name=name, source="simulated")


@pytest.fixture
def explorer() -> ShapeIndexExplorer:
    return ShapeIndexExplorer([rough("first"), rough("second")], sigma=2.0)


def pictures(figure: go.Figure) -> list[np.ndarray]:
    """Height, shape index and brightness, as pictures (rows, columns, RGB)."""
    sources = [trace.source for trace in figure.data if trace.type == "image"]
    buffers = [np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8) for source in sources]
    return [cv2.cvtColor(cv2.imdecode(one, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB) for one in buffers]


def red_blue(index: np.ndarray) -> np.ndarray:
    return coloured(index, colours="RdBu", limits=(-1, 1))


def test_each_control_changes_what_is_shown(explorer: ShapeIndexExplorer) -> None:
    seen = [[trace.source for trace in explorer.figure.data if trace.type == "image"]]
    for control, value in (
        (explorer.scan, 1),
        (explorer.sigma, 4.0),
        (explorer.resolution, "half"),
        (explorer.down, (0.2, 0.8)),
        (explorer.across, (0.4, 1.2)),
        (explorer.azimuth, 45),
        (explorer.elevation, 20),
    ):
        control.value = value
        assert not explorer.message.value
        seen.append([trace.source for trace in explorer.figure.data if trace.type == "image"])
        assert seen[-1] != seen[-2]
    headings = [note.text for note in explorer.figure.layout.annotations]
    assert headings == ["height", "shape index, σ = 4 px", "light from 45°, 20° high"]
    assert "second" in explorer.figure.layout.title.text
    assert "160 µm" in explorer.figure.layout.title.text  # σ of 4 px at half of 20 µm a pixel
    assert "simulated" in explorer.figure.layout.title.text


def test_the_light_changes_neither_heights_nor_index(explorer: ShapeIndexExplorer) -> None:
    before = pictures(explorer.figure)
    explorer.azimuth.value = 45
    same = [np.array_equal(a, b) for a, b in zip(before, pictures(explorer.figure), strict=True)]
    assert same == [True, True, False]


def test_a_cut_out_shows_every_point_and_the_index_of_the_whole(explorer: ShapeIndexExplorer) -> None:
    explorer.down.value, explorer.across.value = (0.4, 0.6), (1.0, 1.4)  # 20 µm a point
    heights = rough("first").heights_um
    part = np.s_[20:30, 50:70]
    height, index, _ = pictures(explorer.figure)
    assert height.shape == (10, 20, 3)
    assert np.array_equal(index, red_blue(shape_index(heights, sigma=2.0)[part]))
    assert not np.array_equal(index, red_blue(shape_index(heights[part], sigma=2.0)))
    assert explorer.figure.layout.xaxis.range == pytest.approx((1.0, 1.4))
    assert explorer.figure.layout.yaxis.range == pytest.approx((0.6, 0.4))


def test_the_light_falls_from_where_it_stands() -> None:
    _row, column = np.indices((60, 60))
    tent = -np.abs(column - 30.0).astype(np.float32)  # falls to either side
    explorer = ShapeIndexExplorer([Surface(tent, pixel_size_um=1.0, name="tent")])
    for azimuth, brighter in ((180, np.s_[:, :25]), (0, np.s_[:, 35:])):
        explorer.azimuth.value = azimuth
        shown = pictures(explorer.figure)[2].astype(float)
        assert shown[brighter].mean() > shown.mean() + 50
    direction = np.array([[np.sqrt(3) / 2, 0, 0.5]])
    explorer.elevation.value = 30
    brightness = render_lights(tent, pixel_size_um=1.0, lights=direction)[0]
    expected = coloured(brightness, colours="Greys_r", limits=robust_limits([brightness])).astype(int)
    # The explorer levels first, which tilts this tent by next to nothing.
    assert np.abs(pictures(explorer.figure)[2] - expected)[:, :28].mean() < 3


def test_half_the_resolution_is_the_mean_of_four_points(explorer: ShapeIndexExplorer) -> None:
    explorer.resolution.value = "half"
    small = shrink(rough("first").heights_um, factor=2)
    assert np.array_equal(pictures(explorer.figure)[1], red_blue(shape_index(small, sigma=2.0)))


def test_shows_the_share_of_undefined_points() -> None:
    heights = rough("flat").heights_um.copy()
    heights[:40] = 0.0  # flat: no shape
    surface = Surface(heights, pixel_size_um=20.0, name="half flat", source="simulated")
    undefined = np.isnan(shape_index(heights, sigma=1.0)).mean()
    assert undefined > 0.3
    explorer = ShapeIndexExplorer([surface], sigma=1.0)
    assert f"{undefined:.1%}" in explorer.figure.layout.title.text
    explorer.down.value = (1.0, 1.6)
    assert "0.0%" in explorer.figure.layout.title.text


def test_a_scan_of_another_size_is_shown_whole() -> None:
    explorer = ShapeIndexExplorer([rough("first"), rough("again"), rough("larger", side=120)])
    explorer.down.value = (0.4, 0.8)
    explorer.scan.value = 1  # as large as the first: the same place stays
    assert explorer.down.value == (0.4, 0.8)
    explorer.scan.value = 2
    assert explorer.down.value == explorer.across.value == (0, 2.4)
    assert explorer.figure.layout.yaxis.range == pytest.approx((2.4, 0))
    explorer.down.value = (2.0, 2.2)
    explorer.scan.value = 0
    assert explorer.down.value == explorer.across.value == (0, 1.6)
    assert not explorer.message.value


@pytest.mark.parametrize(("ends", "told"), [((0.5, 0.5), "are 0 points"), ((0.5, 0.52), "are 1 points")])
def test_a_cut_out_of_nothing_shows_its_error_in_place(
    explorer: ShapeIndexExplorer, ends: tuple[float, float], told: str
) -> None:
    before = explorer.figure.to_plotly_json()["data"]
    explorer.across.value = ends
    assert told in explorer.message.value and "move the two ends" in explorer.message.value
    assert explorer.figure.to_plotly_json()["data"] == before
    explorer.across.value = (0.5, 0.54)
    assert explorer.message.value == ""
    assert pictures(explorer.figure)[0].shape == (80, 2, 3)


def test_an_impossible_choice_shows_its_error_in_place() -> None:
    missing = Surface(np.full((80, 80), np.nan, np.float32), pixel_size_um=20.0, name="empty", source="real")
    explorer = ShapeIndexExplorer([rough("first"), missing])
    before = explorer.figure.layout.title.text
    explorer.scan.value = 1
    assert "no point is measured" in explorer.message.value
    assert explorer.figure.layout.title.text == before
    explorer.scan.value = 0
    assert explorer.message.value == ""


def test_nothing_to_explore_is_an_error() -> None:
    with pytest.raises(DataError, match="no surface"):
        ShapeIndexExplorer([])
