import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError
from fireanalysis.plots.training import grow_curves


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


SEEN = {
    "accuracy": {"training accuracy": [0.1, 0.9], "training loss": [2.0, 1.0], "validation loss": [2.5, 2.2]},
    "foreground IoU": {"training mean IoU": [0.5, 0.6], "training loss": [1.0, 0.9]},
    "mAP": {"training loss": [0.4, 0.2], "loss of positive pairs": [0.1, 0.1]},
}


@pytest.mark.parametrize("score", SEEN)
def test_live_curves_show_what_a_history_has(score: str) -> None:
    history = pd.DataFrame({"epoch": [1, 2], f"validation {score}": [0.5, 0.25], **SEEN[score]})
    figure = plots.live_curves(history, title="ResNet-18", source="simulated")
    panels = {"y": score, "y2": "loss"}
    drawn = {
        f"{trace.name} {panels[trace.yaxis]}": [*zip(trace.x, trace.y, strict=True)] for trace in figure.data
    }
    parts = [f"{part} {what}" for what in panels.values() for part in ("training", "validation")]
    assert drawn == {name: [*enumerate(history[name], 1)] for name in parts if name in history}
    assert [figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text] == [*panels.values()]
    assert figure.layout.annotations[0].text == f"validation {score} 25% (highest 50%, epoch 1)"
    assert sorted(trace.name for trace in figure.data if trace.showlegend) == ["training", "validation"]
    assert figure.layout.title.text == "ResNet-18<br><b>simulated data</b>"


def test_grown_curves_are_those_drawn_anew(history: pd.DataFrame) -> None:
    figure = plots.live_curves(history.head(1), title="mine", source="real")
    grow_curves(figure, history)
    assert figure == plots.live_curves(history, title="mine", source="real")


@pytest.mark.parametrize(("epochs", "step"), [(1, 1), (10, 1), (11, 2), (50, 5), (51, 10), (300, 50)])
def test_epochs_have_whole_marks_that_find_room(epochs: int, step: int) -> None:
    history = pd.DataFrame({"epoch": range(1, epochs + 1), "validation mAP": 0.5})
    assert plots.live_curves(history, title="long", source="real").layout.xaxis2.dtick == step


def test_a_history_that_nothing_is_judged_by_is_named(history: pd.DataFrame) -> None:
    for wrong in (history.drop(columns="validation accuracy"), history.head(0), pd.DataFrame()):
        with pytest.raises(DataError, match=f"{len(wrong)} epochs"):
            plots.live_curves(wrong, title="none", source="real")
