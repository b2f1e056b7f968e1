import contextlib
import io
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import read_surface

from . import malformed
from .malformed import edit_xml, members, pack, with_tag, write_good

OPEN_FILES = Path("/proc/self/fd")


@pytest.mark.parametrize("z_type", ["D", "F"])
def test_x3p_gives_micrometres_rows_by_columns_with_nan(tmp_path, z_type):
    heights = malformed.good_heights()
    surface = read_surface(write_good(tmp_path / "scan 1.x3p", z_type=z_type))
    np.testing.assert_allclose(surface.heights_um, heights * 1e6, rtol=2e-7)
    assert surface.heights_um.shape == (malformed.ROWS, malformed.COLUMNS)
    assert surface.heights_um.dtype == np.float32 and surface.heights_um.flags.c_contiguous
    assert np.isnan(surface.heights_um).sum() == 12
    assert (surface.name, surface.source, surface.notes) == ("scan 1", "real", ())
    assert surface.pixel_size_um == pytest.approx(6.25, rel=1e-12)


@pytest.mark.parametrize("dtype", ["i2", "i4"])
def test_x3p_with_whole_numbers_and_a_validity_file(tmp_path, dtype):
    numbers = np.arange(24 * 20).reshape(24, 20)
    valid = np.random.default_rng(0).random((24, 20)) < 0.8
    path = write_good(tmp_path / "scan.x3p")
    path = with_tag(path, "DataType", {"i2": "I", "i4": "L"}[dtype], axis="CZ")
    path = with_tag(path, "Increment", "2e-8", axis="CZ")
    path = with_tag(path, "Offset", "1e-6", axis="CZ")
    path = with_tag(path, "MD5ChecksumPointData", "")
    path = edit_xml(
        path,
        lambda xml: xml.replace(
            "</DataLink>", "<ValidPointsLink>bindata/valid.bin</ValidPointsLink></DataLink>"
        ),
    )
    bits = 0
    for place in np.flatnonzero(
        valid
    ):  # the standard packs the points in order, lowest bit of each byte first
        bits |= 1 << int(place)
    changed = {
        "bindata/data.bin": numbers.astype(f"<{dtype}").tobytes(),
        "bindata/valid.bin": bits.to_bytes(60, "little"),
    }
    surface = read_surface(pack(path, members(path) | changed))
    expected = np.where(valid, numbers * 0.02 + 1, np.nan)
    np.testing.assert_allclose(surface.heights_um, expected, rtol=1e-6)


def test_x3p_containers_that_differ_in_the_harmless(tmp_path):
    good = write_good(tmp_path / "good.x3p")
    expected = read_surface(good).heights_um
    content = members(good)
    xml = content["main.xml"].decode()
    plain_root = xml.replace("p:ISO5436_2 ", "ISO5436_2 ").replace("</p:", "</").replace("xmlns:p=", "xmlns=")
    deep = xml.replace("<Comment></Comment>", f"<Comment>{'<a>' * 100_000}{'</a>' * 100_000}</Comment>")
    harmless = {
        "folder and Mac files": {f"scan/{name}": data for name, data in content.items()}
        | {"__MACOSX/scan/._main.xml": b"\0", "scan/._main.xml": b"\0", "scan/bindata/mask.png": b"x"},
        "backslashes": {name.replace("/", "\\"): data for name, data in content.items()},
        "root without prefix": content | {"main.xml": plain_root.encode()},
        "revision": content | {"main.xml": xml.replace("ISO5436 - 2000", "ISO5436 -2000").encode()},
        "latin-1": content | {"main.xml": xml.replace("<Creator>", "<Creator>Müller").encode("latin-1")},
        "utf-16": content | {"main.xml": xml.replace("UTF-8", "UTF-16").encode("utf-16")},
        "byte order mark": content | {"main.xml": b"\xef\xbb\xbf" + content["main.xml"]},
        "checksum in small letters": content | {"main.xml": _small_checksum(xml).encode()},
        "deeply nested comment": content | {"main.xml": deep.encode()},
        "points under another name": {
            name.replace("data.bin", "z.dat"): data for name, data in content.items()
        }
        | {"main.xml": xml.replace("data.bin", "z.dat").encode()},
    }
    for name, files in harmless.items():
        surface = read_surface(pack(tmp_path / "other.X3P", files))
        np.testing.assert_array_equal(surface.heights_um, expected, err_msg=name)
        assert surface.notes == (), name


