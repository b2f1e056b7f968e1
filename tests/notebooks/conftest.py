"""One smoke run of every notebook, for all tests of notebooks; what it prepared and trained serves the others."""

from pathlib import Path

import pytest

from fireanalysis.running import run_notebooks


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run every notebook on simulated data."""
    out = tmp_path_factory.mktemp("smoke")
    summary = run_notebooks(profile="smoke", out=out)
    assert summary.passed, "\n\n".join(map(str, summary.failures))
    return out
