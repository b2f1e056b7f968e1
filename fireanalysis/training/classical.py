"""Classical classifiers on features: learn from one part of the cases, predict another."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import nn

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet
from fireanalysis.models import without_head


@dataclass(frozen=True, eq=False)
class Learned:
    """What a classical classifier says of the cases it was not shown.

    Attributes
    ----------
    estimator : sklearn estimator
        Fitted.
    predicted, truth : ndarray (n,)
        Labels.
    seconds : float
        Learning time.
    """

    estimator: BaseEstimator
    predicted: NDArray[Any]
    truth: NDArray[Any]
    seconds: float

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each prediction is right."""
        return self.predicted == self.truth

    @property
    def accuracy(self) -> float:
        """Share of right predictions, 0 to 1."""
        return float(self.right.mean())


def rows_of(part: DataSet, *, of: DataSet) -> NDArray[np.intp]:
    """Find the samples of a part in the set it was split from: their places there.

    Raises
    ------
    DataError
        If a sample of the part is not in the set.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"brand": list("AAB"), "firearm": list("aab"), "row": [3, 5, 8]})
    >>> maps = DataSet(table, len, "brand", "firearm", source="real", name="toy")
    >>> rows_of(maps.subset([0, 2]), of=maps).tolist()
    [0, 2]
    """
    there, wanted = (data.table["row"].to_numpy() for data in (of, part))
    order = np.argsort(there)
    places = order[np.searchsorted(there, wanted, sorter=order).clip(max=len(there) - 1)]
    if not np.array_equal(there[places], wanted):
        raise DataError(
            f"{part.name} is no part of {of.name}", where="rows_of", do="pass the set it was split from"
        )
    return places


def learn_and_predict(
    estimator: BaseEstimator, features: NDArray, maps: DataSet, *, train: DataSet, test: DataSet
) -> Learned:
    """Fit a scikit-learn classifier to the features of the training part, and predict the test part.

    Parameters
    ----------
    estimator : sklearn estimator
        Not fitted yet, such as `fireanalysis.models.support_vector_machine`.
    features : float (maps, d)
        One row for each of `maps` (`extract_features`).
    maps, train, test : DataSet
        From `prepare_maps`, and two of its parts.

    Raises
    ------
    DataError
        If there are not as many features as maps, the parts are none of these maps, or the training part has
        only one label.
    """
    if len(features) != len(maps):
        what = f"{len(features)} rows of features for {len(maps)} maps"
        raise DataError(what, where=maps.name, do="pass what extract_features gave for these maps")
    if len(np.unique(train.labels)) < 2:
        what = f"only one {train.label} in the training part ({train.labels[0]}); 2 are needed"
        raise DataError(what, where=train.name, do=f"add samples of another {train.label}")
    started = time.perf_counter()
    estimator.fit(features[rows_of(train, of=maps)], train.labels)
    seconds = time.perf_counter() - started
    predicted = estimator.predict(features[rows_of(test, of=maps)])
    return Learned(estimator, predicted, test.labels, seconds)


def seconds_a_map(model: nn.Module, *, pixels: int, maps: int = 8, channels: int = 1) -> float:
    """Time how long a network takes to describe a map on this machine's processor, reading not counted.

    Parameters
    ----------
    model : torch.nn.Module
        From `fireanalysis.models.backbone`.
    pixels, maps, channels : int
        Size of the maps, and how many are described at once.

    Examples
    --------
    >>> from fireanalysis.models import backbone
    >>> model = backbone("resnet18", classes=2, pixels=32, weights="none", width=0.125)
    >>> seconds_a_map(model, pixels=32) > 0
    True
    """
    network = without_head(model).cpu().eval()
    batch = torch.zeros(maps, channels, pixels, pixels)
    with torch.inference_mode():
        network(batch[:1])  # whatever is set up at first use
        started = time.perf_counter()
        network(batch)
    return (time.perf_counter() - started) / maps
