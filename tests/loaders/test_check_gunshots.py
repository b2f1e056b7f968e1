import shutil

import numpy as np
import pytest
import soundfile

from fireanalysis.errors import DataError
from fireanalysis.loaders import check_folder

from .test_check import findings
from .test_duplicates import RATE, changed, shot

FILES = [f"{model}/{name}_0001.wav" for model in ("rifle/M4", "pistol/Glock") for name in ("a", "b", "c")]


def write(root, file, signal, rate=RATE, **options) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(root / file, signal, rate, **options)


@pytest.fixture
def good_folder(tmp_path):
    for number, file in enumerate(FILES):
        write(tmp_path, file, shot(number))
    header = "file,category,model,session\n"
    rows = [f"{file},{','.join(file.split('/')[:2])},s{number}\n" for number, file in enumerate(FILES)]
    (tmp_path / "manifest.csv").write_text(header + "".join(rows))
    return tmp_path


def test_a_good_folder_has_no_findings_and_its_kind_is_told(good_folder):
    table = check_folder(good_folder)
    assert table.empty and table.attrs["kind"] == "gunshots"
    for number in range(3):  # a few pictures beside the sounds
        (good_folder / f"{number}.png").write_bytes(b"x")
    assert check_folder(good_folder).attrs["kind"] == "gunshots"


def test_inferred_sessions_are_told(good_folder):
    (good_folder / "manifest.csv").unlink()
    note = "session taken from 6 file names without their last number: 6"
    assert findings(good_folder, "warning") == [("(folder)", note)]


def test_files_that_cannot_be_read_are_all_named(good_folder):
    (good_folder / FILES[0]).write_bytes(b"")
    (good_folder / FILES[1]).write_bytes((good_folder / FILES[1]).read_bytes()[:1000])
    broken = shot(3)
    broken[7] = np.nan
    write(good_folder, FILES[2], broken, subtype="FLOAT")
    assert findings(good_folder, "error") == [
        (FILES[0], "the file is empty (0 bytes)"),
        (FILES[1], "truncated: 1 % of what its header states"),
        (FILES[2], "1 samples are NaN or infinite"),
    ]


def test_what_is_no_sound_or_none_that_can_be_used(good_folder):
    (good_folder / FILES[0]).write_text("no sound at all")
    write(good_folder, FILES[1], 32767 * shot(1), subtype="FLOAT")
    write(good_folder, FILES[2], shot(2), 2000)
    found = findings(good_folder, "error")
    assert found[0] == (FILES[0], "no WAV, FLAC, Ogg or MP3 file: it begins with b'no sound at '")
    assert found[1][1].endswith("floating-point audio holds −1 to 1")
    assert found[2] == (FILES[2], "its sample rate is 2000 Hz; 4000 to 768000 Hz fit")


def test_what_is_handled_is_a_warning(good_folder):
    write(good_folder, FILES[0], np.zeros(2 * RATE))
    write(good_folder, FILES[1], np.repeat(shot(1)[:RATE, None], 2, axis=1))
    write(good_folder, FILES[2], shot(2, 8000), 8000)
    write(good_folder, FILES[3], np.clip(shot(3) * 30, -1, 1))
    write(good_folder, FILES[4], np.concatenate([shot(4), shot(5)]))
    write(good_folder, FILES[5], np.clip(shot(6) * 20, -1, 1), format="FLAC")
    assert not findings(good_folder, "error")
    found = dict(findings(good_folder, "warning"))
    assert found[FILES[0]] == "silent: all samples are 0"
    assert found[FILES[2]] == "sampled at 8000 Hz: nothing above 4000 Hz"
    assert found[FILES[4]] == "4.000 s long: the first 2 s are used; cut_segments makes clips of all of it"
    assert found[f"{FILES[3]}, {FILES[5]}"].endswith("of the samples at full scale (the first of 2)")
    assert found[FILES[5]] == "holds FLAC though its name ends in .wav"
    assert found["(folder)"] == "sample rates differ: 5 x 44100 Hz, 1 x 8000 Hz"
    problems = [problem for file, problem in findings(good_folder, "warning") if file == FILES[1]]
    assert problems == ["mean of 2 channels", "1.000 s short: silence is put behind it"]


