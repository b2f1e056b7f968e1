"""Figures from scores to likelihood ratios and to what follows from them."""

import numpy as np
import pandas as pd
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError

SCORES = np.array([1.0, 2.0, 2.0, 5.0, 4.0, 7.0, 8.0, 9.0])
SAME = np.array([False] * 4 + [True] * 4)
LOG10_LR = np.array([-2.0, -1.0, -1.0, 1.0, -1.0, 1.0, 2.0, 2.0])
HOW = {"title": "t", "source": "simulated"}


def test_scores_are_counted_by_kind_and_ratios_drawn_below_them() -> None:
    curves = {"logistic": ([0.0, 5.0, 10.0], [-9.0, 0.0, np.inf])}
    figure = plots.likelihood_ratio_curves(SCORES, SAME, curves, axis="score", **HOW)
    other, same, curve = figure.data
    assert (list(other.x), list(same.x)) == (list(SCORES[~SAME]), list(SCORES[SAME]))
    assert (other.name, same.name) == ("different sources", "same source")
    assert list(curve.y) == [-6, 0, 6]  # a ratio beyond a million is at the edge
    assert other.xbins.size == 1  # scores that are counts keep their bins
    assert "simulated" in figure.layout.title.text


@pytest.mark.parametrize(
    ("scores", "same"), [(SCORES, np.ones(8, bool)), (SCORES[:3], SAME), (SCORES * np.nan, SAME)]
)
def test_scores_of_one_kind_or_none_are_an_error(scores: np.ndarray, same: np.ndarray) -> None:
    with pytest.raises(DataError, match="either kind"):
        plots.likelihood_ratio_curves(scores, same, {}, axis="score", **HOW)


def test_a_tippett_line_says_at_each_ratio_how_many_pairs_have_at_least_that() -> None:
    figure = plots.tippett_curves({"logistic": metrics.tippett(LOG10_LR, SAME)}, **HOW)
    for line, kind in zip(figure.data, (SAME, ~SAME), strict=True):
        assert line.line.shape == "vh"  # up to a point, the height is that point's
        x, y = np.array(line.x), np.array(line.y)
        for at in (-2.2, -1.5, -1.0, 0.0, 0.9, 1.5, 2.1):
            height = y[np.searchsorted(x, at)]
            assert height == pytest.approx(100 * (LOG10_LR[kind] >= at).mean())


def test_infinite_ratios_stay_within_the_axes() -> None:
    log10_lr = np.array([-np.inf, -1.0, 1.0, np.inf])
    same = np.array([False, False, True, True])
    for draw, table in ((plots.tippett_curves, metrics.tippett), (plots.pav_curves, metrics.pav)):
        figure = draw({"any": table(log10_lr, same)}, **HOW)
        for trace in figure.data:
            assert np.isfinite(np.array(trace.x, float)).all()
            assert np.abs(np.array(trace.x, float)).max() <= 6


def test_ratios_that_one_kind_of_pairs_got_are_triangles_at_the_edge() -> None:
    table = metrics.pav(LOG10_LR, SAME)
    diagonal, points = plots.pav_curves({"logistic": table}, **HOW).data
    assert list(diagonal.x) == list(diagonal.y)
    known = dict(zip(points.x, zip(points.y, points.marker.symbol, strict=True), strict=True))
    # By hand: −2 only among different sources, 2 only among same; −1 once in three, 1 once in two, both kinds as many.
    edge = max(diagonal.x)
    assert known[-2.0] == (-edge, "triangle-down")
    assert known[2.0] == (edge, "triangle-up")
    assert known[-1.0] == (pytest.approx(np.log10(1 / 2)), "circle")
    assert known[1.0] == (pytest.approx(0.0), "circle")


def test_cross_entropy_of_two_systems_shares_the_line_that_knows_nothing() -> None:
    good = metrics.empirical_cross_entropy(LOG10_LR, SAME)
    bad = metrics.empirical_cross_entropy(-LOG10_LR, SAME)
    figure = plots.cross_entropy_curves({"good": good, "bad": bad}, **HOW)
    assert [line.name for line in figure.data] == [
        "prior odds only", "good", "good, after PAV", "bad", "bad, after PAV"
    ]  # fmt: skip
    at_even = [float(np.interp(0, line.x, line.y)) for line in figure.data]
    expected = [1.0, metrics.cllr(LOG10_LR, SAME), metrics.cllr_min(LOG10_LR, SAME)]
    assert at_even[:3] == pytest.approx(expected)
    assert at_even[3] == pytest.approx(metrics.cllr(-LOG10_LR, SAME))


@pytest.mark.parametrize("draw", [plots.tippett_curves, plots.pav_curves, plots.cross_entropy_curves])
def test_a_table_of_another_kind_is_named(draw) -> None:
    with pytest.raises(DataError, match="in odd"):
        draw({"odd": pd.DataFrame({"x": [1]})}, **HOW)
    with pytest.raises(DataError, match="there is no table"):
        draw({}, **HOW)


def test_a_posterior_is_prior_odds_times_the_ratio() -> None:
    curves = {"bounded": ([0.0, 10.0], [-2.0, 2.0])}
    figure = plots.from_score_to_posterior(
        curves, 7.5, {"bounded": 1.0}, log10_prior_odds=-2.0, axis="score", **HOW
    )
    curve, at_score, _, nothing, line, at_prior = figure.data
    assert (list(at_score.x), list(at_score.y)) == ([7.5], [1.0])
    assert curve.name == line.name == "bounded"
    assert "cut" not in figure.layout.yaxis.title.text
    odds = 10.0 ** np.array(line.x) * 10
    assert np.array(line.y) == pytest.approx(100 * odds / (1 + odds))
    assert at_prior.y[0] == pytest.approx(100 * 0.1 / 1.1)
    assert nothing.x[0] == -2.0
    assert nothing.y[0] == pytest.approx(100 * 0.01 / 1.01)


def test_an_infinite_ratio_is_certainty_and_a_missing_one_an_error() -> None:
    curves = {"unbounded": ([0.0, 1.0], [0.0, np.inf])}
    how = {"log10_prior_odds": -6.0, "axis": "score", **HOW}
    figure = plots.from_score_to_posterior(curves, 1.0, {"unbounded": np.inf}, **how)
    assert figure.data[-1].y[0] == 100
    assert figure.layout.yaxis.title.text.endswith("cut at ±6")
    with pytest.raises(DataError, match="ratios of nothing"):
        plots.from_score_to_posterior(curves, 1.0, {}, **how)


def test_scores_and_ratios_that_are_all_equal_are_drawn() -> None:
    for equal in (np.full(8, 3.0), np.full(8, 0.37)):
        system = metrics.fit_likelihood_ratio(equal, SAME)
        curves = {"logistic": (equal, system.log10(equal))}
        figure = plots.likelihood_ratio_curves(equal, SAME, curves, axis="score", **HOW)
        bins = figure.data[0].xbins
        assert bins.start < equal[0] < bins.end
        assert set(figure.data[2].y) == {0}
    nothing = np.zeros(8)
    figure = plots.tippett_curves({"nothing": metrics.tippett(nothing, SAME)}, **HOW)
    assert [trace.y[1] for trace in figure.data] == [100, 100]
    assert plots.pav_curves({"nothing": metrics.pav(nothing, SAME)}, **HOW).data[1].y == (0.0,)
    entropy = plots.cross_entropy_curves({"nothing": metrics.empirical_cross_entropy(nothing, SAME)}, **HOW)
    assert entropy.data[1].y == pytest.approx(entropy.data[0].y)
