import numpy as np
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError


def test_projections_draw_each_sample_once_in_its_class_s_colour():
    rng = np.random.default_rng(0)
    labels = {"learned": [f"F{k:02d}" for k in range(10)] * 3, "held out": ["F00", "F03"]}
    clouds = {name: (rng.normal(size=(len(of), 2)), of) for name, of in labels.items()}
    figure = plots.projections(clouds, title="Far apart?", axes=[("PCA 1", "PCA 2")] * 2, source="simulated")
    drawn = {(t.name, t.xaxis): np.c_[t.x, t.y][1:].astype(float) for t in figure.data}
    np.testing.assert_allclose(drawn["F07", "x"], clouds["learned"][0][7::10])
    np.testing.assert_allclose(drawn["F03", "x2"], clouds["held out"][0][1:])
    assert sum(len(points) for points in drawn.values()) == 32
    looks = {(t.marker.color, t.marker.symbol) for t in figure.data}
    assert len(looks) == 10  # eight colours, then another symbol; the same class looks the same in both
    assert [t.name for t in figure.data if t.showlegend] == sorted(set(labels["learned"]))
    assert (
        figure.layout.xaxis2.matches == "x" and figure.layout.yaxis2.matches == "y"
    )  # same axes, same scale
    assert "simulated" in figure.layout.title.text and figure.layout.xaxis2.title.text == "PCA 1"


def test_projections_thin_out_large_sets():
    cloud = (np.zeros((1000, 2)), ["A"] * 1000)
    figure = plots.projections({"all": cloud}, title="t", axes=[("x", "y")], source="real", most=300)
    assert len(figure.data[0].x) - 1 == 250


def test_projections_of_points_that_do_not_fit_say_so():
    with pytest.raises(DataError, match=r"points of shape \(3, 1\) for 3 labels"):
        plots.projections(
            {"all": (np.zeros((3, 1)), list("AAB"))}, title="t", axes=[("x", "y")], source="real"
        )


def test_projections_on_other_axes_have_their_own_scale():
    cloud = (np.zeros((2, 2)), ["A", "B"])
    axes = [("PCA 1", "PCA 2"), ("LDA 1", "LDA 2"), ("LDA 1", "LDA 2")]
    figure = plots.projections(dict.fromkeys("abc", cloud), title="t", axes=axes, source="real")
    assert [axis.matches for axis in figure.select_xaxes()] == [None, None, "x2"]
    assert [axis.matches for axis in figure.select_yaxes()] == [None, None, "y2"]
