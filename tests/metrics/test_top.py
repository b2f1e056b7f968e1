from pathlib import Path

import faiss
import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import top_k


def unit(rng: np.random.Generator, *shape: int) -> np.ndarray:
    values = rng.normal(size=shape).astype(np.float32)
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


@pytest.mark.parametrize("block", [30, 5000, 2**23])
def test_the_nearest_are_those_of_faiss(block: int) -> None:
    rng = np.random.default_rng(0)
    queries, database = unit(rng, 30, 16), unit(rng, 500, 16)
    index = faiss.IndexFlatIP(16)
    index.add(database)
    scores, rows = index.search(queries, 20)
    found = top_k(queries, database, k=20, block=block)
    assert found.rows.tolist() == rows.tolist()
    assert found.scores == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize("block", [40, 330, 2**23])
@pytest.mark.parametrize("seed", range(5))
def test_of_equal_scores_the_lower_row_comes_first(seed: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    database = np.eye(6, dtype=np.float32)[rng.integers(0, 6, 200)]  # many identical pictures
    queries = database[:11]
    for k in (1, 7, 60, 200):
        order = np.argsort(-(queries @ database.T), axis=1, kind="stable")
        assert top_k(queries, database, k=k, block=block).rows.tolist() == order[:, :k].tolist()


def test_more_queries_than_go_at_a_time() -> None:
    rng = np.random.default_rng(1)
    both = unit(rng, 2500, 8)
    found = top_k(both, both, k=1)
    assert found.rows[:, 0].tolist() == list(range(2500))


def test_a_database_on_the_disk(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    database, queries = unit(rng, 1000, 8), unit(rng, 3, 8)
    np.save(tmp_path / "database.npy", database)
    mapped = np.load(tmp_path / "database.npy", mmap_mode="r")
    assert top_k(queries, mapped, k=5, block=100).rows.tolist() == top_k(queries, database, k=5).rows.tolist()


def test_of_a_small_database_all_are_given() -> None:
    assert top_k([[1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], k=10).rows.tolist() == [[1, 0]]


def test_bad_input_is_named() -> None:
    rng = np.random.default_rng(3)
    queries, database = unit(rng, 2, 3), unit(rng, 5, 3)
    with pytest.raises(ParameterError, match="k is 0"):
        top_k(queries, database, k=0)
    with pytest.raises(ParameterError, match="block is 0"):
        top_k(queries, database, k=1, block=0)
    with pytest.raises(DataError, match="as many a query as a picture"):
        top_k(queries[:, :2], database, k=1)
    database[4] = np.nan
    with pytest.raises(DataError, match=r"the first, 0, has nan\n.*from row 4"):
        top_k(queries, database, k=1, block=4)
