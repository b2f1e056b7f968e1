"""Networks that say for each pixel whether it shows a firearm: the paper's two kinds, and today's U-Nets."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import positive, whole

from .backbones import backbone

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_TENSORFLOW = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
# Channels of the last features, and the mean and standard deviation of the pictures it learned from.
_ENCODERS = {
    "efficientnet_b0": (1280, _IMAGENET),
    "mobilenet_v2": (1280, _IMAGENET),
    "densenet121": (1024, _IMAGENET),
    "efficientnet_lite0": (1280, _TENSORFLOW),
}
_SKIP_ENCODERS = {
    "efficientnet_lite0": "tu-tf_efficientnet_lite0",
    "mobilenet_v2": "mobilenet_v2",
    "densenet121": "densenet121",
    "resnet18": "resnet18",
}
ENCODERS = tuple(_ENCODERS)
"""Encoders that `Encoder` knows."""

ACTIVATIONS = ("relu", "leaky_relu", "elu")
STRIDE = 32
"""Rows and columns of a picture must be a multiple of this."""


class Encoder(nn.Module):
    """A network's convolutions, trained on ImageNet or not, and frozen: it never learns.

    Parameters
    ----------
    name : str
        One of `ENCODERS`.
    weights : {"auto", "imagenet", "none"} or path
        As in `backbone`.

    Attributes
    ----------
    channels : int
        Of its features.
    weights_used : str

    Raises
    ------
    ParameterError, DataError
        As `backbone`.

    Notes
    -----
    A random encoder gets its batch statistics from noise once; frozen at their start values it would give zeros.

    Source: segmentation paper, "Transfer Learning Models": Keras's networks without their top. EfficientNet-Lite0 is
    added because its ImageNet weights come as a package from the index that everything else comes from.

    Examples
    --------
    >>> encoder = Encoder("mobilenet_v2", weights="none")
    >>> encoder(torch.zeros(1, 3, 64, 96)).shape, encoder.weights_used
    (torch.Size([1, 1280, 2, 3]), 'none')
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, *, weights: str | os.PathLike[str] = "auto") -> None:
        super().__init__()
        _known(name, ENCODERS, what="encoder")
        self.channels, (mean, std) = _ENCODERS[name]
        whole_network = backbone(name, classes=1000, pixels=224, channels=3, weights=weights)
        self.weights_used: str = whole_network.weights_used  # type: ignore[assignment]
        self.features = _convolutions(whole_network)
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)
        if self.weights_used.startswith("none"):
            _settle(self.features)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Encoder:
        """Stay frozen: batch normalisation, too, keeps what it learned."""
        return super().train(False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Give the last features: float (n, 3, rows, columns), 0 to 1, in; (n, channels, rows/32, columns/32) out."""
        with torch.no_grad():
            return self.features((pictures - self.mean) / self.std)


def _settle(features: nn.Module) -> None:
    """Let batch normalisation measure noise: at its start values a random network's numbers shrink to nothing."""
    norms = [layer for layer in features.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # an average over all that is seen
    with torch.no_grad():
        features.train()(torch.randn(8, 3, 64, 64))


def _convolutions(network: nn.Module) -> nn.Module:
    features = dict(network.named_children()).get("features")
    if features is None:
        return _Forward(network)  # timm's
    # torchvision's DenseNet has its last ReLU outside its features.
    return nn.Sequential(features, nn.ReLU()) if hasattr(features, "norm5") else features


class _Forward(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        network.reset_classifier(0)  # type: ignore[operator]
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network.forward_features(pictures)  # type: ignore[operator]


class Decoder(nn.Sequential):
    """The paper's decoder without skip connections: 5 × doubling, k × k convolutions of f, 2f | 2f, 4f | 4f | 4f.

    Parameters
    ----------
    channels : int
        Of the encoder's features.
    kernel : int
        3, 4 or 5 in the paper.
    filters : int
        f: 2, 4 or 8 in the paper.
    activation : {"relu", "leaky_relu", "elu"}
    alpha : float
        Slope of the leaky ReLU (0.01, 0.1, 0.2 in the paper) or scale of ELU (1).
    batch_norm : bool
        With Keras's settings (momentum 0.99, epsilon 0.001).

    Raises
    ------
    ParameterError
        For a value out of range.

    Notes
    -----
    Source: segmentation paper, "The Model's Architecture" and its notebooks: nearest-neighbour doubling, "same"
    padding, a 1 × 1 convolution and a sigmoid at the end. Here the sigmoid is left to the loss.

    Examples
    --------
    >>> decoder = Decoder(1280, kernel=3, filters=2, activation="relu", batch_norm=True)
    >>> sum(weights.numel() for weights in decoder.parameters())
    24807
    >>> decoder(torch.zeros(1, 1280, 2, 3)).shape
    torch.Size([1, 1, 64, 96])
    """

    def __init__(
        self,
        channels: int,
        *,
        kernel: int = 3,
        filters: int = 8,
        activation: str = "relu",
        alpha: float = 0.01,
        batch_norm: bool = True,
    ) -> None:
        kernel = whole(kernel, name="kernel", where="Decoder", least=1, most=15)
        filters = whole(filters, name="filters", where="Decoder", least=1, most=512)
        layers: list[nn.Module] = []
        for group in ((1, 2), (2, 4), (4,), (4,)):
            layers.append(nn.Upsample(scale_factor=2))
            for times in group:
                layers += _convolved(channels, times * filters, kernel, activation, alpha, batch_norm)
                channels = times * filters
        super().__init__(*layers, nn.Upsample(scale_factor=2), nn.Conv2d(channels, 1, 1))
        self.apply(_as_keras)


def _convolved(
    channels: int, out: int, kernel: int, activation: str, alpha: float, batch_norm: bool
) -> list[nn.Module]:
    """Convolve with "same" padding, then normalise and activate."""
    before = (kernel - 1) // 2  # an even kernel has one more row and column behind
    padding = nn.ZeroPad2d((before, kernel - 1 - before) * 2)
    norm: list[nn.Module] = [nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)] if batch_norm else []
    return [padding, nn.Conv2d(channels, out, kernel), *norm, _activation(activation, alpha)]


def _activation(name: str, alpha: float) -> nn.Module:
    _known(name, ACTIVATIONS, what="activation")
    positive(alpha, name="alpha", where=f"activation {name}", included=True)
    made: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(alpha),
        "elu": lambda: nn.ELU(alpha),
    }
    return made[name]()


def _as_keras(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


class _Transfer(nn.Module):
    """A frozen encoder and the paper's decoder."""

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decoder(self.encoder(pictures))


class _UNet(nn.Module):
    """Four times down and up again, two 3 × 3 convolutions at each size, skip connections between equal sizes."""

    def __init__(self, *, channels: int, activation: str, alpha: float, batch_norm: bool) -> None:
        super().__init__()

        def twice(inputs: int, out: int) -> nn.Sequential:
            first, second = (_convolved(n, out, 3, activation, alpha, batch_norm) for n in (inputs, out))
            return nn.Sequential(*first, *second)

        sizes = [channels * 2**level for level in range(5)]
        pairs = list(pairwise(sizes))
        self.down = nn.ModuleList([twice(3, channels), *(twice(fine, coarse) for fine, coarse in pairs)])
        self.up = nn.ModuleList([twice(coarse + fine, fine) for fine, coarse in reversed(pairs)])
        self.last = nn.Conv2d(channels, 1, 1)
        self.apply(_as_keras)

    def forward(self, pictures: Tensor) -> Tensor:
        seen = [self.down[0](pictures)]
        for layers in self.down[1:]:
            seen.append(layers(nn.functional.max_pool2d(seen[-1], 2)))
        found = seen.pop()
        for layers in self.up:
            doubled = nn.functional.interpolate(found, scale_factor=2.0)
            found = layers(torch.cat([doubled, seen.pop()], dim=1))
        return self.last(found)


class _SkipUNet(nn.Module):
    """segmentation-models-pytorch's U-Net, which standardises its pictures itself."""

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: str, weights: str | os.PathLike[str]) -> None:
        super().__init__()
        self.network = smp.Unet(
            _SKIP_ENCODERS[encoder], encoder_weights=None, decoder_channels=(128, 64, 32, 16, 16)
        )
        mean, std = _ENCODERS.get(encoder, (0, _IMAGENET))[1]
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)
        self.weights_used = _start_encoder(self.network.encoder, encoder, weights)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network((pictures - self.mean) / self.std)


