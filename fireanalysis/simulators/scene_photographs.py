"""Crops of the photographs that come inside the installed packages scikit-image and scikit-learn."""

from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

PHOTOGRAPHS = {
    "study": ("brick", "chelsea", "china", "coffee", "grass", "motorcycle_left"),
    "outside": ("camera", "coins", "flower", "gravel", "rocket"),
}
"""Photographs of each pool. The packages' other pictures are left out: cells, skies, drawings, a
portrait, a clock that moves; and motorcycle_right shows what motorcycle_left does."""

_LEARN = ("china", "flower")


def crop(name: str, *, seed: int, pixels: int) -> NDArray[np.uint8]:
    """Cut a random square out of a photograph, mirrored half of the time."""
    picture = _photograph(name)
    rng = np.random.default_rng([seed, 3])
    height, width = picture.shape[:2]
    side = int(min(height, width) * rng.uniform(0.6, 1.0))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    part = picture[top : top + side, left : left + side]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    how = cv2.INTER_AREA if side > pixels else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (pixels, pixels), interpolation=how), np.uint8)


@lru_cache(maxsize=16)
def _photograph(name: str) -> NDArray[np.uint8]:
    folder = files("sklearn.datasets") / "images" if name in _LEARN else files("skimage") / "data"
    (path,) = (part for part in (folder / f"{name}.png", folder / f"{name}.jpg") if part.is_file())
    coded = np.frombuffer(path.read_bytes(), np.uint8)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.uint8)
