"""Simulated surveillance video: what the manifest promises is what the frames show."""

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import render_cctv, sample_cctv, sample_composites


@pytest.fixture(scope="module")
def walks() -> pd.DataFrame:
    return sample_cctv(6, seconds=20, seed=3)


def of(walks: pd.DataFrame, number: int) -> pd.DataFrame:
    return walks[walks["video"] == f"cctv {number:03d}"]


def test_who_walks_with_what(walks):
    assert len(walks) == 12 and walks["video"].nunique() == 6
    carries = walks.groupby("video")["carries"].agg(lambda names: "firearm" in set(names))
    assert carries.tolist() == [False, True] * 3
    held = walks["carries"] == "firearm"
    assert (walks.loc[held, "look_alike"] == "").all() and (walks.loc[~held, "type"] == "none").all()
    assert walks.loc[held, "firearm"].is_unique and walks["held"].all()
    assert walks.groupby("video")["background"].nunique().eq(1).all()
    assert walks["background"].nunique() == 6 and not walks["scene_kind"].eq("photograph").any()
    order = walks[["enters_s", "leaves_s"]].to_numpy().reshape(6, -1)
    assert (np.diff(order, axis=1) > 0).all() and (order > 0).all() and (order < 20).all()


def test_shares_of_videos_and_lengths():
    assert not (sample_cctv(5, firearm_share=0)["carries"] == "firearm").any()
    every = sample_cctv(5, firearm_share=1, seconds=30)
    assert every.groupby("video")["carries"].agg(lambda names: "firearm" in set(names)).all()
    assert every.groupby("video").size().eq(3).all()
    assert sample_cctv(2, seconds=3).groupby("video").size().eq(1).all()


def test_pools_share_no_scene_model_or_firearm_with_training_pictures(walks):
    training = sample_composites(2000, pool="study")
    held = walks[walks["carries"] == "firearm"]
    for column in ("model", "firearm"):
        assert not set(held[column]) & set(training[column])
    assert not set(walks["background"]) & set(training["background"])


def test_same_seed_same_video_and_another_is_another():
    walks = sample_cctv(2, seconds=6, seed=1)
    pd.testing.assert_frame_equal(walks, sample_cctv(2, seconds=6, seed=1))
    first, again = (list(render_cctv(of(walks, 1), height=72, fps=2)) for _ in range(2))
    assert all((a[1] == b[1]).all() and (a[2] == b[2]).all() for a, b in zip(first, again, strict=True))
    other = list(render_cctv(of(sample_cctv(2, seconds=6, seed=2), 1), height=72, fps=2))
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))


def test_a_firearm_is_seen_while_it_is_carried_and_only_then(walks):
    seen = 0
    for number in (0, 1, 3):
        rows = of(walks, number)
        held = rows[rows["carries"] == "firearm"]
        for time_s, image, mask in render_cctv(rows, height=144, fps=1):
            assert image.shape == (144, 256, 3) and image.dtype == np.uint8
            assert mask.shape == (144, 256) and mask.dtype == bool
            carried = held["enters_s"].le(time_s) & held["leaves_s"].gt(time_s)
            assert carried.any() or not mask.any()
            seen += bool(mask.any())
    assert seen > 8


def test_the_mask_is_where_the_picture_changes_and_the_firearm_moves(walks):
    rows = of(walks, 1)
    walk = rows[rows["carries"] == "firearm"].iloc[0]
    quiet = rows.assign(noise=0.0, coding=0.0)
    frames = list(render_cctv(quiet, height=216, fps=2))
    within = [
        (t, image, mask)
        for t, image, mask in frames
        if walk["enters_s"] <= t < walk["leaves_s"] and mask.any()
    ]
    empty = next(
        image for t, image, mask in frames if not (rows["enters_s"].le(t) & rows["leaves_s"].gt(t)).any()
    )
    for _, image, mask in within:
        changed = (np.abs(image.astype(int) - empty) > 2).any(2)
        assert changed[mask].mean() > 0.7
        assert changed.mean() < 0.8
    middles = [np.nonzero(mask)[1].mean() for _, _, mask in within]
    steps = np.diff(middles)
    assert (np.sign(steps) == np.sign(steps[0])).all() and abs(middles[-1] - middles[0]) > 100


def test_firearms_cover_the_share_of_a_frame_they_do_in_real_video():
    walks = sample_cctv(40, seconds=10, firearm_share=1.0, seed=5)
    shares = []
    for _, rows in walks.groupby("video"):
        middle = (rows["enters_s"] + rows["leaves_s"]).iloc[0] / 2
        still = rows.assign(
            seconds=1.0,
            enters_s=rows["enters_s"] - middle,
            leaves_s=rows["leaves_s"] - middle,
            scene_kind="photograph",
            scene_photograph="coins",
        )
        shares += [mask.mean() for _, _, mask in render_cctv(still, height=216, fps=1)]
    # Logarithms spread by 0.7, so two standard errors of the median of 40 are 28 %; hands hide a little more.
    assert 0.0006 < np.median(shares) < 0.0014


def test_noise_and_coding_come_over_every_frame(walks):
    rows = of(walks, 0).assign(enters_s=9.0, leaves_s=9.5)  # nobody there yet
    none, some = rows.assign(noise=0.0, coding=0.0), rows.assign(noise=0.1, coding=0.0)
    before = [image for _, image, _ in render_cctv(none.assign(seconds=2.0), height=72, fps=1)]
    after = [image for _, image, _ in render_cctv(some.assign(seconds=2.0), height=72, fps=1)]
    noise = [b.astype(int) - a for a, b in zip(before, after, strict=True)]
    middling = (before[0] > 40) & (before[0] < 215)
    assert 4 < noise[0][middling].std() < 8  # a tenth of 60 grey levels
    assert abs(np.corrcoef(noise[0][middling], noise[1][middling])[0, 1]) < 0.05
    assert (before[0] == before[1]).all()


@pytest.mark.parametrize(
    "settings",
    [{"videos": 0}, {"seconds": 0.5}, {"firearm_share": 1.5}, {"pool": "other"}, {"median_share": 0}],
)
def test_settings_out_of_range(settings):
    with pytest.raises(ParameterError):
        sample_cctv(**settings)


def test_rows_that_are_no_video(walks):
    for wrong in (walks, walks.iloc[:0], of(walks, 0).drop(columns="enters_s")):
        with pytest.raises(DataError, match="walks of"):
            render_cctv(wrong)
    for settings in ({"height": 8}, {"fps": 0}):
        with pytest.raises(ParameterError):
            render_cctv(of(walks, 0), **settings)
