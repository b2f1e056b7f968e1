import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet
from fireanalysis.metrics import margin_balance, sample_pair_distances
from fireanalysis.widgets import MarginExplorer

LABELS = np.repeat([f"pistol {k:02d}" for k in range(12)], 10)
POINTS = np.random.default_rng(0).random((12, 32))[np.repeat(np.arange(12), 10)]
POINTS = POINTS + 0.6 * np.random.default_rng(1).random((120, 32))


def read(rows: pd.DataFrame) -> list[np.ndarray]:
    return [np.full((40, 60, 3), row % 256, np.uint8) for row in rows["source_picture"]]


@pytest.fixture
def pictures() -> DataSet:
    table = pd.DataFrame({"class": LABELS, "source_picture": range(120)})
    return DataSet(table, read, label="class", group="source_picture", source="simulated", name="toy")


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {
        "before": sample_pair_distances(POINTS**4, LABELS, seed=0),
        "after": sample_pair_distances(POINTS, LABELS, seed=0),
    }


def captions(explorer: MarginExplorer) -> list[str]:
    return [note.text for note in explorer.figure.layout.annotations if note.text]


def test_says_what_is_moved(tables, pictures):
    explorer = MarginExplorer(tables, pictures, positive_margin=0.2, negative_margin=0.5)
    expected = margin_balance(tables["before"], positive_margin=0.2, negative_margin=0.5)
    pd.testing.assert_frame_equal(explorer.balance, expected)
    title = explorer.figure.layout.title.text.replace("<br>", " ")
    assert f"{expected.loc['pull', 'moved']:,} of {expected.loc['pull', 'pairs']:,} pulled" in title
    assert "simulated" in title
    explorer.network.value = "after"
    explorer.positive.value = 0.0
    explorer.negative.value = 0.0
    assert list(explorer.balance["share"]) == [1.0, 0.0]
    assert not explorer.message.value


def test_examples_are_the_extremes(tables, pictures):
    explorer = MarginExplorer(tables, pictures, positive_margin=0.72, negative_margin=0.9)
    table = tables["before"]
    one, two = (np.sort(table["distance"][table["same"] == kind]) for kind in (True, False))
    pulled, pushed = one[one > 0.72], two[two < 0.9]
    expected = {
        "most moved": [*pulled[[-1, -2]], *pushed[:2]],
        "least moved": [*pulled[:2], *pushed[[-1, -2]]],
        "at rest": [*one[one <= 0.72][[-1, -2]], *two[two >= 0.9][:2]],
    }
    for name, distances in expected.items():
        explorer.examples.value = name
        shown = captions(explorer)
        assert len(shown) == 4
        for text, distance, kind in zip(shown, distances, (0, 0, 1, 1), strict=True):
            assert f"distance {distance:.2f}" in text
            assert (" / " in text) == bool(kind)
            force = max(distance - 0.72, 0) if kind == 0 else max(0.9 - distance, 0)
            word = "at rest" if name == "at rest" else f"{('pull', 'push')[kind]} {force:.2f}"
            assert word in text


def test_margins_without_such_pairs_leave_the_examples_out(tables, pictures):
    explorer = MarginExplorer(tables, pictures)
    explorer.positive.value, explorer.negative.value = 2.0, 0.0
    assert explorer.balance["moved"].sum() == 0
    assert captions(explorer) == []
    assert not explorer.message.value
    explorer.examples.value = "at rest"
    assert len(captions(explorer)) == 4


def test_nothing_to_explore(pictures):
    with pytest.raises(DataError, match="to explore"):
        MarginExplorer({}, pictures)
