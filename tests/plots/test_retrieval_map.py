import numpy as np
import pytest
from numpy.typing import NDArray

from fireanalysis import plots
from fireanalysis.errors import DataError

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
LABELS = ["rifle 01", "pistol 03", "rifle 01", "shotgun 02"]


def drawn(figure, mode: str) -> list:
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == mode]


def test_each_class_has_its_own_look_on_the_map() -> None:
    figure = plots.embedding_map(POINTS, LABELS, title="t", source="simulated", axes=("PC 1", "PC 2"))
    places_of = {trace.name: np.column_stack([trace.x, trace.y]) for trace in figure.data}
    assert sorted(places_of) == sorted(set(LABELS))
    for name, places in places_of.items():
        assert np.array_equal(places, POINTS[np.array(LABELS) == name])
    assert figure.layout.xaxis.title.text == "PC 1"


def test_forty_classes_differ_in_colour_or_symbol_and_leave_the_legend() -> None:
    names = [f"pistol {number:02d}" for number in range(40)]
    figure = plots.embedding_map(np.random.default_rng(0).random((40, 2)), names, title="t", source="real")
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == 40
    assert not any(trace.showlegend for trace in figure.data)


def test_lines_lead_from_the_query_to_what_it_found() -> None:
    figure = plots.embedding_map(
        POINTS, LABELS, title="t", source="real", query=(0.5, 0.5), found=[0, 3], right=[True, False]
    )
    lines = {trace.line.color: trace for trace in drawn(figure, "lines")}
    ends = {
        colour: [(x, y) for x, y in zip(line.x, line.y, strict=True) if not np.isnan(x)]
        for colour, line in lines.items()
    }
    assert ends == {"#009E73": [(0.5, 0.5), (0.0, 0.0)], "#D55E00": [(0.5, 0.5), (2.0, 2.0)]}
    (star,) = [trace for trace in figure.data if trace.name == "query"]
    assert (star.x[0], star.y[0]) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("points", "labels", "found"),
    [(POINTS[:3], LABELS, []), (np.zeros((0, 2)), [], []), (POINTS, LABELS, [4])],
)
def test_a_map_with_holes_is_refused(points: NDArray, labels: list, found: list) -> None:
    with pytest.raises(DataError, match="points"):
        plots.embedding_map(points, labels, title="t", source="real", query=(0, 0), found=found)


def test_a_search_is_shown_as_a_row_and_on_the_map() -> None:
    (query, *found), scores = [np.full((40, 60, 3), v, np.uint8) for v in (10, 100, 120)], [0.9, 0.8]
    how = {"title": "t", "source": "simulated"}
    view = plots.search_view(query, found, [True, False], scores, POINTS, LABELS, [1, 2], (0.4, 0.4), **how)
    row = plots.top_grid([query], [found], [[True, False]], [scores], **how)
    rasters = [trace.source for figure in (view, row) for trace in figure.data if trace.type == "image"]
    assert rasters[0] == rasters[1]
    (text,) = drawn(view, "text")
    assert list(text.hovertext) == ["pistol 03", "rifle 01"]
    assert {trace.yaxis for trace in view.data if trace.name in (*LABELS, "query")} == {"y2"}
