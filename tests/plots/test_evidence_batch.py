import numpy as np
import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError
from fireanalysis.metrics import Interval, ShortcutTest


def shown(value: float, p: float) -> ShortcutTest:
    score = Interval(value, value - 0.1, value + 0.05, np.full(9, value), 9)
    return ShortcutTest(score, np.linspace(0.4, 0.6, 201), p, 0.005)


def test_what_is_told_and_what_not_over_the_shuffles() -> None:
    tests = {"scans, study": shown(0.9, 0.001), "clips, recorder": shown(0.55, 0.3)}
    figure = plots.shortcut_tests(tests, title="t", axis="share", source="real")
    bar, mean, told, untold = figure.data
    assert [*bar.x[:2], bar.x[2]] == [pytest.approx(0.405), pytest.approx(0.595), None]
    assert list(mean.x) == pytest.approx([0.5, 0.5])
    assert (list(told.x), list(told.y)) == ([0.9], [0])
    assert (list(untold.x), list(untold.y)) == ([0.55], [1])
    assert told.error_x.arrayminus[0] == pytest.approx(0.1)
    assert figure.layout.yaxis.ticktext[1] == "clips<br>recorder<br>p = 0.300"
    with pytest.raises(DataError, match="no test"):
        plots.shortcut_tests({}, title="t", axis="share", source=None)


def test_batches_have_colours_and_groups_symbols() -> None:
    table = pd.DataFrame(
        {"batch": list("xxyy"), "group": list("abcc"), "sq": [1.0, 2, 3, 4], "slope": [4.0, 3, 2, 1]}
    )
    figure = plots.batch_scatter(
        table, columns=("sq", "slope"), axes={"sq": "Sq (µm)"}, title="t", source="real"
    )
    x, y = figure.data
    assert x.marker.color != y.marker.color
    assert x.marker.symbol[0] != x.marker.symbol[1] and y.marker.symbol[0] == y.marker.symbol[1]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Sq (µm)", "slope")
    with pytest.raises(DataError, match="no column rough"):
        plots.batch_scatter(table, columns=("rough", "sq"), axes={}, title="t", source="real")
    with pytest.raises(DataError, match="1 features"):
        plots.batch_scatter(table, columns=("sq",), axes={}, title="t", source="real")


def test_share_of_p_values_up_to_each() -> None:
    p = pd.DataFrame({"groups": [0.5, 0.1, 0.9, 0.1], "samples": [0.01, 0.01, 0.02, 0.5]})
    figure = plots.false_alarm_curves({"study": p}, title="t", source="real")
    _, groups, samples = figure.data
    assert list(groups.x) == [0, 0.1, 0.1, 0.5, 0.9] and list(groups.y) == [0, 0.25, 0.5, 0.75, 1]
    assert groups.line.color != samples.line.color
    with pytest.raises(DataError, match="no p-values"):
        plots.false_alarm_curves({"study": p.iloc[:0]}, title="t", source="real")
