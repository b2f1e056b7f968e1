import numpy as np
import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError

TABLE = pd.DataFrame(
    {"plain": [0.4, 0.1], "photographed": [0.1234, np.nan]}, index=["plain", "plain, a third empty"]
)
AXES = {"rows": "learned from", "columns": "tested on", "score": "foreground IoU"}


def test_cells_say_their_numbers_and_the_best_of_each_column_is_framed() -> None:
    figure = plots.score_matrix(TABLE, title="t", source="simulated", **AXES)
    (cells,) = figure.data
    assert [list(row) for row in cells.z] == [[0.4, 0.1234], [0.1, None]]
    assert cells.text.tolist() == [["0.40", "0.12"], ["0.10", ""]]
    assert list(cells.x) == ["plain", "photographed"]
    assert list(cells.y) == ["plain", "plain,<br>a third empty"]
    assert cells.zmax == 0.4
    middles = [((s.x0 + s.x1) / 2, (s.y0 + s.y1) / 2) for s in figure.layout.shapes]
    assert middles == [(0, 0), (1, 0)]
    assert (figure.layout.yaxis.title.text, figure.layout.xaxis.title.text) == ("learned from", "tested on")
    assert "simulated" in figure.layout.title.text


@pytest.mark.parametrize("table", [pd.DataFrame(), TABLE + 1, TABLE - 1])
def test_what_are_no_scores(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="scores are 0 to 1"):
        plots.score_matrix(table, title="t", source="simulated", **AXES)
