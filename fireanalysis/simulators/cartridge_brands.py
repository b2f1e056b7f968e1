"""The market of firearm brands: how common each is, what it marks like, which ones look alike."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .cartridge_parameters import BREECH_FACES, PIN_SHAPES, Level, fixed, level
from .hashing import normal, uniform

ALL_CASES, POPULOUS_CASES, POPULOUS_TEST_CASES = 362_659, 351_626, 35_181

_TABLE_2 = {  # brand: (cases in the test set, recall of ResNet-50)
    "CBP": (3821, 0.92),
    "F01": (279, 0.66),
    "F02": (204, 0.69),
    "F03": (316, 0.55),
    "F04": (1683, 0.95),
    "F05": (2253, 0.86),
    "F06": (1861, 0.83),
    "F07": (2794, 0.94),
    "F08": (3149, 0.96),
    "F09": (232, 0.81),
    "F10": (262, 0.92),
    "F11": (503, 0.97),
    "F12": (6896, 0.96),
    "F13": (714, 0.82),
    "F14": (402, 0.68),
    "F15": (446, 0.79),
    "F16": (321, 0.87),
    "F17": (218, 0.89),
    "F18": (980, 0.77),
    "F19": (220, 0.65),
    "Handmade": (7627, 0.95),
}

BRANDS = (*_TABLE_2, *(f"R{number:02}" for number in range(1, 69)))
"""The 89 names: the 21 populous brands as the paper anonymised them, then the rare ones, named by us."""


class LookAlike(NamedTuple):
    """A brand that another one marks like: how closely (1: the same), and by which sub-model (-1: all)."""

    brand: str
    strength: float
    sub_model: int


LOOK_ALIKES = {
    "F02": LookAlike("F08", 0.95, -1),
    "F03": LookAlike("F05", 0.95, -1),
    "F19": LookAlike("F12", 0.93, -1),
    "F14": LookAlike("F12", 0.95, 1),
}
"""The pairs named by the experts (section 5.1); the strengths are assumed."""

_SUB_MODELS = {"CBP": 4, "F01": 5, "F14": 4, "Handmade": 1}  # assumed
_PIN_NAMES, _FACE_NAMES = tuple(PIN_SHAPES), tuple(BREECH_FACES)
_FACTORY_FACES = np.array([number for number, name in enumerate(_FACE_NAMES) if name != "filed"])
_HANDMADE, _RIFLES = BRANDS.index("Handmade"), BRANDS.index("F11")


def brand_catalogue(*, seed: int = 0) -> pd.DataFrame:
    """List the 89 brands of the simulated market.

    Parameters
    ----------
    seed : int
        Which market: another seed gives other marks to the same brands. Counts do not depend on it.

    Returns
    -------
    DataFrame
        One row a brand, the 21 populous ones first: brand (CBP, F01 to F19, Handmade as in the paper; R01 to
        R68), cases, share, looks_like ("" for none), look_alike_strength, look_alike_sub_model (-1: all),
        sub_models, heterogeneity (0 to 1, how freely its firearms differ), pin_shape, breech_face and caliber
        (of the first sub-model).

    Notes
    -----
    Source: cases of the 21 are Table 2's test counts scaled to section 4.1's 351,626; Handmade then has
    76,230, more than the "approximately 30,000" of Fig. 7. The other 68 hold the remaining 11,033: 24 have
    one to four cases, the other 44 fall off geometrically from 950 (assumed). Heterogeneity of the 21 rises
    with the recall that Table 2 leaves, unless a look-alike explains it (assumed); Handmade has 0.8
    (assumed).

    Examples
    --------
    >>> catalogue = brand_catalogue()
    >>> len(catalogue), int(catalogue["cases"].sum()), round(float(catalogue["share"][:21].sum()), 2)
    (89, 362659, 0.97)
    """
    return catalogue(int(seed)).copy()


@lru_cache(maxsize=8)
def catalogue(seed: int) -> pd.DataFrame:
    """Like `brand_catalogue`, made once; not to be changed."""
    cases = np.concatenate([_populous_counts(), _rare_counts()])
    alike = [LOOK_ALIKES.get(name, LookAlike("", 0.0, -1)) for name in BRANDS]
    rows = pd.DataFrame(
        {
            "brand": BRANDS,
            "cases": cases,
            "share": cases / ALL_CASES,
            "looks_like": [other.brand for other in alike],
            "look_alike_strength": [other.strength for other in alike],
            "look_alike_sub_model": [other.sub_model for other in alike],
            "sub_models": [_SUB_MODELS.get(name) or _sub_models(seed, name) for name in BRANDS],
            "heterogeneity": [_heterogeneity(name) for name in BRANDS],
        }
    )
    brand, first = np.arange(len(BRANDS)), np.zeros(len(BRANDS), np.int64)
    shape, face = _finish(rows, seed, brand, first, firearm_seed=first)
    rows["pin_shape"] = np.array(_PIN_NAMES)[shape]
    rows["breech_face"] = np.array(_FACE_NAMES)[face]
    rows["caliber"] = calibers(seed, brand, first)
    return rows


def brand_index(brands: pd.Series) -> NDArray[np.int64]:
    """Row of each brand in the catalogue; -1 for unknown names."""
    return pd.Index(BRANDS).get_indexer(pd.Index(brands))


def sub_models(seed: int, brand: NDArray[np.int64], firearm_seed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sub-model of each firearm: the k-th of a brand is made 1/k times as often as the first (assumed)."""
    counts = catalogue(seed)["sub_models"].to_numpy()
    weights = (np.arange(counts.max()) < counts[:, None]) / np.arange(1, counts.max() + 1)
    limits = np.cumsum(weights / weights.sum(1, keepdims=True), axis=1)
    # The last limit may fall short of 1 by rounding, hence the minimum.
    return np.minimum((uniform(firearm_seed, "sub-model")[:, None] > limits[brand]).sum(1), counts[brand] - 1)


