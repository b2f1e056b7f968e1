import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.plots import class_sizes, duplicate_distances, labeler_boxes


def test_a_box_a_labeler():
    table = pd.DataFrame({0: [0.5, 0.7, 0.6], 1: [0.1, 0.2, np.nan]}, index=["a", "b", "c"])
    figure = labeler_boxes(table, [0.5, 2.5], title="who", source="simulated")
    assert [box.name for box in figure.data] == ["labeler 0<br>lowest in 0.5", "labeler 1<br>lowest in 2.5"]
    assert list(figure.data[0].y) == [0.5, 0.7, 0.6] and figure.data[0].hovertext == ("a", "b", "c")
    assert "simulated" in figure.layout.title.text and figure.layout.yaxis.title.text
    with pytest.raises(DataError, match="for 2 labelers"):
        labeler_boxes(table, [1, 2, 3], title="who", source="simulated")


def test_distances_of_copies_and_others():
    figure = duplicate_distances(
        {"copies": [1, 1, 3, 51], "others": [61, 71, 80]}, near=40, title="t", source="real", axis="bits"
    )
    copies, others = figure.data[:2]
    assert sum(copies.y) == 4 and sum(others.y) == 3 and copies.name == "copies: 4"
    width = copies.x[1] - copies.x[0]
    for bars, values in ((copies, [1, 1, 3, 51]), (others, [61, 71, 80])):  # each in the bar over it
        inside = [np.abs(np.array(values) - x) <= width / 2 + 1e-9 for x in bars.x]
        assert [int(one.sum()) for one in inside] == list(bars.y)
    assert figure.layout.shapes[0].x0 == 40 and figure.layout.yaxis.type == "log"
    none = duplicate_distances({"pairs": []}, near=40, title="t", source="real", axis="bits")
    assert sum(none.data[0].y) == 0 and none.data[0].name == "pairs: 0" and none.layout.shapes[0].x0 == 40


def test_classes_by_size_and_part():
    parts = {
        "train": pd.Series({"a": 3, "b": 9}),
        "validation": pd.Series(dtype=int),
        "test": pd.Series({"a": 5}),
    }
    figure = class_sizes(parts, title="t", source="simulated")
    train, _, test = figure.data
    assert train.x == (3, 1) and tuple(train.y) == (3, 9) and test.x == (2,)  # "a" is a class of each part
    assert train.name == "train: 2 classes, 12 pictures" and train.marker.color != test.marker.color
    with pytest.raises(DataError, match="no class"):
        class_sizes({"train": pd.Series(dtype=int)}, title="t", source="simulated")
