"""Training and loading, seen from outside: what is learned, what is kept, what is an error."""

import copy
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis import loaders, models, training
from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import DataSet
from fireanalysis.training import Fit, Recipe, fit_or_load
from fireanalysis.training.classification import best_epoch

from .toy import RECIPE, parts, striped, stripes
from .watched import assert_told_after_each_epoch


def small(*, recipe: Recipe = RECIPE, **settings: Any) -> Recipe:
    return replace(recipe, **settings)


LEARNS = small(epochs=10, oversample_to=30)


def trained(recipe: Recipe, store: Path, *, train: DataSet | None = None, **options: Any) -> Fit:
    default, validation = parts()
    return fit_or_load(train or default, validation, recipe, store=store, device="cpu", **options)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def fit(store: Path) -> Fit:
    return trained(LEARNS, store)


def entries(store: Path) -> dict[Path, bool]:
    """Folders of models, and whether they are complete."""
    return {
        folder: (folder / "made_from.json").is_file()
        for folder in (store / "models").iterdir()
        if folder.is_dir()
    }


# ---------------------------------------------------------------- what is learned


def test_what_can_be_told_apart_is(fit: Fit) -> None:
    test = striped(60, first=5000)
    found = fit.predict(test)
    assert found.accuracy > 0.95
    assert not fit.loaded and not fit.model.training and fit.weights == "none"
    assert list(fit.classes) == ["A", "B", "C"] and fit.shape == (32, 32)
    assert list(fit.classes[found.truth]) == list(test.labels)
    pd.testing.assert_frame_equal(found.table.drop(columns="angle_deg"), test.table)


def test_a_prediction_is_the_model_s_output_row_by_row(fit: Fit) -> None:
    test = striped(21, first=5000)
    found = fit.predict(test, batch_size=4)
    with torch.inference_mode():
        inputs = fit.inputs(test)
        probabilities = fit.model(inputs).softmax(1).numpy()
        features = models.without_head(fit.model)(inputs).numpy()
    np.testing.assert_allclose(found.probabilities, probabilities, atol=1e-5)
    np.testing.assert_allclose(found.features, features, atol=1e-4)
    heights = np.stack(list(test.samples()))
    expected = np.nan_to_num((heights - fit.moments.mean) / fit.moments.std)
    np.testing.assert_allclose(inputs[:, 0].numpy(), expected, atol=1e-5)
    assert (inputs[:, 0, :4, :4] == 0).all()


def test_moments_are_of_all_training_maps(fit: Fit) -> None:
    heights = np.stack(list(parts()[0].samples())).astype(float)
    assert fit.moments.mean == pytest.approx(np.nanmean(heights), rel=1e-6)
    assert fit.moments.std == pytest.approx(np.nanstd(heights), rel=1e-6)


def test_a_balanced_test_set_holds_turned_copies(fit: Fit) -> None:
    test = striped(20, first=5000).subset([*range(12), 15])
    found = fit.predict(test, at_least=11)
    counts = found.table["brand"].value_counts()
    assert (counts >= 11).all() and len(found.truth) == len(found.probabilities) == len(found.table)
    plain = fit.predict(test)
    unturned = (found.table["angle_deg"] == 0).to_numpy()
    assert unturned.sum() == len(test)
    np.testing.assert_allclose(found.probabilities[unturned], plain.probabilities, atol=1e-5)
    # A copy's probabilities are those of the map turned by hand.
    row = int(np.flatnonzero(~unturned)[3])
    number, angle = found.table.loc[row, ["number", "angle_deg"]]
    x = fit.inputs(test.subset([int(np.flatnonzero(test.table["number"] == number)[0])]))
    with torch.inference_mode():
        turned = training.rotate_batch(x, torch.tensor([angle], dtype=torch.float32))
        expected = fit.model(turned).softmax(1)[0].numpy()
    np.testing.assert_allclose(found.probabilities[row], expected, atol=1e-5)


def test_a_brand_the_classifier_does_not_know_is_never_right(fit: Fit) -> None:
    test = striped(12, first=5000)
    test = replace(test, table=test.table.assign(brand=test.table["brand"].replace("B", "new")))
    found = fit.predict(test)
    assert (
        found.truth == np.where(test.labels == "new", -1, np.searchsorted(["A", "B", "C"], test.labels))
    ).all()
    assert found.accuracy <= 8 / 12
    assert set(fit.predict(test, at_least=9).table["brand"].value_counts()) == {12}


