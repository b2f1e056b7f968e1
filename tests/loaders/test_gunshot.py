import inspect

import numpy as np
import pandas as pd
import pytest
import soundfile

from fireanalysis import simulators
from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import CATEGORIES, load_gunshots, split


def make(root, *files, rate=8000, seconds=0.1) -> None:
    for number, file in enumerate(files):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).normal(scale=0.1, size=round(rate * seconds)).clip(-1, 1)
        soundfile.write(root / file, noise, rate)


def manifest(root, text: str) -> None:
    (root / "manifest.csv").write_text(text, encoding="utf-8")


def test_category_model_file(tmp_path):
    make(
        tmp_path,
        "rifle/AK-47/range 2_0013.wav",
        "rifle/AK-47/range 2_0014.FLAC",
        "rifle/AK-47/yard (3).ogg",
        "rifle/M4/range 2-1.mp3",
        "Sub-machine guns/MP5/5 (12).wav",
        "Sub-machine guns/MP5/5 (2).wav",
        "Sub-machine guns/MP5/solo.wav",
    )
    data = load_gunshots(tmp_path)
    found = data.table.set_index("file")[["category", "model", "session"]].T.to_dict("list")
    assert found == {
        "Sub-machine guns/MP5/5 (12).wav": ["submachine gun", "MP5", "MP5/5"],
        "Sub-machine guns/MP5/5 (2).wav": ["submachine gun", "MP5", "MP5/5"],
        "Sub-machine guns/MP5/solo.wav": ["submachine gun", "MP5", "MP5/solo"],
        "rifle/AK-47/range 2_0013.wav": ["rifle", "AK-47", "AK-47/range 2"],
        "rifle/AK-47/range 2_0014.FLAC": ["rifle", "AK-47", "AK-47/range 2"],
        "rifle/AK-47/yard (3).ogg": ["rifle", "AK-47", "AK-47/yard"],
        "rifle/M4/range 2-1.mp3": ["rifle", "M4", "M4/range 2"],
    }
    assert data.table["session_inferred"].all()
    assert data.notes == ("session taken from 7 file names without their last number: 5",)
    assert (data.label, data.group, data.source, data.name) == ("model", "session", "real", tmp_path.name)
    assert [data[row].name for row in (0, 6)] == ["5 (12)", "range 2-1"] and data[0].source == "real"


def test_a_model_in_two_categories_is_two(tmp_path):
    make(tmp_path, "rifle/X1/a.wav", "pistol/X1/a.wav")
    data = load_gunshots(tmp_path)
    assert list(data.labels) == ["pistol/X1", "rifle/X1"] and data.table["session"].is_unique


def test_five_categories_in_any_spelling_others_as_they_are(tmp_path):
    spellings = [
        "MACHINE_GUN",
        "machineguns",
        "Pistol",
        "rifles",
        "Shot gun",
        "submachine-gun",
        "Air Rifle",
        "SMG",
    ]
    make(tmp_path, *(f"{name}/{name} 1/a.wav" for name in spellings))
    data = load_gunshots(tmp_path)
    named = dict(zip(data.table["model"].str[:-2], data.table["category"], strict=True))
    expected = [*("machine gun",) * 2, "pistol", "rifle", "shotgun", "submachine gun", "Air Rifle", "SMG"]
    assert named == dict(zip(spellings, expected, strict=True))
    assert data.notes[-1] == "categories beside the paper's five: Air Rifle, SMG"


def test_manifest(tmp_path):
    make(tmp_path, "a.wav", "sub/b.flac", "c.ogg")
    rows = "a.wav,Rifle,M4,s1,0.5\nsub\\b.flac,pistol,1911,s2,\nc.ogg,pistol,1911,007,2\n"
    manifest(tmp_path, "file,category,model,session,gain\n" + rows)
    data = load_gunshots(tmp_path)
    assert list(data.table["file"]) == ["a.wav", "sub/b.flac", "c.ogg"] and data.notes == ()
    assert list(data.groups) == ["s1", "s2", "007"] and list(data.labels) == ["M4", "1911", "1911"]
    assert list(data.table["category"]) == ["rifle", "pistol", "pistol"]
    assert data.table["gain"].tolist()[::2] == [0.5, 2] and np.isnan(data.table["gain"][1])


