"""Make a picture worse on purpose, as a camera in a bad place would: too little light, blur, noise, coding, weather."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Level:
    """What amounts of a damage mean: `low` just above amount 0, `high` at 1, straight between."""

    low: float
    high: float
    unit: str
    meaning: str

    def at(self, amount: float) -> float:
        """Give the level of an amount from 0 to 1 in the damage's unit."""
        return self.low + amount * (self.high - self.low)


LEVELS = {
    "light": Level(
        0, 8, "stops", "less light, the first four of them made up by the camera's gain, noise and all"
    ),
    "blur": Level(
        0, 12, "1/256 of the longer side", "diameter of the disc that a point out of focus becomes"
    ),
    "motion": Level(0, 24, "1/256 of the longer side", "length of the line that a moved point becomes"),
    "noise": Level(
        0, 60, "grey levels of 255", "standard deviation of normal noise, half of it shared by the colours"
    ),
    "jpeg": Level(95, 2, "quality of 100", "coded as JPEG with 4:2:0 colour and decoded again"),
    "rain": Level(0, 12, "% of the picture", "hidden by streaks, and as much by mist over all"),
    "fog": Level(
        0, 0.1, "1/m", "extinction over 5 m (bottom of the picture) to 50 m (top): 0.1 is 39 m of visibility"
    ),
    "snow": Level(0, 12, "% of the picture", "hidden by flakes, and as much by mist over all"),
    "resolution": Level(1, 8, "times fewer pixels a side", "shrunk by areas and enlarged again"),
}
"""Damages with their levels; amount 0 changes nothing, whatever `low`. Ranges are assumed: from unseen to useless."""

_WEATHER = ("rain", "fog", "snow")
_FULL_WELL, _READ_NOISE, _GAIN_STOPS = 4000.0, 4.0, 4.0  # electrons of a small sensor's pixel; assumed
_MIST = np.array([205, 210, 215], np.float32)


def damage_picture(image: Picture, *, kind: str, amount: float, seed: int = 0) -> Picture:
    """Damage a picture in one of the ways that footage of a fixed camera suffers.

    Parameters
    ----------
    image : uint8 (h, w, 3)
        RGB.
    kind : str
        One of `LEVELS`, or "weather": rain, fog or snow, as the seed falls.
    amount : float
        From 0 (unchanged) to 1; `LEVELS[kind].at(amount)` is the level in the damage's unit.
    seed : int
        Same seed, same damage. Noise, direction of motion, streaks and flakes depend on it.

    Returns
    -------
    uint8 (h, w, 3)
        A new array. Nothing moves (motion spreads to both sides): a mask made before still fits.

    Raises
    ------
    DataError
        The picture is not uint8 (h, w, 3).
    ParameterError
        The kind is unknown or the amount not within 0 to 1.

    Source
    ------
    The study names light, image quality and angle as untested (Limitations); kinds and levels are chosen here. Fog is
    Koschmieder's law with 2 % contrast at the visibility; low light is shot and read noise of a sensor.

    Examples
    --------
    >>> grey = np.full((32, 32, 3), 128, np.uint8)
    >>> int(damage_picture(grey, kind="light", amount=0.75).mean())  # six stops less, four made up
    66
    """
    where = "damage_picture"
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise DataError(
            f"the picture is {found}; uint8 (h, w, 3) fits", where=where, do="pass RGB in 0 to 255"
        )
    if kind not in (*LEVELS, "weather"):
        known = ", ".join((*LEVELS, "weather"))
        raise ParameterError(f"kind is {kind!r}; allowed are {known}", where=where, do="pass one of them")
    if not 0 <= amount <= 1:
        what = f"amount is {amount!r}; allowed is 0 to 1"
        raise ParameterError(what, where=where, do="pass a share of the damage's range, see LEVELS")
    if amount == 0 or image.size == 0:
        return image.copy()
    rng = np.random.default_rng([seed, *kind.encode()])
    if kind == "weather":
        kind = _WEATHER[rng.integers(len(_WEATHER))]
    return _KINDS[kind](image, LEVELS[kind].at(amount), rng)


def _in_low_light(image: Picture, stops: float, rng: np.random.Generator) -> Picture:
    electrons = (image.astype(np.float32) / 255) ** 2.2 * (_FULL_WELL * 2.0**-stops)
    noise = rng.standard_normal(image.shape, np.float32)
    electrons += noise * np.sqrt(electrons + _READ_NOISE**2)
    gain = 2.0 ** min(stops, _GAIN_STOPS)
    return _clipped(255 * np.maximum(electrons * (gain / _FULL_WELL), 0) ** (1 / 2.2))


