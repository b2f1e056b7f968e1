"""Runs notebooks with papermill, each in a kernel of its own, into a folder that is valid at any moment."""

import hashlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fireanalysis.errors import ParameterError, RunError

from .files import cannot_write, locked, read_json, write_json
from .notebooks import check_parameters, choose_notebooks, find_notebooks, read_cells
from .profiles import paper_of, profile_sizes
from .progress import Progress

# A cell that takes longer hangs. By profile, in seconds; the largest leave a day for a training on one GPU.
CELL_TIMEOUT_S = {"smoke": 300, "quick": 900, "full": 6 * 3600, "paper": 7 * 24 * 3600}
_FILES = {"notebooks": "ipynb", "records": "json", "logs": "stderr"}  # what a run leaves of a notebook
_REPORT_EVERY_S = 60  # a report of many notebooks takes seconds of a core that could run one
_THREADS = (  # torch follows the first
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
    "LOKY_MAX_CPU_COUNT",
)


@dataclass(frozen=True)
class RunSummary:
    """How a run ended: the chosen notebooks' entries of ``run.json``, and which were kept from before."""

    folder: Path
    notebooks: dict[str, dict[str, Any]]
    kept: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every chosen notebook ran to its end, now or before."""
        return all(entry["status"] == "passed" for entry in self.notebooks.values())

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped before its end."""
        return any(entry["status"] in ("stopped", "waiting") for entry in self.notebooks.values())

    @property
    def failures(self) -> list[RunError]:
        """One error a failed notebook: its cell, what was raised, and what the kernel wrote to stderr."""
        return [
            _error(self.folder, n, entry)
            for n, entry in self.notebooks.items()
            if entry["status"] == "failed"
        ]

    def __str__(self) -> str:
        states = [entry["status"] for entry in self.notebooks.values()]
        counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
        kept = f" ({len(self.kept)} from before)" if self.kept else ""
        return f"{', '.join(counts)}{kept} in {self.seconds:.0f} s: {self.folder}"


def run_notebooks(
    names: Iterable[str] = (),
    *,
    profile: str = "quick",
    parameters: Mapping[str, Any] | None = None,
    data: str | Path | None = None,
    jobs: int | None = None,
    out: str | Path = "results",
    resume: bool = False,
    notebooks: Path | None = None,
    timeout_s: int | None = None,
    stream: IO[str] | None = None,
) -> RunSummary:
    """Run notebooks into a run folder, several side by side.

    Everything that can be checked is checked before the first kernel starts. Ctrl-C and SIGTERM stop the run;
    what finished stays, and `resume` goes on from there.

    Parameters
    ----------
    names : iterable of str
        Full names or numbers ("10"); none means all.
    profile : {"smoke", "quick", "full", "paper"}
    parameters : mapping, optional
        Values for the notebooks' own parameters; each chosen notebook must have them. Text is read as the
        type of the parameter's default.
    data : str or Path, optional
        Folder of real data; None is simulated data.
    jobs : int, optional
        Notebooks at a time, at most one a core; they share the cores. Default: up to 4 for smoke and quick,
        much of which is start-up that threads make no faster; 1 for full and paper, which fill a GPU.
    out : str or Path
    resume : bool
        Keep what passed before with the same notebook, parameters, data and package code.
    notebooks : Path, optional
        Folder of the notebooks; default: those that came with the package.
    timeout_s : int, optional
        For each cell; default by profile.
    stream : text stream, optional
        Where progress goes.

    Returns
    -------
    RunSummary

    Raises
    ------
    ParameterError
        If a name, the profile, a parameter or its value, the data folder, or the number of jobs is wrong.
    RunError
        If a notebook's parameters cell is not plain, or the run folder is in use or cannot be written.
    """
    chosen = choose_notebooks(names, find_notebooks(notebooks))
    if jobs is not None and jobs < 1:
        raise ParameterError(f"jobs is {jobs}", do="use at least 1")
    if data is not None and not Path(data).is_dir():
        raise ParameterError(f"data is {str(data)!r}: no such folder", do="name a folder of real data")
    folder = Path(out).absolute()
    fixed = {"PROFILE": profile, "DATA": None if data is None else str(Path(data).absolute())}
    decides = {"code": _code_key(), "data": _data_key(fixed["DATA"], folder)}
    plan: dict[str, dict[str, Any]] = {}
    for notebook in chosen:
        profile_sizes(notebook.name, profile)  # refuses an unknown profile or number
        values = check_parameters(notebook, parameters or {}) | fixed
        key = _hash(decides, read_cells(notebook.path), values)
        plan[notebook.name] = {"status": "waiting", "key": key, "parameters": values}
    with locked(folder), tempfile.TemporaryDirectory(prefix="fa-") as scratch:
        run = _Run(
            folder,
            plan,
            {notebook.name: notebook.path.absolute() for notebook in chosen},
            min(jobs or (4 if profile in ("smoke", "quick") else 1), _cores()),
            timeout_s or CELL_TIMEOUT_S[profile],
            Path(scratch),
            Progress(stream),
        )
        # A signal is an event like others: no file is left half done for it, and no import half made.
        with _signals(lambda *_: run.events.put((None, None))):
            return run.to_end(resume=resume)


