"""`fireanalysis segment`: what it says, what it writes, and what it cannot do."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from fireanalysis import cli
from fireanalysis.loaders import read_frames, video_writer
from fireanalysis.models import segmenter
from fireanalysis.training import SegmentationFit, SegmentationRecipe, segment_file

SAID = "in 3 hours of simulated video: 2 false alarms"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained U-Net, small enough to be quick; what it finds is of no interest."""
    torch.manual_seed(0)
    fit = SegmentationFit(
        segmenter("unet", width=0.07),
        SegmentationRecipe(width=0.07),
        *(32, pd.DataFrame(), 1, 0, "none", 0.0, False, "cpu", {}),
    )
    about = {"source": "simulated", "held_out": [SAID], "rule": {"threshold": 0.3, "successive": 2}}
    return fit.save(tmp_path_factory.mktemp("kept") / "segmentation_network.pt", about=about)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "yard.mp4"
    with video_writer(path, fps=5) as write:
        for seed in range(6):
            write(np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8))
    return path


def _main(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    code = end.value.code or 0
    assert isinstance(code, int)
    return code, *capsys.readouterr()


def test_a_video(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    network: Path,
    video: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {}

    def spied(*arguments: object, **settings: object) -> object:
        given.update(settings)
        return segment_file(*arguments, **settings)

    monkeypatch.setattr("fireanalysis.training.segment_file", spied, raising=False)
    options = ["--out", tmp_path / "out", "--every", 2, "--least-px", 7, "--fps", 10]
    code, out, err = _main(capsys, "segment", video, "--network", network, *options)
    assert code == 0 and not err
    for words in ("SIMULATED pictures only", "NOT KNOWN from simulated", SAID, "identifies nobody"):
        assert words in out
    assert "6 frames, 5 a second; one in 2 looked at" in out and "3 frames looked at" in out
    # What was chosen with the network counts, unless said otherwise.
    rule = given["rule"]
    assert (rule.threshold, rule.successive, rule.least_px) == (0.3, 2, 7)
    for name in ("yard_mask.mkv", "yard_overlay.mp4", "yard_frames.csv"):
        assert str(tmp_path / "out" / name) in out and (tmp_path / "out" / name).is_file()
    table = pd.read_csv(tmp_path / "out" / "yard_frames.csv")
    assert table["time_s"].tolist() == [0.0, 0.2, 0.4]
    assert len(list(read_frames(tmp_path / "out" / "yard_overlay.mp4"))) == 3


def test_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path, network: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)).save(tmp_path / "a.jpg")
    options = ["--network", network, "--out", tmp_path / "out", "--whole"]
    code, out, _ = _main(capsys, "segment", tmp_path / "a.jpg", *options)
    assert code == 0 and "the highest probability is" in out
    assert Image.open(tmp_path / "out" / "a_mask.png").size == (70, 50)
    assert len(pd.read_csv(tmp_path / "out" / "a_frames.csv")) == 1


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("no network", 1, "no network there"),
        ("no file", 1, "no such file"),
        ("no video", 1, "not a video that OpenCV can open"),
        ("truncated", 1, "truncated"),
        ("threshold", 2, "--threshold"),
        ("fps", 2, "fps is 0"),
    ],
)
def test_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    network: Path,
    video: Path,
    kind: str,
    status: int,
    says: str,
) -> None:
    if kind == "no file":
        video.unlink()
    if kind == "no video":
        video.write_bytes(b"words")
    if kind == "truncated":
        video.write_bytes(video.read_bytes()[:-200])
    given = ["--network", tmp_path if kind == "no network" else network, "--out", tmp_path / "out"]
    given += ["--threshold", 0] if kind == "threshold" else ["--fps", 0] if kind == "fps" else []
    code, _, err = _main(capsys, "segment", video, *given)
    assert code == status and says in err and "to do:" in err and "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_a_broken_video_is_one_message_and_nothing_of_ffmpeg_s(tmp_path: Path, network: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"words" * 100)
    command = [sys.executable, "-m", "fireanalysis.cli", "segment", "a.mp4", "--network", str(network)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 1 and run.stderr.startswith("error: not a video")
    assert len(run.stderr.splitlines()) == 3
