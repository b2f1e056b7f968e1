"""Fewer dimensions for embeddings: principal components without whitening, between two normalisations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import as_array, whole


@dataclass(frozen=True, eq=False)
class Reduction:
    """Principal axes that were learned from embeddings, to be applied to others.

    Attributes
    ----------
    mean : float64 (d,)
    axes : float64 (dimensions, d)
        Rows of length 1, that of the largest variance first.
    note : str
        If fewer dimensions were learned than asked for, how many and why; else nothing.

    Examples
    --------
    >>> embeddings = np.random.default_rng(0).normal(size=(50, 8))
    >>> learn_reduction(embeddings, dimensions=3).apply(embeddings).shape
    (50, 3)
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    note: str = ""

    def apply(self, embeddings: ArrayLike) -> NDArray[np.float32]:
        """Bring embeddings to length 1, project them, and bring them to length 1 again.

        Parameters
        ----------
        embeddings : float (n, d)

        Returns
        -------
        float32 (n, dimensions)
            One that lies at the mean stays 0.

        Raises
        ------
        DataError
            If there are none, or they are of other dimensions or not finite.
        """
        values = _unit(embeddings, where="Reduction.apply")
        if values.shape[1] != len(self.mean):
            what = f"embeddings of {values.shape[1]} dimensions, learned on {len(self.mean)}"
            raise DataError(what, where="Reduction.apply", do="apply it to embeddings of the same network")
        return _normalised((values - self.mean) @ self.axes.T).astype(np.float32)


def learn_reduction(embeddings: ArrayLike, *, dimensions: int) -> Reduction:
    """Learn the principal axes of embeddings that are brought to length 1 first.

    Learn them on the training part: axes learned on the database that is searched have seen the test.

    Parameters
    ----------
    embeddings : float (n, d)
    dimensions : int
        Of n embeddings at most n − 1 can be learned, and no more than d: fewer are given then, with a note.

    Returns
    -------
    Reduction

    Raises
    ------
    DataError
        For fewer than two embeddings, or one that is not finite.
    ParameterError
        If `dimensions` is below 1.

    Notes
    -----
    Source: §V-F, "l2-normalized, PCA-transformed and l2-normalized again". On what the axes are learned, and whether
    they are whitened, is not said: the authors' code learns them on the test database and does not whiten.

    Examples
    --------
    >>> learn_reduction(np.eye(4), dimensions=512).note
    '512 dimensions asked for, 3 learned: there are 4 embeddings of 4 dimensions'
    """
    values = _unit(embeddings, where="learn_reduction")
    wanted = whole(dimensions, name="dimensions", where="learn_reduction", least=1, most=2**20)
    if len(values) < 2:
        what = f"{len(values)} embedding has no principal axes"
        raise DataError(what, where="learn_reduction", do="pass as many as the database has")
    mean = values.mean(axis=0)
    centred = values - mean
    kept = min(wanted, len(values) - 1, values.shape[1])
    # Nothing is divided by the spread: no whitening.
    if len(centred) < centred.shape[1]:  # no need for all their covariances
        axes = np.linalg.svd(centred, full_matrices=False)[2]
    else:
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1].T
    said = f"there are {len(values)} embeddings of {values.shape[1]} dimensions"
    note = "" if kept == wanted else f"{wanted} dimensions asked for, {kept} learned: {said}"
    return Reduction(mean, np.ascontiguousarray(axes[:kept]), note)


def _unit(embeddings: ArrayLike, *, where: str) -> NDArray[np.float64]:
    values = as_array(embeddings, where=where)
    if values.ndim != 2 or not values.size or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        what = f"embeddings are {values.dtype} of shape {values.shape}; needed are finite numbers (n, d)"
        raise DataError(what, where=where, do="pass what a network gave for each picture")
    return _normalised(values.astype(np.float64))


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0))
