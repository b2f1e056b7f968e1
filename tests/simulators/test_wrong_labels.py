import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import mislabel, spoil_masks


def labels(n: int = 3000) -> np.ndarray:
    return np.random.default_rng(0).choice(list("abcd"), n)


def test_as_many_are_wrong_as_asked_and_a_larger_share_holds_the_smaller() -> None:
    truth = labels()
    few, many = (mislabel(truth, share=share, seed=1) != truth for share in (0.1, 0.25))
    assert (few.sum(), many.sum()) == (300, 750)
    assert not (few & ~many).any()


def test_an_error_falls_on_a_whole_group_and_gives_it_one_label() -> None:
    groups = np.repeat(np.arange(400), 3)
    truth = np.repeat(labels(400), 3)
    found = pd.DataFrame({"group": groups, "label": mislabel(truth, share=0.2, groups=groups, seed=2)})
    assert found.groupby("group")["label"].nunique().eq(1).all()
    assert found[found["label"] != truth]["group"].nunique() == 80


def test_errors_go_where_alike_says_or_anywhere() -> None:
    truth = np.repeat(list("abcd"), 2000)
    alike = np.zeros((4, 4))
    alike[0] = [9, 3, 1, 0]  # the diagonal does not count; rows of zeros have no preference
    counts = pd.crosstab(truth, mislabel(truth, share=1, alike=alike, seed=3), normalize="index").reindex(
        columns=list("abcd"), fill_value=0
    )
    np.testing.assert_allclose(counts.loc["a"], [0, 0.75, 0.25, 0], atol=0.04)
    np.testing.assert_allclose(counts.loc["b"], [1 / 3, 0, 1 / 3, 1 / 3], atol=0.04)
    assert counts.loc["c", "c"] == 0


def test_no_share_leaves_all_as_they_are() -> None:
    truth = labels(20)
    np.testing.assert_array_equal(mislabel(truth, share=0, seed=0), truth)
    masks = np.ones((2, 3, 3), bool)
    same, kind = spoil_masks(masks, share=0, seed=0)
    np.testing.assert_array_equal(same, masks)
    assert not kind.astype(bool).any()


def test_unfitting_labels_are_refused() -> None:
    with pytest.raises(ParameterError, match="share is 1"):
        mislabel(["a", "b"], share=1.5, seed=0)
    with pytest.raises(DataError, match="1 classes"):
        mislabel(["a", "a"], share=0.5, seed=0)
    with pytest.raises(DataError, match="groups shape"):
        mislabel(["a", "b"], share=0.5, groups=[1], seed=0)
    for alike in (np.ones((3, 3)), -np.ones((2, 2)), np.full((2, 2), np.nan)):
        with pytest.raises(DataError, match="2 × 2"):
            mislabel(["a", "b"], share=0.5, alike=alike, seed=0)


def pictures() -> np.ndarray:
    masks = np.zeros((40, 16, 16), bool)
    for row in range(30):
        masks[row, row % 6 : row % 6 + 4, 2 : 4 + row % 8] = True
    return masks


def test_masks_are_spoiled_as_their_kind_says() -> None:
    masks = pictures()
    wrong, kind = spoil_masks(masks, share=0.5, seed=4)
    assert pd.Series(kind).value_counts().to_dict() == {"": 25, "missing": 5, "shifted": 5, "swapped": 5}
    assert (kind[30:] == "").all()  # where no firearm is there is nothing to leave out, shift or swap
    np.testing.assert_array_equal(wrong[kind == ""], masks[kind == ""])
    assert not wrong[kind == "missing"].any()
    others = {mask.tobytes() for mask in masks[:30]}
    assert all(mask.tobytes() in others for mask in wrong[kind == "swapped"])
    for row in np.flatnonzero(kind == "shifted"):
        was, now = (np.argwhere(stack[row]).min(0) for stack in (masks, wrong))
        wide = 2 + row % 8
        assert (now - was).tolist() == [2, -(-wide // 2)]


def test_unfitting_masks_are_refused() -> None:
    with pytest.raises(ParameterError, match="share is -1"):
        spoil_masks(pictures(), share=-1, seed=0)
    for masks in (np.ones((4, 4), bool), np.ones((2, 4, 4))):
        with pytest.raises(DataError, match="stack of masks"):
            spoil_masks(masks, share=0.5, seed=0)
    with pytest.raises(DataError, match="two are needed"):
        spoil_masks(pictures()[29:], share=1, seed=0)
