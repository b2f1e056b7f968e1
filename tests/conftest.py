import os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from filelock import FileLock

from fireanalysis.running import run_notebooks

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as many workers as cores: each computes on one


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that need the smoke run: they take longest."""
    items.sort(key=lambda item: "smoke" not in getattr(item, "fixturenames", ()))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-data",
        metavar="DIR",
        help="folder with real data (cartridge/fadul/*.x3p …); tests on real data are skipped without it",
    )
    parser.addoption(
        "--browser-path",
        metavar="FILE",
        help="Chromium or Chrome; without it an installed one, and tests in a browser are skipped where there is none",
    )


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One smoke run of every notebook on simulated data, for all workers; what it trained serves other runs, too."""
    base = tmp_path_factory.getbasetemp()
    out = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smoke"
    told = out.with_suffix(".txt")
    with FileLock(out.with_suffix(".lock")):
        if not told.exists():
            summary = run_notebooks(profile="smoke", out=out)
            told.write_text("" if summary.passed else f"{summary}", "utf-8")
    assert not told.read_text("utf-8")
    return out


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    folder = request.config.getoption("real_data")
    if folder is None:
        pytest.skip("needs real data: pass --real-data=DIR")
    root = Path(folder).resolve()
    assert root.is_dir(), f"--real-data {folder}: not a folder"
    return root


def below(real_data: Path, name: str) -> Path:
    """Give a folder of the real data, or skip the test that needs it."""
    if not (real_data / name).is_dir():
        pytest.skip(f"no {name} folder in {real_data}")
    return real_data / name


@pytest.fixture(scope="session")
def real_cartridges(real_data: Path) -> Path:
    """The folder with the public cartridge case scans: fadul/, weller/ and odd_files/."""
    return below(real_data, "cartridge")


@pytest.fixture(scope="session")
def real_gunshots(real_data: Path) -> Path:
    """The folder with the real recordings: eight_models/ and free_firearm_library/."""
    return below(real_data, "gunshot")


@pytest.fixture(scope="session")
def real_pictures(real_data: Path) -> Path:
    """The folder with the real pictures: caltech101_revolver/, negatives_caltech101/, cctv_backgrounds_intel/."""
    return below(real_data, "segmentation")


@pytest.fixture(scope="session")
def real_retrieval(real_data: Path) -> Path:
    """The folder with pictures by class: keyword_thumbnails/, augmented_triplets/, omniglot_small/."""
    return below(real_data, "retrieval")


@pytest.fixture(scope="session")
def tones() -> ModuleType:
    """The module tones.py beside this file: sounds of known models, and two stages trained on them in seconds."""
    spec = spec_from_file_location("tones", Path(__file__).with_name("tones.py"))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
