import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import Interval, combine_likelihood_ratios
from fireanalysis.widgets import CaseExplorer

EVIDENCE = pd.DataFrame.from_dict(
    {
        "marks": ("source", ()),
        "brand": ("class", ("sound",)),
        "sound": ("class", ()),
        "clip": ("activity", ()),
    },
    orient="index",
    columns=["level", "shares_information_with"],
)
VALUES = {"marks": 1.0, "brand": 0.9, "sound": 0.5, "clip": 2.0}
FOUND = {n: Interval(v, v - 0.2, v + 0.2, v + np.array([-0.2, 0.1, np.nan]), 9) for n, v in VALUES.items()}


@pytest.fixture
def explorer() -> CaseExplorer:
    return CaseExplorer(FOUND, EVIDENCE, share=0.2, source="simulated")


def test_begins_with_the_case_as_reported(explorer: CaseExplorer) -> None:
    expected = combine_likelihood_ratios(VALUES, EVIDENCE, share=0.2)
    assert explorer.combined.value == pytest.approx(float(expected))
    assert explorer.combined.low < explorer.combined.value < explorer.combined.high
    assert "simulated" in explorer.figure.layout.title.text


@pytest.mark.parametrize(
    ("rule", "correlation", "share"), [("product", 0.5, 0.0), ("correlated", 1.0, 0.4), ("weakest", 0.0, 1.0)]
)
def test_follows_its_controls(explorer: CaseExplorer, rule: str, correlation: float, share: float) -> None:
    explorer.rule.value, explorer.correlation.value, explorer.share.value = rule, correlation, share
    expected = combine_likelihood_ratios(VALUES, EVIDENCE, share=share, rule=rule, correlation=correlation)
    assert explorer.combined.value == pytest.approx(float(expected))
    together = next(trace for trace in explorer.figure.data if trace.name == "combined")
    assert together.x[0] == pytest.approx(float(expected))


def test_the_prior_moves_the_posterior_in_the_title(explorer: CaseExplorer) -> None:
    explorer.share.value, explorer.prior.value = 1.0, 0.01  # LR 10 of the marks alone
    odds = 10 * 0.01 / 0.99
    assert f"becomes {odds / (1 + odds):.2g}" in explorer.figure.layout.title.text.replace("<br>", " ")


def test_without_evidence_there_is_nothing_to_explore() -> None:
    with pytest.raises(DataError, match="none of 0 pieces"):
        CaseExplorer({}, EVIDENCE.iloc[:0], share=0.2, source="real")
