from pathlib import Path

import numpy as np

from fireanalysis.loaders import read_surface
from fireanalysis.metrics import (
    mark_statistics,
    real_scan_shape_index,
    real_scan_spectra,
    real_scan_statistics,
)


def test_statistics_in_the_package_are_those_of_the_scans(real_cartridges: Path) -> None:
    table = real_scan_statistics()
    for row in table.iloc[::7].itertuples():
        surface = read_surface(real_cartridges / row.set.split()[0].lower() / f"{row.scan}.x3p")
        measured, shares = mark_statistics(surface.heights_um, pixel_size_um=surface.pixel_size_um)
        for name in ("sq_um", "sa_um", "missing_share", "slope"):
            assert np.isclose(getattr(measured, name), getattr(row, name), rtol=1e-3), (row.scan, name)
        number = table[table["set"] == row.set].index.get_loc(row.Index)
        frequency, power = real_scan_spectra()[row.set][number]
        np.testing.assert_allclose(frequency, measured.frequency_per_mm, rtol=1e-3)
        np.testing.assert_allclose(power, measured.power_um2_mm2, rtol=1e-3)
        np.testing.assert_allclose(real_scan_shape_index()[row.set][number], shares, atol=1e-4)


def test_every_statistic_is_plausible() -> None:
    table = real_scan_statistics()
    assert table["sq_um"].between(0.3, 10).all()
    assert (
        table["sa_um"] < table["sq_um"]
    ).all()  # the mean absolute deviation is below the standard deviation
    assert table["missing_share"].between(0, 0.9).all()
    assert (table["slope"] < 0).all()  # rough surfaces have more of the long waves
    for shares in real_scan_shape_index().values():
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-3)


def test_mark_statistics_leave_out_long_waves() -> None:
    y, x = np.mgrid[:400, :400] * 6.25
    ridges = np.cos(2 * np.pi * x / 100)  # 0.1 mm apart, 1 µm high: stays
    form = 50 * np.cos(2 * np.pi * y / 5000)  # 5 mm long: goes
    measured, shares = mark_statistics(ridges + form, pixel_size_um=6.25)
    assert abs(measured.sq_um - np.sqrt(0.5)) < 0.12
    # Ridges and ruts: ±0.5, nothing at the ends of the scale.
    assert shares[[4, 5, 14, 15]].sum() > 0.9
