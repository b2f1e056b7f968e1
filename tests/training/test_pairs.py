import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.training import propose_margins, sample_pairs
from fireanalysis.training.pairs import PER_CLASS, ClassOrder, PairOrder

LABELS = np.repeat(["a", "b", "c", "lonely"], [5, 2, 9, 1])


def test_pairs_are_as_many_of_either_kind_for_each_class():
    order = np.random.default_rng(0).permutation(len(LABELS))
    labels = LABELS[order]
    pairs = sample_pairs(labels, per_class=180, seed=3)
    one, other, same = labels[pairs[:, 0]], labels[pairs[:, 1]], pairs[:, 2] == 1
    assert ((one == other) == same).all() and (pairs[:, 0] != pairs[:, 1]).all()
    found = {name: ((one == name) & same).sum() for name in "abc"}
    assert found == {"a": 180, "b": 180, "c": 180} and ((one == "lonely") & same).sum() == 0
    assert all(((one == name) & ~same).sum() == 180 for name in np.unique(labels))


def test_every_pair_is_about_as_likely():
    pairs = sample_pairs(["a"] * 4 + ["b"] * 3, per_class=12_000, seed=0)
    alike = pairs[(pairs[:, 2] == 1) & (pairs[:, 0] < 4)]
    counts = np.bincount(alike[:, 0] * 4 + alike[:, 1], minlength=16).reshape(4, 4)
    assert (np.diag(counts) == 0).all()
    assert (abs(counts[~np.eye(4, dtype=bool)] - 1000) < 150).all()  # 4.7 standard deviations
    different = pairs[(pairs[:, 2] == 0) & (pairs[:, 0] < 4)]
    assert (abs(np.bincount(different[:, 1])[4:] - 4000) < 260).all()


def test_pairs_depend_on_the_seed_alone():
    assert (sample_pairs(LABELS, seed=1) == sample_pairs(LABELS, seed=1)).all()
    assert (sample_pairs(LABELS, seed=1) != sample_pairs(LABELS, seed=2)).any()


@pytest.mark.parametrize("labels", [["a", "a"], ["a", "b", "c"], []])
def test_no_pairs_of_one_class_or_of_lonely_pictures(labels):
    with pytest.raises(DataError, match="classes"):
        sample_pairs(labels, seed=0)
    with pytest.raises(ParameterError, match="per_class"):
        sample_pairs(LABELS, per_class=0, seed=0)


def test_margins_are_means():
    assert propose_margins([0.5, 0.7, 0.9], np.float32([1.0, 1.1])) == (0.7, 1.05)
    for wrong in ([], [np.nan]):
        with pytest.raises(DataError, match="distances"):
            propose_margins(wrong, [1.0])


def test_pairs_are_redrawn_every_few_epochs_and_shuffled_in_each():
    order = PairOrder(LABELS, per_class=20, redraw=2, batch=16, seed=0)
    epochs = []
    for epoch in range(4):
        order.set_epoch(epoch)
        steps = [*order]
        assert len(steps) == len(order) == round(140 / 16) and {len(step) for step in steps} <= {15, 16}
        epochs.append(np.concatenate(steps))
    kinds = [sorted(map(tuple, pairs)) for pairs in epochs]
    assert kinds[0] == kinds[1] != kinds[2] == kinds[3]
    assert (epochs[0] != epochs[1]).any()
    order.set_epoch(2)
    assert (np.concatenate([*order]) == epochs[2]).all()


def test_batches_by_class_have_four_pictures_of_each():
    order = ClassOrder(LABELS, batch=12, steps=50, seed=0)
    steps = [*order]
    assert len(steps) == len(order) == 50
    for rows in steps:
        names, counts = np.unique(LABELS[rows], return_counts=True)
        assert len(names) == 3 and len(set(rows)) == len(rows)
        assert (counts == [min(PER_CLASS, (name == LABELS).sum()) for name in names]).all()
    assert set(np.concatenate(steps)) == set(range(len(LABELS)))
