import numpy as np
import pandas as pd
import pytest

from fireanalysis import metrics, plots
from fireanalysis.errors import DataError

RNG = np.random.default_rng(0)
DISTANCE = np.concatenate([RNG.normal(0.8, 0.1, 400), RNG.normal(1.1, 0.1, 900)])
PAIRS = pd.DataFrame({"same": np.arange(1300) < 400, "distance": DISTANCE})


def test_densities_are_numpy_s_and_margins_are_lines() -> None:
    figure = plots.distance_histograms(
        {"before": PAIRS, "after": PAIRS}, title="t", source="real", margins=(0.7, 1.2)
    )
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["one class", "two classes"] * 2
    for bar, kind in zip(bars, (True, False, True, False), strict=True):
        edges = np.append(np.asarray(bar.x) - 0.01, bar.x[-1] + 0.01)
        expected, _ = np.histogram(PAIRS["distance"][PAIRS["same"] == kind], edges, density=True)
        assert list(bar.y) == pytest.approx(list(expected), abs=1e-4)
    means = PAIRS.groupby("same")["distance"].mean()
    lines = [shape.x0 for shape in figure.layout.shapes if shape.xref == "x"]
    assert lines == pytest.approx([means[True], means[False], 0.7, 1.2])
    head = figure.layout.annotations[1].text
    assert head == f"after: means {means[True]:.2f} and {means[False]:.2f}"


def test_the_force_is_the_slope_of_the_loss() -> None:
    figure = plots.force_curves({"single": (0.0, 1.2), "double": (0.8, 1.2)}, title="t")
    by_axes = {(trace.name, trace.xaxis): trace for trace in figure.data}
    assert len(by_axes) == len(figure.data) == 8
    for name in ("single", "double"):
        for loss, force, sign in (("x", "x3", 1), ("x2", "x4", -1)):
            of_loss, of_force = by_axes[name, loss], by_axes[name, force]
            slope = np.gradient(of_loss.y, of_loss.x)
            assert sign * slope[1:-1] == pytest.approx(np.asarray(of_force.y)[1:-1], abs=0.01)


def test_the_best_margins_are_framed_and_gaps_stay_empty() -> None:
    table = pd.DataFrame([[50.0, np.nan], [61.04, 58.0]], index=[0.7, 0.8], columns=[1.1, 1.25])
    figure = plots.margin_grid(table, title="t", source="simulated", marked=(0.7, 1.1))
    (cells,) = figure.data
    assert [list(row) for row in cells.z] == [[50.0, None], [61.04, 58.0]]
    assert cells.text.tolist() == [["50.0", ""], ["61.0", "58.0"]]
    assert (list(cells.y), list(cells.x)) == (["0.7", "0.8"], ["1.1", "1.25"])
    middles = [((s.y0 + s.y1) / 2, (s.x0 + s.x1) / 2) for s in figure.layout.shapes]
    assert middles == [(1, 0), (0, 0)]
    with pytest.raises(DataError, match=r"0\.9 and 1\.1 are none"):
        plots.margin_grid(table, title="t", source="simulated", marked=(0.9, 1.1))
    with pytest.raises(DataError, match="without a number"):
        plots.margin_grid(table * np.nan, title="t", source="simulated")


def test_balance_is_of_the_loss_there_is() -> None:
    history = pd.DataFrame(
        {
            "epoch": [1, 2],
            "positive pairs that pull": [1.0, 0.25],
            "negative pairs that push": [0.5, 0.0],
            "loss of positive pairs": [0.3, 0.0],
            "loss of negative pairs": [0.1, 0.0],
        }
    )
    figure = plots.loss_balance({"retr-s": history, "retr-d": history}, title="t", source="simulated")
    lines = {trace.name: list(trace.y) for trace in figure.data[:3]}
    assert lines["positive pairs that pull"] == [100, 25]
    assert lines["loss of positive pairs (of all)"] == pytest.approx([75, 0])  # of no loss, none
    for wrong in ({}, {"cls": history[["epoch"]]}):
        with pytest.raises(DataError, match=r"no history|no positive"):
            plots.loss_balance(wrong, title="t", source="simulated")


def test_colours_tell_moved_pairs_from_those_at_rest() -> None:
    margins = {"positive_margin": 0.8, "negative_margin": 1.1}  # on edges of bins
    black, white = np.zeros((20, 40, 3), np.uint8), np.full((50, 30, 3), 255, np.uint8)
    figure = plots.margin_view(
        PAIRS,
        **margins,
        title="t",
        source="simulated",
        examples=[(black, white, "one"), (white, black, "two")],
    )
    bars = [trace for trace in figure.data if trace.type == "bar"]
    balance = metrics.margin_balance(PAIRS, **margins)
    for (rest, moved, force), row in zip((bars[:3], bars[3:]), balance.itertuples(), strict=True):
        assert "at rest" in rest.name
        assert sum(moved.y) * 0.02 == pytest.approx(row.share, abs=0.002)
        assert sum(rest.y) * 0.02 == pytest.approx(1 - row.share, abs=0.002)
        assert sum(force.y) * 0.02 == pytest.approx(row.force, abs=0.002)
    assert [trace.type for trace in figure.data].count("image") == 2
    assert {"one", "two"} <= {note.text for note in figure.layout.annotations}


@pytest.mark.parametrize("wrong", [PAIRS[:400], PAIRS[["distance"]]])
def test_tables_without_both_kinds(wrong: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"one kind|no same"):
        plots.distance_histograms({"x": wrong}, title="t", source="real")
    with pytest.raises(DataError, match=r"one kind|no same"):
        plots.margin_view(wrong, positive_margin=0.8, negative_margin=1.2, title="t", source="real")


def test_nothing_to_draw() -> None:
    with pytest.raises(DataError, match="no table"):
        plots.distance_histograms({}, title="t", source="real")
    with pytest.raises(DataError, match="no loss"):
        plots.force_curves({}, title="t")