# ---------------------------------------------------------------- what is kept


def test_the_second_time_it_is_loaded(fit: Fit, store: Path) -> None:
    test = striped(12, first=5000)
    again = trained(LEARNS, store)
    assert again.loaded and again.chosen_epoch == fit.chosen_epoch and again.seconds == fit.seconds
    assert (again.predict(test).probabilities == fit.predict(test).probabilities).all()
    pd.testing.assert_frame_equal(again.history, fit.history)
    assert again.moments == fit.moments
    assert {path.name for folder in entries(store) for path in folder.iterdir()} == {
        "made_from.json",
        "result.pt",
    }


def test_a_training_tells_its_history(tmp_path: Path) -> None:
    assert_told_after_each_epoch(partial(trained, small(epochs=3), tmp_path), score="accuracy")


def test_the_same_seed_gives_the_same_weights_another_seed_others(fit: Fit, tmp_path: Path) -> None:
    torch.manual_seed(99)
    same = trained(LEARNS, tmp_path)
    assert not same.loaded
    for name, value in fit.model.state_dict().items():
        assert torch.equal(value, same.model.state_dict()[name]), name
    other = trained(replace(LEARNS, seed=1), tmp_path)
    weights = fit.model.state_dict()["conv1.weight"], other.model.state_dict()["conv1.weight"]
    assert not torch.allclose(*weights)


def test_the_caller_s_random_numbers_stay(tmp_path: Path) -> None:
    before = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
    made = trained(small(epochs=1), tmp_path)
    loaded = trained(small(epochs=1), tmp_path)
    made.predict(striped(5)), loaded.inputs(striped(5))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert str(np.random.get_state()) == before[1]  # noqa: NPY002


class WantedError(Exception):
    """Training was about to begin."""


@pytest.fixture
def key_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """What a call would be kept under, without training."""
    seen: list[str] = []

    @contextmanager
    def kept(store: Path, kind: str, made_from: dict[str, Any]) -> Iterator[None]:
        seen.append(loaders.digest(made_from))
        raise WantedError
        yield

    monkeypatch.setattr("fireanalysis.training.fit.kept", kept)

    def key(train: DataSet, validation: DataSet, recipe: Recipe) -> str:
        with pytest.raises(WantedError):
            fit_or_load(train, validation, recipe, store=tmp_path, device="cpu")
        return seen.pop()

    return key


def other_reader(rows: pd.DataFrame) -> np.ndarray:
    return stripes(rows)


def test_whatever_decides_the_result_decides_the_key(key_of: Callable[..., str], tmp_path: Path) -> None:
    train, validation = parts()
    first = key_of(train, validation, RECIPE)
    assert key_of(*parts(), small()) == first
    # Names and notes decide nothing.
    assert key_of(replace(train, name="x", notes=("y",)), validation, RECIPE) == first
    changed = {
        "width": 0.25, "learning_rate": 0.03, "momentum": 0.8, "weight_decay": 0.1, "epochs": 5,
        "warmup_epochs": 2, "batch_size": 9, "gamma": 1.0, "class_weights": False, "oversample_to": 20,
        "patience": 2, "precision": "bf16-mixed", "seed": 1, "optimiser": "adamw", "network": "resnet50",
        "selection": "accuracy", "moments": (0.0, 2.0), "augment": ("noise",),
    }  # fmt: skip
    recipes = [small(**{name: value}) for name, value in changed.items()]
    recipes += [small(warmup_epochs=0, schedule=schedule) for schedule in ("constant", "plateau")]
    recipes.append(Recipe(network="vit_b_16", width=1 / 12, depth=1 / 12, weights="none"))
    recipes.append(Recipe(network="vit_b_16", width=1 / 12, depth=2 / 12, weights="none"))
    keys = [key_of(train, validation, recipe) for recipe in recipes]
    named = {field for field in Recipe.__dataclass_fields__ if field not in ("depth", "weights")}
    assert named == {*changed, "schedule"}
    table = train.table
    labelled = table.assign(brand=table["brand"].mask(table.index == 3, "A"))
    assert list(labelled["brand"]) != list(table["brand"])
    for other in (labelled, table[:-1], table[::-1].reset_index(drop=True), table.assign(more=1)):
        keys.append(key_of(replace(train, table=other), validation, RECIPE))
    keys.append(key_of(replace(train, read=other_reader), validation, RECIPE))
    keys.append(key_of(train, validation.subset(range(20)), RECIPE))
    keys.append(key_of(validation, train, RECIPE))
    assert len({first, *keys}) == 1 + len(keys)


