import numpy as np
import pytest
from lir.algorithms.bayeserror import elub
from lir.algorithms.invariance_bounds import calculate_invariance_bounds
from lir.algorithms.logistic_regression import LogitCalibrator
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import betabinom, norm

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import cllr, fit_likelihood_ratio

METHODS = ["logistic", "kde", "isotonic"]


def drawn(seed: int = 0, same: int = 40, different: int = 90, apart: float = 2.0):
    rng = np.random.default_rng(seed)
    truth = np.repeat([True, False], [same, different])
    return rng.normal(truth * apart, 1), truth


def cells(seed: int = 0, same: int = 60, different: int = 200):
    rng = np.random.default_rng(seed)
    truth = np.repeat([True, False], [same, different])
    of = rng.integers(20, 40, same + different)
    chance = np.where(truth, rng.beta(2, 3, len(of)), 0.03)
    return np.column_stack([rng.binomial(of, chance), of]), truth


def test_logistic_is_that_of_lir_on_scores_of_unit_spread() -> None:
    scores, same = drawn()
    z = (scores - scores.mean()) / scores.std()
    expected = LogitCalibrator().fit(z, same.astype(int)).transform(z)
    assert fit_likelihood_ratio(scores, same, bounds=None).log10(scores) == pytest.approx(expected, abs=1e-4)
    moved = fit_likelihood_ratio(50 + 100 * scores, same, bounds=None).log10(50 + 100 * scores)
    assert moved == pytest.approx(expected, abs=1e-4)  # the unit does not matter


def test_logistic_of_two_scores_is_where_the_balanced_loss_is_least() -> None:
    scores, same = drawn()
    both = np.column_stack([scores, np.random.default_rng(5).normal(size=len(scores)) - 0.4 * scores])
    z = (both - both.mean(0)) / both.std(0)
    weight = np.where(same, len(same) / 2 / same.sum(), len(same) / 2 / (~same).sum())

    def loss(of):
        return weight @ np.logaddexp(0, np.where(same, -1, 1) * (z @ of[:2] + of[2])) + of[:2] @ of[:2] / 2

    of = minimize(loss, np.zeros(3)).x
    system = fit_likelihood_ratio(both, same, bounds=None)
    assert system.log10(both) == pytest.approx((z @ of[:2] + of[2]) / np.log(10), abs=2e-3)


@pytest.mark.parametrize("power", [1, 7])  # the latter: some pairs far away, most close together
def test_kde_is_the_ratio_of_two_sums_of_kernels(power: int) -> None:
    scores, same = drawn()
    scores = np.sign(scores) * np.abs(scores / 3) ** power
    system = fit_likelihood_ratio(scores, same, method="kde", bounds=None)

    def log_density(kind, at):
        width = kind.std() * (4 / 3 / kind.size) ** 0.2
        return logsumexp(norm.logpdf(at, kind[:, None], width), axis=0) - np.log(kind.size)

    at = np.sort(scores)
    expected = (log_density(scores[same], at) - log_density(scores[~same], at)) / np.log(10)
    assert system.log10(at) == pytest.approx(expected, rel=1e-3, abs=2e-3)
    beyond = system.log10([scores.min() - 9, scores.max() + 9])
    assert beyond == pytest.approx(expected[[0, -1]])


def test_isotonic_is_worked_by_hand() -> None:
    # One misleading pair at either end: of 3 + 1 pairs of one source and 3 + 1 of two.
    system = fit_likelihood_ratio(
        [1, 2, 3, 4, 5, 6], [False, False, True, False, True, True], method="isotonic", bounds=None
    )
    # Pools: {added same, 1, 2}: 1 to 2. {3, 4}: 1 to 1. {5, 6, added different}: 2 to 1.
    assert 10 ** system.log10([0, 1, 2, 3, 4, 5, 6, 7]) == pytest.approx([0.5, 0.5, 0.5, 1, 1, 2, 2, 2])


def test_beta_binomial_finds_the_shapes_that_are_likeliest() -> None:
    counts, same = cells(same=3000, different=3000)
    system = fit_likelihood_ratio(counts, same, method="beta_binomial", bounds=None)
    at = np.column_stack([np.arange(3, 31), np.full(28, 30)])
    expected = betabinom.logpmf(at[:, 0], 30, 2, 3) - betabinom.logpmf(at[:, 0], 30, 3000, 97000)
    near = slice(0, 8)  # where both kinds were seen
    assert system.log10(at)[near] == pytest.approx(expected[near] / np.log(10), abs=0.25)


