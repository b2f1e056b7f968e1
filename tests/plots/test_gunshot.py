import base64

import cv2
import numpy as np
import plotly.colors
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError, ParameterError
from fireanalysis.plots.gunshot import CATEGORY_COLOURS, LEVELS, OTHER_CATEGORY
from fireanalysis.plots.style import SIMULATED_COLOUR

RATE_HZ = 8000.0
LOOK = {"title": "t", "source": "simulated"}


def decoded(source: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def said(figure: object) -> str:
    return figure.layout.title.text.replace("<br>", " ")


def noise(seconds: float) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 0.05, round(seconds * RATE_HZ)).astype(np.float32)


def test_a_long_wave_keeps_its_peaks_where_they_are_and_stays_small() -> None:
    signal = noise(60)
    signal[123_456], signal[400_000] = 0.9, -0.8
    figure = plots.waveform(signal, sample_rate_hz=RATE_HZ, **LOOK)
    wave = figure.data[0]
    times = wave.x0 + wave.dx * np.arange(len(wave.y))
    assert wave.y.max() == np.float32(0.9)
    assert times[wave.y.argmax()] == pytest.approx(123_456 / RATE_HZ, abs=0.06)  # a piece is 60 ms
    assert times[wave.y.argmin()] == pytest.approx(400_000 / RATE_HZ, abs=0.06)
    assert times[-1] == pytest.approx(60, abs=0.06)
    assert len(figure.to_json()) < 30_000


def test_a_short_wave_is_drawn_sample_by_sample() -> None:
    signal = noise(0.1)
    wave = plots.waveform(signal, sample_rate_hz=RATE_HZ, **LOOK).data[0]
    np.testing.assert_array_equal(wave.y, signal)
    assert (wave.x0, wave.dx) == (0, 1 / RATE_HZ)


def test_onsets_of_each_name_stand_above_the_wave() -> None:
    onsets = {"found": [0.5, 1.5], "true": [0.5]}
    figure = plots.waveform(noise(2), sample_rate_hz=RATE_HZ, onsets_s=onsets, **LOOK)
    wave, found, true = figure.data
    assert (list(found.x), list(true.x)) == ([0.5, 1.5], [0.5])
    assert wave.y.max() < found.y.min() < true.y.min()
    assert (found.name, true.name) == ("found (2)", "true (1)")


