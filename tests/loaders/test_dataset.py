import itertools
import os
import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, FireAnalysisError, ParameterError
from fireanalysis.loaders import DataSet, check_parts, draw, enough_groups, split, split_crossed

calls: list[int] = []


def read_rows(rows):
    calls.append(len(rows))
    return [f"sample {number}" for number in rows["number"]]


def toy(sizes: dict[str, list[int]], **columns) -> DataSet[str]:
    """Brands with firearms of so many cases each."""
    rows = [
        (brand, f"{brand}-{firearm}")
        for brand, firearms in sizes.items()
        for firearm, cases in enumerate(firearms)
        for _ in range(cases)
    ]
    table = pd.DataFrame(rows, columns=["brand", "firearm"])
    table["number"] = np.arange(len(table))
    return DataSet(
        table.assign(**columns),
        read_rows,
        label="brand",
        group="firearm",
        source="real",
        name="toy",
        notes=("n",),
    )


def test_samples_are_read_when_used_and_so_many_at_a_time():
    data = toy({"A": [3], "B": [4]})
    calls.clear()
    stream = data.samples(batch_size=3)
    assert not calls
    assert next(stream) == "sample 0" and calls == [3]
    assert list(stream) == [f"sample {number}" for number in range(1, 7)] and calls == [3, 3, 1]
    assert data[5] == "sample 5" and data[-1] == "sample 6" and calls[3:] == [1, 1]


def test_a_loop_over_a_data_set_ends():
    assert [sample for sample in toy({"A": [3]})] == ["sample 0", "sample 1", "sample 2"]


def test_subset_by_position_or_by_bool():
    data = toy({"A": [3], "B": [4]})
    for rows in ([4, 0, 0], np.array([4, 0, 0])):
        part = data.subset(rows)
        assert list(part.samples()) == ["sample 4", "sample 0", "sample 0"]
        assert list(part.labels) == ["B", "A", "A"] and list(part.groups) == ["B-0", "A-0", "A-0"]
        assert list(part.table.index) == [0, 1, 2] and part.notes == data.notes
    assert list(data.subset(data.labels == "B").table["number"]) == [3, 4, 5, 6]
    for wrong in ([7], [-1], [True, False], [], [0.7], ["A"]):
        with pytest.raises(ParameterError, match="positions from 0 to 6 or 7 bools"):
            data.subset(wrong)
    with pytest.raises(DataError, match="no samples"):
        data.subset(data.labels == "C")
    with pytest.raises(ParameterError, match="batch_size is 0"):
        next(data.samples(batch_size=0))


def test_a_data_set_can_go_to_another_process():
    data = pickle.loads(pickle.dumps(toy({"A": [2], "B": [1]})))
    assert list(data.samples()) == ["sample 0", "sample 1", "sample 2"]


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (pd.DataFrame({"brand": [], "firearm": []}), "no samples"),
        (pd.DataFrame({"brand": ["A"]}), "no column 'firearm'"),
        (pd.DataFrame({"brand": ["A", None], "firearm": ["1", "2"]}), "1 of 2 rows have no brand"),
        (
            pd.DataFrame({"brand": ["A", "B", "C"], "firearm": ["", "2", float("nan")]}),
            "2 of 3 rows .* firearm",
        ),
    ],
)
def test_what_is_no_data_set(table, match):
    with pytest.raises(DataError, match=match):
        DataSet(table, read_rows, label="brand", group="firearm", source="real", name="toy")


def random_data(rng) -> DataSet[str]:
    brands = {
        f"B{number}": list(rng.integers(1, 6, rng.integers(1, 12))) for number in range(rng.integers(1, 9))
    }
    return toy(brands)