class _Worker:
    """A worker process, the notebook it is at, and a thread that passes on its events, last ``None``."""

    def __init__(self, scratch: Path, threads: int, events: "_Events") -> None:
        self.name, self.cell, self.of, self.begun = "", 0, 0, 0.0
        self.stderr = scratch / "stderr"
        with self.stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "fireanalysis.running.worker", str(scratch)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                # Nor do a reader's own IPython start-up files take part in a run.
                env={
                    **os.environ,
                    **dict.fromkeys(_THREADS, str(threads)),
                    "OMP_WAIT_POLICY": "PASSIVE",  # on a busy machine threads that spin cost ten times the time
                    "IPYTHONDIR": str(scratch),
                    "PYTHONFAULTHANDLER": "1",
                    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the kernel's debugger warns into every log
                },
                start_new_session=True,  # Ctrl-C in the terminal is for the runner alone
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def _listen(self, events: "_Events") -> None:
        for line in self.stdout:
            events.put((self, json.loads(line)))
        events.put((self, None))

    def send(self, job: dict[str, Any]) -> None:
        self.name, self.cell, self.of, self.begun = job["name"], 0, 0, time.monotonic()
        with suppress(BrokenPipeError):  # it is gone, and its listener says so
            self.stdin.write(json.dumps(job) + "\n")
            self.stdin.flush()

    def close(self) -> None:
        """Close its stdin, upon which it kills its kernel and leaves."""
        with suppress(BrokenPipeError):
            self.stdin.close()

    def wait(self) -> int:
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


# A worker and what it says, ``None`` at its end; (None, None) is Ctrl-C.
_Events = queue.SimpleQueue[tuple[_Worker | None, dict[str, Any] | None]]


@dataclass
class _Run:
    """The state of a run, which ``run.json`` mirrors, and the loop that moves it on."""

    folder: Path
    plan: dict[str, dict[str, Any]]  # by notebook; also what run.json says of it
    paths: dict[str, Path]
    jobs: int
    timeout_s: int
    scratch: Path
    progress: Progress
    workers: list[_Worker] = field(default_factory=list)
    events: _Events = field(default_factory=queue.SimpleQueue)
    begun: float = field(default_factory=time.monotonic)
    reported: float = -math.inf

    def to_end(self, *, resume: bool) -> RunSummary:
        """Run what is to be run, or until Ctrl-C."""
        self.earlier: dict[str, dict[str, Any]] = {}
        with suppress(FileNotFoundError):
            self.earlier = read_json(self.folder / "run.json").get("notebooks", {})
        kept = tuple(name for name in self.plan if not self._forget(name, unless_done=resume))
        todo = deque(name for name in self.plan if name not in kept)
        self.jobs = max(1, min(self.jobs, len(todo)))
        self._save("running")
        try:
            self._loop(todo)
        finally:
            for worker in self.workers:
                worker.close()
            for worker in self.workers:
                worker.wait()
            self.progress.close()
        for entry in self.plan.values():
            if entry["status"] == "running":
                entry["status"] = "stopped"
        summary = RunSummary(self.folder, self.plan, kept, time.monotonic() - self.begun)
        self._save("passed" if summary.passed else "stopped" if summary.stopped else "failed")
        return summary

    def _loop(self, todo: deque[str]) -> None:
        self._hand_out(todo)
        while busy := [worker for worker in self.workers if worker.name]:
            self.progress.show([(w.name, w.cell, w.of, time.monotonic() - w.begun) for w in busy])
            try:
                worker, event = self.events.get(timeout=0.25)
            except queue.Empty:
                continue
            if worker is None:
                self.progress.say("stopping")
                return
            if event is None:
                self.workers.remove(worker)
                if not worker.name:
                    continue
                words = worker.stderr.read_text(errors="replace")[-2000:]
                error = f"the process that ran it ended with status {worker.wait()}"
                event = {"status": "failed", "error": error, "stderr": words}
            if "status" not in event:
                worker.cell, worker.of = event["cell"], event["of"]
                continue
            name, seconds, worker.name = worker.name, time.monotonic() - worker.begun, ""
            self.plan[name] |= event | {"seconds": round(seconds, 3)}
            self.progress.say(f"{event['status']}  {name}  {seconds:.1f} s")
            self._hand_out(todo)  # first: no core waits for the files below
            self._save("running")
            self._report()

    def _hand_out(self, todo: deque[str]) -> None:
        """Give each free worker a notebook; the results wait for all others, whose records they read."""
        while todo and (busy := sum(bool(worker.name) for worker in self.workers)) < self.jobs:
            if busy and paper_of(todo[0]) == "results":
                return
            worker = next((worker for worker in self.workers if not worker.name), None)
            if worker is None:
                scratch, threads = Path(tempfile.mkdtemp(dir=self.scratch)), _cores() // self.jobs
                worker = _Worker(scratch, threads, self.events)
                self.workers.append(worker)
            name = todo.popleft()
            self.plan[name] |= {"status": "running", "records": self._records(name)}
            parameters = self.plan[name]["parameters"] | {"OUT": str(self.folder)}
            worker.send(
                {
                    "name": name,
                    "path": str(self.paths[name]),
                    "parameters": parameters,
                    "timeout_s": self.timeout_s,
                }
            )

    def _forget(self, name: str, *, unless_done: bool) -> bool:
        """Remove what an earlier run left of a notebook, unless that is what this run would make."""
        files = [self.folder / f"{kind}/{name}.{ending}" for kind, ending in _FILES.items()]
        earlier = self.earlier.get(name, {})
        wanted = {"status": "passed", "key": self.plan[name]["key"], "records": self._records(name)}
        if unless_done and wanted.items() <= earlier.items() and all(file.is_file() for file in files):
            self.plan[name] = earlier
            return False
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise cannot_write(file, error) from error
        return True

    def _records(self, name: str) -> str:
        """Hash the records which a notebook of the results reads: they decide what it shows, as data do."""
        if paper_of(name) != "results":
            return ""
        others = sorted(path for path in self.folder.glob("records/*.json") if path.stem != name)
        return _hash([(path.name, path.read_text(encoding="utf-8")) for path in others])

    def _save(self, status: str) -> None:
        left = {  # by an earlier run that was killed
            name: entry | ({"status": "stopped"} if entry.get("status") in ("running", "waiting") else {})
            for name, entry in self.earlier.items()
        }
        content = {
            "schema": 1,
            "status": status,
            "jobs": self.jobs,
            "seconds": round(time.monotonic() - self.begun, 3),
            "notebooks": dict(sorted((left | self.plan).items())),
        }
        write_json(self.folder / "run.json", content)

    def _report(self) -> None:
        if time.monotonic() - self.reported < _REPORT_EVERY_S:
            return
        # Slow to import, and no kernel waits for it here.
        from .report import write_report

        # No error here is worth a run's end: `fireanalysis run` writes the last report itself and tells.
        with suppress(Exception):
            write_report(self.folder)
        self.reported = time.monotonic()


