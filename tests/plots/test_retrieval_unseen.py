import numpy as np
import pytest

from fireanalysis import plots
from fireanalysis.errors import DataError


def test_errors_are_shares_on_the_wrong_side_of_each_limit() -> None:
    present, absent = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.5, 0.9])
    figure = plots.nearest_distances(present, absent, limit=0.55, title="t", source="real", axis="distance")
    said = {trace.name: trace for trace in figure.data if trace.type == "scatter"}
    for name, of in {"in it, called absent": present, "not in it, called present": absent}.items():
        for limit, percent in zip(said[name].x, said[name].y, strict=True):
            wrong = of > limit if of is present else of <= limit
            assert percent == pytest.approx(100 * wrong.mean())
    assert {shape.x0 for shape in figure.layout.shapes} == {0.55}
    assert figure.layout.xaxis2.title.text == "distance"


@pytest.mark.parametrize(("present", "absent"), [([], [0.1]), ([0.1], []), ([0.1, np.nan], [0.2])])
def test_distances_of_one_kind_are_refused(present: list, absent: list) -> None:
    with pytest.raises(DataError, match="finite"):
        plots.nearest_distances(present, absent, limit=0.5, title="t", source="real", axis="distance")
