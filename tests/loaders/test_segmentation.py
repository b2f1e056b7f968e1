from itertools import product

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage import data as pictures

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import (
    load_segmentation,
    read_mask,
    read_picture,
    six_ways_of,
    split_crossed,
    tint_report,
)
from fireanalysis.simulators import render_composites, sample_composites


def make(folder, *stems, masks="masks", size=(30, 20), suffix="jpg"):
    """Write pictures and masks of the same names; the n-th mask has n + 1 rows."""
    for place in ("images", masks):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for number, stem in enumerate(stems):
        Image.new("RGB", size, (40 + number, 90, 120)).save(folder / "images" / f"{stem}.{suffix}")
        mask = Image.new("L", size)
        mask.paste(255, (0, 0, size[0], number + 1))
        mask.save(folder / masks / f"{stem}.png")
    return folder


def test_simulated_sets_are_those_of_the_simulator():
    settings = {"firearms": 5, "backgrounds": 4, "seed": 3, "blend": "feathered", "match_light": True}
    data = load_segmentation(pictures=12, empty_share=0.2, median_share=0.02, pixels=48, **settings)
    table = sample_composites(12, empty_share=0.2, median_share=0.02, **settings)
    pd.testing.assert_frame_equal(data.table, table)
    expected = list(render_composites(table, pixels=48))
    for (image, mask), (image_there, mask_there) in zip(data.samples(batch_size=5), expected, strict=True):
        assert (image == image_there).all() and (mask == mask_there).all()
    assert (data.label, data.group, data.source) == ("type", "background", "simulated")


def test_outside_and_photographed():
    inside = load_segmentation(pictures=30)
    outside = load_segmentation(
        pictures=11, firearms=11, backgrounds=11, style="photographed", pool="outside"
    )
    for column in ("firearm", "model", "background"):
        assert not set(inside.table[column]) & set(outside.table[column])
    assert len(outside) == 11 and "photographed" in outside.name


def test_pictures_and_masks_by_name(tmp_path):
    data = load_segmentation(make(tmp_path, "a", "b", "c"))
    assert [mask.sum() for _, mask in data.samples()] == [30, 60, 90]
    assert np.abs(data[2].image.astype(int) - (42, 90, 120)).max() < 4
    assert list(data.table.columns) == ["file", "mask", "type", "background"]
    assert list(data.table["mask"]) == ["masks/a.png", "masks/b.png", "masks/c.png"]
    assert data.table["background"].nunique() == 3 and set(data.labels) == {"firearm"}
    assert data.notes == ("no column group: each of the 3 pictures is taken as a group of its own",)
    assert (data.source, data.name) == ("real", tmp_path.name)


def test_hidden_files_and_masks_named_so(tmp_path):
    make(tmp_path, "a", "b", masks="labels")
    (tmp_path / "labels" / "a.png").rename(tmp_path / "labels" / "a_mask.png")
    (tmp_path / "images" / "._a.jpg").write_bytes(b"\0")
    (tmp_path / "images" / "Thumbs.db").write_bytes(b"\0")
    data = load_segmentation(tmp_path)
    assert list(data.table["mask"]) == ["labels/a_mask.png", "labels/b.png"] and data[0].mask.sum() == 30


@pytest.mark.parametrize("named", ["masks.csv", "manifest.csv"])
def test_a_manifest_tells_more(tmp_path, named):
    make(tmp_path, "a", "b", "c")
    (tmp_path / named).write_text("file,group,type\na.jpg,007,pistol\nimages/c.jpg,007,\n", encoding="utf-8")
    data = load_segmentation(tmp_path)
    assert list(data.table["file"]) == ["images/a.jpg", "images/c.jpg"]
    assert list(data.groups) == ["007", "007"] and list(data.labels) == ["pistol", "firearm"]
    assert [mask.sum() for _, mask in data.samples()] == [30, 90]
    assert data.notes == ("1 masks without a picture passed over: b.png",)


def test_a_manifest_names_masks_firearms_and_backgrounds(tmp_path):
    make(tmp_path, "a", "b")
    lines = "file,mask,firearm,background\na.jpg,masks/b.png,f1,hall\nb.jpg,masks/a.png,f2,\n"
    (tmp_path / "manifest.csv").write_text(lines, encoding="utf-8")
    data = load_segmentation(tmp_path)
    assert [mask.sum() for _, mask in data.samples()] == [60, 30]
    assert list(data.table["firearm"]) == ["f1", "f2"] and list(data.groups) == ["hall", "images/b.jpg"]
    parts = split_crossed(data, {"train": 0.5, "test": 0.5}, seed=1)
    assert [len(part) for part in parts.values()] == [1, 1]


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda root: (root / "masks/b.png").unlink(), "1 faults: b.jpg has no mask"),
        (
            lambda root: Image.new("L", (30, 20)).save(root / "masks/a.bmp"),
            r"a.jpg pairs with 2 masks \(masks/a.bmp, ",
        ),
        (
            lambda root: Image.new("RGB", (30, 20)).save(root / "images/a.png"),
            "a.jpg, a.png pair with one mask",
        ),
        (lambda root: [path.unlink() for path in (root / "images").iterdir()], "no pictures in images/"),
        (lambda root: (root / "masks.csv").write_text("file\na.jpg\nz.jpg\n"), "'z.jpg' does not exist"),
        (
            lambda root: (root / "masks.csv").write_text("file,mask\na.jpg,../m.png\n"),
            "leads out of the folder",
        ),
        (
            lambda root: (root / "masks.csv").write_text("file,mask\na.jpg,masks/z.png\n"),
            "'masks/z.png' does not exist",
        ),
        (lambda root: (root / "masks.csv").write_text("name\na.jpg\n"), "no column file"),
        (
            lambda root: (root / "masks").rename(root / "other"),
            "no pictures with masks; the folder holds images, other",
        ),
        (
            lambda root: (root / "images").rename(root / "other"),
            "no pictures with masks; the folder holds masks",
        ),
    ],
)
def test_folders_that_fit_no_layout(tmp_path, spoil, match):
    spoil(make(tmp_path, "a", "b"))
    with pytest.raises(DataError, match=match):
        load_segmentation(tmp_path)


