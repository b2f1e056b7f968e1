"""The line that says how far training is."""

import io
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

from fireanalysis import training
from fireanalysis.training import fit_or_load, trainer

from .toy import RECIPE, parts


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    screen = io.StringIO()
    real = partial(tqdm, file=screen, mininterval=0, ascii=True)
    monkeypatch.setattr(trainer, "tqdm", lambda **options: real(**{**options, "delay": 0}))
    return screen


def interrupt(monkeypatch: pytest.MonkeyPatch, recipe: training.Recipe, store: Path) -> None:
    """Train until an interrupt in the fourth epoch."""
    step = training.Classifier.training_step

    def interrupted(module: training.Classifier, batch: tuple) -> object:
        if module.current_epoch == 3:
            raise KeyboardInterrupt
        return step(module, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Classifier, "training_step", interrupted)
        fit_or_load(*parts(), recipe, store=store, device="cpu")


def test_progress_is_shown_batch_by_batch_and_gone_at_the_end(screen: io.StringIO, tmp_path: Path) -> None:
    fit = fit_or_load(*parts(), RECIPE, store=tmp_path, device="cpu")
    lines = [line for line in screen.getvalue().split("\r") if line.strip()]
    shares = [int(found[1]) for line in lines if (found := re.search(r"training resnet18: +(\d+)%\|", line))]
    assert shares == sorted(shares) and shares[-1] == 100 and len(set(shares)) >= 20  # of 24 batches
    for number, row in enumerate(fit.history.to_dict("records")[:-1], start=2):
        words = f"epoch {number} of 4, validation accuracy {row['validation accuracy']:.1%}"
        assert any(words in line for line in lines)
    assert screen.getvalue().split("\r")[-2].strip() == ""  # blanks over the line
    fit_or_load(*parts(), RECIPE, store=tmp_path, device="cpu")
    assert screen.getvalue().endswith(" \r")


def test_a_resumed_run_begins_where_it_stopped(
    screen: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, RECIPE, tmp_path)
    assert screen.getvalue().split("\r")[-2].strip() == ""
    screen.truncate(0)
    fit_or_load(*parts(), RECIPE, store=tmp_path, device="cpu")
    shares = [int(share) for share in re.findall(r"(\d+)%\|", screen.getvalue())]
    assert min(shares) == 75


def test_short_trainings_show_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recipe = training.Recipe(**{**vars(RECIPE), "epochs": 1})
    fit = fit_or_load(*parts(), recipe, store=tmp_path, device="cpu")
    if fit.seconds < 2:
        assert capfd.readouterr() == ("", "")


SOUND = replace(training.SOUND, width=0.125, epochs=12, batch_size=8)


def test_the_first_epoch_of_the_best_accuracy_is_kept(tmp_path: Path) -> None:
    fit = fit_or_load(*parts(), SOUND, store=tmp_path, device="cpu")
    accuracies = fit.history["validation accuracy"]
    assert fit.chosen_epoch == accuracies.idxmax() + 1  # idxmax gives the first


def test_the_learning_rate_is_halved_after_four_epochs_without_a_lower_loss(tmp_path: Path) -> None:
    fit = fit_or_load(*parts(), replace(SOUND, learning_rate=0.05, epochs=20, patience=20), store=tmp_path)
    rate, best, waited, expected = 0.05, float("inf"), 0, []
    for loss in fit.history["validation loss"]:
        expected.append(rate)
        waited = 0 if loss < best * (1 - 1e-4) else waited + 1  # torch's least relative gain
        best = min(best, loss) if waited == 0 else best
        if waited > 3:
            rate, waited = rate / 2, 0
    assert fit.history["learning rate"].tolist() == pytest.approx(expected)
    assert len(set(expected)) > 1


def test_training_stops_after_patience_epochs_without_better_accuracy(tmp_path: Path) -> None:
    fit = fit_or_load(*parts(), replace(SOUND, epochs=40, patience=3), store=tmp_path, device="cpu")
    assert len(fit.history) == fit.chosen_epoch + 3 < 40


def test_given_moments_are_used(tmp_path: Path) -> None:
    fit = fit_or_load(
        *parts(), replace(SOUND, epochs=1, moments=(np.float64(0.1877), np.float64(0.4756))), store=tmp_path
    )
    train = parts()[0]
    wanted = (train[0][10, 10] - 0.1877) / 0.4756
    assert float(fit.inputs(train.subset([0]))[0, 0, 10, 10]) == pytest.approx(wanted, rel=1e-5)


def test_an_augmented_run_goes_on_where_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(SOUND, epochs=5, augment=training.AUGMENTATIONS)
    whole = fit_or_load(*parts(), recipe, store=tmp_path / "whole", device="cpu")
    interrupt(monkeypatch, recipe, tmp_path / "killed")
    again = fit_or_load(*parts(), recipe, store=tmp_path / "killed", device="cpu")
    assert again.history.equals(whole.history)
