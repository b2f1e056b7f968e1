"""Pixels of one scene: what stands in it, people, things in their hands and on tables, light and lens."""

from itertools import islice
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fireanalysis.transforms.compositing import paste

from .look_alikes import LOOK_ALIKES, render_look_alike
from .scene_canvas import Canvas
from .scene_people import Figure, figure
from .scene_photographs import crop
from .scene_places import PLACES, Place, camera_of
from .scene_textures import sky, some_noise

Draw = np.random.Generator
Floats = NDArray[np.floating[Any]]
Picture = NDArray[np.uint8]


class _Spot(NamedTuple):
    """Where a thing can be: shares of the picture's side, how large a metre is there, and whether in a hand."""

    x: float
    y: float
    metre: float
    held: bool


class _Upright(NamedTuple):
    """A person or plant on the ground."""

    foot: Floats
    high: float
    drawn: Figure | Picture


def scene_picture(row: Any, pixels: int) -> Picture:
    """Paint the scene of a row of `sample_scenes`: uint8 (pixels, pixels, 3)."""
    if row.kind == "photograph":
        return crop(row.photograph, seed=int(row.seed), pixels=pixels)
    place = PLACES[row.kind](_generator(row, "place"))
    view = {"height_m": row.camera_height_m, "pitch_deg": row.pitch_deg, "field_deg": row.field_deg}
    # Twice as large, and shrunk by areas: smooth edges.
    camera = camera_of(_generator(row, "camera"), place, **view, pixels=2 * pixels)
    azimuth, elevation = np.radians([row.light_azimuth_deg, row.light_elevation_deg])
    level = np.cos(elevation)
    towards = np.array([np.cos(azimuth) * level, np.sin(azimuth) * level, np.sin(elevation)])
    canvas = Canvas(camera, towards_light=towards, ambient=0.45 if np.isinf(place.ceiling) else 0.62)
    canvas.image[:] = sky(_generator(row, "sky"), pixels=2 * pixels)
    canvas.paint(place.ground)
    for faces in sorted(
        place.structures, key=lambda f: -min(canvas.distance(face.corners.mean(0)) for face in f)
    ):
        canvas.paint_object(faces)
    spots = [*_paint_contents(row, canvas, place), *_surfaces(row, canvas, place)]
    picture = (canvas.image.clip(0, 1) * 255).astype(np.uint8)
    picture = _with_look_alikes(row, picture, spots)
    return _developed(row, picture, canvas, place, pixels)


def _paint_contents(row: Any, canvas: Canvas, place: Place) -> list[_Spot]:
    """Paint furniture, cars, plants and people from far to near, with their shadows; give the hands, nearest first."""
    items: list[tuple[float, Any]] = []
    for faces in place.objects:
        points = np.concatenate([face.corners for face in faces])
        if points[:, 2].min() < 0.3:
            _cast_shadow(canvas, points, blur_m=0.05 if np.isinf(place.ceiling) else 0.12)
        items.append((canvas.distance(points.mean(0)), faces))
    for item in (*_plants(row, place), *_people(row, place, float(canvas.towards_light[0]))):
        items.append((canvas.distance([*item.foot[:2], item.high / 2]), item))
    hands = []
    for _, item in sorted(items, key=lambda pair: -pair[0]):
        if isinstance(item, _Upright):
            hands += _stand(canvas, item)
        else:
            canvas.paint_object(item)
    return hands[::-1]


def _cast_shadow(canvas: Canvas, points: Floats, *, blur_m: float) -> None:
    towards = canvas.towards_light
    cast = points[:, :2] - towards[:2] / max(towards[2], 0.4) * points[:, 2:]
    hull = cv2.convexHull(cast.astype(np.float32))[:, 0]
    if len(hull) > 2:
        canvas.shade(np.column_stack([hull, np.zeros(len(hull))]), strength=0.35, blur_m=blur_m)


def _plants(row: Any, place: Place) -> list[_Upright]:
    rng = _generator(row, "plants")
    return [_Upright(np.array([x, y, 0.0]), high, _foliage(rng)) for x, y, high in place.plants]


def _people(row: Any, place: Place, light_from: float) -> list[_Upright]:
    rng, people = _generator(row, "people"), []
    for _ in range(int(row.people)):
        y = place.near + (place.far - place.near) * rng.random() ** 1.7
        foot = np.array([rng.uniform(-0.45, 0.45) * place.width, y, 0.0])
        drawn = figure(int(rng.integers(2**31)), light_from=light_from)
        people.append(_Upright(foot, rng.uniform(1.5, 1.95), drawn))
    return people


def _stand(canvas: Canvas, item: _Upright) -> list[_Spot]:
    """Put an upright picture on the ground; give the hand of a person."""
    low, top = canvas.camera.at(item.foot), canvas.camera.at(np.add(item.foot, [0, 0, item.high]))
    if low is None or top is None:
        return []
    side, tall = canvas.camera.pixels, low[1] - top[1]
    if not 4 <= tall <= 3 * side:
        return []
    person = item.drawn if isinstance(item.drawn, Figure) else None
    picture = item.drawn.picture if isinstance(item.drawn, Figure) else item.drawn
    around, wide = np.linspace(0, 2 * np.pi, 12, endpoint=False), 0.22 if person else item.high / 3
    round_it = np.column_stack([wide * np.cos(around), wide * np.sin(around), np.zeros(12)])
    canvas.shade(item.foot + round_it, strength=0.4, blur_m=0.12)
    canvas.overlay(picture, column=low[0], row=low[1], height=tall)
    if person is None:
        return []
    x = low[0] + (person.hand[0] - 0.5) * tall * picture.shape[1] / picture.shape[0]
    return [_Spot(x / side, (top[1] + person.hand[1] * tall) / side, tall / item.high / side, held=True)]


