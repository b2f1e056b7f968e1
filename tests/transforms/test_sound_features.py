import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import lfilter

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import mel_statistics, resample_audio

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


def test_mel_statistics_are_moments_over_time() -> None:
    level_db = mel_level_db(NOISE, 64)
    ours = mel_statistics(NOISE, sample_rate_hz=RATE_HZ)
    assert ours.shape == (128,)
    np.testing.assert_allclose(ours[:64], level_db.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(ours[64:], level_db.std(axis=0), atol=0.01)


def test_another_rate_gives_the_same_features() -> None:
    sound = lfilter([1], [1, -0.95], NOISE)  # little above 8 kHz
    slower = resample_audio(sound, from_hz=RATE_HZ, to_hz=32_000)
    bands = slice(0, 32)  # to 5 kHz
    np.testing.assert_allclose(
        mel_statistics(slower, sample_rate_hz=32_000)[bands],
        mel_statistics(sound, sample_rate_hz=RATE_HZ)[bands],
        atol=0.1,
    )


def test_silence_is_finite() -> None:
    assert np.isfinite(mel_statistics(np.zeros(RATE_HZ), sample_rate_hz=RATE_HZ)).all()
    assert mel_statistics(NOISE[:3], sample_rate_hz=RATE_HZ).shape == (128,)


def test_importing_the_room_does_not_import_librosa() -> None:
    code = "import fireanalysis.transforms as t, sys; t.mel_statistics; t.frame_features; "
    code += "t.log_spectrogram; t.damage_sound; "
    code += "print([m for m in ('librosa', 'numba', 'soundfile', 'scipy.signal') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_bad_signals_and_settings_are_named() -> None:
    for signal in (np.zeros(0), np.array([0, np.nan]), np.zeros(9, np.int16), np.zeros((5, 5, 5))):
        with pytest.raises(DataError):
            mel_statistics(signal, sample_rate_hz=RATE_HZ)
    with pytest.raises(ParameterError, match="sample_rate_hz is 0"):
        mel_statistics(NOISE, sample_rate_hz=0)
    with pytest.raises(ParameterError, match=r"bands is 1\.5"):
        mel_statistics(NOISE, sample_rate_hz=RATE_HZ, bands=1.5)
