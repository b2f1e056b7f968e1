import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from fireanalysis.errors import DataError
from fireanalysis.metrics import split_gap

SESSION = np.repeat(np.arange(16), 4)
MODEL, RECORDER = SESSION % 2, SESSION // 4
RNG = np.random.default_rng(0)
SOUND = np.random.default_rng(0).normal(size=(16, 5))[SESSION] + 0.3 * np.random.default_rng(1).normal(
    size=(64, 5)
)


def test_scores_are_those_of_scikit_learn_for_groups_held_out() -> None:
    learner = LogisticRegression()
    gap = split_gap(SOUND + 0.5 * MODEL[:, None], MODEL, RECORDER, SESSION, seed=0, estimator=learner)
    for split, unit in (("by group", SESSION), ("by batch", RECORDER)):
        said = cross_val_predict(
            learner, SOUND + 0.5 * MODEL[:, None], MODEL, groups=unit, cv=LeaveOneGroupOut()
        )
        assert gap[split].value == pytest.approx(recall_score(MODEL, said, average="macro"))
    assert gap["by sample − by group"].value == pytest.approx(gap["by sample"].value - gap["by group"].value)
    assert np.allclose(
        gap["by group − by batch"].draws, gap["by group"].draws - gap["by batch"].draws, equal_nan=True
    )


def test_what_a_batch_tells_is_lost_without_it() -> None:
    """A recorder adds what its sessions of a model have in common: worth much with the batch, nothing without."""
    shared = np.random.default_rng(5).normal(size=(4, 2, 6))[RECORDER, MODEL]
    gap = split_gap(shared + 0.1 * SOUND[:, :1], MODEL, RECORDER, SESSION, seed=0)
    assert gap["by group"].value > 0.9
    assert gap["by group − by batch"].low > 0.2


def test_a_class_of_one_batch_leaves_batches_out() -> None:
    gap = split_gap(SOUND, MODEL, MODEL, SESSION, seed=0)
    assert set(gap) == {"by sample", "by group", "by sample − by group"}
    copies = np.tile([0, 1], 32)  # of each session, in both batches
    assert set(split_gap(SOUND, MODEL, copies, SESSION, seed=0)) == set(gap)


def test_many_groups_are_held_out_in_parts() -> None:
    firearm = np.arange(60)
    gap = split_gap(
        firearm[:, None] % 3 + 0.01 * firearm[:, None], firearm % 3, firearm // 30, firearm, seed=0
    )
    assert gap["by group"].value > 0.9


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": np.zeros(64, int)}, "1 classes"),
        ({"labels": np.where(SESSION == 0, 1, 0)}, "the least with 1 groups"),
        ({"features": np.full((64, 2), np.nan)}, "not finite"),
        ({"features": SOUND[:, 0]}, "pass one row"),
        ({"groups": SESSION[1:]}, "pass one row"),
    ],
)
def test_what_cannot_be_measured_is_said(change: dict, says: str) -> None:
    given = {"features": SOUND, "labels": MODEL, "batch": RECORDER, "groups": SESSION} | change
    with pytest.raises(DataError, match=says):
        split_gap(**given, seed=0)
