from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet
from fireanalysis.models import embedder
from fireanalysis.training import EmbeddingRecipe, embed, embedding_fit, fit_embedding, load_embedding_fit
from fireanalysis.training.embedding import _coloured, grouped

from .watched import assert_told_after_each_epoch

SMALL = {
    "network": "small", "width": 0.25, "weights": "none", "smallest": 24, "longer": 32, "pairs": 12, "batch": 16,
    "redraw": 1, "epochs": 3, "learning_rate": 0.05, "precision": "32-true",
}  # fmt: skip


def draw(rows):
    """Stripes whose width and direction are the class; tint, phase and shape vary."""
    for row in rows.itertuples():
        rng = np.random.default_rng(row.seed)
        height, width = rng.choice([[24, 32], [32, 24], [32, 32]])
        y, x = np.mgrid[:height, :width]
        along = x if row.code % 2 else y
        wave = np.sin(along * (0.4 + 0.3 * (row.code // 2)) + rng.uniform(0, 6))
        tint = rng.uniform(40, 90, 3)
        yield np.clip(128 + wave[..., None] * tint + rng.normal(0, 15, (height, width, 3)), 0, 255).astype(
            np.uint8
        )


def stripes(codes, *, each=8, seed=0):
    codes = np.repeat(codes, each)
    table = pd.DataFrame({"class": [f"stripes {code}" for code in codes], "code": codes})
    table["seed"] = np.arange(len(table)) + 1000 * seed
    table["source_picture"] = table["seed"].astype(str)
    table["query"] = np.arange(len(table)) % each < 2
    return DataSet(table, draw, label="class", group="source_picture", source="simulated", name="stripes")


TRAIN, OTHERS, AGAIN = (
    stripes([0, 1, 2, 3]),
    stripes([4, 5, 6, 7], seed=1),
    stripes([0, 1, 2, 3], each=4, seed=2),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def cls(store):
    changes = {"loss": "cross_entropy", "epochs": 12, "batch": 8, "learning_rate": 0.003}
    return fit_embedding(TRAIN, AGAIN, EmbeddingRecipe(**SMALL | changes), store=store)


def test_classes_are_learned(cls):
    assert cls.classes == tuple(np.unique(TRAIN.labels)) and cls.history["validation accuracy"].max() > 0.7
    found = cls.probabilities(cls.embed(AGAIN))
    assert np.allclose(found.sum(1), 1, atol=1e-5)
    accuracy = (np.array(cls.classes)[found.argmax(1)] == AGAIN.labels).mean()
    assert accuracy == pytest.approx(cls.history["validation accuracy"].iloc[cls.chosen_epoch - 1])


RATES = {
    "single": 0.3, "double": 0.3, "triplet": 0.05, "triplet_hard": 0.05, "multi_similarity": 0.05, "proxy_anchor": 0.01,
}  # fmt: skip


@pytest.mark.parametrize("loss", RATES)
def test_distances_are_learned(loss, store):
    recipe = EmbeddingRecipe(**SMALL | {"loss": loss, "epochs": 4, "learning_rate": RATES[loss]})
    fit = fit_embedding(TRAIN, OTHERS, recipe, store=store)
    before, after = (separation(model) for model in (started(), fit.model))
    assert after > before + 0.15  # measured: 0.28 (double, which leaves near pairs alone) to 2.5
    assert fit.history["validation mAP"].between(0, 1).all() and fit.chosen_epoch in range(1, 5)


def started():
    torch.manual_seed(0)
    return embedder("small", weights="none", width=0.25)


def separation(model):
    """Mean distance of pairs of two classes over that of one class."""
    found = embed(model, TRAIN, longer=32)
    apart = np.linalg.norm(found[:, None] - found[None], axis=2)
    same = TRAIN.labels[:, None] == TRAIN.labels[None]
    return apart[~same].mean() / apart[same & ~np.eye(len(found), dtype=bool)].mean()


def test_stage_two_begins_where_stage_one_ended(cls, store):
    recipe = EmbeddingRecipe(**SMALL | {"loss": "double", "epochs": 1, "learning_rate": 1e-9})
    fit = fit_embedding(TRAIN, OTHERS, recipe, store=store, start=cls)
    assert np.allclose(fit.embed(OTHERS), cls.embed(OTHERS), atol=1e-5)
    assert fit.weights == f"{cls.weights}, then cross-entropy"
    found = cls.embed(TRAIN)
    same = TRAIN.labels[:, None] == TRAIN.labels[None]
    apart = np.linalg.norm(found[:, None] - found[None], axis=2)
    means = [apart[same & ~np.eye(len(found), dtype=bool)].mean(), apart[~same].mean()]
    assert [fit.recipe.positive_margin, fit.recipe.negative_margin] == pytest.approx(means, abs=0.02)
    other = EmbeddingRecipe(**SMALL | {"width": 0.5})
    with pytest.raises(ParameterError, match="same network"):
        fit_embedding(TRAIN, OTHERS, other, store=store, start=cls)
    with pytest.raises(ParameterError, match="no classes"):
        fit.probabilities(found)


def test_a_few_at_once_learn_the_same(tmp_path):
    recipes = [EmbeddingRecipe(**SMALL | {"epochs": 1, "at_once": limit}) for limit in (None, 5)]
    one, other = (fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path) for recipe in recipes)
    assert not other.loaded
    for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    assert one.history["training loss"].iloc[0] == pytest.approx(
        other.history["training loss"].iloc[0], rel=1e-4
    )


def test_the_store_is_used_and_a_killed_run_goes_on(tmp_path, monkeypatch):
    recipe = EmbeddingRecipe(**SMALL)
    whole = fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path / "a")
    again = fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path / "a")
    assert again.loaded and not whole.loaded and again.history.equals(whole.history)
    from fireanalysis.training import embedding

    judge, calls = embedding.retrieval_table, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return judge(*args)

    monkeypatch.setattr(embedding, "retrieval_table", killed)
    with pytest.raises(KeyboardInterrupt):
        fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path / "b")
    resumed = fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path / "b")
    assert len(calls) == 4 and np.allclose(resumed.history, whole.history, atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "validation", "score"), [("cross_entropy", AGAIN, "accuracy"), ("double", OTHERS, "mAP")]
)
def test_a_training_tells_its_history(loss, validation, score, tmp_path):
    recipe = EmbeddingRecipe(**SMALL | {"loss": loss, "epochs": 2})
    assert_told_after_each_epoch(
        partial(fit_embedding, TRAIN, validation, recipe, store=tmp_path), score=score
    )


