import copy

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from torch import Tensor, nn
from torchvision.models import resnet18

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import class_probabilities, occlusion


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 3),
    ).eval()


def pictures(rows: int, columns: int, count: int = 2) -> Tensor:
    return torch.randn(count, 2, rows, columns, generator=torch.Generator().manual_seed(rows))


@pytest.mark.parametrize(
    ("shape", "patch", "stride"),
    [((12, 12), 3, 3), ((13, 10), 4, 3), ((9, 14), 5, 1), ((8, 8), 8, 8), ((7, 11), 7, 2), ((6, 6), 1, 1)],
)
def test_equals_captum(net: nn.Module, shape: tuple[int, int], patch: int, stride: int) -> None:
    x, targets = pictures(*shape), torch.tensor([2, 0])
    method = Occlusion(lambda z: net(z).softmax(dim=1))
    windows = {"sliding_window_shapes": (2, patch, patch), "strides": (2, stride, stride)}
    expected = method.attribute(x, target=targets, baselines=0, **windows)[:, 0].detach().numpy()
    assert np.abs(expected).max() > 1e-3
    found = occlusion(net, x, targets, patch=patch, stride=stride, batch_size=7)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_equals_a_loop(net: nn.Module) -> None:
    x, patch, stride = pictures(7, 9, count=1), 3, 2
    total, count = np.zeros((7, 9)), np.zeros((7, 9))
    with torch.no_grad():
        before = float(net(x).softmax(1)[0, 1])
        for row in range(0, 7 - patch + stride, stride):
            for column in range(0, 9 - patch + stride, stride):
                covered = x.clone()
                covered[:, :, row : row + patch, column : column + patch] = 0
                square = np.s_[row : row + patch, column : column + patch]
                total[square] += before - float(net(covered).softmax(1)[0, 1])
                count[square] += 1
    np.testing.assert_allclose(occlusion(net, x, 1, patch=patch, stride=stride)[0], total / count, atol=1e-6)


def test_equals_captum_on_a_resnet_that_is_in_training_mode() -> None:
    torch.manual_seed(0)
    resnet = resnet18(num_classes=4).train()
    x = torch.randn(1, 3, 40, 40)
    found = occlusion(resnet, x, 2, patch=10, stride=5)
    assert all(module.training for module in resnet.modules())
    assert next(resnet.parameters()).is_contiguous()
    resting = copy.deepcopy(resnet).eval()
    windows = {"sliding_window_shapes": (3, 10, 10), "strides": (3, 5, 5)}
    expected = Occlusion(lambda z: resting(z).softmax(dim=1)).attribute(x, target=2, **windows)
    np.testing.assert_allclose(found[0], expected[0, 0].detach(), atol=1e-6)


def test_a_linear_model_that_looks_at_one_corner() -> None:
    corner = nn.Sequential(nn.Flatten(), nn.Linear(64, 2, bias=False))
    corner[1].weight.data.zero_()
    corner[1].weight.data[1].view(8, 8)[:2, :2] = 1.0
    found = occlusion(corner, torch.ones(1, 1, 8, 8), 1, patch=2, stride=2)[0]
    fall = 1 / (1 + np.exp(-4)) - 0.5  # four points of weight 1 covered: from sigmoid(4) to sigmoid(0)
    expected = np.zeros((8, 8))
    expected[:2, :2] = fall
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_covering_what_is_empty_already_costs_nothing_and_asks_nothing(net: nn.Module) -> None:
    asked = []
    watched = copy.deepcopy(net)
    watched.register_forward_hook(lambda _, args, __: asked.append(len(args[0])))
    x = torch.zeros(1, 2, 12, 12)
    x[..., :3, :3] = 1.0
    found = occlusion(watched, x, 0, patch=3, stride=3)
    assert (found[0, 3:] == 0).all() and (found[0, :3, :3] != 0).all()
    assert sum(asked) == 1 + 1 + 1  # a look at the classes, the whole picture, and one square of sixteen


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"patch": 13}, "patch is 13; it must be a whole number from 1 to 12"),
        ({"patch": 0}, "patch is 0"),
        ({"stride": 0}, "stride is 0"),
        ({"patch": 3, "stride": 4}, "stride is 4; it must be a whole number from 1 to 3"),
        ({"patch": 2.5}, "patch is 2.5"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_impossible_squares_are_refused(net: nn.Module, settings: dict, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        occlusion(net, pictures(12, 12), 0, **settings)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (3, "from 3 to 3; the network's classes are 0 to 2"),
        ([0, -1], "from -1 to 0"),
        ([0, 1, 2], r"shape \(3,\)"),
        (1.0, "float"),
    ],
)
def test_classes_that_are_none_are_refused(net: nn.Module, targets: object, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        occlusion(net, pictures(12, 12), targets)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (torch.zeros(12, 12), r"shape \(12, 12\)"),
        (torch.zeros(0, 2, 12, 12), r"shape \(0, 2"),
        (torch.zeros(1, 2, 12, 12, dtype=torch.int32), "int32"),
        (torch.full((1, 2, 12, 12), float("nan")), "100.0% of the input values are missing"),
        (torch.zeros(1, 5, 12, 12), r"does not take inputs of shape \(1, 5, 12, 12\)"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(net: nn.Module, inputs: Tensor, words: str) -> None:
    with pytest.raises(DataError, match=words):
        occlusion(net, inputs, 0)


def test_a_model_that_is_no_classifier_or_lies_on_two_devices_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"gives \(1, 2, 6, 6\)"):
        occlusion(nn.Conv2d(2, 2, 1), torch.zeros(1, 2, 6, 6), 0)
    split = nn.Sequential(nn.Flatten(), nn.Linear(72, 4), nn.Linear(4, 2, device="meta"))
    with pytest.raises(ParameterError, match="several devices: cpu, meta"):
        occlusion(split, torch.zeros(1, 2, 6, 6), 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_pictures_come_to_the_model_s_device(net: nn.Module) -> None:
    there = copy.deepcopy(net).cuda()
    found = occlusion(there, pictures(12, 12), 1, patch=4, stride=2)
    np.testing.assert_allclose(found, occlusion(net, pictures(12, 12), 1, patch=4, stride=2), atol=1e-4)


def test_arrays_and_other_precisions_are_taken(net: nn.Module) -> None:
    x = pictures(8, 8)
    from_array = occlusion(net, x.numpy().astype(np.float64), np.array([0, 1]))
    assert from_array.dtype == np.float32
    np.testing.assert_allclose(from_array, occlusion(net, x, torch.tensor([0, 1])), atol=1e-6)


@pytest.mark.filterwarnings("error")
def test_arrays_that_may_not_be_written_to_are_taken(net: nn.Module) -> None:
    x, targets = pictures(8, 8).numpy(), np.array([0, 1])
    x.flags.writeable = targets.flags.writeable = False
    np.testing.assert_array_equal(occlusion(net, x, targets), occlusion(net, x.copy(), [0, 1]))


def test_probabilities_are_the_network_s_in_evaluation_mode(net: nn.Module) -> None:
    x = pictures(9, 9, count=5)
    with torch.no_grad():
        expected = net(x).softmax(dim=1).numpy()
    training = copy.deepcopy(net).train()
    np.testing.assert_allclose(class_probabilities(training, x, batch_size=2), expected, atol=1e-6)
    assert all(module.training for module in training.modules())
    with pytest.raises(DataError, match="missing"):
        class_probabilities(net, torch.full((1, 2, 9, 9), float("nan")))
