import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import difficulty, easiest_and_hardest
from fireanalysis.metrics import class_centres


def predictions(n: int = 60, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, n)
    scores = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[truth]
    return softmax(scores, axis=1), truth, rng.normal(size=(n, 5)) + truth[:, None]


def scored(*given: np.ndarray) -> pd.DataFrame:
    """Difficulty against the centres of other cases of the same kind."""
    _, other_truth, other_x = predictions(seed=1)
    return difficulty(*given, centres=class_centres(other_x, other_truth, classes=4))


def test_the_parts_equal_a_loop() -> None:
    p, truth, x = predictions()
    _, other_truth, other_x = predictions(seed=1)
    centres = class_centres(other_x, other_truth, classes=4)
    for measure in ("cosine", "euclidean"):
        parts = difficulty(p, truth, x, centres=centres, measure=measure)
        for k in range(len(p)):
            centre, row = np.mean(other_x[other_truth == truth[k]], axis=0), parts.iloc[k]
            cosine = x[k] @ centre / np.sqrt(x[k] @ x[k] * (centre @ centre))
            distance = {"cosine": 1 - cosine, "euclidean": np.sqrt(sum((x[k] - centre) ** 2))}[measure]
            assert row["confidence"] == pytest.approx(max(p[k]))
            assert row["correct"] == (np.argmax(p[k]) == truth[k])
            assert row["loss"] == pytest.approx(-np.log(p[k, truth[k]]))
            assert row["distance"] == pytest.approx(distance)


def test_the_score_is_the_stated_formula() -> None:
    p, truth, x = predictions()
    parts = scored(p, truth, x)
    sure = np.where(parts["correct"], -parts["confidence"], parts["confidence"])
    for k in range(len(p)):
        shares = [
            np.mean(values <= values[k])
            for values in (parts["loss"].to_numpy(), parts["distance"].to_numpy(), sure)
        ]
        expected = np.mean(shares) / 2 + (0 if parts["correct"][k] else 0.5)
        assert parts["difficulty"][k] == pytest.approx(expected)


def test_every_wrong_one_is_harder_than_every_right_one() -> None:
    parts = scored(*predictions(400))
    wrong, right = parts[~parts["correct"]], parts[parts["correct"]]
    assert len(wrong) > 20
    assert wrong["difficulty"].min() > 0.5 >= right["difficulty"].max()
    assert parts["difficulty"].between(0, 1).all()


def test_sure_and_wrong_is_hardest_sure_and_right_easiest() -> None:
    p = [[0.99, 0.01], [0.6, 0.4], [0.4, 0.6], [0.01, 0.99]]
    parts = difficulty(p, [0, 0, 0, 0], np.ones((4, 1)), centres=np.ones((2, 1)))
    assert list(parts["difficulty"].rank()) == [1, 2, 3, 4]


def test_a_class_without_centre_has_no_distance_but_a_score() -> None:
    given = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], [0, 0, 1], [[0.0, 1.0], [1.0, 0.0], [5.0, 0.0]]
    parts = difficulty(*given, centres=[[1.0, 1.0], [np.nan, np.nan]])
    assert np.isnan(parts["distance"][2]) and np.isfinite(parts["difficulty"]).all()


def test_easiest_and_hardest_are_the_ends_of_each_class() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.random(50), rng.choice(list("AB"), 50)
    picked = easiest_and_hardest(scores, labels, count=3)
    for label in "AB":
        order = sorted(np.flatnonzero(labels == label), key=lambda row: scores[row])
        own = picked[picked["label"] == label]
        assert list(own.loc[own["kind"] == "easy", "row"]) == order[:3]
        assert list(own.loc[own["kind"] == "hard", "row"]) == order[::-1][:3]


def test_a_small_class_is_halved() -> None:
    picked = easiest_and_hardest(np.arange(8.0), list("AAAAABBC"), count=10)
    counts = picked.groupby(["label", "kind"]).size()
    assert counts.to_dict() == {("A", "easy"): 2, ("A", "hard"): 2, ("B", "easy"): 1, ("B", "hard"): 1}
    assert not picked["row"].duplicated().any()


def test_nothing_to_pick_is_an_empty_table() -> None:
    assert easiest_and_hardest([0.5], ["A"]).empty


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"probabilities": [[0.5, 0.6]] * 3}, DataError, "sum to 1"),
        ({"probabilities": [[np.nan, 1.0]] * 3}, DataError, "sum to 1"),
        ({"truth": [0, 1]}, DataError, r"shape \(2,\)"),
        ({"truth": [0.0, 1.0, 1.0]}, DataError, "float64"),
        ({"truth": [0, 1, -1]}, ParameterError, "1 cases have a class outside 0 to 1"),
        ({"features": [[1.0]] * 2}, DataError, "2"),
        ({"features": [[np.inf]] * 3}, DataError, "finite"),
        ({"centres": [[1.0]]}, DataError, r"\(2, d\) is needed"),
        ({"centres": [[1.0, 2.0]] * 2}, DataError, "as many columns"),
        ({"measure": "taxi"}, ParameterError, "taxi"),
    ],
)
def test_what_does_not_go_together_is_refused(change: dict, error: type[Exception], words: str) -> None:
    given = {"probabilities": [[0.5, 0.5]] * 3, "truth": [0, 1, 1], "features": [[1.0]] * 3}
    given |= {"centres": [[1.0], [2.0]], "measure": "cosine"} | change
    with pytest.raises(error, match=words):
        difficulty(**given)


def test_ends_of_what_does_not_go_together_are_refused() -> None:
    with pytest.raises(DataError, match="do not go together"):
        easiest_and_hardest([0.1, 0.2], ["A"])
    with pytest.raises(ParameterError, match="count is 0"):
        easiest_and_hardest([0.1], ["A"], count=0)


def test_rows_stay_in_order_whatever_index_arrays_come_with() -> None:
    p, truth, x = predictions(10)
    series = pd.Series(truth, index=np.arange(10)[::-1])
    pd.testing.assert_frame_equal(scored(p, series, x), scored(p, truth, x))
