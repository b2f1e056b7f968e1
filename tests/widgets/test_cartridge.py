import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import Surface
from fireanalysis.transforms import shape_index
from fireanalysis.widgets import LightExplorer, ShapeIndexExplorer


@pytest.fixture
def surfaces() -> list[Surface]:
    rng = np.random.default_rng(0)
    return [
        Surface(
            rng.normal(size=(80, 80)).astype(np.float32), pixel_size_um=20.0, name=name, source="simulated"
        )
        for name in ("first", "second")
    ]


def test_each_control_changes_what_is_shown(surfaces: list[Surface]) -> None:
    explorer = ShapeIndexExplorer(surfaces, sigma=2.0)
    seen = {explorer.figure.layout.title.text}
    for control, value in ((explorer.scan, 1), (explorer.sigma, 4.0), (explorer.resolution, "half")):
        control.value = value
        seen.add(explorer.figure.layout.title.text)
    assert len(seen) == 4
    assert "second" in explorer.figure.layout.title.text
    assert "160 µm" in explorer.figure.layout.title.text  # σ of 4 px at half of 20 µm a pixel
    assert "simulated" in explorer.figure.layout.title.text


def test_shows_the_share_of_undefined_points(surfaces: list[Surface]) -> None:
    heights = surfaces[0].heights_um.copy()
    heights[:40] = 0.0  # flat: no shape
    surface = Surface(heights, pixel_size_um=20.0, name="half flat", source="simulated")
    undefined = np.isnan(shape_index(heights, sigma=1.0)).mean()
    assert undefined > 0.3
    assert f"{undefined:.1%}" in ShapeIndexExplorer([surface], sigma=1.0).figure.layout.title.text


def test_an_impossible_choice_shows_its_error_in_place(surfaces: list[Surface]) -> None:
    missing = Surface(np.full((80, 80), np.nan, np.float32), pixel_size_um=20.0, name="empty", source="real")
    explorer = ShapeIndexExplorer([surfaces[0], missing])
    before = explorer.figure.layout.title.text
    explorer.scan.value = 1
    assert "no point is measured" in explorer.message.value
    assert explorer.figure.layout.title.text == before
    explorer.scan.value = 0
    assert explorer.message.value == ""


def test_light_moves(surfaces: list[Surface]) -> None:
    explorer = LightExplorer(surfaces)
    first = explorer.figure.data[0].source
    explorer.azimuth.value = 45
    assert explorer.figure.data[0].source != first


def test_nothing_to_explore_is_an_error() -> None:
    with pytest.raises(DataError, match="no surface"):
        LightExplorer([])
