import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    bootstrap_interval,
    mean_average_precision,
    rank_accuracy,
    retrieval_summary,
    retrieval_table,
)


def unit(rng: np.random.Generator, *shape: int) -> np.ndarray:
    values = rng.normal(size=shape).astype(np.float32)
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def by_oxford(order: np.ndarray, positives: set[int]) -> float:
    """Go through a ranked list as compute_ap of the Oxford buildings does."""
    old_recall, old_precision, precision_area, hits = 0.0, 1.0, 0.0, 0
    for place, row in enumerate(order.tolist()):
        hits += row in positives
        recall, precision = hits / len(positives), hits / (place + 1)
        precision_area += (recall - old_recall) * (old_precision + precision) / 2
        old_recall, old_precision = recall, precision
    return precision_area


@pytest.mark.parametrize("block", [1, 700, 2**25])
def test_both_average_precisions_are_those_of_the_sorted_list(block: int) -> None:
    rng = np.random.default_rng(0)
    queries, database = unit(rng, 7, 6), unit(rng, 300, 6)
    asked, labels = rng.integers(0, 12, 7), rng.integers(0, 12, 300)
    table = retrieval_table(queries, asked, database, labels, block=block)
    scores = queries @ database.T
    for row, (score, label) in enumerate(zip(scores, asked, strict=True)):
        true = labels == label
        order = np.argsort(-score)
        line = table.iloc[row]
        assert line["positives"] == true.sum()
        assert line["ap_step"] == pytest.approx(average_precision_score(true, score))
        assert line["ap_trapezoid"] == pytest.approx(by_oxford(order, set(np.flatnonzero(true).tolist())))
        assert line["first_rank"] == 1 + np.flatnonzero(true[order])[0]


@pytest.mark.parametrize("ties", ["last", "first"])
@pytest.mark.parametrize("seed", range(5))
def test_ties_by_their_rule(seed: int, ties: str) -> None:
    rng = np.random.default_rng(seed)
    database = np.eye(4, dtype=np.float32)[
        rng.integers(0, 4, 60)
    ]  # identical pictures, many of other classes
    query = np.full((1, 4), 0.5, np.float32)
    query[0, seed % 4] *= -1
    labels = rng.integers(0, 3, 60)
    table = retrieval_table(query, [1], database, labels, ties=ties)
    true, score = labels == 1, (query @ database.T)[0]
    order = np.lexsort((true if ties == "last" else ~true, -score))
    assert table["ap_trapezoid"][0] == pytest.approx(by_oxford(order, set(np.flatnonzero(true).tolist())))
    assert table["first_rank"][0] == 1 + np.flatnonzero(true[order])[0]


@pytest.mark.filterwarnings("error")
def test_an_identical_picture_of_another_class_never_helps() -> None:
    """Whatever float32 makes of the same embedding in another place of a matrix product."""
    rng = np.random.default_rng(3)
    queries, database = unit(rng, 40, 100), unit(rng, 70_003, 100)
    copies = np.append(rng.choice(70_000, 40, replace=False), 70_002)
    database[copies] = unit(rng, 100) + queries[0]
    database[copies] /= np.linalg.norm(database[copies[0]])
    scores = queries[0] @ database.T
    others = int((scores > scores[copies].max() + 1e-5).sum())
    for own in (copies[0], copies[-1]):
        labels = np.full(70_003, "other")
        labels[own] = "own"
        worst, best = (
            retrieval_table(queries, ["own"] * 40, database, labels, ties=ties)["first_rank"][0]
            for ties in ("last", "first")
        )
        assert (worst, best) == (others + 41, others + 1)


@pytest.mark.filterwarnings("error")
def test_scores_at_the_ends_of_their_range() -> None:
    database = np.array([[1, 0], [-1, 0], [1.005, 0], [-1.005, 0], [0, 0]], np.float32)
    table = retrieval_table([[1.005, 0.0]], ["a"], database, ["b", "a", "a", "b", "b"])
    alike = retrieval_table(np.eye(2)[:1], ["a"], np.ones((9, 2)) / np.sqrt(2), list("aabbbbbbb"))
    assert alike["first_rank"][0] == 8 and alike["ap_step"][0] == pytest.approx((1 / 8 + 2 / 9) / 2)
    # In order: own, other, the one that is all zero, own, other.
    assert table["first_rank"][0] == 1 and table["ap_step"][0] == pytest.approx((1 + 2 / 4) / 2)
    assert table["ap_trapezoid"][0] == pytest.approx((1 + (1 / 3 + 2 / 4) / 2) / 2)


def test_a_worked_list() -> None:
    # Own, other, other, own: step (1 + 2/4) / 2, trapezoid (1 + (1/3 + 2/4) / 2) / 2.
    angles = np.array([0.1, 0.2, 0.3, 0.4])
    database = np.column_stack([np.cos(angles), np.sin(angles)])
    table = retrieval_table([[1.0, 0.0]], ["a"], database, ["a", "b", "b", "a"])
    assert mean_average_precision(table, kind="step") == pytest.approx(0.75)
    assert mean_average_precision(table) == pytest.approx((1 + 5 / 12) / 2)


