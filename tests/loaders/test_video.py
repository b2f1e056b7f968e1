"""Video files: what OpenCV reads by itself, times, and whatever can be wrong; writing whole or not at all."""

import contextlib
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
import soundfile
from PIL import Image

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import is_video, read_frames, video, video_info, video_writer

FPS = 10.0


def frames(count: int = 12, shape: tuple[int, int] = (48, 64)) -> list[np.ndarray]:
    """Frame k is of colour (20 k, 255 − 20 k, 40): any coder keeps it."""
    return [np.full((*shape, 3), (20 * k, 255 - 20 * k, 40), np.uint8) for k in range(count)]


def by_opencv(path, images=None, *, codec="MJPG", fps=FPS):
    """Write a video without the code under test."""
    images = frames() if images is None else images
    code, size = cv2.VideoWriter_fourcc(*codec), (images[0].shape[1], images[0].shape[0])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, fps, size)
    for image in images:
        writer.write(np.ascontiguousarray(image[..., ::-1]))
    writer.release()
    return path


def write(path, images, *, fps=FPS):
    with video_writer(path, fps=fps) as one:
        for image in images:
            one(image)
    return path


def levels(path, **settings) -> list[tuple[float, int]]:
    """Time, and which of `frames` it is, of every frame that is read."""
    return [(t, round(float(image[..., 0].mean()) / 20)) for t, image in read_frames(path, **settings)]


def refused(path, **settings) -> str:
    with pytest.raises(DataError) as caught:
        list(read_frames(path, **settings))
    assert str(caught.value.where) == str(path) and caught.value.do and len(caught.value.what) < 150
    return caught.value.what


