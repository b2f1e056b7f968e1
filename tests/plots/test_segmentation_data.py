import base64

import cv2
import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.plots import picture_panels, shared_bars


def decoded(image):
    content = np.frombuffer(base64.b64decode(image.source.split(",")[1]), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)[..., ::-1]


def test_pictures_with_their_outlines():
    pictures = [np.full((64, 64, 3), 10 * n, np.uint8) for n in range(5)]
    masks = [np.zeros((64, 64), bool) for _ in pictures]
    masks[1][16:32, 16:48] = True
    figure = picture_panels(pictures, list("abcde"), masks=masks, title="five", source="simulated", columns=3)
    assert [note.text for note in figure.layout.annotations] == list("abcde")
    assert len(figure.data) == 5 and "simulated" in figure.layout.title.text
    first, second = decoded(figure.data[0]), decoded(figure.data[1])
    assert (first == 0).all()
    drawn = (second != 10).any(-1)
    # a line round the object, five times as large as in the picture, and nothing within or far off
    assert drawn[80, 80:239].all() and drawn[159, 81:239].all() and not drawn[83:156, 83:236].any()
    assert not drawn[:78].any() and not drawn[162:].any()


def test_large_pictures_are_made_smaller_and_masks_may_be_left_out():
    figure = picture_panels([np.zeros((900, 600, 3), np.uint8)], ["a"], title="one", source="real")
    assert decoded(figure.data[0]).shape == (320, 213, 3)


def test_bars_add_up_to_all():
    counts = {
        "leaky": pd.Series({"nothing": 1, "firearm": 2, "firearm and background": 7}),
        "crossed": pd.Series({"nothing": 4, "firearm": 0, "firearm and background": 0}),
    }
    figure = shared_bars(counts, title="shared", source="simulated")
    shown = {bar.name: tuple(bar.x) for bar in figure.data}
    assert shown == {"nothing": (10, 100), "firearm": (20, 0), "firearm and background": (70, 0)}
    assert figure.data[2].text == ("70 %", "") and "10 test pictures" in figure.data[0].y[0]
    assert "%" in figure.layout.xaxis.title.text


def test_refused():
    picture = np.zeros((4, 4, 3), np.uint8)
    for call in (
        lambda: picture_panels([], [], title="", source="real"),
        lambda: picture_panels([picture], ["a", "b"], title="", source="real"),
        lambda: picture_panels([picture], ["a"], masks=[], title="", source="real"),
        lambda: shared_bars({}, title="", source="real"),
        lambda: shared_bars({"a": pd.Series({"nothing": 0})}, title="", source="real"),
    ):
        with pytest.raises(DataError):
            call()
