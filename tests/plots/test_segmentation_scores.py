from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError

RNG = np.random.default_rng(0)
TRUTH = np.zeros((12, 32, 32), bool)
for k, one in enumerate(TRUTH):
    one[4 : 8 + k, 4 : 8 + k] = True
SAID = {
    "near": np.clip(0.7 * TRUTH + 0.4 * RNG.random(TRUTH.shape), 0, 1),
    "far, noisy": RNG.random(TRUTH.shape),
}
COUNTS = {name: metrics.segmentation_counts(of, TRUTH) for name, of in SAID.items()}


def test_dots_have_their_intervals_and_nothing_is_a_line() -> None:
    table = metrics.segmentation_table(COUNTS, groups=range(12), seed=0, resamples=50)
    figure = plots.iou_dots(table, title="t", source="simulated", paper={"near": 0.4954})
    dots = [trace for trace in figure.data if trace.name == "this run"]
    assert list(dots[0].y) == ["near", "far,<br>noisy"]
    assert dots[0].x[0] == table.loc["near", ("foreground IoU", "value")]
    ends = dots[1].x[1] + np.array([-dots[1].error_x.arrayminus[1], dots[1].error_x.array[1]])
    assert ends == pytest.approx(table.loc["far, noisy"]["mean IoU"][["low", "high"]].to_numpy())
    lines = [shape.x0 for shape in figure.layout.shapes]
    assert lines == pytest.approx(
        table.loc["predict nothing"].xs("value", level=1)[["foreground IoU", "mean IoU"]]
    )
    paper = next(trace for trace in figure.data if str(trace.name).startswith("paper"))
    assert paper.x[0] == 0.4954
    assert np.isnan(paper.x[1])
    assert paper.xaxis == dots[1].xaxis


def test_a_table_without_nothing_is_refused() -> None:
    table = metrics.segmentation_table(COUNTS, groups=range(12), seed=0, resamples=5)
    for wrong in (table.drop(index="predict nothing"), table.loc[["predict nothing"]]):
        with pytest.raises(DataError, match="the table has rows"):
            plots.iou_dots(wrong, title="t", source="simulated")
    with pytest.raises(DataError, match="no beauty"):
        plots.iou_dots(table, title="t", source="simulated", scores=["beauty"])


def test_sizes() -> None:
    sizes = {name: metrics.iou_by_size(of, groups=range(12), seed=0) for name, of in COUNTS.items()}
    figure = plots.size_curves(sizes, title="t", source="real")
    line, table = figure.data[0], sizes["near"]
    assert list(line.y) == pytest.approx(100 * table["foreground IoU"])
    assert list(line.x) == pytest.approx(100 * table["share"], rel=0.03)
    few = table["scenes"].to_numpy() == 1
    assert (np.array(line.error_y.array)[few] == 0).all()  # nothing is drawn where there is no interval


def test_thresholds() -> None:
    limits = [0.25, 0.5, 0.75]
    curves = {
        n: metrics.threshold_curve(metrics.segmentation_counts(s, TRUTH, threshold=limits))
        for n, s in SAID.items()
    }
    figure = plots.threshold_curves(curves, title="t", source="real", score="dice")
    assert list(figure.data[1].x) == limits
    assert list(figure.data[1].y) == pytest.approx(100 * curves["far, noisy"]["dice"])
    assert figure.layout.yaxis.title.text == "dice (%)"


def test_alarms() -> None:
    alarms = metrics.picture_alarms(SAID["near"], TRUTH, threshold=[0.3, 0.6], least_px=3)
    rates = metrics.alarm_rates(alarms, groups=range(12), seed=0)
    (line,) = plots.alarm_curves({"near": rates}, title="t", source="real").data
    assert list(line.x) == list(rates["false alarms"])
    assert list(line.y) == pytest.approx(100 * rates["recall"])


def test_reliability_of_pixels() -> None:
    tables = {name: metrics.pixel_reliability(of, TRUTH) for name, of in SAID.items()}
    figure = plots.pixel_reliability_diagram(tables, title="t", source="real")
    assert list(figure.data[2].y) == pytest.approx(100 * tables["far, noisy"]["accuracy"])
    assert "firearm" in figure.layout.xaxis.title.text
    assert figure.data[1].text[0].endswith("pixels")


@pytest.mark.parametrize("draw", [plots.size_curves, plots.threshold_curves, plots.alarm_curves])
def test_no_table_or_one_of_something_else(draw: Callable) -> None:
    with pytest.raises(DataError, match="there is no table"):
        draw({}, title="t", source="real")
    with pytest.raises(DataError, match="the table has no"):
        draw({"a": pd.DataFrame({"x": [1]})}, title="t", source="real")


def test_one_size_alone_has_a_tick() -> None:
    one = metrics.iou_by_size(COUNTS["near"], groups=range(12), seed=0, edges=[0, 1])
    axis = plots.size_curves({"near": one}, title="t", source="real").layout.xaxis
    assert any(axis.range[0] < np.log10(tick) < axis.range[1] for tick in axis.tickvals)
