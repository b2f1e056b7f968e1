"""Simulated surveillance video: people walk through a scene, some with a firearm, some with what looks like one.

`sample_cctv` is the manifest, a row a walk; `render_cctv` makes the frames of a video with their masks.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import positive, whole
from fireanalysis.transforms.camera import damage_picture

from .composite_pictures import composite, facing
from .composites import sample_composites
from .hashing import seeds, uniform
from .look_alikes import render_look_alike
from .scenes import KINDS, sample_scenes

MEDIAN_SHARE = 0.0009
"""Median share of a frame that a firearm covers in real surveillance video."""

_SLOT_S = 10.0  # one walk in so many seconds
_WALK_S = (5.0, 8.0)
_NOISE, _JPEG = (0.02, 0.12), (0.1, 0.6)  # amounts of `damage_picture`; assumed
_SWAY_DEG, _BOB, _STEPS_HZ = 5.0, 0.004, 1.8
_TALL = (0.3, 0.9)  # height of a person over the frame's
_NEARER = 0.2  # how much larger or smaller a person gets on the way
_COLUMNS = ["video", "seconds", "walk", "carries", "enters_s", "leaves_s", "noise", "coding"]


def sample_cctv(
    videos: int = 12,
    *,
    seconds: float = 20.0,
    firearm_share: float = 0.5,
    median_share: float = MEDIAN_SHARE,
    seed: int = 0,
    pool: str = "outside",
) -> pd.DataFrame:
    """Draw who walks through which scene with what, and when.

    Parameters
    ----------
    videos : int
        Each of a scene of its own.
    seconds : float
        Length of a video; there is one walk in ten seconds, and at least one.
    firearm_share : float
        Share of the videos in which a firearm is carried on at least one walk, 0 to 1; on all other walks it is a
        look-alike object.
    median_share : float
        Median share of the frame that a firearm covers.
    seed : int
    pool : {"study", "outside"}
        See `sample_composites`: "outside" has no model, firearm or scene of the training pictures.

    Returns
    -------
    DataFrame
        One row a walk: video, seconds, walk (from 1), carries ("firearm" or the kind of the object), enters_s,
        leaves_s, noise and coding (amounts of `damage_picture`), and the columns of `sample_composites`.

    Raises
    ------
    ParameterError
        For a number out of range, or an unknown pool.

    Notes
    -----
    Source: the paper names CCTV as untested ("Limitations") and has none. The median share is that of one set of real
    surveillance frames; all else is assumed. Figures glide rather than walk: networks here see one frame at a time.

    Examples
    --------
    >>> walks = sample_cctv(4, seconds=20)
    >>> len(walks), walks.groupby("video")["carries"].apply(lambda names: "firearm" in set(names)).tolist()
    (8, [False, True, False, True])
    """
    where = "sample_cctv"
    videos = whole(videos, name="videos", where=where, least=1, most=10**5)
    seconds = positive(seconds, name="seconds", where=where, least=1.0, included=True)
    if not 0 <= firearm_share <= 1:
        what = f"firearm_share is {firearm_share}; allowed is 0 to 1"
        raise ParameterError(what, where=where, do="pass a share, for example 0.5")
    own, each = int(seeds(seed, "cctv", pool)), max(round(seconds / _SLOT_S), 1)
    video, walk = np.divmod(np.arange(videos * each), each)
    held = np.floor((video + 1) * firearm_share) > np.floor(video * firearm_share)
    sure = (uniform(own, "sure", video) * each).astype(int) == walk  # one walk of such a video has it
    held &= sure | (uniform(own, "firearm", video, walk) < 0.5)
    rows = _carried(held, seed=own, pool=pool, median_share=median_share * 9 / 16)
    scenes = sample_scenes(videos, seed=own, pool=pool, kinds=KINDS[:3]).add_prefix("scene_")
    scenes = scenes.rename(columns={"scene_scene": "background"}).iloc[video].reset_index(drop=True)
    rows[scenes.columns] = scenes
    rows["video"] = [f"cctv {number:03d}" for number in video]
    rows["seconds"], rows["walk"] = seconds, walk + 1
    rows["carries"] = np.where(held, "firearm", rows["look_alike"])
    slot = seconds / each
    lasts = np.minimum(_WALK_S[0] + np.ptp(_WALK_S) * uniform(own, "lasts", video, walk), 0.8 * slot)
    rows["enters_s"] = np.round(walk * slot + (slot - lasts) * uniform(own, "enters", video, walk), 2)
    rows["leaves_s"] = np.round(rows["enters_s"] + lasts, 2)
    for name, (low, high) in (("noise", _NOISE), ("coding", _JPEG)):
        rows[name] = np.round(low + (high - low) * uniform(own, name, video), 3)
    return rows[[*_COLUMNS, *(name for name in rows if name not in _COLUMNS)]]


def _carried(held: NDArray[np.bool_], *, seed: int, pool: str, median_share: float) -> pd.DataFrame:
    """Give a row of `sample_composites` a walk: a firearm of its own in a hand, or a look-alike object in one."""
    drawn = {}
    for firearm in (True, False):
        many = 4 * len(held) + 20  # not all are in a hand
        table = sample_composites(
            many,
            firearms=many if firearm else 1,
            backgrounds=1,
            seed=seed,
            style="photographed",
            empty_share=0.0 if firearm else 1.0,
            median_share=median_share,
            pool=pool,
        )
        drawn[firearm] = table[table["held"] & (firearm | (table["look_alike"] != ""))]
    number = np.where(held, np.cumsum(held), np.cumsum(~held)) - 1
    rows = [drawn[bool(h)].iloc[[n % len(drawn[bool(h)])]] for h, n in zip(held, number, strict=True)]
    table = pd.concat(rows, ignore_index=True)
    # Objects are as large as a person of some height in the frame makes them, not as firearms are.
    tall = _TALL[0] + np.ptp(_TALL) * uniform(seed, "tall", np.arange(len(table)))
    metres = [
        render_look_alike(kind, seed=own % 2**31, pixels=16)[1] if kind else np.nan
        for kind, own in zip(table["look_alike"], table["seed"], strict=True)
    ]
    scale = np.array(metres) * tall / 1.75 * 9 / 16
    table["scale"] = np.round(table["scale"].where(held, scale), 4)
    return table


def render_cctv(
    rows: pd.DataFrame, *, height: int = 432, fps: float = 10.0
) -> Iterator[tuple[float, NDArray[np.uint8], NDArray[np.bool_]]]:
    """Make the frames of one video.

    Parameters
    ----------
    rows : DataFrame
        The walks of one video of `sample_cctv`.
    height : int
        Rows of a frame; it is 16 : 9.
    fps : float
        Frames a second.

    Yields
    ------
    time_s : float
    image : uint8 (height, width, 3)
        Red, green, blue.
    mask : bool (height, width)
        Where a firearm is seen.

    Raises
    ------
    DataError
        If there are walks of several videos, or none, or columns are missing.
    ParameterError
        For fewer than 32 rows, or a rate that is not above 0.

    Examples
    --------
    >>> walks = sample_cctv(2, seconds=10)
    >>> frames = list(render_cctv(walks[walks["video"] == "cctv 001"], height=72, fps=1))
    >>> len(frames), frames[0][1].shape, any(mask.any() for _, _, mask in frames)
    (10, (72, 128, 3), True)
    """
    height = whole(height, name="height", where="render_cctv", least=32, most=4320)
    fps = positive(fps, name="fps", where="render_cctv")
    missing = [name for name in _COLUMNS if name not in rows]
    videos = rows["video"].unique() if "video" in rows else ()
    if missing or len(videos) != 1:
        what = f"walks of {len(videos)} videos" + (f", no column {', '.join(missing)}" if missing else "")
        raise DataError(what, where="render_cctv", do='pass one video: walks[walks["video"] == name]')
    return _frames(rows.to_dict("records"), height, fps)


def _frames(
    walks: list[dict[Any, Any]], height: int, fps: float
) -> Iterator[tuple[float, NDArray[np.uint8], NDArray[np.bool_]]]:
    width = round(height * 8 / 9) * 2
    top = (width - height) // 2
    empty = walks[0] | {"look_alike": "", "empty": True}
    for number in range(round(walks[0]["seconds"] * fps)):
        time_s = number / fps
        now = [walk for walk in walks if walk["enters_s"] <= time_s < walk["leaves_s"]]
        row = _placed(now[0], time_s) if now else empty
        image, mask = composite(row | _NO_CAMERA, width)
        image, mask = image[top : top + height], mask[top : top + height]
        for kind, amount in (("noise", row["noise"]), ("jpeg", row["coding"])):
            seed = int(seeds(int(row["seed"]), kind, number)) % 2**31
            image = damage_picture(image, kind=kind, amount=amount, seed=seed)
        yield round(time_s, 6), image, mask


_NO_CAMERA = {f"camera_{kind}": 0.0 for kind in ("light", "motion", "blur", "noise", "jpeg")}


def _placed(walk: dict[Any, Any], time_s: float) -> dict[Any, Any]:
    """Where on its way a walk is: past one side of the frame to the other, bobbing and swaying."""
    share = (time_s - walk["enters_s"]) / (walk["leaves_s"] - walk["enters_s"])
    ahead = facing(walk["side"], walk["flip"])
    phase = 2 * np.pi * _STEPS_HZ * time_s
    return walk | {
        "x": 0.5 + ahead * 1.2 * (share - 0.5),
        "y": walk["y"] + _BOB * np.sin(phase),
        "angle_deg": walk["angle_deg"] + _SWAY_DEG * np.sin(phase / 2),
        "scale": walk["scale"] * (1 + _NEARER * (share - 0.5)),
    }
