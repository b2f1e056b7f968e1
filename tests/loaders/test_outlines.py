import json

import cv2
import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError
from fireanalysis.loaders import load_segmentation

SQUARE = [2, 3, 12, 3, 12, 9, 2, 9]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (30, 20), (90, 80, 70)).save(tmp_path / "images" / f"{name}.png")
    return tmp_path


def coco(folder, outlines, *, categories=("pistol",), name="instances.json", size=(20, 30), **extra):
    content = {
        "images": [
            {"id": 7, "file_name": "a.png", "height": size[0], "width": size[1]},
            {"id": 8, "file_name": "b.png", "height": 20, "width": 30},
        ],
        "categories": [{"id": n, "name": name} for n, name in enumerate(categories)],
        "annotations": [
            {"id": n, "image_id": 7, "category_id": 0, **annotation} for n, annotation in enumerate(outlines)
        ],
    } | extra
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_polygons_are_the_masks(folder):
    parts = [[20.5, 10, 28, 10, 28, 18.5], SQUARE]
    data = load_segmentation(coco(folder, [{"segmentation": [SQUARE]}, {"segmentation": parts}]))
    image, mask = data[0]
    assert image.shape == (20, 30, 3) and mask[3:9, 2:12].all() and mask.dtype == bool
    inside = [
        [
            cv2.pointPolygonTest(np.float32(parts[0]).reshape(-1, 2), (x + 0.5, y + 0.5), False) > 0
            for x in range(30)
        ]
        for y in range(20)
    ]
    assert (mask[:, 13:] == np.array(inside)[:, 13:]).all()
    assert not data[1].mask.any()
    assert list(data.labels) == ["pistol", "no firearm"] and list(data.table["file"]) == [
        "images/a.png",
        "images/b.png",
    ]
    assert data.source == "real" and "each of the 2 pictures is taken as a group" in data.notes[-1]


def test_categories(folder):
    annotations = [
        {"segmentation": [SQUARE]},
        {"segmentation": [[0, 0, 30, 0, 30, 20, 0, 20]], "category_id": 1},
    ]
    data = load_segmentation(coco(folder, annotations, categories=("Handgun", "person")))
    assert data[0].mask.sum() == 60 and "categories passed over: person" in data.notes[0]
    data = load_segmentation(coco(folder, annotations, categories=("object", "thing")))
    assert data[0].mask.all() and "no category tells a firearm, all are taken: object, thing" in data.notes[0]


def test_run_lengths(folder):
    mask = np.random.default_rng(0).random((20, 30)) < 0.3
    runs = np.flatnonzero(np.diff(np.r_[False, mask.ravel(order="F"), False].astype(int)))
    counts = np.diff(np.r_[0, runs, mask.size]).tolist()
    data = load_segmentation(
        coco(folder, [{"segmentation": {"size": [20, 30], "counts": counts}, "iscrowd": 1}])
    )
    assert (data[0].mask == mask).all()


@pytest.mark.parametrize(
    ("annotation", "match"),
    [
        ({"segmentation": [[1, 2, 3, 4]]}, "annotation 0: a polygon of 4 numbers"),
        ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "a polygon of 7 numbers"),
        ({"segmentation": [[1, 2, 3, 4, 5, float("nan")]]}, "no finite numbers"),
        ({"segmentation": [[1, 2, 3, 4, 5, "6"]]}, "no finite numbers"),
        ({"segmentation": [{"x": 1}]}, "a polygon of dict"),
        ({"segmentation": []}, "no polygon"),
        ({}, "no polygon"),
        ({"segmentation": {"size": [20, 30], "counts": "PQR1"}}, "compressed run lengths"),
        ({"segmentation": {"size": [20, 30], "counts": [-1, 601]}}, "run lengths that are no whole"),
        ({"segmentation": [SQUARE], "image_id": 99}, "image_id 99 is not among the images"),
    ],
)
def test_broken_outlines_are_named(folder, annotation, match):
    with pytest.raises(DataError, match=match) as error:
        load_segmentation(coco(folder, [annotation]))
    assert error.value.where == folder.resolve() / "instances.json"


def test_many_faults_are_one_error(folder):
    with pytest.raises(DataError, match=r"8 faults: .* and 3 more"):
        load_segmentation(coco(folder, [{"segmentation": [[1]]}] * 8))


