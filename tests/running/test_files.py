import errno
import json
from pathlib import Path

import numpy as np
import pytest

from fireanalysis.errors import ParameterError, RunError
from fireanalysis.running.files import locked, plain, read_json, write_json, write_whole


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_json(tmp_path / "a.json", {"a": 1})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match=r"cannot write a\.json: No space left on device"):
        write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        write_whole(tmp_path / "out" / "a.json", "{}")


def test_json_that_no_other_reader_could_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_a_file_that_is_no_json_object_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(RunError, match="not a JSON object") as error:
        read_json(path)
    assert error.value.where == path


def test_plain_converts_what_numpy_and_pathlib_make() -> None:
    values = {
        "i": np.int64(3),
        "f": np.float32(0.5),
        "b": np.bool_(True),
        "a": np.arange(2),
        "p": Path("x"),
        "t": (1,),
    }
    converted = plain(values, name="x")
    assert converted == {"i": 3, "f": 0.5, "b": True, "a": [0, 1], "p": "x", "t": [1]}
    assert [type(value) for value in converted.values()] == [int, float, bool, list, str, list]


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], np.float64("nan"), {1}, object()])
def test_plain_refuses_what_json_cannot_carry(value: object) -> None:
    with pytest.raises(ParameterError, match="SIGMA is"):
        plain(value, name="SIGMA")


def test_a_held_folder_names_its_holder_and_is_free_afterwards(tmp_path: Path) -> None:
    import os

    with locked(tmp_path), pytest.raises(RunError, match=rf"process {os.getpid()}"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