def test_beta_binomial_never_falls_with_the_cells_and_pools_where_it_would() -> None:
    # Same-source marks often show nothing at all: alone, 0 cells would speak for one source more than 1 cell.
    counts = np.array([[0, 20]] * 12 + [[18, 20]] * 12 + [[0, 20], [1, 20], [2, 20], [1, 20]] * 20)
    same = np.arange(len(counts)) < 24
    system = fit_likelihood_ratio(counts, same, method="beta_binomial", bounds=None)
    for of in (5, 20, 33):
        line = system.log10(np.column_stack([np.arange(of + 1), np.full(of + 1, of)]))
        assert np.isfinite(line).all() and (np.diff(line) >= 0).all() and line[0] < 0 < line[-1]
    pooled = system.log10([[0, 20], [1, 20], [2, 20]])
    assert pooled[0] == pooled[1]
    share = 10 ** pooled[0]  # the LR of "0 or 1 (or more of the pool) cells", by the fitted densities' sums
    assert 0.1 < share < 1.5


def test_thousands_of_cells_have_finite_ratios() -> None:
    """Here and there neither kind has a chance that a computer can tell from 0."""
    counts = np.array([[8940 + k % 20, 9000] for k in range(30)] + [[k % 20, 9000] for k in range(30)])
    system = fit_likelihood_ratio(counts, np.arange(60) < 30, method="beta_binomial", bounds=None)
    line = system.log10(np.column_stack([np.arange(9001), np.full(9001, 9000)]))
    assert np.isfinite(line).all() and (np.diff(line) >= 0).all() and line[0] < -100 < 100 < line[-1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_invariance_bounds_are_those_of_lir(method: str, seed: int) -> None:
    scores, same = drawn(seed, different=60 + 40 * seed, apart=1 + seed)
    said = fit_likelihood_ratio(scores, same, method=method, bounds=None).log10(scores)
    low, high, *_ = calculate_invariance_bounds(10.0 ** np.clip(said, -8, 8), same.astype(int))
    system = fit_likelihood_ratio(scores, same, method=method)
    assert system.bounds == pytest.approx((np.log10(low), np.log10(high)), abs=0.002)
    assert system.log10(scores) == pytest.approx(np.clip(said, *system.bounds))


def test_elub_is_that_of_lir_and_bounds_can_be_given() -> None:
    scores, same = drawn()
    said = fit_likelihood_ratio(scores, same, bounds=None).log10(scores)
    expected = elub(said.copy(), same.astype(int))
    assert fit_likelihood_ratio(scores, same, bounds="elub").bounds == pytest.approx(expected)
    given = fit_likelihood_ratio(scores, same, bounds=(-1, 0.5))
    assert given.log10(scores) == pytest.approx(np.clip(said, -1, 0.5))
    assert fit_likelihood_ratio(scores, same, bounds=None).bounds == (-np.inf, np.inf)


@pytest.mark.parametrize("method", [*METHODS, "beta_binomial"])
@pytest.mark.parametrize("bounds", ["invariance", "elub"])
def test_pairs_that_are_told_apart_perfectly_have_bounded_odds(method: str, bounds: str) -> None:
    same = np.repeat([True, False], [30, 100])
    scores = np.where(same, 20, 0) + np.arange(130) % 3
    pairs = np.column_stack([scores, np.full(130, 22)]) if method == "beta_binomial" else scores
    system = fit_likelihood_ratio(pairs, same, method=method, bounds=bounds)
    low, high = system.bounds
    assert -np.log10(62) <= low < 0 < high <= np.log10(202)  # no more than the pairs support
    most = [[22, 22], [0, 22]] if method == "beta_binomial" else [1e9, -1e9]
    assert system.log10(most) == pytest.approx([high, low])
    wrong = np.append(system.log10(pairs), system.log10(most))
    assert np.isfinite(cllr(wrong, np.append(same, [False, True])))  # one misleading pair of each kind


def test_isotonic_is_finite_without_bounds() -> None:
    scores, same = drawn(apart=20)
    said = fit_likelihood_ratio(scores, same, method="isotonic", bounds=None).log10([-1e9, 1e9])
    # All 40 and all 90 told apart, but for the added pairs: 1 of 41 among 90 of 91, 40 of 41 among 1 of 91.
    assert 10**said == pytest.approx([(1 / 41) / (90 / 91), (40 / 41) / (1 / 91)])


@pytest.mark.parametrize("method", [*METHODS, "beta_binomial"])
def test_equal_scores_say_nothing(method: str) -> None:
    pairs = np.tile([4, 20], (9, 1)) if method == "beta_binomial" else np.full(9, 4.0)
    system = fit_likelihood_ratio(pairs, np.arange(9) < 4, method=method, bounds=None)
    assert system.bounds == (0, 0)
    other = [[20, 20], [0, 20]] if method == "beta_binomial" else [-100, 100]
    assert system.log10(other).tolist() == [0, 0]


@pytest.mark.parametrize("method", METHODS)
def test_equal_scores_of_one_kind_and_two_pairs_of_either_are_enough(method: str) -> None:
    equal = fit_likelihood_ratio([5, 5, 5, 1, 2, 3, 9], np.arange(7) < 3, method=method)
    assert np.isfinite(equal.log10([-50, 0, 5, 90])).all()
    few = fit_likelihood_ratio([5, 6, 1, 2], [True, True, False, False], method=method)
    assert (few.same, few.different) == (2, 2)
    assert max(-few.bounds[0], few.bounds[1]) <= np.log10(6)  # near 1: four pairs prove little


def test_the_scores_given_stay_as_they_are() -> None:
    scores, same = drawn(apart=30)
    before = scores.copy()
    for method in METHODS:
        fit_likelihood_ratio(scores, same, method=method, bounds="elub").log10(scores)
    assert (scores == before).all()


@pytest.mark.parametrize(
    ("scores", "same", "method", "what"),
    [
        ([1, 2, 3], [True] * 3, "logistic", "3 of 3 pairs are of one source"),
        ([1, 2, 3, 4], [True, False, False, False], "kde", "at least 2 of either kind"),
        ([], np.zeros(0, bool), "kde", "0 of 0 pairs"),
        ([1, np.nan, 3, 4], [True, True, False, False], "kde", "1 of 4 scores are NaN or infinite"),
        ([1, np.inf, -np.inf, 4], [True, True, False, False], "isotonic", "2 of 4 scores"),
        ([1, 2, 3], [True, False], "logistic", "3 pairs, and bool of shape"),
        ([1, 2, 3, 4], [1, 1, 0, 0], "logistic", "int64"),
        (np.zeros((4, 2)), [True, True, False, False], "kde", "takes one number a pair"),
        ([1, 2, 3, 4], [True, True, False, False], "beta_binomial", "two numbers"),
        ([[5, 4]] * 4, [True, True, False, False], "beta_binomial", "no counts, such as 5 of 4 cells"),
        ([[0.5, 4]] * 4, [True, True, False, False], "beta_binomial", "such as 0.5 of 4"),
        ([[0, 0]] * 4, [True, True, False, False], "beta_binomial", "such as 0 of 0"),
        (np.zeros((4, 0)), [True, True, False, False], "logistic", "one or more numbers"),
    ],
)
def test_what_cannot_be_fitted_says_why(scores, same, method: str, what: str) -> None:
    with pytest.raises(DataError, match=what):
        fit_likelihood_ratio(scores, same, method=method)


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"method": "magic"}, "method is 'magic'"),
        ({"bounds": "none"}, "bounds is 'none'"),
        ({"bounds": (0.5, 1)}, "0.5 and 1.0"),
        ({"bounds": (np.nan, 1)}, "nan and 1.0"),
    ],
)
def test_unknown_methods_and_bounds(how: dict, what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        fit_likelihood_ratio(*drawn(), **how)


def test_pairs_of_another_shape_are_refused_and_no_pairs_have_no_ratio() -> None:
    scores, same = drawn()
    system = fit_likelihood_ratio(np.column_stack([scores, scores**2]), same)
    with pytest.raises(DataError, match="pairs have 1 numbers; the system was fitted on 2"):
        system.log10(scores)
    with pytest.raises(DataError, match="NaN"):
        system.log10([[1, np.nan]])
    assert fit_likelihood_ratio(scores, same).log10([]).shape == (0,)
