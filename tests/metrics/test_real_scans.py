from pathlib import Path

import numpy as np

from fireanalysis.loaders import read_surface
from fireanalysis.metrics import real_scan_spectra, real_scan_statistics, surface_statistics


def test_statistics_in_the_package_are_those_of_the_scans(real_cartridges: Path) -> None:
    table = real_scan_statistics()
    for row in table.iloc[::7].itertuples():
        study = row.set.split()[0].lower()
        surface = read_surface(real_cartridges / study / f"{row.scan}.x3p")
        measured = surface_statistics(surface.heights_um, pixel_size_um=surface.pixel_size_um)
        for name in ("sq_um", "sa_um", "missing_share", "slope"):
            assert np.isclose(getattr(measured, name), getattr(row, name), rtol=1e-3), (row.scan, name)
        of_set = table[table["set"] == row.set].index
        frequency, power = real_scan_spectra()[row.set][of_set.get_loc(row.Index)]
        np.testing.assert_allclose(frequency, measured.frequency_per_mm, rtol=1e-3)
        np.testing.assert_allclose(power, measured.power_um2_mm2, rtol=1e-3)


def test_every_statistic_is_plausible() -> None:
    table = real_scan_statistics()
    assert table["sq_um"].between(0.3, 10).all()
    assert (
        table["sa_um"] < table["sq_um"]
    ).all()  # the mean absolute deviation is below the standard deviation
    assert table["missing_share"].between(0, 0.9).all()
    assert (table["slope"] < 0).all()  # rough surfaces have more of the long waves
