"""Pictures of any size through a network of one size; ways to compute; videos whose truth is known."""

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import region_sizes, segmentation_counts
from fireanalysis.models import segmenter
from fireanalysis.training import (
    FastNetwork,
    SegmentationFit,
    SegmentationRecipe,
    Way,
    fastest,
    measure_speed,
    segment,
    segment_picture,
    watch_videos,
)


class Red:
    """A network that takes red for a firearm, pixel by pixel."""

    def __init__(self, pixels: int = 32) -> None:
        self.pixels, self.shapes = pixels, []

    def predict_pictures(self, images, *, batch_size=32):
        self.shapes.append(images.shape)
        return images[..., 0].astype(np.float32) / 255


@pytest.fixture(scope="module")
def fit() -> SegmentationFit:
    torch.manual_seed(0)
    recipe = SegmentationRecipe(width=0.25)
    model = segmenter("unet", width=0.25).eval()
    return SegmentationFit(model, recipe, 32, pd.DataFrame(), 1, 0, "none", 0.0, False, "cpu", {})


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)


@pytest.mark.parametrize("shape", [(32, 32), (33, 95), (100, 47), (20, 70), (1, 1), (7, 9)])
@pytest.mark.parametrize("overlap", [None, 0, 20])
def test_a_network_that_looks_at_single_pixels_says_the_same_in_tiles(shape, overlap):
    image, network = noise(*shape), Red()
    said = segment_picture(image, network, overlap=overlap)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said, image[..., 0] / 255, atol=1e-6)
    assert all(one[1:] == (32, 32, 3) for one in network.shapes)


def test_tiles_are_at_the_picture_s_own_resolution_and_the_whole_is_not():
    image = np.zeros((64, 256, 3), np.uint8)
    image[30, 100] = 255  # one pixel
    assert segment_picture(image, Red())[30, 100] == 1.0
    small = segment_picture(image, Red(), how="whole")
    assert small.shape == (64, 256) and 0 < small.max() < 0.1


def test_overlap_may_not_reach_over_the_tile_and_how_is_known():
    for settings in ({"overlap": 32}, {"how": "strips"}):
        with pytest.raises(ParameterError):
            segment_picture(noise(64, 64), Red(), **settings)
    with pytest.raises(DataError):
        segment_picture(np.zeros((4, 4)), Red())


def test_every_way_to_compute_gives_the_fit_s_answer(fit):
    images = noise(3, 32, 32)
    truth = fit.predict_pictures(images)
    before = {name: value.clone() for name, value in fit.model.state_dict().items()}
    for precision, far in (("float32", 1e-5), ("bfloat16", 0.02)):
        for last in (False, True):
            said = FastNetwork(fit, Way("cpu", precision, last)).predict_pictures(images, batch_size=2)
            assert said.dtype == np.float32 and np.abs(said - truth).max() < far
    after = fit.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(one.is_contiguous() for one in after.values())


def test_channels_last_on_two_threads_answers_alike_every_time(fit):
    # torch 2.11 corrupts memory when such networks *learn* with channels last; here they only answer.
    images, threads = noise(4, 64, 64), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        network = FastNetwork(fit, Way("cpu", "float32", True))
        truth = fit.predict_pictures(images)
        for _ in range(5):
            np.testing.assert_allclose(network.predict_pictures(images), truth, atol=1e-5)
    finally:
        torch.set_num_threads(threads)


def test_speeds_are_of_all_ways_and_the_fastest_is_taken(fit, monkeypatch):
    seconds = {"cpu, float32": 4.0, "cpu, float32, channels last": 1.0}
    monkeypatch.setattr(segment, "_seconds", lambda network, images: seconds.get(str(network.way), 8.0))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    table, ways = measure_speed(fit, noise(32, 64), repeats=1)
    assert len(table) == len(ways) == 4 and table["tiles_a_second"].is_monotonic_decreasing
    assert table.loc[0, "way"] == "cpu, float32, channels last" and table.loc[0, "tiles_a_second"] == 2.0
    assert ways[table.loc[0, "way"]] == Way("cpu", "float32", True)
    assert (table.set_index("precision").loc["float32", "changed"] == 0).all()
    assert fastest(fit, noise(32, 64)).way == Way("cpu", "float32", True)


def test_a_way_that_changes_the_answers_is_not_taken(fit, monkeypatch):
    monkeypatch.setattr(
        segment, "_seconds", lambda network, images: 1.0 + (network.way.precision == "float32")
    )
    said = {"float32": noise(2, 32, 32)[..., 0] / 255}
    for changed, chosen in ((2, "bfloat16"), (3, "float32")):  # of 2048 pixels; 2.048 are allowed
        said["bfloat16"] = said["float32"].copy()
        said["bfloat16"].flat[:changed] = 1 - said["bfloat16"].flat[:changed]
        answer = dict(said)
        monkeypatch.setattr(
            FastNetwork,
            "predict_pictures",
            lambda self, images, answer=answer, **_: answer[self.way.precision],
        )
        assert fastest(fit, noise(32, 64)).way.precision == chosen


def test_time_is_really_measured(fit):
    table, _ = measure_speed(fit, noise(32, 64), repeats=2)
    assert (table["tiles_a_second"] > 0).all() and np.isfinite(table["tiles_a_second"]).all()
    with pytest.raises(ParameterError):
        measure_speed(fit, noise(32, 64), repeats=0)


def video(masks):
    """Frames on which a network that sees red finds everything and a stripe besides."""
    for k, mask in enumerate(masks):
        image = np.zeros((40, 64, 3), np.uint8)
        image[35:38, :10, 0] = 200
        if mask is not None:
            image[mask] = 255
        yield k / 2, image, mask


def test_a_video_of_known_truth():
    mask = np.zeros((40, 64), bool)
    mask[5:10, 20:40] = True
    masks = [None, mask, mask, np.zeros_like(mask), None, mask]
    videos = {"yard": video(masks), "shop": video([mask])}
    frames, sizes = watch_videos(videos, Red(), thresholds=[0.5, 0.9])
    assert frames["video"].tolist() == ["yard"] * 6 + ["shop"] and frames["picture"].tolist() == [*range(7)]
    assert frames.loc[6, "appearance"] == 1  # counted anew in each video
    frames, sizes = frames[:6], sizes[:6]
    assert frames["appearance"].tolist() == [0, 1, 1, 0, 0, 2]
    assert frames["firearm_px"].tolist() == [0, 100, 100, 0, 0, 100]
    assert sizes[1].tolist() == [[100, 30], [100, 0]] and sizes[0].tolist() == [[0, 30], [0, 0]]
    _, image, truth = list(video(masks))[1]
    said = image[..., 0] / 255
    counts = segmentation_counts([said], [truth]).iloc[0]
    assert frames.loc[1, ["tp", "fp", "fn", "tn"]].tolist() == counts[["tp", "fp", "fn", "tn"]].tolist()
    assert sizes[1].tolist() == region_sizes(said, truth, thresholds=[0.5, 0.9]).tolist()
    assert frames["time_s"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_no_frames_or_another_mask():
    with pytest.raises(DataError, match="without frames"):
        watch_videos({"yard": []}, Red())
    with pytest.raises(DataError):
        watch_videos({"yard": [(0.0, noise(40, 40), np.zeros((40, 41), bool))]}, Red())
