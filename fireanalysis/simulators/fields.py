"""Random surfaces and profiles defined on the millimetre plane, whatever grid they are looked at with.

A field is a sum of octaves; an octave is white noise on a lattice, hashed from its lattice index and
interpolated with cubic B-splines. A pixel is the mean of the field over its area, so that a coarse grid sees
the block means of a fine one. Octaves finer than the pixel average out and are left away.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from .hashing import STEP_X, STEP_Y, mix

SPACINGS_MM = tuple(3.072 / 2**octave for octave in range(10))
"""Lattice spacings of the octaves, 3.072 mm down to 6 µm."""

PROFILE_PERIOD_MM = 12.288
"""Profiles repeat after this length, longer than the case head is wide."""

_UNIT_GAIN = 12**0.5 / (151 / 315)
"""Uniform lattice noise through a two-dimensional cubic B-spline, brought to variance 1."""


def octaves(pixel_mm: float) -> int:
    """Count the octaves whose lattice is not finer than a pixel.

    Examples
    --------
    >>> octaves(4.4528 / 184), octaves(4.4528 / 736)
    (8, 10)
    """
    return sum(spacing > 0.97 * pixel_mm for spacing in SPACINGS_MM)


def octave_weights(strongest_mm: float, *, coarse: float, fine: float) -> tuple[float, ...]:
    """Weights of octaves whose power peaks at a spacing and falls off by powers of it to both sides.

    Examples
    --------
    >>> weights = octave_weights(0.05, coarse=1.0, fine=1.0)
    >>> round(sum(weight**2 for weight in weights), 6), SPACINGS_MM[weights.index(max(weights))]
    (1.0, 0.048)
    """
    power = [1 / ((s / strongest_mm) ** coarse + (strongest_mm / s) ** fine) for s in SPACINGS_MM]
    return tuple((part / sum(power)) ** 0.5 for part in power)


def grid_field(
    keys: Tensor,
    weights: Tensor,
    *,
    rows_mm: NDArray[np.float64],
    columns_mm: NDArray[np.float64],
    pixel_mm: float,
) -> Tensor:
    """Evaluate fields on a grid along the axes.

    Parameters
    ----------
    keys : Tensor, int64 (n,)
        One 32-bit key a field.
    weights : Tensor, float32 (n, octaves)
        Standard deviation of each octave; columns beyond the pixel's resolution are not used.
    rows_mm, columns_mm : ndarray, float64
        Positions of the pixel middles.
    pixel_mm : float
        Edge of the square that is averaged over.

    Returns
    -------
    Tensor, float32 (n, rows, columns)
    """
    field = torch.zeros((len(keys), len(rows_mm), len(columns_mm)), device=keys.device)
    used = (weights > 0).any(0).tolist()[: octaves(pixel_mm)]
    for octave in [octave for octave, needed in enumerate(used) if needed]:
        top, down = _spline(octave, rows_mm.tobytes(), pixel_mm)
        left, across = _spline(octave, columns_mm.tobytes(), pixel_mm)
        lattice = _lattice(keys, octave, (top, left), (down.shape[1], across.shape[1]))
        lattice *= _UNIT_GAIN * weights[:, octave, None, None]
        field += down.to(keys.device) @ (lattice @ across.to(keys.device).T)
    return field


def turned_field(
    keys: Tensor, weights: Tensor, x_mm: Tensor, y_mm: Tensor, *, extent_mm: float, pixel_mm: float
) -> Tensor:
    """Evaluate fields at points of a turned and shifted grid; beyond the extent they are mirrored.

    Parameters
    ----------
    keys, weights : Tensor
        As in `grid_field`.
    x_mm, y_mm : Tensor, float32 (n, rows, columns)
        Where to evaluate.
    extent_mm : float
        The field is made for -extent_mm to extent_mm.
    pixel_mm : float
        Distance of the points, and edge of the square that is averaged over.

    Returns
    -------
    Tensor, float32 (n, rows, columns)
    """
    # Nodes a little closer than the points: bilinear interpolation between them then loses little.
    nodes = np.linspace(-extent_mm, extent_mm, int(np.ceil(2.5 * extent_mm / pixel_mm)) + 1)
    field = grid_field(keys, weights, rows_mm=nodes, columns_mm=nodes, pixel_mm=pixel_mm)
    grid = torch.stack([x_mm, y_mm], dim=-1).div_(extent_mm)
    sampled = grid_sample(
        field[:, None], grid, mode="bilinear", padding_mode="reflection", align_corners=True
    )
    return sampled[:, 0]


def profiles(keys: Tensor, spectrum: Tensor) -> Tensor:
    """Make periodic random profiles with given spectra.

    Parameters
    ----------
    keys : Tensor, int64 (n,)
        One key a profile.
    spectrum : Tensor, float32 (n, bins)
        Root mean square of the wave at each of the frequencies of `profile_frequencies`.

    Returns
    -------
    Tensor, float32 (n, 2 * bins)
        Heights at equal steps over `PROFILE_PERIOD_MM`.
    """
    bins = spectrum.shape[1]
    index = torch.arange(1, bins + 1, device=keys.device) * STEP_X
    phases = mix(keys[:, None] ^ (index & 0xFFFFFFFF)).to(torch.float32) * (2 * torch.pi / 2**32)
    # A wave of root mean square 1 is sqrt(2) cos, and irfft adds the conjugate of each coefficient.
    waves = torch.polar(spectrum * 2**-0.5, phases)
    waves = torch.nn.functional.pad(waves, (1, 0))  # the constant term comes first and is zero
    return torch.fft.irfft(waves, n=2 * bins, norm="forward")


def profile_frequencies(pixel_mm: float) -> NDArray[np.float64]:
    """Frequencies per millimetre at which profile spectra are given; more for pixels that are fine."""
    bins = 1024 if pixel_mm > 0.012 else 2048
    return np.arange(1, bins + 1) / PROFILE_PERIOD_MM


def look_up(profile: Tensor, position_mm: Tensor) -> Tensor:
    """Read periodic profiles (n, steps) at positions (n, rows, columns), linearly between steps."""
    steps = profile.shape[1]
    place = position_mm * (steps / PROFILE_PERIOD_MM)
    lower = place.floor()
    fraction = (place - lower).flatten(1)
    index = lower.to(torch.int64).bitwise_and_(steps - 1).flatten(1)  # steps is a power of two
    rise = profile.roll(-1, 1) - profile
    return torch.addcmul(profile.gather(1, index), rise.gather(1, index), fraction).view_as(position_mm)


def _lattice(keys: Tensor, octave: int, start: tuple[int, int], shape: tuple[int, int]) -> Tensor:
    """White noise, uniform in -0.5 to 0.5, hashed from absolute lattice indices."""
    row, column = (
        torch.arange(first, first + count, device=keys.device) + 2**20 * (octave + 1)
        for first, count in zip(start, shape, strict=True)
    )
    rows = mix(keys[:, None] ^ ((row * STEP_Y) & 0xFFFFFFFF))
    mixed = mix(rows[:, :, None] ^ ((column * STEP_X) & 0xFFFFFFFF))
    return mixed.to(torch.float32).mul_(2.0**-32).sub_(0.5)


@lru_cache(maxsize=64)
def _spline(octave: int, axis_mm: bytes, pixel_mm: float) -> tuple[int, Tensor]:
    """First lattice index and matrix (pixels, lattice) of the splines' means over each pixel."""
    spacing = SPACINGS_MM[octave]
    middles = np.frombuffer(axis_mm) / spacing
    start = int(np.floor(middles[0] - pixel_mm / spacing)) - 2
    stop = int(np.ceil(middles[-1] + pixel_mm / spacing)) + 2
    distance = middles[:, None] - np.arange(start, stop + 1)
    half = 0.5 * pixel_mm / spacing
    mean = (_spline_integral(distance + half) - _spline_integral(distance - half)) / (2 * half)
    return start, torch.from_numpy(mean.astype(np.float32))


def _spline_integral(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of the cubic B-spline from minus infinity."""
    # Truncated powers: B3 is the fourth difference of t**3 / 6, its integral that of t**4 / 24.
    terms = zip((1, -4, 6, -4, 1), (-2, -1, 0, 1, 2), strict=True)
    return np.clip(sum(factor * np.maximum(t - knot, 0) ** 4 for factor, knot in terms) / 24, 0, 1)
