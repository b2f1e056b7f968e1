"""Train a network for retrieval, or load it if the same one was trained before; describe pictures by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, kept, opened
from fireanalysis.loaders.layout import some
from fireanalysis.models import Embedder, embedder
from fireanalysis.transforms import resize_longer

from .embedding import SCALE, Embedding, Picture, class_codes, grouped, loaders_of
from .embedding_recipe import EmbeddingRecipe
from .pairs import propose_margins, sample_pairs
from .trainer import (
    OnEpoch,
    device_of,
    made_from,
    read_network,
    read_result,
    run_training,
    state_digest,
    write_network,
    write_result,
)

_AHEAD = 256  # pictures that are sorted by shape together
_MARGIN_PAIRS = 1000  # a class, from which margins are proposed


@dataclass(frozen=True, eq=False)
class EmbeddingFit:
    """A network that describes pictures, and how it came about.

    Attributes
    ----------
    model : Embedder
        In evaluation mode, on `device`.
    recipe : EmbeddingRecipe
        With the margins that were used.
    history : DataFrame
        One row an epoch: epoch, training loss; of pairs the loss and the share of either kind that still pull or push;
        validation mAP (trapezoidal), or validation loss and accuracy.
    chosen_epoch : int
        Epoch of `model`, from 1.
    classes : tuple of str
        Of the training part.
    head : dict
        "weight" (classes, dimensions) and "bias" of the linear layer of a network trained by cross-entropy.
    weights : str
        What it began from.
    seconds : float
    loaded : bool
        Whether it had been trained before.
    device : str
    about : dict
        What `save` keeps with it: data, error rates, limits.
    """

    model: Embedder
    recipe: EmbeddingRecipe
    history: pd.DataFrame
    chosen_epoch: int
    classes: tuple[str, ...]
    head: dict[str, torch.Tensor]
    weights: str
    seconds: float
    loaded: bool
    device: str
    about: dict[str, Any]

    def embed(self, pictures: DataSet[Picture], **options: Any) -> NDArray[np.float32]:
        """Describe pictures at the size it was validated at: `embed`."""
        return embed(self.model, pictures, **{"longer": self.recipe.longer, "device": self.device, **options})

    def probabilities(self, descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the probability of each class of `classes` for descriptors (n, d), float32 (n, classes).

        Raises
        ------
        ParameterError
            If the network did not learn classes.
        """
        if not self.head:
            what = f"a network trained by the {self.recipe.loss} loss knows no classes"
            raise ParameterError(what, where="probabilities", do='pass one with loss="cross_entropy"')
        logits = SCALE * torch.from_numpy(descriptors) @ self.head["weight"].T + self.head["bias"]
        return logits.softmax(1).numpy()

    def save(self, path: str | os.PathLike[str], *, about: dict[str, Any]) -> Path:
        """Keep the network in one file, whole or not at all, with what is known of its errors.

        Parameters
        ----------
        about : dict
            Plain values: data, error rates, limits.

        Raises
        ------
        RunError
            If the file cannot be written.
        """
        content = {
            "state": {name: value.cpu() for name, value in self.model.state_dict().items()},
            "recipe": asdict(self.recipe),
            "history": self.history.to_dict("records"),
            "chosen_epoch": self.chosen_epoch,
            "classes": list(self.classes),
            "head": self.head,
            "weights": self.weights,
            "seconds": self.seconds,
            "about": about,
        }
        return write_network(path, content)


def load_embedding_fit(path: str | os.PathLike[str], *, device: str = "auto") -> EmbeddingFit:
    """Read a network that `EmbeddingFit.save` kept.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds another thing.
    """
    do = "pass a file that EmbeddingFit.save wrote (notebook 44 keeps one)"
    content, (model, recipe) = read_network(path, _rebuilt, holds="network for retrieval", do=do)
    return _fit_of(content, model, recipe, device=device_of(device), loaded=True, about=content["about"])


