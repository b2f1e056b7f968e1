"""Abstention against definitions: loops over thresholds and pairs, and scikit-learn's curves."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    abstention_threshold,
    certainty,
    known_from_unknown,
    risk_coverage,
)

RNG = np.random.default_rng(3)
SCORES = np.round(RNG.random(200), 2)  # some are equal
RIGHT = RNG.random(200) < 0.4 + 0.6 * SCORES


def test_certainty_by_its_definitions():
    logits = RNG.normal(size=(50, 5)) * 3
    p = softmax(logits, axis=1)
    np.testing.assert_allclose(certainty(logits), p.max(1))
    np.testing.assert_allclose(certainty(logits, kind="entropy"), -entropy(p, axis=1))
    np.testing.assert_allclose(certainty(logits, kind="energy"), np.log(np.exp(logits).sum(1)))
    np.testing.assert_allclose(certainty(np.log(p), kind="entropy"), certainty(logits, kind="entropy"))


def test_a_class_of_no_probability_adds_no_entropy():
    assert certainty([[0.0, -np.inf]], kind="entropy").tolist() == [0.0]
    assert certainty([[0.0, -5000.0]]).tolist() == [1.0]


def test_risk_coverage_is_what_each_threshold_gives():
    curve = risk_coverage(SCORES, RIGHT)
    assert curve["threshold"].tolist() == sorted(set(SCORES), reverse=True)
    for row in curve.to_dict("records"):
        given = row["threshold"] <= SCORES
        assert row["answered"] == pytest.approx(given.mean())
        assert row["error rate"] == pytest.approx(1 - RIGHT[given].mean())


def test_equal_scores_are_answered_together():
    curve = risk_coverage([0.5] * 4, [True, False, True, True])
    assert curve.to_numpy().tolist() == [[0.5, 1.0, 0.25]]


@pytest.mark.parametrize("wanted", [0.05, 0.2, 0.3, 1.0])
def test_the_threshold_is_the_lowest_that_is_enough(wanted):
    found = abstention_threshold(SCORES, RIGHT, error_rate=wanted)
    enough = [s for s in np.unique(SCORES) if (~RIGHT[s <= SCORES]).mean() <= wanted]
    assert found == (min(enough) if enough else np.inf)


def test_where_no_threshold_is_enough_nothing_is_answered():
    assert abstention_threshold([0.9, 0.9], [False, True], error_rate=0.4) == np.inf


def test_auroc_counts_pairs_and_fpr_is_at_the_threshold_that_keeps_the_known():
    known = np.arange(200) % 3 > 0
    scores = np.round(SCORES + 0.3 * known, 2)
    found = known_from_unknown(scores, known, groups=np.arange(200) // 4, seed=0, resamples=50)
    above = scores[known][:, None] - scores[~known]
    assert found["AUROC"].value == pytest.approx(((above > 0) + (above == 0) / 2).mean())
    threshold = max(s for s in scores if (scores[known] >= s).mean() >= 0.95)
    assert found["FPR"].value == pytest.approx((scores[~known] >= threshold).mean())
    assert found["AUROC"].low < found["AUROC"].value < found["AUROC"].high


@pytest.mark.parametrize(("kept", "fpr"), [(0.5, 0.0), (1.0, 0.5)])
def test_what_is_kept_decides_what_passes(kept, fpr):
    scores, known = [4.0, 2.0, 3.0, 1.0], [True, True, False, False]
    found = known_from_unknown(scores, known, groups=range(4), seed=0, kept=kept, resamples=10)
    assert found["FPR"].value == fpr


def test_equal_scores_of_both_kinds_pass_together():
    known = [True, False] * 3
    found = known_from_unknown([3, 3, 2, 2, 1, 1], known, groups=range(6), seed=0, kept=0.5, resamples=10)
    assert found["FPR"].value == pytest.approx(2 / 3)


def test_a_score_that_tells_nothing_and_one_that_tells_all():
    known = [True, True, False, False]
    flat = known_from_unknown([1.0] * 4, known, groups=range(4), seed=0, resamples=20)
    assert (flat["AUROC"].value, flat["FPR"].value) == (0.5, 1.0)
    perfect = known_from_unknown(np.array(known, float), known, groups=range(4), seed=0, resamples=20)
    assert (perfect["AUROC"].value, perfect["FPR"].value) == (1.0, 0.0)


@pytest.mark.parametrize(("known", "count"), [(True, 3), (False, 0)])
def test_one_kind_alone_is_refused(known, count):
    with pytest.raises(DataError, match=f"{count} of 3 samples are of known classes"):
        known_from_unknown([0.1, 0.2, 0.3], [known] * 3, groups=range(3), seed=0)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: certainty([[0.0, 1.0]], kind="margin"), ParameterError, "probability, entropy, energy"),
        (lambda: certainty([0.0, 1.0]), DataError, r"shape \(2,\)"),
        (lambda: certainty([[0.0, np.nan]]), DataError, "1 NaN"),
        (lambda: risk_coverage([], np.zeros(0, bool)), DataError, r"shape \(0,\)"),
        (lambda: risk_coverage([0.1, 0.2], [True]), DataError, r"\(2,\).*\(1,\)"),
        (lambda: risk_coverage([0.1, 0.2], [1, 0]), DataError, "int64"),
        (lambda: risk_coverage([0.1, np.nan], [True, False]), DataError, "1 scores are NaN"),
        (lambda: abstention_threshold([0.1], [True], error_rate=5), ParameterError, "error_rate is 5"),
        (
            lambda: known_from_unknown([0.1, 0.2], [True, False], groups="ab", seed=0, kept=95),
            ParameterError,
            "kept is 95",
        ),
    ],
)
def test_what_cannot_be_is_said(call, error, says):
    with pytest.raises(error, match=says):
        call()
