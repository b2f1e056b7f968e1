import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fireanalysis.errors import ParameterError, RunError
from fireanalysis.running.notebooks import check_parameters, choose_notebooks, find_notebooks, read_parameters

from .conftest import PARAMETERS, MakeNotebook


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_notebook: MakeNotebook) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    for name in ("11_cartridge_shape_index", "10_cartridge_data", "20_gunshot_data"):
        make_notebook(
            folder, name, parameters='SIGMA: float = 3.0\nCASES = 5\nFILE = None\nLABEL = "a"\nFAST = False'
        )
    make_notebook(folder, "notes")
    make_notebook(folder / "solutions", "12_cartridge_answers")
    return folder


def test_numbered_notebooks_are_found_in_order_with_what_they_say(folder: Path) -> None:
    notebooks = find_notebooks(folder)
    assert [n.name for n in notebooks] == ["10_cartridge_data", "11_cartridge_shape_index", "20_gunshot_data"]
    assert (notebooks[0].title, notebooks[0].paper) == ("A title", "start · §1")
    assert (notebooks[0].minutes, notebooks[0].data) == ("1 (two cores, quick)", "simulated")


def test_a_folder_without_notebooks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no numbered notebook"):
        find_notebooks(tmp_path)
    with pytest.raises(RunError, match="no such folder"):
        find_notebooks(tmp_path / "none")


def test_a_broken_notebook_is_named(tmp_path: Path) -> None:
    (tmp_path / "10_a.ipynb").write_text("{")
    with pytest.raises(RunError, match="not a notebook") as error:
        find_notebooks(tmp_path)
    assert error.value.where == tmp_path / "10_a.ipynb"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], ["10_cartridge_data", "11_cartridge_shape_index", "20_gunshot_data"]),
        (["20", "10"], ["10_cartridge_data", "20_gunshot_data"]),
        (["11_cartridge_shape_index", "11"], ["11_cartridge_shape_index"]),
        (["notebooks/10_cartridge_data.ipynb"], ["10_cartridge_data"]),
    ],
)
def test_notebooks_are_chosen_by_name_or_number(folder: Path, names: list[str], chosen: list[str]) -> None:
    assert [n.name for n in choose_notebooks(names, find_notebooks(folder))] == chosen


@pytest.mark.parametrize("name", ["11_cartridge_shapeindex", "13", "notes", "12_cartridge_answers"])
def test_an_unknown_name_lists_near_ones(folder: Path, name: str) -> None:
    with pytest.raises(ParameterError, match=rf"no notebook '{name}'; near: .*1\d_cartridge"):
        choose_notebooks([name], find_notebooks(folder))


def test_parameters_are_read_annotated_or_not(tmp_path: Path, make_notebook: MakeNotebook) -> None:
    own = '# comment\nSIGMA: float = 3.0  # px\nSIGMAS: "list[float]" = [0.2,\n  -3]\nNAME = None\n'
    values = read_parameters(make_notebook(tmp_path, "10_a", parameters=own))
    assert values["SIGMA"] == 3.0
    assert values["SIGMAS"] == [0.2, -3]
    assert list(values) == ["PROFILE", "DATA", "SEED", "OUT", "SIGMA", "SIGMAS", "NAME"]


@pytest.mark.parametrize(
    "line",
    [
        "HALF = SEED / 2",
        "HALF: float = SEED / 2",
        "A = B = 1",
        "A = [SEED]",
        'A = f"{SEED}"',
        'A = "x".upper()',
        "A: int",
        "A, B = 1, 2",
        "SEED += 1",
        "from math import pi",
        "print(1)",
    ],
)
def test_a_derived_value_is_refused_and_quoted(
    tmp_path: Path, make_notebook: MakeNotebook, line: str
) -> None:
    path = make_notebook(tmp_path, "10_a", parameters=line)
    with pytest.raises(RunError, match=r"parameters cell, line 5: .* is no plain literal") as error:
        read_parameters(path)
    assert error.value.where == path


def test_a_parameters_cell_that_is_not_python_is_refused(tmp_path: Path, make_notebook: MakeNotebook) -> None:
    with pytest.raises(RunError, match="not Python: line 5"):
        read_parameters(make_notebook(tmp_path, "10_a", parameters="%matplotlib inline"))


def test_missing_parameters_and_cells_are_refused(tmp_path: Path, make_notebook: MakeNotebook) -> None:
    path = make_notebook(tmp_path, "10_a")
    content = json.loads(path.read_text())
    cell = content["cells"][1]
    cell["source"] = PARAMETERS.replace("SEED = 0\n", "")
    path.write_text(json.dumps(content))
    with pytest.raises(RunError, match="lacks SEED"):
        read_parameters(path)
    cell["metadata"]["tags"] = []
    path.write_text(json.dumps(content))
    with pytest.raises(RunError, match="0 cells are tagged"):
        read_parameters(path)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"SIGMA": "0.5"}, 0.5),
        ({"SIGMA": "2"}, 2.0),
        ({"SIGMA": np.float32(0.5)}, 0.5),
        ({"CASES": "7"}, 7),
        ({"CASES": np.int64(7)}, 7),
        ({"FILE": Path("a/b.x3p")}, "a/b.x3p"),
        ({"FILE": "a/b.x3p"}, "a/b.x3p"),
        ({"FILE": "[1, 2]"}, [1, 2]),
        ({"LABEL": "10"}, "10"),
        ({"FAST": "true"}, True),
        ({"FAST": np.bool_(True)}, True),
        ({"SEED": "3"}, 3),
    ],
)
def test_values_take_the_type_of_the_default(folder: Path, given: dict[str, Any], value: object) -> None:
    (converted,) = check_parameters(find_notebooks(folder)[0], given).values()
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    "given",
    [{"SIGMA": "wide"}, {"SIGMA": "nan"}, {"CASES": "2.5"}, {"CASES": "true"}, {"FAST": "1"}, {"LABEL": 3}],
)
def test_values_of_another_type_are_refused(folder: Path, given: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=rf"{next(iter(given))} is .*; its default is"):
        check_parameters(find_notebooks(folder)[0], given)


def test_unknown_parameters_are_refused_and_the_known_ones_listed(folder: Path) -> None:
    with pytest.raises(ParameterError, match=r"unknown parameter 'SIGMAA'; there are SEED, SIGMA, CASES"):
        check_parameters(find_notebooks(folder)[0], {"SIGMAA": 1})
    with pytest.raises(ParameterError, match=r"(?s)PROFILE is not.*use --profile"):
        check_parameters(find_notebooks(folder)[0], {"PROFILE": "full"})