def _small_checksum(xml: str) -> str:
    start = xml.index("<MD5ChecksumPointData>") + len("<MD5ChecksumPointData>")
    return xml[:start] + xml[start : start + 32].lower() + xml[start + 32 :]


def test_missing_points_written_by_r_are_missing_and_silent(tmp_path, recwarn):
    # R's NA is a signalling NaN; numpy.nanmin gives nan for such arrays and multiplying warns.
    heights = malformed.good_heights()
    heights.view(np.uint64)[5, 5] = 0x7FF00000000007A2
    for path in (write_good(tmp_path / "r.x3p", heights=heights), tmp_path / "r.npy"):
        np.save(tmp_path / "r.npy", heights)
        surface = read_surface(path, pixel_size_um=6.25, height_scale_um=1e6)
        assert np.isnan(surface.heights_um[5, 5]) and np.isnan(surface.heights_um).sum() == 13
        assert np.nanmin(surface.heights_um) == np.float32(np.nanmin(malformed.good_heights() * 1e6))
    assert not recwarn.list


@pytest.mark.parametrize(
    ("factor", "increment", "pixel_um", "height_factor", "notes"),
    [
        (1, 6.25e-6, 6.25, 1e6, 0),  # as the standard says
        (300, 6.25e-6, 6.25, 1e6, 0),  # 3 mm deep: odd, but possible
        (5e6, 6.25e-6, 6.25, 1, 1),  # heights in micrometres
        (5e6, 6.25, 6.25, 1, 2),  # all in micrometres
        (1, 6.25, 6.25, 1e6, 1),  # increments in micrometres
        (1, 8.74789e-7, 0.874789, 1e6, 0),
        (1, 1e-4, 100, 1e6, 0),
    ],
)
def test_micrometres_labelled_metres_are_corrected_and_noted(
    tmp_path, factor, increment, pixel_um, height_factor, notes
):
    heights = malformed.good_heights() * factor
    surface = read_surface(write_good(tmp_path / "a.x3p", heights=heights, x=increment))
    np.testing.assert_allclose(surface.heights_um, heights * height_factor, rtol=1e-6)
    assert surface.pixel_size_um == pytest.approx(pixel_um)
    assert len(surface.notes) == notes and all("micrometres" in note for note in surface.notes)


@pytest.mark.parametrize(
    ("factor", "increment"), [(1e6, 1.0), (1e6, 6.25e-3), (3e3, 6.25e-6), (3e9, 6.25e-6)]
)
def test_doubtful_units_are_refused_until_the_user_states_them(tmp_path, factor, increment):
    heights = malformed.good_heights() * factor
    path = write_good(tmp_path / "a.x3p", heights=heights, x=increment)
    with pytest.raises(DataError, match="height_scale_um"):
        read_surface(path)
    surface = read_surface(path, pixel_size_um=6.25, height_scale_um=1e6 / factor)
    np.testing.assert_allclose(surface.heights_um, malformed.good_heights() * 1e6, rtol=1e-6)
    assert surface.pixel_size_um == 6.25


def test_heights_far_from_zero_keep_their_marks(tmp_path):
    heights = malformed.good_heights()
    surface = read_surface(write_good(tmp_path / "a.x3p", heights=heights + 0.25))  # a stage at 250 mm
    relief = surface.heights_um - np.nanmin(surface.heights_um)
    np.testing.assert_allclose(relief, (heights - np.nanmin(heights)) * 1e6, atol=1e-4)


