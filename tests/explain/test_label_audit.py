from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import (
    audit_curve,
    audit_predictions,
    found_at_budget,
    mask_suspicion,
    out_of_sample,
)
from fireanalysis.loaders import load_predictions
from fireanalysis.simulators import mislabel


def firearms(count: int = 60, shots: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features that hold the class, and each firearm's own mark as strongly."""
    rng = np.random.default_rng(0)
    truth, own = rng.integers(0, 2, count), 3 * rng.normal(size=(count, 8))
    x = np.c_[2.0 * truth, own].repeat(shots, axis=0) + 0.3 * rng.normal(size=(count * shots, 9))
    return x, truth.repeat(shots), np.arange(count).repeat(shots)


def test_no_sample_is_judged_by_what_its_group_was_registered_as() -> None:
    """A classifier that remembers: it agrees with a wrong label by sample, and cannot by group."""
    x, truth, groups = firearms()
    recorded = mislabel(truth, share=0.2, groups=groups, seed=1)
    wrong = recorded != truth
    near = KNeighborsClassifier(1)
    by = {
        leaky: out_of_sample(x, recorded, groups=groups, estimator=near, seed=0, leaky=leaky)
        for leaky in (False, True)
    }
    agrees = {leaky: p[np.arange(len(p)), recorded][wrong].mean() for leaky, p in by.items()}
    assert agrees[True] == 1
    assert agrees[False] < 0.8


def test_probabilities_are_those_of_a_loop_over_folds() -> None:
    """A classifier that says the shares of its training part tells which groups it was fitted to."""
    x, truth, _ = firearms(count=10, shots=1)
    groups = np.arange(10) // 2
    p = out_of_sample(x, truth, groups=groups, estimator=DummyClassifier(), seed=0, folds=5)
    for group in range(5):
        np.testing.assert_allclose(p[groups == group, 1], truth[groups != group].mean())


def test_a_class_of_one_group_is_never_believed() -> None:
    x, truth, groups = firearms()
    truth = np.where(groups == 0, 2, truth)
    p = out_of_sample(x, truth, groups=groups, estimator=LogisticRegression(), seed=0)
    assert p.shape[1] == 3
    assert (p[groups == 0, 2] == 0).all()


def test_what_cannot_be_judged_out_of_sample_is_refused() -> None:
    x, truth, groups = firearms(count=3)
    how = {"estimator": LogisticRegression(), "seed": 0}
    with pytest.raises(DataError, match="1 classes"):
        out_of_sample(x, np.zeros(len(x)), groups=groups, folds=2, **how)
    with pytest.raises(DataError, match="3 groups for 5 folds"):
        out_of_sample(x, truth, groups=groups, **how)
    with pytest.raises(ParameterError, match="folds"):
        out_of_sample(x, truth, groups=groups, folds=1, **how)
    with pytest.raises(DataError, match="finite: False"):
        out_of_sample(np.where(x > 2, np.nan, x), truth, groups=groups, folds=2, **how)
    with pytest.raises(DataError, match="labels \\(3,\\)"):
        out_of_sample(x, truth[:3], groups=groups, folds=2, **how)
    with pytest.raises(DataError, match="cannot be learned from"):  # each fold's other part has one class
        out_of_sample([[0.0], [1.0]], [0, 1], groups=[0, 1], folds=2, **how)


def audit() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    wrong = rng.random(200) < 0.1
    return wrong, (rng.normal(size=200) + wrong).round(1), np.arange(200) // 4


def test_precision_and_recall_are_those_of_counting() -> None:
    wrong, suspicion, groups = audit()
    table = found_at_budget(wrong, suspicion)
    found = audit_curve(wrong, suspicion, budgets=table["budget"] / 200, groups=groups, seed=0, resamples=5)
    for name in ("precision", "recall"):
        np.testing.assert_allclose(found[name].value, table[name])


def test_one_look_a_group_settles_all_its_samples() -> None:
    wrong = np.array([True, True, False, False, False, True])
    groups = np.array([0, 0, 1, 1, 1, 2])
    looks = np.array([1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3, 1])
    found = audit_curve(
        wrong, [3, 3, 2, 2, 2, 1], budgets=[1 / 3, 2 / 3, 1], groups=groups, looks=looks, seed=0, resamples=5
    )
    np.testing.assert_allclose(found["recall"].value, [2 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found["precision"].value, [1, 1 / 2, 2 / 3])


def test_equal_suspicion_is_the_random_audit() -> None:
    wrong, _, groups = audit()
    shares = [0.1, 0.5, 1.0]
    found = audit_curve(wrong, np.zeros(200), budgets=shares, groups=groups, seed=0, resamples=50)
    np.testing.assert_allclose(found["recall"].value, shares)
    np.testing.assert_allclose(found["precision"].value, wrong.mean())


def test_no_look_no_wrong_label_and_nothing_but_wrong_labels() -> None:
    wrong, suspicion, groups = audit()
    how = {"budgets": [0.0, 0.1], "groups": groups, "seed": 0, "resamples": 20}
    none = audit_curve(wrong, suspicion, **how)
    assert none["recall"].value[0] == 0
    assert np.isnan(none["precision"].value[0])
    right = audit_curve(np.zeros(200, bool), suspicion, **how)
    assert np.isnan(right["recall"].value).all()
    assert right["precision"].value[1] == right["precision"].high[1] == 0
    every = audit_curve(np.ones(200, bool), suspicion, **how)
    np.testing.assert_allclose(every["recall"].value, [0, 0.1])
    assert every["precision"].value[1] == every["precision"].low[1] == 1


def test_unfitting_audits_are_refused() -> None:
    wrong, suspicion, groups = audit()
    how = {"budgets": [0.1], "groups": groups, "seed": 0}
    with pytest.raises(ParameterError, match="budgets"):
        audit_curve(wrong, suspicion, **how | {"budgets": [1.2]})
    with pytest.raises(DataError, match="wrong as bool"):
        audit_curve(wrong.astype(int), suspicion, **how)
    with pytest.raises(DataError, match="wrong as bool"):
        audit_curve(wrong, suspicion[1:], **how)
    with pytest.raises(DataError, match="1 suspicions are NaN"):
        audit_curve(wrong, np.r_[np.nan, suspicion[1:]], **how)
    with pytest.raises(DataError, match="not above 0"):
        audit_curve(wrong, suspicion, looks=np.zeros(200), **how)
    with pytest.raises(DataError):
        audit_curve(wrong, suspicion, **how | {"groups": np.zeros(200)})


def test_masks_are_ranked_by_what_each_score_is_defined_as() -> None:
    rng = np.random.default_rng(5)
    truth = np.zeros((6, 16, 16), bool)
    truth[:, 4:12, 4:12] = True
    p = np.where(truth, 0.8, 0.1) + 0.05 * rng.random(truth.shape)
    masks = truth.copy()
    masks[0] = False  # left out
    masks[1] = np.roll(truth[1], 6, axis=1)
    found = mask_suspicion(masks, p)
    for score in found:
        assert set(found[score].nlargest(2).index) == {0, 1}
    own = np.where(masks, p, 1 - p)
    np.testing.assert_allclose(found["loss"], -np.log(own).mean((1, 2)))
    assert found["no overlap"].round(4).tolist() == [1, round(1 - 16 / 112, 4), 0, 0, 0, 0]
    quality = own.reshape(6, -1)
    weights = np.exp((1 - quality) / 0.1)
    np.testing.assert_allclose(found["worst pixels"], 1 - (quality * weights).sum(1) / weights.sum(1))


def test_an_empty_mask_of_a_picture_without_firearm_is_not_suspicious() -> None:
    found = mask_suspicion(np.zeros((1, 4, 4), bool), np.zeros((1, 4, 4)))
    assert found.to_numpy().ravel().tolist() == [0, 0, 0]


def test_unfitting_masks_are_refused() -> None:
    for masks, p in (
        (np.zeros((1, 4, 4)), np.zeros((1, 4, 4))),
        (np.zeros((1, 4, 4), bool), np.zeros((1, 4, 3))),
        (np.zeros((1, 4, 4), bool), np.full((1, 4, 4), 1.5)),
        (np.zeros((1, 4, 4), bool), np.full((1, 4, 4), np.nan)),
        (np.zeros((0, 4, 4), bool), np.zeros((0, 4, 4))),
    ):
        with pytest.raises(DataError, match="bool masks"):
            mask_suspicion(masks, p)


def of_csv(folder: Path, **columns: list) -> pd.DataFrame:
    table = {"part": "test", "group": list("aabb"), "truth": [1, 1, 2, 2]}
    table |= {"p 1": [0.9, 0.2, 0.4, 0.3], "p 2": [0.1, 0.8, 0.6, 0.7]}
    pd.DataFrame(table | columns).to_csv(folder / "own.csv", index=False)
    return audit_predictions(load_predictions(folder)["own"])


def test_the_list_of_one_s_own_answers_begins_with_the_least_credible_label(tmp_path: Path) -> None:
    found = of_csv(tmp_path)
    np.testing.assert_allclose(found["suspicion"], [0.8, 0.4, 0.3, 0.1])
    assert found["recorded"].tolist() == ["1", "2", "2", "1"]
    assert found["likely"].tolist() == ["2", "2", "2", "1"]
    assert found["row"].tolist() == [2, 3, 4, 1]
    assert found["wrong"].isna().all()


def test_what_somebody_checked_is_held_against_the_registered_label(tmp_path: Path) -> None:
    numbers = of_csv(tmp_path, checked=[1, 2, None, None])
    assert numbers["wrong"].tolist()[::3] == [1, 0]
    assert numbers["wrong"].isna().sum() == 2
    words = of_csv(tmp_path, truth=["1", "1", "x", "2"], checked=["1", "y", "2", " "])
    assert words["wrong"].fillna(-1).tolist() == [1, -1, 0]  # a class that it does not know is left out
    assert words["row"].tolist() == [2, 4, 1]


def test_labels_of_classes_never_met_cannot_be_audited(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no sample"):
        of_csv(tmp_path, truth=list("wxyz"))
