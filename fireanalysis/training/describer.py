"""A network that describes picture files for a search, and what a reader must know of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from fireanalysis.loaders import read_picture
from fireanalysis.models import Embedder, embedder
from fireanalysis.transforms import resize_longer

from .embedding import by_shape
from .embedding_fit import load_embedding_fit
from .trainer import state_digest

LONGER = 256
"""Longer side at which pictures are looked at by a network that was not trained here."""

_BATCH = 8  # VGG16's first layers take 75 MB a picture


class ReadPicture(NamedTuple):
    """A picture file, read to be described.

    Attributes
    ----------
    image : uint8 (rows, columns, 3)
        Brought to the describer's size.
    shape : tuple of int
        Rows and columns of the file.
    pixels : str
        The same for files that show the same pixels.
    notes : tuple of str
        Of `read_picture`.
    """

    image: NDArray[np.uint8]
    shape: tuple[int, int]
    pixels: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Describer:
    """A network and the size at which it looks at pictures.

    Attributes
    ----------
    model : Embedder
    longer : int
        Longer side of a picture.
    weights : str
        What the network began from.
    about : dict
        As `EmbeddingFit.save` kept it; empty for a network that was not trained here.
    loss : str
        By which it was trained here, if it was.
    """

    model: Embedder
    longer: int
    weights: str
    about: dict[str, Any]
    loss: str = ""

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides its descriptors: those of another are not to be compared with them."""
        model = self.model
        return {
            "network": model.network,
            "pooling": model.pooling,
            "dimensions": model.dimensions,
            "longer": self.longer,
            "state": state_digest(model),
        }

    def read(self, path: Path) -> ReadPicture:
        """Read a picture file.

        Raises
        ------
        DataError
            As `read_picture`.
        """
        found = read_picture(path)
        rows, columns = found.image.shape[:2]
        pixels = hashlib.sha256(f"{rows} {columns} ".encode() + found.image.tobytes()).hexdigest()[:20]
        image = resize_longer(found.image, longer=self.longer, step=self.model.step)
        return ReadPicture(image, (rows, columns), pixels, found.notes)

    def describe(self, pictures: list[ReadPicture]) -> NDArray[np.float32]:
        """Describe pictures, float32 (n, dimensions); those of one shape go through the network together."""
        found = np.empty((len(pictures), self.model.dimensions), np.float32)
        with torch.inference_mode():
            for places, group in by_shape([picture.image for picture in pictures]):
                for some, images in zip(places.split(_BATCH), group.split(_BATCH), strict=True):
                    scaled = (images.float() / 255).contiguous(memory_format=torch.channels_last)
                    found[some] = self.model(scaled).float().numpy()
        return found

    def said(self) -> tuple[str, ...]:
        """Say what a reader of its answers must know: what it learned from, and how often it is wrong."""
        about, model = self.about, self.model
        trained = "not trained for firearms"
        if self.loss:
            kinds = {"simulated": "SIMULATED pictures only", "real": "photographs"}
            source = kinds.get(about.get("source", ""), "an UNKNOWN source")
            trained = f"trained by the {self.loss} loss on {source}"
        lines = [
            f"{model.network}, {model.pooling}, {model.dimensions} numbers a picture of longer side {self.longer}; "
            f"weights: {self.weights}; {trained}"
        ]
        held_out = [str(line) for line in about.get("held_out", [])]
        lines += held_out or ["how often it is wrong is NOT KNOWN: no test was kept with it"]
        lines.append(
            "it narrows a search and identifies nobody: a list is always full, whatever is in the folder"
        )
        return tuple(lines)


def describer(network: str | os.PathLike[str] | None = None) -> Describer:
    """Give the network that describes pictures for a search.

    Parameters
    ----------
    network : path, optional
        Kept by `EmbeddingFit.save`. Default: EfficientNet-Lite0 with ImageNet weights and MAC, which knows nothing
        of firearms.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds another thing.

    Examples
    --------
    >>> describer().said()[1]
    'how often it is wrong is NOT KNOWN: no test was kept with it'
    """
    fast: Any = {"memory_format": torch.channels_last}  # 1.6 times as fast on a CPU
    if network is None:
        model = embedder("efficientnet_lite0").eval().to(**fast)
        return Describer(model, LONGER, model.weights_used, {})
    fit = load_embedding_fit(network, device="cpu")
    return Describer(
        fit.model.to(**fast), fit.recipe.longer, fit.weights, fit.about, fit.recipe.loss.replace("_", "-")
    )
