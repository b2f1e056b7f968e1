import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError


@pytest.fixture
def history() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "training accuracy": [0.3, 0.6, 0.9],
            "validation accuracy": [0.2, 0.5, 0.55],
            "training loss": [1.5, 0.9, 0.3],
            "validation loss": [1.6, 1.1, 1.4],
        }
    )


def test_curves_are_the_history_and_the_title_says_what_was_kept(history: pd.DataFrame) -> None:
    figure = plots.training_curves(
        history, chosen_epoch=2, source="simulated", name="ResNet-18", warmup_epochs=1
    )
    drawn = {(trace.name, trace.yaxis): list(trace.y) for trace in figure.data if trace.y[0] is not None}
    assert drawn[("validation", "y")] == pytest.approx([20, 50, 55])
    assert drawn[("training", "y2")] == [1.5, 0.9, 0.3]
    title = figure.layout.title.text.replace("<br>", " ")
    assert "ResNet-18: epoch 2 was kept, accuracy 50%, where the loss is lowest" in title
    later = plots.training_curves(history, chosen_epoch=3, source="simulated").layout.title.text
    assert "the loss is lowest at epoch 2, accuracy 50%" in later.replace("<br>", " ")
    assert "simulated" in title
    # A line and a shade in both panels.
    assert (
        sorted((shape.type, shape.x1) for shape in figure.layout.shapes)
        == [("line", 2)] * 2 + [("rect", 1)] * 2
    )


def test_another_title_takes_its_place(history: pd.DataFrame) -> None:
    figure = plots.training_curves(history, chosen_epoch=3, source="real", title="mine")
    assert figure.layout.title.text.startswith("Mine<br>")
    assert len(figure.layout.shapes) == 2  # no warm-up, no shade


def test_a_history_without_its_columns_or_its_epoch_is_named(history: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no training loss"):
        plots.training_curves(history.drop(columns="training loss"), chosen_epoch=1, source="real")
    with pytest.raises(DataError, match="chosen_epoch is 4"):
        plots.training_curves(history, chosen_epoch=4, source="real")
