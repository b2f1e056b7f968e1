"""Samples are where their captions say, in their colours; clicks have something to hit."""

import base64

import cv2
import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError

LOOK = {"title": "t", "source": "simulated"}
CELL = {"labels": ["a", "b"], "cell": ("a", "b"), "heading": "h", **LOOK}
COUNTS = np.array([[3, 1], [0, 2]])


def raster(figure: go.Figure) -> NDArray[np.uint8]:
    (source,) = [trace.source for trace in figure.data if trace.type == "image"]
    packed = np.frombuffer(base64.b64decode(source.split(",", 1)[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def targets(figure: go.Figure) -> list[tuple[float, float]]:
    (trace,) = [trace for trace in figure.data if trace.name == "samples"]
    return list(zip(trace.x, trace.y, strict=True))


def plain(red: int, green: int, blue: int, shape: tuple[int, int] = (40, 40)) -> NDArray[np.uint8]:
    return np.full((*shape, 3), (red, green, blue), np.uint8)


class TestSampleGallery:
    def test_each_sample_is_above_its_caption_and_below_its_target(self) -> None:
        colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 90), (200, 200, 0)]
        figure = plots.sample_gallery([plain(*one) for one in colours], list("vwxyz"), **LOOK)
        picture, places = raster(figure), targets(figure)
        for colour, (x, y) in zip(colours, places, strict=True):
            assert picture[round(y), round(x)].astype(int) == pytest.approx(colour, abs=12)
        assert [x for x, _ in places[:4]] == sorted({x for x, _ in places})
        assert places[4][0] == places[0][0] and places[4][1] > places[0][1]
        (words,) = figure.select_traces({"name": "captions"})
        assert words.text == tuple("vwxyz")
        assert all(below > middle for below, (_, middle) in zip(words.y, places, strict=True))

    def test_maps_share_one_scale_that_the_bar_shows(self) -> None:
        maps = [np.full((30, 30), value, np.float32) for value in (-1.0, 0.0, 1.0)]
        maps[1][:15] = np.nan
        figure = plots.sample_gallery(maps, list("abc"), meaning="shape index", **LOOK)
        bar = figure.data[-1].marker
        assert (bar.cmin, bar.cmax, bar.colorbar.title.text) == (-1, 1, "shape index")
        low, middle, high = (raster(figure)[round(y) + 20, round(x)].astype(int) for x, y in targets(figure))
        assert low[0] > low[2] and high[2] > high[0] and middle.min() > 230  # red, blue, near white
        x, y = targets(figure)[1]
        assert raster(figure)[round(y) - 40, round(x)].astype(int) == pytest.approx(
            (217, 217, 217), abs=8
        )  # missing

    def test_low_frequencies_are_below(self) -> None:
        sound = np.zeros((50, 80), np.float32)
        sound[:10] = 2.0  # the first rows are the lowest
        figure = plots.sample_gallery([sound], ["a"], meaning="log spectrogram", **LOOK)
        ((x, y),) = targets(figure)
        assert (
            raster(figure)[round(y) + 70, round(x)].mean()
            > raster(figure)[round(y) - 70, round(x)].mean() + 100
        )
        assert "frequency ↑" in figure.layout.annotations[0].text

    def test_a_picture_keeps_its_shape(self) -> None:
        figure = plots.sample_gallery([plain(0, 0, 0, (20, 40)), plain(0, 0, 0)], ["wide", "square"], **LOOK)
        dark = raster(figure).max(2) < 100
        half = dark.shape[1] // 4
        wide, square = dark[:, :half], dark[:, half : 2 * half]
        assert wide.sum() / square.sum() == pytest.approx(0.5, abs=0.05)
        assert wide.any(0).sum() == pytest.approx(square.any(0).sum(), abs=3)

    def test_the_chosen_one_is_framed(self) -> None:
        samples = [plain(9, 9, 9)] * 6
        figure = plots.sample_gallery(samples, list("abcdef"), chosen=5, **LOOK)
        (frame,) = figure.layout.shapes
        inside = [frame.x0 < x < frame.x1 and frame.y0 < y < frame.y1 for x, y in targets(figure)]
        assert inside == [False] * 5 + [True]
        with pytest.raises(DataError, match="there are 6"):
            plots.sample_gallery(samples, list("abcdef"), chosen=6, **LOOK)

    def test_no_sample_has_a_heading_that_says_so(self) -> None:
        figure = plots.sample_gallery([], [], heading="nothing here", meaning="height", **LOOK)
        assert figure.layout.annotations[0].text == "nothing here"
        assert targets(figure) == [] and not figure.data[-1].marker.showscale

    @pytest.mark.parametrize(
        ("sample", "captions", "meaning"),
        [
            (np.zeros((4, 4)), ["a"], None),
            (np.zeros((4, 4)), ["a"], "weight"),
            (np.zeros((4, 4, 3)), ["a"], None),  # not uint8
            (np.zeros((4, 4, 4), np.uint8), ["a"], None),
            (np.zeros((0, 4, 3), np.uint8), ["a"], None),
            (np.zeros((4, 4, 3), np.uint8), [], None),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(
        self, sample: NDArray, captions: list[str], meaning: str | None
    ) -> None:
        with pytest.raises(DataError, match="sample"):
            plots.sample_gallery([sample], captions, meaning=meaning, **LOOK)


class TestConfusionSamples:
    def test_the_cell_is_framed_and_the_samples_are_below_the_matrix(self) -> None:
        figure = plots.confusion_samples(COUNTS, samples=[plain(1, 2, 3)], captions=["x"], **CELL)
        (frame,) = figure.layout.shapes
        assert ((frame.y0 + frame.y1) / 2, (frame.x0 + frame.x1) / 2) == (0, 1)
        assert figure.data[0].z.tolist() == [[75, 25], [0, 100]]
        assert figure.layout.yaxis2.domain[1] < figure.layout.yaxis.domain[0]
        assert figure.layout.xaxis.side == "top"  # the samples have the room below
        assert "simulated" in figure.layout.title.text

    @pytest.mark.parametrize("meaning", [None, "height"])
    def test_as_many_traces_with_samples_as_without(self, meaning: str | None) -> None:
        """A FigureWidget whose traces become fewer while it tells them of a click fails."""
        full = plots.confusion_samples(
            COUNTS,
            samples=[np.eye(9)] if meaning else [plain(1, 2, 3)],
            captions=["x"],
            meaning=meaning,
            **CELL,
        )
        empty = plots.confusion_samples(COUNTS, samples=[], captions=[], meaning=meaning, **CELL)
        assert [trace.type for trace in full.data] == [trace.type for trace in empty.data]

    def test_shares_are_of_all_where_the_matrix_is_a_part(self) -> None:
        figure = plots.confusion_samples(COUNTS, samples=[], captions=[], totals=[10, 2], **CELL)
        assert figure.data[0].z.tolist() == [[30, 10], [0, 100]]

    def test_long_names_stand_upright_and_have_room(self) -> None:
        flat = plots.confusion_samples(COUNTS, samples=[], captions=[], **CELL)
        long = [f"submachine gun {k:02}" for k in range(20)]
        figure = plots.confusion_samples(
            np.eye(20, dtype=int),
            samples=[],
            captions=[],
            **CELL | {"labels": long, "cell": (long[0], long[1])},
        )
        assert (flat.layout.xaxis.tickangle, figure.layout.xaxis.tickangle) == (0, -90)
        assert figure.layout.margin.t > flat.layout.margin.t + 50
