"""Keep what the benchmark of explorers measured: how soon each answers a change of each control, and what it sends.

    taskset -c 0,1 pytest tests/benchmarks/bench_widgets.py --benchmark-json=FILE
    python docs/results/explorers.py FILE

Writes explorers.json; the benchmark's first lines say what its numbers mean.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fireanalysis.widgets.explorer import PATIENCE_S

MEASURED = ("first ms", "again ms", "kB")
PACKAGES = ("ipywidgets", "plotly", "torch")


def answer(row: dict[str, Any]) -> dict[str, Any]:
    """Take what is kept of a control: one slower than the demand also says so to the person who waits."""
    slow = max(row["first ms"], row["again ms"]) > 1000 * PATIENCE_S
    said = {"says computing": row["says computing"]} if slow else {}
    return {what: row[what] for what in MEASURED} | said


def kept(measured: dict[str, Any]) -> dict[str, Any]:
    """Take from pytest-benchmark's file what is kept."""
    machine, rows = measured["machine_info"], measured["benchmarks"]
    answers = {row["params"]["name"]: row["extra_info"]["controls"] for row in rows if row["params"]}
    (update,) = [row["stats"] for row in rows if not row["params"]]
    return {
        "source": "simulated",
        "device": f"{machine['cpu']['brand_raw']}, one thread",
        "versions": {"python": machine["python_version"]} | {name: version(name) for name in PACKAGES},
        "what": "milliseconds of the processor until an explorer has answered, by control; data of profile quick",
        "explorers": {
            name: {control: answer(row) for control, row in controls.items()}
            for name, controls in sorted(answers.items())
        },
        "live curves, one more epoch (ms, shortest and median)": [
            round(1000 * update[what], 1) for what in ("min", "median")
        ],
    }


def main(file: str) -> None:
    """Write explorers.json beside this file."""
    content = kept(json.loads(Path(file).read_text(encoding="utf-8")))
    text = json.dumps(content, indent=1, ensure_ascii=False)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
