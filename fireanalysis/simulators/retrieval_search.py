"""Simulated results of keyword searches before anybody looked at them, and people who score them."""

import zlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

from .firearm_models import firearm_catalogue
from .hashing import normal, seeds, uniform
from .look_alikes import LOOK_ALIKES
from .retrieval import CLASSES, ordered
from .retrieval_rows import as_copies, photographs
from .scene_parameters import drawn, fixed

TRUTHS = ("right", "look-alike", "other firearm", "no firearm")
LABELERS = 5
VALID = 6.0
"""Pictures with a final score of at least so much were kept (§III-B)."""

# Similarity to a keyword's exemplar, 0 to 9, of what is seen best: the same model, one of its family, its form, its
# type, another firearm, none. Assumed.
_SIMILAR = {"right": 9.0, "family": 5.6, "form": 4.4, "type": 3.4, "other firearm": 1.8, "no firearm": 0.0}


def sample_search_results(
    keywords: int = CLASSES, *, per_keyword: tuple[int, int] = (300, 500), seed: int = 0
) -> pd.DataFrame:
    """Draw what a search for each model's name finds: it, its like, other things, copies, grey and small pictures.

    Parameters
    ----------
    keywords : int
        The first so many models of `firearm_catalogue`.
    per_keyword : (int, int)
        Least and greatest number of pictures of a keyword.
    seed : int

    Returns
    -------
    DataFrame
        The columns of `sample_retrieval` but split; class is the keyword; and keyword, model (shown; that of the
        firearm that would be there if type is "none"), truth ("right", "look-alike": of the model's family, "other
        firearm", "no firearm"), relevance (true similarity to the keyword's exemplar, float 0 to 9; 6 and more if
        and only if it is right). Copies share the ``source_picture``, within a keyword and across keywords.

    Raises
    ------
    ParameterError
        Fewer than 2 keywords, or numbers that are no range from 10.

    Source
    ------
    §III-A: "For each keyword, 300-500 images are collected"; grey, small and non-JPEG ones were removed. What the
    others showed is not given.

    Examples
    --------
    >>> table = sample_search_results(3, per_keyword=(40, 60))
    >>> table["keyword"].nunique(), sorted(table["truth"].unique())
    (3, ['look-alike', 'no firearm', 'other firearm', 'right'])
    """
    low, high = per_keyword
    if keywords < 2:
        what = f"keywords is {keywords}; it must be at least 2"
        raise ParameterError(what, where="sample_search_results", do="pass keywords=2 or more")
    if not 10 <= low <= high:
        what = f"per_keyword is {per_keyword}; it must be two numbers from 10, the lower one first"
        raise ParameterError(what, where="sample_search_results", do="pass per_keyword=(300, 500)")
    own = int(seeds(seed, "search"))
    models = firearm_catalogue(max(keywords, CLASSES))
    found = [
        _found(models, number, per_keyword, int(seeds(own, "keyword", number))) for number in range(keywords)
    ]
    shown = [
        (keyword, model, n) for keyword, counts in enumerate(found) for model, n in enumerate(counts) if n
    ]
    table = photographs(
        models.iloc[[model for _, model, _ in shown]],
        [n for *_, n in shown],
        backgrounds=int(np.clip(sum(n for *_, n in shown) // fixed("backgrounds", "web"), 12, 300)),
        seed=own,
        first=[1000 * keyword for keyword, *_ in shown],  # each photograph is found once
    )
    words = models["model"].to_numpy()
    table["keyword"] = np.repeat([words[keyword] for keyword, *_ in shown], [n for *_, n in shown])
    _spoiled(table)
    table = _copied(table)
    table["class"] = table["keyword"]
    return ordered(_judged(table, models.set_index("model")))


def _found(models: pd.DataFrame, number: int, per_keyword: tuple[int, int], seed: int) -> NDArray[np.int64]:
    """Draw how many pictures of each model a search for one of them finds."""
    low, high = per_keyword
    total = low + int(uniform(seed, "number") * (high - low + 1))
    family, kind = _families(models), models["type"]
    groups = [np.array([number])]
    same = (family == family[number]).to_numpy()
    groups.append(np.flatnonzero(same & (models.index != number)))
    groups.append(np.flatnonzero((kind == kind[number]).to_numpy() & ~same))
    groups.append(np.flatnonzero((kind != kind[number]).to_numpy()))
    right = float(drawn("right", "search", seed))
    near = fixed("same_family", "search") * (len(groups[1]) > 0)
    typed = fixed("same_type", "search")
    ends = np.cumsum([right, (1 - right) * near, (1 - right) * typed])
    draws = np.searchsorted(ends, uniform(seed, "what", np.arange(total)))
    which = uniform(seed, "model", np.arange(total))
    chosen = [
        groups[group][int(share * len(groups[group]))] for group, share in zip(draws, which, strict=True)
    ]
    return np.bincount(chosen, minlength=len(models))


def _families(models: pd.DataFrame) -> pd.Series:
    return models["look_alike_of"].where(models["look_alike_of"] != "", models["model"])


def _spoiled(table: pd.DataFrame) -> None:
    """Put another thing, or none, in the place of some wrong ones; make some pictures grey and some small."""
    own = table["seed"].to_numpy()
    wrong = (table["model"] != table["keyword"]).to_numpy()
    without = wrong & (uniform(own, "no firearm") < fixed("no_firearm", "search"))
    table.loc[without, "type"] = "none"
    things = np.array(LOOK_ALIKES)[(uniform(own, "instead") * len(LOOK_ALIKES)).astype(int)]
    table["beside"] = np.where(without & (table["setting"] != "scene"), things, table["beside"])
    table["grey"] = uniform(own, "grey") < fixed("grey", "search")
    small = uniform(own, "small") < fixed("small", "search")
    table.loc[small, "pixels"] = drawn("small_pixels", "search", own)[small].astype(int)


def _copied(table: pd.DataFrame) -> pd.DataFrame:
    """Put copies in place of some pictures: of others of the keyword, and of those of other keywords."""
    own, draw = table["seed"].to_numpy(), uniform(table["seed"], "copied")
    within, across = fixed("per_copy", "search"), fixed("across_copy", "search")
    new = draw < within + across
    kept, words = table[~new], table["keyword"].to_numpy()
    of = np.zeros(len(table), np.int64)
    for keyword in dict.fromkeys(words[new]):
        there = (kept["keyword"] == keyword).to_numpy()
        for chosen, pool in ((draw < within, there), (draw >= within, ~there)):
            at = new & chosen & (words == keyword)
            of[at] = np.flatnonzero(pool)[(uniform(own[at], "copy of") * pool.sum()).astype(int)]
    copies = as_copies(kept.iloc[of[new]], own[new]).set_index(table.index[new]).assign(keyword=words[new])
    return pd.concat([kept, copies]).sort_index()


def _judged(table: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Say what each picture is to its keyword, and how similar to the keyword's exemplar."""
    family = _families(models.reset_index()).set_axis(models.index)
    shown, word = table["model"], table["keyword"]
    none = (table["type"] == "none").to_numpy()
    right, akin = (shown == word).to_numpy(), (shown.map(family) == word.map(family)).to_numpy()
    formed, typed = (
        (shown.map(models[name]).to_numpy() == word.map(models[name]).to_numpy()) for name in ("form", "type")
    )
    table["truth"] = np.select([none, right, akin], ["no firearm", "right", "look-alike"], "other firearm")
    best = np.select(
        [none, right, akin, formed, typed],
        [_SIMILAR[name] for name in ("no firearm", "right", "family", "form", "type")],
        _SIMILAR["other firearm"],
    )
    # Less of what is seen badly: turned away, small, in part, covered, small in the web.
    hidden = (
        table["yaw_deg"].abs() / 45
        + np.clip(0.5 - table["scale"], 0, 0.5)
        + 0.8 * (table["scale"] > 1.1)
        + 0.6 * (table["cover"] != "none")
        + 0.4 * (table["pixels"] < 200)
    ).to_numpy()
    lost = np.clip(hidden + 0.4 * (1 + normal(table["seed"], "exemplar")), 0, 2.9) * (best / 9)
    table["relevance"] = np.round(np.where(none, 0.5 * uniform(table["seed"], "none"), best - lost), 2)
    return table


def sample_labels(rows: pd.DataFrame, *, labelers: int = LABELERS, seed: int = 0) -> NDArray[np.int64]:
    """Let people score how similar pictures are to their keyword's exemplar, each with care of their own.

    Parameters
    ----------
    rows : DataFrame
        Rows of `sample_search_results`.
    labelers : int
        The first so many of five: 0 and 2 are careful, 1 is poor, 3 and 4 are between. How far somebody is off is
        another in each class.
    seed : int
        Which people; the same picture has the same scores in any company.

    Returns
    -------
    int (n, labelers)
        Scores, 0 to 9.

    Raises
    ------
    DataError
        The table lacks a column.
    ParameterError
        Fewer than 1 or more than 5 labelers.

    Source
    ------
    §III-B and Table I: in 4, 93, 4, 33 and 33 of the 167 classes labelers 0 to 4 correlate least with the others.
    The labelers' care is set on these counts: that they come out again is no finding.

    Examples
    --------
    >>> table = sample_search_results(2, per_keyword=(40, 60))
    >>> scores = sample_labels(table)
    >>> scores.shape == (len(table), 5), int(scores.min()) >= 0, int(scores.max()) <= 9
    (True, True, True)
    """
    if not 1 <= labelers <= LABELERS:
        what = f"labelers is {labelers}; allowed is 1 to {LABELERS}"
        raise ParameterError(what, where="sample_labels", do=f"pass labelers={LABELERS}")
    absent = [name for name in ("picture", "keyword", "relevance") if name not in rows]
    if absent:
        what = f"the table has no column {', '.join(absent)}"
        raise DataError(what, where="sample_labels", do="pass rows of sample_search_results")
    picture = np.array([int(name, 16) for name in rows["picture"]])
    keyword = np.array([zlib.crc32(name.encode()) for name in rows["keyword"]])
    scores = [
        _scores(rows["relevance"].to_numpy(), picture, keyword, number, seed) for number in range(labelers)
    ]
    return np.stack(scores, axis=1)


def _scores(
    relevance: NDArray[np.float64],
    picture: NDArray[np.int64],
    keyword: NDArray[np.int64],
    number: int,
    seed: int,
) -> NDArray[np.int64]:
    """Scores of one labeler: off by something in each class, and at random where they do not look."""
    level = f"labeler {number}"
    person = int(seeds(seed, level))
    care = normal(seeds(person, keyword), "care")
    noise = fixed("noise", level) * np.exp(fixed("noise_spread", level) * care)
    off = fixed("bias", level) + noise * normal(seeds(person, picture), "noise")
    seen = np.clip(np.rint(relevance + off), 0, 9)
    guess = np.floor(10 * uniform(seeds(person, picture), "guess"))
    careless = uniform(seeds(person, picture), "careless") < fixed("careless", level)
    return np.where(careless, guess, seen).astype(np.int64)
