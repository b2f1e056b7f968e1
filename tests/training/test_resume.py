"""Processes that are killed in the third of four epochs, and processes that want the same model at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fireanalysis import training
from fireanalysis.training import fit_or_load

from . import toy

SCRIPT = str(Path(toy.__file__))


STEPS = 48 // 8  # an epoch


def started(store: Path, out: Path, *deadly: str) -> subprocess.Popen[str]:
    command = [sys.executable, SCRIPT, str(store), str(out), *deadly]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> training.Fit:
    """What comes out where nothing happens."""
    return fit_or_load(*toy.parts(), toy.RECIPE, store=tmp_path_factory.mktemp("plain"), device="cpu")


def test_killed_processes_are_gone_and_of_two_that_come_after_one_goes_on(
    tmp_path: Path, plain: training.Fit
) -> None:
    stores = {deadly: tmp_path / deadly for deadly in ("SIGKILL", "SIGTERM")}
    killed = {deadly: started(store, tmp_path / "out", deadly) for deadly, store in stores.items()}
    for deadly, process in killed.items():
        output = process.communicate(timeout=300)
        assert process.returncode == -getattr(signal, deadly), output
        assert list(stores[deadly].rglob("last.ckpt")) and not list(stores[deadly].rglob("made_from.json"))
    assert not (tmp_path / "out").exists()

    outs = [tmp_path / "one", tmp_path / "two"]
    for process in [started(stores["SIGKILL"], out) for out in outs]:
        output = process.communicate(timeout=300)
        assert process.returncode == 0, output
    results = [torch.load(out, weights_only=True) for out in outs]
    found = sorted((result["loaded"], result["steps"]) for result in results)
    assert found == [(False, 2 * STEPS), (True, 0)]
    probabilities = plain.predict(toy.striped(12, first=2000)).probabilities
    for result in results:
        assert result["history"] == plain.history.to_dict("records")
        assert (result["probabilities"].numpy() == probabilities).all()
        for name, value in plain.model.state_dict().items():
            assert torch.equal(value, result["state"][name]), name


# ---------------------------------------------------------------- what a kill may leave


class KilledError(Exception):
    pass


def stopped_in_epoch(
    number: int, store: Path, monkeypatch: pytest.MonkeyPatch, recipe: training.Recipe
) -> Path:
    """Stop as a kill would, but stay alive; gives the entry's folder."""
    step = training.Classifier.training_step

    def deadly(module: training.Classifier, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        if module.current_epoch == number - 1:
            raise KilledError
        return step(module, batch)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(training.Classifier, "training_step", deadly)
        fit_or_load(*toy.parts(), recipe, store=store, device="cpu")
    (checkpoint,) = store.rglob("last.ckpt")
    return checkpoint.parent


def epochs_trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    epochs: list[int] = []
    begin = training.Classifier.on_train_epoch_start

    def counted(module: training.Classifier) -> None:
        epochs.append(module.current_epoch + 1)
        begin(module)

    monkeypatch.setattr(training.Classifier, "on_train_epoch_start", counted)
    return epochs


def assert_equal(first: training.Fit, second: training.Fit) -> None:
    assert first.history.equals(second.history) and first.chosen_epoch == second.chosen_epoch
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign", "moved", "whole"])
def test_training_goes_on_from_a_whole_checkpoint_and_else_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: training.Fit, damage: str
) -> None:
    store = tmp_path / "store"
    last = stopped_in_epoch(4, store, monkeypatch, toy.RECIPE) / "last.ckpt"
    content = last.read_bytes()
    if damage == "cut":
        last.write_bytes(content[:-1000])
    elif damage == "empty":
        last.write_bytes(b"")
    elif damage == "foreign":
        torch.save({"weights": torch.zeros(3)}, last)
    elif damage == "moved":
        store = store.rename(tmp_path / "elsewhere")
    epochs = epochs_trained(monkeypatch)
    fit = fit_or_load(*toy.parts(), toy.RECIPE, store=store, device="cpu")
    assert epochs == ([4] if damage == "whole" else [1, 2, 3, 4])
    assert_equal(fit, plain)


@pytest.mark.parametrize("early", [False, True])
def test_killed_after_the_last_epoch_it_only_writes_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    # Early: the patience ended before the epochs did; 1e-9 learns nothing that helps.
    settings = {"learning_rate": 1e-9, "patience": 2, "epochs": 9} if early else {"epochs": 3}
    recipe = training.Recipe(**{**vars(toy.RECIPE), **settings})
    write = Path.write_bytes

    def deadly(path: Path, data: bytes) -> int:
        if path.name == "result.pt":
            raise KilledError
        return write(path, data)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Path, "write_bytes", deadly)
        fit_or_load(*toy.parts(), recipe, store=tmp_path / "a", device="cpu")
    whole = fit_or_load(*toy.parts(), recipe, store=tmp_path / "b", device="cpu")
    epochs = epochs_trained(monkeypatch)
    fit = fit_or_load(*toy.parts(), recipe, store=tmp_path / "a", device="cpu")
    assert epochs == [] and (len(fit.history) < 9 if early else len(fit.history) == 3)
    assert_equal(fit, whole)


def test_dropout_goes_on_as_if_nothing_had_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = training.Recipe(**{**vars(toy.RECIPE), "network": "mobilenet_v2", "width": 1.0, "epochs": 2})
    stopped_in_epoch(2, tmp_path / "a", monkeypatch, recipe)
    resumed = fit_or_load(*toy.parts(), recipe, store=tmp_path / "a", device="cpu")
    whole = fit_or_load(*toy.parts(), recipe, store=tmp_path / "b", device="cpu")
    assert_equal(resumed, whole)
