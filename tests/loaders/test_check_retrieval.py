import numpy as np
import pytest
from PIL import Image
from skimage import data as photographs

from fireanalysis.errors import DataError
from fireanalysis.loaders import check_folder

from .test_check import findings
from .test_retrieval import publish


@pytest.fixture
def good_folder(tmp_path):
    scene, rows = photographs.astronaut(), range(0, 400, 100)
    for number, label in enumerate("abc"):
        (tmp_path / label).mkdir()
        for row in rows:
            piece = scene[row : row + 110, 150 * number : 150 * number + 150]
            Image.fromarray(piece).save(tmp_path / label / f"{row}.jpg")
    return tmp_path


def test_a_good_folder(good_folder):
    table = check_folder(good_folder)
    assert table.attrs["kind"] == "pictures with classes" and list(table["problem"]) == [
        "each of 12 files is taken as a photograph of its own: look for near-duplicates"
    ]


def test_files_at_fault_are_all_named(good_folder):
    (good_folder / "a/0.jpg").write_bytes(b"")
    (good_folder / "b/100.jpg").write_bytes((good_folder / "b/100.jpg").read_bytes()[:300])
    Image.new("RGB", (20, 31)).save(good_folder / "c/0.jpg")
    found = findings(good_folder, "error")
    assert [file for file, _ in found] == ["a/0.jpg", "b/100.jpg"]
    assert found[0][1] == "the file is empty (0 bytes)" and "truncated" in found[1][1]
    assert ("c/0.jpg", "1 pictures are smaller than 32 pixels") in findings(good_folder, "warning")


def test_the_same_picture_in_two_classes_and_twice_in_one(good_folder):
    (good_folder / "b/copy.jpg").write_bytes((good_folder / "a/0.jpg").read_bytes())
    Image.open(good_folder / "c/200.jpg").save(good_folder / "c/copy.jpg", quality=40)
    assert findings(good_folder, "error") == [("a/0.jpg, b/copy.jpg", "the same pixels in two classes: a, b")]
    assert ("c/200.jpg, c/copy.jpg", "nearly the same picture twice in 'c'") in findings(
        good_folder, "warning"
    )


def test_few_classes_and_single_pictures(good_folder):
    for path in [*good_folder.glob("c/*"), *good_folder.glob("b/[1-9]*")]:
        path.unlink()
    found = findings(good_folder, "warning")
    assert ("(folder)", "1 classes of one photograph: b") in found and ("(folder)", "2 classes") in found


def test_a_split_of_pictures_instead_of_classes(good_folder):
    names = [path.relative_to(good_folder).as_posix() for path in sorted(good_folder.glob("*/*"))]
    lines = [f"{name},{name[0]},{'train' if n % 2 else 'test'}" for n, name in enumerate(names)]
    (good_folder / "manifest.csv").write_text("\n".join(["file,class,split", *lines]))
    assert ("(folder)", "3 classes are in several parts: a, b, c") in findings(good_folder, "warning")


def test_a_manifest_with_words_it_does_not_know(good_folder):
    (good_folder / "manifest.csv").write_text("file,class,split,query\na/0.jpg,a,learn,maybe\n")
    ((_, what),) = findings(good_folder, "error")
    assert what == "unknown values: split 'learn', query 'maybe'"


def test_pictures_beside_the_class_folders(good_folder):
    (good_folder / "b/0.jpg").rename(good_folder / "loose.jpg")
    assert ("(folder)", "passed over, in no class folder: loose.jpg") in findings(good_folder, "warning")


def test_png_files_with_a_manifest_of_classes_are_no_scans(tmp_path):
    for number, label in enumerate("aabbcc"):
        image = np.random.default_rng(number).integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(image).save(tmp_path / f"{label}{number}.png")
    lines = [f"{path.name},{path.name[0]}" for path in sorted(tmp_path.glob("*.png"))]
    (tmp_path / "manifest.csv").write_text("\n".join(["file,class", *lines]))
    assert check_folder(tmp_path).attrs["kind"] == "pictures with classes"


def test_the_published_layout_is_told(tmp_path):
    assert check_folder(publish(tmp_path)).attrs["kind"] == "pictures with classes"
    (tmp_path / "test/database_image/d0.png").unlink()
    ((_, what),) = findings(tmp_path, "error")
    assert what == "1 faults: no database picture d0.png"


def test_pictures_in_no_class(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "a.jpg")
    assert check_folder(tmp_path).attrs["kind"] == "pictures with masks"  # or what it should have been
    (tmp_path / "empty").mkdir()
    assert findings(tmp_path, "error") == [(str(tmp_path), "1 pictures in no class folder")]
    with pytest.raises(DataError, match="no data of a known kind"):
        check_folder(tmp_path / "empty")
