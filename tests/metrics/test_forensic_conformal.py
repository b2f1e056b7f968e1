"""Conformal sets against their definition, counted one by one, and against what they promise."""

import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import conformal_p_values, conformal_sets

RNG = np.random.default_rng(5)
N, M, K = 60, 40, 4
P = np.round(RNG.dirichlet(np.ones(K), size=N), 1)  # some are equal
ASKED = np.round(RNG.dirichlet(np.ones(K), size=M), 1)
TRUTH = RNG.integers(K, size=N)
GROUPS = RNG.integers(15, size=N)


def counted(by: str, groups: np.ndarray | None) -> list[list[float]]:
    """Count, sample by sample, those at least as strange; in groups, the mean of each group's share."""
    rows = []
    for asked in ASKED:
        row = []
        for code in range(K):
            of = [i for i in range(N) if by == "all" or TRUTH[i] == code]
            as_strange = {i: 1 - P[i, TRUTH[i]] >= 1 - asked[code] for i in of}
            if groups is None:
                row.append((1 + sum(as_strange.values())) / (1 + len(of)))
                continue
            members = {g: [as_strange[i] for i in of if groups[i] == g] for g in {groups[i] for i in of}}
            row.append((1 + sum(np.mean(one) for one in members.values())) / (1 + len(members)))
        rows.append(row)
    return rows


@pytest.mark.parametrize("by", ["all", "class"])
@pytest.mark.parametrize("groups", [None, GROUPS])
def test_p_values_are_counted(by, groups):
    found = conformal_p_values(P, TRUTH, ASKED, by=by, groups=groups)
    np.testing.assert_allclose(found, counted(by, groups), atol=1e-12)


def test_groups_are_what_one_sample_a_group_gives_on_average():
    draws = []
    for _ in range(3000):
        order = RNG.permutation(N)
        one = order[np.unique(GROUPS[order], return_index=True)[1]]
        strange = 1 - P[one, TRUTH[one]]
        draws.append(((strange >= 1 - ASKED[:, [0]]).sum(1) + 1) / (len(one) + 1))
    found = conformal_p_values(P, TRUTH, ASKED, groups=GROUPS)[:, 0]
    np.testing.assert_allclose(np.mean(draws, 0), found, atol=0.01)


def test_one_sample_a_group_changes_nothing():
    plain = conformal_p_values(P, TRUTH, ASKED, by="class")
    np.testing.assert_allclose(conformal_p_values(P, TRUTH, ASKED, by="class", groups=range(N)), plain)


@pytest.mark.parametrize("by", ["all", "class"])
def test_a_sample_counts_as_often_as_its_group_is_repeated_in_full(by):
    twice = [np.concatenate([x, x]) for x in (P, TRUTH, GROUPS)]
    found = conformal_p_values(twice[0], twice[1], ASKED, by=by, groups=twice[2])
    np.testing.assert_allclose(found, conformal_p_values(P, TRUTH, ASKED, by=by, groups=GROUPS))


def drawn(samples, rng, *, shift=0.0):
    """Two classes, the second one hard; firearms of 1 or 12 samples, the large ones `shift` easier."""
    sizes = rng.choice([1, 12], size=samples)
    firearm = np.repeat(np.arange(samples), sizes)
    truth = (rng.random(samples) < 0.2).astype(int)[firearm]
    score = rng.normal(size=samples)[firearm] + 0.3 * rng.normal(size=len(firearm))
    score += np.where(truth == 0, 2.0, 0.0) + shift * (sizes[firearm] > 1)
    right = 1 / (1 + np.exp(-score))
    return np.where(truth[:, None] == [0, 1], right[:, None], 1 - right[:, None]), truth, firearm


def test_the_promise_is_kept_over_many_draws_and_by_class_only_where_it_is_made_by_class():
    rng, held = np.random.default_rng(0), {}
    for _ in range(150):
        both = []
        for p, truth, firearm in (drawn(60, rng), drawn(60, rng)):
            one = np.unique(firearm, return_index=True)[1]  # one sample of each firearm: all are independent
            both += [p[one], truth[one]]
        p, truth, asked, of_asked = both
        for by in ("all", "class"):
            sets = conformal_sets(conformal_p_values(p, truth, asked, by=by), coverage=0.8)
            hits = sets[np.arange(len(sets)), of_asked]
            held.setdefault(by, []).append([hits.mean(), hits[of_asked == 1].mean()])
    whole, hard = np.mean(held["all"], 0), np.mean(held["class"], 0)
    assert 0.79 < whole[0] < 0.84
    assert whole[1] < 0.6  # the rare, hard class pays
    assert 0.79 < hard[1] < 0.9


