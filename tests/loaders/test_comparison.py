import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, Surface, comparison_maps, load_cartridges, with_repeats
from fireanalysis.simulators import primer_regions


def samples(firearms: str) -> DataSet[int]:
    table = pd.DataFrame({"brand": "A", "firearm": list(firearms)})
    return DataSet(table, lambda rows: rows.index, label="brand", group="firearm", source="real", name="toy")


def test_first_groups_with_enough_samples_are_kept() -> None:
    kept = with_repeats(samples("abcbadbac"), groups=2)
    assert "".join(kept.groups) == "abba"
    assert "".join(with_repeats(samples("abcbadbac"), groups=9, samples=3).groups) == "abbaba"
    assert len(with_repeats(samples("abcbadbac"), groups=9)) == 6


def test_too_few_repeats_are_named() -> None:
    with pytest.raises(DataError, match="1 firearm has 2 samples or more"):
        with_repeats(samples("aabc"), groups=3)
    with pytest.raises(ParameterError, match="groups"):
        with_repeats(samples("aabb"), groups=1)


def test_only_the_breech_face_of_simulated_primers_is_compared() -> None:
    data = load_cartridges(cases=3, brands=["F12"], pixels=128, seed=0)
    maps = comparison_maps(data, to_um=40.0)
    faces = primer_regions(data.table, pixels=128) == 1
    pixel = data[0].pixel_size_um
    for one, face, surface in zip(maps, faces, data.samples(), strict=True):
        area = (face & np.isfinite(surface.heights_um)).sum() * pixel**2
        assert np.isfinite(one).sum() * 40.0**2 == pytest.approx(area, rel=0.1)


def test_a_surface_without_marks_is_named() -> None:
    table = pd.DataFrame({"brand": ["A"], "firearm": ["a"]})
    empty = Surface(np.full((40, 40), np.nan, np.float32), 6.25, "case 7")
    data = DataSet(table, lambda rows: [empty], label="brand", group="firearm", source="real", name="toy")
    with pytest.raises(DataError, match="case 7"):
        comparison_maps(data)