def test_a_changed_file_of_initial_weights_makes_another_key(
    key_of: Callable[..., str], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    model = models.backbone("resnet18", classes=3, pixels=32, weights="none", width=0.125)
    keys = set()
    for name in ("a", "b", "c"):
        torch.save(model.state_dict(), tmp_path / "weights.pth")
        keys.add(key_of(*parts(), small(weights=str(tmp_path / "weights.pth"))))
        if name == "a":
            model.bn1.bias.data += 1e-6
    assert len(keys) == 2


# ---------------------------------------------------------------- the epoch that is chosen


def noisy_parts() -> tuple[DataSet, DataSet]:
    """Labels without meaning: the validation loss goes up and down."""
    train, validation = parts()
    shuffled = np.random.default_rng(0).permutation(validation.labels)
    return train, replace(validation, table=validation.table.assign(brand=shuffled))


def chosen_by_hand(history: pd.DataFrame, warmup: float) -> int:
    best, found = (-1, 0.0), 0
    for row in history.itertuples(index=False):
        epoch, accuracy, loss = (
            row[0],
            row[history.columns.get_loc("validation accuracy")],
            row[history.columns.get_loc("validation loss")],
        )
        if epoch <= warmup:
            continue
        right = round(accuracy * 24)  # of 24 maps
        if (right * 100 // 24, -loss) > best:
            best, found = (right * 100 // 24, -loss), epoch
    return found


@pytest.mark.parametrize("warmup", [0, 2, 2.5, 7])
def test_the_chosen_epoch_is_the_most_accurate_after_the_warm_up_then_of_lowest_loss(
    tmp_path: Path, warmup: float
) -> None:
    recipe = small(epochs=7, warmup_epochs=warmup, learning_rate=0.05)
    fit = fit_or_load(*noisy_parts(), recipe, store=tmp_path, device="cpu")
    assert fit.history["epoch"].tolist() == list(range(1, 8))
    assert fit.chosen_epoch == chosen_by_hand(fit.history, min(warmup, 6))
    # ... and the model is that of this epoch: its cross-entropy, recomputed.
    found = fit.predict(noisy_parts()[1])
    with torch.inference_mode():
        logits = fit.model(fit.inputs(noisy_parts()[1]))
        entropy = torch.nn.functional.cross_entropy(logits, torch.from_numpy(found.truth)).item()
    row = fit.history.iloc[fit.chosen_epoch - 1]
    assert row["validation cross-entropy"] == pytest.approx(entropy, rel=1e-3)
    assert row["validation accuracy"] == pytest.approx(found.accuracy)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0.5, 1.0), (0.6, 9.0), (0.6, 8.0)], 3),
        ([(0.5, 1.0), (0.608, 9.0), (0.601, 8.99999)], 3),  # 60 % both
        ([(0.61, 100.0), (0.6, 0.1), (0.609, 0.2)], 1),
        ([(0.29, 2.0), (0.28, 1.0), (0.289, 1.5)], 1),  # 0.29 * 100 < 29 in floating point
        ([(0.99, 1e-5), (0.99, 0.9e-5), (0.99, 0.8999e-5)], 3),  # closer than float32 tells 99 apart
        ([(0.4, 5.0), (0.4, 5.0), (0.4, 5.0)], 1),
    ],
)
def test_which_epoch_is_best(rows: list[tuple[float, float]], expected: int) -> None:
    history = [
        {"epoch": k, "validation accuracy": a, "validation loss": b} for k, (a, b) in enumerate(rows, 1)
    ]
    assert best_epoch(history, small(epochs=9, warmup_epochs=0)) == expected
    assert best_epoch(history[:2], small(epochs=9, warmup_epochs=2)) == 0


