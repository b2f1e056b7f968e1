"""The error budget against a loop over clips."""

import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import best_within, error_budget

CATEGORY_OF = np.array([0, 0, 0, 1, 1, 2])


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(6, size=count), rng.integers(3, size=count), rng.random((count, 6))


def test_it_is_what_a_loop_counts():
    truth, routed, within = drawn(200, 1)
    counts = dict.fromkeys(("right", "routing", "recognition", "oracle"), 0)
    for model, category, scores in zip(truth, routed, within, strict=True):
        candidates = {c: max(np.flatnonzero(c == CATEGORY_OF), key=lambda k: scores[k]) for c in range(3)}
        counts["oracle"] += candidates[CATEGORY_OF[model]] == model
        if category != CATEGORY_OF[model]:
            counts["routing"] += 1
        elif candidates[category] == model:
            counts["right"] += 1
        else:
            counts["recognition"] += 1
    budget = error_budget(truth, routed, within, category_of=CATEGORY_OF)
    assert {name: round(200 * getattr(budget, name)) for name in counts} == counts
    assert budget.right + budget.routing + budget.recognition == pytest.approx(1)
    assert budget.if_routed == pytest.approx(counts["right"] / (200 - counts["routing"]))


def test_all_sent_wrong_leaves_nothing_to_recognise():
    budget = error_budget([0], [1], [[1.0, 0, 0, 0.5, 0.5, 1]], category_of=CATEGORY_OF)
    assert budget.routing == 1 and np.isnan(budget.if_routed) and budget.oracle == 1


def test_best_within_stays_in_its_category():
    _, categories, within = drawn(50, 2)
    assert (CATEGORY_OF[best_within(within, categories, category_of=CATEGORY_OF)] == categories).all()


@pytest.mark.parametrize("change", [{"truth": []}, {"routed": [0]}, {"within": np.ones((3, 6))}])
def test_what_does_not_fit_is_said(change):
    given = {"truth": [0, 1], "routed": [0, 0], "within": np.ones((2, 6))} | change
    with pytest.raises(DataError, match="do not fit together"):
        error_budget(given["truth"], given["routed"], given["within"], category_of=CATEGORY_OF)
