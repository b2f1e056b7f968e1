"""Picture and video files through a network: what is written, and that it is written whole."""

import contextlib
import resource
from collections.abc import Iterator

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy import ndimage

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import read_frames, video_writer
from fireanalysis.metrics import AlarmRule
from fireanalysis.models import segmenter
from fireanalysis.training import (
    SegmentationFit,
    SegmentationRecipe,
    introduce_segmentation,
    overlay_mask,
    segment_file,
)


class Red:
    pixels = 32

    def predict_pictures(self, images, *, batch_size=32):
        return images[..., 0].astype(np.float32) / 255


def frames(seen=(0, 0, 1, 1, 1, 0, 1, 0, 0, 0)) -> list[np.ndarray]:
    """Grey, with a red bar of 8 × 12 pixels on some frames, and always a red pixel that is too small."""
    images = []
    for k, here in enumerate(seen):
        image = np.full((50, 70, 3), (40, 60, 60), np.uint8)
        image[44, 60] = (255, 0, 0)
        if here:
            image[10:18, 5 + k : 17 + k] = (255, 0, 0)
        images.append(image)
    return images


def film(path, images=None, fps=5.0):
    with video_writer(path, fps=fps) as write:
        for image in frames() if images is None else images:
            write(image)
    return path


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_video(tmp_path):
    path = film(tmp_path / "yard.mkv")  # without loss
    found = segment_file(path, Red(), out=tmp_path / "new" / "out", rule=AlarmRule(successive=2, hold_s=5))
    names = ["yard_frames.csv", "yard_mask.mkv", "yard_overlay.mp4"]
    assert sorted(one.name for one in (tmp_path / "new" / "out").iterdir()) == names
    masks = [image[..., 0] > 127 for _, image in read_frames(found.files["mask"])]
    for mask, image in zip(masks, frames(), strict=True):
        np.testing.assert_array_equal(mask, image[..., 0] > 127)
    table = pd.read_csv(found.files["lines"])
    pd.testing.assert_frame_equal(table, found.table, check_dtype=False, rtol=1e-4)
    assert table["time_s"].tolist() == pytest.approx([k / 5 for k in range(10)])
    assert table["largest_px"].tolist() == [1, 1, 96, 96, 96, 1, 96, 1, 1, 1]
    assert table["foreground_share"].tolist() == pytest.approx([mask.mean() for mask in masks], rel=1e-4)
    assert (table["peak"] == 1).all()
    assert table["detected"].tolist() == [k in (2, 3, 4, 6) for k in range(10)]
    assert table["alarm"].tolist() == [k in (3, 4) for k in range(10)]
    assert found.alarms[["start_s", "raised_s", "end_s"]].to_numpy().tolist() == [[0.4, 0.6, 0.8]]
    assert found.notes == ("10 frames, 5 a second",)


def test_the_overlay_of_a_video_shows_what_was_found(tmp_path):
    found = segment_file(film(tmp_path / "yard.mkv"), Red(), out=tmp_path, rule=AlarmRule(successive=2))
    shown = [image for _, image in read_frames(found.files["overlay"])]
    assert len(shown) == 10 and shown[0].shape == (50, 70, 3)
    inside = shown[2][12:16, 12:14].reshape(-1, 3).mean(0)  # half red, half vermillion
    assert np.abs(inside - [234, 47, 0]).max() < 40
    edge = [float(image[:2, 30:].mean()) for image in shown]
    assert edge[3] > edge[2] + 20 and edge[5] == pytest.approx(
        edge[0], abs=10
    )  # framed while there is an alarm


def test_some_frames_only_and_another_rate(tmp_path):
    found = segment_file(film(tmp_path / "yard.mkv"), Red(), out=tmp_path, every=3, fps=2.0)
    assert found.table["time_s"].tolist() == [0.0, 1.5, 3.0, 4.5]
    assert found.table["detected"].tolist() == [False, True, True, False]
    assert len(list(read_frames(found.files["mask"]))) == 4
    assert found.notes == ("10 frames, 5 a second; one in 3 looked at",)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture(tmp_path, suffix):
    path, image = tmp_path / f"shop{suffix}", frames([1])[0]
    Image.fromarray(image).save(path, quality=95, subsampling=0)
    found = segment_file(path, Red(), out=tmp_path / "out")
    assert sorted(found.files) == ["lines", "mask", "overlay"]
    mask = np.asarray(Image.open(found.files["mask"])) == 255
    assert mask.shape == (50, 70) and mask[12:16, 8:15].all() and not mask[25:40].any()
    size = np.bincount(ndimage.label(mask, np.ones((3, 3)))[0].ravel())[1:].max()
    (line,) = pd.read_csv(found.files["lines"]).to_dict("records")
    assert line["largest_px"] == size and line["detected"] and line["alarm"] and line["time_s"] == 0
    np.testing.assert_array_equal(
        np.asarray(Image.open(found.files["overlay"])),
        overlay_mask(np.asarray(Image.open(path)), mask, alarm=False),
    )


