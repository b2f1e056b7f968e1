"""How a segmentation network is trained: every setting in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import positive, whole

PICTURE_AUGMENTATIONS = ("geometry", "colour", "camera")
"""What `SegmentationRecipe.augment` may name; `fireanalysis.training.augment_pictures` says what each does."""


@dataclass(frozen=True)
class SegmentationRecipe:
    """Settings of a training run; those not named are the segmentation paper's.

    Attributes
    ----------
    network, encoder, width, kernel, filters, activation, alpha, batch_norm, weights
        See `fireanalysis.models.segmenter`.
    loss
        "dice" (the paper's "custom dice loss"), "cross_entropy", or "both": their sum.
    adversarial
        Weight of a patch discriminator's opinion in the loss; 0 for none. The paper only discusses this.
    augment
        Changes made to pictures while training (`PICTURE_AUGMENTATIONS`).
    learning_rate, schedule
        Adam; the paper names neither: Keras's 0.001, constant (assumed). "cosine" falls to 0 after a short rise.
    epochs, batch_size
        3 epochs ("The Model's Architecture"; "Transfer Learning Models" says 5) in batches of 32.
    selection
        "last" epoch, as the paper's, or the "best" by foreground IoU of the validation part.
    precision
        "fast": bfloat16 where the GPU or CPU computes in it (on such a CPU twice as fast), else 32 bits.
    seed
        Of initial weights, order and augmentation.

    Raises
    ------
    ParameterError
        For a setting out of range.

    Examples
    --------
    >>> SegmentationRecipe(network="transfer", encoder="mobilenet_v2", weights="none").epochs
    3
    """

    network: Literal["unet", "transfer", "skip_unet"] = "unet"
    encoder: str = "efficientnet_lite0"
    width: float = 1.0
    kernel: int = 3
    filters: int = 8
    activation: str = "relu"
    alpha: float = 0.01
    batch_norm: bool = True
    weights: str = "auto"
    loss: Literal["dice", "cross_entropy", "both"] = "dice"
    adversarial: float = 0.0
    augment: tuple[str, ...] = ()
    learning_rate: float = 0.001
    schedule: Literal["constant", "cosine"] = "constant"
    epochs: int = 3
    batch_size: int = 32
    selection: Literal["last", "best"] = "last"
    precision: Literal["fast", "32-true", "bf16-mixed", "16-mixed"] = "fast"
    seed: int = 0

    def __post_init__(self) -> None:
        where = "SegmentationRecipe"
        for name in ("network", "loss", "schedule", "selection", "precision"):
            choices = get_args(get_type_hints(SegmentationRecipe)[name])
            if getattr(self, name) not in choices:
                what = f"{name} is {getattr(self, name)!r}; there are {', '.join(map(repr, choices))}"
                raise ParameterError(what, where=where, do="pass one of them")
        for name, least in {"epochs": 1, "batch_size": 2, "seed": 0}.items():
            whole(getattr(self, name), name=name, where=where, least=least, most=2**31 - 1)
        positive(self.learning_rate, name="learning_rate", where=where)
        positive(self.adversarial, name="adversarial", where=where, included=True)
        if self.adversarial and (self.network != "unet" or self.schedule != "constant"):
            what = f"adversarial is {self.adversarial:g} with network {self.network!r}, schedule {self.schedule!r}"
            do = 'pass network="unet", schedule="constant"'
            raise ParameterError(what, where=where, do=do)
        unknown = [name for name in self.augment if name not in PICTURE_AUGMENTATIONS]
        if unknown:
            there = ", ".join(PICTURE_AUGMENTATIONS)
            what = f"augment has {', '.join(map(repr, unknown))}; there are {there}"
            raise ParameterError(what, where=where, do='pass for example ("geometry", "colour")')
