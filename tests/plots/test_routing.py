import numpy as np
import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError

BUDGET = ("right", "routing", "recognition")
LOOK = {"title": "t", "source": "simulated"}


def history(epochs):
    rising = np.linspace(0.2, 0.9, epochs)
    return pd.DataFrame(
        {"epoch": np.arange(1, epochs + 1), "training accuracy": rising, "validation accuracy": rising / 2}
    )


def test_each_network_has_its_panel_with_both_curves_and_the_epoch_kept() -> None:
    networks = {"pistol": history(5), "rifle": history(3)}
    figure = plots.learning_panels(networks, chosen={"pistol": 4, "rifle": 1}, **LOOK)
    training, validation, _, late = figure.data
    assert list(training.y) == pytest.approx(list(np.linspace(20, 90, 5)))
    assert list(validation.y) == pytest.approx(list(np.linspace(10, 45, 5)))
    assert list(late.x) == [1, 2, 3]
    assert training.xaxis != late.xaxis
    assert [shape.x0 for shape in figure.layout.shapes] == [4, 1]
    assert [text.text for text in figure.layout.annotations] == ["pistol: epoch 4", "rifle: epoch 1"]
    assert [line.showlegend for line in figure.data] == [True, True, False, False]


@pytest.mark.parametrize(
    ("histories", "says"),
    [
        ({}, "there is no history"),
        ({"pistol": history(2)}, "chosen epoch: pistol"),
        ({"rifle": history(2).drop(columns="epoch")}, "rifle"),
    ],
)
def test_a_history_that_lacks_something_is_named(histories: dict, says: str) -> None:
    with pytest.raises(DataError, match=says):
        plots.learning_panels(histories, chosen={"rifle": 1}, **LOOK)


def scores():
    columns = {"category": ["rifle", "pistol", "rifle"], "f1": [50.0, np.nan, 90.0], "clips": [10, 20, 40]}
    return pd.DataFrame(columns | {"sessions": [2, 3, 4]}, index=["M4", "Glock", "AK-47"])


def test_scores_stand_over_each_supply_and_a_missing_one_is_left_out() -> None:
    supply = {"clips": "clips to learn from", "sessions": "sessions to learn from"}
    figure = plots.scores_by_supply(scores(), supply, score="f1", axis="F1 (%)", level=87, **LOOK)
    by_clips, by_sessions, level = figure.data
    assert list(by_clips.text) == ["M4", "AK-47"]
    assert list(by_clips.x) == [10, 40]
    assert list(by_sessions.x) == [2, 4]
    assert list(by_clips.y) == list(by_sessions.y) == [50, 90]
    assert level.name == ""
    assert {shape.y0 for shape in figure.layout.shapes} == {87}
    assert figure.layout.xaxis2.title.text == "sessions to learn from"
    table = scores().assign(low=lambda of: of["f1"] - 10, high=lambda of: of["f1"] + 5)
    for dots in plots.scores_by_supply(table, supply, score="f1", axis="F1 (%)", **LOOK).data:
        assert list(dots.error_y.array) == [5, 5]
        assert list(dots.error_y.arrayminus) == [10, 10]


def test_scores_without_a_column_or_a_number_are_refused() -> None:
    with pytest.raises(DataError, match="no shots"):
        plots.scores_by_supply(scores(), {"shots": "shots"}, score="f1", axis="F1", **LOOK)
    with pytest.raises(DataError, match="no row has a f1"):
        plots.scores_by_supply(scores().loc[["Glock"]], {"clips": "clips"}, score="f1", axis="F1", **LOOK)


def test_frames_enclose_the_models_of_one_category() -> None:
    counts = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 2]])
    figure = plots.confusion_by_category(
        counts, ["Glock", "P226", "M4"], ["pistol", "pistol", "rifle"], **LOOK
    )
    assert [list(row) for row in figure.data[0].z] == [[75, 25, 0], [None] * 3, [50, 0, 50]]
    pistols, rifles = figure.layout.shapes
    assert (pistols.x0, pistols.x1, pistols.y0, pistols.y1) == (-0.5, 1.5, -0.5, 1.5)
    assert (rifles.x0, rifles.x1) == (1.5, 2.5)
    assert [line.name for line in figure.data[1:]] == ["pistol", "rifle"]
    assert pistols.line.color != rifles.line.color


def test_a_matrix_that_does_not_fit_its_names_is_refused() -> None:
    with pytest.raises(DataError, match=r"shape \(2, 2\) for 3 models of 3 categories"):
        plots.confusion_by_category(np.eye(2), ["a", "b", "c"], ["x", "x", "y"], **LOOK)


def test_a_budget_s_bars_add_up_to_all_clips() -> None:
    budgets = pd.DataFrame(
        {"right": [0.8, 0.5], "routing": [0.17, 0.25], "recognition": [0.03, 0.25]}, index=["all", "rifle"]
    )
    figure = plots.error_budget(budgets, **LOOK)
    assert np.sum([bar.x for bar in figure.data], axis=0) == pytest.approx([100, 100])
    assert figure.layout.barmode == "stack"
    assert [bar.text[0] for bar in figure.data] == ["80.0", "17.0", ""]  # no room for 3 %


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"right": [1.0]}, "no routing, recognition"),
        ({name: [0.5] for name in BUDGET}, "add up"),
    ],
)
def test_shares_that_are_no_budget_are_refused(columns: dict, says: str) -> None:
    with pytest.raises(DataError, match=says):
        plots.error_budget(pd.DataFrame(columns), **LOOK)


def test_each_cost_has_an_axis_of_its_own_with_its_numbers_written() -> None:
    table = pd.DataFrame(
        {"parameters (10⁶)": [11.2, np.nan], "operations (10⁹)": [12345.6, 0.5]}, index=["flat", "hard"]
    )
    figure = plots.cost_bars(table, **LOOK)
    parameters, operations = figure.data
    assert list(parameters.text) == ["11.2", ""]
    assert list(operations.text) == ["12,346", "0.5"]
    for axis, values in (("xaxis", [11.2]), ("xaxis2", [12345.6])):
        assert figure.layout[axis].range[1] > max(values)


@pytest.mark.parametrize(("columns", "says"), [({}, "the table is empty"), ({"ms": [-1.0]}, "a cost is -1")])
def test_costs_that_are_none_are_refused(columns: dict, says: str) -> None:
    with pytest.raises(DataError, match=says):
        plots.cost_bars(pd.DataFrame(columns), **LOOK)
