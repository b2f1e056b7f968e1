import json
import time
from typing import Any

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import pytest

from fireanalysis.errors import DataError
from fireanalysis.widgets import Explorer
from fireanalysis.widgets import explorer as module


class Numbers(Explorer):
    """Shows a number; some numbers are slow, wrong or our fault."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.number = ipywidgets.IntText(0)
        super().__init__([self.number])
        self.message.observe(lambda change: self.said.append(change["new"]), names="value")

    def draw(self) -> go.Figure:
        if self.number.value == 1:
            while not self.said:  # until it says that it computes
                time.sleep(0.01)
        if self.number.value == 2:
            raise DataError("two is <too> much", where="Numbers", do="choose another")
        if self.number.value == 3:
            raise ZeroDivisionError("three")
        return go.Figure(
            go.Scatter(y=[self.number.value]), layout={"title": {"text": str(self.number.value)}}
        )


@pytest.fixture
def numbers() -> Numbers:
    return Numbers()


def test_a_control_draws_anew(numbers: Numbers) -> None:
    numbers.number.value = 7
    assert numbers.figure.layout.title.text == "7" and numbers.figure.data[0].y == (7,)
    assert numbers.message.value == "" and not numbers.said


def test_controls_that_follow_another_are_set_without_a_figure(numbers: Numbers) -> None:
    with numbers.silently():
        numbers.number.value = 7
        with numbers.silently():
            numbers.number.value = 8
        numbers.number.value = 2  # which cannot be drawn
    assert numbers.figure.layout.title.text == "0" and not numbers.said
    numbers.number.value = 9
    assert numbers.figure.layout.title.text == "9"


def test_what_takes_long_says_so_and_takes_it_back(numbers: Numbers) -> None:
    numbers.number.value = 1
    assert [("computing…" in said) for said in numbers.said] == [True, False]
    assert numbers.message.value == "" and numbers.figure.layout.title.text == "1"


@pytest.mark.parametrize(("number", "told"), [(2, "two is &lt;too&gt; much"), (3, "ZeroDivisionError")])
def test_what_goes_wrong_is_said_in_place(numbers: Numbers, number: int, told: str) -> None:
    numbers.number.value = number
    assert told in numbers.message.value and "Traceback" not in numbers.message.value
    assert numbers.figure.layout.title.text == "0"
    numbers.number.value = 4
    assert numbers.message.value == "" and numbers.figure.layout.title.text == "4"


def test_a_first_figure_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Numbers, "draw", lambda self: (_ for _ in ()).throw(DataError("no", where="x", do="y"))
    )
    with pytest.raises(DataError):
        Numbers()


def test_patience_ends_with_the_work(numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    for _ in range(20):
        numbers.answer(lambda: None)
        assert numbers.message.value == ""


def bars(*heights: float, **layout: object) -> go.Figure:
    return go.Figure([go.Bar(y=np.array([height, 1.0]), text=["a", "b"]) for height in heights], layout)


def properties(part: Any) -> str:
    """What a trace or a layout says, arrays told from lists; an empty property is none."""
    told = {name: value for name, value in part.to_plotly_json().items() if name != "uid" and len(value)}
    return json.dumps(told, sort_keys=True, default=repr)


@pytest.mark.parametrize(
    "figure",
    [
        bars(5, 2, title="other"),
        bars(1, 2, xaxis={"title": "x", "range": [0, 1]}, shapes=[{"type": "line", "x0": 1}]),
        bars(1),
        bars(),
        go.Figure([go.Scatter(x=[1], y=[2], marker={"color": "red"}), go.Bar(y=np.arange(2.0))]),
    ],
    ids=["values", "layout", "fewer", "none", "kinds"],
)
def test_another_figure_takes_the_place_of_the_first(numbers: Numbers, figure: go.Figure) -> None:
    """Whatever the first has and the other has not goes, and the other way round."""
    first = bars(1, 2, title="first", yaxis={"range": [0, 9]})
    first.data[1].marker.color = "blue"
    for one in (first, figure, first):
        numbers.show(one)
        parts = zip([numbers.figure.layout, *numbers.figure.data], [one.layout, *one.data], strict=True)
        for drawn, expected in parts:
            assert properties(drawn) == properties(expected)


def test_only_what_changed_is_sent(numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers.show(bars(1, 2, title="first"))
    sent: list[str] = []
    send = ipywidgets.Widget._send

    def noted(widget: ipywidgets.Widget, message: dict, buffers: object = None) -> None:
        sent.append(str(message))
        send(widget, message, buffers)

    monkeypatch.setattr(ipywidgets.Widget, "_send", noted)
    numbers.show(bars(1, 2, title="first"))
    assert sent == []
    numbers.show(bars(1, 3, title="second"))
    told = " ".join(sent)
    assert "second" in told and "'style_traces': [1]" in told
    assert "template" not in told and "'a'" not in told


def test_no_number_is_null_to_a_browser(numbers: Numbers) -> None:
    missing = {"x": [1, float("nan")], "z": np.array([[1, np.nan], [2, np.inf]])}
    numbers.show(go.Figure(go.Heatmap(missing)))
    (trace,) = numbers.figure.to_plotly_json()["data"]
    assert (list(trace["x"]), [list(row) for row in trace["z"]]) == ([1, None], [[1, None], [2, None]])


def test_no_button_uploads_the_figure(numbers: Numbers) -> None:
    assert numbers.figure.get_state()["_config"] == {"showSendToCloud": False}
