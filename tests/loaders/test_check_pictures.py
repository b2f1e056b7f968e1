import json
import shutil

import numpy as np
import pytest
from PIL import Image
from skimage import data as pictures

from fireanalysis.errors import DataError
from fireanalysis.loaders import check_folder
from fireanalysis.loaders.check_pictures import NEAR

from .test_check import findings
from .test_composites import folders  # noqa: F401
from .test_segmentation import tinted_set

NAMES = ("astronaut", "chelsea", "coffee", "rocket")


@pytest.fixture
def good_folder(tmp_path):
    root = tmp_path / "set"
    for place in ("images", "masks"):
        (root / place).mkdir(parents=True)
    for number, name in enumerate(NAMES):
        picture = getattr(pictures, "astronaut" if name == "rocket" else name)()[:300, :400]
        picture = picture[::-1, ::-1] if name == "rocket" else picture
        Image.fromarray(np.ascontiguousarray(picture)).save(root / "images" / f"{name}.png")
        mask = np.zeros(picture.shape[:2], np.uint8)
        mask[50:150, 40 + 10 * number : 200] = 255
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
    (root / "masks.csv").write_text("file,group\n" + "".join(f"{name}.png,{name}\n" for name in NAMES))
    return root


def test_a_good_folder_has_no_findings_and_its_kind_is_told(good_folder):
    table = check_folder(good_folder)
    assert table.empty and table.attrs["kind"] == "pictures with masks"


def test_every_file_at_fault_is_named(good_folder):
    (good_folder / "images/astronaut.png").write_bytes(b"")
    (good_folder / "masks/chelsea.png").write_text("no mask")
    Image.new("L", (9, 9)).save(good_folder / "masks/coffee.png")
    assert findings(good_folder, "error") == [
        ("images/astronaut.png", "the file is empty (0 bytes)"),
        ("images/chelsea.png", "no picture in PNG, JPEG, WEBP, BMP, TIFF, GIF: it begins with b'no mask'"),
        ("images/coffee.png", "the mask has 9 x 9 pixels, its picture 400 x 300"),
    ]


def test_masks_that_may_be_wrong(good_folder):
    shape = (300, 400)
    for name, mask in {
        "astronaut": np.zeros(shape),
        "chelsea": np.eye(*shape)[:, :] * (np.arange(400) < 20),
        "coffee": np.ones(shape),
        "rocket": np.linspace(0, 1, 400)[None].repeat(300, 0) > 0.5,
    }.items():
        Image.fromarray((255 * mask).astype(np.uint8)).save(good_folder / "masks" / f"{name}.png")
    assert findings(good_folder, "warning") == [
        ("images/astronaut.png", "the mask is empty"),
        ("images/chelsea.png", "the mask has 20 pixels"),
        ("images/coffee.png", "the mask covers 100% of the picture"),
    ]


def test_what_was_done_to_files_is_told_once(good_folder):
    for name in NAMES[:3]:
        picture = Image.open(good_folder / "images" / f"{name}.png")
        picture.putalpha(255)
        picture.putpixel((0, 0), (0, 0, 0, 0))
        picture.save(good_folder / "images" / f"{name}.png")
    ((files, what),) = findings(good_folder, "warning")
    assert files == ", ".join(f"images/{name}.png" for name in NAMES[:3])
    assert what == "transparency laid on white (the first of 3)"


def test_one_picture_in_two_groups(good_folder):
    again = Image.open(good_folder / "images/coffee.png").resize((399, 299))
    again.save(good_folder / "images/again.jpg", quality=60)
    Image.fromarray(np.full((299, 399), 255, np.uint8) * (np.arange(399) < 90).astype(np.uint8)).save(
        good_folder / "masks/again.png"
    )
    with (good_folder / "masks.csv").open("a") as manifest:
        manifest.write("again.jpg,other\n")
    ((files, what),) = findings(good_folder, "error")
    assert files == "images/coffee.png, images/again.jpg"
    assert what.startswith("the same picture by a similarity of ") and what.endswith(
        "in two groups: coffee, other"
    )
    text = (good_folder / "masks.csv").read_text().replace("other", "coffee")
    (good_folder / "masks.csv").write_text(text)
    assert findings(good_folder, "error") == []


