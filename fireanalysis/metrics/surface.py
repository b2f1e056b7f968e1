"""What a surface measures like: roughness, spectrum, share of missing points. For comparing scans with scans."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import ConvexHull

from fireanalysis.errors import DataError, ParameterError

TAPER_UM = 60.0
"""Heights fade to zero over this distance from missing points before the Fourier transform."""


@dataclass(frozen=True)
class SurfaceStatistics:
    """Statistics of one levelled surface.

    Attributes
    ----------
    sq_um, sa_um : float
        Root-mean-square and mean absolute height after subtracting the least-squares plane (ISO 25178 Sq, Sa).
    missing_share : float
        Share of the points within the smallest circle around all measured points that are missing.
    slope : float
        Slope of log power against log frequency between 2 and 20 per millimetre.
    frequency_per_mm, power_um2_mm2 : ndarray, float64 (bins,)
        Radially averaged power spectral density; NaN where a ring holds no frequency.
    """

    sq_um: float
    sa_um: float
    missing_share: float
    slope: float
    frequency_per_mm: NDArray[np.float64]
    power_um2_mm2: NDArray[np.float64]


def surface_statistics(heights_um: ArrayLike, *, pixel_size_um: float) -> SurfaceStatistics:
    """Measure roughness, spectrum and missing share of a height map, in physical units.

    Parameters
    ----------
    heights_um : ndarray, float (rows, columns)
        Heights in micrometres, NaN where missing.
    pixel_size_um : float
        Distance between neighbouring points.

    Raises
    ------
    DataError
        Not two-dimensional, or fewer than 16 measured points.
    ParameterError
        A pixel size that is not positive.

    Examples
    --------
    >>> ramp = np.add.outer(np.arange(64.0), np.arange(64.0))
    >>> round(surface_statistics(ramp, pixel_size_um=25.0).sq_um, 6)  # a plane has no roughness
    0.0
    """
    heights = _checked(heights_um, pixel_size_um)
    rough = _subtract_plane(heights)
    frequency, power = _radial_power(rough, pixel_size_um)
    return SurfaceStatistics(
        sq_um=float(np.sqrt(np.nanmean(rough**2))),
        sa_um=float(np.nanmean(np.abs(rough))),
        missing_share=missing_share(heights),
        slope=_slope(frequency, power),
        frequency_per_mm=frequency,
        power_um2_mm2=power,
    )


def missing_share(heights_um: ArrayLike) -> float:
    """Share of missing points within the smallest circle that holds every measured point.

    Examples
    --------
    >>> yy, xx = np.mgrid[-50:51, -50:51]
    >>> r = np.hypot(yy, xx)
    >>> ring = np.where((r <= 50) & (r > 25), 1.0, np.nan)
    >>> round(missing_share(ring), 2)
    0.25
    """
    heights = np.asarray(heights_um, dtype=float)
    measured = np.isfinite(heights)
    centre, radius = _smallest_circle(measured)
    rows, columns = np.indices(heights.shape)
    inside = np.hypot(rows - centre[0], columns - centre[1]) <= radius + 1e-6
    return float(1 - measured[inside].mean())


def _checked(heights_um: ArrayLike, pixel_size_um: float) -> NDArray[np.float64]:
    heights = np.asarray(heights_um, dtype=float)
    if not pixel_size_um > 0:
        raise ParameterError(
            f"pixel_size_um is {pixel_size_um}; it must be above 0",
            where="surface_statistics",
            do="pass the distance between points in micrometres, for example pixel_size_um=6.25",
        )
    measured = int(np.isfinite(heights).sum())
    if heights.ndim != 2 or measured < 16:
        raise DataError(
            f"heights of shape {heights.shape} with {measured} measured points; "
            "needed is a two-dimensional map with at least 16",
            where="surface_statistics",
            do="pass one height map; loop over a batch",
        )
    return heights


def _subtract_plane(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(np.isfinite(heights))
    basis = np.stack([np.ones_like(rows), rows, columns], axis=1) / [1.0, *heights.shape]
    values = heights[rows, columns]
    fit, *_ = np.linalg.lstsq(basis, values, rcond=None)
    rough = np.full_like(heights, np.nan)
    rough[rows, columns] = values - basis @ fit
    return rough


def _radial_power(
    rough: NDArray[np.float64], pixel_size_um: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the power spectral density of heights without tilt over 32 rings of frequency.

    The heights are multiplied with a window that is 0 at missing points and rises to 1 over ``TAPER_UM``, so
    the outline of the scan adds little power; the result is divided by the window's own power. Summed over
    the whole frequency plane the density gives the variance of the heights. Rings are logarithmic from 0.5 per
    millimetre to the Nyquist frequency.
    """
    # One missing pixel all round, so that the border of the picture counts as an edge too.
    padded = np.pad(rough, 1, constant_values=np.nan)
    ramp = np.clip(distance_transform_edt(np.isfinite(padded)) * pixel_size_um / TAPER_UM, 0, 1)
    window = (0.5 - 0.5 * np.cos(np.pi * ramp))[1:-1, 1:-1]
    step_mm = pixel_size_um / 1000
    density = np.abs(np.fft.fft2(np.nan_to_num(rough) * window)) ** 2 * step_mm**2 / (window**2).sum()
    radius = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n, step_mm) for n in rough.shape), indexing="ij"))
    edges = np.geomspace(0.5, 0.5 / step_mm, 33)
    ring = np.digitize(radius.ravel(), edges) - 1
    kept = (ring >= 0) & (ring < 32)
    count = np.bincount(ring[kept], minlength=32)
    total = np.bincount(ring[kept], weights=density.ravel()[kept], minlength=32)
    power = np.divide(total, count, out=np.full(32, np.nan), where=count > 0)
    return np.sqrt(edges[1:] * edges[:-1]), power


def _slope(frequency: NDArray[np.float64], power: NDArray[np.float64]) -> float:
    used = (frequency >= 2) & (frequency <= 20) & (power > 0)
    if used.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(frequency[used]), np.log(power[used]), 1)[0])


def _smallest_circle(measured: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Smallest enclosing circle of the measured points, by iterating toward the farthest point."""
    points = np.argwhere(measured).astype(float)
    if len(points) > 3 and np.ptp(points, axis=0).min() > 0:
        points = points[ConvexHull(points).vertices]
    centre = points.mean(axis=0)
    for step in range(1, 2000):
        # Badoiu and Clarkson 2003: converges like 1/step.
        centre += (points[np.argmax(((points - centre) ** 2).sum(axis=1))] - centre) / (step + 1)
    return centre, float(np.sqrt(((points - centre) ** 2).sum(axis=1).max()))
