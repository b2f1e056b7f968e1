"""Explorer of shortcuts: choose features of a table and see whether they give the batch away."""

from collections.abc import Mapping
from typing import Any

import ipywidgets
import pandas as pd
import plotly.graph_objects as go

from fireanalysis.errors import DataError
from fireanalysis.metrics import ShortcutTest, predict_batch
from fireanalysis.plots import shortcut_tests

from .explorer import WIDE, Explorer

_COLUMNS = ("group", "batch", "label")
_MOST = 6  # features that are shown alone, too


class BatchExplorer(Explorer):
    """Choose a table, some of its features and what is shuffled; see what all of them, and each alone, tell.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        One row a sample: ``group``, ``batch``, perhaps ``label``, and features.
    sources : mapping of str to str
        Table → "simulated" or "real".
    permutations : int
        Shuffles a test.

    Attributes
    ----------
    table, shuffled : ipywidgets.Dropdown
        Groups are shuffled whole where each is of one batch, within themselves elsewhere.
    features : ipywidgets.SelectMultiple

    Raises
    ------
    DataError
        If there is no table, one has no source, or one cannot be tested (`fireanalysis.metrics.predict_batch`).

    Examples
    --------
    >>> table = pd.DataFrame({"group": list("aabbccdd"), "batch": [1] * 4 + [2] * 4, "rough": [1.0] * 4 + [2.0] * 4})
    >>> explorer = BatchExplorer({"toy": table.assign(size=[1.0, 2.0] * 4)}, {"toy": "simulated"})
    >>> explorer.features.value = ["size"]
    >>> "told: 50%" in explorer.figure.layout.title.text
    True
    """

    def __init__(
        self, tables: Mapping[str, pd.DataFrame], sources: Mapping[str, str], *, permutations: int = 199
    ) -> None:
        if not tables or not tables.keys() <= sources.keys():
            what = f"tables {', '.join(tables) or '(none)'}; sources of {', '.join(sources) or 'none'}"
            raise DataError(what, where="BatchExplorer", do="pass one table at least, and the source of each")
        self._tables, self._sources, self._permutations = dict(tables), dict(sources), permutations
        self._tests: dict[tuple[str, str, tuple[str, ...]], ShortcutTest] = {}
        self.table = ipywidgets.Dropdown(options=list(tables), description="table", style=WIDE)
        self.shuffled = ipywidgets.Dropdown(options=("groups", "samples"), description="shuffled", style=WIDE)
        self.features = ipywidgets.SelectMultiple(description="features", style=WIDE)
        self._offer()
        self.table.observe(self._offer, names="value")
        super().__init__([self.table, self.features, self.shuffled])

    def _offer(self, _change: object = None) -> None:
        names = [name for name in self._tables[self.table.value] if name not in _COLUMNS]
        with self.silently():
            self.features.value = ()  # a browser would look for what was chosen among the new names
            self.features.options = names
            self.features.value = names[:_MOST]

    def draw(self) -> go.Figure:
        """Draw what the chosen features tell, against shuffles."""
        table, chosen = self._tables[self.table.value], list(self.features.value)
        if not chosen:
            raise DataError("no feature is chosen", where="BatchExplorer", do="choose one at least")
        crossed = table.groupby("group")["batch"].nunique().max() > 1
        whole = "within groups" if crossed else "groups"
        how: dict[str, Any] = {
            "permute": whole if self.shuffled.value == "groups" else "samples",
            "permutations": self._permutations,
            "resamples": 200,
            "seed": 0,
        }
        sets = {"all chosen": chosen} | {name: [name] for name in chosen[:_MOST] if len(chosen) > 1}
        tests = {}
        for name, columns in sets.items():
            key = self.table.value, how["permute"], tuple(columns)
            if key not in self._tests:
                self._tests[key] = predict_batch(table[columns], table["batch"], table["group"], **how)
            tests[name] = self._tests[key]
        told = tests["all chosen"]
        return shortcut_tests(
            tests,
            title=f"{self.table.value}, batch told: {told.score.value:.0%}, by chance {told.chance:.0%}",
            axis="batch named rightly (mean share, groups held out)",
            source=self._sources[self.table.value],
        )