def test_a_class_that_is_absent_is_left_out_and_never_zero() -> None:
    rng = np.random.default_rng(1)
    queries, database = unit(rng, 6, 5), unit(rng, 80, 5)
    labels = rng.choice(["a", "b"], 80)
    table = retrieval_table(queries, ["a", "b", "x", "a", "x", "b"], database, labels)
    absent = table[table["positives"] == 0]
    assert absent["class"].tolist() == ["x", "x"] and absent.iloc[:, 2:].isna().all(axis=None)
    present = table[table["positives"] > 0]
    assert mean_average_precision(table) == present["ap_trapezoid"].mean()
    assert rank_accuracy(table, ks=(1, 80)).tolist() == [(present["first_rank"] == 1).mean(), 1.0]
    assert retrieval_summary(table, seed=0)["mAP"].value == pytest.approx(mean_average_precision(table))
    with pytest.raises(DataError, match="of 2 queries none"):
        mean_average_precision(absent)


def test_rank_k_is_a_hit_among_the_k_nearest() -> None:
    rng = np.random.default_rng(2)
    queries, database = unit(rng, 40, 4), unit(rng, 90, 4)
    asked, labels = rng.integers(0, 15, 40), np.arange(90) % 15
    table = retrieval_table(queries, asked, database, labels)
    nearest = np.linalg.norm(queries[:, None] - database, axis=2).argsort(axis=1)
    expected = [(labels[nearest[:, :k]] == asked[:, None]).any(axis=1).mean() for k in (1, 2, 4, 8)]
    assert rank_accuracy(table).to_dict() == pytest.approx(
        dict(zip(["rank-1", "rank-2", "rank-4", "rank-8"], expected, strict=True))
    )


def test_intervals_resample_classes_and_differences_are_paired() -> None:
    rng = np.random.default_rng(4)
    names = np.repeat([f"class {k}" for k in range(20)], 2)
    parts = np.repeat(unit(rng, 20, 8), 10, axis=0)
    labels = np.repeat(names[::2], 10)

    def ranked(noise: float) -> pd.DataFrame:
        database = parts + noise * rng.normal(size=parts.shape)
        queries = np.repeat(parts[::10], 2, axis=0) + noise * rng.normal(size=(40, 8))
        both = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (queries, database)]
        return retrieval_table(both[0], names, both[1], labels)

    good, poor = ranked(0.2), ranked(0.6)
    found = retrieval_summary(good, seed=0)
    other = bootstrap_interval(np.mean, good["ap_step"], groups=names, seed=0)
    assert found["mAP (step)"].groups == 20
    assert (found["mAP (step)"].low, found["mAP (step)"].high) == pytest.approx((other.low, other.high))
    gain = retrieval_summary(good, seed=0, against=poor)
    difference = bootstrap_interval(
        np.mean, good["ap_trapezoid"] - poor["ap_trapezoid"], groups=names, seed=0
    )
    assert (gain["mAP"].low, gain["mAP"].high) == pytest.approx((difference.low, difference.high))
    assert gain["rank-4"].value == pytest.approx(
        rank_accuracy(good)["rank-4"] - rank_accuracy(poor)["rank-4"]
    )
    assert retrieval_summary(good, seed=0, against=good)["mAP"].high == 0
    with pytest.raises(DataError, match="not of the same queries"):
        retrieval_summary(good, seed=0, against=poor.iloc[::-1])
    with pytest.raises(DataError, match="one group"):
        retrieval_summary(good.head(2), seed=0)


def test_memory_is_bounded_by_the_block() -> None:
    rng = np.random.default_rng(5)
    queries, database = unit(rng, 64, 16), unit(rng, 100_000, 16)
    labels = np.arange(100_000) % 50
    tracemalloc.start()
    retrieval_table(queries, labels[:64], database, labels, block=400_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All scores at once would take 25.6 MB; the block takes 1.6, labels and their order 4.
    assert peak < 12e6


def test_bad_input_is_named() -> None:
    rng = np.random.default_rng(6)
    queries, database = unit(rng, 2, 3), unit(rng, 5, 3)
    asked, labels = ["a", "b"], list("aabbb")
    with pytest.raises(DataError, match=r"needed are numbers, as many a query as a picture"):
        retrieval_table(queries[:, :2], asked, database, labels)
    with pytest.raises(DataError, match="at least one of each"):
        retrieval_table(queries, asked, database[:0], [])
    with pytest.raises(DataError, match="at least one of each"):
        retrieval_table(queries.astype(str), asked, database, labels)
    with pytest.raises(DataError, match=r"labels for 2 queries"):
        retrieval_table(queries, ["a"], database, labels)
    with pytest.raises(DataError, match="1 labels are missing"):
        retrieval_table(queries, asked, database, [None, *"abbb"])
    for wrong in (2.0, np.nan):
        scaled = database.copy()
        scaled[3] *= wrong
        with pytest.raises(DataError, match=r"1 embeddings are not of length 1; the first, 3"):
            retrieval_table(queries, asked, scaled, labels)
        with pytest.raises(DataError, match=r"not of length 1"):
            retrieval_table(queries * wrong, asked, database, labels)
    with pytest.raises(ParameterError, match="ties is 'middle'"):
        retrieval_table(queries, asked, database, labels, ties="middle")
    with pytest.raises(ParameterError, match="block is 0"):
        retrieval_table(queries, asked, database, labels, block=0)
    table = retrieval_table(queries, asked, database, labels)
    with pytest.raises(ParameterError, match="no average precision 'interpolated'"):
        mean_average_precision(table, kind="interpolated")
    with pytest.raises(ParameterError, match="k is 0"):
        rank_accuracy(table, ks=(0, 1))
