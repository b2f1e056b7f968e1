"""Whether the probabilities of pixels can be believed."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .classification import Interval, bootstrap_sums
from .segmentation import pairs_of


def pixel_reliability(
    predicted: Iterable[ArrayLike], truth: Iterable[ArrayLike], *, bins: int = 10
) -> pd.DataFrame:
    """Hold the probability of foreground against how often there is foreground, pixels in bins of equal width.

    `reliability` asks how sure the answer is; nearly every pixel is surely background, so here it is the probability
    of foreground that is asked about.

    Parameters
    ----------
    predicted, truth
        See `segmentation_counts`.
    bins : int

    Returns
    -------
    DataFrame
        One row a bin that has pixels: "samples" (pixels), "confidence" (mean probability of foreground), "accuracy"
        (share that is foreground), 0 to 1.

    Raises
    ------
    DataError
        As `segmentation_counts`.
    ParameterError
        If there is no bin.

    Examples
    --------
    >>> pixel_reliability([[[0.9, 0.8, 0.1, 0.1]]], [[[True, False, False, False]]], bins=2)
       samples  confidence  accuracy
    0        2        0.10       0.0
    1        2        0.85       0.5
    """
    sums = _binned(predicted, truth, bins=bins, where="pixel_reliability").sum(axis=0)
    samples, confidence, accuracy = sums[:, sums[0] > 0]
    table = {"samples": samples.astype(int), "confidence": confidence / samples}
    return pd.DataFrame(table | {"accuracy": accuracy / samples})


def pixel_calibration_error(reliability: pd.DataFrame, *, least: float = 0.0) -> float:
    """Measure how far the probability of foreground is from its share on average, 0 to 1.

    Parameters
    ----------
    reliability : DataFrame
        From `pixel_reliability`.
    least : float
        Only bins with a mean probability of at least this; 0.5 asks about pixels called foreground alone, which
        the many sure background pixels otherwise drown.

    Returns
    -------
    float
        NaN if no pixel is left.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    The expected calibration error, Guo et al. 2017, eq. 3, of the foreground's probability.

    Examples
    --------
    >>> table = pixel_reliability([[[0.9, 0.8, 0.1, 0.1]]], [[[True, False, False, False]]], bins=2)
    >>> round(pixel_calibration_error(table), 3), round(pixel_calibration_error(table, least=0.5), 3)
    (0.225, 0.35)
    """
    missing = [name for name in ("samples", "confidence", "accuracy") if name not in reliability]
    if missing:
        what = f"the table has no {', '.join(missing)}"
        raise DataError(what, where="pixel_calibration_error", do="pass a table of pixel_reliability")
    rows = reliability[reliability["confidence"] >= least]
    gap = (rows["confidence"] - rows["accuracy"]).abs()
    return float((gap * rows["samples"]).sum() / rows["samples"].sum()) if len(rows) else float("nan")


def pixel_calibration_interval(
    predicted: Iterable[ArrayLike],
    truth: Iterable[ArrayLike],
    *,
    groups: ArrayLike,
    seed: int,
    least: float = 0.0,
    bins: int = 10,
    resamples: int = 1000,
) -> Interval:
    """Give `pixel_calibration_error` with its interval, scenes resampled.

    Parameters
    ----------
    predicted, truth
        See `segmentation_counts`.
    groups : (n,)
        Scene of each picture.
    least
        See `pixel_calibration_error`.
    bins
        See `pixel_reliability`.
    seed, resamples
        See `bootstrap_interval`.

    Raises
    ------
    DataError, ParameterError
        As `pixel_reliability` and `bootstrap_interval`.

    Examples
    --------
    >>> truth = np.eye(4, dtype=bool)[None].repeat(3, axis=0)
    >>> said = np.full((3, 4, 4), 0.25)  # a quarter of the pixels are foreground, in each picture
    >>> f"{pixel_calibration_interval(said, truth, groups=range(3), seed=0):.2f}"
    '0.00 (0.00 to 0.00)'
    """
    sums = _binned(predicted, truth, bins=bins, where="pixel_calibration_interval")

    def error(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        samples, confidence, accuracy = totals.reshape(-1, *sums.shape[1:]).swapaxes(0, 1)
        counted = (samples > 0) & (confidence >= least * samples)
        gap, pixels = ((one * counted).sum(axis=1) for one in (np.abs(confidence - accuracy), samples))
        return np.divide(gap, pixels, out=np.full(len(gap), np.nan), where=pixels > 0)

    return bootstrap_sums(error, sums.reshape(len(sums), -1), groups=groups, seed=seed, resamples=resamples)


def _binned(
    predicted: Iterable[ArrayLike], truth: Iterable[ArrayLike], *, bins: int, where: str
) -> NDArray[np.float64]:
    """Count pixels, add up probabilities and foreground pixels in each picture's bins: (n, 3, bins)."""
    number = whole(bins, name="bins", where=where, least=1, most=10_000)
    sums = []
    for said, true in pairs_of(predicted, truth, where=where):
        place = np.minimum((said * number).astype(int), number - 1).ravel()
        weights = (None, said.ravel(), true.ravel())
        sums.append([np.bincount(place, weight, minlength=number) for weight in weights])
    return np.array(sums, np.float64)
