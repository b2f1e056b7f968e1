import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fireanalysis.errors import DataError
from fireanalysis.loaders import keep_pictures, load_composites, load_segmentation, split_crossed
from fireanalysis.simulators import sample_composites


@pytest.fixture
def folders(tmp_path):
    """Four cut-outs of flat colours with transparent rims, six backgrounds of three places."""
    cutouts, backgrounds = tmp_path / "cutouts", tmp_path / "backgrounds"
    cutouts.mkdir()
    backgrounds.mkdir()
    for number in range(4):
        values = np.zeros((30, 60, 4), np.uint8)
        values[10:20, 5:55] = 250, 10 * number, 0, 255
        Image.fromarray(values).save(cutouts / f"c{number}.png")
    for number, place in enumerate(("hall_1", "hall_2", "yard (1)", "yard (2)", "yard (3)", "7")):
        Image.new("RGB", (90, 50), (0, 40 * number, 200)).save(backgrounds / f"{place}.jpg", quality=95)
    return cutouts, backgrounds


def test_cutouts_on_backgrounds(folders):
    data = load_composites(*folders, pictures=60, pixels=64, seed=1)
    table = data.table
    assert len(data) == 60 and (data.label, data.group, data.source) == ("type", "background", "simulated")
    assert set(table["background"]) == {"hall", "yard", "7"} and table["firearm"].nunique() == 4
    for row in range(20):
        image, mask = data[row]
        number = int(table["cutout"][row][1])
        assert image.shape == (64, 64, 3) and mask.dtype == bool
        assert (image[mask][:, 0] > 100).all() and (image[~mask][:, 0] < 160).all()
        inner = image[mask][image[mask][:, 0] == 250]
        assert not len(inner) or (inner[:, 1] == 10 * number).all()
        place = ["hall_1.jpg", "hall_2.jpg", "yard (1).jpg", "yard (2).jpg", "yard (3).jpg", "7.jpg"].index(
            table["scene"][row]
        )
        assert abs(np.median(image[~mask][:, 1]) - 40 * place) < 5
        assert table["scene"][row].startswith(table["background"][row])


def test_placed_as_simulated_ones(folders):
    data = load_composites(*folders, pictures=30, seed=4, blend="feathered", match_light=True)
    there = sample_composites(30, firearms=4, backgrounds=3, seed=4, blend="feathered", match_light=True)
    placed = ["picture", "x", "y", "scale", "angle_deg", "flip", "blend", "match_light", "seed"]
    pd.testing.assert_frame_equal(data.table[placed], there[placed])
    # what shares a simulated firearm or scene shares one here
    for column in ("firearm", "background"):
        pairs = pd.DataFrame({"here": data.table[column], "there": there[column]}).drop_duplicates()
        assert len(pairs) == pairs["here"].nunique() == pairs["there"].nunique()


def test_a_table_tells_which_cutouts_show_one_firearm(folders):
    lines = "file,group,type\nc0.jpg,A,pistol\nc1.png,A,pistol\nc2.png,B,rifle\n"
    (folders[0].parent / "masks.csv").write_text(lines, encoding="utf-8")
    data = load_composites(*folders, pictures=40)
    known = data.table.drop_duplicates("cutout").set_index("cutout")
    assert known["firearm"].to_dict() == {"c0.png": "A", "c1.png": "A", "c2.png": "B", "c3.png": "c3.png"}
    assert known["type"].to_dict() == {
        "c0.png": "pistol",
        "c1.png": "pistol",
        "c2.png": "rifle",
        "c3.png": "firearm",
    }
    assert data.notes == ("1 of 4 cut-outs are taken as firearms of their own: no manifest.csv names them",)
    parts = split_crossed(data, {"train": 0.5, "test": 0.5}, seed=0)
    for column in ("firearm", "background"):
        assert not set(parts["train"].table[column]) & set(parts["test"].table[column])


def test_a_table_tells_which_backgrounds_are_one_place(folders):
    (folders[1] / "manifest.csv").write_text("file,group\nhall_1.jpg,north\n7.jpg,north\n", encoding="utf-8")
    known = (
        load_composites(*folders, pictures=80).table.drop_duplicates("scene").set_index("scene")["background"]
    )
    assert known.to_dict() == {
        "hall_1.jpg": "north", "7.jpg": "north", "hall_2.jpg": "hall",
        "yard (1).jpg": "yard", "yard (2).jpg": "yard", "yard (3).jpg": "yard",
    }  # fmt: skip


def test_by_one_parameter_and_kept(folders, tmp_path):
    data = load_segmentation(folders[0].parent, pictures=8, seed=2)
    assert (data.table["cutout"].str.startswith("c")).all() and data[0].image.shape == (256, 256, 3)
    kept = keep_pictures(data, store=tmp_path / "store", pixels=40)
    there = load_composites(*folders, pictures=8, seed=2, pixels=40)
    assert all((a.image == b.image).all() for a, b in zip(kept.samples(), there.samples(), strict=True))
    before = kept.fingerprint()
    Image.new("RGBA", (9, 9), (1, 2, 3, 255)).save(folders[0] / "c0.png")
    assert keep_pictures(data, store=tmp_path / "store", pixels=40).fingerprint() != before


def test_large_cutouts_keep_their_colours_and_edges(folders):
    # far larger than the picture, on a transparent ground of another colour that must not show
    values = np.zeros((600, 1200, 4), np.uint8)
    values[..., :3] = 0, 255, 0
    values[200:400, 100:1100] = 250, 0, 0, 255
    for number in range(4):
        Image.fromarray(values).save(folders[0] / f"c{number}.png")
    for image, mask in load_composites(*folders, pictures=12, pixels=48).samples():
        assert (image[..., 1] <= 210).all() and (image[mask][:, 0] > 100).all()


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda c, b: [path.unlink() for path in b.iterdir()], "no files ending in .png"),
        (lambda c, b: (c / "manifest.csv").write_text("file\nc0.png\n"), "table of cutouts cannot be read"),
        (lambda c, b: (c / "manifest.csv").write_bytes(b"\xff\xfe\x00"), "table of cutouts cannot be read"),
    ],
)
def test_folders_refused(folders, spoil, match):
    spoil(*folders)
    with pytest.raises(DataError, match=match):
        load_composites(*folders, pictures=4)


def test_cutouts_without_transparency(folders):
    for number in range(4):
        Image.new("RGB", (9, 9)).save(folders[0] / f"c{number}.png")
    with pytest.raises(DataError, match="no transparency: its mode is RGB"):
        load_composites(*folders, pictures=4)[0]


def test_real_cutouts_on_real_backgrounds(real_pictures):
    root = real_pictures / "caltech101_revolver"
    data = load_composites(
        root / "cutouts", real_pictures / "cctv_backgrounds_intel", pictures=24, pixels=128
    )
    groups = pd.read_csv(root / "masks.csv", dtype=str)["group"]
    assert (
        set(data.table["firearm"]) <= set(groups)
        and data.table["background"].nunique() <= 6
        and not data.notes
    )
    shares = [mask.mean() for _, mask in data.samples()]
    assert 0.003 < np.median(shares) < 0.05 and all(image.std() > 5 for image, _ in data.samples())
