import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy import signal

from fireanalysis.errors import ParameterError
from fireanalysis.loaders import (
    DataSet,
    Recording,
    duplicates,
    find_duplicates,
    load_gunshots,
    without_duplicates,
)

RATE = 44_100


def shot(seed: int, rate: int = RATE) -> np.ndarray:
    """Noise that dies away, from 0.3 s on."""
    rng = np.random.default_rng(seed)
    time = np.arange(2 * rate) / rate - 0.3
    sound = 0.3 * rng.normal(size=len(time)) * np.exp(-6 * time) * (time > 0)
    return (sound + 1e-4 * rng.normal(size=len(time))).astype(np.float32)


def data_of(*recordings, sessions=None, labels=None) -> DataSet:
    pairs = [each if isinstance(each, tuple) else (each, RATE) for each in recordings]
    table = pd.DataFrame(
        {
            "place": range(len(pairs)),
            "model": labels or ["M4"] * len(pairs),
            "session": sessions or [str(number) for number in range(len(pairs))],
        }
    )

    def read(rows):
        return [Recording(*pairs[row], name=str(row), source="real") for row in rows["place"]]

    return DataSet(table, read, label="model", group="session", source="real", name="made up")


def mp3(sound, rate=RATE, level=0.5):
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="MP3", bitrate_mode="CONSTANT", compression_level=level)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def later(sound, seconds, rate=RATE):
    return np.concatenate([np.zeros(round(seconds * rate), np.float32), sound])[: len(sound)]


def through_a_telephone(sound, rate=RATE):
    return signal.sosfilt(signal.butter(4, [300, 3400], "bandpass", fs=rate, output="sos"), sound)


def noisier(sound, rate=RATE):
    return sound + np.random.default_rng(99).normal(scale=0.1 * sound.std(), size=len(sound))


