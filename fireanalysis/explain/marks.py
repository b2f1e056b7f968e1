"""How much of an explanation lies where it should, on data whose marks are known; and what chance gives."""

import copy
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from fireanalysis.errors import DataError
from fireanalysis.metrics import bootstrap_interval


def attribution_on_marks(
    maps: ArrayLike, marks: ArrayLike, *, within: ArrayLike | None = None
) -> pd.DataFrame:
    """Measure how much attribution falls on known marks, against the share of the area they take.

    Parameters
    ----------
    maps : float (n, rows, columns)
        Attribution; negative values count as none (pass absolute values of a signed method).
    marks : bool (n, rows, columns)
        Where the marks are (`fireanalysis.simulators.brand_marks`).
    within : bool (n, rows, columns), optional
        The primer; by default the whole picture. Attribution outside it counts as off the marks.

    Returns
    -------
    pandas.DataFrame
        One row a map: share (of the attribution that is on the marks), area (of `within` that the marks take:
        what a map gets that only knows where the primer is), hit (bool: the greatest value is on a mark;
        pointing game). Share is NaN and hit False for a map without positive values.

    Raises
    ------
    DataError
        For arrays that do not go together, missing values, or an empty `within`.

    Notes
    -----
    Source of the pointing game: Zhang et al. 2018 (doi:10.1007/s11263-017-1059-x).

    Examples
    --------
    >>> left = np.zeros((1, 4, 4), bool)
    >>> left[:, :, :2] = True
    >>> attribution_on_marks([[[3.0, 0, 1, 0]] * 4], left)
       share  area   hit
    0   0.75   0.5  True
    """
    values, on = np.asarray(maps, dtype=np.float64), np.asarray(marks)
    inside = np.ones_like(on) if within is None else np.asarray(within)
    shapes = {values.shape, on.shape, inside.shape}
    if len(shapes) > 1 or values.ndim != 3 or {on.dtype, inside.dtype} != {np.dtype(bool)}:
        raise DataError(
            f"maps {values.shape}, {on.dtype} marks {on.shape} and {inside.dtype} within {inside.shape}; "
            "(n, rows, columns) of each, the last two bool, are needed",
            where="attribution_on_marks",
            do="make the marks with as many pixels as the maps have",
        )
    if not np.isfinite(values).all() or not inside.any(axis=(1, 2)).all():
        raise DataError(
            "a map has missing values, or a picture has no point within",
            where="attribution_on_marks",
            do="leave it out",
        )
    positive = np.maximum(values, 0)
    total = positive.sum(axis=(1, 2))
    on = on & inside
    with np.errstate(invalid="ignore"):
        share = np.where(on, positive, 0).sum(axis=(1, 2)) / total
    greatest = positive.reshape(len(values), -1).argmax(axis=1)
    hit = on.reshape(len(values), -1)[np.arange(len(values)), greatest] & (total > 0)
    area = on.sum(axis=(1, 2)) / inside.sum(axis=(1, 2))
    return pd.DataFrame({"share": share, "area": area, "hit": hit})


def attribution_gain(
    maps: ArrayLike, regions: Mapping[str, ArrayLike], *, groups: ArrayLike, seed: int, resamples: int = 500
) -> pd.DataFrame:
    """Compare the attribution on each region with its area, with intervals by firearm.

    Parameters
    ----------
    maps : float (n, rows, columns)
        Attribution; negative values count as none.
    regions : mapping of str to bool (n, rows, columns)
        Where each region is; they may overlap.
    groups : (n,)
        Firearm of each map: whole ones are resampled.
    seed, resamples : int
        See `fireanalysis.metrics.bootstrap_interval`.

    Returns
    -------
    pandas.DataFrame
        One row a region that is there: region, share (mean share of a map's attribution), area (mean share of
        the picture), gain (their ratio: 1 is no preference), low, high (95 % interval of the gain).

    Raises
    ------
    DataError
        As `attribution_on_marks`; also for fewer than two groups, or maps without any attribution.

    Examples
    --------
    >>> left = np.zeros((2, 4, 4), bool)
    >>> left[:, :, :2] = True
    >>> maps = [[[3.0, 0, 1, 0]] * 4, [[1.0, 0, 1, 0]] * 4]
    >>> attribution_gain(maps, {"left": left}, groups=["a", "b"], seed=0)
      region  share  area  gain  low  high
    0   left  0.625   0.5  1.25  1.0   1.5
    """
    found = []
    for name, marks in regions.items():
        one = attribution_on_marks(maps, marks)
        some = one["share"].notna().to_numpy()
        share, area = (one.loc[some, column].to_numpy() for column in ("share", "area"))
        if not some.any():
            raise DataError(
                "no map has any attribution", where="attribution_gain", do="look at the maps: all are 0"
            )
        if not area.any():
            continue
        gain = bootstrap_interval(
            _ratio_of_means, share, area, groups=np.asarray(groups)[some], seed=seed, resamples=resamples
        )
        found.append((name, share.mean(), area.mean(), gain.value, gain.low, gain.high))
    return pd.DataFrame(found, columns=["region", "share", "area", "gain", "low", "high"]).astype(
        dict.fromkeys(["share", "area", "gain", "low", "high"], float)
    )


def half_area(maps: ArrayLike) -> NDArray[np.float64]:
    """Measure how fine maps are: the share of the picture that holds half of the attribution.

    Parameters
    ----------
    maps : float (n, rows, columns)
        Attribution; negative values count as none.

    Returns
    -------
    ndarray, float64 (n,)
        Above 0, at most about 0.5 (the same everywhere); NaN for a map without positive values.

    Raises
    ------
    DataError
        For another shape or missing values.

    Examples
    --------
    >>> half_area([[[9.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]]).tolist()
    [0.25, 0.5]
    """
    values = np.asarray(maps, dtype=np.float64)
    if values.ndim != 3 or not np.isfinite(values).all():
        raise DataError(
            f"maps of shape {values.shape}; (n, rows, columns) without missing values are needed",
            where="half_area",
            do="pass maps as grad_cam and occlusion give them",
        )
    greatest_first = np.sort(np.maximum(values, 0).reshape(len(values), -1), axis=1)[:, ::-1]
    held = np.cumsum(greatest_first, axis=1)
    half = held[:, -1:] / 2
    pixels = (held < half * (1 - 1e-9)).sum(axis=1) + 1
    return np.where(half[:, 0] > 0, pixels / held.shape[1], np.nan)


def shuffled(model: nn.Module, *, seed: int) -> nn.Module:
    """Copy a network with the values of each weight array in random order: what it has learnt is gone.

    A map that stays the same shows the picture, not what the network knows of it (Adebayo et al. 2018,
    arXiv:1810.03292, who draw the weights anew; shuffled, they keep their distribution).

    Parameters
    ----------
    model : torch.nn.Module
        Left as it is.
    seed : int

    Examples
    --------
    >>> net = nn.Linear(3, 2)
    >>> other = shuffled(net, seed=0)
    >>> torch.equal(net.weight.flatten().sort().values, other.weight.flatten().sort().values)
    True
    """
    other = copy.deepcopy(model)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in other.parameters():
            order = torch.randperm(weight.numel(), generator=random).to(weight.device)
            weight.copy_(weight.flatten()[order].reshape(weight.shape))
    return other


def _ratio_of_means(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> float:
    return float(top.mean() / bottom.mean()) if bottom.any() else np.nan
