from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet
from fireanalysis.widgets import RetrievalExplorer

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


def paint(rows: pd.DataFrame):
    for row in rows.itertuples():
        noise = np.random.default_rng(row.source_picture).integers(-25, 25, (24, 36, 3))
        yield np.clip(np.array(COLOURS[row.shown]) + noise, 0, 255).astype(np.uint8)


class MeanColour:
    """Describes a picture by its mean colour, and counts how often it is asked."""

    asked = 0

    def __call__(self, pictures: DataSet) -> NDArray[np.float32]:
        self.asked += 1
        means = np.array([picture.mean(axis=(0, 1)) for picture in pictures.samples()])
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def data() -> DataSet:
    shown = [*"rrrrggggbbbb", "g"]
    names = {name[0]: name for name in COLOURS}
    table = pd.DataFrame({"shown": [names[one] for one in shown]})
    table["class"], table["source_picture"] = table["shown"], np.arange(len(table))
    table.loc[12, "class"] = "blue"  # a picture under a wrong name
    return DataSet(table, paint, label="class", group="source_picture", source="simulated", name="colours")


@pytest.fixture
def explorer(data: DataSet) -> RetrievalExplorer:
    points, describe = np.random.default_rng(0).random((11, 2)), MeanColour()
    parts = [(part, describe(part)) for part in (data.subset([0, 12]), data.subset(np.arange(1, 12)))]
    return RetrievalExplorer(*parts, points, describe=describe, k=3)


def title(explorer: RetrievalExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def test_counts_what_is_of_the_query_s_class(explorer: RetrievalExplorer) -> None:
    assert "red, picture 1: 3 of the first 3 right" in title(explorer)
    explorer.query.value = 1  # shows green, is called blue
    assert "blue, picture 1: 0 of the first 3 right" in title(explorer)
    explorer.k.value = 11
    assert "4 of the first 11 right" in title(explorer)
    assert "simulated" in title(explorer)


def test_a_query_stands_amid_its_three_nearest(explorer: RetrievalExplorer) -> None:
    points = np.random.default_rng(0).random((11, 2))
    (star,) = [trace for trace in explorer.figure.data if trace.name == "query"]
    assert (star.x[0], star.y[0]) == pytest.approx(tuple(points[:3].mean(axis=0)))  # all that is red


def test_fewer_than_three_can_be_shown(explorer: RetrievalExplorer) -> None:
    before = next(trace.x[0] for trace in explorer.figure.data if trace.name == "query")
    explorer.k.value = 1
    assert "1 of the first 1 right" in title(explorer)
    assert next(trace.x[0] for trace in explorer.figure.data if trace.name == "query") == before


def test_a_file_of_one_s_own_takes_the_query_s_place(explorer: RetrievalExplorer, tmp_path: Path) -> None:
    Image.new("RGB", (50, 40), COLOURS["blue"]).save(tmp_path / "mine.png")
    explorer.file.value = str(tmp_path / "mine.png")
    assert not explorer.message.value
    assert "Given picture: the nearest is of blue; 1 classes among 3" in title(explorer)
    explorer.k.value = 5
    assert explorer._describe.asked == 3  # queries, database, and the file once
    explorer.file.value = " "
    assert "red, picture 1" in title(explorer)


def test_a_file_that_is_no_picture_is_told_in_place(explorer: RetrievalExplorer, tmp_path: Path) -> None:
    before = title(explorer)
    explorer.file.value = str(tmp_path / "missing.jpg")
    assert "missing.jpg" in explorer.message.value
    assert title(explorer) == before


@pytest.mark.parametrize(("queries", "database", "places"), [(1, 13, 12), (1, 12, 13), (2, 13, 13)])
def test_embeddings_or_a_map_of_other_pictures_are_refused(
    data: DataSet, queries: int, database: int, places: int
) -> None:
    asked, held = np.eye(3)[[0] * queries], np.eye(3)[[0] * database]
    with pytest.raises(DataError, match="13 pictures"):
        RetrievalExplorer(
            (data.subset([0]), asked), (data, held), np.zeros((places, 2)), describe=MeanColour()
        )