def test_the_learning_rate_rises_linearly_step_by_step_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = []
    step = training.Classifier.training_step

    def noted(module: training.Classifier, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        rates.append(module.optimizers().param_groups[0]["lr"])  # type: ignore[union-attr]
        return step(module, batch)

    monkeypatch.setattr(training.Classifier, "training_step", noted)
    fit = trained(small(epochs=4, warmup_epochs=1.5, learning_rate=0.02), tmp_path)
    steps = 48 // 8
    warmup = 1.5 * steps
    expected = [0.02 * min(1.0, (number + 1) / warmup) for number in range(4 * steps)]
    np.testing.assert_allclose(rates, expected)
    assert fit.history["learning rate"].tolist()[1:] == [0.02] * 3


def test_training_stops_when_it_gets_no_better(tmp_path: Path) -> None:
    recipe = small(epochs=40, warmup_epochs=3, patience=2, learning_rate=0.05)
    fit = fit_or_load(*noisy_parts(), recipe, store=tmp_path, device="cpu")
    ended = len(fit.history)
    assert 5 <= ended < 40
    waited = [epoch - chosen_by_hand(fit.history[:epoch], 3) for epoch in range(4, ended + 1)]
    assert waited[-1] == 2 and max(waited[:-1]) < 2 and fit.chosen_epoch == ended - 2


def test_history_is_recomputed_from_the_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {"training": [], "validation": []}
    step = training.Classifier._step

    def noted(module: training.Classifier, batch: tuple[torch.Tensor, ...], part: Any) -> torch.Tensor:
        network, module.network = module.network, Noting(module.network, batch[1], seen[part])
        try:
            return step(module, batch, part)
        finally:
            module.network = network

    monkeypatch.setattr(training.Classifier, "_step", noted)
    fit = trained(small(epochs=1, warmup_epochs=0), tmp_path)
    alpha = training.inverse_frequency([16, 16, 16])
    for part, batches in seen.items():
        logits, codes = (torch.cat(every) for every in zip(*batches, strict=True))
        row = fit.history.iloc[0]
        loss = training.FocalLoss(gamma=2.0, alpha=alpha)(logits, codes).item()
        assert len(codes) == {"training": 48, "validation": 24}[part]
        assert row[f"{part} loss"] == pytest.approx(loss, rel=1e-5)
        assert row[f"{part} accuracy"] == pytest.approx((logits.argmax(1) == codes).float().mean().item())
        entropy = torch.nn.functional.cross_entropy(logits, codes).item()
        assert row[f"{part} cross-entropy"] == pytest.approx(entropy, rel=1e-5)


class Noting(torch.nn.Module):
    def __init__(self, network: torch.nn.Module, codes: torch.Tensor, into: list[Any]) -> None:
        super().__init__()
        self.inner, self.codes, self.into = network, codes, into

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = self.inner(x)
        self.into.append((logits.detach().clone(), self.codes))
        return logits


def test_classes_count_as_often_as_they_are_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alphas = []
    build = training.Classifier.__init__

    def noted(module: training.Classifier, *args: Any, **options: Any) -> None:
        alphas.append(options["alpha"])
        build(module, *args, **options)

    monkeypatch.setattr(training.Classifier, "__init__", noted)
    train = parts()[0]
    uneven = train.subset(
        np.concatenate([np.flatnonzero(train.labels == "A")[:4], np.flatnonzero(train.labels != "A")])
    )
    for recipe, counts in (
        (small(epochs=1), [4, 16, 16]),
        (small(epochs=1, oversample_to=20), [20, 32, 32]),
        (small(epochs=1, class_weights=False), None),
    ):
        trained(recipe, tmp_path, train=uneven)
        found = alphas.pop()
        if counts is None:
            assert found is None
        else:
            torch.testing.assert_close(found, training.inverse_frequency(counts))


# ---------------------------------------------------------------- what is an error


def test_a_training_that_diverges_is_one_error_and_nothing_is_kept_as_done(tmp_path: Path) -> None:
    recipe = small(learning_rate=1e9, warmup_epochs=0)
    for _ in range(2):
        with pytest.raises(ParameterError, match=r"training diverged: losses are .* in epoch 1") as caught:
            trained(recipe, tmp_path)
        assert "1e+09" in str(caught.value.where) and "smaller learning_rate" in caught.value.do
    assert not any(entries(tmp_path).values())


def test_one_class_is_no_classification(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"1 brand in the training part \(A\); 2 are needed"):
        trained(RECIPE, tmp_path, train=striped(10, brands="A"))


def test_brands_that_only_the_validation_part_has_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="validation part has brand that the training part has not: C"
    ) as caught:
        trained(RECIPE, tmp_path, train=striped(20, brands="AB"))
    assert "enough_groups" in caught.value.do
    assert not (tmp_path / "models").exists()


