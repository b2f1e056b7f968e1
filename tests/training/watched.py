"""What a training tells while it goes on, in a list and in curves."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from fireanalysis.widgets import LiveCurves


def assert_told_after_each_epoch(train: Callable[..., Any], *, score: str) -> None:
    """Train twice: the history grows by an epoch, then the store's comes whole; curves can be drawn of both."""
    told: list[pd.DataFrame] = []
    live = LiveCurves(source="simulated")

    def on_epoch(history: pd.DataFrame) -> None:
        told.append(history)
        live.update(history, "watched")

    fit = train(on_epoch=on_epoch)
    assert not fit.loaded and len(fit.history) > 1
    assert [len(history) for history in told] == [*range(1, len(fit.history) + 1)]
    for history in told:
        pd.testing.assert_frame_equal(history, fit.history.head(len(history)))
    drawn = {trace.meta: list(trace.y) for trace in live.figure.data}
    assert drawn[f"validation {score}"] == fit.history[f"validation {score}"].to_list()
    assert drawn["training loss"] == fit.history["training loss"].to_list() and not live.message.value
    told.clear()
    again = train(on_epoch=on_epoch)
    assert again.loaded and len(told) == 1
    pd.testing.assert_frame_equal(told[0], fit.history)
    assert "trained before" in live.figure.layout.title.text
