from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import false_alarms, predict_batch, real_scan_firearm, real_scan_statistics
from fireanalysis.metrics.forensic_shortcuts import _shuffled
from fireanalysis.metrics.nearest_mean import held_out, nearest_mean

FIREARM = np.repeat(np.arange(8), 3)
STUDY = np.repeat(["A", "B"], 12)


def sound(seed: int = 0) -> NDArray[np.float64]:
    """Features that firearms have, not studies."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(8, 2))[FIREARM] + 0.1 * rng.normal(size=(24, 2))


def test_two_real_studies_of_one_make_are_told_apart_by_three_numbers() -> None:
    scans = real_scan_statistics()
    slide = scans["scan"].map(real_scan_firearm)
    found = predict_batch(scans[["sq_um", "sa_um", "slope"]], scans["set"], slide, seed=0)
    assert found.score.value > 0.98
    assert found.score.groups == 15
    assert found.p == pytest.approx(0.001)
    assert 0.4 < found.chance < 0.6
    # Within one study nothing is told: a study's own slides, dealt in two.
    fadul = scans["set"].str.startswith("Fadul").to_numpy()
    numbers = slide[fadul].str.split().str[1].astype(int)
    sham = predict_batch(scans.loc[fadul, ["sq_um", "sa_um", "slope"]], numbers % 2, numbers, seed=0)
    assert sham.p > 0.05


def test_p_is_that_of_all_ways_to_deal_the_groups() -> None:
    table = sound() + 2 * (STUDY == "B")[:, None]
    parts, scores = held_out(table, FIREARM, axes=2), []
    for chosen in combinations(range(8), 4):
        codes = np.isin(FIREARM, chosen).astype(int)
        right = nearest_mean(parts, codes[None])[0] == codes
        scores.append((right[codes == 0].mean() + right[codes == 1].mean()) / 2)
    found = predict_batch(table, STUDY, FIREARM, seed=0, permutations=4000)
    exact = np.mean(np.array(scores) >= found.score.value - 1e-9)
    assert 0.01 < exact < 0.5
    assert found.p == pytest.approx(exact, abs=0.02)
    assert found.least_p == pytest.approx(1 / 70)
    assert found.chance == pytest.approx(np.mean(scores), abs=0.02)


def test_samples_shuffled_raise_false_alarms_and_groups_do_not() -> None:
    rng = np.random.default_rng(1)
    firearm = np.repeat(range(14), 6)
    alike = rng.normal(size=14)[firearm] + 0.1 * rng.normal(size=84)
    share = (false_alarms(alike, firearm, seed=0, sets=80, permutations=59) <= 0.05).mean()
    assert share["groups"] < 0.15  # 5 % expected; 0.15 is four standard deviations off
    assert share["samples"] > 0.17  # 24 to 33 % with five seeds
    with pytest.raises(DataError, match="3 groups"):
        false_alarms(alike[:18], firearm[:18], seed=0)


def test_a_class_that_goes_with_the_batch_is_no_shortcut_beyond_the_class() -> None:
    rng = np.random.default_rng(0)
    firearm = np.arange(60)
    brand = firearm % 2
    study = np.where(rng.random(60) < 0.85, brand, 1 - brand)  # most of a brand were scanned in one study
    shape = brand * 3 + rng.normal(size=60)  # the brand's, not the scanner's
    assert predict_batch(shape, study, firearm, seed=0, permutations=199).p < 0.02
    assert predict_batch(shape, study, firearm, seed=0, permutations=199, within=brand).p > 0.05
    scanner = shape + 2 * study
    assert predict_batch(scanner, study, firearm, seed=0, permutations=199, within=brand).p < 0.05


def test_copies_are_shuffled_within_their_case() -> None:
    rng = np.random.default_rng(0)
    case, copy = np.repeat(range(20), 2), np.tile([0, 1], 20)
    sharp = rng.normal(size=20)[case] * 0.1 - copy
    found = predict_batch(sharp, copy, case, seed=0, permute="within groups")
    assert found.score.value == 1.0
    assert found.p == pytest.approx(0.001)
    codes = _shuffled(copy, case, np.zeros(40, int), "within groups", 50, rng)[0]
    assert (codes.reshape(50, 20, 2).sum(2) == 1).all()


def test_shuffles_keep_groups_whole_and_strata_apart() -> None:
    stratum, batch = FIREARM % 2, (FIREARM // 4).astype(int)
    rng = np.random.default_rng(0)
    codes, ways = _shuffled(batch, FIREARM, stratum, "groups", 300, rng)
    by_group = codes.reshape(300, 8, 3)
    assert (by_group == by_group[:, :, :1]).all()
    assert (by_group[:, ::2, 0].sum(1) == 2).all() and (by_group[:, 1::2, 0].sum(1) == 2).all()
    assert ways == pytest.approx(6 * 6)
    assert len(np.unique(by_group[:, :, 0], axis=0)) == 36


def test_features_that_tell_nothing_are_at_chance() -> None:
    flat = predict_batch(np.full(24, 3.7), STUDY, FIREARM, seed=0, permutations=99)
    assert (flat.score.value, flat.p) == (0.5, 1.0)
    many = np.random.default_rng(0).normal(size=(24, 300))  # more features than samples
    found = predict_batch(many, STUDY, FIREARM, seed=0, permutations=199)
    assert found.p > 0.05
    assert np.isfinite(found.null).all()


def test_many_groups_are_held_out_in_parts() -> None:
    rng = np.random.default_rng(0)
    batch = np.arange(100) % 4
    found = predict_batch(batch + 0.1 * rng.normal(size=100), batch, np.arange(100), seed=0, permutations=99)
    assert found.score.value > 0.95


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"batch": np.repeat("A", 24)}, "all samples are of one batch, 'A'"),
        (
            {"batch": np.where(FIREARM == 0, "C", STUDY)},
            "batch 'C' has one group: batch and group cannot be told apart",
        ),
        ({"batch": FIREARM}, "cannot be told apart"),
        ({"batch": np.tile([0, 1], 12)}, "several batches"),
        ({"within": STUDY}, "nothing to shuffle"),
        ({"features": np.full((24, 2), np.nan)}, "48 features are not finite"),
        ({"features": np.zeros((24, 0))}, "pass one row"),
        ({"features": np.zeros((23, 2))}, "pass one row"),
        ({"groups": np.array([None, *FIREARM[1:]], object)}, "missing"),
    ],
)
def test_what_cannot_be_tested_is_said(change: dict, says: str) -> None:
    given = {"features": sound(), "batch": STUDY, "groups": FIREARM} | change
    with pytest.raises(DataError, match=says):
        predict_batch(**given, seed=0)


@pytest.mark.parametrize("change", [{"permute": "clips"}, {"permutations": 0}, {"folds": 0}, {"axes": 1.5}])
def test_parameters_out_of_range(change: dict) -> None:
    with pytest.raises(ParameterError):
        predict_batch(sound(), STUDY, FIREARM, seed=0, **change)
