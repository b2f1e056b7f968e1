import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from fireanalysis import plots
from fireanalysis.errors import DataError


def test_the_two_areas_are_the_two_average_precisions() -> None:
    """Step: scikit-learn's. Trapezoid: the Oxford buildings' loop over the whole list."""
    ranks, size = [1, 3, 4, 9], 12
    relevant = np.isin(np.arange(1, size + 1), ranks)
    step = average_precision_score(relevant, -np.arange(size))
    area, old_recall, old_precision, found = 0.0, 0.0, 1.0, 0
    for place, hit in enumerate(relevant, start=1):
        found += hit
        recall, precision = found / len(ranks), found / place
        area += (recall - old_recall) * (old_precision + precision) / 2
        old_recall, old_precision = recall, precision
    figure = plots.precision_areas([4, 1, 9, 3], title="two areas")
    assert [trace.name for trace in figure.data] == [f"step: {step:.3f}", f"trapezoid: {area:.3f}", "found"]
    assert abs(step - area) > 0.01
    assert figure.data[2].text == ("rank 1", "rank 3", "rank 4", "rank 9")


@pytest.mark.parametrize("ranks", [[], [0, 1], [2, 2]])
def test_ranks_that_are_none(ranks) -> None:
    with pytest.raises(DataError, match="different numbers from 1 on"):
        plots.precision_areas(ranks, title="t")


def test_a_line_a_method_in_its_colour_in_each_panel() -> None:
    left = pd.DataFrame({64: [0.2, 0.3], 512: [0.1, np.nan]}, index=["MAC", "cls"])
    right = pd.DataFrame({64: [0.5], 512: [0.6]}, index=["cls"])
    look = {"title": "t", "axis": "mAP (%)", "source": "simulated"}
    figure = plots.dimension_curves({"database": left, "training": right}, **look)
    mac, cls, again = figure.data
    assert (mac.name, cls.name, again.name) == ("MAC", "cls", "cls")
    assert cls.line.color == again.line.color != mac.line.color
    assert [trace.showlegend for trace in figure.data] == [True, True, False]
    assert mac.x == ("64", "512") and mac.y == (0.2, 0.1)
    assert {axis.type for axis in figure.select_xaxes()} == {"category"}


def test_no_table_to_draw() -> None:
    with pytest.raises(DataError, match="rows and columns"):
        plots.dimension_curves({"empty": pd.DataFrame()}, title="t", axis="a", source="real")
