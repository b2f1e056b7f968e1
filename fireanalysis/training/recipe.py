"""How a classifier is trained: every setting in one place."""

from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import positive, whole


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run; those not named are the paper's for ResNets (section 4.2.2).

    Attributes
    ----------
    network, width, depth, weights
        See `fireanalysis.models.backbone`.
    optimiser, learning_rate, momentum, weight_decay
        "sgd" takes the momentum, "adamw" the weight decay.
    epochs, warmup_epochs
        The learning rate rises linearly over the warm-up and then stays (assumed: the paper names no decay).
    batch_size
        Not in the paper: 32 (assumed).
    gamma, class_weights
        Focal loss; with weights the inverse class frequencies.
    oversample_to
        Least number of samples a class, by rotated copies; 0 for none.
    patience
        Training stops after so many epochs without a better one (`fit_or_load` says by what).
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
    optimiser: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 0.005
    momentum: float = 0.9
    weight_decay: float = 0.0
    epochs: int = 30
    warmup_epochs: float = 5
    batch_size: int = 32
    gamma: float = 2.0
    class_weights: bool = True
    oversample_to: int = 0
    patience: int = 10
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("optimiser", "precision"):
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


CNN = Recipe()
"""ResNets: SGD 0.005, momentum 0.9, 5 of 30 epochs warm-up, focal loss with gamma 2."""

VIT = Recipe(
    network="vit_b_16", optimiser="adamw", learning_rate=1e-4, weight_decay=0.05, epochs=50, patience=50
)
"""Vision transformer (section 4.2.3): AdamW 0.0001, weight decay 0.05, 5 of 50 epochs warm-up."""
