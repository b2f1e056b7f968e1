import inspect

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fireanalysis import simulators
from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import load_cartridges, split

from .malformed import write_good


def make(root, *files) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        write_good(root / file)


def manifest(root, text: str, encoding: str = "utf-8") -> None:
    (root / "manifest.csv").write_bytes(text.encode(encoding))


def test_brand_firearm_file(tmp_path):
    make(tmp_path, "Ruger/p95 a/1-1.x3p", "Ruger/p95 a/2.X3P", "Glock/17-3/x.x3p")
    data = load_cartridges(tmp_path)
    assert list(data.table["file"]) == ["Glock/17-3/x.x3p", "Ruger/p95 a/1-1.x3p", "Ruger/p95 a/2.X3P"]
    assert list(data.labels) == ["Glock", "Ruger", "Ruger"] and list(data.groups) == [
        "17-3",
        "p95 a",
        "p95 a",
    ]
    assert not data.table["firearm_inferred"].any() and data.notes == ()
    assert (data.label, data.group, data.source, data.name) == ("brand", "firearm", "real", tmp_path.name)
    assert data[1].name == "1-1" and data[1].pixel_size_um == pytest.approx(6.25)


def test_brand_file_takes_the_firearm_from_the_name(tmp_path):
    make(
        tmp_path,
        *(f"A/Fadul {name}.x3p" for name in ("1-1", "1-2", "10-1", "A")),
        "B/TW03-09.x3p",
        "B/s_7_12.x3p",
    )
    data = load_cartridges(tmp_path)
    assert list(data.groups) == ["Fadul 1", "Fadul 1", "Fadul 10", "Fadul A", "TW03", "s_7"]
    assert data.table["firearm_inferred"].all()
    assert data.notes == ("firearm taken from 6 file names without their shot number",)


def test_firearms_of_the_same_name_in_two_brands_are_two(tmp_path):
    make(tmp_path, "A/1/a.x3p", "B/1/a.x3p", "B/2/a.x3p")
    assert list(load_cartridges(tmp_path).groups) == ["A/1", "B/1", "2"]


def test_one_folder_of_scans_is_one_brand(tmp_path, monkeypatch):
    make(tmp_path, "fadul/Fadul 1-1.x3p", "fadul/Fadul 2-1.x3p")
    (tmp_path / "fadul" / "notes").mkdir()
    monkeypatch.chdir(tmp_path / "fadul")
    for root in (tmp_path / "fadul", "."):
        data = load_cartridges(root)
        assert set(data.labels) == {"fadul"} and list(data.groups) == ["Fadul 1", "Fadul 2"]
        assert data.notes[0].endswith("notes")


def test_what_is_not_a_scan_is_passed_over_and_named(tmp_path):
    make(tmp_path, "A/1/a.x3p", "A/1/._a.x3p", "__MACOSX/A/1/a.x3p", ".cache/1/a.x3p", "A/__MACOSX/a.x3p")
    (tmp_path / "A" / "1" / "readme.txt").write_text("x")
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "accf.csv").write_text("a,b")
    data = load_cartridges(tmp_path)
    assert list(data.table["file"]) == ["A/1/a.x3p"]
    assert data.notes == ("passed over, no files ending in .x3p .npy .png .tif .tiff: scores",)


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ([], "no files ending in .x3p"),
        (["a.x3p", "A/b.x3p"], "both beside and inside"),
        (["A/1/a.x3p", "A/1/session/b.x3p"], "too deep"),
    ],
)
def test_folders_in_no_layout(tmp_path, files, match):
    make(tmp_path, *files)
    with pytest.raises(DataError, match=match) as caught:
        load_cartridges(tmp_path)
    assert "brand/firearm/file" in caught.value.do and caught.value.where == tmp_path


def test_no_folder(tmp_path):
    make(tmp_path, "A/1/a.x3p")
    for root in (tmp_path / "none", tmp_path / "A" / "1" / "a.x3p"):
        with pytest.raises(DataError, match="data folder"):
            load_cartridges(root)


