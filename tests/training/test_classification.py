"""The line that says how far training is."""

import io
import re
from functools import partial
from pathlib import Path

import pytest
from tqdm import tqdm

from fireanalysis import training
from fireanalysis.training import classification, fit_or_load

from .toy import RECIPE, parts


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    screen = io.StringIO()
    real = partial(tqdm, file=screen, mininterval=0, ascii=True)
    monkeypatch.setattr(classification, "tqdm", lambda **options: real(**{**options, "delay": 0}))
    return screen


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
    step = training.Classifier.training_step

    def interrupted(module: training.Classifier, batch: tuple) -> object:
        if module.current_epoch == 3:
            raise KeyboardInterrupt
        return step(module, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Classifier, "training_step", interrupted)
        fit_or_load(*parts(), RECIPE, store=tmp_path, device="cpu")
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
