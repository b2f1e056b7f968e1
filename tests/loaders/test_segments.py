import contextlib
import os
import resource
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import soundfile

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import cut_segments, load_gunshots, read_audio, segments

RATE = 8000


def noise(seconds: float, seed: int = 0, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.1, size=(round(seconds * RATE), channels)).clip(-1, 1)


def write(root, file, seconds=5.0, **options):
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, options.pop("signal", noise(seconds)), options.pop("rate", RATE), **options)
    return path


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "in", "rifle/M4/range.wav", 5.0)
    write(tmp_path / "in", "rifle/M4/yard.wav", 1.9)
    write(tmp_path / "in", "pistol/Glock/hall 2.flac", 4.0)
    return tmp_path / "in"


@contextlib.contextmanager
def largest_file(size: int):
    """Let no file grow beyond a size: what a full disk does, without one."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def sounds(root) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in (".wav", ".flac")
    )


def test_consecutive_pieces_and_their_manifest(folder, tmp_path):
    table, too_short = cut_segments(folder, out=tmp_path / "out")
    assert too_short == ("rifle/M4/yard.wav",)
    assert table.to_numpy().tolist() == [
        ["pistol/Glock/hall 2_0001.flac", "pistol", "Glock", "Glock/hall", "pistol/Glock/hall 2.flac", 0.0],
        ["pistol/Glock/hall 2_0002.flac", "pistol", "Glock", "Glock/hall", "pistol/Glock/hall 2.flac", 2.0],
        ["rifle/M4/range_0001.wav", "rifle", "M4", "M4/range", "rifle/M4/range.wav", 0.0],
        ["rifle/M4/range_0002.wav", "rifle", "M4", "M4/range", "rifle/M4/range.wav", 2.0],
    ]
    assert sounds(tmp_path / "out") == list(table["file"])
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/manifest.csv"), table)
    data = load_gunshots(tmp_path / "out")
    assert list(data.groups) == list(table["session"]) and data.notes == ()
    whole = read_audio(folder / "rifle/M4/range.wav").signal
    np.testing.assert_array_equal(np.concatenate([data[2].signal, data[3].signal]), whole[: 4 * RATE])


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [(".wav", "PCM_16"), (".wav", "PCM_24"), (".wav", "PCM_U8"), (".wav", "FLOAT"), (".wav", "DOUBLE"),
     (".flac", "PCM_16"), (".flac", "PCM_24")],
)  # fmt: skip
def test_samples_channels_rate_and_kind_stay(tmp_path, suffix, subtype):
    source = write(tmp_path / "in", f"rifle/M4/a{suffix}", signal=noise(4.4, channels=2), subtype=subtype)
    table, _ = cut_segments(tmp_path / "in", out=tmp_path / "out")
    pieces = [tmp_path / "out" / file for file in table["file"]]
    assert [soundfile.info(piece).subtype for piece in pieces] == [subtype] * 2
    assert [piece.suffix for piece in pieces] == [suffix] * 2
    joined = np.concatenate([soundfile.read(piece, dtype="float64")[0] for piece in pieces])
    np.testing.assert_array_equal(joined, soundfile.read(source, dtype="float64")[0][: 4 * RATE])


@pytest.mark.parametrize(("file", "subtype"), [("a.mp3", None), ("a.ogg", None), ("a.wav", "ULAW")])
def test_lossy_files_are_not_coded_again(tmp_path, file, subtype):
    source = write(tmp_path / "in", f"rifle/M4/{file}", 4.0, subtype=subtype)
    table, _ = cut_segments(tmp_path / "in", out=tmp_path / "out")
    assert table["file"][0] == "rifle/M4/a_0001.flac"
    piece, _ = soundfile.read(tmp_path / "out" / table["file"][0])
    assert np.abs(piece - soundfile.read(source)[0][: 2 * RATE]).max() < 1.01 / 32768


def test_beside_the_recordings_and_never_its_own_pieces(folder):
    first = cut_segments(folder)
    assert sounds(folder / "rifle") == [
        "M4/range.wav",
        "M4/range_0001.wav",
        "M4/range_0002.wav",
        "M4/yard.wav",
    ]
    when = {file: (folder / file).stat().st_mtime_ns for file in first.table["file"]}
    again = cut_segments(folder)
    pd.testing.assert_frame_equal(again.table, first.table)
    assert {file: (folder / file).stat().st_mtime_ns for file in first.table["file"]} == when
    assert len(load_gunshots(folder)) == 4  # the pieces, not the recordings
    elsewhere = cut_segments(folder, out=folder.parent / "out")
    pd.testing.assert_frame_equal(elsewhere.table, first.table)
    (folder / "manifest.csv").unlink()  # as a killed run leaves it
    pd.testing.assert_frame_equal(cut_segments(folder).table, first.table)


def test_what_is_missing_or_of_another_length_is_written_again(folder, tmp_path):
    out = tmp_path / "out"
    whole = {file: (out / file).read_bytes() for file in cut_segments(folder, out=out).table["file"]}
    (out / "rifle/M4/range_0001.wav").unlink()
    write(out, "rifle/M4/range_0002.wav", 1.0)
    cut_segments(folder, out=out)
    assert {file: (out / file).read_bytes() for file in whole} == whole
    shorter = cut_segments(folder, out=out, duration_s=0.5)
    assert len(shorter.table) == 10 + 3 + 8 and not shorter.too_short
    assert {soundfile.info(out / file).duration for file in shorter.table["file"]} == {0.5}


def test_a_manifest_gives_the_sessions(folder, tmp_path):
    (folder / "manifest.csv").write_text(
        "file,category,model,session,note\nrifle/M4/range.wav,Rifle,M4,s 1,x\n"
        "pistol/Glock/hall 2.flac,pistol,Glock,2,y\n"
    )
    table, _ = cut_segments(folder, out=tmp_path / "out")
    assert list(table["session"]) == ["s 1", "s 1", "2", "2"] and set(table["category"]) == {
        "rifle",
        "pistol",
    }
    with pytest.raises(ParameterError, match="has a manifest") as caught:
        cut_segments(folder)
    assert caught.value.where == folder / "manifest.csv"
    chosen, _ = cut_segments(load_gunshots(folder).subset([1]), out=tmp_path / "some")
    assert list(chosen["model"]) == ["Glock", "Glock"]


def test_a_long_recording_is_streamed(tmp_path):
    path = tmp_path / "in/rifle/M4/long.flac"
    path.parent.mkdir(parents=True)
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        for _ in range(20):
            file.write(np.zeros(60 * RATE))
    tracemalloc.start()
    table, _ = cut_segments(tmp_path / "in", out=tmp_path / "out", duration_s=30)
    assert len(table) == 40 and tracemalloc.get_traced_memory()[1] < 10e6  # 77 MB in one piece
    tracemalloc.stop()


def test_a_write_that_fails_leaves_no_half_piece(folder, tmp_path):
    with largest_file(20_000), pytest.raises(RunError, match="pieces cannot be written") as caught:
        cut_segments(folder, out=tmp_path / "out")
    assert caught.value.where == tmp_path / "out"
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(cut_segments(folder, out=tmp_path / "out").table) == 4
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="pieces cannot be written"):
        cut_segments(folder, out=tmp_path / "file")
    if os.geteuid():  # root may write anywhere
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(RunError, match="Permission denied"):
            cut_segments(folder, out=tmp_path / "locked")


def test_an_interrupted_run_goes_on(folder, tmp_path, monkeypatch):
    written = []

    def dies(path, content):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        write_piece(path, content)

    write_piece = segments._write
    with monkeypatch.context() as patched:
        patched.setattr(segments, "_write", dies)
        with pytest.raises(KeyboardInterrupt):
            cut_segments(folder, out=tmp_path / "out")
    when = {path: path.stat().st_mtime_ns for path in written}
    assert len(cut_segments(folder, out=tmp_path / "out").table) == 4
    assert {path: path.stat().st_mtime_ns for path in written} == when


def test_a_broken_recording_is_named(folder, tmp_path):
    bad = folder / "rifle/M4/range.wav"
    bad.write_bytes(bad.read_bytes()[:9000])
    with pytest.raises(DataError, match="truncated") as caught:
        cut_segments(folder, out=tmp_path / "out")
    assert caught.value.where == bad
    signal = noise(6)
    signal[5 * RATE] = np.nan
    write(folder, "rifle/M4/range.wav", signal=signal, subtype="FLOAT")
    with pytest.raises(DataError, match="1 samples are NaN"):
        cut_segments(folder, out=tmp_path / "out")


def test_faults_of_the_caller(folder, tmp_path):
    for duration_s in (0, -1, float("nan")):
        with pytest.raises(ParameterError, match="duration_s"):
            cut_segments(folder, out=tmp_path / "out", duration_s=duration_s)
    with pytest.raises(ParameterError, match="inside the folder of the recordings"):
        cut_segments(folder, out=folder / "pieces")
    with pytest.raises(ParameterError, match="no files to cut"):
        cut_segments(load_gunshots(clips=2, models=1), out=tmp_path / "out")
    with pytest.raises(ParameterError, match="no out"):
        cut_segments(load_gunshots(folder))
    with pytest.raises(DataError, match="each of the 3 recordings is shorter than 60 s"):
        cut_segments(folder, out=tmp_path / "out", duration_s=60)
    assert not (tmp_path / "out").exists()
    write(folder, "rifle/M4/range.flac")
    with pytest.raises(DataError, match=r"same names: rifle/M4/range\.flac, rifle/M4/range\.wav"):
        cut_segments(folder, out=tmp_path / "out")


def test_real_recordings(real_gunshots, tmp_path):
    root = real_gunshots / "free_firearm_library"
    table, too_short = cut_segments(root, out=tmp_path)
    durations = {path.name: soundfile.info(path).duration for path in root.glob("*.flac")}
    assert len(table) == sum(int(duration // 2) for duration in durations.values()) and not too_short
    assert len(load_gunshots(tmp_path)) == len(table)
