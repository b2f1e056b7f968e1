"""Photometric stereo: pictures under many lights, normals from them, and heights integrated from those."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dctn, idctn
from scipy.ndimage import label, mean
from scipy.sparse.linalg import LinearOperator, cg

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_array, as_heights, measured_points, positive, whole

SHADOW = 0.02  # brightness, as a share of the albedo's, below which a light is taken not to reach a point
STEEPEST = 0.05  # normals that point up less than this, steeper than 87°, give no usable slope


class Reconstruction(NamedTuple):
    """Heights recovered by photometric stereo, and how far they are from the true ones."""

    heights_um: NDArray[np.float32]
    rms_error_um: float  # root mean square of the difference, its mean over each island taken away
    relative_error: float  # the same as a share of the true heights' standard deviation
    levelled_error_um: float  # what is left of it without its best-fitting quadratic: the drift taken away
    shadowed: float  # share of (point, light) pairs that lie in shadow
    lost: float  # share of the measured points without a recovered height


def ring_lights(
    count: int = 16, *, elevation_deg: float = 45.0, start_deg: float = 0.0
) -> NDArray[np.float64]:
    """Place lights evenly on a ring: unit vectors (count, 3) as x right, y down, z up.

    The first stands at `start_deg` from the right, turning downwards. The paper names 16 lights, not where they
    stand; the elevation is assumed.

    Raises
    ------
    ParameterError
        If `count` is no whole number from 1, or the lights stand not above 0 and below 90 degrees.
    """
    count = whole(count, name="count", where="ring_lights", least=1, most=1000)
    if not 0 < positive(elevation_deg, name="elevation_deg", where="ring_lights") < 90:
        raise ParameterError(
            f"elevation_deg is {elevation_deg!r}; it must be below 90", where="ring_lights", do="pass 45.0"
        )
    azimuth = np.radians(start_deg) + 2 * np.pi * np.arange(count) / count
    tilt = np.radians(elevation_deg)
    flat = np.cos(tilt)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.full(count, np.sin(tilt))], axis=1)


def render_lights(
    heights_um: ArrayLike,
    *,
    pixel_size_um: float,
    lights: ArrayLike | None = None,
    albedo: ArrayLike = 1.0,
    ambient: float = 0.0,
    cast_shadows: bool = False,
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
        Directions to them, x right, y down, z up; by default `ring_lights`.
    albedo : float or (rows, columns)
        Share of the light that the surface sends back, at least 0.
    ambient : float
        Light from all sides, as a share of full brightness; `photometric_normals` knows nothing of it.
    cast_shadows : bool
        Also leave dark what something else hides from a light; missing points hide nothing.
    noise : float
        Standard deviation of the camera's noise, as a share of full brightness.
    seed : int
        Of the noise.

    Returns
    -------
    float32 (lights, rows, columns)
        Lambertian brightness, 0 where a point faces away from the light (its own shadow; gloss and light that
        the surface throws on itself are left out). NaN where the slope is not known.

    Raises
    ------
    DataError
        If nothing is measured.
    ParameterError
        If a number is out of range, or a light is no direction from above.
    """
    heights = as_heights(heights_um, where="render_lights")
    measured_points(heights, where="render_lights")
    pixel = positive(pixel_size_um, name="pixel_size_um", where="render_lights")
    if min(heights.shape) < 2:
        raise DataError(
            f"a map of {heights.shape} has no slope", where="render_lights", do="pass at least 2 × 2 points"
        )
    towards = _as_lights(lights, where="render_lights")
    noise = positive(noise, name="noise", where="render_lights", included=True)
    ambient = positive(ambient, name="ambient", where="render_lights", included=True)
    white = np.asarray(albedo)
    if white.dtype.kind not in "fiu" or white.shape not in ((), heights.shape) or not (white >= 0).all():
        raise ParameterError(
            f"albedo is {white.dtype} of shape {white.shape}; one number or one a point, at least 0, fits",
            where="render_lights",
            do="pass albedo=1.0 for an evenly white surface",
        )
    q, p = (_slope(heights.astype(np.float64), axis) / pixel for axis in (0, 1))
    normals = np.stack([-p, -q, np.ones_like(p)]) / np.sqrt(p**2 + q**2 + 1)
    images = np.maximum(np.tensordot(towards, normals, axes=1), 0)
    if cast_shadows:
        for image, light in zip(images, towards, strict=True):
            image[_hidden(heights, light, pixel) & (image > 0)] = 0
    images = white * images + ambient
    if noise:
        images = images + np.random.default_rng(seed).normal(0, noise, images.shape)
    return np.maximum(images, 0).astype(np.float32)


