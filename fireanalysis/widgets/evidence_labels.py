"""Explorer of a label audit: how far down the list to go."""

from collections.abc import Mapping

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fireanalysis.errors import DataError
from fireanalysis.explain import found_at_budget
from fireanalysis.plots import conclude, suspect_list

from .explorer import WIDE, Explorer


class AuditExplorer(Explorer):
    """Choose a set of labels and so many looks; see what they find, where that is known.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Set → "suspicion" (0 to 1), and "wrong" (True or False; NaN where nobody has looked).
    source : {"simulated", "real"}
    budget : float
        Share of the samples looked at to begin with.

    Attributes
    ----------
    name : ipywidgets.Dropdown
    budget : ipywidgets.IntSlider
        Per cent of the samples.

    Raises
    ------
    DataError
        If there is no table.

    Examples
    --------
    >>> table = pd.DataFrame({"suspicion": [0.9, 0.8, 0.2, 0.1], "wrong": [True, False, True, False]})
    >>> explorer = AuditExplorer({"toy": table}, source="simulated", budget=0.5)
    >>> print(explorer.draw().layout.title.text.replace("<br>", " "))
    2 looks of 4 (50 %): 1 wrong label found, 50 % of all wrong ones <b>simulated data</b>
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], *, source: str, budget: float = 0.05) -> None:
        if not tables:
            raise DataError("there is no table to explore", where="AuditExplorer", do="pass one at least")
        self._tables, self._source = dict(tables), source
        self.name = ipywidgets.Dropdown(options=list(tables), description="labels", style=WIDE)
        self.budget = ipywidgets.IntSlider(round(100 * budget), 0, 100, description="looks (%)", style=WIDE)
        super().__init__([self.name, self.budget])

    def draw(self) -> go.Figure:
        """Draw the list of the chosen set and what so many looks find."""
        table = self._tables[self.name.value]
        looks = round(self.budget.value * len(table) / 100)
        wrong = table["wrong"].to_numpy(float)
        title = f"{looks} looks of {len(table)} ({self.budget.value} %)"
        if not np.isnan(wrong).any() and wrong.any():
            found = found_at_budget(wrong == 1, table["suspicion"])["found"]
            hits = float(found[looks - 1]) if looks else 0.0
            title += f": {hits:.0f} wrong label{'' if round(hits) == 1 else 's'} found, "
            title += f"{hits / wrong.sum():.0%} of all wrong ones".replace("%", " %")
        elif (known := wrong[~np.isnan(wrong)]).size:
            title += f"; of {known.size} checked labels {known.sum():.0f} are wrong"
        else:
            title += "; nobody has checked any"
        figure = suspect_list(table["suspicion"], wrong=wrong, budget=looks, title=title, source=self._source)
        return conclude(
            figure,
            may="which labels to check first, and what so many checks found where the truth is known.",
            may_not="that a label is wrong because it is high up, or right because it is far down.",
        )
