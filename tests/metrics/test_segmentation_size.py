import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError


def squares(sides: list[int]) -> np.ndarray:
    masks = np.zeros((len(sides), 100, 100), bool)
    for mask, side in zip(masks, sides, strict=True):
        mask[20 : 20 + side, 20 : 20 + side] = True
    return masks


def test_bins_are_by_share_and_each_is_scored_alone() -> None:
    sides = [0, 1, 2, 5, 10, 10, 17, 50]  # shares 0, 0.01, 0.04, 0.25, 1, 1, 2.89, 25 %
    truth = squares(sides)
    said = np.roll(truth, 1, axis=1)
    counts = metrics.segmentation_counts(said, truth)
    table = metrics.iou_by_size(counts, groups=[0, 1, 1, 2, 3, 4, 5, 6], seed=0)
    assert table["pictures"].tolist() == [2, 1, 2, 1, 1]  # no bin holds the empty one; an upper end is inside
    assert table["scenes"].tolist() == [1, 1, 2, 1, 1]
    assert table["share"].tolist() == pytest.approx([2.5e-4, 2.5e-3, 0.01, 0.0289, 0.25])
    for row, part in zip(table.itertuples(), ([1, 2], [3], [4, 5], [6], [7]), strict=True):
        assert row[4] == pytest.approx(jaccard_score(truth[part].ravel(), said[part].ravel()))
    assert table["low"].isna().tolist() == [True, True, False, True, True]  # one scene has no interval
    assert table["low"][2] == pytest.approx(table["foreground IoU"][2])  # both scenes alike
    assert table["recall low"].isna().tolist() == table["low"].isna().tolist()
    assert table["recall high"][2] == pytest.approx(table["recall"][2])


@pytest.mark.parametrize("edges", [[0.5], [0, 0], [0.2, 0.1], [-1, 1], [0, 2], [0, np.nan]])
def test_edges_must_rise_within_a_picture(edges: list[float]) -> None:
    counts = metrics.segmentation_counts(squares([3]), squares([3]))
    with pytest.raises(ParameterError, match="rising"):
        metrics.iou_by_size(counts, groups=[0], seed=0, edges=edges)


def test_pictures_in_no_bin_or_without_a_scene() -> None:
    counts = metrics.segmentation_counts(squares([0, 0]), squares([0, 0]))
    with pytest.raises(DataError, match="no picture has"):
        metrics.iou_by_size(counts, groups=[0, 1], seed=0)
    with pytest.raises(DataError, match="2 pictures"):
        metrics.iou_by_size(counts, groups=[0], seed=0)
