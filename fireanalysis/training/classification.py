"""The Lightning module that trains a classifier, and what runs beside it."""

import math
from collections.abc import Callable
from typing import Any, Literal

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from numpy.typing import NDArray
from torch import nn

from fireanalysis.errors import ParameterError
from fireanalysis.models import memory_format
from fireanalysis.simulators.hashing import key
from fireanalysis.transforms import Moments

from .augmentation import augment, mix
from .losses import FocalLoss
from .oversampling import rotate_batch
from .recipe import Recipe
from .trainer import SELECTION, Trained

_STANDARD = Moments(0.0, 1.0, 1)
KEPT_ROWS = 20_000
"""Logits of at most so many validation samples are kept of every epoch: 42 MB for 21 classes and 50 epochs."""


class Classifier(Trained):
    """Train a network by a recipe; `history` has one row an epoch, `validation_logits` one array an epoch.

    Parameters
    ----------
    network : torch.nn.Module
        Gives logits (n, classes).
    recipe : Recipe
    alpha : float (classes,), optional
        Class weights of the focal loss.
    steps : int
        Batches an epoch.
    moments : Moments
        By which the maps were standardised: augmentation changes them as they were before.
    """

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        *,
        alpha: torch.Tensor | None,
        steps: int,
        moments: Moments = _STANDARD,
    ) -> None:
        super().__init__()
        self.network = network
        self._format = memory_format(network)
        self.loss = FocalLoss(gamma=recipe.gamma, alpha=alpha)
        self.recipe, self.steps, self.moments = recipe, steps, moments
        self.history: list[dict[str, float]] = []
        self.validation_logits: list[torch.Tensor] = []
        self._sums: dict[str, torch.Tensor] = {}
        self._logits: list[torch.Tensor] = []

    def _step(self, batch: tuple[torch.Tensor, ...], part: Literal["training", "validation"]) -> torch.Tensor:
        maps, codes, angles = batch
        maps = rotate_batch(maps, angles)
        other, share = codes, 1.0
        if part == "training" and self.recipe.augment:
            maps = augment(maps, self.recipe.augment, moments=self.moments)
            if "mixup" in self.recipe.augment:
                maps, other, share = mix(maps, codes)
        logits = self.network(maps.contiguous(memory_format=self._format))
        loss = self.loss(logits, codes)
        if share < 1:
            loss = share * loss + (1 - share) * self.loss(logits, other)
        with torch.no_grad():  # kept on the device: no waiting for it within an epoch
            correct = (logits.argmax(1) == codes).sum()
            entropy = nn.functional.cross_entropy(logits.float(), codes)
            sums = torch.stack(
                [loss.detach() * len(codes), correct, entropy * len(codes), loss.new_tensor(len(codes))]
            )
            self._sums[part] = self._sums.get(part, 0) + sums
            if part == "validation":
                self._logits.append(logits.half())
        return loss

    def training_step(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Loss of one batch."""
        return self._step(batch, "training")

    def validation_step(self, batch: tuple[torch.Tensor, ...]) -> None:
        """Add one batch to the validation sums."""
        self._step(batch, "validation")

    def on_train_epoch_start(self) -> None:
        """Begin the epoch's sums; dropout depends on seed and epoch alone, also after a resumed run."""
        self._sums, self._logits = {}, []
        torch.manual_seed(int(key(self.recipe.seed, "epoch", self.current_epoch)))

    def on_validation_epoch_end(self) -> None:
        """Write the epoch's row, and offer the epoch for selection once the warm-up is over."""
        row: dict[str, float] = {"epoch": self.current_epoch + 1}
        for part, sums in self._sums.items():
            loss, correct, entropy, count = sums.tolist()
            row |= {f"{part} loss": loss / count, f"{part} accuracy": correct / count}
            row[f"{part} cross-entropy"] = entropy / count
        row["learning rate"] = self.optimizers().param_groups[0]["lr"]  # type: ignore[union-attr]
        losses = row["training loss"], row["validation loss"]
        if not np.isfinite(losses).all():
            raise ParameterError(
                f"training diverged: losses are {losses[0]:g} and {losses[1]:g} in epoch {row['epoch']:g}",
                where=f"{self.recipe.network}, learning rate {self.recipe.learning_rate:g}",
                do="use a smaller learning_rate or a longer warm-up, or check the maps",
            )
        self.history.append(row)
        logits = torch.cat(self._logits)
        self.validation_logits.append(logits[kept_rows(len(logits))].cpu())
        self.log("validation loss", row["validation loss"])  # for the schedule
        is_best = row["epoch"] == best_epoch(self.history, self.recipe)
        self.log(SELECTION, row["epoch"] if is_best else -math.inf)

    def headline(self) -> str:
        """How good the last epoch was, in words."""
        row = self.history[-1]
        return f"validation accuracy {row['validation accuracy']:.1%}, loss {row['validation loss']:.3g}"

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the history and the logits with the weights."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["validation_logits"] = self.validation_logits

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the history and the logits."""
        super().on_load_checkpoint(checkpoint)
        self.validation_logits = checkpoint["validation_logits"]

    def configure_optimizers(self) -> Any:
        """Build the recipe's optimiser, with a linear warm-up or a halving on plateaus."""
        recipe, weights = self.recipe, self.network.parameters()
        optimiser: torch.optim.Optimizer
        if recipe.optimiser == "sgd":
            optimiser = torch.optim.SGD(weights, lr=recipe.learning_rate, momentum=recipe.momentum)
        else:
            adam = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimiser]
            optimiser = adam(weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        if recipe.schedule == "plateau":
            halving = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=3)
            return {
                "optimizer": optimiser,
                "lr_scheduler": {"scheduler": halving, "monitor": "validation loss"},
            }
        warmup = max(1.0, recipe.warmup_epochs * self.steps)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / warmup))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def best_epoch(history: list[dict[str, float]], recipe: Recipe) -> float:
    """Of the epochs after the warm-up the best by the recipe's `selection`; 0 before its end."""
    warmup = min(recipe.warmup_epochs, recipe.epochs - 1)
    after = [row for row in history if row["epoch"] > warmup]
    ranks: dict[str, Callable[[dict[str, float]], Any]] = {
        "saturation": lambda row: (_per_cent(row), -row["validation loss"]),
        "accuracy": lambda row: row["validation accuracy"],
    }
    return max(after, key=ranks[recipe.selection], default={"epoch": 0})["epoch"]  # the first of equals


def _per_cent(row: dict[str, float]) -> int:
    return math.floor(100 * row["validation accuracy"] + 1e-6)  # 0.29 · 100 is a little less than 29


def kept_rows(count: int) -> NDArray[np.int64]:
    """Which of `count` validation samples keep their logits: all, or `KEPT_ROWS` evenly spread ones."""
    return np.linspace(0, count - 1, min(count, KEPT_ROWS)).astype(np.int64)


class Patience(EarlyStopping):
    """Ends training after so many epochs without a better one, counted from the end of the warm-up."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(
            SELECTION, patience=recipe.patience, mode="max", check_finite=False, check_on_train_epoch_end=True
        )
        self.wait_count = -math.ceil(recipe.warmup_epochs)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """End a resumed run that was killed after what should be its last epoch."""
        trainer.should_stop = self.wait_count >= self.patience
