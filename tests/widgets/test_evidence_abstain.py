import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import Predictions
from fireanalysis.metrics import conformal_p_values, conformal_sets, coverage_table
from fireanalysis.widgets import CoverageExplorer
from fireanalysis.widgets.evidence_abstain import WAYS


def predictions(seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=240)  # the fourth class is not known
    groups = np.arange(240) // 4
    logits = 2.0 * (truth[:, None] == range(3)) + rng.normal(size=(240, 3))
    part = np.where(groups % 2, "calibration", "test")
    table = pd.DataFrame({"part": part, "truth": np.array(list("abcd"))[truth], "group": groups})
    about = {"name": "toy", "group_name": "firearm", "source": "simulated"}
    return Predictions(table, logits, np.array(list("abc")), **about)


@pytest.mark.parametrize("way", WAYS)
def test_shows_what_the_chosen_sets_cover(way):
    both = {"one": predictions(0), "two": predictions(1)}
    explorer = CoverageExplorer(both, seed=3)
    explorer.classifier.value, explorer.way.value, explorer.coverage.value = "two", way, 0.75
    known = both["two"].subset(both["two"].truth >= 0)
    calibration, test = known.of("calibration"), known.of("test")
    by, grouped = WAYS[way]
    groups = calibration.groups if grouped else None
    how = {"by": by, "groups": groups}
    p = conformal_p_values(calibration.probabilities, calibration.truth, test.probabilities, **how)
    sets = conformal_sets(p, coverage=0.75)
    about = {"classes": test.classes, "groups": test.groups, "seed": 3, "resamples": 200}
    pd.testing.assert_frame_equal(explorer.table, coverage_table(sets, test.truth, **about))
    title = explorer.figure.layout.title.text.replace("<br>", " ")
    assert f"{explorer.table['coverage'].iloc[0]:.0%} of sets hold the true class" in title
    assert "simulated" in title and not explorer.message.value
    assert {"may", "may_not"} <= set(explorer.draw().layout.meta)


def test_nothing_to_explore():
    with pytest.raises(DataError, match="no classifier"):
        CoverageExplorer({}, seed=0)


def test_a_classifier_without_calibration_is_said():
    one = predictions(0)
    with pytest.raises(DataError, match="'calibration' has no sample"):
        CoverageExplorer({"one": one.of("test")}, seed=0)
