import base64

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError
from fireanalysis.metrics import alarm_curve

COLUMNS = ["threshold", "least_px", "successive", "an_hour", "recall"]


def decoded(source: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def watched(seen: tuple[int, ...] = (0, 1, 1, 0, 2, 0)) -> pd.DataFrame:
    table = pd.DataFrame({"time_s": np.arange(len(seen)) / 2, "appearance": seen})
    table["right_px"] = np.where(table["appearance"] > 0, 40, 0)
    return table.assign(wrong_px=5, raised=table.index == 2)


def test_a_timeline_has_a_span_an_appearance_and_a_mark_an_alarm() -> None:
    figure = plots.alarm_timeline(
        {"shop": watched(), "yard": watched((0,) * 6)},
        least_px=20,
        successive=2,
        title="t",
        source="simulated",
    )
    spans = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(one.x0, one.x1) for one in spans] == [(0.25, 1.25), (1.75, 2.25)]
    assert {one.yref for one in spans} == {"y domain"}  # of the first video's panel
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert [one.y0 for one in lines] == [20, 20]
    marks = [trace for trace in figure.data if "alarm raised (2 in a row)" in (trace.name or "")]
    assert list(marks[0].x) == [1.0] and list(marks[0].y) == [40]
    right = next(trace for trace in figure.data if trace.name == "largest region on the firearm")
    assert list(right.y) == [0, 40, 40, 0, 40, 0]
    shown = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert len(shown) == len(set(shown)) == 4
    assert figure.layout.xaxis2.title.text == "time (s)" and "simulated" in figure.layout.title.text


def test_of_a_curve_only_settings_that_no_other_beats_are_shown() -> None:
    curve = pd.DataFrame(
        [(0.9, 10, 3, 0.0, 0.2), (0.5, 10, 3, 4.0, 0.6), (0.7, 10, 1, 4.0, 0.5), (0.3, 20, 1, 9.0, 0.6)],
        columns=COLUMNS,
    )
    one = curve.iloc[1].copy()
    for name, value in {
        "an_hour_low": 1.0,
        "an_hour_high": 9.0,
        "recall_low": 0.3,
        "recall_high": 0.8,
    }.items():
        one[name] = value
    figure = plots.operating_curves({"tiles": curve}, chosen={"chosen": one}, title="t", source="real")
    line, mark = figure.data
    assert list(line.x) == [0.0, 4.0] and list(line.y) == pytest.approx([20, 60])
    assert line.text[1] == "probability 0.5, 10 px, 3 in a row"
    assert (mark.error_x.array[0], mark.error_x.arrayminus[0]) == (5.0, 3.0)
    assert (mark.error_y.array[0], mark.error_y.arrayminus[0]) == pytest.approx((20, 30))


def test_a_curve_without_appearances_is_drawn_all_the_same() -> None:
    frames = pd.DataFrame({"video": "a", "time_s": range(4), "appearance": 0})
    curve = alarm_curve(frames, np.zeros((4, 1, 2), int), thresholds=[0.5])
    assert len(plots.operating_curves({"a": curve}, title="t", source="real").data) == 1


def test_bars_are_frames_and_not_tiles() -> None:
    table = pd.DataFrame({"way": ["fast", "slow"], "tiles_a_second": [60.0, 15.0]})
    figure = plots.speed_bars(table, a_frame={"tiles": 15, "whole": 1}, title="t")
    assert list(figure.data[0].x) == [4.0, 1.0] and list(figure.data[1].x) == [60.0, 15.0]
    assert figure.data[0].name == "tiles (15 tiles)" and figure.data[1].name == "whole (1 tile)"
    assert list(figure.data[0].text) == ["4", "1"]


@pytest.fixture
def frame() -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float32]]:
    image = np.full((30, 40, 3), 100, np.uint8)
    truth, said = np.zeros((30, 40), bool), np.zeros((30, 40), np.float32)
    truth[5:15, 5:15], said[5:15, 10:20] = True, 0.8
    return image, truth, said


def picture(figure: object, number: int = 0) -> NDArray[np.uint8]:
    return decoded([trace for trace in figure.data if trace.type == "image"][number].source)  # type: ignore[attr-defined]


def test_views_of_a_frame(frame) -> None:
    image, truth, said = frame
    both = {"a": said, "b": np.zeros_like(said)}
    figure = plots.mask_views(image, both, threshold=0.5, title="t", source="real", truth=truth)
    for number, mask in enumerate((said >= 0.5, said >= 0.9)):
        expected = plots.tinted_mask(image, truth, mask)
        assert np.abs(picture(figure, number).astype(int) - expected).mean() < 3
    assert np.abs(picture(figure, 0).astype(int) - picture(figure, 1)).mean() > 3
    assert [one.text for one in figure.layout.annotations] == ["a", "b"]
    names = [trace.name for trace in figure.data if trace.type == "scatter"]
    assert names == ["hit pixels", "false pixels", "missed pixels"]


def test_an_outline_leaves_the_inside_as_it_is(frame) -> None:
    image, _, said = frame
    shown = picture(
        plots.mask_views(image, {"a": said}, threshold=0.5, title="t", source="real", view="outline")
    )
    changed = (np.abs(shown.astype(int) - image) > 25).any(2)
    assert changed[5, 10:20].all() and changed[5:15, 10].all() and not changed[7:13, 12:18].any()
    assert changed.sum() == 36


def test_the_probability_itself(frame) -> None:
    image, _, said = frame
    figure = plots.mask_views(image, {"a": said}, threshold=0.5, title="t", source="real", view="probability")
    shown = picture(figure).astype(int)
    assert np.abs(shown[25, 35] - [68, 1, 84]).max() < 5  # viridis' lowest
    assert np.abs(shown[10, 15] - [122, 209, 81]).max() < 12  # and about its 0.8


def test_a_large_frame_is_shown_smaller() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    figure = plots.mask_views(image, {"a": np.zeros((720, 1280))}, threshold=0.5, title="t", source="real")
    assert picture(figure).shape == (360, 640, 3)


def test_what_does_not_go_together(frame) -> None:
    image, truth, said = frame
    about = {"title": "t", "source": "real"}
    for wrong in ({}, {"a": said[1:]}):
        with pytest.raises(DataError, match="networks"):
            plots.mask_views(image, wrong, threshold=0.5, **about)
    with pytest.raises(DataError, match="networks"):
        plots.mask_views(image, {"a": said}, threshold=0.5, view="heat", **about)
    with pytest.raises(DataError, match="networks"):
        plots.mask_views(image, {"a": said}, threshold=0.5, truth=truth[1:], **about)
    for wrong in ({}, {"a": watched().iloc[:0]}, {"a": watched().drop(columns="raised")}):
        with pytest.raises(DataError, match="tables"):
            plots.alarm_timeline(wrong, least_px=1, successive=1, **about)
    with pytest.raises(DataError, match="tables"):
        plots.operating_curves({}, **about)
    with pytest.raises(DataError, match="tables"):
        plots.speed_bars(pd.DataFrame({"way": []}), a_frame={"tiles": 2}, title="t")
