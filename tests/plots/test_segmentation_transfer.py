import base64

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError

ORANGE = (213, 94, 0)


def decoded(source: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_edges_of_cells_and_the_outline_are_where_they_are_said_to_be() -> None:
    picture, truth = np.full((64, 96, 3), 40, np.uint8), np.zeros((64, 96), bool)
    truth[10:20, 10:20] = True
    drawn = plots.with_cells(picture, truth, cell_px=32)
    assert drawn.shape == (256, 384, 3)  # four times: at least 320
    assert (
        (drawn[128, 200:] == 147).all()
        and (drawn[200:, 128] == 147).all()
        and (drawn[200:, 256] == 147).all()
    )
    assert (drawn[150:, 140:250] == 40).all()
    assert drawn[40, 60].tolist() == list(ORANGE)  # the upper edge of the firearm
    assert drawn[60, 60].tolist() == [40, 40, 40]  # inside it
    assert (picture == 40).all()


def test_rows_are_pictures_and_columns_networks() -> None:
    rng = np.random.default_rng(0)
    pictures, truth = rng.integers(0, 255, (2, 32, 64, 3), dtype=np.uint8), np.zeros((2, 32, 64), bool)
    maps = {"a": rng.random((2, 32, 64)), "b, with skip connections": truth}
    figure = plots.cell_panels(pictures, truth, maps, cell_px=32, title="t", source="simulated")
    images = [decoded(trace.source) for trace in figure.data if trace.type == "image"]
    assert len(images) == 6
    assert np.array_equal(images[3], plots.with_cells(pictures[1], truth[1], cell_px=32))
    dark, bright = (
        np.abs(images[1][2::5, 2::5].astype(int) - c).sum(2) for c in ((68, 1, 84), (253, 231, 37))
    )
    places = maps["a"][0] < 0.02, maps["a"][0] > 0.98
    assert all((near[place] < 60).all() for near, place in zip((dark, bright), places, strict=True))
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["picture,<br>cells of 32 pixels", "a", "b,<br>with skip connections"]
    assert "simulated" in figure.layout.title.text


@pytest.mark.parametrize(
    ("count", "shape"), [(0, (8, 8)), (1, (8, 8)), (2, (8, 9))], ids=["none", "too few", "another shape"]
)
def test_what_does_not_go_together_is_refused(count: int, shape: tuple[int, int]) -> None:
    pictures, truth = (
        np.zeros((2 if count else 0, 8, 8, 3), np.uint8),
        np.zeros((2 if count else 0, 8, 8), bool),
    )
    with pytest.raises(DataError, match="do not go together"):
        plots.cell_panels(
            pictures, truth, {"a": np.zeros((count, *shape))}, cell_px=8, title="t", source="real"
        )