def fit_embedding(
    train: DataSet[Picture],
    validation: DataSet[Picture],
    recipe: EmbeddingRecipe,
    *,
    store: str | os.PathLike[str],
    start: EmbeddingFit | None = None,
    device: str = "auto",
    on_epoch: OnEpoch | None = None,
) -> EmbeddingFit:
    """Train a network on pictures and their classes, or load it if the store has it; a killed run goes on.

    Parameters
    ----------
    train : DataSet of pictures
        From `keep_sized`; at least two classes.
    validation : DataSet of pictures
        For cross-entropy other pictures of the same classes; otherwise other classes, with a column "query".
    recipe : EmbeddingRecipe
    store : path
        Folder of models (`fireanalysis.loaders.kept`).
    start : EmbeddingFit, optional
        Stage two begins with what this one learned, in place of the recipe's weights.
    device : str
        "auto" (a GPU if there is one), "cpu" or "cuda".

    on_epoch : callable, optional
        Is given the history so far after each epoch (`fireanalysis.widgets.LiveCurves.update`), or the whole one if
        the store has it.

    Raises
    ------
    DataError
        If the classes of the parts do not fit the loss, or no validation query has a picture of its class to find.
    ParameterError
        If `start` is another network, training diverges, the device is not there, or the GPU's memory does not suffice.
    RunError
        If the store cannot be written.
    """
    device = device_of(device)
    names = np.unique(train.labels.astype(str))
    codes = class_codes(names, train.labels.astype(str))
    held_out = _judged_by(validation, names, recipe)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = _started(recipe, start)
        recipe = _with_margins(recipe, model, train, store=store, device=device)
        with kept(store, "models", made_from(model, train, validation, recipe)) as entry:
            loaded = entry.done
            if not loaded:
                padded = _pads(model, device)
                loaders = loaders_of(train, validation, recipe, codes=codes, step=model.step, padded=padded)
                module = Embedding(model, recipe, steps=len(loaders[0]), codes=codes, validation=held_out)
                chosen, seconds = run_training(
                    module,
                    *loaders,
                    folder=entry.folder,
                    device=device,
                    precision=recipe.precision,
                    epochs=recipe.epochs,
                    on_epoch=on_epoch,
                )
                write_result(entry.folder, _result(module, chosen, seconds))
                entry.finish()
            result = read_result(entry.folder)
    if loaded and on_epoch is not None:
        on_epoch(pd.DataFrame(result["history"]))
    model.load_state_dict(result["state"])
    content = result | {"classes": names.tolist(), "weights": model.weights_used}
    return _fit_of(content, model, recipe, device=device, loaded=loaded, about={})


