"""Explorer of a case: its evidence combined under another rule, correlation and share, and what a prior makes of it."""

from collections.abc import Mapping

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.special import expit

from fireanalysis.metrics import Interval, combined_interval, strength_of_support
from fireanalysis.plots import support_dots

from .explorer import WIDE, Explorer

RULES = {
    "the weakest of a set": "weakest",
    "correlated": "correlated",
    "all multiplied (wrong if shared)": "product",
}


class CaseExplorer(Explorer):
    """Combine the evidence of a case under any rule, correlation, share of the class and prior.

    Parameters
    ----------
    found : mapping of str to Interval
        log10 LR of each piece (`fireanalysis.metrics.case_likelihood_ratio`), with as many draws each.
    evidence : DataFrame
        As `fireanalysis.metrics.combine_likelihood_ratios` takes it.
    share : float
        Of the class, to begin with.
    source : {"simulated", "real"}

    Attributes
    ----------
    rule : ipywidgets.Dropdown
    correlation, share : ipywidgets.FloatSlider
    prior : ipywidgets.FloatLogSlider
        Probability before the evidence; it moves the title only.
    combined : Interval
        log10 LR of what is shown.

    Raises
    ------
    DataError
        If the evidence cannot be combined.

    Examples
    --------
    >>> draws = np.array([0.8, 1.2])
    >>> found = {"marks": Interval(1.0, 0.8, 1.2, draws, 9)}
    >>> evidence = pd.DataFrame({"level": ["source"], "shares_information_with": [()]}, index=["marks"])
    >>> explorer = CaseExplorer(found, evidence, share=0.2, source="simulated")
    >>> explorer.combined.value
    1.0
    """

    def __init__(
        self, found: Mapping[str, Interval], evidence: pd.DataFrame, *, share: float, source: str
    ) -> None:
        self._found, self._evidence, self._source = dict(found), evidence, source
        whole = {"width": "max-content"}  # names are longer than lists are wide
        self.rule = ipywidgets.Dropdown(
            options=list(RULES.items()), description="rule", style=WIDE, layout=whole
        )
        unit = {"min": 0.0, "max": 1.0, "step": 0.05, "continuous_update": False, "style": WIDE}
        self.correlation = ipywidgets.FloatSlider(0.5, description="correlation", **unit)
        self.share = ipywidgets.FloatSlider(share, description="share", **(unit | {"step": 0.01}))
        self.prior = ipywidgets.FloatLogSlider(
            0.01, min=-6, max=-0.3, description="prior", continuous_update=False, style=WIDE
        )
        super().__init__([self.rule, self.correlation, self.share, self.prior])

    def draw(self) -> go.Figure:
        """Draw each piece and what the chosen rule makes of them."""
        how = {"share": self.share.value, "rule": self.rule.value, "correlation": self.correlation.value}
        self.combined = combined_interval(self._found, self._evidence, **how)
        value = self.combined.value
        prior = self.prior.value
        posterior = expit(np.log(prior / (1 - prior)) + value * np.log(10))
        shown = {**self._found, "combined": self.combined}
        return support_dots(
            list(shown),
            [one.value for one in shown.values()],
            [(one.low, one.high) for one in shown.values()],
            title=f"{strength_of_support(value)}; a prior of {prior:.2g} becomes {posterior:.2g}",
            source=self._source,
            kinds=["a piece of evidence"] * len(self._found) + ["combined"],
        )
