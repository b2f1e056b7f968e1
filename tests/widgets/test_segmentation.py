import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.plots import mask_views
from fireanalysis.widgets import SegmentationExplorer


class Channel:
    """A network that takes a colour for a firearm, and counts how often it is asked."""

    pixels = 32

    def __init__(self, number: int) -> None:
        self.number, self.asked = number, 0

    def predict_pictures(self, images, *, batch_size=32):
        self.asked += 1
        return images[..., self.number].astype(np.float32) / 255


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    truth = np.zeros((48, 80), bool)
    truth[10:20, 10:40] = True
    return {
        "yard": (rng.integers(0, 256, (48, 80, 3), np.uint8), truth),
        "shop": (rng.integers(0, 256, (40, 40, 3), np.uint8), None),
    }


@pytest.fixture
def explorer(pictures) -> SegmentationExplorer:
    return SegmentationExplorer(pictures, {"red": Channel(0), "blue": Channel(2)}, source="simulated")


def sources(figure) -> list[str]:
    return [trace.source for trace in figure.data if trace.type == "image"]


def test_shows_two_networks_side_by_side(explorer, pictures):
    image, truth = pictures["yard"]
    said = {"red": image[..., 0] / np.float32(255), "blue": image[..., 2] / np.float32(255)}
    expected = mask_views(image, said, threshold=0.5, title="t", source="simulated", truth=truth)
    assert sources(explorer.figure) == sources(expected)
    count = int((said["red"] >= 0.5).sum())
    assert f"{count:,} (red)" in explorer.figure.layout.title.text.replace("<br>", " ")
    assert "simulated" in explorer.figure.layout.title.text


def test_every_control_draws_anew(explorer):
    seen = [sources(explorer.figure)]
    for control, value in (
        (explorer.threshold, 0.9),
        (explorer.overlay, "outline"),
        (explorer.overlay, "probability"),
        (explorer.left, "blue"),
        (explorer.picture, "shop"),
    ):
        control.value = value
        assert not explorer.message.value
        assert sources(explorer.figure) not in seen
        seen.append(sources(explorer.figure))
    assert len(seen[-1]) == 1  # the same network on both sides is shown once


def test_a_network_is_asked_once_a_picture(pictures):
    networks = {"red": Channel(0), "blue": Channel(2)}
    explorer = SegmentationExplorer(pictures, networks, source="real")
    for value in (0.2, 0.4, 0.6):
        explorer.threshold.value = value
    assert [one.asked for one in networks.values()] == [1, 1]
    explorer.picture.value = "shop"
    explorer.picture.value = "yard"
    assert [one.asked for one in networks.values()] == [2, 2]


def test_nothing_to_explore(pictures):
    for arguments in (({}, {"red": Channel(0)}), (pictures, {})):
        with pytest.raises(DataError, match="to explore"):
            SegmentationExplorer(*arguments, source="real")
