"""How a network for retrieval is trained: every setting in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import positive, whole

EmbeddingLoss = Literal[
    "cross_entropy", "single", "double", "triplet", "triplet_hard", "multi_similarity", "proxy_anchor"
]
_METHODS: dict[str, EmbeddingLoss] = {
    "cls": "cross_entropy",
    "retr-s": "single",
    "retr-d": "double",
    "cls + retr-s": "single",
    "cls + retr-d": "double",
    "TripletNet": "triplet",
    "triplet, hard": "triplet_hard",
    "multi-similarity": "multi_similarity",
    "proxy-anchor": "proxy_anchor",
}
METHODS = tuple(_METHODS)
"""Ways of training that `retrieval_recipe` knows: the paper's, and three of today's."""


@dataclass(frozen=True)
class EmbeddingRecipe:
    """Settings of a training run; those not named are the retrieval paper's.

    Attributes
    ----------
    network, pooling, width, weights
        See `fireanalysis.models.embedder`.
    loss
        "cross_entropy" (stage one: a linear layer on the descriptor learns the classes), "single" or "double" margin
        contrastive loss, "triplet", "triplet_hard" (hardest of a batch), "multi_similarity", "proxy_anchor".
    positive_margin, negative_margin
        α₁ and α₂ (`DoubleMarginLoss`); None: the mean distances of pairs of the training part before training.
    pairs, redraw
        Pairs of either kind a class (180), drawn anew every so many epochs (5).
    batch
        Pairs a step (64); other losses see twice as many pictures, the "cross_entropy" as many pictures.
    smallest, longer
        Training pictures are resized so that their longer side is random between these (256 to 384), aspect kept;
        otherwise it is `longer`.
    augment
        Mirrored, turned by up to 5°, contrast and saturation changed by up to a half. Not in the paper; its authors'
        programs do so.
    learning_rate, decay_every, momentum, weight_decay
        SGD: 0.001, ten times smaller every 10 epochs; 0.9; 0.0001.
    epochs
        At most 30.
    selection
        "best" epoch on the validation part (mAP, or accuracy for cross-entropy), or the "last".
    at_once
        Pictures of a step that go through the network together; fewer take less memory and one pass more.
        None: all.
    precision
        As in `SegmentationRecipe`.
    seed

    Raises
    ------
    ParameterError
        For a setting out of range.

    Examples
    --------
    >>> EmbeddingRecipe(loss="double", positive_margin=0.8, negative_margin=1.2).in_pairs
    True
    """

    network: str = "vgg16"
    pooling: str = "mac"
    width: float = 1.0
    weights: str = "auto"
    loss: EmbeddingLoss = "double"
    positive_margin: float | None = None
    negative_margin: float | None = None
    pairs: int = 180
    redraw: int = 5
    batch: int = 64
    smallest: int = 256
    longer: int = 384
    augment: bool = True
    learning_rate: float = 0.001
    decay_every: int = 10
    momentum: float = 0.9
    weight_decay: float = 1e-4
    epochs: int = 30
    selection: Literal["best", "last"] = "best"
    at_once: int | None = None
    precision: Literal["fast", "auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        where = "EmbeddingRecipe"
        for name in ("loss", "selection", "precision"):
            choices = get_args(get_type_hints(EmbeddingRecipe)[name])
            if getattr(self, name) not in choices:
                what = f"{name} is {getattr(self, name)!r}; there are {', '.join(map(repr, choices))}"
                raise ParameterError(what, where=where, do="pass one of them")
        at_least = {
            "pairs": 1,
            "redraw": 1,
            "batch": 2,
            "smallest": 16,
            "decay_every": 1,
            "epochs": 1,
            "seed": 0,
        }
        for name, least in at_least.items():
            whole(getattr(self, name), name=name, where=where, least=least, most=2**31 - 1)
        whole(self.longer, name="longer", where=where, least=self.smallest, most=2**14)
        if self.at_once is not None:
            whole(self.at_once, name="at_once", where=where, least=1, most=2**31 - 1)
        positive(self.learning_rate, name="learning_rate", where=where)
        for name in ("momentum", "weight_decay"):
            positive(getattr(self, name), name=name, where=where, included=True)
        inner, outer = self.positive_margin, self.negative_margin
        for name, margin in (("positive_margin", inner), ("negative_margin", outer)):
            if margin is not None and not 0 <= margin <= 2:
                what = f"{name} is {margin!r}; descriptors of length 1 are 0 to 2 apart"
                raise ParameterError(what, where=where, do="pass 0 to 2, or None for the mean distance")

    @property
    def in_pairs(self) -> bool:
        """Whether the loss is told its pairs."""
        return self.loss in ("single", "double")

    @property
    def batch_size(self) -> int:
        """Pictures a step, at most."""
        return self.batch if self.loss == "cross_entropy" else 2 * self.batch


def retrieval_recipe(name: str, sizes: Mapping[str, Any], *, seed: int, **changes: Any) -> EmbeddingRecipe:
    """Give the recipe of one of the compared methods in the sizes of a profile.

    Parameters
    ----------
    name : str
        One of `METHODS`. "cls + ..." is stage two: the caller passes what stage one learned to `fit_embedding`.
    sizes : mapping
        Settings of `EmbeddingRecipe` among others; "class_epochs", "class_learning_rate", "class_batch" are for "cls".
    seed : int
    **changes
        Other settings.

    Raises
    ------
    ParameterError
        For an unknown name or a setting out of range.

    Examples
    --------
    >>> retrieval_recipe("retr-d", {"pairs": 20, "pictures": 900}, seed=1).pairs
    20
    """
    if name not in _METHODS:
        do = f"pass one of {', '.join(METHODS)}"
        raise ParameterError(f"no method {name!r}", where="retrieval_recipe", do=do)
    settings = {key: value for key, value in sizes.items() if key in get_type_hints(EmbeddingRecipe)}
    if name == "cls":
        own = {name: f"class_{name}" for name in ("epochs", "learning_rate", "batch")}
        settings |= {setting: sizes[key] for setting, key in own.items() if key in sizes}
    return EmbeddingRecipe(**{**settings, "loss": _METHODS[name], "seed": seed, **changes})