def test_few_groups_and_none(good_folder):
    (good_folder / "masks.csv").unlink()
    ((_, what),) = findings(good_folder, "warning")
    assert what == "no column group: each of the 4 pictures is taken as a group of its own"
    (good_folder / "masks.csv").write_text("file,group\n" + "".join(f"{name}.png,one\n" for name in NAMES))
    assert findings(good_folder, "warning") == [("(folder)", "1 groups of pictures")]


def test_tints_that_leave_much_open(tmp_path):
    tinted_set(tmp_path)
    label = np.array(Image.open(tmp_path / "labels/chelsea.png"))
    label[120:145] = 245, 147, 49  # something else drawn over the firearm
    Image.fromarray(label).save(tmp_path / "labels/chelsea.png")
    told = dict(findings(tmp_path, "warning"))
    assert any("a tint, decoded" in what for what in told.values())
    assert "of the mask's area uncertain" in told["images/chelsea.jpg"]


def test_a_folder_that_fits_no_layout(good_folder):
    shutil.rmtree(good_folder / "masks")
    ((where, what),) = findings(good_folder, "error")
    assert where == str(good_folder.resolve()) and "no pictures with masks" in what


def test_pictures_and_masks_that_do_not_pair(good_folder):
    shutil.move(good_folder / "masks/coffee.png", good_folder / "masks/tea.png")
    shutil.copy(good_folder / "masks/rocket.png", good_folder / "masks/rocket_mask.png")
    ((_, what),) = findings(good_folder, "error")
    assert "coffee.png has no mask" in what and "rocket.png pairs with 2 masks" in what
    (good_folder / "masks/rocket_mask.png").unlink()
    shutil.copy(good_folder / "masks/tea.png", good_folder / "masks/coffee.png")
    ((_, what),) = findings(good_folder, "warning")
    assert what == "1 masks without a picture passed over: tea.png"


def test_outlines_beside_masks(good_folder):
    (good_folder / "annotations.xml").write_text(
        '<annotations><image id="0" name="images/coffee.png" width="400" height="300">'
        '<polygon label="gun" points="10,10;90,10;90,90"/></image></annotations>'
    )
    told = {what for _, what in findings(good_folder, "warning")}
    assert "masks are the polygons of annotations.xml; the files in masks/ are not used" in told
    for name in ("a.json", "b.json"):
        (good_folder / name).write_text('{"images": [], "annotations": [], "categories": []}')
    ((_, what),) = findings(good_folder, "error")
    assert what == "2 files of COCO annotations: a.json, b.json"


def test_coco(good_folder):
    content = {
        "images": [{"id": 1, "file_name": "coffee.png", "width": 400, "height": 300}],
        "categories": [{"id": 1, "name": "pistol"}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[10, 10, 90, 10, 90, 90]]}],
    }
    (good_folder / "coco.json").write_text(json.dumps(content))
    assert {what for _, what in findings(good_folder, "warning")} == {
        "no column group: each of the 1 pictures is taken as a group of its own",
        "1 groups of pictures",
    }


def test_cutouts_and_backgrounds(folders):  # noqa: F811
    root = folders[0].parent
    Image.new("RGB", (9, 9)).save(folders[0] / "c2.png")
    (folders[1] / "hall_2.jpg").write_bytes(b"\xff\xd8\xff")
    found = findings(root, "error")
    assert [file for file, _ in found] == ["cutouts/c2.png", "backgrounds/hall_2.jpg"]
    assert found[0][1] == "no transparency: its mode is RGB"
    ((_, what),) = findings(root, "warning")
    assert what == "4 of 4 cut-outs are taken as firearms of their own: no manifest.csv names them"
    assert check_folder(root).attrs["kind"] == "pictures with masks"


def test_folders_with_nothing_of_use_still_are_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match="no data of a known kind"):
        check_folder(tmp_path)


def test_real_revolvers_and_what_their_groups_hold_together(real_pictures, tmp_path):
    root = real_pictures / "caltech101_revolver"
    assert check_folder(root).empty
    # without the groups, the two closest pairs of one firearm are found, and nothing else
    for place in ("images", "masks"):
        shutil.copytree(root / place, tmp_path / place)
    found = findings(tmp_path, "error")
    assert [files for files, _ in found] == [
        "images/image_0009.jpg, images/image_0010.jpg",
        "images/image_0015.jpg, images/image_0017.jpg",
    ]
    assert NEAR == 0.95