def test_brands_that_the_validation_part_lacks_are_no_error(tmp_path: Path) -> None:
    fit = fit_or_load(striped(24), striped(8, first=900, brands="AB"), small(epochs=1), store=tmp_path)
    assert list(fit.classes) == ["A", "B", "C"]


def halved(rows: pd.DataFrame) -> np.ndarray:
    return stripes(rows)[:, ::2, ::2]


def test_maps_of_another_size_are_an_error(fit: Fit, tmp_path: Path) -> None:
    other = replace(striped(9), read=halved)
    for call in (lambda: fit.predict(other), lambda: fit.inputs(other)):
        with pytest.raises(DataError, match=r"maps are of \(16, 16\) points, .*\(32, 32\)"):
            call()
    with pytest.raises(DataError, match=r"\(16, 16\)"):
        fit_or_load(parts()[0], other, RECIPE, store=tmp_path)


def nothing(rows: pd.DataFrame) -> np.ndarray:
    return np.full((len(rows), 32, 32), np.nan, np.float32)


def level_ground(rows: pd.DataFrame) -> np.ndarray:
    return np.full((len(rows), 32, 32), 7.0, np.float32)


def partly_nothing(rows: pd.DataFrame) -> np.ndarray:
    maps = stripes(rows)
    maps[rows["number"].to_numpy() % 5 == 0] = np.nan
    return maps


def test_maps_without_a_point_or_all_flat_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no point of any map is measured"):
        trained(RECIPE, tmp_path, train=replace(striped(9), read=nothing))
    with pytest.raises(DataError, match="all maps are flat: every point is 7"):
        trained(RECIPE, tmp_path, train=replace(striped(9), read=level_ground))
    assert not any(entries(tmp_path).values())


def test_single_maps_without_a_point_count_as_their_mean(tmp_path: Path) -> None:
    fit = trained(small(epochs=1), tmp_path, train=replace(striped(24), read=partly_nothing))
    assert np.isfinite(fit.history.to_numpy(float)).all()
    assert (fit.inputs(replace(striped(4), read=nothing)) == 0).all()


@pytest.mark.parametrize("device", ["gpu", "cuda:9", ""])
def test_devices_that_are_not_there(device: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"device is '{device}'; here are 'auto', 'cpu'"):
        fit_or_load(*parts(), RECIPE, store=tmp_path, device=device)


