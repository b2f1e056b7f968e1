from pathlib import Path

import numpy as np
import pytest

from fireanalysis.loaders import read_surface
from fireanalysis.metrics import damage_seed, pair_auc, real_comparisons, real_damage, real_scan_firearm
from fireanalysis.transforms import compare_surfaces, comparison_map, congruent_cells, degrade


def test_scores_in_the_package_are_those_of_the_scans(real_cartridges: Path) -> None:
    table = real_comparisons()
    whole = (table["keep"] == 1) & (table["noise_um"] == 0) & (table["angle_deg"] == 0)
    sample = table.groupby(["set", "keep", "noise_um", "angle_deg", "turns_deg", "same"]).sample(
        1, random_state=3
    )
    assert len(sample) > 30
    for row in sample.itertuples():
        maps = []
        for scan, damaged in ((row.reference, False), (row.questioned, not whole[row.Index])):
            surface = read_surface(real_cartridges / row.set.split()[0].lower() / f"{scan}.x3p")
            heights = surface.heights_um
            if damaged:
                damage = {"keep": row.keep, "noise_um": row.noise_um, "angle_deg": row.angle_deg}
                heights = degrade(
                    heights, pixel_size_um=surface.pixel_size_um, seed=damage_seed(scan), **damage
                )
            maps.append(comparison_map(heights, pixel_size_um=surface.pixel_size_um))
        found = compare_surfaces(*maps, angles_deg=range(-int(row.turns_deg), int(row.turns_deg), 3))
        assert found.score == pytest.approx(row.score, abs=2e-3), row
        # A cell at the very threshold may fall to either side.
        assert abs(congruent_cells(*maps, found).count - row.cells) <= 1, row


def test_key_gives_the_published_number_of_pairs_of_one_slide() -> None:
    table = real_comparisons().query("keep == 1 and noise_um == 0 and angle_deg == 0")
    fadul = table[table["set"].str.startswith("Fadul")]
    assert (len(fadul), fadul["same"].sum()) == (780, 63)
    assert fadul[["reference_firearm", "questioned_firearm"]].stack().nunique() == 10
    assert not fadul.duplicated(["reference", "questioned"]).any()
    assert real_scan_firearm("Fadul 10-2") == real_scan_firearm("Fadul E") == "Fadul 10"


def test_scores_are_possible() -> None:
    table = real_comparisons()
    assert table["score"].between(-1, 1).all()
    assert table["cells"].between(0, 64).all()
    assert table.loc[table["outline"].notna(), "keep"].eq(1).all()
    damaged = table[(table["keep"] < 1) | (table["noise_um"] > 0) | (table["angle_deg"] > 0)]
    assert damaged["also_damaged"].all()
    assert np.isfinite(damaged["score"]).all()


def test_damage_is_summed_up_pair_by_pair() -> None:
    summed, table = real_damage(seed=0), real_comparisons()
    assert not summed.duplicated(["line", "kind", "x"]).any()
    assert summed["value"].between(summed["low"] - 1e-9, summed["high"] + 1e-9).all()
    part = table.query("set == 'Weller (real)' and keep == 0.25 and noise_um == 1")
    (row,) = summed.query(
        "line == 'Weller (real), cells' and kind == 'a quarter, and texture' and x == 1"
    ).itertuples()
    assert row.value == pair_auc(part["cells"], part["same"])
    whole = summed[(summed["kind"] == "texture") & (summed["x"] == 0)]
    assert len(whole) == 4  # two sets, score and cells


def test_every_kind_of_damage_hurts_in_the_end() -> None:
    summed = real_damage(seed=0)
    for (_, kind), part in summed.groupby(["line", "kind"]):
        worst_first = part.sort_values("x", ascending=kind == "part of the surface")["value"]
        assert worst_first.iloc[0] < worst_first.iloc[-1] - 0.02
