"""Explorer of two margins: moves them over the distances of pairs and shows which pairs a loss would still move."""

from collections.abc import Mapping

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet
from fireanalysis.metrics import margin_balance
from fireanalysis.plots import margin_view

from .explorer import WIDE, Explorer

EXAMPLES = ("most moved", "least moved", "at rest")


class MarginExplorer(Explorer):
    """Move a positive and a negative margin over the distances of pairs; see who pulls, who pushes, and pairs.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Network → distances of pairs (`fireanalysis.metrics.sample_pair_distances`).
    pictures : DataSet of uint8 (h, w, 3)
        Whose rows the pairs are.
    positive_margin, negative_margin : float
        To begin with.

    Attributes
    ----------
    network, examples : ipywidgets.Dropdown
        Examples are two pairs of one class and two of two classes: those with the largest force, those with the
        smallest, or those at rest that lie next to the margin.
    positive, negative : ipywidgets.FloatSlider
        The margins; a positive margin of 0 is the single margin loss.
    balance : DataFrame
        `fireanalysis.metrics.margin_balance` of what is shown.

    Raises
    ------
    DataError
        If there is no table.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"class": list("aabb"), "source_picture": range(4)})
    >>> grey = lambda rows: (np.full((32, 48, 3), 50, np.uint8) for _ in range(len(rows)))
    >>> pictures = DataSet(table, grey, label="class", group="source_picture", source="simulated", name="toy")
    >>> from fireanalysis.metrics import sample_pair_distances
    >>> distances = sample_pair_distances(rng.random((4, 8)), pictures.labels, seed=0)
    >>> explorer = MarginExplorer({"random": distances}, pictures)
    >>> explorer.positive.value = 0.0
    >>> int(explorer.balance.loc["pull", "moved"])
    2
    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        pictures: DataSet[NDArray[np.uint8]],
        *,
        positive_margin: float = 0.8,
        negative_margin: float = 1.2,
    ) -> None:
        if not tables:
            raise DataError("there is no table to explore", where="MarginExplorer", do="pass one at least")
        self._pictures, self._labels = pictures, pictures.labels
        # Sorted once, the pairs next to a margin are found without a search.
        self._tables = {
            name: [of.sort_values("distance") for _, of in table.groupby("same", sort=True)][::-1]
            for name, table in tables.items()
        }
        self._whole = dict(tables)
        self.network = ipywidgets.Dropdown(options=list(tables), description="network", style=WIDE)
        self.examples = ipywidgets.Dropdown(options=EXAMPLES, description="examples", style=WIDE)
        margins = {"min": 0.0, "max": 2.0, "step": 0.02, "continuous_update": False, "style": WIDE}
        self.positive = ipywidgets.FloatSlider(positive_margin, description="positive", **margins)
        self.negative = ipywidgets.FloatSlider(negative_margin, description="negative", **margins)
        super().__init__([self.network, self.positive, self.negative, self.examples])

    def draw(self) -> go.Figure:
        """Draw what the chosen margins do to the pairs of the chosen network."""
        name, near, far = self.network.value, self.positive.value, self.negative.value
        self.balance = margin_balance(self._whole[name], positive_margin=near, negative_margin=far)
        of_one, of_two = self.balance.to_dict("records")
        said = [
            f"{row['moved']:,} of {row['pairs']:,} {what} ({row['share']:.0%})"
            for what, row in {"pulled": of_one, "pushed": of_two}.items()
        ]
        return margin_view(
            self._whole[name],
            positive_margin=near,
            negative_margin=far,
            examples=self._examples(near, far),
            title=f"{name}: {'; '.join(said)}; {of_one['of the force']:.0%} of the force pulls",
            source=self._pictures.source,
        )

    def _examples(self, near: float, far: float) -> list[tuple[NDArray, NDArray, str]]:
        one, two = self._tables[self.network.value]
        # Rows behind these places are pulled; rows in front of these are pushed.
        pulled = int(np.searchsorted(one["distance"], near, side="right"))
        pushed = int(np.searchsorted(two["distance"], far, side="left"))
        places = {
            "most moved": (range(max(pulled, len(one) - 2), len(one))[::-1], range(min(2, pushed))),
            "least moved": (
                range(pulled, min(pulled + 2, len(one))),
                range(max(0, pushed - 2), pushed)[::-1],
            ),
            "at rest": (range(max(0, pulled - 2), pulled)[::-1], range(pushed, min(pushed + 2, len(two)))),
        }[self.examples.value]
        chosen = [table.iloc[list(place)] for table, place in zip((one, two), places, strict=True)]
        return [self._example(pair, near, far) for pair in pd.concat(chosen).itertuples()]

    def _example(self, pair: object, near: float, far: float) -> tuple[NDArray, NDArray, str]:
        first, second, distance = pair.first, pair.second, pair.distance  # type: ignore[attr-defined]
        names = [str(self._labels[row]) for row in (first, second)]
        force = max(distance - near, 0.0) if names[0] == names[1] else -max(far - distance, 0.0)
        what = f"pull {force:.2f}" if force > 0 else f"push {-force:.2f}" if force < 0 else "at rest"
        named = names[0] if names[0] == names[1] else " / ".join(names)
        return self._pictures[first], self._pictures[second], f"{named}<br>distance {distance:.2f}, {what}"
