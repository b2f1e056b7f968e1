"""The validation part's logits of every epoch, kept beside the history."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis import training
from fireanalysis.loaders import DataSet
from fireanalysis.training import classification

RECIPE = training.Recipe(
    width=0.125, weights="none", epochs=3, warmup_epochs=1, batch_size=8, learning_rate=0.02
)


def some_maps(count: int, *, seed: int) -> DataSet:
    """Stripes of three widths, in mixed order: batches sort them by class, results must not stay sorted."""
    rng = np.random.default_rng(seed)
    brands = rng.permutation(np.resize(["A", "B", "C"], count))
    table = pd.DataFrame({"brand": brands, "firearm": [f"{seed}-{k}" for k in range(count)]})
    table["row"] = rng.integers(1000, size=count)
    return DataSet(table, _read, "brand", "firearm", "simulated", f"stripes {seed}")


def _read(rows: pd.DataFrame) -> np.ndarray:
    width = rows["brand"].map({"A": 2, "B": 4, "C": 8}).to_numpy()[:, None, None]
    stripes = np.broadcast_to(np.sin(np.arange(32) * np.pi / width), (len(rows), 32, 32))
    noise = [np.random.default_rng(row).standard_normal((32, 32)) for row in rows["row"]]
    return (stripes + np.array(noise)).astype(np.float32)


@pytest.fixture(scope="module")
def parts() -> tuple[DataSet, DataSet]:
    return some_maps(36, seed=1), some_maps(20, seed=2)


def agrees_with_history(fit: training.Fit, validation: DataSet) -> None:
    codes = np.searchsorted(fit.classes, validation.labels[fit.validation_rows])
    for row, logits in zip(fit.history.to_dict("records"), fit.validation_logits, strict=True):
        expected = torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(codes))
        assert row["validation cross-entropy"] == pytest.approx(float(expected), rel=2e-3, abs=2e-3)
        assert row["validation accuracy"] == pytest.approx((logits.argmax(1) == codes).mean())


def test_logits_of_every_epoch_give_its_loss_and_accuracy(
    parts: tuple[DataSet, DataSet], tmp_path: Path
) -> None:
    fit = training.fit_or_load(*parts, RECIPE, store=tmp_path)
    assert fit.validation_logits.shape == (3, 20, 3)
    assert fit.validation_logits.dtype == np.float32
    assert fit.validation_rows.tolist() == list(range(20))
    agrees_with_history(fit, parts[1])
    # The kept model says of each sample what its epoch's logits say: order included.
    with torch.inference_mode():
        now = fit.model(fit.inputs(parts[1]).to(fit.device)).cpu().numpy()
    np.testing.assert_allclose(fit.validation_logits[fit.chosen_epoch - 1], now, rtol=2e-3, atol=2e-3)
    again = training.fit_or_load(*parts, RECIPE, store=tmp_path)
    assert again.loaded
    np.testing.assert_array_equal(again.validation_logits, fit.validation_logits)


def test_a_run_that_goes_on_after_a_kill_keeps_the_first_epochs_too(
    parts: tuple[DataSet, DataSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin: Callable = training.Classifier.on_train_epoch_start

    def killed(module: training.Classifier) -> None:
        if module.current_epoch == 2:
            raise RuntimeError("killed")
        begin(module)

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
        patch.setattr(training.Classifier, "on_train_epoch_start", killed)
        training.fit_or_load(*parts, RECIPE, store=tmp_path)
    fit = training.fit_or_load(*parts, RECIPE, store=tmp_path)
    assert not fit.loaded
    agrees_with_history(fit, parts[1])


def test_of_a_large_validation_part_evenly_spread_samples_are_kept(
    parts: tuple[DataSet, DataSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classification, "KEPT_ROWS", 7)
    fit = training.fit_or_load(*parts, replace(RECIPE, epochs=1, seed=1), store=tmp_path)
    rows = fit.validation_rows
    assert fit.validation_logits.shape == (1, 7, 3)
    assert len(set(rows)) == 7
    assert set(parts[1].labels[rows]) == {"A", "B", "C"}
    with torch.inference_mode():
        now = fit.model(fit.inputs(parts[1]).to(fit.device)).cpu().numpy()
    np.testing.assert_allclose(fit.validation_logits[0], now[rows], rtol=2e-3, atol=2e-3)
