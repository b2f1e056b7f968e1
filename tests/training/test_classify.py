"""Two stages on recordings whose shots are known: their times, models, and what becomes of odd sounds."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.training import TwoStage, classify_recording, introduce, spectrogram_set
from fireanalysis.transforms import log_spectrogram, shrink_spectrogram

RATE_HZ = 44_100
SHOTS = [(0.5, "low 1"), (3.0, "high 2"), (3.5, "high 2"), (8.7, "low 2"), (12.2, "high 1")]


@pytest.fixture(scope="module")
def networks(tones) -> TwoStage:
    return tones.two_stage()


def write(path: Path, signal: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, signal, rate_hz, subtype="FLOAT")
    return path


def test_each_piece_with_a_shot_has_one_line(networks, tmp_path, tones):
    sound = tones.recording(SHOTS, duration_s=15.0)
    table, notes = classify_recording(write(tmp_path / "range.wav", sound.signal), networks)
    assert table.columns.tolist() == [
        "time_s",
        "category",
        "category_probability",
        "model",
        "probability",
        "uncertain",
    ]
    np.testing.assert_allclose(table["time_s"], [0.5, 3.0, 8.7, 12.2], atol=0.003)
    assert table["model"].tolist() == ["low 1", "high 2", "low 2", "high 1"]
    assert table["category"].tolist() == ["low", "high", "low", "high"]
    assert notes == ("5 shots found in 15.0 s of sound",)


def test_its_numbers_are_those_of_the_networks(networks, tones):
    sound = tones.recording([(0.4, "low 2")])
    (row,) = classify_recording(sound, networks).table.to_dict("records")
    routed = networks.predict(spectrogram_set([sound], shape=tones.SHAPE))
    best = routed.soft_probabilities[0].argmax()
    assert row["probability"] == pytest.approx(routed.soft_probabilities[0, best], rel=1e-5)
    assert row["category_probability"] == pytest.approx(
        routed.category_probabilities[0, routed.category_of[best]], rel=1e-5
    )


def test_file_and_recording_give_the_same(networks, tmp_path, tones):
    sound = tones.recording(SHOTS, duration_s=13.0)
    of_file = classify_recording(write(tmp_path / "range.wav", sound.signal), networks)
    of_sound = classify_recording(sound, networks)
    assert of_file.table.equals(of_sound.table) and of_file.notes == of_sound.notes


def test_a_short_rest_is_filled_up_and_that_is_said(networks, tones):
    table, notes = classify_recording(tones.recording([(0.2, "high 2")], duration_s=0.9), networks)
    assert table["model"].tolist() == ["high 2"]
    assert "its last 0.90 s are followed by silence: networks hear 2 s" in notes


@pytest.mark.parametrize(("below", "uncertain"), [(0.0, False), (1.0, True)])
def test_the_threshold_decides_what_is_uncertain(networks, below, uncertain, tones):
    table = classify_recording(tones.recording([(0.4, "low 1")]), networks, uncertain_below=below).table
    assert table["uncertain"].tolist() == [uncertain]


def test_the_threshold_learned_with_the_networks_is_the_default(networks, tones):
    sound = tones.recording([(0.4, "low 1")])
    p = classify_recording(sound, networks).table["probability"].item()
    for threshold, expected in ((0.99 * p, False), (np.nextafter(p, 1), True), (1.0, True)):
        about = networks.about | {"threshold": threshold}
        table = classify_recording(sound, replace(networks, about=about)).table
        assert table["uncertain"].tolist() == [expected], threshold
    assert classify_recording(sound, replace(networks, about={})).table["uncertain"].all()


def test_no_shot_gives_an_empty_table_of_the_same_columns(networks, tones):
    table, notes = classify_recording(tones.recording([], duration_s=5.0), networks)
    assert table.empty and "uncertain" in table and notes == ("0 shots found in 5.0 s of sound",)


def test_every_piece_can_be_asked_for(networks, tones):
    sound = tones.recording([(3.0, "high 2")], duration_s=6.5)
    table, notes = classify_recording(sound, networks, every_piece=True)
    np.testing.assert_allclose(table["time_s"], [0, 3.0, 4, 6], atol=0.003)
    only = classify_recording(sound, networks).table
    assert table.iloc[1].to_dict() == only.iloc[0].to_dict()
    assert notes[0] == "1 shot found in 6.5 s of sound"
    nothing = tones.recording([], duration_s=4.0)
    assert classify_recording(nothing, networks, every_piece=True).table["time_s"].tolist() == [0, 2]


def test_odd_sounds_are_noted(networks, tmp_path, tones):
    loud = 3 * tones.recording([(0.4, "low 1")], rate_hz=8_000).signal
    table, notes = classify_recording(write(tmp_path / "loud.wav", loud, 8_000), networks)
    assert table["model"].tolist() == ["low 1"]
    assert "sampled at 8000 Hz: nothing above 4000 Hz can be heard" in notes
    assert any(note.startswith("its peak of 1.") and note.endswith("scaled to 1") for note in notes)
    share = 100 * (np.abs(loud) >= 0.999).mean()
    assert f"clipped: {share:.2g} % of the samples at full scale" in notes


def test_stereo_is_heard_as_the_mean_of_its_channels(networks, tmp_path, tones):
    sound = tones.recording([(0.4, "high 1")])
    both = np.column_stack([2 * sound.signal, np.zeros_like(sound.signal)])
    table = classify_recording(write(tmp_path / "both.wav", both), networks).table
    assert table.equals(classify_recording(sound, networks).table)


def test_silence_is_an_error(networks, tmp_path):
    path = write(tmp_path / "silent.wav", np.zeros(RATE_HZ))
    with pytest.raises(DataError, match=r"silent: all 44100 samples are 0\n.*silent\.wav"):
        classify_recording(path, networks)


def test_what_is_no_sound_is_an_error(networks, tmp_path):
    (tmp_path / "shot.wav").write_text("not a sound")
    with pytest.raises(DataError, match=r"no WAV, FLAC, Ogg or MP3"):
        classify_recording(tmp_path / "shot.wav", networks)


@pytest.mark.parametrize("below", [-0.1, 1.5, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(networks, below, tones):
    with pytest.raises(ParameterError, match="uncertain_below is"):
        classify_recording(tones.recording([]), networks, uncertain_below=below)


def test_memory_does_not_grow_with_the_file(networks, tmp_path, tones):
    """Ten minutes are 106 MB of samples."""
    minute = tones.recording([(5.0, "low 1")], duration_s=60.0).signal
    with soundfile.SoundFile(tmp_path / "long.wav", "w", RATE_HZ, 1, "PCM_16") as file:
        for _ in range(10):
            file.write(minute)
    tracemalloc.start()
    table = classify_recording(tmp_path / "long.wav", networks).table
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(table["time_s"], 60 * np.arange(10) + 5, atol=0.003)
    assert peak < 40e6


def test_spectrograms_are_those_of_the_training(tones):
    sound = tones.recording([(0.4, "high 1")])
    (made,) = spectrogram_set([sound], shape=tones.SHAPE).samples()
    expected = shrink_spectrogram(log_spectrogram(sound.signal, RATE_HZ), factor=16)
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("shape", [(32, 24), (1024, 345)])
def test_a_network_of_another_input_is_refused(shape, tones):
    with pytest.raises(ParameterError, match=f"networks take {shape[0]} × {shape[1]}"):
        spectrogram_set([tones.recording([])], shape=shape)


def test_the_introduction_tells_errors_and_source(networks):
    said = "\n".join(introduce(networks))
    assert "4 models of 2 categories, learned from SIMULATED gunshots only: 96 clips of 96 sessions" in said
    assert "wrong about real recordings is NOT KNOWN" in said
    assert "category wrong in 10% (5% to 20%), model in 25% (15% to 40%)" in said
    assert "from a probability of 0.50 on, 50% of them have an answer, wrong in 6% (0% to 10%)" in said
    assert "identifies nobody" in said


def test_the_introduction_says_what_is_not_known(networks):
    said = "\n".join(introduce(replace(networks, about={})))
    assert "UNKNOWN source" in said and "nothing about held-out sessions" in said
    none = {**networks.about, "held_out": {**networks.about["held_out"], "accuracy of answered": None}}
    assert "have an answer" not in "\n".join(introduce(replace(networks, about=none)))


def test_the_first_shot_of_real_recordings_is_found(networks, real_gunshots):
    folder = real_gunshots / "free_firearm_library"
    manifest = pd.read_csv(folder / "manifest.csv")
    for file, onsets_s in zip(manifest["file"], manifest["onsets_s"], strict=True):
        table = classify_recording(folder / file, networks).table
        assert table["time_s"].iloc[0] == pytest.approx(float(onsets_s.split()[0]), abs=0.03), file
        assert (np.diff(table["time_s"] // 2) > 0).all()  # one line a piece
