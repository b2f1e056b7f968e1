import pandas as pd
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError


def test_dots_are_the_bins_and_grow_with_their_samples() -> None:
    sure = metrics.reliability([[0.9, 0.1]] * 3 + [[0.6, 0.4]], [0, 0, 1, 0], bins=4)
    figure = plots.reliability_diagram({"early": sure, "late": sure}, title="t", source="simulated")
    diagonal, early, late = figure.data
    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert list(early.x) == pytest.approx([60, 90])
    assert list(early.y) == pytest.approx([100, 200 / 3])
    few, many = early.marker.size
    assert few < many
    assert early.line.color != late.line.color
    assert "simulated" in figure.layout.title.text


def test_a_table_without_its_columns_is_named() -> None:
    with pytest.raises(DataError, match="no samples, confidence, accuracy in late"):
        plots.reliability_diagram({"late": pd.DataFrame({"x": [1]})}, title="t", source="real")
    with pytest.raises(DataError, match="there is no table"):
        plots.reliability_diagram({}, title="t", source="real")