def test_history_counts_pairs_that_still_pull_and_push(tmp_path):
    recipe = EmbeddingRecipe(**SMALL | {"epochs": 1, "positive_margin": 2.0, "negative_margin": 0.0})
    row = fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path).history.iloc[0]
    assert row["training loss"] == row["positive pairs that pull"] == row["negative pairs that push"] == 0
    single = EmbeddingRecipe(**SMALL | {"epochs": 1, "loss": "single", "negative_margin": 2.0})
    row = fit_embedding(TRAIN, OTHERS, single, store=tmp_path).history.iloc[0]
    assert row["positive pairs that pull"] == row["negative pairs that push"] == 1
    assert row["loss of positive pairs"] + row["loss of negative pairs"] == pytest.approx(
        row["training loss"], rel=0.02
    )


def test_save_and_load(cls, tmp_path):
    path = cls.save(tmp_path / "network.pt", about={"mAP": 0.5})
    back = load_embedding_fit(path)
    assert back.about == {"mAP": 0.5} and back.recipe == cls.recipe and back.classes == cls.classes
    assert np.allclose(back.embed(OTHERS), cls.embed(OTHERS), atol=1e-6)
    for wrong in (tmp_path / "none.pt", tmp_path / "text.pt"):
        (tmp_path / "text.pt").write_text("no network")
        with pytest.raises(DataError, match="network"):
            load_embedding_fit(wrong)


