"""The page on other machines: what can be checked of it on this one."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from fireanalysis.models.backbones import _NETWORKS
from fireanalysis.running import PROFILES, find_notebooks, profile_sizes
from fireanalysis.running.runner import CELL_TIMEOUT_S

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "machines.md").read_text("utf-8")
BASH = shutil.which("bash")
JOBS = [
    text for text in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if "#SBATCH" in text
]
needs_bash = pytest.mark.skipif(BASH is None, reason="needs bash")


@needs_bash
@pytest.mark.parametrize("kind", ["sh", "bash"])
def test_blocks_for_a_shell_are_its_language(kind: str) -> None:
    blocks = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        said = subprocess.run([str(BASH), "-n"], input=block, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr


@pytest.fixture
def cluster(tmp_path: Path) -> dict[str, str]:
    """What a job finds there: an environment whose `fireanalysis` says what it is called with."""
    programs = tmp_path / "home" / "fireanalysis-env" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n')
    (programs / "fireanalysis").write_text(f'#!{BASH}\necho "$@"; echo "$TORCH_HOME" "$FIREANALYSIS_DATA"\n')
    (programs / "fireanalysis").chmod(0o755)
    scratch = tmp_path / "a scratch disk"
    scratch.mkdir()
    return {"HOME": str(tmp_path / "home"), "SCRATCH": str(scratch), "PATH": os.environ["PATH"]}


def run(job: str, cluster: dict[str, str], *arguments: str, **more: str) -> list[str]:
    said = subprocess.run(
        [str(BASH), "-s", "--", *arguments], input=job, env=cluster | more, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.splitlines()


@needs_bash
def test_the_job_for_one_notebook_calls_what_it_should(cluster: dict[str, str]) -> None:
    (one,) = (job for job in JOBS if "--array" not in job)
    scratch = cluster["SCRATCH"]
    assert run(one, cluster, "14") == [
        f"run 14 --profile full --out {scratch}/fireanalysis/14 --resume",
        f"{scratch}/torch {scratch}/data",
    ]


@needs_bash
def test_the_jobs_of_the_array_share_a_store_and_nothing_else(cluster: dict[str, str]) -> None:
    (every,) = (job for job in JOBS if "--array" in job)
    folder = Path(cluster["SCRATCH"], "fireanalysis")
    for name in ("14", "16", "14"):  # one of them requeued
        said = run(every, cluster, SLURM_ARRAY_TASK_ID=name)
        assert said[0] == f"run {name} --profile full --out {folder / name} --resume"
        assert (folder / name / "store").resolve() == folder / "store"
    assert sorted(path.name for path in folder.iterdir()) == ["14", "16", "store"]


def test_the_array_has_every_notebook_of_the_papers() -> None:
    (ranges,) = {found for job in JOBS for found in re.findall(r"--array=([\d,-]+)%", job)}
    numbers = set()
    for part in ranges.split(","):
        first, last = map(int, part.split("-"))
        numbers |= set(range(first, last + 1))
    there = {int(notebook.name[:2]) for notebook in find_notebooks(ROOT / "notebooks")}
    assert numbers == {number for number in there if 10 <= number < 50}


def test_environment_yml_is_what_repo2docker_takes() -> None:
    """The name it looks for, a Python it can read, and a local requirement: then it copies the repository first."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert {"channels", "dependencies"} <= environment.keys()
    (python,) = (d for d in environment["dependencies"] if isinstance(d, str) and d.startswith("python"))
    assert re.fullmatch(r"python=3\.\d+", python)
    assert "pip" in environment["dependencies"]
    (lines,) = (d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    assert any(line.startswith(("-c", "-r", "-e")) for line in lines) and "-e ." in lines
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()  # they would be taken instead


def test_what_is_said_of_profiles_weights_and_versions_is_so() -> None:
    assert set(re.findall(r"[Pp]rofile \*{0,2}`(\w+)`", PAGE)) <= set(PROFILES)
    assert min(CELL_TIMEOUT_S["full"], CELL_TIMEOUT_S["paper"]) >= 3600
    listed = re.findall(r'"(\w+)"', PAGE.split("networks = [")[1].split("]")[0])
    fetched = {name for name, network in _NETWORKS.items() if hasattr(network.weights, "url")}
    assert set(listed) == fetched
    notebooks = [notebook.name for notebook in find_notebooks(ROOT / "notebooks")]
    of_images = [name for name in notebooks if name[0] in "14"]
    assert {profile_sizes(name, "full")["weights"] for name in of_images} == {"imagenet"}
    assert {profile_sizes(name, "full")["network"] for name in notebooks if name[0] == "4"} == {"vgg16"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"


@pytest.fixture(scope="module")
def needs() -> ModuleType:
    path = ROOT / "docs" / "results" / "machine_needs.py"
    spec = importlib.util.spec_from_file_location("machine_needs", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_it_takes_is_what_was_measured(needs: ModuleType) -> None:
    kept = json.loads((ROOT / "docs" / "results" / "machine_needs.json").read_text("utf-8"))
    begin, end = needs.MARKS
    assert PAGE.split(begin)[1].split(end)[0].strip() == needs.table(kept), "run: machine_needs.py"
    assert {one["notebook"][0] for one in kept["notebooks"]} == set("12345")
