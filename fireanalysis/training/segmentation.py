"""The Lightning module that trains a segmentation network, alone or against a discriminator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from segmentation_models_pytorch.losses import DiceLoss
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from fireanalysis.errors import ParameterError
from fireanalysis.models import patch_discriminator
from fireanalysis.simulators.hashing import key

from .picture_augmentation import augment_pictures
from .segmentation_recipe import SegmentationRecipe
from .trainer import SELECTION, Trained


class Segmenter(Trained):
    """Train a network by a recipe; `history` has one row an epoch.

    Parameters
    ----------
    network : torch.nn.Module
        Gives logits (n, 1, rows, columns) for pictures, or for features of a frozen encoder.
    recipe : SegmentationRecipe
    steps : int
        Batches an epoch.
    """

    def __init__(self, network: nn.Module, recipe: SegmentationRecipe, *, steps: int) -> None:
        super().__init__()
        self.network, self.recipe, self.steps = network, recipe, steps
        self.history: list[dict[str, float]] = []
        self._dice = DiceLoss(mode="binary")
        self._sums: dict[str, Tensor] = {}
        # A third faster for wide networks; with several threads torch's order, see `fireanalysis.models.memory_format`.
        last = recipe.network == "skip_unet" and torch.get_num_threads() == 1
        self._format = torch.channels_last if last else torch.contiguous_format
        network.to(memory_format=self._format)  # type: ignore[call-overload]
        if recipe.adversarial:
            self.discriminator = patch_discriminator()
            self.automatic_optimization = False  # two networks take turns

    def loss(self, logits: Tensor, masks: Tensor) -> Tensor:
        """Dice loss over all pixels of the batch together, cross-entropy, or their sum."""
        logits, masks = logits.float(), masks[:, None]
        parts = {
            "dice": lambda: self._dice(logits, masks),
            "cross_entropy": lambda: binary_cross_entropy_with_logits(logits, masks),
        }
        names = parts if self.recipe.loss == "both" else [self.recipe.loss]
        return torch.stack([parts[name]() for name in names]).sum()

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor | None:
        """Loss of one batch; against a discriminator it also takes the steps."""
        inputs, masks = _as_float(batch)
        if self.recipe.augment:
            inputs, masks = augment_pictures(inputs, masks, self.recipe.augment)
        logits = self.network(inputs.contiguous(memory_format=self._format))
        loss = self.loss(logits, masks)
        self._add("training", logits, masks, loss)
        if not self.recipe.adversarial:
            return loss
        self._take_turns(inputs, logits, masks, loss)
        return None

    def _take_turns(self, pictures: Tensor, logits: Tensor, masks: Tensor, loss: Tensor) -> None:
        """Let the network please the discriminator, then the discriminator learn from both masks."""
        of_network, of_judge = self.optimizers()  # type: ignore[attr-defined]
        drawn, found = masks[:, None], logits.sigmoid()
        self.toggle_optimizer(of_network)
        opinion = self.discriminator(torch.cat([pictures, found], 1))
        deceived = binary_cross_entropy_with_logits(opinion, torch.ones_like(opinion))
        of_network.zero_grad()
        self.manual_backward(loss + self.recipe.adversarial * deceived)
        of_network.step()
        self.untoggle_optimizer(of_network)
        self.toggle_optimizer(of_judge)
        both = torch.cat([torch.cat([pictures, drawn], 1), torch.cat([pictures, found.detach()], 1)])
        opinion = self.discriminator(both)
        truth = torch.zeros_like(opinion)
        truth[: len(pictures)] = 1
        of_judge.zero_grad()
        self.manual_backward(binary_cross_entropy_with_logits(opinion, truth))
        of_judge.step()
        self.untoggle_optimizer(of_judge)

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """Add one batch to the validation sums."""
        inputs, masks = _as_float(batch)
        logits = self.network(inputs.contiguous(memory_format=self._format))
        self._add("validation", logits, masks, self.loss(logits, masks))

    def _add(self, part: str, logits: Tensor, masks: Tensor, loss: Tensor) -> None:
        with torch.no_grad():  # kept on the device: no waiting for it within an epoch
            found, truth = logits[:, 0] > 0, masks > 0.5
            both, one, other = (found & truth).sum(), found.sum(), truth.sum()
            sums = torch.stack(
                [both, one, other, truth.new_tensor(truth.numel(), dtype=torch.int64)]
            ).double()
            pictures = len(masks)
            sums = torch.cat([sums, sums.new_tensor([float(loss.detach()) * pictures, pictures])])
            self._sums[part] = self._sums.get(part, 0) + sums

    def on_train_epoch_start(self) -> None:
        """Begin the epoch's sums; augmentation depends on seed and epoch alone, also after a resumed run."""
        self._sums = {}
        torch.manual_seed(int(key(self.recipe.seed, "epoch", self.current_epoch)))

    def on_validation_epoch_end(self) -> None:
        """Write the epoch's row, and offer the epoch for selection."""
        row: dict[str, float] = {"epoch": self.current_epoch + 1}
        for part, sums in self._sums.items():
            both, found, truth, pixels, loss, pictures = sums.tolist()
            union = found + truth - both
            foreground = both / union if union else 1.0
            background = (pixels - union) / (pixels - both) if pixels > both else 1.0
            row |= {f"{part} loss": loss / pictures, f"{part} mean IoU": (foreground + background) / 2}
            row[f"{part} foreground IoU"] = foreground
        optimiser = self.optimizers()
        first = optimiser[0] if isinstance(optimiser, list) else optimiser
        row["learning rate"] = first.param_groups[0]["lr"]
        if not np.isfinite([row["training loss"], row["validation loss"]]).all():
            raise ParameterError(
                f"training diverged in epoch {row['epoch']:g}: the loss is not finite",
                where=f"{self.recipe.network}, learning rate {self.recipe.learning_rate:g}",
                do="use a smaller learning_rate",
            )
        self.history.append(row)
        scores = [past["validation foreground IoU"] for past in self.history]
        is_best = self.recipe.selection == "last" or int(np.argmax(scores)) == len(scores) - 1
        self.log(SELECTION, row["epoch"] if is_best else -math.inf)

    def headline(self) -> str:
        """How good the last epoch was, in words."""
        row = self.history[-1]
        return f"validation foreground IoU {row['validation foreground IoU']:.1%}"

    def configure_optimizers(self) -> Any:
        """Adam; with a discriminator one for each network."""
        recipe = self.recipe
        learning = [weights for weights in self.network.parameters() if weights.requires_grad]
        optimiser = torch.optim.Adam(learning, lr=recipe.learning_rate)
        if recipe.adversarial:
            return [optimiser, torch.optim.Adam(self.discriminator.parameters(), lr=recipe.learning_rate)]
        if recipe.schedule == "constant":
            return optimiser
        total = recipe.epochs * self.steps
        warmup = max(1, round(0.1 * total))

        def share(step: int) -> float:
            return min((step + 1) / warmup, (1 + math.cos(math.pi * step / total)) / 2)

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, share)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _as_float(batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    inputs, masks = batch
    inputs = inputs.float() / 255 if inputs.dtype == torch.uint8 else inputs.float()
    return inputs, masks.float()
