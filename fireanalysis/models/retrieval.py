"""Networks that turn a picture of any size into one descriptor: convolutions, pooled over the whole picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.vgg import cfgs, make_layers

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import whole

from .backbones import backbone
from .padding import inside, level_sizes, masked
from .segmentation import _IMAGENET, _TENSORFLOW, _settle

Pooling = Literal["mac", "spoc", "gem", "codes"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
"""What `embedder` makes a descriptor of a network's last maps by."""

_LEAST = 32  # rows and columns: a smaller picture vanishes where it is halved five times
_MOST = 2**24  # pixels of a picture: VGG16's first layers alone take 256 bytes for each
_CODES_SIDE = 224  # rows and columns that neural codes squash every picture to


class _Parts(NamedTuple):
    trunk: nn.Sequential  # the convolutions
    codes: nn.Module | None  # the first fully connected layer, and what stands before it
    weights_used: str


def _vgg16(weights: str | os.PathLike[str], width: float) -> _Parts:
    if width == 1:
        net: Any = backbone("vgg16", classes=1000, pixels=224, channels=3, weights=weights)
        trunk, first, used = net.features, net.classifier[0], str(net.weights_used)
    else:
        layers = [part if part == "M" else max(1, round(int(part) * width)) for part in cfgs["D"]]
        trunk, used = make_layers(layers), "none"
        first = nn.Linear(49 * int(layers[-2]), max(1, round(4096 * width)))
    return _Parts(trunk, nn.Sequential(nn.AdaptiveAvgPool2d(7), nn.Flatten(), first, nn.ReLU()), used)


def _resnet(name: str) -> Callable[[str | os.PathLike[str], float], _Parts]:
    def build(weights: str | os.PathLike[str], width: float) -> _Parts:
        net: Any = backbone(name, classes=1000, pixels=224, channels=3, weights=weights, width=width)
        *trunk, pool, head = net.children()
        return _Parts(nn.Sequential(*trunk), nn.Sequential(pool, nn.Flatten(), head), str(net.weights_used))

    return build


def _lite0(weights: str | os.PathLike[str], width: float) -> _Parts:
    """Up to its last convolution: notebook 41 measures its other stages, too."""
    net: Any = backbone("efficientnet_lite0", classes=1000, pixels=224, channels=3, weights=weights)
    trunk = nn.Sequential(net.conv_stem, net.bn1, *net.blocks, net.conv_head, net.bn2)
    return _Parts(trunk, nn.Sequential(net.global_pool, net.classifier), str(net.weights_used))


def _small(weights: str | os.PathLike[str], width: float) -> _Parts:
    """Four convolutions for drawings and tests; group normalisation, so that a descriptor is one picture's own."""
    layers: list[nn.Module] = []
    channels = 3
    for place, filters in enumerate([64, 128, 128, 256]):
        filters = max(8, round(filters * width / 8) * 8)
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.GroupNorm(8, filters), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if place < 3 else []
        channels = filters
    return _Parts(nn.Sequential(*layers), None, "none")


class _Network(NamedTuple):
    build: Callable[[str | os.PathLike[str], float], _Parts]
    step: int  # sides of a picture are brought to multiples of this
    colours: Any  # mean and spread of the pictures it learned from
    scalable: bool  # can be narrower
    up: bool  # rounds up where it halves an odd side
    # A padded batch gives each picture its own descriptor if its sides are multiples of this. TensorFlow's "same"
    # padding of Lite0 depends on whether a side is even; group normalisation sees the whole array (0: never).
    exact: int


_NETWORKS = {
    "vgg16": _Network(_vgg16, 8, _IMAGENET, scalable=True, up=False, exact=1),
    "resnet18": _Network(_resnet("resnet18"), 1, _IMAGENET, scalable=True, up=True, exact=1),
    "resnet50": _Network(_resnet("resnet50"), 1, _IMAGENET, scalable=True, up=True, exact=1),
    "efficientnet_lite0": _Network(_lite0, 32, _TENSORFLOW, scalable=False, up=True, exact=32),
    "small": _Network(_small, 1, _TENSORFLOW, scalable=True, up=False, exact=0),
}
EMBEDDERS = tuple(_NETWORKS)
"""Networks that `embedder` knows."""


