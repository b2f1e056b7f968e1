"""Train a segmentation network, or load it if the same one was trained before; find firearms with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, Example, kept, opened, stacked
from fireanalysis.models import STRIDE, segmenter

from .batches import Order
from .segmentation import Segmenter
from .segmentation_recipe import SegmentationRecipe
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

Pictures = DataSet[Example]


@dataclass(frozen=True, eq=False)
class SegmentationFit:
    """A trained segmentation network and how it came about.

    Attributes
    ----------
    model : torch.nn.Module
        In evaluation mode, on `device`; float32 (n, 3, rows, columns), 0 to 1, in; logits (n, 1, rows, columns) out.
    pixels : int
        Rows and columns of the pictures it learned from.
    history : DataFrame
        One row an epoch: epoch; training and validation loss, mean IoU and foreground IoU (pixels of all pictures
        together, threshold 0.5; in training with the weights as they were at each step); learning rate.
    chosen_epoch : int
        Epoch of `model`, from 1.
    trainable_parameters : int
    weights : str
        What its encoder began from.
    seconds : float
        Training time; of a decoder on kept features without the time these took.
    loaded : bool
        Whether it had been trained before.
    device : str
    about : dict
        What `save` keeps with it: error rates, threshold, data.
    """

    model: nn.Module
    recipe: SegmentationRecipe
    pixels: int
    history: pd.DataFrame
    chosen_epoch: int
    trainable_parameters: int
    weights: str
    seconds: float
    loaded: bool
    device: str
    about: dict[str, Any]

    def predict_pictures(self, images: NDArray[np.uint8], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Give the probability of a firearm for each pixel.

        Parameters
        ----------
        images : uint8 (n, rows, columns, 3)
            Rows and columns multiples of 32.
        batch_size : int
            Pictures at a time.

        Returns
        -------
        float32 (n, rows, columns)

        Raises
        ------
        DataError
            For another shape or dtype.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not len(images):
            what = f"pictures are {images.dtype} {images.shape}; they must be uint8 (n, rows, columns, 3)"
            raise DataError(what, where="predict_pictures", do="read them by loaders.read_picture")
        _check_sides(images.shape[1:3], where="predict_pictures")
        found = []
        with torch.inference_mode():
            for start in range(0, len(images), batch_size):
                pictures = torch.from_numpy(images[start : start + batch_size]).to(self.device)
                logits = self.model(pictures.permute(0, 3, 1, 2).float().contiguous() / 255)
                found.append(logits[:, 0].float().sigmoid().cpu().numpy())
        return np.concatenate(found)

    def stream(
        self, pictures: Pictures, *, store: str | os.PathLike[str] | None = None, batch_size: int = 32
    ) -> Iterator[NDArray[np.float16]]:
        """Give the probabilities of a data set batch by batch, in its order.

        Parameters
        ----------
        pictures : DataSet of Example
            From `keep_pictures`.
        store : path, optional
            Of a network with a frozen encoder: keep the encoder's features there, or take them from there.

        Yields
        ------
        float16 (n, rows, columns)
        """
        if store is not None and self.recipe.network == "transfer":
            features = keep_encoder_features(pictures, self.model.encoder, store=store, device=self.device)  # type: ignore[arg-type]
            with torch.inference_mode():
                for start in range(0, len(pictures), batch_size):
                    rows = np.arange(start, min(start + batch_size, len(pictures)))
                    inputs = torch.from_numpy(features[rows]).to(self.device).float()
                    logits = self.model.decoder(inputs)  # type: ignore[operator]
                    yield logits[:, 0].sigmoid().half().cpu().numpy()
            return
        for start in range(0, len(pictures), batch_size):
            images, _ = stacked(pictures, np.arange(start, min(start + batch_size, len(pictures))))
            yield self.predict_pictures(images, batch_size=batch_size).astype(np.float16)

    def predict(
        self, pictures: Pictures, *, store: str | os.PathLike[str] | None = None, batch_size: int = 32
    ) -> NDArray[np.float16]:
        """Give the probabilities of a data set, float16 (n, rows, columns): 128 KB for a picture of 256 × 256."""
        return np.concatenate([*self.stream(pictures, store=store, batch_size=batch_size)])

    def save(self, path: str | os.PathLike[str], *, about: dict[str, Any]) -> Path:
        """Keep the network in one file, whole or not at all, with what is known of its errors.

        Parameters
        ----------
        about : dict
            Plain values: data, error rates, threshold, limits.

        Raises
        ------
        RunError
            If the file cannot be written.
        """
        content = {
            "state": {name: value.cpu() for name, value in self.model.state_dict().items()},
            "recipe": asdict(self.recipe),
            "pixels": self.pixels,
            "history": self.history.to_dict("records"),
            "chosen_epoch": self.chosen_epoch,
            "weights": self.weights,
            "seconds": self.seconds,
            "about": about,
        }
        return write_network(path, content)


def load_segmentation_fit(path: str | os.PathLike[str], *, device: str = "auto") -> SegmentationFit:
    """Read a network that `SegmentationFit.save` kept.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds another thing.
    """
    do = "pass a file that SegmentationFit.save wrote (notebook 35 keeps one)"
    content, (model, recipe) = read_network(path, _rebuilt, holds="network", do=do)
    device = device_of(device)
    return SegmentationFit(
        model.to(device).eval(),
        recipe,
        content["pixels"],
        pd.DataFrame(content["history"]),
        content["chosen_epoch"],
        _learning(model),
        content["weights"],
        content["seconds"],
        True,
        device,
        content["about"],
    )


def fit_segmentation(
    train: Pictures,
    validation: Pictures,
    recipe: SegmentationRecipe,
    *,
    store: str | os.PathLike[str],
    device: str = "auto",
    on_epoch: OnEpoch | None = None,
) -> SegmentationFit:
    """Train a network on pictures and masks, or load it if the store has it; a killed run goes on.

    A frozen encoder sees each picture once: its features are kept in the store and serve every decoder, unless
    pictures are augmented.

    Parameters
    ----------
    train, validation : DataSet of Example
        From `keep_pictures`, of one size, a multiple of 32.
    recipe : SegmentationRecipe
    store : path
        Folder of models (`fireanalysis.loaders.kept`).
    device : str
        "auto" (a GPU if there is one), "cpu" or "cuda".

    on_epoch : callable, optional
        Is given the history so far after each epoch (`fireanalysis.widgets.LiveCurves.update`), or the whole one if
        the store has it.

    Raises
    ------
    DataError
        For pictures of several sizes, or no foreground in the training part; or if the store is damaged.
    ParameterError
        If training diverges, the device is not there, or the GPU's memory does not suffice.
    RunError
        If the store cannot be written.
    """
    device = device_of(device)
    pixels = _check_pictures(train, validation)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = _built(recipe, weights=recipe.weights)
        with kept(store, "models", made_from(model, train, validation, recipe)) as entry:
            loaded = entry.done
            if not loaded:
                _train(model, train, validation, recipe, entry.folder, store, device, on_epoch)
                entry.finish()
            result = read_result(entry.folder)
    if loaded and on_epoch is not None:
        on_epoch(pd.DataFrame(result["history"]))
    model.load_state_dict(result["state"], strict=False)  # a frozen encoder is not in it
    return SegmentationFit(
        model.to(device).eval(),
        recipe,
        pixels,
        pd.DataFrame(result["history"]),
        result["chosen_epoch"],
        _learning(model),
        str(model.weights_used),
        result["seconds"],
        loaded,
        device,
        {},
    )


def keep_encoder_features(
    pictures: Pictures,
    encoder: nn.Module,
    *,
    store: str | os.PathLike[str],
    device: str = "auto",
    batch_size: int = 32,
) -> NDArray[np.float16]:
    """Give what a frozen encoder makes of each picture, made once and memory-mapped from then on.

    Parameters
    ----------
    pictures : DataSet of Example
        Of one size.
    encoder : Module
        `fireanalysis.models.Encoder`.

    Returns
    -------
    float16 (n, channels, rows / 32, columns / 32)

    Raises
    ------
    RunError
        If the store cannot be written.
    """
    made_from = {"pictures": pictures.fingerprint(), "encoder": state_digest(encoder.cpu())}
    name = "features.npy"
    with kept(store, "encoder_features", made_from) as entry:
        if not entry.done:
            device = device_of(device)
            rows = _encoded(pictures, encoder.to(device), device, batch_size)
            first = next(rows)
            shape = first.shape

            def every() -> Iterator[NDArray]:
                yield first
                yield from rows

            entry.write_array(name, every(), count=len(pictures), shape=shape, dtype="float16")
            entry.finish()
        return opened(entry.folder / name)


def _encoded(pictures: Pictures, encoder: nn.Module, device: str, batch_size: int) -> Iterator[NDArray]:
    for start in range(0, len(pictures), batch_size):
        images, _ = stacked(pictures, np.arange(start, min(start + batch_size, len(pictures))))
        inputs = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255
        yield from encoder(inputs.contiguous()).half().cpu().numpy()


class _Batches(Dataset):
    """Whole batches by their row numbers: pictures (or their features) and masks."""

    def __init__(self, pictures: Pictures, features: NDArray[np.float16] | None = None) -> None:
        self._pictures, self._features = pictures, features

    def __getitem__(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        images, masks = stacked(self._pictures, rows)
        if self._features is not None:
            return torch.from_numpy(self._features[rows]), torch.from_numpy(masks)
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(masks)


def _loader(data: _Batches, *, count: int, batch_size: int, shuffle_seed: int | None = None) -> DataLoader:
    order = Order(count, batch_size=batch_size, shuffle_seed=shuffle_seed)
    return DataLoader(data, sampler=order, batch_size=None, generator=torch.Generator())


def _train(
    model: nn.Module,
    train: Pictures,
    validation: Pictures,
    recipe: SegmentationRecipe,
    folder: Path,
    store: str | os.PathLike[str],
    device: str,
    on_epoch: OnEpoch | None,
) -> None:
    """Train and leave ``result.pt``."""
    learns: nn.Module = model
    features: list[NDArray[np.float16] | None] = [None, None]
    if recipe.network == "transfer" and not recipe.augment:
        assert isinstance(model.decoder, nn.Module) and isinstance(model.encoder, nn.Module)
        learns = model.decoder
        features = [
            keep_encoder_features(part, model.encoder, store=store, device=device)
            for part in (train, validation)
        ]
    loaders = (
        _loader(
            _Batches(train, features[0]),
            count=len(train),
            batch_size=recipe.batch_size,
            shuffle_seed=recipe.seed,
        ),
        _loader(_Batches(validation, features[1]), count=len(validation), batch_size=recipe.batch_size),
    )
    module = Segmenter(learns, recipe, steps=len(loaders[0]))
    chosen, seconds = run_training(
        module,
        *loaders,
        folder=folder,
        device=device,
        precision=recipe.precision,
        epochs=recipe.epochs,
        on_epoch=on_epoch,
    )
    prefix = "network."
    within = "decoder." if learns is not model else ""
    state = {
        within + name.removeprefix(prefix): value
        for name, value in chosen["state_dict"].items()
        if name.startswith(prefix)
    }
    result = {
        "state": state,
        "history": module.history,
        "chosen_epoch": chosen["epoch"] + 1,
        "seconds": seconds,
    }
    write_result(folder, result)


def _built(recipe: SegmentationRecipe, *, weights: str) -> nn.Module:
    return segmenter(
        recipe.network,
        encoder=recipe.encoder,
        width=recipe.width,
        kernel=recipe.kernel,
        filters=recipe.filters,
        activation=recipe.activation,
        alpha=recipe.alpha,
        batch_norm=recipe.batch_norm,
        weights=weights,
    )


def _rebuilt(content: dict[str, Any]) -> tuple[nn.Module, SegmentationRecipe]:
    settings = {**content["recipe"], "augment": tuple(content["recipe"]["augment"])}
    recipe = SegmentationRecipe(**settings)
    model = _built(recipe, weights="none")
    model.load_state_dict(content["state"])
    return model, recipe


def _learning(model: nn.Module) -> int:
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)


def _check_pictures(train: Pictures, validation: Pictures) -> int:
    shapes = {part[0].image.shape for part in (train, validation)}
    if len(shapes) > 1:
        raise DataError(
            f"pictures are of several sizes: {', '.join(map(str, sorted(shapes)))}",
            where=train.name,
            do="bring them to one (loaders.keep_pictures)",
        )
    rows, columns, _ = shapes.pop()
    _check_sides((rows, columns), where=train.name)
    if "foreground_share" in train.table and not (train.table["foreground_share"] > 0).any():
        what = f"none of {len(train)} masks has any foreground"
        raise DataError(what, where=train.name, do="look at the masks: fireanalysis check FOLDER")
    return int(columns)


def _check_sides(sides: tuple[int, ...], *, where: str) -> None:
    if any(side % STRIDE or not side for side in sides):
        raise ParameterError(
            f"pictures are of {' × '.join(map(str, sides))} pixels; both must be multiples of {STRIDE}",
            where=where,
            do="pass pixels=128 or 256 to loaders.keep_pictures",
        )
