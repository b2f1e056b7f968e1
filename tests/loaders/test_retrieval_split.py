import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, query_and_database, split_classes


def data_of(**columns):
    table = pd.DataFrame({"source_picture": range(len(columns["label"])), **columns})
    table = table.rename(columns={"label": "class"})
    return DataSet(table, list, label="class", group="source_picture", source="real", name="toy")


def of_sizes(*sizes):
    return data_of(label=np.repeat([f"c{n:03d}" for n in range(len(sizes))], sizes))


def test_the_papers_numbers_of_classes_and_queries():
    sizes = np.random.default_rng(0).integers(19, 120, 167)
    parts = split_classes(of_sizes(*sizes))
    assert {name: len(set(part.labels)) for name, part in parts.items()} == {
        "train": 107,
        "validation": 20,
        "test": 40,
    }
    assert sum(map(len, parts.values())) == sizes.sum() and "query" not in parts["train"].table
    for name, count in {"validation": 20, "test": 40}.items():
        queries, database = query_and_database(parts[name])
        assert queries.table["class"].value_counts().tolist() == [2] * count
        assert set(queries.labels) == set(database.labels)
        assert len(queries) + len(database) == len(parts[name]) and parts[name].notes == ()


def test_seeds():
    data = of_sizes(*[5] * 30)

    def drawn(seed):
        parts = split_classes(data, seed=seed)
        return {name: list(part.groups) for name, part in parts.items()}, list(parts["test"].table["query"])

    assert drawn(0) == drawn(0) != drawn(1)
    # queries are no more often the first or last picture of their class than any other
    places = np.concatenate(
        [np.flatnonzero(split_classes(data, seed=seed)["test"].table["query"]) % 5 for seed in range(60)]
    )
    counts = np.bincount(places, minlength=5)
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 18.5  # chi-squared, 4 degrees, p = 0.001


def test_a_known_split_is_used_and_known_queries_too():
    data = data_of(
        label=list("aabbbccc"),
        split=["train"] * 2 + ["validation"] * 3 + ["test"] * 3,
        query=[False] * 5 + [False, True, False],
    )
    parts = split_classes(data, fractions={"train": 0.1, "validation": 0.1, "test": 0.8}, queries=1)
    assert {name: "".join(sorted(set(part.labels))) for name, part in parts.items()} == {
        "train": "a",
        "validation": "b",
        "test": "c",
    }
    assert list(parts["test"].table["query"]) == [False, True, False]
    assert parts["validation"].table["query"].sum() == 1  # drawn, since none is known


@pytest.mark.parametrize("split, why", [
    (["train"] * 3 + ["validation"] * 3 + ["test"] * 3, "its parts share the classes b"),
    (["train"] * 6 + ["test"] * 3, "it has no validation"),
])  # fmt: skip
def test_a_known_split_that_does_not_do(split, why):
    parts = split_classes(data_of(label=list("aabbbbccc"), split=split))
    assert all(f"the known split is not used: {why}" in part.notes for part in parts.values())
    assert sorted(len(set(part.labels)) for part in parts.values()) == [1, 1, 1]


def test_a_class_of_one_picture_is_in_the_database_only():
    data = of_sizes(1, 1, 2, 3)
    parts = split_classes(data_of(label=[*data.labels, "x"], split=["test"] * 7 + ["train"]),
                          fractions={"train": 0.5, "test": 0.5})  # fmt: skip
    part = parts["test"]
    assert part.table.groupby("class")["query"].sum().tolist() == [0, 0, 1, 2]
    assert part.notes == ("2 classes without a query, in the database only: c000, c001",)
    alone = data_of(label=list("abcd"), split=["train"] * 2 + ["test"] * 2)
    with pytest.raises(DataError, match="no class has two photographs"):
        split_classes(alone, fractions={"train": 0.5, "test": 0.5})


def test_copies_of_a_query_are_not_in_the_database():
    # Class b: three photographs, of 3, 1 and 1 copies.
    data = data_of(label=list("a" + "b" * 5), source_picture=list("xpppqr"), split=["train"] + ["test"] * 5)
    seen = set()
    for seed in range(20):
        part = split_classes(data, fractions={"train": 0.5, "test": 0.5}, seed=seed)["test"]
        queries, database = query_and_database(part)
        assert len(set(queries.groups)) == len(queries) == 2 and not set(queries.groups) & set(
            database.groups
        )
        if "p" in queries.groups:
            assert part.notes == ("2 copies of queries left out of the database",) and len(database) == 1
        seen.add("p" in queries.groups)
    assert seen == {True, False}


def test_copies_across_parts_are_left_out_of_the_earlier_one():
    data = data_of(
        label=list("aaabbbccc"),
        source_picture=list("123456167"),
        split=["train"] * 3 + ["validation"] * 3 + ["test"] * 3,
    )
    parts = split_classes(data, queries=1)
    assert list(parts["train"].groups) == ["2", "3"] and set(parts["validation"].groups) == {"4", "5"}
    assert "1 pictures left out: another part has a copy of them" in parts["train"].notes
    assert set(parts["test"].groups) == {"1", "6", "7"}


def test_what_cannot_be_split():
    with pytest.raises(DataError, match="cannot fill 3 parts"):
        split_classes(of_sizes(5, 5))
    with pytest.raises(ParameterError, match="all together 1"):
        split_classes(of_sizes(5, 5), fractions={"train": 0.5, "test": 0.6})
    with pytest.raises(ParameterError, match="queries is 0"):
        split_classes(of_sizes(5, 5, 5), queries=0)
    copied = data_of(label=list("aabb"), source_picture=list("1212"), split=["train"] * 2 + ["test"] * 2)
    with pytest.raises(DataError, match="all 2 pictures are copies"):
        split_classes(copied, fractions={"train": 0.5, "test": 0.5})


def test_a_part_without_queries_or_without_others():
    data = of_sizes(3)
    with pytest.raises(DataError, match="no column 'query'"):
        query_and_database(data)
    for query, found in ((True, "3 of 3"), (False, "0 of 3")):
        with pytest.raises(DataError, match=f"{found} pictures are queries"):
            query_and_database(data_of(label=list("aaa"), query=[query] * 3))
