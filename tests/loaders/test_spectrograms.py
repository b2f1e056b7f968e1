import os
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
import soundfile

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import keep_features, keep_spectrograms, load_gunshots, read_audio, spectrograms
from fireanalysis.transforms import log_spectrogram, shrink_spectrogram

from .test_gunshot import make


@pytest.fixture
def folder(tmp_path):
    files = [f"rifle/M4/a_{n:04d}.wav" for n in range(5)] + [f"pistol/Glock/b_{n:04d}.flac" for n in range(5)]
    make(tmp_path / "data", *files, rate=44_100, seconds=2)
    return tmp_path / "data"


def loud(signal, *, sample_rate_hz, scale=1.0):
    return [scale * np.abs(signal).max(), len(signal) / sample_rate_hz]


def uneven(signal, *, sample_rate_hz):
    return signal[: int(1000 * np.abs(signal).max())]


def test_each_is_the_spectrogram_of_its_recording(folder, tmp_path):
    data = load_gunshots(folder)
    maps = keep_spectrograms(data, store=tmp_path / "store")
    assert maps.notes == data.notes and (maps.label, maps.group, maps.source) == ("model", "session", "real")
    assert list(maps.table.columns) == [*data.table.columns, "row"]
    for row, (found, recording) in enumerate(zip(maps.samples(batch_size=3), data.samples(), strict=True)):
        assert found.dtype == np.float32 and found.shape == (512, 345)
        np.testing.assert_array_equal(
            found, log_spectrogram(recording.signal, recording.sample_rate_hz), str(row)
        )
    small = keep_spectrograms(data, store=tmp_path / "store", shrink_by=4)
    np.testing.assert_array_equal(small[3], shrink_spectrogram(maps[3], factor=4))
    some = maps.subset([7, 2])
    np.testing.assert_array_equal([*some.samples()], [maps[7], maps[2]])


def test_nothing_is_made_twice(folder, tmp_path, monkeypatch):
    data = load_gunshots(folder)
    first = keep_spectrograms(data, store=tmp_path)
    monkeypatch.setattr(spectrograms, "_make", None)
    again = keep_spectrograms(data, store=tmp_path)
    assert again.fingerprint() == first.fingerprint()
    with pytest.raises(TypeError):  # another setting is another entry
        keep_spectrograms(data, store=tmp_path, shrink_by=2)


def test_rates_lengths_and_silence_are_handled_and_noted(tmp_path):
    make(tmp_path / "rifle/M4", "a.wav", rate=8_000, seconds=1)
    make(tmp_path / "rifle/M4", "b.wav", rate=48_000, seconds=3)
    soundfile.write(tmp_path / "rifle/M4/c.wav", np.full(88_200, 0.1), 44_100)
    late = np.zeros(132_300)
    late[100_000:] = 0.5
    soundfile.write(tmp_path / "rifle/M4/d.wav", late, 44_100)
    maps = keep_spectrograms(load_gunshots(tmp_path), store=tmp_path / "store")
    assert list(maps.table["file"]) == ["rifle/M4/a.wav", "rifle/M4/b.wav"]
    assert maps.notes[1:] == (
        "2 of 4 recordings left out, no sound in their first 2 s: rifle/M4/c.wav, rifle/M4/d.wav",
        "1 recordings longer than 2 s: their first 2.0 s",
        "1 recordings shorter than 2 s: silence behind them",
    )
    short, long = (read_audio(tmp_path / f"rifle/M4/{name}.wav") for name in "ab")
    np.testing.assert_array_equal(maps[0], log_spectrogram(short.signal, 8_000))
    np.testing.assert_array_equal(maps[1], log_spectrogram(long.signal, 48_000))
    (tmp_path / "rifle/M4/a.wav").unlink()
    (tmp_path / "rifle/M4/b.wav").unlink()
    with pytest.raises(DataError, match="2 of 2 recordings left out"):
        keep_spectrograms(load_gunshots(tmp_path), store=tmp_path / "store")


def test_an_unreadable_file_is_named_and_the_rest_is_not_lost(folder, tmp_path):
    bad = folder / "rifle/M4/a_0004.wav"
    good = bad.read_bytes()
    bad.write_bytes(good[:5000])
    data = load_gunshots(folder)
    with pytest.raises(DataError, match="truncated") as caught:
        keep_spectrograms(data, store=tmp_path)
    assert caught.value.where == bad
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("spectrograms/*/*.npy")}
    assert len(made) >= 8
    bad.write_bytes(good)
    os.utime(bad, (1, 1))  # another file as far as the store can tell: another entry
    maps = keep_spectrograms(load_gunshots(folder), store=tmp_path)
    assert len(maps) == 10 and all(path.stat().st_mtime_ns == when for path, when in made.items())