def test_inferred_and_missing_sessions_are_noted(tmp_path):
    make(tmp_path, "a.wav", "b.wav")
    manifest(tmp_path, "file,category,model,session_inferred\na.wav,rifle,M4,1\nb.wav,rifle,M4,1\n")
    data = load_gunshots(tmp_path)
    assert list(data.groups) == ["1", "1"] and data.notes == ("sessions are inferred (session_inferred)",)
    manifest(tmp_path, "file,category,model\na.wav,rifle,M4\nb.wav,rifle,M4\n")
    data = load_gunshots(tmp_path)
    assert list(data.groups) == ["a.wav", "b.wav"]
    assert data.notes == ("no column session: each of the 2 files is taken as a session of its own",)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("file,category,session\na.wav,rifle,1\n", "no column model"),
        ("file,category,model,session\na.wav,,M4,1\n", "line 2: no category"),
        ("file,category,model,session\na.wav,rifle,M4,1\nb.wav,rifle,M4,1\n", "'b.wav' does not exist"),
        ("file,category,model,session\n../a.wav,rifle,M4,1\n", "leads out of the folder"),
        ("file,category,model,session\na.wav,rifle,M4,\n", "1 of 1 rows have no session"),
    ],
)
def test_faulty_manifests(tmp_path, text, match):
    make(tmp_path, "a.wav")
    manifest(tmp_path, text)
    with pytest.raises(DataError, match=match):
        load_gunshots(tmp_path)


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ([], "no files ending in .wav .flac .ogg .mp3"),
        (["a.wav"], "1 of 1 files are in no folder of a model: a.wav"),
        (["AK-47/a.wav", "M4/b.wav"], "2 of 2 files are in no folder of a model"),
        (["rifle/AK-47/a.wav", "rifle/b.wav"], "1 of 2 files are in no folder of a model: rifle/b.wav"),
        (["x/rifle/AK-47/a.wav"], "too deep"),
    ],
)
def test_other_layouts_are_told(tmp_path, files, match):
    make(tmp_path, *files)
    with pytest.raises(DataError, match=match) as caught:
        load_gunshots(tmp_path)
    assert "category/model/file" in caught.value.do or "category, model" in caught.value.do


def test_a_file_is_read_when_it_is_used(tmp_path):
    make(tmp_path, "rifle/M4/a.wav")
    (tmp_path / "rifle/M4/b.wav").write_bytes(b"")
    data = load_gunshots(tmp_path)
    assert data[0].sample_rate_hz == 8000
    with pytest.raises(DataError, match="0 bytes") as caught:
        data[1]
    assert caught.value.where == tmp_path / "rifle/M4/b.wav"


def test_simulated_sets_are_the_simulators(monkeypatch):
    data = load_gunshots(clips=60, models=4, seed=3, difficulty=0.5)
    table = simulators.sample_gunshots(60, models=4, seed=3, difficulty=0.5)
    pd.testing.assert_frame_equal(data.table, table)
    assert (data.label, data.group, data.source) == ("model", "session", "simulated")
    assert set(data.table["category"]) <= set(CATEGORIES)
    signal, rate = next(iter(simulators.render_gunshots(table.iloc[[7]])))
    recording = data[7]
    np.testing.assert_array_equal(recording.signal, signal)
    assert (recording.sample_rate_hz, recording.source) == (rate, "simulated")
    assert table["model"][7] in recording.name
    assert len(set(load_gunshots(clips=60, models=["M4", "Glock"]).labels)) == 2
    parts = split(data, {"train": 0.7, "test": 0.3}, seed=0)
    assert not set(parts["train"].groups) & set(parts["test"].groups)


def test_defaults_are_the_simulators():
    theirs = inspect.signature(simulators.sample_gunshots).parameters
    ours = inspect.signature(load_gunshots).parameters
    assert ours["clips"].default == theirs["n"].default == 3343
    shared = set(ours) & set(theirs)
    assert shared >= {"models", "seed", "difficulty", "wrong_label_fraction", "duplicate_fraction"}
    assert all(ours[name].default == theirs[name].default for name in shared)


def test_faults_of_a_simulated_set():
    with pytest.raises(ParameterError):
        load_gunshots(clips=0)
    with pytest.raises(ParameterError):
        load_gunshots(models=["no such"])


def test_real_sets(real_gunshots):
    eight = load_gunshots(real_gunshots / "eight_models")
    assert len(eight) == 548 and len(set(eight.labels)) == 8 and len(set(eight.groups)) == 59
    assert eight.notes == ("sessions are inferred (session_inferred)",)
    library = load_gunshots(real_gunshots / "free_firearm_library")
    assert len(library) == len(set(library.groups)) == 11 and "each of the 11 files" in library.notes[0]
    assert {recording.sample_rate_hz for recording in library.samples()} == {48_000}
    assert {*eight.table["category"], *library.table["category"]} == set(CATEGORIES)
