"""A case database by numbers alone: descriptors and brand predictions of simulated cartridge cases, no surfaces."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

from .cartridge import sample_cartridges
from .cartridge_brands import BRANDS, brand_index, catalogue
from .hashing import normal, seeds

_CHUNK = 16_384  # rows drawn at a time; the numbers do not depend on it
_BRAND_DIMENSIONS = 32


@dataclass(frozen=True)
class DescriptorModel:
    """What a descriptor of a cartridge case is made of; every number is assumed.

    A descriptor is a sum of random directions, one each for the brand, the sub-model, the firearm, the ammunition
    and the shot, scaled to length 1. Two cases share the directions of what they have in common.

    Attributes
    ----------
    dimensions : int
        Numbers a descriptor.
    brand, sub_model, firearm, ammunition, shot : float
        Length of each part, before scaling: what brands, sub-models, ... differ by. `shot` is all that differs
        between two cases of one firearm with the same ammunition.
    quality_spread : float
        Standard deviation of the logarithm of a shot's own factor on its noise: some cases bear clear marks, others
        hardly any. The same factor makes the brand harder to tell.
    """

    dimensions: int = 64
    brand: float = 0.4
    sub_model: float = 0.4
    firearm: float = 1.0
    ammunition: float = 0.5
    shot: float = 1.2
    quality_spread: float = 0.3

    def __post_init__(self) -> None:
        lengths = (self.brand, self.sub_model, self.firearm, self.ammunition, self.shot, self.quality_spread)
        if self.dimensions < 2 or min(lengths) < 0 or not max(lengths[:5]) > 0:
            raise ParameterError(
                f"{self} is no model of descriptors",
                where="DescriptorModel",
                do="use at least 2 dimensions, no length below 0 and one above",
            )


@dataclass(frozen=True, eq=False)
class CaseSearch:
    """A database and the cases looked for in it.

    Attributes
    ----------
    database, queries : DataFrame
        Rows of `sample_cartridges`. Every query's firearm has at least one case in the database.
    """

    database: pd.DataFrame
    queries: pd.DataFrame


def sample_case_search(
    cases: int,
    *,
    queries: int = 427,
    seed: int,
    shots_per_firearm: int = 2,
    wrong_label_fraction: float = 0.02,
) -> CaseSearch:
    """Draw a database of cartridge cases, and queries that were fired from firearms in it.

    Parameters
    ----------
    cases : int
        Size of the database; the paper's is 944,837.
    queries : int
        So many firearms, drawn at random among those with two cases or more, give one case each; the paper's
        number is 427.
    seed : int
    shots_per_firearm, wrong_label_fraction
        As in `sample_cartridges`.

    Returns
    -------
    CaseSearch

    Raises
    ------
    ParameterError
        If there are too few firearms with two cases for the queries, or a number is out of range.

    Examples
    --------
    >>> search = sample_case_search(1000, queries=20, seed=0)
    >>> len(search.database), len(search.queries), search.queries["firearm"].is_unique
    (1000, 20, True)
    >>> bool(search.queries["firearm"].isin(search.database["firearm"]).all())
    True
    """
    if cases < 1 or queries < 1:
        raise ParameterError(
            f"{cases} cases and {queries} queries",
            where="sample_case_search",
            do="ask for at least one of each",
        )
    table = sample_cartridges(
        cases + queries,
        seed=seed,
        shots_per_firearm=shots_per_firearm,
        wrong_label_fraction=wrong_label_fraction,
    )
    several = np.flatnonzero(table["firearm_seed"].duplicated(keep="first"))
    again = several[~table["firearm_seed"].iloc[several].duplicated().to_numpy()]  # one case a firearm
    if len(again) < queries:
        raise ParameterError(
            f"{len(again)} of the firearms have two cases; {queries} queries need as many",
            where="sample_case_search",
            do="ask for more cases or fewer queries",
        )
    chosen = np.sort(np.random.default_rng(seed).choice(again, queries, replace=False))
    kept = np.ones(len(table), bool)
    kept[chosen] = False
    return CaseSearch(table[kept].reset_index(drop=True), table.iloc[chosen].reset_index(drop=True))


def case_descriptors(table: pd.DataFrame, *, model: DescriptorModel | None = None) -> NDArray[np.float32]:
    """Draw the descriptors of a table's cases; a case has the same one whatever table it stands in.

    Parameters
    ----------
    table : DataFrame
        Rows of `sample_cartridges`, in any order.
    model : DescriptorModel, optional

    Returns
    -------
    float32 (cases, dimensions)
        Of length 1. Nothing larger is held in memory meanwhile: it is filled some rows at a time.

    Raises
    ------
    DataError
        If the table lacks a column.

    Examples
    --------
    >>> table = sample_case_search(200, queries=2, seed=0).database
    >>> some = case_descriptors(table.iloc[[7, 3]])
    >>> some.shape, bool(np.array_equal(some, case_descriptors(table)[[7, 3]]))
    ((2, 64), True)
    """
    model = model or DescriptorModel()
    out = np.empty((len(table), model.dimensions), np.float32)
    axes = np.arange(model.dimensions)
    for rows, part in _chunks(table):
        market, brand, sub_model = _classes(part)
        total = model.brand * _brand_directions(market, model.dimensions, "descriptor")[brand]
        for length, seed, name in (
            (model.sub_model, seeds(market, "sub-model", brand, sub_model), "sub-model descriptor"),
            (model.firearm, part["firearm_seed"].to_numpy(), "firearm descriptor"),
            (
                model.ammunition,
                seeds(market, "ammunition", part["ammunition"].to_numpy()),
                "ammunition descriptor",
            ),
            (model.shot * _quality(part, model), part["seed"].to_numpy(), "shot descriptor"),
        ):
            if np.any(length):
                total = total + np.reshape(length, (-1, 1)) * normal(seed[:, None], name, axes)
        out[rows] = total / np.linalg.norm(total, axis=1, keepdims=True)
    return out


def brand_probabilities(
    table: pd.DataFrame, *, accuracy: float = 0.86, model: DescriptorModel | None = None
) -> NDArray[np.float32]:
    """Simulate what a brand classifier says of a table's cases, right or wrong, sure or unsure.

    Each brand has a place in a space of 32 dimensions, look-alikes near each other; a case lies there with noise, and
    the probabilities are Bayes' for that noise and the brands' shares. The noise is set so that the whole market is
    classified with the accuracy asked for. Poor shots have more noise than the classifier knows of, so it is
    too sure of those: some confident predictions are wrong.

    Parameters
    ----------
    table : DataFrame
        Rows of `sample_cartridges`.
    accuracy : float
        Share of cases whose brand comes first, 0.5 to 0.99. By default Table 1's ResNet-18 on 89 brands, 86.0 %;
        §5.3 integrated a ResNet-18 and does not say which.
    model : DescriptorModel, optional
        Its `quality_spread` is used.

    Returns
    -------
    float32 (cases, 89)
        In the order of ``brand_catalogue()["brand"]``; rows add up to 1.

    Raises
    ------
    ParameterError
        If the accuracy is out of range.
    DataError
        If the table lacks a column.

    Examples
    --------
    >>> brand_probabilities(sample_cartridges(3, seed=0)).sum(axis=1).round(4).tolist()
    [1.0, 1.0, 1.0]
    """
    if not 0.5 <= accuracy <= 0.99:
        raise ParameterError(
            f"accuracy is {accuracy}", where="brand_probabilities", do="pass a share from 0.5 to 0.99"
        )
    model = model or DescriptorModel()
    out = np.empty((len(table), len(BRANDS)), np.float32)
    for rows, part in _chunks(table):
        noise = _noise_for(accuracy, model.quality_spread, int(part["catalogue_seed"].iloc[0]))
        out[rows] = _posterior(part, noise, model)
    return out


@lru_cache(maxsize=32)
def _noise_for(accuracy: float, quality_spread: float, market: int) -> float:
    """Find the noise at which a sample of the market is classified so well, by halving an interval."""
    table = sample_cartridges(4000, seed=20_261, catalogue_seed=market)  # any fixed sample does
    model = DescriptorModel(quality_spread=quality_spread)
    truth = brand_index(table["true_brand"])
    low, high = 0.02, 8.0
    for _ in range(14):
        middle = (low + high) / 2
        right = (_posterior(table, middle, model).argmax(axis=1) == truth).mean()
        low, high = (middle, high) if right > accuracy else (low, middle)
    return (low + high) / 2


def _posterior(table: pd.DataFrame, noise: float, model: DescriptorModel) -> NDArray[np.float64]:
    market, brand, _ = _classes(table)
    places = _brand_directions(market, _BRAND_DIMENSIONS, "appearance")
    own = table["seed"].to_numpy()[:, None]
    scatter = (
        noise * _quality(table, model)[:, None] * normal(own, "appearance", np.arange(_BRAND_DIMENSIONS))
    )
    seen = places[brand] + scatter
    distance = (seen**2).sum(1)[:, None] - 2 * seen @ places.T + (places**2).sum(1)
    logits = np.log(catalogue(market)["share"].to_numpy()) - distance / (2 * noise**2)
    logits -= logits.max(axis=1, keepdims=True)
    weights = np.exp(logits)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)


def _brand_directions(market: int, dimensions: int, name: str) -> NDArray[np.float64]:
    """Give each brand a direction of about unit length per dimension; a look-alike's leans to its original's."""
    own = normal(seeds(market, name, np.arange(len(BRANDS)))[:, None], name, np.arange(dimensions))
    rows = catalogue(market)
    original = brand_index(rows["looks_like"])
    strength = np.where(original < 0, 0.0, rows["look_alike_strength"].to_numpy())[:, None]
    return np.asarray(np.sqrt(1 - strength**2) * own + strength * own[np.maximum(original, 0)], np.float64)


def _quality(table: pd.DataFrame, model: DescriptorModel) -> NDArray[np.float64]:
    """Factor of each shot on its noise."""
    return np.exp(model.quality_spread * normal(table["seed"].to_numpy(), "quality"))


def _classes(table: pd.DataFrame) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """Market, true brand and sub-model of rows of one market."""
    brand = brand_index(table["true_brand"])
    return int(table["catalogue_seed"].iloc[0]), brand, table["sub_model"].to_numpy()


def _chunks(table: pd.DataFrame) -> Iterator[tuple[NDArray[np.intp], pd.DataFrame]]:
    """Rows of one market, some at a time."""
    needed = ("true_brand", "sub_model", "ammunition", "seed", "firearm_seed", "catalogue_seed")
    absent = [name for name in needed if name not in table]
    if absent or (brand_index(table["true_brand"]) < 0).any():
        what = f"no column {', '.join(absent)}" if absent else "true_brand holds an unknown brand"
        raise DataError(what, where="table of cartridge cases", do="pass rows of sample_cartridges unchanged")
    for rows in table.groupby("catalogue_seed", sort=False).indices.values():
        for start in range(0, len(rows), _CHUNK):
            some = np.asarray(rows[start : start + _CHUNK], np.intp)
            yield some, table.iloc[some]