def _hash(*content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _code_key(package: Path = Path(__file__).parents[1]) -> str:
    """Hash the package's files; the notebooks in a wheel have their own keys."""
    files = sorted(path.relative_to(package) for path in package.rglob("*.*") if path.is_file())
    ours = [path for path in files if path.parts[0] != "notebooks" and path.parent.name != "__pycache__"]
    return _hash([(str(path), hashlib.sha256((package / path).read_bytes()).hexdigest()) for path in ours])


def _data_key(data: str | None, out: Path) -> str:
    """Hash names, sizes and times of a data folder's files, without the run folder if that is inside it."""
    found = []
    for folder, folders, files in os.walk(data or os.devnull):
        folders[:] = sorted(name for name in folders if Path(folder, name) != out)
        for path in (Path(folder, name) for name in sorted(files)):
            with suppress(FileNotFoundError):  # a link to nowhere
                found.append((str(path), path.stat().st_size, path.stat().st_mtime_ns))
    return _hash(found)


def _cores() -> int:
    """Count the cores this process may use: the scheduler's word, and a container's share of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores, max(1, int(quota) // int(period)))  # "max" is no number: no limit
    return cores


@contextmanager
def _signals(handler: Callable[[int, Any], Any]) -> Iterator[None]:
    """Let `handler` take Ctrl-C and SIGTERM; Python hands signals to the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {kind: signal.signal(kind, handler) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, earlier in before.items():
            signal.signal(kind, earlier)


def _error(folder: Path, name: str, entry: dict[str, Any]) -> RunError:
    cell = f" in cell {entry['cell']} of {entry['of']}, `{entry['source']}`" if "cell" in entry else ""
    words = "".join(f"\n    {line}" for line in entry.get("stderr", "").splitlines())
    # An error of ours already says where and what to do; its last line then serves for both.
    what, said, do = entry["error"].rpartition("\n  to do: ")
    return RunError(
        f"{name} failed{cell}: {what if said else do}" + (f"\n  stderr:{words}" if words else ""),
        where=folder / "notebooks" / f"{name}.ipynb",
        do=f"{do}; then run again with --resume" if said else "mend it and run again with --resume",
    )
