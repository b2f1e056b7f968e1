from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from fireanalysis.errors import ParameterError, RunError
from fireanalysis.running import balanced_part, every_combination, sweep

from .conftest import MakeNotebook

MEMBER = """
if A == 3 and not (run.out.parent / "mended").exists():
    raise ValueError("three")
run.store.mkdir(parents=True, exist_ok=True)
(run.store / f"{A}{B}").write_text("kept")
(run.out / "runs").open("a").write("x")
results.record(run, metrics={"sum": A + len(B) + SEED}, source="simulated")
"""


@pytest.fixture
def member(tmp_path: Path, make_notebook: MakeNotebook) -> Path:
    folder = tmp_path / "notebooks"
    make_notebook(folder, "00_member", MEMBER, parameters='A = 1\nB = ["x"]\n', record=False)
    return folder


def test_each_combination_runs_once_and_its_record_is_read_back(tmp_path: Path, member: Path) -> None:
    chosen = every_combination({"A": [1, 2], "SEED": [0, 5]})[:3]
    given = {"out": tmp_path / "sweep", "profile": "smoke", "notebooks": member, "store": tmp_path / "store"}
    table = sweep("00_member", chosen, **given)
    assert table[["A", "SEED", "sum"]].to_numpy().tolist() == [[1, 0, 2], [1, 5, 7], [2, 0, 3]]
    assert (table["seconds"] > 0).all()
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["1['x']", "2['x']"]
    folders = [Path(folder) for folder in table["folder"]]
    assert len(set(folders)) == 3
    again = sweep("00", [*chosen[1:], {"A": 7, "B": ["y", "z"]}], **{**given, "notebooks": member})
    assert again["sum"].tolist() == [7, 3, 9]
    # By number or by name, it is another sweep only if its settings differ.
    assert {Path(folder) for folder in again["folder"][:2]} <= set(folders)
    assert [(folder / "runs").read_text() for folder in folders] == ["x"] * 3


def test_a_failed_run_is_told_when_the_others_are_done_and_tried_again(tmp_path: Path, member: Path) -> None:
    chosen = every_combination({"A": [3, 4]})
    given = {"out": tmp_path / "sweep", "profile": "smoke", "notebooks": member}
    with pytest.raises(
        RunError, match=r"(?s)1 of 2 combinations failed; the first: 00_member failed .*three"
    ):
        sweep("00_member", chosen, **given)
    assert len([*tmp_path.glob("sweep/*/records/*.json")]) == 1
    (tmp_path / "sweep" / "mended").touch()
    table = sweep("00_member", chosen, **given)
    assert table["sum"].tolist() == [4, 5]
    assert sorted(len(path.read_text()) for path in tmp_path.glob("sweep/*/runs")) == [1, 1]


def test_what_cannot_run_is_refused_before_a_kernel_starts(tmp_path: Path, member: Path) -> None:
    for chosen, words in (
        ([], "no combination"),
        ([{"C": 1}], "unknown parameter 'C'"),
        ([{"A": {1}}], r"A is \{1\}"),
    ):
        with pytest.raises(ParameterError, match=words):
            sweep("00_member", chosen, out=tmp_path / "sweep", notebooks=member)
    assert not [*tmp_path.glob("sweep/*/run.json")]


GRID = every_combination(
    {"kernel": [3, 4, 5], "filters": [2, 4, 8], "act": list("abcde"), "norm": [True, False]}
)


@pytest.mark.parametrize("count", [12, 18, 30])
def test_a_part_has_each_value_and_pair_about_equally_often(count: int) -> None:
    part = balanced_part(GRID, count, seed=1)
    assert len({tuple(one.values()) for one in part}) == count
    for name in GRID[0]:
        times = Counter(one[name] for one in part)
        assert len(times) == len({one[name] for one in GRID})
        assert max(times.values()) - min(times.values()) <= 2
    for one, other in combinations(GRID[0], 2):
        levels = {(row[one], row[other]) for row in GRID}
        assert max(Counter((row[one], row[other]) for row in part).values()) <= count / len(levels) + 2


def test_a_larger_part_begins_with_the_smaller_and_ends_with_all() -> None:
    assert balanced_part(GRID, 20, seed=0)[:12] == balanced_part(GRID, 12, seed=0)
    everything = balanced_part(GRID, 1000, seed=0)
    assert sorted(map(str, everything)) == sorted(map(str, GRID))
    assert balanced_part(GRID, 12, seed=0) != balanced_part(GRID, 12, seed=1)
