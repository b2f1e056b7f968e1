from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import occlusion
from fireanalysis.loaders import DataSet
from fireanalysis.models import backbone
from fireanalysis.training import CNN, Fit
from fireanalysis.transforms import Moments
from fireanalysis.widgets import OcclusionExplorer

PIXELS = 32


def blobs(rows: pd.DataFrame) -> list[np.ndarray]:
    """Noise with a bump, one corner missing."""
    made = []
    for number in rows["number"]:
        one = np.random.default_rng(number).normal(size=(PIXELS, PIXELS)).astype(np.float32)
        one[8:20, 10:22] += 4
        one[:3, :3] = np.nan
        made.append(one)
    return made


def maps(count: int) -> DataSet:
    table = pd.DataFrame({"brand": list("ABC" * count)[:count], "number": range(count)})
    table["firearm"] = table["number"]
    return DataSet(table, blobs, "brand", "firearm", "simulated", "blobs")


@pytest.fixture(scope="module")
def fit() -> Fit:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        model = backbone("resnet18", classes=3, pixels=PIXELS, weights="none", width=0.125).eval()
        for module in model.modules():  # a network at rest that says more than "a third each"
            if isinstance(module, torch.nn.Linear):
                module.weight.data.mul_(2)
    return Fit(
        model=model,
        recipe=CNN,
        classes=np.array(["A", "B", "C"]),
        shape=(PIXELS, PIXELS),
        moments=Moments(0.5, 2.0, 1),
        history=pd.DataFrame(),
        chosen_epoch=1,
        validation_logits=np.zeros((1, 0, 3), np.float32),
        validation_rows=np.zeros(0, np.int64),
        weights="none",
        seconds=0.0,
        loaded=False,
        device="cpu",
    )


@pytest.fixture
def explorer(fit: Fit) -> OcclusionExplorer:
    return OcclusionExplorer(fit, maps(4), patch=10)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def asked(fit: Fit, number: int, rows: slice, columns: slice) -> np.ndarray:
    """What the network says of a map with a square filled by the mean of the training part, by hand."""
    (one,) = blobs(pd.DataFrame({"number": [number]}))
    seen = np.where(np.isnan(one), 0, (one - 0.5) / 2.0)
    seen[rows, columns] = 0
    with torch.no_grad():
        scores = fit.model(torch.from_numpy(seen.astype(np.float32))[None, None])[0].numpy()
    return np.exp(scores) / np.exp(scores).sum()


def bars(explorer: OcclusionExplorer) -> dict[str, dict[str, float]]:
    """Probability of each class by what the bar is called."""
    return {
        trace.name: {name.strip("</b>"): x for name, x in zip(trace.y, trace.x, strict=True)}
        for trace in explorer.figure.data
        if trace.type == "bar"
    }


def square(explorer: OcclusionExplorer) -> tuple[float, ...]:
    (shape,) = explorer.figure.layout.shapes
    return shape.x0, shape.x1, shape.y0, shape.y1


