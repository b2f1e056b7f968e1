import librosa
import numpy as np
import pytest
from scipy.linalg import solve_toeplitz
from scipy.signal import chirp, lfilter

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import (
    SAMPLE_RATE_HZ,
    feature_columns,
    features_as_spectrograms,
    frame_features,
    log_spectrogram,
    shrink_spectrogram,
)

RNG = np.random.default_rng(0)
TIME_S = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
BLAST = (RNG.normal(size=TIME_S.size) * np.exp(-np.abs(TIME_S - 0.7) / 0.1)).astype(np.float32)
TONES = sum(0.2 * np.sin(2 * np.pi * f * TIME_S) for f in (500, 3000)).astype(np.float32)


def kind_of(spectrogram, kind):
    return frame_features(spectrogram, kinds=[kind])


@pytest.mark.parametrize("sound", [BLAST, TONES])
def test_mfcc_and_centroid_of_a_whole_spectrogram_are_librosa_s(sound):
    stft = np.abs(librosa.stft(sound, n_fft=1024, hop_length=256))
    stft[0] = 0  # the paper drops the 0th bin
    bands = librosa.feature.melspectrogram(S=stft**2, sr=SAMPLE_RATE_HZ, n_mels=40)
    expected = librosa.feature.mfcc(S=librosa.power_to_db(bands), n_mfcc=13).T
    spectrogram = log_spectrogram(sound, SAMPLE_RATE_HZ)
    np.testing.assert_allclose(kind_of(spectrogram, "mfcc"), expected, atol=0.1)
    centroid_hz = librosa.feature.spectral_centroid(S=stft, sr=SAMPLE_RATE_HZ)[0]
    np.testing.assert_allclose(1000 * kind_of(spectrogram, "centroid")[:, 0], centroid_hz, rtol=1e-3)


def test_lpc_is_the_prediction_from_each_frame_s_own_past():
    sound = lfilter([0.02], [1, -1.6, 0.81], RNG.normal(size=TIME_S.size)).astype(np.float32)
    found = kind_of(log_spectrogram(sound, SAMPLE_RATE_HZ), "lpc")
    window, padded = np.hanning(1025)[:-1], np.pad(sound, 512)
    for frame in (40, 170, 300):
        own = window * padded[256 * frame : 256 * frame + 1024]
        past = np.correlate(own, own, mode="full")[1023 : 1023 + 13]
        past[0] *= 1.0001
        np.testing.assert_allclose(found[frame], solve_toeplitz(past[:-1], -past[1:]), atol=0.02)
    # It was made by x[n] = 1.6 x[n-1] - 0.81 x[n-2] + noise.
    np.testing.assert_allclose(found[5:-5].mean(axis=0)[:3], [-1.6, 0.81, 0], atol=0.05)


def test_lpc_of_a_moving_tone_follow_librosa_s():
    noise = np.random.default_rng(1).normal(scale=0.02, size=TIME_S.size)
    sound = (noise + 0.1 * chirp(TIME_S, 200, 2, 15_000)).astype(np.float32)
    frames = librosa.util.frame(np.pad(sound, 512), frame_length=1024, hop_length=256)
    by_burg = librosa.lpc(np.ascontiguousarray(frames), order=12, axis=0)[1:]
    found = kind_of(log_spectrogram(sound, SAMPLE_RATE_HZ), "lpc")
    # Two methods: librosa's has no window and minimises errors forwards and backwards.
    together = [np.corrcoef(a, b)[0, 1] for a, b in zip(by_burg, found.T, strict=True)]
    assert min(together) > 0.95


def test_a_shrunk_spectrogram_gives_nearly_the_same():
    whole = frame_features(log_spectrogram(BLAST, SAMPLE_RATE_HZ))
    shrunk = frame_features(shrink_spectrogram(log_spectrogram(BLAST, SAMPLE_RATE_HZ), factor=4))
    assert shrunk.shape == (86, 26)
    averaged = whole[:344].reshape(86, 4, 26).mean(axis=1)
    together = [np.corrcoef(a, b)[0, 1] for a, b in zip(averaged.T, shrunk.T, strict=True)]
    assert min(together[:4]) > 0.9
    assert together[-1] > 0.99


def test_silence_has_no_prediction_and_no_centroid():
    found = frame_features(np.zeros((128, 5)))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[:, 13:], 0)


def test_columns_stand_in_the_order_asked_for():
    spectrogram = log_spectrogram(BLAST, SAMPLE_RATE_HZ)
    both = frame_features(spectrogram, kinds=["centroid", "mfcc"])
    columns = feature_columns(["centroid", "mfcc"])
    for kind, place in columns.items():
        np.testing.assert_array_equal(both[:, place], kind_of(spectrogram, kind))
    assert feature_columns()["centroid"].stop == frame_features(spectrogram).shape[1]


def test_back_to_spectrograms():
    """A tone comes back as a ridge at its frequency from both; a louder sound is louder in MFCC alone."""
    spectrogram = log_spectrogram(TONES + 0.001 * BLAST, SAMPLE_RATE_HZ)
    pictures = features_as_spectrograms(frame_features(spectrogram))
    louder = features_as_spectrograms(
        frame_features(log_spectrogram(10 * (TONES + 0.001 * BLAST), SAMPLE_RATE_HZ))
    )
    khz = (np.arange(128) + 0.5) * 22.05 / 128
    for kind, within in (("mfcc", 1.0), ("lpc", 0.5)):
        middle = pictures[kind][:, 100]
        near = khz[np.argsort(middle)[-1]]
        assert min(abs(near - 0.5), abs(near - 3.0)) < within
    assert (louder["mfcc"] - pictures["mfcc"])[:, 100].mean() == pytest.approx(20, abs=0.5)
    assert np.abs(louder["lpc"] - pictures["lpc"]).max() < 0.1


def test_what_the_centroid_of_a_tone_is():
    tone = 0.5 * np.sin(2 * np.pi * 5000 * TIME_S)
    spectrogram = shrink_spectrogram(log_spectrogram(tone, SAMPLE_RATE_HZ), factor=4)
    assert kind_of(spectrogram, "centroid")[40, 0] == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(
    ("spectrogram", "says"),
    [
        (np.ones((100, 20)), r"shape \(100, 20\); 512 // k bins"),
        (np.ones(512), r"shape \(512,\)"),
        (np.ones((512, 0)), r"shape \(512, 0\)"),
        (-np.ones((512, 3)), "negative or not finite"),
        (np.full((512, 3), np.nan), "negative or not finite"),
    ],
)
def test_what_is_no_log_spectrogram(spectrogram, says):
    with pytest.raises(DataError, match=says):
        frame_features(spectrogram)


@pytest.mark.parametrize("kinds", ["mfcc", [], ["mel"]])
def test_unknown_kinds(kinds):
    with pytest.raises(ParameterError, match="allowed are mfcc, lpc, centroid"):
        frame_features(np.ones((512, 3)), kinds=kinds)