def _start_encoder(encoder: nn.Module, name: str, weights: str | os.PathLike[str]) -> str:
    """Give the encoder of a U-Net the weights of the same network as a classifier."""
    if weights == "none":
        return "none"
    trained = backbone(name, classes=1000, pixels=224, channels=3, weights=weights)
    state = trained.state_dict()
    # timm's networks lie one level deeper in theirs.
    encoder.load_state_dict({key: state[key.removeprefix("model.")] for key in encoder.state_dict()})
    return str(trained.weights_used)


def segmenter(
    name: Literal["unet", "transfer", "skip_unet"],
    *,
    encoder: str = "efficientnet_lite0",
    width: float = 1.0,
    kernel: int = 3,
    filters: int = 8,
    activation: str = "relu",
    alpha: float = 0.01,
    batch_norm: bool = True,
    weights: str | os.PathLike[str] = "auto",
) -> nn.Module:
    """Build a network that finds firearms pixel by pixel.

    Parameters
    ----------
    name : str
        "unet": the simplified U-Net. "transfer": a frozen encoder and the paper's decoder. "skip_unet":
        segmentation-models-pytorch's U-Net with skip connections, whose encoder learns, too; its decoder has half
        the channels of its default.
    encoder : str
        Of "transfer" one of `ENCODERS`; of "skip_unet" "efficientnet_lite0", "mobilenet_v2", "densenet121" or
        "resnet18".
    width : float
        Share of the 16, 32, 64, 128, 256 channels of "unet".
    kernel, filters, activation, alpha, batch_norm
        As in `Decoder`; "unet" takes the last three.
    weights : {"auto", "imagenet", "none"} or path
        Of the encoder, as in `backbone`.

    Returns
    -------
    Module
        float32 (n, 3, rows, columns), 0 to 1, in (both multiples of 32); logits (n, 1, rows, columns) out. Its
        `weights_used` says in words what its encoder began from.

    Raises
    ------
    ParameterError
        For an unknown name or a value out of range.
    DataError
        If weights cannot be had.

    Notes
    -----
    Source: segmentation paper, "U-net model": "simplified" is not explained; ours has a quarter of the channels of
    Ronneberger's (assumed).

    Examples
    --------
    >>> network = segmenter("unet", width=0.25)
    >>> network(torch.zeros(2, 3, 64, 96)).shape, network.weights_used
    (torch.Size([2, 1, 64, 96]), 'none')
    """
    _known(name, ("unet", "transfer", "skip_unet"), what="network")
    if name == "transfer":
        frozen = Encoder(encoder, weights=weights)
        decoder = Decoder(
            frozen.channels,
            kernel=kernel,
            filters=filters,
            activation=activation,
            alpha=alpha,
            batch_norm=batch_norm,
        )
        model: nn.Module = _Transfer(frozen, decoder)
        used = frozen.weights_used
    elif name == "skip_unet":
        _known(encoder, tuple(_SKIP_ENCODERS), what="encoder")
        model = _SkipUNet(encoder, weights)
        used = model.weights_used
    else:
        share = positive(width, name="width", where="segmenter unet")
        model = _UNet(
            channels=max(1, round(16 * share)), activation=activation, alpha=alpha, batch_norm=batch_norm
        )
        used = "none"
    model.weights_used = used  # type: ignore[assignment]
    return model


def patch_discriminator(*, channels: int = 16) -> nn.Module:
    """Build a network that tells a drawn mask from a network's, patch by patch, beside the picture.

    Returns
    -------
    Module
        float32 (n, 4, rows, columns) in, the picture and its mask; logits (n, 1, rows/8, columns/8) out.

    Notes
    -----
    Source: the segmentation paper discusses GANs ("Interpretation") and shows none. This is the discriminator of
    Isola et al. 2017 (pix2pix) with fewer channels.

    Examples
    --------
    >>> patch_discriminator()(torch.zeros(2, 4, 64, 96)).shape
    torch.Size([2, 1, 8, 12])
    """
    layers: list[nn.Module] = []
    inputs = 4
    for out in (channels, 2 * channels, 4 * channels):
        layers += [nn.Conv2d(inputs, out, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        inputs = out
    return nn.Sequential(*layers, nn.Conv2d(inputs, 1, 3, padding=1))


def _known(name: str, names: tuple[str, ...], *, what: str) -> None:
    if name not in names:
        raise ParameterError(
            f"{what} is {name!r}; there are {', '.join(names)}", where="segmenter", do="pass one of them"
        )