def _defocused(image: Picture, diameter: float, rng: np.random.Generator) -> Picture:
    return _filtered(image, _disc(_pixels(image, diameter)))


def _moved(image: Picture, length: float, rng: np.random.Generator) -> Picture:
    return _filtered(image, _line(_pixels(image, length), rng.uniform(0, 180)))


def _with_noise(image: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    # Equal variances of what the colours share and what they do not.
    noise = rng.standard_normal(image.shape, np.float32) + rng.standard_normal(
        (*image.shape[:2], 1), np.float32
    )
    return _clipped(image + noise * np.float32(sigma / 2**0.5))


def _coded(image: Picture, quality: float, rng: np.random.Generator) -> Picture:
    settings = [cv2.IMWRITE_JPEG_QUALITY, round(quality)]
    _, coded = cv2.imencode(".jpg", image[..., ::-1], settings)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.uint8)


def _shrunk(image: Picture, factor: float, rng: np.random.Generator) -> Picture:
    height, width = image.shape[:2]
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _in_fog(image: Picture, extinction: float, rng: np.random.Generator) -> Picture:
    # As a camera that looks down sees a floor: rows are about inverse distances.
    distance_m = 1 / np.linspace(1 / 50, 1 / 5, image.shape[0], dtype=np.float32)
    seen = np.exp(-extinction * distance_m)[:, None, None]
    return _clipped(image * seen + _MIST * (1 - seen))


def _in_rain(image: Picture, percent: float, rng: np.random.Generator) -> Picture:
    streak = _line(_pixels(image, rng.uniform(10, 24)), 90 + rng.uniform(-20, 20))
    return _strewn(image, percent, [streak / streak.max()] * 4, rng)


def _in_snow(image: Picture, percent: float, rng: np.random.Generator) -> Picture:
    flakes = [_disc(_pixels(image, diameter)) for diameter in rng.uniform(1.5, 5, 4)]
    return _strewn(image, percent, [flake / flake.max() for flake in flakes], rng)


_KINDS: dict[str, Callable[[Picture, float, np.random.Generator], Picture]] = {
    "light": _in_low_light,
    "blur": _defocused,
    "motion": _moved,
    "noise": _with_noise,
    "jpeg": _coded,
    "rain": _in_rain,
    "fog": _in_fog,
    "snow": _in_snow,
    "resolution": _shrunk,
}


def _strewn(
    image: Picture, percent: float, marks: list[NDArray[np.float32]], rng: np.random.Generator
) -> Picture:
    """Lay marks of several strengths at random places over a picture, then mist, each hiding `percent` of it."""
    hidden = np.zeros(image.shape[:2], np.float32)
    for mark, strength in zip(marks, (0.4, 0.5, 0.6, 0.7), strict=True):
        chance = percent / 100 / len(marks) / float(strength * mark.sum())
        places = (rng.random(image.shape[:2], np.float32) < chance).astype(np.float32)
        laid = cv2.filter2D(places, -1, np.float32(strength) * mark, borderType=cv2.BORDER_CONSTANT)
        np.maximum(hidden, np.minimum(laid, 1), out=hidden)
    seen = (1 - hidden) * np.float32(1 - percent / 100)
    return _clipped(image * seen[..., None] + _MIST * (1 - seen)[..., None])


def _filtered(image: Picture, kernel: NDArray[np.float32]) -> Picture:
    return np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT), np.uint8)


def _pixels(image: Picture, units: float) -> float:
    return units * max(image.shape[:2]) / 256


def _disc(diameter: float) -> NDArray[np.float32]:
    """Kernel of a disc with soft edge: every pixel by the share it covers, about."""
    half = int(np.ceil(diameter / 2))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(diameter / 2 + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return kernel / kernel.sum()


def _line(length: float, angle_deg: float) -> NDArray[np.float32]:
    """Kernel of a line one pixel wide, with its middle in the kernel's."""
    half = int(np.ceil(length / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    steps = np.linspace(-length / 2, length / 2, 4 * half + 1)
    angle = np.radians(angle_deg)
    x, y = half + steps * np.cos(angle), half - steps * np.sin(angle)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for down, over in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = np.abs(1 - down - (y - top)) * np.abs(1 - over - (x - left))
        inside = weight > 0
        np.add.at(kernel, (top[inside] + down, left[inside] + over), weight[inside])
    return kernel / kernel.sum()


def _clipped(values: NDArray) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