def embed(
    model: Embedder,
    pictures: DataSet[Picture],
    *,
    longer: int,
    store: str | os.PathLike[str] | None = None,
    device: str = "auto",
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Describe every picture of a data set: pictures of one shape together, or on a GPU of like aspect, padded.

    Parameters
    ----------
    model : Embedder
    pictures : DataSet of uint8 (h, w, 3)
        Of any sizes.
    longer : int
        Their longer side is brought to this, aspect kept but for rounding to the network's step.
    store : path, optional
        Keep the descriptors there, or take them from there.
    batch_size : int
        Pictures at a time.

    Returns
    -------
    float32 (n, dimensions)
        Of length 1, in the order of the data set; from the store memory-mapped.

    Raises
    ------
    RunError
        If the store cannot be written.

    Examples
    --------
    >>> table = pd.DataFrame({"class": ["a", "b"], "source_picture": ["1", "2"]})
    >>> columns = {"label": "class", "group": "source_picture", "source": "simulated", "name": "toy"}
    >>> two = DataSet(table, lambda rows: [np.zeros((40, 60, 3), np.uint8)] * len(rows), **columns)
    >>> embed(embedder("small", weights="none", width=0.25), two, longer=32).shape
    (2, 64)
    """
    device = device_of(device)
    model.to(device).eval()
    if store is None:
        return np.concatenate([*_described(model, pictures, longer, device, batch_size)])
    made = {"pictures": pictures.fingerprint(), "model": _identity(model), "longer": longer}
    with kept(store, "descriptors", made) as entry:
        if not entry.done:
            rows = (row for block in _described(model, pictures, longer, device, batch_size) for row in block)
            shape = (model.dimensions,)
            entry.write_array("descriptors.npy", rows, count=len(pictures), shape=shape, dtype="float32")
            entry.finish()
        return opened(entry.folder / "descriptors.npy")


def _described(
    model: Embedder, pictures: DataSet[Picture], longer: int, device: str, batch_size: int
) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(pictures), _AHEAD):
        read = pictures.read(pictures.table.iloc[start : start + _AHEAD])
        made = [resize_longer(picture, longer=longer, step=model.step) for picture in read]
        found = np.empty((len(made), model.dimensions), np.float32)
        with torch.inference_mode():
            for places, group, sizes in grouped(made, padded=_pads(model, device), at_most=batch_size):
                for first in range(0, len(places), batch_size):
                    part = slice(first, first + batch_size)
                    batch = group[part].to(device)
                    scaled = batch.float() / 255 if batch.dtype == torch.uint8 else batch
                    own = None if sizes is None else sizes[part].to(device)
                    found[places[part]] = model(scaled, own).float().cpu().numpy()
        yield found


def _pads(model: Embedder, device: str) -> bool:
    """Whether pictures go through a network in padded batches: on a GPU, where it can do so exactly."""
    return device == "cuda" and model.exact > 0


def _identity(model: Embedder) -> list[str]:
    return [model.network, model.pooling, state_digest(model)]


def _built(recipe: EmbeddingRecipe) -> Embedder:
    pooling: Any = recipe.pooling
    return embedder(recipe.network, pooling=pooling, weights=recipe.weights, width=recipe.width)


def _rebuilt(content: dict[str, Any]) -> tuple[Embedder, EmbeddingRecipe]:
    recipe = EmbeddingRecipe(**content["recipe"])
    model = _built(replace(recipe, weights="none"))
    model.load_state_dict(content["state"])
    return model, recipe


def _started(recipe: EmbeddingRecipe, start: EmbeddingFit | None) -> Embedder:
    if start is None:
        return _built(recipe)
    of_start, of_this = ((r.network, r.pooling, r.width) for r in (start.recipe, recipe))
    if of_start != of_this:
        what = f"start is {of_start}, the recipe's network {of_this}"
        raise ParameterError(what, where="fit_embedding", do="pass a recipe of the same network")
    model = _built(replace(recipe, weights="none"))
    model.load_state_dict({name: value.cpu() for name, value in start.model.state_dict().items()})
    model.weights_used = f"{start.weights}, then {start.recipe.loss.replace('_', '-')}"
    return model


def _with_margins(
    recipe: EmbeddingRecipe, model: Embedder, train: DataSet[Picture], *, store: Any, device: str
) -> EmbeddingRecipe:
    """Fill in margins that the recipe leaves open: mean distances before training."""
    if not recipe.in_pairs or None not in (recipe.positive_margin, recipe.negative_margin):
        return recipe
    found = embed(model, train, longer=recipe.longer, store=store, device=device)
    model.cpu()
    pairs = sample_pairs(train.labels, per_class=_MARGIN_PAIRS, seed=recipe.seed)
    apart = np.linalg.norm(found[pairs[:, 0]] - found[pairs[:, 1]], axis=1)
    inner, outer = propose_margins(apart[pairs[:, 2] == 1], apart[pairs[:, 2] == 0])
    return replace(
        recipe,
        positive_margin=inner if recipe.positive_margin is None else recipe.positive_margin,
        negative_margin=outer if recipe.negative_margin is None else recipe.negative_margin,
    )


def _judged_by(
    validation: DataSet[Picture], names: NDArray[np.str_], recipe: EmbeddingRecipe
) -> dict[str, NDArray]:
    """Classes and queries of the validation part, if they fit the loss."""
    labels = validation.labels.astype(str)
    if recipe.loss == "cross_entropy":
        codes = class_codes(names, labels)
        if (codes < 0).any():
            what = (
                f"validation has classes that the training part has not: {some(np.unique(labels[codes < 0]))}"
            )
            raise DataError(what, where=validation.name, do="split the pictures of the same classes")
        return {"codes": codes}
    if both := set(names) & set(labels):
        what = f"validation and training part share classes: {some(sorted(both))}"
        raise DataError(what, where=validation.name, do="split by class (loaders.split_classes)")
    if "query" not in validation.table:
        what = "the validation part has no column 'query'"
        raise DataError(what, where=validation.name, do="take it from loaders.split_classes")
    asks = validation.table["query"].to_numpy(bool)
    if not np.isin(labels[asks], labels[~asks]).any():
        what = "no validation query has another picture of its class to find"
        raise DataError(what, where=validation.name, do="use more pictures a class")
    return {"codes": np.unique(labels, return_inverse=True)[1], "query": asks}


def _result(module: Embedding, chosen: dict[str, Any], seconds: float) -> dict[str, Any]:
    state = chosen["state_dict"]
    parts = {
        part: {n.removeprefix(part): value for n, value in state.items() if n.startswith(part)}
        for part in ("network.", "head.")
    }
    return {
        "state": parts["network."],
        "head": parts["head."],
        "history": module.history,
        "chosen_epoch": chosen["epoch"] + 1,
        "seconds": seconds,
    }


def _fit_of(
    content: dict[str, Any],
    model: Embedder,
    recipe: EmbeddingRecipe,
    *,
    device: str,
    loaded: bool,
    about: dict[str, Any],
) -> EmbeddingFit:
    return EmbeddingFit(
        model.to(device).eval(),
        recipe,
        pd.DataFrame(content["history"]),
        content["chosen_epoch"],
        tuple(content["classes"]),
        content["head"],
        content["weights"],
        content["seconds"],
        loaded,
        device,
        about,
    )
