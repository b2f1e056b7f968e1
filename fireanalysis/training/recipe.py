"""How a classifier is trained: every setting in one place."""

from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import positive, whole

AUGMENTATIONS = ("gain", "shift", "noise", "reverberation", "recorder", "spec_augment", "mixup")
"""What `Recipe.augment` may name; `fireanalysis.training.augment` says what each does."""


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run; those not named are the cartridge paper's for ResNets (section 4.2.2).

    Attributes
    ----------
    network, width, depth, weights
        See `fireanalysis.models.backbone`.
    optimiser, learning_rate, momentum, weight_decay
        "sgd" takes the momentum, "adam" (where it is added to the gradient) and "adamw" the weight decay.
    epochs, warmup_epochs, schedule
        The learning rate rises linearly over the warm-up and then stays (assumed: the paper names no decay), or
        without a warm-up is halved after each plateau of the validation loss ("plateau": factor 0.5, patience 3).
    batch_size
        Not in the paper: 32 (assumed).
    gamma, class_weights
        Focal loss; with weights the inverse class frequencies.
    oversample_to
        Least number of samples a class, by rotated copies; 0 for none.
    selection, patience
        Which epoch is kept: "saturation" goes by accuracy in whole per cent, then by loss (`fit_or_load` says
        more), "accuracy" takes the first of the best accuracy. Training stops after so many epochs without a
        better one.
    moments
        Mean and standard deviation to standardise maps with; those of the training part if left out.
    augment
        Changes made to spectrograms while training (`fireanalysis.training.AUGMENTATIONS`).
    precision
        "auto": bfloat16 where a GPU computes in it, else 32 bits.
    seed
        Of initial weights, order and rotations.

    Raises
    ------
    ParameterError
        For a setting out of range.
    """

    network: str = "resnet18"
    width: float = 1.0
    depth: float = 1.0
    weights: str = "auto"
    optimiser: Literal["sgd", "adam", "adamw"] = "sgd"
    learning_rate: float = 0.005
    momentum: float = 0.9
    weight_decay: float = 0.0
    epochs: int = 30
    warmup_epochs: float = 5
    schedule: Literal["constant", "plateau"] = "constant"
    batch_size: int = 32
    gamma: float = 2.0
    class_weights: bool = True
    oversample_to: int = 0
    selection: Literal["saturation", "accuracy"] = "saturation"
    patience: int = 10
    moments: tuple[float, float] | None = None
    augment: tuple[str, ...] = ()
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("optimiser", "precision", "schedule", "selection"):
            choices = get_args(get_type_hints(Recipe)[name])
            if getattr(self, name) not in choices:
                what = f"{name} is {getattr(self, name)!r}; there are {', '.join(map(repr, choices))}"
                raise ParameterError(what, where="Recipe", do="pass one of them")
        wholes = {"epochs": 1, "batch_size": 2, "patience": 1, "oversample_to": 0, "seed": 0}
        for name, least in wholes.items():
            whole(getattr(self, name), name=name, where="Recipe", least=least, most=2**31 - 1)
        positive(self.learning_rate, name="learning_rate", where="Recipe")
        for name in ("momentum", "weight_decay", "warmup_epochs", "gamma"):
            positive(getattr(self, name), name=name, where="Recipe", included=True)
        if self.schedule == "plateau" and self.warmup_epochs:
            what = f"warmup_epochs is {self.warmup_epochs:g}; a plateau schedule has none"
            raise ParameterError(what, where="Recipe", do="pass warmup_epochs=0")
        if self.moments is not None:
            positive(self.moments[1], name="standard deviation of moments", where="Recipe")
        unknown = [name for name in self.augment if name not in AUGMENTATIONS]
        if unknown:
            what = f"augment has {', '.join(map(repr, unknown))}; there are {', '.join(AUGMENTATIONS)}"
            raise ParameterError(what, where="Recipe", do='pass for example ("spec_augment", "mixup")')


CNN = Recipe()
"""ResNets: SGD 0.005, momentum 0.9, 5 of 30 epochs warm-up, focal loss with gamma 2."""

VIT = Recipe(
    network="vit_b_16", optimiser="adamw", learning_rate=1e-4, weight_decay=0.05, epochs=50, patience=50
)
"""Vision transformer (section 4.2.3): AdamW 0.0001, weight decay 0.05, 5 of 50 epochs warm-up."""

SOUND = Recipe(
    network="audio_resnet",
    weights="none",
    optimiser="adam",
    learning_rate=0.001,
    weight_decay=1e-5,
    epochs=60,
    warmup_epochs=0,
    schedule="plateau",
    batch_size=32,
    gamma=0.0,
    class_weights=False,
    selection="accuracy",
    patience=15,
)
"""AudioResNet ("Training and Optimization"): Adam 0.001, weight decay 0.00001, halved on plateaus, cross-entropy."""