def calibers(seed: int, brand: NDArray[np.int64], sub_model: NDArray[np.int64]) -> NDArray[np.str_]:
    """Caliber of each sub-model."""
    rifle = (brand > _HANDMADE) & (uniform(seed, "rifle", brand) < fixed("rifle_chance"))
    pocket = uniform(seed, "caliber", brand, sub_model) < fixed("pocket_chance")
    return np.where(rifle | (brand == _RIFLES), "7.62x39", np.where(pocket, "7.65x17", "9x19"))


def ammunition_makes(
    seed: int, firearm_seed: NDArray[np.int64], shot_seed: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Make of each cartridge; most shots of a firearm are of its usual make."""
    usual = uniform(shot_seed, "usual ammunition") < fixed("usual_ammunition")
    draw = np.where(usual, uniform(firearm_seed, "ammunition", seed), uniform(shot_seed, "ammunition", seed))
    return (draw * fixed("ammunition_makes")).astype(np.int64)


def draw_parameters(table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Find the value of every parameter for every row of a table of cartridge cases.

    Parameters
    ----------
    table : DataFrame
        As from `sample_cartridges`.

    Returns
    -------
    dict of ndarray, float64 (n,)
        By parameter name, in the units of `parameter_table`.
    """
    market, firearm, shot = (
        table[name].to_numpy()[:, None] for name in ("catalogue_seed", "firearm_seed", "seed")
    )
    values: dict[str, NDArray[np.float64]] = {}
    for name, seed, number in (
        ("ammunition", market, table["ammunition"].to_numpy()[:, None]),
        ("firearm", firearm, 0),
        ("shot", shot, 0),
    ):
        members = level(name)
        draws = uniform(seed, name, members.codes, number)
        values |= members.named(members.low + draws * (members.high - members.low))
    for one in np.unique(market).tolist():
        rows = market[:, 0] == one
        for name, numbers in _class_parameters(one, table[rows]).items():
            values.setdefault(name, np.empty(len(table)))[rows] = numbers
    return values


def _class_parameters(seed: int, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Class values, moved by sub-model, firearm and shot."""
    members = level("class")
    brand, sub_model = brand_index(table["true_brand"]), table["sub_model"].to_numpy()
    firearm, shot = table["firearm_seed"].to_numpy(), table["seed"].to_numpy()
    difficulty = table["difficulty"].to_numpy()[:, None]
    model, strength = _modelled_on(catalogue(seed), brand, sub_model)
    strength = strength[:, None]

    own, copied = (uniform(seed, "brand", members.codes, which[:, None]) for which in (brand, model))
    draw = own + strength * (copied - own)
    free = np.minimum(1, difficulty * catalogue(seed)["heterogeneity"].to_numpy()[brand, None])
    draw += free * (uniform(firearm[:, None], "free", members.codes) - draw)
    low, high = _ranges(members, *_finish(catalogue(seed), seed, brand, sub_model, firearm_seed=firearm))
    value = low + draw * (high - low)

    # The sub-models of a copy stay as close to the original as the copy itself.
    steps = (
        members.steps[0]
        * (1 - strength)
        * normal(seed, "sub-model", members.codes, brand[:, None], sub_model[:, None])
    )
    steps += members.steps[1] * normal(firearm[:, None], "firearm", members.codes)
    steps += members.steps[2] * normal(shot[:, None], "shot", members.codes)
    value += difficulty * (members.high - members.low) * steps
    return members.named(np.where(members.circle, value, np.clip(value, members.low, members.high)))


def _ranges(
    members: Level, shape: NDArray[np.int64], face: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends (n, parameters) for each row's pin shape and breech face."""
    low, high = np.tile(members.low, (len(shape), 1)), np.tile(members.high, (len(shape), 1))
    for chosen, options in ((shape, PIN_SHAPES), (face, BREECH_FACES)):
        for number, option in enumerate(options.values()):
            for name, ends in option.items():
                column = members.names.index(name)
                low[chosen == number, column], high[chosen == number, column] = members.scaled(ends, column)
    return low, high


def _finish(
    rows: pd.DataFrame,
    seed: int,
    brand: NDArray[np.int64],
    sub_model: NDArray[np.int64],
    *,
    firearm_seed: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pin shape and breech face of sub-models; a copy has those of the original's first sub-model."""
    model, strength = _modelled_on(rows, brand, sub_model)
    brand, sub_model = np.where(strength > 0, model, brand), np.where(strength > 0, 0, sub_model)

    def pick(what: str) -> NDArray[np.float64]:
        other = (sub_model > 0) & (uniform(seed, what, "switch", brand, sub_model) < fixed("switch_chance"))
        return uniform(seed, what, brand, np.where(other, sub_model, 0))

    handmade = brand == _HANDMADE
    shape = np.where(handmade, uniform(firearm_seed, "pin shape"), pick("pin shape")) * len(_PIN_NAMES)
    face = _FACTORY_FACES[(pick("breech face") * len(_FACTORY_FACES)).astype(np.int64)]
    return shape.astype(np.int64), np.where(handmade, _FACE_NAMES.index("filed"), face)


def _modelled_on(
    rows: pd.DataFrame, brand: NDArray[np.int64], sub_model: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which brand each sub-model is a copy of, and how close a copy (0: none)."""
    model = brand_index(rows["looks_like"])[brand]
    copied = rows["look_alike_sub_model"].to_numpy()[brand]
    strength = rows["look_alike_strength"].to_numpy()[brand]
    return np.maximum(model, 0), np.where((copied < 0) | (copied == sub_model), strength, 0.0)


def _sub_models(seed: int, name: str) -> int:
    """Two to four sub-models for the populous brands, one or two for the others (assumed)."""
    draw = float(uniform(seed, "sub-models", name))
    return 2 + int(3 * draw) if name in _TABLE_2 else 1 + int(2 * draw)


def _heterogeneity(name: str) -> float:
    if name == "Handmade":
        return 0.8
    if name not in _TABLE_2:
        return 0.2
    explained = name in LOOK_ALIKES and LOOK_ALIKES[name].sub_model < 0
    return 0.0 if explained else round(min(0.4, max(0.0, 1.2 * (0.95 - _TABLE_2[name][1]))), 3)


def _populous_counts() -> NDArray[np.int64]:
    tests = np.array([count for count, _ in _TABLE_2.values()])
    return _whole(tests * POPULOUS_CASES / POPULOUS_TEST_CASES, POPULOUS_CASES)


def _rare_counts() -> NDArray[np.int64]:
    """44 brands from 950 cases down, then 24 with one to four."""
    few = np.repeat([4, 3, 2, 1], 6)
    rest = ALL_CASES - POPULOUS_CASES - int(few.sum())
    # The ratio for which 950 * (1 + q + q**2 + ...) is what is left.
    ratio = min(np.linspace(0.8, 0.99, 1901), key=lambda q: abs((950 * q ** np.arange(44)).sum() - rest))
    tail = 950 * ratio ** np.arange(44)
    return np.concatenate([_whole(tail * rest / tail.sum(), rest), few])


def _whole(amounts: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Round to whole numbers of a given sum, largest remainders up."""
    counts = np.floor(amounts).astype(np.int64)
    counts[np.argsort(counts - amounts, kind="stable")[: total - counts.sum()]] += 1
    return counts