CHANGES = {
    "gain": lambda sound, rate: (0.2 * sound, rate),
    "polarity": lambda sound, rate: (-sound, rate),
    "MP3": lambda sound, rate: (mp3(sound, rate), rate),
    "start": lambda sound, rate: (later(sound, 0.02, rate), rate),
    "earlier start": lambda sound, rate: (later(sound[::-1], 0.02, rate)[::-1], rate),
    "8 kHz": lambda sound, rate: (signal.resample(sound, len(sound) * 8000 // rate), 8000),
    "48 kHz": lambda sound, rate: (signal.resample(sound, len(sound) * 48_000 // rate), 48_000),
    "band": lambda sound, rate: (through_a_telephone(sound, rate), rate),
    "noise": lambda sound, rate: (noisier(sound, rate), rate),
    "all": lambda sound, rate: (mp3(later(0.3 * through_a_telephone(sound, rate), 0.02, rate), rate), rate),
}


def changed(change, sound, rate=RATE):
    sound, rate = CHANGES[change](sound, rate)
    return np.ascontiguousarray(sound, np.float32), rate


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_near(change):
    sounds = [shot(seed) for seed in range(3)]
    found = find_duplicates(data_of(*sounds, changed(change, sounds[1])))
    assert found[["a", "b", "kind"]].to_numpy().tolist() == [[1, 3, "near"]]
    assert 0.92 <= found["similarity"][0] <= 1


def test_a_copy_sample_for_sample_is_exact():
    sounds = [shot(seed) for seed in range(3)]
    tiny = sounds[2].copy()
    tiny[5000] += 1 / 32768  # one sample, one step of 16 bits
    sessions, labels = ["x", "y", "z", "x", "z", "z"], ["A", "B", "C", "A", "A", "C"]
    data = data_of(*sounds, sounds[0], sounds[1], tiny, sessions=sessions, labels=labels)
    found = find_duplicates(data)
    assert found.drop(columns="similarity").to_numpy().tolist() == [
        [0, 3, "exact", True, True],
        [1, 4, "exact", False, False],
        [2, 5, "near", True, True],
    ]
    assert list(found["similarity"][:2]) == [1, 1]


def test_the_same_numbers_at_another_rate_are_another_sound():
    assert find_duplicates(data_of(shot(0), (shot(0), 32_000))).empty


def test_other_shots_are_none():
    found = find_duplicates(data_of(*(shot(seed) for seed in range(40))), near=0.6)
    assert found.empty
    assert list(found.columns) == ["a", "b", "kind", "similarity", "same_session", "same_label"]


def test_similarity_is_the_cross_correlation_of_the_band():
    one, other = shot(0), shot(1)
    mixed = one + 0.3 * other
    found = find_duplicates(data_of(one, mixed), near=0.6)
    band = signal.butter(8, [250, 1800], "bandpass", fs=RATE, output="sos")
    filtered = [signal.sosfiltfilt(band, sound) for sound in (one, mixed)]
    expected = signal.correlate(*filtered).max() / np.prod([np.linalg.norm(sound) for sound in filtered])
    assert expected > 0.9 and found["similarity"][0] == pytest.approx(expected, abs=0.01)


def test_blocks_find_the_same_as_one(monkeypatch, tmp_path):
    sounds = [shot(seed) for seed in range(5)]
    data = data_of(*sounds, *(changed("gain", sound) for sound in sounds), *sounds[:2])
    whole = find_duplicates(data)
    monkeypatch.setattr(duplicates, "_BLOCK", 4)
    pd.testing.assert_frame_equal(find_duplicates(data), whole, check_exact=False)
    assert len(whole) == 5 + 2 * 2


def test_silence_is_passed_over_and_rows_stay(tmp_path):
    silence = np.zeros(2 * RATE, np.float32)
    found = find_duplicates(data_of(silence, shot(0), silence, shot(0)), store=tmp_path)
    assert found[["a", "b"]].to_numpy().tolist() == [[1, 3]]
    assert list(tmp_path.glob("features/*/*.npy"))


def test_without_duplicates_keeps_the_first_of_each():
    sounds = [shot(seed) for seed in range(3)]
    data = data_of(*sounds, sounds[0], sounds[0], changed("gain", sounds[1]))
    found = find_duplicates(data)
    rest = without_duplicates(data, found)
    assert list(rest.table["place"]) == [0, 1, 2]
    assert rest.notes == ("3 of 6 left out as duplicates of others",)
    assert find_duplicates(rest).empty
    exact = without_duplicates(data, found[found["kind"] == "exact"])
    assert list(exact.table["place"]) == [0, 1, 2, 5]
    noted = replace(rest, notes=("x",))
    assert without_duplicates(noted, found[:0]) is noted


@pytest.mark.parametrize("near", [0.5, 1.1, float("nan")])
def test_a_threshold_out_of_range(near):
    with pytest.raises(ParameterError, match="near is"):
        find_duplicates(data_of(shot(0)), near=near)


def test_every_simulated_copy_is_found():
    data = load_gunshots(clips=30, models=3, seed=1, duplicate_fraction=0.3)
    ids = list(data.table["id"])
    truth = {(*sorted((row, ids.index(of))),) for row, of in enumerate(data.table["copy_of"]) if of}
    found = find_duplicates(data)
    pairs = {*zip(found["a"], found["b"], strict=True)}
    assert len(truth) >= 8 and truth <= pairs


def test_real_recordings(real_gunshots):
    # The set as published held one folder twice; here its doubles are gone.
    data = load_gunshots(real_gunshots / "eight_models")
    assert find_duplicates(data).empty
    rows = np.random.default_rng(0).choice(len(data), 20, replace=False)
    originals = [(recording.signal, recording.sample_rate_hz) for recording in data.subset(rows).samples()]
    for change in CHANGES:
        copies = [changed(change, sound, rate) for sound, rate in originals]
        found = find_duplicates(data_of(*originals, *copies))
        right = found["b"] == found["a"] + 20
        assert right.all() and right.sum() >= 19, change
