import base64

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError

GREEN, ORANGE, BLUE = (0, 158, 115), (213, 94, 0), (0, 114, 178)


def decoded(source: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_every_pixel_has_the_colour_of_its_fate() -> None:
    picture = np.full((2, 2, 3), 100, np.uint8)
    truth, said = np.array([[True, True], [False, False]]), np.array([[True, False], [True, False]])
    found = plots.tinted_mask(picture, truth, said)
    for place, colour in (((0, 0), GREEN), ((1, 0), ORANGE), ((0, 1), BLUE)):
        assert found[place].tolist() == [round(0.45 * 100 + 0.55 * c) for c in colour]
    assert found[1, 1].tolist() == [100, 100, 100]
    assert (picture == 100).all()  # a copy is tinted


def test_rows_are_pictures_and_columns_networks() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (2, 16, 20, 3), dtype=np.uint8)
    truth = rng.random((2, 16, 20)) < 0.2
    said = {"a": rng.random((2, 16, 20)), "b, without batch normalisation": truth}
    figure = plots.mask_panels(
        list(pictures), truth, said, title="t", source="simulated", names=["x", "y"], threshold=0.7
    )
    images = [decoded(trace.source) for trace in figure.data if trace.type == "image"]
    assert len(images) == 8
    assert np.array_equal(images[4], pictures[1])
    assert np.array_equal(images[6], plots.tinted_mask(pictures[1], truth[1], said["a"][1] >= 0.7))
    assert [a.text for a in figure.layout.annotations] == [
        "picture",
        "true mask",
        "a",
        "b, without batch<br>normalisation",
    ]
    assert figure.layout.yaxis5.title.text == "y"
    assert "simulated" in figure.layout.title.text


def test_large_pictures_are_shown_smaller() -> None:
    figure = plots.mask_panels(
        [np.zeros((400, 900, 3), np.uint8)], [np.zeros((400, 900), bool)], title="t", source="real"
    )
    assert decoded(figure.data[0].source).shape == (142, 320, 3)


@pytest.mark.parametrize(
    ("pictures", "truth", "said", "names"),
    [
        (0, (0, 4, 4), (0, 4, 4), None),
        (2, (1, 4, 4), (2, 4, 4), None),
        (2, (2, 4, 4), (1, 4, 4), None),
        (2, (2, 4, 5), (2, 4, 4), None),
        (2, (2, 4, 4), (2, 5, 4), None),
        (2, (2, 4, 4), (2, 4, 4), ["one"]),
    ],
)
def test_what_does_not_go_together(pictures: int, truth: tuple, said: tuple, names: list | None) -> None:
    with pytest.raises(DataError, match="do not go together"):
        plots.mask_panels(
            np.zeros((pictures, 4, 4, 3), np.uint8),
            np.zeros(truth, bool),
            {"a": np.zeros(said)},
            title="t",
            source="real",
            names=names,
        )
