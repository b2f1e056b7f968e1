import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from filelock import FileLock
from PIL import Image

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.models import embedder
from fireanalysis.training import (
    EmbeddingFit,
    EmbeddingRecipe,
    PictureIndex,
    index_folder,
    picture_folder,
    search_pictures,
)

SAID = "on 20 simulated classes it never saw: mAP 40 %"


def kept_network(path: Path, *, seed: int = 0, width: float = 0.25) -> Path:
    """An untrained network, small enough to be quick."""
    torch.manual_seed(seed)
    model = embedder("small", weights="none", width=width)
    recipe = EmbeddingRecipe(network="small", width=width, weights="none", smallest=32, longer=48)
    fit = EmbeddingFit(model, recipe, pd.DataFrame(), 1, (), {}, "none", 0.0, False, "cpu", {})
    return fit.save(path, about={"source": "simulated", "held_out": [SAID]})


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_network(tmp_path_factory.mktemp("kept") / "network.pt")


def picture(seed: int, rows: int = 40, columns: int = 60) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 6, 3), np.uint8))
    return coarse.resize((columns, rows), Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    for seed in range(6):
        path = root / f"class {seed % 2}" / f"{seed}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(seed, *((40, 60) if seed % 3 else (60, 40))).save(path)
    return root


def test_a_folder_is_indexed_and_searched(folder: Path, tmp_path: Path, network: Path) -> None:
    made = index_folder(folder, tmp_path / "index", network=network)
    assert len(made.pictures) == 6 and made.notes == (
        "6 pictures in the index: 6 added, 0 removed (gone or changed)",
    )
    assert made.pictures.facts["file"].tolist() == sorted(made.pictures.facts["file"])
    # The same picture as another kind of file, a little damaged: the one it was made of is the nearest.
    for seed in range(6):
        picture(seed, *((40, 60) if seed % 3 else (60, 40))).save(tmp_path / "query.jpg", quality=90)
        found = search_pictures(tmp_path / "query.jpg", tmp_path / "index", top=3)
        first = found.table.iloc[0]
        assert (first["file"], first["folder"]) == (f"class {seed % 2}/{seed}.png", f"class {seed % 2}")
        assert found.table["rank"].tolist() == [1, 2, 3] and found.table["score"].is_monotonic_decreasing
        assert not found.table["identical"].any()
    assert SAID in found.network.said() and "SIMULATED pictures only" in found.network.said()[0]


def test_scores_are_those_of_the_network(folder: Path, tmp_path: Path, network: Path) -> None:
    made = index_folder(folder, tmp_path / "index", network=network)
    model = made.network.model
    expected = []
    for file in made.pictures.facts["file"]:
        image = np.array(Image.open(folder / file))  # 60 → 48 pixels: an area mean
        tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        small = torch.nn.functional.interpolate(tensor, scale_factor=0.8, mode="area")
        expected.append(model(small)[0].detach().numpy())
    found = search_pictures(folder / "class 0/2.png", tmp_path / "index", top=6).table.set_index("file")
    cosines = pd.Series(np.stack(expected) @ expected[1], made.pictures.facts["file"])
    assert found["score"].to_dict() == pytest.approx(cosines.to_dict(), abs=5e-3)


def test_identical_pictures_are_kept_and_stated(folder: Path, tmp_path: Path, network: Path) -> None:
    picture(1).save(folder / "copy.bmp")  # other bytes, the same pixels
    (folder / "again.png").write_bytes((folder / "class 1/1.png").read_bytes())
    made = index_folder(folder, tmp_path / "index", network=network)
    assert "3 pictures show the same pixels as another, in 1 groups: all are kept" in made.notes
    found = search_pictures(folder / "copy.bmp", tmp_path / "index", top=4)
    assert found.table["identical"].tolist() == [True, True, True, False]
    assert found.table["score"][:3].to_numpy() == pytest.approx(1, abs=1e-5)
    assert "3 of the pictures found show the very pixels of the query" in found.notes


def test_what_cannot_be_read_is_passed_over_and_listed(folder: Path, tmp_path: Path, network: Path) -> None:
    (folder / "words.jpg").write_text("words")
    (folder / "empty.png").write_bytes(b"")
    content = (folder / "class 0/0.png").read_bytes()
    (folder / "cut.png").write_bytes(content[: len(content) // 2])
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(content)
    picture(7).convert("CMYK").save(folder / "cmyk.jpg")
    picture(8, 9, 12).convert("L").save(folder / "tiny.png")
    with open(os.fsencode(folder) + b"/\xff.png", "wb") as file:  # noqa: PTH123  a name that is no text
        file.write(content)
    made = index_folder(folder, tmp_path / "index", network=network)
    assert len(made.pictures) == 8
    assert made.passed_over["file"].tolist() == ["?.png", "cut.png", "empty.png", "words.jpg"]
    assert made.passed_over["problem"].str.contains("no text|truncated|empty|no picture in").all()
    assert pd.read_csv(tmp_path / "index" / "passed_over.csv").equals(made.passed_over)
    said = "\n".join(made.notes)
    for words in (
        "4 files passed over",
        "cut.png: damaged or truncated",
        "1 pictures have fewer than 32 rows",
    ):
        assert words in said
    assert "1 pictures are no plain 8-bit RGB" in said


def test_an_index_is_brought_up_to_date(folder: Path, tmp_path: Path, network: Path) -> None:
    index_folder(folder, tmp_path / "index", network=network, approximate=True)
    with pytest.raises(DataError, match=r"there is an index of 6 pictures(?s:.)*--update"):
        index_folder(folder, tmp_path / "index")
    (folder / "class 0/0.png").unlink()
    picture(11).save(folder / "class 1/1.png")
    picture(12).save(folder / "class 1/new.png")
    made = index_folder(folder, tmp_path / "index", update=True)
    assert made.notes[0] == "6 pictures in the index: 2 added, 2 removed (gone or changed)"
    assert any("approximate search finds" in note for note in made.notes)
    fresh = index_folder(folder, tmp_path / "fresh", network=network)
    of_both = [
        one.pictures.embeddings_of(one.pictures.facts.sort_values("file").index) for one in (made, fresh)
    ]
    assert of_both[0] == pytest.approx(of_both[1], abs=1e-6)
    assert (
        index_folder(folder, tmp_path / "index", update=True)
        .notes[0]
        .endswith("0 added, 0 removed (gone or changed)")
    )
    assert "approximate" in PictureIndex.open(tmp_path / "index").about


def test_a_killed_run_goes_on_where_it_was(
    folder: Path, tmp_path: Path, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_folder, "_AT_ONCE", 2)
    monkeypatch.setattr(picture_folder, "_SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(picture_folder, "monotonic", lambda: next(clock))
    clock = iter([0, *np.repeat(range(1, 100), 3)])  # a second for two pictures, none for saving
    read, calls = picture_folder._read, []

    def killed(path: Path, by: object) -> object:
        calls.append(path.name)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return read(path, by)

    monkeypatch.setattr(picture_folder, "_read", killed)
    with pytest.raises(KeyboardInterrupt):
        index_folder(folder, tmp_path / "index", network=network, threads=1)
    monkeypatch.setattr(picture_folder, "_read", lambda path, by: calls.append(path.name) or read(path, by))
    half = search_pictures(folder / "class 0/0.png", tmp_path / "index")
    assert len(half.table) == 4 and "its making was stopped" in half.notes[0]
    calls.clear()
    made = index_folder(folder, tmp_path / "index")
    assert len(made.pictures) == 6 and len(calls) == 2


def test_a_query_that_is_not_there_is_told_from_one_that_is(tmp_path: Path, network: Path) -> None:
    root = tmp_path / "pictures"
    root.mkdir()
    rng = np.random.default_rng(0)
    for seed in range(12):  # variants of one picture
        noisy = np.asarray(picture(0)).astype(int) + rng.integers(-2, 3, (40, 60, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(root / f"{seed}.png")
    index_folder(root, tmp_path / "index", network=network)
    Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8)).save(tmp_path / "other.png")
    absent = search_pictures(tmp_path / "other.png", tmp_path / "index")
    assert "perhaps nothing like the query is in the index" in absent.notes[-1]
    assert len(absent.table) == 10  # a list is always full
    picture(0).save(tmp_path / "alike.png")
    assert "perhaps nothing" not in search_pictures(tmp_path / "alike.png", tmp_path / "index").notes[-1]


def test_another_network_is_refused(folder: Path, tmp_path: Path, network: Path) -> None:
    index_folder(folder, tmp_path / "index", network=network)
    other = kept_network(tmp_path / "other.pt", seed=1)
    wider = kept_network(tmp_path / "wider.pt", width=0.5)
    with pytest.raises(DataError, match="another network: state "):
        index_folder(folder, tmp_path / "index", network=other, update=True)
    with pytest.raises(DataError, match=r"another network: dimensions 64 \(here 128\)"):
        index_folder(folder, tmp_path / "index", network=wider, update=True)
    (tmp_path / "index" / "network.pt").write_bytes(other.read_bytes())
    with pytest.raises(DataError, match="another network: state "):
        search_pictures(folder / "class 0/0.png", tmp_path / "index")


def test_a_page_and_a_table_are_written(folder: Path, tmp_path: Path, network: Path) -> None:
    picture(9).save(folder / "<b>&.png")
    index_folder(folder, tmp_path / "index", network=network)
    (folder / "class 0/0.png").unlink()  # since then
    query = folder / "class 1/1.png"
    found = search_pictures(query, tmp_path / "index", out=tmp_path / "new" / "found.csv")
    table = pd.read_csv(tmp_path / "new" / "found.csv")
    assert (
        table["file"].tolist() == found.table["file"].tolist()
        and "the index holds no more than 7" in found.notes[0]
    )
    search_pictures(query, tmp_path / "index", out=tmp_path / "found.html")
    page = (tmp_path / "found.html").read_text()
    assert page.count("<img") == 7 and "cannot be read" in page  # the query and six that are still there
    assert "&lt;b&gt;&amp;.png" in page and "<b>&" not in page and SAID in page


def test_bad_input_is_named(folder: Path, tmp_path: Path, network: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        index_folder(tmp_path / "nowhere", tmp_path / "index")
    with pytest.raises(DataError, match="is a file, not a folder"):
        index_folder(network, tmp_path / "index")
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match=r"no file ending in \.png"):
        index_folder(tmp_path / "bare", tmp_path / "index")
    (tmp_path / "bare" / "a.png").write_text("words")
    with pytest.raises(DataError, match="none of 1 pictures can be read; the first: no picture in"):
        index_folder(tmp_path / "bare", tmp_path / "index", network=network)
    assert not (tmp_path / "index" / "index.json").exists()
    with pytest.raises(DataError, match="no network there"):
        index_folder(folder, tmp_path / "index", network=tmp_path / "none.pt")
    with pytest.raises(RunError, match="cannot be written"):
        index_folder(folder, network / "index", network=network)
    with (
        FileLock(tmp_path / "index" / ".lock"),
        pytest.raises(RunError, match="another run writes this index"),
    ):
        index_folder(folder, tmp_path / "index", network=network)
    query = folder / "class 0/0.png"
    with pytest.raises(DataError, match="no index there"):
        search_pictures(query, tmp_path / "index")
    index_folder(folder, tmp_path / "index", network=network)
    with pytest.raises(DataError, match="the index is of another folder"):
        index_folder(folder / "class 0", tmp_path / "index", update=True)
    with pytest.raises(DataError, match="no picture in PNG"):
        search_pictures(tmp_path / "bare" / "a.png", tmp_path / "index")
    with pytest.raises(ParameterError, match=r"ending in '\.txt'"):
        search_pictures(query, tmp_path / "index", out=tmp_path / "found.txt")
    with pytest.raises(ParameterError, match="k is 0"):
        search_pictures(query, tmp_path / "index", top=0)
    with pytest.raises(ParameterError, match="no approximate part"):
        search_pictures(query, tmp_path / "index", approximate=True)


def test_turned_and_grey_copies_of_real_pictures_are_found(real_retrieval: Path, tmp_path: Path) -> None:
    source = real_retrieval / "augmented_triplets"
    table = pd.read_csv(source / "labels.csv").set_index("file")
    groups = table["source_group"].unique()[::6]
    (tmp_path / "pictures").mkdir()
    for file in table.index[table["source_group"].isin(groups)]:
        (tmp_path / "pictures" / file).symlink_to(source / file)
    made = index_folder(tmp_path / "pictures", tmp_path / "index").pictures
    of_each = table["source_group"].loc[made.facts["file"]].to_numpy()
    found = made.search(made.embeddings_of(made.ids), k=2).rows
    nearest = np.where(found[:, 0] == made.ids, found[:, 1], found[:, 0])
    right = of_each == of_each[np.searchsorted(made.ids, nearest)]
    assert len(right) == 60 and right.mean() > 0.8  # of all 360: 0.91
