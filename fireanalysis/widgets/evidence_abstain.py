"""Explorer of conformal sets: moves the promised coverage and shows which classes and groups it is kept for."""

from collections.abc import Mapping

import ipywidgets
import plotly.graph_objects as go
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.loaders import Predictions
from fireanalysis.metrics import conformal_p_values, conformal_sets, coverage_table
from fireanalysis.plots import conclude, coverage_dots

from .explorer import WIDE, Explorer

WAYS = {
    "all samples": ("all", False),
    "class by class": ("class", False),
    "all, group-wise": ("all", True),
    "class by class, group-wise": ("class", True),
}
_RESAMPLES = 200


class CoverageExplorer(Explorer):
    """Choose a classifier, a promised coverage and a way to make sets; see coverage and size class by class.

    Parameters
    ----------
    predictions : mapping of str to Predictions
        Classifiers, each with a calibration and a test part; samples of classes it does not know are left out.
    seed : int
        Of the intervals.

    Attributes
    ----------
    classifier, way : ipywidgets.Dropdown
    coverage : ipywidgets.FloatSlider
        Promised, 0.5 to 0.99.
    table : DataFrame
        `fireanalysis.metrics.coverage_table` of what is shown.

    Raises
    ------
    DataError
        If there is no classifier, or one lacks a part.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> table = pd.DataFrame({"part": ["calibration", "test"] * 30, "truth": list("aabb") * 15, "group": range(60)})
    >>> logits = np.where(table["truth"].to_numpy()[:, None] == ["a", "b"], 2.0, 0.0)
    >>> about = {"name": "toy", "group_name": "firearm", "source": "simulated"}
    >>> explorer = CoverageExplorer({"toy": Predictions(table, logits, np.array(["a", "b"]), **about)}, seed=0)
    >>> explorer.coverage.value = 0.7
    >>> float(explorer.table.loc["all classes", "coverage"])
    1.0
    """

    def __init__(self, predictions: Mapping[str, Predictions], *, seed: int) -> None:
        if not predictions:
            what = "there is no classifier to explore"
            raise DataError(what, where="CoverageExplorer", do="pass at least one")
        self._known = {name: one.subset(one.truth >= 0) for name, one in predictions.items()}
        self._p_values: dict[tuple[str, str], NDArray] = {}
        self._seed = seed
        self.classifier = ipywidgets.Dropdown(options=list(predictions), description="classifier", style=WIDE)
        self.way = ipywidgets.Dropdown(options=list(WAYS), description="compared", style=WIDE)
        slider = {"min": 0.5, "max": 0.99, "step": 0.01, "readout_format": ".0%", "continuous_update": False}
        self.coverage = ipywidgets.FloatSlider(0.9, description="coverage", style=WIDE, **slider)
        super().__init__([self.classifier, self.way, self.coverage])

    def draw(self) -> go.Figure:
        """Draw what the chosen sets cover."""
        name, way, promised = self.classifier.value, self.way.value, self.coverage.value
        test = self._known[name].of("test")
        sets = conformal_sets(self._asked(name, way), coverage=promised)
        how = {"seed": self._seed, "resamples": _RESAMPLES}
        self.table = coverage_table(
            sets, test.truth, classes=test.classes.tolist(), groups=test.groups, **how
        )
        whole, lowest = self.table.iloc[0], self.table.iloc[1:]["coverage"].min()
        title = f"{name}, {way}: {whole['coverage']:.0%} of sets hold the true class, {lowest:.0%} in the worst class; "
        title += f"{whole['classes']:.1f} of {len(test.classes)} classes in a set"
        figure = coverage_dots({way: self.table}, coverage=promised, title=title, source=test.source)
        kept = f"For samples of new {test.group_name}s like these, sets are this large and hold the truth this often."
        one = f"The set of one sample holds the truth with {promised:.0%}; or: in every class as often as in all."
        return conclude(figure, may=kept, may_not=one)

    def _asked(self, name: str, way: str) -> NDArray:
        if (name, way) not in self._p_values:
            by, grouped = WAYS[way]
            calibration, test = (self._known[name].of(part) for part in ("calibration", "test"))
            groups = calibration.groups if grouped else None
            known = calibration.probabilities, calibration.truth
            found = conformal_p_values(*known, test.probabilities, by=by, groups=groups)
            self._p_values[name, way] = found
        return self._p_values[name, way]
