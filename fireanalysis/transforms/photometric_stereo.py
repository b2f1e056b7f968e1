"""Photometric stereo: pictures under many lights, normals from them, and heights integrated from those."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dctn, idctn
from scipy.ndimage import label, mean
from scipy.sparse.linalg import LinearOperator, cg

from fireanalysis.errors import DataError

from .arrays import as_heights, measured_points, positive, whole

SHADOW = 0.02  # brightness, as a share of the albedo's, below which a light is taken not to reach a point


class Reconstruction(NamedTuple):
    """Heights recovered by photometric stereo, and how far they are from the true ones."""

    heights_um: NDArray[np.float32]
    rms_error_um: float  # root mean square of the difference, its mean over each island taken away
    relative_error: float  # the same as a share of the true heights' standard deviation
    levelled_error_um: float  # what is left of it without its best-fitting quadratic: the drift taken away
    shadowed: float  # share of (point, light) pairs that lie in shadow


def ring_lights(
    count: int = 16, *, elevation_deg: float = 45.0, start_deg: float = 0.0
) -> NDArray[np.float64]:
    """Place lights evenly on a ring: unit vectors (count, 3) as x right, y down, z up.

    The first stands at `start_deg` from the right, turning downwards. The paper names 16 lights, not where they
    stand; the elevation is assumed.
    """
    azimuth = np.radians(start_deg) + 2 * np.pi * np.arange(count) / count
    tilt = np.radians(elevation_deg)
    flat = np.cos(tilt)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.full(count, np.sin(tilt))], axis=1)


def render_lights(
    heights_um: ArrayLike,
    *,
    pixel_size_um: float,
    lights: NDArray[np.float64] | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Render a matt surface under each light.

    Parameters
    ----------
    heights_um : float (rows, columns)
        Micrometres, NaN missing.
    pixel_size_um : float
    lights : float (lights, 3), optional
        Unit vectors; by default `ring_lights`.
    noise : float
        Standard deviation of the camera's noise, as a share of full brightness.
    seed : int
        Of the noise.

    Returns
    -------
    float32 (lights, rows, columns)
        Lambertian brightness, 0 where a point faces away from the light (its own shadow; shadows that a point
        throws on others, gloss and interreflection are left out). NaN where the slope is not known.

    Raises
    ------
    DataError
        If nothing is measured.
    """
    heights = as_heights(heights_um, where="render_lights")
    measured_points(heights, where="render_lights")
    pixel = positive(pixel_size_um, name="pixel_size_um", where="render_lights")
    if min(heights.shape) < 2:
        raise DataError(
            f"a map of {heights.shape} has no slope", where="render_lights", do="pass at least 2 × 2 points"
        )
    noise = positive(noise, name="noise", where="render_lights", included=True)
    q, p = (_slope(heights.astype(np.float64), axis) / pixel for axis in (0, 1))
    normals = np.stack([-p, -q, np.ones_like(p)]) / np.sqrt(p**2 + q**2 + 1)
    images = np.tensordot(ring_lights() if lights is None else lights, normals, axes=1)
    if noise:
        images = images + np.random.default_rng(seed).normal(0, noise, images.shape)
    return np.maximum(images, 0).astype(np.float32)


