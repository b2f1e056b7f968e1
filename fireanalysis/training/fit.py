"""Train a classifier, or load it if the same one was trained before; predict with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet, Entry, kept
from fireanalysis.loaders.layout import some
from fireanalysis.models import backbone, head_name, memory_format
from fireanalysis.transforms import Moments, surface_moments

from .batches import Batches, batches
from .classification import Classifier, Patience, kept_rows
from .losses import inverse_frequency
from .oversampling import rotate_batch
from .recipe import Recipe
from .trainer import OnEpoch, device_of, made_from, read_result, run_training, write_result

MOMENT_MAPS = 4096
"""Mean and standard deviation are taken over at most so many maps of the training part."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a classifier says of some samples, one row a sample (or a rotated copy of one).

    Attributes
    ----------
    table : DataFrame
        The data set's columns for each row, and "angle_deg" by which a copy was turned.
    classes : ndarray (k,)
        Labels in the order of the codes.
    truth, predicted : int64 (n,)
        Codes of the labels as registered (-1: a label the classifier does not know) and as predicted.
    probabilities : float32 (n, k)
    features : float32 (n, d)
        Output of the last layer before the head.
    """

    table: pd.DataFrame
    classes: NDArray[Any]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Code of the most probable class."""
        return self.probabilities.argmax(1)

    @property
    def accuracy(self) -> float:
        """Share of right predictions, 0 to 1."""
        return float((self.predicted == self.truth).mean())


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained classifier and how it came about.

    Attributes
    ----------
    model : torch.nn.Module
        In evaluation mode, on `device`; the chosen epoch.
    classes : ndarray
        Labels in the order of the outputs.
    shape : (int, int)
        Rows and columns of the maps.
    moments : Moments
        Mean and standard deviation by which maps are standardised.
    history : DataFrame
        One row an epoch: epoch, training and validation loss, accuracy (0 to 1) and cross-entropy, learning
        rate.
    chosen_epoch : int
        Epoch of `model`, from 1.
    validation_logits : float32 (epochs, m, classes)
        What the network gave for the validation part after every epoch, in half precision; of at most 20,000
        samples, evenly spread over the brands.
    validation_rows : int64 (m,)
        Rows of the validation part they belong to.
    weights : str
        What the training began from.
    seconds : float
        Training time, that of a run before a kill not counted.
    loaded : bool
        Whether it had been trained before.
    device : str
    """

    model: nn.Module
    recipe: Recipe
    classes: NDArray[Any]
    shape: tuple[int, ...]
    moments: Moments
    history: pd.DataFrame
    chosen_epoch: int
    validation_logits: NDArray[np.float32]
    validation_rows: NDArray[np.int64]
    weights: str
    seconds: float
    loaded: bool
    device: str

    def inputs(self, maps: DataSet) -> torch.Tensor:
        """Give what the model sees of some maps: float32 (n, 1, rows, columns), standardised, missing points 0.

        Raises
        ------
        DataError
            If the maps have another size than those of the training.
        """
        _check_shape(maps, self.shape)
        data = Batches(maps, self.classes, self.moments)
        return data[np.argsort(data.copies.samples(np.arange(len(data))))][0]

    def predict(self, maps: DataSet, *, at_least: int = 0, batch_size: int = 128) -> Prediction:
        """Predict some maps.

        Parameters
        ----------
        maps : DataSet of float (rows, columns)
            Prepared as those of the training.
        at_least : int
            Bring each class to so many by rotated copies first: the paper's balanced test set (Table 3).
        batch_size : int
            Maps at a time.

        Raises
        ------
        DataError
            If the maps have another size than those of the training.
        """
        _check_shape(maps, self.shape)
        data = Batches(maps, self.classes, self.moments, at_least=at_least, seed=self.recipe.seed)
        logits, features = [], []
        with torch.inference_mode(), _penultimate(self.model) as seen:
            for x, _, angles in batches(data, batch_size=batch_size):
                x = rotate_batch(x.to(self.device), angles.to(self.device))
                logits.append(self.model(x.contiguous(memory_format=memory_format(self.model))).float().cpu())
                features.append(seen.pop().flatten(1).float().cpu())
        items = np.arange(len(data))
        rows = data.copies.samples(items)
        order = np.lexsort((items, rows))  # rows of the data set in their order, copies behind each
        table = maps.table.iloc[rows[order]].reset_index(drop=True)
        probabilities = torch.cat(logits).softmax(1).numpy()[order]
        return Prediction(
            table.assign(angle_deg=data.copies.angles_deg(items)[order]),
            self.classes,
            data.codes[rows[order]],
            probabilities,
            torch.cat(features).numpy()[order],
        )


def fit_or_load(
    train: DataSet,
    validation: DataSet,
    recipe: Recipe,
    *,
    store: str | os.PathLike[str],
    device: str = "auto",
    workers: int | None = None,
    on_epoch: OnEpoch | None = None,
) -> Fit:
    """Train a classifier on maps, or load it if the store has it; a killed run goes on where it stopped.

    The store's key is everything that decides the result: both parts, recipe, initial weights, code; not the
    device.

    Parameters
    ----------
    train, validation : DataSet of float (rows, columns)
        From `prepare_maps` and `split`; NaN missing. They may share no group unless split so on purpose.
    recipe : Recipe
    store : path
        Folder of models (`fireanalysis.loaders.kept`).
    device : str
        "auto" (a GPU if there is one), "cpu" or "cuda".
    workers : int, optional
        Processes that read maps; 0 on a CPU, whose cores are busy anyway, else 4.

    on_epoch : callable, optional
        Is given the history so far after each epoch (`fireanalysis.widgets.LiveCurves.update`), or the whole one if
        the store has it.

    Raises
    ------
    DataError
        With fewer than two classes, classes that only the validation part has, maps of several sizes, without a
        measured point or all flat; or if the store is damaged.
    ParameterError
        If training diverges, the device is not there, or the GPU's memory does not suffice.
    RunError
        If the store cannot be written.

    Notes
    -----
    By the selection "saturation", of the epochs after the warm-up the one with the best validation accuracy is
    chosen, in whole per cent, and among equals the one with the lowest validation loss. (Source: cartridge paper,
    sections 4.2.2 and 4.2.3, chooses the lowest loss "within the saturation range" of the accuracy, by eye; the
    gunshot paper keeps the best validation accuracy.)
    """
    device = device_of(device)
    classes, shape = _classes(train, validation), train[0].shape
    _check_shape(validation, shape)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = backbone(
            recipe.network,
            classes=len(classes),
            pixels=shape[0],
            weights=recipe.weights,
            width=recipe.width,
            depth=recipe.depth,
        )
        model.to(memory_format=memory_format(model))  # type: ignore[call-overload]
        with kept(store, "models", made_from(model, train, validation, recipe)) as entry:
            loaded = entry.done
            if not loaded:
                if workers is None:
                    workers = 4 if device == "cuda" else 0
                _train(model, train, validation, classes, recipe, entry, device, workers, on_epoch)
                entry.finish()
            result = read_result(entry.folder)
    if loaded and on_epoch is not None:
        on_epoch(pd.DataFrame(result["history"]))
    model.load_state_dict(result["state"])
    moments = Moments(*result["moments"])
    rows = Batches(validation, classes, moments).copies.samples(kept_rows(len(validation)))
    order = np.argsort(rows)
    return Fit(
        model.to(device).eval(),
        recipe,
        classes,
        shape,
        moments,
        pd.DataFrame(result["history"]),
        result["chosen_epoch"],
        result["validation_logits"].float().numpy()[:, order],
        rows[order],
        str(model.weights_used),
        result["seconds"],
        loaded,
        device,
    )


def _classes(train: DataSet, validation: DataSet) -> NDArray[Any]:
    classes = np.unique(train.labels)
    if len(classes) < 2:
        raise DataError(
            f"{len(classes)} {train.label} in the training part ({classes[0]}); 2 are needed",
            where=train.name,
            do=f"add samples of another {train.label}",
        )
    unknown = np.setdiff1d(validation.labels, classes)
    if len(unknown):
        raise DataError(
            f"the validation part has {train.label} that the training part has not: {some(unknown)}",
            where=validation.name,
            do=f"leave out {train.label} of few {train.group} before the split (loaders.enough_groups)",
        )
    return classes


def _check_shape(maps: DataSet, shape: tuple[int, ...]) -> None:
    if maps[0].shape != shape:
        raise DataError(
            f"maps are of {maps[0].shape} points, those of the training of {shape}",
            where=maps.name,
            do="prepare them alike (loaders.prepare_maps)",
        )


def _moments(train: DataSet) -> Moments:
    spread = np.linspace(0, len(train) - 1, min(len(train), MOMENT_MAPS)).astype(int)
    moments = surface_moments(train.subset(spread).samples())
    if not moments.std > 0:
        raise DataError(
            f"all maps are flat: every point is {moments.mean:g}", where=train.name, do="look at the maps"
        )
    return moments


def _given(mean: float, std: float) -> Moments:
    return Moments(float(mean), float(std), 1)


def _train(
    model: nn.Module,
    train: DataSet,
    validation: DataSet,
    classes: NDArray[Any],
    recipe: Recipe,
    entry: Entry,
    device: str,
    workers: int,
    on_epoch: OnEpoch | None,
) -> None:
    """Train and leave ``result.pt``; ``last.ckpt`` is what a killed run goes on from."""
    moments = _moments(train) if recipe.moments is None else _given(*recipe.moments)
    copies = Batches(train, classes, moments, at_least=recipe.oversample_to, seed=recipe.seed)
    loaders = (
        batches(copies, batch_size=recipe.batch_size, shuffle_seed=recipe.seed, workers=workers),
        batches(Batches(validation, classes, moments), batch_size=4 * recipe.batch_size, workers=workers),
    )
    alpha = inverse_frequency(copies.copies.counts[1:]) if recipe.class_weights else None
    module = Classifier(model, recipe, alpha=alpha, steps=len(loaders[0]), moments=moments)
    chosen, seconds = run_training(
        module,
        *loaders,
        folder=entry.folder,
        device=device,
        precision=recipe.precision,
        epochs=recipe.epochs,
        callbacks=[Patience(recipe)],
        on_epoch=on_epoch,
    )
    prefix = "network."
    state = {k.removeprefix(prefix): v for k, v in chosen["state_dict"].items() if k.startswith(prefix)}
    result = {
        "state": state,
        "moments": tuple(moments),
        "history": module.history,
        "validation_logits": torch.stack(module.validation_logits),
        "chosen_epoch": chosen["epoch"] + 1,
        "seconds": seconds,
    }
    write_result(entry.folder, result)


@contextmanager
def _penultimate(model: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Collect what goes into the head."""
    seen: list[torch.Tensor] = []
    handle = model.get_submodule(head_name(model)).register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    try:
        yield seen
    finally:
        handle.remove()
