"""Primers and maps: what is kept is what the transforms give; what is of no use is left out and said."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fireanalysis import loaders, transforms
from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import DataSet, Surface, inputs, keep_primers, load_cartridges, prepare_maps
from fireanalysis.simulators import primer_field_mm

FIELD_UM = 1000 * primer_field_mm()
reads: list[int] = []


def hills(*, pixels: int, field_um: float = FIELD_UM, turn: float = 0.0) -> np.ndarray:
    """Heights in micrometres of one and the same surface, at any pixel size: waves of 1.1 to 1.7 mm."""
    place = (np.arange(pixels) + 0.5) * field_um / pixels - field_um / 2
    y, x = np.meshgrid(place / 1000, place / 1000, indexing="ij")
    return 8 * np.sin(4 * x + turn) * np.cos(3.7 * y) + 5 * np.sin(5.5 * y - 2 * x) + 3 * x


def surfaces(rows: pd.DataFrame) -> Iterator[Surface]:
    reads.append(len(rows))
    for row in rows.to_dict("records"):
        heights = hills(pixels=row["pixels"], turn=row["number"]).astype(np.float32)
        if row["missing"] == "all":
            heights[:] = np.nan
        elif row["missing"] == "nearly all":
            heights[:, row["pixels"] // 25 :] = np.nan
        elif row["missing"] == "scattered":  # 6 % of the points, each alone
            keep = np.zeros(heights.shape, bool)
            keep[::4, ::4] = True
            heights[~keep] = np.nan
        elif row["missing"] == "flat":
            heights[:] = 3.0
        elif row["missing"] == "corner":
            heights[: row["pixels"] // 8, : row["pixels"] // 8] = np.nan
        elif row["missing"] == "unreadable":
            raise DataError("the file is cut short", where=f"scan {row['number']}", do="copy it again")
        yield Surface(heights, FIELD_UM / row["pixels"], f"scan {row['number']}", source="real")


def scans(missing: list[str], *, pixels: list[int] | None = None) -> DataSet[Surface]:
    count = len(missing)
    table = pd.DataFrame({"number": range(count), "missing": missing, "pixels": pixels or [64] * count})
    table["brand"], table["firearm"] = [f"B{k % 2}" for k in range(count)], [f"gun {k}" for k in range(count)]
    table["file"] = [f"scan {k}.x3p" for k in range(count)]
    return DataSet(table, surfaces, "brand", "firearm", "real", "scans", notes=("a note",))


# ---------------------------------------------------------------- primers


def test_primers_are_what_the_transform_gives_and_are_made_once(tmp_path: Path) -> None:
    data = scans(["", "corner", ""])
    reads.clear()
    primers = keep_primers(data, pixels=64, store=tmp_path)
    assert reads == [3] and len(primers) == 3
    for number, (found, surface) in enumerate(zip(primers.samples(), data.samples(), strict=True)):
        expected = transforms.primer_view(
            surface.heights_um, pixel_size_um=surface.pixel_size_um, field_mm=primer_field_mm(), pixels=64
        )
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.float32 and np.isnan(found).sum() == (64 if number == 1 else 0)
    reads.clear()
    again = keep_primers(data, pixels=64, store=tmp_path)
    assert not reads and again.fingerprint() == primers.fingerprint()
    assert (again[1][20:] == primers[1][20:]).all()
    pd.testing.assert_frame_equal(primers.table.drop(columns="row"), data.table)
    assert (primers.label, primers.group, primers.source, primers.name) == (
        "brand",
        "firearm",
        "real",
        "scans",
    )
    assert primers.notes == ("a note",)
    assert keep_primers(data, pixels=32, store=tmp_path)[0].shape == (32, 32) and reads == [3]


def test_surfaces_of_no_use_are_left_out_and_named(tmp_path: Path) -> None:
    data = scans(["", "all", "", "nearly all", "corner"])
    primers = keep_primers(data, pixels=64, store=tmp_path)
    assert list(primers.table["number"]) == [0, 2, 4]
    assert primers.notes == (
        "a note",
        "2 of 5 surfaces left out, too little of a primer measured: scan 1.x3p, scan 3.x3p",
    )
    for row, number in enumerate((0, 2, 4)):
        np.testing.assert_allclose(primers[row][20:], hills(pixels=64, turn=number)[20:], atol=1e-4)
    for subset in (primers.subset([2, 0]), primers.subset([2]).subset([0])):
        np.testing.assert_allclose(subset[0][20:], hills(pixels=64, turn=4)[20:], atol=1e-4)
    with pytest.raises(
        DataError, match="2 of 2 surfaces left out, too little of a primer measured"
    ) as caught:
        keep_primers(scans(["all", "nearly all"]), pixels=64, store=tmp_path)
    assert "fireanalysis check" in caught.value.do


def test_without_files_the_firearms_are_named(tmp_path: Path) -> None:
    data = scans(["", "all"])
    data = DataSet(data.table.drop(columns="file"), surfaces, "brand", "firearm", "simulated", "scans")
    assert keep_primers(data, pixels=64, store=tmp_path).notes[0].endswith("measured: gun 1")


def test_one_surface_at_several_pixel_sizes_and_shapes_comes_out_alike(tmp_path: Path) -> None:
    sizes = [96, 128, 150, 200, 333, 512]
    primers = keep_primers(scans([""] * 6, pixels=sizes), pixels=96, store=tmp_path)
    for number, found in enumerate(primers.samples()):
        expected = hills(pixels=96, turn=number)
        # Averages over parts of points lie up to 1/12 of a new point beside its middle; slopes reach 2.5 µm a point.
        error = np.abs(found - expected)[2:-2, 2:-2]
        assert error.max() < 0.25 and error.mean() < 0.07, sizes[number]
        shapes = [transforms.shape_index(heights, sigma=3.0)[12:-12, 12:-12] for heights in (found, expected)]
        assert np.abs(shapes[0] - shapes[1]).mean() < 0.002, sizes[number]
    assert (
        primers.notes[1] == f"pixel sizes of {FIELD_UM / 512:.4g} to {FIELD_UM / 96:.4g} µm resampled to one"
    )
    one = keep_primers(scans([""] * 2, pixels=[150, 150]), pixels=96, store=tmp_path)
    assert one.notes == ("a note",)


def wider(rows: pd.DataFrame) -> Iterator[Surface]:
    """Scans that hold more than the square, of several shapes, the measured points in their middle."""
    for row in rows.to_dict("records"):
        pixel = FIELD_UM / row["pixels"]
        heights = np.full(
            (row["pixels"] + 2 * row["above"], row["pixels"] + 2 * row["beside"]), np.nan, np.float32
        )
        heights[
            row["above"] : row["above"] + row["pixels"], row["beside"] : row["beside"] + row["pixels"]
        ] = hills(pixels=row["pixels"])
        yield Surface(heights, pixel, "scan", source="real")


def test_mixed_shapes_are_cut_to_the_same_square(tmp_path: Path) -> None:
    table = pd.DataFrame({"pixels": [128, 128, 200, 256], "above": [0, 9, 20, 3], "beside": [0, 30, 2, 40]})
    table["brand"], table["firearm"] = ["A", "B", "A", "B"], range(4)
    data = DataSet(table, wider, "brand", "firearm", "real", "scans")
    for found in keep_primers(data, pixels=128, store=tmp_path).samples():
        error = np.abs(found - hills(pixels=128))[2:-2, 2:-2]
        assert error.max() < 0.2


def test_a_scan_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file is cut short") as caught:
        keep_primers(scans(["", "", "unreadable", ""]), pixels=64, store=tmp_path)
    assert caught.value.where == "scan 2"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_cut_off_file_among_real_ones(tmp_path: Path) -> None:
    for number in range(3):
        folder = tmp_path / "scans" / "Walther" / f"gun {number}"
        folder.mkdir(parents=True)
        np.save(folder / "1.npy", hills(pixels=64).astype(np.float32))
    scales = {"pixel_size_um": FIELD_UM / 64, "height_scale_um": 1.0}
    data = load_cartridges(tmp_path / "scans", **scales)
    whole, before = folder / "1.npy", data.fingerprint()
    content = whole.read_bytes()
    whole.write_bytes(content[:-300])
    data = load_cartridges(tmp_path / "scans", **scales)
    assert data.fingerprint() != before
    with pytest.raises(DataError) as caught:
        keep_primers(data, pixels=64, store=tmp_path / "store")
    assert "gun 2" in str(caught.value.where)
    assert not list((tmp_path / "store").rglob("*.npy")) and not list((tmp_path / "store").rglob("*.json"))
    whole.write_bytes(content)
    assert (
        len(keep_primers(load_cartridges(tmp_path / "scans", **scales), pixels=64, store=tmp_path / "store"))
        == 3
    )


@pytest.mark.parametrize("pixels", [15, 0, -4, 64.5, 2**14])
def test_primers_of_sizes_out_of_range(tmp_path: Path, pixels: Any) -> None:
    with pytest.raises(ParameterError, match="pixels is"):
        keep_primers(scans([""]), pixels=pixels, store=tmp_path)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inputs.Entry, "write_array", rows)
    with pytest.raises(RunError, match="cannot keep primers: No space left on device"):
        keep_primers(scans([""]), pixels=64, store=tmp_path)


# ---------------------------------------------------------------- maps


@pytest.fixture(scope="module")
def primers(tmp_path_factory: pytest.TempPathFactory) -> DataSet[np.ndarray]:
    return keep_primers(scans(["", "corner", ""]), pixels=64, store=tmp_path_factory.mktemp("primers"))


def test_a_height_map_is_the_heights_without_their_plane(primers: DataSet, tmp_path: Path) -> None:
    maps = prepare_maps(primers, kind="height map", pixels=32, store=tmp_path)
    for found, heights in zip(maps.samples(), primers.samples(), strict=True):
        expected = transforms.level(transforms.resample(heights, pixels=32))
        np.testing.assert_array_equal(found, expected)
        y, x = np.nonzero(~np.isnan(found))
        slopes = np.linalg.lstsq(np.stack([np.ones(len(x)), x, y], 1), found[y, x], rcond=None)[0]
        assert np.abs(slopes).max() < 1e-4


def test_a_shape_index_map_is_the_shape_index_to_half_precision(primers: DataSet, tmp_path: Path) -> None:
    for sigma in (1.0, 3.0):
        maps = prepare_maps(primers, kind="shape index", pixels=64, sigma=sigma, store=tmp_path)
        for found, heights in zip(maps.samples(), primers.samples(), strict=True):
            expected = transforms.shape_index(transforms.level(heights), sigma=sigma)
            assert (np.isnan(found) == np.isnan(expected)).all() and found.dtype == np.float32
            assert np.nanmax(np.abs(found - expected)) <= 0.00025
            assert np.nanmin(found) >= -1 and np.nanmax(found) <= 1


def test_heights_are_rounded_before_the_shape_is_taken(primers: DataSet, tmp_path: Path) -> None:
    heights = transforms.quantise(transforms.level(primers[0]), bits=8)
    maps = prepare_maps(primers, kind="height map", pixels=64, bits=8, store=tmp_path)
    np.testing.assert_array_equal(maps[0], heights)
    assert len(np.unique(maps[0])) <= 256
    shape = prepare_maps(primers, kind="shape index", pixels=64, bits=8, store=tmp_path)[0]
    np.testing.assert_allclose(shape, transforms.shape_index(heights, sigma=3.0), atol=0.00025)


def test_smaller_inputs_are_averages_of_the_finished_map(primers: DataSet, tmp_path: Path) -> None:
    whole = prepare_maps(primers, kind="shape index", pixels=64, store=tmp_path)
    quarter = prepare_maps(primers, kind="shape index", pixels=64, shrink_by=4, store=tmp_path)
    blocks = whole[0].reshape(16, 4, 16, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(quarter[0], blocks, atol=0.001)


def test_maps_keep_rows_columns_and_notes_and_are_made_once(
    primers: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = primers.subset([2, 0])
    maps = prepare_maps(some, kind="height map", pixels=32, store=tmp_path)
    assert list(maps.table["number"]) == [2, 0] and maps.notes == primers.notes
    assert list(maps.table.columns) == list(primers.table.columns)
    np.testing.assert_array_equal(
        maps[1], prepare_maps(primers, kind="height map", pixels=32, store=tmp_path)[0]
    )
    monkeypatch.setattr(inputs, "level", None)
    again = prepare_maps(some, kind="height map", pixels=32, store=tmp_path)
    assert again.fingerprint() == maps.fingerprint() and (again[1] == maps[1]).all()


def test_every_setting_makes_other_maps(primers: DataSet, tmp_path: Path) -> None:
    standard = {"kind": "shape index", "pixels": 32, "sigma": 3.0, "bits": None, "shrink_by": 1}
    changes = [{}, {"kind": "height map"}, {"pixels": 64}, {"sigma": 2.0}, {"bits": 8}, {"shrink_by": 2}]
    prints = [prepare_maps(primers, **standard, **{}, store=tmp_path).fingerprint()]
    prints = [
        prepare_maps(primers, **{**standard, **change}, store=tmp_path).fingerprint() for change in changes
    ]
    prints.append(prepare_maps(primers.subset([0, 1]), **standard, store=tmp_path).fingerprint())
    assert len(set(prints)) == 7
    # Heights have no sigma.
    heights = {**standard, "kind": "height map"}
    assert prints[1] == prepare_maps(primers, **{**heights, "sigma": 1.0}, store=tmp_path).fingerprint()


def test_maps_without_a_point_are_left_out_and_named(tmp_path: Path) -> None:
    primers = keep_primers(scans(["", "scattered", "flat", ""]), pixels=64, store=tmp_path)
    assert len(primers) == 4
    heights = prepare_maps(primers, kind="height map", pixels=16, store=tmp_path)
    assert list(heights.table["number"]) == [0, 2, 3]  # scattered points are lost where averages need half
    assert heights.notes[-1] == "1 of 4 surfaces left out, no point of the height map at 16 px: scan 1.x3p"
    shape = prepare_maps(primers, kind="shape index", pixels=16, store=tmp_path)
    assert list(shape.table["number"]) == [0, 3]  # a flat surface has no shape
    assert (
        shape.notes[-1]
        == "2 of 4 surfaces left out, no point of the shape index at 16 px: scan 1.x3p, scan 2.x3p"
    )
    np.testing.assert_array_equal(
        shape[1], prepare_maps(primers.subset([3]), kind="shape index", pixels=16, store=tmp_path)[0]
    )
    with pytest.raises(DataError, match="2 of 2 surfaces left out, no point of the shape index"):
        prepare_maps(primers.subset([1, 2]), kind="shape index", pixels=16, store=tmp_path)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kind": "depth"}, "kind is 'depth'"),
        ({"pixels": 0}, "pixels is 0"),
        ({"pixels": 30.5}, "pixels is 30.5"),
        ({"sigma": -1.0}, "sigma is -1"),
        ({"bits": 0}, "bits is 0"),
        ({"shrink_by": 0}, "shrink_by is 0"),
        ({"shrink_by": 2.0}, "shrink_by is 2.0"),
        ({"shrink_by": 5}, "shrink_by is 5; it must divide 32"),
    ],
)
def test_settings_out_of_range(
    primers: DataSet, tmp_path: Path, settings: dict[str, Any], match: str
) -> None:
    with pytest.raises(ParameterError, match=match):
        prepare_maps(primers, **{"kind": "shape index", "pixels": 32, **settings}, store=tmp_path)
    assert not list(tmp_path.rglob("made_from.json"))


def test_simulated_maps_keep_their_truth(tmp_path: Path) -> None:
    data = load_cartridges(cases=6, brands=2, pixels=48, seed=3)
    maps = prepare_maps(
        keep_primers(data, pixels=48, store=tmp_path), kind="shape index", pixels=48, store=tmp_path
    )
    assert maps.source == "simulated"
    pd.testing.assert_frame_equal(maps.table.drop(columns="row"), data.table)
    parts = loaders.split(maps, {"a": 0.5, "b": 0.5}, seed=0)
    both = np.concatenate([np.stack(list(part.samples())) for part in parts.values()])
    whole = {one.tobytes() for one in maps.samples()}
    assert {one.tobytes() for one in both} == whole and len(whole) == 6


def test_real_scans_of_two_kinds(real_cartridges: Path, tmp_path: Path) -> None:
    data = load_cartridges(real_cartridges / "fadul").subset([0, 1])
    primers = keep_primers(data, pixels=184, store=tmp_path)
    assert len(primers) == 2
    maps = prepare_maps(primers, kind="shape index", pixels=92, store=tmp_path)
    for heights, shape in zip(primers.samples(), maps.samples(), strict=True):
        share = np.isfinite(heights).mean()  # a ring round the firing pin's mark was kept of these scans
        assert share > 0.1 and np.isfinite(shape).mean() == pytest.approx(share, abs=0.02)


def test_kept_maps_can_go_to_another_process(primers: DataSet, tmp_path: Path) -> None:
    import pickle

    maps = prepare_maps(primers, kind="height map", pixels=32, store=tmp_path)
    assert isinstance(maps.read, partial)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(maps))[1], maps[1])
