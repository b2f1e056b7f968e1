import numpy as np
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError

RNG = np.random.default_rng(0)


def test_confidences_are_shares_of_each_kind() -> None:
    sure = {"known": RNG.random(50), "unseen": np.full(10, 0.31)}
    figure = plots.confidences(
        {"stage 1": sure, "both": sure}, thresholds={"stage 1": 0.6, "both": np.inf}, title="t", source="real"
    )
    known, unseen, *_ = figure.data
    assert sum(known.y[:-1]) == pytest.approx(1) and sum(unseen.y[:-1]) == pytest.approx(1)
    assert unseen.y[6] == 1  # from 0.30 to 0.35
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert known.line.color == figure.data[2].line.color != unseen.line.color
    (line,) = figure.layout.shapes  # none for a classifier that answers nothing
    assert line.x0 == 0.6 and "real data" in figure.layout.title.text


def test_a_probability_of_one_is_drawn() -> None:
    figure = plots.confidences({"a": {"known": [1.0]}}, title="t", source="real")
    assert figure.data[0].y[-2] == 1


def test_curves_are_drawn_with_the_chosen_threshold_on_them() -> None:
    scores, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])
    curve = metrics.risk_coverage(scores, right)
    chosen = {"a": 0.75, "b": np.inf}
    figure = plots.risk_coverage_curves(
        {"a": curve, "b": curve}, wanted=0.1, chosen=chosen, title="t", source="simulated"
    )
    a, dot, b = figure.data
    assert list(a.x) == [0.25, 0.5, 0.75, 1.0] and list(a.y) == pytest.approx([0, 0.5, 1 / 3, 0.5])
    assert (list(dot.x), list(dot.y)) == ([0.5], [0.5])  # two answers of 0.75 or more, one wrong
    assert a.line.color == dot.marker.color != b.line.color
    assert figure.layout.shapes[0].y0 == 0.1


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(DataError, match="no probabilities"):
        plots.confidences({"a": {"known": []}}, title="t", source="real")
    with pytest.raises(DataError, match="no curve"):
        plots.risk_coverage_curves({}, title="t", source="real")
