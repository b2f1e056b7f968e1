"""Batches against maps read one by one."""

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet
from fireanalysis.training import Batches, batches
from fireanalysis.training.batches import Order
from fireanalysis.transforms import Moments

from .toy import striped

CLASSES = np.array(["A", "B", "C"])
MOMENTS = Moments(3.0, 2.5, 1)


@pytest.mark.parametrize(("count", "batch_size"), [(1, 8), (3, 2), (8, 8), (9, 2), (63, 32), (100, 7)])
def test_an_order_has_every_item_once_in_batches_of_about_one_size(count: int, batch_size: int) -> None:
    for seed in (None, 3):
        order = Order(count, batch_size=batch_size, shuffle_seed=seed)
        found = list(order)
        assert sorted(np.concatenate(found).tolist()) == list(range(count))
        sizes = [len(batch) for batch in found]
        assert len(found) == len(order) and max(sizes) - min(sizes) <= 1
        assert max(sizes) < 1.5 * batch_size + 1
        assert min(sizes) >= min(count, 2)  # batch normalisation needs two


def test_an_order_differs_by_epoch_and_seed_only() -> None:
    def epoch(seed: int, number: int) -> list[int]:
        order = Order(200, batch_size=16, shuffle_seed=seed)
        order.set_epoch(number)
        return np.concatenate(list(order)).tolist()

    assert epoch(1, 4) == epoch(1, 4)
    orders = [tuple(epoch(seed, number)) for seed in range(3) for number in range(3)]
    assert len(set(orders)) == 9 and tuple(range(200)) not in orders
    assert np.concatenate(list(Order(50, batch_size=8))).tolist() == list(range(50))


def test_the_caller_s_random_numbers_stay() -> None:
    before = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
    data = Batches(striped(20), CLASSES, MOMENTS, at_least=9)
    assert len(list(batches(data, batch_size=4, shuffle_seed=1))) == len(data) // 4
    assert torch.equal(torch.get_rng_state(), before[0]) and str(np.random.get_state()) == before[1]  # noqa: NPY002


@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_holds_standardised_maps_classes_and_angles(workers: int) -> None:
    maps = striped(20)
    data = Batches(maps, CLASSES, MOMENTS, at_least=15, seed=2)
    one_by_one = list(maps.samples())
    seen = 0
    for x, codes, angles in batches(data, batch_size=6, workers=workers):
        items = np.arange(seen, seen + len(x))
        seen += len(x)
        assert x.dtype == torch.float32 and codes.dtype == torch.int64 and x.shape[1:] == (1, 32, 32)
        assert angles.tolist() == data.copies.angles_deg(items).tolist()
        for found, code, sample in zip(x, codes, data.copies.samples(items), strict=True):
            expected = (one_by_one[sample] - 3.0) / 2.5
            assert np.isnan(expected).sum() == 16
            np.testing.assert_allclose(found[0], np.where(np.isnan(expected), 0, expected), atol=1e-6)
            assert CLASSES[code] == maps.labels[sample]
    assert seen == len(data) == 21 + 21 + 18  # three times 7, 7 and 6 maps


def test_labels_the_classifier_does_not_know_are_minus_1() -> None:
    maps = striped(12)
    for classes in (["A", "B"], ["B", "C"], ["Z"], ["A", "AB", "C"]):
        data = Batches(maps, np.array(classes), MOMENTS)
        expected = [classes.index(label) if label in classes else -1 for label in maps.labels]
        assert data.codes.tolist() == expected
        codes = torch.cat([codes for _, codes, _ in batches(data, batch_size=5)])
        assert sorted(codes.tolist()) == sorted(expected)


def test_maps_of_several_sizes_are_an_error() -> None:
    table = pd.DataFrame({"brand": ["A", "B"], "firearm": ["a", "b"]})
    data = DataSet(table, _uneven, "brand", "firearm", "real", "uneven")
    with pytest.raises(DataError, match=r"\(8, 8\), \(9, 9\)") as caught:
        Batches(data, CLASSES[:2], MOMENTS)[np.arange(2)]
    assert "prepare_maps" in caught.value.do


def _uneven(rows: pd.DataFrame) -> list[np.ndarray]:
    return [np.zeros((8 + row, 8 + row)) for row in rows.index]