def test_an_empty_folder_and_none(tmp_path):
    with pytest.raises(DataError, match="the folder holds nothing"):
        load_segmentation(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        load_segmentation(tmp_path / "none")


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda root: Image.new("L", (29, 20)).save(root / "masks/a.png"), "the mask has 29 x 20 pixels"),
        (lambda root: (root / "masks/a.png").write_bytes(b""), r"empty \(0 bytes\)"),
        (
            lambda root: (root / "images/a.jpg").write_bytes((root / "images/a.jpg").read_bytes()[:400]),
            "truncated",
        ),
        (lambda root: (root / "images/a.jpg").write_text("a picture"), "no picture in"),
    ],
)
def test_files_at_fault_are_named_when_used(tmp_path, spoil, match):
    spoil(make(tmp_path, "a", "b"))
    data = load_segmentation(tmp_path)
    assert data[1].mask.sum() == 60
    with pytest.raises(DataError, match=match) as error:
        data[0]
    assert error.value.where.stem == "a"


def test_an_empty_mask_is_a_picture_without_firearm(tmp_path):
    make(tmp_path, "a")
    Image.new("L", (30, 20)).save(tmp_path / "masks/a.png")
    assert not load_segmentation(tmp_path)[0].mask.any()


def test_parameters_of_simulated_sets_are_checked():
    with pytest.raises(ParameterError, match="style"):
        load_segmentation(pictures=4, style="painted")


def tinted_set(folder):
    """Three photographs and their tinted copies, as the paper's test set has them."""
    for name in ("images", "labels"):
        (folder / name).mkdir()
    truth = {}
    for number, name in enumerate(("astronaut", "coffee", "chelsea")):
        picture = getattr(pictures, name)()[:300, :400]
        truth[name] = np.zeros((300, 400), bool)
        truth[name][60 + 20 * number : 160, 120:300] = True
        Image.fromarray(picture).save(folder / "images" / f"{name}.jpg", quality=95)
        saved = read_picture(folder / "images" / f"{name}.jpg").image
        tinted = np.where(truth[name][..., None], 0.6 * saved + 0.4 * np.array([61, 61, 245]), saved).astype(
            np.uint8
        )
        if name == "coffee":
            tinted[100:102] = 245, 147, 49  # a line drawn over it
        Image.fromarray(tinted).save(folder / "labels" / f"{name}.png")
    return truth


def test_tinted_labels_are_decoded_and_reported(tmp_path):
    truth = tinted_set(tmp_path)
    data = load_segmentation(tmp_path)
    for file, (_, mask) in zip(data.table["file"], data.samples(), strict=True):
        known = truth[file.split("/")[1].removesuffix(".jpg")]
        assert np.count_nonzero(mask & known) / np.count_nonzero(mask | known) > 0.98
    report = tint_report(data).set_index("file")
    assert list(report.index) == list(data.table["file"])
    assert report["opacity"].to_numpy() == pytest.approx(0.4, abs=0.02)
    assert report[["red", "green", "blue"]].to_numpy() == pytest.approx(np.tile([61, 61, 245], (3, 1)), abs=6)
    assert report["mask_share"].to_numpy() == pytest.approx(
        [truth[name].mean() for name in sorted(truth)], rel=0.02
    )
    assert report["uncertain_share"].idxmax() == "images/coffee.jpg" and report["uncertain_share"].max() < 0.2


def test_no_report_without_a_tint(tmp_path):
    assert tint_report(load_segmentation(make(tmp_path, "a"))).empty
    assert tint_report(load_segmentation(pictures=4)).empty


def test_six_ways_of_a_set(tmp_path):
    data = load_segmentation(make(tmp_path, "a", "b"))
    turned = six_ways_of(data)
    assert len(turned) == 12 and list(turned.groups) == list(np.repeat(data.groups, 6))
    ways = list(zip(turned.table["rotation_deg"], turned.table["flip_after"], strict=True))
    assert ways == list(product((0, 90), ("none", "left-right", "top-bottom"))) * 2
    for row, (image, mask) in enumerate(turned.samples(batch_size=5)):
        original, there = data[row // 6]
        degrees, flip = ways[row]
        for found, before in ((image, original), (mask, there)):
            expected = np.rot90(before, degrees // 90)
            expected = {
                "none": expected,
                "left-right": np.fliplr(expected),
                "top-bottom": np.flipud(expected),
            }[flip]
            assert (found == expected).all()


def test_real_revolvers(real_pictures):
    root = real_pictures / "caltech101_revolver"
    data = load_segmentation(root)
    manifest = pd.read_csv(root / "masks.csv", dtype={"group": str})
    assert len(data) == len(manifest) and list(data.groups) == list(manifest["group"])
    for row, (image, mask) in enumerate(data.samples()):
        known = manifest.iloc[row]
        assert image.shape == (known["height"], known["width"], 3)
        assert mask.sum() == known["mask_px"]
    assert len(six_ways_of(data)) == 6 * len(data)
    alone = read_mask(root / data.table["mask"][0])
    assert (alone == data[0].mask).all()
