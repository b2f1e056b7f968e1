"""The process that runs notebooks for the runner, one after another: jobs in, events out, as JSON lines.

It is a process of its own because papermill changes the working directory and nbclient needs the main thread,
and because whatever a notebook does to it must not reach the runner. Its stdin closes when the runner dies,
however that happens; then it kills its kernel and leaves.
"""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from fireanalysis.errors import RunError

from .files import read_json, write_whole

SHOWN_LINES = 40  # of stderr, with a failing cell
_SOCKET_PATH_LIMIT = 90  # bytes; the system allows 104 (macOS) or 108 for "<folder>/0.json-ipc-5"


class _Client(PapermillNotebookClient):
    """papermill's client, which keeps the kernel's stderr in a log and knows which cell it is at."""

    cell, cells, source = 0, 0, ""  # the code cell it is at, how many there are, its code
    log_start = 0  # where in the log the cell's begins

    def __init__(self, manager: Any, worker: "Worker", log_file: IO[bytes], **options: Any) -> None:
        self.worker, self.log_file = worker, log_file
        super().__init__(manager, **options)
        self.owns_km = True  # or nbclient would leave the kernel running

    def execute(self, **_: Any) -> nbformat.NotebookNode:
        self.cells = sum(cell.cell_type == "code" for cell in self.nb.cells)
        try:
            return super().execute(stdout=subprocess.DEVNULL, stderr=self.log_file)
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise

    def start_new_kernel(self, **options: Any) -> None:
        with self.worker.starting:  # no kernel that the worker, told to stop, does not know of
            super().start_new_kernel(**options)
            self.worker.kernel = self.km.provisioner.pid

    def execute_cell(self, cell: Any, cell_index: int, **options: Any) -> nbformat.NotebookNode:
        if cell.cell_type == "code":
            self.cell, self.source = self.cell + 1, cell.source
            self.log_start = self.log_file.seek(0, os.SEEK_END)
            self.worker.tell(cell=self.cell, of=self.cells)
        try:
            return super().execute_cell(cell, cell_index, **options)
        except (CellTimeoutError, DeadKernelError) as error:
            self.nb_man.cell_exception(cell, cell_index=cell_index)  # papermill marks only cells that raised
            late = isinstance(error, CellTimeoutError)
            raise _NotebookError(
                f"TimeoutError: the cell ran longer than {self.timeout} s (--timeout)"
                if late
                else f"DeadKernelError: {self._last_words()}"
            ) from error

    def _last_words(self) -> str:
        process = self.km.provisioner.process if self.km else None
        code = process.poll() if process else None
        if code is None or code >= 0:
            return f"the kernel left with exit status {code}"
        hint = "; the machine may have run out of memory" if code == -9 else ""
        return f"the kernel was killed by {signal.Signals(-code).name}{hint}"


class _NotebookError(Exception):
    """How a notebook failed, where nothing in it raised."""


