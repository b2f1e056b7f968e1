import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from fireanalysis.errors import DataError
from fireanalysis.explain import attribution_on_marks, shuffled
from fireanalysis.simulators import brand_marks, primer_regions, sample_cartridges


def test_shares_by_hand() -> None:
    marks = np.zeros((3, 2, 3), bool)
    marks[:, :, 0] = True
    within = np.ones((3, 2, 3), bool)
    within[:, :, 2] = False
    maps = np.array(
        [
            [[1.0, 1.0, 2.0], [0.0, 0.0, 0.0]],  # a quarter on the marks, the largest value outside
            [[3.0, -9.0, 0.0], [0.0, 0.0, 1.0]],  # negative counts as none
            [[0.0, -1.0, 0.0], [0.0, 0.0, 0.0]],  # nothing positive
        ]
    )
    found = attribution_on_marks(maps, marks, within=within)
    np.testing.assert_allclose(found["share"], [0.25, 0.75, np.nan])
    assert found["hit"].tolist() == [False, True, False]
    assert found["area"].tolist() == [0.5] * 3
    assert attribution_on_marks(maps, marks)["area"].tolist() == [pytest.approx(1 / 3)] * 3


def test_a_map_of_the_primer_alone_gets_the_area_share_and_a_map_of_the_marks_gets_all() -> None:
    table = sample_cartridges(4, seed=0)
    marks, within = brand_marks(table, pixels=64), primer_regions(table, pixels=64) > 0
    flat = attribution_on_marks(within.astype(float), marks, within=within)
    np.testing.assert_allclose(flat["share"], flat["area"])
    assert flat["area"].between(0.5, 0.99).all()
    perfect = attribution_on_marks(marks & within, marks, within=within)
    assert (perfect["share"] == 1).all() and perfect["hit"].all()


@pytest.mark.parametrize(
    ("maps", "marks", "within", "words"),
    [
        (np.ones((1, 2, 2)), np.ones((1, 3, 3), bool), None, r"marks \(1, 3, 3\)"),
        (np.ones((2, 2)), np.ones((2, 2), bool), None, r"maps \(2, 2\)"),
        (np.ones((1, 2, 2)), np.ones((1, 2, 2)), None, "float64 marks"),
        (np.full((1, 2, 2), np.nan), np.ones((1, 2, 2), bool), None, "missing"),
        (np.ones((1, 2, 2)), np.ones((1, 2, 2), bool), np.zeros((1, 2, 2), bool), "no point within"),
    ],
)
def test_what_does_not_go_together_is_refused(maps, marks, within, words) -> None:
    with pytest.raises(DataError, match=words):
        attribution_on_marks(maps, marks, within=within)


def test_shuffling_keeps_each_array_s_values_and_loses_what_was_learnt() -> None:
    torch.manual_seed(0)
    net = resnet18(num_classes=3).eval()
    before = copy.deepcopy(net.state_dict())
    other = shuffled(net, seed=1)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    for (name, old), new in zip(net.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(old.flatten().sort().values, new.flatten().sort().values), name
    x = torch.randn(4, 3, 64, 64)
    with torch.no_grad():
        assert not torch.allclose(net(x), other(x), atol=1e-2)
        assert torch.equal(other(x), shuffled(net, seed=1)(x))
        assert not torch.equal(other(x), shuffled(net, seed=2)(x))
    assert isinstance(other, nn.Module) and not other.training
