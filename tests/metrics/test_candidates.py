import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import CaseIndex, promoted, rank_of_first

CASES, QUERIES = 3000, 40


@pytest.fixture(scope="module")
def search() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    descriptors = rng.normal(size=(CASES, 16)).astype(np.float32)
    firearms = rng.integers(0, 1500, CASES)
    of = rng.permutation(np.unique(firearms))[:QUERIES]
    first_case = np.array([np.flatnonzero(firearms == one)[0] for one in of])
    calibers = np.array(["9x19", "7.65x17", "7.62x39"])[firearms % 7 // 3]
    return {
        "descriptors": descriptors,
        "calibers": calibers,
        "brands": np.array([f"F{n:02}" for n in range(12)])[firearms % 12],
        "firearms": firearms,
        "queries": (descriptors[first_case] + 2 * rng.normal(size=(QUERIES, 16))).astype(np.float32),
        "of": of,
        "query_calibers": calibers[first_case],
        "front": np.where(rng.random(QUERIES) < 0.6, rng.choice(["F01", "F05", "nobody"], QUERIES), None),
    }


@pytest.fixture(scope="module")
def index(search: dict[str, np.ndarray]) -> CaseIndex:
    return CaseIndex(
        search["descriptors"],
        calibers=search["calibers"],
        brands=search["brands"],
        firearms=search["firearms"],
    )


@pytest.mark.parametrize("promote", [False, True])
@pytest.mark.parametrize("k", [5, 500])
def test_candidates_are_those_of_a_full_sort(
    search: dict[str, np.ndarray], index: CaseIndex, k: int, promote: bool
) -> None:
    found = index.candidates(
        search["queries"],
        calibers=search["query_calibers"],
        k=k,
        promoted=search["front"] if promote else None,
    )
    scores = search["queries"] @ search["descriptors"].T
    for number, caliber in enumerate(search["query_calibers"]):
        allowed = np.flatnonzero(search["calibers"] == caliber)
        behind = (
            search["brands"][allowed] != search["front"][number] if promote else np.zeros(len(allowed), bool)
        )
        behind &= promote and search["front"][number] in search["brands"]
        expected = allowed[np.lexsort((-scores[number, allowed], behind))][:k]
        rows, behind_of = found.rows[number], dict(zip(allowed.tolist(), behind.tolist(), strict=True))
        assert (rows[len(expected) :] == -1).all()
        rows = rows[: len(expected)]
        assert len(set(rows.tolist())) == len(expected)
        assert [behind_of[row] for row in rows.tolist()] == [behind_of[row] for row in expected.tolist()]
        # Scores, not rows: sums in another order may swap neighbours.
        for values in (found.scores[number, : len(expected)], scores[number, rows]):
            np.testing.assert_allclose(values, scores[number, expected], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("promote", [False, True])
def test_ranks_are_counted_over_the_whole_caliber(
    search: dict[str, np.ndarray], index: CaseIndex, promote: bool
) -> None:
    front = search["front"] if promote else None
    ranks = index.ranks(
        search["queries"], calibers=search["query_calibers"], firearms=search["of"], promoted=front
    )
    for number, caliber in enumerate(search["query_calibers"]):
        of_caliber = search["calibers"] == caliber
        scores = (search["queries"][number] @ search["descriptors"].T)[None, of_caliber]
        true = (search["firearms"] == search["of"][number])[None, of_caliber]
        names = [str(search["front"][number])] if promote else [""]
        first = promoted(search["brands"][of_caliber], names, [1.0])
        assert ranks[number] == rank_of_first(scores, true, first=first)[0]


def test_ranks_and_candidates_agree(search: dict[str, np.ndarray], index: CaseIndex) -> None:
    where = {"calibers": search["query_calibers"], "promoted": search["front"]}
    ranks = index.ranks(search["queries"], firearms=search["of"], **where)
    rows = index.candidates(search["queries"], k=50, **where).rows
    listed = ((search["firearms"][rows] == search["of"][:, None]) & (rows >= 0)).any(axis=1)
    np.testing.assert_array_equal(listed, ranks <= 50)
    assert 0 < listed.sum() < QUERIES


def test_size_in_memory_is_that_of_the_descriptors(index: CaseIndex) -> None:
    assert len(index) == CASES
    assert index.bytes == CASES * 16 * 4


def test_bad_input_is_named(search: dict[str, np.ndarray], index: CaseIndex) -> None:
    names = {"calibers": ["a"], "brands": ["b"], "firearms": [1]}
    with pytest.raises(DataError, match="shapes"):
        CaseIndex(np.ones((2, 3)), **names)
    with pytest.raises(DataError, match="not finite"):
        CaseIndex([[np.nan, 1.0]], **names)
    with pytest.raises(DataError, match=r"no cases of caliber \.45"):
        index.candidates(search["queries"][:1], calibers=[".45"])
    with pytest.raises(DataError, match="the database has 16 numbers"):
        index.candidates(np.ones((1, 3)), calibers=["9x19"])
    with pytest.raises(ParameterError, match="k is 0"):
        index.candidates(search["queries"][:1], calibers=["9x19"], k=0)
    with pytest.raises(DataError, match="no true case"):
        index.ranks(search["queries"][:1], calibers=search["query_calibers"][:1], firearms=[-5])
