"""What explorers share: controls above a figure that follows them, errors in place; and the plainest of them."""

import html
import traceback
from collections.abc import Callable, Mapping, Sequence
from threading import Timer

import ipywidgets
import plotly.graph_objects as go

from fireanalysis.errors import DataError, FireAnalysisError

WIDE = {"description_width": "80px"}
PATIENCE_S = 0.2
"""An explorer that takes longer says "computing…"."""


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

    def __init__(
        self, controls: Sequence[ipywidgets.ValueWidget], shown: Sequence[ipywidgets.Widget] = ()
    ) -> None:
        self.message = ipywidgets.HTML()
        self.figure = go.FigureWidget(self.draw())
        for control in controls:
            control.observe(self._redraw, names="value")
        row = ipywidgets.HBox(list(controls), layout={"flex_flow": "row wrap"})
        super().__init__([row, *shown, self.message, self.figure])

    def draw(self) -> go.Figure:
        """Draw the present choice as an ordinary figure."""
        raise NotImplementedError

    def show(self, figure: go.Figure) -> None:
        """Put another figure in the place of the one that is shown."""
        with self.figure.batch_update():
            self.figure.update(figure.to_plotly_json(), overwrite=True)

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

    def _redraw(self, _change: object) -> None:
        self.answer(lambda: self.show(self.draw()))

    def _say(self, text: str) -> None:
        self.message.value = f"<span role='status'>{text}</span>" if text else ""


def _in_red(text: str) -> str:
    return f"<pre style='color:#b00020; white-space: pre-wrap'>{html.escape(text)}</pre>"


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
