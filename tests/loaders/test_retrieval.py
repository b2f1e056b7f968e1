import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError
from fireanalysis.loaders import load_retrieval, query_and_database, split_classes


def make(folder, *files, size=(40, 30)):
    """Write pictures; the n-th has red n."""
    for number, file in enumerate(files):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (number, 90, 120)).save(folder / file)
    return folder


def publish(folder):
    """Write a small set as Firearm 14k is published: 3 classes to train, 2 to validate, 2 to test."""
    make(folder / "train", *(f"model {c}/{n}.png" for c in "abc" for n in range(3)))
    for part in ("validation", "test"):
        here, truth = folder / part, {}
        make(here / "database_image", *(f"d{n}.png" for n in range(7)))
        for asks, answers in {"q1.png": [0, 1, 2], "q2.png": [3, 4, 5], "q3.png": [0, 1, 2]}.items():
            make(here / "query_info" / "query_image", asks)
            truth[asks] = [f"d{n}.png" for n in answers]
        (here / "query_info" / "ground_truth_info.json").write_text(json.dumps(truth))
    return folder


def test_a_folder_per_class(tmp_path):
    make(tmp_path, "pistol 1/a.png", "pistol 1/b.PNG", "rifles/model 7/a.png", "rifles/model 8/x/a.png")
    for ignored in ("pistol 1/._a.png", "__MACOSX/pistol 1/a.png", ".cache/x/a.png", "pistol 1/notes.txt"):
        (tmp_path / ignored).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ignored).write_bytes(b"\0")
    data = load_retrieval(tmp_path)
    assert list(data.labels) == ["pistol 1", "pistol 1", "rifles/model 7", "rifles/model 8/x"]
    assert list(data.table["file"]) == list(data.groups) and "split" not in data.table
    assert [image[0, 0, 0] for image in data.samples()] == [0, 1, 2, 3] and data[0].shape == (30, 40, 3)
    assert (data.source, data.label, data.group, data.name) == (
        "real",
        "class",
        "source_picture",
        tmp_path.name,
    )
    assert data.notes == ("each of 4 files is taken as a photograph of its own: look for near-duplicates",)


def test_simulated_pictures_and_the_parts_they_come_in():
    data = load_retrieval(pictures=120, classes=12, seed=3)
    assert (data.source, data.label, data.group) == ("simulated", "class", "source_picture")
    assert data[0].dtype == np.uint8 and data[0].ndim == 3 and max(data[0].shape) <= 384
    parts = split_classes(data)
    for name, part in parts.items():
        of_part = data.table[data.table["split"] == name]
        assert list(part.table["picture"]) == list(of_part["picture"])
    assert parts["test"].table.groupby("class")["query"].sum().eq(2).all() and len(parts) == 3


def test_folders_that_tell_the_split(tmp_path):
    data = load_retrieval(make(tmp_path, "train/a/1.png", "train/b/1.png", "val/c/1.png", "test/d/e/1.png"))
    assert list(zip(data.table["split"], data.labels, strict=True)) == [
        ("test", "d/e"),
        ("train", "a"),
        ("train", "b"),
        ("validation", "c"),
    ]


def test_classes_that_are_called_train(tmp_path):
    data = load_retrieval(make(tmp_path, "train/1.png", "test/1.png"))  # toys, say
    assert list(data.labels) == ["test", "train"] and "split" not in data.table


def test_pictures_in_no_class(tmp_path):
    make(tmp_path, "cover.png")
    with pytest.raises(DataError, match="1 pictures in no class folder"):
        load_retrieval(tmp_path)
    assert "passed over, in no class folder: cover.png" in load_retrieval(make(tmp_path, "a/1.png")).notes
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        load_retrieval(tmp_path / "empty")
    with pytest.raises(DataError, match="does not exist"):
        load_retrieval(tmp_path / "no such")


