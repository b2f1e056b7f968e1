"""Networks that turn a picture of any size into one descriptor: convolutions, pooled over the whole picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.vgg import cfgs, make_layers

from fireanalysis.errors import DataError, ParameterError

from .backbones import backbone
from .segmentation import _IMAGENET, _TENSORFLOW, _settle

Pooling = Literal["mac", "spoc", "gem"]


class _Trunk(nn.Sequential):
    """The convolutions of a network, and what it says of itself."""

    weights_used: str


def _vgg16(weights: str | os.PathLike[str], width: float) -> _Trunk:
    if width == 1:
        whole = backbone("vgg16", classes=1000, pixels=224, channels=3, weights=weights)
        trunk = _Trunk(*whole.features)  # type: ignore[misc]
        trunk.weights_used = str(whole.weights_used)
        return trunk
    layers = [part if part == "M" else max(1, round(int(part) * width)) for part in cfgs["D"]]
    trunk = _Trunk(*make_layers(layers))
    trunk.weights_used = f"none (no ImageNet weights for width {width:g})"
    return trunk


def _resnet(name: str) -> Callable[..., _Trunk]:
    def build(weights: str | os.PathLike[str], width: float) -> _Trunk:
        whole = backbone(name, classes=1000, pixels=224, channels=3, weights=weights, width=width)
        trunk = _Trunk(*list(whole.children())[:-2])  # without pooling and head
        trunk.weights_used = str(whole.weights_used)
        return trunk

    return build


def _lite0(weights: str | os.PathLike[str], width: float) -> _Trunk:
    whole: Any = backbone("efficientnet_lite0", classes=1000, pixels=224, channels=3, weights=weights)
    trunk = _Trunk(whole.conv_stem, whole.bn1, *whole.blocks, whole.conv_head, whole.bn2)
    trunk.weights_used = str(whole.weights_used)
    return trunk


def _small(weights: str | os.PathLike[str], width: float) -> _Trunk:
    """Four convolutions for drawings and tests; group normalisation, so that a descriptor is one picture's own."""
    layers: list[nn.Module] = []
    channels = 3
    for place, filters in enumerate([64, 128, 128, 256]):
        filters = max(8, round(filters * width / 8) * 8)
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.GroupNorm(8, filters), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if place < 3 else []
        channels = filters
    trunk = _Trunk(*layers)
    trunk.weights_used = "none"
    return trunk


# How it is built, multiples its sides must be of, what it learned to see as mean and spread, may be narrower.
_NETWORKS: dict[str, tuple[Callable[..., _Trunk], int, Any, bool]] = {
    "vgg16": (_vgg16, 8, _IMAGENET, True),
    "resnet18": (_resnet("resnet18"), 1, _IMAGENET, True),
    "resnet50": (_resnet("resnet50"), 1, _IMAGENET, True),
    "efficientnet_lite0": (_lite0, 32, _TENSORFLOW, False),
    "small": (_small, 1, _TENSORFLOW, True),
}
EMBEDDERS = tuple(_NETWORKS)
"""Networks that `embedder` knows."""


class Embedder(nn.Module):
    """Convolutions, pooled over the picture to a descriptor of length 1.

    Attributes
    ----------
    network, pooling, weights_used : str
    dimensions : int
        Of a descriptor.
    step : int
        Sides of a picture are multiples of this.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: str, pooling: Pooling, trunk: _Trunk, *, step: int, colours: Any) -> None:
        super().__init__()
        self.network, self.pooling, self.step = network, pooling, step
        self.features, self.weights_used = trunk, trunk.weights_used
        self.register_buffer("mean", torch.tensor(colours[0])[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(colours[1])[:, None, None], persistent=False)
        if self.weights_used.startswith("none"):
            _settle(self.features)
        with torch.no_grad():
            self.dimensions = self.pooled(torch.zeros(1, 3, 64, 64)).shape[1]
        self.train(False)

    def train(self, mode: bool = True) -> Embedder:
        """Learn, but leave batch statistics as they are: a picture's descriptor must not depend on its batch."""
        super().train(mode)
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self

    def pooled(self, pictures: Tensor) -> Tensor:
        """Give descriptors as they are pooled: float (n, 3, h, w), 0 to 1, in; (n, dimensions) out."""
        maps = self.features((pictures - self.mean) / self.std).float()
        if self.pooling == "mac":
            return maps.amax((2, 3))
        if self.pooling == "gem":
            return maps.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)
        return maps.sum((2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        """Give descriptors of length 1: float (n, 3, h, w), 0 to 1, in; float32 (n, dimensions) out."""
        return functional.normalize(self.pooled(pictures))


def embedder(
    network: str = "vgg16",
    *,
    pooling: Pooling = "mac",
    weights: str | os.PathLike[str] = "auto",
    width: float = 1.0,
) -> Embedder:
    """Build a network that describes pictures of any size by one vector each.

    Parameters
    ----------
    network : str
        One of `EMBEDDERS`: "vgg16" up to its last pooling layer (the paper's), "resnet18", "resnet50",
        "efficientnet_lite0", "small" (four convolutions, never pre-trained).
    pooling : {"mac", "spoc", "gem"}
        Largest, summed, or generalised mean (p = 3) response of each channel.
    weights : {"auto", "imagenet", "none"} or path
        As in `backbone`.
    width : float
        Share of the channels; below 1 there are no ImageNet weights.

    Raises
    ------
    ParameterError, DataError
        For an unknown name, or weights that cannot be had (`backbone`).

    Notes
    -----
    Source: §IV-A; MAC is Tolias et al. 2016.

    Examples
    --------
    >>> model = embedder("small", weights="none", width=0.25)
    >>> model(torch.zeros(2, 3, 40, 64)).shape, model.weights_used
    (torch.Size([2, 64]), 'none')
    """
    where = "embedder"
    for name, value, there in (("network", network, EMBEDDERS), ("pooling", pooling, get_args(Pooling))):
        if value not in there:
            raise ParameterError(
                f"{name} is {value!r}", where=where, do=f"choose one of {', '.join(map(repr, there))}"
            )
    build, step, colours, scalable = _NETWORKS[network]
    if not 0 < width <= 1 or (width != 1 and not scalable):
        what = f"width is {width!r}; {network} allows {'0 to 1' if scalable else 'only 1'}"
        raise ParameterError(what, where=where, do="pass width=1")
    if width != 1 and weights == "imagenet":
        raise DataError(
            f"no ImageNet weights for {network} of width {width:g}", where=where, do="pass width=1"
        )
    return Embedder(network, pooling, build(weights, width), step=step, colours=colours)
