import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.explain import audit_curve
from fireanalysis.plots import audit_panels, suspect_list

SHARES = np.array([0.0, 0.25, 0.5, 1.0])


def curves() -> dict:
    wrong = np.arange(40) % 4 == 0
    found = audit_curve(wrong, 1.0 * wrong, budgets=SHARES, groups=np.arange(40), seed=0, resamples=20)
    return {"audit": (SHARES, found["recall"]), "random order": (SHARES, SHARES)}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_each_panel_has_its_lines_in_per_cent_and_a_band_for_an_interval(count: int) -> None:
    figure = audit_panels(
        {f"set {k}": curves() for k in range(count)}, title="t", x_axis="x", y_axis="y", source="simulated"
    )
    drawn = [trace for trace in figure.data if trace.name]
    assert [trace.name for trace in drawn] == ["audit", "random order"] * count
    assert [trace.showlegend for trace in drawn] == [True, True] + [False] * (2 * count - 2)
    np.testing.assert_allclose(drawn[0].y, [0, 100, 100, 100])
    assert sum(trace.fill == "toself" for trace in figure.data) == count
    assert drawn[0].line.color != drawn[1].line.color
    assert {a.text for a in figure.layout.annotations} == {f"set {k}" for k in range(count)}


def test_a_line_keeps_its_colour_where_a_panel_lacks_another() -> None:
    lines = curves()
    both = {"by group": lines["audit"], "leaky": lines["audit"]}
    figure = audit_panels(
        {"one": {"leaky": both["leaky"]}, "two": both}, title="t", x_axis="x", y_axis="y", source="real"
    )
    colours = {(t.name, t.line.color) for t in figure.data if t.name}
    assert len(colours) == 2


def test_unfitting_panels_are_refused() -> None:
    with pytest.raises(DataError, match="no panel"):
        audit_panels({}, title="t", x_axis="x", y_axis="y", source="real")
    with pytest.raises(DataError, match="3,"):
        audit_panels({"a": {"b": (SHARES, SHARES[1:])}}, title="t", x_axis="x", y_axis="y", source="real")


def test_the_list_is_in_order_and_says_what_is_known() -> None:
    figure = suspect_list([0.2, 0.9, 0.5], wrong=[0, 1, np.nan], budget=1, title="t", source="simulated")
    found = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert found == {
        "wrong label": ([1], [0.9]),
        "not checked": ([2], [0.5]),
        "right label": ([3], [0.2]),
    }
    assert figure.layout.shapes[0].x0 == 1.5


def test_without_any_check_all_are_grey_and_equals_keep_their_order() -> None:
    figure = suspect_list([0.5, 0.5], budget=0, title="t", source="real")
    (trace,) = figure.data
    assert (trace.name, list(trace.x)) == ("not checked", [1, 2])


def test_unfitting_lists_are_refused() -> None:
    for scores, known, budget in (
        ([], None, 0),
        ([0.1, np.nan], None, 1),
        ([0.1], None, 2),
        ([0.1], [0, 1], 1),
    ):
        with pytest.raises(DataError, match="0 to n looks"):
            suspect_list(scores, wrong=known, budget=budget, title="t", source="real")
