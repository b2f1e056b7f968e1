import numpy as np
import pytest

from fireanalysis import metrics
from fireanalysis.errors import DataError
from fireanalysis.widgets import EvidenceExplorer

RNG = np.random.default_rng(0)
SAME = np.repeat([True, False], [60, 200])
TABLES = {
    "marks": (np.r_[RNG.normal(20, 4, 60), RNG.normal(8, 3, 200)], SAME),
    "distances": (-np.r_[RNG.normal(0.6, 0.1, 60), RNG.normal(0.9, 0.1, 200)], SAME),
}


@pytest.fixture
def explorer() -> EvidenceExplorer:
    return EvidenceExplorer(TABLES, source="simulated", axis="similarity")


def shown(explorer: EvidenceExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def test_gives_the_ratio_of_the_system_and_the_posterior_of_its_odds(explorer):
    scores, same = TABLES["marks"]
    for method in ("logistic", "kde"):
        explorer.method.value, explorer.score.value, explorer.prior.value = method, 15.0, -2.0
        system = metrics.fit_likelihood_ratio(scores, same, method=method)
        (expected,) = system.log10([explorer.score.value])
        assert explorer.ratio == pytest.approx(expected, abs=0.02)
        odds = 10 ** (-2.0 + explorer.ratio)
        assert f"probability of {odds / (1 + odds):.2%}" in shown(explorer)
    assert not explorer.message.value
    assert "simulated" in shown(explorer)
    assert "1 : 100" in shown(explorer)


def test_another_table_is_drawn_once(explorer, monkeypatch):
    drawn, draw = [], explorer.draw
    monkeypatch.setattr(explorer, "draw", lambda: drawn.append(1) or draw())
    explorer.table.value = "distances"
    assert len(drawn) == 1 and shown(explorer).startswith("distances: ")


def test_bounds_hold_and_the_ratio_without_them_stays_in_view(explorer):
    explorer.score.value = explorer.score.max
    explorer.bounds.value = (-1.0, 1.0)
    assert explorer.ratio == 1.0
    ratios = [trace.y[0] for trace in explorer.figure.data if trace.mode == "markers"][:2]
    assert ratios[0] == 1.0
    assert ratios[1] > 1.0
    explorer.bounds.label = "none"
    assert explorer.bounds.index is not None  # a list would be empty
    assert explorer.ratio == pytest.approx(ratios[1], abs=1e-6)


def test_the_prior_moves_the_posterior_and_never_the_ratio(explorer):
    before = explorer.ratio
    explorer.prior.value = 2.0
    assert explorer.ratio == before
    assert "whoever" in explorer.figure.layout.meta["may_not"]


def test_another_table_has_its_own_scores(explorer):
    explorer.table.value = "distances"
    scores = TABLES["distances"][0]
    assert (explorer.score.min, explorer.score.max) == (scores.min(), scores.max())
    assert explorer.score.min <= explorer.score.value <= explorer.score.max
    assert not explorer.message.value
    explorer.table.value = "marks"
    assert explorer.score.max == TABLES["marks"][0].max()
    assert not explorer.message.value


def test_equal_scores_say_nothing_and_one_kind_is_an_error():
    equal = EvidenceExplorer({"equal": (np.ones(8), np.repeat([True, False], 4))}, source="simulated")
    assert equal.ratio == 0
    with pytest.raises(DataError, match="either kind"):
        EvidenceExplorer({"one kind": (np.arange(8.0), np.ones(8, bool))}, source="simulated")
    with pytest.raises(DataError, match="to explore"):
        EvidenceExplorer({}, source="simulated")