def _slope(heights: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Average the steps to both neighbours; where one is missing, as at the edge, take the other alone."""
    steps = np.moveaxis(np.diff(heights, axis=axis, prepend=np.nan, append=np.nan), axis, 0)
    before, after = steps[:-1], steps[1:]
    both = np.where(np.isnan(before), after, np.where(np.isnan(after), before, (before + after) / 2))
    return np.moveaxis(both, 0, axis)


def photometric_normals(images: NDArray, *, lights: NDArray[np.float64] | None = None) -> NDArray[np.float32]:
    """Recover unit normals from pictures under known lights: least squares over those that reach a point.

    Parameters
    ----------
    images : float (lights, rows, columns)
        Linear brightness; a point at or below 2 % of its brightest picture counts as shadowed there.
    lights : float (lights, 3), optional
        Unit vectors; by default `ring_lights`.

    Returns
    -------
    float32 (3, rows, columns)
        x right, y down, z up; NaN where fewer than three lights reach the point or the picture is NaN.

    Raises
    ------
    DataError
        If there are not as many lights as images, or fewer than three.

    Notes
    -----
    Source: Woodham 1980 (doi:10.1117/12.7972479).
    """
    images = np.asarray(images, dtype=np.float32)
    lights = ring_lights(len(images)) if lights is None else np.asarray(lights, dtype=np.float64)
    if images.ndim != 3 or lights.shape != (len(images), 3) or len(lights) < 3:
        raise DataError(
            f"images of shape {images.shape} and lights of shape {lights.shape} do not go together",
            where="photometric_normals",
            do="pass (lights, rows, columns) and (lights, 3), at least three lights",
        )
    flat = images.reshape(len(images), -1)
    lit = flat > SHADOW * flat.max(axis=0)
    scaled = np.linalg.pinv(lights) @ flat
    partly = np.flatnonzero(~lit.all(axis=0) & (lit.sum(axis=0) >= 3))
    weights = lit[:, partly].astype(np.float64)
    squares = np.einsum("lp,li,lj->pij", weights, lights, lights)
    # Three lights in a row leave a point's normal open: a ridge far below the lights' size keeps it solvable.
    sides = np.einsum("lp,li->pi", weights * flat[:, partly], lights)[..., None]
    scaled[:, partly] = np.linalg.solve(squares + 1e-9 * np.eye(3), sides)[..., 0].T
    scaled[:, lit.sum(axis=0) < 3] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        normals = scaled / np.linalg.norm(scaled, axis=0)
    return normals.reshape(3, *images.shape[1:]).astype(np.float32)


def integrate_normals(normals: NDArray, *, pixel_size_um: float) -> NDArray[np.float32]:
    """Integrate normals to heights: the surface whose slopes fit them best in the least-squares sense.

    Parameters
    ----------
    normals : float (3, rows, columns)
        Unit normals, x right, y down, z up; NaN where unknown.
    pixel_size_um : float

    Returns
    -------
    float32 (rows, columns)
        Micrometres; NaN where the normal is. Each connected island of known points has mean zero: slopes do
        not say how high islands lie above each other.

    Raises
    ------
    DataError
        If the shape is another, or no normal is known.

    Notes
    -----
    Solves Poisson's equation with free ends by a cosine transform (Simchony, Chellappa & Shao 1990,
    doi:10.1109/34.55103, which adds the ends to Frankot & Chellappa 1988). Where normals are missing no slope
    is assumed; the transform then serves as the preconditioner of conjugate gradients.
    """
    normals = np.asarray(normals, dtype=np.float64)
    pixel = positive(pixel_size_um, name="pixel_size_um", where="integrate_normals")
    if normals.ndim != 3 or normals.shape[0] != 3 or not np.isfinite(normals).all(axis=0).any():
        raise DataError(
            f"normals of shape {normals.shape}, {np.isfinite(normals).mean():.0%} of them known",
            where="integrate_normals",
            do="pass (3, rows, columns) with some known normals",
        )
    known = np.isfinite(normals).all(axis=0) & (normals[2] > 1e-3)
    safe = np.where(known, normals, np.array([0.0, 0.0, 1.0])[:, None, None])
    p, q = -safe[0] / safe[2] * pixel, -safe[1] / safe[2] * pixel
    # Steps from point to point, known where both ends are.
    along, down = known[:, 1:] & known[:, :-1], known[1:] & known[:-1]
    right = -_divergence(
        np.where(along, (p[:, 1:] + p[:, :-1]) / 2, 0), np.where(down, (q[1:] + q[:-1]) / 2, 0)
    )
    heights = _inverse_laplacian(right)
    if not known.all():

        def laplacian(z: NDArray) -> NDArray:
            z = z.reshape(right.shape)
            return -_divergence(np.diff(z, axis=1) * along, np.diff(z, axis=0) * down).ravel()

        size = (right.size, right.size)
        operator = LinearOperator(size, matvec=laplacian, dtype=np.float64)
        start = LinearOperator(
            size, matvec=lambda r: _inverse_laplacian(r.reshape(right.shape)).ravel(), dtype=np.float64
        )
        solved, _ = cg(operator, right.ravel(), x0=heights.ravel(), M=start, rtol=1e-6, maxiter=300)
        heights = np.where(known, solved.reshape(right.shape), np.nan)
    return _aligned(heights, np.zeros_like(heights))


def _aligned(heights: NDArray, target: NDArray) -> NDArray[np.float32]:
    """Shift each connected island of known heights to the target's mean over it."""
    islands, count = label(np.isfinite(heights))
    shift = mean(np.nan_to_num(target - heights), islands, np.arange(1, count + 1))
    return (heights + np.append(0.0, shift)[islands]).astype(np.float32)


def _divergence(x_steps: NDArray, y_steps: NDArray) -> NDArray[np.float64]:
    """Sum what flows out of each point; nothing flows over the edge."""
    out = np.zeros((x_steps.shape[0], y_steps.shape[1]))
    out[:, :-1] += x_steps
    out[:, 1:] -= x_steps
    out[:-1] += y_steps
    out[1:] -= y_steps
    return out


def _inverse_laplacian(right: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = (2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in right.shape)
    eigenvalues = rows[:, None] + columns[None, :]
    eigenvalues[0, 0] = 1.0  # the mean height is free
    spectrum = dctn(right, norm="ortho") / eigenvalues
    spectrum[0, 0] = 0.0
    return idctn(spectrum, norm="ortho")


def photometric_stereo(
    heights_um: ArrayLike, *, pixel_size_um: float, lights: int = 16, noise: float = 0.005, seed: int = 0
) -> Reconstruction:
    """Send heights through photometric stereo: lights, pictures, normals, heights; report the error.

    Parameters
    ----------
    heights_um : float (rows, columns)
        True heights, micrometres, NaN missing.
    pixel_size_um : float
    lights : int
        On a ring, 3 to 1000; the paper uses 16.
    noise : float
        Standard deviation of the camera's noise as a share of full brightness (assumed).
    seed : int

    Returns
    -------
    Reconstruction

    Raises
    ------
    DataError
        If nothing is measured.
    ParameterError
        If `lights` or `noise` is out of range, or the pixel size not above 0.
    """
    from .surface import level

    true = as_heights(heights_um, where="photometric_stereo")
    ring = ring_lights(whole(lights, name="lights", where="photometric_stereo", least=3, most=1000))
    images = render_lights(true, pixel_size_um=pixel_size_um, lights=ring, noise=noise, seed=seed)
    shadowed = float(np.mean(images[np.isfinite(images)] <= SHADOW))
    normals = photometric_normals(images, lights=ring)
    found = integrate_normals(normals, pixel_size_um=pixel_size_um)
    found = _aligned(found, true)
    wrong = found - true
    rms = float(np.sqrt(np.nanmean(wrong**2)))
    spread = float(np.nanstd(true[np.isfinite(wrong)]))
    levelled = float(np.sqrt(np.nanmean(level(wrong, order=2) ** 2)))
    return Reconstruction(found, rms, rms / max(spread, 1e-12), levelled, shadowed)
