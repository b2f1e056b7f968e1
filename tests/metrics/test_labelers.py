import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import f1_score, precision_score, recall_score

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    bootstrap_labeling,
    labeler_correlations,
    labeler_weights,
    lowest_counts,
    valid_pictures,
)
from fireanalysis.papers import paper_values


@pytest.fixture
def labels():
    """Scores of four labelers for 12 classes: two careful, one careless, one who answers at random."""
    rng = np.random.default_rng(0)
    classes = np.repeat([f"c{n:02d}" for n in range(12)], rng.integers(20, 60, 12))
    similar = rng.uniform(0, 9, len(classes))
    spread = np.array([0.7, 0.7, 2.5])
    scores = similar[:, None] + spread * rng.normal(size=(len(classes), 3))
    guesses = rng.integers(0, 10, (len(classes), 1))
    return np.hstack([scores.round().clip(0, 9), guesses]).astype(int), classes, similar >= 6


def test_correlations_one_pair_at_a_time(labels):
    scores, classes, _ = labels
    found = labeler_correlations(scores, classes)
    assert list(found.index) == sorted(set(classes)) and list(found.columns) == [0, 1, 2, 3]
    for name in found.index:
        of_class = scores[classes == name]
        for labeler in range(4):
            others = [pearsonr(of_class[:, labeler], of_class[:, n])[0] for n in range(4) if n != labeler]
            assert found.loc[name, labeler] == pytest.approx(np.mean(others))


def test_who_gives_always_the_same_score():
    scores = np.array([[1, 2, 5], [4, 4, 5], [9, 7, 5], [3, 3, 3], [3, 3, 3], [0, 9, 7], [8, 2, 7]])
    found = labeler_correlations(scores, list("aaabbcc"))
    r = pearsonr([1, 4, 9], [2, 4, 7])[0]
    assert found.loc["a"].tolist() == pytest.approx([r / 2, r / 2, 0])
    assert found.loc["b"].isna().all()  # nobody's scores vary
    assert found.loc["c"].tolist() == pytest.approx([-0.5, -0.5, 0])
    # b is no class of anybody, and c is shared by the two who contradict each other
    assert lowest_counts(found).tolist() == [0.5, 0.5, 1.0]
    one_each = labeler_correlations(scores[:2], ["x", "y"])  # one picture a class
    assert one_each.isna().all(axis=None) and lowest_counts(one_each).sum() == 0


def test_the_careless_are_found_out(labels):
    scores, classes, _ = labels
    counts = lowest_counts(labeler_correlations(scores, classes))
    assert counts.sum() == 12 and counts.idxmax() == 3 and counts[3] >= 10
    weights = labeler_weights(counts)
    assert weights[3] == 0 and weights.sum() == pytest.approx(1)


def test_the_papers_weights_from_its_table():
    printed = paper_values("retrieval", table="Table I")["value"].to_numpy()
    text = paper_values("retrieval", table="text").set_index("metric")["value"]
    weights = labeler_weights(printed)
    for labeler, weight in enumerate(weights):
        assert weight == pytest.approx(text[f"weight of labeler {labeler}"], abs=0.0015)
    assert weights[1] == 0


def test_labelers_who_are_never_lowest():
    assert labeler_weights([0, 5, 1, 0]).tolist() == pytest.approx([0.4, 0, 0.2, 0.4])
    assert labeler_weights([2, 4], without=0).tolist() == pytest.approx([2 / 3, 1 / 3])
    assert labeler_weights([3, 3, 3]).tolist() == [0, 0.5, 0.5]  # one is left out, whoever it is


def test_sums_that_miss_the_threshold_by_rounding_only():
    weights = labeler_weights([42, 32, 26, 14, 16], without=0)
    sixes = np.full((1, 5), 6)
    assert (sixes @ weights)[0] < 6 and valid_pictures(sixes, weights).all()
    assert valid_pictures([[6, 6, 6], [9, 9, 0], [6, 6, 5]]).tolist() == [True, True, False]
    assert valid_pictures([[4, 6], [3, 6]], least=5).tolist() == [True, False]


def test_scores_of_a_way_to_keep(labels):
    scores, classes, truth = labels
    kept = valid_pictures(scores)
    found = bootstrap_labeling(kept, truth, classes=classes, seed=0)
    for name, expected in {"precision": precision_score, "recall": recall_score, "f1": f1_score}.items():
        assert found[name].value == pytest.approx(expected(truth, kept))
        assert found[name].low < found[name].value < found[name].high
        assert found[name].groups == 12


def test_what_weighting_gains(labels):
    scores, classes, truth = labels
    weights = labeler_weights(lowest_counts(labeler_correlations(scores, classes)))
    weighted, mean = valid_pictures(scores, weights), valid_pictures(scores)
    gain = bootstrap_labeling(weighted, truth, against=mean, classes=classes, seed=0)["f1"]
    assert gain.value == pytest.approx(f1_score(truth, weighted) - f1_score(truth, mean)) and gain.low > 0
    same = bootstrap_labeling(mean, truth, against=mean, classes=classes, seed=0)["f1"]
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_nothing_kept_has_no_precision():
    found = bootstrap_labeling([False] * 4, [True, False, True, True], classes=list("aabb"), seed=0)
    assert np.isnan(found["precision"].value) and found["recall"].value == 0


@pytest.mark.parametrize("call", [
    lambda: labeler_correlations([[1, np.nan]], ["a"]),
    lambda: labeler_correlations([1, 2], ["a", "b"]),
    lambda: labeler_correlations([["good", "bad"]], ["a"]),
    lambda: labeler_correlations(np.zeros((0, 5)), []),
    lambda: labeler_correlations([[1, 2], [2, 3]], ["a"]),
    lambda: valid_pictures([[1, 2]], [0.2, 0.3, 0.5]),
    lambda: labeler_weights([1, -1]),
    lambda: labeler_weights([[1, 2]]),
    lambda: bootstrap_labeling([True], [True, False], classes=["a", "b"], seed=0),
    lambda: bootstrap_labeling([True, True], [True, False], classes=["a", "a"], seed=0),
])  # fmt: skip
def test_tables_that_do_not_fit(call):
    with pytest.raises(DataError):
        call()


def test_too_few_labelers():
    with pytest.raises(ParameterError, match="1 labelers"):
        labeler_correlations([[1], [2]], ["a", "a"])
    with pytest.raises(ParameterError, match="without is 2"):
        labeler_weights([1, 2], without=2)


def test_classes_of_a_categorical_column(labels):
    scores, classes, _ = labels
    as_numbers = pd.factorize(classes, sort=True)[0]
    found = labeler_correlations(scores, as_numbers)
    assert (found.to_numpy() == labeler_correlations(scores, classes).to_numpy()).all()