def test_manifest_keeps_text_and_further_columns(tmp_path):
    make(tmp_path, "scans/a.x3p", "scans/b.x3p", "c.x3p", "not named.x3p")
    text = (
        "file, brand,firearm ,caliber,operator,year\n"
        "scans/a.x3p, Çelik ,007,9 mm,NA,2011\nscans\\b.x3p,NA,007,.380,,\nc.x3p,1,08,,x,1999\n"
    )
    for encoding in ("utf-8", "utf-8-sig"):
        manifest(tmp_path, text, encoding)
        data = load_cartridges(tmp_path)
        assert list(data.labels) == ["Çelik", "NA", "1"] and list(data.groups) == ["007", "007", "08"]
        assert list(data.table["caliber"]) == ["9 mm", ".380", ""]
        assert list(data.table["file"])[1] == "scans/b.x3p"
        assert data.table["year"][0] == 2011 and pd.isna(data.table["year"][1])
        assert len(list(data.samples())) == 3


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a.x3p,A,1,", "gone.x3p,A,1,"], ["line 3: file 'gone.x3p' does not exist"]),
        (["../b.x3p,A,1,", "a.x3p,A,1,"], ["line 2: file '../b.x3p' leads out"]),
        (["A/../../b.x3p,A,1,"], ["leads out"]),
        (["/etc/hostname,A,1,"], ["leads out"]),
        (["C:\\b.x3p,A,1,"], ["leads out"]),
        (["link.x3p,A,1,"], ["line 2: file 'link.x3p' leads out"]),
        (["linked/b.x3p,A,1,"], ["leads out"]),
        (["a.x3p,A,1,", "a.x3p,A,1,"], ["line 3: file 'a.x3p' is named twice"]),
        (["a.x3p,,1,", "c.x3p,A, ,"], ["line 2: no brand", "line 3: no firearm"]),
        (["a.x3p"], ["line 2: no brand", "line 2: no firearm"]),
        ([",A,1,"], ["line 2: file '' is empty"]),
        ([f"{'x' * 5000},A,1,"], ["cannot be used: File name too long"]),
        (["A,A,1,"], ["'A' does not exist"]),
        (["a.x3p,A,1,", "./a.x3p,A,1,"], ["line 3: file 'a.x3p' is named twice"]),
        (["./,A,1,", "a\0.x3p,A,1,"], ["'.' does not exist", "line 3:"]),
        ([f"gone {number},A,1," for number in range(9)], ["9 faults in 9 rows", "line 6:", "and 4 more"]),
    ],
)
def test_faults_of_a_manifest_come_as_one_error(tmp_path, lines, expected):
    root = tmp_path / "root"
    make(tmp_path, "b.x3p", "root/a.x3p", "root/c.x3p", "root/A/x.x3p")
    (root / "link.x3p").symlink_to(tmp_path / "b.x3p")
    (root / "linked").symlink_to(tmp_path)
    manifest(root, "\n".join(["file,brand,firearm,caliber", *lines]))
    with pytest.raises(DataError) as caught:
        load_cartridges(root)
    for part in expected:
        assert part in caught.value.what
    assert caught.value.where == root / "manifest.csv" and "line" in caught.value.do


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "cannot be read"),
        (b"file,brand,firearm\n", "no rows"),
        (b"file,brand\na.x3p,A\n", "no column firearm; there are file, brand"),
        (b"file;brand;firearm\na.x3p;A;1\n", "there are file;brand;firearm"),
        (b"file,brand,firearm\na.x3p,A,1,2,3\n", "cannot be read"),
        ("file,brand,firearm\na.x3p,Çelik,1\n".encode("cp1254"), "cannot be read"),
        (b'file,brand,firearm\n"a.x3p,A,1\n', "cannot be read"),
        (bytes(range(256)) * 9, "manifest"),
        (b"file,brand,firearm,pixel_size_um\na.x3p,A,1,six\n", "pixel_size_um is 'six' in 1 rows"),
        (b"file,brand,firearm,height_scale_um\na.x3p,A,1,-1\n", "height_scale_um is"),
        (b"file,brand,firearm,height_scale_um\na.x3p,A,1,inf\n", "height_scale_um is"),
    ],
)
def test_what_is_no_manifest(tmp_path, content, match, recwarn):
    make(tmp_path, "a.x3p")
    (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(DataError, match=match) as caught:
        load_cartridges(tmp_path)
    assert caught.value.where == tmp_path / "manifest.csv"
    assert not recwarn.list


def test_scales_from_keywords_and_manifest(tmp_path):
    make(tmp_path, "A/1/a.x3p")
    np.save(tmp_path / "A" / "1" / "b.npy", np.eye(3))
    Image.fromarray(np.eye(3, dtype=np.uint16) * 500).save(tmp_path / "A" / "1" / "c.png")
    with pytest.raises(DataError, match=r"manifest\.csv"):
        list(load_cartridges(tmp_path).samples())
    data = load_cartridges(tmp_path, pixel_size_um=3.0, height_scale_um=0.5)
    expected = [(6.25, None), (3.0, 0.5), (3.0, 250.0)]
    for surface, (pixel, height) in zip(data.samples(), expected, strict=True):
        assert surface.pixel_size_um == pytest.approx(pixel)
        assert height is None or np.nanmax(surface.heights_um) == height
    # the table is a manifest: what the keywords said stays with the data
    data.table.to_csv(tmp_path / "manifest.csv", index=False)
    again = load_cartridges(tmp_path)
    assert [surface.pixel_size_um for surface in again.samples()] == [s.pixel_size_um for s in data.samples()]
    again.table.assign(pixel_size_um=[None, 4.0, None]).to_csv(tmp_path / "manifest.csv", index=False)
    mixed = load_cartridges(tmp_path, pixel_size_um=9.0, height_scale_um=1.0)
    assert [surface.pixel_size_um for surface in mixed.samples()] == [pytest.approx(6.25), 4.0, 9.0]


def test_nothing_is_read_before_it_is_used(tmp_path):
    make(tmp_path, "A/1/a.x3p", "A/2/b.x3p")
    (tmp_path / "A" / "2" / "b.x3p").write_bytes(b"damaged")
    data = load_cartridges(tmp_path)
    stream = data.samples(batch_size=64)
    assert next(stream).name == "a"
    with pytest.raises(DataError, match=r"b\.x3p"):
        next(stream)


def test_without_a_folder_the_set_is_simulated(monkeypatch):
    options = {"seed": 3, "brands": 5, "balanced": True, "shots_per_firearm": 3, "difficulty": 0.5}
    data = load_cartridges(cases=12, pixels=32, wrong_label_fraction=0.5, **options)
    assert (data.source, data.label, data.group, len(data)) == ("simulated", "brand", "firearm", 12)
    assert "simulated" in data.name
    table = simulators.sample_cartridges(12, wrong_label_fraction=0.5, **options)
    pd.testing.assert_frame_equal(data.table, table)
    assert (data.table["brand"] != data.table["true_brand"]).any()
    maps = simulators.render_primers(table, pixels=32)
    rendered = []
    render = simulators.render_primers
    monkeypatch.setattr(
        simulators, "render_primers", lambda rows, **kw: (rendered.append(len(rows)), render(rows, **kw))[1]
    )
    stream = data.samples(batch_size=8)
    assert not rendered
    surfaces = list(stream)
    assert rendered == [8, 4]
    for surface, heights, row in zip(surfaces, maps, table.itertuples(), strict=True):
        np.testing.assert_allclose(surface.heights_um, heights, atol=1e-3)  # µm; batches round differently
        assert surface.source == "simulated"
        assert surface.name == f"{row.brand}, firearm {row.firearm[:4]}, shot {row.shot}"
    np.testing.assert_allclose(data.subset([11, 4])[1].heights_um, maps[4], atol=1e-3)


def test_pixels_of_a_simulated_set_cover_the_same_field():
    coarse, fine = (load_cartridges(cases=1, pixels=pixels)[0] for pixels in (46, 184))
    assert coarse.pixel_size_um == pytest.approx(4 * fine.pixel_size_um)
    assert fine.pixel_size_um * 184 == pytest.approx(4452.8)  # the 4.45 mm primer
    shrunk = fine.heights_um.reshape(46, 4, 46, 4).mean(axis=(1, 3))
    both = np.isfinite(shrunk) & np.isfinite(coarse.heights_um)
    assert both.mean() > 0.5
    assert np.corrcoef(shrunk[both], coarse.heights_um[both])[0, 1] > 0.95


def test_defaults_are_the_simulators():
    ours = inspect.signature(load_cartridges).parameters
    for function in (simulators.sample_cartridges, simulators.render_primers):
        for name, parameter in inspect.signature(function).parameters.items():
            if name in ours and name != "device":  # here "auto": a GPU if there is one
                assert ours[name].default == parameter.default, name


@pytest.mark.parametrize("wrong", [{"cases": 0}, {"brands": ["Colt"]}, {"pixels": 2}, {"device": "abacus"}])
def test_a_set_that_cannot_be_simulated(wrong):
    with pytest.raises(ParameterError):
        load_cartridges(**({"cases": 2, "pixels": 16} | wrong))[0]


def test_sizes_of_a_simulated_set_change_no_real_one(tmp_path):
    make(tmp_path, "A/1/a.x3p", "A/2/b.x3p")
    data = load_cartridges(tmp_path, cases=1, brands=9, pixels=16, seed=4)
    assert len(data) == 2 and data[0].heights_um.shape == (24, 20) and data.source == "real"


def test_real_folders(real_cartridges):
    data = load_cartridges(real_cartridges)
    sizes = data.table["brand"].value_counts()
    assert dict(sizes.loc[["fadul", "weller"]]) == {"fadul": 40, "weller": 45}
    firearms = data.table.groupby("brand")["firearm"].nunique()
    assert firearms["fadul"] == 10 + 20 and firearms["weller"] == 5
    assert any("comparison_scores" in note for note in data.notes)
    parts = split(data, {"train": 0.7, "test": 0.3}, seed=0)
    assert {len(set(part.labels)) for part in parts.values()} == {3}
    assert parts["test"][0].heights_um.shape[0] > 200
