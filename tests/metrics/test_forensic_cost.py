import numpy as np
import pytest
from lir.data.models import LLRData
from lir.metrics import cllr as lir_cllr
from lir.metrics import cllr_min as lir_cllr_min

from fireanalysis.errors import DataError
from fireanalysis.metrics import cllr, cllr_min, likelihood_ratio_summary

NUMBERS = ["Cllr", "Cllr_min", "calibration loss", "misleading, same source", "misleading, different sources"]


def drawn(seed: int, firearms: int = 14):
    """Pairs of all firearms with one another and with themselves; LRs in steps, so that some are equal."""
    rng = np.random.default_rng(seed)
    sources = np.array([(a, b) for a in range(firearms) for b in range(a, firearms)])
    same = sources[:, 0] == sources[:, 1]
    return np.round(rng.normal(np.where(same, 1.5, -1), 1), 1), same, sources


def test_cllr_of_a_worked_array_is_exact() -> None:
    # Same source: LR 3 and 1, costs log2(4/3) and 1. Different sources: LR 1/7 and 3, costs log2(8/7) and 2.
    found = cllr(np.log10([3, 1, 1 / 7, 3]), np.array([True, True, False, False]))
    same = (2 - np.log2(3) + 1) / 2
    different = (3 - np.log2(7) + 2) / 2
    assert found == pytest.approx((same + different) / 2, abs=1e-15)
    assert cllr(np.log10([1, 1, 1]), np.array([True, True, False])) == 1
    assert cllr([0.0, np.log10(3)], [True, False]) == 1.5


@pytest.mark.parametrize("seed", range(5))
def test_costs_are_those_of_lir(seed: int) -> None:
    said, same, _ = drawn(seed)
    of_lir = LLRData(features=said[:, None], labels=same.astype(int))
    assert cllr(said, same) == pytest.approx(lir_cllr(of_lir), rel=1e-12)
    assert cllr_min(said, same) == pytest.approx(lir_cllr_min(of_lir), rel=1e-9)
    assert cllr_min(said, same) <= cllr(said, same)
    assert cllr_min(3 * said + 7, same) == pytest.approx(cllr_min(said, same))  # the order decides alone


def test_infinite_and_huge_ratios_cost_what_they_should() -> None:
    same = np.array([True, True, False, False])
    assert cllr([np.inf, np.inf, -np.inf, -np.inf], same) == 0
    assert cllr([np.inf, -np.inf, -np.inf, -np.inf], same) == np.inf  # one infinite, misleading one
    assert cllr([1, 1, -1, np.inf], same) == np.inf
    assert cllr([-500.0, np.inf, -np.inf, -np.inf], same) == pytest.approx(500 * np.log2(10) / 4)
    # Below the highest: one of two of one source, both of two sources; a chance of 1 in 3 at even odds.
    assert cllr_min([np.inf, -np.inf, -np.inf, 0], same) == pytest.approx((np.log2(3) / 2 + np.log2(1.5)) / 2)
    assert cllr_min([np.inf, np.inf, -np.inf, -np.inf], same) == 0


def test_cllr_min_of_a_worked_array_and_of_the_worst() -> None:
    # Pools {-1: two different}, {0: one of either}, {1: one same}: only the middle pool costs, 1 bit a pair.
    said, same = [-1, -1, 0, 0, 1], [False, False, True, False, True]
    middle = 0.5 / (0.5 + 1 / 3)  # chance of one source at even odds
    expected = (-0.5 * np.log2(middle) - np.log2(1 - middle) / 3) / 2
    assert cllr_min(said, same) == pytest.approx(expected)
    assert cllr_min([0, 0, 0], [True, False, False]) == pytest.approx(1)  # all equal: no more than nothing
    assert cllr_min([-1, -1, 1, 1], [True, True, False, False]) == pytest.approx(1)  # the wrong way round


