import numpy as np
import pytest
from lir.algorithms.isotonic_regression import IsotonicCalibrator

from fireanalysis.errors import DataError
from fireanalysis.metrics import cllr, cllr_min, empirical_cross_entropy, pav, tippett


def drawn(seed: int):
    rng = np.random.default_rng(seed)
    same = rng.random(80) < 0.4
    return np.round(rng.normal(np.where(same, 1.0, -1.0), 1.2), 1), same


@pytest.mark.parametrize("seed", range(3))
def test_tippett_counts_the_pairs_at_or_above(seed: int) -> None:
    said, same = drawn(seed)
    table = tippett(said, same)
    assert table["log10 LR"].tolist() == sorted(set(said))
    for at, ones, others in table.itertuples(index=False):
        assert ones == pytest.approx(np.mean(said[same] >= at))
        assert others == pytest.approx(np.mean(said[~same] >= at))


@pytest.mark.parametrize("seed", range(3))
def test_pav_is_that_of_lir(seed: int) -> None:
    said, same = drawn(seed)
    table = pav(said, same)
    expected = IsotonicCalibrator().fit_transform(said, same.astype(int))
    found = table.set_index("log10 LR")["calibrated log10 LR"].loc[said].to_numpy()
    assert found == pytest.approx(expected)
    assert table[["same source", "different sources"]].sum().tolist() == [same.sum(), (~same).sum()]
    for at, _, ones, others in table.itertuples(index=False):
        assert [ones, others] == [(said[same] == at).sum(), (said[~same] == at).sum()]


@pytest.mark.parametrize("seed", range(3))
def test_entropy_is_the_sum_over_pairs_and_at_even_odds_the_cost(seed: int) -> None:
    said, same = drawn(seed)
    table = empirical_cross_entropy(said, same, log10_prior_odds=[-2, 0, 1.5])
    assert table.loc[1, "this system"] == pytest.approx(cllr(said, same))
    assert table.loc[1, "after PAV"] == pytest.approx(cllr_min(said, same))
    for odds, system, best, neutral in (
        (10 ** table.iloc[:, :1]).join(table.iloc[:, 1:]).itertuples(index=False)
    ):
        prior = odds / (1 + odds)
        ones = sum(np.log2(1 + 1 / (10**one * odds)) for one in said[same]) / same.sum()
        others = sum(np.log2(1 + 10**one * odds) for one in said[~same]) / (~same).sum()
        assert system == pytest.approx(prior * ones + (1 - prior) * others)
        assert neutral == pytest.approx(-prior * np.log2(prior) - (1 - prior) * np.log2(1 - prior))
        assert best <= min(system, neutral) + 1e-12


def test_prior_odds_go_from_a_thousandth_to_a_thousand_by_default() -> None:
    odds = empirical_cross_entropy([1, -1], [True, False])["log10 prior odds"]
    assert odds.iloc[[0, 60, -1]].tolist() == [-3, 0, 3] and len(odds) == 121


def test_infinite_ratios_are_drawn_and_a_misleading_one_costs_everything() -> None:
    said, same = [np.inf, -np.inf, 0, 0], np.array([True, False, True, False])
    assert tippett(said, same)["same source"].tolist() == [1, 1, 0.5]
    assert pav(said, same)["calibrated log10 LR"].tolist() == [-np.inf, 0, np.inf]
    assert np.isfinite(empirical_cross_entropy(said, same)).all(axis=None)
    wrong = empirical_cross_entropy(said, ~same)
    assert np.isinf(wrong["this system"]).all() and np.isfinite(wrong["after PAV"]).all()


def test_equal_ratios_say_what_they_can() -> None:
    table = pav([2, 2, 2, 2], [True, False, False, False])
    assert table["calibrated log10 LR"].tolist() == [0] and len(tippett([2, 2], [True, False])) == 1


@pytest.mark.parametrize("curve", [tippett, pav, empirical_cross_entropy])
def test_what_has_no_curve_says_why(curve) -> None:
    with pytest.raises(DataError, match="1 of 1 pairs are of one source"):
        curve([1], [True])
    with pytest.raises(DataError, match="1 of 2 likelihood ratios are NaN"):
        curve([1, np.nan], [True, False])


@pytest.mark.parametrize("odds", [[0, np.inf], [np.nan], 0.0])
def test_prior_odds_are_finite_numbers(odds) -> None:
    with pytest.raises(DataError, match="prior odds of shape"):
        empirical_cross_entropy([1, -1], [True, False], log10_prior_odds=odds)
