"""A picture of one's own as a query: a data set of one picture whose class nobody knows."""

import hashlib
import os
from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.transforms.pictures import as_picture

from .dataset import DataSet
from .pictures import read_picture

NOT_KNOWN = "not known"
"""Class of a picture that somebody hands in."""


def picture_query(picture: str | os.PathLike[str] | NDArray[np.uint8]) -> DataSet[NDArray[np.uint8]]:
    """Make a data set of one picture, to be described by a network and searched with.

    Parameters
    ----------
    picture : path or uint8 (h, w, 3)
        A picture file of any kind that `read_picture` reads, or a picture.

    Returns
    -------
    DataSet of uint8 (h, w, 3)
        Of one picture, class "not known"; the notes tell what the reader did to the file.

    Raises
    ------
    DataError
        As `read_picture`; or if the array is no picture.

    Examples
    --------
    >>> picture_query(np.zeros((40, 60, 3), np.uint8))
    DataSet 'given picture' (real): 1 samples, 1 class, 1 source_picture
    """
    name, notes = "given picture", tuple[str, ...]()
    if isinstance(picture, str | os.PathLike):
        name = os.fspath(picture)
        image, notes = (file := read_picture(picture)).image, file.notes
    else:
        image = as_picture(picture, where="picture_query")
    content = hashlib.sha256(
        image.tobytes()
    ).hexdigest()  # a fingerprint sees the table, not the array behind it
    table = pd.DataFrame({"class": [NOT_KNOWN], "source_picture": [name], "content": [content]})
    read = partial(_given, image=image)
    return DataSet(table, read, label="class", group="source_picture", source="real", name=name, notes=notes)


def _given(rows: pd.DataFrame, *, image: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for _ in range(len(rows)):
        yield image
