"""Pictures that a collection holds more than once: as they are, saved again, or changed a little."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import as_array, whole

from .dataset import DataSet

_THUMBNAIL, _LOW = 32, 16
_BITS = _LOW * _LOW - 1  # without the mean
_GREY = 100  # pixels: what is cropped then are percents
_CROPPED = (  # what a copy may have lost at its edges: top, bottom, left, right
    (0, 0, 0, 0), (2, 2, 2, 2), (4, 4, 4, 4), (6, 6, 6, 6),
    (3, 0, 3, 0), (3, 0, 0, 3), (0, 3, 3, 0), (0, 3, 0, 3),
    (4, 0, 0, 0), (0, 4, 0, 0), (0, 0, 4, 0), (0, 0, 0, 4),
)  # fmt: skip
_FLAT = 1.0  # grey levels: below this standard deviation a picture shows nothing
_BLOCK = 2048
_PAIRS = ["a", "b", "kind", "distance"]


class PictureHash(NamedTuple):
    """What pictures are compared by.

    Attributes
    ----------
    exact : bytes
        Digest of the size and all pixels.
    signs : int8 (ways, 255)
        Perceptual hashes, each bit as -1 or 1: of the picture, of it cropped a little, and of the eight ways to
        turn and mirror it if asked for. Zeros for what shows nothing.
    """

    exact: bytes
    signs: NDArray[np.int8]


def find_picture_duplicates(
    data: DataSet[NDArray[np.uint8]],
    *,
    near: int = 35,
    turned: bool = False,
    embeddings: ArrayLike | None = None,
    alike: float = 0.95,
) -> pd.DataFrame:
    """Find pairs of pictures that show the same photograph: a split must not part them.

    Parameters
    ----------
    data : DataSet of uint8 (h, w, 3)
        Read once, one after the other.
    near : int
        Bits of the perceptual hash (`hash_picture`), of 255, that may differ in a near-duplicate: 0 to 100. Copies
        saved again, resized or with other brightness differ in fewer than 35, nearly always; copies that lost up to
        6 % at their edges mostly. Of different articles on white ground the nearest differ in 37.
    turned : bool
        Look also for copies mirrored, or turned by quarters.
    embeddings : float (n, dimensions), optional
        Of the same pictures, from a network: it also finds copies that are cropped or turned a little.
    alike : float
        From which cosine of two embeddings, 0 to 1, a pair is a near-duplicate. What is right depends on the network:
        look at the pairs.

    Returns
    -------
    pandas.DataFrame
        One row a pair: a and b (rows of `data`, a < b); kind, the first that fits of "same pixels", "near (hash)"
        and "near (embedding)"; distance, of hashes in bits, of embeddings 1 - cosine; same_class, same_source.

    Raises
    ------
    ParameterError
        For thresholds out of range.
    DataError
        If a file cannot be read, or embeddings are of another number or not finite.

    Notes
    -----
    All pairs are compared exactly, in blocks of bounded memory; there is no index that could miss one.

    Examples
    --------
    >>> pictures = np.random.default_rng(0).integers(0, 256, (3, 40, 60, 3), np.uint8)
    >>> pictures[2] = pictures[0] // 2 + 60  # paler
    >>> table = pd.DataFrame({"class": list("aab"), "source_picture": range(3)})
    >>> data = DataSet(table, lambda rows: pictures[rows.index], label="class", group="source_picture",
    ...                source="real", name="toy")
    >>> find_picture_duplicates(data)[["a", "b", "kind", "same_class"]].to_dict("records")
    [{'a': 0, 'b': 2, 'kind': 'near (hash)', 'same_class': False}]
    """
    where = "find_picture_duplicates"
    near = whole(near, name="near", where=where, least=0, most=100)
    if not 0 < alike <= 1:
        raise ParameterError(f"alike is {alike}; above 0 to 1 fits", where=where, do="pass for example 0.95")
    if embeddings is not None:
        embeddings = _normed(embeddings, len(data))
    hashes = [hash_picture(image, turned=turned) for image in data.samples()]
    exact = pd.Series([found.exact for found in hashes])
    found = [_rows(_equal(exact), "same pixels"), _rows(_near(hashes, near), "near (hash)")]
    if embeddings is not None:
        found.append(_rows(_above(embeddings, alike), "near (embedding)"))
    pairs = pd.concat(found, ignore_index=True).drop_duplicates(["a", "b"])
    for column, of_row in (("same_class", data.labels), ("same_source", data.groups)):
        pairs[column] = of_row[pairs["a"]] == of_row[pairs["b"]]
    return pairs.sort_values(["a", "b"], ignore_index=True)


def duplicate_sources(data: DataSet[NDArray[np.uint8]], found: pd.DataFrame) -> DataSet[NDArray[np.uint8]]:
    """Give pictures that are duplicates of each other, also by way of others, the same group.

    A split then keeps them on one side (`split_classes` leaves out those whose classes fall in different parts).

    Parameters
    ----------
    data : DataSet
        That `find_picture_duplicates` was given, or with the same rows.
    found : pandas.DataFrame
        Its result, or some rows of it.

    Returns
    -------
    DataSet
        With groups joined; the notes count them, and say how large the largest has become: a threshold that is too
        loose joins what has nothing to do with each other.

    Examples
    --------
    >>> table = pd.DataFrame({"class": list("aaab"), "source_picture": list("1234")})
    >>> data = DataSet(table, list, label="class", group="source_picture", source="real", name="toy")
    >>> joined = duplicate_sources(data, pd.DataFrame({"a": [0, 1], "b": [1, 3]}))
    >>> list(joined.groups), joined.notes
    (['1', '1', '3', '1'], ('4 source_picture joined to 2 by duplicates, of at most 3 pictures each',))
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes, names = pd.factorize(data.groups)
    a, b = (codes[found[column].to_numpy(int)] for column in "ab")
    _, joined = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(len(names),) * 2))
    first = pd.Series(names).groupby(joined).first()
    if len(first) == len(names):
        return data
    groups = first.loc[joined[codes]].to_numpy()
    largest = pd.Series(groups).value_counts().max()
    note = (
        f"{len(names)} {data.group} joined to {len(first)} by duplicates, of at most {largest} pictures each"
    )
    return replace(data, table=data.table.assign(**{data.group: groups}), notes=(*data.notes, note))


