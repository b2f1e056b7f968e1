"""What explorers share: controls above a figure that follows them, errors in place; and the plainest of them."""

import html
import math
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import plotly.graph_objects as go

from fireanalysis.errors import DataError, FireAnalysisError
from fireanalysis.plots.style import ERROR_COLOUR

from .patient_figure import PatientFigure

WIDE = {"description_width": "80px"}
PATIENCE_S = 0.2
"""An explorer that takes longer says "computing…"."""

SAFE = {"showSendToCloud": False}
"""Widgets do not ask the renderer, which `fireanalysis.plots.style` rids of the button that uploads a figure."""


class Explorer(ipywidgets.VBox):
    """Some controls and a figure that is drawn again when one of them changes.

    Parameters
    ----------
    controls : sequence of ipywidgets
        `draw`, which a subclass defines, reads their values.
    shown : sequence of ipywidgets, optional
        What else is shown, between the controls and the figure.

    Attributes
    ----------
    figure : plotly.graph_objects.FigureWidget
    message : ipywidgets.HTML
        "computing…" once a figure takes longer than `PATIENCE_S`; what is wrong, in place of a traceback, if a choice
        cannot be drawn: the figure before it stays then.
    """

    _silent = False

    def __init__(
        self, controls: Sequence[ipywidgets.ValueWidget], shown: Sequence[ipywidgets.Widget] = ()
    ) -> None:
        self.message = ipywidgets.HTML()
        self.figure = PatientFigure(*_parts(self.draw()))
        self.figure._config = SAFE
        for control in controls:
            control.observe(self._redraw, names="value")
        row = ipywidgets.HBox(list(controls), layout={"flex_flow": "row wrap"})
        super().__init__([row, *shown, self.message, self.figure, _Keys()])

    def draw(self) -> go.Figure:
        """Draw the present choice as an ordinary figure."""
        raise NotImplementedError

    def show(self, figure: go.Figure) -> None:
        """Put another figure in the place of the one that is shown; what they share is not sent again."""
        shown, (traces, layout) = self.figure, _parts(figure)
        drawn = [trace.to_plotly_json() for trace in shown.data]
        if _structure(drawn, shown.layout.to_plotly_json()) == _structure(traces, layout):
            with shown.batch_update():
                for old, new in zip(shown.data, traces, strict=True):
                    _bring(old, new)
                _bring(shown.layout, layout)
            return
        # In a browser, images fail in the axes of curves, so the layout comes before the traces; and axes keep kinds,
        # domains and directions of what was drawn in them before, so they are cleared once the traces are there.
        shown.data = ()
        self._lay_out(layout)
        shown.add_traces(traces)
        with shown.batch_update():
            for name in {"xaxis", "yaxis"} | {name for name in layout if "axis" in name}:
                shown.layout[name] = {"type": "-"}
        self._lay_out(layout)

    def answer(self, work: Callable[[], object]) -> None:
        """Do what a control asks for: say so if it takes long, and say what is wrong in place."""
        patience = Timer(PATIENCE_S, self._say, ["computing…"])
        patience.start()
        try:
            work()
            said = ""
        except FireAnalysisError as error:
            said = _in_red(str(error))
        except Exception as error:  # our fault, and no reader sees the log that a traceback would go to
            at = traceback.extract_tb(error.__traceback__)[-1]
            said = _in_red(f"a fault of this program: {error!r}\n  where: {at.filename}, line {at.lineno}")
        finally:
            patience.cancel()
            patience.join()  # or it might speak last
        self._say(said)

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Set controls that follow another one without a figure of each step: the other one's is drawn anyway."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def _lay_out(self, layout: dict[str, Any]) -> None:
        with self.figure.batch_update():
            _bring(self.figure.layout, layout)

    def _redraw(self, _change: object) -> None:
        if not self._silent:
            self.answer(lambda: self.show(self.draw()))

    def _say(self, text: str) -> None:
        self.message.value = f"<span role='status'>{text}</span>" if text else ""


def _parts(figure: go.Figure) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Give traces and layout without NaN where a widget cannot send it: to a browser no number is null."""
    return [_sendable(trace.to_plotly_json()) for trace in figure.data], _sendable(
        figure.layout.to_plotly_json()
    )


def _sendable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sendable(part) for name, part in value.items()}
    if isinstance(value, np.ndarray) and value.ndim > 1 and value.dtype.kind == "f":  # goes as lists
        return value if np.isfinite(value).all() else _sendable(value.tolist())
    if isinstance(value, list | tuple):
        return [_sendable(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _structure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> tuple[Any, ...]:
    """Tell what a browser changes well only in a new drawing: kinds of traces and axes."""
    kept = ("autorange", "constrain", "domain", "scaleanchor", "type")
    axes = {
        name: [axis.get(part) for part in kept] for name, axis in layout.items() if "axis" in name and axis
    }
    return [(trace["type"], trace.get("xaxis"), trace.get("yaxis")) for trace in traces], axes


def _bring(old: Any, new: dict[str, Any]) -> None:
    """Bring a trace or a layout to another state, property by property."""
    was = old.to_plotly_json()
    for name in (was.keys() | new.keys()) - {"uid"}:  # by which the browser knows a trace
        if not _same(was.get(name), new.get(name)):
            old[name] = new.get(name)


def _same(one: Any, other: Any) -> bool:
    """Whether two properties are equal, arrays in them too."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


class _Keys(anywidget.AnyWidget):
    """Gives the keys that are pressed in an explorer to its controls.

    JupyterLab would take an arrow in a list for a step to the next cell, and a letter for a command to the notebook.
    """

    _esm = """
    export default {
      render({ el }) {
        const keep = event => {
          if (!el.closest(".widget-vbox")?.contains(event.target)) return;
          const theirs = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
          event.target.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
        };
        window.addEventListener("keydown", keep, true);
        return () => window.removeEventListener("keydown", keep, true);
      },
    };
    """


def _in_red(text: str) -> str:
    return f"<pre style='color:{ERROR_COLOUR}; white-space: pre-wrap'>{html.escape(text)}</pre>"


class FigureChooser(Explorer):
    """Choose one of several figures by name; each is drawn when it is chosen.

    Parameters
    ----------
    figures : mapping of str to callable
        Functions without arguments that give a figure.
    name : str
        What is chosen, for the control.

    Attributes
    ----------
    choice : ipywidgets.Dropdown

    Raises
    ------
    DataError
        If there is no figure.

    Examples
    --------
    >>> figures = {name: lambda name=name: go.Figure(layout={"title": {"text": name}}) for name in "AB"}
    >>> chooser = FigureChooser(figures, name="brand")
    >>> chooser.choice.value = "B"
    >>> chooser.figure.layout.title.text
    'B'
    """

    def __init__(self, figures: Mapping[str, Callable[[], go.Figure]], *, name: str) -> None:
        if not figures:
            raise DataError("there is no figure to choose", where="FigureChooser", do="pass at least one")
        self._figures = dict(figures)
        self.choice = ipywidgets.Dropdown(options=list(figures), description=name, style=WIDE)
        super().__init__([self.choice])

    def draw(self) -> go.Figure:
        """Draw the chosen figure."""
        return self._figures[self.choice.value]()
