import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import Example, keep_pictures, load_segmentation, six_ways_of, stacked
from fireanalysis.loaders.kept_pictures import rendered_at
from fireanalysis.transforms import fit_picture

from .test_segmentation import make


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "data", *(f"p{n:02d}" for n in range(9)), suffix="png")


@pytest.mark.parametrize("how", ["squash", "pad"])
def test_each_is_its_picture_at_one_size(folder, tmp_path, how):
    data = load_segmentation(folder)
    kept = keep_pictures(data, store=tmp_path / "store", pixels=16, how=how)
    assert (kept.label, kept.group, kept.source, kept.name) == (
        data.label,
        data.group,
        data.source,
        data.name,
    )
    assert list(kept.table["row"]) == list(range(9))
    for row, (found, original) in enumerate(zip(kept.samples(batch_size=4), data.samples(), strict=True)):
        image, mask = fit_picture(*original, pixels=16, how=how)
        assert isinstance(found, Example) and found.image.dtype == np.uint8 and found.mask.dtype == bool
        assert (found.image == image).all() and (found.mask == mask).all()
        assert kept.table["foreground_share"][row] == mask.mean()


def test_stacked_in_any_order(folder, tmp_path):
    kept = keep_pictures(load_segmentation(folder), store=tmp_path / "store", pixels=8)
    images, masks = stacked(kept)
    assert images.shape == (9, 8, 8, 3) and masks.shape == (9, 8, 8) and masks.dtype == bool
    rows = [7, 0, 7, 3]
    some_images, some_masks = stacked(kept, rows)
    assert (some_images == images[rows]).all() and (some_masks == masks[rows]).all()
    part = kept.subset([8, 2])
    assert (stacked(part)[0] == images[[8, 2]]).all() and (part[0].image == images[8]).all()
    # and what was never kept, picture by picture
    assert (stacked(load_segmentation(folder), [1])[1][0].sum()) == 60
    images[:] = 0  # the caller's own


def test_pictures_of_several_sizes_are_not_stacked(folder):
    Image.new("RGB", (4, 5)).save(folder / "images/p00.png")
    Image.new("L", (4, 5)).save(folder / "masks/p00.png")
    with pytest.raises(DataError, match=r"pictures of 2 sizes: \(5, 4, 3\), \(20, 30, 3\)"):
        stacked(load_segmentation(folder))


def test_made_once_and_anew_when_a_file_changes(folder, tmp_path):
    store = tmp_path / "store"
    first = keep_pictures(load_segmentation(folder), store=store, pixels=8)
    (entry,) = (path for path in (store / "pictures").iterdir() if path.is_dir())
    written = (entry / "images.npy").stat().st_mtime_ns
    again = keep_pictures(load_segmentation(folder), store=store, pixels=8)
    assert (entry / "images.npy").stat().st_mtime_ns == written and again.fingerprint() == first.fingerprint()
    for changed, of in (
        ("masks/p03.png", load_segmentation),
        ("images/p03.png", lambda f: six_ways_of(load_segmentation(f))),
    ):
        before = keep_pictures(of(folder), store=store, pixels=8)
        time.sleep(0.01)
        Image.new("L" if "masks" in changed else "RGB", (30, 20), 255).save(folder / changed)
        after = keep_pictures(of(folder), store=store, pixels=8)
        assert after.fingerprint() != before.fingerprint()
        assert (stacked(after)[0] != stacked(before)[0]).any() or (
            stacked(after)[1] != stacked(before)[1]
        ).any()


def test_notes_count_what_is_empty_or_vanishes(folder, tmp_path):
    Image.new("L", (30, 20)).save(folder / "masks/p04.png")
    kept = keep_pictures(load_segmentation(folder), store=tmp_path / "store", pixels=6)
    # p00's mask has one row of twenty: a third of a new pixel
    assert kept.notes[-2:] == (
        "1 of 9 pictures have no foreground: images/p04.png",
        "1 objects vanish at 6 x 6 pixels: images/p00.png",
    )
    assert list(np.flatnonzero(kept.table["foreground_share"] == 0)) == [0, 4]


def test_simulated_pictures_are_rendered_at_the_size(tmp_path):
    settings = {"pictures": 40, "firearms": 3, "backgrounds": 3}
    kept = keep_pictures(load_segmentation(**settings), store=tmp_path, pixels=24)
    there = load_segmentation(**settings, pixels=24)
    for found, expected in zip(kept.samples(), there.samples(), strict=True):
        assert (found.image == expected.image).all() and (found.mask == expected.mask).all()
    turned = keep_pictures(six_ways_of(load_segmentation(**settings).subset([3])), store=tmp_path, pixels=24)
    assert (turned[4].image == np.fliplr(np.rot90(there[3].image))).all()
    assert rendered_at(len, 24) is len


def test_memory_stays_mapped(folder, tmp_path):
    kept = keep_pictures(load_segmentation(folder), store=tmp_path, pixels=8)
    (entry,) = (path for path in (tmp_path / "pictures").iterdir() if path.is_dir())
    images = np.load(entry / "images.npy", mmap_mode="r")
    assert isinstance(images, np.memmap) and (images[5] == kept[5].image).all()
    assert np.load(entry / "masks.npy").dtype == bool


def test_a_fault_leaves_nothing_and_names_the_file(folder, tmp_path):
    (folder / "images/p05.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="no picture in") as error:
        keep_pictures(load_segmentation(folder), store=tmp_path / "store", pixels=8)
    assert error.value.where.name == "p05.png"
    assert not list((tmp_path / "store").rglob("*.npy"))
    Image.new("RGB", (30, 20)).save(folder / "images/p05.png")
    assert len(keep_pictures(load_segmentation(folder), store=tmp_path / "store", pixels=8)) == 9


def test_a_killed_run_is_made_anew(folder, tmp_path):
    code = (
        "import os, signal, sys\n"
        "from fireanalysis.loaders import keep_pictures, load_segmentation, segmentation_files\n"
        "ours = segmentation_files.open_mask\n"
        "def until(path, **settings):\n"
        "    return os.kill(os.getpid(), signal.SIGKILL) if path.stem == 'p05' else ours(path, **settings)\n"
        "segmentation_files.open_mask = until\n"
        "keep_pictures(load_segmentation(sys.argv[1]), store=sys.argv[2], pixels=16)\n"
    )
    store = tmp_path / "store"
    arguments = [sys.executable, "-c", code, str(folder), str(store)]
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == -9
    assert list(store.rglob("images.npy")) and not list(store.rglob("made_from.json"))
    data = load_segmentation(folder)
    kept = keep_pictures(data, store=store, pixels=16)
    assert all(
        (found.mask == fit_picture(*there, pixels=16)[1]).all()
        for found, there in zip(kept.samples(), data.samples(), strict=True)
    )


def test_a_full_disk_is_an_error(folder, tmp_path, monkeypatch):
    from fireanalysis.loaders import store

    def full(self, name, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.Entry, "open_array", full)
    with pytest.raises(RunError, match="No space left"):
        keep_pictures(load_segmentation(folder), store=tmp_path, pixels=8)


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"pixels": 0}, "pixels is 0"), ({"how": "crop"}, "'crop'"), ({"pixels": 2.5}, "2.5")],
)
def test_refused(folder, tmp_path, settings, match):
    with pytest.raises(ParameterError, match=match):
        keep_pictures(load_segmentation(folder), store=tmp_path, **{"pixels": 8, **settings})
