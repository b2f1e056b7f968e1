"""Grad-CAM and guided backpropagation against their definitions, written down once more without captum."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torchvision.models import VisionTransformer, resnet18

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import grad_cam, guided_grad_cam

TARGETS = torch.tensor([3, 0])


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    torch.manual_seed(0)
    return resnet18(num_classes=5).eval()


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    return torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(1))


def cam_by_hand(resnet: nn.Module, pictures: Tensor, targets: Tensor) -> np.ndarray:
    """Selvaraju et al., Eqs 1 and 2, one picture at a time, on torchvision's own forward pass."""
    maps = []
    for picture, target in zip(pictures, targets, strict=True):
        body = nn.Sequential(*list(resnet.children())[:-2])
        features = body(picture[None]).detach().requires_grad_()
        score = resnet.fc(features.mean(dim=(2, 3)))[0, target]
        (gradient,) = torch.autograd.grad(score, features)
        weights = gradient.mean(dim=(2, 3))[0]
        coarse = sum(w * one for w, one in zip(weights, features[0], strict=True)).clamp(min=0)
        size = pictures.shape[2:]
        maps.append(F.interpolate(coarse[None, None], size=size, mode="bilinear")[0, 0].detach().numpy())
    return np.stack(maps)


class _GuidedReLU(torch.autograd.Function):
    """Springenberg et al., Fig. 1: lets a gradient through where both it and the forward value are positive."""

    @staticmethod
    def forward(context, values):
        context.save_for_backward(values)
        return values.clamp(min=0)

    @staticmethod
    def backward(context, gradient):
        (values,) = context.saved_tensors
        return gradient * (values > 0) * (gradient > 0)


class _Guided(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return _GuidedReLU.apply(values)


def guided_by_hand(resnet: nn.Module, pictures: Tensor, targets: Tensor) -> np.ndarray:
    """Guided backpropagation by exchanging every ReLU, in place and used twice as torchvision's are."""
    other = copy.deepcopy(resnet)
    for module in list(other.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, _Guided())
    x = pictures.clone().requires_grad_()
    other(x).gather(1, targets[:, None]).sum().backward()
    return x.grad.numpy()


def test_grad_cam_of_a_resnet_is_its_definition(resnet: nn.Module, pictures: Tensor) -> None:
    expected = cam_by_hand(resnet, pictures, TARGETS)
    assert expected.max() > 1e-3
    np.testing.assert_allclose(grad_cam(resnet, pictures, TARGETS), expected, atol=1e-6 * expected.max())


def test_guided_grad_cam_of_a_resnet_is_the_product_of_both_definitions(
    resnet: nn.Module, pictures: Tensor
) -> None:
    """Also shows that captum's hooks bear ReLU modules that work in place and run twice."""
    guided, plain = guided_by_hand(resnet, pictures, TARGETS), pictures.clone().requires_grad_()
    resnet(plain).gather(1, TARGETS[:, None]).sum().backward()
    assert np.abs(guided - plain.grad.numpy()).max() > 0.1 * np.abs(guided).max()  # guidance does something
    expected = (guided * cam_by_hand(resnet, pictures, TARGETS)[:, None]).sum(axis=1)
    found = guided_grad_cam(resnet, pictures, TARGETS)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("method", [grad_cam, guided_grad_cam])
def test_batches_and_mode_do_not_change_a_map_nor_the_model(
    method,
    resnet: nn.Module,
    pictures: Tensor,
) -> None:
    training = copy.deepcopy(resnet).train()
    before = {name: value.clone() for name, value in training.state_dict().items()}
    one_by_one = method(training, pictures, TARGETS, batch_size=1)
    np.testing.assert_allclose(one_by_one, method(resnet, pictures, TARGETS), atol=1e-6)
    assert all(module.training for module in training.modules())
    assert all(torch.equal(value, before[name]) for name, value in training.state_dict().items())
    assert not any(module._forward_hooks for module in training.modules())


def test_a_filter_for_one_corner_is_shown_there() -> None:
    """One filter copies the picture; the class counts what is in it: the map is the picture."""
    net = nn.Sequential(
        nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2)
    )
    net[0].weight.data.fill_(1.0)
    net[4].weight.data = torch.tensor([[0.0], [2.0]])
    picture = torch.zeros(1, 1, 8, 8)
    picture[..., :2, :3] = 1.0
    expected = np.zeros((8, 8), np.float32)
    expected[:2, :3] = 2.0 / 64  # the score's gradient for a feature, averaged, times the feature
    np.testing.assert_allclose(grad_cam(net, picture, 1, layer="1")[0], expected, rtol=1e-6)
    assert grad_cam(net, picture, 0, layer="1").max() == 0


def test_another_layer_by_module_or_name(resnet: nn.Module, pictures: Tensor) -> None:
    by_name = grad_cam(resnet, pictures, TARGETS, layer="layer3")
    assert np.array_equal(by_name, grad_cam(resnet, pictures, TARGETS, layer=resnet.layer3))
    assert not np.allclose(by_name, grad_cam(resnet, pictures, TARGETS))
    assert np.array_equal(
        grad_cam(resnet, pictures, TARGETS, layer="layer4"), grad_cam(resnet, pictures, TARGETS)
    )
    for layer in ("layer9", nn.Conv2d(1, 1, 1)):
        with pytest.raises(ParameterError, match="no layer"):
            grad_cam(resnet, pictures, TARGETS, layer=layer)


def test_a_transformer_is_sent_elsewhere() -> None:
    vit = VisionTransformer(image_size=32, patch_size=8, num_layers=1, num_heads=1, hidden_dim=8, mlp_dim=8)
    with pytest.raises(ParameterError, match=r"attends to patches(.|\n)*attention_rollout or occlusion"):
        grad_cam(vit, torch.zeros(1, 3, 32, 32), 0)


def test_a_model_without_convolutions_is_sent_elsewhere() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    for method in (grad_cam, guided_grad_cam):
        with pytest.raises(ParameterError, match=r"no convolutions(.|\n)*use occlusion"):
            method(linear, torch.zeros(1, 1, 4, 4), 0)


def test_guidance_needs_relu_modules() -> None:
    smooth = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert grad_cam(smooth, torch.rand(1, 1, 8, 8), 0).shape == (1, 8, 8)
    with pytest.raises(ParameterError, match="no ReLU"):
        guided_grad_cam(smooth, torch.rand(1, 1, 8, 8), 0)


def test_a_batch_size_of_none_is_refused(resnet: nn.Module, pictures: Tensor) -> None:
    with pytest.raises(ParameterError, match="batch_size is 0"):
        grad_cam(resnet, pictures, TARGETS, batch_size=0)


def test_an_error_leaves_no_hook_and_no_changed_mode(pictures: Tensor) -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).train()
    with pytest.raises(ParameterError):
        grad_cam(linear, torch.zeros(1, 1, 4, 4), 0)
    assert all(m.training and not m._forward_hooks for m in linear.modules())


def test_missing_values_are_refused(resnet: nn.Module, pictures: Tensor) -> None:
    holed = pictures.clone()
    holed[0, 0, 0, 0] = float("nan")
    with pytest.raises(DataError, match="missing"):
        guided_grad_cam(resnet, holed, TARGETS)
