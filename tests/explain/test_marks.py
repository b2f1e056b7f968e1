import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from fireanalysis.errors import DataError
from fireanalysis.explain import attribution_gain, attribution_on_marks, half_area, shuffled
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


def test_gain_of_random_maps_is_one_and_of_maps_on_a_region_its_inverse_area() -> None:
    rng = np.random.default_rng(0)
    left = np.zeros((60, 8, 8), bool)
    left[:, :, :2] = True
    regions = {"left": left, "right": ~left, "nowhere": np.zeros_like(left)}
    groups = np.arange(60) // 2
    random = attribution_gain(rng.random((60, 8, 8)), regions, groups=groups, seed=0).set_index("region")
    assert list(random.index) == ["left", "right"]
    assert ((random["low"] < 1) & (random["high"] > 1)).all()
    on_left = attribution_gain(left + 0.0, regions, groups=groups, seed=0).set_index("region")
    assert on_left.loc["left", ["gain", "low", "high"]].tolist() == [4.0, 4.0, 4.0]
    assert on_left.loc["right", "gain"] == 0


def test_gain_s_interval_follows_firearms_not_maps() -> None:
    """Copies of a map add no knowledge: the interval stays, where the maps alone would make it narrower."""
    rng = np.random.default_rng(0)
    maps, left = rng.random((12, 4, 4)) ** 4, np.zeros((12, 4, 4), bool)
    left[:, :, 0] = True
    once = attribution_gain(maps, {"left": left}, groups=np.arange(12), seed=0)
    copies = {"maps": np.repeat(maps, 9, axis=0), "regions": {"left": np.repeat(left, 9, axis=0)}}
    together = attribution_gain(**copies, groups=np.repeat(np.arange(12), 9), seed=0)
    np.testing.assert_allclose(together[["gain", "low", "high"]], once[["gain", "low", "high"]])
    apart = attribution_gain(**copies, groups=np.arange(108), seed=0)
    assert (apart["high"] - apart["low"])[0] < 0.6 * (once["high"] - once["low"])[0]


def test_maps_without_attribution_have_no_gain() -> None:
    marks = np.ones((3, 2, 2), bool)
    with pytest.raises(DataError, match="no map has any attribution"):
        attribution_gain(np.zeros((3, 2, 2)), {"all": marks}, groups=[1, 2, 3], seed=0)


def test_half_area_equals_counting_pixels() -> None:
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(5, 9, 7)) ** 3
    for one, found in zip(maps, half_area(maps), strict=True):
        left, pixels = np.maximum(one, 0).sum() / 2, 0
        for value in sorted(one.ravel(), reverse=True):
            left -= value
            pixels += 1
            if left <= 0:
                break
        assert found == pytest.approx(pixels / 63)
    assert np.isnan(half_area(np.full((1, 3, 3), -1.0))[0])
    for wrong in (np.ones((3, 3)), np.full((1, 3, 3), np.nan)):
        with pytest.raises(DataError, match="missing values"):
            half_area(wrong)


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
