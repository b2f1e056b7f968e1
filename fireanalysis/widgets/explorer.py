"""What explorers share: controls above a figure that follows them, errors in place; and the plainest of them."""

from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import plotly.graph_objects as go

from fireanalysis.errors import DataError, FireAnalysisError

WIDE = {"description_width": "80px"}


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
        The error in place of a traceback, if a choice cannot be drawn.
    """

    def __init__(
        self, controls: Sequence[ipywidgets.ValueWidget], shown: Sequence[ipywidgets.Widget] = ()
    ) -> None:
        self.message = ipywidgets.HTML()
        self.figure = go.FigureWidget(self.draw())
        for control in controls:
            control.observe(self._redraw, names="value")
        super().__init__([ipywidgets.HBox(list(controls)), *shown, self.message, self.figure])

    def draw(self) -> go.Figure:
        """Draw the present choice as an ordinary figure."""
        raise NotImplementedError

    def _redraw(self, _change: object) -> None:
        self.message.value = "computing…"
        try:
            figure = self.draw()
        except FireAnalysisError as error:
            self.message.value = f"<pre style='color:#b00020'>{error}</pre>"
            return
        with self.figure.batch_update():
            self.figure.update(figure.to_plotly_json(), overwrite=True)
        self.message.value = ""


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
