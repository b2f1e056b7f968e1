import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import recall_score
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fireanalysis.metrics.nearest_mean import held_out, mean_recall, nearest_mean


def test_as_scikit_learn_names_classes_fold_by_fold() -> None:
    rng = np.random.default_rng(0)
    codes, folds = rng.integers(3, size=(4, 60)), rng.integers(5, size=60)
    table = rng.normal(size=(60, 8)) @ rng.normal(size=(8, 8)) + codes[0][:, None]
    said = nearest_mean(held_out(table, folds, axes=4), codes)
    recall = mean_recall(held_out(table, folds, axes=4), codes)
    for row, some in enumerate(codes):
        expected = np.empty_like(some)
        for fold in range(5):
            rest = folds != fold
            learner = make_pipeline(StandardScaler(), PCA(4, whiten=True), NearestCentroid())
            expected[~rest] = learner.fit(table[rest], some[rest]).predict(table[~rest])
        assert (said[row] == expected).all()
        assert np.isclose(recall[row], recall_score(some, expected, average="macro"))


def test_constant_features_and_a_class_that_was_not_learned() -> None:
    codes, folds = np.array([[0, 1, 1, 2]]), np.arange(4)
    assert nearest_mean(held_out(np.full((4, 2), 7.3), folds, axes=2), codes).tolist() == [[1, 0, 0, 0]]
    # Held out alone, the third class cannot be named: nothing of it is left.
    told = nearest_mean(held_out(np.array([[0.0], [1], [1.2], [9]]), folds, axes=1), codes)
    assert told[0, 3] == 1


def test_more_features_than_samples_leave_numbers_finite() -> None:
    rng = np.random.default_rng(0)
    parts = held_out(rng.normal(size=(6, 50)), np.arange(6), axes=10)
    assert all(
        np.isfinite(rest).all() and np.isfinite(own).all() and rest.shape[1] <= 5 for _, rest, own in parts
    )
