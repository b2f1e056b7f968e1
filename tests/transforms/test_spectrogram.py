import librosa
import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import (
    PAPER_MOMENTS,
    fit_duration,
    log_spectrogram,
    log_spectrograms,
    resample_audio,
    shrink_spectrogram,
)
from fireanalysis.transforms.spectrogram import stft_magnitudes

RNG = np.random.default_rng(5)
NOISE = RNG.normal(scale=0.1, size=88_200).astype(np.float32)
SHOT = (NOISE * np.exp(-np.arange(88_200) / 2_000)).astype(np.float32)
TIME_S = np.arange(88_200) / 44_100
TONE = (0.8 * np.sin(2 * np.pi * 1_000 * TIME_S)).astype(np.float32)


@pytest.mark.parametrize("signal", [NOISE, SHOT, TONE, np.clip(50 * SHOT, -1, 1)])
def test_magnitudes_are_librosas_before_compression(signal: np.ndarray) -> None:
    expected = np.abs(librosa.stft(signal, n_fft=1024, hop_length=256)).T
    ours = stft_magnitudes(signal)
    assert ours.shape == expected.shape == (345, 513)
    # 1e-5 of the largest magnitude; measured: 2e-7 of it, and at most 5e-5 absolute for a full-scale tone of 205.
    assert np.abs(ours - expected).max() <= 1e-5 * expected.max()
    exact = np.abs(librosa.stft(signal.astype(np.float64), n_fft=1024, hop_length=256)).T
    assert np.abs(ours - exact).max() <= 1e-6 * exact.max()


def test_compressed_spectrogram_is_log1p_of_librosas_without_the_mean() -> None:
    expected = np.log1p(np.abs(librosa.stft(SHOT + 0.3, n_fft=1024, hop_length=256)))[1:]
    ours = log_spectrogram(SHOT + 0.3, 44_100)
    assert ours.dtype == np.float32
    assert ours.shape == (512, 345)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_tone_in_the_middle_of_a_bin() -> None:
    # Row i is bin i + 1, of (i + 1) · 44100 / 1024 Hz. A Hann window sums to 512, half of it for each of ±f.
    bin_of_tone = 100
    tone = 0.5 * np.sin(2 * np.pi * bin_of_tone * 44_100 / 1_024 * TIME_S)
    spectrogram = log_spectrogram(tone, 44_100)
    inside = spectrogram[:, 3:-3]
    assert (inside.argmax(axis=0) == bin_of_tone - 1).all()
    np.testing.assert_allclose(np.expm1(inside[bin_of_tone - 1]), 0.5 * 512 / 2, rtol=1e-4)
    np.testing.assert_allclose(np.expm1(inside[bin_of_tone]), 0.5 * 512 / 4, rtol=1e-3)
    assert np.expm1(inside[bin_of_tone + 2 :]).max() < 1e-2


def test_a_click_is_in_the_frame_centred_on_it() -> None:
    click = np.zeros(88_200, np.float32)
    click[256 * 100] = 0.25
    magnitudes = np.expm1(log_spectrogram(click, 44_100))
    # The Hann window is 1 at its centre, 1/2 a hop (a quarter of the window) away, and 0 at two hops.
    np.testing.assert_allclose(magnitudes[:, 100], 0.25, rtol=1e-5)
    np.testing.assert_allclose(magnitudes[:, [99, 101]], 0.125, rtol=1e-5)
    np.testing.assert_allclose(np.delete(magnitudes, [99, 100, 101], axis=1), 0, atol=1e-6)


def test_batch_is_clip_by_clip() -> None:
    batch = log_spectrograms(np.stack([NOISE, SHOT, TONE]))
    for one, clip in zip(batch, (NOISE, SHOT, TONE), strict=True):
        np.testing.assert_array_equal(one, log_spectrogram(clip, 44_100))
    assert log_spectrograms(np.zeros((0, 88_200), np.float32)).shape == (0, 512, 345)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 32_000, 48_000, 96_000])
def test_another_rate_has_the_same_tone_in_the_same_place(rate_hz: int) -> None:
    time_s = np.arange(round(2.5 * rate_hz)) / rate_hz
    spectrogram = log_spectrogram(0.8 * np.sin(2 * np.pi * 1_000 * time_s), rate_hz)
    reference = log_spectrogram(TONE, 44_100)
    largest = np.expm1(reference).max()
    # To the last frame: a clip cut before it is resampled would ring at its end.
    difference = np.expm1(spectrogram) - np.expm1(reference)
    assert np.abs(difference[:, 2:]).max() < 2e-3 * largest
    if rate_hz < 44_100:
        above = round(0.53 * rate_hz / 44_100 * 1_024)
        assert np.expm1(spectrogram[above:, 3:-3]).max() < 1e-3 * largest


