"""Explorer of a confusion matrix: the samples behind one of its cells."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, Recording
from fireanalysis.metrics import confusion_counts
from fireanalysis.plots import confusion_samples
from fireanalysis.transforms import fit_duration

from .explorer import WIDE, Explorer
from .gunshot import wav_bytes

SHOWN = 8
"""So many samples of a cell are drawn."""
MOST_CLASSES = 20
"""A matrix of more cannot be read at 700 px: the classes nearest to the chosen two are shown."""
_NONE = -1  # not None, which for a list is no choice at all
_MOST_ERRORS = 50  # in the list of the most frequent ones


class ConfusionExplorer(Explorer):
    """Choose a true and a predicted class, or click on a cell of the matrix; see the samples that are in it.

    Up to eight samples of the cell are shown, those first of which the classifier is surest. Of more than 20 classes
    the matrix has the 20 that are mixed up most often with the chosen two; its shares are of all.

    Parameters
    ----------
    data : DataSet of float (rows, columns) or uint8 (h, w, 3)
        What was asked about: maps, spectrograms or pictures, with their labels as registered. Samples of classes that
        the classifier does not know are left out.
    probabilities : float (n, k)
        What the classifier says of each.
    classes : sequence of str (k,)
    meaning : str, optional
        Of maps, see `fireanalysis.plots.sample_gallery`.
    picture : callable, optional
        Takes the row of a sample and gives what to draw, where that is not the sample itself.
    sounds : DataSet of Recording, optional
        The same samples, to be heard.

    Attributes
    ----------
    errors : ipywidgets.Dropdown
        The most frequent errors; sets the next two.
    truth, predicted : ipywidgets.Dropdown
        Classes that occur. `choose` sets both.
    sample : ipywidgets.Dropdown
        Which of those shown is in the player, if there are sounds.
    player : ipywidgets.Audio

    Raises
    ------
    DataError
        If there is not a row of finite probabilities a sample and one number a class, or no class is known.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": list("aab"), "firearm": [1, 2, 3]})
    >>> grey = lambda rows: [np.full((20, 30, 3), 40 * number, np.uint8) for number in rows["firearm"]]
    >>> data = DataSet(table, grey, label="brand", group="firearm", source="simulated", name="toy")
    >>> explorer = ConfusionExplorer(data, [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], ["a", "b"])
    >>> explorer.figure.layout.title.text.split("<br>")[0]
    'a taken for b: 1 of 2 (50 %)'
    >>> explorer.choose("b", "a")
    >>> explorer.figure.layout.title.text.split("<br>")[0]
    'b taken for a: none of 1'
    """

    def __init__(
        self,
        data: DataSet[Any],
        probabilities: ArrayLike,
        classes: ArrayLike,
        *,
        meaning: str | None = None,
        picture: Callable[[int], NDArray] | None = None,
        sounds: DataSet[Recording] | None = None,
    ) -> None:
        self._data, self._meaning, self._picture, self._sounds = data, meaning, picture, sounds
        p, names = np.asarray(probabilities, np.float64), np.asarray(classes).astype(str)
        if p.shape != (len(data), len(names)) or not np.isfinite(p).all():
            what = f"probabilities of shape {p.shape} for {len(data)} samples and {len(names)} classes"
            raise DataError(
                what, where="ConfusionExplorer", do="pass finite ones, a row a sample of this data"
            )
        true = pd.Index(names).get_indexer(pd.Index(data.labels.astype(str)))
        known = np.flatnonzero(true >= 0)
        if not len(known):
            what = f"no sample of {data.name} is of a class that the classifier knows"
            raise DataError(what, where="ConfusionExplorer", do="pass the classes of this data's labels")
        told = p.argmax(1)
        there = np.union1d(true[known], told[known])  # classes that occur
        self._names = names[there].tolist()
        self._known, self._sure = known, p.max(1)
        self._true, self._said = np.searchsorted(there, true), np.searchsorted(there, told)
        self._counts = confusion_counts(self._true[known], self._said[known], classes=self._names)
        errors, best = self._frequent_errors(), self._names[np.diag(self._counts).argmax()]
        first, second = next(iter(errors.values()), (best, best))
        look = {"style": WIDE, "options": self._names}
        self.errors = ipywidgets.Dropdown(
            options=[("the most frequent ones", ()), *errors.items()],
            description="errors",
            style=WIDE,
            layout={"width": "max-content"},  # two names are longer than lists are wide
        )
        self.truth = ipywidgets.Dropdown(value=first, description="recorded", **look)
        self.predicted = ipywidgets.Dropdown(value=second, description="predicted", **look)
        self.sample = ipywidgets.Dropdown(description="hear", style=WIDE)
        self.player = ipywidgets.Audio(autoplay=False, loop=False, format="wav")
        heard = [ipywidgets.HBox([self.sample, self.player])] if sounds is not None else []
        super().__init__([self.errors, self.truth, self.predicted], heard)
        self.sample.observe(self._hear, names="value")
        self._follow()

    @property
    def cell(self) -> tuple[str, str]:
        """The chosen true and predicted class."""
        return self.truth.value, self.predicted.value

    @property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the data that are in the chosen cell, those first of which the classifier is surest."""
        truth, predicted = map(self._names.index, self.cell)
        inside = self._known[(self._true[self._known] == truth) & (self._said[self._known] == predicted)]
        return inside[np.argsort(-self._sure[inside], kind="stable")]

    def choose(self, truth: str, predicted: str) -> None:
        """Show another cell of the matrix, as a click on it does.

        Raises
        ------
        ParameterError
            If a class is not among those that occur.
        """
        for name in (truth, predicted):
            if name not in self._names:
                what = f"no sample is of class {name!r} or taken for it"
                do = f"choose of {', '.join(self._names)}"
                raise ParameterError(what, where="ConfusionExplorer.choose", do=do)
        with self.truth.hold_trait_notifications():  # one figure for both, not two
            self.truth.value = truth
            self.predicted.value = predicted

    def draw(self) -> go.Figure:
        """Draw the matrix and the samples of the chosen cell."""
        (truth, predicted), rows = self.cell, self.rows
        shown, near = rows[:SHOWN], self._near()
        totals = self._counts.sum(axis=1)
        of = totals[self._names.index(truth)]
        done = "recognised" if truth == predicted else f"taken for {predicted}"
        title = f"{truth} {done}: "
        title += f"{len(rows)} of {of} ({100 * len(rows) / of:.0f} %)" if len(rows) else f"none of {of}"
        if len(near) < len(totals):
            title += f"; the {len(near)} of {len(totals)} classes that are mixed up most with these"
        head = f"the {len(shown)} it is surest of" if len(rows) > SHOWN else "the surest first"
        head += f": probability, row, {self._data.group.replace('_', ' ')}"
        if not len(rows):
            head = f"No {truth} was {done}: nothing to show here. Darker cells hold more."
        return confusion_samples(
            self._counts[np.ix_(near, near)],
            [self._names[code] for code in near],
            self.cell,
            read_samples(self._data, shown, self._picture),
            [
                f"{100 * self._sure[row]:.0f} %, row {row}<br>{short(str(self._data.groups[row]))}"
                for row in shown
            ],
            title=title,
            source=self._data.source,
            heading=head,
            meaning=self._meaning,
            hover=[
                f"row {row}<br>{self._group(row)}<br>probability of {predicted}: {self._sure[row]:.3f}"
                for row in shown
            ],
            of=self._data.label.replace("_", " "),
            totals=totals[near],
        )

    def show(self, figure: go.Figure) -> None:
        """Put another figure in the place of the one that is shown, and listen to clicks on its matrix."""
        super().show(figure)
        self._follow()

    def _redraw(self, change: Any) -> None:
        if change["owner"] is self.errors:
            if self.errors.value:
                self.choose(*self.errors.value)
        elif self.cell != self._drawn_cell:
            super()._redraw(change)

    def _follow(self) -> None:
        """Bring what belongs to a figure in line with it."""
        self._drawn_cell = self.cell
        self.figure.data[0].on_click(self._clicked, append=False)
        self.errors.value = self.cell if self.cell in dict(self.errors.options).values() else ()
        if self._sounds is not None:
            named = [(f"row {row}, {self._group(row)}", int(row)) for row in self.rows[:SHOWN]]
            self.sample.options = [("choose one to hear it", _NONE), *named]

    def _clicked(self, _trace: Any, points: Any, _state: Any) -> None:
        self.choose(str(points.ys[0]), str(points.xs[0]))

    def _hear(self, _change: Any) -> None:
        self.answer(self._play)

    def _play(self) -> None:
        if self.sample.value == _NONE or self._sounds is None:
            self.player.value = b""
            return
        recording = self._sounds[self.sample.value]
        heard = fit_duration(recording.signal, sample_rate_hz=recording.sample_rate_hz)
        self.player.value = wav_bytes(heard, recording.sample_rate_hz)

    def _frequent_errors(self) -> dict[str, tuple[str, str]]:
        wrong = self._counts * ~np.eye(len(self._names), dtype=bool)
        order = np.argsort(-wrong, axis=None, kind="stable")[: min(_MOST_ERRORS, np.count_nonzero(wrong))]
        errors = {}
        for one, other in zip(*np.unravel_index(order, wrong.shape), strict=True):
            cell = self._names[one], self._names[other]
            errors[f"{cell[0]} taken for {cell[1]}: {wrong[one, other]}"] = cell
        return errors

    def _near(self) -> NDArray[np.intp]:
        """Codes of the matrix's classes: all, or those that are mixed up most with the chosen two."""
        if len(self._names) <= MOST_CLASSES:
            return np.arange(len(self._names))
        chosen = [self._names.index(name) for name in self.cell]
        mixed = self._counts[:, chosen].sum(axis=1) + self._counts[chosen].sum(axis=0)
        mixed[chosen] = mixed.max() + 1
        return np.sort(np.argsort(-mixed, kind="stable")[:MOST_CLASSES])

    def _group(self, row: int) -> str:
        return f"{self._data.group.replace('_', ' ')} {self._data.groups[row]}"


def read_samples(
    data: DataSet[Any], rows: Sequence[int] | NDArray[np.intp], picture: Callable[[int], NDArray] | None
) -> list[NDArray]:
    """Give what is to be drawn of some rows: the samples, or what `picture` gives for each."""
    if picture is not None:
        return [picture(int(row)) for row in rows]
    return list(data.subset(rows).samples()) if len(rows) else []


def short(text: str, letters: int = 18) -> str:
    """Shorten a text that is to stand below a sample."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
