"""What is drawn is what was handed in; names and numbers that do not fit are named."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError

THREE = {"title": "t", "source": "simulated"}


def framed(figure: go.Figure) -> list[tuple[float, float]]:
    """Row and column of each framed cell."""
    return [((s.y0 + s.y1) / 2, (s.x0 + s.x1) / 2) for s in figure.layout.shapes]


class TestConfusion:
    def test_rows_are_in_per_cent_and_an_empty_class_has_no_row(self) -> None:
        figure = plots.confusion(np.array([[3, 1], [0, 0]]), ["a", "b"], **THREE)
        assert figure.data[0].z == pytest.approx(np.array([[75, 25], [np.nan, np.nan]]), nan_ok=True)
        assert figure.data[0].text.tolist() == [["75", "25"], ["", ""]]
        assert figure.layout.yaxis.autorange == "reversed"  # the first class on top, as in the paper
        assert "simulated" in figure.layout.title.text

    def test_shares_below_half_a_per_cent_are_not_written(self) -> None:
        figure = plots.confusion(np.array([[995, 4, 1], [0, 994, 6], [0, 0, 1]]), list("abc"), **THREE)
        assert figure.data[0].text.tolist() == [["100", "", ""], ["", "99", "1"], ["", "", "100"]]

    def test_marked_cells_are_framed(self) -> None:
        figure = plots.confusion(np.eye(3, dtype=int), list("abc"), marked=[("a", "c"), ("b", "a")], **THREE)
        assert framed(figure) == [(0, 2), (1, 0)]

    def test_what_is_told_apart_is_on_the_axes(self) -> None:
        figure = plots.confusion(np.eye(2, dtype=int), ["a", "b"], of="model", **THREE)
        assert figure.layout.xaxis.title.text == "predicted model"

    def test_twenty_one_classes_have_room(self) -> None:
        figure = plots.confusion(np.eye(21, dtype=int), [f"F{k:02}" for k in range(21)], **THREE)
        assert figure.layout.height > 21 * 26
        assert figure.data[0].textfont.size < 10

    def test_labels_that_do_not_fit(self) -> None:
        with pytest.raises(DataError, match=r"shape \(2, 2\) for 3 labels"):
            plots.confusion(np.eye(2), list("abc"), **THREE)

    def test_marks_that_are_no_class(self) -> None:
        with pytest.raises(DataError, match="'x'"):
            plots.confusion(np.eye(2), list("ab"), marked=[("a", "x")], **THREE)


class TestDistanceMatrix:
    def test_each_pair_is_drawn_once_and_framed_whichever_way_it_is_named(self) -> None:
        values = np.array([[np.nan, 3.25, 2.5], [3.25, np.nan, 4.0], [2.5, 4.0, np.nan]])
        figure = plots.distance_matrix(values, list("abc"), bar="d", marked=[("c", "a")], **THREE)
        assert figure.data[0].z[0, 2] == 2.5
        assert np.isnan(figure.data[0].z[np.tril_indices(3)]).all()
        assert figure.data[0].text.tolist() == [["", "3.2", "2.5"], ["", "", "4.0"], ["", "", ""]]
        assert framed(figure) == [(0, 2)]

    def test_labels_and_marks_that_do_not_fit(self) -> None:
        with pytest.raises(DataError, match="labels"):
            plots.distance_matrix(np.eye(2), list("abc"), bar="d", **THREE)
        with pytest.raises(DataError, match="'x'"):
            plots.distance_matrix(np.eye(2), list("ab"), bar="d", marked=[("x", "a")], **THREE)


class TestScoreDots:
    def test_values_bars_and_reference(self) -> None:
        figure = plots.score_dots(
            ["a", "b"],
            {"natural": ([0.5, np.nan], [0.4, np.nan], [0.7, np.nan]), "balanced": [0.6, 0.2]},
            reference={"natural": [0.9, 0.8]},
            axis="F1",
            **THREE,
        )
        natural, balanced, paper = figure.data
        assert natural.x == pytest.approx((0.5, np.nan), nan_ok=True)
        assert natural.error_x.array == pytest.approx((0.2, 0))
        assert natural.error_x.arrayminus == pytest.approx((0.1, 0))
        assert balanced.error_x.array is None
        # One set above the other, the paper's beside its own.
        assert all(natural.y < balanced.y)
        assert list(paper.y) == list(natural.y)
        assert paper.name == "paper, natural"
        assert paper.marker.color == natural.marker.color
        assert list(figure.layout.yaxis.ticktext) == ["a", "b"]

    def test_a_set_of_another_length(self) -> None:
        with pytest.raises(DataError, match=r"natural: \(1,\) for 2 rows"):
            plots.score_dots(["a", "b"], {"natural": [0.5]}, axis="F1", **THREE)


class TestDistanceRanges:
    def test_classes_stand_in_the_order_of_their_means(self) -> None:
        table = pd.DataFrame(
            {"mean": [3.0, 1.0, np.nan], "median": [2.5, 1.0, np.nan], "std": 0.5, "max": [9.0, 2.0, np.nan]},
            index=list("abc"),
        )
        figure = plots.distance_ranges(table, axis="distance", **THREE)
        drawn = {trace.name: trace for trace in figure.data}
        assert list(drawn["max"].y) == ["b", "a"]
        assert list(drawn["max"].x) == [2.0, 9.0]
        assert list(drawn["median"].x) == [1.0, 2.5]
        assert list(drawn["mean ± standard deviation"].error_x.array) == [0.5, 0.5]

    def test_a_column_that_is_missing(self) -> None:
        with pytest.raises(DataError, match="no std, max"):
            plots.distance_ranges(pd.DataFrame({"mean": [1.0], "median": [1.0]}), axis="d", **THREE)


class TestLabelledScatter:
    def test_points_names_and_bars(self) -> None:
        figure = plots.labelled_scatter(
            [10, 100],
            [0.5, 0.9],
            ["a", "b"],
            intervals=([0.4, 0.95], [0.6, 1.0]),
            log_x=True,
            note="r = 1",
            x_axis="cases",
            y_axis="F1",
            **THREE,
        )
        (points,) = figure.data
        assert (list(points.x), list(points.y), list(points.text)) == ([10, 100], [0.5, 0.9], ["a", "b"])
        assert points.error_y.arrayminus == pytest.approx(
            (0.1, 0)
        )  # the second interval lies above its value
        assert figure.layout.xaxis.type == "log"
        assert figure.layout.annotations[0].text == "r = 1"

    def test_names_that_do_not_fit(self) -> None:
        with pytest.raises(DataError, match=r"y: \(2,\) for 3 rows"):
            plots.labelled_scatter([1, 2, 3], [1, 2], list("abc"), x_axis="x", y_axis="y", **THREE)
