import json
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.training import PictureIndex

NETWORK = {"network": "small", "dimensions": 16, "state": "abc"}


def unit(count: int, *, seed: int = 0, dimensions: int = 16) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def filled(folder: Path, count: int = 50) -> PictureIndex:
    index = PictureIndex.create(folder, dimensions=16, network=NETWORK)
    index.add(
        np.arange(count) + 100, unit(count), facts=pd.DataFrame({"file": [f"{n}.jpg" for n in range(count)]})
    )
    return index


def test_search_is_exact_and_follows_what_is_added_and_removed(tmp_path: Path) -> None:
    index = filled(tmp_path / "index")
    index.add([7, 3], unit(2, seed=1), facts=pd.DataFrame({"file": ["x.jpg", "y.jpg"]}))
    index.remove([100, 7, 120])
    kept = {**{n + 100: row for n, row in enumerate(unit(50))}, 7: unit(2, seed=1)[0], 3: unit(2, seed=1)[1]}
    for gone in (100, 7, 120):
        del kept[gone]
    ids, values = np.array([*kept]), np.stack([*kept.values()])
    queries = unit(5, seed=2)
    order = np.argsort(-(queries @ values.T), axis=1)[:, :6]
    found = index.search(queries, k=6)
    assert found.rows.tolist() == ids[order].tolist()
    assert found.scores == pytest.approx(np.take_along_axis(queries @ values.T, order, 1), abs=1e-6)
    assert index.ids.tolist() == ids.tolist() == index.facts.index.tolist()
    assert index.facts.loc[3, "file"] == "y.jpg" and len(index) == 49
    assert index.search(queries, k=1000).rows.shape == (5, 49)


def test_what_is_saved_is_opened_again(tmp_path: Path) -> None:
    index = filled(tmp_path / "index")
    index.about["root"] = "pictures"
    index.save()
    index.remove([101])
    index.save()
    again = PictureIndex.open(tmp_path / "index", network=NETWORK)
    assert again.ids.tolist() == index.ids.tolist() and again.about == {"root": "pictures"}
    assert again.search(unit(3), k=9).rows.tolist() == index.search(unit(3), k=9).rows.tolist()
    assert again.facts.equals(index.facts)
    assert again.embeddings_of([149, 102]).tolist() == unit(50)[[49, 2]].tolist()
    assert len([*(tmp_path / "index").iterdir()]) == 3  # nothing of the first time is left
    # faiss itself can read it.
    (file,) = (tmp_path / "index").glob("*.faiss")
    assert faiss.read_index(str(file)).ntotal == 49


def test_a_killed_save_leaves_the_index_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path / "index")
    index.save()
    index.remove(np.arange(100, 140))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        index.save()
    monkeypatch.undo()
    assert len(PictureIndex.open(tmp_path / "index")) == 50
    index.save()
    assert len(PictureIndex.open(tmp_path / "index")) == 10


def test_what_an_approximate_search_misses_is_measured(tmp_path: Path) -> None:
    index = PictureIndex.create(tmp_path / "index", dimensions=16, network=NETWORK)
    index.add(np.arange(3000), unit(3000))
    poor = index.build_approximate(recall=0.3)
    queries = unit(3000)[:300]
    exact = index.search(queries, k=10).rows
    found = index.search(queries, k=10, approximate=True).rows
    by_loop = np.mean(
        [len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    )
    assert 0.3 <= poor["recall"] < 0.9 and poor["searched"] < poor["lists"]
    assert by_loop == pytest.approx(poor["recall"], abs=0.1)  # another sample, and each finds itself
    good = index.build_approximate(recall=1.0)
    assert (
        good["recall"] == 1 and index.search(queries, k=10, approximate=True).rows.tolist() == exact.tolist()
    )
    index.save()
    again = PictureIndex.open(tmp_path / "index")
    assert again.about["approximate"] == good
    assert again.search(queries, k=10, approximate=True).rows.tolist() == exact.tolist()
    again.remove([0])
    with pytest.raises(ParameterError, match="no approximate part"):
        again.search(queries, k=10, approximate=True)
    again.save()
    assert "approximate" not in PictureIndex.open(tmp_path / "index").about


def test_an_index_of_other_dimensions_or_another_network(tmp_path: Path) -> None:
    index = filled(tmp_path / "index")
    index.save()
    with pytest.raises(
        DataError, match=r"another network: dimensions 16 \(here 8\), state 'abc' \(here 'xyz'\)"
    ):
        PictureIndex.open(tmp_path / "index", network={"network": "small", "dimensions": 8, "state": "xyz"})
    with pytest.raises(DataError, match=r"queries of shape \(2, 8\); the index has 16 dimensions"):
        index.search(unit(2, dimensions=8), k=1)
    with pytest.raises(DataError, match=r"shape \(2, 8\); the index has 16 dimensions"):
        index.add([1, 2], unit(2, dimensions=8))


@pytest.mark.parametrize("damage", ["cut", "gone", "other", "head", "format", "words"])
def test_a_damaged_index_is_one_error(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "index"
    filled(folder).save()
    head, vectors, facts = folder / "index.json", folder / "embeddings-1.faiss", folder / "facts-1.csv"
    if damage == "cut":
        vectors.write_bytes(vectors.read_bytes()[:-7])
    if damage == "gone":
        facts.unlink()
    if damage == "other":
        lines = facts.read_text().replace("101,", "999,")
        facts.write_text(lines)
    if damage == "head":
        head.write_text(head.read_text()[:-9])
    if damage == "format":
        head.write_text(json.dumps({"format": 99}))
    if damage == "words":
        content = vectors.read_bytes()
        vectors.write_bytes(b"words" + content[5:])
    with pytest.raises(DataError, match=r"the index is damaged(?s:.)*index the pictures anew"):
        PictureIndex.open(folder)


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no index there"):
        PictureIndex.open(tmp_path)
    with pytest.raises(ParameterError, match="dimensions is 0"):
        PictureIndex.create(tmp_path, dimensions=0, network=NETWORK)
    empty = PictureIndex.create(tmp_path / "index", dimensions=16, network=NETWORK)
    with pytest.raises(DataError, match="the index is empty"):
        empty.search(unit(1), k=1)
    with pytest.raises(DataError, match="0 embeddings"):
        empty.build_approximate()
    empty.save()
    assert len(PictureIndex.open(tmp_path / "index")) == 0
    with pytest.raises(DataError, match="there is an index"):
        PictureIndex.create(tmp_path / "index", dimensions=16, network=NETWORK)
    index = filled(tmp_path / "other")
    for ids in ([101, 1], [-1, 1], [1, 1]):
        with pytest.raises(DataError, match="taken, negative or given twice"):
            index.add(ids, unit(2))
    with pytest.raises(DataError, match="an embedding is not finite"):
        index.add([1], unit(1) * np.nan)
    with pytest.raises(DataError, match=r"not in the index: \[5\]"):
        index.remove([5, 100])
    with pytest.raises(ParameterError, match="k is 0"):
        index.search(unit(1), k=0)
    with pytest.raises(ParameterError, match="recall is 2"):
        index.build_approximate(recall=2)
    index.build_approximate()
    with pytest.raises(ParameterError, match="k is 0"):
        index.search(unit(1), k=0, approximate=True)
    (tmp_path / "file").write_text("")
    index.folder = tmp_path / "file"
    with pytest.raises(RunError, match="cannot be written"):
        index.save()
