from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

PARAMETERS = 'PROFILE = "smoke"\nDATA = None\nSEED = 0\nOUT = "results"\n'
MakeNotebook = Callable[..., Path]


def _make(
    folder: Path, name: str, *cells: str, parameters: str = "", shown: str = "", record: bool = True
) -> Path:
    """Write a small notebook of the series: parameters, settings, the given code cells, the record."""
    start = f'run = results.start("{name}", profile=PROFILE, data=DATA, seed=SEED, out=OUT{shown})\nrun'
    end = 'results.record(run, metrics={"answer": 42}, source="simulated")'
    sources = ["from fireanalysis.running import results", start, *cells, *([end] if record else [])]
    head = "# A title\n\n**Paper:** start · §1\n\n**Minutes:** 1 (two cores, quick)\n\n**Data:** simulated"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(head),
            nbformat.v4.new_code_cell(PARAMETERS + parameters, metadata={"tags": ["parameters"]}),
            *(nbformat.v4.new_code_cell(source) for source in sources),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="session")
def make_notebook() -> MakeNotebook:
    return _make
