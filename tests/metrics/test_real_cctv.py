"""Kept numbers on a real video: each row's interval is that of its count and time."""

import pytest

from fireanalysis.metrics import hourly_rate, real_cctv_alarms


def test_the_numbers_of_a_row_go_together() -> None:
    table = real_cctv_alarms()
    assert len(table) == 20 and table["frames"].eq(279).all()
    assert table["minutes"].to_numpy() == pytest.approx(279 * 0.5 / 60, abs=0.01)
    for row in table.itertuples():
        rate = hourly_rate(row.false_alarms, row.minutes / 60)
        assert (row.an_hour, row.an_hour_low, row.an_hour_high) == pytest.approx(
            tuple(rate), rel=0.001, abs=0.01
        )


def test_a_stricter_alarm_is_raised_less_often_per_frame() -> None:
    table = real_cctv_alarms().set_index(["least_px", "successive", "threshold"]).sort_index()
    assert table["video"].str.contains("CC BY 4.0").all()
    single = table.xs((20, 1), level=("least_px", "successive"))
    strict = table.xs((80, 3), level=("least_px", "successive"))
    assert strict["false_alarms"].iloc[-1] <= single["false_alarms"].max()
