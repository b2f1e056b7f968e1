import numpy as np
import pandas as pd
import pytest

from fireanalysis import plots
from fireanalysis.transforms import CellComparison

RNG = np.random.default_rng(0)


def test_pair_scores_hold_every_pair_once_by_kind() -> None:
    scores, same = RNG.normal(size=50), RNG.random(50) < 0.3
    figure = plots.pair_scores(
        {"a": (scores, same), "b": (scores + 1, same)}, title="t", axis="score", source="real"
    )
    assert [len(trace.x) for trace in figure.data] == [(~same).sum(), same.sum()] * 2
    assert "real data" in figure.layout.title.text
    bins = figure.data[0].xbins
    assert bins.start < scores.min()
    assert bins.end > scores.max() + 1


def test_bins_of_counts_are_whole_numbers() -> None:
    figure = plots.pair_scores({"cells": ([0, 3, 7], [False, True, True])}, title="t", axis="n", source=None)
    assert figure.data[0].xbins.size == 1
    assert figure.data[0].xbins.start == -0.5


def test_cells_stand_where_they_were_cut() -> None:
    heights = np.zeros((40, 40))
    score = np.array([[0.9, np.nan], [0.2, 0.8]])
    nowhere = np.zeros((2, 2))
    cells = CellComparison(2, score > 0.5, score, nowhere, nowhere, nowhere, corner=(4, 6), side=10)
    figure = plots.cells_on_map(heights, cells, pixel_size_um=100.0, title="t", source="simulated")
    boxes = [(round(box.x0, 1), round(box.y0, 1), box.line.color) for box in figure.layout.shapes]
    assert [(x, y) for x, y, _ in boxes] == [(0.7, 0.5), (1.7, 1.5), (0.7, 1.5)]  # congruent ones first
    assert len({colour for *_, colour in boxes}) == 2
    assert [note.text for note in figure.layout.annotations] == ["0.90", "0.80", "0.20"]


def test_damage_has_a_subplot_a_kind_and_a_line_a_name() -> None:
    rows = [
        {"line": line, "kind": kind, "x": x, "value": 1 / (1 + x), "low": 0.0, "high": 1.0}
        for line in ("Fadul", "Weller")
        for kind in ("noise", "cut")
        for x in (2, 0, 1)
    ]
    figure = plots.damage_curves(
        pd.DataFrame(rows),
        by={"cut": "share", "noise": "µm"},
        lines=["Fadul", "Weller"],
        title="t",
        axis="AUC",
        source="real",
        chance=0.5,
    )
    assert [trace.name for trace in figure.data] == ["Fadul", "Weller"] * 2
    assert list(figure.data[0].x) == [0, 1, 2]
    assert list(figure.data[0].error_y.array) == pytest.approx([0.0, 0.5, 2 / 3])
    assert [axis.title.text for axis in (figure.layout.xaxis, figure.layout.xaxis2)] == ["share", "µm"]


def test_match_curves_start_at_the_first_place_and_end_at_the_last() -> None:
    shares = np.linspace(0.1, 0.9, 1000)
    curves = {"without": shares, "with": shares}
    figure = plots.match_curves(curves, mark=100, paper="top 100", title="t", source="simulated")
    assert figure.data[0].x[0] == 1
    assert figure.data[0].x[-1] == 1000
    assert figure.data[0].y[-1] == pytest.approx(0.9)
    assert figure.layout.shapes[0].x0 == 100
    assert figure.layout.annotations[0].x == 2  # the logarithm, as plotly wants it
    assert tuple(figure.layout.xaxis.range) == (0, 3)


def test_gain_is_in_points_beside_the_papers() -> None:
    table = pd.DataFrame(
        {
            "line": ["x"] * 2,
            "baseline": [0.8, 0.5],
            "gain": [0.02, 0.06],
            "low": [0.0, 0.04],
            "high": [0.05, 0.1],
        }
    )
    figure = plots.gain_by_baseline(
        table, paper=5.0, title="t", source="simulated", names={"x": "weak brands"}
    )
    assert list(figure.data[0].y) == pytest.approx([6, 2])
    assert list(figure.data[0].error_y.arrayminus) == pytest.approx([2, 2])
    assert figure.data[0].name == "weak brands"
    assert figure.layout.shapes[0].y0 == 5.0


def test_growth_is_on_logarithmic_axes() -> None:
    table = pd.DataFrame({"cases": [1e3, 1e4], "ms": [0.1, 1.0], "MB": [1, 10]})
    figure = plots.growth(table, columns={"ms": "ms a query", "MB": "MB"}, title="t", source="simulated")
    assert figure.layout.xaxis2.type == figure.layout.yaxis2.type == "log"
    assert list(figure.data[1].y) == [1, 10]


def test_confidence_groups_and_thresholds_show_their_rates() -> None:
    groups = pd.DataFrame(
        {"group": ["right", "wrong"], "queries": [9, 1], "before": [0.5, 1], "after": [0.7, np.nan]}
    )
    ends = {"before low": [0.25, 1], "before high": [0.75, 1], "after low": [0.5, np.nan]}
    groups = groups.assign(**ends, **{"after high": [0.75, np.nan]})
    figure = plots.by_confidence(groups, title="t", source="simulated")
    assert list(figure.data[1].text) == ["70%", ""]
    assert list(figure.data[0].error_y.array) == [0.25, 0]
    assert list(figure.data[1].error_y.arrayminus) == pytest.approx([0.2, 0])
    assert figure.data[0].x[1] == "wrong<br>1 queries"
    table = pd.DataFrame(
        {"above": [0.5, 0.99], "promoted": [0.9, 0.4], "wrong": [0.1, 0.01], "gain": [0.02, 0.05]}
    )
    table = table.assign(**{f"{name} low": table[name] - 0.01 for name in table.columns[1:]})
    table = table.assign(**{f"{name} high": table[name] + 0.02 for name in ("promoted", "wrong", "gain")})
    figure = plots.by_threshold(table, chosen=0.99, title="t", source="simulated")
    assert list(figure.data[0].error_y.array) == pytest.approx([2, 2])
    assert list(figure.data[2].error_y.arrayminus) == pytest.approx([1, 1])
    assert list(figure.data[0].y) == pytest.approx([2, 5])
    assert figure.data[0].x[1] == pytest.approx(2)
    assert figure.layout.xaxis.ticktext == ("0.5", "0.99")
