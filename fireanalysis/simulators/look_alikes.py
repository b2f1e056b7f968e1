"""Things that a firearm is mistaken for, or that lie and hang about where one is looked for: RGBA pictures."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import ParameterError

from .scene_textures import colour, wood_colour

Points = NDArray[np.float64]
Draw = np.random.Generator


class _Part(NamedTuple):
    outline: Points  # (n, 2), millimetres, x right and y down
    colour: NDArray[np.float32]  # 0 to 1
    gloss: float  # strength of the highlight
    round: float  # millimetres over which an edge curves


def _rectangle(x: float, y: float, wide: float, high: float, *, corner: float = 0.0) -> Points:
    corner = min(corner, wide / 2, high / 2)
    if corner <= 0:
        return np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]])
    angle = np.radians(np.arange(0, 91, 15))
    arc = corner * np.column_stack([np.cos(angle), np.sin(angle)])
    middles = [
        (wide - corner, high - corner),
        (corner, high - corner),
        (corner, corner),
        (wide - corner, corner),
    ]
    turns = [np.array([[1, 0], [0, 1]]), np.array([[0, 1], [-1, 0]]), -np.eye(2), np.array([[0, -1], [1, 0]])]
    quarters = [arc @ turn + middle for turn, middle in zip(turns, middles, strict=True)]
    return np.add(np.concatenate(quarters), [x, y])


def _slanted(top: tuple[float, float, float], bottom: tuple[float, float, float]) -> Points:
    """Four corners from (left, right, y) above and below."""
    return np.array([[top[0], top[2]], [top[1], top[2]], [bottom[1], bottom[2]], [bottom[0], bottom[2]]])


def _circle(x: float, y: float, radius: float) -> Points:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


def _stroke(points: ArrayLike, width: float) -> Points:
    """Outline of a line of even width."""
    way = np.asarray(points, float)
    along = np.gradient(way, axis=0)
    side = width / 2 * along[:, ::-1] * [-1, 1] / np.linalg.norm(along, axis=1, keepdims=True)
    return np.concatenate([way + side, (way - side)[::-1]])


_DARK = np.array([0.12, 0.12, 0.13], np.float32)


def _metal(rng: Draw) -> NDArray[np.float32]:
    return colour(rng, hue=(0.5, 0.65), saturation=(0, 0.1), value=(0.4, 0.8))


def _paint(rng: Draw) -> NDArray[np.float32]:
    return colour(rng, saturation=(0.0, 0.95), value=(0.1, 0.95))


def _phone(rng: Draw) -> list[_Part]:
    wide, high = rng.uniform(65, 78), rng.uniform(130, 165)
    screen = _paint(rng) if rng.random() < 0.5 else _DARK * 0.6
    case = _paint(rng) if rng.random() < 0.4 else _DARK
    return [
        _Part(_rectangle(0, 0, wide, high, corner=9), case, 0.3, 3),
        _Part(_rectangle(4, 8, wide - 8, high - 16, corner=4), screen, 0.5, 0.5),
    ]


def _drill(rng: Draw) -> list[_Part]:
    body, handle, chuck = rng.uniform(130, 180), rng.uniform(120, 160), rng.uniform(40, 60)
    high, slant, main = rng.uniform(55, 75), rng.uniform(5, 30), _paint(rng)
    left = body * rng.uniform(0.55, 0.75)
    parts = [
        _Part(_rectangle(-chuck - rng.uniform(0, 70), high / 2 - 3, 120, 6), _metal(rng), 0.8, 2),
        _Part(_slanted((-chuck, 2, high * 0.3), (-chuck, 2, high * 0.7)), _DARK * 1.5, 0.4, 12),
        _Part(
            _slanted((left, left + 38, high - 6), (left + slant, left + slant + 42, high + handle)),
            _DARK,
            0.2,
            12,
        ),
        _Part(_rectangle(left + slant - 25, high + handle - 5, 85, 40, corner=6), _DARK * 1.3, 0.2, 8),
        _Part(_rectangle(0, 0, body, high, corner=18), main, 0.3, 22),
    ]
    return parts


def _hair_dryer(rng: Draw) -> list[_Part]:
    main, length, radius = _paint(rng), rng.uniform(110, 160), rng.uniform(32, 45)
    handle = rng.uniform(100, 140)
    slant = rng.uniform(-10, 30)
    return [
        _Part(
            _slanted(
                (length - 55, length - 20, radius),
                (length - 55 + slant, length - 25 + slant, handle + 2 * radius),
            ),
            main,
            0.4,
            14,
        ),
        _Part(_slanted((-60, 0, radius * 0.3), (-60, 0, radius * 1.7)), _DARK * 1.4, 0.4, 14),
        _Part(_rectangle(-5, 0, length, 2 * radius, corner=radius), main * 0.95, 0.5, radius),
        _Part(_circle(length - radius - 2, radius, radius * 0.6), _DARK, 0.2, 6),
    ]


def _umbrella(rng: Draw) -> list[_Part]:
    main, length = _paint(rng), rng.uniform(450, 620)
    wide = rng.uniform(35, 70)
    angle = np.linspace(0, np.pi, 12)
    hook = np.column_stack([length + 150 + 28 * np.sin(angle) - 5, 28 - 28 * np.cos(angle)])
    grip = _stroke([[length, 0], [length + 90, 0], [length + 145, 0], *hook[1:]], 16)
    cloth = np.array([[0, -wide / 6], [length, -wide / 2], [length, wide / 2], [0, wide / 6]])
    return [
        _Part(grip, wood_colour(rng), 0.4, 7),
        _Part(_rectangle(-60, -3, length + 100, 6), _metal(rng), 0.7, 2),
        _Part(cloth, main, 0.15, wide / 3),
    ]


def _hammer(rng: Draw) -> list[_Part]:
    length = rng.uniform(250, 330)
    return [
        _Part(_slanted((0, length, -12), (0, length, 12)), wood_colour(rng), 0.2, 9),
        _Part(_rectangle(-15, -50, 30, 95, corner=5), _metal(rng) * 0.7, 0.7, 9),
        _Part(_slanted((-10, 10, -78), (-14, 14, -48)), _metal(rng) * 0.7, 0.7, 6),
    ]


def _wrench(rng: Draw) -> list[_Part]:
    length, metal = rng.uniform(180, 300), _metal(rng)
    jaw = np.array(
        [[-35, -22], [-12, -26], [0, -12], [0, 12], [-12, 26], [-35, 22], [-20, 9], [-14, 0], [-20, -9]]
    )
    return [
        _Part(_slanted((-2, length, -8), (-2, length, 8)), metal, 0.8, 4),
        _Part(jaw.astype(float), metal, 0.8, 5),
        _Part(_circle(length, 0, 19), metal, 0.8, 5),
        _Part(_circle(length, 0, 9), _DARK, 0.1, 1),
    ]


def _torch(rng: Draw) -> list[_Part]:
    length, main = rng.uniform(110, 260), _DARK * rng.uniform(0.8, 3)
    return [
        _Part(_rectangle(0, -14, length, 28, corner=4), main, 0.6, 14),
        _Part(_slanted((-45, 4, -22), (-45, 4, 22)), main * 1.2, 0.6, 18),
        _Part(_rectangle(-50, -20, 8, 40), np.array([0.9, 0.9, 0.8], np.float32), 0.9, 3),
    ]


def _bottle(rng: Draw) -> list[_Part]:
    high, wide, main = rng.uniform(190, 300), rng.uniform(55, 80), _paint(rng)
    return [
        _Part(_rectangle(wide * 0.32, -60, wide * 0.36, 80), main * 0.9, 0.8, 10),
        _Part(_rectangle(wide * 0.28, -75, wide * 0.44, 22), _paint(rng), 0.4, 8),
        _Part(_rectangle(0, 0, wide, high, corner=20), main, 0.9, wide / 2),
        _Part(_rectangle(0, high * 0.3, wide, high * 0.4), _paint(rng), 0.3, 2),
    ]


def _sprayer(rng: Draw) -> list[_Part]:
    main, head = _paint(rng), _paint(rng)
    return [
        _Part(_slanted((-45, -36, 18), (-30, -20, 70)), head * 0.8, 0.3, 4),
        _Part(_rectangle(-10, 10, 30, 60), head, 0.3, 10),
        _Part(_slanted((-75, 45, -12), (-60, 30, 22)), head, 0.4, 12),
        _Part(_rectangle(-40, 65, 90, 170, corner=22), main, 0.7, 35),
    ]


def _photo_camera(rng: Draw) -> list[_Part]:
    main = _DARK * rng.uniform(0.8, 2.0)
    return [
        _Part(_rectangle(45, -22, 45, 30, corner=5), main, 0.3, 8),
        _Part(_rectangle(0, 0, 135, 90, corner=12), main, 0.3, 10),
        _Part(_circle(70, 47, 37), _DARK * 1.5, 0.6, 12),
        _Part(_circle(70, 47, 22), np.array([0.2, 0.22, 0.35], np.float32), 0.9, 16),
    ]


def _bag(rng: Draw) -> list[_Part]:
    wide, high, main = rng.uniform(260, 420), rng.uniform(180, 330), _paint(rng) * 0.8
    angle = np.linspace(np.pi, 2 * np.pi, 20)
    strap = np.column_stack(
        [wide / 2 + wide * 0.28 * np.cos(angle), 10 + high * rng.uniform(0.4, 0.9) * np.sin(angle)]
    )
    return [
        _Part(_stroke(strap, 16), main * 0.7, 0.2, 6),
        _Part(_rectangle(0, 0, wide, high, corner=40), main, 0.3, 30),
        _Part(_rectangle(wide * 0.15, high * 0.35, wide * 0.7, high * 0.5, corner=15), main * 0.85, 0.2, 10),
    ]


def _remote(rng: Draw) -> list[_Part]:
    length, main = rng.uniform(140, 210), _DARK * rng.uniform(0.7, 4)
    buttons = [
        _Part(_circle(25 + 16 * i, y, 4.5), _paint(rng), 0.3, 2)
        for i in range(int(length / 16) - 2)
        for y in (13, 27, 40)
    ]
    return [_Part(_rectangle(0, 0, length, 52, corner=12), main, 0.3, 10), *buttons]


def _stick(rng: Draw) -> list[_Part]:
    length = rng.uniform(500, 1100)
    main = wood_colour(rng) if rng.random() < 0.5 else _metal(rng) * 0.6
    parts = [_Part(_rectangle(0, -9, length, 18, corner=6), main, 0.4, 9)]
    if rng.random() < 0.5:  # a broom or a stand
        parts.append(_Part(_slanted((-70, 20, -90), (-70, 20, 90)), _paint(rng), 0.1, 6))
    return parts


_KINDS: dict[str, Callable[[Draw], list[_Part]]] = {
    "phone": _phone,
    "drill": _drill,
    "hair dryer": _hair_dryer,
    "umbrella": _umbrella,
    "hammer": _hammer,
    "wrench": _wrench,
    "torch": _torch,
    "bottle": _bottle,
    "sprayer": _sprayer,
    "camera": _photo_camera,
    "bag": _bag,
    "remote control": _remote,
    "stick": _stick,
}
LOOK_ALIKES = tuple(_KINDS)
"""Kinds of look-alike objects."""


def render_look_alike(kind: str, *, seed: int, pixels: int = 256) -> tuple[NDArray[np.uint8], float]:
    """Draw a look-alike object as a cut-out, and give its longer side in metres.

    Parameters
    ----------
    kind : str
        One of `LOOK_ALIKES`.
    seed : int
        Its sizes, colours and the side the light comes from.
    pixels : int
        Longer side of the picture.

    Returns
    -------
    uint8 (h, w, 4)
        RGBA, tightly cropped, colours not multiplied by alpha.
    float
        Metres.

    Raises
    ------
    ParameterError
        The kind is unknown.

    Examples
    --------
    >>> picture, metres = render_look_alike("umbrella", seed=0)
    >>> max(picture.shape[:2]), 0.5 < metres < 1
    (256, True)
    """
    if kind not in _KINDS:
        what = f"kind is {kind!r}; allowed are {', '.join(_KINDS)}"
        raise ParameterError(what, where="render_look_alike", do="pass one of them")
    rng = np.random.default_rng([int(seed), *kind.encode()])
    parts = _KINDS[kind](rng)
    every = np.concatenate([part.outline for part in parts])
    low, size = every.min(0), np.ptp(every, axis=0)
    fine = 2 * pixels / size.max()
    wide, high = (np.ceil(size * fine).astype(int) + 4).tolist()
    angle = rng.uniform(-2.4, -0.7)
    light = np.array([0.6 * np.cos(angle), 0.6 * np.sin(angle), 0.8], np.float32)
    canvas = np.zeros((high, wide, 4), np.float32)
    for part in parts:
        _lay(canvas, part, part.outline - low, fine, light)
    alpha = canvas[..., 3:]
    canvas[..., :3] *= alpha
    ratio = pixels / max(high, wide)
    shape = max(round(wide * ratio), 1), max(round(high * ratio), 1)
    small = np.asarray(cv2.resize(canvas, shape, interpolation=cv2.INTER_AREA), np.float32)
    small[..., :3] /= np.maximum(small[..., 3:], 1e-6)
    return np.rint(small.clip(0, 1) * 255).astype(np.uint8), float(size.max() / 1000)


def _lay(
    canvas: NDArray[np.float32], part: _Part, outline: Points, fine: float, light: NDArray[np.float32]
) -> None:
    """Lay a part over a canvas, lit as if its edges curved away."""
    points = outline * fine + 2
    left, top = np.maximum(points.min(0).astype(int) - 1, 0)
    right, low = points.max(0).astype(int) + 3
    canvas = canvas[top:low, left:right]
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint((points - [left, top]) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    edge = max(part.round * fine, 1.0)
    depth = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3), edge) / edge
    relief = cv2.GaussianBlur(edge * np.sqrt(1 - (1 - depth) ** 2), (0, 0), max(edge / 8, 0.8))
    across, down = cv2.Sobel(relief, -1, 1, 0, scale=1 / 8), cv2.Sobel(relief, -1, 0, 1, scale=1 / 8)
    steep = np.sqrt(1 + across**2 + down**2)
    lit = np.maximum((light[2] - light[0] * across - light[1] * down) / steep, 0)
    shine = part.gloss * 0.6 * lit**24 * (depth < 1)
    shown = part.colour * (0.35 + 0.75 * lit)[..., None] + shine[..., None]
    alpha = (mask / np.float32(255))[..., None]
    canvas[..., :3] += alpha * (shown - canvas[..., :3])
    canvas[..., 3:] += alpha * (1 - canvas[..., 3:])
