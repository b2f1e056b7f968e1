"""Alarms: exact intervals against scipy's and simulation, regions against scipy.ndimage, alarms frame by frame."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    AlarmRule,
    alarm_curve,
    exact_share,
    find_alarms,
    hourly_rate,
    picture_alarms,
    region_sizes,
)


@pytest.mark.parametrize("count", [0, 1, 4, 30])
@pytest.mark.parametrize("hours", [0.04, 1.0, 7.5])
def test_the_ends_of_a_rate_are_where_the_tails_hold_half_of_the_rest(count, hours):
    rate = hourly_rate(count, hours, confidence=0.9)
    assert rate.value == pytest.approx(count / hours)
    assert stats.poisson.cdf(count, rate.high * hours) == pytest.approx(0.05)
    assert stats.poisson.sf(count - 1, rate.low * hours) == pytest.approx(0.05 if count else 1.0)


@pytest.mark.parametrize(("hits", "of"), [(0, 5), (5, 5), (3, 11), (40, 41)])
def test_an_exact_share_is_scipy_s(hits, of):
    share = exact_share(hits, of)
    interval = stats.binomtest(hits, of).proportion_ci(0.95, method="exact")
    assert share == pytest.approx((hits / of, interval.low, interval.high))


def test_a_share_of_none():
    share = exact_share(0, 0)
    assert np.isnan(share.value) and share[1:] == (0.0, 1.0)


def test_the_interval_holds_the_true_rate_as_often_as_it_says():
    counts = np.random.default_rng(0).poisson(3.0 * 2.0, 2000)
    held = np.mean([one.low <= 3.0 <= one.high for one in (hourly_rate(int(c), 2.0) for c in counts)])
    assert 0.945 < held < 0.99  # exact intervals are too wide rather than too narrow


@pytest.mark.parametrize("wrong", [(-1, 1.0), (1.5, 1.0), (1, 0.0), (1, float("nan"))])
def test_rates_out_of_range(wrong):
    with pytest.raises(ParameterError):
        hourly_rate(*wrong)


def test_shares_and_confidences_out_of_range():
    for wrong in ((3, 2), (-1, 2)):
        with pytest.raises(ParameterError):
            exact_share(*wrong)
    for confidence in (0, 1, float("nan")):
        with pytest.raises(ParameterError):
            hourly_rate(1, 1.0, confidence=confidence)


def by_ndimage(said, truth, limit):
    label, number = ndimage.label(said >= limit, np.ones((3, 3)))
    best = [0, 0]
    for k in range(1, number + 1):
        region = label == k
        side = 0 if truth[region].mean() >= 0.1 else 1
        best[side] = max(best[side], int(region.sum()))
    return best


def test_regions_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for _ in range(10):
        said = ndimage.gaussian_filter(rng.random((40, 60)), 1.5)
        said = (said - said.min()) / np.ptp(said)
        truth = np.zeros(said.shape, bool)
        truth[5:15, 5:25] = True
        found = region_sizes(said, truth, thresholds=[0.4, 0.6, 0.8])
        assert found.tolist() == [by_ndimage(said, truth, limit) for limit in (0.4, 0.6, 0.8)]


def test_regions_are_right_as_in_picture_alarms():
    rng = np.random.default_rng(1)
    said = ndimage.gaussian_filter(rng.random((20, 30, 30)), (0, 2, 2)) > 0.5
    truth = np.zeros(said.shape, bool)
    truth[:, 10:14, 10:14] = True
    table = picture_alarms(said, truth, least_px=5)
    sizes = np.array([region_sizes(s, t)[0] for s, t in zip(said, truth, strict=True)])
    assert (sizes[:, 0] >= 5).tolist() == table["found"].tolist()
    assert (sizes[:, 1] >= 5).tolist() == (table["false_alarms"] > 0).tolist()
    assert 0 < table["found"].sum() < 20


def test_without_a_mask_every_region_is_wrong():
    assert region_sizes(np.eye(4)).tolist() == [[0, 4]]
    assert region_sizes(np.zeros((4, 4))).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    "wrong", [(np.zeros(4),), (np.zeros((4, 4), np.uint8),), (np.zeros((4, 4)), np.zeros((4, 5), bool))]
)
def test_no_frame(wrong):
    with pytest.raises(DataError, match="a frame of"):
        region_sizes(*wrong)


def one_frame_at_a_time(times, detected, successive, hold_s):
    """The definition as a machine that sees one frame after the other."""
    alarms, row, start = [], 0, None
    for k, seen in enumerate(detected):
        row, start = (row + 1, start if row else k) if seen else (0, None)
        ready = not alarms or times[k] >= times[alarms[-1][1]] + hold_s
        if row >= successive and ready:
            goes_on = bool(alarms) and alarms[-1][2] >= start
            alarms.append([k if goes_on else start, k, k])
        elif row and alarms and alarms[-1][2] == k - 1:
            alarms[-1][2] = k
    return alarms


@pytest.mark.parametrize("successive", [1, 2, 3, 5])
@pytest.mark.parametrize("hold_s", [0, 1.0, 4.0])
def test_alarms_are_those_of_a_machine(successive, hold_s):
    rng = np.random.default_rng(successive)
    some = 0
    for share in (0.0, 0.2, 0.6, 0.9, 1.0):
        times, detected = np.cumsum(rng.uniform(0.1, 1.0, 80)), rng.random(80) < share
        found = find_alarms(times, detected, successive=successive, hold_s=hold_s)
        expected = one_frame_at_a_time(times, detected, successive, hold_s)
        assert found[["first", "raised", "last"]].to_numpy().tolist() == expected
        assert found["raised_s"].tolist() == [times[k] for _, k, _ in expected]
        some += len(expected)
    assert some >= 3


def test_what_lasts_is_no_single_alarm():
    alarms = find_alarms(np.arange(100) / 2, np.ones(100, bool), successive=3, hold_s=10)
    assert alarms["raised_s"].tolist() == [1, 11, 21, 31, 41]
    assert alarms[["start_s", "end_s"]].to_numpy().tolist() == [
        [0, 10.5],
        [11, 20.5],
        [21, 30.5],
        [31, 40.5],
        [41, 49.5],
    ]


@pytest.mark.parametrize(
    ("times", "detected"), [([], []), ([0, 1], [True]), ([0, 0], [True, True]), ([[0]], [[True]])]
)
def test_no_series(times, detected):
    with pytest.raises(DataError, match="times"):
        find_alarms(times, detected)


@pytest.mark.parametrize("settings", [{"successive": 0}, {"successive": 1.5}, {"hold_s": -1}])
def test_settings_of_an_alarm_out_of_range(settings):
    with pytest.raises(ParameterError):
        find_alarms([0, 1], [True, True], **settings)


@pytest.mark.parametrize(
    "settings",
    [{"threshold": 0}, {"threshold": 1.1}, {"least_px": 0}, {"successive": 0}, {"hold_s": float("inf")}],
)
def test_rules_out_of_range(settings):
    with pytest.raises(ParameterError):
        AlarmRule(**settings)


@pytest.fixture
def watched():
    """Two videos, 10 s at 2 frames a second; a firearm from 3 to 6 s of the first, nothing in the second."""
    frames = pd.DataFrame({"video": np.repeat(["a", "b"], 20), "time_s": np.tile(np.arange(20) / 2, 2)})
    its = (frames["video"] == "a") & frames["time_s"].between(3, 6)
    frames["appearance"] = its.astype(int)
    sizes = np.zeros((40, 1, 2), int)
    sizes[8:11, 0, 0] = 50  # found from 4.0 to 5.0 s
    sizes[[15, 30], 0, 1] = 80  # single frames, once in each video
    sizes[33:36, 0, 1] = 20
    return frames, sizes


def test_false_alarms_and_appearances(watched):
    curve = alarm_curve(*watched, thresholds=[0.5], least_px=[10, 60], successive=[1, 2, 4], hold_s=1.0)
    curve = curve.set_index(["least_px", "successive"])
    assert curve["false_alarms"].to_dict() == {
        (10, 1): 4,  # half a second longer than one alarm lasts
        (10, 2): 1,
        (10, 4): 0,
        (60, 1): 2,
        (60, 2): 0,
        (60, 4): 0,
    }
    assert curve["found"].tolist() == [1, 1, 0, 0, 0, 0] and set(curve["appearances"]) == {1}
    assert curve.loc[(10, 1), "delay_s"] == 1.0 and curve.loc[(10, 2), "delay_s"] == 1.5
    assert np.isnan(curve.loc[(10, 4), "delay_s"])
    assert curve["hours"].to_numpy() == pytest.approx(20 / 3600)
    assert tuple(curve.loc[(10, 1), ["an_hour", "an_hour_low", "an_hour_high"]]) == pytest.approx(
        hourly_rate(4, 20 / 3600)
    )


def test_a_wrong_region_finds_nothing(watched):
    frames, sizes = watched
    beside = sizes.copy()
    beside[6:13, 0] = 0, 90  # all the time, elsewhere in the frame
    curve = alarm_curve(frames, beside, thresholds=[0.5], least_px=[10], successive=[2])
    assert curve[["false_alarms", "found"]].to_numpy().tolist() == [[2, 0]]


def test_a_run_does_not_go_on_from_one_video_to_the_next():
    frames = pd.DataFrame({"video": ["a", "a", "b", "b"], "time_s": [0.0, 1.0, 0.0, 1.0], "appearance": 0})
    sizes = np.array([0, 9, 9, 0])[:, None, None] * np.array([0, 1])
    curve = alarm_curve(frames, sizes, thresholds=[0.5], successive=[1, 2])
    assert curve["false_alarms"].tolist() == [2, 0] and np.isnan(curve["recall"]).all()


def test_frames_that_do_not_go_together(watched):
    frames, sizes = watched
    for wrong in (
        (frames.drop(columns="appearance"), sizes),
        (frames, sizes[1:]),
        (frames.iloc[:0], sizes[:0]),
    ):
        with pytest.raises(DataError, match="frames"):
            alarm_curve(*wrong, thresholds=[0.5])
    with pytest.raises(DataError, match="single frame"):
        alarm_curve(frames.iloc[:1], sizes[:1], thresholds=[0.5])
    with pytest.raises(ParameterError):
        alarm_curve(frames, sizes, thresholds=[2.0])