def test_copies_across_sessions_and_models_are_errors(good_folder):
    shutil.copy(good_folder / FILES[0], good_folder / FILES[1])
    write(good_folder, FILES[4], *changed("MP3", shot(2)))
    found = dict(findings(good_folder, "error"))
    assert found[f"{FILES[0]}, {FILES[1]}"] == "the same sound in two sessions: s0, s1"
    near = found[f"{FILES[2]}, {FILES[4]}"]
    assert near.startswith("the same sound by a similarity of 0.9") or near.startswith(
        "the same sound by a similarity of 1"
    )
    assert near.endswith("as two models: M4, Glock")
    manifest = good_folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("s1", "s0"))
    warning = (f"{FILES[0]}, {FILES[1]}", "the same sound twice, session s0")
    assert warning in findings(good_folder, "warning")


def test_models_sessions_and_categories(good_folder):
    manifest = good_folder / "manifest.csv"
    text = manifest.read_text()
    manifest.write_text(text.replace("s1", "s0"))
    assert findings(good_folder, "warning") == [("(folder)", "1 models with fewer than three sessions: M4")]
    manifest.write_text(text.replace("pistol,Glock,s5", "rifle,Glock,s5"))
    assert findings(good_folder, "warning") == [("(folder)", "1 models in several categories: Glock")]
    manifest.write_text("".join(text.splitlines(keepends=True)[:4]))
    assert findings(good_folder, "warning") == [("(folder)", "one model only")]


def test_another_layout_is_the_one_finding(good_folder):
    (good_folder / "manifest.csv").unlink()
    write(good_folder, "rifle/loose.wav", shot(9))
    ((where, what),) = findings(good_folder, "error")
    assert where == str(good_folder) and "in no folder of a model: rifle/loose.wav" in what
    assert len(check_folder(good_folder)) == 1


def test_sessions_and_categories_as_a_manifest_tells_them(good_folder):
    manifest = good_folder / "manifest.csv"
    text = manifest.read_text()
    manifest.write_text(text.replace(",session", ",session_inferred").replace("pistol,", "handgun,"))
    assert [what for _, what in findings(good_folder, "warning")] == [
        "sessions are inferred (session_inferred)",
        "categories beside the paper's five: handgun",
    ]
    manifest.write_text(text.replace(",session", ",take"))
    assert [what for _, what in findings(good_folder, "warning")] == [
        "no column session: each of the 6 files is taken as a session of its own"
    ]
    manifest.write_text(text.replace("rifle,M4,s0", "rifle,,s0").replace(FILES[1], "../1.wav"))
    ((_, what),) = findings(good_folder, "error")
    assert "line 2: no model" in what and "line 3: file '../1.wav' leads out of the folder" in what


def test_an_unknown_kind_lists_the_layouts_of_both(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match=r"files end in \.txt") as caught:
        check_folder(tmp_path)
    assert "category/model/file" in caught.value.do and "brand/firearm/file" in caught.value.do


def test_real_folders(real_gunshots):
    eight = check_folder(real_gunshots / "eight_models")
    assert eight.attrs["kind"] == "gunshots" and not (eight["severity"] == "error").any()
    assert "sessions are inferred" in eight["problem"][0]
    library = check_folder(real_gunshots / "free_firearm_library")
    (error,) = library.loc[library["severity"] == "error", "file"]  # two edits of one take
    assert sorted(error.split(", ")) == ["G_24P_Carl_Gustav_M45.flac", "G_24_Carl_Gustav_M45.flac"]
    assert any("models with fewer than three sessions" in problem for problem in library["problem"])
