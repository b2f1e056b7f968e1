import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import DataSet, keep_sized, load_retrieval
from fireanalysis.transforms import resize_longer

SIZES = [(40, 30), (31, 64), (5, 9), (64, 8), (200, 100), (1, 3)] * 12


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number, (width, height) in enumerate(SIZES):
        path = tmp_path / "data" / f"c{number % 3}" / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(path)
    return tmp_path / "data"


def test_each_is_its_picture_no_larger_than_asked(folder, tmp_path):
    data = load_retrieval(folder)
    kept = keep_sized(data, store=tmp_path / "store", longer=48)
    for found, original in zip(kept.samples(batch_size=7), data.samples(), strict=True):
        expected = original if max(original.shape[:2]) <= 48 else resize_longer(original, longer=48)
        assert found.dtype == np.uint8 and (found == expected).all()
    sizes = kept.table[["height", "width"]].to_numpy()
    assert [image.shape[:2] for image in kept.samples()] == list(map(tuple, sizes)) and sizes.max() == 48
    part = kept.subset([70, 3])
    assert (part[0] == kept[70]).all() and (part[1] == kept[3]).all()
    kept[0][:] = 0  # the caller's own
    assert kept[0].any()


def test_made_once_and_anew_for_another_size(folder, tmp_path, monkeypatch):
    data, store = load_retrieval(folder), tmp_path / "store"
    first = keep_sized(data, store=store, longer=48)
    monkeypatch.setattr("fireanalysis.loaders.retrieval.read_picture", lambda path: 1 / 0)
    again = keep_sized(data, store=store, longer=48)
    assert all((one == other).all() for one, other in zip(first.samples(), again.samples(), strict=True))
    with pytest.raises(ZeroDivisionError):
        keep_sized(data, store=store, longer=47)
    monkeypatch.undo()
    assert max(max(image.shape) for image in keep_sized(data, store=store, longer=47).samples()) == 47


def test_tiny_pictures_are_counted(folder, tmp_path):
    kept = keep_sized(load_retrieval(folder), store=tmp_path / "store", longer=48)
    assert any(note.startswith("24 of 72 pictures are smaller than 32 pixels: c2/") for note in kept.notes)


def test_damaged_pictures_are_named_all_at_once(folder, tmp_path):
    for file in ("c0/000.png", "c1/070.png"):
        (folder / file).write_bytes((folder / file).read_bytes()[:40])
    data, store = load_retrieval(folder), tmp_path / "store"
    with pytest.raises(DataError, match=r"2 of 72 pictures cannot be read: .*000\.png.*070\.png") as error:
        keep_sized(data, store=store, longer=48)
    assert "leave them out" in error.value.do
    for file in ("c0/000.png", "c1/070.png"):
        Image.new("RGB", (5, 5)).save(folder / file)
    assert keep_sized(data, store=store, longer=48)[70].shape  # after a failed run, and with changed files


def test_a_huge_picture_is_an_error_not_a_full_memory(folder, tmp_path):
    Image.new("1", (20_000, 6_000)).save(folder / "c0/000.png")
    with pytest.raises(DataError, match="million pixels"):
        keep_sized(load_retrieval(folder), store=tmp_path / "store", longer=48)


def test_what_renders_is_asked_for_the_size(tmp_path):
    data = load_retrieval(pictures=60, classes=8).subset(range(0, 60, 6))
    kept = keep_sized(data, store=tmp_path / "store", longer=40)
    assert max(max(image.shape) for image in kept.samples()) == 40 and kept.source == "simulated"
    from fireanalysis.simulators import render_retrieval

    for found, expected in zip(kept.samples(), render_retrieval(data.table, longer=40), strict=True):
        assert (found == expected).all()


def test_sizes_and_stores_that_cannot_be(folder, tmp_path):
    data = load_retrieval(folder)
    with pytest.raises(ParameterError, match="longer is 0"):
        keep_sized(data, store=tmp_path / "store", longer=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot keep pictures"):
        keep_sized(data, store=tmp_path / "file", longer=8)


def _unequal(rows):
    for number in rows["n"]:
        yield np.full((2, number + 1, 3), number, np.uint8)


def test_order_is_kept_whatever_thread_is_first(tmp_path):
    table = pd.DataFrame({"n": np.random.default_rng(0).permutation(200), "c": "c"})
    data = DataSet(table, _unequal, label="c", group="n", source="real", name="toy")
    kept = keep_sized(data, store=tmp_path / "store", longer=500)
    assert [image[0, 0, 0] for image in kept.samples()] == list(table["n"])
    assert list(kept.table["width"]) == list(table["n"] + 1)