def _as_lights(lights: ArrayLike | None, *, where: str) -> NDArray[np.float64]:
    """Give unit vectors towards lights, all from above."""
    vectors = ring_lights() if lights is None else as_array(lights, where=where)
    shaped = vectors.ndim == 2 and vectors.shape[1:] == (3,) and len(vectors) > 0
    if (
        not shaped
        or vectors.dtype.kind not in "fiu"
        or not (np.isfinite(vectors).all() and vectors[:, 2].min() > 0)
    ):
        raise ParameterError(
            f"lights are {vectors.dtype} of shape {vectors.shape}; directions (lights, 3) with z above 0 are needed",
            where=where,
            do="pass ring_lights()",
        )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float64)


def _hidden(heights: NDArray, light: NDArray[np.float64], pixel_um: float) -> NDArray[np.bool_]:
    """Walk from all points towards a light, a pixel at a time, and see where the surface rises above the ray."""
    flat = float(np.hypot(light[0], light[1]))
    low = float(np.nanmin(heights))
    # Taken from the lowest point: OpenCV's float32 then holds the small differences that decide.
    ground = np.where(np.isnan(heights), 0, heights - low).astype(np.float32)
    hidden = np.zeros(heights.shape, bool)
    rise = light[2] / max(flat, 1e-9) * pixel_um
    for step in range(1, min(int(ground.max() / rise), int(np.hypot(*heights.shape))) + 1):
        shift = np.array([[1, 0, step * light[0] / flat], [0, 1, step * light[1] / flat]])
        ahead = cv2.warpAffine(
            ground, shift, ground.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        hidden |= ahead > ground + step * rise
    return hidden


def _slope(heights: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Average the steps to both neighbours; where one is missing, as at the edge, take the other alone."""
    steps = np.moveaxis(np.diff(heights, axis=axis, prepend=np.nan, append=np.nan), axis, 0)
    before, after = steps[:-1], steps[1:]
    both = np.where(np.isnan(before), after, np.where(np.isnan(after), before, (before + after) / 2))
    return np.moveaxis(both, 0, axis)


def photometric_normals(
    images: ArrayLike, *, lights: ArrayLike | None = None, saturated: float | None = None
) -> NDArray[np.float32]:
    """Recover unit normals from pictures under known lights: least squares over those that reach a point.

    Parameters
    ----------
    images : float (lights, rows, columns)
        Linear brightness; a point at or below 2 % of its brightest picture counts as shadowed there.
    lights : float (lights, 3), optional
        Directions to them; by default `ring_lights`.
    saturated : float, optional
        A point this bright or brighter says nothing about its light either.

    Returns
    -------
    float32 (3, rows, columns)
        x right, y down, z up; NaN where fewer than three independent lights are left or the picture is NaN.

    Raises
    ------
    DataError
        If the images are no real numbers, or there are not as many lights as images, or fewer than three.
    ParameterError
        If a light is no direction from above.

    Notes
    -----
    Source: Woodham 1980 (doi:10.1117/12.7972479).
    """
    images = as_array(images, where="photometric_normals")
    real = images.ndim == 3 and images.size > 0 and images.dtype.kind in "fiu"
    lights = ring_lights(len(images)) if lights is None and real else lights
    towards = _as_lights(lights, where="photometric_normals")
    if not real or len(towards) != len(images) or len(towards) < 3:
        raise DataError(
            f"{images.dtype} images of shape {images.shape} and lights of shape {towards.shape} do not go together",
            where="photometric_normals",
            do="pass (lights, rows, columns) and (lights, 3), at least three lights",
        )
    flat = images.astype(np.float32, copy=False).reshape(len(images), -1)
    lit = flat > SHADOW * flat.max(axis=0)
    if saturated is not None:
        lit &= flat < positive(saturated, name="saturated", where="photometric_normals")
    scaled = np.linalg.pinv(towards) @ flat
    partly = np.flatnonzero(~lit.all(axis=0))
    weights = lit[:, partly].astype(np.float64)
    squares = np.einsum("lp,li,lj->pij", weights, towards, towards)
    sides = np.einsum("lp,li->pi", weights * np.nan_to_num(flat[:, partly]), towards)[..., None]
    solvable = np.linalg.det(squares) > 1e-9  # lights in one plane leave the normal open
    scaled[:, partly] = np.nan
    scaled[:, partly[solvable]] = np.linalg.solve(squares[solvable], sides[solvable])[..., 0].T
    if np.linalg.matrix_rank(towards) < 3:
        scaled[:] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        normals = scaled / np.linalg.norm(scaled, axis=0)
    return normals.reshape(3, *images.shape[1:]).astype(np.float32)


def integrate_normals(normals: ArrayLike, *, pixel_size_um: float) -> NDArray[np.float32]:
    """Integrate normals to heights: the surface whose slopes fit them best in the least-squares sense.

    Parameters
    ----------
    normals : float (3, rows, columns)
        Normals, x right, y down, z up; NaN where unknown.
    pixel_size_um : float

    Returns
    -------
    float32 (rows, columns)
        Micrometres; NaN where the normal is unknown or the slope above 87°. Each connected island of known
        points has mean zero: slopes do not say how high islands lie above each other.

    Raises
    ------
    DataError
        If the shape is another, or no normal is known and less steep than 87°.

    Notes
    -----
    Solves Poisson's equation with free ends by a cosine transform (Simchony, Chellappa & Shao 1990,
    doi:10.1109/34.55103, which adds the ends to Frankot & Chellappa 1988). Where normals are missing no slope
    is assumed; the transform then serves as the preconditioner of conjugate gradients. A wave of w points'
    length comes back weaker by the share sin²(π / w), as central differences and their mean make it.
    """
    vectors = as_array(normals, where="integrate_normals")
    pixel = positive(pixel_size_um, name="pixel_size_um", where="integrate_normals")
    known = np.zeros(1, bool)
    if vectors.ndim == 3 and len(vectors) == 3 and vectors.dtype.kind in "fiu":
        normals = vectors.astype(np.float64)
        known = normals[2] > STEEPEST * np.sqrt((normals**2).sum(axis=0))
        known &= np.isfinite(normals).all(axis=0)
    if not known.any():
        raise DataError(
            f"{vectors.dtype} normals of shape {vectors.shape}, {known.mean():.0%} of them known",
            where="integrate_normals",
            do="pass (3, rows, columns) with some known normals that point up",
        )
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
    heights_um: ArrayLike,
    *,
    pixel_size_um: float,
    lights: int = 16,
    cast_shadows: bool = False,
    noise: float = 0.005,
    seed: int = 0,
) -> Reconstruction:
    """Send heights through photometric stereo: lights, pictures, normals, heights; report the error.

    Parameters
    ----------
    heights_um : float (rows, columns)
        True heights, micrometres, NaN missing.
    pixel_size_um : float
    lights : int
        On a ring, 3 to 1000; the paper uses 16.
    cast_shadows : bool
        As for `render_lights`.
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
    images = render_lights(
        true, pixel_size_um=pixel_size_um, lights=ring, cast_shadows=cast_shadows, noise=noise, seed=seed
    )
    shadowed = float(np.mean(images[np.isfinite(images)] <= SHADOW))
    normals = photometric_normals(images, lights=ring)
    found = integrate_normals(normals, pixel_size_um=pixel_size_um)
    found = _aligned(found, true)
    wrong = found - true
    rms = float(np.sqrt(np.nanmean(wrong**2)))
    spread = float(np.nanstd(true[np.isfinite(wrong)]))
    levelled = float(np.sqrt(np.nanmean(level(wrong, order=2) ** 2)))
    lost = 1 - float(np.isfinite(found).sum() / np.isfinite(true).sum())
    return Reconstruction(found, rms, rms / max(spread, 1e-12), levelled, shadowed, lost)
