import numpy as np
import pandas as pd
import pytest

from fireanalysis import metrics
from fireanalysis.errors import DataError
from fireanalysis.loaders import Predictions
from fireanalysis.widgets import CalibrationExplorer

RNG = np.random.default_rng(0)


def answers(name: str, *, unknown: int = 0) -> Predictions:
    logits = RNG.normal(0, 2, (200, 3))
    truth = np.array(["pistol", "revolver", "rifle"])[(logits + RNG.gumbel(size=logits.shape)).argmax(1)]
    truth[:unknown] = "shotgun"
    part = np.where(np.arange(200) // 10 % 2, "calibration", "test")
    table = pd.DataFrame({"part": part, "group": np.arange(200) // 10, "truth": truth})
    return Predictions(
        table, 2 * logits, np.array(["pistol", "revolver", "rifle"]), name, "scene", "simulated"
    )


def title(explorer: CalibrationExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def test_shows_the_chosen_classifier_at_the_chosen_temperature():
    said = {"one": answers("one"), "other": answers("other", unknown=7)}
    explorer = CalibrationExplorer(said, resamples=20)
    first, test = (said["one"].of(part) for part in ("calibration", "test"))
    assert explorer.fitted["one"] == metrics.fit_temperature(first.logits, first.truth)
    assert "temperature 1.00" in title(explorer) and "simulated data" in title(explorer)
    assert f"ECE {metrics.calibration_error(test.probabilities, test.truth):.3f}" in title(explorer)
    explorer.temperature.value = 2.0
    explorer.bins.value, explorer.equal.value = 4, "mass"
    (dots,) = [trace for trace in explorer.draw().data if trace.name == "in bins"]
    assert len(dots.x) == 4
    losses = metrics.sample_losses(test.logits / 2, test.truth)
    assert f"log loss {losses.mean():.3f}" in title(explorer)
    explorer.classifier.value = "other"
    counted = sum(sum(trace.y) for trace in explorer.draw().data if trace.name in ("right", "wrong"))
    assert counted == len(said["other"].of("test")) - 7 and not explorer.message.value


def test_what_cannot_be_explored_is_said():
    with pytest.raises(DataError, match="no classifier"):
        CalibrationExplorer({})
    only = answers("one").of("test")
    with pytest.raises(DataError, match="calibration"):
        CalibrationExplorer({"one": only})