def test_what_was_found_in_lines(tmp_path):
    path = film(tmp_path / "yard.mkv")
    said = segment_file(path, Red(), out=tmp_path, rule=AlarmRule(successive=2)).said()
    assert said == ("10 frames looked at, a region in 4, 1 alarm", "alarm 1: 0.40 s to 0.80 s")
    Image.fromarray(frames([1])[0]).save(tmp_path / "shop.png")
    said = segment_file(tmp_path / "shop.png", Red(), out=tmp_path).said()
    assert said == ("a region; the largest has 96 pixels, the highest probability is 1.00",)
    said = segment_file(tmp_path / "shop.png", Red(), out=tmp_path, rule=AlarmRule(least_px=97)).said()
    assert said[0].startswith("no region that is large enough; the largest has 96 pixels")


def test_an_overlay_leaves_the_rest_as_it_was():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    mask = np.zeros((60, 80), bool)
    mask[20:30, 20:50] = True
    shown = overlay_mask(image, mask)
    far = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) == 0
    np.testing.assert_array_equal(shown[far], image[far])
    np.testing.assert_array_equal(shown[25, 30], np.add(image[25, 30], [213, 94, 0], dtype=int) // 2)
    assert (shown[20, 20:50] == [213, 94, 0]).all()  # its outline
    assert (overlay_mask(image, np.zeros_like(mask)) == image).all()
    assert (overlay_mask(image, mask, alarm=True)[0] == [213, 94, 0]).all()


@pytest.mark.parametrize("size", [0, 2000])
def test_a_full_disk(tmp_path, size):
    rng = np.random.default_rng(0)
    path = film(tmp_path / "yard.mkv", [rng.integers(0, 256, (96, 96, 3), np.uint8) for _ in range(8)])
    Image.fromarray(rng.integers(0, 256, (96, 96, 3), np.uint8)).save(tmp_path / "shop.png")
    (tmp_path / "out").mkdir()
    for file in (path, tmp_path / "shop.png"):
        with largest_file(size), pytest.raises(RunError, match="cannot be written"):
            segment_file(file, Red(), out=tmp_path / "out")
    left = [one.name for one in (tmp_path / "out").iterdir()]
    assert [name for name in left if "overlay" in name or "frames" in name or "part" in name] == []


def test_a_truncated_video_leaves_nothing_unless_it_may_be_cut_off(tmp_path):
    path = tmp_path / "yard.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (70, 50))
    for image in frames([0, 1] * 30):
        writer.write(image[..., ::-1].copy())
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="truncated"):
        segment_file(path, Red(), out=tmp_path / "out")
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())
    assert 15 < len(segment_file(path, Red(), out=tmp_path / "out", cut_off=True).table) < 45


def test_settings_out_of_range(tmp_path):
    with pytest.raises(ParameterError):
        segment_file(film(tmp_path / "yard.mkv"), Red(), out=tmp_path / "out", every=0)


def test_a_broken_file(tmp_path):
    path = tmp_path / "yard.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(DataError, match="not a video"):
        segment_file(path, Red(), out=tmp_path / "out")


def fit(about) -> SegmentationFit:
    model = segmenter("unet", width=0.1)
    recipe = SegmentationRecipe(width=0.1)
    return SegmentationFit(model, recipe, 32, pd.DataFrame(), 1, 0, "none", 0.0, False, "cpu", about)


def test_a_network_says_what_it_learned_from_and_how_often_it_is_wrong():
    about = {
        "source": "simulated",
        "trained_on": {"pictures": 1208, "firearms": 28, "backgrounds": 30},
        "held_out": ["3 false alarms an hour (1 to 9)"],
    }
    said = "\n".join(introduce_segmentation(fit(about)))
    for words in (
        "unet of 32 pixels",
        "weights none",
        "SIMULATED",
        "1208 pictures, 28 firearms, 30 backgrounds",
        "NOT KNOWN from simulated",
        "3 false alarms an hour (1 to 9)",
        "identifies nobody",
    ):
        assert words in said
    nothing = "\n".join(introduce_segmentation(fit({})))
    assert "UNKNOWN source" in nothing and "? pictures" in nothing and "no test was kept" in nothing
    assert "photographs" in introduce_segmentation(fit({"source": "real"}))[0]


def test_a_real_surveillance_video(real_data, tmp_path):
    (path,) = (real_data / "segmentation" / "cctv_backgrounds_intel").glob("*.mp4")
    torch.manual_seed(0)
    found = segment_file(path, fit({}), out=tmp_path, every=400, how="whole")
    assert len(found.table) == 4 and all(one.stat().st_size for one in found.files.values())
    assert found.notes == ("1394 frames, 10 a second; one in 400 looked at",)