def test_short_sounds_are_followed_by_silence_and_silence_is_zero() -> None:
    spectrogram = log_spectrogram(NOISE[:22_050], 44_100)
    last = 22_050 // 256 + 3
    assert (spectrogram[:, : last - 4].max(axis=0) > 0.1).all()
    assert not spectrogram[:, last:].any()
    assert not log_spectrogram(np.zeros(10), 44_100).any()


def test_channels_are_averaged() -> None:
    both = np.stack([NOISE, TONE], axis=1)
    np.testing.assert_allclose(
        log_spectrogram(both, 44_100), log_spectrogram((NOISE + TONE) / 2, 44_100), atol=1e-6
    )


def test_fit_duration_cuts_and_pads() -> None:
    np.testing.assert_array_equal(fit_duration(NOISE, sample_rate_hz=44_100, duration_s=0.5), NOISE[:22_050])
    longer = fit_duration(NOISE, sample_rate_hz=44_100, duration_s=3)
    np.testing.assert_array_equal(longer, np.concatenate([NOISE, np.zeros(44_100, np.float32)]))


def test_resampling_keeps_time_and_level() -> None:
    pulse = np.exp(-0.5 * ((np.arange(4_800) / 48_000 - 0.07) / 0.001) ** 2)
    resampled = resample_audio(pulse, from_hz=48_000, to_hz=44_100)
    assert resampled.dtype == np.float32
    expected = np.exp(-0.5 * ((np.arange(resampled.size) / 44_100 - 0.07) / 0.001) ** 2)
    assert resampled.size == 4_410
    np.testing.assert_allclose(resampled, expected, atol=1e-3)


def test_shrinking_averages_blocks() -> None:
    spectrogram = log_spectrogram(NOISE, 44_100)
    small = shrink_spectrogram(spectrogram, factor=4)
    assert small.shape == (128, 86)
    assert small[3, 5] == pytest.approx(spectrogram[12:16, 20:24].mean(), rel=1e-6)
    np.testing.assert_array_equal(shrink_spectrogram(spectrogram[None], factor=4)[0], small)
    np.testing.assert_array_equal(shrink_spectrogram(spectrogram, factor=1), spectrogram)
    assert shrink_spectrogram(spectrogram, factor=345).shape == (1, 1)


def test_papers_moments() -> None:
    assert PAPER_MOMENTS[:2] == (0.1877, 0.4756)


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros(0), "shape \\(0,\\)"),
        (np.zeros((0, 2)), "shape \\(0, 2\\)"),
        (0.5, "shape \\(\\)"),
        (np.array([0, np.nan, 1]), "1 of 3 samples are NaN"),
        (np.array([0, -np.inf, 1]), "1 of 3 samples are NaN or infinite"),
        (np.array([0, 1e300]), "1 of 2 samples"),
        (np.zeros((100, 2, 2)), "shape \\(100, 2, 2\\)"),
        (np.zeros((2, 100)), "more channels than samples"),
        (np.zeros(9, np.int16), "(?s)int16.*divide by 32768"),
        (np.zeros(9, np.int32), "(?s)int32.*divide by 2147483648"),
        (np.zeros(9, complex), "complex128"),
        (np.array(["a"]), "U1"),
        ([[1.0], [1.0, 2.0]], "no array"),
    ],
)
def test_bad_signals_are_named(signal: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        log_spectrogram(signal, 44_100)


def test_other_bad_input_is_named() -> None:
    for rate_hz in (0, -44_100, np.nan, np.inf, "44100"):
        with pytest.raises(ParameterError, match="sample_rate_hz"):
            log_spectrogram(NOISE, rate_hz)
    with pytest.raises(ParameterError, match="duration_s is 0"):
        fit_duration(NOISE, sample_rate_hz=44_100, duration_s=0)
    with pytest.raises(ParameterError, match="to_hz is -1"):
        resample_audio(NOISE, from_hz=44_100, to_hz=-1)
    for clips in (NOISE, np.zeros((2, 88_199)), np.zeros((2, 88_200), np.int16)):
        with pytest.raises(DataError, match=r"floats \(clips, 88200\) fit"):
            log_spectrograms(clips)
    with pytest.raises(DataError, match="NaN"):
        log_spectrograms(np.full((1, 88_200), np.nan))
    for factor in (0, 346, 1.5):
        with pytest.raises(ParameterError, match="factor"):
            shrink_spectrogram(np.zeros((512, 345)), factor=factor)
    for array in (np.zeros(5), np.zeros((0, 5)), np.zeros((5, 5), int)):
        with pytest.raises(DataError, match="floats"):
            shrink_spectrogram(array, factor=1)
