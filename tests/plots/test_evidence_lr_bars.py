"""Figures of what likelihood ratios cost and how far they may reach."""

import numpy as np
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError
from fireanalysis.metrics import Interval


def summary(least: float, loss: float) -> dict[str, Interval]:
    numbers = {"Cllr": least + loss, "Cllr_min": least, "calibration loss": loss}
    return {n: Interval(x, x - 0.05, x + 0.1, np.zeros(3), 5) for n, x in numbers.items()}


def test_both_parts_of_a_bar_end_at_cllr_and_each_has_its_interval() -> None:
    rows = {"one, logistic": summary(0.2, 0.1), "two": summary(0.3, 0.5)}
    figure = plots.cllr_bars(rows, title="t", source="real")
    least, loss, of_least, of_cllr = figure.data
    assert list(least.x) == [0.2, 0.3]
    assert np.add(least.x, loss.x) == pytest.approx([0.3, 0.8])
    assert list(figure.layout.yaxis.ticktext) == ["one<br>logistic", "two"]
    for bars, ends in ((of_least, [0.2, 0.3]), (of_cllr, [0.3, 0.8])):
        assert bars.x == pytest.approx(ends)
        assert bars.error_x.array == pytest.approx([0.1, 0.1])
        assert bars.error_x.arrayminus == pytest.approx([0.05, 0.05])
    assert all(np.subtract(of_least.y, of_cllr.y) > 0.2)  # they overlap along the axis


def test_a_cost_without_end_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(DataError, match="Cllr of two is not finite"):
        plots.cllr_bars({"one": summary(0.2, 0.1), "two": summary(0.2, np.inf)}, title="t", source="real")
    with pytest.raises(DataError, match="there is no summary"):
        plots.cllr_bars({}, title="t", source="real")


def test_bounds_are_bars_and_what_reaches_beyond_the_axis_an_arrow() -> None:
    figure = plots.likelihood_ratio_bounds(
        ["few", "many"], [(-1, 1), (-2, 3)], reached=[(-np.inf, 40), (-2, 4)], title="t", source="real"
    )
    ends = [(trace.name, *trace.x) for trace in figure.data]
    allowed = [end[1:] for end in ends if end[0].startswith("allowed")]
    assert allowed == [(-1, 1), (-2, 3)]
    first, second = (trace for trace in figure.data if trace.name.startswith("given"))
    assert list(first.marker.symbol) == ["triangle-left", "triangle-right"]
    assert list(second.marker.symbol) == ["line-ns", "line-ns"]
    edge = figure.layout.xaxis.range[1]
    assert max(first.x) <= edge


def test_every_row_needs_two_ends() -> None:
    with pytest.raises(DataError, match="2 names, bounds of shape"):
        plots.likelihood_ratio_bounds(["a", "b"], [(-1, 1)], title="t", source="real")
    with pytest.raises(DataError, match="0 names"):
        plots.likelihood_ratio_bounds([], np.zeros((0, 2)), title="t", source="real")
