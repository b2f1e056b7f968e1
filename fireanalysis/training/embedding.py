"""The Lightning module that trains a network for retrieval, and the batches it sees."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset

from fireanalysis.errors import ParameterError
from fireanalysis.loaders import DataSet
from fireanalysis.metrics import mean_average_precision, retrieval_table
from fireanalysis.models import Embedder, memory_format, padded_batch
from fireanalysis.simulators.hashing import key
from fireanalysis.transforms import resize_longer

from .batches import Order
from .embedding_recipe import EmbeddingRecipe
from .losses import inverse_frequency
from .metric_losses import MetricLoss
from .pairs import ClassOrder, PairOrder
from .trainer import SELECTION, Trained

Picture = NDArray[np.uint8]
Group = tuple[Tensor, Tensor, Tensor | None]
"""Places in the batch, int64 (k,); pictures, (k, 3, rows, columns), uint8 or float 0 to 1; if padded, their sizes."""

SCALE = 16.0  # logits of descriptors of length 1 (assumed)
_HEAD_RATE, _PROXY_RATE = (
    10,
    100,
)  # times the learning rate: what begins at random (assumed; proxies: their authors')


class Embedding(Trained):
    """Train an `Embedder` by a recipe; `history` has one row an epoch.

    Parameters
    ----------
    network : Embedder
    recipe : EmbeddingRecipe
        Without open margins.
    steps : int
        Batches an epoch.
    codes : int (n,)
        Class numbers of the training part.
    validation : dict
        "codes" int (m,), and for losses of distances "query" bool (m,).
    """

    def __init__(
        self,
        network: Embedder,
        recipe: EmbeddingRecipe,
        *,
        steps: int,
        codes: NDArray[np.int64],
        validation: dict[str, NDArray],
    ) -> None:
        super().__init__()
        self.automatic_optimization = False  # a step may be more than the network can see at once
        self.network, self.recipe, self.steps = network, recipe, steps
        self.history: list[dict[str, float]] = []
        counts = np.bincount(codes)
        if recipe.loss == "cross_entropy":
            self.head = nn.Linear(network.dimensions, len(counts))
            self.register_buffer("class_weights", inverse_frequency(counts), persistent=False)
        else:
            self.metric = MetricLoss(recipe, classes=len(counts), dimensions=network.dimensions)
        self._validation, self._found = validation, torch.zeros(len(validation["codes"]), network.dimensions)
        self._sums: Tensor | float = 0.0
        safe = torch.get_num_threads() == 1 or memory_format(network) == torch.channels_last
        self._format = torch.channels_last if safe else torch.contiguous_format
        network.to(memory_format=self._format)  # type: ignore[call-overload]

    def logits(self, descriptors: Tensor) -> Tensor:
        """Say how much each descriptor (n, d) is of each class, (n, classes)."""
        return self.head(SCALE * descriptors)

    def loss(self, descriptors: Tensor, codes: Tensor, pairs: Tensor | None) -> Tensor:
        """Loss of a whole step.

        A class's weight is divided by the weights of all pictures of the step: divided picture by picture, as a
        batch of one would, it would cancel.
        """
        if self.recipe.loss != "cross_entropy":
            return self.metric(descriptors, codes, pairs)
        return cross_entropy(self.logits(descriptors), codes, weight=self.class_weights)  # type: ignore[arg-type]

    def training_step(self, batch: tuple[list[Group], Tensor, Tensor | None]) -> None:
        """Take one step."""
        groups, codes, pairs = batch
        if self.recipe.augment:
            groups = [(places, _coloured(pictures, sizes), sizes) for places, pictures, sizes in groups]
        optimiser: Any = self.optimizers()
        optimiser.zero_grad()
        limit = self.recipe.at_once
        if limit is None or len(codes) <= limit:
            descriptors = self._described(groups, len(codes))
            loss = self.loss(descriptors, codes, pairs)
            self.manual_backward(loss)
        else:
            descriptors, loss = self._bit_by_bit(groups, codes, pairs, limit)
        optimiser.step()
        self._add(descriptors.detach(), loss.detach(), pairs)

    def _described(self, groups: list[Group], count: int) -> Tensor:
        found = torch.zeros(count, self.network.dimensions, device=self.device)
        places = torch.cat([places for places, *_ in groups])
        return found.index_copy(
            0, places, torch.cat([self._seen(pictures, sizes) for _, pictures, sizes in groups])
        )

    def _seen(self, pictures: Tensor, sizes: Tensor | None) -> Tensor:
        scaled = pictures.float() / 255 if pictures.dtype == torch.uint8 else pictures
        return self.network(scaled.contiguous(memory_format=self._format), sizes).float()

    def _bit_by_bit(
        self, groups: list[Group], codes: Tensor, pairs: Tensor | None, limit: int
    ) -> tuple[Tensor, Tensor]:
        """Find the loss's slope at the descriptors, then carry it through the network a few pictures at a time."""
        bits = [
            (
                places[start : start + limit],
                pictures[start : start + limit],
                None if sizes is None else sizes[start : start + limit],
            )
            for places, pictures, sizes in groups
            for start in range(0, len(places), limit)
        ]
        with torch.no_grad():
            descriptors = self._described(bits, len(codes))
        descriptors.requires_grad_()
        loss = self.loss(descriptors, codes, pairs)
        self.manual_backward(loss)
        assert descriptors.grad is not None
        for places, pictures, sizes in bits:
            self.manual_backward(self._seen(pictures, sizes), gradient=descriptors.grad[places])
        return descriptors, loss

    def _add(self, descriptors: Tensor, loss: Tensor, pairs: Tensor | None) -> None:
        """Add a step to the epoch's sums: loss, steps, and of pairs how many still pull or push, and how much."""
        parts = [loss.double(), loss.new_ones((), dtype=torch.float64)]
        if pairs is not None:
            rule = self.metric.loss
            one, other, same = pairs.T
            apart = (descriptors[one] - descriptors[other]).norm(dim=1)
            alike = same == 1
            pull = rule.pos_calc(apart, rule.pos_margin) * alike
            push = rule.neg_calc(apart, rule.neg_margin) * ~alike
            parts += [pull.sum(), push.sum(), (pull > 0).sum(), (push > 0).sum(), alike.sum(), (~alike).sum()]
        self._sums = self._sums + torch.stack([part.double() for part in parts])

    def validation_step(self, batch: tuple[list[Group], Tensor, None]) -> None:
        """Keep the descriptors of some pictures, whose numbers come in the place of classes."""
        groups, rows, _ = batch
        for places, pictures, sizes in groups:
            self._found[rows[places].cpu()] = self._seen(pictures, sizes).cpu()

    def on_train_epoch_start(self) -> None:
        """Set the epoch's learning rate and random numbers, which depend on nothing else."""
        self._sums = 0.0
        torch.manual_seed(int(key(self.recipe.seed, "epoch", self.current_epoch)))
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = group["initial_lr"] / 10 ** (self.current_epoch // self.recipe.decay_every)

    def on_validation_epoch_end(self) -> None:
        """Write the epoch's row, and offer the epoch for selection."""
        assert isinstance(self._sums, Tensor)
        loss, steps, *of_pairs = self._sums.tolist()
        row: dict[str, float] = {"epoch": self.current_epoch + 1, "training loss": loss / steps}
        if of_pairs:
            pull, push, pulling, pushing, alike, different = of_pairs
            pairs = alike + different
            row |= {"loss of positive pairs": pull / pairs, "loss of negative pairs": push / pairs}
            row |= {
                "positive pairs that pull": pulling / alike,
                "negative pairs that push": pushing / different,
            }
        if not math.isfinite(loss):
            raise ParameterError(
                f"training diverged in epoch {row['epoch']:g}: the loss is not finite",
                where=f"{self.recipe.network}, learning rate {self.recipe.learning_rate:g}",
                do="use a smaller learning_rate",
            )
        self.history.append(row | self._judged())
        scores = [past[_SCORE[self.recipe.loss == "cross_entropy"]] for past in self.history]
        is_best = self.recipe.selection == "last" or int(np.argmax(scores)) == len(scores) - 1
        self.log(SELECTION, row["epoch"] if is_best else -math.inf)

    def _judged(self) -> dict[str, float]:
        codes = self._validation["codes"]
        if self.recipe.loss == "cross_entropy":
            with torch.no_grad():
                logits = self.logits(self._found.to(self.device)).float().cpu()
            truth = torch.from_numpy(codes)
            return {
                "validation loss": float(cross_entropy(logits, truth)),
                "validation accuracy": float((logits.argmax(1) == truth).double().mean()),
            }
        asks = self._validation["query"]
        found = self._found.numpy()
        table = retrieval_table(found[asks], codes[asks], found[~asks], codes[~asks])
        return {"validation mAP": mean_average_precision(table)}

    def headline(self) -> str:
        """How good the last epoch was, in words."""
        name = _SCORE[self.recipe.loss == "cross_entropy"]
        return f"{name} {self.history[-1][name]:.1%}"

    def configure_optimizers(self) -> Any:
        """SGD; what begins at random learns faster."""
        recipe = self.recipe
        fresh, times = (
            (self.head, _HEAD_RATE) if recipe.loss == "cross_entropy" else (self.metric, _PROXY_RATE)
        )
        groups = []
        for part, factor in ((self.network, 1), (fresh, times)):
            rate = recipe.learning_rate * factor
            groups.append({"params": [*part.parameters()], "lr": rate, "initial_lr": rate})
        groups = [group for group in groups if group["params"]]
        return torch.optim.SGD(groups, momentum=recipe.momentum, weight_decay=recipe.weight_decay)


_SCORE = {True: "validation accuracy", False: "validation mAP"}


class _Steps(Dataset):
    """Whole steps by their rows or pairs: pictures grouped by shape, class numbers, pairs by place in the step."""

    def __init__(
        self,
        pictures: DataSet[Picture],
        *,
        step: int,
        sizes: tuple[int, int],
        codes: NDArray[np.int64] | None = None,
        augment: bool = False,
        seed: int = 0,
        padded: bool = False,
    ) -> None:
        self._pictures, self._step, self._sizes, self._padded = pictures, step, sizes, padded
        self._codes, self._augment, self._seed = codes, augment, seed

    def __getitem__(self, asked: NDArray[np.int64]) -> tuple[list[Group], Tensor, Tensor | None]:
        rows, pairs = asked, None
        if asked.ndim == 2:
            rows, places = np.unique(asked[:, :2], return_inverse=True)
            pairs = torch.from_numpy(np.column_stack([places.reshape(-1, 2), asked[:, 2]]))
        # The steps of no two epochs are alike, so neither are their random numbers.
        rng = np.random.default_rng([self._seed, zlib.crc32(asked.tobytes())])
        read = self._pictures.read(self._pictures.table.iloc[rows])
        made = [self._made(picture, rng) for picture in read]
        codes = rows if self._codes is None else self._codes[rows]
        return [*grouped(made, padded=self._padded)], torch.from_numpy(codes), pairs

    def _made(self, picture: Picture, rng: np.random.Generator) -> Picture:
        smallest, longer = self._sizes
        made = resize_longer(picture, longer=int(rng.integers(smallest, longer + 1)), step=self._step)
        return _moved(made, rng) if self._augment else made


def grouped(pictures: list[Picture], *, padded: bool, at_most: int = 32) -> Iterator[Group]:
    """Group pictures that go through a network together.

    Parameters
    ----------
    pictures : list of uint8 (h, w, 3)
    padded : bool
        A GPU wants many at a time: pictures of like aspect, padded. A CPU gains nothing by that: pictures of one shape.
    at_most : int
        Pictures of a padded group.
    """
    if padded:
        aspects = [rows / columns for rows, columns, _ in (picture.shape for picture in pictures)]
        order = np.argsort(aspects, kind="stable")
        for start in range(0, len(order), at_most):
            places = order[start : start + at_most]
            yield torch.from_numpy(places), *padded_batch([pictures[place] for place in places])
        return
    for of_shape, group in by_shape(pictures):
        yield of_shape, group, None


def by_shape(pictures: list[Picture]) -> Iterator[tuple[Tensor, Tensor]]:
    """Group pictures of one shape: their places, int64 (k,), and themselves, uint8 (k, 3, rows, columns)."""
    shapes: dict[tuple[int, ...], list[int]] = {}
    for place, picture in enumerate(pictures):
        shapes.setdefault(picture.shape, []).append(place)
    for places in shapes.values():
        stack = np.stack([pictures[place] for place in places]).transpose(0, 3, 1, 2)
        yield torch.tensor(places), torch.from_numpy(np.ascontiguousarray(stack))


def loaders_of(
    train: DataSet[Picture],
    validation: DataSet[Picture],
    recipe: EmbeddingRecipe,
    *,
    codes: NDArray[np.int64],
    step: int,
    padded: bool = False,
) -> tuple[DataLoader, DataLoader]:
    """Give what a training reads: steps drawn as the recipe says, and all validation pictures in order."""
    order: PairOrder | ClassOrder | Order = Order(
        len(train), batch_size=recipe.batch, shuffle_seed=recipe.seed
    )
    if recipe.loss != "cross_entropy":
        order = PairOrder(
            codes, per_class=recipe.pairs, redraw=recipe.redraw, batch=recipe.batch, seed=recipe.seed
        )
        if not recipe.in_pairs:  # as many steps of as many pictures
            order = ClassOrder(codes, batch=recipe.batch_size, steps=len(order), seed=recipe.seed)
    sizes = (recipe.smallest, recipe.longer)
    steps = _Steps(
        train, step=step, sizes=sizes, codes=codes, augment=recipe.augment, seed=recipe.seed, padded=padded
    )
    held_out = _Steps(validation, step=step, sizes=(recipe.longer, recipe.longer), padded=padded)
    every = Order(len(validation), batch_size=recipe.batch)
    return tuple(  # type: ignore[return-value]
        DataLoader(data, sampler=sampler, batch_size=None, generator=torch.Generator())
        for data, sampler in ((steps, order), (held_out, every))
    )


def class_codes(names: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """Give each label's place among sorted names, -1 where it is none of them."""
    known, asked = np.asarray(names), np.asarray(labels)
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[places] == asked, places, -1).astype(np.int64)


def _moved(picture: Picture, rng: np.random.Generator) -> Picture:
    """Turn by up to 5° either way, and mirror every other picture."""
    rows, columns = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), rng.uniform(-5, 5), 1.0)
    moved = cv2.warpAffine(picture, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(moved[:, ::-1] if rng.random() < 0.5 else moved).astype(np.uint8, copy=False)


def _coloured(pictures: Tensor, sizes: Tensor | None) -> Tensor:
    """Change contrast about each picture's mean, and saturation, by up to a half; float (k, 3, h, w), 0 to 1, out."""
    scaled = pictures.float() / 255 if pictures.dtype == torch.uint8 else pictures
    factors = 0.5 + torch.rand(2, len(pictures), 1, 1, 1, device=pictures.device)
    weights = scaled.new_tensor([0.299, 0.587, 0.114])[:, None, None]
    grey = (scaled * weights).sum(1, keepdim=True)  # 0 where it is padded
    pixels = scaled.new_tensor(grey[0].numel()) if sizes is None else sizes.prod(1)[:, None, None, None]
    middle = grey.sum((2, 3), keepdim=True) / pixels
    contrasted = middle + factors[0] * (scaled - middle)
    grey = middle + factors[0] * (grey - middle)
    return (grey + factors[1] * (contrasted - grey)).clamp(0, 1)