@pytest.mark.parametrize(
    ("extra", "match"),
    [
        (
            {"images": [{"id": 7, "file_name": "none.png", "height": 1, "width": 1}]},
            "'none.png' does not exist",
        ),
        (
            {"images": [{"id": 7, "file_name": "../a.png", "height": 1, "width": 1}]},
            "leads out of the folder",
        ),
        ({"images": [{"id": 7}]}, "no COCO annotations: KeyError 'file_name'"),
        (
            {"images": [{"id": n, "file_name": "a.png", "height": 20, "width": 30} for n in (7, 8)]},
            "is listed twice",
        ),
        ({"images": []}, "image_id 7 is not"),
        ({"images": [], "annotations": []}, "no pictures are listed"),
        ({"annotations": 5}, "no COCO annotations: TypeError"),
        ({"categories": []}, "no COCO annotations: KeyError 0"),
    ],
)
def test_broken_files(folder, extra, match):
    with pytest.raises(DataError, match=match):
        load_segmentation(coco(folder, [{"segmentation": [SQUARE]}], **extra))


def test_no_json_and_several(folder):
    (folder / "instances.json").write_text('{"annotations": [', encoding="utf-8")
    with pytest.raises(DataError, match="no COCO annotations: JSONDecodeError"):
        load_segmentation(folder)
    coco(folder, [])
    coco(folder, [], name="more.json")
    with pytest.raises(DataError, match=r"2 files of COCO annotations: instances\.json, more\.json"):
        load_segmentation(folder)


def test_a_picture_of_another_size(folder):
    data = load_segmentation(coco(folder, [{"segmentation": [SQUARE]}], size=(30, 20)))
    with pytest.raises(DataError, match="annotations say 20 x 30 pixels, the picture has 30 x 20"):
        data[0]
    counts = {"segmentation": {"size": [20, 30], "counts": [5, 5]}}
    with pytest.raises(DataError, match="run lengths of 10 pixels in all; the picture has 600"):
        load_segmentation(coco(folder, [counts]))[0]


def test_pictures_beside_the_annotations(tmp_path):
    (tmp_path / "annotations").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (30, 20)).save(tmp_path / "annotations" / f"{name}.png")
    coco(tmp_path / "annotations", [{"segmentation": [SQUARE]}])
    assert load_segmentation(tmp_path)[0].mask.sum() == 60


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
<label><name>person</name><color>#f59331</color><type>rectangle</type></label>
<label><name>gun</name><color>#3d3df5</color><type>polygon</type></label></labels></task></meta>
<image id="0" name="a.png" width="30" height="20">
<box label="person" occluded="0" xtl="0" ytl="0" xbr="30" ybr="20" z_order="0"></box>
<polygon label="gun" occluded="0" points="{points}" z_order="0"></polygon>
<polygon label="bag" occluded="0" points="20,0;30,0;30,20;20,20" z_order="0"></polygon>
</image><image id="1" name="images/b.png" width="30" height="20"></image></annotations>"""


def test_polygons_of_cvat(folder):
    (folder / "annotations.xml").write_text(CVAT.format(points="2,3;12.0,3;12,9;2,9"), encoding="utf-8")
    data = load_segmentation(folder)
    assert data[0].mask.sum() == 60 and data[0].mask[3:9, 2:12].all() and not data[1].mask.any()
    assert list(data.labels) == ["gun", "no firearm"]
    assert "categories passed over: bag" in data.notes[0]


def test_polygons_are_preferred_to_tinted_labels(folder):
    (folder / "annotations.xml").write_text(CVAT.format(points="2,3;12,3;12,9;2,9"), encoding="utf-8")
    (folder / "labels").mkdir()
    assert "the files in labels/ are not used" in load_segmentation(folder).notes[1]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("<annotations><image", "no annotations of CVAT: unclosed token"),
        (CVAT.format(points="2,3;4,5"), "a.png: a polygon of 4 numbers"),
        (CVAT.format(points="2,3;4,five"), "no annotations of CVAT: could not convert"),
        (CVAT.format(points="2,3;4,5;6,inf"), "no finite numbers"),
        ("<annotations></annotations>", "no pictures are listed"),
        (
            CVAT.replace('width="30"', 'width=""').format(points="2,3;4,5;6,7"),
            "no annotations of CVAT: invalid",
        ),
    ],
)
def test_broken_cvat(folder, text, match):
    (folder / "annotations.xml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=match):
        load_segmentation(folder)
