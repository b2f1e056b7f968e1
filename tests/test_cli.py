import errno
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import nbformat
import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.typing import NDArray

from fireanalysis import cli, loaders, training
from fireanalysis.errors import DataError
from fireanalysis.running import report, runner
from fireanalysis.running.runner import RunSummary

PARAMETERS = 'PROFILE = "quick"\nDATA = None\nSEED = 0\nOUT = "results"\nSIGMA = 3.0\n'


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    for name in ("10_cartridge_data", "11_cartridge_shape_index"):
        head = f"# About {name}\n\n**Paper:** cartridge · §4.1\n\n**Minutes:** 1 (two cores, quick)"
        parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
        cells = [nbformat.v4.new_markdown_cell(head), parameters]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    return tmp_path


def _main(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    code = end.value.code or 0
    assert isinstance(code, int)
    return code, *capsys.readouterr()


def test_help_answers_at_once_and_names_every_command() -> None:
    command = [sys.executable, "-m", "fireanalysis.cli", "--help"]
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.5
    for name in ("list", "run", "report", "fetch", "check", "classify", "segment"):
        assert f"\n  {name} " in shown


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _main(capsys)
    assert code == 0 and "Usage: fireanalysis" in out


def test_list_shows_what_notebooks_say(capsys: pytest.CaptureFixture[str], notebooks: Path) -> None:
    code, out, _ = _main(capsys, "list", "--notebooks", notebooks)
    assert code == 0
    assert out.splitlines()[:4] == [
        "10_cartridge_data",
        "    About 10_cartridge_data",
        "    paper: cartridge · §4.1",
        "    minutes: 1 (two cores, quick)",
    ]


def test_run_takes_names_and_options_in_any_order(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = {}

    def run_notebooks(names: tuple[str, ...], **arguments: object) -> RunSummary:
        seen.update(arguments, names=names)
        return RunSummary(tmp_path, {"10_a": {"status": "passed"}}, (), 3.0)

    monkeypatch.setattr(runner, "run_notebooks", run_notebooks)
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report" / "index.html")
    given = ["run", "--data", tmp_path, "10", "-p", "SIGMA", "0.5", "11", "-p", "LABEL", "a", "--resume"]
    code, out, _ = _main(capsys, *given, "--jobs", 2, "--timeout", 60, "--profile", "full")
    assert code == 0
    assert out.splitlines() == [f"1 passed in 3 s: {tmp_path}", "report: results/report/index.html"]
    assert seen == {
        "names": ("10", "11"),
        "profile": "full",
        "parameters": {"SIGMA": "0.5", "LABEL": "a"},
        "data": tmp_path,
        "jobs": 2,
        "out": Path("results"),
        "resume": True,
        "notebooks": None,
        "timeout_s": 60,
        "stream": sys.stdout,
    }
    _main(capsys, "run")
    assert seen["names"] == () and seen["profile"] == "quick" and seen["data"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "12"], "no notebook '12'; near: 10_cartridge_data, 11_cartridge_shape_index"),
        (["run", "11_cartridge_shape"], "near: 11_cartridge_shape_index"),
        (["run", "-p", "SIGMAA", "3"], "unknown parameter 'SIGMAA'"),
        (["run", "-p", "SIGMA", "wide"], "SIGMA is 'wide'; its default is 3.0"),
        (["run", "-p", "DATA", "x"], "use --data"),
        (["run", "--data", "no/such"], "no such folder"),
        (["run", "--jobs", "0"], "jobs is 0"),
        (["run", "--profile", "tiny"], "'tiny' is not one of 'smoke', 'quick', 'full', 'paper'"),
        (["run", "--fast"], "No such option"),
        (["walk"], "No such command"),
    ],
)
def test_a_wrong_command_is_one_message_and_status_2(
    capsys: pytest.CaptureFixture[str], notebooks: Path, arguments: list[str], message: str
) -> None:
    if arguments[0] == "run":
        arguments = [*arguments, "--notebooks", str(notebooks), "--out", str(notebooks / "out")]
    code, out, err = _main(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and message in err and "to do: " in err
    assert not (notebooks / "out").exists()


@pytest.mark.parametrize(
    ("states", "status"),
    [(["passed", "failed"], 1), (["passed", "stopped", "waiting"], 130), (["failed", "stopped"], 130)],
)
def test_the_exit_status_says_how_a_run_ended(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    states: list[str],
    status: int,
) -> None:
    entries = {
        f"1{number}_a": {"status": state, "error": "KeyError: 'x'"} for number, state in enumerate(states)
    }
    summary = RunSummary(tmp_path, entries, (), 3.0)
    monkeypatch.setattr(runner, "run_notebooks", lambda names, **_: summary)
    monkeypatch.setattr(report, "write_report", lambda folder: folder)
    code, out, err = _main(capsys, "run")
    assert code == status
    assert err.count("error: ") == states.count("failed")
    assert ("failed: KeyError: 'x'" in err) == ("failed" in states)
    assert ", ".join(f"1 {state}" for state in states) in out


def test_a_full_disk_is_one_message_wherever_it_is_met_and_a_bug_stays_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = OSError(errno.ENOSPC, "No space left on device", "/tmp/fa-x")

    def run_notebooks(*_: object, **__: object) -> RunSummary:
        raise problem

    monkeypatch.setattr(runner, "run_notebooks", run_notebooks)
    code, _, err = _main(capsys, "run")
    assert code == 1
    assert err.startswith("error: [Errno 28] No space left on device: '/tmp/fa-x'\n  to do: ")
    problem = FileNotFoundError(errno.ENOENT, "No such file", "x")
    with pytest.raises(FileNotFoundError):
        _main(capsys, "run")


def test_report_fetch_and_check_pass_on_what_the_package_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report" / "index.html")
    assert _main(capsys, "report", tmp_path)[:2] == (0, f"{tmp_path / 'report' / 'index.html'}\n")
    monkeypatch.setattr(loaders, "fetch", lambda name: Path("/cache") / name, raising=False)
    assert _main(capsys, "fetch", "fadul")[:2] == (0, "/cache/fadul\n")
    rows = [("warning", "b.x3p", "its firearm is inferred", "write a manifest")]
    rows += [("error", "a.x3p", "it is empty", "copy it again")]
    findings = pd.DataFrame(rows, columns=["severity", "file", "problem", "do"])
    findings.attrs["kind"] = "cartridge cases"
    monkeypatch.setattr(loaders, "check_folder", lambda folder: findings, raising=False)
    code, out, _ = _main(capsys, "check", tmp_path)
    assert code == 1 and "error: a.x3p: it is empty\n  to do: copy it again\n" in out
    monkeypatch.setattr(loaders, "check_folder", lambda folder: findings[:1], raising=False)
    code, out, _ = _main(capsys, "check", tmp_path)
    assert code == 0 and out.endswith(f"0 errors and 1 warnings in {tmp_path}, a folder of cartridge cases\n")

    def no_folder(folder: Path) -> pd.DataFrame:
        raise DataError("no such folder", where=folder, do="name another")

    monkeypatch.setattr(loaders, "check_folder", no_folder, raising=False)
    assert _main(capsys, "check", "x") == (
        1,
        "",
        "error: no such folder\n  where: x\n  to do: name another\n",
    )


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory, tones: ModuleType) -> Path:
    return tones.two_stage().save(tmp_path_factory.mktemp("networks"))


