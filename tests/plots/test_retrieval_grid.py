import base64

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError

GREEN, ORANGE, GREY, BLACK = (0, 158, 115), (213, 94, 0), (119, 119, 119), (0, 0, 0)


def decoded(source: str) -> NDArray[np.int64]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB).astype(int)


def raster(figure) -> NDArray[np.int64]:
    (image,) = [trace for trace in figure.data if trace.type == "image"]
    return decoded(image.source)


def drawn(figure, mode: str) -> list:
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == mode]


def pictures(values: list[int], *, shape: tuple[int, int] = (40, 60)) -> list[NDArray[np.uint8]]:
    return [np.full((*shape, 3), value, np.uint8) for value in values]


@pytest.fixture
def grid() -> dict:
    return {
        "queries": pictures([10, 60], shape=(60, 40)),
        "found": [pictures([100, 120, 140]), pictures([160, 180, 200])],
        "right": np.array([[True, False, True], [False, False, True]]),
        "scores": np.array([[0.9, 0.8, 0.7], [0.6, 0.5, 0.4]]),
    }


def tile(canvas: NDArray[np.int64], row: int, column: int, *, rows: int, columns: int) -> NDArray[np.int64]:
    """A picture with its frame, by where the axes say that it is."""
    high, across = canvas.shape[0] // rows, canvas.shape[1] // columns
    return canvas[row * high : row * high + across - 6, column * across : (column + 1) * across - 6]


def test_every_picture_stands_in_its_place_in_the_frame_of_its_kind(grid: dict) -> None:
    canvas = raster(plots.top_grid(*grid.values(), title="t", source="simulated"))
    for row in range(2):
        values = [grid["queries"][row][0, 0, 0], *(one[0, 0, 0] for one in grid["found"][row])]
        frames = [BLACK, *(GREEN if right else ORANGE for right in grid["right"][row])]
        for column, (value, frame) in enumerate(zip(values, frames, strict=True)):
            shown = tile(canvas, row, column, rows=2, columns=4)
            middle = shown[len(shown) // 2, len(shown) // 2]
            assert middle.tolist() == pytest.approx([value] * 3, abs=6)  # JPEG
            assert shown[len(shown) // 2, 2].tolist() == pytest.approx(frame, abs=20)
            assert shown[2, len(shown) // 2].tolist() == pytest.approx(frame, abs=20)


def test_right_and_wrong_differ_by_more_than_colour(grid: dict) -> None:
    """Take the colours away: the white strokes of check mark and cross lie elsewhere."""
    canvas = raster(plots.top_grid(*grid.values(), title="t", source="simulated"))
    corners = [
        tile(canvas, 0, column, rows=2, columns=4)[2:40, 2:40].min(axis=2) > 180 for column in (1, 2, 3)
    ]
    assert all(corner.any() for corner in corners)
    assert (corners[0] == corners[2]).mean() > 0.98
    assert (corners[0] != corners[1]).mean() > 0.03


def test_what_nobody_knows_is_framed_as_neither(grid: dict) -> None:
    figure = plots.top_grid(grid["queries"], grid["found"], None, grid["scores"], title="t", source="real")
    shown = tile(raster(figure), 0, 1, rows=2, columns=4)
    assert shown[len(shown) // 2, 2].tolist() == pytest.approx(GREY, abs=20)
    assert [trace.name for trace in figure.data if trace.name] == ["class not known"]


def test_keeps_the_aspect_of_a_picture(grid: dict) -> None:
    shown = tile(raster(plots.top_grid(*grid.values(), title="t", source="real")), 1, 2, rows=2, columns=4)
    inside = np.abs(shown.mean(axis=2) - 180) < 8
    middle = len(shown) // 2
    assert inside[:, middle].sum() / inside[middle].sum() == pytest.approx(40 / 60, abs=0.02)


def test_scores_stand_below_their_pictures_and_names_under_the_mouse(grid: dict) -> None:
    names = np.array([["a", "b", "c"], ["d", "e", "f"]], object)  # labels of a data set
    figure = plots.top_grid(
        *grid.values(), title="two searches", source="simulated", names=["x", "y"], found_names=names
    )
    (text,) = drawn(figure, "text")
    assert list(text.text) == ["0.90", "0.80", "0.70", "0.60", "0.50", "0.40"]
    assert list(text.hovertext) == list("abcdef")
    canvas = raster(figure)
    for x, y in zip(text.x, text.y, strict=True):  # on white, not on a picture
        assert (canvas[round(y) - 4 : round(y) + 4, round(x) - 9 : round(x) + 9] > 240).all()
    assert list(figure.layout.yaxis.ticktext) == ["x", "y"]
    assert list(figure.layout.xaxis.ticktext) == ["query", "1", "2", "3"]
    assert "simulated" in figure.layout.title.text


@pytest.mark.parametrize(
    "change",
    [
        {"queries": []},
        {"found": [[], []]},
        {"found": [pictures([1, 2, 3]), pictures([1, 2])]},
        {"scores": np.ones((2, 2))},
        {"right": np.ones((3, 2), bool)},
        {"names": ["x"]},
        {"found_names": [["a"], ["b"]]},
    ],
)
def test_a_grid_with_holes_is_refused(grid: dict, change: dict) -> None:
    given = grid | change
    arrays = [given.pop(name) for name in grid]
    with pytest.raises(DataError, match="go together"):
        plots.top_grid(*arrays, title="t", source="real", **given)
