import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import distance_table, expand_queries, k_reciprocal, retrieval_table


def embeddings(seed: int, *, classes: int = 6, each: int = 9, noise: float = 1.0) -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    points = rng.normal(size=(classes, 12))[labels] + noise * rng.normal(size=(len(labels), 12))
    return unit(points), labels


def unit(rows: NDArray) -> NDArray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def by_loops(queries: NDArray, database: NDArray, *, k1: int, k2: int, weight: float) -> NDArray[np.float64]:
    """Follow Zhong et al.'s text and published program set by set."""
    both = unit(np.concatenate([queries, database]).astype(np.float64))
    count, asked = len(both), len(queries)
    distance = ((both[:, None] - both[None]) ** 2).sum(-1)
    distance /= distance.max(axis=1, keepdims=True)
    rank = np.argsort(distance, axis=1, kind="stable").tolist()

    def circle(i: int, k: int) -> set[int]:
        return {j for j in rank[i][: k + 1] if i in rank[j][: k + 1]}

    rows = np.zeros((count, count))
    for i in range(count):
        grown = circle(i, k1)
        for j in circle(i, k1):
            other = circle(j, round(k1 / 2))
            if len(other & circle(i, k1)) > 2 / 3 * len(other):
                grown |= other
        for j in grown:
            rows[i, j] = np.exp(-distance[i, j])
        rows[i] /= rows[i].sum()
    rows = np.array([rows[rank[i][:k2]].mean(axis=0) for i in range(count)])
    result = np.zeros((asked, len(database)))
    for q in range(asked):
        for n in range(len(database)):
            least = np.minimum(rows[q], rows[asked + n]).sum()
            most = np.maximum(rows[q], rows[asked + n]).sum()
            result[q, n] = (1 - weight) * (1 - least / most) + weight * distance[q, asked + n]
    return result


@pytest.mark.parametrize(("k1", "k2", "weight"), [(8, 3, 0.3), (5, 1, 0.0), (20, 6, 0.7), (1, 1, 1.0)])
def test_neighbourhoods_are_those_of_a_plain_loop(k1: int, k2: int, weight: float) -> None:
    points, _ = embeddings(k1)
    chosen = np.arange(len(points)) % 5 == 0
    found = k_reciprocal(points[chosen], points[~chosen], k1=k1, k2=k2, weight=weight)
    expected = by_loops(points[chosen], points[~chosen], k1=k1, k2=k2, weight=weight)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=2e-6)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    points, _ = embeddings(3)
    whole = k_reciprocal(points[:5], points[5:], k1=8, k2=3), expand_queries(points[:5], points[5:], top=3)
    monkeypatch.setattr("fireanalysis.metrics.rerank._BLOCK", 7)
    parts = k_reciprocal(points[:5], points[5:], k1=8, k2=3), expand_queries(points[:5], points[5:], top=3)
    for one, other in zip(whole, parts, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_weight_one_keeps_the_old_order() -> None:
    points, _ = embeddings(1)
    found = k_reciprocal(points[:6], points[6:], k1=8, k2=3, weight=1)
    old = unit(points[:6]) @ unit(points[6:]).T
    assert np.array_equal(np.argsort(found, axis=1), np.argsort(-old, axis=1))


def test_both_raise_the_precision_where_classes_are_clusters() -> None:
    gains = []
    for seed in range(10):
        points, labels = embeddings(seed, each=20)
        asked = np.arange(len(points)) % 10 == 0
        queries, database = points[asked], points[~asked]
        true = labels[asked][:, None] == labels[~asked]
        expanded = expand_queries(queries, database, top=5)
        shared = -k_reciprocal(queries, database, k1=15, k2=4)
        plain, *others = (
            np.mean([average_precision_score(t, s) for t, s in zip(true, scores, strict=True)])
            for scores in (unit(queries) @ unit(database).T, expanded @ unit(database).T, shared)
        )
        gains.append([other - plain for other in others])
    assert np.mean(gains, axis=0).min() > 2 * np.std(gains, axis=0).max() / np.sqrt(10)


@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_expanded_queries_are_weighted_means_of_what_was_found(alpha: float) -> None:
    points, _ = embeddings(2)
    queries, database = points[:4], points[4:]
    for query, found in zip(queries, expand_queries(queries, database, top=5, alpha=alpha), strict=True):
        cosine = unit(database) @ unit(query)
        total = unit(query)
        for row in sorted(range(len(database)), key=lambda n: -cosine[n])[:5]:
            total = total + max(cosine[row], 0) ** alpha * unit(database)[row]
        assert found == pytest.approx(unit(total), abs=1e-6)


def test_results_that_point_away_weigh_nothing() -> None:
    found = expand_queries([[1.0, 0.0]], [[-0.6, 0.8], [0.0, 1.0]], top=2, alpha=1)
    assert found.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("ties", ["last", "first"])
def test_distances_are_measured_as_embeddings_are(ties: str) -> None:
    points, labels = embeddings(5)
    points = unit(np.round(points, 1))  # many ties
    asked = np.arange(len(points)) % 6 == 0
    labels[asked] = np.roll(labels[asked], 1)
    distances = -(points[asked].astype(np.float32) @ points[~asked].astype(np.float32).T)
    found = distance_table(distances, labels[asked], labels[~asked], ties=ties)
    expected = retrieval_table(points[asked], labels[asked], points[~asked], labels[~asked], ties=ties)
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("distances", [np.ones(3), np.ones((1, 0)), [[np.nan, 1.0, 1.0]], np.ones((2, 3))])
def test_distances_that_are_none_are_refused(distances: NDArray) -> None:
    with pytest.raises(DataError, match=r"distances|labels"):
        distance_table(distances, ["a"], ["a", "b", "c"])


def test_another_rule_for_ties_is_refused() -> None:
    with pytest.raises(ParameterError, match="'middle'"):
        distance_table([[1.0]], ["a"], ["a"], ties="middle")


@pytest.mark.parametrize("search", [expand_queries, k_reciprocal])
@pytest.mark.parametrize(
    ("queries", "database"),
    [
        (np.eye(3)[0], np.eye(3)),
        (np.eye(3), np.eye(2)),
        (2 * np.eye(3), np.eye(3)),
        (np.eye(3), 2 * np.eye(3)),
        (np.full((1, 3), np.nan), np.eye(3)),
        (np.eye(3), np.ones((0, 3))),
    ],
)
def test_embeddings_that_are_none_are_refused(search, queries: NDArray, database: NDArray) -> None:
    with pytest.raises(DataError, match="embed"):
        search(queries, database)


@pytest.mark.parametrize("how", [{"k1": 0}, {"k1": 5}, {"k1": 3, "k2": 4}, {"k2": 0}, {"weight": 1.1}])
def test_neighbourhoods_larger_than_the_database_are_refused(how: dict) -> None:
    with pytest.raises(ParameterError, match="5 embeddings"):
        k_reciprocal(np.eye(4)[:1], np.eye(4), **{"k1": 3, "k2": 1} | how)


@pytest.mark.parametrize("how", [{"top": 0}, {"top": 5}, {"top": 2, "alpha": -1}])
def test_expansion_by_more_than_there_is_is_refused(how: dict) -> None:
    with pytest.raises(ParameterError, match="holds 4"):
        expand_queries(np.eye(4)[:1], np.eye(4), **how)