def test_a_manifest(tmp_path):
    make(tmp_path, "1.png", "2.png", "3.png")
    lines = ["file,class,source_picture,split,query", "1.png,007,x,Train,", "3.png,008,,val,yes"]
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    data = load_retrieval(tmp_path)
    assert list(data.labels) == ["007", "008"] and list(data.groups) == ["x", "3.png"] and data.notes == ()
    assert list(data.table["split"]) == ["train", "validation"] and list(data.table["query"]) == [False, True]
    (tmp_path / "manifest.csv").write_text("\n".join([*lines, "2.png,007,x,hold-out,maybe"]))
    with pytest.raises(DataError, match="split 'hold-out', query 'maybe'"):
        load_retrieval(tmp_path)
    (tmp_path / "manifest.csv").write_text("file\n1.png\n")
    with pytest.raises(DataError, match="no column class"):
        load_retrieval(tmp_path)
    (tmp_path / "manifest.csv").write_text("file,class\n../1.png,a\n")
    with pytest.raises(DataError, match="leads out of the folder"):
        load_retrieval(tmp_path)


def test_the_published_layout(tmp_path):
    data = load_retrieval(publish(tmp_path))
    parts = split_classes(data)
    assert {name: len(part) for name, part in parts.items()} == {"train": 9, "validation": 10, "test": 10}
    assert set(parts["train"].labels) == {"model a", "model b", "model c"}
    queries, database = query_and_database(parts["test"])
    assert [file.rpartition("/")[2] for file in queries.table["file"]] == ["q1.png", "q2.png", "q3.png"]
    assert list(queries.labels) == ["test 01", "test 02", "test 01"]  # q1 and q3 have the same answers
    assert list(database.labels) == ["test 01"] * 3 + ["test 02"] * 3 + ["test, in no list"]
    assert "test: 1 database pictures in no list, taken as of another class than every query" in data.notes
    assert (tmp_path / database.table["file"][0]).is_file() and queries[1].shape == (30, 40, 3)


def test_a_query_without_an_answer_is_said(tmp_path):
    path = publish(tmp_path) / "test/query_info/ground_truth_info.json"
    path.write_text(json.dumps({"q1.png": "d0.png", "q2.png": []}))
    data = load_retrieval(tmp_path)
    assert "test: 2 queries without an answer" in data.notes
    part = split_classes(data)["test"]
    assert Counter(part.labels) == {"test 01": 2, "test 02": 1, "test 03": 1, "test, in no list": 6}
    assert "2 classes of queries are not in the database: test 02, test 03" in part.notes


@pytest.mark.parametrize("truth, message", [
    ("[1, 2]", "holds a list"),
    ("{", "cannot be read"),
    ('{"q1.png": [3]}', "no lists of names"),
    ('{"q1.png": ["d0.png", "../secret.png"], "q9.png": []}', "2 faults: no query q9.png, no database picture ../s"),
])  # fmt: skip
def test_lists_of_answers_that_are_wrong(tmp_path, truth, message):
    path = publish(tmp_path) / "test/query_info/ground_truth_info.json"
    path.write_text(truth)
    with pytest.raises(DataError, match=message):
        load_retrieval(tmp_path)


def test_published_but_incomplete(tmp_path):
    publish(tmp_path / "data")
    with pytest.raises(DataError, match="further down"):
        load_retrieval(tmp_path)
    (tmp_path / "data/test/query_info/ground_truth_info.json").unlink()
    with pytest.raises(DataError, match="list of answers cannot be read"):
        load_retrieval(tmp_path / "data")


def test_a_damaged_picture_is_told_when_it_is_used(tmp_path):
    (make(tmp_path, "a/1.png", "b/1.png") / "b/1.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    data = load_retrieval(tmp_path)
    assert data[0].shape == (30, 40, 3)
    with pytest.raises(DataError, match=r"damaged|no picture"):
        data[1]


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGBA", "LA", "I;16"])
def test_pictures_that_are_not_rgb(tmp_path, mode):
    (tmp_path / "a").mkdir()
    Image.new("L" if mode == "I;16" else "RGB", (9, 6)).convert(mode).save(tmp_path / "a/1.tif")
    image = load_retrieval(tmp_path)[0]
    assert image.shape == (6, 9, 3) and image.dtype == np.uint8
