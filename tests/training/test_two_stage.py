"""Two stages on stripes: categories by direction, models by period; every answer against the networks themselves."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fireanalysis import training
from fireanalysis.errors import DataError, RunError
from fireanalysis.loaders import DataSet
from fireanalysis.training import TwoStage

PERIODS = {"a4": 4, "a8": 8, "b4": 4, "b16": 16, "c": 0}
RECIPE = replace(training.SOUND, width=0.125, epochs=6, batch_size=8)


def stripes(rows: pd.DataFrame) -> np.ndarray:
    maps = []
    for model, number in zip(rows["true"], rows["number"], strict=True):
        noise = np.random.default_rng(number).normal(scale=0.4, size=(32, 24))
        period = PERIODS[model]
        wave = np.sin(2 * np.pi * np.arange(32) / period)[:, None] if period else 0
        wave = np.sin(2 * np.pi * np.arange(24) / period) if model[0] == "b" else wave
        maps.append(noise + wave)
    return 3 + np.stack(maps).astype(np.float32)


def clips(count: int, *, first: int) -> DataSet:
    model = np.array([*PERIODS])[np.arange(count) % 5]
    table = pd.DataFrame({"model": model, "true": model, "number": first + np.arange(count)})
    table["category"] = table["model"].str[0]
    table["session"] = table["number"] // 5
    return DataSet(table, stripes, "model", "session", "simulated", f"stripes from {first}")


def fits(store, names=("a", "b")) -> tuple[training.Fit, dict[str, training.Fit]]:
    parts = clips(80, first=0), clips(40, first=500)
    one = training.fit_or_load(*(replace(p, label="category") for p in parts), RECIPE, store=store)
    two = {
        name: training.fit_or_load(
            *(p.subset((p.table["category"] == name).to_numpy()) for p in parts), RECIPE, store=store
        )
        for name in names
    }
    return one, two


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> TwoStage:
    one, two = fits(tmp_path_factory.mktemp("store"))
    return TwoStage(one, two, {"c": "c"}, {"source": "simulated"})


def test_models_come_by_category(trained):
    assert trained.models == [("a", "a4"), ("a", "a8"), ("b", "b16"), ("b", "b4"), ("c", "c")]


def test_soft_gating_is_the_law_of_total_probability(trained):
    data = clips(30, first=900)
    routed = trained.predict(data)
    category = trained.stage_one.predict(data).probabilities
    of_b = trained.stage_two["b"].predict(data).probabilities
    np.testing.assert_allclose(routed.soft_probabilities[:, 2:4], category[:, [1]] * of_b, rtol=1e-5)
    np.testing.assert_allclose(routed.soft_probabilities[:, 4], category[:, 2], rtol=1e-5)
    np.testing.assert_allclose(routed.soft_probabilities.sum(1), 1, rtol=1e-5)


def test_hard_routing_asks_one_sub_model(trained):
    routed = trained.predict(clips(30, first=900))
    chosen = routed.category_of[routed.hard_probabilities.argmax(1)]
    assert (chosen == routed.routed).all()
    assert ((routed.hard_probabilities > 0) <= (routed.category_of == routed.routed[:, None])).all()


def test_easy_models_are_told_apart(trained):
    routed = trained.predict(clips(60, first=900))
    assert (routed.models[routed.truth] == routed.table["true"]).all()
    # Five runs gave 0.93 to 1.0; chance is 0.2.
    assert (routed.soft_probabilities.argmax(1) == routed.truth).mean() > 0.7


def test_an_unknown_model_has_no_code(trained):
    data = clips(5, first=900)
    other = data.table.assign(model=["a4", "x", "b4", "c", "y"])
    assert trained.predict(replace(data, table=other)).truth.tolist() == [0, -1, 3, 4, -1]


def test_saved_and_loaded_it_says_the_same(trained, tmp_path):
    again = TwoStage.load(trained.save(tmp_path / "kept"), device="cpu")
    data = clips(20, first=900)
    a, b = trained.predict(data), again.predict(data)
    np.testing.assert_allclose(a.soft_probabilities, b.soft_probabilities, rtol=1e-5)
    assert again.models == trained.models and again.about == {"source": "simulated"}
    assert (
        again.stage_one.recipe == trained.stage_one.recipe
        and again.stage_one.moments == trained.stage_one.moments
    )
    assert not list(tmp_path.glob("kept/*.part"))


@pytest.mark.parametrize(
    "damage", ["none there", "weights gone", "weights damaged", "no json", "other schema"]
)
def test_a_damaged_folder_is_said(trained, tmp_path, damage):
    folder = trained.save(tmp_path / "kept") if damage != "none there" else tmp_path
    file = folder / "two_stage.json"
    if damage == "weights gone":
        (folder / "a.pt").unlink()
    if damage == "weights damaged":
        (folder / "a.pt").write_bytes((folder / "a.pt").read_bytes()[:-9] + b"x" * 9)
    if damage == "no json":
        file.write_text("{")
    if damage == "other schema":
        file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": 99}))
    with pytest.raises(DataError, match="fireanalysis run 24"):
        TwoStage.load(folder)


def test_a_category_without_sub_model_is_named(trained):
    with pytest.raises(DataError, match="no sub-model for c"):
        TwoStage(trained.stage_one, trained.stage_two, {}, {})


def test_a_model_of_two_categories_is_named(trained):
    with pytest.raises(DataError, match="several categories have one name: a4"):
        TwoStage(trained.stage_one, trained.stage_two, {"c": "a4"}, {})


def test_a_folder_that_cannot_be_written_is_said(trained, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be kept"):
        trained.save(tmp_path / "file" / "kept")