def title(explorer: OcclusionExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def drag(explorer: OcclusionExplorer, x0: float, x1: float, y0: float, y1: float) -> None:
    with explorer.figure.batch_update():
        explorer.figure.layout.shapes[0].update(x0=x0, x1=x1, y0=y0, y1=y1)


@pytest.mark.parametrize(
    ("place", "patch", "rows", "columns"),
    [
        ((14, 16), 10, np.s_[9:19], np.s_[11:21]),
        ((14, 16), 5, np.s_[12:17], np.s_[14:19]),
        ((0, 31), 10, np.s_[:5], np.s_[26:]),  # sticks out of two sides
        ((16, 16), 32, np.s_[:], np.s_[:]),
    ],
)
def test_says_what_the_network_says(
    explorer: OcclusionExplorer, fit: Fit, place: tuple[int, int], patch: int, rows: slice, columns: slice
) -> None:
    explorer.sample.value = 2
    explorer.place(*place, patch=patch)
    shown = bars(explorer)
    whole, covered = asked(fit, 2, np.s_[:0], np.s_[:0]), asked(fit, 2, rows, columns)
    assert np.abs(whole - covered).max() > 1e-3
    assert [shown["whole"][name] for name in "ABC"] == pytest.approx(whole, abs=1e-5)
    assert [shown["square covered"][name] for name in "ABC"] == pytest.approx(covered, abs=1e-5)
    left, top = place[1] - patch // 2, place[0] - patch // 2
    assert square(explorer) == (left, left + patch, top, top + patch)


def test_the_change_is_that_of_an_occlusion_map(explorer: OcclusionExplorer, fit: Fit) -> None:
    explorer.explained.value = 1
    falls = occlusion(fit.model, fit.inputs(maps(4))[:1], 1, patch=8, stride=8)[0]
    explorer.place(12, 20, patch=8)
    before, after = (bars(explorer)[name]["B"] for name in ("whole", "square covered"))
    assert before - after == pytest.approx(falls[12, 20], abs=1e-5)
    assert f"takes B from {before:.1%} to {after:.1%}" in title(explorer)


def test_tells_of_the_predicted_class_unless_another_is_chosen(explorer: OcclusionExplorer, fit: Fit) -> None:
    predicted = fit.predict(maps(4)).predicted
    for k, name in enumerate(fit.classes[predicted]):
        explorer.sample.value = k
        assert f"takes {name} from" in title(explorer)
        right = name == "ABCA"[k]
        assert explorer.sample.label == f"{k + 1}: {'ABCA'[k]}" + ("" if right else f", predicted {name}")
    assert len(set(predicted)) < 3  # so at least one of the three brands is predicted wrongly
    explorer.explained.value = 2
    assert "takes C from" in title(explorer)
    assert [name for name in explorer.figure.data[2].y if name.startswith("<b>")] == ["<b>C</b>"]


def test_a_drag_moves_the_sliders_and_draws_once(
    explorer: OcclusionExplorer, fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, draw = [], explorer.draw
    monkeypatch.setattr(explorer, "draw", lambda: drawn.append(1) or draw())
    drag(explorer, 2.7, 12.7, 18.2, 28.2)
    assert (explorer.row.value, explorer.column.value, explorer.patch.value) == (23, 8, 10)
    assert square(explorer) == (3, 13, 18, 28)  # on whole pixels
    after = asked(fit, 0, np.s_[18:28], np.s_[3:13])
    assert [bars(explorer)["square covered"][name] for name in "ABC"] == pytest.approx(after, abs=1e-5)
    drag(explorer, 3.2, 13.2, 18, 28)  # by less than a pixel: nothing moves, and it snaps back
    assert square(explorer) == (3, 13, 18, 28)
    assert len(drawn) == 2


def test_what_the_browser_sends_of_a_drag_is_followed(explorer: OcclusionExplorer) -> None:
    moved = {"shapes[0].x0": 0.1, "shapes[0].x1": 10.1, "shapes[0].y0": 20.4, "shapes[0].y1": 30.4}
    explorer.figure._js2py_relayout = {"relayout_data": moved, "source_view_id": "view"}
    assert (explorer.row.value, explorer.column.value) == (25, 5)
    assert square(explorer) == (0, 10, 20, 30)


def test_a_dragged_edge_makes_another_square(explorer: OcclusionExplorer) -> None:
    explorer.place(15, 15)
    drag(explorer, 10, 26.2, 10, 20)
    assert explorer.patch.value == 16
    assert square(explorer) == (10, 26, 10, 26)
    drag(explorer, 10, 26, 22.1, 26)
    assert square(explorer) == (10, 14, 22, 26)
    drag(explorer, 10, 10, 22, 26)  # to nothing
    assert explorer.patch.value == 1


def test_a_drag_past_the_border_ends_there(explorer: OcclusionExplorer) -> None:
    drag(explorer, -40, -30, 50, 60)
    assert (explorer.row.value, explorer.column.value) == (31, 0)
    assert square(explorer) == (-5, 5, 26, 36)


def test_a_click_moves_the_middle(explorer: OcclusionExplorer) -> None:
    # The message that a click on the picture sends.
    points = {"trace_indexes": [0], "point_indexes": [[7, 25]], "xs": [25.5], "ys": [7.5]}
    explorer.figure._js2py_pointsCallback = {"event_type": "plotly_click", "points": points}
    assert (explorer.row.value, explorer.column.value) == (7, 25)
    assert square(explorer) == (20, 30, 2, 12)
    explorer.sample.value = 1  # another map: the picture still listens
    explorer.figure._js2py_pointsCallback = {"event_type": "plotly_click", "points": points | {"ys": [9.5]}}
    assert explorer.row.value == 9


def test_each_slider_draws_anew(explorer: OcclusionExplorer) -> None:
    seen = [bars(explorer)["square covered"]]
    for control, value in (
        (explorer.row, 9),
        (explorer.column, 9),
        (explorer.patch, 14),
        (explorer.sample, 1),
    ):
        control.value = value
        assert not explorer.message.value
        seen.append(bars(explorer)["square covered"])
        assert seen[-1] != seen[-2]


def test_one_pass_of_a_network_at_rest_for_each_move(explorer: OcclusionExplorer, fit: Fit) -> None:
    passes = []
    handle = fit.model.register_forward_pre_hook(lambda model, inputs: passes.append(model.training))
    try:
        fit.model.train()
        explorer.place(5, 5)
        assert fit.model.training  # as it was found
    finally:
        handle.remove()
        fit.model.eval()
    assert passes == [False]
    covered = asked(fit, 0, np.s_[:10], np.s_[:10])
    assert [bars(explorer)["square covered"][name] for name in "ABC"] == pytest.approx(covered, abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "told"), [((32, 0), "row"), ((0, -1), "column"), ((4, 4, 33), "patch"), ((1.5, 4), "row")]
)
def test_a_place_outside_is_an_error(
    explorer: OcclusionExplorer, arguments: tuple[float, ...], told: str
) -> None:
    before = square(explorer)
    row, column, *patch = arguments
    with pytest.raises(ParameterError, match=told):
        explorer.place(row, column, patch=patch[0] if patch else None)
    assert square(explorer) == before


def test_what_fails_is_said_in_place(
    explorer: OcclusionExplorer, fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bars(explorer)

    def fails(pictures: torch.Tensor) -> torch.Tensor:
        raise DataError("the network is not there", where="here", do="bring it back")

    with monkeypatch.context() as broken:
        broken.setattr(fit.model, "forward", fails)
        explorer.row.value = 3
        assert "the network is not there" in explorer.message.value
        assert bars(explorer) == before
    explorer.row.value = 4
    assert explorer.message.value == ""


def test_a_patch_larger_than_the_map_is_an_error(fit: Fit) -> None:
    with pytest.raises(ParameterError, match="patch"):
        OcclusionExplorer(fit, maps(1), patch=33)