def hash_picture(image: NDArray[np.uint8], *, turned: bool = False) -> PictureHash:
    """Give the digest of a picture's pixels, and a perceptual hash that survives saving, scaling and brightness.

    The hash are the signs of the 16 × 16 lowest frequencies, without the mean, of a 32 × 32 grey thumbnail, against
    their median. Cropped, all frequencies move: so it is also taken of the picture without 2, 4 and 6 % of each edge,
    3 % of two that meet, and 4 % of one. Mirrored and turned by quarters, the frequencies only change their signs
    and places.

    Parameters
    ----------
    image : uint8 (h, w, 3)
    turned : bool
        Add the hashes of all eight ways to turn and mirror it.

    Returns
    -------
    PictureHash

    Notes
    -----
    Source: the "pHash" of Zauner 2010, "Implementation and benchmarking of perceptual image hash functions".

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    >>> mirrored = hash_picture(image[:, ::-1]).signs[0]
    >>> min(int(np.sum(way != mirrored)) for way in hash_picture(image, turned=True).signs) < 20
    True
    """
    exact = hashlib.sha256(str(image.shape).encode() + np.ascontiguousarray(image).data).digest()
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    square = np.asarray(cv2.resize(grey, (_GREY, _GREY), interpolation=cv2.INTER_AREA), np.float32)
    low = [
        _lowest(square[top : _GREY - bottom, left : _GREY - right]) for top, bottom, left, right in _CROPPED
    ]
    odd = (-1.0) ** np.arange(_LOW)  # what mirroring does to the frequencies along an axis
    if turned:
        for way in (low[0], low[0].T):
            low += [way, way * odd, way * odd[:, None], way * np.outer(odd, odd)]
    bits = np.array([way.ravel()[1:] for way in low])
    signs = np.where(bits > np.median(bits, axis=1, keepdims=True), 1, -1)
    return PictureHash(exact, (signs * bits.any(axis=1, keepdims=True)).astype(np.int8))


def _lowest(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lowest frequencies of a picture; zeros if it shows nothing."""
    small = cv2.resize(grey, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    if small.std() < _FLAT:
        return np.zeros((_LOW, _LOW), np.float32)
    return np.asarray(cv2.dct(small)[:_LOW, :_LOW])


def _equal(exact: pd.Series) -> Iterator[tuple[int, int, float]]:
    for rows in exact.groupby(exact).indices.values():
        for place, a in enumerate(rows):
            yield from ((int(a), int(b), 0.0) for b in rows[place + 1 :])


def _near(hashes: list[PictureHash], near: int) -> Iterator[tuple[int, int, float]]:
    """Pairs whose hashes differ in few bits: half of what 255 lacks to the product of signs."""
    signs = np.array([found.signs for found in hashes], np.float32)
    least = _BITS - 2 * near
    for start in range(0, len(signs), _BLOCK):
        block = signs[start : start + _BLOCK]
        for begin in range(start, len(signs), _BLOCK):
            others = signs[begin : begin + _BLOCK]
            product = np.max(
                [one @ other.T for way in range(signs.shape[1]) for one, other in
                 ((block[:, way], others[:, 0]), (block[:, 0], others[:, way]))], axis=0,
            )  # fmt: skip
            for a, b in np.argwhere(product >= least):
                if start + a < begin + b:
                    yield int(start + a), int(begin + b), (_BITS - float(product[a, b])) / 2


def _above(vectors: NDArray[np.float32], alike: float) -> Iterator[tuple[int, int, float]]:
    for start in range(0, len(vectors), _BLOCK):
        for begin in range(start, len(vectors), _BLOCK):
            cosine = vectors[start : start + _BLOCK] @ vectors[begin : begin + _BLOCK].T
            for a, b in np.argwhere(cosine >= alike):
                if start + a < begin + b:
                    yield int(start + a), int(begin + b), 1 - min(float(cosine[a, b]), 1.0)


def _rows(pairs: Iterator[tuple[int, int, float]], kind: str) -> pd.DataFrame:
    table = pd.DataFrame([(a, b, kind, distance) for a, b, distance in pairs], columns=_PAIRS)
    return table.astype({"a": int, "b": int, "distance": float})


def _normed(embeddings: ArrayLike, count: int) -> NDArray[np.float32]:
    vectors = as_array(embeddings, where="find_picture_duplicates").astype(np.float32)
    if vectors.ndim != 2 or len(vectors) != count or not np.isfinite(vectors).all():
        raise DataError(
            f"embeddings have shape {vectors.shape}; finite ones of shape ({count}, dimensions) fit",
            where="find_picture_duplicates",
            do="pass one row for each picture of the data set, in its order",
        )
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