def test_firearms_of_many_samples_do_not_outvote_the_others():
    rng, held = np.random.default_rng(1), {"samples": [], "groups": []}
    for _ in range(150):
        p, truth, firearm = drawn(40, rng, shift=2.0)
        asked, of_asked, others = drawn(40, rng, shift=2.0)
        _, code, size = np.unique(others, return_inverse=True, return_counts=True)
        for name, groups in {"samples": None, "groups": firearm}.items():
            sets = conformal_sets(conformal_p_values(p, truth, asked, groups=groups), coverage=0.9)
            hits = sets[np.arange(len(others)), of_asked]
            held[name].append(np.average(hits, weights=1 / size[code]))  # of a firearm drawn at random
    assert np.mean(held["samples"]) < 0.88
    assert 0.895 < np.mean(held["groups"]) < 0.93


def test_too_few_samples_rule_nothing_out():
    p, truth = np.array([[0.9, 0.1]] * 8), np.zeros(8, int)
    asked = [[0.0, 1.0]]
    assert conformal_p_values(p, truth, asked)[0, 0] == pytest.approx(1 / 9)
    assert conformal_sets(conformal_p_values(p, truth, asked), coverage=0.9).all()
    one_more = conformal_p_values(np.vstack([p, p[:1]]), np.zeros(9, int), asked)
    assert conformal_sets(one_more, coverage=0.9).tolist() == [[False, True]]  # 1 / 10 is not above 0.1


def test_a_class_without_calibration_samples_is_in_every_set():
    found = conformal_p_values([[0.9, 0.1]] * 50, [0] * 50, [[1.0, 0.0], [0.0, 1.0]], by="class")
    assert found[:, 1].tolist() == [1.0, 1.0]
    assert conformal_sets(found, coverage=0.99)[:, 1].all()
    grouped = conformal_p_values([[0.9, 0.1]] * 2, [0, 0], [[1.0, 0.0]], by="class", groups=[1, 2])
    assert grouped[0, 1] == 1.0


@pytest.mark.parametrize("groups", [None, [1, 1, 2, 2, 3]])
def test_equal_scores_and_a_single_class_rule_nothing_out(groups):
    equal = conformal_p_values([[0.5, 0.5]] * 5, [0, 1, 0, 1, 0], [[0.5, 0.5]], groups=groups)
    np.testing.assert_allclose(equal, [[1, 1]])
    one = conformal_p_values([[1.0]] * 5, [0] * 5, [[1.0]], groups=groups)
    np.testing.assert_allclose(one, [[1]])


def test_the_ends_of_coverage():
    p_values = [[1.0, 0.01], [0.3, 0.2]]
    assert conformal_sets(p_values, coverage=1).all()
    assert not conformal_sets(p_values, coverage=0).any()


GOOD = ([[0.9, 0.1], [0.2, 0.8]], [0, 1], [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: conformal_p_values(*GOOD, by="firearm"), ParameterError, "by is 'firearm'"),
        (lambda: conformal_p_values(np.empty((0, 2)), [], GOOD[2]), DataError, "calibration part is empty"),
        (lambda: conformal_p_values(GOOD[0], [0, 1], [[0.5]]), DataError, r"\(2, 2\) and \(1, 1\)"),
        (lambda: conformal_p_values([[np.nan, 1]], [0], GOOD[2]), DataError, "1 numbers of the calibration"),
        (lambda: conformal_p_values(*GOOD[:2], [[3.0, -1.0]]), DataError, "2 numbers of the asked.*3.0"),
        (lambda: conformal_p_values(GOOD[0], [0, -1], GOOD[2]), DataError, "outside 0 to 1, such as -1"),
        (lambda: conformal_p_values(GOOD[0], [0], GOOD[2]), DataError, r"\(1,\), for 2 samples"),
        (lambda: conformal_p_values(GOOD[0], [0.0, 1.0], GOOD[2]), DataError, "float64"),
        (lambda: conformal_p_values(*GOOD, groups=["a", None]), DataError, "1 of them missing"),
        (lambda: conformal_p_values(*GOOD, groups=["a"]), DataError, "1 groups for 2 samples"),
        (lambda: conformal_sets([[0.5]], coverage=90), ParameterError, "coverage is 90"),
        (lambda: conformal_sets([[0.5]], coverage=np.nan), ParameterError, "coverage is nan"),
    ],
)
def test_what_cannot_be_is_said(call, error, says):
    with pytest.raises(error, match=says):
        call()
