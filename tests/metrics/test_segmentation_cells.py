from itertools import product

import numpy as np
import pytest

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize("seed", range(4))
def test_no_other_choice_of_cells_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random((2, 4, 4)) < rng.random((2, 4, 4))  # eight cells: 256 choices
    every = [
        np.kron(np.reshape(choice, (2, 2, 2)), np.ones((1, 2, 2))).astype(bool)
        for choice in product([0, 1], repeat=8)
    ]
    best = metrics.best_cell_masks(truth, cell_px=2)
    assert any(np.array_equal(best, other) for other in every)
    assert iou(best, truth) == max(iou(other, truth) for other in every)


def test_cells_of_a_pixel_give_the_truth_and_larger_cells_never_more() -> None:
    truth = np.zeros((3, 32, 32), bool)
    truth[:, 5:9, 3:20] = True
    assert np.array_equal(metrics.best_cell_masks(truth, cell_px=1), truth)
    scores = [iou(metrics.best_cell_masks(truth, cell_px=cell), truth) for cell in (1, 2, 4, 8, 16, 32)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == truth.mean()  # the whole picture


@pytest.mark.parametrize(
    ("truth", "cell", "error", "words"),
    [
        (np.zeros((1, 4, 4), bool), 2, DataError, "0 pixels"),
        (np.ones((4, 4), bool), 2, DataError, r"\(4, 4\)"),
        (np.ones((1, 4, 4)), 2, DataError, "float64"),
        (np.ones((1, 4, 6), bool), 4, DataError, "4 x 6"),
        (np.ones((1, 4, 4), bool), 0, ParameterError, "cell_px"),
    ],
)
def test_what_cannot_be_cut_into_cells_is_refused(
    truth: np.ndarray, cell: int, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        metrics.best_cell_masks(truth, cell_px=cell)
