import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError
from fireanalysis.metrics import SUPPORT

RNG = np.random.default_rng(0)


def reference(shift: float = 2.0) -> pd.DataFrame:
    same = np.arange(40) < 20
    return pd.DataFrame({"score": RNG.normal(size=40) + shift * same, "same": same})


def bands(figure: go.Figure) -> list[tuple[float, float]]:
    return [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]


def test_every_score_of_a_case_is_a_line_among_its_reference_scores() -> None:
    tables = {name: reference() for name in ("marks", "brand", "clip")}
    figure = plots.case_scores(
        {"marks": 0.4, "brand": 9.0, "clip": -1.0},
        tables,
        axes=dict.fromkeys(tables, "score"),
        title="t",
        source="simulated",
    )
    assert [shape.x0 for shape in figure.layout.shapes] == [0.4, 9.0, -1.0]
    drawn = [len(trace.x) for trace in figure.data if trace.type == "histogram"]
    assert drawn == [20] * 6
    assert [note.text for note in figure.layout.annotations] == list(tables)
    assert "simulated" in figure.layout.title.text


def test_scores_without_reference_are_refused() -> None:
    how = {"axes": {"marks": "score"}, "title": "t", "source": "real"}
    with pytest.raises(DataError, match="no reference scores for marks"):
        plots.case_scores({"marks": 1.0}, {}, **how)
    with pytest.raises(DataError, match="no reference scores for marks"):
        plots.case_scores({"marks": 1.0}, {"marks": reference().iloc[:0]}, **how)
    with pytest.raises(DataError, match="no score"):
        plots.case_scores({}, {}, **how)


def test_dots_lie_over_the_steps_of_the_verbal_scale() -> None:
    figure = plots.support_dots(["a", "b"], [0.5, -2.5], title="t", source="real", kinds=["one", "two"])
    steps = [np.log10(least) for least, _ in SUPPORT]
    found = bands(figure)
    assert found[0] == pytest.approx((-steps[0], steps[0]), abs=1e-3)
    assert (1.0, 2.0) in found and (-2.0, -1.0) in found
    assert max(end for _, end in found) == pytest.approx(3.0)  # as far as the values reach
    words = [note.text.replace("<br>", " ") for note in figure.layout.annotations]
    assert words.count("weak") == 2 and words.count("none") == 1
    assert {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data} == {
        "one": ([0.5], [0]),
        "two": ([-2.5], [1]),
    }


def test_intervals_reach_from_low_to_high() -> None:
    figure = plots.support_dots(
        ["a", "b"], [0.5, 1.0], [(0.2, 1.5), (np.nan, np.nan)], title="t", source="real"
    )
    (dots,) = figure.data
    assert dots.error_x.array == pytest.approx([1.0, 0])
    assert dots.error_x.arrayminus == pytest.approx([0.3, 0])


@pytest.mark.parametrize(
    ("names", "values", "said"),
    [
        ([], [], "0 names"),
        (["a"], [1.0, 2.0], "1 names"),
        (["a"], [np.inf], "not finite"),
        (["a"], [np.nan], "not"),
    ],
)
def test_dots_need_finite_ratios(names: list, values: list, said: str) -> None:
    with pytest.raises(DataError, match=said):
        plots.support_dots(names, values, title="t", source="real")


def test_posteriors_are_odds_times_ratio() -> None:
    figure = plots.posterior_curves({"all": (2.0, 1.0, 3.0)}, title="t", source="simulated", mark=0.001)
    (line,) = (trace for trace in figure.data if trace.name == "all" and trace.fill is None)
    prior = np.asarray(line.x)
    odds = 100 * prior / (1 - prior)
    np.testing.assert_allclose(line.y, 100 * odds / (1 + odds))
    alone = next(trace for trace in figure.data if trace.name == "prior alone")
    np.testing.assert_allclose(alone.y, 100 * prior)
    with pytest.raises(DataError, match="no likelihood ratio"):
        plots.posterior_curves({}, title="t", source="real")
