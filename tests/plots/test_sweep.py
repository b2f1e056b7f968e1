from itertools import product

import numpy as np
import pandas as pd
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError


@pytest.fixture
def runs() -> pd.DataFrame:
    table = pd.DataFrame(
        list(product([3, 5], ["relu", "leaky_relu 0.1", "elu"])), columns=["kernel", "activation"]
    )
    return table.assign(iou=[10.0, 20, 30, 40, 50, 66], by=["papermill", *["here"] * 5])


def test_each_panel_has_the_means_of_its_levels_and_every_run_once(runs: pd.DataFrame) -> None:
    effects = metrics.main_effects(runs, ["kernel", "activation"], score="iou")
    figure = plots.sweep_effects(
        runs,
        effects,
        score="iou",
        axis="IoU (%)",
        title="t",
        source="simulated",
        chance=(3, 7),
        marks={"by papermill": runs["by"] == "papermill"},
    )
    means = [trace for trace in figure.data if trace.name == "mean, 95 % interval"]
    assert [list(trace.y) for trace in means] == [pytest.approx([20, 52]), pytest.approx([25, 35, 48])]
    assert means[0].y[0] - means[0].error_y.arrayminus[0] == pytest.approx(effects["low"][0])
    assert list(figure.layout.xaxis2.ticktext) == ["relu", "leaky<br>relu<br>0.1", "elu"]
    for axis in ("x", "x2"):
        dots = [t for t in figure.data if t.xaxis == axis and t.name in ("a run", "by papermill")]
        assert [len(trace.y) for trace in dots] == [5, 1]
        places = {y: int(x) for trace in dots for x, y in zip(trace.x, trace.y, strict=True)}
        assert places[40.0] == (1 if axis == "x" else 0)
    band = figure.layout.shapes[0]
    assert (band.y0, band.y1) == (3, 7)


def test_tables_that_do_not_belong_together_are_refused(runs: pd.DataFrame) -> None:
    effects = metrics.main_effects(runs, ["kernel"], score="iou")
    given = {"axis": "IoU (%)", "title": "t", "source": "real"}
    with pytest.raises(DataError, match="no kernel"):
        plots.sweep_effects(runs.drop(columns="kernel"), effects, score="iou", **given)
    with pytest.raises(DataError, match="rows"):
        plots.sweep_effects(runs, effects, score="iou", marks={"a": pd.Series([True])}, **given)
    assert np.isfinite(effects["mean"]).all()
