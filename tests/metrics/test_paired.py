"""Comparisons of two numbers against the same statistic, resampled directly."""

import numpy as np
import pytest

from fireanalysis import metrics
from fireanalysis.errors import DataError

RNG = np.random.default_rng(0)
GROUPS = np.arange(12) // 2
SCORES, OTHERS = RNG.uniform(0.4, 0.9, 12), RNG.uniform(0.2, 0.5, 12)
ONE, OTHER = (metrics.bootstrap_mean(x, groups=GROUPS, seed=3) for x in (SCORES, OTHERS))
FEWER = metrics.bootstrap_mean(SCORES[:8], groups=GROUPS[:8], seed=3)


@pytest.mark.parametrize(
    ("compare", "statistic"),
    [
        (metrics.interval_difference, lambda x, y: x.mean() - y.mean()),
        (metrics.relative_gain, lambda x, y: x.mean() / y.mean() - 1),
    ],
)
def test_a_comparison_is_that_of_each_draw(compare, statistic) -> None:
    found = compare(ONE, OTHER)
    slow = metrics.bootstrap_interval(statistic, SCORES, OTHERS, groups=GROUPS, seed=3)
    assert (found.value, found.low, found.high) == pytest.approx((slow.value, slow.low, slow.high))
    assert compare(ONE, ONE).high == 0
    with pytest.raises(DataError, match="6 and 4 groups"):
        compare(ONE, FEWER)


def test_a_gain_over_nothing_is_undefined() -> None:
    nothing = metrics.bootstrap_mean(np.zeros(12), groups=GROUPS, seed=3)
    found = metrics.relative_gain(ONE, nothing)
    assert np.isnan([found.value, found.low, found.high]).all()


def test_differences_of_several_numbers_at_once() -> None:
    two = metrics.bootstrap_mean(np.column_stack([SCORES, OTHERS]), groups=GROUPS, seed=3)
    found = metrics.interval_difference(two, two)
    assert found.value.tolist() == found.low.tolist() == [0, 0]
