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
