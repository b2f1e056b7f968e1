"""What every figure shares, and the lines below those of the evidence notebooks."""

import plotly.graph_objects as go
import pytest

from fireanalysis import plots
from fireanalysis.errors import ParameterError
from fireanalysis.plots.style import finish


def test_a_conclusion_gets_room_of_its_own_below_the_figure() -> None:
    plain = finish(go.Figure(), "How often is it right?", source="simulated", height=300)
    told = plots.conclude(go.Figure(plain), may="It may. " * 30, may_not="It is so in this case.")
    room = told.layout.height - plain.layout.height
    assert told.layout.margin.b == plain.layout.margin.b + room
    (note,) = told.layout.annotations
    lines = note.text.split("<br>")
    assert max(map(len, lines)) <= 125
    assert room >= 16 * len(lines)
    assert note.yshift == -plain.layout.margin.b  # below the labels of the axis
    assert (note.xref, note.yref, note.yanchor) == ("paper", "paper", "top")
    assert told.layout.meta == {"may": "It may. " * 30, "may_not": "It is so in this case."}


@pytest.mark.parametrize("told", [{"may": "", "may_not": "x"}, {"may": "x", "may_not": " "}])
def test_a_conclusion_says_both(told: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match="say both"):
        plots.conclude(finish(go.Figure(), "?"), **told)
