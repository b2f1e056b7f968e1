import numpy as np
import pandas as pd
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError

TABLE = pd.DataFrame(
    {
        "samples": [30, 60, 10],
        "groups": [5, 9, 1],
        "confidence": [0.3, 0.6, 0.9],
        "accuracy": [0.2, 0.5, 1.0],
        "low": [0.1, 0.3, np.nan],
        "high": [0.4, 0.6, np.nan],
    }
)
SAID = {"title": "t", "source": "simulated"}


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_reliability_panels_have_intervals_where_there_are_some():
    both = {"as trained": TABLE, "scaled": TABLE.assign(accuracy=[0.3, 0.6, 1.0])}
    figure = plots.reliability_panels({"brand": both, "model": {"scaled": TABLE}}, **SAID)
    (trained,), (first, second) = named(figure, "as trained"), named(figure, "scaled")
    assert list(trained.x) == [30, 60, 90] and list(trained.y) == [20, 50, 100]
    np.testing.assert_allclose(trained.error_y.array, [20, 10, 0])
    np.testing.assert_allclose(trained.error_y.arrayminus, [10, 20, 0])
    assert trained.marker.color[2] == "white" != trained.marker.color[1]  # of one group
    assert trained.marker.color[0] != first.marker.color[0] == second.marker.color[0]
    assert (first.showlegend, second.showlegend) == (True, False)
    assert trained.text[1] == "60 answers of 9 groups"
    assert {note.text for note in figure.layout.annotations} == {"brand", "model"}
    assert "simulated data" in figure.layout.title.text
    area = np.array(trained.marker.size) - 5
    assert area[1] / area[0] == pytest.approx(np.sqrt(2))


def test_temperature_curves_are_above_their_least_and_show_the_interval():
    grid = np.geomspace(0.05, 20, 50)
    losses = (np.log(grid) - np.log(2)) ** 2 + 0.7
    panels = {"brand": {"calibration": losses, "test": losses + 1}}
    figure = plots.temperature_curves(panels, grid, fitted={"brand": (2.0, 1.5, 3.0)}, **SAID)
    (one,), (other,) = named(figure, "calibration part"), named(figure, "test part")
    np.testing.assert_allclose(one.y, other.y)
    assert min(one.y) == 0 and min(one.x) <= 1 and max(one.x) >= 3
    band, fit, trained = figure.layout.shapes
    assert (band.x0, band.x1, fit.x0, trained.x0) == (1.5, 3.0, 2.0, 1)
    assert figure.layout.xaxis.type == "log"


def test_the_spread_of_temperatures_is_drawn_by_quantiles():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"groups": np.repeat([5, 50], 200), "temperature": rng.uniform(1, 3, 400)})
    how = {"have": {"brand": 20}, "group_names": {"brand": "firearm"}}
    figure = plots.temperature_spread({"brand": table}, **how, **SAID)
    band, middle = figure.data
    few = table["temperature"][:200]
    assert band.y[0] == pytest.approx(np.quantile(few, 0.975)) and band.y[-1] == pytest.approx(
        np.quantile(few, 0.025)
    )
    assert list(middle.x) == [5, 50] and middle.y[0] == pytest.approx(few.median())
    assert figure.layout.shapes[0].x0 == 20
    assert "firearms" in figure.layout.xaxis.title.text


def test_boxes_of_both_ways_of_dealing():
    gaps = np.r_[np.linspace(-0.1, 0.1, 101), np.linspace(-0.4, 0.4, 101)]
    table = pd.DataFrame({"split": np.repeat(["by sample", "by group"], 101), "confidence − accuracy": gaps})
    sample, group = plots.split_boxes({"brand": table}, **SAID).data
    assert (sample.q1[0], sample.median[0], sample.upperfence[0]) == pytest.approx((-5, 0, 9.5))
    assert (group.q3[0], group.lowerfence[0]) == pytest.approx((20, -38))


def test_the_view_counts_right_and_wrong_answers():
    figure = plots.calibration_view(TABLE, [0.3, 0.31, 1.0], [True, False, True], title="t", source="real")
    (right,), (wrong,) = named(figure, "right"), named(figure, "wrong")
    assert sum(right.y) == 2 and sum(wrong.y) == 1 and right.y[-1] == 1
    assert list(named(figure, "in bins")[0].y) == [20, 50, 100]


def test_figures_of_what_metrics_give():
    rng = np.random.default_rng(0)
    logits, truth, groups = rng.normal(size=(60, 3)), rng.integers(3, size=60), np.arange(60) % 6
    how = {"groups": groups, "seed": 0}
    spread = metrics.temperature_by_groups(logits, truth, **how, counts=[2, 6], draws=5)
    assert plots.temperature_spread({"a": spread}, have={"a": 6}, group_names={"a": "scene"}, **SAID).data
    splits = metrics.calibration_splits(logits, truth, **how, repeats=3)
    assert len(plots.split_boxes({"a": splits}, **SAID).data) == 2


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_every_panel_is_in_sight_of_axis_titles(count):
    figure = plots.reliability_panels({f"c{k}": {"as trained": TABLE} for k in range(count)}, **SAID)
    titled = [axis for axis in figure.select_xaxes() if axis.title.text]
    assert len(named(figure, "as trained")) == count and len(titled) == min(2, count)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plots.reliability_panels({}, **SAID), "nothing to draw"),
        (lambda: plots.reliability_panels({"a": {"b": TABLE.drop(columns="low")}}, **SAID), "no low"),
        (lambda: plots.temperature_curves({}, [1.0], fitted={}, **SAID), "nothing to draw"),
        (lambda: plots.temperature_spread({}, have={}, group_names={}, **SAID), "nothing to draw"),
        (lambda: plots.split_boxes({}, **SAID), "nothing to draw"),
        (lambda: plots.calibration_view(TABLE, [], [], **SAID), "0 confidences"),
        (lambda: plots.calibration_view(TABLE, [0.5], [True, False], **SAID), "2 times right"),
    ],
)
def test_nothing_to_draw_is_an_error(call, says):
    with pytest.raises(DataError, match=says):
        call()
