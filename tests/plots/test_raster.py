import base64

import cv2
import numpy as np
import plotly.colors
import plotly.io
import pytest
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.plots import panels
from fireanalysis.plots.raster import MAX_PIXELS, coloured, robust_limits
from fireanalysis.plots.style import MISSING_COLOUR


def decoded(source: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_a_map_is_a_picture_of_its_colours_with_missing_points_grey() -> None:
    values = np.array([[0.0, 10.0], [np.nan, 5.0]])
    figure = panels([values], ["one"], title="t", pixel_size_um=500.0, limits=(0, 10))
    picture = decoded(figure.data[0].source)
    first, last = plotly.colors.sample_colorscale("Viridis", [0.0, 1.0])
    assert tuple(picture[0, 0]) == tuple(round(c) for c in plotly.colors.unlabel_rgb(first))
    assert tuple(picture[0, 1]) == tuple(round(c) for c in plotly.colors.unlabel_rgb(last))
    assert tuple(picture[1, 0]) == plotly.colors.hex_to_rgb(MISSING_COLOUR)


def test_axes_are_in_millimetres_and_rows_run_down() -> None:
    figure = panels([np.zeros((40, 80))], ["wide"], title="t", pixel_size_um=25.0)
    assert tuple(figure.layout.xaxis.range) == (0, 2.0)
    assert tuple(figure.layout.yaxis.range) == (1.0, 0)
    image = figure.data[0]
    assert (image.x0, image.dx) == (0.0125, 0.025)  # the first pixel's middle, half a pixel from the edge


def test_a_large_map_is_shown_smaller_but_as_wide() -> None:
    figure = panels(
        [np.random.default_rng(0).normal(size=(2048, 1024))], ["big"], title="t", pixel_size_um=6.0
    )
    image = figure.data[0]
    rows, columns = decoded(image.source).shape[:2]
    assert max(rows, columns) == MAX_PIXELS
    assert columns * image.dx == pytest.approx(1024 * 0.006)
    assert rows * image.dy == pytest.approx(2048 * 0.006)
    assert len(figure.to_json()) < 1_000_000


@pytest.mark.parametrize("source", ["simulated", "real"])
def test_the_title_says_where_the_data_are_from(source: str) -> None:
    figure = panels([np.eye(8)], ["a"], title="Question?", pixel_size_um=1.0, source=source)
    assert "Question?" in figure.layout.title.text
    assert f"{source} data" in figure.layout.title.text


def test_signed_limits_are_symmetric_and_flat_or_missing_maps_have_some() -> None:
    values = np.r_[np.full(50, -1.0), np.full(50, 3.0)]
    assert robust_limits([values], signed=True) == (-3.0, 3.0)
    assert robust_limits([np.zeros(9)]) == (-0.5, 0.5)
    assert robust_limits([np.full(9, np.nan)]) == (-1.0, 1.0)


def test_values_beyond_the_limits_take_the_end_colours() -> None:
    picture = coloured(np.array([[-99.0, 99.0]]), colours="RdBu", limits=(-1, 1))
    ends = coloured(np.array([[-1.0, 1.0]]), colours="RdBu", limits=(-1, 1))
    assert np.array_equal(picture, ends)


def test_wrong_input_is_one_clear_error() -> None:
    with pytest.raises(ParameterError, match="'hight'"):
        panels([np.eye(3)], ["a"], title="t", pixel_size_um=1.0, meaning="hight")
    with pytest.raises(ParameterError, match="2 titles"):
        panels([np.eye(3)], ["a", "b"], title="t", pixel_size_um=1.0)
    for maps in ([], [np.zeros(3)]):
        with pytest.raises(DataError, match="two-dimensional"):
            panels(maps, ["a"], title="t", pixel_size_um=1.0)


def test_no_figure_in_a_notebook_has_a_button_that_uploads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")
    figure = panels([np.eye(3)], ["a"], title="t", pixel_size_um=1.0)
    (shown,) = figure._repr_mimebundle_().values()
    assert shown["config"]["showSendToCloud"] is False
