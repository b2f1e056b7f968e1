"""Words against the guideline's table, combination against worked sums and the exact LR of correlated normals."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    Interval,
    class_to_source,
    combine_likelihood_ratios,
    combined_interval,
    conclusion_sensitivity,
    information_sets,
    strength_of_support,
)


def table(**rows: tuple[str, tuple[str, ...]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=["level", "shares_information_with"])


CASE = table(
    marks=("source", ()),
    brand=("class", ("sound", "photo")),
    sound=("class", ()),
    photo=("class", ()),
    clip=("activity", ()),
)
FOUND = {"marks": 1.2, "brand": 0.9, "sound": 0.4, "photo": 0.7}


@pytest.mark.parametrize(
    ("lr", "word"),
    [
        (1.99, "no"),
        (2, "weak"),
        (9.9, "weak"),
        (10, "moderate"),
        (99, "moderate"),
        (100, "moderately strong"),
        (1000, "strong"),
        (9999, "strong"),
        (10_000, "very strong"),
        (999_999, "very strong"),
        (1_000_000, "extremely strong"),
    ],
)
def test_words_are_those_of_the_guideline_for_either_side(lr: float, word: str) -> None:
    for sign, side in ((1, "the proposition"), (-1, "the alternative")):
        said = strength_of_support(sign * np.log10(lr))
        assert said == ("no support for either" if word == "no" else f"{word} support for {side}")
        assert "match" not in said and "identif" not in said


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_certainty_has_no_words(value: float) -> None:
    with pytest.raises(DataError, match="log10 LR is"):
        strength_of_support(value)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_a_class_counts_as_total_probability_says(share: float) -> None:
    lr = np.array([0.01, 1.0, 7.0, 1e12])
    expected = 1 / (share * 1 + (1 - share) / lr)  # P(E | seized) = P(E | class), and the mixture below
    np.testing.assert_allclose(10 ** class_to_source(np.log10(lr), share=share), expected)


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ParameterError, match="share"):
        class_to_source(0.0, share=share)


def test_sets_are_joined_through_others() -> None:
    assert information_sets(CASE) == [["marks"], ["brand", "sound", "photo"], ["clip"]]
    assert information_sets(CASE.iloc[:0]) == []


def test_only_what_is_declared_independent_is_multiplied() -> None:
    weakest = combine_likelihood_ratios(FOUND, CASE, share=0.0)
    assert weakest == pytest.approx(1.2 + 0.4)
    assert combine_likelihood_ratios(FOUND, CASE, share=0.0, rule="product") == pytest.approx(1.2 + 2.0)
    with_share = 1.2 + float(class_to_source(0.4, share=0.3))
    assert combine_likelihood_ratios(FOUND, CASE, share=0.3) == pytest.approx(with_share)


def test_class_evidence_alone_never_exceeds_one_over_the_share() -> None:
    sure = dict.fromkeys(FOUND, 9.0)
    for rule in ("weakest", "correlated", "product"):
        assert combine_likelihood_ratios(sure, CASE.drop("marks"), share=0.1, rule=rule) <= 1 + 1e-9


def test_all_dependent_is_the_weakest_and_none_where_they_point_both_ways() -> None:
    dependent = CASE.loc[["brand", "sound", "photo"]]
    for sign in (1, -1):
        found = {name: sign * FOUND[name] for name in dependent.index}
        assert combine_likelihood_ratios(found, dependent, share=0.0) == pytest.approx(sign * 0.4)
    mixed = {"brand": 2.0, "sound": -0.3, "photo": 1.0}
    assert combine_likelihood_ratios(mixed, dependent, share=0.0) == 0


@pytest.mark.parametrize("r", [0.0, 0.3, 0.9])
def test_correlated_is_exact_for_normal_log_likelihood_ratios(r: float) -> None:
    variance = 4.0  # of calibrated natural log LR: N(±variance / 2, variance)
    covariance = variance * np.array([[1, r], [r, 1]])
    x = np.array([1.3, -0.4])
    ones, others = (multivariate_normal([s * variance / 2] * 2, covariance).logpdf(x) for s in (1, -1))
    two = table(a=("source", ("b",)), b=("source", ()))
    found = combine_likelihood_ratios(
        dict(zip("ab", x / np.log(10), strict=True)), two, share=0.5, rule="correlated", correlation=r
    )
    assert found == pytest.approx((ones - others) / np.log(10))


def test_many_cases_at_once_are_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    many = {name: rng.normal(size=20) for name in FOUND}
    at_once = combine_likelihood_ratios(many, CASE, share=0.2)
    one_by_one = [
        combine_likelihood_ratios({n: v[k] for n, v in many.items()}, CASE, share=0.2) for k in range(20)
    ]
    np.testing.assert_allclose(at_once, one_by_one)


def test_what_cannot_be_combined_is_refused() -> None:
    with pytest.raises(DataError, match="none of 0 pieces"):
        combine_likelihood_ratios({}, CASE.iloc[:0], share=0.1)
    with pytest.raises(DataError, match="none of 1 pieces"):
        combine_likelihood_ratios({"clip": 1.0}, CASE.loc[["clip"]], share=0.1)
    with pytest.raises(DataError, match="sound is missing or not finite"):
        combine_likelihood_ratios(FOUND | {"sound": np.inf}, CASE, share=0.1)
    with pytest.raises(DataError, match="marks is missing"):
        combine_likelihood_ratios({n: v for n, v in FOUND.items() if n != "marks"}, CASE, share=0.1)
    mixed = table(marks=("source", ("brand",)), brand=("class", ()))
    with pytest.raises(DataError, match="of levels class, source"):
        combine_likelihood_ratios(FOUND, mixed, share=0.1)


@pytest.mark.parametrize(
    "how", [{"rule": "sum"}, {"correlation": -0.1}, {"correlation": 1.1}, {"share": 2.0}]
)
def test_numbers_out_of_range_are_refused(how: dict) -> None:
    with pytest.raises(ParameterError):
        combine_likelihood_ratios(FOUND, CASE, **({"share": 0.1} | how))


def test_sensitivity_names_what_was_varied() -> None:
    rows = conclusion_sensitivity(FOUND, CASE, share=0.1, shares=(0.0, 1.0), correlations=(0.0, 1.0))
    by = rows.set_index(["varied", "to"])["log10_lr"]
    assert by["nothing", "as reported"] == pytest.approx(
        float(combine_likelihood_ratios(FOUND, CASE, share=0.1))
    )
    assert by["share of the class", "0"] == pytest.approx(1.6)
    assert by["share of the class", "1"] == pytest.approx(1.2)
    assert by["correlation", "0"] == pytest.approx(by["rule", "product"])
    assert by["correlation", "1"] == pytest.approx(1.2 + float(class_to_source(2 / 3, share=0.1)))
    assert by["left out", "marks"] == pytest.approx(float(class_to_source(0.4, share=0.1)))
    alone = conclusion_sensitivity(FOUND, CASE.loc[["marks"]], share=0.1)
    assert "left out" not in set(alone["varied"]) and (alone["log10_lr"] == 1.2).all()


def drawn(value: float, *draws: float, groups: int = 9) -> Interval:
    return Interval(value, min(draws), max(draws), np.array(draws), groups)


def test_the_interval_of_all_comes_from_draws_that_all_have() -> None:
    two = table(marks=("source", ()), brand=("class", ()), clip=("activity", ()))
    found = {"marks": drawn(1.0, 0.5, 1.5, np.nan, 1.0), "brand": drawn(0.3, 0.1, 0.2, 0.3, 0.6, groups=4)}
    both = combined_interval(found, two, share=0.0)
    assert both.value == pytest.approx(1.3) and both.groups == 4
    np.testing.assert_allclose(both.draws, [0.6, 1.7, 1.6])
    assert (both.low, both.high) == pytest.approx(tuple(np.quantile([0.6, 1.7, 1.6], [0.025, 0.975])))
    none = combined_interval(found | {"brand": drawn(0.3, *[np.nan] * 4)}, two, share=0.0)
    assert none.value == pytest.approx(1.3) and np.isnan(none.low)
