"""Reading sounds, and whatever can be wrong with a sound file: one DataError, or a note."""

import os
import re
import struct
import tracemalloc

import librosa
import numpy as np
import pytest
import soundfile

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import read_audio, read_blocks

KINDS = {".wav": "PCM_16", ".flac": "PCM_16", ".ogg": "VORBIS", ".mp3": "MPEG_LAYER_III"}


def sound(seconds=1.0, rate=44_100, channels=1, seed=0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(scale=0.1, size=(round(seconds * rate), channels))
    return np.clip(noise.squeeze(), -0.9, 0.9)


def write(path, signal=None, rate=44_100, **options):
    soundfile.write(path, sound(rate=rate) if signal is None else signal, rate, **options)
    return path


def refused(path) -> DataError:
    with pytest.raises(DataError) as caught:
        read_audio(path)
    assert str(caught.value.where) == str(path) and caught.value.do and len(caught.value.what) < 200
    with pytest.raises(DataError) as in_blocks:
        list(read_blocks(path))
    assert in_blocks.value.what == caught.value.what or "truncated" in in_blocks.value.what
    return caught.value


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (48_000, 2), (8_000, 1)])
def test_every_kind_rate_and_channel_count(tmp_path, suffix, rate, channels):
    signal = sound(1.5, rate, channels)
    path = write(tmp_path / f"shot 1{suffix}", signal, rate, subtype=KINDS[suffix])
    recording = read_audio(path)
    truth, _ = librosa.load(path, sr=None, mono=True)
    assert recording.signal.dtype == np.float32 and recording.signal.ndim == 1
    np.testing.assert_allclose(recording.signal, truth, atol=1e-6)
    assert (recording.sample_rate_hz, recording.name, recording.source) == (rate, "shot 1", "real")
    assert recording.duration_s == pytest.approx(1.5, abs=0.1)
    assert not recording.silent and recording.clipped_share == 0
    notes = [f"mean of {channels} channels"] if channels > 1 else []
    notes += ["sampled at 8000 Hz: nothing above 4000 Hz"] if rate == 8_000 else []
    assert list(recording.notes) == notes


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM"])
def test_every_way_to_store_samples(tmp_path, subtype):
    tone = 0.5 * np.cos(np.arange(4096) / 20) * np.hanning(4096)
    read = read_audio(write(tmp_path / "a.wav", tone, subtype=subtype)).signal[: len(tone)]
    assert np.abs(read - tone).max() < 0.02


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("share", [0.98, 0.5, 0.02, 0.0003])
def test_truncated(tmp_path, suffix, share):
    path = write(tmp_path / f"a{suffix}", sound(3))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    what = refused(path).what
    assert "truncated" in what or "no WAV, FLAC, Ogg or MP3" in what
    if suffix == ".wav" and share > 0.01:
        assert f"{100 * share:.0f} % of what its header states" in what


def test_truncation_is_seen_by_a_second_opinion(tmp_path):
    # A WAV header that states too little or nothing known is no truncation.
    path = write(tmp_path / "a.wav")
    content = path.read_bytes()
    place = content.index(b"data") + 4
    path.write_bytes(content[:place] + struct.pack("<I", 2**32 - 1) + content[place + 4 :])
    np.testing.assert_array_equal(read_audio(path).signal, soundfile.read(path, dtype="float32")[0])


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "0 bytes"),
        (b"R", "no WAV, FLAC, Ogg or MP3"),
        (b"<html>404</html>" * 50, "begins with b'<html>404</h'"),
        (bytes(5000), "no WAV, FLAC, Ogg or MP3"),
        (b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(500), "no WAV"),
        (b"RIFF\xff\xff\x00\x00WAVEfmt " + bytes(500), "damaged"),
        (b"fLaC" + bytes(500), "damaged"),
        (b"OggS" + bytes(500), "damaged"),
        (b"\xff\xfb\x90\xc4" + bytes(5000), "damaged|truncated"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(5000), "damaged|truncated"),
    ],
)
@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_what_is_no_sound(tmp_path, content, match, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert re.search(match, refused(path).what)


def test_no_samples_and_no_length(tmp_path):
    assert refused(write(tmp_path / "a.wav", np.zeros(0))).what == "the file holds no samples"
    path = write(tmp_path / "a.flac")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # number of samples in the STREAMINFO block: 36 bits, 0 is unknown
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert refused(path).what == "the file does not state its length"


def test_files_that_are_not_there_or_not_allowed(tmp_path):
    assert "No such file" in refused(tmp_path / "none.wav").what
    assert refused(tmp_path).what == "is no file"
    os.mkfifo(tmp_path / "pipe.wav")
    assert refused(tmp_path / "pipe.wav").what == "is no file"
    path = write(tmp_path / "a.wav")
    path.chmod(0)
    if not os.access(path, os.R_OK):  # root may read anything
        assert "Permission" in refused(path).what


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".wav", "FLAC"), (".mp3", "OGG"), (".flac", "WAV"), (".ogg", "MP3")]
)
def test_a_mislabelled_file_is_read_by_its_content(tmp_path, suffix, kind):
    path = write(tmp_path / f"a{suffix}", format=kind)
    recording = read_audio(path)
    assert recording.notes == (f"holds {kind} though its name ends in {suffix}",)
    truth, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(recording.signal, truth)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(tmp_path, value):
    signal = sound(channels=2)
    signal[[100, 40_000], 1] = value
    error = refused(write(tmp_path / "a.wav", signal, subtype="FLOAT"))
    assert error.what == "2 samples are NaN or infinite"


