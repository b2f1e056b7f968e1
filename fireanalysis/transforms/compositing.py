"""Paste a cut-out into a picture, plainly or blended; what was pasted is known to the pixel."""

from typing import Any, Literal, NamedTuple, get_args

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .arrays import as_array, positive

Blend = Literal["plain", "feathered", "poisson"]
BLENDS: tuple[Blend, ...] = get_args(Blend)
"""Ways to blend an edge, see `paste`."""

FEATHER_PX = 1.0  # standard deviation of a feathered edge, about a camera's blur
TOWARDS = 0.5  # how far matched light goes from the cut-out's own to that round it (assumed)
_ERODED_PX = 3  # cv2.seamlessClone leaves out so much of a mask's rim: a thin barrel would be lost
_MARGIN_PX = _ERODED_PX + 5
_BEYOND_PX = 16  # how far past the frame's edge light is blended

Floats = NDArray[Any]  # real numbers, 32 bits wherever there are many


class _Layer(NamedTuple):
    """A cut-out as it lies in a window of the frame."""

    colour: Floats  # (h, w, 3), 0 to 255, multiplied by alpha
    alpha: Floats  # (h, w, 1), 0 to 1
    firearm: Floats  # (h, w), 0 to 1
    top: int
    left: int


def paste(
    background: ArrayLike,
    cutout: ArrayLike,
    *,
    x: float,
    y: float,
    scale: float,
    angle_deg: float = 0.0,
    flip: bool = False,
    blend: Blend = "plain",
    match_light: bool = False,
    mask: ArrayLike | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Paste a cut-out into a picture, and say which pixels it covers.

    Parameters
    ----------
    background : uint8 (h, w, 3)
        RGB; stays as it is.
    cutout : uint8 (rows, columns, 4)
        RGBA, colours not multiplied by alpha.
    x, y : float
        Where the cut-out's centre comes to lie, as shares of the width and height; part of the cut-out, or all of
        it, may lie outside.
    scale : float
        Longer side of the cut-out (before it is turned) over the longer side of the picture.
    angle_deg : float
        Turn, counter-clockwise.
    flip : bool
        Left to right, before the turn.
    blend : {"plain", "feathered", "poisson"}
        - "plain": laid over by its alpha, as the study did;
        - "feathered": its edge is blurred by a Gaussian of one pixel;
        - "poisson": its gradients are kept and its light is fitted to the surroundings (Pérez et al. 2003): what is
          brighter or darker along its outline than on average shines through. A cut-out has no surroundings of its
          own; it is put on an even ground of the mean colour round its place, so that it keeps its contrast.
    match_light : bool
        Bring mean and spread of its luminance and colour half of the way to those of the picture round it
        (after Reinhard et al. 2001), before blending.
    mask : bool (rows, columns), optional
        Which part of the cut-out is the firearm, when a hand or a cloth is pasted with it.

    Returns
    -------
    image : uint8 (h, w, 3)
    mask : bool (h, w)
        Pixels that the firearm covers by half or more; the same for every blend.

    Raises
    ------
    DataError
        If a picture or mask has another type or shape, or the cut-out is transparent everywhere.
    ParameterError
        If a number is not finite, the scale not above 0, or the blend unknown.

    Source
    ------
    "Dataset": 41 firearms superimposed "in various orientations and positions"; how edges were treated is not said.
    Feathered and Poisson edges for training pictures: Dwibedi et al., "Cut, paste and learn" (2017).

    Examples
    --------
    >>> wall, black = np.full((8, 8, 3), 200, np.uint8), np.zeros((4, 4, 4), np.uint8)
    >>> black[..., 3] = 255
    >>> image, mask = paste(wall, black, x=0.5, y=0.5, scale=0.5)
    >>> int(mask.sum()), image[2:6, 4, 0].tolist(), image[:2, 4, 0].tolist()
    (16, [0, 0, 0, 0], [200, 200])
    """
    where = "paste"
    frame, piece, part = _checked(background, cutout, mask, where=where)
    if blend not in BLENDS:
        what = f"blend is {blend!r}; allowed are {', '.join(BLENDS)}"
        raise ParameterError(what, where=where, do="pass one of them")
    size = positive(scale, name="scale", where=where)
    x, y, angle = (
        positive(value, name=name, where=where, least=-np.inf)
        for name, value in (("x", x), ("y", y), ("angle_deg", angle_deg))
    )
    image, covered = frame.copy(), np.zeros(frame.shape[:2], bool)
    beyond = {"plain": 0, "feathered": _MARGIN_PX, "poisson": _BEYOND_PX}[blend]
    layer = _laid(frame.shape, piece, part, centre=(x, y), scale=size, angle=angle, flip=flip, beyond=beyond)
    if layer is None or not layer.alpha.any():
        return image, covered
    ground, seen, inside = _window(frame, layer)
    if match_light:
        layer = _lit(layer, ground)
    mixed = {"plain": _over, "feathered": _feathered, "poisson": _poisson}[blend](layer, ground)
    image[seen] = np.rint(mixed[inside]).clip(0, 255)
    covered[seen] = layer.firearm[inside] >= 0.5
    return image, covered


def _checked(
    background: ArrayLike, cutout: ArrayLike, mask: ArrayLike | None, *, where: str
) -> tuple[NDArray, NDArray, NDArray | None]:
    frame, piece = as_array(background, where=where), as_array(cutout, where=where)
    for name, array, channels in (("background", frame, 3), ("cutout", piece, 4)):
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != channels or not array.size:
            raise DataError(
                f"{name} is {array.dtype} of shape {array.shape}; uint8 of (rows, columns, {channels}) fits",
                where=where,
                do=f"pass {'RGB' if channels == 3 else 'RGBA'} of 8 bits, as read_picture gives it",
            )
    if not piece[..., 3].any():
        raise DataError("the cut-out is transparent everywhere", where=where, do="leave it out")
    if mask is None:
        return frame, piece, None
    part = as_array(mask, where=where)
    if part.dtype != bool or part.shape != piece.shape[:2]:
        what = f"mask is {part.dtype} of shape {part.shape}; bool of {piece.shape[:2]}, as the cut-out, fits"
        raise DataError(what, where=where, do="pass one bool for each pixel of the cut-out")
    return frame, piece, part


def _laid(
    shape: tuple[int, ...],
    piece: NDArray,
    part: NDArray | None,
    *,
    centre: tuple[float, float],
    scale: float,
    angle: float,
    flip: bool,
    beyond: int,
) -> _Layer | None:
    """Turn and shrink a cut-out into the smallest window that holds it; none if that is outside the frame."""
    factor = scale * max(shape[:2]) / max(piece.shape[:2])
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    # The centre of the upper left pixel is (0, 0).
    middle = np.array([centre[0] * shape[1], centre[1] * shape[0]]) - 0.5
    half = np.abs([[cos, sin], [sin, cos]]) @ piece.shape[1::-1] * factor / 2
    limits = np.array(shape[1::-1]) + beyond
    low = np.maximum(np.floor(middle - half) - _MARGIN_PX, -beyond)
    high = np.minimum(np.ceil(middle + half) + _MARGIN_PX + 1, limits)
    if np.any(high <= np.maximum(low, 0)) or np.any(low >= limits - beyond):
        return None
    left, top = low.astype(int)
    width, height = (int(v) for v in high - low)

    def moved(values: Floats) -> Floats:
        # Areas are averaged down to size first: bilinear interpolation alone would skip pixels.
        size = factor * np.array(piece.shape[1::-1])
        if factor < 1:
            small = np.maximum(np.rint(size), 1).astype(int)
            values = cv2.resize(values, small, interpolation=cv2.INTER_AREA) * float(
                np.minimum(size, 1).prod()
            )
            size = np.maximum(size, 1)  # what is thinner than a pixel is fainter instead
        small = np.array(values.shape[1::-1])
        stretch = size / small
        turn = np.array([[cos, sin], [-sin, cos]]) * stretch * ([-1, 1] if flip else [1, 1])
        shift = middle - low - turn @ ((small - 1) / 2)
        matrix = np.column_stack([turn, shift])
        return np.asarray(cv2.warpAffine(values, matrix, (width, height), flags=cv2.INTER_LINEAR))

    # Colours are interpolated multiplied by alpha: what lies behind a transparent pixel never shows.
    alpha = piece[..., 3:] * np.float32(1 / 255)
    placed = moved(np.concatenate([piece[..., :3] * alpha, alpha], axis=2))
    firearm = placed[..., 3] if part is None else moved(alpha[..., 0] * part)
    return _Layer(placed[..., :3], placed[..., 3:], firearm, int(top), int(left))


def _window(frame: NDArray, layer: _Layer) -> tuple[Floats, tuple[slice, slice], tuple[slice, slice]]:
    """Cut a layer's window out of the frame, continued beyond its edge; where it is seen, in frame and window."""
    span = [
        (start, start + size, limit)
        for start, size, limit in zip(
            (layer.top, layer.left), layer.firearm.shape, frame.shape[:2], strict=True
        )
    ]
    seen = tuple(slice(max(start, 0), min(stop, limit)) for start, stop, limit in span)
    inside = tuple(
        slice(part.start - start, part.stop - start) for part, (start, _, _) in zip(seen, span, strict=True)
    )
    ground = frame[seen].astype(np.float32)
    lacking = [(max(-start, 0), max(stop - limit, 0)) for start, stop, limit in span]
    if np.any(lacking):
        ground = np.pad(ground, [*lacking, (0, 0)], mode="edge")
    return ground, seen, inside  # type: ignore[return-value]


def _lit(layer: _Layer, ground: Floats) -> _Layer:
    """Match luminance and colour differences, mean and spread, to the picture round a cut-out."""
    weight, light = layer.alpha[..., 0], cv2.cvtColor(ground / 255, cv2.COLOR_RGB2YCrCb)
    own = cv2.cvtColor(layer.colour / np.maximum(layer.alpha, 1e-6) / 255, cv2.COLOR_RGB2YCrCb)
    round_it = 1 - weight if (weight < 1).any() else np.ones_like(weight)
    (mean, spread), (target, target_spread) = (
        _moments(values, weights) for values, weights in ((own, weight), (light, round_it))
    )
    ratio = np.clip(target_spread / np.maximum(spread, 1e-3), 0.5, 2)
    wanted = mean + TOWARDS * (target - mean) + (1 + TOWARDS * (ratio - 1)) * (own - mean)
    colour = cv2.cvtColor(wanted.astype(np.float32), cv2.COLOR_YCrCb2RGB).clip(0, 1) * 255
    return layer._replace(colour=colour * layer.alpha)


def _moments(values: Floats, weights: Floats) -> tuple[NDArray, NDArray]:
    """Give mean and standard deviation of each channel, weighted."""
    weights = weights[..., None] / weights.sum()
    mean = (weights * values).sum((0, 1))
    return mean, np.sqrt((weights * np.square(values - mean)).sum((0, 1)))


def _over(layer: _Layer, ground: Floats) -> Floats:
    return layer.colour + (1 - layer.alpha) * ground


def _feathered(layer: _Layer, ground: Floats) -> Floats:
    alpha = cv2.GaussianBlur(layer.alpha, (0, 0), FEATHER_PX)[..., None]
    # Beyond the old edge the colours next to it go on.
    further = cv2.GaussianBlur(layer.colour, (0, 0), FEATHER_PX) / np.maximum(alpha, 1e-6)
    return alpha * _over(layer, further) + (1 - alpha) * ground


def _poisson(layer: _Layer, ground: Floats) -> Floats:
    touched = layer.alpha[..., 0] > 0
    wide = np.ones(2 * [2 * _ERODED_PX + 3], np.uint8)
    region = cv2.dilate(touched.astype(np.uint8), wide)
    region[[0, -1]] = region[:, [0, -1]] = 0  # what lies on the window's rim is given
    if not region.any():
        return ground
    round_it = (region == 1) & ~touched if ((region == 1) & ~touched).any() else ~touched
    even = ground[round_it].mean(0) if round_it.any() else ground.mean((0, 1))
    source = np.rint(_over(layer, even)).clip(0, 255).astype(np.uint8)
    # A cut-out that leaves the frame meets the window's rim, and is itself what is given there.
    rim = np.ones(region.shape, bool)
    rim[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX] = False
    given = np.where(rim[..., None], _over(layer, ground), ground)
    left, top, width, height = cv2.boundingRect(region)
    # The centre that is asked for is that of the region's bounding box: so the source stays where it is.
    centre = (left + width // 2, top + height // 2)
    solved = cv2.seamlessClone(
        source, np.rint(given).astype(np.uint8), 255 * region, centre, cv2.NORMAL_CLONE
    )
    return np.where(touched[..., None], solved, ground)
