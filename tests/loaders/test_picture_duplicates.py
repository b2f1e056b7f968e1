from functools import partial

import cv2
import numpy as np
import pandas as pd
import pytest
import scipy.fft
from skimage import data as photographs

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import (
    DataSet,
    duplicate_sources,
    find_picture_duplicates,
    read_picture,
    split_classes,
    without_duplicates,
)
from fireanalysis.loaders.picture_duplicates import hash_picture


def of_pictures(pictures, labels=None):
    table = pd.DataFrame({"class": labels or ["a"] * len(pictures), "source_picture": range(len(pictures))})
    read = partial(_read, pictures=pictures)
    return DataSet(table, read, label="class", group="source_picture", source="real", name="toy")


def _read(rows, *, pictures):
    return [pictures[row] for row in rows["source_picture"]]


@pytest.fixture(scope="module")
def scenes():
    """Eight different pieces of photographs."""
    return [
        np.ascontiguousarray(picture[100:260, start : start + 200])
        for picture in (
            photographs.astronaut(),
            photographs.cat(),
            photographs.coffee(),
            photographs.rocket(),
        )
        for start in (0, 200)
    ]


def saved_as_jpeg(image, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


CHANGES = {
    "saved again": lambda image: saved_as_jpeg(image, 40),
    "resized": lambda image: cv2.resize(image, (90, 75), interpolation=cv2.INTER_AREA),
    "darker": lambda image: (image * 0.7).astype(np.uint8),
    "cropped": lambda image: image[8:-8, 10:-10],  # 5 % of each edge
    "cropped at two edges": lambda image: image[5:, 6:],  # 3 %
}


@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_found_and_nothing_else(scenes, change):
    pictures = [*scenes, *map(CHANGES[change], scenes)]
    found = find_picture_duplicates(of_pictures(pictures))
    assert list(zip(found["a"], found["b"], strict=True)) == [(n, n + 8) for n in range(8)]
    assert set(found["kind"]) == {"near (hash)"} and found["distance"].between(0, 35).all()
    assert not found["same_source"].any() and found["same_class"].all()


def test_the_same_pixels_of_the_same_size(scenes):
    grey = np.full((20, 30, 3), 90, np.uint8)
    pictures = [scenes[0], grey, scenes[0].copy(), grey.copy(), grey.reshape(30, 20, 3), scenes[0].copy()]
    found = find_picture_duplicates(of_pictures(pictures, list("ababab")))
    assert list(zip(found["a"], found["b"], strict=True)) == [(0, 2), (0, 5), (1, 3), (2, 5)]
    assert set(found["kind"]) == {"same pixels"} and (found["distance"] == 0).all()
    assert list(found["same_class"]) == [True, False, True, False]


def test_the_hash_is_that_of_a_full_transform(scenes):
    for scene in scenes:
        grey = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
        for pixels in (100, 32):
            grey = cv2.resize(grey, (pixels, pixels), interpolation=cv2.INTER_AREA).astype(np.float32)
        low = scipy.fft.dctn(grey.astype(float), norm="ortho")[:16, :16].ravel()[1:]
        assert ((hash_picture(scene).signs[0] > 0) == (low > np.median(low))).mean() > 0.99


@pytest.mark.parametrize("turn", [
    np.fliplr, np.flipud, np.rot90, lambda image: np.rot90(image, 2), lambda image: np.rot90(image, 3),
    lambda image: image.transpose(1, 0, 2),
])  # fmt: skip
def test_turned_copies_by_option(scenes, turn):
    pictures = of_pictures([*scenes, *(np.ascontiguousarray(turn(scene)) for scene in scenes)])
    assert len(find_picture_duplicates(pictures)) == 0  # not by themselves
    found = find_picture_duplicates(pictures, turned=True)
    assert list(zip(found["a"], found["b"], strict=True)) == [(n, n + 8) for n in range(8)]


def test_all_pairs_whatever_the_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    scenes = [cv2.resize(rng.integers(0, 256, (20, 20, 3), np.uint8), (40, 40)) for _ in range(30)]
    pictures = of_pictures(
        [(scenes[n] * rng.choice([1, 0.7])).astype(np.uint8) for n in rng.integers(0, 30, 50)]
    )
    embeddings = rng.normal(size=(50, 4))
    expected = find_picture_duplicates(pictures, embeddings=embeddings, alike=0.9)
    monkeypatch.setattr("fireanalysis.loaders.picture_duplicates._BLOCK", 7)
    pd.testing.assert_frame_equal(
        find_picture_duplicates(pictures, embeddings=embeddings, alike=0.9), expected
    )
    signs = np.array([hash_picture(image).signs for image in pictures.samples()])
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    pairs = {(a, b) for a in range(50) for b in range(a + 1, 50)
             if min(np.sum(signs[a] != signs[b, 0], axis=1).min(), np.sum(signs[b] != signs[a, 0], axis=1).min()) <= 35
             or unit[a] @ unit[b] >= 0.9}  # fmt: skip
    assert set(zip(expected["a"], expected["b"], strict=True)) == pairs and set(expected["kind"]) == {
        "same pixels",
        "near (hash)",
        "near (embedding)",
    }
    by_network = expected[expected["kind"] == "near (embedding)"]
    cosines = (unit[by_network["a"]] * unit[by_network["b"]]).sum(1)
    assert by_network["distance"].to_numpy() == pytest.approx(1 - cosines, abs=1e-6)


def test_groups_are_joined_by_chains_of_copies():
    data = of_pictures([np.zeros((2, 2, 3), np.uint8)] * 6, list("abcabc"))
    pairs = pd.DataFrame({"a": [0, 3, 1], "b": [3, 5, 4]})
    joined = duplicate_sources(data, pairs)
    assert list(joined.groups) == [0, 1, 2, 0, 1, 0] and list(data.groups) == list(range(6))
    assert "6 source_picture joined to 3 by duplicates, of at most 3 pictures each" in joined.notes
    assert duplicate_sources(data, pairs[:0]).groups.tolist() == list(range(6))
    assert list(without_duplicates(data, pairs).groups) == [0, 1, 2]


def test_joined_groups_keep_copies_out_of_other_parts(scenes):
    rng = np.random.default_rng(1)
    pictures = [cv2.resize(rng.integers(0, 256, (20, 20, 3), np.uint8), (40, 40)) for _ in range(24)]
    pictures[20] = (pictures[0] * 0.8).astype(np.uint8)  # of another class
    data = of_pictures(pictures, list("aaaabbbbccccddddeeeeffff"))
    joined = duplicate_sources(data, find_picture_duplicates(data))
    ever_apart = 0
    for seed in range(10):
        plain, clean = (split_classes(which, seed=seed) for which in (data, joined))
        for parts in (plain, clean):
            where = [
                name for name, part in parts.items() for n in part.table["source_picture"] if n in (0, 20)
            ]
            ever_apart += len(set(where)) > 1 and parts is plain
            assert parts is plain or len(set(where)) == 1
    assert ever_apart


def test_real_copies(real_retrieval):
    """Of 120 photographs there are three copies each, turned by any angle, some in grey."""
    root = real_retrieval / "augmented_triplets"
    table = pd.read_csv(root / "labels.csv").rename(
        columns={"type": "class", "source_stem": "source_picture"}
    )
    data = DataSet(
        table, partial(_files, root=root), label="class", group="source_picture", source="real", name="t"
    )
    found = {turned: find_picture_duplicates(data, turned=turned) for turned in (False, True)}
    assert all(pairs["same_source"].all() for pairs in found.values())
    assert len(found[False]) >= 8 and len(found[True]) >= 40  # of 378: angles between quarters are not found


def _files(rows, *, root):
    return [read_picture(root / file).image for file in rows["file"]]


def test_settings_that_cannot_be(scenes):
    data = of_pictures(scenes)
    for settings in ({"near": 101}, {"near": -1}, {"alike": 0}, {"alike": 1.5}):
        with pytest.raises(ParameterError, match=r"near is|alike is"):
            find_picture_duplicates(data, **settings)
    for wrong in (np.zeros((7, 3)), np.zeros(8), np.full((8, 2), np.nan)):
        with pytest.raises(DataError, match=r"finite ones of shape \(8, dimensions\) fit"):
            find_picture_duplicates(data, embeddings=wrong)
