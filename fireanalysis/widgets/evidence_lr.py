"""Explorer from a score to a posterior: what method, bounds and prior odds do to it."""

from collections.abc import Mapping

import ipywidgets
import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.metrics import fit_likelihood_ratio
from fireanalysis.plots import conclude, from_score_to_posterior

from .explorer import WIDE, Explorer

METHODS = ("logistic", "kde", "isotonic")
BOUNDS = {"as far as the pairs support": "invariance", "1/10 to 10": (-1.0, 1.0), "none": "none"}


class EvidenceExplorer(Explorer):
    """Choose a score and prior odds; see the likelihood ratio and the posterior that follows.

    Parameters
    ----------
    tables : mapping of str to (float (n,), bool (n,))
        What is compared → scores of calibration pairs, and whether the first proposition is true of each.
    source : {"simulated", "real"}
    axis : str
        What a score is.

    Attributes
    ----------
    table, method, bounds : ipywidgets.Dropdown
    score : ipywidgets.FloatSlider
        Over the scores of the table.
    prior : ipywidgets.FloatSlider
        log10 of the prior odds: whoever moves it decides, not the data.
    ratio : float
        log10 of the likelihood ratio that is shown.

    Raises
    ------
    DataError
        If there is no table.

    Examples
    --------
    >>> scores, same = np.r_[0:20, 20:40], np.repeat([False, True], 20)
    >>> explorer = EvidenceExplorer({"toy": (scores, same)}, source="simulated")
    >>> explorer.bounds.value, explorer.score.value = (-1.0, 1.0), 39.0
    >>> float(explorer.ratio)
    1.0
    """

    def __init__(
        self, tables: Mapping[str, tuple[ArrayLike, ArrayLike]], *, source: str, axis: str = "score"
    ) -> None:
        if not tables:
            raise DataError("there is no table to explore", where="EvidenceExplorer", do="pass one at least")
        self._tables = {
            name: (np.asarray(scores, float), np.asarray(same)) for name, (scores, same) in tables.items()
        }
        self._source, self._axis = source, axis
        self._curves: dict[tuple, tuple[NDArray, NDArray]] = {}
        whole = {"width": "max-content"}  # names are longer than lists are wide
        self.table = ipywidgets.Dropdown(
            options=list(tables), description="compared", style=WIDE, layout=whole
        )
        self.method = ipywidgets.Dropdown(options=METHODS, description="method", style=WIDE)
        self.bounds = ipywidgets.Dropdown(options=BOUNDS, description="bounds", style=WIDE)
        late = {"continuous_update": False, "style": WIDE}
        self.score = ipywidgets.FloatSlider(description="score", readout_format=".3g", **late)
        self.prior = ipywidgets.FloatSlider(
            value=-3, min=-6, max=2, step=0.5, description="log₁₀ prior", readout_format=".1f", **late
        )
        self._to_scores()
        self.table.observe(self._to_scores, names="value")
        super().__init__([self.table, self.method, self.bounds, self.score, self.prior])

    def draw(self) -> go.Figure:
        """Draw the chosen score's likelihood ratio, with the chosen bounds and with none, and what follows."""
        kinds = {"with these bounds": self.bounds.value, "without bounds": None}
        kinds = kinds if self.bounds.value != "none" else {"without bounds": None}
        curves = {name: self._curve(limits) for name, limits in kinds.items()}
        score, prior = self.score.value, self.prior.value
        ratios = {name: float(np.interp(score, *curve)) for name, curve in curves.items()}
        self.ratio = next(iter(ratios.values()))
        posterior = 1 / (1 + 10 ** -(prior + self.ratio))
        figure = from_score_to_posterior(
            curves,
            score,
            ratios,
            log10_prior_odds=prior,
            title=f"{self.table.value}: score {score:.3g}, LR {_number(self.ratio)}; "
            f"from prior odds {_number(prior)} to a probability of {posterior:.2%}",
            axis=self._axis,
            source=self._source,
        )
        return conclude(
            figure,
            may=f"these calibration pairs give the score an LR of {_number(self.ratio)}, by this method.",
            may_not="that the proposition is as probable as the lower curve says: its prior odds are whoever's set "
            "the slider, and no data stand behind them.",
        )

    def _to_scores(self, _change: object = None) -> None:
        scores, same = self._tables[self.table.value]
        low, high = float(scores.min()), float(scores.max())
        with self.silently():
            self.score.min, self.score.max = min(low, self.score.max), high  # never min above max in between
            self.score.min, self.score.step = low, max(high - low, 1e-6) / 100
            self.score.value = float(np.median(scores[same]))

    def _curve(self, limits: str | tuple[float, float] | None) -> tuple[NDArray, NDArray]:
        key = self.table.value, self.method.value, limits
        if key not in self._curves:
            scores, same = self._tables[self.table.value]
            system = fit_likelihood_ratio(scores, same, method=self.method.value, bounds=limits)
            x = np.linspace(scores.min(), scores.max(), 401)
            self._curves[key] = (
                x,
                np.clip(system.log10(x), -300, 300),
            )  # between infinities nothing is interpolated
        return self._curves[key]


def _number(log10: float) -> str:
    """Write a ratio: 1 : 200 below 1, 200 above, with two digits."""
    if abs(log10) > 6:
        return "over a million" if log10 > 0 else "below 1 : a million"
    value = float(f"{10 ** abs(log10):.2g}")
    return f"{value:,g}" if log10 >= 0 else f"1 : {value:,g}"
