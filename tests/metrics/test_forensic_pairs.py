from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import pair_auc, permute_pairs, real_comparisons

NAMES = np.array(["a1", "a2", "b1", "b2", "c1", "c2"])
PAIRS = np.array([(one, two) for k, one in enumerate(NAMES) for two in NAMES[k + 1 :]])
OWNERS = np.array([[name[0] for name in pair] for pair in PAIRS])
SCORES = np.random.default_rng(0).random(15) + 0.3 * (OWNERS[:, 0] == OWNERS[:, 1])


def test_p_is_that_of_all_ways_to_deal_the_firearms() -> None:
    areas = []
    for dealt in set(permutations("aabbcc")):
        owner = dict(zip(NAMES, dealt, strict=True))
        areas.append(roc_auc_score([owner[one] == owner[two] for one, two in PAIRS], SCORES))
    found = permute_pairs(SCORES, PAIRS, OWNERS, seed=0, permutations=4000)
    assert found.score.value == pytest.approx(pair_auc(SCORES, OWNERS[:, 0] == OWNERS[:, 1]))
    assert found.p == pytest.approx(np.mean(np.array(areas) >= found.score.value - 1e-9), abs=0.02)
    assert found.chance == pytest.approx(np.mean(areas), abs=0.02)
    assert found.least_p == pytest.approx(1 / 90)


def test_outlines_of_the_public_scans_tell_the_slide() -> None:
    pairs = real_comparisons().query("keep == 1 and noise_um == 0 and angle_deg == 0")
    for _, part in pairs.groupby("set"):
        given = (
            part["outline"],
            part[["reference", "questioned"]],
            part[["reference_firearm", "questioned_firearm"]],
        )
        found = permute_pairs(*given, seed=0)
        assert 0.6 < found.score.value < 0.75
        assert found.p < 0.01


def test_equal_scores_tell_nothing() -> None:
    found = permute_pairs(np.ones(15), PAIRS, OWNERS, seed=0, permutations=99)
    assert (found.score.value, found.p) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((np.full(15, np.nan), PAIRS, OWNERS), "15 NaN"),
        ((SCORES[1:], PAIRS, OWNERS), "pass a score"),
        ((SCORES, PAIRS, np.full((15, 2), "a")), "of one firearm"),
        ((SCORES, PAIRS, np.where(PAIRS == "a1", PAIRS[:, ::-1], OWNERS)), "is of several firearms"),
    ],
)
def test_what_cannot_be_tested_is_said(given: tuple, says: str) -> None:
    with pytest.raises(DataError, match=says):
        permute_pairs(*given, seed=0)


def test_parameters_out_of_range() -> None:
    with pytest.raises(ParameterError):
        permute_pairs(SCORES, PAIRS, OWNERS, seed=0, permutations=0)
