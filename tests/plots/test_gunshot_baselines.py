import numpy as np
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError

LOOK = {"title": "t", "source": "simulated"}


def sound():
    return np.random.default_rng(0).random((64, 40))


def test_pictures_stand_below_the_spectrogram_on_the_same_axes() -> None:
    figure = plots.kept_of_sound(sound(), {"MFCC": sound()[::4], "LPC": -sound()}, np.full(20, 3.0), **LOOK)
    above, mfcc, lpc, line = figure.data
    assert [one.type for one in figure.data] == ["image", "image", "image", "scatter"]
    assert [text.text for text in figure.layout.annotations][1:] == ["MFCC", "LPC"]
    assert all(axis.range == (0, 22.05) for axis in figure.select_yaxes())
    assert all(axis.range == (0, 2.0) for axis in figure.select_xaxes())
    assert line.yaxis == above.yaxis or line.yaxis == "y"
    # Frames lie in the middle of their share of the two seconds.
    assert (line.x[0], line.x[-1]) == pytest.approx((0.05, 1.95))
    assert len({above.source, mfcc.source, lpc.source}) == 3


def test_each_picture_has_its_own_colours() -> None:
    """A louder picture of the same shape looks the same."""
    figure = plots.kept_of_sound(sound(), {"a": sound(), "b": 4 * sound()}, np.ones(20), **LOOK)
    assert figure.data[1].source == figure.data[2].source


def test_silence_is_drawn_too() -> None:
    flat = np.zeros((8, 10))
    assert len(plots.kept_of_sound(flat, {"MFCC": flat}, np.full(10, np.nan), **LOOK).data) == 3


@pytest.mark.parametrize(
    ("picture", "centroid", "says"),
    [
        (np.ones(8), np.ones(10), "frequencies and frames"),
        (np.ones((8, 10)), np.ones((10, 1)), r"shape \(10, 1\)"),
    ],
)
def test_what_cannot_be_drawn(picture, centroid, says) -> None:
    with pytest.raises(DataError, match=says):
        plots.kept_of_sound(sound(), {"MFCC": picture}, centroid, **LOOK)