class _Engine(Engine):
    """Hands papermill's prepared notebook to the client the worker makes for it."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        options["make_client"](nb_man).execute()


class Worker:
    """Runs jobs; keeps its kernel's sockets and IPython's files in `scratch`."""

    def __init__(self, scratch: Path, events: IO[str]) -> None:
        self.scratch, self.events = scratch, events
        self.starting = threading.Lock()
        self.kernel: int | None = None
        self.client: _Client | None = None
        self.runs = 0

    def tell(self, **event: Any) -> None:
        """Send the runner an event."""
        self.events.write(json.dumps(event) + "\n")
        self.events.flush()

    def listen(self, jobs: "queue.SimpleQueue[dict[str, Any]]") -> None:
        """Queue the jobs that come in, until the runner is gone."""
        for line in sys.stdin:
            jobs.put(json.loads(line))
        with self.starting:
            self.kill_kernel()
            shutil.rmtree(self.scratch, ignore_errors=True)
            with suppress(OSError):
                self.scratch.parent.rmdir()
            os._exit(1)

    def kill_kernel(self) -> None:
        """Kill the kernel and all it started; it leads a process group of its own."""
        if self.kernel is None:
            return
        with suppress(OSError):
            if sys.platform == "win32":
                os.kill(self.kernel, signal.SIGTERM)
            else:
                os.killpg(self.kernel, signal.SIGKILL)

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run one notebook; say how it ended."""
        out, name = Path(job["parameters"]["OUT"]), job["name"]
        self.client, log = None, out / "logs" / f"{name}.stderr"
        event: dict[str, Any] = {"status": "passed"}
        try:
            self._execute(job, out, log)
            self._check(out, name)
        except PapermillExecutionError as error:
            event = self._failure(f"{error.ename}: {error.evalue}", log)
        except _NotebookError as error:
            event = self._failure(str(error), log)
        except Exception as error:  # a kernel that did not start, a full disk, anything: the run goes on
            event = self._failure(f"{type(error).__name__}: {error}", log)
        finally:
            self.kill_kernel()  # what it started may live on
            self.kernel = None
        if self.client is not None:
            try:
                write_whole(out / "notebooks" / f"{name}.ipynb", nbformat.writes(self.client.nb))
            except RunError as error:
                event = {"status": "failed", "error": f"{error.what} ({error.where})"}
        return event

    def _execute(self, job: dict[str, Any], out: Path, log: Path) -> None:
        def make_client(manager: Any) -> _Client:
            self.runs += 1
            # With no folder of kernels to look in, "python3" is this interpreter, whatever is registered.
            km = AsyncKernelManager(
                kernel_name="python3",
                kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
                connection_file=str(self.scratch / f"{self.runs}.json"),
                transport=_transport(self.scratch),
            )
            self.client = _Client(
                manager,
                self,
                stderr,
                km=km,
                timeout=job["timeout_s"],
                startup_timeout=120,
                iopub_timeout=60,  # 4 s, the default, fails large figures on a busy machine
                # stderr goes straight to the log, C libraries' and Python's alike: what ipykernel would hold
                # back for the cell is lost with a kernel that dies. Python's is in the notebook as well.
                extra_arguments=["--IPKernelApp.capture_fd_output=False", "--IPKernelApp.quiet=False"],
            )
            return self.client

        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as stderr:
            papermill.execute_notebook(
                str(job["path"]).replace("{", "{{").replace("}", "}}"),  # papermill formats paths
                None,  # it would write in place, the whole notebook twice a cell
                job["parameters"],
                engine_name="fireanalysis",
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=str(out),
                make_client=make_client,
            )

    def _check(self, out: Path, name: str) -> None:
        """Raise unless the notebook ran to its end and wrote its record."""
        assert self.client is not None
        if any(cell.metadata.papermill.get("exception") for cell in self.client.nb.cells):
            raise _NotebookError("SystemExit: the cell ended the notebook")  # papermill lets sys.exit(0) pass
        try:
            read_json(out / "records" / f"{name}.json")
        except FileNotFoundError as error:
            raise _NotebookError("the notebook ended without its result record (results.record)") from error

    def _failure(self, error: str, log: Path) -> dict[str, Any]:
        event: dict[str, Any] = {"status": "failed", "error": error}
        if self.client is None or not self.client.cell:
            return event | {"stderr": _words(log, 0)}
        source = self.client.source.strip().partition("\n")[0][:80]
        stderr = _words(log, self.client.log_start)
        return event | {"cell": self.client.cell, "of": self.client.cells, "source": source, "stderr": stderr}


# What ipykernel says when it is shut down, which jupyter_client begins with an interrupt; it explains nothing.
INTERRUPTED = "[IPKernelApp] ERROR | KeyboardInterrupt caught in kernel."


def _words(log: Path, start: int) -> str:
    """Give what a log has from `start` on, its first and last lines if it is long."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            text = file.read().decode("utf-8", "replace").rstrip()
    except OSError:
        return ""
    lines = [line.rpartition("\r")[2] for line in text.split("\n")]  # of a progress bar, its last state
    lines = [line for line in lines if line != INTERRUPTED]
    return "\n".join(lines if len(lines) <= SHOWN_LINES else [*lines[:10], "...", *lines[10 - SHOWN_LINES :]])


def _transport(scratch: Path) -> str:
    """Choose sockets in our own folder where the system has them: another job may take a port first."""
    return "tcp" if sys.platform == "win32" or len(os.fsencode(scratch)) > _SOCKET_PATH_LIMIT else "ipc"


def main() -> None:
    """Serve the runner on stdin and stdout; nothing else may write to this stdout."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    papermill_engines.register("fireanalysis", _Engine)
    worker, jobs = Worker(Path(sys.argv[1]), events), queue.SimpleQueue[dict[str, Any]]()
    threading.Thread(target=worker.listen, args=(jobs,), daemon=True).start()
    while True:
        worker.tell(**worker.run(jobs.get()))


if __name__ == "__main__":
    main()
