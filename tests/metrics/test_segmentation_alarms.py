"""Alarms against scikit-image's regions, rates against a plain count."""

import numpy as np
import pytest
from skimage.measure import label, regionprops

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError


def test_regions_are_scikit_image_s() -> None:
    rng = np.random.default_rng(0)
    truth = np.zeros((10, 40, 40), bool)
    truth[:7, 10:20, 10:25] = True
    said = rng.random(truth.shape) * np.where(truth, 1.0, 0.75)
    for limit in (0.5, 0.7):
        table = metrics.picture_alarms(said, truth, threshold=limit, least_px=6, least_overlap=0.3)
        for row, mask, true in zip(table.itertuples(), said >= limit, truth, strict=True):
            regions = [r for r in regionprops(label(mask, connectivity=2)) if r.area >= 6]
            right = [true[tuple(r.coords.T)].mean() >= 0.3 for r in regions]
            assert (row.firearm, row.found, row.false_alarms) == (true.any(), any(right), right.count(False))


def test_a_picture_all_foreground_finds_nothing_small() -> None:
    truth = np.zeros((2, 30, 30), bool)
    truth[0, :5, :5] = True
    table = metrics.picture_alarms(np.ones(truth.shape), truth)
    assert table["found"].tolist() == [False, False]
    assert table["false_alarms"].tolist() == [1, 1]


def test_small_regions_raise_no_alarm() -> None:
    truth = np.zeros((1, 10, 10), bool)
    truth[0, 3, 3] = True
    for least, found in ((1, True), (2, False)):
        table = metrics.picture_alarms(truth, truth, least_px=least)
        assert (bool(table["found"][0]), int(table["false_alarms"][0])) == (found, 0)


def test_rates_count_each_among_its_own_pictures() -> None:
    truth = np.zeros((8, 12, 12), bool)
    truth[:4, :6, :6] = True
    said = np.zeros(truth.shape)
    said[:3, :6, :6] = 0.6  # three of four found
    said[2:6, 8:, 8:] = 0.9  # a false alarm in four pictures, two of them without a firearm
    table = metrics.picture_alarms(said, truth, threshold=[0.5, 0.8], least_px=4)
    scene = [0, 0, 1, 1, 2, 2, 3, 3]
    rates = metrics.alarm_rates(table, groups=scene, seed=0)
    assert rates["recall"].to_dict() == {0.5: 0.75, 0.8: 0.0}
    assert rates["false alarms"].to_dict() == {0.5: 0.5, 0.8: 0.5}
    assert rates["raised in vain"].to_dict() == {0.5: 0.5, 0.8: 0.5}
    expected = metrics.bootstrap_mean([1, 1, 1, 0], groups=scene[:4], seed=0)
    assert rates.loc[0.5, ["recall low", "recall high"]].tolist() == [expected.low, expected.high]


def test_rates_without_such_pictures_or_with_one_scene_are_not_made_up() -> None:
    truth = np.ones((3, 6, 6), bool)
    rates = metrics.alarm_rates(metrics.picture_alarms(truth, truth), groups=[0, 0, 0], seed=0).loc[0.5]
    assert rates["recall"] == 1
    assert np.isnan(rates[["raised in vain", "raised in vain low", "recall low", "recall high"]]).all()


def test_what_is_refused() -> None:
    truth = np.ones((2, 6, 6), bool)
    with pytest.raises(ParameterError, match="least_px is 0"):
        metrics.picture_alarms(truth, truth, least_px=0)
    with pytest.raises(ParameterError, match="least_overlap is 0"):
        metrics.picture_alarms(truth, truth, least_overlap=0)
    with pytest.raises(DataError, match="2 pictures"):
        metrics.alarm_rates(metrics.picture_alarms(truth, truth), groups=[0], seed=0)