def test_an_interrupt_is_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    handler = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    step = training.Classifier.training_step

    def interrupted(module: training.Classifier, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        if module.current_epoch == 2:
            signal.raise_signal(signal.SIGINT)
        return step(module, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Classifier, "training_step", interrupted)
        trained(RECIPE, tmp_path)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handler
    signal.signal(signal.SIGINT, inherited)
    assert list(entries(tmp_path).values()) == [False]
    resumed, whole = trained(RECIPE, tmp_path), trained(RECIPE, tmp_path / "other")
    assert not resumed.loaded
    assert_same(resumed, whole)


def assert_same(first: Fit, second: Fit) -> None:
    pd.testing.assert_frame_equal(first.history, second.history)
    assert first.chosen_epoch == second.chosen_epoch
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


def test_training_works_beside_the_main_thread(tmp_path: Path) -> None:
    fits: list[Fit] = []
    thread = threading.Thread(target=lambda: fits.append(trained(small(epochs=1), tmp_path)))
    thread.start()
    thread.join()
    assert len(fits) == 1


# ---------------------------------------------------------------- the store


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a full disk: writing further is an error."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


# The checkpoint of these networks has 1.7 MB, the result 0.7.
@pytest.mark.parametrize("size", [100, 100_000, 1_000_000])
def test_a_full_disk_is_an_error_and_nothing_is_kept_as_done(tmp_path: Path, size: int) -> None:
    with no_file_above(size), pytest.raises(RunError, match="cannot keep models") as caught:
        trained(small(epochs=2), tmp_path)
    assert "free the disk" in caught.value.do
    assert not any(entries(tmp_path).values())
    assert not trained(small(epochs=2), tmp_path).loaded


def test_a_disk_that_is_full_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "result.pt":
            raise OSError(28, "No space left on device")
        return write(path, data)

    with monkeypatch.context() as patch, pytest.raises(RunError, match="No space left on device"):
        patch.setattr(Path, "write_bytes", full)
        trained(small(epochs=2), tmp_path)
    assert not any(entries(tmp_path).values())
    trained(small(epochs=2), tmp_path)
    assert list(entries(tmp_path).values()) == [True]


def test_a_store_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for store in (tmp_path / "file", tmp_path / "file" / "inner", Path("/proc/store")):
        with pytest.raises(RunError, match="cannot keep models") as caught:
            trained(RECIPE, store)
        assert str(store) in str(caught.value.where)


@pytest.mark.parametrize("damage", ["cut", "empty", "pickle", "gone"])
def test_a_damaged_model_is_an_error_that_says_what_to_remove(tmp_path: Path, damage: str) -> None:
    trained(small(epochs=1), tmp_path)
    (folder,) = entries(tmp_path)
    result = folder / "result.pt"
    whole = result.read_bytes()
    result.write_bytes(
        {"cut": whole[: len(whole) // 2], "empty": b"", "pickle": b"cos\nsystem\n(S'false'\ntR."}.get(
            damage, b""
        )
    )
    if damage == "gone":
        result.unlink()
    with pytest.raises(DataError, match="stored model cannot be read") as caught:
        trained(small(epochs=1), tmp_path)
    assert caught.value.where == result and "remove its folder" in caught.value.do
    for path in [*folder.iterdir()]:
        path.unlink()
    folder.rmdir()
    assert not trained(small(epochs=1), tmp_path).loaded


# ---------------------------------------------------------------- from files to predictions


def test_a_brand_with_one_firearm_from_files_to_predictions(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for brand, period, firearms in (("Anschutz", 8, 6), ("Beretta", 32, 6), ("Colt", 16, 1)):
        for firearm in range(firearms):
            folder = tmp_path / "scans" / brand / f"{brand} {firearm}"
            folder.mkdir(parents=True)
            for shot in range(2):
                heights = np.sin(2 * np.pi * np.arange(96) / period) + 0.1 * rng.normal(size=(96, 96))
                np.save(folder / f"{shot}.npy", heights.astype(np.float32))
    data = loaders.load_cartridges(tmp_path / "scans", pixel_size_um=46.4, height_scale_um=1.0)
    primers = loaders.keep_primers(data, pixels=64, store=tmp_path / "store")
    maps = loaders.prepare_maps(primers, kind="height map", pixels=32, store=tmp_path / "store")
    # Without a word of it, the brand with one firearm would be in one part only: an error if it is the wrong one.
    usable = loaders.enough_groups(maps, parts=3)
    assert usable.notes[-1] == "1 brand left out, fewer than 3 firearm each: Colt"
    split = loaders.split(usable, {"train": 0.6, "validation": 0.2, "test": 0.2}, seed=0)
    fit = fit_or_load(
        split["train"], split["validation"], small(epochs=10, oversample_to=60), store=tmp_path / "store"
    )
    assert fit.predict(split["test"]).accuracy == 1.0
    colts = maps.subset(maps.labels == "Colt")
    assert (fit.predict(colts).truth == -1).all()
    with pytest.raises(DataError, match=r"validation part has brand .*Colt"):
        fit_or_load(split["train"], colts, small(epochs=10, oversample_to=60), store=tmp_path / "store")


def test_a_model_can_be_copied_and_sent(fit: Fit) -> None:
    clone = copy.deepcopy(fit)
    test = striped(5)
    assert (clone.predict(test).probabilities == fit.predict(test).probabilities).all()
