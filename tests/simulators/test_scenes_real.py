"""Simulated scenes beside real frames of surveillance cameras, in simple statistics of the pictures.

cctv_statistics.csv holds numbers measured on 48 frames of six scenes of Intel's sample videos (CC BY 4.0,
github.com/intel-iot-devkit/sample-videos); no picture is kept. One row a scene: means over its frames.
"""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from fireanalysis.simulators import render_scenes, sample_scenes

KEPT = Path(__file__).with_name("cctv_statistics.csv")
SIDE = 256


def statistics(picture: np.ndarray) -> dict[str, float]:
    """Describe a picture squeezed to 256²: fall of the power spectrum, luminance, edges, even areas, saturation."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    light = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) / 255
    window = np.hanning(SIDE)
    power = np.abs(np.fft.fftshift(np.fft.fft2((light - light.mean()) * window * window[:, None]))) ** 2
    radius = np.hypot(*(np.indices(light.shape) - SIDE / 2)).astype(int)
    by_radius = np.bincount(radius.ravel(), power.ravel()) / np.bincount(radius.ravel())
    waves = np.arange(4, 100)
    steep = np.hypot(cv2.Sobel(light, -1, 1, 0, scale=1 / 8), cv2.Sobel(light, -1, 0, 1, scale=1 / 8))
    return {
        "spectrum_slope": float(np.polyfit(np.log(waves), np.log(by_radius[4:100] + 1e-12), 1)[0]),
        "luminance_mean": float(light.mean()),
        "luminance_sd": float(light.std()),
        "luminance_p5": float(np.percentile(light, 5)),
        "luminance_p95": float(np.percentile(light, 95)),
        "edge_share": float((steep > 0.04).mean()),  # steps of a tenth of the full range, about
        "even_share": float((steep < 0.01).mean()),
        "saturation_mean": float(cv2.cvtColor(small, cv2.COLOR_RGB2HSV)[..., 1].mean() / 255),
    }


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    rows = sample_scenes(24, kinds=["room", "street", "aisle"], seed=2)
    return pd.DataFrame([statistics(picture) for picture in render_scenes(rows)])


def test_statistics_of_pictures_that_are_known() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIDE, SIDE, 1), dtype=np.uint8).repeat(3, 2)
    found = statistics(noise)
    assert found["spectrum_slope"] == pytest.approx(0, abs=0.1) and found["saturation_mean"] == 0
    assert found["luminance_sd"] == pytest.approx(1 / 12**0.5, abs=0.01) and found["edge_share"] > 0.9
    walk = np.cumsum(np.cumsum(rng.standard_normal((SIDE, SIDE)), 0), 1)  # amplitudes fall as 1/(fx fy)
    smooth = (255 * (walk - walk.min()) / np.ptp(walk)).astype(np.uint8)[..., None].repeat(3, 2)
    assert statistics(smooth)["spectrum_slope"] < -2


def test_real_frames_give_the_numbers_that_are_kept(real_pictures: Path) -> None:
    folder = real_pictures / "cctv_backgrounds_intel"
    frames = sorted(folder.glob("*.jpg"))
    assert len(frames) == 48
    found = pd.DataFrame([statistics(cv2.imread(str(path))[..., ::-1]) for path in frames])
    found["scene"] = [path.stem.rsplit("_", 1)[0] for path in frames]
    kept = pd.read_csv(KEPT, index_col="scene")
    pd.testing.assert_frame_equal(found.groupby("scene").mean(), kept, rtol=0.02, atol=2e-3)


@pytest.mark.parametrize("name", list(statistics(np.zeros((8, 8, 3), np.uint8))))
def test_simulated_scenes_are_about_as_real_ones(simulated: pd.DataFrame, name: str) -> None:
    real = pd.read_csv(KEPT)[name]
    middle = simulated[name].median()
    # Six scenes are few: the simulated median lies within what they span, widened by a fifth of it on both sides.
    wider = 0.2 * np.ptp(real)
    assert real.min() - wider <= middle <= real.max() + wider
    # And they vary as much: 80 % of them span at least half of the real range.
    low, high = simulated[name].quantile([0.1, 0.9])
    assert high - low > 0.5 * np.ptp(real)