def test_an_interrupted_run_goes_on(folder, tmp_path, monkeypatch):
    data = load_gunshots(folder)
    monkeypatch.setattr(spectrograms, "_TASK", 100)  # one thread does all
    calls = []

    def dies_at_fourth(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return log_spectrogram(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(spectrograms, "log_spectrogram", dies_at_fourth)
        with pytest.raises(KeyboardInterrupt):
            keep_spectrograms(data, store=tmp_path)
    assert len(list(tmp_path.glob("spectrograms/*/*.npy"))) == 3
    assert not list(tmp_path.glob("spectrograms/*/made_from.json"))
    (log,) = tmp_path.glob("spectrograms/*/clips.csv")
    with log.open("a") as file:
        file.write("\n3,2.0")  # torn by a full disk

    def counted(*arguments, **options):
        calls.append(arguments)
        return log_spectrogram(*arguments, **options)

    monkeypatch.setattr(spectrograms, "log_spectrogram", counted)
    maps = keep_spectrograms(data, store=tmp_path)
    assert len(calls) == 4 + 7
    for found, recording in zip(maps.samples(), data.samples(), strict=True):
        np.testing.assert_array_equal(found, log_spectrogram(recording.signal, recording.sample_rate_hz))


SLOW = """
import sys, time
from fireanalysis.loaders import keep_features, load_gunshots, store
from fireanalysis.transforms import log_spectrogram
store._code = str  # the package may be edited between two runs
def slow(signal, *, sample_rate_hz):
    time.sleep(0.05)
    return log_spectrogram(signal, sample_rate_hz)
slow.__module__ = "slow"
keep_features(load_gunshots(sys.argv[1]), slow, store=sys.argv[2])
"""


def test_kill_9_leaves_whole_files_and_the_next_run_goes_on(folder, tmp_path):
    command = [sys.executable, "-c", SLOW, str(folder), str(tmp_path / "store")]
    with subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "2"}) as run:
        while run.poll() is None and len(list(tmp_path.glob("store/features/*/*.npy"))) < 3:
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("store/features/*/*.npy")}
    assert 3 <= len(made) < 10
    assert {np.load(path).shape for path in made} == {(512, 345)}
    subprocess.run(command, check=True)
    assert len(list(tmp_path.glob("store/features/*/*.npy"))) == 10
    assert not list(tmp_path.glob("store/features/*/*.part"))
    logged = next(tmp_path.glob("store/features/*/clips.csv")).read_text().split()[::2]
    kept = [path for path, when in made.items() if path.stat().st_mtime_ns == when]
    assert (
        len(kept) >= len(made) - 2 and len(logged) == 10
    )  # at most one clip a thread was not yet in the log


def test_threads(monkeypatch):
    cores = len(os.sched_getaffinity(0))
    for value, expected in {"1": 1, "1,4": 1, "": cores, "x": cores, "0": cores, "999": cores}.items():
        monkeypatch.setenv("OMP_NUM_THREADS", value)
        assert spectrograms.threads() == expected


def test_features_of_two_seconds(folder, tmp_path):
    data = load_gunshots(folder)
    features = keep_features(data, loud, store=tmp_path)
    expected = [[np.abs(recording.signal).max(), 2.0] for recording in data.samples()]
    np.testing.assert_allclose([*features.samples()], expected, rtol=1e-6)
    doubled = keep_features(data, partial(loud, scale=2.0), store=tmp_path)
    np.testing.assert_allclose(doubled[0], [2 * expected[0][0], 2], rtol=1e-6)
    with pytest.raises(DataError, match="arrays of several shapes"):
        keep_features(data, uneven, store=tmp_path)


def test_faults(folder, tmp_path):
    data = load_gunshots(folder)
    for factor in (0, 346, 2.5):
        with pytest.raises(ParameterError, match="shrink_by"):
            keep_spectrograms(data, store=tmp_path, shrink_by=factor)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot keep spectrograms"):
        keep_spectrograms(data, store=tmp_path / "file")
    maps = keep_spectrograms(data, store=tmp_path)
    for path in tmp_path.glob("spectrograms/*/000003.npy"):
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="stored array cannot be read"):
        maps[3]


def test_simulated_recordings(tmp_path):
    data = load_gunshots(clips=12, models=2)
    maps = keep_spectrograms(data, store=tmp_path, shrink_by=8)
    assert maps.source == "simulated" and maps[0].shape == (64, 43)
    recording = data[5]
    full = log_spectrogram(recording.signal, recording.sample_rate_hz)
    np.testing.assert_array_equal(maps[5], shrink_spectrogram(full, factor=8))