@pytest.mark.parametrize("seed", range(40))
def test_parts_share_no_group_and_hold_every_row_once(seed):
    data = random_data(np.random.default_rng(seed))
    fractions = [{"train": 0.7, "test": 0.3}, {"train": 0.7, "val": 0.15, "test": 0.15}, {"all": 1.0}][
        seed % 3
    ]
    if len(set(data.groups)) < len(fractions):
        with pytest.raises(DataError, match="cannot fill"):
            split(data, fractions, seed=seed)
        return
    parts = split(data, fractions, seed=seed)
    assert list(parts) == list(fractions)
    numbers = [list(part.table["number"]) for part in parts.values()]
    assert sorted(itertools.chain(*numbers)) == list(range(len(data)))
    assert all(part == sorted(part) for part in numbers)
    groups = [set(part.groups) for part in parts.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == len(set(data.groups))
    for (name, share), part in zip(fractions.items(), groups, strict=True):
        # exact share, but for rounding and for parts that must get one
        assert abs(len(part) - share * len(set(data.groups))) <= 1.5, name


@pytest.mark.parametrize("seed", range(20))
def test_every_brand_is_in_both_parts_in_proportion(seed):
    data = toy({f"B{number}": [3] * 10 for number in range(21)} | {"rare": [2] * 4})
    parts = split(data, {"train": 0.7, "test": 0.3}, seed=seed)
    firearms = parts["test"].table.groupby("brand")["firearm"].nunique()
    assert firearms["rare"] in (1, 2)
    assert set(firearms.drop("rare")) <= {2, 3, 4} and len(firearms) == 22
    assert len(set(parts["test"].groups)) == round(0.3 * 214)


def test_the_seed_decides_the_split():
    data = toy({"A": [1] * 30, "B": [1] * 30})
    fractions = {"train": 0.5, "test": 0.5}
    first, again, other = (split(data, fractions, seed=seed)["test"].table for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert list(first["number"]) != list(other["number"])
    # over many seeds every firearm is on either side about half of the time
    counts = np.zeros(len(data))
    for seed in range(100):
        counts[split(data, fractions, seed=seed)["test"].table["number"]] += 1
    assert counts.min() > 25 and counts.max() < 75


def test_a_firearm_with_a_wrong_label_stays_whole():
    data = toy({"A": [4] * 5, "B": [4] * 5})
    labels = data.table["brand"].to_numpy(copy=True)
    labels[[0, 21]] = "B", "A"
    data = toy({"A": [4] * 5, "B": [4] * 5}, brand=labels)
    parts = split(data, {"train": 0.6, "test": 0.4}, seed=3)
    check_parts(parts)
    assert {len(part) for part in parts.values()} == {24, 16}


def test_a_leaky_split_shares_groups_and_says_so():
    data = toy({"A": [10] * 3, "B": [10] * 3})
    parts = split(data, {"train": 0.7, "test": 0.3}, seed=0, leaky=True)
    assert [len(part) for part in parts.values()] == [42, 18]
    shared = set(parts["train"].groups) & set(parts["test"].groups)
    note = f"split by sample (leaky): {len(shared)} of 6 firearm are in several parts"
    assert len(shared) >= 4 and all(part.notes == ("n", note) for part in parts.values())
    with pytest.raises(DataError, match="share"):
        check_parts(parts)


def test_parts_that_share_a_group_are_an_error():
    data = toy({"A": [2, 2], "B": [2]})
    check_parts({"train": data.subset([0, 1]), "test": data.subset([2, 3, 4, 5])})
    with pytest.raises(DataError, match=r"parts 'train' and 'test' share 2 firearm: A-0, B-0"):
        check_parts({"train": data.subset([0, 4]), "val": data.subset([2]), "test": data.subset([1, 5])})


@pytest.mark.parametrize(
    "fractions",
    [{}, {"a": 1.2, "b": -0.2}, {"a": 0.5, "b": 0.4}, {"a": 1.0, "b": 0.0}, {"a": float("nan"), "b": 1}],
)
def test_fractions_add_up(fractions):
    with pytest.raises(ParameterError, match="fractions"):
        split(toy({"A": [1] * 10}), fractions, seed=0)


def test_fewer_groups_than_parts():
    with pytest.raises(DataError, match="2 groups"):
        split(toy({"A": [50, 50]}), {"a": 0.4, "b": 0.3, "c": 0.3}, seed=0)
    parts = split(toy({"A": [50, 50]}), {"a": 0.99, "b": 0.01}, seed=0)
    assert {len(part) for part in parts.values()} == {50}


def test_a_large_table_splits():
    data = toy({f"B{number}": [3] * 400 for number in range(89)})
    parts = split(data, {"train": 0.9, "test": 0.1}, seed=0)
    assert len(parts["test"]) == 3 * round(0.1 * 89 * 400)


def test_a_classifier_s_split_needs_more_than_one_label() -> None:
    table = pd.DataFrame({"brand": ["only"] * 4, "firearm": list("abcd")})
    data = DataSet(table, lambda rows: rows.index, label="brand", group="firearm", source="real", name="toy")
    assert len(split(data, {"train": 0.5, "test": 0.5}, seed=0)) == 2
    with pytest.raises(DataError, match=r"1 brand .*2 are needed"):
        split(data, {"train": 0.5, "test": 0.5}, seed=0, least_labels=2)


# ---------------------------------------------------------------- fingerprints


def other_rows(rows):
    return read_rows(rows)


def test_a_fingerprint_is_what_decides_the_samples() -> None:
    data = toy({"A": [2, 3], "B": [4]})
    first = data.fingerprint()
    assert toy({"A": [2, 3], "B": [4]}).fingerprint() == first
    assert replace(data, name="other", notes=()).fingerprint() == first
    table = data.table
    swapped = table.iloc[[1, 0, *range(2, 9)]]
    changed = [
        replace(data, table=table[:-1]),
        replace(data, table=swapped),
        replace(data, table=table.assign(brand="A")),
        replace(data, table=table.assign(number=table["number"] + 1)),
        replace(data, table=table.assign(number=table["number"].astype(float) + 1e-9)),
        replace(data, table=table.rename(columns={"number": "n"})),
        replace(data, table=table.assign(more=None)),
        replace(data, table=table.assign(more="")),
        replace(data, label="firearm", group="brand"),
        replace(data, source="simulated"),
        replace(data, read=other_rows),
        replace(data, read=partial(read_rows, 1)),
        replace(data, read=partial(read_rows, 2)),
        replace(data, read=partial(read_rows, scale=1)),
        replace(data, read=partial(read_rows, scale=2)),
        replace(data, read=partial(other_rows, scale=2)),
    ]
    prints = [first, *(other.fingerprint() for other in changed)]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_sees_changed_files_and_not_where_they_lie(tmp_path) -> None:
    table = pd.DataFrame({"file": ["a.x", "b.x"], "brand": ["A", "B"], "firearm": [1, 2]})

    def fingerprint(root) -> str:
        read = partial(read_rows, root=root)
        return DataSet(table, read, label="brand", group="firearm", source="real", name="x").fingerprint()

    root = tmp_path / "scans"
    root.mkdir()
    seen = [fingerprint(root)]  # files that are not there are for reading to complain about
    for content in ("one", "two, longer"):
        for name in ("a.x", "b.x"):
            (root / name).write_text(content)
            seen.append(fingerprint(root))
    stat = (root / "b.x").stat()
    os.utime(root / "b.x", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
    seen.append(fingerprint(root))
    (tmp_path / "moved").mkdir()
    moved = root.rename(tmp_path / "moved" / "scans")
    assert fingerprint(moved) == seen[-1] and len(set(seen)) == len(seen)


# ---------------------------------------------------------------- labels with few groups


def test_labels_with_fewer_groups_than_parts_are_left_out_and_named() -> None:
    data = toy({"A": [2, 2, 2], "B": [9], "C": [1, 1, 1, 1], "D": [3, 3]})
    usable = enough_groups(data, parts=3)
    assert sorted(set(usable.labels)) == ["A", "C"] and list(usable.table.index) == list(range(10))
    assert usable.notes == ("n", "2 brand left out, fewer than 3 firearm each: B, D")
    assert list(usable.samples())[:6] == [f"sample {k}" for k in range(6)]
    assert set(enough_groups(data, parts=2).labels) == {"A", "C", "D"}
    assert enough_groups(data, parts=1) is data
    with pytest.raises(DataError, match=r"1 of 4 brand have 4 firearm or more; 2 are needed") as caught:
        enough_groups(data, parts=4)
    assert "add firearms to A, B, D" in caught.value.do


def test_one_label_is_never_enough() -> None:
    with pytest.raises(DataError, match=r"1 of 1 brand have 2 firearm or more; 2 are needed") as caught:
        enough_groups(toy({"A": [1, 1, 1]}), parts=2)
    assert "another brand" in caught.value.do


@pytest.mark.parametrize("seed", range(30))
def test_labels_with_enough_groups_are_all_in_a_large_first_part(seed) -> None:
    rng = np.random.default_rng(seed)
    data = toy({f"B{k}": [1] * int(rng.integers(1, 7)) for k in range(9)} | {"x": [1] * 3, "y": [1] * 3})
    usable = enough_groups(data, parts=3)
    parts = split(usable, {"train": 0.7, "validation": 0.15, "test": 0.15}, seed=seed)
    # What a classifier is asked about it has been shown; a small part may lack a label of three groups.
    assert set(parts["train"].labels) == set(usable.labels)


SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def sessions(counts: dict[str, list[int]]) -> DataSet:
    rows = [
        (model, f"{model}{k}")
        for model, sizes in counts.items()
        for k, n in enumerate(sizes)
        for _ in range(n)
    ]
    table = pd.DataFrame(rows, columns=["model", "session"])
    return DataSet(table, lambda rows: rows.index, "model", "session", "real", "sessions")


@pytest.mark.parametrize("seed", range(5))
def test_each_label_is_in_every_part_where_its_groups_allow(seed):
    rng = np.random.default_rng(seed)
    data = sessions({f"m{k}": rng.integers(1, 50, rng.integers(3, 12)).tolist() for k in range(20)})
    parts = split(data, SHARES, seed=seed, each_label=True)
    check_parts(parts)
    assert all(set(part.labels) == set(data.labels) for part in parts.values())
    share = {name: len(part) / len(data) for name, part in parts.items()}
    assert share == pytest.approx(SHARES, abs=0.06)  # 0.02 to 0.04 in 50 seeds


def test_labels_of_few_groups_go_where_they_are_needed_most():
    data = sessions({"one": [9], "two": [3, 8], "many": [5] * 10})
    parts = split(data, SHARES, seed=0, each_label=True)
    assert {*parts["train"].labels} == {"one", "two", "many"}
    assert {*parts["test"].labels} == {"two", "many"} and {*parts["validation"].labels} == {"many"}
    assert (parts["train"].labels == "two").sum() == 8  # the larger one
    assert "no model of too few session: one" in parts["test"].notes
    assert parts["train"].notes == ()


def test_each_label_is_the_same_again_with_the_same_seed():
    data = sessions({f"m{k}": [4, 9, 2, 7, 5, 3] for k in range(6)})
    first, again, other = (
        split(data, SHARES, seed=seed, each_label=True)["test"].table for seed in (1, 1, 2)
    )
    assert first.equals(again) and not first.equals(other)


def crossed(firearms: int, backgrounds: int, **columns) -> DataSet:
    pairs = pd.MultiIndex.from_product(
        [[f"f{k}" for k in range(firearms)], [f"b{k}" for k in range(backgrounds)]],
        names=["firearm", "background"],
    ).to_frame(index=False)
    table = pairs.assign(type="rifle", **columns)
    return DataSet(table, list, label="type", group="background", source="real", name="toy")


def test_crossed_parts_share_nothing_in_either_column() -> None:
    data = crossed(41, 43)
    parts = split_crossed(data, {"train": 0.7, "validation": 0.15, "test": 0.15}, seed=3)
    for column in ("firearm", "background"):
        seen = [set(part.table[column]) for part in parts.values()]
        assert not any(one & other for one, other in itertools.combinations(seen, 2))
        assert sorted(map(len, seen)) == ([6, 6, 29] if column == "firearm" else [6, 7, 30])
    kept = sum(map(len, parts.values()))
    for part in parts.values():  # all of what both columns allow
        assert len(part) == part.table["firearm"].nunique() * part.table["background"].nunique()
    assert parts["test"].notes == (
        f"{len(data) - kept} of {len(data)} samples left out: their firearm and background are of different parts",
    )


def test_crossed_split_is_another_with_another_seed_only() -> None:
    def firearms(seed: int) -> set[str]:
        return {*split_crossed(crossed(20, 20), {"a": 0.5, "b": 0.5}, seed=seed)["a"].table["firearm"]}

    assert firearms(1) == firearms(1) != firearms(2)


def test_pictures_without_firearm_go_by_their_background() -> None:
    data = crossed(6, 6)
    data = replace(
        data, table=data.table.assign(firearm=data.table["firearm"].where(data.table.index % 4 > 0, ""))
    )
    parts = split_crossed(data, {"train": 0.5, "test": 0.5}, seed=0)
    empty = pd.concat([part.table[part.table["firearm"] == ""] for part in parts.values()])
    assert len(empty) == 9  # none left out
    assert not {*parts["train"].groups} & {*parts["test"].groups}


def test_without_a_column_the_split_is_by_the_other() -> None:
    data = crossed(1, 10)
    data = replace(data, table=data.table.drop(columns="firearm"))
    parts = split_crossed(data, {"train": 0.7, "test": 0.3}, seed=0)
    assert {name: len(part) for name, part in parts.items()} == {"train": 7, "test": 3}
    assert parts["train"].notes == ()


@pytest.mark.parametrize(
    ("data", "fractions", "said"),
    [
        (crossed(4, 4), {"a": 0.5}, "fractions are"),
        (crossed(1, 9), {"a": 0.5, "b": 0.5}, "1 firearm cannot fill 2 parts"),
        (
            crossed(4, 4).subset([0, 5, 10, 15]),
            {"a": 0.5, "b": 0.5},
            "no sample has both its firearm and background",
        ),
    ],
)
def test_what_cannot_be_split_crossed_is_told(data: DataSet, fractions: dict, said: str) -> None:
    errors = []
    for seed in range(40):  # whether a part is left empty depends on the dealing
        try:
            split_crossed(data, fractions, seed=seed)
        except FireAnalysisError as error:
            errors.append(str(error))
    assert errors and all(said in error for error in errors)


def test_crossed_split_needs_a_column() -> None:
    with pytest.raises(DataError, match="no column maker or place; there are firearm, background, type"):
        split_crossed(crossed(4, 4), {"a": 0.5, "b": 0.5}, columns=("maker", "place"), seed=0)


def test_drawn_samples_are_distinct_and_in_order() -> None:
    data = crossed(5, 5)
    table = draw(data, 10, seed=1).table
    places = data.table.reset_index().merge(table)["index"].to_list()
    assert len(table) == 10 and places == sorted({*places}) and len({*places}) == 10
    assert not table.equals(draw(data, 10, seed=2).table)
    with pytest.raises(ParameterError, match="count is 0"):
        draw(data, 0, seed=1)
