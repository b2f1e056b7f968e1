"""Explorer of doubtful samples, page by page: a new label and a note for each, kept as a CSV."""

import os
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import read_label_notes, sample_names, write_label_notes
from fireanalysis.explain.label_notes import KEEP, NOTE_COLUMNS, UNSURE
from fireanalysis.loaders import DataSet
from fireanalysis.loaders.dataset import file_state
from fireanalysis.plots import sample_gallery

from .confusion import read_samples, short
from .explorer import WIDE, Explorer

PAGE = 8
"""So many samples are on a page."""
_ACROSS = 22  # letters below a sample
_NOT_YET = "not looked at yet"


class RelabelExplorer(Explorer):
    """Look at doubtful samples, eight a page; say which label each should have, and why; keep that as a CSV.

    Notes stay when the page changes. A file is only written when it is asked for, and never over notes that have not
    been read: load them first, or choose another file. No label of the data changes.

    Parameters
    ----------
    data : DataSet of float (rows, columns) or uint8 (h, w, 3)
        Maps, spectrograms or pictures, with their labels as recorded.
    predicted : sequence of str (n,)
        What a classifier, or another check, says of each.
    probability : float (n,), optional
        Of the predicted label.
    rows : sequence of int, optional
        Which samples of the data, what is to be looked at first in front; by default those predicted otherwise than
        recorded, the surest first.
    labels : sequence of str, optional
        Labels to choose from beside "keep" and "unsure"; by default those recorded or predicted.
    meaning : str, optional
        Of maps, see `fireanalysis.plots.sample_gallery`.
    picture : callable, optional
        Takes the row of a sample and gives what to draw, where that is not the sample itself.
    heading : str
        What stands above the samples.
    path : path
        Where notes are saved if nothing else is said.
    notes : path, optional
        A file of earlier notes, to go on with.

    Attributes
    ----------
    page : ipywidgets.IntSlider
    sample : ipywidgets.Dropdown
        Of the page; its value is the row. A click on a sample chooses it, too.
    label : ipywidgets.Dropdown
        "" (not looked at yet), "keep", "unsure" or a label, of the chosen sample; `relabel` sets it for any.
    note : ipywidgets.Text
    path : ipywidgets.Text
    save_button, load_button : ipywidgets.Button
        As `export` and `load`, errors told in place.

    Raises
    ------
    DataError
        If there is not one prediction and finite probability a sample, or a label is called "keep" or "unsure"; or as
        `load`.
    ParameterError
        If rows are not of this data, or one comes twice.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": list("aab"), "firearm": [1, 2, 3]})
    >>> grey = lambda rows: [np.full((20, 30, 3), 40 * number, np.uint8) for number in rows["firearm"]]
    >>> data = DataSet(table, grey, label="brand", group="firearm", source="simulated", name="toy")
    >>> explorer = RelabelExplorer(data, list("abb"), [0.9, 0.6, 0.8])
    >>> explorer.relabel(1, label="unsure", note="worn")
    >>> explorer.notes[["row", "recorded", "predicted", "new label", "note"]].to_numpy().tolist()
    [[1, 'a', 'b', 'unsure', 'worn']]
    """

    def __init__(
        self,
        data: DataSet[Any],
        predicted: ArrayLike,
        probability: ArrayLike | None = None,
        *,
        rows: ArrayLike | None = None,
        labels: Sequence[str] | None = None,
        meaning: str | None = None,
        picture: Callable[[int], NDArray] | None = None,
        heading: str = "row; recorded label; what was said of it",
        path: str | os.PathLike[str] = "label_notes.csv",
        notes: str | os.PathLike[str] | None = None,
    ) -> None:
        self._data, self._meaning, self._picture, self._heading = data, meaning, picture, heading
        self._recorded, self._predicted = data.labels.astype(str), np.asarray(predicted).astype(str)
        self._probability = (
            np.full(len(data), np.nan) if probability is None else np.asarray(probability, float)
        )
        sizes = {self._recorded.shape, self._predicted.shape, self._probability.shape}
        if len(sizes) > 1 or (probability is not None and not np.isfinite(self._probability).all()):
            what = (
                f"{self._predicted.shape} predictions and {self._probability.shape} probabilities (finite?)"
            )
            do = "pass one of each a sample of this data"
            raise DataError(f"{what} for {len(data)} samples", where="RelabelExplorer", do=do)
        self._rows = self._doubtful() if rows is None else self._checked(rows)
        self.labels = sorted({*self._recorded, *self._predicted}) if labels is None else [*map(str, labels)]
        if {KEEP, UNSURE, ""} & {*self.labels}:
            what = f"a label is called {KEEP!r}, {UNSURE!r} or has no name"
            raise DataError(
                what, where="RelabelExplorer", do="rename it in the data: a note could mean two things"
            )
        self._names = sample_names(data.table)
        self._notes: dict[int, tuple[str, str]] = {}
        self._seen: dict[Path, tuple[int, int] | None] = {}
        self._pictures: dict[int, list[NDArray]] = {}
        self._make_controls(path)
        controls = [self.page, self.sample, self.label, self.note]
        file = ipywidgets.HBox(
            [self.path, self.save_button, self.load_button], layout={"flex_flow": "row wrap"}
        )
        super().__init__(controls, [file])
        self._follow()
        if notes is not None:
            self.load(notes)

    def _make_controls(self, path: str | os.PathLike[str]) -> None:
        pages = max(1, -(-len(self._rows) // PAGE))
        self.page = ipywidgets.IntSlider(
            1, min=1, max=pages, description="page", continuous_update=False, style=WIDE
        )
        self.sample = ipywidgets.Dropdown(options=self._of_page(), description="sample", style=WIDE)
        choices = [(_NOT_YET, ""), ("keep: it is right as it is", KEEP), (UNSURE, UNSURE)]
        choices += [(name, name) for name in self.labels]
        self.label = ipywidgets.Dropdown(options=choices, description="new label", style=WIDE)
        self.note = ipywidgets.Text(
            placeholder="why; Enter ends it", description="note", continuous_update=False, style=WIDE
        )
        self.path = ipywidgets.Text(
            os.fspath(path), description="file", style=WIDE, layout={"width": "420px"}
        )
        self.save_button = ipywidgets.Button(description="Save notes", icon="save")
        self.load_button = ipywidgets.Button(description="Load notes", icon="folder-open")
        self.save_button.on_click(lambda _: self._press(self._save))
        self.load_button.on_click(lambda _: self._press(self._load))

    @property
    def notes(self) -> pd.DataFrame:
        """What was noted so far, by row, as `fireanalysis.explain.write_label_notes` takes it."""
        rows = sorted(self._notes)
        said = [self._notes[row] for row in rows]
        columns = [
            rows,
            self._names[rows],
            self._data.groups[rows].astype(str),
            self._recorded[rows],
            self._predicted[rows],
            self._probability[rows],
            [label for label, _ in said],
            [note for _, note in said],
            [self._data.source] * len(rows),
        ]
        return pd.DataFrame(dict(zip(NOTE_COLUMNS, columns, strict=True)))

    def relabel(self, row: int, *, label: str | None = None, note: str | None = None) -> None:
        """Note which label a sample should have, and why.

        Parameters
        ----------
        row : int
            Of the data; also one that is not in the list.
        label : str, optional
            "keep", "unsure" or one of `labels`; "" takes a label back. The recorded one means "keep". By default it
            stays as it is.
        note : str, optional
            One line: line breaks become spaces. By default it stays as it is.

        Raises
        ------
        ParameterError
            For another row or label.
        """
        row = int(self._checked([row])[0])
        was = self._notes.get(row, ("", ""))
        label = was[0] if label is None else str(label)
        label = KEEP if label == self._recorded[row] else label
        if label not in ("", KEEP, UNSURE, *self.labels):
            do = f"choose {KEEP}, {UNSURE} or one of {', '.join(self.labels)}"
            raise ParameterError(f"new label {label!r} is unknown", where=f"row {row}", do=do)
        now = label, was[1] if note is None else _one_line(note)
        if now != was:
            self._notes[row] = now
            if now == ("", ""):
                del self._notes[row]
            self.show(self.draw())
        else:
            self._follow()  # the controls may say it in other words

    def export(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the notes as a CSV, whole or not at all.

        Parameters
        ----------
        path : path, optional
            By default what the control `path` says.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        DataError
            If it cannot be written, or there is a file that was not read or has changed since.
        """
        path = self._place(path)
        state = file_state(path)
        if state is not None and self._seen.get(path) != state:
            what = "there is a file already" + (", and it has changed since" if path in self._seen else "")
            do = "load its notes first (Load notes, explorer.load), or choose another file"
            raise DataError(what, where=path, do=do)
        write_label_notes(self.notes, path)
        self._seen[path] = file_state(path)
        return path

    def load(self, path: str | os.PathLike[str] | None = None) -> None:
        """Go on with notes of a file: those of this explorer stay, the file's are added.

        Raises
        ------
        DataError
            If it cannot be read, has notes of other samples, other recorded labels or labels that cannot be chosen
            here, or says something else of a sample than is noted here. Nothing is taken over then.
        """
        if path is not None:
            self.path.value = os.fspath(path)
        path = self._place(path)
        state, found = file_state(path), read_label_notes(path)
        taken = self._of_file(found, path)
        differ = [row for row, said in taken.items() if self._notes.get(row, said) != said]
        if differ:
            what = f"{len(differ)} samples have another note here, such as row {differ[0]}"
            do = "take these back here (not looked at yet, no note), or load the file in a new explorer"
            raise DataError(what, where=path, do=do)
        self._notes |= taken
        self._seen[path] = state
        self.show(self.draw())

    def draw(self) -> go.Figure:
        """Draw the samples of the present page, the chosen one framed."""
        rows = [row for _, row in self._of_page()]
        first, count = (self.page.value - 1) * PAGE + 1, len(self._rows)
        noted = sum(int(row) in self._notes for row in self._rows)
        title = f"Page {self.page.value} of {self.page.max}: samples {first} to {first + len(rows) - 1} of {count}; "
        title += f"{noted} noted so far"
        return sample_gallery(
            self._drawn(rows),
            [self._caption(row) for row in rows],
            title=title if count else "There is nothing to look at again",
            source=self._data.source,
            heading=self._heading if count else "All are predicted as recorded.",
            meaning=self._meaning,
            hover=[self._told(row) for row in rows],
            chosen=rows.index(self.sample.value) if rows else None,
        )

    def show(self, figure: go.Figure) -> None:
        """Put another figure in the place of the one that is shown, and bring the controls in line with it."""
        super().show(figure)
        self._follow()

    def _redraw(self, change: Any) -> None:
        row, owner = self.sample.value, change["owner"]
        if owner is self.page:
            self.sample.options = self._of_page()  # whose change draws
        elif owner is self.sample:
            super()._redraw(change)
        elif row is not None:
            said = {"label" if owner is self.label else "note": owner.value}
            self.answer(lambda: self.relabel(row, **said))

    def _follow(self) -> None:
        """Show what is noted of the chosen sample, and listen to clicks on the samples."""
        (trace,) = self.figure.select_traces({"name": "samples"})
        trace.on_click(self._clicked, append=False)
        self.label.value, self.note.value = self._notes.get(self.sample.value, ("", ""))

    def _clicked(self, _trace: Any, points: Any, _state: Any) -> None:
        self.sample.index = points.point_inds[0]

    def _press(self, work: Callable[[], str]) -> None:
        said: list[str] = []
        self.answer(lambda: said.append(work()))
        if said:
            self._say(escape(said[0]))

    def _save(self) -> str:
        path, count = self.export(), len(self._notes)
        return f"{count} note{'' if count == 1 else 's'} saved in {path}"

    def _load(self) -> str:
        before = len(self._notes)
        self.load()
        return f"{len(self._notes) - before} notes added from {self.path.value}"

    def _place(self, path: str | os.PathLike[str] | None) -> Path:
        text = self.path.value.strip() if path is None else os.fspath(path)
        if not text:
            raise ParameterError(
                "no file is named", where="RelabelExplorer", do="name one, such as notes.csv"
            )
        return Path(text).expanduser().absolute()

    def _of_file(self, found: pd.DataFrame, path: Path) -> dict[int, tuple[str, str]]:
        """Give the notes of a file by row of this data."""
        rows = pd.Index(self._names).get_indexer(pd.Index(found["sample"]))
        recorded = np.where(rows >= 0, self._recorded[rows], "")
        other = (rows < 0) | (recorded != found["recorded"]) | (found["source"] != self._data.source)
        if other.any():
            one = found[other].iloc[0]
            what = f"{other.sum()} of {len(found)} notes are of other samples or of another recorded label, such as "
            what += f"{one['sample']!r} ({one['source']}), recorded {one['recorded']!r}"
            raise DataError(what, where=path, do=f"load notes of {self._data.name}, or begin a new file")
        strange = sorted({*found["new label"]} - {"", KEEP, UNSURE, *self.labels})
        if strange:
            do = f"pass labels= with it, or choose of {KEEP}, {UNSURE}, {', '.join(self.labels)}"
            raise DataError(f"new label {strange[0]!r} is unknown", where=path, do=do)
        said = zip(found["new label"], map(_one_line, found["note"]), strict=True)
        taken = dict(zip(rows.tolist(), said, strict=True))
        return {row: one for row, one in taken.items() if one != ("", "")}

    def _doubtful(self) -> NDArray[np.intp]:
        wrong = np.flatnonzero(self._predicted != self._recorded)
        return wrong[np.argsort(-self._probability[wrong], kind="stable")]

    def _checked(self, rows: ArrayLike) -> NDArray[np.intp]:
        chosen = np.asarray(rows)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or len(set(chosen.tolist())) < len(chosen):
            what = f"rows are {rows!r}; they must be whole numbers, each once"
        elif len(chosen) and not 0 <= chosen.min() <= chosen.max() < len(self._data):
            what = f"a row is {chosen.min()} or {chosen.max()}; there are 0 to {len(self._data) - 1}"
        else:
            return chosen.astype(np.intp)
        raise ParameterError(what, where="RelabelExplorer", do="take them from the data's own table")

    def _of_page(self) -> list[tuple[str, int]]:
        start = (self.page.value - 1) * PAGE
        rows = self._rows[start : start + PAGE].tolist()
        return [(f"row {row}: {self._recorded[row]}, {self._said(row)}", row) for row in rows]

    def _said(self, row: int) -> str:
        p = self._probability[row]
        return self._predicted[row] if np.isnan(p) else f"said {self._predicted[row]}, {100 * p:.0f} %"

    def _caption(self, row: int) -> str:
        label, note = self._notes.get(row, ("", ""))
        new = f"→ {label}" if label else "→ note only" if note else ""
        p = self._probability[row]
        said = ("", "") if np.isnan(p) else (f", {100 * p:.0f} %", "said ")
        lines = [f"row {row}{said[0]}", self._recorded[row], said[1] + self._predicted[row], new]
        return "<br>".join(short(line, _ACROSS) for line in lines)

    def _told(self, row: int) -> str:
        group = f"{self._data.group.replace('_', ' ')} {self._data.groups[row]}"
        told = [f"row {row}, {self._names[row]}", group, f"recorded {self._recorded[row]}", self._said(row)]
        return "<br>".join([*told, *filter(None, self._notes.get(row, ()))])

    def _drawn(self, rows: list[int]) -> list[NDArray]:
        """Read the samples of a page, once while it is shown."""
        page = self.page.value
        if page not in self._pictures:
            self._pictures = {page: read_samples(self._data, rows, self._picture)}
        return self._pictures[page]


def _one_line(text: str) -> str:
    """Put a text into one line of what can be printed."""
    return "".join(letter for letter in " ".join(str(text).split()) if letter.isprintable())
