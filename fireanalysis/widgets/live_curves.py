"""Trainings to watch: loss and score by epoch while a cell still runs."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import RLock

import ipywidgets
import pandas as pd
import plotly.graph_objects as go

from fireanalysis.plots.style import finish
from fireanalysis.plots.training import grow_curves, live_curves

from .explorer import WIDE, Explorer


class LiveCurves(Explorer):
    """See loss and score of a training after each of its epochs; choose among several trainings of a notebook.

    Show it in a cell before the one that trains. Nothing that goes wrong here stops a training.

    Parameters
    ----------
    source : {"simulated", "real"}
        Of the data that are learned from.

    Attributes
    ----------
    training : ipywidgets.Dropdown
        Whose curves are shown: the newest, unless another is chosen. What is chosen while a cell runs comes when the
        cell is done: most kernels do one thing at a time.
    histories : dict of str to DataFrame
        What each training told last.

    Notes
    -----
    A history of several epochs that comes at once, or comes again, is of a fit from the store: "trained before". So
    is the first of a killed run that goes on, until its next epoch; one epoch that comes from the store for the first
    time looks like one just trained.

    Examples
    --------
    >>> live = LiveCurves(source="simulated")
    >>> told = live.follow("ResNet-18")  # to be passed as `on_epoch` to `fit_or_load` and its like
    >>> told(pd.DataFrame({"epoch": [1], "training loss": [2.0], "validation accuracy": [0.5]}))
    >>> live.figure.layout.annotations[0].text
    'validation accuracy 50% (highest 50%, epoch 1)'
    >>> len(live.history)
    1
    """

    def __init__(self, *, source: str) -> None:
        self._source = source
        self._lock = RLock()  # some kernels hand over a choice in another thread while the training goes on
        self._before: set[str] = set()
        self.histories: dict[str, pd.DataFrame] = {}
        self.training = ipywidgets.Dropdown(description="training", style=WIDE)
        super().__init__([self.training])

    @property
    def history(self) -> pd.DataFrame:
        """The shown training's, one row an epoch; empty before the first."""
        return self.histories.get(self.training.value, pd.DataFrame())

    def follow(self, name: str) -> Callable[[pd.DataFrame], None]:
        """Give what a training of this name is to call after each epoch."""
        return partial(self.update, name=name)

    def update(self, history: pd.DataFrame, name: str = "this training") -> None:
        """Take the history so far of a training, and show it if the training has just begun or is the chosen one."""
        # `answer` says what goes wrong with a figure; whatever else does, the training goes on.
        with suppress(Exception), self._lock:
            known = self.histories.get(name)
            begins = len(history) == 1 and (known is None or not history.equals(known))
            grows = known is not None and len(history) == len(known) + 1
            self.histories[name] = history
            if grows and name not in self._before:
                if name == self.training.value:
                    self.answer(partial(self._grow, history))
                return
            (self._before.discard if begins or grows else self._before.add)(name)
            self._choose(name)

    def draw(self) -> go.Figure:
        """Draw the chosen training."""
        name = self.training.value
        if name is None:
            empty = finish(go.Figure(), "No epoch has been trained yet", source=self._source, height=340)
            return empty.update_xaxes(visible=False).update_yaxes(visible=False)
        title = f"{name}, trained before" if name in self._before else name
        return live_curves(self.history, title=title, source=self._source)

    def _choose(self, name: str) -> None:
        with self.silently():  # new options choose the first for a moment
            self.training.options = [*self.histories]
            self.training.value = name
        self._redraw(None)

    def _grow(self, history: pd.DataFrame) -> None:
        with self.figure.batch_update():
            grow_curves(self.figure, history)

    def _redraw(self, change: object) -> None:
        with self._lock:
            super()._redraw(change)
