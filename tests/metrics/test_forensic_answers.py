import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import answer_table, bootstrap_interval, risk_coverage

RNG = np.random.default_rng(7)
SCORES = np.round(RNG.random(120), 2)
RIGHT = RNG.random(120) < 0.4 + 0.5 * SCORES
GROUPS = np.arange(120) // 5


def test_answers_are_those_of_the_curve():
    curve = risk_coverage(SCORES, RIGHT)
    some = curve.iloc[[0, 20, 50]]
    table = answer_table(SCORES, RIGHT, thresholds=some["threshold"], groups=GROUPS, seed=0, resamples=20)
    np.testing.assert_allclose(table[["answered", "wrong"]], some[["answered", "error rate"]])
    assert table["groups"].tolist() == [len(set(GROUPS[t <= SCORES])) for t in some["threshold"]]
    assert table["answers"].tolist() == [sum(s >= t for s in SCORES) for t in some["threshold"]]


def test_intervals_are_of_each_share_by_itself():
    table = answer_table(SCORES, RIGHT, thresholds=[0.2, 0.6], groups=GROUPS, seed=3, resamples=80)
    wrong = bootstrap_interval(
        lambda s, r: 1 - r[s >= 0.6].mean(), SCORES, RIGHT, groups=GROUPS, seed=3, resamples=80
    )
    assert table.loc[1, ["wrong low", "wrong high"]].tolist() == pytest.approx([wrong.low, wrong.high])
    given = bootstrap_interval(lambda s: (s >= 0.2).mean(), SCORES, groups=GROUPS, seed=3, resamples=80)
    assert table.loc[0, ["answered low", "answered high"]].tolist() == pytest.approx([given.low, given.high])


def test_answers_of_a_single_group_show_no_spread():
    scores, groups = [0.9, 0.9, 0.2, 0.3], [1, 1, 2, 3]
    right = [False, False, True, True]
    table = answer_table(scores, right, thresholds=[0.9, 0.1], groups=groups, seed=0, resamples=50)
    assert table["wrong"].tolist() == [1.0, 0.5]
    assert table.loc[0, ["wrong low", "wrong high"]].isna().all()
    assert table.loc[1, ["wrong low", "wrong high", "answered high"]].notna().all()


def test_no_answers_no_errors():
    table = answer_table(SCORES, RIGHT, thresholds=[np.inf], groups=GROUPS, seed=0, resamples=10)
    assert table.loc[0, ["answered", "answered low", "answered high", "answers"]].tolist() == [0, 0, 0, 0]
    assert table.loc[0, ["wrong", "wrong low", "wrong high"]].isna().all()


def test_one_group_has_no_interval_and_equal_scores_are_answered_together():
    table = answer_table(
        [0.5] * 4, [True, False, True, True], thresholds=[0.5, 0.6], groups=list("aaaa"), seed=0
    )
    assert table["answered"].tolist() == [1.0, 0.0]
    assert table.loc[0, "wrong"] == 0.25
    assert table.filter(regex="low|high").isna().all(axis=None)


@pytest.mark.parametrize(
    ("scores", "right", "thresholds", "says"),
    [
        ([], np.zeros(0, bool), [0.5], r"shape \(0,\)"),
        ([0.1, 0.2], [True], [0.5], r"\(2,\).*\(1,\)"),
        ([0.1, np.nan], [True, False], [0.5], "1 scores are NaN"),
        ([0.1, 0.2], [True, False], [], r"thresholds are \[\]"),
        ([0.1, 0.2], [True, False], [np.nan], r"thresholds are \[nan\]"),
    ],
)
def test_what_cannot_be_is_said(scores, right, thresholds, says):
    with pytest.raises(DataError, match=says):
        answer_table(scores, right, thresholds=thresholds, groups=range(len(scores)), seed=0)
