"""Explorer of occlusion: cover a patch of a map and see what a network then says."""

from typing import Any

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import torch
from numpy.typing import NDArray

from fireanalysis.explain.inputs import resting
from fireanalysis.loaders import DataSet
from fireanalysis.plots import occlusion_view
from fireanalysis.training import Fit
from fireanalysis.transforms.arrays import whole

from .explorer import SAFE, WIDE, Explorer

PREDICTED = -1


class OcclusionExplorer(Explorer):
    """Drag a patch over what a network sees; see the probabilities before and after.

    Covered means 0, the mean of the training part, as in `fireanalysis.explain.occlusion`. The patch can also be
    moved by a click beside it, by its sliders, or by `place`; drag an edge to change its size.

    Parameters
    ----------
    fit : Fit
    maps : DataSet of float (rows, columns)
        To choose from, prepared as those of the training.
    patch : int
        Edge of the square to begin with, in pixels.

    Attributes
    ----------
    sample : ipywidgets.Dropdown
        The map; wrong predictions are named.
    explained : ipywidgets.Dropdown
        The class whose change is told: number of a class, or -1, the one that is predicted.
    patch, row, column : ipywidgets.IntSlider
        Edge and middle of the square, in pixels.

    Raises
    ------
    DataError
        If the maps have another size than those of the training.
    ParameterError
        If the patch is larger than a map.
    """

    def __init__(self, fit: Fit, maps: DataSet, *, patch: int = 8) -> None:
        self._fit, self._source = fit, maps.source
        self._inputs = fit.inputs(maps)
        seen = fit.predict(maps)
        self._before, self._predicted = seen.probabilities, seen.predicted
        rows, columns = self._inputs.shape[2:]
        most = min(rows, columns)
        patch = whole(patch, name="patch", where="OcclusionExplorer", least=1, most=most)
        names = [
            f"{k + 1}: {label}" + ("" if truth == said else f", predicted {fit.classes[said]}")
            for k, (label, truth, said) in enumerate(
                zip(maps.labels, seen.truth, self._predicted, strict=True)
            )
        ]
        classes = [("as predicted", PREDICTED), *((str(name), k) for k, name in enumerate(fit.classes))]
        options = [(name, k) for k, name in enumerate(names)]
        self.sample = ipywidgets.Dropdown(options=options, description="map", style=WIDE)
        self.explained = ipywidgets.Dropdown(options=classes, description="class", style=WIDE)
        self.patch = ipywidgets.IntSlider(patch, min=1, max=most, description="patch (px)", style=WIDE)
        self.row = ipywidgets.IntSlider(rows // 2, max=rows - 1, description="row (px)", style=WIDE)
        self.column = ipywidgets.IntSlider(
            columns // 2, max=columns - 1, description="column (px)", style=WIDE
        )
        self._moving = False
        super().__init__([self.sample, self.explained, self.row, self.column, self.patch])
        self.figure._config = SAFE | {"edits": {"shapePosition": True}}
        self.figure.layout.on_change(self._dragged, "shapes")
        self.figure.data[0].on_click(self._clicked)

    def place(self, row: int, column: int, *, patch: int | None = None) -> None:
        """Move the middle of the square to a pixel, and change its edge if `patch` is given.

        Raises
        ------
        ParameterError
            If the pixel is outside the map, or the patch larger than the map.
        """
        patch = self.patch.value if patch is None else patch
        wanted = {"row": row, "column": column, "patch": patch}
        for name, value in wanted.items():
            slider = getattr(self, name)
            wanted[name] = whole(value, name=name, where="place", least=slider.min, most=slider.max)
        self._move(wanted)

    def draw(self) -> go.Figure:
        """Ask the network about the chosen map with the square covered, and draw its answer."""
        k, (top, left, edge) = self.sample.value, self._square()
        covered = self._inputs[k : k + 1].clone()
        covered[..., max(top, 0) : top + edge, max(left, 0) : left + edge] = 0
        before, after = self._before[k], self._ask(covered)
        chosen = self._predicted[k] if self.explained.value == PREDICTED else self.explained.value
        name = self._fit.classes[chosen]
        return occlusion_view(
            self._inputs[k, 0].numpy(),
            (top, left, edge),
            before,
            after,
            list(self._fit.classes),
            chosen=int(chosen),
            title=f"{self.sample.label}: covering the square takes {name} "
            f"from {before[chosen]:.1%} to {after[chosen]:.1%}",
            source=self._source,
        )

    def _ask(self, pictures: torch.Tensor) -> NDArray[np.float32]:
        model = self._fit.model
        with resting(model), torch.inference_mode():
            return model(pictures.to(self._fit.device)).softmax(1)[0].float().cpu().numpy()

    def _square(self) -> tuple[int, int, int]:
        """Give first row, first column and edge of the square, which may stick out of the map."""
        edge = self.patch.value
        return self.row.value - edge // 2, self.column.value - edge // 2, edge

    def _move(self, wanted: dict[str, int]) -> None:
        """Set several sliders, but draw once; a slider keeps within its ends by itself."""
        self._moving = True
        try:
            for name, value in wanted.items():
                getattr(self, name).value = value
        finally:
            self._moving = False
        self._redraw(None)

    def _redraw(self, change: object) -> None:
        if not self._moving:
            super()._redraw(change)

    def _dragged(self, _layout: object, shapes: tuple[Any, ...]) -> None:
        """Follow the rectangle; what `draw` itself drew asks for nothing."""
        top, left, edge = self._square()
        if len(shapes) != 1:
            return
        x0, x1, y0, y1 = (float(shapes[0][end]) for end in ("x0", "x1", "y0", "y1"))
        if (x0, x1, y0, y1) == (left, left + edge, top, top + edge):
            return
        # The side that was dragged decides: a patch stays square.
        wide, high = abs(x1 - x0), abs(y1 - y0)
        edge = max(round(wide if abs(wide - edge) > abs(high - edge) else high), 1)
        middle = {"row": round(min(y0, y1)) + edge // 2, "column": round(min(x0, x1)) + edge // 2}
        self._move({"patch": edge} | middle)

    def _clicked(self, _trace: object, points: Any, _state: object) -> None:
        self._move({"row": int(points.ys[0]), "column": int(points.xs[0])})
