import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from fireanalysis.errors import FireAnalysisError, ParameterError, RunError
from fireanalysis.running import runner
from fireanalysis.running.progress import Progress
from fireanalysis.running.runner import RunSummary, run_notebooks

from .conftest import MakeNotebook

CLI = [sys.executable, "-m", "fireanalysis.cli"]
WARN = "import ctypes, sys\nprint('from Python', file=sys.stderr)\nctypes.CDLL(None).perror(b'from C')\n"
SURROUNDINGS = """
import json, os, sys, cv2, torch
from ipykernel.connect import get_connection_info
print(json.dumps({
    "python": sys.executable, "transport": json.loads(get_connection_info())["transport"], "cwd": os.getcwd(),
    "cv2": cv2.getNumThreads(), "torch": torch.get_num_threads(), "omp": os.environ["OMP_NUM_THREADS"]}))
"""


def _run_json(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text())


def _printed(folder: Path, name: str) -> str:
    notebook = nbformat.read(folder / "notebooks" / f"{name}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


def _wait(until: Callable[[], Any], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return state.strip()[:1] not in ("", "Z")  # a zombie only waits for its new parent


# ------------------------------------------------------------------ one run of many ends, two at a time


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, make_notebook: MakeNotebook) -> tuple[RunSummary, str]:
    folder = tmp_path_factory.mktemp("ends {of} runs")  # papermill formats paths: braces are a trap
    notebooks, out = folder / "notebooks", folder / "out"
    sleeper = "import subprocess, time\nprint(subprocess.Popen(['sleep', '600']).pid)\n"
    make_notebook(notebooks, "00_surroundings", SURROUNDINGS)
    make_notebook(notebooks, "01_raises", "print('fine', file=__import__('sys').stderr)", WARN + "1 / 0")
    make_notebook(notebooks, "02_exits", "import sys; sys.exit(0)")
    make_notebook(notebooks, "03_killed", WARN + "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    make_notebook(notebooks, "04_no_record", record=False)
    make_notebook(notebooks, "05_hangs", sleeper + "time.sleep(600)")
    make_notebook(notebooks, "06_segfaults", "import ctypes; ctypes.string_at(0)")
    make_notebook(notebooks, "07_nan", 'results.record(run, metrics={"f1": float("nan")}, source="real")')
    make_notebook(
        notebooks,
        "08_kills_worker",
        "import os, signal, time; (run.out / 'kernel').write_text(str(os.getpid()))",
        "os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)",
    )
    make_notebook(
        notebooks, "90_results", "print(sorted(path.name for path in run.out.glob('records/*.json')))"
    )
    make_notebook(
        notebooks, "91_results", "print(sorted(path.name for path in run.out.glob('records/*.json')))"
    )
    # A kernel "python3" of the user's, which plain papermill would take, that is no kernel at all.
    spec = folder / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    stream = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(folder / "jupyter"))
        summary = run_notebooks(
            profile="smoke", out=out, notebooks=notebooks, jobs=2, timeout_s=6, stream=stream
        )
    return summary, stream.getvalue()


def _entry(ended: tuple[RunSummary, str], name: str) -> dict[str, Any]:
    entry = _run_json(ended[0].folder)["notebooks"][name]
    assert entry == ended[0].notebooks[name]
    return entry


def test_a_kernel_is_this_interpreter_over_sockets_in_the_run_folder(ended: tuple[RunSummary, str]) -> None:
    found = json.loads(_printed(ended[0].folder, "00_surroundings"))
    assert found["python"] == sys.executable
    assert found["transport"] == ("tcp" if sys.platform == "win32" else "ipc")
    assert found["cwd"] == str(ended[0].folder)


def test_jobs_share_the_cores_and_libraries_follow(ended: tuple[RunSummary, str]) -> None:
    found = json.loads(_printed(ended[0].folder, "00_surroundings"))
    jobs = _run_json(ended[0].folder)["jobs"]
    assert jobs == min(2, runner._cores())
    assert int(found["omp"]) * jobs <= runner._cores()
    assert found["cv2"] == found["torch"] == int(found["omp"])


def test_a_cell_that_raises_is_named_with_its_error_and_its_stderr_alone(
    ended: tuple[RunSummary, str],
) -> None:
    entry = _entry(ended, "01_raises")
    assert entry["status"] == "failed"
    assert entry["error"] == "ZeroDivisionError: division by zero"
    assert (entry["cell"], entry["of"], entry["source"]) == (6, 7, "import ctypes, sys")
    assert entry["stderr"].startswith("from Python\nfrom C: ")
    assert "fine" in (ended[0].folder / "logs" / "01_raises.stderr").read_text()
    executed = (ended[0].folder / "notebooks" / "01_raises.ipynb").read_text()
    assert "ZeroDivisionError" in executed
    assert not (ended[0].folder / "records" / "01_raises.json").exists()


def test_sys_exit_is_a_failure(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "02_exits")
    assert (entry["status"], entry["cell"]) == ("failed", 5)
    assert "SystemExit" in entry["error"]


def test_a_killed_kernel_is_a_failure_that_keeps_its_last_words(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "03_killed")
    assert entry["error"].startswith("DeadKernelError: the kernel was killed by SIGKILL")
    assert entry["cell"] == 5
    assert "from Python\nfrom C: " in entry["stderr"]
    assert entry["seconds"] < 6, "found by its death, not by a timeout"


def test_a_segmentation_fault_leaves_its_stack(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "06_segfaults")
    assert "SIGSEGV" in entry["error"]
    assert entry["stderr"].startswith("Fatal Python error: Segmentation fault")
    assert "in string_at" in entry["stderr"]


def test_a_notebook_without_a_record_has_failed(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "04_no_record")
    assert entry["status"] == "failed"
    assert "without its result record" in entry["error"]


def test_a_cell_over_its_time_is_stopped_with_all_it_started(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "05_hangs")
    assert entry["error"].startswith("TimeoutError: the cell ran longer than 6 s")
    assert entry["cell"] == 5
    child = int(_printed(ended[0].folder, "05_hangs"))
    _wait(lambda: not _alive(child), seconds=2)


def test_a_killed_worker_fails_its_notebook_and_leaves_no_kernel(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "08_kills_worker")
    assert (entry["status"], entry["error"]) == ("failed", "the process that ran it ended with status -9")
    assert not _alive(int((ended[0].folder / "kernel").read_text()))
    assert _entry(ended, "91_results")["status"] == "passed", "another worker goes on"


def test_a_metric_that_is_nan_fails_the_notebook(ended: tuple[RunSummary, str]) -> None:
    entry = _entry(ended, "07_nan")
    assert "metric 'f1' is nan" in entry["error"]


def test_results_come_last_and_one_after_the_other(ended: tuple[RunSummary, str]) -> None:
    assert _printed(ended[0].folder, "90_results").strip() == "['00_surroundings.json']"
    assert _printed(ended[0].folder, "91_results").strip() == "['00_surroundings.json', '90_results.json']"


def test_the_summary_names_each_failure_and_the_folder_holds_no_fragments(
    ended: tuple[RunSummary, str],
) -> None:
    summary, progress = ended
    assert not summary.passed and not summary.stopped
    failed = [
        "01_raises",
        "02_exits",
        "03_killed",
        "04_no_record",
        "05_hangs",
        "06_segfaults",
        "07_nan",
        "08_kills_worker",
    ]
    assert [error.what.split()[0] for error in summary.failures] == failed
    assert "01_raises failed in cell 6 of 7, `import ctypes, sys`: ZeroDivisionError" in str(
        summary.failures[0]
    )
    assert str(summary).startswith("3 passed, 8 failed in ")
    lines = progress.splitlines()
    assert len(lines) == 11 and "\x1b" not in progress
    assert any(line.startswith("failed  01_raises  ") for line in lines)
    assert _run_json(summary.folder)["status"] == "failed"
    assert not list(summary.folder.rglob("*.part"))
    executed = summary.folder / "notebooks"
    for path in executed.glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    assert len(list(executed.iterdir())) == 10


# ------------------------------------------------------------------ parameters


def test_nothing_starts_when_a_parameter_is_unknown_or_a_cell_derives_one(
    tmp_path: Path, make_notebook: MakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    run = {"profile": "smoke", "notebooks": tmp_path / "notebooks", "out": tmp_path / "out"}
    make_notebook(tmp_path / "notebooks", "10_a", parameters="SIGMA: float = 3.0")
    make_notebook(tmp_path / "notebooks", "11_b")
    wrong: list[tuple[type[FireAnalysisError], str, dict[str, Any]]] = [
        (ParameterError, "unknown parameter 'SIGMAA'", {"names": ["10"], "parameters": {"SIGMAA": 1}}),
        (ParameterError, r"(?s)unknown parameter 'SIGMA'.*where: 11_b", {"parameters": {"SIGMA": 1}}),
        (ParameterError, "no notebook '12'", {"names": ["12"]}),
        (ParameterError, "unknown profile", {"profile": "tiny"}),
        (ParameterError, "no such folder", {"data": tmp_path / "none"}),
        (ParameterError, "jobs is 0", {"jobs": 0}),
    ]
    for kind, message, arguments in wrong:
        with pytest.raises(kind, match=message):
            run_notebooks(**run | arguments)
    make_notebook(tmp_path / "notebooks", "12_c", parameters="HALF: float = SEED / 2")
    with pytest.raises(RunError, match="is no plain literal"):
        run_notebooks(**run)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_run_folder_is_one_clear_error(
    tmp_path: Path, make_notebook: MakeNotebook
) -> None:
    make_notebook(tmp_path / "notebooks", "10_a")
    (tmp_path / "out").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        run_notebooks(profile="smoke", notebooks=tmp_path / "notebooks", out=tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the system are POSIX's")
def test_a_disk_that_takes_no_more_is_one_clear_error(tmp_path: Path, make_notebook: MakeNotebook) -> None:
    make_notebook(tmp_path / "notebooks", "10_a")
    done = subprocess.run(
        [*CLI, "run", "--notebooks", tmp_path / "notebooks", "--out", tmp_path / "out"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write")
    assert "Traceback" not in done.stderr and done.stderr.count("error:") == 1


# ------------------------------------------------------------------ resume


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, make_notebook: MakeNotebook) -> Path:
    """A folder with notebooks, data, and what running them with these parameters left in `out`."""
    folder = tmp_path_factory.mktemp("finished")
    own = "SIGMA: float = 3.0\nFILE = None\nCASES = 5"
    for name in ("10_a", "90_r"):
        shown = ", SIGMA=SIGMA"
        make_notebook(folder / "notebooks", name, "print((SIGMA, FILE, CASES))", parameters=own, shown=shown)
    (folder / "data").mkdir()
    assert _again(folder).passed
    return folder


def _again(folder: Path, **changes: Any) -> RunSummary:
    given = {"SIGMA": np.float32(0.5), "FILE": Path("a b"), "CASES": np.int64(7)} | changes.pop("given", {})
    folders = {"notebooks": folder / "notebooks", "data": folder / "data", "out": folder / "out"}
    return run_notebooks(**{"parameters": given, "profile": "smoke", **folders, **changes})


def test_numpy_scalars_and_paths_are_parameter_values(finished: Path) -> None:
    assert _printed(finished / "out", "10_a").strip() == "(0.5, 'a b', 7)"
    record = json.loads((finished / "out" / "records" / "10_a.json").read_text())
    assert record["parameters"] == {"SIGMA": 0.5}
    assert record["data"] == str(finished / "data")


def _in_the_notebook(folder: Path, key: str) -> None:
    path = folder / "notebooks" / "10_a.ipynb"
    content = json.loads(path.read_text())
    if key == "cells":
        content["cells"][0]["source"] += " and more"
    content["metadata"]["title"] = "not a cell"
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "rerun"),
    [
        (lambda folder, patch: {"resume": False}, ["10_a", "90_r"]),
        (lambda folder, patch: {}, []),
        (lambda folder, patch: _in_the_notebook(folder, "metadata"), []),
        (lambda folder, patch: _in_the_notebook(folder, "cells"), ["10_a", "90_r"]),  # 90 reads 10's record
        (lambda folder, patch: {"given": {"SIGMA": 1}}, ["10_a", "90_r"]),
        (lambda folder, patch: {"given": {"SIGMA": 1}, "names": ["10"]}, ["10_a"]),
        (lambda folder, patch: {"data": None}, ["10_a", "90_r"]),
        (lambda folder, patch: (folder / "data" / "a").touch(), ["10_a", "90_r"]),
        (lambda folder, patch: patch.setattr(runner, "_code_key", lambda: "changed"), ["10_a", "90_r"]),
        (lambda folder, patch: (folder / "out" / "notebooks" / "90_r.ipynb").unlink(), ["90_r"]),
        (lambda folder, patch: (folder / "out" / "records" / "10_a.json").unlink(), ["10_a", "90_r"]),
        (lambda folder, patch: (folder / "out" / "run.json").unlink(), ["10_a", "90_r"]),
    ],
)
def test_resume_keeps_what_passed_unless_what_decides_it_has_changed(
    finished: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[..., Any], rerun: list[str]
) -> None:
    backup = finished.with_name("backup")
    shutil.copytree(finished, backup)
    seen: list[str] = []
    monkeypatch.setattr(runner._Run, "_loop", lambda self, todo: seen.extend(todo))
    try:
        summary = _again(finished, **{"resume": True} | (change(finished, monkeypatch) or {}))
        assert seen == rerun
        assert sorted(_run_json(finished / "out")["notebooks"]) == ["10_a", "90_r"]
        assert summary.passed == (not rerun)
        for name in ("10_a", "90_r"):
            assert (finished / "out" / "records" / f"{name}.json").exists() == (name not in rerun)
    finally:
        shutil.rmtree(finished)
        backup.rename(finished)


def test_the_code_key_follows_every_file_of_the_package(tmp_path: Path) -> None:
    keys = set()
    for name, text in [("a.py", "1"), ("a.py", "2"), ("deep/b.toml", "1"), ("b.csv", "1"), ("b.csv", "2")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        keys.add(runner._code_key(tmp_path))
    assert len(keys) == 5
    for name in ("__pycache__/a.pyc", "notebooks/10_a.ipynb"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("1")
        keys.add(runner._code_key(tmp_path))
    assert len(keys) == 5


def test_the_data_key_follows_files_but_not_the_run_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = runner._data_key(str(tmp_path), tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text("1")
    assert runner._data_key(str(tmp_path), tmp_path / "out") == before
    os.utime(tmp_path / "a", (1, 1))
    assert runner._data_key(str(tmp_path), tmp_path / "out") != before


# ------------------------------------------------------------------ stopped from outside


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_run_that_is_killed_or_stopped_leaves_what_finished_and_resume_does_the_rest(
    tmp_path: Path, make_notebook: MakeNotebook
) -> None:
    tally, at, out = tmp_path / "tally", tmp_path / "at", tmp_path / "out"
    count = f"open({str(tally)!r}, 'a').write(run.notebook[:2] + ' ')\n"
    wait = (
        f"import os, pathlib, time\npathlib.Path({str(at)!r}).write_text(str(os.getpid()))\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.05)"
    )
    make_notebook(tmp_path / "notebooks", "10_a", count)
    make_notebook(tmp_path / "notebooks", "11_b", count + wait)
    make_notebook(tmp_path / "notebooks", "12_c", count)
    command = [
        *CLI,
        "run",
        "--profile",
        "smoke",
        "--notebooks",
        "notebooks",
        "--out",
        "out",
        "--jobs",
        "1",
        "--resume",
    ]

    def stop(kind: int) -> tuple[int, str, str]:
        """Start the run, stop it in the middle of its second notebook, and see that its kernel is gone."""
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        _wait(lambda: at.exists() and at.read_text())
        kernel = int(at.read_text())
        with pytest.raises(RunError, match=f"in use by another run, process {process.pid}"):
            run_notebooks(notebooks=tmp_path / "notebooks", out=out)
        process.send_signal(kind)
        out_text, error_text = process.communicate(timeout=20)
        _wait(lambda: not _alive(kernel), seconds=5)
        at.unlink()
        assert "Traceback" not in error_text
        assert not list(out.rglob("*.part"))
        json.loads((out / "records" / "10_a.json").read_text())
        assert not (out / "records" / "11_b.json").exists()
        return process.returncode, out_text, error_text

    assert stop(signal.SIGKILL)[0] == -signal.SIGKILL
    assert tally.read_text() == "10 11 "

    code, text, _ = stop(signal.SIGINT)
    assert code == 130
    assert "1 passed, 1 stopped, 1 waiting (1 from before)" in text
    states = {name: entry["status"] for name, entry in _run_json(out)["notebooks"].items()}
    assert states == {"10_a": "passed", "11_b": "stopped", "12_c": "waiting"}
    assert _run_json(out)["status"] == "stopped"

    assert stop(signal.SIGTERM)[0] == 130
    assert tally.read_text() == "10 11 11 11 "

    (tmp_path / "go").touch()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 passed (1 from before)" in done.stdout
    assert tally.read_text() == "10 11 11 11 11 12 "
    assert (out / "report" / "index.html").is_file()


# ------------------------------------------------------------------ without us, and on a terminal


def test_plain_papermill_runs_a_notebook_too(tmp_path: Path, make_notebook: MakeNotebook) -> None:
    path = make_notebook(tmp_path, "00_start")
    command = [
        sys.executable,
        "-m",
        "papermill",
        path,
        "out.ipynb",
        "-p",
        "PROFILE",
        "full",
        "--no-progress-bar",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    record = json.loads((tmp_path / "results" / "records" / "00_start.json").read_text())
    assert (record["profile"], record["title"]) == ("full", record["title"])


def test_on_a_terminal_one_line_a_running_notebook_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "30")
    stream = Terminal()
    progress = Progress(stream)
    progress.show([("10_a", 0, 0, 0.4), ("11_b", 2, 9, 61.0)])
    progress.show([("11_" + "b" * 40, 3, 9, 62.0)])
    progress.say("passed  11_b  62.0 s")
    progress.close()
    back = ["\x1b[2F\x1b[J", "\x1b[1F\x1b[J"]
    first = "10_a  starting  0 s\n11_b  cell 2 of 9  61 s\n"
    assert (
        stream.getvalue()
        == first + back[0] + ("11_" + "b" * 40)[:29] + "\n" + back[1] + "passed  11_b  62.0 s\n"
    )
    monkeypatch.setenv("TERM", "dumb")
    quiet = Progress(stream := Terminal())
    quiet.show([("10_a", 1, 9, 0.4)])
    assert stream.getvalue() == ""
