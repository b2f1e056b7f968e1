"""Descriptors against loops, the whole networks they are cut from, and one picture at a time."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from fireanalysis.errors import ParameterError
from fireanalysis.models import POOLINGS, Embedder, backbone, embedder, padded_batch

# Of each network sizes that it meets exactly in one batch: odd ones, a thin one, one below 32 rows.
SIZES = {
    "vgg16": [(63, 97), (80, 50), (33, 120), (17, 64)],
    "resnet18": [(63, 97), (80, 50), (33, 120), (17, 64)],
    "efficientnet_lite0": [(64, 96), (96, 64), (32, 128)],
}


@cache
def network(name: str, pooling: str = "mac") -> Embedder:
    torch.manual_seed(0)
    weights, width = ("imagenet", 1.0) if name == "efficientnet_lite0" else ("none", 0.125)
    return embedder(name, pooling=pooling, weights=weights, width=width)  # type: ignore[arg-type]


def noise(*sizes: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(1, 256, (*size, 3), dtype=np.uint8) for size in sizes]


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("name", SIZES)
def test_padded_batch_gives_each_picture_its_own_descriptor(name: str, pooling: str) -> None:
    model, pictures = network(name, pooling), noise(*SIZES[name])
    # What is beyond a picture must not matter, whatever it is.
    batch, sizes = padded_batch(pictures)
    batch += torch.rand(batch.shape) * (batch == 0)
    with torch.no_grad():
        together = model(batch, sizes)
        alone = torch.cat([model(padded_batch([picture])[0]) for picture in pictures])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", SIZES)
def test_padding_left_out_of_the_last_maps_only_comes_in_all_the_same(name: str) -> None:
    model, pictures = network(name), noise(*SIZES[name])
    batch, _ = padded_batch(pictures)
    batch = batch + model.mean * (
        batch == 0
    )  # zeros, once it is standardised: the best that can be done outside
    with torch.no_grad():
        alone = model(padded_batch(pictures[:1])[0])
        own = model.maps(padded_batch(pictures[:1])[0]).shape[-2:]
        late = model.maps(batch)[:1, :, : own[0], : own[1]].amax((2, 3))
    assert functional.cosine_similarity(late, alone).item() < 0.9999


def test_gradients_of_a_padded_batch_are_those_of_one_at_a_time() -> None:
    model, pictures = network("vgg16"), noise(*SIZES["vgg16"][:2])
    weight = model.features[0].weight
    batch, sizes = padded_batch(pictures)
    together = torch.autograd.grad(model(batch, sizes)[:, 0].sum(), weight)[0]
    alone = [torch.autograd.grad(model(padded_batch([p])[0])[:, 0].sum(), weight)[0] for p in pictures]
    torch.testing.assert_close(together, sum(alone), atol=1e-5, rtol=1e-4)


def test_a_padded_batch_leaves_no_hook_behind_even_if_it_fails() -> None:
    model = network("vgg16")
    batch, sizes = padded_batch(noise((40, 60), (60, 40)))
    with torch.no_grad():
        before = model(batch)
        model(batch, sizes)
        with pytest.raises(RuntimeError):
            model(batch.double(), sizes)  # its weights are float32
        assert torch.equal(model(batch), before)


def test_pooling_by_a_loop() -> None:
    pictures = padded_batch(noise((96, 160)))[0]
    with torch.no_grad():
        maps = network("vgg16").maps(pictures)[0].double().numpy()
    rows, columns = maps.shape[1:]
    assert (rows, columns) == (3, 5)  # halved five times: the last pooling layer is in
    expected = {"mac": [], "spoc": [], "gem": []}
    for channel in maps:
        cells = [(row, column, channel[row, column]) for row in range(rows) for column in range(columns)]
        sigma = min(rows, columns) / 2 / 3
        expected["mac"].append(max(value for *_, value in cells))
        expected["gem"].append((sum(max(value, 1e-6) ** 3 for *_, value in cells) / len(cells)) ** (1 / 3))
        prior = [np.exp(-((r - 1) ** 2 + (c - 2) ** 2) / (2 * sigma**2)) * value for r, c, value in cells]
        expected["spoc"].append(sum(prior))
    for pooling, values in expected.items():
        with torch.no_grad():
            pooled = network("vgg16", pooling).pooled(pictures)[0]
            unit = network("vgg16", pooling)(pictures)[0]
        np.testing.assert_allclose(pooled, values, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(unit, values / np.linalg.norm(values), rtol=1e-4, atol=1e-6)


def test_neural_codes_of_a_network_with_one_layer_are_its_classes() -> None:
    whole = backbone("efficientnet_lite0", classes=1000, pixels=224, channels=3, weights="imagenet").eval()
    picture = padded_batch(noise((90, 150)))[0]
    square = functional.interpolate(picture, (224, 224), mode="bilinear", antialias=True)
    with torch.no_grad():
        classes = whole((square - 0.5) / 0.5)
        codes = network("efficientnet_lite0", "codes").pooled(picture)
    torch.testing.assert_close(codes, classes)


def test_neural_codes_at_another_size() -> None:
    model = embedder("vgg16", pooling="codes", weights="none", width=0.125, side=96)
    picture = padded_batch(noise((90, 150)))[0]
    square = functional.interpolate(picture, (96, 96), mode="bilinear", antialias=True)
    with torch.no_grad():
        torch.testing.assert_close(model(picture), model(square))
    assert "side" in model.state_dict()  # what is kept of one size is not taken for another's


def test_neural_codes_of_vgg16_are_its_first_fully_connected_layer() -> None:
    model = network("vgg16", "codes")
    layers = dict(model.codes.named_modules())  # type: ignore[union-attr]
    with torch.no_grad():
        codes = model.pooled(torch.full((1, 3, 224, 224), 0.3))
        maps = model.maps(torch.full((1, 3, 224, 224), 0.3))
        first = layers["2"]
        expected = (maps.flatten(1) @ first.weight.T + first.bias).clamp(min=0)
    assert maps.shape == (1, 64, 7, 7)
    assert model.dimensions == codes.shape[1] == 512
    torch.testing.assert_close(codes, expected)


@pytest.mark.parametrize(("name", "step"), [("vgg16", 8), ("efficientnet_lite0", 32)])
def test_pictures_as_the_networks_learned_them(name: str, step: int) -> None:
    model = network(name)
    mean, std = (
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if name == "vgg16" else ((0.5,) * 3, (0.5,) * 3)
    )
    picture = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    standard = (picture - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    with torch.no_grad():
        torch.testing.assert_close(model.maps(picture), model.features(standard))
    assert model.step == step


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "efficientnet_lite0", "small"])
@pytest.mark.parametrize("size", [(3, 7), (20, 300), (300, 20), (31, 31), (70, 45)])
def test_any_size_and_aspect(name: str, size: tuple[int, int]) -> None:
    model = embedder("small", weights="none", width=0.25) if name == "small" else network(name)
    with torch.no_grad():
        descriptor = model(padded_batch(noise(size))[0])
    assert descriptor.shape == (1, model.dimensions)
    assert torch.linalg.vector_norm(descriptor).item() == pytest.approx(1, abs=1e-5)


def test_a_tiny_picture_is_padded_with_the_mean_colour() -> None:
    model = network("vgg16")
    tiny = padded_batch(noise((20, 50)))[0]
    padded = model.mean.expand(1, 3, 32, 50).clone()
    padded[:, :, :20] = tiny
    with torch.no_grad():
        torch.testing.assert_close(model(tiny), model(padded), atol=1e-6, rtol=0)


def test_descriptors_do_not_depend_on_the_batch_while_it_learns() -> None:
    model = network("resnet18").train()
    pictures = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(model(pictures)[:1], model(pictures[:1]), atol=1e-5, rtol=0)


def test_the_power_of_the_generalised_mean_can_be_learned() -> None:
    model = embedder("vgg16", pooling="gem", weights="none", width=0.125)
    model(torch.rand(1, 3, 64, 64)).sum().backward()
    assert model.power is not None
    assert model.power.grad is not None
    assert model.power.grad.item() != 0


def any_sizes(*sizes: tuple[int, int]) -> Tensor:
    return torch.tensor(sizes)


@pytest.mark.parametrize(
    ("name", "pictures", "sizes", "told"),
    [
        ("vgg16", torch.zeros(1, 1, 64, 64), None, r"shape \(1, 1, 64, 64\).*RGB"),
        ("vgg16", torch.zeros(3, 64, 64), None, r"shape \(3, 64, 64\)"),
        ("vgg16", torch.zeros(1, 3, 64, 64, dtype=torch.uint8), None, "uint8.*float"),
        ("vgg16", torch.zeros(1, 3, 0, 64), None, "0 × 64"),
        ("vgg16", torch.zeros(1).expand(1, 3, 5000, 4000), None, r"5,000 × 4,000.*resize_longer"),
        ("vgg16", torch.zeros(2, 3, 64, 64), any_sizes((64, 64)), r"\(2, 2\)"),
        ("vgg16", torch.zeros(1, 3, 64, 64), any_sizes((65, 64)), r"\(65, 64\).*1 to \(64, 64\)"),
        ("vgg16", torch.zeros(1, 3, 64, 64), any_sizes((0, 64)), r"1 to \(64, 64\)"),
        ("efficientnet_lite0", torch.zeros(1, 3, 64, 64), any_sizes((64, 40)), r"resize_longer\(step=32\)"),
    ],
)
def test_pictures_that_do_not_fit(name: str, pictures: Tensor, sizes: Tensor | None, told: str) -> None:
    with pytest.raises(ParameterError, match=f"(?s){told}"):
        network(name)(pictures, sizes)


def test_neural_codes_check_their_pictures_too() -> None:
    with pytest.raises(ParameterError, match="RGB"):
        network("vgg16", "codes")(torch.zeros(1, 1, 64, 64))


def test_group_normalisation_sees_the_padding() -> None:
    with pytest.raises(ParameterError, match="one picture, or one size, at a time"):
        embedder("small", weights="none", width=0.25)(torch.zeros(1, 3, 64, 64), any_sizes((64, 40)))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"network": "vgg"}, "'vgg'.*'vgg16'"),
        ({"network": "small", "pooling": "max"}, "'max'.*'codes'"),
        ({"network": "vgg16", "width": 0.0}, "0 to 1"),
        ({"network": "efficientnet_lite0", "width": 0.5}, "only 1"),
        ({"network": "vgg16", "width": 0.5, "weights": "imagenet"}, "no weights 'imagenet'.*width 0.5"),
        ({"network": "vgg16", "width": 0.5, "weights": "kept.pt"}, r"no weights 'kept\.pt'"),
        ({"network": "small", "weights": "imagenet"}, "no weights 'imagenet' for small"),
        ({"network": "small", "pooling": "codes", "weights": "none"}, "no fully connected layer"),
        ({"network": "vgg16", "pooling": "codes", "weights": "none", "side": 8}, "side is 8.*32"),
    ],
)
def test_networks_that_cannot_be_had(settings: dict, told: str) -> None:
    with pytest.raises(ParameterError, match=f"(?s){told}"):
        embedder(**settings)


def test_no_pictures_make_no_batch() -> None:
    with pytest.raises(ParameterError, match="no pictures"):
        padded_batch([])
