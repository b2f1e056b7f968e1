"""What is watched of a training; the trainings' own tests hold real histories against it."""

import threading
from collections.abc import Callable

import ipywidgets
import pandas as pd
import pytest

from fireanalysis import widgets
from fireanalysis.widgets import LiveCurves
from fireanalysis.widgets import live_curves as module


def history(epochs: int, *, score: str = "accuracy", shift: float = 0.0) -> pd.DataFrame:
    scores = [shift + 1 - 1 / (epoch + 1) for epoch in range(epochs)]
    columns = {"training loss": [1 / (epoch + 1) for epoch in range(epochs)], f"validation {score}": scores}
    return pd.DataFrame({"epoch": range(1, epochs + 1), **columns})


def train(told: Callable[[pd.DataFrame], None], *, epochs: int = 3, score: str = "accuracy") -> None:
    for epoch in range(1, epochs + 1):
        told(history(epoch, score=score))


@pytest.fixture
def live() -> LiveCurves:
    return LiveCurves(source="simulated")


def shown(live: LiveCurves) -> tuple[str, int]:
    """Title and epochs of the figure that is there."""
    title = live.figure.layout.title.text.removesuffix("<br><b>simulated data</b>").replace("<br>", " ")
    return title, len(live.figure.data[0].x) if live.figure.data else 0


def test_before_the_first_epoch_there_is_nothing(live: LiveCurves) -> None:
    assert shown(live) == ("No epoch has been trained yet", 0)
    assert live.training.value is None and live.history.empty and live.histories == {}


def test_curves_grow_by_an_epoch(live: LiveCurves) -> None:
    for epochs in (1, 2, 3):
        live.update(history(epochs))
        assert shown(live) == ("this training", epochs) and live.history.equals(history(epochs))
    whole = live.draw()
    assert live.figure.to_plotly_json()["layout"] == whole.to_plotly_json()["layout"]
    assert [list(trace.y) for trace in live.figure.data] == [list(trace.y) for trace in whole.data]


def test_the_newest_training_is_shown_and_another_can_be_chosen(live: LiveCurves) -> None:
    one, other = live.follow("one"), live.follow("other")
    train(one)
    train(other, epochs=2, score="foreground IoU")
    assert live.training.options == ("one", "other") and shown(live) == ("other", 2)
    live.training.value = "one"
    assert shown(live) == ("one", 3) and live.figure.layout.yaxis.title.text == "accuracy"
    other(history(3, score="foreground IoU"))
    assert shown(live) == ("one", 3)  # whoever chose it goes on looking at it
    live.training.value = "other"
    assert shown(live) == ("other", 3) and live.figure.layout.yaxis.title.text == "foreground IoU"


def test_what_the_store_has_was_trained_before(live: LiveCurves) -> None:
    told = live.follow("ResNet-18")
    told(history(4))
    assert shown(live) == ("ResNet-18, trained before", 4)
    told(history(4))  # the cell again
    assert shown(live) == ("ResNet-18, trained before", 4) and len(live.training.options) == 1
    told(history(5))  # it was a killed run that goes on
    assert shown(live) == ("ResNet-18", 5)
    told(history(6))
    assert shown(live) == ("ResNet-18", 6)
    told(history(1))  # another training of the same name
    assert shown(live) == ("ResNet-18", 1)
    told(history(1))
    assert shown(live) == ("ResNet-18, trained before", 1)


@pytest.mark.parametrize("name", ["the same", "another"])
def test_a_figure_that_cannot_be_drawn_stops_nothing(
    live: LiveCurves, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.update(history(1), "the same")
    monkeypatch.setattr(module, "grow_curves", lambda *_: 1 / 0)
    monkeypatch.setattr(module, "live_curves", lambda *_, **__: 1 / 0)
    live.update(history(2), name)
    assert "ZeroDivisionError" in live.message.value and live.history.equals(history(2))
    assert shown(live) == ("the same", 1)
    monkeypatch.undo()
    live.update(history(2).rename(columns={"validation accuracy": "luck"}), name)
    assert "accuracy, foreground IoU, mAP" in live.message.value
    live.update(history(2), name)
    assert shown(live) == (f"{name}, trained before", 2) and live.message.value == ""


def test_not_even_a_broken_line_to_the_browser_stops_it(
    live: LiveCurves, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("the browser is gone")

    monkeypatch.setattr(ipywidgets.Widget, "_send", broken)
    train(live.follow("alone"))
    assert live.histories["alone"].equals(history(3))


def test_whoever_interrupts_a_training_while_it_draws_interrupts_it(
    live: LiveCurves, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "live_curves", interrupted)
    with pytest.raises(KeyboardInterrupt):
        live.update(history(1))


def test_a_choice_from_another_thread_waits_for_the_figure(live: LiveCurves) -> None:
    """Some kernels hand over choices beside the cell that trains."""
    train(live.follow("one"))
    train(live.follow("other"), epochs=1)
    with live._lock:
        choosing = threading.Thread(target=setattr, args=(live.training, "value", "one"))
        choosing.start()
        choosing.join(0.2)
        assert shown(live)[0] == "other"
    choosing.join()
    assert shown(live) == ("one", 3)


def test_it_is_an_explorer_of_the_package() -> None:
    assert "LiveCurves" in widgets.__all__ and issubclass(LiveCurves, widgets.Explorer)
