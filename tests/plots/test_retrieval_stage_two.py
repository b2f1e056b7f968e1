import numpy as np
import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError


def test_the_best_margins_are_framed_and_gaps_stay_empty() -> None:
    table = pd.DataFrame([[50.0, np.nan], [61.04, 58.0]], index=[0.7, 0.8], columns=[1.1, 1.25])
    figure = plots.margin_grid(table, title="t", source="simulated", marked=(0.7, 1.1))
    (cells,) = figure.data
    assert [list(row) for row in cells.z] == [[50.0, None], [61.04, 58.0]]
    assert cells.text.tolist() == [["50.0", ""], ["61.0", "58.0"]]
    assert (list(cells.y), list(cells.x)) == (["0.7", "0.8"], ["1.1", "1.25"])
    middles = [((s.y0 + s.y1) / 2, (s.x0 + s.x1) / 2) for s in figure.layout.shapes]
    assert middles == [(1, 0), (0, 0)]
    with pytest.raises(DataError, match=r"0\.9 and 1\.1 are none"):
        plots.margin_grid(table, title="t", source="simulated", marked=(0.9, 1.1))
    with pytest.raises(DataError, match="without a number"):
        plots.margin_grid(table * np.nan, title="t", source="simulated")


def test_balance_is_of_the_loss_there_is() -> None:
    history = pd.DataFrame(
        {
            "epoch": [1, 2],
            "positive pairs that pull": [1.0, 0.25],
            "negative pairs that push": [0.5, 0.0],
            "loss of positive pairs": [0.3, 0.0],
            "loss of negative pairs": [0.1, 0.0],
        }
    )
    figure = plots.loss_balance({"retr-s": history, "retr-d": history}, title="t", source="simulated")
    lines = {trace.name: list(trace.y) for trace in figure.data[:3]}
    assert lines["positive pairs that pull"] == [100, 25]
    assert lines["loss of positive pairs (of all)"] == pytest.approx([75, 0])  # of no loss, none
    for wrong in ({}, {"cls": history[["epoch"]]}):
        with pytest.raises(DataError, match=r"no history|no positive"):
            plots.loss_balance(wrong, title="t", source="simulated")
