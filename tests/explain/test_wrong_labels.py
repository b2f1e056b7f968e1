import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import found_at_budget, label_suspicion


def planted(n: int = 300, classes: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, n)
    wrong = rng.random(n) < 0.1
    recorded = np.where(wrong, (truth + 1) % classes, truth)
    return softmax(rng.normal(size=(n, classes)) + 3 * np.eye(classes)[truth], axis=1), recorded, wrong


def test_suspicion_is_one_minus_the_recorded_class_s_probability_and_margin() -> None:
    """The definitions in Northcutt et al., without cleanlab."""
    p, recorded, _ = planted()
    found = label_suspicion(p, recorded)
    own = p[np.arange(len(p)), recorded]
    best_other = np.where(np.arange(4) == recorded[:, None], -1, p).max(axis=1)
    np.testing.assert_allclose(found["self-confidence"], 1 - own)
    np.testing.assert_allclose(found["normalised margin"], 1 - (own - best_other + 1) / 2)


def test_planted_labels_are_flagged_far_above_their_share() -> None:
    p, recorded, wrong = planted()
    flagged = label_suspicion(p, recorded)["flagged"]
    assert wrong[flagged].mean() > 5 * wrong.mean()


def test_a_class_without_cases_is_no_trouble() -> None:
    p, recorded, _ = planted()
    kept = recorded != 2
    assert len(label_suspicion(p[kept], recorded[kept])) == kept.sum()


def test_labels_that_are_all_wrong_or_tell_nothing() -> None:
    """All wrong: all are as suspicious as can be, but cleanlab spares one of each class. Even odds: none stands out."""
    all_wrong = label_suspicion(np.eye(2)[[0, 0, 1, 1]], [1, 1, 0, 0])
    assert (all_wrong["self-confidence"] == 1).all()
    assert all_wrong["flagged"].groupby([1, 1, 0, 0]).sum().tolist() == [1, 1]
    for recorded in ([0, 1, 0, 1], [0, 0, 0, 0]):
        even = label_suspicion(np.full((4, 2), 0.5), recorded)
        assert even["self-confidence"].tolist() == [0.5] * 4
        assert not even["flagged"].any()


def test_counts_equal_a_loop_and_average_precision_is_scikit_learn_s() -> None:
    p, recorded, wrong = planted()
    score = label_suspicion(p, recorded)["self-confidence"].to_numpy()
    table = found_at_budget(wrong, score)
    order = sorted(range(len(wrong)), key=lambda k: -score[k])
    for budget in (1, 10, 57, len(wrong)):
        row = table[table["budget"] == budget].iloc[0]
        found = sum(bool(wrong[k]) for k in order[:budget])
        assert row["found"] == found
        assert row["precision"] == found / budget
        assert row["recall"] == found / wrong.sum()
    steps = np.diff(table["recall"], prepend=0) @ table["precision"]
    assert steps == pytest.approx(average_precision_score(wrong, score))


def test_equal_scores_find_what_a_random_order_would_on_average() -> None:
    table = found_at_budget([True, False, False, False, True], [0.5, 0.5, 0.5, 0.5, 0.1])
    assert table["found"].tolist() == [0.25, 0.5, 0.75, 1.0, 2.0]


def test_unfitting_input_is_refused() -> None:
    with pytest.raises(DataError, match="sum to 1"):
        label_suspicion([[0.9, 0.9]], [0])
    with pytest.raises(DataError, match="single class"):
        label_suspicion([[1.0], [1.0]], [0, 0])
    with pytest.raises(ParameterError, match="outside 0 to 1"):
        label_suspicion([[0.5, 0.5]], [2])
    with pytest.raises(DataError, match="nothing to find"):
        found_at_budget([False, False], [0.1, 0.2])
    for wrong, score in (([1, 0], [0.1, 0.2]), ([True], [0.1, 0.2]), ([True, False], [np.nan, 0.2])):
        with pytest.raises(DataError, match="as many bools"):
            found_at_budget(wrong, score)
