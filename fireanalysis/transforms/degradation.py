"""Make a surface worse on purpose: part of it gone, another texture over it, turned."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import ParameterError

from .arrays import as_heights, measured_points, positive
from .surface import blurred, rotate


def degrade(
    heights_um: ArrayLike,
    *,
    pixel_size_um: float,
    seed: int,
    keep: float = 1.0,
    noise_um: float = 0.0,
    grain_um: float = 25.0,
    angle_deg: float = 0.0,
) -> NDArray:
    """Take away part of a surface, lay a texture over it that no firearm made, and turn it.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Micrometres, NaN missing.
    pixel_size_um : float
    seed : int
        Same seed, same direction of the cut and same texture.
    keep : float
        Share of the measured points that stay, above 0 to 1: those on one side of a straight cut in a random
        direction, as where a primer touched the breech face on one side only.
    noise_um : float
        Standard deviation of the texture, a Gaussian field.
    grain_um : float
        Standard deviation of the Gaussian that the texture is smoothed with; 25 µm makes it as fine as the marks.
    angle_deg : float
        Turn, counter-clockwise as seen, after the rest.

    Returns
    -------
    float array, as the input

    Raises
    ------
    ParameterError
        If a number is out of range.
    DataError
        If nothing is measured.

    Examples
    --------
    >>> left = degrade(np.zeros((50, 50)), pixel_size_um=25, seed=0, keep=0.3)
    >>> int(np.isfinite(left).sum())
    750
    """
    where = "degrade"
    heights = as_heights(heights_um, where=where)
    measured = measured_points(heights, where=where)
    pixel = positive(pixel_size_um, name="pixel_size_um", where=where)
    keep = positive(keep, name="keep", where=where)
    noise = positive(noise_um, name="noise_um", where=where, included=True)
    grain = positive(grain_um, name="grain_um", where=where)
    if keep > 1:
        raise ParameterError(f"keep is {keep}", where=where, do="pass a share, above 0 to 1")
    rng = np.random.default_rng(seed)
    direction = rng.uniform(0, 2 * np.pi)
    if keep < 1:
        rows, columns = np.nonzero(measured)
        along = rows * np.sin(direction) + columns * np.cos(direction)
        lost = np.argsort(along, kind="stable")[max(round(keep * along.size), 1) :]
        heights = heights.copy()
        heights[rows[lost], columns[lost]] = np.nan
    if noise > 0:
        texture = blurred(rng.standard_normal(heights.shape), grain / pixel)
        heights = (heights + noise * texture / texture.std()).astype(heights.dtype)
    return rotate(heights, angle_deg=angle_deg) if angle_deg else heights
