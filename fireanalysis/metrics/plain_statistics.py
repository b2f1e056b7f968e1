"""A few plain numbers of a picture or surface, in which a batch gives itself away: level, spread, fine detail."""

import numpy as np
from numpy.typing import ArrayLike

from fireanalysis.errors import DataError

_CHANNELS = {1: ("",), 3: (" red", " green", " blue")}


def plain_statistics(picture: ArrayLike, *, where: ArrayLike | None = None) -> dict[str, float]:
    """Describe a picture or surface by numbers that know nothing of shapes: what they tell, no classifier should need.

    Parameters
    ----------
    picture : (h, w) or (h, w, 3)
        Heights in micrometres, NaN missing; or a picture, uint8.
    where : bool (h, w), optional
        Points that count; all by default.

    Returns
    -------
    dict of str to float
        "level" and "spread" (mean and standard deviation; of each colour), "step" (mean absolute difference of
        neighbours, down and to the right; of the mean of the colours) and "fineness" (logarithm of the same for the
        steps, over the step: lower where points were blurred or computed between others). The unit of the picture.

    Raises
    ------
    DataError
        For another shape, or where fewer than nine points count or no three in a row; for a flat surface, whose
        fineness is undefined.

    Examples
    --------
    >>> ramp = np.add.outer(np.arange(8) ** 2, np.zeros(8))
    >>> {name: round(value, 2) for name, value in plain_statistics(ramp).items()}
    {'level': 17.5, 'spread': 16.68, 'step': 3.5, 'fineness': -1.25}
    """
    whole = np.asarray(picture, float)
    layers = whole[..., None] if whole.ndim == 2 else whole
    counts = np.isfinite(layers).all(-1) if layers.ndim == 3 else np.zeros(0, bool)
    if where is not None and np.shape(where) == counts.shape:
        counts &= np.asarray(where, bool)
    if layers.ndim != 3 or layers.shape[2] not in _CHANNELS or counts.sum() < 9:
        what = f"shape {whole.shape}, of which {counts.sum()} points count"
        raise DataError(
            what, where="plain_statistics", do="pass heights or an RGB picture, nine points or more"
        )
    if where is not None and np.shape(where) != counts.shape:
        what = f"where has shape {np.shape(where)}, the picture {counts.shape}"
        raise DataError(what, where="plain_statistics", do="pass one bool a point")
    found: dict[str, float] = {}
    for number, channel in enumerate(_CHANNELS[layers.shape[2]]):
        values = layers[counts, number]
        found |= {f"level{channel}": float(values.mean()), f"spread{channel}": float(values.std())}
    grey = np.where(counts, layers.mean(-1), np.nan)
    steps = [np.diff(grey, axis=axis) for axis in (0, 1)]
    second = [np.diff(step, axis=axis) for axis, step in enumerate(steps)]
    first, finer = (
        np.abs(np.concatenate([one[np.isfinite(one)] for one in both])) for both in (steps, second)
    )
    if not finer.size or not first.mean() > 0 or not finer.mean() > 0:
        what = "the surface is flat, or no three points in a row count"
        raise DataError(what, where="plain_statistics", do="leave it out")
    return found | {"step": float(first.mean()), "fineness": float(np.log(finer.mean() / first.mean()))}