def test_summary_is_what_repeating_the_pairs_gives() -> None:
    said, same, sources = drawn(3)
    found = likelihood_ratio_summary(said, same, sources=sources, seed=4, resamples=30)
    assert list(found) == NUMBERS and all(one.groups == 14 for one in found.values())
    assert found["Cllr"].value == cllr(said, same) and found["Cllr_min"].value == cllr_min(said, same)
    assert found["misleading, same source"].value == (said[same] < 0).mean()
    assert found["misleading, different sources"].value == (said[~same] > 0).mean()
    rng = np.random.default_rng(4)
    for draw in range(30):
        often = np.bincount(rng.integers(14, size=14), minlength=14)
        times = [often[a] if a == b else often[a] * often[b] for a, b in sources]
        more, truth = np.repeat(said, times), np.repeat(same, times)
        expected = [cllr(more, truth), cllr_min(more, truth), cllr(more, truth) - cllr_min(more, truth)]
        expected += [(more[truth] < 0).mean(), (more[~truth] > 0).mean()]
        assert [found[name].draws[draw] for name in NUMBERS] == pytest.approx(expected)


def test_pairs_of_one_model_from_two_sources_count_as_both_were_drawn() -> None:
    said, _, sources = drawn(1)
    same = (sources % 2)[:, 0] == (sources % 2)[:, 1]  # the proposition is not "one source" here
    found = likelihood_ratio_summary(said, same, sources=sources, seed=0, resamples=5)
    often = np.bincount(np.random.default_rng(0).integers(14, size=14), minlength=14)
    times = [often[a] if a == b else often[a] * often[b] for a, b in sources]
    assert found["Cllr"].draws[0] == pytest.approx(cllr(np.repeat(said, times), np.repeat(same, times)))


def test_an_infinite_cost_has_an_interval_and_an_infinite_ratio_that_is_right_costs_nothing() -> None:
    said, same, sources = drawn(2)
    said[0] = np.inf  # of one source
    assert np.isfinite(likelihood_ratio_summary(said, same, sources=sources, seed=0)["Cllr"].value)
    said[0] = -np.inf
    found = likelihood_ratio_summary(said, same, sources=sources, seed=0)
    assert (
        found["Cllr"].value == found["Cllr"].high == np.inf > found["Cllr"].low
    )  # some draws lack that firearm
    assert found["calibration loss"].value == np.inf and np.isfinite(found["Cllr_min"].high)


def test_draws_without_pairs_of_either_kind_are_left_out() -> None:
    sources = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "c")]
    found = likelihood_ratio_summary([1, -1, 2, 1], [True, False, True, False], sources=sources, seed=0)
    gone = np.isnan(found["Cllr"].draws)
    assert 0 < gone.sum() < 500 and np.isfinite([found["Cllr"].low, found["Cllr"].high]).all()


@pytest.mark.parametrize(
    ("said", "same", "what"),
    [
        ([1, 2], [True, True], "2 of 2 pairs are of one source; at least 1"),
        ([1, 2], [False, False], "0 of 2 pairs"),
        ([1, np.nan], [True, False], "1 of 2 likelihood ratios are NaN"),
        ([], [], "shape"),
        ([[1, 2]], [True, False], "shape"),
        ([1, 2], [1, 0], "int64"),
        ([1, 2, 3], [True, False], "3 pairs, and bool"),
    ],
)
def test_what_has_no_cost_says_why(said, same, what: str) -> None:
    for cost in (cllr, cllr_min):
        with pytest.raises(DataError, match=what):
            cost(said, same)
    with pytest.raises(DataError, match=what):
        likelihood_ratio_summary(said, same, sources=np.zeros((len(same), 2)), seed=0)


def test_an_interval_needs_two_sources_and_two_names_a_pair() -> None:
    with pytest.raises(DataError, match="all pairs are of one source, 'a'"):
        likelihood_ratio_summary([1, 2], [True, False], sources=[("a", "a")] * 2, seed=0)
    with pytest.raises(DataError, match=r"2 likelihood ratios and sources of shape \(2,\)"):
        likelihood_ratio_summary([1, 2], [True, False], sources=["a", "b"], seed=0)
