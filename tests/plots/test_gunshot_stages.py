import base64
import io

import numpy as np
import pytest
from PIL import Image
from plotly.graph_objects import Figure

from fireanalysis import plots
from fireanalysis.errors import DataError

SIGNAL = np.sin(np.arange(4000) / 10).astype(np.float32)
SPECTROGRAM = np.linspace(0, 1, 64 * 50, dtype=np.float32).reshape(64, 50)


def drawn(**other: object) -> Figure:
    what = {
        "attribution": None,
        "sample_rate_hz": 2000,
        "categories": ["pistol", "rifle"],
        "category_probabilities": [0.2, 0.8],
        "models": ["AK-47", "M16", "M4"],
        "within": [0.5, 0.3, 0.2],
        "explained": "what speaks for it",
        "title": "a clip",
        "source": "simulated",
    } | other
    return plots.two_stages(SIGNAL, SPECTROGRAM, what.pop("attribution"), **what)  # type: ignore[arg-type]


def picture(figure: Figure, number: int) -> np.ndarray:
    image = [trace for trace in figure.data if trace.type == "image"][number]
    return np.asarray(
        Image.open(io.BytesIO(base64.b64decode(image.source.split(",")[1]))).convert("RGB"), int
    )


def test_bars_are_both_stages_and_soft_gating_multiplies_them() -> None:
    category, within, both = (trace for trace in drawn().data if trace.type == "bar")
    assert list(category.y) == ["pistol", "rifle"] and list(category.x) == [0.2, 0.8]
    assert list(within.x) == [0.5, 0.3, 0.2]
    np.testing.assert_allclose(both.x, [0.4, 0.24, 0.16])
    assert list(both.y) == list(within.y) == ["AK-47", "M16", "M4"]


def test_titles_say_what_is_seen() -> None:
    figure = drawn()
    words = [note.text for note in figure.layout.annotations]
    assert "what speaks for it" in words and "stage 2: model, if it is a rifle" in words
    assert "simulated" in figure.layout.title.text
    assert {figure.layout.xaxis2.title.text, figure.layout.xaxis3.title.text} == {"time (s)"}


def test_the_spectrogram_is_tinted_where_the_attribution_is_high() -> None:
    attribution = np.zeros((64, 50), np.float32)
    attribution[:32, 25:] = 1.0  # low frequencies, second half
    tinted = picture(drawn(attribution=attribution), 1)
    coloured = np.ptp(tinted, axis=2) > 30
    height, width = coloured.shape
    assert coloured[: height // 2 - 2, width // 2 + 2 :].all()
    assert not coloured[height // 2 + 2 :].any() and not coloured[:, : width // 2 - 2].any()
    assert np.ptp(picture(drawn(), 1), axis=2).max() == 0


def test_low_frequencies_are_at_the_foot_of_both_pictures() -> None:
    figure = drawn()
    assert figure.layout.yaxis2.range == figure.layout.yaxis3.range == (0, 22.05)
    images = [trace for trace in figure.data if trace.type == "image"]
    for image, one in zip(images, (picture(figure, 0), picture(figure, 1)), strict=True):
        assert one[0].sum() < one[-1].sum()  # rows get louder with frequency here
        assert image.y0 == pytest.approx(image.dy / 2) and image.dy * len(one) == pytest.approx(22.05)
        assert image.dx * one.shape[1] == pytest.approx(2.0)


def test_the_threshold_is_a_line() -> None:
    (line,) = drawn(uncertain_below=0.7).layout.shapes
    assert (line.x0, line.x1) == (0.7, 0.7)
    assert not drawn().layout.shapes


@pytest.mark.parametrize(
    "wrong", [{"within": [0.5, 0.5]}, {"category_probabilities": [1.0]}, {"models": [], "within": []}]
)
def test_names_and_probabilities_that_do_not_go_together_are_an_error(wrong: dict) -> None:
    with pytest.raises(DataError, match="pass one probability a name"):
        drawn(**wrong)
