"""Explorer of calibration: turns the temperature of a classifier and shows what its answers then promise and keep."""

from collections.abc import Mapping

import ipywidgets
import plotly.graph_objects as go
from scipy.special import softmax

from fireanalysis.errors import DataError
from fireanalysis.loaders import Predictions
from fireanalysis.metrics import calibration_error, fit_temperature, reliability_intervals, temperature_losses
from fireanalysis.plots import calibration_view

from .explorer import WIDE, Explorer


class CalibrationExplorer(Explorer):
    """Choose a classifier, a temperature and bins; see the reliability of its test part.

    Parameters
    ----------
    predictions : mapping of str to Predictions
        Samples of classes that the classifier does not know are left out.
    temperature : float
        To begin with, 0.05 to 20; 1 is as trained.
    resamples : int
        Of groups, for the intervals.

    Attributes
    ----------
    classifier, equal : ipywidgets.Dropdown
    temperature : ipywidgets.FloatLogSlider
    bins : ipywidgets.IntSlider
    fitted : dict of str to float
        Classifier → temperature fitted to the calibration part.

    Raises
    ------
    DataError
        If there is no classifier, or one lacks a part.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> about = pd.DataFrame({"part": ["calibration", "test"] * 4, "group": range(8), "truth": list("ppqqpqpq")})
    >>> logits, classes = np.eye(2)[[0, 0, 1, 1, 0, 1, 1, 0]], np.array(["p", "q"])
    >>> said = Predictions(about, logits, classes, "toy", "scene", "simulated")
    >>> explorer = CalibrationExplorer({"toy": said})
    >>> explorer.temperature.value = 2.0
    >>> "temperature 2.00" in explorer.figure.layout.title.text
    True
    """

    def __init__(
        self, predictions: Mapping[str, Predictions], *, temperature: float = 1.0, resamples: int = 100
    ) -> None:
        if not predictions:
            raise DataError(
                "there is no classifier to explore", where="CalibrationExplorer", do="pass one at least"
            )
        known = {name: said.subset(said.truth >= 0) for name, said in predictions.items()}
        parts = {name: (said.of("calibration"), said.of("test")) for name, said in known.items()}
        self.fitted = {name: fit_temperature(first.logits, first.truth) for name, (first, _) in parts.items()}
        self._test = {name: test for name, (_, test) in parts.items()}
        self._resamples = resamples
        self.classifier = ipywidgets.Dropdown(options=list(known), description="classifier", style=WIDE)
        self.temperature = ipywidgets.FloatLogSlider(
            temperature,
            min=-1.3,
            max=1.3,
            step=0.02,
            description="temperature",
            continuous_update=False,
            style=WIDE,
        )
        self.bins = ipywidgets.IntSlider(
            10, min=2, max=40, description="bins", continuous_update=False, style=WIDE
        )
        self.equal = ipywidgets.Dropdown(options=("width", "mass"), description="of equal", style=WIDE)
        super().__init__([self.classifier, self.temperature, self.bins, self.equal])

    def draw(self) -> go.Figure:
        """Draw the chosen classifier at the chosen temperature."""
        name, temperature = self.classifier.value, self.temperature.value
        test = self._test[name]
        p = softmax(test.logits / temperature, axis=1)
        how = {"bins": self.bins.value, "equal": self.equal.value, "resamples": self._resamples}
        table = reliability_intervals(p, test.truth, groups=test.groups, seed=0, **how)
        loss = temperature_losses(test.logits, test.truth, temperatures=[temperature]).mean()
        ece = calibration_error(p, test.truth, bins=self.bins.value)
        said = f"{name}, temperature {temperature:.2f} (fitted: {self.fitted[name]:.2f})"
        return calibration_view(
            table,
            p.max(1),
            p.argmax(1) == test.truth,
            title=f"{said}: ECE {ece:.3f}, log loss {loss:.3f}",
            source=test.source,
        )
