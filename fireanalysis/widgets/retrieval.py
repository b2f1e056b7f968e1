"""Explorer of a search by picture: a query of the data set or a file of one's own, what it finds, and where."""

from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet, picture_query
from fireanalysis.metrics import top_k
from fireanalysis.plots import search_view

from .explorer import WIDE, Explorer

Picture = NDArray[np.uint8]
_NEAREST = 3  # at whose middle a query stands on the map


class RetrievalExplorer(Explorer):
    """Choose a query, or name a picture file; see the first k found, and where they are on the map.

    A map has no place for a picture it was not made of: the query stands at the middle of its three nearest.

    Parameters
    ----------
    queries, database : (DataSet of uint8 (h, w, 3), float32 (n, d))
        Pictures, as `fireanalysis.loaders.query_and_database` gives them, and their embeddings of length 1.
    points : float (n, 2)
        Place of each picture of the database on the map.
    describe : callable
        Gives the embedding of a file's picture, from a DataSet of one, such as `EmbeddingFit.embed`.
    k : int
        How many to show at first.

    Attributes
    ----------
    query : ipywidgets.Dropdown
    k : ipywidgets.IntSlider
    file : ipywidgets.Text
        Path of a picture file; if there is one, it is searched with in place of the query.

    Raises
    ------
    DataError
        If there is not one embedding a picture, or one place a picture of the database.

    Examples
    --------
    >>> table = pd.DataFrame({"class": list("aabb"), "source_picture": range(4)})
    >>> grey = lambda rows: [np.full((20, 30, 3), 40 * row, np.uint8) for row in rows["source_picture"]]
    >>> data = DataSet(table, grey, label="class", group="source_picture", source="simulated", name="toy")
    >>> searched = (data, np.eye(4, dtype=np.float32))
    >>> asked = (data.subset([0]), searched[1][:1])
    >>> explorer = RetrievalExplorer(asked, searched, np.zeros((4, 2)), describe=lambda one: asked[1], k=2)
    >>> explorer.figure.layout.title.text.split("<br>")[0]
    'a, picture 1: 2 of the first 2 right'
    """

    def __init__(
        self,
        queries: tuple[DataSet[Picture], NDArray[np.float32]],
        database: tuple[DataSet[Picture], NDArray[np.float32]],
        points: ArrayLike,
        *,
        describe: Callable[[DataSet[Picture]], NDArray[np.float32]],
        k: int = 8,
    ) -> None:
        self._queries, self._asked = queries
        self._database, self._held = database
        self._points, self._describe = np.asarray(points, float), describe
        rows = [len(self._asked), len(self._held), *self._points.shape]
        if rows != [len(self._queries), len(self._database), len(self._database), 2]:
            what = f"{len(self._queries)} queries and a database of {len(self._database)} pictures, "
            what += f"{rows[0]} and {rows[1]} embeddings, points of shape {self._points.shape}"
            do = "pass an embedding a picture, and two numbers a picture of the database"
            raise DataError(what, where="RetrievalExplorer", do=do)
        self._given: dict[str, tuple[Picture, NDArray[np.float32]]] = {}
        number = pd.Series(self._queries.labels).groupby(self._queries.labels).cumcount() + 1
        names = [
            (f"{label}, picture {n}", row)
            for row, (label, n) in enumerate(zip(self._queries.labels, number, strict=True))
        ]
        self.query = ipywidgets.Dropdown(options=names, description="query", style=WIDE)
        most = min(12, len(self._database))
        self.k = ipywidgets.IntSlider(
            min(k, most), min=1, max=most, description="first", continuous_update=False, style=WIDE
        )
        self.file = ipywidgets.Text(
            placeholder="or the path of a picture", description="file", continuous_update=False, style=WIDE
        )
        super().__init__([self.query, self.k, self.file])

    def draw(self) -> go.Figure:
        """Search with the present choice, and draw what it finds."""
        path = self.file.value.strip()
        if path:
            picture, embedding, label = *self._of_file(path), None
        else:
            row = self.query.value
            picture, embedding, label = self._queries[row], self._asked[row], self._queries.labels[row]
        scores, rows = (
            found[0] for found in top_k(embedding[None], self._held, k=max(self.k.value, _NEAREST))
        )
        place = self._points[rows[:_NEAREST]].mean(axis=0)
        scores, rows = scores[: self.k.value], rows[: self.k.value]
        right = None if label is None else self._database.labels[rows] == label
        return search_view(
            picture,
            list(self._database.subset(rows).samples()),
            right,
            scores,
            self._points,
            list(self._database.labels),
            rows.tolist(),
            place,
            title=self._title(path, right, rows),
            source=self._database.source,
        )

    def _title(self, path: str, right: Any, rows: NDArray[np.int64]) -> str:
        if right is None:
            of_first = self._database.labels[rows]
            return f"Given picture: the nearest is of {of_first[0]}; {len(set(of_first))} classes among {len(rows)}"
        name = self.query.label
        return f"{name}: {int(right.sum())} of the first {len(rows)} right"

    def _of_file(self, path: str) -> tuple[Picture, NDArray[np.float32]]:
        """Read and describe a file, once."""
        if path not in self._given:
            data = picture_query(path)
            self._given[path] = data[0], self._describe(data)[0]
        return self._given[path]
