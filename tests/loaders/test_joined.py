from functools import partial

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet, join_parts, split


def read(rows: pd.DataFrame, *, times: int) -> list[int]:
    return list(times * rows["number"])


def part(labels: str, *, times: int, **columns: object) -> DataSet:
    table = pd.DataFrame({"class": list(labels), "number": range(len(labels))}).assign(**columns)
    table["source_picture"] = [f"{times} {number}" for number in table["number"]]
    kind = {"label": "class", "group": "source_picture", "source": "real"}
    return DataSet(table, partial(read, times=times), **kind, name=f"part {times}", notes=("same",))


def test_each_row_is_read_by_its_own_part() -> None:
    one, two = part("aabb", times=10), part("ccd", times=1000, query=True)
    both = join_parts(one, two)
    expected = [*one.samples(), *two.samples()]
    assert list(both.samples(batch_size=3)) == expected
    order = np.random.default_rng(0).permutation(7)
    assert list(both.subset(order).samples()) == [expected[row] for row in order]
    assert both.notes == ("same",)
    assert "query" not in both.table


def test_joined_parts_are_split_by_every_class() -> None:
    both = join_parts(part("a" * 10 + "b" * 10, times=1), part("c" * 10, times=5))
    parts = split(both, {"train": 0.7, "validation": 0.3}, seed=0, each_label=True)
    for name, count in (("train", 7), ("validation", 3)):
        assert parts[name].table["class"].value_counts().to_dict() == dict.fromkeys("abc", count)


def test_the_fingerprint_tells_how_each_part_is_read() -> None:
    one = part("aabb", times=10)
    same, other = (join_parts(one, part("ccd", times=k)) for k in (3, 3))
    assert same.fingerprint() == other.fingerprint()
    changed = part("ccd", times=3)
    object.__setattr__(changed, "read", partial(read, times=4))
    assert join_parts(one, changed).fingerprint() != same.fingerprint()


def test_parts_of_different_kinds() -> None:
    other = part("aa", times=2, other="x")
    object.__setattr__(other, "source", "simulated")
    with pytest.raises(DataError, match="2 parts of 2 kinds"):
        join_parts(part("ab", times=1), other)
    with pytest.raises(DataError, match="0 parts"):
        join_parts()