def test_a_spectrogram_is_a_picture_with_low_frequencies_at_the_foot() -> None:
    values = np.zeros((64, 40))
    values[0], values[:, 0] = 1.0, 0.5
    values[0, 0] = 2.0
    figure = plots.spectrogram_panels([values], ["one"], limits=(0, 1), **LOOK)
    image = figure.data[0]
    picture = decoded(image.source)
    colours = plotly.colors.sample_colorscale("Magma", np.linspace(0, 1, LEVELS))
    first, middle, last = (
        tuple(round(c) for c in plotly.colors.unlabel_rgb(colours[k])) for k in (0, LEVELS // 2, LEVELS - 1)
    )
    assert tuple(picture[63, 39]) == first
    assert tuple(picture[63, 0]) == middle
    assert tuple(picture[0, 39]) == tuple(picture[0, 0]) == last  # beyond the limits: the end's colour
    assert tuple(figure.layout.yaxis.range) == (0, 22.05)  # upwards, so row 0 is at the foot
    assert (image.y0, image.dy) == (22.05 / 128, 22.05 / 64)
    assert image.x0 + 39.5 * image.dx == pytest.approx(2.0)
    assert figure.layout.yaxis.scaleanchor is False


def test_spectrograms_of_the_paper_s_size_stay_small_on_the_page() -> None:
    values = np.abs(np.random.default_rng(0).normal(size=(512, 345))).astype(np.float32)
    figure = plots.spectrogram_panels([values] * 8, list("abcdefgh"), **LOOK)
    image = figure.data[0]
    rows, columns = decoded(image.source).shape[:2]
    assert rows * image.dy == pytest.approx(22.05)
    assert columns * image.dx == pytest.approx(2.0)
    assert len(figure.to_json()) < 250_000


def test_panels_share_one_scale_from_zero_to_the_loudest_values() -> None:
    quiet, loud = np.full((8, 1000), 1.0), np.full((8, 1000), 3.0)
    loud[0, 0] = 90.0  # one value of 16,000 sets no scale
    figure = plots.spectrogram_panels([quiet, loud], ["a", "b"], **LOOK)
    assert (figure.data[-1].marker.cmin, figure.data[-1].marker.cmax) == (0, 3)
    a, b = (decoded(trace.source) for trace in figure.data[:2])
    assert not np.array_equal(a[4, 4], b[4, 4])


def test_silence_has_a_scale_too() -> None:
    figure = plots.spectrogram_panels([np.zeros((8, 8))], ["silence"], **LOOK)
    assert figure.data[-1].marker.cmax == 1


def test_wave_and_spectrogram_have_one_time_axis() -> None:
    values = np.ones((16, 10))
    figure = plots.sound(noise(2), values, sample_rate_hz=RATE_HZ, top_khz=4.0, **LOOK)
    assert figure.layout.xaxis.matches == "x2"
    assert tuple(figure.layout.xaxis2.range) == (0, 2)
    assert tuple(figure.layout.yaxis2.range) == (0, 4)
    assert "simulated data" in said(figure)


def test_segmentation_counts_pieces_rest_and_shots_that_are_cut_off() -> None:
    figure = plots.segmentation(
        noise(7.5), sample_rate_hz=RATE_HZ, onsets_s=[0.1, 1.8, 3.9, 4.1, 6.4], source="real"
    )
    text = said(figure)
    assert "7.5 s give 3 pieces of 2 s; 1.50 s are left over" in text
    assert "2 of 5 shots are cut off" in text  # those at 1.8 and 3.9 s
    lines = [shape.x0 for shape in figure.layout.shapes if shape.type == "line"]
    assert lines == [2, 4, 6]
    tinted = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert tinted == [(2, 4), (6, 7.5)]  # every second piece, and the rest


def test_a_recording_of_whole_pieces_leaves_nothing_and_a_short_one_is_skipped() -> None:
    figure = plots.segmentation(noise(4), sample_rate_hz=RATE_HZ, source="real")
    assert "2 pieces of 2 s; 0.00 s" in said(figure)
    assert [shape.x1 for shape in figure.layout.shapes if shape.type == "rect"] == [4]
    short = plots.segmentation(noise(1.2), sample_rate_hz=RATE_HZ, source="real", onsets_s=[0.5])
    assert "1.20 s is shorter than a piece of 2 s: the recording is skipped" in said(short)


def test_class_counts_colour_models_by_category_and_name_the_ends() -> None:
    models = ["Glock"] * 5 + ["M4"] * 3 + ["MK18"]
    categories = ["pistol"] * 5 + ["rifle"] * 4
    figure = plots.class_counts(categories, models, source="simulated")
    assert "9 clips of 3 models, from 1 (MK18) to 5 (Glock)" in said(figure)
    bars = {trace.name: trace for trace in figure.data}
    assert list(bars["rifle: 4"].x) == ["M4", "MK18"]
    assert list(bars["rifle: 4"].y) == [3, 1]
    assert bars["pistol: 5"].marker.color == CATEGORY_COLOURS["pistol"]


def test_a_category_the_paper_does_not_know_has_a_colour_and_none_is_that_of_simulated_data() -> None:
    figure = plots.class_counts(["revolver"], ["Python"], source="real")
    assert figure.data[0].marker.color == OTHER_CATEGORY
    colours = {*CATEGORY_COLOURS.values(), OTHER_CATEGORY}
    assert len(colours) == 6
    assert SIMULATED_COLOUR not in colours


def test_clip_moments_mark_the_named_pairs() -> None:
    marks = {"training part": (0.3, 0.5), "paper": (0.1877, 0.4756)}
    figure = plots.clip_moments([0.1, 0.4], [0.2, 0.6], marks, **LOOK)
    assert [(t.name, t.x[0], t.y[0]) for t in figure.data[1:]] == [(k, *v) for k, v in marks.items()]


def test_wrong_input_is_one_clear_error() -> None:
    for signal in (np.zeros((2, 100)), np.zeros(0)):
        with pytest.raises(DataError, match="one channel"):
            plots.waveform(signal, sample_rate_hz=RATE_HZ, **LOOK)
    with pytest.raises(ParameterError, match="1 spectrograms and 2 titles"):
        plots.spectrogram_panels([np.eye(3)], ["a", "b"], **LOOK)
    for values in ([], [np.zeros(3)]):
        with pytest.raises(DataError, match="frequencies and frames"):
            plots.spectrogram_panels(values, ["a"] * len(values), **LOOK)
    with pytest.raises(DataError, match="no clip"):
        plots.class_counts([], [], source="real")