def test_nearly_square_pixels_pass(tmp_path):
    path = write_good(tmp_path / "a.x3p", x=6.25e-6, y=6.2505e-6)
    assert read_surface(path).pixel_size_um == pytest.approx(6.25, rel=1e-4)


def test_scaling_of_floating_point_heights_is_ignored_aloud(tmp_path):
    path = with_tag(write_good(tmp_path / "a.x3p"), "Increment", "1e-6", axis="CZ")
    surface = read_surface(path)
    np.testing.assert_allclose(surface.heights_um, malformed.good_heights() * 1e6, rtol=1e-6)
    assert "1e-06" in surface.notes[0]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int16", "uint8", ">f8"])
def test_npy_with_a_stated_scale(tmp_path, dtype):
    stored = np.arange(12).reshape(3, 4).astype(dtype)
    np.save(tmp_path / "a.npy", np.asfortranarray(stored))
    surface = read_surface(tmp_path / "a.npy", pixel_size_um=3.5, height_scale_um=0.5)
    np.testing.assert_array_equal(surface.heights_um, np.arange(12).reshape(3, 4) / 2)  # 0 is a height here
    assert surface.pixel_size_um == 3.5 and surface.heights_um.dtype == np.float32


@pytest.mark.parametrize("ending", ["png", "tif", "TIFF"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_16_bit_pictures_with_a_stated_scale(tmp_path, ending, compression):
    stored = np.random.default_rng(0).integers(1, 65535, (30, 20)).astype(np.uint16)
    stored[:2] = 0
    options = {"compression": compression} if compression and ending != "png" else {}
    Image.fromarray(stored).save(tmp_path / f"a.{ending}", **options)
    surface = read_surface(tmp_path / f"a.{ending}", pixel_size_um=6, height_scale_um=0.001)
    expected = np.where(stored == 0, np.nan, stored * 0.001)
    np.testing.assert_allclose(surface.heights_um, expected, rtol=1e-6)
    assert surface.notes == ("points of grey value 0 read as missing",)


def test_pictures_read_in_many_threads_leave_stderr_as_it_was(tmp_path, capfd):
    stored = np.random.default_rng(0).integers(1, 65535, (60, 60)).astype(np.uint16)
    Image.fromarray(stored).save(tmp_path / "a.tif", compression="tiff_lzw")
    damaged = bytearray((tmp_path / "a.tif").read_bytes())
    damaged[300:340] = b"\xff" * 40
    (tmp_path / "b.tif").write_bytes(damaged)

    def is_read(name: str) -> bool:
        with contextlib.suppress(DataError):
            return read_surface(tmp_path / name, pixel_size_um=6, height_scale_um=0.001).heights_um.shape == (
                60,
                60,
            )
        return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(is_read, ["a.tif", "b.tif"] * 50)) == [True, False] * 50
    os.write(2, b"still here")
    assert capfd.readouterr() == ("", "still here")


def test_float_tiff_keeps_zero_and_nan(tmp_path):
    stored = np.array([[0, 1.5], [np.nan, -2]], np.float32)
    Image.fromarray(stored).save(tmp_path / "a.tif")
    surface = read_surface(tmp_path / "a.tif", pixel_size_um=6, height_scale_um=1)
    np.testing.assert_array_equal(surface.heights_um, stored)


@pytest.mark.parametrize("given", [{}, {"pixel_size_um": 6.25}, {"height_scale_um": 1.0}])
@pytest.mark.parametrize("ending", ["npy", "png"])
def test_a_missing_scale_says_what_to_give(tmp_path, ending, given):
    np.save(tmp_path / "a.npy", np.eye(4))
    Image.fromarray(np.eye(4, dtype=np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"pixel_size_um and height_scale_um.*\n?.*manifest.csv"):
        read_surface(tmp_path / f"a.{ending}", **given)


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan"), float("inf"), "6.25", [1]])
@pytest.mark.parametrize("name", ["pixel_size_um", "height_scale_um"])
def test_a_scale_is_a_number_above_zero(tmp_path, name, wrong):
    with pytest.raises(ParameterError, match=name):
        read_surface(write_good(tmp_path / "a.x3p"), **{name: wrong})


@pytest.mark.parametrize("pixel_size_um", [0.01, 150])
def test_a_stated_pixel_size_must_make_sense(tmp_path, pixel_size_um):
    np.save(tmp_path / "a.npy", np.eye(4))
    for path in (write_good(tmp_path / "a.x3p"), tmp_path / "a.npy"):
        with pytest.raises(DataError, match="make sense"):
            read_surface(path, pixel_size_um=pixel_size_um, height_scale_um=1)


@pytest.mark.parametrize("path", [None, 3, 4.5, [], b"a.x3p", "", "a\0b.x3p"])
def test_what_is_no_path_is_a_data_error(path):
    with pytest.raises(DataError):
        read_surface(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind here")
def test_a_file_without_rights_is_a_data_error(tmp_path):
    path = write_good(tmp_path / "a.x3p")
    path.chmod(0)
    with pytest.raises(DataError, match="Permission"):
        read_surface(path)


def test_a_path_may_be_text(tmp_path):
    assert read_surface(str(write_good(tmp_path / "a.x3p"))).name == "a"


def open_files() -> list[Path]:
    """What this process holds open, as the system lists it."""
    listed = []
    for entry in OPEN_FILES.iterdir():
        with contextlib.suppress(FileNotFoundError):
            listed.append(entry.readlink())
    return listed


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="this system does not list a process's open files")
def test_errors_leave_no_file_open(tmp_path, recwarn):
    good = write_good(tmp_path / "a.x3p").read_bytes()
    (tmp_path / "bad.x3p").write_bytes(good[:-30])
    (tmp_path / "bad.tif").write_bytes(good)
    np.save(tmp_path / "bad.npy", np.zeros(9))
    for ending in ("x3p", "tif", "npy") * 5:
        with pytest.raises(DataError):
            read_surface(tmp_path / f"bad.{ending}", pixel_size_um=6.25, height_scale_um=1)
    assert not [path for path in open_files() if path.is_relative_to(tmp_path)]
    with (tmp_path / "bad.npy").open("rb"):
        assert tmp_path / "bad.npy" in open_files(), "an open file would be seen"
    assert not recwarn.list


def test_real_scans_all_open(real_cartridges):
    surfaces = {path.name: read_surface(path) for path in sorted(real_cartridges.glob("*/*.x3p"))}
    assert len(surfaces) >= 88
    for name, surface in surfaces.items():
        relief = np.nanmax(surface.heights_um) - np.nanmin(surface.heights_um)
        assert 5 < relief < 500, name
        assert surface.notes == () or name == "circle.x3p", name
    weller = surfaces["TW03-09.x3p"]
    assert weller.heights_um.shape == (601, 593) and weller.pixel_size_um == pytest.approx(6.25)
    assert np.isnan(weller.heights_um).mean() == pytest.approx(0.580, abs=1e-3)
    scratch = surfaces["Klein_non_replica_mode_X3P_Scratch.x3p"]
    assert scratch.heights_um.shape == (924, 924) and scratch.pixel_size_um == pytest.approx(0.874789)
    assert surfaces["quirk_sample-land.x3p"].heights_um.shape == (256, 918)
    # Its heights are grey values 0 to 247 called metres.
    assert surfaces["circle.x3p"].notes == ("heights read as micrometres: a relief of 247 m cannot be",)


def test_real_scan_agrees_with_its_bytes(real_cartridges):
    path = real_cartridges / "weller" / "TW01-01.x3p"
    with zipfile.ZipFile(path) as archive:
        stored = np.frombuffer(io.BytesIO(archive.read("bindata/data.bin")).getvalue(), "<f8").reshape(
            563, 561
        )
    heights = read_surface(path).heights_um
    np.testing.assert_array_equal(np.isnan(heights), np.isnan(stored))
    valid = ~np.isnan(stored)
    np.testing.assert_allclose(heights[valid], stored[valid] * 1e6, rtol=1e-6)
