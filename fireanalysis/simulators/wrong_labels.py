"""Wrong labels and wrong masks, planted where the truth is known: for trying out how they are found."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError, ParameterError

from .hashing import uniform

WRONG_MASKS = ("missing", "shifted", "swapped")


def mislabel(
    labels: ArrayLike,
    *,
    share: float,
    seed: int,
    groups: ArrayLike | None = None,
    alike: ArrayLike | None = None,
) -> NDArray:
    """Register some samples under a wrong class: single ones, or all of a firearm or session at once.

    Parameters
    ----------
    labels : (n,)
        True classes.
    share : float
        Of the entries, 0 to 1, are wrong, rounded to whole ones. What is wrong at a smaller share is wrong at a
        larger one too.
    seed : int
    groups : (n,), optional
        An entry is a group: the clerk's error falls on all its samples. Without, each sample is one.
    alike : (classes, classes), optional
        How often each class (rows, sorted by name) is taken for each other one, such as the counts of a confusion
        matrix; its diagonal does not count, and a row of zeros stands for no preference. Without, all other
        classes are as likely.

    Returns
    -------
    (n,)
        Registered classes.

    Raises
    ------
    ParameterError
        For a share outside 0 to 1.
    DataError
        For labels and groups that do not go together, a single class, or an `alike` that does not fit.

    Notes
    -----
    Source: class-conditional label noise, as in Northcutt, Jiang & Chuang 2021 (doi:10.1613/jair.1.12125); of whole
    groups, assumed.

    Examples
    --------
    >>> mislabel(["a", "a", "b", "b"], share=0.5, groups=[1, 1, 2, 2], seed=1).tolist()
    ['a', 'a', 'a', 'a']
    """
    where = "mislabel"
    classes, code = np.unique(np.asarray(labels), return_inverse=True)
    group = np.arange(len(code)) if groups is None else np.asarray(groups)
    if not 0 <= share <= 1:
        raise ParameterError(f"share is {share}", where=where, do="pass a share, 0 to 1")
    if np.ndim(labels) != 1 or group.shape != code.shape or len(classes) < 2:
        what = f"labels have shape {np.shape(labels)} and {len(classes)} classes, groups shape {group.shape}"
        raise DataError(what, where=where, do="pass one label and one group a sample, of two classes or more")
    likely = np.ones((len(classes), len(classes))) if alike is None else np.array(alike, np.float64)
    if likely.shape != (len(classes), len(classes)) or not np.isfinite(likely).all() or (likely < 0).any():
        what = f"alike has shape {likely.shape}; {len(classes)} × {len(classes)} numbers of at least 0 are needed"
        raise DataError(what, where=where, do="pass one row and one column a class, in sorted order")
    np.fill_diagonal(likely, 0)
    likely[likely.sum(1) == 0] = 1 - np.eye(len(classes))[likely.sum(1) == 0]
    entries, entry = np.unique(group, return_inverse=True)
    order = np.argsort(uniform(seed, "wrong label", np.arange(len(entries))), kind="stable")
    wrong = np.zeros(len(entries), bool)
    wrong[order[: round(share * len(entries))]] = True
    ends = likely.cumsum(1) / likely.sum(1, keepdims=True)
    draw = uniform(seed, "mistaken for", np.arange(len(entries)))[entry]
    other = (draw[:, None] >= ends[code]).sum(1)
    return classes[np.where(wrong[entry], other, code)]


def spoil_masks(masks: ArrayLike, *, share: float, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.str_]]:
    """Spoil some masks of firearms as annotators do: left out, out of place, or of another picture.

    Parameters
    ----------
    masks : bool (n, rows, columns)
        True where a firearm is.
    share : float
        Of the pictures with a firearm, 0 to 1, get a wrong mask, rounded to whole ones; of each kind as many.
    seed : int

    Returns
    -------
    bool (n, rows, columns)
        Registered masks.
    str (n,)
        "missing" (empty), "shifted" (by half the size of its box, down and right, wrapping around), "swapped"
        (that of another picture with a firearm), or "" for a right one.

    Raises
    ------
    ParameterError
        For a share outside 0 to 1.
    DataError
        For anything but a stack of bool masks, or fewer than two with a firearm where some are to be spoiled.

    Notes
    -----
    Source: kinds of error after Lad & Mueller 2023 (arXiv:2307.05080), who drop, swap and shift masks; amounts assumed.

    Examples
    --------
    >>> wrong, kind = spoil_masks(np.ones((3, 4, 4), bool), share=0.34, seed=0)
    >>> sorted(kind.tolist()), int(wrong.sum())
    (['', '', 'missing'], 32)
    """
    right = np.asarray(masks)
    if not 0 <= share <= 1:
        raise ParameterError(f"share is {share}", where="spoil_masks", do="pass a share, 0 to 1")
    if right.ndim != 3 or right.dtype != bool:
        what = f"masks are {right.dtype} of shape {right.shape}; bool (n, rows, columns) is needed"
        raise DataError(what, where="spoil_masks", do="pass a stack of masks")
    shown = np.flatnonzero(right.any((1, 2)))
    chosen = shown[np.argsort(uniform(seed, "wrong mask", shown), kind="stable")]
    count = round(share * len(shown))
    if count and len(shown) < 2:
        what = f"{len(shown)} of {len(right)} masks show a firearm; two are needed"
        raise DataError(what, where="spoil_masks", do="pass more pictures with a firearm")
    wrong, kind = right.copy(), np.full(len(right), "", "U7")
    for number, row in enumerate(chosen[:count]):
        kind[row] = WRONG_MASKS[number % len(WRONG_MASKS)]
        if kind[row] == "missing":
            wrong[row] = False
        elif kind[row] == "swapped":
            wrong[row] = right[chosen[(number + 1) % len(chosen)]]
        else:
            sides = [np.ptp(np.flatnonzero(right[row].any(axis))) + 1 for axis in (1, 0)]
            wrong[row] = np.roll(right[row], [-(-side // 2) for side in sides], axis=(0, 1))
    return wrong, kind
