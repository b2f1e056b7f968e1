import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from fireanalysis.errors import DataError, RunError
from fireanalysis.loaders import digest, kept, opened
from fireanalysis.loaders import store as store_module


def test_an_entry_is_found_by_what_it_was_made_from(tmp_path: Path) -> None:
    things = [{"n": 1}, {"n": 2}, {"n": 1.5}, {"n": "1"}, {"m": 1}, {"n": 1, "m": None}]
    for thing in things:
        with kept(tmp_path, "things", thing) as entry:
            assert not entry.done
            (entry.folder / "thing.txt").write_text(str(thing))
            entry.finish()
    for thing in [*things, {"m": None, "n": 1}]:
        with kept(tmp_path, "things", thing) as entry:
            assert entry.done and entry.folder.parent == tmp_path / "things"
            assert json.loads((entry.folder / "made_from.json").read_text()).items() >= thing.items()
            assert eval((entry.folder / "thing.txt").read_text()) == thing
    with kept(tmp_path, "others", things[0]) as entry:
        assert not entry.done


def test_another_version_or_other_code_makes_things_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def done() -> bool:
        with kept(tmp_path, "things", {"n": 1}) as entry:
            before = entry.done
            entry.finish()
        return before

    assert [done(), done()] == [False, True]
    with monkeypatch.context() as patch:
        patch.setattr("fireanalysis.__version__", "999")
        assert [done(), done()] == [False, True]
    monkeypatch.setattr(store_module, "_code", lambda: "other sources")
    assert [done(), done()] == [False, True]


def test_the_code_that_counts_is_the_rooms_that_make_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "fireanalysis"
    for room in ("transforms", "simulators", "loaders", "models", "training", "plots"):
        (package / room).mkdir(parents=True)
        (package / room / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(store_module, "__file__", str(package / "loaders" / "store.py"))
    code = store_module._code.__wrapped__
    first = code()
    (package / "plots" / "a.py").write_text("x = 2\n")
    (package / "models" / "notes.txt").write_text("x")
    assert code() == first
    seen = {first}
    for change in ("models/a.py", "training/b.py", "simulators/c.csv", "transforms/deep/d.py"):
        (package / change).parent.mkdir(exist_ok=True)
        (package / change).write_text("x = 3\n")
        seen.add(code())
    assert len(seen) == 5


@pytest.mark.parametrize("how", ["raised", "interrupted", "left"])
def test_what_was_not_finished_is_made_anew(tmp_path: Path, how: str) -> None:
    def rows():
        yield np.ones(3)
        if how != "left":
            raise {"raised": ValueError, "interrupted": KeyboardInterrupt}[how]
        yield np.ones(3)

    try:
        with kept(tmp_path, "things", {"n": 1}) as entry:
            entry.write_array("x.npy", rows(), count=2, shape=(3,), dtype="float32")
            assert how == "left"  # ... and is killed before it says so
    except (ValueError, KeyboardInterrupt):
        assert not list(tmp_path.rglob("x.npy"))
    with kept(tmp_path, "things", {"n": 1}) as entry:
        assert not entry.done
        entry.write_array("x.npy", iter(np.zeros((2, 3))), count=2, shape=(3,), dtype="float32")
        entry.finish()
    assert (np.load(entry.folder / "x.npy") == 0).all()


@pytest.mark.parametrize(
    ("count", "shape", "dtype"),
    [(4, (2, 3), "float32"), (3, (), "float64"), (5, (7,), "float16"), (2, (1, 1), "bool")],
)
def test_arrays_row_by_row_are_what_numpy_reads(
    tmp_path: Path, count: int, shape: tuple[int, ...], dtype: str
) -> None:
    values = np.random.default_rng(0).normal(size=(count, *shape)) > (0 if dtype == "bool" else -np.inf)
    values = values * np.arange(1, count + 1).reshape(-1, *[1] * len(shape))
    with kept(tmp_path, "things", {}) as entry:
        # Rows of any layout: transposed, of another type.
        rows = (np.asfortranarray(value) for value in values)
        path = entry.write_array("x.npy", rows, count=count, shape=shape, dtype=dtype)
    for found in (np.load(path), opened(path)):
        assert found.dtype == np.dtype(dtype) and found.shape == values.shape
        np.testing.assert_array_equal(found, values.astype(dtype))
    with pytest.raises(ValueError, match="read-only"):
        opened(path)[0] = 1


def test_arrays_are_read_when_they_are_looked_at(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(10))
    assert isinstance(opened(tmp_path / "x.npy"), np.memmap)
    assert opened(tmp_path / "x.npy") is opened(tmp_path / "x.npy")


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "text", "pickled"])
def test_a_damaged_array_is_an_error_that_says_what_to_remove(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((10, 10)))
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "pickled":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    else:
        path.write_bytes({"empty": b"", "cut": whole[:-8], "text": b"not an array"}[damage])
    with pytest.raises(DataError, match="cannot be read") as caught:
        opened(path)
    assert caught.value.where == path and "remove its folder" in caught.value.do


def test_others_wait_until_an_entry_is_closed(tmp_path: Path) -> None:
    inside, made, errors = [], [], []

    def work(number: int) -> None:
        with kept(tmp_path, "things", {"n": 1}) as entry:
            inside.append(number)
            if len(inside) > 1:
                errors.append(list(inside))
            if not entry.done:
                made.append(number)
                time.sleep(0.05)
                entry.finish()
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and not errors


def test_entries_of_other_things_do_not_wait(tmp_path: Path) -> None:
    with kept(tmp_path, "things", {"n": 1}), kept(tmp_path, "things", {"n": 2}) as other:
        assert not other.done


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")]
)
def test_a_store_that_cannot_be_written_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    for name in ("mkdir", "open", "write_text"):
        with monkeypatch.context() as patch, pytest.raises(RunError) as caught:
            patch.setattr(Path, name, fails)
            with kept(tmp_path / name, "things", {}) as entry:
                entry.write_array("x.npy", iter([np.zeros(3)]), count=1, shape=(3,), dtype="float32")
                entry.finish()
        assert caught.value.what == f"cannot keep things: {error.strerror}"
        assert "--out" in caught.value.do
    for store in (tmp_path / "file", Path("/proc/nothing")):
        (tmp_path / "file").write_text("")
        with pytest.raises(RunError, match="cannot keep things"), kept(store, "things", {}):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_store(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="Permission denied"), kept(tmp_path, "things", {}):
        pass


def test_errors_of_the_work_itself_stay_what_they_are(tmp_path: Path) -> None:
    for error in (DataError("a", do="b"), ValueError("a"), KeyboardInterrupt()):
        with pytest.raises(type(error)), kept(tmp_path, "things", {}):
            raise error


def test_digests_differ_by_content_only() -> None:
    things = [1, 1.5, "1", [1], [[1]], {"a": 1}, {"a": "1"}, {"a": None}, {}, [], "", None, True]
    assert len({digest(thing) for thing in things}) == len(things)
    assert digest({"a": 1, "b": (2, 3)}) == digest({"b": [2, 3], "a": 1})