def _sound(path: Path, signal: NDArray, rate_hz: int = 44_100) -> Path:
    soundfile.write(path, signal, rate_hz, subtype="FLOAT")
    return path


def test_classify_prints_one_line_a_piece_and_what_it_is_worth(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, networks: Path, tones: ModuleType
) -> None:
    heard = tones.recording([(0.5, "low 2"), (4.2, "high 1")], duration_s=5.0)
    path = _sound(tmp_path / "shot.wav", heard.signal)
    code, out, err = _main(capsys, "classify", path, "--networks", networks, "--uncertain-below", 0)
    assert code == 0 and not err
    assert "learned from SIMULATED gunshots only" in out and "identifies nobody" in out
    assert "model in 25% (15% to 40%)" in out and "2 shots found in 5.0 s of sound" in out
    assert "last 1.00 s are followed by silence" in out
    table, _ = training.classify_recording(path, tones.two_stage())
    rows = out.split("probability\n")[1].splitlines()
    for row, (time_s, model) in zip(rows, [(0.5, "low 2"), (4.2, "high 1")], strict=True):
        shown = re.split(r"\s{2,}", row.strip())
        assert float(shown[0]) == pytest.approx(time_s, abs=0.003)
        assert (shown[1], shown[3]) == (model.split()[0], model)
    assert [re.split(r"\s{2,}", row.strip())[4] for row in rows] == [f"{p:.2f}" for p in table["probability"]]


def test_classify_names_no_model_when_uncertain(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, networks: Path, tones: ModuleType
) -> None:
    path = _sound(tmp_path / "shot.wav", tones.recording([(0.5, "low 2")]).signal)
    code, out, _ = _main(capsys, "classify", path, "--networks", networks, "--uncertain-below", 1)
    last = out.splitlines()[-1]
    assert code == 0 and "uncertain" in last and "low 2" not in last


def test_classify_says_that_there_is_no_shot(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, networks: Path, tones: ModuleType
) -> None:
    path = _sound(tmp_path / "quiet.wav", tones.recording([]).signal)
    code, out, _ = _main(capsys, "classify", path, "--networks", networks)
    assert code == 0 and "no shot found" in out and "probability\n" not in out


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("no networks", 1, "no trained networks here"),
        ("no sound", 1, "no WAV, FLAC, Ogg or MP3"),
        ("no file", 1, "cannot be read"),
        ("silence", 1, "silent: all"),
        ("threshold", 2, "--uncertain-below"),
    ],
)
def test_classify_says_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, networks: Path, kind: str, status: int, says: str
) -> None:
    path = _sound(tmp_path / "shot.wav", np.zeros(44_100))
    if kind == "no sound":
        path.write_text("words")
    if kind == "no file":
        path.unlink()
    given = ["--networks", tmp_path if kind == "no networks" else networks]
    given += ["--uncertain-below", 2] if kind == "threshold" else []
    code, out, err = _main(capsys, "classify", path, *given)
    assert code == status and not out and says in err and "to do:" in err
    assert "Traceback" not in err