@contextlib.contextmanager
def largest_file(size: int):
    """Let no file grow beyond a size: what a full disk does, without one."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.avi", "MJPG"), ("a.mp4", "mp4v"), ("a.mkv", "FFV1"), ("a.mkv", "VP80")]
)
def test_frames_times_and_header(tmp_path, name, codec):
    path = by_opencv(tmp_path / name, codec=codec)
    info = video_info(path)
    assert (info.width, info.height, info.frames) == (64, 48, 12) and info.fps == pytest.approx(FPS)
    read = list(read_frames(path))
    assert [t for t, _ in read] == pytest.approx([k / FPS for k in range(12)], abs=1e-3)
    for (_, image), truth in zip(read, frames(), strict=True):
        assert image.dtype == np.uint8 and image.shape == truth.shape
        assert np.abs(image.astype(int) - truth).max() < 8  # red and blue not swapped


def test_some_frames_only(tmp_path):
    path = by_opencv(tmp_path / "a.avi")
    assert levels(path, every=5) == [(0.0, 0), (0.5, 5), (1.0, 10)]
    assert levels(path, every=3, start_s=0.35, stop_s=1.0) == [(0.4, 4), (0.7, 7)]
    assert levels(path, start_s=99) == []


def test_frames_come_one_at_a_time(tmp_path):
    reading = read_frames(by_opencv(tmp_path / "a.avi", frames(3)))
    assert next(reading)[0] == 0.0
    reading.close()  # the file is let go: it can be removed on any system


def varying(path, times_ms):
    """Give the blocks of a Matroska file other times than the writer did."""
    by_opencv(path, [np.full((48, 64, 3), k, np.uint8) for k in range(len(times_ms))], codec="VP80")
    content, place = bytearray(path.read_bytes()), 0
    for number, time_ms in enumerate(times_ms):
        old = re.escape(b"\x81" + struct.pack(">h", round(1000 * number / FPS)))
        found = re.compile(rb"\xa3.{1,4}?" + old + rb"[\x00\x80]", re.S).search(bytes(content), place)
        assert found, "the writer lays out blocks in another way"
        place = found.end()
        content[place - 3 : place - 1] = struct.pack(">h", time_ms)
    duration = content.index(b"\x44\x89\x88") + 3
    content[duration : duration + 8] = struct.pack(">d", times_ms[-1] + 1000 / FPS)
    path.write_bytes(content)
    return path


def test_a_varying_frame_rate_has_the_times_of_its_frames(tmp_path):
    times_ms = [0, 40, 90, 700, 720, 2000]
    path = varying(tmp_path / "a.mkv", times_ms)
    assert [t for t, _ in read_frames(path, cut_off=True)] == pytest.approx([t / 1000 for t in times_ms])
    assert [t for t, _ in read_frames(path, fps=4, cut_off=True)] == [k / 4 for k in range(6)]


def test_a_varying_frame_rate_is_no_truncation(tmp_path):
    # Matroska states a duration; times the track's rate that promises far more frames than there are.
    path = varying(tmp_path / "a.mkv", [0, 30, 60, 3000, 6000, 9000])
    assert video_info(path).frames > 80
    assert len(list(read_frames(path))) == 6


class Timeless:
    """A capture that knows neither times nor a frame rate."""

    def __init__(self, *_):
        self.left = 3

    def isOpened(self):  # noqa: N802
        return True

    def grab(self):
        self.left -= 1
        return self.left >= 0

    def retrieve(self):
        return True, np.zeros((4, 4, 3), np.uint8)

    def get(self, what):
        return {cv2.CAP_PROP_FRAME_COUNT: -1.0, cv2.CAP_PROP_POS_MSEC: 0.0}.get(what, 0.0)

    def release(self):
        pass


def test_neither_times_nor_frame_rate(tmp_path, monkeypatch):
    path = by_opencv(tmp_path / "a.avi")
    monkeypatch.setattr(video.cv2, "VideoCapture", Timeless)
    assert video_info(path).fps is None and video_info(path).frames is None
    assert refused(path) == "frame 1 has no time, and the file no frame rate"
    assert [t for t, _ in read_frames(path, fps=25)] == [0.0, 0.04, 0.08]


def test_a_stream_states_no_length(tmp_path):
    path = tmp_path / "camera.mjpg"
    path.write_bytes(b"".join(cv2.imencode(".jpg", image)[1].tobytes() for image in frames(5)))
    info = video_info(path)
    assert info.frames is None and is_video(path)
    assert len(list(read_frames(path))) == 5


def test_truncated(tmp_path):
    path = by_opencv(tmp_path / "a.avi", [np.roll(frames(1)[0], k) for k in range(60)])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    said = refused(path)
    count = int(re.match(r"truncated: (\d+) of the 60 frames", said)[1])
    assert 15 < count < 45
    assert len(list(read_frames(path, cut_off=True))) == count
    assert len(list(read_frames(path, stop_s=1.0))) == 10  # nobody asked for the rest


def test_truncated_before_its_index(tmp_path):
    path = by_opencv(tmp_path / "a.mp4", codec="mp4v")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 8])
    assert refused(path) == "truncated or without frames: its index is missing"


def test_without_frames(tmp_path):
    path = tmp_path / "a.avi"
    cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), FPS, (64, 48)).release()
    assert refused(path) == "a video without frames"


def test_a_codec_that_is_not_there(tmp_path):
    path = by_opencv(tmp_path / "a.avi")
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"QQQQ"))
    assert re.search("not a video that OpenCV can open|no frame of 'QQQQ'", refused(path))


def test_frames_that_cannot_be_decoded(tmp_path):
    path = by_opencv(tmp_path / "a.mkv", codec="VP80")
    content = bytearray(path.read_bytes())
    start = content.index(b"\x1f\x43\xb6\x75") + 40  # the first cluster
    content[start:] = bytes(len(content) - start)
    path.write_bytes(content)
    assert re.search("no frame of 'VP80' can be decoded|truncated", refused(path))


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 100, bytes(range(256)) * 40])
def test_no_video(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert refused(path) == ("not a video that OpenCV can open" if content else "empty: 0 bytes")


def test_no_file_a_folder_a_sound(tmp_path):
    assert refused(tmp_path / "b.mp4") == "no such file"
    assert refused(tmp_path) == "a folder, not a video"
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 8000)
    assert refused(tmp_path / "a.wav") == "not a video that OpenCV can open"
    with pytest.raises(DataError, match="no such file"):
        is_video(tmp_path / "b.mp4")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".gif", ".webp"])
def test_a_picture_is_no_video(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(frames(1)[0]).save(path)
    assert not is_video(path)
    assert refused(path) == "a picture, not a video"


def test_an_animated_picture_is_a_video(tmp_path):
    path, images = tmp_path / "a.gif", [Image.fromarray(image) for image in frames(4)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=200)
    assert is_video(path)
    assert [t for t, _ in read_frames(path)] == pytest.approx([0, 0.2, 0.4, 0.6])


@pytest.mark.parametrize(
    "settings", [{"every": 0}, {"every": 1.5}, {"start_s": -1}, {"start_s": 2, "stop_s": 1}, {"fps": 0}]
)
def test_settings_out_of_range(tmp_path, settings):
    path = by_opencv(tmp_path / "a.avi", frames(2))
    with pytest.raises(ParameterError):
        read_frames(path, **settings)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
@pytest.mark.parametrize("shape", [(48, 64), (47, 63)])
def test_what_is_written_can_be_read_by_opencv(tmp_path, suffix, shape):
    path = write(tmp_path / "new" / f"overlay{suffix}", frames(8, shape), fps=12.5)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    for truth in frames(8, (48, 64)):  # made even
        read, image = capture.read()
        assert read and image.shape == truth.shape and np.abs(image[..., ::-1].astype(int) - truth).max() < 8
    assert not capture.read()[0]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_masks_lose_nothing(tmp_path):
    masks = [np.random.default_rng(k).random((50, 70)) < 0.1 for k in range(5)]
    path = write(tmp_path / "mask.mkv", masks)
    for (_, image), mask in zip(read_frames(path), masks, strict=True):
        np.testing.assert_array_equal(image, np.repeat(mask[..., None] * np.uint8(255), 3, axis=2))


def test_an_older_video_stays_if_writing_fails(tmp_path):
    path = write(tmp_path / "a.mp4", frames())
    before = path.read_bytes()
    with pytest.raises(ValueError, match="on the way"), video_writer(path, fps=FPS) as one:
        one(frames(1)[0])
        raise ValueError("on the way")
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
@pytest.mark.parametrize("size", [0, 3000])
def test_a_full_disk(tmp_path, suffix, size):
    noise = [np.random.default_rng(k).integers(0, 255, (96, 128, 3), np.uint8) for k in range(10)]
    with largest_file(size), pytest.raises(RunError, match="cannot be written"):
        write(tmp_path / f"a{suffix}", noise)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_nothing_under_the_name(tmp_path):
    path = tmp_path / "a.mp4"
    code = (
        "import numpy as np, sys\nfrom fireanalysis.loaders import video_writer\n"
        "with video_writer(sys.argv[1], fps=10) as write:\n"
        "    while True: write(np.zeros((480, 640, 3), np.uint8))"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(path)], env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not path.exists() and list(tmp_path.glob(".*"))
    write(path, frames())  # what it left is no obstacle
    assert len(list(read_frames(path))) == 12


@pytest.mark.parametrize(
    ("images", "what"),
    [
        ([], "no frame to write"),
        ([np.zeros((4, 4), np.uint8)], "a frame of uint8"),
        ([np.zeros((4, 4, 3), np.float32)], "a frame of float32"),
        ([np.zeros((0, 4, 3), np.uint8)], "a frame of uint8"),
        ([np.zeros((48, 64, 3), np.uint8), np.zeros((48, 62, 3), np.uint8)], "frame 1 is"),
        ([np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), bool)], "frame 1 is"),
    ],
)
def test_frames_that_are_none(tmp_path, images, what):
    with pytest.raises(DataError, match=what):
        write(tmp_path / "a.mp4", images)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "fps"), [("a.avi", 10), ("a", 10), ("a.mp4", 0), ("a.mp4", 5000)])
def test_names_and_rates_that_cannot_be_written(tmp_path, name, fps):
    with pytest.raises(ParameterError):
        write(tmp_path / name, frames(1), fps=fps)


def test_a_real_surveillance_video(real_data):
    (path,) = (real_data / "segmentation" / "cctv_backgrounds_intel").glob("*.mp4")
    info = video_info(path)
    assert (info.width, info.height, info.fps, info.frames, info.codec) == (768, 432, 10.0, 1394, "h264")
    read = list(read_frames(path, every=100))
    assert len(read) == 14 and read[-1][0] == pytest.approx(130.0)
