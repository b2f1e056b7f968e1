"""Masks that were published as a colour tint over the picture, made binary again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError

from .arrays import whole
from .masks import disc, remove_streaks
from .pictures import as_picture

_LEAST_CHANGE = 8.0  # grey levels: below it a pixel is taken as unchanged, whatever else
_TRIES, _TRIED = 200, 2000  # of drawing two changed pixels, and how many pixels judge each
_NEAR_PX = 10
_WIDE = 0.3  # of the greatest depth
_SHAPES = 6  # of which one is taken
_OPAQUE, _DRAWN = 0.1, 0.2  # share of the picture that shines through a tint; what a shape counts without
_SAME_HUE = 0.87  # cosine of 30°
_NEUTRAL = 24.0  # chroma (grey levels) up to which a pixel without an original to compare is grey
_CHROMA = np.array([[1.0, -0.5, -0.5], [0.0, np.sqrt(0.75), -np.sqrt(0.75)]])  # red to right, green up


@dataclass(frozen=True, eq=False)
class TintMask:
    """A mask read from a tinted picture, and how far to believe it.

    Attributes
    ----------
    mask : bool (h, w)
        Streaks removed, gaps closed.
    uncertain : bool (h, w)
        Pixels that could be either: they fit neither the original nor its tinted version (lines drawn over the
        picture, for instance), or, near the mask, both (colours that the tint hardly changes); and those that removing
        and closing changed.
    colour : float64 (3,)
        Of the tint, red, green, blue, 0 to 255; NaN if no tint was found.
    opacity : float
        Of the tint, 0 to 1; NaN without an original to compare.
    removed_px, filled_px : int
        Pixels that were taken away as streaks and specks, and that were filled as gaps.
    """

    mask: NDArray[np.bool_]
    uncertain: NDArray[np.bool_]
    colour: NDArray[np.float64]
    opacity: float
    removed_px: int
    filled_px: int

    @property
    def uncertain_share(self) -> float:
        """Uncertain pixels within 10 pixels of the mask, as a share of its area.

        What is farther off, such as lines drawn elsewhere, cannot change the outline. 0 for an empty mask.
        """
        area = np.count_nonzero(self.mask)
        return np.count_nonzero(self.uncertain & _near(self.mask, _NEAR_PX)) / area if area else 0.0


def decode_tint(
    tinted: ArrayLike,
    original: ArrayLike | None = None,
    *,
    colour: Sequence[float] | None = None,
    streak_px: int = 3,
    close_px: int = 5,
    least_px: int = 25,
) -> TintMask:
    """Find which pixels of a picture were tinted.

    With the original, one colour and opacity are fitted to the changed pixels, and each pixel goes to what
    explains it better, the original or its tinted version. Without it, the tint is the most frequent saturated
    colour (of a given hue), and pixels nearer to it than to grey are tinted: that takes firearms for grey and finds
    whatever else has this colour, so give the original if you can.

    Parameters
    ----------
    tinted : uint8 (h, w, 3)
    original : uint8 (h, w, 3), optional
        The same picture without the tint; one of them may have been saved as JPEG since.
    colour : (red, green, blue), optional
        Of the tint, if it is known: tells it from other changes.
    streak_px : int
        Parts no wider than this are streaks and are removed (`remove_streaks`); 0 leaves them.
    close_px : int
        Gaps no wider than this are filled; 0 leaves them.
    least_px : int
        Parts of fewer pixels are removed as specks.

    Returns
    -------
    TintMask

    Raises
    ------
    DataError
        For arrays that are no pictures, or differ in size.
    ParameterError
        For numbers out of range.

    Notes
    -----
    Source: segmentation paper, "Limitations": the masks of its test set are a tint, and decoding left streaks. How
    it decoded them is not said.

    Examples
    --------
    >>> original = np.full((40, 40, 3), 90, np.uint8)
    >>> tinted = original.copy()
    >>> tinted[10:30, 5:35] = 0.5 * original[10:30, 5:35] + 0.5 * np.array([61, 61, 245])
    >>> found = decode_tint(tinted, original)
    >>> int(found.mask.sum()), int(found.uncertain.sum())
    (600, 0)
    """
    where = "decode_tint"
    tinted = as_picture(tinted, where=where)
    least_px = whole(least_px, name="least_px", where=where, least=0, most=2**31)
    streak_px = whole(streak_px, name="streak_px", where=where, least=0, most=999)
    close_px = whole(close_px, name="close_px", where=where, least=0, most=999)
    if original is None:
        mask, uncertain, found, opacity = _by_colour(tinted, colour, least_px=least_px)
    else:
        original = as_picture(original, where=where)
        if original.shape != tinted.shape:
            raise DataError(
                f"the tinted picture has shape {tinted.shape[:2]}, its original {original.shape[:2]}",
                where=where,
                do="pass the picture that was tinted, at its size",
            )
        mask, uncertain, found, opacity = _by_difference(tinted, original, colour, least_px=least_px)
    kept = remove_streaks(mask, streak_px=streak_px, least_px=least_px)
    closed = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_CLOSE, disc(close_px)).astype(bool)
    removed, filled = mask & ~kept, closed & ~kept
    return TintMask(
        closed,
        uncertain | (removed & ~closed) | (filled & ~mask),
        found,
        opacity,
        int(np.count_nonzero(removed)),
        int(np.count_nonzero(filled)),
    )


Found = tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64], float]


def _by_difference(
    tinted: NDArray[np.uint8],
    original: NDArray[np.uint8],
    colour: Sequence[float] | None,
    *,
    least_px: int,
) -> Found:
    after, before = tinted.astype(np.float32), original.astype(np.float32)
    unchanged = np.abs(after - before).max(2)
    # Most of a picture is not tinted: its differences are what saving and rounding do.
    noise = max(_LEAST_CHANGE, 4 * float(np.median(unchanged)))
    changed = unchanged > noise
    if np.count_nonzero(changed) < max(least_px, 2):
        return _nothing(changed)
    if colour is None:
        slope, offset = _best_tint(before, after, changed, noise)
    else:
        slope, offset = _fitted(before[changed], after[changed], noise, np.asarray(colour, np.float32))
    slope, offset = _refined(before[changed], after[changed], slope, offset, noise)
    as_tinted = np.abs(after - (slope * before + offset)).max(2)
    worse, better = np.maximum(as_tinted, unchanged), np.minimum(as_tinted, unchanged)
    neither = (better > noise) & (better > 0.5 * worse)  # a line, a letter, an edge in a JPEG
    nearer = changed & (as_tinted < unchanged)
    mask = nearer & _near(nearer & ~neither, 2)  # of the doubtful only the rim
    both = (worse < 2 * noise) & _near(mask, _NEAR_PX)  # a colour that the tint hardly changes
    uncertain = neither | both
    return mask, uncertain, np.asarray(offset / (1 - slope), np.float64), float(1 - slope)


def _best_tint(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    changed: NDArray[np.bool_],
    noise: float,
) -> tuple[float, NDArray[np.float32]]:
    """Fit a tint to each of the largest changed shapes and take that of the best filled one.

    A line encloses a shape and does not fill it, a JPEG's specks are small, and what hides the picture is a drawing
    sooner than a tint.
    """
    _, parts, stats, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8), connectivity=8)
    best, found = -1.0, (0.0, np.zeros(3, np.float32))
    for number in np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:_SHAPES] + 1:
        left, top, width, height, area = stats[number].tolist()
        place = slice(top, top + height), slice(left, left + width)
        shape = (parts[place] == number).astype(np.uint8)
        hull = cv2.contourArea(cv2.convexHull(cv2.findNonZero(shape))) + 1
        depth = cv2.distanceTransform(np.pad(shape, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        inner = depth > _WIDE * depth.max()
        slope, offset = _fitted(before[place][inner], after[place][inner], noise)
        filled = area * min(area / hull, 1) * (1 if slope > _OPAQUE else _DRAWN)
        if filled > best:
            best, found = filled, (slope, offset)
    return found


def _fitted(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    noise: float,
    colour: NDArray[np.float32] | None = None,
) -> tuple[float, NDArray[np.float32]]:
    """Find the one tint, after = slope · before + offset, that explains most of the change (RANSAC)."""
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(before), min(_TRIED, len(before)), replace=False)
    x, y = before[chosen], after[chosen]
    one, other = rng.integers(0, len(x), (2, _TRIES))
    # Two pixels make a line; one and the tint's colour do as well.
    x_there, y_there = (x[other], y[other]) if colour is None else (colour, colour)
    step_x, step_y = x[one] - x_there, y[one] - y_there
    slopes = np.clip((step_x * step_y).sum(1) / np.maximum((step_x**2).sum(1), 1), 0, 0.95)
    offsets = y[one] - slopes[:, None] * x[one] if colour is None else np.outer(1 - slopes, colour)
    change = np.abs(y - x).max(1)
    explained = [
        change[np.abs(y - (slope * x + offset)).max(1) < noise].sum()
        for slope, offset in zip(slopes, offsets, strict=True)
    ]
    best = np.argmax(explained * np.where(slopes > _OPAQUE, 1, _DRAWN))
    return float(slopes[best]), offsets[best]


def _refined(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    slope: float,
    offset: NDArray[np.float32],
    noise: float,
) -> tuple[float, NDArray[np.float32]]:
    """Fit again, by least squares, to all that fits so far."""
    fits = np.abs(after - (slope * before + offset)).max(1) < noise
    x, y = before[fits], after[fits]
    centre_x, centre_y = x.mean(0), y.mean(0)
    spread = ((x - centre_x) ** 2).sum()
    if spread > len(x):  # else all have one colour, and any slope fits
        slope = np.clip(((x - centre_x) * (y - centre_y)).sum() / spread, 0, 0.95)
    return float(slope), np.asarray(centre_y - slope * centre_x)


def _by_colour(tinted: NDArray[np.uint8], colour: Sequence[float] | None, *, least_px: int) -> Found:
    axes = _CHROMA.T.astype(np.float32)
    chroma = tinted.astype(np.float32) @ axes
    strength = np.hypot(chroma[..., 0], chroma[..., 1])
    candidate = strength > _NEUTRAL
    if colour is not None:
        towards = np.asarray(colour, np.float32) @ axes
        candidate &= chroma @ (towards / np.hypot(*towards)) > _SAME_HUE * strength
    if np.count_nonzero(candidate) < max(least_px, 1):
        return _nothing(candidate)
    bins = np.linspace(-256, 256, 65)
    right, up = chroma[candidate].T
    counts = np.histogram2d(right, up, bins=[bins, bins])[0]
    smooth = cv2.GaussianBlur(counts, (5, 5), 1)
    centre = np.array([bins[at] + 4 for at in np.unravel_index(smooth.argmax(), smooth.shape)], np.float32)
    along = chroma @ (centre / (centre @ centre))  # 0 grey, 1 the tint over grey
    across = np.hypot(*np.moveaxis(chroma - along[..., None] * centre, 2, 0)) / np.hypot(*centre)
    mask = (along > 0.5) & (across < 0.5)
    uncertain = (np.abs(along - 0.5) < 0.25) & (across < 0.75)
    uncertain |= (np.abs(across - 0.5) < 0.25) & (along > 0.25)
    seen = tinted[mask].mean(0) if colour is None else np.asarray(colour)
    return mask, uncertain, np.asarray(seen, np.float64), np.nan


def _nothing(like: NDArray) -> Found:
    nothing = np.zeros(like.shape, bool)
    return nothing, nothing, np.full(3, np.nan), np.nan


def _near(mask: NDArray[np.bool_], width_px: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc(width_px)) > 0)
