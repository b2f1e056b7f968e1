"""Figures of descriptors off the shelf: what is drawn is what was handed in."""

import base64

import cv2
import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.plots import padding_errors, pooling_panels


def test_cells_are_tinted_where_they_are() -> None:
    picture = np.full((40, 60, 3), 128, np.uint8)
    cells = np.zeros((2, 3))
    cells[1, 2] = 5.0
    figure = pooling_panels([picture, picture], [{"MAC": cells}] * 2, title="t", source="simulated")
    assert len(figure.data) == 4
    assert [note.text for note in figure.layout.annotations] == ["picture", "MAC"]
    data = base64.b64decode(figure.data[1].source.split(",")[1])
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB).astype(int)
    assert image.shape == (40, 60, 3)
    # Dark red against pale yellow.
    assert (image[20:, 40:, 1] < image[:20, :40, 1].min() - 50).all()
    assert np.ptp(image[20:, 40:].reshape(-1, 3), axis=0).max() <= 2
    assert "simulated" in figure.layout.title.text


def test_panels_need_the_same_poolings() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(DataError, match="same poolings"):
        pooling_panels(
            [picture] * 2, [{"MAC": np.ones((1, 1))}, {"SPoC": np.ones((1, 1))}], title="t", source="real"
        )
    with pytest.raises(DataError, match="0 pictures"):
        pooling_panels([], [], title="t", source="real")


def test_padding_errors_are_distances_from_one() -> None:
    cosines = {"exact": [1.0, 1.0], "late": [0.9, 0.99]}
    figure = padding_errors([0.5, 0.25], cosines, title="t", source="real")
    exact, late = figure.data
    assert list(late.x) == [50.0, 25.0]
    np.testing.assert_allclose(late.y, [0.1, 0.01])
    assert list(exact.y) == [1e-8, 1e-8]  # shown at the axis' end, which says so
    assert figure.layout.yaxis.ticktext[0] == "≤ 1e-08"


@pytest.mark.parametrize("cosines", [{}, {"late": [0.9]}])
def test_padding_errors_need_a_cosine_a_picture(cosines: dict) -> None:
    with pytest.raises(DataError, match="one number a picture"):
        padding_errors([0.5, 0.25], cosines, title="t", source="real")
