"""The paper's numbers and the run's are drawn as they are, and told apart."""

import pytest

from fireanalysis import plots


def test_values_intervals_and_order_are_kept() -> None:
    figure = plots.beside_paper(
        ["ResNet-18, HeightMap", "ViT"],
        [61.0, 58.0],
        [88.0, float("nan")],
        intervals=[(55.0, 66.0), (50.0, 65.0)],
        title="t",
        axis="accuracy (%)",
        source="simulated",
    )
    run, paper = figure.data
    assert run.x == (61.0, 58.0)
    assert run.y == ("ResNet-18<br>HeightMap", "ViT")
    assert run.error_x.array == (5.0, 7.0)
    assert run.error_x.arrayminus == (6.0, 8.0)
    assert paper.x[0] == 88.0
    assert "simulated" in run.name
    assert "simulated data" in figure.layout.title.text
    assert figure.layout.yaxis.autorange == "reversed"


@pytest.mark.parametrize("rows", [1, 15])
def test_height_grows_with_rows(rows: int) -> None:
    names = [f"row {k}" for k in range(rows)]
    figure = plots.beside_paper(names, [1.0] * rows, [2.0] * rows, title="t", axis="x", source="real")
    assert figure.layout.height >= 120 + 38 * rows
