import shutil

import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import check_folder

from .malformed import good_heights, members, pack, with_tag, write_good


def write(root, file, *, seed=0, shape=(12, 12), **options) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    heights = np.random.default_rng(seed).normal(size=shape) * 1e-6
    write_good(root / file, heights=heights, **options)


@pytest.fixture
def good_folder(tmp_path):
    for number, file in enumerate(["A/a1/1.x3p", "A/a1/2.x3p", "A/a2/1.x3p", "B/b1/1.x3p", "B/b2/1.x3p"]):
        write(tmp_path, file, seed=number)
    return tmp_path


def findings(root, severity: str) -> list[tuple[str, str]]:
    table = check_folder(root)
    assert list(table.columns) == ["severity", "file", "problem", "do"]
    assert set(table["severity"]) <= {"error", "warning"} and table["severity"].is_monotonic_increasing
    assert table["do"].str.len().gt(3).all()
    rows = table[table["severity"] == severity]
    return list(zip(rows["file"], rows["problem"], strict=True))


def test_a_good_folder_has_no_findings(good_folder):
    assert check_folder(good_folder).empty
    assert list(check_folder(good_folder).columns) == ["severity", "file", "problem", "do"]


def test_files_that_cannot_be_read_are_all_named(good_folder):
    (good_folder / "A/a1/2.x3p").write_bytes(b"x")
    write_good(good_folder / "B/b2/2.x3p", heights=good_heights() * np.nan)
    assert findings(good_folder, "error") == [
        ("A/a1/2.x3p", "no readable X3P file: File is not a zip file"),
        ("B/b2/2.x3p", "every point is missing (NaN)"),
    ]


def test_pixel_sizes_and_shapes(good_folder):
    write(good_folder, "B/b2/2.x3p", seed=9, shape=(10, 14), x=3.125e-6)
    assert findings(good_folder, "error") == [
        ("(folder)", "different pixel sizes: 5 x 6.25 µm, 1 x 3.125 µm")
    ]
    assert findings(good_folder, "warning") == [("(folder)", "2 shapes, (10, 14) to (12, 12)")]


def test_copies_across_firearms_are_errors_within_one_warnings(good_folder):
    shutil.copy(good_folder / "A/a1/1.x3p", good_folder / "A/a1/3.x3p")
    pack(
        good_folder / "B/b1/2.x3p",
        {f"x/{name}": data for name, data in members(good_folder / "A/a2/1.x3p").items()},
    )
    assert findings(good_folder, "error") == [
        ("A/a2/1.x3p, B/b1/2.x3p", "the same heights under several firearms: a2, b1")
    ]
    assert findings(good_folder, "warning") == [
        ("A/a1/1.x3p, A/a1/3.x3p", "the same heights several times, firearm a1")
    ]


def test_labels_and_groups(good_folder):
    shutil.rmtree(good_folder / "B/b2")
    assert findings(good_folder, "warning") == [("(folder)", "1 brands with one firearm: B")]
    shutil.rmtree(good_folder / "B")
    assert findings(good_folder, "warning") == [("(folder)", "one brand only")]
    (good_folder / "manifest.csv").write_text(
        "file,brand,firearm\nA/a1/1.x3p,A,1\nA/a1/2.x3p,B,1\nA/a2/1.x3p,A,2\n"
    )
    assert ("(folder)", "1 firearms with several brands: 1") in findings(good_folder, "warning")


def test_notes_of_loader_and_reader_are_warnings(good_folder):
    for number in range(2):
        write(good_folder, f"C/c-{number}.x3p", seed=20 + number, x=6.25)
    problems = dict(findings(good_folder, "warning"))
    assert problems["C/c-0.x3p, C/c-1.x3p"].startswith("increments of 6.25 read as micrometres")
    assert any(
        "firearm taken from 2 file names" in problem for _, problem in findings(good_folder, "warning")
    )


def test_a_faulty_manifest_is_the_one_finding(good_folder):
    (good_folder / "manifest.csv").write_text("file,brand,firearm\nA/a1/1.x3p,,1\ngone.x3p,A,1\n")
    (row,) = findings(good_folder, "error")
    assert row[0] == str(good_folder / "manifest.csv")
    assert "line 2: no brand" in row[1] and "line 3: file 'gone.x3p' does not exist" in row[1]
    assert len(check_folder(good_folder)) == 1


def test_scales_that_are_missing_or_cannot_be(good_folder):
    np.save(good_folder / "B/b2/2.npy", good_heights())
    with_tag(write_good(good_folder / "B/b2/3.x3p"), "Increment", "3e-6", axis="CY")
    write_good(good_folder / "B/b2/4.x3p", x=1.0)
    write_good(good_folder / "B/b2/5.x3p", heights=good_heights() * 1e9)
    found = dict(findings(good_folder, "error"))
    assert found["B/b2/2.npy"] == ".npy files do not say how large a pixel and how high a unit is"
    assert found["B/b2/3.x3p"] == "pixels are not square: increments 6.25e-06 and 3e-06"
    assert found["B/b2/4.x3p"] == "increments of 1 m; pixels of 0.05 to 100 µm make sense"
    assert "micrometres are not certain either" in found["B/b2/5.x3p"]
    (good_folder / "manifest.csv").write_text(
        "file,brand,firearm,pixel_size_um,height_scale_um\nB/b2/2.npy,B,b2,six,1\n"
    )
    ((_, what),) = findings(good_folder, "error")
    assert what == "pixel_size_um is 'six' in 1 rows"


def test_folders_in_another_layout(good_folder):
    (good_folder / "photographs").mkdir()
    (good_folder / "photographs/bench.jpg").write_bytes(b"x")
    ((_, what),) = findings(good_folder, "warning")
    assert what == "passed over, no files ending in .x3p .npy .png .tif .tiff: photographs"
    write(good_folder, "A/a1/left/9.x3p")
    ((_, what),) = findings(good_folder, "error")
    assert what.startswith("files too deep, in ") and what.endswith("left")
    shutil.rmtree(good_folder / "A/a1/left")
    write(good_folder, "9.x3p")
    assert [what for _, what in findings(good_folder, "error")] == [
        "files both beside and inside the folders"
    ]


@pytest.mark.parametrize("file", [None, "a/b/notes.txt", "a/._scan.x3p"])
def test_an_unknown_kind_lists_the_layouts(tmp_path, file):
    if file:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_bytes(b"x")
    with pytest.raises(DataError, match="known kind") as caught:
        check_folder(tmp_path)
    assert "brand/firearm/file" in caught.value.do and "manifest.csv" in caught.value.do
    with pytest.raises(DataError, match="does not exist"):
        check_folder(tmp_path / "none")


def test_real_folders(real_cartridges):
    assert not findings(real_cartridges / "weller", "error")
    table = check_folder(real_cartridges)
    (error,) = table["problem"][table["severity"] == "error"]
    assert error.startswith("different pixel sizes: 85 x 6.25 µm")
    problems = " ".join(table["problem"])
    assert "comparison_scores" in problems and "a relief of 247 m" in problems
    assert "firearm taken from 88 file names" in problems