def _surfaces(row: Any, canvas: Canvas, place: Place) -> list[_Spot]:
    """Find places on tables, shelves and the ground that the camera sees."""
    rng, side = _generator(row, "surfaces"), canvas.camera.pixels
    y = place.near + (place.far - place.near) * rng.random(6) ** 2
    lying = np.column_stack([rng.uniform(-0.45, 0.45, 6) * place.width, y, np.zeros(6)])
    seen = [canvas.camera.at(point) for point in (*place.tops, *lying)]
    shares = [np.array(point) / side for point in seen if point is not None]
    return [_Spot(x, y, metre, held=False) for x, y, metre in shares if 0.05 < x < 0.95 and 0.05 < y < 0.97]


def _with_look_alikes(row: Any, picture: Picture, spots: list[_Spot]) -> Picture:
    """Put things into hands and on surfaces."""
    rng = _generator(row, "look-alikes")
    for index in islice(rng.permutation(len(spots)), int(row.look_alikes)):
        spot, kind = spots[index], LOOK_ALIKES[int(rng.integers(len(LOOK_ALIKES)))]
        thing, metres = render_look_alike(kind, seed=int(rng.integers(2**31)), pixels=128)
        angle, flip = rng.normal(0, 30) if spot.held else rng.uniform(0, 360), bool(rng.random() < 0.5)
        scale = spot.metre * metres
        if 0.004 < scale < 1.5:
            picture, _ = paste(picture, thing, x=spot.x, y=spot.y, scale=scale, angle_deg=angle, flip=flip)
    return picture


def _developed(row: Any, picture: Picture, canvas: Canvas, place: Place, pixels: int) -> Picture:
    """Let light fall off, and let the camera set colours, brightness and contrast."""
    rng = _generator(row, "light")
    shown = np.asarray(cv2.resize(picture, (pixels, pixels), interpolation=cv2.INTER_AREA), np.float32)
    shown *= _light_field(rng, canvas, place, pixels)[..., None] * tint(float(row.temperature_k))
    if row.softness_px > 0.05:
        shown[:] = cv2.GaussianBlur(shown, (0, 0), float(row.softness_px) * pixels / 256)
    # The mean is brought to what the row says, as far as the gain reaches.
    shown *= np.clip(255 * (0.12 + 0.46 * float(row.light)) / max(float(shown.mean()), 1), 0.4, 2.5)
    mean = float(shown.mean())
    shown = mean + rng.uniform(1.0, 1.6) * (shown - mean)
    grey = shown.mean(2, keepdims=True)
    shown = grey + rng.uniform(0.15, 0.95) * (shown - grey)
    bright, dark = np.maximum(shown - 200, 0), np.maximum(30 - shown, 0)  # both ends run out softly
    shown += 55 * np.tanh(bright / 55) - bright - 30 * np.tanh(dark / 30) + dark
    return np.rint(shown.clip(0, 255)).astype(np.uint8)


def _light_field(rng: Draw, canvas: Canvas, place: Place, pixels: int) -> NDArray[np.float32]:
    """Pools of light under lamps, darker corners, and a little unevenness."""
    field = np.full((pixels, pixels), 0.85, np.float32)
    axis, side = np.arange(pixels, dtype=np.float32) / pixels, canvas.camera.pixels
    for lamp in place.lamps:
        seen = canvas.camera.at(lamp * [1, 1, 0.3])
        if seen is not None:
            x, y, wide = seen[0] / side, seen[1] / side, 1.6 * seen[2] / side
            across, down = (
                np.exp(-np.square((axis - x) / wide)),
                np.exp(-np.square((axis - y) / (0.6 * wide))),
            )
            field += 0.22 * across * down[:, None]
    edge = np.square(axis - 0.5)
    field *= 1 - rng.uniform(0, 0.7) * (edge + edge[:, None])
    field *= 1 + 0.02 * cv2.resize(some_noise(rng, 1.7), (pixels, pixels))
    return np.minimum(field, 1.25)


def tint(temperature_k: float) -> NDArray[np.float32]:
    """Give the colour of light of a temperature as a camera that is not quite balanced to it shows it; green is 1.

    Red and blue change exponentially in the reciprocal of the temperature, about as a black body's (Wien's law).
    """
    shift = 1e6 / temperature_k - 1e6 / 6500
    return np.exp(np.array([0.0008, 0, -0.0013]) * shift).astype(np.float32)


def _foliage(rng: Draw) -> Picture:
    """Draw a bush or tree: a trunk under leaves."""
    sprite = np.zeros((192, 160, 4), np.float32)
    green = np.array([rng.uniform(0.15, 0.4), rng.uniform(0.3, 0.5), rng.uniform(0.1, 0.25)])
    cv2.rectangle(sprite, (76, 110), (84, 191), (0.3, 0.22, 0.15, 1.0), -1)
    for shade in np.linspace(0.5, 1.1, 260):
        centre = np.rint(rng.normal([80, 75], [28, 27])).astype(int).tolist()
        leaf = green * shade * rng.uniform(0.8, 1.2)
        cv2.circle(sprite, centre, int(rng.integers(3, 10)), (*leaf.tolist(), 1.0), -1)
    return np.rint(sprite.clip(0, 1) * 255).astype(np.uint8)


def _generator(row: Any, part: str) -> Draw:
    return np.random.default_rng([int(row.seed), *part.encode()])
