import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from scipy.fft import dct
from scipy.signal import lfilter

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import (
    lpc,
    mel_statistics,
    mfcc,
    resample_audio,
    sound_features,
    spectral_centroid,
)

RATE_HZ = 44_100
RNG = np.random.default_rng(3)
NOISE = RNG.normal(scale=0.1, size=2 * RATE_HZ).astype(np.float32)
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ


def mel_level_db(signal: np.ndarray, bands: int) -> np.ndarray:
    """Recompute (frames, bands) from the definition: Slaney's triangles over the power of Hann-windowed frames."""
    padded = np.pad(signal.astype(float), 512)
    starts = range(0, len(signal) + 1, 512)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    power = np.array([np.abs(np.fft.rfft(window * padded[s : s + 1024])) ** 2 for s in starts])
    # Slaney's mel scale: linear to 1000 Hz (15 mel), then 27 mel for each factor 6.4.
    mel = np.linspace(0, 15 + 27 * np.log(RATE_HZ / 2 / 1000) / np.log(6.4), bands + 2)
    edges_hz = np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))
    hz = np.arange(513) * RATE_HZ / 1024
    rise = (hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    fall = (edges_hz[2:, None] - hz) / np.diff(edges_hz)[1:, None]
    triangles = np.maximum(0, np.minimum(rise, fall)) * 2 / (edges_hz[2:] - edges_hz[:-2])[:, None]
    level_db = 10 * np.log10(np.maximum(power @ triangles.T, 1e-10))
    return np.maximum(level_db, level_db.max() - 80)


def test_mfcc_is_the_cosine_transform_of_mel_levels() -> None:
    expected = dct(mel_level_db(NOISE, 128), norm="ortho")[:, :13]
    ours = mfcc(NOISE, sample_rate_hz=RATE_HZ)
    assert ours.shape == (173, 13)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=0.01)
    np.testing.assert_array_equal(mfcc(NOISE, sample_rate_hz=RATE_HZ, coefficients=5), ours[:, :5])


def test_mel_statistics_are_moments_over_time() -> None:
    level_db = mel_level_db(NOISE, 64)
    ours = mel_statistics(NOISE, sample_rate_hz=RATE_HZ)
    assert ours.shape == (128,)
    np.testing.assert_allclose(ours[:64], level_db.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(ours[64:], level_db.std(axis=0), atol=0.01)


def test_lpc_finds_the_resonance_that_made_a_sound() -> None:
    # x[n] = 1.6 x[n-1] - 0.81 x[n-2] + white noise: the coefficients are known.
    sound = lfilter([0.02], [1, -1.6, 0.81], RNG.normal(size=RATE_HZ))
    frames = lpc(sound, sample_rate_hz=RATE_HZ, order=4)
    assert frames.shape == (87, 4)
    np.testing.assert_allclose(frames[1:-1].mean(axis=0), [-1.6, 0.81, 0, 0], atol=0.02)


def test_centroid_of_tones_and_of_white_noise() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 3_000 * TIME_S)
    assert spectral_centroid(tone, sample_rate_hz=RATE_HZ)[3:-3] == pytest.approx(3_000, rel=0.01)
    both = tone + 0.5 * np.sin(2 * np.pi * 5_000 * TIME_S)
    assert spectral_centroid(both, sample_rate_hz=RATE_HZ)[3:-3] == pytest.approx(4_000, rel=0.01)
    noise = spectral_centroid(NOISE, sample_rate_hz=RATE_HZ)
    assert noise.shape == (173,)
    assert noise.mean() == pytest.approx(11_025, rel=0.01)


def test_features_stand_side_by_side_in_the_order_asked_for() -> None:
    every = sound_features(NOISE, RATE_HZ)
    assert every.shape == (173, 26)
    assert every.dtype == np.float32
    np.testing.assert_array_equal(every[:, :13], mfcc(NOISE, sample_rate_hz=RATE_HZ))
    np.testing.assert_array_equal(every[:, 13:25], lpc(NOISE, sample_rate_hz=RATE_HZ))
    np.testing.assert_array_equal(every[:, 25], spectral_centroid(NOISE, sample_rate_hz=RATE_HZ))
    np.testing.assert_array_equal(
        sound_features(NOISE, RATE_HZ, kinds=["centroid", "mfcc"])[:, 0], every[:, 25]
    )


def test_another_rate_gives_the_same_features() -> None:
    sound = lfilter([1], [1, -0.95], NOISE)  # little above 8 kHz
    slower = resample_audio(sound, from_hz=RATE_HZ, to_hz=32_000)
    one, other = (spectral_centroid(s, sample_rate_hz=r) for s, r in ((sound, RATE_HZ), (slower, 32_000)))
    assert one.shape == other.shape
    bands = slice(0, 32)  # to 5 kHz
    np.testing.assert_allclose(
        mel_statistics(slower, sample_rate_hz=32_000)[bands],
        mel_statistics(sound, sample_rate_hz=RATE_HZ)[bands],
        atol=0.1,
    )


def test_silence_is_finite() -> None:
    silent = sound_features(np.zeros(RATE_HZ), RATE_HZ)
    assert np.isfinite(silent).all()
    np.testing.assert_allclose(silent[:, 0], -100 * np.sqrt(128), rtol=1e-5)
    np.testing.assert_allclose(silent[:, 1:], 0, atol=1e-3)
    assert np.isfinite(mel_statistics(np.zeros(RATE_HZ), sample_rate_hz=RATE_HZ)).all()
    partly = np.concatenate([np.zeros(RATE_HZ), NOISE[:RATE_HZ], np.zeros(RATE_HZ)])
    assert np.isfinite(sound_features(partly, RATE_HZ)).all()
    assert not lpc(partly, sample_rate_hz=RATE_HZ)[:80].any()
    assert sound_features(NOISE[:3], RATE_HZ).shape == (3, 26)


def test_importing_the_room_does_not_import_librosa() -> None:
    code = "import fireanalysis.transforms as t, sys; t.sound_features; t.log_spectrogram; t.damage_sound; "
    code += "print([m for m in ('librosa', 'numba', 'soundfile', 'scipy.signal') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.parametrize("function", [mfcc, lpc, spectral_centroid, mel_statistics, sound_features])
def test_bad_signals_are_named(function: Callable[..., np.ndarray]) -> None:
    for signal in (np.zeros(0), np.array([0, np.nan]), np.zeros(9, np.int16), np.zeros((5, 5, 5))):
        with pytest.raises(DataError):
            function(signal, sample_rate_hz=RATE_HZ)
    with pytest.raises(ParameterError, match="sample_rate_hz is 0"):
        function(NOISE, sample_rate_hz=0)


def test_bad_settings_are_named() -> None:
    with pytest.raises(ParameterError, match="coefficients is 0"):
        mfcc(NOISE, sample_rate_hz=RATE_HZ, coefficients=0)
    with pytest.raises(ParameterError, match="order is 65"):
        lpc(NOISE, sample_rate_hz=RATE_HZ, order=65)
    with pytest.raises(ParameterError, match=r"bands is 1\.5"):
        mel_statistics(NOISE, sample_rate_hz=RATE_HZ, bands=1.5)
    for kinds in ((), ["mfc"], "mfcc"):
        with pytest.raises(ParameterError, match="allowed are mfcc, lpc, centroid"):
            sound_features(NOISE, RATE_HZ, kinds=kinds)
