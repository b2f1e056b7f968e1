import numpy as np
import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError
from fireanalysis.metrics import answer_table, coverage_table, known_from_unknown

RNG = np.random.default_rng(0)
SETS = RNG.random((60, 4)) < 0.6
TRUTH = np.arange(60) % 3  # none of the fourth class
GROUPS = np.arange(60) // 4
TABLE = coverage_table(SETS, TRUTH, classes=list("abcd"), groups=GROUPS, seed=0, resamples=30)
LOOK = {"title": "t", "source": "simulated"}


def test_all_classes_come_first_then_those_covered_least() -> None:
    figure = plots.coverage_dots({"one": TABLE, "two": TABLE}, coverage=0.9, most=2, **LOOK)
    least = TABLE.loc[["a", "b", "c"], "coverage"].nsmallest(2)
    assert list(figure.layout.yaxis.ticktext) == ["all classes", *least.index]
    held, size, *_ = figure.data
    assert list(held.x) == pytest.approx([100 * TABLE.loc["all classes", "coverage"], *(100 * least)])
    assert list(size.x) == pytest.approx(TABLE.loc[["all classes", *least.index], "classes"].tolist())
    ends = TABLE.loc["all classes", ["coverage low", "coverage high"]].tolist()
    found = [held.x[0] - held.error_x.arrayminus[0], held.x[0] + held.error_x.array[0]]
    assert found == pytest.approx([100 * end for end in ends])
    assert figure.layout.shapes[0].x0 == 90
    assert np.all(np.asarray(figure.data[2].y) > np.asarray(held.y))  # ways side by side
    assert "simulated" in figure.layout.title.text


def test_a_class_of_one_group_has_a_dot_without_interval() -> None:
    table = coverage_table(SETS, TRUTH, classes=list("abcd"), groups=TRUTH, seed=0, resamples=30)
    held = plots.coverage_dots({"one": table}, coverage=0.9, **LOOK).data[0]
    assert held.error_x.array[1] is None and held.x[1] is not None


def test_the_spread_has_a_box_for_each_classifier_and_way() -> None:
    panels = {"a": {"x": [0.8, 0.9], "y": [0.7]}, "b": {"x": [1.0]}}
    figure = plots.coverage_spread(panels, coverage=0.8, **LOOK)
    x, y = figure.data
    assert (list(x.x), list(x.y)) == ([80, 90, 100], ["a", "a", "b"])
    assert (list(y.x), list(y.y)) == ([70], ["a"])
    assert figure.layout.shapes[0].x0 == 80


def test_groups_are_in_order_of_their_coverage() -> None:
    panels = {name: ([1.0, 0.0, 0.5, 1.0], [0.5, 0.75, 0.75, 0.5]) for name in "abc"}
    figure = plots.group_coverage(panels, coverage=0.9, **LOOK)
    measured, dealt = figure.data[:2]
    assert list(measured.x) == [0, 25, 50, 75, 100]
    assert list(measured.y) == [0, 50, 100, 100, 100] and list(dealt.y) == [50, 50, 75, 75, 75]
    assert [trace.showlegend for trace in figure.data] == [True, True] + 4 * [False]


def test_known_curves_pass_where_the_false_positive_rate_is_read() -> None:
    known = np.arange(80) % 4 > 0
    scores = np.round(RNG.random(80) + 0.5 * known, 1)
    figure = plots.known_curves({"a": {"score": scores}}, {"a": known}, **LOOK)
    curve = figure.data[0]
    passed = min(x for x, y in zip(curve.x, curve.y, strict=True) if y >= 95)
    found = known_from_unknown(scores, known, groups=np.arange(80), seed=0, resamples=10)
    assert passed == pytest.approx(100 * found["FPR"].value)
    assert figure.layout.shapes[0].y0 == 95


def test_budgets_are_drawn_beside_what_was_promised() -> None:
    scores, right = RNG.random(60), RNG.random(60) < 0.7
    table = answer_table(scores, right, thresholds=[0.9, 0.4, np.inf], groups=GROUPS, seed=0, resamples=30)
    table.index = [0.05, 0.1, 0.01]
    figure = plots.budget_curves({"a": table, "b": table}, **LOOK)
    wrong, answered = figure.data[:2]
    assert list(wrong.x) == pytest.approx([5, 10, 1])
    assert list(answered.y) == pytest.approx((100 * table["answered"]).tolist())
    assert list(wrong.y)[:2] == pytest.approx((100 * table["wrong"]).tolist()[:2]) and np.isnan(wrong.y[2])
    promise = figure.data[-1]
    assert list(promise.x) == list(promise.y)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plots.coverage_dots({}, coverage=0.9, **LOOK), "no table of coverage"),
        (lambda: plots.coverage_spread({}, coverage=0.9, **LOOK), "no coverage"),
        (lambda: plots.group_coverage({}, coverage=0.9, **LOOK), "no group"),
        (lambda: plots.known_curves({}, {}, **LOOK), "no score"),
        (
            lambda: plots.known_curves({"a": {"s": [1.0]}}, {"a": [True]}, **LOOK),
            "1 of 1 samples are of known",
        ),
        (lambda: plots.budget_curves({}, **LOOK), "no table of answers"),
    ],
)
def test_nothing_to_draw_is_said(call, says) -> None:
    with pytest.raises(DataError, match=says):
        call()


def test_a_table_without_samples_of_any_class_shows_all_classes_alone() -> None:
    only = pd.DataFrame(TABLE.iloc[:1])
    assert list(plots.coverage_dots({"one": only}, coverage=0.9, **LOOK).data[0].y) == [0]
