"""How long a user waits before anything happens: `import fireanalysis` below 0.2 s, `--help` below 0.5 s."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

COMMANDS = {
    "bare Python": ([sys.executable, "-c", "pass"], None),
    "import fireanalysis": ([sys.executable, "-c", "import fireanalysis"], 0.2),
    "fireanalysis --help": ([str(Path(sys.executable).with_name("fireanalysis")), "--help"], 0.5),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_start_up(benchmark: BenchmarkFixture, name: str) -> None:
    command, limit_s = COMMANDS[name]
    benchmark.group = "start-up"
    benchmark.pedantic(subprocess.run, (command,), {"check": True, "capture_output": True}, rounds=10)
    if limit_s is not None:
        benchmark.extra_info["limit_s"] = limit_s
        assert benchmark.stats["min"] < limit_s
