"""How much memory and disk notebooks take: each run alone, in a folder of its own.

    python docs/results/machine_needs.py 10 16 22 35 42 55

Memory is that of the largest process of a run, the kernel; disk is the run folder with what it prepared and trained,
and the environment's packages. Needs a system that tells both (Linux, macOS). Writes machine_needs.json, and the
table of docs/machines.md, with the seconds of the default run beside.
"""

import json
import multiprocessing
import os
import platform
import resource
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import torch

import fireanalysis
from fireanalysis.running import run_notebooks

HERE = Path(__file__).parent
PAGE = HERE.parent / "machines.md"
MARKS = "<!-- needs: docs/results/machine_needs.py -->", "<!-- end of needs -->"
MB = 1e6


def size_mb(folder: Path) -> float:
    """Sum the sizes of all files below a folder."""
    return (
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        / MB
    )


def needs(name: str) -> dict[str, object]:
    """Run a notebook and say what it took; in a process of its own, whose children are this run's alone."""
    with tempfile.TemporaryDirectory() as folder:
        summary = run_notebooks([name], profile="quick", jobs=1, out=folder, timeout_s=6 * 3600)
        assert summary.passed, "\n".join(map(str, summary.failures))
        (notebook,) = summary.notebooks
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (
            1 if sys.platform == "darwin" else 1024
        )
        disk = size_mb(Path(folder))
        return {"notebook": notebook, "memory_mb": round(peak / MB), "disk_mb": round(disk)}


def table(kept: dict[str, Any]) -> str:
    """Write what was measured as Markdown."""
    records = json.loads((HERE / "quick-two-cores.json").read_text("utf-8"))
    seconds = {record["notebook"]: record["seconds"] for record in records}
    lines = [
        "| notebook | memory (GB) | run folder (MB) | seconds, in the default run |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{one['notebook']}` | {one['memory_mb'] / 1000:.1f} | {one['disk_mb']} | {seconds[one['notebook']]:.0f} |"
        for one in kept["notebooks"]
    ]
    packages = kept["packages of the environment, MB"] / 1000
    return "\n".join(
        [*lines, "", f"The environment's packages, those for tests among them, take {packages:.1f} GB."]
    )


def main(names: list[str]) -> None:
    """Measure one notebook after the other."""
    spawn = multiprocessing.get_context("spawn")
    taken = []
    for name in names:
        with spawn.Pool(1) as pool:
            taken.append(pool.apply(needs, (name,)))
        print(taken[-1], flush=True)
    kept = {
        "what": "memory of the largest process and size of the run folder, profile quick, each notebook alone",
        "source": "simulated",
        "device": "cpu",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "fireanalysis": fireanalysis.__version__,
        },
        "packages of the environment, MB": round(size_mb(Path(sysconfig.get_path("purelib")))),
        "notebooks": taken,
    }
    (HERE / "machine_needs.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    text = f"{before}{MARKS[0]}\n\n{table(kept)}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