class Embedder(nn.Module):
    """Convolutions, pooled over the picture to a descriptor of length 1.

    Pictures are float (n, 3, h, w), 0 to 1. If they differ in size, each lies in the upper left corner of its array
    (`padded_batch`), and `sizes`, int (n, 2), says how many rows and columns are its own. What lies beyond is set to
    0 before every convolution and pooling, as if the picture ended there: it gets the descriptor it has alone. To
    leave the padding out of the last maps only is not the same: by then it has come in over the border.

    Attributes
    ----------
    network, pooling, weights_used : str
    dimensions : int
        Of a descriptor.
    step : int
        Sides of a picture are best multiples of this.
    exact : int
        With sides that are multiples of this a padded batch gives each picture its own descriptor; 0: never.

    Raises
    ------
    ParameterError
        For pictures of another shape or type or above 16 million pixels; for sizes that do not fit, or with which
        this network cannot be exact.

    Notes
    -----
    VGG16 ends with its last pooling layer, as in the authors' programs (the paper says: after the last convolution);
    EfficientNet-Lite0 with its last convolution (1,280 channels), after its activation.
    Pictures of fewer than 32 rows or columns are padded to 32 with the mean colour. Neural codes squash every
    picture to a square.

    Source: §IV-A (MAC: Tolias et al. 2016); Table IV (neural codes: Babenko et al. 2014; SPoC: Babenko and Lempitsky
    2015, with its centre prior: a Gaussian whose σ is a third of the way from the centre to the nearest border).
    GeM: Radenović et al. 2019.
    """

    mean: Tensor
    std: Tensor
    side: Tensor

    def __init__(self, network: str, pooling: Pooling, parts: _Parts, *, side: int) -> None:
        super().__init__()
        about = _NETWORKS[network]
        self.network, self.pooling, self.weights_used = network, pooling, parts.weights_used
        self.step, self._up, self.exact = about.step, about.up, about.exact
        self.features = parts.trunk
        self.codes = parts.codes if pooling == "codes" else None
        if pooling == "codes":  # a buffer, for it decides the descriptor as weights do
            self.register_buffer("side", torch.tensor(side))
        self.power = nn.Parameter(torch.tensor(3.0)) if pooling == "gem" else None
        self.register_buffer("mean", torch.tensor(about.colours[0])[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(about.colours[1])[:, None, None], persistent=False)
        if self.weights_used.startswith("none"):
            _settle(self.features)
        self.train(False)
        with torch.no_grad():
            maps = self.maps(torch.zeros(1, 3, _LEAST, _LEAST))
            self.dimensions = (maps if self.codes is None else self.codes(maps)).shape[1]

    def train(self, mode: bool = True) -> Embedder:
        """Learn, but leave batch statistics as they are: a picture's descriptor must not depend on its batch."""
        super().train(mode)
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self

    def maps(self, pictures: Tensor, sizes: Tensor | None = None) -> Tensor:
        """Give the last maps, (n, channels, rows, columns): what each channel finds where."""
        _check_pictures(pictures)
        standard = (pictures - self.mean) / self.std
        if sizes is not None:
            self._check_sizes(sizes, pictures)
            standard = standard * inside(sizes, standard.shape[-2:])
        missing = [max(0, _LEAST - side) for side in standard.shape[-2:]]
        standard = functional.pad(standard, (0, missing[1], 0, missing[0]))
        if sizes is None:
            return self.features(standard)
        levels = self._levels(sizes, standard.shape[-2:])
        with masked(self.features, {shape: inside(own, shape) for shape, own in levels.items()}):
            return self.features(standard)

    def pooled(self, pictures: Tensor, sizes: Tensor | None = None) -> Tensor:
        """Give descriptors as they are pooled: float32 (n, dimensions)."""
        if self.codes is not None:
            _check_pictures(pictures)
            return self.codes(self.maps(_squashed(pictures, sizes, int(self.side)))).float()
        maps = self.maps(pictures, sizes).float()
        rows, columns = maps.shape[-2:]
        if sizes is None:
            own = torch.tensor([[rows, columns]], device=maps.device)
        else:
            own = self._levels(sizes, [max(_LEAST, side) for side in pictures.shape[-2:]])[rows, columns]
        return self._pool(maps, own)

    def forward(self, pictures: Tensor, sizes: Tensor | None = None) -> Tensor:
        """Give descriptors of length 1: float32 (n, dimensions)."""
        return functional.normalize(self.pooled(pictures, sizes))

    def _levels(self, sizes: Tensor, shape: Any) -> dict[tuple[int, int], Tensor]:
        return level_sizes(sizes.clamp(min=_LEAST), shape, up=self._up)

    def _pool(self, maps: Tensor, own: Tensor) -> Tensor:
        """Pool what is inside (n or 1, rows and columns)."""
        within = inside(own, maps.shape[-2:])
        if self.pooling == "mac":
            return maps.masked_fill(~within, -torch.inf).amax((2, 3))
        if self.power is not None:
            raised = maps.clamp(min=1e-6).pow(self.power) * within
            return (raised.sum((2, 3)) / own.prod(1, keepdim=True)).pow(1 / self.power)
        return (maps * _centre_prior(own, maps.shape[-2:]) * within).sum((2, 3))

    def _check_sizes(self, sizes: Tensor, pictures: Tensor) -> None:
        where = f"Embedder {self.network}"
        shape = (len(pictures), 2)
        largest = torch.tensor(pictures.shape[-2:], device=sizes.device)
        if sizes.shape != shape or bool(((sizes < 1) | (sizes > largest)).any()):
            what = f"sizes of shape {tuple(sizes.shape)}, up to {tuple(sizes.amax(0).tolist())}"
            do = f"pass int {shape}, rows and columns of each from 1 to {tuple(largest.tolist())}"
            raise ParameterError(what, where=where, do=do)
        if not self.exact or bool((sizes % self.exact).any()):
            what = f"a padded batch of {self.network} cannot give each picture its own descriptor"
            do = f"resize_longer(step={self.exact})" if self.exact else "one picture, or one size, at a time"
            raise ParameterError(f"{what} at these sizes", where=where, do=f"use {do}")


def _check_pictures(pictures: Tensor) -> None:
    where = "Embedder"
    if not pictures.is_floating_point() or pictures.ndim != 4 or pictures.shape[1] != 3:
        what = f"pictures are {pictures.dtype} of shape {tuple(pictures.shape)}"
        do = "pass float (n, 3, rows, columns) from 0 to 1; `padded_batch` makes it of RGB pictures"
        raise ParameterError(what, where=where, do=do)
    rows, columns = pictures.shape[-2:]
    if not 0 < rows * columns <= _MOST:
        what = f"pictures of {rows:,} × {columns:,} pixels; 1 to {_MOST:,} pixels can be had"
        raise ParameterError(what, where=where, do="bring them to a smaller size with `resize_longer` first")


def _squashed(pictures: Tensor, sizes: Tensor | None, side: int) -> Tensor:
    """Bring pictures, each from its own size, to squares, whatever that does to their proportions."""
    own = (
        [pictures]
        if sizes is None
        else [
            picture[None, :, :rows, :columns]
            for picture, (rows, columns) in zip(pictures, sizes.tolist(), strict=True)
        ]
    )
    small = [
        functional.interpolate(part.float(), (side, side), mode="bilinear", antialias=True) for part in own
    ]
    return torch.cat(small).to(pictures.dtype)


def _centre_prior(own: Tensor, shape: Any) -> Tensor:
    """Weigh each cell by how near it is to its picture's centre: (n, 1, rows, columns)."""
    rows, columns = (torch.arange(side, device=own.device) for side in shape)
    from_centre = (own[:, :, None] - 1) / 2
    square = (rows - from_centre[:, :1]).square()[:, 0, :, None] + (columns - from_centre[:, 1:]).square()
    sigma = own.amin(1)[:, None, None] / 6
    return torch.exp(-square / (2 * sigma.square()))[:, None]


def embedder(
    network: str = "vgg16",
    *,
    pooling: Pooling = "mac",
    weights: str | os.PathLike[str] = "auto",
    width: float = 1.0,
    side: int = _CODES_SIDE,
) -> Embedder:
    """Build a network that describes pictures of any size by one vector each.

    Parameters
    ----------
    network : str
        One of `EMBEDDERS`: "vgg16" up to its last pooling layer (the paper's), "resnet18", "resnet50",
        "efficientnet_lite0", "small" (four convolutions, never pre-trained).
    pooling : {"mac", "spoc", "gem", "codes"}
        What becomes of each channel: its largest response; their sum, weighed by how near to the centre; their
        generalised mean (to the power of 3 at first: it can be learned). Or neural codes: what the first fully
        connected layer says of the picture squashed to a square, of which every network but VGG16 has only one,
        that of the 1000 classes.
    weights : {"auto", "imagenet", "none"} or path
        As in `backbone`.
    width : float
        Share of the channels; below 1 there are no ImageNet weights.
    side : int
        Rows and columns of that square; 224 is what the networks learned on.

    Raises
    ------
    ParameterError, DataError
        For an unknown name, or weights that cannot be had (`backbone`).

    Examples
    --------
    >>> model = embedder("small", weights="none", width=0.25)
    >>> model(torch.zeros(2, 3, 40, 64)).shape, model.weights_used
    (torch.Size([2, 64]), 'none')
    """
    where = "embedder"
    for name, value, there in (("network", network, EMBEDDERS), ("pooling", pooling, POOLINGS)):
        if value not in there:
            do = f"choose one of {', '.join(map(repr, there))}"
            raise ParameterError(f"{name} is {value!r}", where=where, do=do)
    about = _NETWORKS[network]
    if not 0 < width <= 1 or (width != 1 and not about.scalable):
        what = f"width is {width!r}; {network} allows {'0 to 1' if about.scalable else 'only 1'}"
        raise ParameterError(what, where=where, do="pass width=1")
    if weights not in ("auto", "none") and (width != 1 or network == "small"):
        what = f"there are no weights {str(weights)!r} for {network} of width {width:g}"
        raise ParameterError(what, where=where, do='pass "auto" or "none"')
    side = whole(side, name="side", where=where, least=_LEAST, most=2**12)
    parts = about.build(weights, width)
    if pooling == "codes" and parts.codes is None:
        what = f"{network} has no fully connected layer, so no neural codes"
        raise ParameterError(what, where=where, do="choose another pooling or network")
    return Embedder(network, pooling, parts, side=side)
