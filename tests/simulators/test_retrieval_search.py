import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import (
    firearm_catalogue,
    render_retrieval,
    sample_labels,
    sample_retrieval,
    sample_search_results,
)


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return sample_search_results(8, per_keyword=(40, 60))


class TestResults:
    def test_keywords_have_their_numbers(self, found: pd.DataFrame) -> None:
        assert found.groupby("keyword").size().between(40, 60).all() and found["keyword"].nunique() == 8
        assert found["picture"].is_unique and (found["class"] == found["keyword"]).all()
        assert set(sample_retrieval(12, classes=3)) - {"split"} <= set(found)

    def test_truth_follows_from_what_is_shown(self, found: pd.DataFrame) -> None:
        parent = firearm_catalogue().set_index("model")["look_alike_of"].to_dict()
        for row in found.itertuples():
            akin = (parent[row.model] or row.model) == (parent[row.keyword] or row.keyword)
            if row.type == "none":
                assert row.truth == "no firearm"
            elif row.model == row.keyword:
                assert row.truth == "right"
            else:
                assert row.truth == ("look-alike" if akin else "other firearm")
        assert found["truth"].nunique() == 4 and found["relevance"].between(0, 9).all()
        assert ((found["relevance"] >= 6) == (found["truth"] == "right")).all()

    def test_copies_are_within_and_across_keywords(self, found: pd.DataFrame) -> None:
        originals = found[~found["copy"]].set_index("picture")
        copies = found[found["copy"]]
        source = originals.loc[copies["source_picture"]]
        within = source["keyword"].to_numpy() == copies["keyword"].to_numpy()
        assert 0.02 < within.sum() / len(found) < 0.11 and 0.01 < (~within).sum() / len(found) < 0.09
        assert (source["model"].to_numpy() == copies["model"]).all()  # they show what the original shows
        assert not (copies["truth"].to_numpy() == source["truth"].to_numpy())[~within].all()

    def test_another_thing_is_in_the_place_of_the_firearm(self, found: pd.DataFrame) -> None:
        rows = found[(found["truth"] == "no firearm") & ~found["copy"] & (found["scale"] < 1)]
        assert rows["beside"].ne("").mean() > 0.7
        rows = rows[rows["beside"] != ""][:6].assign(camera_noise=0.0, camera_jpeg=0.0)
        pairs = (render_retrieval(table, longer=48) for table in (rows, rows.assign(beside="")))
        changed = [(np.abs(a.astype(int) - b).max(2) > 8).mean() for a, b in zip(*pairs, strict=True)]
        assert np.median(changed) > 0.05

    def test_grey_ones_are_grey_and_small_ones_small(self, found: pd.DataFrame) -> None:
        rows = found[found["grey"]][:6]
        assert len(rows) == 6 and 0 < found["grey"].mean() < 0.2
        for picture in render_retrieval(rows.assign(camera_jpeg=0.0, copy=False), longer=48):
            assert np.ptp(picture.astype(int), axis=2).max() == 0
        small = found[found["pixels"] < 200]
        assert 0.01 < len(small) / len(found) < 0.2
        assert all(max(picture.shape) <= 160 for picture in render_retrieval(small[:4], longer=384))

    @pytest.mark.parametrize(
        ("what", "wrong"),
        [
            ("keywords is 1; it must be at least 2", {"keywords": 1}),
            (r"per_keyword is \(50, 40\)", {"per_keyword": (50, 40)}),
        ],
    )
    def test_errors(self, what: str, wrong: dict[str, object]) -> None:
        with pytest.raises(ParameterError, match=what):
            sample_search_results(**({"keywords": 2, "per_keyword": (20, 30)} | wrong))


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    """Relevance as searches find it, for the paper's 167 keywords with 300 pictures each."""
    rng = np.random.default_rng(0)
    n = 167 * 300
    kind = rng.choice(3, n, p=[0.25, 0.55, 0.2])
    relevance = np.choose(kind, [rng.normal(8.2, 0.6, n), rng.normal(2.5, 0.9, n), np.full(n, 0.25)])
    keyword = [f"model {number // 300}" for number in range(n)]
    picture = [f"{number:015x}" for number in range(n)]
    return pd.DataFrame({"picture": picture, "keyword": keyword, "relevance": relevance.clip(0, 9)})


class TestLabels:
    def test_table_one_comes_out_about(self, many: pd.DataFrame) -> None:
        scores = sample_labels(many)
        assert scores.shape == (len(many), 5) and set(np.unique(scores)) == set(range(10))
        lowest = np.zeros(5, int)
        for rows in many.groupby("keyword").indices.values():
            between = np.corrcoef(scores[rows].T)
            lowest[np.argmin(between.sum(1))] += 1
        # Table I: 4, 93, 4, 33, 33. Six draws by a loop of its own gave standard deviations of 2, 7, 1, 4 and 3.
        assert np.abs(lowest - [4, 93, 4, 33, 33]).max() < 22 and lowest.sum() == 167

    def test_careful_ones_are_nearer_to_the_truth(self, many: pd.DataFrame) -> None:
        off = np.abs(sample_labels(many) - many[["relevance"]].to_numpy()).mean(0)
        assert max(off[[0, 2]]) < min(off[[3, 4]]) < max(off[[3, 4]]) < off[1]

    def test_scores_are_the_same_in_any_company(self, many: pd.DataFrame) -> None:
        scores = sample_labels(many)
        rows = np.random.default_rng(0).permutation(len(many))[:500]
        assert np.array_equal(sample_labels(many.iloc[rows], labelers=3), scores[rows, :3])
        assert not np.array_equal(sample_labels(many.iloc[rows], seed=1), scores[rows])

    def test_errors(self, many: pd.DataFrame) -> None:
        with pytest.raises(ParameterError, match="labelers is 6; allowed is 1 to 5"):
            sample_labels(many, labelers=6)
        with pytest.raises(DataError, match="no column relevance"):
            sample_labels(many[["picture", "keyword"]])