def test_values_beyond_one(tmp_path):
    counts = np.array([0.0, 20_000, -25_000])  # 16-bit numbers that nobody divided
    assert "samples reach 2.5e+04" in refused(write(tmp_path / "a.wav", counts, subtype="FLOAT")).what
    loud = sound() * 4
    recording = read_audio(write(tmp_path / "b.wav", loud, subtype="DOUBLE"))
    assert recording.notes == (f"its peak of {np.abs(loud).max():.3g} scaled to 1",)
    np.testing.assert_allclose(recording.signal, loud / np.abs(loud).max(), atol=1e-6)


def test_silence_and_clipping_are_noted(tmp_path):
    silent = read_audio(write(tmp_path / "a.wav", np.full(1000, 0.25), subtype="FLOAT"))
    assert silent.silent and silent.notes == ("silent: all samples are 0.25",)
    signal = np.zeros(1000)
    signal[10] = 1  # a peak alone is no clipping
    signal[20:25], signal[30:33] = 1, -1
    clipped = read_audio(write(tmp_path / "b.wav", signal))
    assert clipped.clipped_share == 0.008
    assert clipped.notes == ("clipped: 0.8 % of the samples at full scale",)


def test_rates_out_of_range(tmp_path):
    for rate in (50, 10**6):
        assert refused(write(tmp_path / "a.wav", np.zeros(10), rate)).what.startswith(
            f"its sample rate is {rate}"
        )


def test_a_header_that_promises_hours_takes_no_memory(tmp_path):
    path = write(tmp_path / "a.flac", sound(0.1))
    content = bytearray(path.read_bytes())
    content[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match="1623 minutes of 1 channels"):
        read_audio(path)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


@pytest.mark.parametrize("suffix", KINDS)
def test_blocks_are_the_whole_in_pieces(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", sound(2.5, channels=2))
    blocks = list(read_blocks(path, block_s=1))
    assert [rate for _, rate in blocks] == [44_100] * 3
    assert [len(block) for block, _ in blocks][:2] == [44_100] * 2
    joined = np.concatenate([block for block, _ in blocks])
    np.testing.assert_allclose(joined, read_audio(path).signal, atol=1e-6)


def test_a_long_file_is_streamed(tmp_path):
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 8000, 1) as file:
        for _ in range(60):
            file.write(np.zeros(8000 * 60))
    tracemalloc.start()
    assert sum(len(block) for block, _ in read_blocks(path)) == 60 * 60 * 8000
    assert tracemalloc.get_traced_memory()[1] < 5e6  # 115 MB in one piece
    tracemalloc.stop()


def test_block_length(tmp_path):
    with pytest.raises(ParameterError, match="block_s is 0"):
        list(read_blocks(write(tmp_path / "a.wav"), block_s=0))


def test_real_sounds(real_gunshots):
    for path in sorted(real_gunshots.glob("*/*.flac"))[:20]:
        truth, rate = librosa.load(path, sr=None)
        recording = read_audio(path)
        np.testing.assert_array_equal(recording.signal, truth)
        assert (recording.sample_rate_hz, recording.notes) == (rate, ())
