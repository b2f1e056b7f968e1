import plotly.graph_objects as go

from fireanalysis.widgets.patient_figure import PROGRAM, PatientFigure


def test_holds_what_a_figure_does_and_loads_little_at_once() -> None:
    figure = PatientFigure(go.Scatter(y=[1, 2]), {"title": "one"})
    plain = go.FigureWidget(go.Scatter(y=[1, 2]), {"title": "one"})
    figure.layout.title = plain.layout.title = "two"
    assert figure.layout.to_plotly_json() == plain.layout.to_plotly_json()
    assert figure.data[0].y == (1, 2)
    assert len(figure._esm) < 5_000 < len(figure._program)
    assert figure._program == PROGRAM.read_text(encoding="utf-8")


def test_hands_on_all_that_plotly_s_program_hears() -> None:
    said = [name for name in go.FigureWidget.class_trait_names(sync=True) if name.startswith("_py2js_")]
    listed = PatientFigure._esm.split("]", 1)[0]
    assert said and all(f'"{name.removeprefix("_py2js_")}"' in listed for name in said)