def test_descriptors_of_many_shapes_keep_their_order(cls, tmp_path):
    one_by_one = np.concatenate(
        [embed(cls.model, OTHERS.subset([row]), longer=32) for row in range(len(OTHERS))]
    )
    together = embed(cls.model, OTHERS, longer=32, batch_size=3)
    assert np.allclose(one_by_one, together, atol=1e-5)
    kept = [embed(cls.model, OTHERS, longer=32, store=tmp_path) for _ in range(2)]
    assert (kept[0] == kept[1]).all() and np.allclose(kept[1], together, atol=1e-6)


def test_groups_are_of_one_shape():
    pictures = [*draw(OTHERS.table)]
    groups = [*grouped(pictures, padded=False)]
    assert sorted(torch.cat([places for places, *_ in groups]).tolist()) == list(range(len(pictures)))
    for places, group, _ in groups:
        for place, picture in zip(places, group, strict=True):
            assert (picture.permute(1, 2, 0).numpy() == pictures[place]).all()


def test_padded_groups_are_of_like_aspect_and_give_the_same(monkeypatch, tmp_path):
    pictures = [*draw(OTHERS.table)]
    places, _, sizes = zip(*grouped(pictures, padded=True, at_most=5), strict=True)
    assert sorted(torch.cat(places).tolist()) == list(range(len(pictures)))
    aspects = [float(rows / columns) for rows, columns in torch.cat(sizes)]
    assert aspects == sorted(aspects)
    sizes = {"network": "vgg16", "width": 0.05, "smallest": 32, "longer": 40, "epochs": 1, "augment": False}
    recipe = EmbeddingRecipe(**SMALL | sizes | {"positive_margin": 0.01, "negative_margin": 0.5})
    plain = fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path / "plain")
    monkeypatch.setattr(embedding_fit, "_pads", lambda model, device: True)
    padded = fit_embedding(TRAIN, OTHERS, recipe, store=tmp_path / "padded")
    for a, b in zip(plain.model.parameters(), padded.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    alone = embed(plain.model, OTHERS, longer=40)
    monkeypatch.undo()
    assert np.allclose(alone, embed(plain.model, OTHERS, longer=40), atol=1e-5)


def test_colours_of_a_padded_picture_are_its_own():
    picture = torch.randint(90, 160, (1, 3, 8, 8), dtype=torch.uint8)
    wide = torch.zeros(1, 3, 8, 12)
    wide[..., :8] = picture / 255
    made = []
    for pictures, sizes in ((picture, None), (wide, torch.tensor([[8, 8]]))):
        torch.manual_seed(0)
        made.append(_coloured(pictures, sizes)[..., :8])
    assert torch.allclose(*made, atol=1e-6)


def test_colours_change_about_each_pictures_mean():
    torch.manual_seed(0)
    pictures = torch.randint(90, 160, (3, 3, 8, 8), dtype=torch.uint8)
    changed = _coloured(pictures, None)
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    grey = [(part * weights).sum(1).mean((1, 2)) for part in (pictures / 255, changed)]
    assert torch.allclose(*grey, atol=1e-3) and changed.min() >= 0 and changed.max() <= 1
    spreads = changed.std((1, 2, 3)) / (pictures / 255).std((1, 2, 3))
    assert ((spreads > 0.2) & (spreads < 2.3)).all() and spreads.std() > 0.01


@pytest.mark.parametrize(
    ("loss", "validation", "words"),
    [
        ("cross_entropy", OTHERS, "training part has not"),
        ("double", AGAIN, "share classes"),
        ("double", replace(OTHERS, table=OTHERS.table.drop(columns="query")), "query"),
        ("double", OTHERS.subset(np.flatnonzero(OTHERS.table["query"])), "to find"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_the_loss(loss, validation, words, tmp_path):
    with pytest.raises(DataError, match=words):
        fit_embedding(TRAIN, validation, EmbeddingRecipe(**SMALL | {"loss": loss}), store=tmp_path)


def test_a_training_that_diverges_says_so(tmp_path):
    recipe = EmbeddingRecipe(**SMALL | {"learning_rate": 1e30, "loss": "cross_entropy"})
    with pytest.raises(ParameterError, match="diverged"):
        fit_embedding(TRAIN, AGAIN, recipe, store=tmp_path)
